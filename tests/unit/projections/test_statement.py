"""History statements: what is believed, and every reason for which one is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger.entry import StreamId
from ledger.events.disputes import ObjectionAnswered
from ledger.events.governance import KeyCompromised
from ledger.events.records import RecordCorrected
from ledger.events.subjects import IdentifierCorrected
from ledger.identifiers import commitments_id, node_id, parse_scheme, public_id
from ledger.log.heads_proof import RECORD_BYTES
from ledger.log.merkle import consistency_proof
from ledger.log.verdict import Outcome, Reason, Verdict
from ledger.log.verifying import MAX_FILE_BYTES
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import RECEIPT, STATEMENT, Envelope
from ledger.signing.keys import SigningKey
from projections.answer import to_json
from projections.history import FOLD_VERSION
from projections.reader import Public
from projections.statement import MAX_PARTS, Statement, envelope
from projections.statement_check import verify_statement
from projections.statement_faults import StatementMalformed
from projections.statement_limits import LIMITS
from tests.unit.log.trusting import (
    FOUNDED,
    LEAKED,
    NODE,
    NODE_KEY,
    OTHER_KEY,
    compromised,
    instant,
    key_value,
    policy,
    retired,
    trust,
)
from tests.unit.projections.made import (
    O1,
    R1,
    SUPPLIER,
    collected,
    imposed,
    noticed,
    objected,
    opened,
    suspended,
)
from tests.unit.projections.stating import (
    CODE,
    FIRM,
    OTHER_CODE,
    OTHER_FIRM,
    PERSON,
    TODAY,
    Asked,
    SignedLog,
    firm,
    made_salt,
    sealed,
    texts,
)

PLAIN = trust()
NOBODY = public_id("uscc", "91350200MA00000033")


def case() -> SignedLog:
    """The firm's case, another firm in leaf 3, commitments in leaves 5, 8 and 10."""
    log = SignedLog()
    log.add(firm()).add(collected(), sealed={"narrative": "示例", "amount": {"n": 1}})
    log.add(noticed()).add(firm(OTHER_CODE), stream=OTHER_FIRM).add(imposed())
    return log.commit().add(objected(), suspended()).commit().add(noticed()).commit()


LOG = case()
NOW = Asked(LOG)
THEN = Asked(LOG, tree_size=3)
"""As known when the firm was told; its next entry is leaf 4."""


def judged(value: object, **trusted: Any) -> Verdict:
    return verify_statement(sealed(value), trust(**trusted) if trusted else PLAIN)


# -- what is believed ----------------------------------------------------------------


def tied_log() -> SignedLog:
    facts = IdentifierCorrected(
        old_subject=str(OTHER_FIRM), new_subject=str(FIRM), reason="重错码", authority=SUPPLIER
    )
    log = SignedLog().add(firm(OTHER_CODE), collected(), stream=OTHER_FIRM).add(firm())
    return log.add(facts, stream=OTHER_FIRM).add(facts).commit()


def corrected_log() -> SignedLog:
    """A record that was for government only when it was collected, and is public since."""
    changes = [{"field": "publicity", "old": "government", "new": "public"}]
    facts = RecordCorrected.model_validate(
        {"record": R1, "changes": changes, "cause": "own_check", "corrected_on": "2026-03-05"}
    )
    return SignedLog().add(firm(), collected(publicity="government")).add(facts).commit()


def person_log() -> SignedLog:
    log = SignedLog().add(
        opened("natural_person"), stream=PERSON, sealed={"identifier": "X", "name": "示例辛"}
    )
    return log.commit()


GOOD: dict[str, Callable[[], Asked]] = {
    "as known now": lambda: NOW,
    "as known earlier, with the next entry proved to be later": lambda: THEN,
    "as of the commitment itself": lambda: Asked(LOG, tree_size=LOG.size),
    "before the subject was opened": lambda: Asked(LOG, tree_size=0),
    "nothing held": lambda: Asked(LOG, NOBODY, identifier="91350200MA00000033"),
    "two tied identifiers": lambda: Asked(tied_log()),
    "asked by the other one": lambda: Asked(tied_log(), OTHER_FIRM, identifier=OTHER_CODE),
    "before the tie": lambda: Asked(tied_log(), tree_size=3),
    "all shown, where what may be shown has changed since": lambda: Asked(
        corrected_log(), tree_size=2, show_all=True
    ),
    "a natural person": lambda: Asked(person_log(), PERSON, "resident_id"),
    "an erased field": lambda: Asked(LOG, erased=((1, "narrative"),)),
    "the public": lambda: Asked(
        SignedLog().add(firm(), collected(), noticed()).commit(), reader=Public(TODAY)
    ),
}


@pytest.mark.parametrize("asked", GOOD.values(), ids=GOOD)
def test_a_good_statement_is_valid(asked: Callable[[], Asked]) -> None:
    """What an honest node states is believed by whoever trusts its key."""
    verdict = verify_statement(asked().file(), PLAIN)
    assert verdict.reason is Reason.VERIFIED, verdict.detail()


