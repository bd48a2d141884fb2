"""Rows of the read models say, for any day and tree size, what the fold says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import Entry
from ledger.events.base import Facts
from ledger.events.exchange import RecordReceived
from ledger.events.records import RecordCollected
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    IncentiveEnded,
    IncentiveGranted,
    SanctionImposed,
)
from ledger.events.subjects import IdentifierCorrected
from ledger.organisations.node_keys import Compromise
from ledger.rules import RulePack, load, load_default
from ledger.subject.status import is_published
from projections.history import History, history
from projections.models.derive import derive
from projections.models.governance import Adopted, Governance
from projections.models.rows import FOREVER, Rows
from projections.models.tables import KEYS
from tests.unit.projections.generated import DAYS, FIRST, Introduced, days, facts_in_order
from tests.unit.projections.made import FIRM, OTHER_FIRM, PROCURER, Log, opened, uid

pytestmark = pytest.mark.property

BAD, GOOD = "b" * 64, "c" * 64
STEP = 3
"""Leaf indexes from one entry of a subject to the next: room for governing entries."""
around = st.integers(-40, 2 * DAYS).map(lambda n: FIRST + timedelta(days=n))


def pack(number: int) -> RulePack:
    """The default pack, or one with other terms under which repair takes longer."""
    document = json.loads(load_default().content)
    for rule in document["deadlines"]:
        rule["days"] += number
    for rule in document["periods"]:
        rule["min_months"] += number
        rule["max_months"] += number
    return load(document)


PACKS = [pack(number) for number in range(3)]


def of_the_other(facts: Facts, resting: Sequence[str]) -> Facts:
    """The same with ids of its own; a sanction may rest on a record of the first firm."""
    text = facts.model_dump_json(by_alias=True).replace("-7000-8000-", "-7000-8001-")
    made = type(facts).model_validate_json(text)
    return made.model_copy(update={"records": tuple(resting)}) if resting else made


@st.composite
def promised(draw: st.DrawFn) -> list[Facts]:
    """Commitments and incentives, and what ended them."""
    number = draw(st.integers(70, 72))
    made, on = draw(days), draw(days)
    return [
        CommitmentMade(commitment=uid(number), kind="承诺", made_to=PROCURER, made_on=made),
        draw(st.sampled_from([CommitmentKept, CommitmentBroken]))(commitment=uid(number), on=on),
        IncentiveGranted.model_validate(
            {"incentive": uid(number), "measure": "绿色通道", "basis": "示例",
             "granted_by": PROCURER, "from": made, "until": draw(st.none() | around)}
        ),
        IncentiveEnded(incentive=uid(number), on=on),
    ][: draw(st.integers(0, 4))]  # fmt: skip


@st.composite
def entered(draw: st.DrawFn) -> Log:
    """A log of two firms, tied or not."""
    kind = draw(st.sampled_from(["legal_person", "legal_person", "natural_person"]))
    log, known = Log(), {FIRM: Introduced(), OTHER_FIRM: Introduced()}
    log.add(FIRST, opened(kind))
    log.add(FIRST, opened(name="厦门示例丙公司"), subject=OTHER_FIRM)
    drawn = [(FIRM, facts) for facts in draw(facts_in_order(20)) + draw(promised())]
    for facts in draw(facts_in_order(8)):
        first = sorted(known[FIRM].known)[:1] if isinstance(facts, SanctionImposed) else []
        drawn.append((OTHER_FIRM, of_the_other(facts, first and [uid(1)])))
    if draw(st.booleans()):
        drawn = draw(st.permutations(drawn))
    for subject, facts in drawn:
        if isinstance(facts, IdentifierCorrected):
            log.add(FIRST, facts)
            log.add(FIRST, facts, subject=OTHER_FIRM)
        elif known[subject].admits(facts):
            log.add(draw(days), facts, subject=subject)
    return log


@st.composite
def governed(draw: st.DrawFn) -> tuple[list[Entry], Governance]:
    """Entries of subjects, and what is declared and adopted anywhere in between."""
    log: Log = draw(entered())
    keys = st.sampled_from([BAD, GOOD, GOOD])
    entries = [replace(e, index=STEP * e.index, keyid=draw(keys)) for e in log.entries]
    leaf = st.integers(0, len(entries) - 1).map(lambda n: STEP * n + 1)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    declared = [
        Compromise(BAD, since, draw(leaf), index, draw(around))
        for index in sorted(draw(st.sets(leaf, max_size=2)))
    ]
    adopted = [
        Adopted(index + 1, draw(around), draw(st.sampled_from(PACKS)))
        for index in sorted(draw(st.sets(leaf, max_size=2)))
    ]
    first = Adopted(-1, date.min, PACKS[0])
    return entries, Governance(tuple(declared), (first, *adopted))


def until(governance: Governance, size: int) -> Governance:
    """What the log held of it at a tree size."""
    return Governance(
        tuple(each for each in governance.compromises if each.index < size),
        tuple(each for each in governance.packs if each.index < size),
    )


def at(rows: Sequence[Any], size: int, valid_at: date | None = None) -> list[Any]:
    """The rows of one table that say what was known at a size, of a day or of all."""
    return [
        row
        for row in rows
        if row.known_from <= size < getattr(row, "known_until", size + 1)
        and (valid_at is None or row.valid_from <= valid_at < row.valid_until)
    ]


def seen(rows: Rows, size: int) -> dict[str, list[tuple[Any, ...]]]:
    """All that is known at a size; until when it will be known is not among it."""
    found = {}
    for name, all_of in rows.by_table():
        rows_then: list[Any] = at(all_of, size)
        told = (tuple(row[: row._fields.index("known_from")]) for row in rows_then)
        found[name] = sorted(told, key=repr)
    return found


@given(governed(), st.lists(around, min_size=3, max_size=3))
def test_rows_say_what_the_fold_says(
    drawn: tuple[list[Entry], Governance], valid_ats: list[date]
) -> None:
    """States, causes, publications and reports at any day and any size, of each stream."""
    entries, governance = drawn
    rows = derive(entries, governance)
    for size in range(STEP * len(entries) + 1):
        known = [e for e in entries if e.index < size]
        for subject in (FIRM, OTHER_FIRM):
            for day in valid_ats:
                told = history(
                    known,
                    subject,
                    valid_at=day,
                    compromises=governance.compromises_known(size),
                )
                compare(rows, size, told, [e.facts for e in known if e.stream.id == subject])


def compare(rows: Rows, size: int, told: History, stream: Sequence[Facts]) -> None:
    """``stream`` is what the subject's own stream holds of what is known."""
    day, subject = told.valid_at, None if told.subject is None else str(told.subject.id)
    own = {f.record for f in stream if isinstance(f, RecordCollected | RecordReceived)}
    imposed = {facts.sanction for facts in stream if isinstance(facts, SanctionImposed)}
    mine = [row for row in at(rows.record_states, size, day) if row.subject == subject]
    assert sorted((r.record, r.item, r.state, r.since, r.because) for r in mine) == sorted(
        (line.record, line.item, line.state, line.since, line.because)
        for line in told.records
        if line.record in own
    )
    for row in mine:
        facts = told.folded.records[row.record].facts
        assert (row.tier, row.publicity, row.adverse) == (
            facts.tier,
            facts.publicity,
            facts.adverse,
        )
    sanctions = [row for row in at(rows.sanction_states, size, day) if row.subject == subject]
    lines = [line for line in told.sanctions if line.sanction in imposed]
    assert sorted(
        (r.sanction, r.measure, r.state, r.since, r.because) for r in sanctions
    ) == sorted(
        (line.sanction, line.measure, line.state, line.since, line.because) for line in lines
    )
    reports = [row for row in at(rows.enforcements, size, day) if row.subject == subject]
    assert sorted(
        (r.sanction, r.state or "", r.reported_on or date.min) for r in reports
    ) == sorted(
        (each.sanction, each.enforcement.state or "", each.enforcement.on or date.min)
        for each in lines
    )
    is_natural = told.subject is None or told.subject.kind == "natural_person"
    published = {r.record for r in at(rows.publications, size, day) if r.subject == subject}
    assert published == {
        key for key in own if not is_natural and is_published(told.folded.records[key], day)
    }


