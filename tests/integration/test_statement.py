"""``history --statement`` and ``verify``: answers that prove themselves, far from any node."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from api.asking import Question, ask
from api.stating import state
from ledger.errors import LedgerError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.keys import new_signing_key
from ledger.storage.tree_reads import note_of
from tests.integration.driving import Ended, Founded, call
from tests.integration.material import (
    FIRM,
    FOUNDED_AT,
    OFFICER,
    OTHER_FIRM,
    PERSON,
    PERSON_NAME,
    REGISTRAR,
    admit_all,
    at,
    by,
    collect,
    firm,
    person,
)
from tests.integration.test_history import CASE

MARCH = ("--valid-at", "2026-03-15", "--known-at", "2026-03-15T12:00:00Z")
APRIL = ("--valid-at", "2026-03-15", "--known-at", "2026-04-30T12:00:00Z")


class Reader:
    """Somebody with a trust file, and no node."""

    def __init__(self, node: Founded, folder: Path) -> None:
        self._node = node
        self._folder = folder
        self.trust = folder / "trust.json"
        assert node.call("trust", "export", "-o", self.trust).code == 0
        self.file = folder / "statement.json"

    def ask(self, identifier: str, *options: str) -> Ended:
        return self._node.call("history", identifier, "--json", "--statement", self.file, *options)

    def given(self, identifier: str, *options: str) -> dict[str, Any]:
        """The payload of a statement, once it is verified and says what the answer says."""
        done = self.ask(identifier, *options)
        assert done.code == 0, done.err
        assert self.verdict() == "verified"
        statement: dict[str, Any] = self.payload()
        assert statement["answer"] == done.json
        return statement

    def payload(self) -> Any:
        return json.loads(b64decode(json.loads(self.file.read_text())["payload"]))

    def verdict(self) -> str:
        done = call("verify", self.file, "--trust", self.trust, "--json")
        assert done.code == (0 if done.json["verdict"].startswith("VALID") else 1)
        return str(done.json["reason"])


def _with_case(node: Founded, folder: Path) -> Reader:
    done = node.apply(folder, CASE)
    assert done.code == 0, done.out
    return Reader(node, folder)


def _facts(statement: dict[str, Any]) -> dict[str, Any]:
    return {
        name: statement["answer"][name]
        for name in ("subject", "valid_at", "tree_size", "entries", "records", "sanctions")
    }


def test_the_same_question_later_gives_the_same_facts_and_is_proved_again(
    simulated: Founded, tmp_path: Path
) -> None:
    """As known in March: one record, a sanction in force; what came since changes nothing."""
    assert simulated.apply(tmp_path, CASE[:4]).code == 0
    reader = Reader(simulated, tmp_path)
    before = reader.given(FIRM, *MARCH, *OFFICER, "--at", at("03-16"))
    assert before["streams"][0]["next"] is None
    assert [each["state"] for each in before["answer"]["sanctions"]] == ["in_force"]
    labels = tmp_path / "labels.json"
    found = before["answer"]
    labels.write_text(
        json.dumps({"R1": found["records"][0]["record"], "S1": found["sanctions"][0]["sanction"]})
    )
    assert simulated.apply(tmp_path, CASE[4:], "--labels", labels).code == 0
    after = reader.given(FIRM, *MARCH, *OFFICER, "--at", at("04-30"))
    assert _facts(after) == _facts(before)
    assert (
        after["streams"][0]["entries"][0]["payload"]
        == (before["streams"][0]["entries"][0]["payload"])
    )
    assert after["streams"][0]["next"]["index"] >= after["query"]["tree_size"]
    assert after["checkpoint"] != before["checkpoint"]


def test_the_worked_case_is_proved_on_each_pair_of_dates(
    simulated: Founded, tmp_path: Path
) -> None:
    """As known in April the record is withdrawn and the sanction wrongful; with all entries."""
    reader = _with_case(simulated, tmp_path)
    statement = reader.given(FIRM, *APRIL, *OFFICER, "--at", at("05-06"))
    answer = statement["answer"]
    assert [each["state"] for each in answer["records"]] == ["withdrawn"]
    (stream,) = statement["streams"]
    assert len(stream["entries"]) == len(answer["entries"]) == 12
    assert stream["next"] is None
    assert {each["field"] for each in statement["disclosed"]} == {"narrative"}
    assert statement["query"]["reader"]["operator"] == "op-7"
    assert json.loads(simulated.call("audit", "--json").out)["ok"]


def test_the_look_is_registered_and_covered(simulated: Founded, tmp_path: Path) -> None:
    """The entry that registers the look stands in the log of the statement's checkpoint."""
    reader = _with_case(simulated, tmp_path)
    statement = reader.given(FIRM, *OFFICER, "--at", at("05-06"))
    types = simulated.types()
    assert types[-1] == "SubjectQueried"
    assert int(statement["checkpoint"].split("\n")[1]) == simulated.tree_size()


