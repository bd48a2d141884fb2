"""``affected``: how far a doubt about one record reaches, at the node that collected it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.driving import Founded
from tests.integration.material import BUYER, FIRM, OFFICER, OTHER_SUPPLIER, SUPPLIER, at, collect
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
    told = _ask(node, "--record", "@R1", "--labels", tmp_path / "labels.json")
    assert [len(told[name]) for name in LISTS] == [1, 1, 1, 1, 0, 0]
    assert told["sanctions"][0]["sanction"] == labels["S1"]
    assert told["sanctions"][0]["must"] == "restore"
    assert told["enforcers"][0]["enforcer"] == BUYER
    assert _ask(node, "--record", labels["R1"])["sanctions"] == told["sanctions"]


def test_what_could_have_been_known_then(case: tuple[Founded, dict[str, str]]) -> None:
    """On 15 March the sanction was in force on a record that nobody had disputed."""
    node, labels = case
    known = ("--known-at", "2026-03-15T12:00:00Z", "--valid-at", "2026-03-15")
    told = _ask(node, "--record", labels["R1"], *known)
    assert [each["must"] for each in told["sanctions"]] == ["review"]
    assert [each["state"] for each in told["records"]] == ["valid"]


@pytest.mark.parametrize(
    ("cause", "count"),
    [(("--supplier", SUPPLIER), 2), (("--supplier", OTHER_SUPPLIER), 0), (("--operator", "op-7"), 2),
     (("--of-operator", "op-8"), 0), (("--document", "厦门示监处罚〔2026〕17号"), 1),
     (("--from", "2026-03-02", "--until", "2026-03-03"), 2), (("--from", "2026-03-03"), 0),
     (("--from", "0001-01-01"), 2), (("--until", "0001-01-01"), 0),
     (("--until", "2026-03-02"), 0), (("--supplier", SUPPLIER, "--from", "2026-03-03"), 0),
     (("--submission", "a" * 64), 0), (("--key", "a" * 64), 0)],
)  # fmt: skip
def test_every_cause(
    case: tuple[Founded, dict[str, str]], cause: tuple[str, ...], count: int
) -> None:
    """By supplier, operator, document, submission, key, or the legal days of entry."""
    assert len(_ask(case[0], *cause)["records"]) == count


def test_pages_go_on_where_the_last_one_ended(case: tuple[Founded, dict[str, str]]) -> None:
    """The record that bears a sanction comes first."""
    node, labels = case
    first = _ask(node, "--supplier", SUPPLIER, "--limit", "1")
    assert first["records"][0]["record"] == labels["R1"]
    assert first["left"] == 1
    second = _ask(node, "--supplier", SUPPLIER, "--limit", "1", "--after", first["next"])
    assert second["records"][0]["record"] != labels["R1"]
    assert (second["left"], second["next"]) == (0, None)
    assert node.call("affected", "--supplier", SUPPLIER, "--after", "x").code == 2


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
