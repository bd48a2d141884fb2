"""What is left of a trail without the records that a reader may not know of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from projections.liability.answer import to_json
from projections.liability.hiding import WITHHELD, hidden_in, without
from projections.liability.model import (
    Edge,
    Knowledge,
    Open,
    PartyDays,
    SpellInTrail,
    Told,
    Trail,
    Vertex,
)
from tests.unit.projections.liability.trails import (
    ENFORCER,
    NOTICE,
    RECORD,
    REGISTRAR,
    SANCTION,
    SUPPLIER,
    TRAIL,
    day,
    step,
)

SECOND = "01953f00-0000-7000-8000-0000000000b2"
OBJECTION = "01953f00-0000-7000-8000-0000000000e1"
OTHER = "11350200MB00000075"
"""Supplies the second record, and bears no day."""
BATCH, MIXED = "d" * 64, "e" * 64

STEPS = (
    *TRAIL.steps,
    step("quanzhou", 30, "RecordCollected", day(3, 3), OTHER, "record_collected", SECOND),
    step("quanzhou", 31, "ObjectionFiled", day(3, 22), REGISTRAR, "objection_filed", SECOND, OBJECTION),
    step("quanzhou", 32, "ObjectionAnswered", day(3, 25), OTHER, "objection_answered", OBJECTION),
    step("quanzhou", 33, "SanctionLifted", day(4, 1), ENFORCER, "sanction_lifted", SANCTION, SECOND),
)  # fmt: skip
AT = len(TRAIL.steps)

TWO = replace(
    TRAIL,
    records=(
        *TRAIL.records,
        replace(TRAIL.records[0], record=SECOND, supplier=OTHER, organ=OTHER, origin="quanzhou"),
    ),
    rulings=(replace(TRAIL.rulings[0], faulty_records=(RECORD, SECOND)),),
    spells=(
        *TRAIL.spells,
        SpellInTrail(SECOND, "objection_filed", day(3, 22), day(3, 22), REGISTRAR, (Told("quanzhou", day(3, 22)),), None),
    ),
    steps=STEPS,
    vertices=(
        *TRAIL.vertices,
        Vertex(f"record:{SECOND}", "record", "泉州示监处罚〔2026〕2号", (AT,)),
        Vertex(f"supplier:{OTHER}", "supplier", OTHER, (AT, AT + 2)),
        Vertex(f"submission:{BATCH}", "submission", BATCH, (AT,)),
        Vertex(f"submission:{MIXED}", "submission", MIXED, (0, AT)),
    ),
    edges=(
        *TRAIL.edges,
        Edge(f"sanction:{SANCTION}", f"record:{SECOND}", "rests_on", 2),
        Edge(f"supplier:{OTHER}", f"record:{SECOND}", "supplied", AT),
        Edge(f"submission:{BATCH}", f"record:{SECOND}", "contains", AT),
        Edge(f"submission:{MIXED}", f"record:{SECOND}", "contains", AT),
        Edge(f"submission:{MIXED}", f"record:{RECORD}", "contains", 0),
    ),
    knowledge=(*TRAIL.knowledge, Knowledge(OTHER, "supplier", day(3, 22), "objection_filed", AT + 1)),
    open=(*TRAIL.open, Open("disputed", OTHER, SECOND)),
)  # fmt: skip
"""The sanction of three cities, resting on a second record, too."""


def told(trail: Trail) -> str:
    return json.dumps(to_json(replace(trail, limits=())), ensure_ascii=False)


def test_hidden_are_the_records_that_the_reader_does_not_know() -> None:
    """Those under the sanction, and those that an erasure names; objections are no records."""
    assert hidden_in(TWO, {RECORD, SECOND}) == set()
    assert hidden_in(TWO, {RECORD}) == {SECOND}
    assert hidden_in(TWO, ()) == {RECORD, SECOND}
    erased = step("quanzhou", 40, "PersonalDataErased", day(4, 2), "quanzhou", "x", "third")
    assert hidden_in(replace(TWO, steps=(*STEPS, erased)), {RECORD, SECOND}) == {"third"}


def test_nothing_hidden_changes_nothing() -> None:
    """The trail is the same, byte for byte."""
    assert without(TWO, (), is_named=True) == TWO


def test_nothing_that_leads_to_a_hidden_record_is_left() -> None:
    """Neither its id, item, document and organ, its objection, its submission nor its supplier."""
    left = without(TWO, {SECOND}, is_named=True)
    text = told(left)
    assert [x for x in (SECOND, OBJECTION, BATCH, OTHER, "2号") if x in text] == [OTHER]
    # ``actor`` of its steps: bodies answer for what they did, and are given to anyone.
    assert OTHER not in told(replace(left, steps=()))
    first, second = left.records
    assert first == TWO.records[0]
    assert (second.record, second.item, second.supplier, second.organ, second.document) == (
        "", None, None, None, None,
    )  # fmt: skip
    assert left.rulings[0].faulty_records == (RECORD,)
    assert [each.record for each in left.spells] == [RECORD, ""]
    assert left.open == (*TRAIL.open, Open("disputed", None, ""))
    assert left.knowledge == TRAIL.knowledge


def test_the_other_record_keeps_all_it_had() -> None:
    """Its id, notice and submission, also one that came with the hidden record."""
    left = without(TWO, {SECOND}, is_named=True)
    text = told(left)
    assert all(each in text for each in (SANCTION, RECORD, NOTICE, MIXED, SUPPLIER))
    assert left.steps[:AT] == TWO.steps[:AT]
    assert left.steps[AT + 3].about == (SANCTION,)
    assert left.measure == TWO.measure


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("hidden", [{RECORD}, {SECOND}, {RECORD, SECOND}])
def test_days_and_their_bearers_stay(hidden: set[str], is_named: bool) -> None:
    """Whatever is hidden: how many, whose, when enforced, when begun and ended, and each act."""
    left = without(TWO, hidden, is_named=is_named)
    for name in ("days", "enforced", "reports", "answer", "starts_on", "ends_on", "enforcer"):
        assert getattr(left, name) == getattr(TWO, name)
    assert [(s.what, s.on, s.actor) for s in left.steps] == [
        (s.what, s.on, s.actor) for s in TWO.steps
    ]
    assert len(left.records) == 2


def test_a_supplier_that_bears_days_is_named_with_the_record_hidden() -> None:
    """Who answers for a day is told, alone or jointly; of what, is not."""
    left = without(TWO, {RECORD, SECOND}, is_named=True)
    assert [each.supplier for each in left.records] == [SUPPLIER, None]
    jointly = PartyDays(f"{OTHER}+{SUPPLIER}", "supplier", 5, TWO.days.parties[0].spans)
    both = replace(TWO, days=replace(TWO.days, parties=(jointly, *TWO.days.parties[1:])))
    left = without(both, {RECORD, SECOND}, is_named=True)
    assert [each.supplier for each in left.records] == [SUPPLIER, OTHER]
    assert f"supplier:{OTHER}" in {each.id for each in left.vertices}


@pytest.mark.parametrize("is_named", [True, False])
def test_the_graph_stays_one(is_named: bool) -> None:
    """Every edge leads from a vertex to a vertex; what is withheld is counted, by other names."""
    left = without(TWO, {RECORD, SECOND}, is_named=is_named)
    ids = [each.id for each in left.vertices]
    assert len(set(ids)) == len(ids)
    assert {end for each in left.edges for end in (each.source, each.target)} <= set(ids)
    away = [each for each in left.vertices if WITHHELD in each.id]
    assert {each.label for each in away} == {WITHHELD}
    kinds = ["notice", "record", "record", "submission", "submission"]
    assert sorted(each.kind for each in away) == sorted(
        [*kinds, *([] if is_named else ["sanction"])]
    )


def test_who_asks_by_a_hidden_record_is_not_told_which_sanction_rests_on_it() -> None:
    """A sanction's id and measure stand in public lists beside its subject: they would tell whose
    the record is. Neither is told; the days are, for which bodies answer.
    """
    left = without(TWO, {RECORD, SECOND}, is_named=False)
    assert (left.sanction, left.measure) == ("", "")
    text = told(left)
    gone = (SANCTION, RECORD, SECOND, NOTICE, OBJECTION, MIXED, BATCH, TRAIL.measure)
    assert [each for each in gone if each in text] == []
    assert left.days.total == 14
    assert left.known_on == date(2026, 4, 30)


def test_who_asks_by_the_sanction_is_told_which_it_is() -> None:
    """The asker gave its id; of its records nothing is told that is hidden."""
    left = without(TWO, {RECORD, SECOND}, is_named=True)
    assert (left.sanction, left.measure) == (SANCTION, TRAIL.measure)
    assert [each for each in (RECORD, SECOND, NOTICE, OBJECTION) if each in told(left)] == []