def test_nothing_held_is_a_statement_too(simulated: Founded, tmp_path: Path) -> None:
    """That an organisation has no entries at all is proved to whoever asks."""
    reader = _with_case(simulated, tmp_path)
    for asked_by in ((), OFFICER):
        statement = reader.given(OTHER_FIRM, *asked_by, "--at", at("05-06"))
        assert statement["answer"]["subject"] is None
        assert [each["entries"] for each in statement["streams"]] == [[]]
        assert statement["query"]["identifier"] == OTHER_FIRM


def test_before_the_first_entry_nothing_was_known(embedded: Founded, tmp_path: Path) -> None:
    """As known at the founding the firm was not there; its first entry is proved to be later."""
    reader = _with_case(embedded, tmp_path)
    statement = reader.given(FIRM, "--known-at", "3", *OFFICER, "--at", at("05-06"))
    (stream,) = statement["streams"]
    assert stream["entries"] == []
    assert stream["next"]["index"] >= 3


def test_a_person_is_stated_to_registered_readers_only(simulated: Founded, tmp_path: Path) -> None:
    """The sealed identifier is disclosed with its salt; that the id is its, the node says."""
    record = collect(1, subject=person(), sealed={"narrative": "示例叙述"}, at=at("03-02"))
    assert simulated.apply(tmp_path, [record]).code == 0
    reader = Reader(simulated, tmp_path)
    size = simulated.tree_size()
    for number in (PERSON, "11010519491231002X"):
        refused = reader.ask(number, "--at", at("03-05"))
        assert refused.code == 3
        assert "--operator" in refused.err
    assert simulated.tree_size() == size, "nothing was written"
    assert not reader.file.exists()
    statement = reader.given(PERSON, *OFFICER, "--at", at("03-05"))
    assert statement["query"]["identifier"] is None
    values = {each["value"] if isinstance(each["value"], str) else "" for each in
              statement["disclosed"]}  # fmt: skip
    assert {PERSON, PERSON_NAME} <= values
    assert "person_id_by_node" in statement["limits"]


def test_what_was_erased_is_named_and_not_shown(simulated: Founded, tmp_path: Path) -> None:
    """The statement holds without the erased value, and says that it rests on the node's word."""
    labels = tmp_path / "labels.json"
    record = collect(1, sealed={"narrative": "示例叙述"}, at=at("03-02"), **{"as": "R1"})
    assert simulated.apply(tmp_path, [record], "--labels", labels).code == 0
    reader = Reader(simulated, tmp_path)
    size = simulated.tree_size()
    before = reader.given(FIRM, *OFFICER, "--known-at", str(size), "--at", at("03-04"))
    assert before["disclosed"]
    erasure = {
        "command": "erase_personal_data", "by": by(REGISTRAR), "basis": "示例法第四十七条",
        "subject": firm(), "records": ["@R1"], "at": at("03-05"),
    }  # fmt: skip
    done = simulated.apply(tmp_path, [erasure], "--labels", labels)
    assert done.code == 0, done.out
    after = reader.given(FIRM, *OFFICER, "--known-at", str(size), "--at", at("03-06"))
    assert after["disclosed"] == []
    assert [each["field"] for each in after["erased"]] == ["narrative"]
    assert "unshown_fields_by_node" in after["limits"]


def test_a_corrected_identifier_brings_both_streams(simulated: Founded, tmp_path: Path) -> None:
    """Asked by either identifier; as known before the correction, the one stream alone."""
    lines = [
        collect(1, at=at("03-02")),
        {"command": "correct_identifier", "by": by(REGISTRAR), "subject": firm(),
         "new_scheme": "uscc", "new_identifier": OTHER_FIRM, "reason": "重错码更正",
         "authority": "登记机关", "at": at("03-04")},
    ]  # fmt: skip
    assert simulated.apply(tmp_path, lines).code == 0
    reader = Reader(simulated, tmp_path)
    for identifier in (FIRM, OTHER_FIRM):
        statement = reader.given(identifier, *OFFICER, "--at", at("03-05"))
        assert len(statement["streams"]) == 2
        assert len(statement["answer"]["records"]) == 1
    before = reader.given(FIRM, "--known-at", "2026-03-03T00:00:00Z", *OFFICER, "--at", at("03-05"))
    assert len(before["streams"]) == 1


