"""Sanctions and publications across subjects, on a day as known at a size; measures by enforcer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select

from ledger.subject.status import SanctionStateName
from projections.lists.asked import (
    GOVERNMENT,
    ListAsked,
    any_of,
    current,
    holds,
    known,
    rests_on_published,
    rests_on_shared,
)
from projections.lists.paging import Cut, Page, page
from projections.models.store import Reading
from projections.models.tables import enforcements, publications, record_states, sanction_states

IN_FORCE: Final[tuple[SanctionStateName, ...]] = ("in_force",)
ENFORCED: Final = frozenset({"applied", "still_enforcing"})


@dataclass(frozen=True, slots=True)
class Which:
    """Only those in one of these states, of these measures, enforcers; empty: of any."""

    states: tuple[str, ...] = IN_FORCE
    measures: tuple[str, ...] = ()
    enforcers: tuple[str, ...] = ()


class Reported(NamedTuple):
    state: str | None
    on: date | None


class ListedSanction(NamedTuple):
    subject: str
    sanction: str
    measure: str
    kind: str
    initiator: str
    enforcer: str
    starts_on: date
    ends_on: date
    records: tuple[str, ...]
    state: str
    since: date
    enforcement: Reported
    because: tuple[int, ...]


class ListedPublication(NamedTuple):
    subject: str
    record: str
    item: str
    supplier: str
    organ: str
    published_from: date
    published_until: date | None
    because: tuple[int, ...]


class PerEnforcer(NamedTuple):
    """How many of an enforcer's sanctions are in a state, and what it last reported of them."""

    enforcer: str
    measure: str
    state: str
    reported: str | None
    sanctions: int


def sanctions(reading: Reading, asked: ListAsked, which: Which, cut: Cut) -> Page[ListedSanction]:
    """By first day and id. Raises ``BadCursor`` and ``BadLimit``."""
    table = sanction_states
    query = _chosen(select(table, *_REPORT), asked, which)
    found = page(reading, query, (table.c.starts_on, table.c.sanction), cut)
    return Page(tuple(_listed(row) for row in found.lines), found.left, found.next)


_REPORT: Final = (
    enforcements.c.state.label("reported"),
    enforcements.c.reported_on.label("reported_on"),
)


def _chosen(query: Select[Any], asked: ListAsked, which: Which) -> Select[Any]:
    """Sanctions that this reader is shown, each with its enforcer's last report."""
    table = sanction_states
    report = and_(
        enforcements.c.sanction == table.c.sanction,
        enforcements.c.subject == table.c.subject,
        known(enforcements, asked.size),
        holds(enforcements, asked.valid_at),
    )
    return query.select_from(table.outerjoin(enforcements, report)).where(
        known(table, asked.size),
        holds(table, asked.valid_at),
        any_of(table.c.state, which.states),
        any_of(table.c.measure, which.measures),
        any_of(table.c.enforcer, which.enforcers),
        *_shown(asked),
    )


def _shown(asked: ListAsked) -> list[ColumnElement[bool]]:
    if asked.is_public:
        return [
            rests_on_published(sanction_states.c.subject, sanction_states.c.sanction, asked.today)
        ]
    return [] if asked.sees_government else [rests_on_shared(sanction_states.c.sanction)]


def _listed(row: Any) -> ListedSanction:
    return ListedSanction(
        row.subject,
        row.sanction,
        row.measure,
        row.kind,
        row.initiator,
        row.enforcer,
        row.starts_on,
        row.ends_on,
        row.records,
        row.state,
        row.since,
        Reported(row.reported, row.reported_on),
        row.because,
    )


def shown_records(reading: Reading, asked: ListAsked, listed: Sequence[ListedSanction]) -> set[str]:
    """The records under ``listed`` whose ids this reader may see."""
    wanted = {record for each in listed for record in each.records}
    if asked.sees_government or not wanted:
        return wanted
    if asked.is_public:
        query = select(publications.c.record).where(
            publications.c.record.in_(wanted),
            current(publications),
            holds(publications, asked.today),
        )
    else:
        query = select(record_states.c.record).where(
            record_states.c.record.in_(wanted),
            current(record_states),
            record_states.c.publicity != GOVERNMENT,
        )
    return set(reading.connection.execute(query).scalars())


def published(reading: Reading, asked: ListAsked, cut: Cut) -> Page[ListedPublication]:
    """Records published on the day; to everyone only those that still are published today."""
    table, now = publications, publications.alias("now")
    query = select(table).where(known(table, asked.size), holds(table, asked.valid_at))
    if asked.is_public or not asked.sees_government:
        query = query.where(
            select(now.c.record)
            .where(
                now.c.subject == table.c.subject,
                now.c.record == table.c.record,
                current(now),
                holds(now, asked.today),
            )
            .exists()
        )
    found = page(reading, query, (table.c.valid_from, table.c.record), cut)
    lines = tuple(
        ListedPublication(
            row.subject,
            row.record,
            row.item,
            row.supplier,
            row.organ,
            row.valid_from,
            None if row.valid_until == date.max else row.valid_until,
            row.because,
        )
        for row in found.lines
    )
    return Page(lines, found.left, found.next)


def per_enforcer(reading: Reading, asked: ListAsked, which: Which) -> tuple[PerEnforcer, ...]:
    """Measures in each state per enforcer, with its reports; all of them, by code."""
    table = sanction_states
    group = (table.c.enforcer, table.c.measure, table.c.state, enforcements.c.state)
    query = select(*group[:3], enforcements.c.state.label("reported"), func.count().label("many"))
    chosen = _chosen(query, asked, which).group_by(*group).order_by(*group[:3])
    found = reading.connection.execute(chosen).all()
    lines = [
        PerEnforcer(row.enforcer, row.measure, row.state, row.reported, row.many) for row in found
    ]
    return tuple(sorted(lines, key=lambda each: (*each[:3], each.reported or "")))