def test_reading_and_writing_agree() -> None:
    """A statement that was read is written with the same bytes."""
    for asked in GOOD.values():
        payload = canonical(asked().value(), max_depth=40)
        assert Statement.from_payload(payload).to_payload() == payload


def test_the_limits_are_those_of_the_subject_and_of_what_is_shown() -> None:
    """A person's id and fields that are not shown rest on the node's word, and it says so."""
    always = list(LIMITS)[:6]
    assert NOW.value()["limits"] == always
    assert GOOD["a natural person"]().value()["limits"] == [*always, "person_id_by_node"]
    assert GOOD["an erased field"]().value()["limits"] == [*always, "unshown_fields_by_node"]


# -- bent by a node that has its key ---------------------------------------------------

Bend = Callable[[dict[str, Any]], None]


def _stream(value: dict[str, Any]) -> dict[str, Any]:
    stream: dict[str, Any] = value["streams"][0]
    return stream


def _drop_middle(value: dict[str, Any]) -> None:
    del _stream(value)["entries"][1]


def _truncate_as_all(value: dict[str, Any]) -> None:
    del _stream(value)["entries"][-1]


def _drop_newest_with_proof(value: dict[str, Any]) -> None:
    """Honest about the next entry, which was known."""
    value["streams"] = [LOG.stream(FIRM, 6, NOW.committed)]


def _next_pretends_to_be_later(value: dict[str, Any]) -> None:
    _drop_newest_with_proof(value)
    value["streams"][0]["next"]["index"] = NOW.size


def _renumber(value: dict[str, Any]) -> None:
    """An earlier answer as if it were the last: the next entry said to stand further on."""
    _stream(value)["next"]["index"] += 2


def _other_membership(value: dict[str, Any]) -> None:
    others = LOG.stream(OTHER_FIRM, NOW.size, NOW.committed)
    _stream(value)["membership"] = others["membership"]


def _absent(value: dict[str, Any]) -> None:
    stream = _stream(value)
    stream["entries"], stream["next"] = [], None


def _absent_from_the_bucket(value: dict[str, Any]) -> None:
    _absent(value)
    body = base64text.decode(_stream(value)["membership"]["body"], what="body")
    kept = [body[at : at + RECORD_BYTES] for at in range(0, len(body), RECORD_BYTES)]
    kept = [one for one in kept if not one.startswith(FIRM.bytes)]
    _stream(value)["membership"]["body"] = base64text.encode(b"".join(kept))


def _other_subjects_entries(value: dict[str, Any]) -> None:
    value["streams"] = [LOG.stream(OTHER_FIRM, NOW.size, NOW.committed)]


def _state(value: dict[str, Any]) -> None:
    value["answer"]["records"][0]["state"] = "valid"


def _hide_a_sanction(value: dict[str, Any]) -> None:
    value["answer"]["sanctions"] = []


def _to_public(value: dict[str, Any]) -> None:
    value["query"]["reader"] = {"kind": "public"}


def _query(**changes: Any) -> Bend:
    return lambda value: value["query"].update(changes)


def _top(**changes: Any) -> Bend:
    return lambda value: value.update(changes)


def _entry(at: int, **changes: Any) -> Bend:
    return lambda value: _stream(value)["entries"][at].update(changes)


def _of_another_node() -> dict[str, Any]:
    other = SignedLog(node="quanzhou")
    other.rows = list(LOG.rows[:8])
    return other.commit().shown(8)


def _foreign_commitment(value: dict[str, Any]) -> None:
    value["commitment"] = _of_another_node()


def _older_commitment(value: dict[str, Any]) -> None:
    value["commitment"] = LOG.shown(5)


def _not_a_commitment(value: dict[str, Any]) -> None:
    value["commitment"] = LOG.shown(9)


def _disclosed(**changes: Any) -> Bend:
    return lambda value: value["disclosed"][0].update(changes)


def _say_erased(index: int, name: str) -> Bend:
    return lambda value: value["erased"].append({"index": index, "field": name})


def _twice(value: dict[str, Any]) -> None:
    value["disclosed"].append(value["disclosed"][0])


def _tampered_signature(value: dict[str, Any]) -> None:
    entries = _stream(value)["entries"]
    entries[0]["signature"] = entries[1]["signature"]


def _proof_of_another(value: dict[str, Any]) -> None:
    entries = _stream(value)["entries"]
    entries[0]["proof"] = entries[1]["proof"]


def _second_stream(value: dict[str, Any]) -> None:
    value["streams"].append(LOG.stream(OTHER_FIRM, NOW.size, NOW.committed))


def _swapped_next(value: dict[str, Any]) -> None:
    """The entry after the next one in its place."""
    following = LOG.stream(FIRM, 5, THEN.committed)
    _stream(value)["next"] = following["next"]


