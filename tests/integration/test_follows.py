"""``status``, ``periods``, ``diff``, ``sanctions``, ``deadlines``, ``quality`` of a whole case."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.cli.follow_words import FOLLOW_WORDS
from api.cli.words import say
from ledger.clock import legal_day
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.events.records import RecordWithdrawn
from tests.integration.driving import Founded, call
from tests.integration.material import (
    BANK,
    BUYER,
    FIRM,
    OFFICER,
    PERSON,
    SUPPLIER,
    admit_bank,
    at,
    collect,
    person,
)
from tests.integration.test_history import CASE

Labels = dict[str, str]
THEN = ("--valid-at", "2026-03-15", "--known-at", "2026-03-15T12:00:00Z")
SINCE = ("--valid-at", "2026-03-15", "--known-at", "2026-04-30T12:00:00Z")
DURING = ("--valid-at", "2026-03-25", "--known-at", "2026-03-25T12:00:00Z")


def ask(node: Founded, *arguments: str) -> Any:
    done = node.call(*arguments, "--json")
    assert done.code == 0, done.err
    return done.json


@pytest.fixture
def case(simulated: Founded, tmp_path: Path) -> tuple[Founded, Labels]:
    """The worked case as it is entered at its node; its labels."""
    done = simulated.apply(tmp_path, CASE)
    assert done.code == 0, done.out
    return simulated, done.json["labels"]


# -- the questions of the worked case ---------------------------------------------------


def test_before_the_objection_one_adverse_record_and_one_sanction(
    case: tuple[Founded, Labels],
) -> None:
    """valid_at 03-15 as known on 03-15: one adverse record, S1 in force."""
    node, labels = case
    told = ask(node, "status", FIRM, *THEN, *OFFICER)
    assert told["adverse"] == {"total": 1, "by_state": {"valid": 1}}
    (record,) = told["records"]
    assert (record["record"], record["tier"], record["state"]) == (labels["R1"], "general", "valid")
    (sanction,) = told["sanctions"]
    assert sanction["sanction"] == labels["S1"]
    assert (sanction["state"], sanction["as_imposed"]) == ("in_force", "in_force")
    assert (sanction["since"], sanction["ruled_on"]) == ("2026-03-09", None)
    assert sanction["records"] == [labels["R1"]]
    assert told["no_adverse_since"] == "2026-02-27"
    assert told["no_adverse_in_three_years"] is False


def test_of_the_same_day_it_is_known_later_that_it_was_wrong(
    case: tuple[Founded, Labels],
) -> None:
    """valid_at 03-15 as known on 04-30: nothing valid; S1 was in force, ruled on 04-24."""
    node, _ = case
    told = ask(node, "status", FIRM, *SINCE, *OFFICER)
    assert told["adverse"] == {"total": 1, "by_state": {"withdrawn": 1}}
    (sanction,) = told["sanctions"]
    assert sanction["state"] == "wrongful"
    assert sanction["as_imposed"] == "in_force"
    assert sanction["ruled_on"] == "2026-04-24"
    assert told["no_adverse_since"] is None
    assert told["no_adverse_in_three_years"] is True


def test_during_the_objection_it_is_disputed_and_suspended(case: tuple[Founded, Labels]) -> None:
    """valid_at 03-25 as known on 03-25: disputed; S1 suspended since 03-20."""
    node, _ = case
    told = ask(node, "status", FIRM, *DURING, *OFFICER)
    assert told["adverse"] == {"total": 1, "by_state": {"disputed": 1}}
    (sanction,) = told["sanctions"]
    assert (sanction["state"], sanction["since"]) == ("suspended", "2026-03-20")
    assert sanction["enforcement"] == {"state": "suspended", "on": "2026-03-20"}


def test_a_status_holds_no_score_and_tells_its_place(case: tuple[Founded, Labels]) -> None:
    """The members are fixed, and none of them weighs the subject."""
    node, _ = case
    told = ask(node, "status", FIRM, *DURING, *OFFICER)
    assert set(told) == {
        "subject", "valid_at", "known_at", "tree_size", "adverse", "records", "sanctions",
        "commitments", "incentives", "no_adverse_since", "no_adverse_in_three_years", "masked",
    }  # fmt: skip
    assert (told["valid_at"], told["known_at"]) == ("2026-03-25", "2026-03-25T12:00:00.000000Z")


def test_every_look_is_registered_before_it_is_answered(case: tuple[Founded, Labels]) -> None:
    """Each registered command adds one entry to the subject's access stream; public ones none."""
    node, _ = case
    before = node.types().count("SubjectQueried")
    for command in (
        ("status", FIRM),
        ("periods", FIRM),
        ("diff", FIRM, "--valid-at", "2026-03-15", "--valid-at", "2026-03-25"),
        ("sanctions", *THEN),
        ("deadlines", *DURING),
    ):
        ask(node, *command, *OFFICER)
        ask(node, *command)
    assert node.types().count("SubjectQueried") == before + 5
    assert node.call("audit", "--json").json["ok"]


