"""Which records a reader of a list may know of, as ``history`` tells of one subject. Pure.

Publication and publicity are those of the position, today's knowledge, whatever day is asked for.
Fails closed: a record of which the rows say nothing is known to those alone who see all.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Table, and_, exists, select, true

from projections.lists.asked import GOVERNMENT, ListAsked, current, holds
from projections.models.store import Reading
from projections.models.tables import publications, record_states, sources


def is_seen(table: Table, asked: ListAsked) -> ColumnElement[bool]:
    """The reader may know of the row's ``record``, which is in the stream ``subject``."""
    if asked.sees_government:
        return true()
    if asked.is_public:
        return exists().where(
            publications.c.subject == table.c.subject,
            publications.c.record == table.c.record,
            current(publications),
            holds(publications, asked.today),
        )
    said = and_(record_states.c.record == table.c.record, current(record_states))
    government = record_states.c.publicity == GOVERNMENT
    return and_(exists().where(said, ~government), ~exists().where(said, government))


def seen_records(reading: Reading, asked: ListAsked, records: Collection[str]) -> frozenset[str]:
    """Those of ``records`` that the reader may know of."""
    if asked.sees_government or not records:
        return frozenset(records)
    query = select(sources.c.record).where(sources.c.record.in_(records), is_seen(sources, asked))
    return frozenset(reading.connection.execute(query).scalars())
