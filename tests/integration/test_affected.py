"""``affected``: how far a doubt about one record reaches, at the node that collected it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded
from tests.integration.material import (
    BANK,
    BUYER,
    FIRM,
    OFFICER,
    OTHER_SUPPLIER,
    SUPPLIER,
    admit_bank,
    at,
    by,
    collect,
)
from tests.integration.test_history import CASE

LISTS = ("subjects", "records", "sanctions", "enforcers", "recipients", "unacknowledged")


@pytest.fixture
def case(simulated: Founded, tmp_path: Path) -> tuple[Founded, dict[str, str]]:
    lines = [collect(18, at=at("03-02")), *CASE]
    done = simulated.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    return simulated, done.json["labels"]


def _ask(node: Founded, *options: str | Path) -> Any:
    done = node.call("affected", "--json", *options)
    assert done.code == 0, done.err
    assert set(LISTS) <= done.json.keys()
    return done.json


def test_one_record_one_sanction_one_enforcer(
    case: tuple[Founded, dict[str, str]], tmp_path: Path
) -> None:
    """By the record, given as an id or as a label: one of each, nobody else received it."""
    node, labels = case
    told = _ask(node, "--record", "@R1", "--labels", tmp_path / "labels.json", *OFFICER)
    assert [len(told[name]) for name in LISTS] == [1, 1, 1, 1, 0, 0]
    assert told["sanctions"][0]["sanction"] == labels["S1"]
    assert told["sanctions"][0]["must"] == "restore"
    assert told["enforcers"][0]["enforcer"] == BUYER
    assert _ask(node, "--record", labels["R1"], *OFFICER)["sanctions"] == told["sanctions"]


def test_what_could_have_been_known_then(case: tuple[Founded, dict[str, str]]) -> None:
    """On 15 March the sanction was in force on a record that nobody had disputed."""
    node, labels = case
    known = ("--known-at", "2026-03-15T12:00:00Z", "--valid-at", "2026-03-15")
    told = _ask(node, "--record", labels["R1"], *known, *OFFICER)
    assert [each["must"] for each in told["sanctions"]] == ["review"]
    assert [each["state"] for each in told["records"]] == ["valid"]


def test_nothing_is_left_to_do_once_restitution_was_made(
    case: tuple[Founded, dict[str, str]], tmp_path: Path
) -> None:
    """As ``liability`` has it; what was known before still says to restore."""
    node, labels = case
    made = {"command": "make_restitution", "by": by(BUYER), "sanction": "@S1",
            "what": "notice_published", "on": "2026-04-28", "at": at("04-28")}  # fmt: skip
    done = node.apply(tmp_path, [made], "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    trail = node.call("liability", labels["S1"], "--json", *OFFICER).json
    assert "restitution_missing" not in {each["code"] for each in trail["open"]}

    def musts(*options: str) -> list[list[str]]:
        told = _ask(node, "--record", labels["R1"], *options, *OFFICER)
        return [[each["must"] for each in told[name]] for name in ("sanctions", "enforcers")]

    assert musts() == [["none"], ["none"]]
    assert musts("--known-at", "2026-04-27T12:00:00Z") == [["restore"], ["restore"]]
    assert musts("--valid-at", "2026-04-27") == [["restore"], ["restore"]]


@pytest.mark.parametrize(
    ("cause", "count"),
    [(("--supplier", SUPPLIER), 2), (("--supplier", OTHER_SUPPLIER), 0), (("--operator", "op-7"), 2),
     (("--of-operator", "op-8"), 0), (("--document", "厦门示监处罚〔2026〕18号"), 1),
     (("--document", "厦门示监处罚〔2026〕17号"), 0),
     (("--document", "厦门示监处罚〔2026〕17号", *OFFICER), 1),
     (("--from", "2026-03-02", "--until", "2026-03-03"), 2), (("--from", "2026-03-03"), 0),
     (("--from", "0001-01-01"), 2), (("--until", "0001-01-01"), 0),
     (("--until", "2026-03-02"), 0), (("--supplier", SUPPLIER, "--from", "2026-03-03"), 0),
     (("--submission", "a" * 64), 0), (("--key", "a" * 64), 0)],
)  # fmt: skip
def test_every_cause(
    case: tuple[Founded, dict[str, str]], cause: tuple[str, ...], count: int
) -> None:
    """By supplier, operator, document, submission, key, or the legal days of entry.

    The withdrawn record's document is found by those who ask with an operator.
    """
    assert len(_ask(case[0], *cause)["records"]) == count


def test_pages_of_a_period_go_on_whatever_was_entered_meanwhile(
    case: tuple[Founded, dict[str, str]], tmp_path: Path
) -> None:
    """Also of one that has not ended: its last entry is another with every act."""
    node, _ = case
    asked = ("--until", "2026-06-01", "--limit", "1")
    first = _ask(node, *asked)
    assert node.apply(tmp_path, [collect(19, at=at("05-06"))]).code == 0
    second = _ask(node, *asked, "--after", first["next"])
    assert (len(second["records"]), second["left"]) == (1, 1)


def test_pages_go_on_where_the_last_one_ended(case: tuple[Founded, dict[str, str]]) -> None:
    """The record that bears a sanction comes first."""
    node, labels = case
    first = _ask(node, "--supplier", SUPPLIER, "--limit", "1", *OFFICER)
    assert first["records"][0]["record"] == labels["R1"]
    assert first["left"] == 1
    after = ("--after", first["next"])
    second = _ask(node, "--supplier", SUPPLIER, "--limit", "1", *after, *OFFICER)
    assert second["records"][0]["record"] != labels["R1"]
    assert (second["left"], second["next"]) == (0, None)
    for other in (
        "x",
        "x" * 2000,
        "2/0/1",
        "é",
        first["next"][:-4],
        ("B" if first["next"][0] == "A" else "A") + first["next"][1:],
    ):
        wrong = node.call("affected", "--supplier", SUPPLIER, "--after", other)
        assert wrong.code == 2
        assert "next" in wrong.err


def test_a_cursor_tells_nothing_of_a_line_that_is_withheld(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """No index, and none by trying it elsewhere: it continues the question it was given for."""
    node, labels = case
    asked = ("--supplier", SUPPLIER, "--limit", "1")
    first = _ask(node, *asked)
    assert first["records"][0]["entry"] is None  # the withdrawn record's line is bare
    whole = _ask(node, "--record", labels["R1"], *OFFICER)["records"][0]
    after = first["next"]
    place = base64.urlsafe_b64decode(after)
    assert f"/{whole['entry']}".encode() not in place
    assert after == _ask(node, *asked)["next"]
    assert len(_ask(node, *asked, "--after", after)["records"]) == 1
    for other in (("--of-operator", "op-7"), ("--supplier", OTHER_SUPPLIER)):
        done = node.call("affected", *other, "--after", after)
        assert (done.code, f"/{whole['entry']}" in done.err) == (2, False)
    assert node.call("deadlines", "--after", after).code == 2


def test_without_operator_nobody_is_named_and_the_lists_keep_their_length(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """Subject, document and staff are withheld; with an operator they are shown and registered."""
    node, labels = case
    before = node.size()
    told = _ask(node, "--supplier", SUPPLIER)
    assert [len(told[name]) for name in LISTS[:4]] == [1, 2, 1, 1]
    assert told["masked"]
    text = json.dumps(told, ensure_ascii=False)
    assert FIRM not in text
    assert "示监处罚" not in text
    assert "op-7" not in text
    assert {each["subject"] for each in told["subjects"]} == {None}
    assert node.size() == before
    shown = _ask(node, "--supplier", SUPPLIER, *OFFICER, "--at", at("05-06"))
    assert shown["subjects"][0]["subject"] is not None
    assert shown["masked"] == []
    last = node.acts()[-1]
    facts = json.loads(last.state)["facts"]
    assert last.topic == "SubjectQueried:1"
    assert facts["sanctions"] == [labels["S1"]]
    assert len(facts["records"]) == 2


def test_of_what_is_not_public_only_the_bodies_and_what_to_do_are_told(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """A withdrawn record and its sanction keep their lines; no id but the asker's own is there."""
    node, labels = case
    told = _ask(node, "--record", labels["R1"])
    assert [len(told[name]) for name in LISTS] == [1, 1, 1, 1, 0, 0]
    line = {name: value for name, value in told["records"][0].items() if value is not None}
    assert line == {"wave": 1, "must": "none", "record": labels["R1"], "supplier": SUPPLIER}
    sanction = told["sanctions"][0]
    assert (sanction["must"], sanction["enforcer"]) == ("restore", BUYER)
    assert {sanction[name] for name in ("sanction", "subject", "measure", "entry")} == {None}
    assert sanction["records"] == []
    whole = _ask(node, "--supplier", SUPPLIER)
    assert [len(whole[name]) for name in LISTS[:4]] == [1, 2, 1, 1]
    assert labels["R1"] not in json.dumps(whole)
    assert labels["S1"] not in json.dumps(whole)