# -- what the public learns ---------------------------------------------------------------


def test_the_public_is_told_what_is_published(case: tuple[Founded, Labels]) -> None:
    """A withdrawn record is shown to nobody outside, in no command, also of the days before."""
    node, labels = case
    for command in (("status", FIRM), ("periods", FIRM)):
        told = ask(node, *command, *THEN)
        assert told["subject"] is None
        assert labels["R1"] not in str(told)
    assert ask(node, "sanctions", *THEN)["sanctions"] == []
    assert ask(node, "sanctions", "--publications", *THEN)["publications"] == []


def test_a_published_record_and_its_sanction_are_public(simulated: Founded, tmp_path: Path) -> None:
    """While the record is published, everyone sees whose sanction rests on it."""
    assert simulated.apply(tmp_path, CASE[:4]).code == 0
    asked = ("--at", at("03-16"))
    told = ask(simulated, "sanctions", "--valid-at", "2026-03-15", *asked)
    (line,) = told["sanctions"]
    assert line["subject"] == ask(simulated, "status", FIRM, *asked)["subject"]["id"]
    assert line["enforcement"] == {"state": "applied", "on": "2026-03-09"}
    (shown,) = ask(simulated, "sanctions", "--publications", *asked)["publications"]
    assert (shown["published_from"], shown["published_until"]) == ("2026-02-27", "2027-02-27")
    late = ("--at", "2027-03-01T10:00:00+08:00")
    assert ask(simulated, "sanctions", "--valid-at", "2026-03-15", *late)["sanctions"] == []
    public = ask(simulated, "status", FIRM, *asked)
    assert public["no_adverse_in_three_years"] is None
    assert public["commitments"] == []


def test_a_natural_person_is_in_no_public_list(simulated: Founded, tmp_path: Path) -> None:
    """Nobody outside learns that there is a record of a person, nor when something is due."""
    line = collect(5, subject=person(), publish_until=None, at=at("03-02"))
    assert simulated.apply(tmp_path, [line]).code == 0
    asked = ("--at", at("03-16"))
    assert ask(simulated, "status", PERSON, *asked)["subject"] is None
    assert ask(simulated, "sanctions", "--publications", *asked)["publications"] == []
    seen = ask(simulated, "status", PERSON, *asked, *OFFICER)
    assert [each["state"] for each in seen["records"]] == ["valid"]


# -- lists ------------------------------------------------------------------------------


def test_the_list_of_sanctions_says_what_each_status_says(case: tuple[Founded, Labels]) -> None:
    """On each pair the list holds S1 in the state that the subject's own answer gives."""
    node, labels = case
    for pair in (THEN, SINCE, DURING):
        (status,) = ask(node, "status", FIRM, *pair, *OFFICER)["sanctions"]
        told = ask(node, "sanctions", "--state", status["state"], *pair, *OFFICER)
        (line,) = told["sanctions"]
        assert line["sanction"] == labels["S1"]
        for name in ("state", "because", "enforcement", "starts_on", "ends_on", "records"):
            assert line[name] == status[name], name
        assert told["position"] >= told["tree_size"]
    (counted,) = ask(node, "sanctions", "--per-enforcer", *DURING)["enforcers"] or [None]
    assert counted is None or counted["enforcer"] == BUYER


def test_measures_are_counted_by_enforcer_with_its_reports(case: tuple[Founded, Labels]) -> None:
    """An officer sees how many of an enforcer's measures stand, and what it said of them."""
    node, _ = case
    told = ask(node, "sanctions", "--per-enforcer", *DURING, *OFFICER)
    assert told["enforcers"] == [
        {"enforcer": BUYER, "measure": "limit_procurement", "state": "suspended",
         "reported": "suspended", "sanctions": 1}
    ]  # fmt: skip


