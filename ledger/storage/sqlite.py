"""The default store: one SQLite file in write-ahead mode, synced at every commit.

Writers queue at a side file first (``fair_queue``), then take SQLite's own write lock
with ``BEGIN IMMEDIATE``; readers never wait. A store that was opened must not be used
across a fork: open it again in the child.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import UUID

import orjson
from eventsourcing.persistence import Tracking
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool

from ledger.entry import StoredEntry
from ledger.storage.audit_reads import READ_BYTES, length_of
from ledger.storage.errors import (
    AppendOnly,
    NotThisStore,
    OtherVersion,
    StoreBusy,
    StoreDamaged,
    StoreUnavailable,
    TailMissing,
)
from ledger.storage.fair_queue import FILE_MODE, FairQueue
from ledger.storage.library import LibraryRecorder, TrackedWriting
from ledger.storage.port import Head, Sealing, StoreInfo, StreamHead
from ledger.storage.reads import (
    GOVERNANCE,
    LAST,
    SELECT_INFO,
    Dialect,
    governance_of,
    head_of,
    stream_heads_of,
)
from ledger.storage.rows import COLUMNS, MAX_VALUE_BYTES, row_of, to_micros
from ledger.storage.soundness import Altered, Misfiled
from ledger.storage.sqlite_schema import APPLICATION_ID, SCHEMA_VERSION, statements
from ledger.storage.sqlite_soundness import altered, misfiled
from ledger.storage.tree_reads import TreeWrites

SQLITE = Dialect(
    id="rowid",
    entries="entries",
    manifests="manifests",
    tracking="tracking",
    info="store_info",
    tiles="tiles",
    notes="notes",
    parameter="?",
)

POOL_SIZE = 8
POOL_OVERFLOW = 56
"""Readers at once in one process: more than the threads of a web worker (40)."""

ROWS_AT_A_LOOK = 16
"""Rows fetched before it is asked how long they were."""

CACHE_KIB = 16_384
"""The key index is entered at random places: keep its upper pages."""
CHECKPOINT_PAGES = 4_000
"""16 MB of write-ahead log between checkpoints; each costs a pause of a commit."""


_NO_STORE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""What reading a file that is no store ends with: no such table, or no database at all."""


def _code(error: BaseException | None) -> int:
    """SQLite's primary code of an error; 0 for one that is not SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


class _Pool(SQLiteConnectionPool):
    """The library's pool with our connections: it leaves ``synchronous`` at its default."""

    def __init__(self, path: Path, lock_timeout: float) -> None:
        self._path = path
        self._busy_seconds = lock_timeout
        super().__init__(db_name=str(path), pool_size=POOL_SIZE, max_overflow=POOL_OVERFLOW)

    def _create_connection(self) -> SQLiteConnection:
        try:
            raw = sqlite3.connect(
                f"file:{quote(str(self._path))}?mode=rw",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=self._busy_seconds,
            )
            try:
                if raw.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,):
                    raw.execute("PRAGMA journal_mode = WAL")  # a restored copy has lost it
                raw.execute("PRAGMA synchronous = FULL")
                raw.execute("PRAGMA recursive_triggers = ON")
                raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                raw.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
                raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
            except BaseException:
                raw.close()
                raise
        except sqlite3.Error as error:
            raise StoreUnavailable(store=self._path, reason=error) from error
        return SQLiteConnection(sqlite_conn=raw, max_age=None)


