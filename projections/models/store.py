"""The read models of one node: their tables, and how far in the log they have come.

Guarantees: rows and position change in one transaction; a reader sees the rows of one position,
whatever is written or swapped meanwhile; a write that rests on another position than the one it
was made for is not done. Sets of tables have two names: ``LIVE`` is what answers, ``NEW`` is
what a rebuild fills until it takes the other's place.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, NoReturn, Self

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Executable,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, DropTable

from projections.history import FOLD_VERSION
from projections.models.bulk import delete_rows, insert_rows
from projections.models.errors import (
    NoReadModels,
    ReadModelsBusy,
    ReadModelsDamaged,
    ReadModelsUnusable,
)
from projections.models.place import DRIVER_ERRORS, WAIT_SECONDS, WRITES, Place
from projections.models.shape import create, drop_acting, is_logged
from projections.models.tables import INDEXES, TABLES, TABLES_VERSION, Stored, index

Name = Literal["live", "new"]
LIVE: Final = "live"
NEW: Final = "new"
AT_ONCE: Final = 4
"""Indexes that a server is asked for at once: it makes each on one core."""
PRIMARY: Final = 0xFF
"""SQLite's extended result codes hold the plain one in their lowest byte."""

_STATE: Final = MetaData()
_POSITION: Final = Table(
    "position",
    _STATE,
    Column("name", Text, primary_key=True),
    Column("store_id", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("fold_version", Integer, nullable=False),
    Column("tables_version", Integer, nullable=False),
    Column("stopped_index", BigInteger),
    Column("stopped_reason", Text),
    Column("is_built", Boolean, nullable=False),
    Column("tag", Text, nullable=False),
)
_DONE: Final = Table(
    "ranges_done",
    _STATE,
    Column("low", Text, primary_key=True),
    Column("entries", BigInteger, nullable=False),
)

StoredRows = Mapping[str, Sequence[tuple[Stored, ...]]]
"""By table, rows as ``tables.storable`` makes them."""


@dataclass(frozen=True, slots=True, order=True)
class Stopped:
    """The entry that could not be read, and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a set of tables has come: the rows are those of the first ``size`` leaves."""

    store_id: str
    size: int
    digest: str
    """Hex SHA-256 of the payload of the last of them; empty for none."""
    stopped: Stopped | None = None
    """Why it goes no further, if it cannot."""
    fold_version: int = FOLD_VERSION
    tables_version: int = TABLES_VERSION
    is_built: bool = True
    """False: a rebuild has not filled it yet."""
    tag: str = field(default="", compare=False)
    """Makes the names of its indexes its own."""

    @property
    def is_current(self) -> bool:
        """Whether this program would make the same rows, of the same shape."""
        return (self.fold_version, self.tables_version) == (FOLD_VERSION, TABLES_VERSION)


class Reading(NamedTuple):
    """What a query runs on: a connection that sees the rows of ``position`` and no others."""

    connection: Connection
    position: Position


class ReadModels:
    """Use ``reading()`` for queries; the rest is for whoever follows the log."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._engine = place.engine()
        try:
            self._lay()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One position's rows. Raises ``NoReadModels`` where there are none of this version."""
        with self._transaction(writes=False) as connection:
            position = _position(connection, LIVE)
            if position is None or not position.is_current:
                raise NoReadModels(place=self.place.name)
            yield Reading(connection, position)

    def position(self, name: Name = LIVE) -> Position | None:
        with self._transaction(writes=False) as connection:
            return _position(connection, name)

    # -- following the log

    def replace(
        self,
        before: Position,
        after: Position,
        subjects: Sequence[str],
        rows: StoredRows,
        name: Name,
    ) -> bool:
        """Puts ``rows`` in the place of all rows of ``subjects`` and moves the position.

        False, and nothing was written, where the position is not ``before`` any more.
        """
        with self._transaction(writes=True) as connection:
            if _position(connection, name, held=True) != before:
                return False
            if subjects:
                for table in tables(name).values():
                    delete_rows(connection, table, subjects)
            _insert(connection, rows, name)
            _put(connection, name, after)
            return True

    # -- a rebuild

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """One rebuild at a time, of all processes."""
        with self.place.rebuilding(self._engine):
            yield

    def begin(self, position: Position) -> None:
        """Empty new tables, to be filled up to ``position``."""
        with self._transaction(writes=True) as connection:
            drop_acting(connection)
            _drop_new(connection)
            for table in tables(NEW).values():
                create(connection, table)
            connection.execute(_DONE.delete())
            _put(connection, NEW, replace(position, is_built=False))

    def done(self) -> dict[str, int]:
        """The ranges that are filled, by their first key, with their number of entries."""
        with self._transaction(writes=False) as connection:
            return {row.low: row.entries for row in connection.execute(select(_DONE))}

    def fill(self, low: str, parts: Iterator[StoredRows], entries: Callable[[], int]) -> None:
        """Put the rows of the range that begins with ``low`` into the new tables, and note it as
        done, in one transaction. ``entries`` is asked for their number when all parts came.
        """
        first = next(parts, {})  # made before anybody is kept from writing
        with self._transaction(writes=True) as connection:
            for part in chain((first,), parts):
                _insert(connection, part, NEW)
            connection.execute(_DONE.insert(), {"low": low, "entries": entries()})

    def make_indexes(self) -> None:
        """Of the new tables, each in a transaction; those that are there stay."""
        position = self.position(NEW)
        assert position is not None, "indexes are made of tables that were begun"
        new = tables(NEW)
        self._each(
            CreateIndex(index(new[name], columns, position.tag), if_not_exists=True)
            for name, indexed in INDEXES.items()
            for columns in indexed
        )
        if self._engine.dialect.name == "postgresql":
            self._each(text(f'ANALYZE "{table.name}"') for table in new.values())
        with self._transaction(writes=True) as connection:
            connection.execute(
                _POSITION.update().where(_POSITION.c.name == NEW), {"is_built": True}
            )

    def _each(self, statements: Iterable[Executable]) -> None:
        """Each in a transaction: several at once where the store can, which does the work."""

        def execute(statement: Executable) -> None:
            with self._transaction(writes=True) as connection:
                connection.execute(statement)

        at_once = AT_ONCE if self._engine.dialect.name == "postgresql" else 1
        with ThreadPoolExecutor(at_once) as workers:
            deque(workers.map(execute, list(statements)), maxlen=0)

    def swap(self, live: Position | None) -> bool:
        """The new tables take the place of those that answer, in one transaction.

        False, and nothing happened, where the position of these is not ``live`` any more.
        """
        with self._transaction(writes=True, alone=True) as connection:
            new = _position(connection, NEW)
            if new is None or not new.is_built or _position(connection, LIVE) != live:
                return False
            drop_acting(connection)
            there = set(inspect(connection).get_table_names())
            filled = {table.name for table in tables(NEW).values()}
            for name in sorted(there - filled - set(_STATE.tables)):  # of older versions, too
                connection.execute(DropTable(Table(name, MetaData())))
            for name, table in tables(NEW).items():
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" RENAME TO "{name}"')
            connection.execute(_POSITION.delete())
            connection.execute(_DONE.delete())
            _put(connection, LIVE, new)
            return True

    # -- inside

    def _lay(self) -> None:
        """The two tables about the others. Of another shape, everything is made anew."""
        with self._transaction(writes=False, unlocked=True) as connection:
            if _is_laid(connection):
                return
        with self._transaction(writes=True, unlocked=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('lay'))")
            if _is_laid(connection):
                return
            drop_acting(connection)
            for name in inspect(connection).get_table_names():
                connection.execute(DropTable(Table(name, MetaData())))
            for table in _STATE.tables.values():
                create(connection, table)

    @contextmanager
    def _transaction(
        self, *, writes: bool, alone: bool = False, unlocked: bool = False
    ) -> Iterator[Connection]:
        """``alone``: no reader is in the middle of one. Raises this package's errors."""
        options: dict[str, Any] = {WRITES: writes}
        is_postgres = self._engine.dialect.name == "postgresql"
        if is_postgres and not writes:
            options["isolation_level"] = "REPEATABLE READ"
        try:
            with (
                self._engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                if is_postgres and not unlocked:
                    # Names of tables are looked up as they are now, rows as they were at the
                    # first look: without the lock a swap could come between the two.
                    mode = "ROW EXCLUSIVE" if writes else "ACCESS SHARE"
                    mode = "ACCESS EXCLUSIVE" if alone else mode
                    connection.exec_driver_sql(f"LOCK TABLE position IN {mode} MODE")
                yield connection
        except (DBAPIError, *DRIVER_ERRORS) as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> NoReturn:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        if "locked" in reason or "lock timeout" in reason:
            raise ReadModelsBusy(place=self.place.name, seconds=WAIT_SECONDS) from error
        code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
        is_damaged = code & PRIMARY in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
        kind = ReadModelsDamaged if is_damaged else ReadModelsUnusable
        raise kind(place=self.place.name, reason=reason) from error


# -- inside ------------------------------------------------------------------------


@cache
def tables(name: Name) -> Mapping[str, Table]:
    """The tables of a set, by the name that each has when it answers."""
    if name == LIVE:
        return TABLES
    metadata = MetaData()
    return {key: table.to_metadata(metadata, name=f"{key}_{name}") for key, table in TABLES.items()}


def _is_laid(connection: Connection) -> bool:
    found = inspect(connection)
    there = found.get_table_names()
    if is_logged(connection, _STATE.tables):
        return False
    return all(
        name in there and [column["name"] for column in found.get_columns(name)] == table.c.keys()
        for name, table in _STATE.tables.items()
    )


def _drop_new(connection: Connection) -> None:
    there = set(inspect(connection).get_table_names())
    for name in sorted(there):
        if name.endswith(f"_{NEW}"):
            connection.execute(DropTable(Table(name, MetaData())))


def _insert(connection: Connection, rows: StoredRows, name: Name) -> None:
    into = tables(name)
    for key, values in rows.items():
        if values:
            insert_rows(connection, into[key], values)


def _position(connection: Connection, name: Name, *, held: bool = False) -> Position | None:
    """``held``: until the transaction ends nobody else moves it."""
    statement = select(_POSITION).where(_POSITION.c.name == name)
    found = connection.execute(statement.with_for_update() if held else statement).one_or_none()
    if found is None or not _is_position(found):
        return None
    stopped = (
        None if found.stopped_index is None else Stopped(found.stopped_index, found.stopped_reason)
    )
    return Position(
        store_id=found.store_id,
        size=found.size,
        digest=found.digest,
        stopped=stopped,
        fold_version=found.fold_version,
        tables_version=found.tables_version,
        is_built=found.is_built,
        tag=found.tag,
    )


def _is_position(row: Row[Any]) -> bool:
    """SQLite takes any value in any column: what is no position leads to tables made anew."""
    texts = (row.store_id, row.digest, row.tag, row.stopped_reason or "")
    numbers = (row.size, row.fold_version, row.tables_version, row.stopped_index or 0)
    return all(isinstance(each, str) for each in texts) and all(
        isinstance(each, int) and each >= 0 for each in numbers
    )


def _put(connection: Connection, name: Name, position: Position) -> None:
    values = asdict(position)
    del values["stopped"]
    stopped = position.stopped
    connection.execute(_POSITION.delete().where(_POSITION.c.name == name))
    connection.execute(
        _POSITION.insert(),
        {
            "name": name,
            "stopped_index": None if stopped is None else stopped.index,
            "stopped_reason": None if stopped is None else stopped.reason,
            **values,
        },
    )
