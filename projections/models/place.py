"""Where the read models of a node lie, and how to connect to them.

On SQLite they are a file of their own in the home, mode 0600, in write-ahead mode: readers and
writers of the log never wait for them. On PostgreSQL they are a schema beside the node's own.
They can be made anew at any time, so a commit need not outlive a failure of the power, only be
whole: rows and position come and go together.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from projections.models.errors import ReadModelsUnusable

FILE: Final = "read-models.sqlite"
FILE_MODE: Final = 0o600
SCHEMA: Final = "read_models"
MAX_SCHEMA_BYTES: Final = 63
"""The server cuts longer identifiers: two nodes could end in one schema."""

WAIT_SECONDS: Final = 60
"""For another's write to end: a range of a rebuild takes well under a second."""
CONNECT_SECONDS: Final = 10
CACHE_KIB: Final = 32_768
"""Indexes are entered at random places: keep their upper pages."""
CHECKPOINT_PAGES: Final = 4_000

WRITES: Final = "read_models_write"
"""Execution option of a connection that will write: its transaction begins as one."""


DRIVER_ERRORS: Final = (sqlite3.Error, psycopg.Error)
"""Of what goes past SQLAlchemy."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a schema of a database; may be sent to another process."""

    node: str
    file: Path | None = None
    conninfo: str = field(default="", repr=False)
    """Of PostgreSQL; it may hold a password."""

    @classmethod
    def of(cls, home: Path, store_url: str, node: str) -> Place:
        """Beside the store at ``store_url``, of the node in ``home``."""
        if store_url.partition(":")[0] == "sqlite":
            return cls(node, file=home.absolute() / FILE)
        return cls(node, conninfo=store_url)

    @property
    def schema(self) -> str:
        """Several nodes may share a database. No node's name holds a colon."""
        name = f"{SCHEMA}:{self.node}"
        if len(name.encode()) <= MAX_SCHEMA_BYTES:
            return name
        return f"{SCHEMA}:{sha256(self.node.encode()).hexdigest()[:32]}"

    @property
    def name(self) -> str:
        """For a person; without a password."""
        return str(self.file) if self.file is not None else f'schema "{self.schema}"'

    def engine(self) -> Engine:
        """Makes the file or the schema where there is none."""
        pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 2, "max_overflow": 62}
        if self.file is None:
            return create_engine("postgresql+psycopg://", creator=self._postgres, **pool)
        try:
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, FILE_MODE))
        except OSError as error:
            raise ReadModelsUnusable(place=self.name, reason=error.strerror) from error
        engine = create_engine("sqlite://", creator=self._sqlite, **pool)
        event.listen(engine, "begin", _begin)
        return engine

    def _sqlite(self) -> sqlite3.Connection:
        assert self.file is not None
        raw = sqlite3.connect(
            f"file:{quote(str(self.file))}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=WAIT_SECONDS,
        )
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = NORMAL")
            raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            raw.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except BaseException:
            raw.close()
            raise
        return raw

    def _postgres(self) -> psycopg.Connection[Any]:
        raw = psycopg.connect(self.conninfo, connect_timeout=CONNECT_SECONDS)
        try:
            schema = sql.Identifier(self.schema)
            found = raw.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.schema,))
            if found.fetchone() is None:
                # Two CREATE SCHEMA IF NOT EXISTS at once collide in the catalogue.
                raw.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (self.schema,))
                raw.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            raw.execute(sql.SQL("SET search_path TO {}").format(schema))
            raw.execute("SET synchronous_commit TO off")
            raw.execute(f"SET lock_timeout TO '{WAIT_SECONDS}s'")
            raw.commit()
        except BaseException:
            raw.close()
            raise
        return raw

    def discard(self) -> None:
        """Removes a damaged file: it held nothing that the log does not. No schema is removed.

        Its journal goes first, else it would be played into the file that comes next.
        """
        if self.file is None:
            return
        with self._rebuilding_file():
            for suffix in ("-wal", "-shm", ""):
                Path(f"{self.file}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def rebuilding(self, engine: Engine) -> Iterator[None]:
        """One rebuild at a time; whoever comes second waits for the first, however long."""
        if self.file is None:
            with engine.connect() as connection:
                key = {"key": f"rebuild {self.schema}"}
                connection.exec_driver_sql("SET lock_timeout TO 0")
                connection.exec_driver_sql("SELECT pg_advisory_lock(hashtext(%(key)s))", key)
                connection.commit()
                try:
                    yield
                finally:
                    connection.invalidate()  # closed, and its lock gone, whatever happened
            return
        with self._rebuilding_file():
            yield

    @contextmanager
    def _rebuilding_file(self) -> Iterator[None]:
        lock = os.open(f"{self.file}.rebuilding", os.O_CREAT | os.O_RDWR, FILE_MODE)
        try:
            flock(lock, LOCK_EX)
            yield
        finally:
            os.close(lock)


def _begin(connection: Connection) -> None:
    # The driver would begin at the first change only: then reads see what others commit
    # between them, and a change after a read may find that somebody was faster.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
