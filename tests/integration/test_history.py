"""``history``: who sees what, on which pair of dates, and as which JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded, call
from tests.integration.material import (
    BUYER,
    FIRM,
    OFFICER,
    OTHER_FIRM,
    PERSON,
    PERSON_NAME,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    at,
    by,
    collect,
    firm,
    person,
)

KEYS = {
    "subject", "valid_at", "known_at", "tree_size", "entries", "records", "sanctions", "masked",
}  # fmt: skip

CASE: list[dict[str, Any]] = [
    collect(17, **{"as": "R1"}, at=at("03-02"), sealed={"narrative": {"facts": "示例叙述"}}),
    {"command": "serve_notice", "by": by(SUPPLIER), "record": "@R1", "served_on": "2026-03-03",
     "channel": "letter", "at": at("03-03")},
    {"command": "impose_sanction", "by": by(BUYER), "as": "S1", "measure": "limit_procurement",
     "records": ["@R1"], "initiator": BUYER, "enforcer": BUYER, "legal_basis": "《示例法》第二条",
     "starts_on": "2026-03-09", "ends_on": "2027-02-27", "at": at("03-09")},
    {"command": "report_enforcement", "by": by(BUYER), "sanction": "@S1", "on": "2026-03-09",
     "state": "applied", "at": at("03-09")},
    {"command": "file_objection", "by": by(REGISTRAR), "as": "O1", "record": "@R1",
     "filed_by": "subject", "filed_on": "2026-03-20", "at": at("03-20")},
    {"command": "report_enforcement", "by": by(BUYER), "sanction": "@S1", "on": "2026-03-20",
     "state": "suspended", "at": at("03-20")},
    {"command": "answer_objection", "by": by(SUPPLIER), "objection": "@O1", "finding": "wrong",
     "answered_on": "2026-04-24", "at": at("04-24")},
    {"command": "withdraw_record", "by": by(SUPPLIER), "record": "@R1", "cause": "wrong_subject",
     "fault": SUPPLIER, "effective": "from_beginning", "at": at("04-24")},
    {"command": "rule_sanction_wrongful", "by": by(REVIEWER), "sanction": "@S1",
     "faulty_records": ["@R1"], "authority": "厦门示例复核局", "ruled_on": "2026-04-24",
     "at": at("04-24")},
]  # fmt: skip
"""One wrong record, as it is entered at its node, every act at 10:00 of its day."""


def _ask(node: Founded, identifier: str = FIRM, *options: str) -> Any:
    done = node.call("history", identifier, "--json", *options)
    assert done.code == 0, done.err
    return done.json


# -- one wrong record, asked on pairs of dates -----------------------------------------


@pytest.fixture
def case(simulated: Founded, tmp_path: Path) -> tuple[Founded, dict[str, str]]:
    """The whole case, applied; its labels."""
    done = simulated.apply(tmp_path, CASE)
    assert done.code == 0, done.out
    assert done.json["applied"] == len(CASE)
    labels: dict[str, str] = done.json["labels"]
    return simulated, labels


def test_the_acts_are_recorded_at_ten_of_their_day_with_their_effects(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """The objection suspends and the withdrawal lifts in the same transaction."""
    node, _ = case
    answer = _ask(node, FIRM, *OFFICER)
    found = [(each["recorded_at"], each["type"]) for each in answer["entries"]]
    assert found == [
        ("2026-03-02T02:00:00.000000Z", "SubjectOpened"),
        ("2026-03-02T02:00:00.000000Z", "RecordCollected"),
        ("2026-03-03T02:00:00.000000Z", "NoticeServed"),
        ("2026-03-09T02:00:00.000000Z", "SanctionImposed"),
        ("2026-03-09T02:00:00.000001Z", "EnforcementReported"),
        ("2026-03-20T02:00:00.000000Z", "ObjectionFiled"),
        ("2026-03-20T02:00:00.000000Z", "SanctionSuspended"),
        ("2026-03-20T02:00:00.000001Z", "EnforcementReported"),
        ("2026-04-24T02:00:00.000000Z", "ObjectionAnswered"),
        ("2026-04-24T02:00:00.000001Z", "RecordWithdrawn"),
        ("2026-04-24T02:00:00.000001Z", "SanctionLifted"),
        ("2026-04-24T02:00:00.000002Z", "SanctionRuledWrongful"),
    ]
    due = next(e["facts"]["due_on"] for e in answer["entries"] if e["type"] == "ObjectionFiled")
    assert due == "2026-04-20"
    late = next(e["facts"] for e in answer["entries"] if e["type"] == "ObjectionAnswered")
    assert late["overdue_working_days"] == 4
    assert [each["seq"] for each in answer["entries"]] == list(range(1, 13))
    assert node.call("audit", "--json").json["ok"]


def test_before_the_objection_one_record_and_one_sanction_in_force(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """valid_at 03-15 as known on 03-15."""
    node, labels = case
    answer = _ask(
        node, FIRM, "--valid-at", "2026-03-15", "--known-at", "2026-03-15T12:00:00Z", *OFFICER
    )
    assert set(answer) == KEYS
    assert (answer["valid_at"], answer["known_at"]) == ("2026-03-15", "2026-03-15T12:00:00.000000Z")
    index = {each["type"]: each["index"] for each in answer["entries"]}
    (record,) = answer["records"]
    assert record == {
        "record": labels["R1"], "item": "administrative_penalty", "state": "valid",
        "since": record["since"], "because": record["because"],
    }  # fmt: skip
    assert index["RecordCollected"] in record["because"]
    (sanction,) = answer["sanctions"]
    assert sanction == {
        "sanction": labels["S1"], "measure": "limit_procurement", "state": "in_force",
        "since": "2026-03-09", "starts_on": "2026-03-09", "ends_on": "2027-02-27",
        "enforcement": {"state": "applied", "on": "2026-03-09"}, "because": sanction["because"],
    }  # fmt: skip
    assert index["SanctionImposed"] in sanction["because"]
    assert answer["masked"] == []
    assert set(answer["subject"]) == {"id", "kind", "scheme"}
    assert (answer["subject"]["kind"], answer["subject"]["scheme"]) == ("legal_person", "uscc")
    assert all(
        set(each) - {"details"} == {"index", "seq", "type", "recorded_at", "facts"}
        for each in answer["entries"]
    )


def test_the_same_day_as_known_after_the_ruling(case: tuple[Founded, dict[str, str]]) -> None:
    """valid_at 03-15 as known on 04-30: no valid adverse record; the sanction was wrongful."""
    node, _ = case
    answer = _ask(
        node, FIRM, "--valid-at", "2026-03-15", "--known-at", "2026-04-30T12:00:00Z", *OFFICER
    )
    assert [each["state"] for each in answer["records"]] == ["withdrawn"]
    (sanction,) = answer["sanctions"]
    assert sanction["state"] == "wrongful"
    ruled = next(e for e in answer["entries"] if e["type"] == "SanctionRuledWrongful")
    assert ruled["facts"]["ruled_on"] == "2026-04-24"
    assert ruled["index"] in sanction["because"]
    assert answer["known_at"] == "2026-04-24T02:00:00.000002Z"  # the last entry, and says so


def test_during_the_objection_the_sanction_is_suspended(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """valid_at 03-25 as known on 03-25: the record is disputed, the sanction suspended."""
    node, _ = case
    answer = _ask(
        node, FIRM, "--valid-at", "2026-03-25", "--known-at", "2026-03-25T12:00:00Z", *OFFICER
    )
    assert [(e["state"], e["since"]) for e in answer["records"]] == [("disputed", "2026-03-20")]
    assert [(e["state"], e["since"]) for e in answer["sanctions"]] == [("suspended", "2026-03-20")]
    assert answer["sanctions"][0]["enforcement"] == {"state": "suspended", "on": "2026-03-20"}


# -- the public, and those who are registered -------------------------------------------


@pytest.fixture
def peopled(simulated: Founded, tmp_path: Path) -> Founded:
    """A firm with a published record and a sanction, and a natural person with a record."""
    lines = [*CASE[:4], collect(3, subject=person(), publish_until=None)]
    assert simulated.apply(tmp_path, lines).code == 0
    return simulated


def test_the_public_sees_published_records_and_what_rests_on_them(peopled: Founded) -> None:
    """Without operator, purpose and basis no details, no access entry, nothing masked."""
    size = peopled.size()
    answer = _ask(peopled)
    assert [each["state"] for each in answer["records"]] == ["valid"]
    assert [each["state"] for each in answer["sanctions"]] == ["in_force"]
    assert answer["masked"] == []
    assert not any("details" in each for each in answer["entries"])
    assert peopled.size() == size


def test_a_person_and_an_unknown_subject_give_the_public_the_same_bytes(
    peopled: Founded,
) -> None:
    """A natural person with a record, one unknown, and an unknown firm cannot be told apart."""
    other = PERSON[:-1]
    unknown = next(
        other[:14] + f"{n:03}" + check
        for n in range(1000)
        for check in "0123456789X"
        if (other[:14] + f"{n:03}" + check) != PERSON and _is_number(other[:14] + f"{n:03}" + check)
    )
    for options in ((), ("--json",), ("--valid-at", "2026-03-05", "--json")):
        answers = [
            peopled.call("history", identifier, *options)
            for identifier in (PERSON, unknown, OTHER_FIRM)
        ]
        assert {each.code for each in answers} == {0}
        assert len({each.out for each in answers}) == 1
        assert len({each.err for each in answers}) == 1
    answer = _ask(peopled, PERSON)
    assert (answer["subject"], answer["entries"], answer["records"]) == (None, [], [])


def _is_number(text: str) -> bool:
    from ledger.identifiers.resident import is_resident_number

    return is_resident_number(text)


def test_a_registered_look_is_an_entry_that_names_who_and_why(peopled: Founded) -> None:
    """Operator, purpose, basis, both times and the digest of what was shown are in the log."""
    before = peopled.size()
    answer = _ask(peopled, PERSON, "--valid-at", "2026-03-10", *OFFICER)
    assert peopled.types()[before:] == ["SubjectQueried"]
    with peopled.opened() as node:
        (stored,) = node.store.scan(before)
    facts = json.loads(stored.state)["facts"]
    assert (facts["operator"], facts["purpose"], facts["basis"]) == ("op-7", "核查", "示例法第三条")
    assert facts["valid_at"] == "2026-03-10"
    assert facts["known_at"] == before == answer["tree_size"]
    assert facts["records"] == [each["record"] for each in answer["records"]]
    opened = next(each for each in answer["entries"] if each["type"] == "SubjectOpened")
    assert opened["details"] == {"identifier": PERSON, "name": PERSON_NAME}


def test_a_look_that_cannot_be_registered_gives_no_answer(peopled: Founded) -> None:
    """When the append is refused (here: an instant before the last entry), nothing is shown."""
    before = peopled.size()
    done = peopled.call("history", FIRM, *OFFICER, "--json", "--at", at("03-02"))
    assert (done.code, done.out) == (3, "")
    done = peopled.call("history", FIRM, *OFFICER, "--json", "--organisation", "SHILI-NOBODY")
    assert (done.code, done.out) == (3, "")
    assert peopled.size() == before


def test_a_registered_look_takes_its_instant(peopled: Founded) -> None:
    """``--at`` dates the access entry on a simulated clock; on the day of asking it counts."""
    _ask(peopled, FIRM, *OFFICER, "--at", at("05-01"))
    with peopled.opened() as node:
        head = node.store.head()
    assert head is not None
    assert head.recorded_at == datetime(2026, 5, 1, 2, tzinfo=UTC)


# -- options ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--operator", "op-7"),
        ("--operator", "op-7", "--purpose", "x"),
        ("--purpose", "x", "--basis", "x"),
        ("--operator", "op-7", "--purpose", " ", "--basis", "x"),
        ("--operator", "", "--purpose", "x", "--basis", "x"),
        ("--operator", "张三", "--purpose", "x", "--basis", "x"),
        ("--operator", "op-7", "--purpose", "\x1b[2J", "--basis", "x"),
        ("--operator", "op-7", "--purpose", "x" * 3_000, "--basis", "x"),
        ("--organisation", BUYER),
        ("--scheme", "card"),
        ("--scheme", "resident_id"),
        ("--valid-at", "2026-3-1"),
        ("--valid-at", "today"),
        ("--known-at", "2026-03-01"),
        ("--known-at", "2026-03-01T10:00:00"),
        ("--known-at", "-1"),
        ("--known-at", "99999"),
        ("--known-at", "9" * 40),
        ("--known-at", "9999-12-31T23:59:59Z"),
        ("--at", "2026-03-01T10:00:00Z"),
        ("--colour", "red"),
    ],
)
def test_what_history_cannot_use_is_usage(
    request: pytest.FixtureRequest, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Exit 2, nothing on standard output, no entry; also a future known_at on a real clock."""
    home = tmp_path / "home"
    assert call("init", "--home", home, "--node", "xiamen").code == 0
    node = Founded(home, "xiamen")
    done = node.call("history", FIRM, *options, "--json")
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.strip()
    assert node.size() == 4