def test_a_list_is_cut_and_goes_on(simulated: Founded, tmp_path: Path) -> None:
    """Pages hold every deadline once, and each says how many are left."""
    lines = [collect(n, at=at("03-02")) for n in range(1, 6)]
    assert simulated.apply(tmp_path, lines).code == 0
    asked = ("deadlines", "--met", "--valid-at", "2026-03-02", *OFFICER)
    whole = ask(simulated, *asked)
    found: list[Any] = []
    after: list[str] = []
    left: list[int] = []
    while True:
        page = ask(simulated, *asked, "--limit", "2", *after)
        found += page["deadlines"]
        left.append(page["left"])
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert found == whole["deadlines"]
    assert len(found) == 5
    assert left == [3, 1, 0]
    wrong = simulated.call(*asked, "--after", "x")
    assert wrong.code == 2
    assert "next" in wrong.err


def test_the_answer_is_due_overdue_and_met_late(case: tuple[Founded, Labels]) -> None:
    """20 working days over Qingming: due on 04-20, overdue from 04-21, met late on 04-24."""
    node, _ = case

    def state(day: str, known_at: str) -> list[tuple[str, str, Any]]:
        told = ask(
            node, "deadlines", "--met", "--kind", "objection_answer",
            "--valid-at", day, "--known-at", known_at, *OFFICER,
        )  # fmt: skip
        return [(e["state"], e["due_on"], e["met_on"]) for e in told["deadlines"]]

    before = "2026-04-23T12:00:00Z"
    assert state("2026-04-20", before) == [("due", "2026-04-20", None)]
    assert state("2026-04-21", before) == [("overdue", "2026-04-20", None)]
    late = "2026-04-24T12:00:00Z"
    assert state("2026-04-24", late) == [("met_late", "2026-04-20", "2026-04-24")]
    assert state("2026-04-21", late) == [("overdue", "2026-04-20", None)]
    told = ask(node, "deadlines", "--overdue", "--valid-at", "2026-04-22", "--known-at", before)
    mine = [each for each in told["deadlines"] if each["kind"] == "objection_answer"]
    assert [(e["organisation"], e["subject"]) for e in mine] == [(SUPPLIER, None)]
    assert told["masked"] == [{"what": "subjects of deadlines", "why": "needs_operator"}]


def test_quality_tells_wrong_codes_and_late_answers(case: tuple[Founded, Labels]) -> None:
    """One record of one, withdrawn as another's: a thousand per mille, over the limit."""
    node, _ = case
    told = ask(node, "quality", "--valid-at", "2026-04-30")
    assert told["suppliers"] == [
        {"supplier": SUPPLIER, "collected": 1, "code_errors": 1,
         "code_error_per_mille": "1000.00", "within_limit": False, "corrected": 0,
         "withdrawn": 1, "corrected_by_cause": {}, "withdrawn_by_cause": {"wrong_subject": 1},
         "answers": 1, "late_answers": 1}
    ]  # fmt: skip
    then = ask(node, "quality", "--valid-at", "2026-03-15", "--known-at", "2026-03-15T12:00:00Z")
    assert [(e["collected"], e["code_errors"]) for e in then["suppliers"]] == [(1, 0)]


# -- periods and differences ----------------------------------------------------------------


def test_periods_of_the_case(case: tuple[Founded, Labels]) -> None:
    """Suspended from the objection on, open while it is, and never added at the end."""
    node, labels = case
    told = ask(node, "periods", FIRM, *DURING, *OFFICER)
    record, sanction = told["periods"]
    assert (record["about"], record["id"]) == ("record", labels["R1"])
    assert record["starts_on"] == "2026-02-27"
    assert record["ends_on"] == record["retention_until"] == "2031-02-27"
    assert record["earliest_repair"] == "2026-05-27"
    assert record["publication_until"] == "2027-02-27"
    assert (sanction["starts_on"], sanction["ends_on"]) == ("2026-03-09", "2027-02-27")
    assert sanction["suspensions"] == [["2026-03-20", None]]
    assert sanction["suspended_days"] == 5
    later = ask(node, "periods", FIRM, "--valid-at", "2026-04-30", *OFFICER)["periods"][1]
    assert later["suspensions"] == [["2026-03-20", "2026-04-24"]]
    assert (later["ends_on"], later["suspended_days"]) == ("2026-04-24", 35)


