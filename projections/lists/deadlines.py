"""Deadlines across subjects on a day, as known at a size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import or_, select

from projections.lists.asked import ListAsked, any_of, known, of_open_subject
from projections.lists.paging import Cut, Page, page
from projections.lists.periods import Term, term
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
    """``subject`` is None where the reader is not told."""

    subject: str | None
    term: Term


def deadlines(reading: Reading, asked: ListAsked, due: Due, cut: Cut) -> Page[ListedTerm]:
    """Terms that began by the day, by the day they end. Raises ``BadCursor`` and ``BadLimit``."""
    day = asked.valid_at
    query = select(table).where(
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
        query = query.where(of_open_subject(table))
    order = (table.c.due_on, table.c.kind, table.c.id, table.c.base_on)
    found = page(reading, query, order, cut)
    lines = tuple(
        ListedTerm(None if asked.is_public else row.subject, term(DeadlineRow._make(row), day))
        for row in found.lines
    )
    return Page(lines, found.left, found.next)
