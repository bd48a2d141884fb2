"""The log in a schema of a PostgreSQL database.

Writers queue at ``LOCK TABLE entries IN EXCLUSIVE MODE``: PostgreSQL serves that queue in
order, and readers do not wait for it. The head is read after the lock, under READ
COMMITTED, so it is that of the writer before. Rows go in by binary COPY.

When the connection breaks after COMMIT was sent, nobody knows whether it was done. The
store then waits on a new connection until the old transaction has ended, reads the rows
back and compares their bytes; it never sends them a second time.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import UUID

import psycopg
from eventsourcing.persistence import Tracking
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from ledger.entry import StoredEntry
from ledger.storage.audit_reads import READ_BYTES, length_of
from ledger.storage.errors import (
    AppendOnly,
    NodeNameUnusable,
    NotStored,
    OtherVersion,
    StoreBusy,
    StoreDamaged,
    StoreUnavailable,
    UnknownAddress,
    UnknownOutcome,
)
from ledger.storage.library import LibraryRecorder, TrackedWriting
from ledger.storage.port import Head, Sealing, StoreInfo, StreamHead
from ledger.storage.postgres_schema import SCHEMA_VERSION, statements
from ledger.storage.postgres_soundness import altered, misfiled
from ledger.storage.reads import (
    GOVERNANCE,
    LAST,
    SELECT_INFO,
    Dialect,
    governance_of,
    head_of,
    stream_heads_of,
)
from ledger.storage.rows import COLUMNS, row_of, to_micros
from ledger.storage.soundness import Altered, Misfiled
from ledger.storage.tree_reads import TreeWrites

MAX_SCHEMA_BYTES = 63
"""The server cuts longer identifiers: two nodes could end in one schema."""

POOL_SIZE = 64
"""Connections at most, opened when needed: more than the threads of a web worker (40)."""
CONNECT_SECONDS = 10
IDLE_SECONDS = 20
"""A writer that was stopped under the lock loses its transaction after this long."""
READ_BACK_SECONDS = 60.0
"""How long a lost commit is asked after: past ``IDLE_SECONDS`` and a server's restart."""

ROWS_AT_A_LOOK = 250
"""Rows fetched before it is asked how long they were; each look goes to the server and back."""

COLUMN_TYPES = ("int8", "text", "int8", "text", "bytea", "int8", "bytea", "bytea", "bytea")

_Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresStore(LibraryRecorder):
    """The log of one node in one schema. Use ``opening.open_store`` to get one."""

    def __init__(
        self, conninfo: str, *, schema: str, sealing: Sealing | None, lock_timeout: float
    ) -> None:
        if not schema or "\0" in schema or len(schema.encode()) > MAX_SCHEMA_BYTES:
            raise NodeNameUnusable(store="postgresql", limit=MAX_SCHEMA_BYTES, found=repr(schema))
        self.sealing = sealing
        self.lock_timeout = lock_timeout
        self.schema = schema
        self._quoted = sql.Identifier(schema).as_string(None)
        prefix = self._quoted.replace("%", "%%")  # it stands beside parameters
        self.dialect = Dialect(
            id="notification_id",
            entries=f"{prefix}.entries",
            manifests=f"{prefix}.manifests",
            tracking=f"{prefix}.tracking",
            info=f"{prefix}.store_info",
            tiles=f"{prefix}.tiles",
            notes=f"{prefix}.notes",
            parameter="%s",
        )
        try:
            self._conninfo = make_conninfo(conninfo, connect_timeout=CONNECT_SECONDS)
        except psycopg.ProgrammingError as error:
            raise UnknownAddress(store="postgresql") from error
        self._pool: ConnectionPool[_Connection] = ConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True},
            configure=_configure,
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=POOL_SIZE,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            open=True,
        )

    @property
    def url(self) -> str:
        parts = conninfo_to_dict(self._conninfo)
        host, name = quote(str(parts.get("host") or ""), safe=""), str(parts.get("dbname") or "")
        port = f":{parts['port']}" if parts.get("port") else ""
        return f"postgresql://{host}{port}/{quote(name)}#{quote(self.schema)}"

    @property
    def info(self) -> StoreInfo:
        """Raises ``NotThisStore`` for a schema that is no store or of another version."""
        rows = self._rows(SELECT_INFO)
        if len(rows) != 1 or rows[0][0] != SCHEMA_VERSION:
            raise OtherVersion(store=self.url)
        version, store_id, node = rows[0]
        return StoreInfo(version, store_id, node)

    def exists(self) -> bool:
        return bool(self._rows("SELECT to_regclass(?)", (f"{self._quoted}.store_info",))[0][0])

    def create(self, *, node: str, store_id: UUID) -> None:
        """Makes schema and tables unless they are there. Safe beside another doing it."""
        with self._connection() as connection, connection.transaction():
            # Two CREATE SCHEMA IF NOT EXISTS at once collide in the catalogue.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self._quoted,))
            _run(connection, f"CREATE SCHEMA IF NOT EXISTS {self._quoted}")
            found = connection.execute(
                "SELECT to_regclass(%s)", (f"{self._quoted}.entries",)
            ).fetchone()
            if found is not None and found[0] is not None:
                return
            for statement in statements():
                _run(connection, statement.replace("{schema}", self._quoted))
            connection.execute(
                self.dialect.render("INSERT INTO {info} VALUES (1, ?, ?, ?)"),
                (SCHEMA_VERSION, store_id, node),
            )

    def close(self) -> None:
        self._pool.close()

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        rendered = self.dialect.render(statement)
        with self._connection() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(rendered, parameters).fetchall()

    def _some_rows(
        self, statement: str, parameters: Sequence[object] = (), *, long: Collection[int] = ()
    ) -> list[Any]:
        found: list[Any] = []
        length = 0
        rendered = self.dialect.render(statement)
        with (
            self._connection() as connection,
            connection.transaction(),
            connection.cursor("some_rows", binary=True) as cursor,
        ):
            cursor.execute(rendered, parameters)
            while length < READ_BYTES and (rows := cursor.fetchmany(ROWS_AT_A_LOOK)):
                found += rows
                length += length_of(rows, long)
        return found

    def misfiled(self) -> Misfiled:
        with self._connection() as connection:
            return misfiled(connection, f"{self._quoted}.entries")

    def altered(self) -> Altered:
        with self._connection() as connection:
            return altered(connection, self.schema, self._quoted)

    def _fence(self) -> None:
        with self._locked("SHARE"):
            pass

    @contextmanager
    def _writing(self) -> Iterator[TrackedWriting]:
        lost: psycopg.Error | None = None
        with self._locked("EXCLUSIVE") as connection:
            writing = _Writing(connection, self.dialect, self._quoted)
            yield writing
            try:
                answer = connection.execute("COMMIT").statusmessage
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                lost = error
            else:
                if answer != "COMMIT":  # a failed transaction answers ROLLBACK, without an error
                    raise NotStored(reason=answer)
        if lost is not None:
            self._read_back(writing.sent, lost)

    @contextmanager
    def _locked(self, mode: str) -> Iterator[_Connection]:
        """A transaction that holds the table lock; rolled back unless the caller commits."""
        wait = max(1, round(self.lock_timeout * 1000))  # 0 would be for ever
        begin = (
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
            f"SET LOCAL lock_timeout = {wait}; "
            f"LOCK TABLE {self._quoted}.entries IN {mode} MODE"
        )
        with self._connection() as connection:
            try:
                _run(connection, begin)
                yield connection
            finally:
                if not connection.closed:
                    with suppress(psycopg.Error):
                        connection.rollback()

    @contextmanager
    def _connection(self) -> Iterator[_Connection]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.Error as error:
            self._refuse(error)

    def _refuse(self, error: psycopg.Error) -> NoReturn:
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise StoreBusy(seconds=self.lock_timeout) from error
        reason = str(error).partition("\n")[0]
        if isinstance(error, psycopg.IntegrityError):
            raise AppendOnly(reason=reason) from error
        raise StoreUnavailable(store=self.url, reason=reason) from error

    def _read_back(self, sent: Sequence[StoredEntry], lost: psycopg.Error) -> None:
        """Returns when ``sent`` is stored; the answer to its COMMIT was lost."""
        reason = str(lost).partition("\n")[0]
        deadline = time.monotonic() + READ_BACK_SECONDS
        while sent:
            try:
                self._fence()  # the old transaction holds its lock until it has ended
                stored = self.streams({str(entry.originator_id) for entry in sent})
                break
            except (StoreUnavailable, StoreBusy):
                if time.monotonic() > deadline:
                    raise UnknownOutcome(count=len(sent), reason=reason) from lost
                time.sleep(0.2)
        else:
            raise UnknownOutcome(count=0, reason=reason) from lost
        found = {
            (entry.originator_id, entry.originator_version): entry.state
            for entries in stored.values()
            for entry in entries
        }
        same = [
            found.get((entry.originator_id, entry.originator_version)) == entry.state
            for entry in sent
        ]
        if not any(same):
            raise NotStored(reason=reason) from lost
        if not all(same):
            raise StoreDamaged(store=self.url, reason="a transaction was stored in part") from lost


