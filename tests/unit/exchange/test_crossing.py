"""Jurisdictions by their codes, and which assessment lets which records out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.commands.governance_commands import AssessExport
from ledger.entry import Actor
from ledger.errors import Refusal
from ledger.events.across import ExportAssessed
from ledger.exchange.crossing import (
    ExportNotAssessed,
    FieldStaysHere,
    PersonStaysHere,
    crosses,
    require_export,
    territory,
)
from ledger.organisations.decide import NoExportToItself, NotTheNode, decide_governance
from ledger.organisations.registry import Registry
from ledger.subject.refusals import EmptyInterval

TODAY = date(2026, 3, 10)
FIRM = ("r1", "legal_person", "administrative_penalty")


@pytest.mark.parametrize(
    ("code", "there"),
    [
        ("350200", "CN"),
        ("350526", "CN"),
        ("350527", "TW"),
        ("710000", "TW"),
        ("710100", "TW"),
        ("810000", "HK"),
        ("820000", "MO"),
        ("CN", "CN"),
        ("CN-35", "CN"),
        ("CN-350527", "TW"),
        ("CN-71", "TW"),
        ("CN-TW", "TW"),
        ("CN-HK", "HK"),
        ("CN-FJ", "CN"),
        ("TW", "TW"),
        ("TW-KIN", "TW"),
        (" TW-KIN ", "TW"),
        ("HK", "HK"),
        ("SG", "SG"),
        ("Taiwan", "-"),
        ("tw", "-"),
        ("3502", "-"),
        ("", "-"),
        (None, "-"),
    ],
)
def test_a_code_tells_whose_law_it_stands_for(code: str | None, there: str) -> None:
    """By GB/T 2260 or ISO 3166; anything else tells nothing."""
    assert territory(code) == there


def test_what_leaves_a_jurisdiction_crosses() -> None:
    """In either direction, also to where nothing is told; not between cities of one side."""
    assert crosses("350200", "TW-KIN")
    assert crosses("TW-KIN", "350200")
    assert crosses("350200", None)
    assert crosses(None, "350200")
    assert not crosses("350200", "350600")
    assert not crosses("350200", "CN-35")
    assert not crosses("TW-KIN", "710000")
    assert not crosses(None, None)


def assessed(**changes: Any) -> ExportAssessed:
    facts: dict[str, Any] = {
        "assessment": "00000000-0000-7000-8000-000000000001",
        "to": "kinmen",
        "items": ("administrative_penalty",),
        "purpose": "p",
        "legal_basis": "b",
        "authority": "a",
        "from": date(2026, 3, 1),
        "until": date(2026, 4, 1),
    }
    return ExportAssessed.model_validate(facts | changes)


def asked(*known: ExportAssessed, **changes: Any) -> ExportAssessed:
    given: dict[str, Any] = {"fields": (), "purpose": "p", "legal_basis": "b", "today": TODAY}
    exported = changes.pop("exported", (FIRM,))
    registry = Registry(name="xiamen", assessments=list(known))
    return require_export(registry, "kinmen", exported, **given | changes)


def test_of_several_assessments_the_one_that_ends_last_counts() -> None:
    """A bundle rests on one, which must cover all of its items by itself."""
    late = assessed(until=date(2026, 5, 1))
    assert asked(assessed(), late, assessed(purpose="q", until=date(2026, 9, 1))) is late
    both = (FIRM, ("r2", "legal_person", "administrative_licence"))
    with pytest.raises(ExportNotAssessed):
        asked(assessed(), assessed(items=("administrative_licence",)), exported=both)


@pytest.mark.parametrize(
    "change",
    [
        {"to": "taipei"},
        {"items": ("administrative_licence",)},
        {"purpose": "P"},
        {"legal_basis": "B"},
        {"until": TODAY},
        {"from": date(2026, 3, 11)},
    ],
)
def test_an_assessment_covers_nothing_else(change: dict[str, Any]) -> None:
    """Another node, item, purpose or basis, and the days before and after it."""
    assert asked(assessed()).to == "kinmen"
    with pytest.raises(ExportNotAssessed):
        asked(assessed(**change))


def test_persons_stay_whatever_was_assessed() -> None:
    """Their records, and the fields of others' records in which they stand."""
    with pytest.raises(PersonStaysHere):
        asked(assessed(), exported=(FIRM, ("r2", "natural_person", "administrative_penalty")))
    for field in ("parties", "submitted_row"):
        with pytest.raises(FieldStaysHere):
            asked(assessed(), fields=("narrative", field))
    assert asked(assessed(), fields=("narrative",)).to == "kinmen"


@pytest.mark.parametrize(
    ("change", "by", "error"),
    [
        ({}, "SUPPLIER", NotTheNode),
        ({"to": "xiamen"}, "xiamen", NoExportToItself),
        ({"until": date(2026, 3, 1)}, "xiamen", EmptyInterval),
    ],
)
def test_an_assessment_is_the_nodes_own(
    change: dict[str, Any], by: str, error: type[Refusal]
) -> None:
    """Given by the node alone, for another node, for at least a day; what it says is kept."""
    facts = assessed(**change).model_dump(by_alias=True, exclude={"assessment"})
    registry = Registry(name="xiamen")
    with pytest.raises(error):
        decide_governance(
            AssessExport(**facts), registry, Actor(by, "op"), TODAY, new_id=lambda: ""
        )
    given = assessed(items=("administrative_penalty", "administrative_penalty"))
    facts = given.model_dump(by_alias=True, exclude={"assessment"})
    (event,) = decide_governance(
        AssessExport(**facts),
        registry,
        Actor("xiamen", "op"),
        TODAY,
        new_id=lambda: given.assessment,
    )
    assert event.facts == assessed()