class SQLiteStore(LibraryRecorder):
    """The log in one SQLite file. Use ``opening.open_store`` to get one."""

    dialect = SQLITE

    def __init__(
        self,
        path: Path,
        *,
        sealing: Sealing | None,
        lock_timeout: float,
    ) -> None:
        self.path = path
        self.sealing = sealing
        self.lock_timeout = lock_timeout
        self._queue = FairQueue(path)
        self._pool = _Pool(path, lock_timeout)

    @property
    def url(self) -> str:
        return f"sqlite://{quote(str(self.path))}"

    @property
    def info(self) -> StoreInfo:
        """Raises ``NotThisStore`` for a file that is no store or of another version."""
        try:
            rows = self._rows(SELECT_INFO)
        except StoreUnavailable as error:
            if _code(error.__cause__) not in _NO_STORE:  # a read-only file system, or a full one
                raise
            raise NotThisStore(store=self.path) from error
        if len(rows) != 1 or rows[0][0] != SCHEMA_VERSION:
            raise OtherVersion(store=self.path)
        version, store_id, node = rows[0]
        try:
            return StoreInfo(version, UUID(store_id), node)
        except (ValueError, TypeError, AttributeError) as error:
            raise NotThisStore(store=self.path) from error

    def exists(self) -> bool:
        return self.path.is_file()

    def create(self, *, node: str, store_id: UUID) -> None:
        """Makes the tables unless they are there. Safe beside another process doing it."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, FILE_MODE))
        except FileExistsError:
            if not self.path.is_file():
                raise NotThisStore(store=self.path) from None
        except OSError as error:
            raise StoreUnavailable(store=self.path, reason=error.strerror) from error
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                return
            for statement in statements():
                connection.execute(statement)
            connection.execute(
                "INSERT INTO store_info VALUES (1, ?, ?, ?)", (SCHEMA_VERSION, str(store_id), node)
            )
        with self._queue.turn(self.lock_timeout), self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        self._pool.close()

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        with self._connection() as connection:
            return connection.execute(self.dialect.render(statement), parameters).fetchall()

    def largest_size_known(self) -> int | None:
        """What AUTOINCREMENT remembers, also after a tail was cut off."""
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")
        return rows[0][0] if rows and type(rows[0][0]) is int else 0

    def misfiled(self) -> Misfiled:
        with self._connection() as connection:
            return misfiled(connection)

    def altered(self) -> Altered:
        with self._connection() as connection:
            return altered(connection)

    def _some_rows(
        self, statement: str, parameters: Sequence[object] = (), *, long: Collection[int] = ()
    ) -> list[Any]:
        found: list[Any] = []
        length = 0
        with self._connection() as connection:
            cursor = connection.execute(self.dialect.render(statement), parameters)
            while length < READ_BYTES and (rows := cursor.fetchmany(ROWS_AT_A_LOOK)):
                found += rows
                length += length_of(rows, long)
            cursor.close()
        return found

    def _fence(self) -> None:
        # Through the queue: at SQLite's own lock a reader would starve beside bulk writers.
        with self._transaction():
            pass

    @contextmanager
    def _writing(self) -> Iterator[TrackedWriting]:
        with self._transaction() as connection:
            yield _Writing(connection, self.path)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._queue.turn(self.lock_timeout), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        pooled = self._pool.get_connection()
        try:
            with pooled.cursor() as cursor:
                yield cursor.connection
        except sqlite3.Error as error:
            self._refuse(error)
        finally:
            self._pool.put_connection(pooled)

    def _refuse(self, error: sqlite3.Error) -> NoReturn:
        if isinstance(error, sqlite3.IntegrityError):
            raise AppendOnly(reason=error) from error
        code = _code(error)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy(seconds=self.lock_timeout) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreDamaged(store=self.path, reason=error) from error
        raise StoreUnavailable(store=self.path, reason=error) from error


class _Writing(TreeWrites):
    """A transaction under ``BEGIN IMMEDIATE``."""

    INSERT = f"INSERT INTO entries (rowid, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
    STREAM_HEADS = (
        "SELECT e.originator_id, e.originator_version, e.state FROM json_each(?) AS k "
        "CROSS JOIN entries AS e ON e.originator_id = k.value AND e.originator_version = "
        "(SELECT MAX(originator_version) FROM entries WHERE originator_id = k.value)"
    )
    TRACK = (
        "INSERT INTO tracking VALUES (?, ?) ON CONFLICT (application_name) DO UPDATE "
        "SET notification_id = excluded.notification_id "
        "WHERE tracking.notification_id < excluded.notification_id"
    )

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def held(self) -> Head | None:
        return head_of(self._rows(LAST))

    def head(self) -> Head | None:
        last = self.held()
        largest = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'entries'"
        ).fetchone()
        size = last.size if last else 0
        ever = largest[0] if largest else 0
        if size != ever:
            raise TailMissing(store=self._path, size=size, stored=ever)
        return last

    def governance_index(self) -> int:
        return governance_of(self._connection.execute(SQLITE.render(GOVERNANCE)).fetchall())

    def stream_heads(self, keys: Collection[str]) -> Mapping[str, StreamHead]:
        return stream_heads_of(
            self._connection.execute(self.STREAM_HEADS, (orjson.dumps(list(keys)).decode(),))
        )

    def insert(self, entries: Sequence[StoredEntry]) -> None:
        micros = to_micros(entries[0].recorded_at)
        self._connection.executemany(self.INSERT, [row_of(entry, micros) for entry in entries])

    def insert_manifests(self, manifests: Sequence[tuple[str, bytes]]) -> None:
        self._connection.executemany(
            "INSERT INTO manifests SELECT ?1, ?2 "
            "WHERE NOT EXISTS (SELECT 1 FROM manifests WHERE digest = ?1)",
            manifests,
        )

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self._connection.execute(SQLITE.render(statement), parameters).fetchall()

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        self._connection.executemany(SQLITE.render(statement), rows)

    def insert_tracking(self, tracking: Tracking) -> bool:
        cursor = self._connection.execute(
            self.TRACK, (tracking.application_name, tracking.notification_id)
        )
        return cursor.rowcount == 1