class _Writing(TreeWrites):
    """A transaction under the EXCLUSIVE table lock."""

    STREAM_HEADS = (
        "SELECT k.key, e.originator_version, e.state FROM unnest(?::text[]) AS k(key) "
        "CROSS JOIN LATERAL (SELECT originator_version, state FROM {entries} "
        "WHERE originator_id = k.key ORDER BY originator_version DESC LIMIT 1) AS e"
    )
    TRACK = (
        "INSERT INTO {tracking} AS t VALUES (?, ?) ON CONFLICT (application_name) DO UPDATE "
        "SET notification_id = excluded.notification_id "
        "WHERE t.notification_id < excluded.notification_id"
    )

    def __init__(self, connection: _Connection, dialect: Dialect, quoted: str) -> None:
        self._connection = connection
        self._dialect = dialect
        self._copy = (
            f"COPY {quoted}.entries (notification_id, {COLUMNS}) FROM STDIN (FORMAT BINARY)"
        )
        self.sent: list[StoredEntry] = []

    def held(self) -> Head | None:
        return head_of(self._rows(LAST))

    def head(self) -> Head | None:
        return self.held()

    def governance_index(self) -> int:
        return governance_of(self._rows(GOVERNANCE))

    def stream_heads(self, keys: Collection[str]) -> Mapping[str, StreamHead]:
        return stream_heads_of(self._rows(self.STREAM_HEADS, (list(keys),)))

    def insert(self, entries: Sequence[StoredEntry]) -> None:
        micros = to_micros(entries[0].recorded_at)
        with (
            self._connection.cursor() as cursor,
            cursor.copy(self._copy) as copy,
        ):
            copy.set_types(COLUMN_TYPES)
            for entry in entries:
                copy.write_row(row_of(entry, micros))
        self.sent += entries

    def insert_manifests(self, manifests: Sequence[tuple[str, bytes]]) -> None:
        statement = "INSERT INTO {manifests} VALUES (?, ?) ON CONFLICT DO NOTHING"
        with self._connection.cursor() as cursor:
            cursor.executemany(self._dialect.render(statement), manifests)

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(self._dialect.render(statement), rows)

    def insert_tracking(self, tracking: Tracking) -> bool:
        statement = self._dialect.render(self.TRACK)
        parameters = (tracking.application_name, tracking.notification_id)
        return self._connection.execute(statement, parameters).rowcount == 1

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        with self._connection.cursor(binary=True) as cursor:
            rendered = self._dialect.render(statement)
            return cursor.execute(rendered, parameters).fetchall()


def _configure(connection: _Connection) -> None:
    # An acknowledged entry survives a crash of the server, whatever its default is.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    _run(connection, f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")


def _run(connection: _Connection, statement: str) -> None:
    """A statement of this package, its identifiers quoted, without parameters."""
    connection.execute(statement)
