"""The periods of one subject's records and sanctions, and what falls due. Pure.

Suspended days are days on which nothing runs against the subject; they are never added at the
end. What ends by law ends by itself: nothing here waits for an entry that says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Final, Literal, NamedTuple

from projections.models.rows import About, DeadlineKind, DeadlineRow, PeriodRow, Span

PUBLIC_TERMS: Final = frozenset({"objection_answer", "publication", "enforcement_report"})
"""Told by entries that the public may see; applications for repair are not among them."""

TermState = Literal["due", "overdue", "met", "met_late"]
OPEN: Final[frozenset[TermState]] = frozenset({"due", "overdue"})


class Period(NamedTuple):
    """``suspended_days`` are those before the day that is asked for."""

    about: About
    id: str
    starts_on: date
    ends_on: date | None
    suspensions: tuple[Span, ...]
    suspended_days: int
    earliest_repair: date | None
    publication_until: date | None
    retention_until: date | None
    because: tuple[int, ...]


class Term(NamedTuple):
    """One deadline on the day that is asked for; ``due_on`` is its last day.

    ``provisional``: the calendar of working days ends before it.
    """

    kind: DeadlineKind
    about: About
    id: str
    organisation: str
    base_on: date
    working_days: int
    due_on: date
    provisional: bool
    state: TermState
    met_on: date | None
    because: tuple[int, ...]


def known(rows: Iterable[PeriodRow], size: int, valid_at: date) -> Iterator[Period]:
    for row in rows:
        if row.known_from <= size < row.known_until:
            yield Period(
                row.about,
                row.id,
                row.starts_on,
                row.ends_on,
                row.suspensions,
                suspended_days(row, valid_at),
                row.earliest_repair,
                row.publication_until,
                row.retention_until,
                row.because,
            )


def suspended_days(row: PeriodRow, valid_at: date) -> int:
    """Days before ``valid_at``, inside the period, on which it was suspended."""
    last = valid_at if row.ends_on is None else min(valid_at, row.ends_on)
    spans = (
        (from_, last if until is None else min(until, last)) for from_, until in row.suspensions
    )
    return sum(max(0, (until - from_).days) for from_, until in spans)


def term(row: DeadlineRow, valid_at: date) -> Term:
    """What the day that is asked for makes of a deadline."""
    met_on = row.met_on if row.met_on is not None and row.met_on <= valid_at else None
    state: TermState
    if met_on is not None:
        state = "met_late" if met_on > row.due_on else "met"
    else:
        state = "overdue" if row.due_on < valid_at else "due"
    return Term(
        row.kind,
        row.about,
        row.id,
        row.organisation,
        row.base_on,
        row.working_days,
        row.due_on,
        row.provisional,
        state,
        met_on,
        row.because,
    )


def of(periods: Iterable[Period], shown: Collection[str], masked: Collection[str]) -> list[Period]:
    """Those of what the reader is shown, with its dates; records first, by their first day."""
    kept = (each for each in periods if each.id in shown and each.id not in masked)
    return sorted(kept, key=lambda each: (each.about, each.starts_on, each.id))