def _swapped_next_leaf(value: dict[str, Any]) -> None:
    _swapped_next(value)
    following = LOG.stream(FIRM, 5, THEN.committed)
    _stream(value)["prefix"]["next"] = following["prefix"]["next"]


def _no_next(value: dict[str, Any]) -> None:
    _stream(value)["next"] = None


def _next_of_none(value: dict[str, Any]) -> None:
    _stream(value)["next"] = {"index": 8, "proof": LOG.proof(8)}


def _cut(size: int) -> SignedLog:
    log = case()
    log.rows = log.rows[:size]
    return log


def _entry_past_the_commitment(value: dict[str, Any]) -> None:
    _stream(value)["entries"].append(LOG.shown(9))


BENT: dict[str, tuple[Asked, Bend, Reason]] = {
    "an entry is dropped": (NOW, _drop_middle, Reason.ENTRY_MISPLACED),
    "the newest is dropped": (NOW, _truncate_as_all, Reason.INCOMPLETE),
    "the newest is said to be later": (NOW, _drop_newest_with_proof, Reason.NEXT_NOT_LATER),
    "the newest moved": (NOW, _next_pretends_to_be_later, Reason.NEXT_NOT_LATER),
    "the next one moved": (THEN, _renumber, Reason.PROOF_FAILS),
    "the next one left out": (THEN, _no_next, Reason.NEXT_NOT_LATER),
    "a next one where there is none": (NOW, _next_of_none, Reason.NEXT_NOT_LATER),
    "a later one as the next": (THEN, _swapped_next, Reason.PROOF_FAILS),
    "a later one as the next, with its leaf": (THEN, _swapped_next_leaf, Reason.INCOMPLETE),
    "more shown than committed": (NOW, _entry_past_the_commitment, Reason.ENTRY_MISPLACED),
    "another's membership": (NOW, _other_membership, Reason.HELD_NOT_PROVED),
    "nothing held, for one who is": (NOW, _absent, Reason.INCOMPLETE),
    "nothing held, in a made bucket": (NOW, _absent_from_the_bucket, Reason.HELD_NOT_PROVED),
    "another's entries": (NOW, _other_subjects_entries, Reason.STREAMS_DIFFER),
    "a stream too many": (NOW, _second_stream, Reason.STREAMS_DIFFER),
    "a changed state": (NOW, _state, Reason.ANSWER_DIFFERS),
    "a sanction hidden": (NOW, _hide_a_sanction, Reason.ANSWER_DIFFERS),
    "another reader": (NOW, _to_public, Reason.ANSWER_DIFFERS),
    "another valid_at": (NOW, _query(valid_at="2026-03-15"), Reason.ANSWER_DIFFERS),
    "another today": (NOW, _query(today="2036-01-01"), Reason.ANSWER_DIFFERS),
    "an earlier known_at": (
        NOW, _query(known_at=instant(LOG.instant(4))), Reason.KNOWN_AT_DIFFERS
    ),
    "a later known_at": (
        Asked(corrected_log(), tree_size=2, show_all=True),
        _query(known_at=instant(LOG.instant(7))),
        Reason.KNOWN_AT_DIFFERS,
    ),
    "no known_at": (NOW, _query(known_at=None), Reason.KNOWN_AT_DIFFERS),
    "a larger tree size": (NOW, _query(tree_size=12), Reason.COMMITMENT_STALE),
    "a smaller tree size": (NOW, _query(tree_size=5), Reason.KNOWN_AT_DIFFERS),
    "another subject": (
        NOW, _query(subject=str(OTHER_FIRM), identifier=OTHER_CODE), Reason.STREAMS_DIFFER
    ),
    "another identifier": (NOW, _query(identifier=OTHER_CODE), Reason.SUBJECT_DIFFERS),
    "no identifier": (NOW, _query(identifier=None), Reason.SUBJECT_DIFFERS),
    "an identifier of a person": (
        Asked(person_log(), PERSON, "resident_id"),
        _query(identifier="X"),
        Reason.SUBJECT_DIFFERS,
    ),
    "a false value": (NOW, _disclosed(value="别的"), Reason.DISCLOSURE_FAILS),
    "a wrong salt": (
        NOW, _disclosed(salt=base64text.encode(made_salt(7, "x"))), Reason.DISCLOSURE_FAILS
    ),
    "another field": (NOW, _disclosed(field="parties"), Reason.DISCLOSURE_FAILS),
    "another entry's field": (NOW, _disclosed(index=2), Reason.DISCLOSURE_FAILS),
    "a field of an entry not shown": (NOW, _disclosed(index=77), Reason.DISCLOSURE_FAILS),
    "a field twice": (NOW, _twice, Reason.DISCLOSURE_FAILS),
    "erased and shown": (NOW, _say_erased(1, "narrative"), Reason.DISCLOSURE_FAILS),
    "erased, but never sealed": (NOW, _say_erased(2, "narrative"), Reason.DISCLOSURE_FAILS),
    "a field left out": (NOW, _top(disclosed=[]), Reason.ANSWER_DIFFERS),
    "another node's commitment": (NOW, _foreign_commitment, Reason.ANOTHER_NODE),
    "an older commitment": (NOW, _older_commitment, Reason.COMMITMENT_STALE),
    "an entry that commits to nothing": (NOW, _not_a_commitment, Reason.COMMITMENT_FAILS),
    "another signature": (NOW, _tampered_signature, Reason.SIGNATURE_FAILS),
    "another proof": (NOW, _proof_of_another, Reason.PROOF_FAILS),
    "another index": (NOW, _entry(0, index=8), Reason.PROOF_FAILS),
    "no proof": (NOW, _entry(0, proof=[]), Reason.PROOF_FAILS),
    "an unknown key of an entry": (NOW, _entry(0, keyid=OTHER_KEY.keyid), Reason.UNKNOWN_KEY),
    "an unreadable entry": (NOW, _entry(0, payload="e30="), Reason.MALFORMED),
    "another fold": (NOW, _top(fold_version=FOLD_VERSION + 1), Reason.FOLD_UNKNOWN),
    "fewer limits": (NOW, lambda value: value["limits"].pop(), Reason.LIMITS_DIFFER),
    "another origin": (NOW, _top(origin="example.com/x"), Reason.UNKNOWN_LOG),
    "another node": (NOW, _top(node="quanzhou"), Reason.ANOTHER_LOG),
    "another log's checkpoint": (
        NOW, _top(checkpoint=LOG.checkpoint(origin="example.com/x")), Reason.ANOTHER_LOG
    ),
    "a stranger's checkpoint": (
        NOW, _top(checkpoint=LOG.checkpoint(key=OTHER_KEY)), Reason.UNKNOWN_KEY
    ),
    "an older checkpoint": (NOW, _top(checkpoint=_cut(7).checkpoint()), Reason.PROOF_FAILS),
    "no checkpoint": (NOW, _top(checkpoint="x"), Reason.MALFORMED),
    "made before the key": (
        NOW, _top(made_at=instant(FOUNDED - timedelta(days=1))), Reason.OUTSIDE_VALIDITY
    ),
    "another format": (NOW, _top(format="credit-ledger-statement/v2"), Reason.MALFORMED),
    "a member more": (NOW, _top(more=1), Reason.MALFORMED),
    "no streams": (NOW, _top(streams=[]), Reason.MALFORMED),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "bend", "reason"), BENT.values(), ids=BENT)