def test_the_public_gets_a_statement_only_where_nothing_is_withheld(
    embedded: Founded, tmp_path: Path
) -> None:
    """A published record is stated; once who objected to it is withheld, nothing is."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    reader = Reader(embedded, tmp_path)
    statement = reader.given(FIRM, "--at", at("03-03"))
    assert statement["query"]["reader"] == {"kind": "public"}
    assert len(statement["streams"][0]["entries"]) == 2
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"R1": statement["answer"]["records"][0]["record"]}))
    objection = next(line for line in CASE if line["command"] == "file_objection")
    assert embedded.apply(tmp_path, [objection], "--labels", labels).code == 0
    size = embedded.tree_size()
    refused = reader.ask(FIRM, "--at", at("03-21"))
    assert (refused.code, embedded.tree_size()) == (3, size)
    reader.given(FIRM, *OFFICER, "--at", at("03-21"))


def test_what_a_reader_may_not_see_in_full_is_not_stated(embedded: Founded, tmp_path: Path) -> None:
    """After the retention of an adverse record its facts are shown to nobody, so not stated."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    reader = Reader(embedded, tmp_path)
    size = embedded.tree_size()
    late = "2040-01-01T10:00:00+08:00"
    refused = reader.ask(FIRM, *OFFICER, "--at", late)
    assert (refused.code, embedded.tree_size()) == (3, size)
    assert "retention" in refused.err
    assert embedded.call("history", FIRM, "--json", *OFFICER, "--at", late).code == 0


def test_a_place_that_cannot_be_written_is_told_before_the_look_is_registered(
    embedded: Founded, tmp_path: Path
) -> None:
    """Nobody is registered to have seen what was never handed over; an old file stays whole."""
    reader = _with_case(embedded, tmp_path)
    size = embedded.tree_size()
    done = embedded.call(
        "history", FIRM, *OFFICER, "--at", at("05-06"), "--statement", tmp_path / "no" / "x.json"
    )
    assert (done.code, embedded.tree_size()) == (2, size)
    reader.file.write_text("kept")
    assert reader.ask(PERSON, "--at", at("05-06")).code == 3
    assert reader.file.read_text() == "kept"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_its_limits_are_printed_when_it_is_made_and_when_it_is_verified(
    embedded: Founded, tmp_path: Path
) -> None:
    """Whoever writes or reads one sees what it does not prove."""
    reader = _with_case(embedded, tmp_path)
    done = embedded.call("history", FIRM, *OFFICER, "--at", at("05-06"), "--statement", reader.file)
    assert "not that it was true" in done.out
    told = call("verify", reader.file, "--trust", reader.trust)
    assert told.code == 0
    assert "not that it was true" in told.out


def test_another_node_is_not_believed(embedded: Founded, tmp_path: Path) -> None:
    """A trust file of one node says nothing of another node's statement."""
    reader = _with_case(embedded, tmp_path)
    home = tmp_path / "second"
    made = call(
        "init", "--home", home, "--node", "quanzhou", "--simulated-clock", "--at", FOUNDED_AT
    )
    assert made.code == 0
    other = Founded(home, "quanzhou")
    admit_all(other)
    (tmp_path / "other").mkdir()
    foreign = Reader(other, tmp_path / "other")
    assert foreign.ask(FIRM, *OFFICER, "--at", at("05-06")).code == 0
    assert foreign.verdict() == "verified"
    done = call("verify", foreign.file, "--trust", reader.trust, "--json")
    assert (done.code, done.json["verdict"]) == (1, "INDETERMINATE")


@pytest.mark.parametrize("how", ["truncated", "edited"])
def test_a_file_changed_on_its_way_is_refused(embedded: Founded, tmp_path: Path, how: str) -> None:
    """Cut short or edited, it is INVALID."""
    reader = _with_case(embedded, tmp_path)
    reader.given(FIRM, *OFFICER, "--at", at("05-06"))
    data = reader.file.read_bytes()
    value = json.loads(data)
    value["payload"] = value["payload"][:-4] + "AAAA"
    reader.file.write_bytes(data[:-9] if how == "truncated" else json.dumps(value).encode())
    done = call("verify", reader.file, "--trust", reader.trust, "--json")
    assert (done.code, done.json["verdict"]) == (1, "INVALID")