def test_a_known_at_after_now_is_refused_on_a_real_clock(real: Founded) -> None:
    """What will be known is not known yet; a moment ago is answered."""
    now = datetime.now(UTC)
    for later in (timedelta(minutes=1), timedelta(days=400)):
        done = real.call("history", FIRM, "--known-at", (now + later).isoformat())
        assert (done.code, done.out) == (2, "")
    assert real.call("history", FIRM, "--known-at", now.isoformat(), "--json").code == 0


def test_a_known_at_past_the_last_entry_is_answered_as_of_it_and_says_so(
    peopled: Founded,
) -> None:
    """On a simulated clock the future is open; the answer names the moment it stands on."""
    with peopled.opened() as node:
        head = node.store.head()
    assert head is not None
    answer = _ask(peopled, FIRM, "--known-at", "2126-01-01T00:00:00Z")
    assert answer["known_at"] == head.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert answer["tree_size"] == head.size
    told = peopled.call("history", FIRM, "--known-at", "2126-01-01T00:00:00Z")
    assert "later than the last entry" in told.err


def test_a_known_at_is_an_instant_or_a_size(peopled: Founded) -> None:
    """The size of the log at an instant gives the same facts; 0 and the founding give none."""
    by_instant = _ask(peopled, FIRM, "--known-at", "2026-03-05T00:00:00Z", *OFFICER)
    size = by_instant["tree_size"]
    by_size = _ask(peopled, FIRM, "--known-at", str(size), *OFFICER)
    assert by_size["tree_size"] == size
    same = KEYS - {"known_at"}
    assert {k: by_instant[k] for k in same} == {k: by_size[k] for k in same}
    for early in ("0", "3", "2020-01-01T00:00:00Z"):
        answer = _ask(peopled, FIRM, "--known-at", early, *OFFICER)
        assert (answer["subject"], answer["entries"]) == (None, [])


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("1234567", 2),
        ("H12345678", 2),
        ("示例甲有限公司", 2),
        ("", 2),
        ("x" * 5_000, 2),
        (FIRM.lower(), 0),
        (f"  {FIRM}\n", 0),
        (PERSON, 0),
    ],
)
def test_an_identifier_is_told_by_its_form(peopled: Founded, identifier: str, code: int) -> None:
    """From the argument or from standard input; what is ambiguous or nothing is exit 2."""
    done = peopled.call("history", "-", "--json", stdin=identifier)
    assert done.code == code, done.err
    assert bool(done.out) == (code == 0)
    if identifier:
        same = call("history", "--home", peopled.home, "--json", "--", identifier)
        assert (same.code, same.out) == (code, done.out)