def test_a_body_without_the_right_is_told_nothing_of_government_records(
    simulated: Founded, tmp_path: Path
) -> None:
    """Not what they are, whose, or which sanctions rest on them; the look names what was shown."""
    lines = [
        *CASE[:3],
        collect(18, **{"as": "R2"}, at=at("03-10"), publicity="government", publish_until=None),
        CASE[1] | {"record": "@R2", "served_on": "2026-03-10", "at": at("03-10")},
        CASE[2] | {"as": "S2", "records": ["@R2"], "measure": "limit_bidding", "starts_on": "2026-03-12",
                   "at": at("03-11")},
        CASE[2] | {"as": "S3", "records": ["@R1", "@R2"], "measure": "limit_honours", "starts_on": "2026-03-12",
                   "at": at("03-12")},
    ]  # fmt: skip
    done = simulated.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    labels = done.json["labels"]
    admit_bank(simulated, "--at", at("03-15"))
    look = (*OFFICER, "--organisation", BANK, "--at", at("03-16"))
    told = _ask(simulated, "--supplier", SUPPLIER, *look)
    assert [len(told[name]) for name in LISTS[:4]] == [1, 2, 3, 1]
    text = json.dumps(told, ensure_ascii=False)
    assert [name for name in ("R1", "R2", "S1", "S2", "S3") if labels[name] in text] == [
        "R1", "S1", "S3",
    ]  # fmt: skip
    assert "government" not in json.dumps(told["records"])
    assert "18号" not in text
    facts = json.loads(simulated.acts()[-1].state)["facts"]
    assert facts["records"] == [labels["R1"]]
    assert set(facts["sanctions"]) == {labels["S1"], labels["S3"]}
    asked = _ask(simulated, "--record", labels["R2"], *look)
    assert [each["subject"] for each in asked["subjects"]] == [None]
    assert [each["sanction"] for each in asked["sanctions"]] == [None, None]
    assert json.loads(simulated.acts()[-1].state)["facts"]["records"] == [labels["R2"]]