def test_a_bent_statement_is_refused_for_its_reason(
    asked: Asked, bend: Bend, reason: Reason
) -> None:
    """Whatever a node that has its key bends, the reader is told, and told what."""
    value = asked.value()
    before = canonical(value, max_depth=40)
    bend(value)
    assert canonical(value, max_depth=40) != before
    verdict = judged(value)
    assert verdict.reason is reason, verdict.detail()


def test_streams_that_a_correction_ties_must_be_there() -> None:
    """An answer of one identifier alone, after the other one was tied to it, is refused."""
    value = Asked(tied_log()).value()
    del value["streams"][1]
    assert judged(value).reason is Reason.STREAMS_DIFFER


def test_the_order_of_streams_is_fixed() -> None:
    """There is one way to write a statement: the subject first, then the others by id."""
    value = Asked(tied_log()).value()
    value["streams"].reverse()
    assert judged(value).reason is Reason.STREAMS_DIFFER


def test_an_organisation_opened_under_a_foreign_id_is_refused() -> None:
    """The id of an organisation follows from its identifier; a node cannot deal it out."""
    log = SignedLog().add(firm(OTHER_CODE)).commit()
    assert judged(Asked(log).value()).reason is Reason.SUBJECT_DIFFERS


@pytest.mark.parametrize(
    ("scheme", "written"),
    [
        ("uscc", CODE.lower()),
        ("uscc", f"{CODE} "),
        ("uscc", CODE.replace("9", "\uff19", 1)),
        ("uscc", f"{CODE[:8]}-{CODE[8:]}"),
        ("uscc", "91350200MA0000001X"),
        ("uscc", " "),
        ("tw_ubn", CODE),
    ],
)
def test_no_other_spelling_of_an_identifier_names_a_subject(scheme: str, written: str) -> None:
    """The id of a misspelt identifier was never opened: "nothing held" on it says nothing."""
    nobody = public_id(parse_scheme(scheme), written)
    verdict = judged(Asked(LOG, nobody, scheme, written).value())
    assert verdict.reason is Reason.SUBJECT_DIFFERS


@pytest.mark.parametrize("scheme", ["USCC", "resident_identity_number", "nonsense"])
def test_a_scheme_that_no_node_knows_names_nobody(scheme: str) -> None:
    """Nor another name of one: under it nothing would ever be held, of a made-up id."""
    verdict = judged(Asked(LOG, UUID(int=7), scheme, None).value())
    assert verdict.reason in (Reason.SUBJECT_DIFFERS, Reason.MALFORMED)


