"""What a list is asked for, and by whom: the conditions that every query of rows shares. Pure.

Facts come from the rows known at ``size``; what may be shown of them is told by those of the
position, which is today's knowledge, as ``projections.reader`` has it for one subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Table, and_, cast, exists, func, literal, select, true
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.sql.selectable import FromClause

from projections.models.rows import FOREVER
from projections.models.tables import publications, record_states, sanction_records
from projections.reader import Public, Reader

GOVERNMENT: Final = "government"

Sees: TypeAlias = Literal["all", "published", "shared"]
"""What a reader may know of: all records, those that are published, or not for government only."""


class Note(NamedTuple):
    """What this reader is not told, and why: ``needs_operator``, ``government_sharing_only``."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ListAsked:
    """A day, a tree size that the rows have reached, and whoever asks."""

    valid_at: date
    size: int
    reader: Reader

    @property
    def is_public(self) -> bool:
        return isinstance(self.reader, Public)

    @property
    def sees_government(self) -> bool:
        return not isinstance(self.reader, Public) and self.reader.sees_government

    @property
    def sees(self) -> Sees:
        if self.sees_government:
            return "all"
        return "published" if self.is_public else "shared"

    @property
    def today(self) -> date:
        return self.reader.today

    def masked(self, what: str, *, subjects: bool) -> tuple[Note, ...]:
        """What a list of ``what`` keeps from this reader; ``subjects``: whose they are, too."""
        if self.is_public:
            return (Note(f"subjects of {what}", "needs_operator"),) if subjects else ()
        if self.sees_government:
            return ()
        return (Note(what, "government_sharing_only"),)


def known(table: Table | FromClause, size: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Rows that were known at ``size``."""
    return and_(table.c.known_from <= size, table.c.known_until > size)


def holds(table: Table | FromClause, day: date | ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows that hold on ``day``."""
    return and_(table.c.valid_from <= day, table.c.valid_until > day)


def current(table: Table | FromClause) -> ColumnElement[bool]:
    """Rows that stand at the position."""
    return table.c.known_until == FOREVER


def rests_on_published(
    subject: ColumnElement[str], sanction: ColumnElement[str], today: date
) -> ColumnElement[bool]:
    """A record under the sanction is published today, in the same stream."""
    return exists().where(
        sanction_records.c.sanction == sanction,
        sanction_records.c.subject == subject,
        publications.c.record == sanction_records.c.record,
        publications.c.subject == sanction_records.c.subject,
        current(publications),
        holds(publications, today),
    )


def rests_on_shared(sanction: ColumnElement[str]) -> ColumnElement[bool]:
    """Not all records under the sanction are for government sharing only."""
    is_government = exists().where(
        record_states.c.record == sanction_records.c.record,
        current(record_states),
        record_states.c.publicity == GOVERNMENT,
    )
    return exists().where(sanction_records.c.sanction == sanction, ~is_government)


def is_shared(table: FromClause) -> ColumnElement[bool]:
    """The row's ``record`` is not for government sharing only."""
    return ~exists().where(
        record_states.c.record == table.c.record,
        current(record_states),
        record_states.c.publicity == GOVERNMENT,
    )


def any_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """All where none is named."""
    return column.in_(values) if values else true()


def one_of(column: ColumnElement[str], values: Sequence[str], dialect: str) -> ColumnElement[bool]:
    """None where none is named. One parameter for all: many cost more to hand over than to find."""
    return among(column, literal(as_list(values)), dialect)


def as_list(values: Sequence[str]) -> str:
    """As ``among`` takes them."""
    return orjson.dumps(values).decode()


def among(
    column: ColumnElement[str], given: ColumnElement[Any], dialect: str
) -> ColumnElement[bool]:
    """``given``: texts as a JSON list."""
    each = (
        func.json_each(given)
        if dialect == "sqlite"
        else func.json_array_elements_text(cast(given, JSON))
    )
    return column.in_(select(each.table_valued("value").c.value))
