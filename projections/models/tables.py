"""The tables of the read models, for SQLite and PostgreSQL alike (SQLAlchemy Core).

Two axes on each row, both half-open: it holds on the days ``[valid_from, valid_until)``, and was
known at the tree sizes ``[known_from, known_until)``. An entry with leaf index ``i`` is known at
the sizes from ``i + 1``; what still stands is known until ``FOREVER``. Days without an end are
``date.min`` and ``date.max``. Rows lie under the stream that holds the record or sanction.

Columns are stored as texts and whole numbers, the same on both stores, and are dates, tuples and
instants in Python: a query compares ``record_states.c.valid_from <= some_day``, and a row of
``projections.models.rows`` holds those very values in the order of the columns here. What writes
rows in bulk goes past SQLAlchemy and takes ``storable(table)``.

Nothing sealed is here: no name, no narrative, no identifier of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    MetaData,
    Table,
    literal_column,
)

from projections.models.columns import (
    FORMS,
    Day,
    DaySpans,
    Instant,
    Leaves,
    Line,
    Names,
    TreeSize,
    Whole,
)
from projections.models.rows import FOREVER

__all__ = ["FOREVER", "KEYS", "METADATA", "TABLES", "TABLES_VERSION", "index", "storable"]

TABLES_VERSION: Final = 5
"""Others are built anew. Raise it with any change of a table, an index or a row."""

Stored: TypeAlias = str | int | None

METADATA: Final = MetaData()


def _text(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Line, nullable=null)


def _texts(*names: str) -> list[Column[Any]]:
    return [_text(name) for name in names]


def _day(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Day, nullable=null)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _leaf(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Whole, nullable=null)


def _size(name: str) -> Column[Any]:
    return Column(name, TreeSize, nullable=False)


def _because() -> Column[Any]:
    return Column("because", Leaves, nullable=False)


def _valid() -> list[Column[Any]]:
    return [_day("valid_from"), _day("valid_until")]


def _known() -> list[Column[Any]]:
    return [_size("known_from"), _size("known_until")]


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, METADATA, *columns)


record_states: Final = _table(
    "record_states",
    *_texts("subject", "record", "item", "tier"),
    _flag("adverse"),
    *_texts("publicity", "supplier", "organ", "state"),
    _day("since"),
    _because(),
    *_valid(),
    *_known(),
)
"""The state of a record (``ledger.subject.status.record_status``), for each day it has one.

Another cause makes another row; ``since`` is the first day of the state, as in an answer."""

sanction_states: Final = _table(
    "sanction_states",
    *_texts("subject", "sanction", "measure", "kind", "initiator", "enforcer"),
    _day("starts_on"),
    _day("ends_on"),
    Column("records", Names, nullable=False),
    _day("restored_on", null=True),
    _text("state"),
    _day("since"),
    _because(),
    *_valid(),
    *_known(),
)
"""The state of a sanction (``sanction_status``), for every day; ``restored_on`` is the day of the
first restitution, null where none is known."""

publications: Final = _table(
    "publications",
    *_texts("subject", "record", "item", "supplier", "organ"),
    _because(),
    *_valid(),
    *_known(),
)
"""The days on which a record is published."""

enforcements: Final = _table(
    "enforcements",
    *_texts("subject", "sanction", "measure", "enforcer"),
    _text("state", null=True),
    _day("reported_on", null=True),
    _because(),
    *_valid(),
    *_known(),
)
"""What the enforcer said last, not later than the day; null before its first report."""

periods: Final = _table(
    "periods",
    *_texts("subject", "about", "id"),
    _day("starts_on"),
    _day("ends_on", null=True),
    Column("suspensions", DaySpans, nullable=False),
    _day("earliest_repair", null=True),
    _day("publication_until", null=True),
    _day("retention_until", null=True),
    _because(),
    *_known(),
)
"""The periods of a record or a sanction (``about``)."""

deadlines: Final = _table(
    "deadlines",
    *_texts("subject", "kind", "about", "id"),
    _text("record", null=True),
    *[_text("organisation"), _day("base_on"), Column("working_days", Whole, nullable=False)],
    _day("due_on"),
    _flag("provisional"),
    _day("met_on", null=True),
    _because(),
    *_known(),
)
"""What falls due; whether it is overdue is a matter of the day that is asked for."""

commitments: Final = _table(
    "commitments",
    *_texts("subject", "commitment", "kind", "made_to"),
    _day("made_on"),
    _day("due_on", null=True),
    _text("state"),
    _because(),
    *_valid(),
    *_known(),
)

incentives: Final = _table(
    "incentives",
    *_texts("subject", "incentive", "measure", "granted_by"),
    _because(),
    *_valid(),
    *_known(),
)

supplier_acts: Final = _table(
    "supplier_acts",
    *_texts("subject", "supplier", "record", "act"),
    _text("cause", null=True),
    _day("on_day"),
    _leaf("entry"),
    _size("known_from"),
)
"""Collected, code_corrected, corrected, withdrawn, answered, answered_late."""

sources: Final = _table(
    "sources",
    *_texts("subject", "record"),
    _leaf("entry"),
    *_texts("supplier", "organ", "organisation", "operator"),
    _text("manifest", null=True),
    Column("row", Whole, nullable=True),
    _text("document"),
    _text("keyid"),
    _day("decided_on"),
    Column("recorded_at", Instant, nullable=False),
    _size("known_from"),
    _size("sanctioned_from"),
    _size("disclosed_from"),
)
"""Where a record came from; ``organisation`` and ``operator`` are the actor of its entry.

