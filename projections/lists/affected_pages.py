"""Which records a blast radius has, page by page, the worst first. Pure.

Phases: those on which a sanction rests, those that were disclosed, the others; each in the order
in which that came to be known. An index of its own leads to the first page of each phase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from projections.lists.asked import ListAsked
from projections.lists.paging import MAX_LIMIT, SEPARATOR, BadCursor, BadLimit, Cut
from projections.lists.visible import is_seen
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

Row: TypeAlias = Any
"""Of SQLAlchemy; read here, and handed on as the types below."""


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


def _phase(
    phase: int, asked: ListAsked, cause: Cause, after: Place | None
) -> tuple[Select[Any], Sequence[ColumnElement[Any]]]:
    """The records of one phase, after a place in it; and their order.

    By a document number only what the reader may know of: whoever guesses one is not told
    whether there is such a document.
    """
    table, size = sources.c, asked.size
    query = select(sources).where(table.known_from <= size)
    if cause.first > 0:
        query = query.where(table.entry >= cause.first)
    if cause.stop < FOREVER:
        query = query.where(table.entry < cause.stop)
    if cause.by is not None:
        query = query.where(table[COLUMNS[cause.by]] == cause.value)
    if cause.by == "document":
        query = query.where(is_seen(sources, asked))
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
    if cause.by is None:
        order = [table.entry]  # of a period: an index leads to its first day
    if after is not None and after[0] == phase:
        place = after[-len(order) :]
        query = query.where(tuple_(*order) > tuple_(*place))
    return query, order


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of ``sources``, and what follows them as in ``affected.Affected``."""

    rows: Sequence[Row]
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
) -> tuple[list[Row], Place | None]:
    """At most ``cut.limit`` records, and the place of the last where the page is full."""
    after = _place(cut.after)
    found: list[Row] = []
    last: Place | None = None
    for phase in PHASES[after[0] if after is not None else 0 :]:
        query, order = _phase(phase, asked, cause, after)
        room = cut.limit - len(found)
        rows = reading.connection.execute(query.order_by(*order).limit(room)).all()
        found += rows
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
        query, _ = _phase(phase, asked, cause, last)
        some = query.with_only_columns(sources.c.entry).limit(MAX_COUNTED + 1 - total).subquery()
        total += reading.connection.execute(select(func.count()).select_from(some)).scalar_one()
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