UNKNOWN = "01953f00-0000-7000-8000-0000000000a3"


@pytest.mark.parametrize("reader", [(), OFFICER])
@pytest.mark.parametrize("of", [UNKNOWN, "@S1", "@O1", "R1", ""])
def test_a_record_that_is_not_there_is_refused_as_by_liability(
    case: tuple[Founded, dict[str, str]], tmp_path: Path, of: str, reader: tuple[str, ...]
) -> None:
    """An unknown id, the id of something else, or no id: the same words, and no look."""
    node, _ = case
    before = node.size()
    labels = str(tmp_path / "labels.json")
    asked = ("--record", of, "--labels", labels, "--json", *reader)
    done, other = node.call("affected", *asked), node.call("liability", *asked)
    assert (done.code, done.out, done.err) == (2, "", other.err)
    assert node.size() == before


def test_a_record_that_is_there_is_answered_whatever_is_asked_of_it(
    case: tuple[Founded, dict[str, str]],
) -> None:
    """Withdrawn, entered outside the days or before the cursor: lists, empty or not; no refusal.

    At a size before its entry it is unknown.
    """
    node, labels = case
    asked = ("--record", labels["R1"])
    assert len(_ask(node, *asked)["records"]) == 1
    assert node.call("liability", *asked, "--json").code == 0
    assert _ask(node, *asked, "--from", "2026-03-03")["records"] == []
    for command in ("affected", "liability"):
        assert node.call(command, *asked, "--known-at", "3").code == 2


@pytest.mark.parametrize(
    "options",
    [(), ("--record", "a", "--supplier", "b"), ("--record", "@R1"), ("--supplier", "b", "--basis", "c"),
     ("--from", "2026-03-03", "--until", "2026-03-03"), ("--operator", "a", "--of-operator", "b"),
     ("--supplier", "b", "--organisation", "c")],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(
    case: tuple[Founded, dict[str, str]], options: tuple[str, ...]
) -> None:
    """No cause, two causes, half a look, an empty period."""
    done = case[0].call("affected", *options)
    assert done.code == 2
    assert done.err


def test_a_person_gets_tables(case: tuple[Founded, dict[str, str]]) -> None:
    """With what must be done, in words."""
    done = case[0].call("affected", "--supplier", SUPPLIER, "--limit", "1")
    assert done.code == 0, done.err
    assert "restore reputation" in done.out
    assert "--after" in done.err