The last two: sizes from which a sanction on it is known, and a disclosure; else ``FOREVER``."""

sanction_records: Final = _table(
    "sanction_records",
    *_texts("subject", "sanction", "record", "enforcer", "measure"),
    _leaf("entry"),
    Column("recorded_at", Instant, nullable=False),
    _size("known_from"),
)
"""Which records a sanction rests on; ``measure`` is empty where another node imposed it."""

disclosures: Final = _table(
    "disclosures",
    *_texts("subject", "record", "recipient", "bundle"),
    _leaf("entry"),
    Column("recorded_at", Instant, nullable=False),
    _leaf("receipted", null=True),
    *_known(),
)

notices: Final = _table(
    "notices",
    *_texts("subject", "notice", "record", "recipient", "act", "required"),
    _day("due_on", null=True),
    _leaf("entry"),
    Column("recorded_at", Instant, nullable=False),
    _leaf("acknowledged", null=True),
    _day("acknowledged_on", null=True),
    _text("verdict", null=True),
    *_known(),
)

TABLES: Final[Mapping[str, Table]] = {table.name: table for table in METADATA.sorted_tables}
"""All of them by name: what a rebuild makes anew and a check compares."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "record_states": ("subject", "record", "known_from", "valid_from"),
    "sanction_states": ("subject", "sanction", "known_from", "valid_from"),
    "publications": ("subject", "record", "known_from", "valid_from"),
    "enforcements": ("subject", "sanction", "known_from", "valid_from"),
    "periods": ("subject", "about", "id", "known_from"),
    "deadlines": ("subject", "kind", "about", "id", "base_on", "known_from"),
    "commitments": ("subject", "commitment", "known_from", "valid_from"),
    "incentives": ("subject", "incentive", "known_from", "valid_from"),
    "supplier_acts": ("subject", "record", "act", "entry", "supplier"),
    "sources": ("subject", "record", "entry"),
    "sanction_records": ("subject", "sanction", "record", "entry"),
    "disclosures": ("subject", "record", "bundle", "recipient", "known_from"),
    "notices": ("subject", "notice", "known_from"),
}
"""By what a row is named where it differs; one name has one row."""

_CAUSES: Final = ("supplier", "operator", "manifest", "keyid")
INDEXES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "record_states": (("subject",), ("record",)),
    "sanction_states": (("subject",), ("sanction",), ("enforcer", "measure")),
    "publications": (("subject",),),
    "enforcements": (("subject",), ("sanction",), ("enforcer",)),
    "periods": (("subject",),),
    "deadlines": (("subject",), ("due_on",)),
    "commitments": (("subject",),),
    "incentives": (("subject",),),
    "supplier_acts": (("subject",), ("supplier", "act")),
    "sources": (
        ("subject",),
        ("record",),
        ("supplier", "entry"),
        ("operator", "entry"),
        ("manifest", "entry"),
        ("document", "entry"),
        ("keyid", "entry"),
        ("entry",),
        *((key, "sanctioned_from", "entry") for key in _CAUSES),
        *((key, "disclosed_from", "entry") for key in _CAUSES),
        ("entry", "sanctioned_from"),
        ("entry", "disclosed_from"),
    ),
    "sanction_records": (("subject",), ("record",), ("sanction",)),
    "disclosures": (("subject",), ("record",)),
    "notices": (("subject",), ("record",)),
}
"""Made last in a rebuild. The first is what a catch-up deletes by; add what a query needs."""

SPREAD: Final = ("sanctioned_from", "disclosed_from")  # indexed where it is_set


def is_set(column: ColumnElement[int]) -> ColumnElement[bool]:
    """As the partial indexes say it, literally: a query that says the same is given one."""
    return column < literal_column(str(FOREVER))


def index(table: Table, columns: Sequence[str], tag: str) -> Index:
    """An index of ``table`` (a copy of it, under another name, too); ``tag`` makes its name its own,
    because names of indexes stay when tables are renamed.
    """
    where = next((is_set(table.c[name]) for name in columns if name in SPREAD), None)
    name = f"{table.name}_{'_'.join(columns)}_{tag}"
    indexed = (table.c[column] for column in columns)
    return Index(name, *indexed, sqlite_where=where, postgresql_where=where)


def storable(table: Table) -> Callable[[Sequence[Sequence[Any]]], list[tuple[Stored, ...]]]:
    """What makes of rows of ``projections.models.rows`` the values as they are stored."""
    steps = [
        (at, FORMS[type(column.type)].write, bool(column.nullable))
        for at, column in enumerate(table.c)
        if type(column.type) in FORMS
    ]

    def stored(rows: Sequence[Sequence[Any]]) -> list[tuple[Stored, ...]]:
        # Column by column: row by row takes twice as long.
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for at, write, is_nullable in steps if columns else ():
            if is_nullable:
                columns[at] = [None if value is None else write(value) for value in columns[at]]
            else:
                columns[at] = map(write, columns[at])
        return list(zip(*columns, strict=True))

    return stored