def test_entries_no_fold_takes_are_refused() -> None:
    """A node that entered what its own rules refuse gets no answer believed."""
    facts = ObjectionAnswered(
        objection=O1, supplier=SUPPLIER, finding="wrong", answered_on=date(2026, 4, 1)
    )
    value = Asked(SignedLog().add(firm()).commit()).value()
    log = SignedLog().add(firm(), facts).commit()
    value["streams"] = [log.stream(FIRM, 2, 2)]
    value["query"] |= {"tree_size": 2, "known_at": instant(log.instant(1))}
    value |= {"checkpoint": log.checkpoint(), "commitment": log.shown(2)}
    assert judged(value).reason is Reason.UNFOLDABLE


def _lie(log: SignedLog, size: int, known: int | None = None, **stated: Any) -> Reason:
    """The verdict on what a liar states of a log that he made up himself."""
    value = Asked(log, tree_size=1).value()
    committed = Asked(log).committed
    value["streams"] = [log.stream(FIRM, size, committed, known)]
    known_at = max((log.instant(index) for index in range(size)), default=None)
    value["query"] |= {"tree_size": size, "known_at": instant(known_at)} | stated
    return judged(value).reason


def _numbered(seq: int, prev: str | None) -> SignedLog:
    log = SignedLog().add(firm())
    at = StreamId("subject", FIRM).key
    log.heads[at] = (seq - 1, prev or log.heads[at][1])
    return log.add(noticed()).commit()


def test_each_entry_continues_the_one_before() -> None:
    """A liar who enters what does not follow is not believed, though his map counts it."""
    assert _lie(_numbered(3, None), 2) is Reason.ENTRY_MISPLACED
    assert _lie(_numbered(2, "0" * 64), 2) is Reason.ENTRY_MISPLACED


def test_an_entry_of_another_stream_is_refused() -> None:
    """Counted under the subject by a false map, it still says whose it is."""
    log = SignedLog().add(firm())
    at, other = StreamId("subject", FIRM).key, StreamId("subject", OTHER_FIRM).key
    log.heads[other] = log.heads[at]
    log.add(noticed(), stream=OTHER_FIRM, filed=FIRM).commit()
    assert _lie(log, 2) is Reason.ENTRY_MISPLACED


def test_entries_stand_in_the_log_in_their_order() -> None:
    """Numbers, places and instants ascend together."""
    log = SignedLog().add(firm(), collected(), noticed()).swapped(1, 2).commit()
    assert _lie(log, 3) is Reason.ENTRY_MISPLACED
    log = SignedLog(instants={2: FOUNDED + timedelta(days=1, hours=1)})
    log.add(firm(), collected(), noticed()).commit()
    assert _lie(log, 3) is Reason.ENTRY_MISPLACED


def test_the_next_entry_stands_behind_those_that_are_shown() -> None:
    """Also where more is shown than was known."""
    log = SignedLog().add(firm(), collected(), noticed()).swapped(1, 2).commit()
    assert _lie(log, 1, known=2) is Reason.NEXT_NOT_LATER


def test_an_entry_counted_past_the_commitment_is_refused() -> None:
    """A map made of more entries than it says it covers does not pass: it says its size."""
    log = SignedLog().add(firm(), collected(), noticed()).commit(claims=2)
    value = Asked(log, tree_size=2).value()
    value["streams"] = [log.stream(FIRM, 3, 3)]
    assert judged(value).reason is Reason.ENTRY_MISPLACED


def test_a_commitment_covers_what_was_there_in_its_own_stream() -> None:
    """It is refused with a size past its place, and in another stream than that of the map."""
    for log in (
        SignedLog().add(firm()).commit(claims=2),
        SignedLog().add(firm()).commit(stream=node_id(NODE)),
    ):
        assert judged(Asked(log, tree_size=1).value()).reason is Reason.COMMITMENT_FAILS


def test_a_commitment_that_came_late_does_not_reach_further_than_it_says() -> None:
    """Between what it covers and its place there may be entries that it does not count."""
    log = SignedLog().add(firm(), collected()).commit(size=1)
    for size in (2, 3):
        value = Asked(log, tree_size=1).value()
        value["query"] |= {"tree_size": size, "known_at": instant(log.instant(size - 1))}
        assert judged(value).reason is Reason.COMMITMENT_STALE


def test_entries_are_held_to_the_validity_of_their_key() -> None:
    """An entry dated before its key was valid is refused, whatever signs the statement."""
    trusted = trust(key_value() | {"from": instant(LOG.instant(5))})
    assert verify_statement(NOW.file(), trusted).reason is Reason.OUTSIDE_VALIDITY


# -- who signed ------------------------------------------------------------------------


