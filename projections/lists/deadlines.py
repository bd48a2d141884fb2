"""Deadlines across subjects on a day, as known at a size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, true

from projections.lists.asked import (
    ListAsked,
    any_of,
    is_shared,
    known,
    rests_on_published,
    rests_on_shared,
)
from projections.lists.paging import Cut, Page, page
from projections.lists.periods import PUBLIC_TERMS, Term, term
from projections.lists.visible import is_seen
from projections.models.rows import DeadlineRow
from projections.models.store import Reading
from projections.models.tables import deadlines as table


@dataclass(frozen=True, slots=True)
class Due:
    """``overdue``: only what is late; ``met``: what is met already, too. Empty: of any."""

    overdue: bool = False
    met: bool = False
    kinds: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()


class ListedTerm(NamedTuple):
    """``subject`` is None where the reader is not told; ``is_named``: it is told the id."""

    subject: str | None
    term: Term
    is_named: bool = True


def deadlines(reading: Reading, asked: ListAsked, due: Due, cut: Cut) -> Page[ListedTerm]:
    """Terms that began by the day, by the day they end. Raises ``BadCursor`` and ``BadLimit``."""
    day = asked.valid_at
    query = select(table, _is_named(asked).label("is_named")).where(
        known(table, asked.size),
        table.c.base_on <= day,
        any_of(table.c.kind, due.kinds),
        any_of(table.c.organisation, due.organisations),
    )
    if due.overdue:
        query = query.where(table.c.due_on < day)
    if not due.met or due.overdue:
        query = query.where(or_(table.c.met_on.is_(None), table.c.met_on > day))
    if not asked.sees_government:
        query = query.where(_is_shared())
    order = (table.c.due_on, table.c.kind, table.c.id, table.c.base_on)
    found = page(reading, query, order, cut)
    lines = tuple(
        ListedTerm(
            None if asked.is_public else row.subject,
            term(DeadlineRow._make(row[:-1]), day),
            bool(row.is_named),
        )
        for row in found.lines
    )
    return Page(lines, found.left, found.next)


def _is_shared() -> ColumnElement[bool]:
    """What it is about is not for government sharing only."""
    return or_(
        and_(table.c.record.is_not(None), is_shared(table)),
        and_(table.c.record.is_(None), rests_on_shared(table.c.id)),
    )


def _is_named(asked: ListAsked) -> ColumnElement[bool]:
    """The public is told no id but of what it finds in a history."""
    if not asked.is_public:
        return true()
    return and_(
        table.c.kind.in_(PUBLIC_TERMS),
        or_(
            and_(table.c.record.is_not(None), is_seen(table, asked)),
            and_(
                table.c.record.is_(None),
                rests_on_published(table.c.subject, table.c.id, asked.today),
            ),
        ),
    )
