"""What is known of the records of one page of a blast radius: a query for each table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Table, bindparam, select

from projections.lists.asked import ListAsked, among, as_list, holds, known
from projections.lists.fetching import TEXT, WHOLE, Given, Query
from projections.models.store import Reading
from projections.models.tables import (
    disclosures,
    enforcements,
    notices,
    record_states,
    sanction_records,
    sanction_states,
)


class State(NamedTuple):
    """Of a record, on the day asked for."""

    record: str
    item: str
    publicity: str
    state: str
    since: date


class Resting(NamedTuple):
    """A sanction on a record."""

    sanction: str
    record: str
    subject: str
    measure: str
    enforcer: str
    entry: int
    recorded_at: datetime


class Imposed(NamedTuple):
    """The state of a sanction, on the day asked for."""

    sanction: str
    state: str
    since: date
    starts_on: date
    ends_on: date
    restored_on: date | None


class Reported(NamedTuple):
    """What the enforcer said of a sanction last, on the day asked for."""

    sanction: str
    state: str | None
    reported_on: date | None


class Disclosed(NamedTuple):
    record: str
    recipient: str
    recorded_at: datetime
    receipted: int | None


class Told(NamedTuple):
    notice: str
    record: str
    recipient: str
    act: str
    required: str
    due_on: date | None
    entry: int
    recorded_at: datetime
    acknowledged: int | None


R = TypeVar("R", State, Resting, Imposed, Reported, Disclosed, Told)

_TABLES: Final[dict[str, tuple[type[Any], Table, str]]] = {
    kind.__name__: (kind, table, column)
    for kind, table, column in (
        (State, record_states, "record"),
        (Resting, sanction_records, "record"),
        (Imposed, sanction_states, "sanction"),
        (Reported, enforcements, "sanction"),
        (Disclosed, disclosures, "record"),
        (Told, notices, "record"),
    )
}
"""By the name of the type of its rows: the type, a table, and the column of the look-up."""


def rows_of(kind: type[R], reading: Reading, asked: ListAsked, ids: Sequence[str]) -> list[R]:
    """Those known at the size asked for, and that hold on its day where rows have days."""
    if not ids:
        return []
    connection = reading.connection
    values: dict[str, Given] = {"ids": as_list(ids), "size": asked.size, "day": asked.valid_at}
    query: Query[R] = _query(kind.__name__, connection.dialect.name)
    return query.rows(connection, values)


@cache
def _query(name: str, dialect: str) -> Query[Any]:
    kind, table, column = _TABLES[name]
    size, day = bindparam("size", type_=WHOLE), bindparam("day", type_=TEXT)
    query = select(*(table.c[name] for name in kind._fields))
    query = query.where(among(table.c[column], bindparam("ids", type_=TEXT), dialect))
    if "known_until" in table.c:
        query = query.where(known(table, size))
    else:
        query = query.where(table.c.known_from <= size)
    if "valid_until" in table.c:
        query = query.where(holds(table, day))
    return Query(query, kind)