@given(governed(), st.data())
def test_what_was_known_at_a_size_never_changes(
    drawn: tuple[list[Entry], Governance], data: st.DataObject
) -> None:
    """In every table, the rows of a size are the same however much was entered since."""
    entries, governance = drawn
    cut = data.draw(st.integers(0, STEP * len(entries)))
    then = derive([e for e in entries if e.index < cut], until(governance, cut))
    now = derive(entries, governance)
    for size in range(cut + 1):
        assert seen(then, size) == seen(now, size)


@given(governed())
def test_what_no_entry_touched_is_as_if_asked_anew(
    drawn: tuple[list[Entry], Governance],
) -> None:
    """Asking everything anew after the last entry changes no row of any table."""
    entries, governance = drawn
    last = STEP * len(entries) + 1
    again = Adopted(last, date.max, PACKS[0])
    rows = derive(entries, governance)
    anew = derive(entries, replace(governance, packs=(*governance.packs, again)))
    assert seen(anew, last + 1) == seen(rows, last + 1)
    assert {name: sorted(found, key=repr) for name, found in rows.by_table()} == {
        name: sorted(found, key=repr) for name, found in anew.by_table()
    }


@given(governed())
def test_each_row_says_something_and_has_a_name_of_its_own(
    drawn: tuple[list[Entry], Governance],
) -> None:
    """No row is empty on an axis; a table's key names one row; no two rows of a thing overlap."""
    rows = derive(*drawn)
    for name, found in rows.by_table():
        lines: list[Any] = list(found)
        keys = [tuple(getattr(row, column) for column in KEYS[name]) for row in lines]
        assert len(set(keys)) == len(keys), name
        for row in lines:
            assert row.known_from < getattr(row, "known_until", FOREVER)
            assert getattr(row, "valid_from", date.min) < getattr(row, "valid_until", date.max)


@given(governed())
def test_states_cover_every_day_once(drawn: tuple[list[Entry], Governance]) -> None:
    """At each size a sanction has one state on each day, and one report or silence."""
    entries, governance = drawn
    rows = derive(entries, governance)
    for size in range(STEP * len(entries) + 1):
        for table in (rows.sanction_states, rows.enforcements):
            by_sanction: dict[str, list[tuple[date, date]]] = {}
            for row in at(table, size):
                by_sanction.setdefault(row.sanction, []).append((row.valid_from, row.valid_until))
            for spans in by_sanction.values():
                ordered = sorted(spans)
                assert (ordered[0][0], ordered[-1][1]) == (date.min, date.max)
                assert all(one[1] == two[0] for one, two in pairwise(ordered))
