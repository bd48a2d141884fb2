"""Which records a reader of a list may know of, as ``history`` tells of one subject. Pure.

Publication and publicity are those of the position, today's knowledge, whatever day is asked for.
Fails closed: a record of which the rows say nothing is known to those alone who see all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, select, true

from projections.lists.asked import GOVERNMENT, ListAsked, Sees, among, as_list, current, holds
from projections.lists.fetching import TEXT, Given, Query
from projections.models.store import Reading
from projections.models.tables import publications, record_states, sources


def is_seen(table: Table, asked: ListAsked) -> ColumnElement[bool]:
    """The reader may know of the row's ``record``, which is in the stream ``subject``."""
    return seen_by(asked.sees, table, asked.today)


def seen_by(sees: Sees, table: Table, today: date | ColumnElement[Any]) -> ColumnElement[bool]:
    """As ``is_seen``, of readers who may know of so much."""
    if sees == "all":
        return true()
    if sees == "published":
        return exists().where(
            publications.c.subject == table.c.subject,
            publications.c.record == table.c.record,
            current(publications),
            holds(publications, today),
        )
    said = and_(record_states.c.record == table.c.record, current(record_states))
    government = record_states.c.publicity == GOVERNMENT
    return and_(exists().where(said, ~government), ~exists().where(said, government))


class _Seen(NamedTuple):
    record: str


def seen_records(reading: Reading, asked: ListAsked, records: Collection[str]) -> frozenset[str]:
    """Those of ``records`` that the reader may know of."""
    if asked.sees == "all" or not records:
        return frozenset(records)
    query = _seen(asked.sees, reading.connection.dialect.name)
    values: dict[str, Given] = {"records": as_list(list(records)), "today": asked.today}
    return frozenset(row.record for row in query.rows(reading.connection, values))


@cache
def _seen(sees: Sees, dialect: str) -> Query[_Seen]:
    given = among(sources.c.record, bindparam("records", type_=TEXT), dialect)
    today = bindparam("today", type_=TEXT)
    return Query(select(sources.c.record).where(given, seen_by(sees, sources, today)), _Seen)
