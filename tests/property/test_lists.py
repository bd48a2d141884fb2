"""A list says what the fold of each subject says, and shows the public no more than an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from ledger.entry import Entry
from ledger.events.exchange import RecordReceived
from ledger.events.records import RecordCollected
from ledger.events.sanctions import SanctionImposed
from projections.history import history
from projections.lists.asked import ListAsked
from projections.lists.deadlines import Due, deadlines
from projections.lists.paging import Cut
from projections.lists.periods import OPEN
from projections.lists.sanctions import Which, per_enforcer, published, sanctions
from projections.models.derive import derive
from projections.models.governance import Governance
from projections.models.rows import Rows
from projections.models.store import Position, Reading
from projections.models.tables import METADATA, TABLES
from projections.reader import Public, Reader, Registered, answer
from tests.property.test_read_models import STEP, around, governed
from tests.unit.projections.made import FIRM, OTHER_FIRM

pytestmark = pytest.mark.property

ENGINE = create_engine("sqlite://")
METADATA.create_all(ENGINE)
ALL = Which(states=())
WHOLE = Cut(limit=1_000)


@contextmanager
def stored(rows: Rows, size: int) -> Iterator[Reading]:
    """The rows in a database, gone afterwards."""
    with ENGINE.connect() as connection:
        for name, found in rows.by_table():
            table = TABLES[name]
            if found:
                keys = table.c.keys()
                values = [dict(zip(keys, row, strict=True)) for row in found]
                connection.execute(table.insert(), values)
        yield Reading(connection, Position("test", size, ""))
        connection.rollback()


def officer(today: date) -> Registered:
    return Registered(today, "op-9", "核查", "示例法第三条")


def outsider(today: date) -> Registered:
    return Registered(today, "op-9", "核查", "示例法第三条", organisation="SHILI-YINHANG")


@given(governed(), around, st.data())
def test_a_list_of_sanctions_is_the_fold_of_each_subject(
    drawn: tuple[list[Entry], Governance], day: date, data: st.DataObject
) -> None:
    """Each sanction once, under its stream, with its state, its causes and its last report."""
    entries, governance = drawn
    last = STEP * len(entries)
    size = data.draw(st.integers(0, last))
    with stored(derive(entries, governance), last) as reading:
        asked = ListAsked(day, size, officer(day))
        found = sanctions(reading, asked, ALL, WHOLE).lines
        counted = per_enforcer(reading, asked, ALL)
    expected = []
    known = [each for each in entries if each.index < size]
    for subject in (FIRM, OTHER_FIRM):
        told = history(known, subject, valid_at=day, compromises=governance.compromises_known(size))
        own = of_stream(known, subject)[1]
        expected += [
            (
                str(subject),
                each.sanction,
                each.state,
                each.since,
                each.because,
                tuple(vars_of(each)),
            )
            for each in told.sanctions
            if each.sanction in own
        ]
    assert sorted(expected) == sorted(
        (
            e.subject,
            e.sanction,
            e.state,
            e.since,
            e.because,
            (e.enforcement.state, e.enforcement.on),
        )
        for e in found
    )
    assert sum(each.sanctions for each in counted) == len(found)


def vars_of(line: object) -> tuple[object, object]:
    enforcement = line.enforcement  # type: ignore[attr-defined]
    return enforcement.state, enforcement.on


def of_stream(entries: Sequence[Entry], subject: object) -> tuple[set[str], set[str]]:
    """The records and sanctions that a stream holds itself."""
    facts = [each.facts for each in entries if each.stream.id == subject]
    return (
        {each.record for each in facts if isinstance(each, RecordCollected | RecordReceived)},
        {each.sanction for each in facts if isinstance(each, SanctionImposed)},
    )


@given(governed(), around, around, st.data())
def test_readers_see_in_a_list_what_an_answer_shows_them(
    drawn: tuple[list[Entry], Governance], day: date, today: date, data: st.DataObject
) -> None:
    """The public and outsiders: the sanctions and publications of their answers, no others."""
    entries, governance = drawn
    last = STEP * len(entries)
    size = data.draw(st.integers(0, last))
    for reader in (Public(today), outsider(today)):
        with stored(derive(entries, governance), last) as reading:
            asked = ListAsked(day, size, reader)
            found = {e.sanction for e in sanctions(reading, asked, ALL, WHOLE).lines}
            told = {e.record for e in published(reading, asked, WHOLE).lines}
        shown, records = seen(entries, governance, reader, day, size)
        assert found <= shown
        assert shown - found <= resting_elsewhere(entries, size, reader)
        assert isinstance(reader, Registered) or told <= records


def resting_elsewhere(entries: Sequence[Entry], size: int, reader: Reader) -> set[str]:
    """Sanctions on a record that their own stream did not hold at the size: a list looks at what
    it became, also in another stream, and tells an outsider rather less."""
    if isinstance(reader, Public):
        return set()
    known = [each for each in entries if each.index < size]
    own = {subject: of_stream(known, subject)[0] for subject in (FIRM, OTHER_FIRM)}
    return {
        each.facts.sanction
        for each in known
        if isinstance(each.facts, SanctionImposed)
        and not own[each.stream.id].issuperset(each.facts.records)
    }


def seen(
    entries: list[Entry], governance: Governance, reader: Reader, day: date, size: int
) -> tuple[set[str], set[str]]:
    """What the answers about each subject show of what its own stream holds."""
    sanctions_, records = set(), set()
    for subject in (FIRM, OTHER_FIRM):
        told = answer(
            entries,
            subject,
            reader,
            valid_at=day,
            known_at=None,
            tree_size=size,
            compromises=governance.compromises,
        )
        own_records, own = of_stream(entries, subject)
        sanctions_ |= {line.sanction for line in told.sanctions} & own
        records |= {line.record for line in told.records} & own_records
    return sanctions_, records


@given(governed(), around)
def test_pages_hold_every_deadline_once(drawn: tuple[list[Entry], Governance], day: date) -> None:
    """Page after page gives the whole list, and without ``met`` what is still owed of it."""
    entries, governance = drawn
    last = STEP * len(entries)
    with stored(derive(entries, governance), last) as reading:
        asked = ListAsked(day, last, officer(day))
        whole = deadlines(reading, asked, Due(met=True), WHOLE).lines
        paged: list[object] = []
        after = None
        while True:
            page = deadlines(reading, asked, Due(met=True), Cut(3, after))
            paged += page.lines
            assert page.left == len(whole) - len(paged)
            after = page.next
            if after is None:
                break
        owed = deadlines(reading, asked, Due(), WHOLE).lines
        late = deadlines(reading, asked, Due(overdue=True), WHOLE).lines
    assert paged == list(whole)
    assert owed == tuple(each for each in whole if each.term.state in OPEN)
    assert late == tuple(each for each in owed if each.term.state == "overdue")