def test_a_scheme_tells_what_a_form_does_not(peopled: Founded, tmp_path: Path) -> None:
    """With ``--scheme`` an identifier of several forms is answered; the alias of the
    resident identity number is known."""
    ubn = "04595257"
    ambiguous = peopled.call("history", ubn)
    assert ambiguous.code == 2
    assert "name the scheme" in ambiguous.err
    subject = {"scheme": "tw_ubn", "identifier": ubn, "kind": "legal_person", "name": "示例"}
    assert peopled.apply(tmp_path, [collect(9, subject=subject)]).code == 0
    assert len(_ask(peopled, ubn, "--scheme", "tw_ubn")["records"]) == 1
    alias = _ask(peopled, PERSON, "--scheme", "resident_identity_number", *OFFICER)
    assert alias["subject"]["kind"] == "natural_person"


def test_standard_input_of_any_bytes_is_no_internal_error(peopled: Founded) -> None:
    """Bytes that are no UTF-8, and megabytes: exit 2, without a trace."""
    for data in (b"\xff\xfe\x00", b"9" * 3_000_000):
        done = peopled.process("history", "-", stdin=data)
        assert done.code == 2, done.err
        assert "Traceback" not in done.err


def test_a_corrected_identifier_answers_with_both_chains(
    simulated: Founded, tmp_path: Path
) -> None:
    """After the correction both codes show the record of either stream."""
    lines = [
        collect(1, **{"as": "R1"}),
        {"command": "correct_identifier", "by": by(REGISTRAR), "subject": firm(),
         "new_scheme": "uscc", "new_identifier": OTHER_FIRM, "reason": "重错码",
         "authority": "厦门示例信用中心"},
    ]  # fmt: skip
    done = simulated.apply(tmp_path, lines)
    assert done.code == 0, done.out
    for code in (FIRM, OTHER_FIRM):
        records = _ask(simulated, code, *OFFICER)["records"]
        assert [each["record"] for each in records] == [done.json["labels"]["R1"]]


def test_a_person_reads_the_answer_as_tables(case: tuple[Founded, dict[str, str]]) -> None:
    """State, dates and the reason are in the text as in the JSON."""
    node, labels = case
    told = node.call("history", FIRM, "--valid-at", "2026-03-15", "--known-at",
                     "2026-03-15T12:00:00Z", *OFFICER).out  # fmt: skip
    assert "in_force" in told
    assert labels["S1"] in told
    assert "示例叙述" in told