def test_diff_tells_knowledge_and_force_apart(case: tuple[Founded, Labels]) -> None:
    """Learned: of 03-15 the record is withdrawn and the sanction wrongful. In force since: of what
    is known now nothing changed to 03-25, of what was known then the objection did."""
    node, labels = case
    both = ask(
        node, "diff", FIRM, "--valid-at", "2026-03-15",
        "--known-at", "2026-03-15T12:00:00Z", "--known-at", "2026-04-30T12:00:00Z", *OFFICER,
    )  # fmt: skip
    learned = {(e["id"], e["what"]): (e["before"], e["after"]) for e in both["in_knowledge"]}
    assert learned == {
        (labels["R1"], "state"): ("valid", "withdrawn"),
        (labels["S1"], "state"): ("in_force", "wrongful"),
    }
    types = {each["index"]: each["type"] for each in both["entered"]}
    causes = {each["id"]: [types[i] for i in each["entries"]] for each in both["in_knowledge"]}
    assert causes[labels["R1"]] == ["RecordWithdrawn"]
    assert causes[labels["S1"]] == ["SanctionRuledWrongful"]
    assert both["in_force"] == []
    days = ask(
        node, "diff", FIRM, "--valid-at", "2026-03-15", "--valid-at", "2026-03-25",
        "--known-at", "2026-03-25T12:00:00Z", *OFFICER,
    )  # fmt: skip
    assert days["in_knowledge"] == []
    force = {(e["id"], e["what"]): (e["before"], e["after"]) for e in days["in_force"]}
    assert force == {
        (labels["R1"], "state"): ("valid", "disputed"),
        (labels["S1"], "state"): ("in_force", "suspended"),
        (labels["S1"], "enforcement"): ("applied", "suspended"),
    }
    assert all(each["entries"] for each in days["in_force"])


def test_diff_of_a_second_pair_that_knows_less(case: tuple[Founded, Labels]) -> None:
    """What only the first pair knows is told, and registered as shown."""
    node, labels = case
    told = ask(
        node, "diff", FIRM, "--valid-at", "2026-03-15", "--known-at", "2026-04-30T12:00:00Z",
        "--known-at", "2026-03-05T12:00:00Z", *OFFICER,
    )  # fmt: skip
    learned = {(e["id"], e["what"]): (e["before"], e["after"]) for e in told["in_knowledge"]}
    assert learned == {
        (labels["R1"], "state"): ("withdrawn", "valid"),
        (labels["S1"], "state"): ("wrongful", None),
        (labels["S1"], "enforcement"): ("applied", None),
    }
    assert all(each["entries"] for each in told["in_knowledge"])
    look = node.acts()[-1]
    assert json.loads(look.state)["facts"]["sanctions"] == [labels["S1"]]


def test_what_a_list_does_not_narrow_is_refused(case: tuple[Founded, Labels]) -> None:
    """A filter or cursor that a list would not heed is never passed over in silence."""
    node, _ = case
    assert node.call("sanctions", "--publications", "--measure", "limit_bidding").code == 2
    assert node.call("sanctions", "--publications", "--enforcer", BUYER).code == 2
    assert node.call("sanctions", "--publications", "--state", "ended").code == 2
    assert node.call("sanctions", "--per-enforcer", "--after", "2026-03-01/x").code == 2


def test_diff_needs_two_of_something(case: tuple[Founded, Labels]) -> None:
    """One pair alone, or three, is no difference."""
    node, _ = case
    day = ("--valid-at", "2026-03-15")
    assert node.call("diff", FIRM).code == 2
    assert node.call("diff", FIRM, *day).code == 2
    assert node.call("diff", FIRM, *day, *day, *day).code == 2


def test_people_are_told_in_tables(case: tuple[Founded, Labels]) -> None:
    """Every command shows its answer to a person."""
    node, _ = case
    for command in (
        ("status", FIRM, *SINCE),
        ("periods", FIRM, *DURING),
        ("diff", FIRM, "--valid-at", "2026-03-15", "--valid-at", "2026-03-25"),
        ("sanctions", "--state", "suspended", *DURING),
        ("sanctions", "--per-enforcer", *DURING),
        ("sanctions", "--publications", *THEN),
        ("deadlines", *DURING),
    ):
        done = node.call(*command, *OFFICER)
        assert done.code == 0, done.err
        assert "2026" in done.out
    assert SUPPLIER in node.call("quality").out


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_people_are_told_in_their_language(embedded: Founded, language: str) -> None:
    """All words of these commands exist in each language, with the same fields."""
    said = [say(language, word, **FIELDS) for word in FOLLOW_WORDS]  # type: ignore[arg-type]
    assert all(said)
    done = embedded.process("--lang", language, "deadlines")
    assert done.code == 0, done.err
    assert say(language, "deadlines") in done.out  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "yes"), [("en", "yes"), ("zh-CN", "是"), ("zh-TW", "是")])