def test_another_key_is_unknown() -> None:
    """A statement that somebody else signed tells nothing."""
    verdict = verify_statement(sealed(NOW.value(), OTHER_KEY), PLAIN)
    assert (verdict.outcome, verdict.reason) == (Outcome.INDETERMINATE, Reason.UNKNOWN_KEY)


def test_a_key_for_other_purposes_is_not_allowed() -> None:
    """A witness key signs no statements, nor does another node's."""
    trusted = trust(key_value(purposes=["checkpoints"]))
    assert verify_statement(NOW.file(), trusted).reason is Reason.KEY_NOT_ALLOWED
    both = [
        {"node": name, "origin": f"credit-ledger.example/{name}", "jurisdiction": None}
        for name in (NODE, "quanzhou")
    ]
    trusted = trust(key_value(), key_value(OTHER_KEY, node="quanzhou"), nodes=both)
    foreign = sealed(NOW.value(), OTHER_KEY)
    assert verify_statement(foreign, trusted).reason is Reason.KEY_NOT_ALLOWED


def test_a_false_signature_is_refused_and_none_is_no_statement() -> None:
    """Under a known key it must hold, and one is needed."""
    payload = canonical(NOW.value(), max_depth=40)
    other = Envelope.signed(NODE_KEY, STATEMENT, payload + b" ")
    bent = Envelope(payload, STATEMENT, other.signatures).to_json()
    assert verify_statement(bent, PLAIN).reason is Reason.SIGNATURE_FAILS
    bare = Envelope(payload, STATEMENT, ()).to_json()
    assert verify_statement(bare, PLAIN).reason is Reason.MALFORMED


def test_a_checkpoint_bent_under_the_logs_key_is_refused() -> None:
    """A signature line of the log that fails rejects the whole."""
    value = NOW.value()
    head, _, tail = value["checkpoint"].rpartition("\n\n")
    lines = head.split("\n")
    lines[1] = str(int(lines[1]) + 1)
    value["checkpoint"] = "\n".join(lines) + "\n\n" + tail
    assert judged(value).reason is Reason.SIGNATURE_FAILS


def test_too_few_witnesses_leave_it_open() -> None:
    """The reader's policy asks for a cosignature; with it the statement is valid."""
    value = NOW.value()
    trusted = trust(policy=policy("w1"))
    assert verify_statement(sealed(value), trusted).reason is Reason.POLICY_UNMET
    value["checkpoint"] = LOG.checkpoint(seen={"w1": LEAKED})
    assert verify_statement(sealed(value), trusted).reason is Reason.VERIFIED


def test_a_key_that_ended_since_leaves_it_historical() -> None:
    """What was signed while the key held stays good."""
    verdict = verify_statement(NOW.file(), trust(key_value(**retired())))
    assert (verdict.outcome, verdict.reason) == (Outcome.VALID_HISTORICAL, Reason.KEY_ENDED)


def test_a_compromise_is_dated_by_cosignatures_only() -> None:
    """The statement's own date says nothing; a witness that saw the log before does."""
    value = NOW.value()
    key = key_value(**compromised())
    assert verify_statement(sealed(value), trust(key)).reason is Reason.COMPROMISED_UNDATED
    trusted = trust(key, policy=policy("w1"))
    for days, reason in ((1, Reason.COMPROMISED_UNDATED), (-1, Reason.DATED_BEFORE_COMPROMISE)):
        seen = {"w1": LEAKED + timedelta(days=days)}
        value["checkpoint"] = LOG.checkpoint(seen=seen)
        assert verify_statement(sealed(value), trusted).reason is reason


def test_entries_of_a_compromised_key_leave_it_open() -> None:
    """A new key that states what the old one signed dates nothing."""
    value = NOW.value()
    value["checkpoint"] = LOG.checkpoint(key=OTHER_KEY)
    trusted = trust(key_value(**compromised()), key_value(OTHER_KEY))
    verdict = verify_statement(sealed(value, OTHER_KEY), trusted)
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def declared_log(since: datetime = LEAKED, by: SigningKey = OTHER_KEY) -> SignedLog:
    """The old key's case, and then the new key's word that the old one was compromised."""
    log = SignedLog().add(firm(), collected(), noticed())
    log.key = by
    facts = KeyCompromised(keyid=NODE_KEY.keyid, since=since)
    return log.add(facts, stream=StreamId("node", node_id(NODE))).commit()


BOTH_KEYS = trust(key_value(**compromised()), key_value(OTHER_KEY))


