"""Which records a blast radius has, page by page, the worst first. Pure.

Phases: those on which a sanction rests, those that were disclosed, the others; each in the order
in which that came to be known. An index of its own leads to the first page of each phase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select, tuple_

from projections.lists.asked import ListAsked, Sees
from projections.lists.fetching import TEXT, WHOLE, Query
from projections.lists.paging import MAX_LIMIT, SEPARATOR, BadCursor, BadLimit, Cut
from projections.lists.visible import seen_by
from projections.models.rows import FOREVER
from projections.models.store import Reading
from projections.models.tables import is_set, sources

By: TypeAlias = Literal["record", "supplier", "operator", "submission", "document", "key"]

COLUMNS: Final[Mapping[By, str]] = {
    "record": "record",
    "supplier": "supplier",
    "operator": "operator",
    "submission": "manifest",
    "document": "document",
    "key": "keyid",
}

MAX_COUNTED: Final = 1_000
"""Records that follow a page are counted up to here: more would cost by their number."""


class Source(NamedTuple):
    """Of a row of ``sources`` what a page shows, and what its place is told by."""

    record: str
    subject: str
    supplier: str
    organ: str
    document: str
    operator: str
    entry: int
    recorded_at: datetime
    decided_on: date
    sanctioned_from: int
    disclosed_from: int


class _Counted(NamedTuple):
    number: int


@dataclass(frozen=True, slots=True)
class Cause:
    """What is in doubt: one value of one kind, or only entries ``[first, stop)``."""

    by: By | None = None
    value: str = ""
    first: int = 0
    """Leaf indexes: a day's entries are found by the caller."""
    stop: int = FOREVER


Place: TypeAlias = tuple[int, int, int]
"""Phase, the size from which that phase's spread was known (0 in the last), leaf index."""

PHASES: Final = (0, 1, 2)

_NUMBER: Final = re.compile(r"[0-9]{1,19}")


class _Phase(NamedTuple):
    """What makes one query another; the rest are its parameters."""

    phase: int
    by: By | None
    sees: Sees
    begins: bool = False
    ends: bool = False
    goes_on: bool = False
    """Behind a place in this phase."""

    @classmethod
    def of(cls, phase: int, asked: ListAsked, cause: Cause, after: Place | None) -> _Phase:
        begins, ends = cause.first > 0, cause.stop < FOREVER
        goes_on = after is not None and after[0] == phase
        return cls(phase, cause.by, asked.sees, begins, ends, goes_on)


def _values(
    asked: ListAsked, cause: Cause, after: Place | None, room: int
) -> Mapping[str, str | int | date]:
    _, known_from, entry = after or (0, 0, 0)
    found = {"size": asked.size, "first": cause.first, "stop": cause.stop, "room": room}
    place = {"after_known": known_from, "after_entry": entry}
    return {**found, **place, "value": cause.value, "today": asked.today}


def _phase(given: _Phase) -> tuple[Select[Any], Sequence[ColumnElement[Any]]]:
    """The records of one phase, after a place in it; and their order.

    By a document number only what the reader may know of: whoever guesses one is not told
    whether there is such a document.
    """
    table, size, phase = sources.c, _whole("size"), given.phase
    query = select(*(table[name] for name in Source._fields)).where(table.known_from <= size)
    if given.begins:
        query = query.where(table.entry >= _whole("first"))
    if given.ends:
        query = query.where(table.entry < _whole("stop"))
    if given.by is not None:
        query = query.where(table[COLUMNS[given.by]] == bindparam("value", type_=TEXT))
    if given.by == "document":
        query = query.where(seen_by(given.sees, sources, bindparam("today", type_=TEXT)))
    order: list[ColumnElement[Any]] = [table.entry]
    if phase == 0:
        query = query.where(is_set(table.sanctioned_from), table.sanctioned_from <= size)
        order = [table.sanctioned_from, *order]
    elif phase == 1:
        query = query.where(is_set(table.disclosed_from), table.disclosed_from <= size)
        query = query.where(table.sanctioned_from > size)
        order = [table.disclosed_from, *order]
    else:
        query = query.where(table.sanctioned_from > size, table.disclosed_from > size)
    if given.by is None:
        order = [table.entry]  # of a period: an index leads to its first day
    if given.goes_on:
        place = (_whole("after_known"), _whole("after_entry"))[-len(order) :]
        query = query.where(tuple_(*order) > tuple_(*place))
    return query, order


@cache
def _page_of(given: _Phase) -> Query[Source]:
    query, order = _phase(given)
    return Query(query.order_by(*order).limit(_whole("room")), Source)


@cache
def _count_of(given: _Phase) -> Query[_Counted]:
    query, order = _phase(given)
    # In order, though it counts: the index leads to those behind the page, past all before it.
    some = query.with_only_columns(sources.c.entry).order_by(*order).limit(_whole("room"))
    return Query(select(func.count()).select_from(some.subquery()), _Counted)


def _whole(name: str) -> BindParameter[int]:
    return bindparam(name, type_=WHOLE)


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of ``sources``, and what follows them as in ``affected.Affected``."""

    rows: Sequence[Source]
    left: int
    is_more: bool
    next: str | None


def records_of(reading: Reading, asked: ListAsked, cause: Cause, cut: Cut) -> Records:
    """One page. Raises ``BadCursor`` and ``BadLimit``."""
    if not 1 <= cut.limit <= MAX_LIMIT:
        raise BadLimit(limit=cut.limit, most=MAX_LIMIT)
    found, last = _page(reading, asked, cause, cut)
    left = 0 if last is None else _left(reading, asked, cause, last)
    after = SEPARATOR.join(map(str, last)) if left and last is not None else None
    return Records(found, min(left, MAX_COUNTED), left > MAX_COUNTED, after)


def is_held(reading: Reading, asked: ListAsked, record: str) -> bool:
    """There was a record of this id at the size, whoever may know of it."""
    held = select(sources.c.record).where(
        sources.c.record == record, sources.c.known_from <= asked.size
    )
    return reading.connection.execute(held.limit(1)).first() is not None


def _page(
    reading: Reading, asked: ListAsked, cause: Cause, cut: Cut
) -> tuple[list[Source], Place | None]:
    """At most ``cut.limit`` records, and the place of the last where the page is full."""
    after = _place(cut.after)
    found: list[Source] = []
    last: Place | None = None
    for phase in PHASES[after[0] if after is not None else 0 :]:
        query = _page_of(_Phase.of(phase, asked, cause, after))
        values = _values(asked, cause, after, cut.limit - len(found))
        found += query.rows(reading.connection, values)
        if len(found) == cut.limit:
            row = found[-1]
            known_from = (row.sanctioned_from, row.disclosed_from, 0)[phase]
            last = (phase, known_from, row.entry)
            break
    return found, last


def _left(reading: Reading, asked: ListAsked, cause: Cause, last: Place) -> int:
    """How many follow; one more than ``MAX_COUNTED`` for more."""
    total = 0
    for phase in PHASES[last[0] :]:
        query = _count_of(_Phase.of(phase, asked, cause, last))
        values = _values(asked, cause, last, MAX_COUNTED + 1 - total)
        total += query.rows(reading.connection, values)[0].number
        if total > MAX_COUNTED:
            break
    return total


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    parts = after.split(SEPARATOR)
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadCursor(after=after)
    phase, known_from, entry = map(int, parts)
    if phase not in PHASES or max(known_from, entry) > FOREVER:
        raise BadCursor(after=after)
    return phase, known_from, entry