def test_known_cosignatures_go_with_it(simulated: Founded, tmp_path: Path) -> None:
    """Lines that a witness added to the very checkpoint are in the statement; others are not."""
    reader = _with_case(simulated, tmp_path)
    first = reader.given(OTHER_FIRM, "--at", at("05-06"))
    witness, name = new_signing_key(b"w" * 32), "w.example/witness"
    with simulated.opened() as node:
        signed = SignedCheckpoint.parse(first["checkpoint"].encode())
        body = signed.checkpoint
        line = body.cosign(name, witness, 1_780_000_000)
        foreign = Checkpoint(body.origin, body.size, bytes(32))
        notes = [
            note_of("cosignature", body.origin, body.size, one.to_bytes())
            for one in (
                signed.with_signatures([line]),
                SignedCheckpoint(foreign, (foreign.cosign(name, witness, 1_780_000_000),)),
            )
        ]
        node.store.keep_notes(lambda _: notes)
    again = reader.given(OTHER_FIRM, "--at", at("05-06"))
    assert again["checkpoint"] == first["checkpoint"] + line.line
    key = VerifierKey.from_raw(name, witness.public, SignatureType.COSIGNATURE)
    trusted = json.loads(reader.trust.read_text())
    trusted["policy"] = f"witness w {key.vkey}\nquorum w\n"
    reader.trust.write_text(json.dumps(trusted))
    assert reader.verdict() == "verified"
    with simulated.opened() as node:
        again_and_again = [
            note_of("cosignature", body.origin, body.size, one.to_bytes())
            for second in range(1, 101)
            for one in (signed.with_signatures([body.cosign(name, witness, second)]),)
        ]
        node.store.keep_notes(lambda _: again_and_again)
    assert reader.given(OTHER_FIRM, "--at", at("05-06"))["checkpoint"] == again["checkpoint"]
    reader.ask(FIRM, *OFFICER, "--at", at("05-07"))
    assert reader.verdict() == "policy_unmet"


def test_nothing_is_signed_that_the_log_does_not_bear_out(
    embedded: Founded, tmp_path: Path
) -> None:
    """Where the tree of a damaged store is not that of its checkpoint, no statement is made."""
    reader = _with_case(embedded, tmp_path)
    reader.given(OTHER_FIRM, "--at", at("05-06"))
    with embedded.opened() as node:
        question = Question("uscc", OTHER_FIRM, statement=True)
        told = ask(node, question)
        size = node.settle().checkpoint.size
        (note,) = node.store.notes("checkpoint", node.keeper.origin, size=size)
        false = Checkpoint(note.origin, size + 1, bytes(32))
        signed = SignedCheckpoint.signed(false, node.signing_key)
        kept = note_of("checkpoint", note.origin, size + 1, signed.to_bytes())
        node.store.keep_notes(lambda _: [kept])
        with pytest.raises(LedgerError):
            state(node, question, told)


def test_keys_rotate_retire_and_are_compromised(simulated: Founded, tmp_path: Path) -> None:
    """What the old key stated is historical, then open; the new key states what is in doubt."""
    assert simulated.apply(tmp_path, CASE[:4]).code == 0
    reader = Reader(simulated, tmp_path)
    before = reader.given(FIRM, *OFFICER, "--at", at("03-16"))
    old = before["commitment"]["keyid"]
    done = simulated.call("key", "rotate", "--by", "op-3", "--at", at("03-17"))
    assert done.code == 0, done.err
    assert simulated.call("trust", "export", "-o", reader.trust).code == 0
    assert reader.verdict() == "key_ended"
    again = reader.given(FIRM, *OFFICER, "--at", at("03-18"))
    assert again["commitment"]["keyid"] != old
    assert again["streams"][0]["entries"][0]["keyid"] == old
    done = simulated.call(
        "key", "compromised", old, "--since", at("03-10"), "--by", "op-3", "--at", at("03-19")
    )
    assert done.code == 0, done.err
    assert simulated.call("trust", "export", "-o", reader.trust).code == 0
    assert reader.verdict() == "compromised_undated"
    after = reader.given(FIRM, *OFFICER, "--at", at("03-20"))
    assert [each["state"] for each in after["answer"]["records"]] == ["disputed"]
    assert len(after["declarations"]) == 1
    assert reader.ask(FIRM, *MARCH, *OFFICER, "--at", at("03-21")).code == 0
    assert reader.verdict() == "compromised_undated"