def test_an_answer_that_has_taken_a_compromise_into_account_is_valid() -> None:
    """Declared by a good key, what the old one signed is disputed in the answer itself."""
    asked = Asked(declared_log())
    assert [each.state for each in asked.answer().records] == ["disputed"]
    verdict = verify_statement(sealed(asked.value(), OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.VERIFIED, verdict.detail()


def test_a_declaration_left_out_is_missed() -> None:
    """Who keeps the compromise quiet is not believed, whatever answer goes with it."""
    asked = Asked(declared_log())
    value = asked.value() | {"declarations": []}
    signed = sealed(value, OTHER_KEY)
    assert verify_statement(signed, BOTH_KEYS).reason is Reason.ANSWER_DIFFERS
    value["answer"] = to_json(replace(asked, quiet=True).answer())
    signed = sealed(value, OTHER_KEY)
    assert verify_statement(signed, BOTH_KEYS).reason is Reason.COMPROMISED_UNDATED


def test_as_known_before_the_declaration_nobody_can_tell() -> None:
    """The answer of then rests on what the compromised key signed, which nobody dates."""
    verdict = verify_statement(
        sealed(Asked(declared_log(), tree_size=3).value(), OTHER_KEY), BOTH_KEYS
    )
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def test_a_declaration_of_a_later_instant_than_the_readers_does_not_do() -> None:
    """The trust file says since when; a node that says less is not enough."""
    log = declared_log(since=LEAKED + timedelta(days=1))
    verdict = verify_statement(sealed(Asked(log).value(), OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def test_a_compromised_key_does_not_clear_itself() -> None:
    """A thief could declare as much as suits him."""
    value = Asked(declared_log(by=NODE_KEY)).value()
    value["checkpoint"] = Asked(declared_log(by=NODE_KEY)).log.checkpoint(key=OTHER_KEY)
    verdict = verify_statement(sealed(value, OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def test_a_declaration_stands_in_the_nodes_own_stream() -> None:
    """Elsewhere the log's reader would not have followed it either."""
    log = SignedLog().add(firm())
    log.key = OTHER_KEY
    facts = KeyCompromised(keyid=NODE_KEY.keyid, since=LEAKED)
    log.add(facts, stream=StreamId("node", commitments_id(NODE))).commit()
    verdict = verify_statement(sealed(Asked(log).value(), OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.ENTRY_MISPLACED


@pytest.mark.parametrize("index", [0, 4], ids=["a subject's entry", "a commitment"])
def test_only_declarations_stand_for_one(index: int) -> None:
    """Another entry in a declaration's place is refused."""
    asked = Asked(declared_log())
    value = asked.value() | {"declarations": [asked.log.shown(index)]}
    verdict = verify_statement(sealed(value, OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.ENTRY_MISPLACED


def test_a_declaration_stands_once_and_was_known() -> None:
    """Twice the same is refused; one that came after the answer's size changes no state of then."""
    asked = Asked(declared_log())
    shown = asked.log.shown(3)
    value = asked.value() | {"declarations": [shown, shown]}
    verdict = verify_statement(sealed(value, OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.ENTRY_MISPLACED
    value = Asked(declared_log(), tree_size=3).value() | {"declarations": [shown]}
    verdict = verify_statement(sealed(value, OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def test_a_compromised_keys_own_word_is_enough_to_doubt_what_it_signed() -> None:
    """Rotated after it: the new key's statement of what is in doubt is valid."""
    log = declared_log(by=NODE_KEY)
    log.key = OTHER_KEY
    asked = Asked(log.commit())
    assert [each.state for each in asked.answer().records] == ["disputed"]
    verdict = verify_statement(sealed(asked.value(), OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.VERIFIED, verdict.detail()


def test_a_stolen_keys_word_covers_nothing() -> None:
    """What it says that others dated is in doubt all the same, and an answer without that is not
    believed."""
    log = SignedLog().add(firm(), collected(), noticed())
    facts = KeyCompromised(keyid=NODE_KEY.keyid, since=LEAKED, covered=3, evidence="e" * 64)
    log.add(facts, stream=StreamId("node", node_id(NODE)))
    log.key = OTHER_KEY
    asked = Asked(log.commit())
    assert [each.state for each in asked.answer().records] == ["disputed"]
    value = asked.value() | {"answer": to_json(replace(asked, quiet=True).answer())}
    verdict = verify_statement(sealed(value, OTHER_KEY), BOTH_KEYS)
    assert verdict.reason is Reason.ANSWER_DIFFERS


def covering() -> tuple[SignedLog, dict[str, Any]]:
    """A good key's word that others dated the three entries of the case, and the statement."""
    log = SignedLog().add(firm(), collected(), noticed())
    log.key = OTHER_KEY
    facts = KeyCompromised(keyid=NODE_KEY.keyid, since=LEAKED, covered=3, evidence="e" * 64)
    log.add(facts, stream=StreamId("node", node_id(NODE))).commit()
    asked = Asked(log)
    assert [each.state for each in asked.answer().records] == ["valid"]
    late = {"w1": LEAKED + timedelta(days=30)}
    return log, asked.value() | {"checkpoint": log.checkpoint(seen=late)}


def brought(log: SignedLog, days: int, size: int = 3, witness: str = "w1") -> dict[str, object]:
    """The checkpoint of ``size`` entries as ``witness`` saw it so many days after the leak."""
    early = SignedLog(rows=log.rows[:size])
    seen = {witness: LEAKED + timedelta(days=days)}
    proof = consistency_proof(size, log.size, log.tree())
    return {"checkpoint": early.checkpoint(seen=seen), "consistency": texts(proof)}


def test_what_a_node_says_was_covered_the_readers_own_witnesses_date() -> None:
    """By the checkpoint that the statement brings, before the compromise, by the reader's policy
    and as far as it reaches; the node's word alone leaves it open."""
    log, value = covering()
    trusted = trust(key_value(**compromised()), key_value(OTHER_KEY), policy=policy("w1"))
    cases: list[tuple[list[dict[str, object]], Reason]] = [
        ([], Reason.COMPROMISED_UNDATED),
        ([brought(log, -1)], Reason.DATED_BEFORE_COMPROMISE),
        ([brought(log, 1)], Reason.COMPROMISED_UNDATED),
        ([brought(log, -1, size=2)], Reason.COMPROMISED_UNDATED),
        ([brought(log, -1, witness="w2")], Reason.COMPROMISED_UNDATED),
        ([brought(log, -1) | {"consistency": []}], Reason.PROOF_FAILS),
        ([brought(log, 1), brought(log, -1)], Reason.DATED_BEFORE_COMPROMISE),
    ]
    for dated, reason in cases:
        signed = sealed(value | {"dated": dated}, OTHER_KEY)
        assert verify_statement(signed, trusted).reason is reason
    nobody = trust(key_value(**compromised()), key_value(OTHER_KEY))
    signed = sealed(value | {"dated": [brought(log, -1)]}, OTHER_KEY)
    assert verify_statement(signed, nobody).reason is Reason.COMPROMISED_UNDATED


def test_what_was_dated_later_than_the_declaration_says_is_open() -> None:
    """The earlier ``since`` counts, the trust file's or the node's."""
    log, value = covering()
    sooner = compromised(LEAKED - timedelta(days=3))
    trusted = trust(key_value(**sooner), key_value(OTHER_KEY), policy=policy("w1"))
    signed = sealed(value | {"dated": [brought(log, -1)]}, OTHER_KEY)
    assert verify_statement(signed, trusted).reason is Reason.COMPROMISED_UNDATED


# -- bounds ----------------------------------------------------------------------------


def test_what_is_larger_than_any_statement_is_not_read() -> None:
    """Whatever the file holds, verification ends soon."""
    assert verify_statement(b"{" * (MAX_FILE_BYTES + 1), PLAIN).reason is Reason.TOO_LARGE
    assert verify_statement(b"[" * 10_000_000, PLAIN).reason is Reason.MALFORMED
    assert verify_statement(b"", PLAIN).reason is Reason.MALFORMED


def test_json_of_too_many_parts_is_refused_before_it_is_made() -> None:
    """Even a node that is trusted cannot fill the reader's memory."""
    with pytest.raises(StatementMalformed, match="parts"):
        Statement.from_payload(b"[" * (MAX_PARTS + 1))


def test_an_envelope_of_too_many_parts_is_refused_before_it_is_made() -> None:
    """What a stranger sends costs its length, and no more."""
    with pytest.raises(StatementMalformed, match="parts"):
        envelope(b"[" + b"{}," * 200 + b"{}]")


def test_another_type_of_message_is_no_statement() -> None:
    """The type is part of what is signed, and is not passed off as another."""
    signed = envelope(NOW.file())
    other = Envelope(signed.payload, RECEIPT, signed.signatures).to_json()
    assert verify_statement(other, PLAIN).reason is Reason.MALFORMED
    receipt = Envelope.signed(NODE_KEY, RECEIPT, signed.payload)
    passed_off = Envelope(signed.payload, STATEMENT, receipt.signatures).to_json()
    assert verify_statement(passed_off, PLAIN).reason is Reason.SIGNATURE_FAILS


def test_a_stranger_is_not_read_at_all() -> None:
    """Content is parsed only under the signature of a known key."""
    bent = Envelope.signed(OTHER_KEY, STATEMENT, b"not even JSON").to_json()
    assert verify_statement(bent, PLAIN).reason is Reason.UNKNOWN_KEY


def test_what_is_told_of_a_malformed_statement_is_harmless() -> None:
    """A node that names a member to trouble a terminal is quoted, and not at length."""
    value = NOW.value()
    value["\x1b[31m" + "x" * 5_000] = 1
    verdict = judged(value)
    assert verdict.reason is Reason.MALFORMED
    assert verdict.detail().isprintable()
    assert len(verdict.detail()) < 400


def test_a_payload_that_is_not_canonical_is_refused() -> None:
    """One statement has one spelling."""
    payload = canonical(NOW.value(), max_depth=40) + b"\n"
    assert (
        verify_statement(Envelope.signed(NODE_KEY, STATEMENT, payload).to_json(), PLAIN).reason
        is Reason.MALFORMED
    )