def test_yes_and_no_are_words(case: tuple[Founded, Labels], language: str, yes: str) -> None:
    """No table for people says True or False."""
    node, _ = case
    asked = ("--lang", language, "quality", "--home", node.home, "--valid-at", "2026-03-10")
    out = call(*asked).out
    assert "True" not in out
    assert yes in out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("deadlines", "--met"), ("异议核实反馈", "逾期完成", "办理期限的主体")),
        (("status", FIRM, *OFFICER), ("已撤销 1", "一般", "错误惩戒", "已解除")),
        (("periods", FIRM, *OFFICER), ("信用信息", "惩戒措施", "异议核实反馈")),
        (("sanctions", "--state", "wrongful", *OFFICER), ("错误惩戒", "已暂停")),
        (("sanctions", "--per-enforcer", "--state", "wrongful", *OFFICER), ("错误惩戒",)),
        (("affected", "--supplier", SUPPLIER, *OFFICER), ("错误惩戒", "已撤销")),
    ],
)
def test_a_person_reads_no_code(
    case: tuple[Founded, Labels], command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """Kinds, states, tiers and reasons are words of the reader's language; only JSON has codes."""
    node, _ = case
    out = call("--lang", "zh-CN", command[0], "--home", node.home, *command[1:]).out
    assert [word for word in words if word not in out] == []
    codes = ("objection_answer", "met_late", "wrongful", "withdrawn", "lifted", "needs_operator")
    assert [code for code in codes if code in out] == []


FIELDS = dict.fromkeys(
    ("total", "states", "day", "position", "index", "reason", "left", "after", "valid_at",
     "first", "last"),
    "x",
)  # fmt: skip


def test_a_list_says_where_it_stands_when_an_entry_cannot_be_followed(
    embedded: Founded, tmp_path: Path
) -> None:
    """It is answered as of the entry before, with the index, the reason, and a warning."""
    assert embedded.apply(tmp_path, [collect(1, at=at("03-02"))]).code == 0
    with embedded.opened() as node:
        subject = node.subject_uuid("uscc", FIRM)
        key, size = StreamId("subject", subject).key, node.store.size()
        seq = node.store.heads((key,))[key].seq
        facts = RecordWithdrawn.model_validate(
            {"record": str(subject), "cause": "duplicate", "fault": "none",
             "effective": "from_beginning"}
        )  # fmt: skip
        node.registry()
        instant = node.instant(datetime.fromisoformat(at("03-03")))
        event = PendingEvent(key, seq + 1, facts, Actor(SUPPLIER, "op-7"))
        node.save((event,), legal_day(instant), instant)
    done = embedded.call("sanctions", "--publications", "--json", "--at", at("03-04"))
    assert done.code == 0, done.err
    assert done.json["position"] == size
    assert done.json["stopped"]["index"] == size
    assert len(done.json["publications"]) == 1
    assert str(size) in done.err


def test_a_government_record_leaves_the_deadlines_of_the_others(
    simulated: Founded, tmp_path: Path
) -> None:
    """Not told without the right, record by record; the public reads ids of what is published."""
    lines = [
        collect(17, **{"as": "R1"}, at=at("03-02")),
        collect(18, **{"as": "R2"}, at=at("03-02"), publicity="government", publish_until=None),
        CASE[4],
        CASE[4] | {"as": "O2", "record": "@R2"},
    ]
    done = simulated.apply(tmp_path, lines)
    assert done.code == 0, done.out
    labels = done.json["labels"]
    admit_bank(simulated, "--at", at("03-21"))
    bank = (*OFFICER, "--organisation", BANK)
    asked = ("deadlines", "--kind", "objection_answer", "--at", at("03-22"))
    assert [each["id"] for each in ask(simulated, *asked, *bank)["deadlines"]] == [labels["O1"]]
    assert len(ask(simulated, *asked, *OFFICER)["deadlines"]) == 2
    (told,) = ask(simulated, *asked[:3])["deadlines"]
    assert (told["id"], told["subject"]) == (labels["O1"], None)
    assert simulated.apply(tmp_path, [{**CASE[7], "record": labels["R1"]}]).code == 0
    (told,) = ask(simulated, *asked[:3], "--met")["deadlines"]
    assert (told["id"], told["organisation"]) == (None, SUPPLIER)
