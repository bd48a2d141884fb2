"""What somebody who owns the database can do to a log, and a log to do it to.

The log is founded once; each change is undone before the next, so that many can be tried.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from ledger.log.audit import audit
from ledger.log.faults import AuditReport
from ledger.signing.dsse import ENTRY, sign
from tests.unit.log.small_log import SmallLog, small_log

COLUMNS = "originator_id, originator_version, topic, state, recorded_at, keyid, signature, details"


@dataclass
class Attacker:
    """A log whose triggers are gone. ``{id}`` stands for the id column, ``?`` for a value."""

    log: SmallLog
    url: str
    schema: str
    _connection: Any = field(init=False)

    def __post_init__(self) -> None:
        self._connection = (
            psycopg.connect(self.url, autocommit=True)
            if self.is_postgres
            else sqlite3.connect(self.url, isolation_level=None)
        )
        if self.is_postgres:
            self._connection.execute(f'SET search_path TO "{self.schema}"')
            self.execute("ALTER TABLE entries DISABLE TRIGGER USER")
            self.execute("ALTER TABLE manifests DISABLE TRIGGER USER")
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in self.execute(triggers):
                self.execute(f"DROP TRIGGER {name}")
        self.execute("CREATE TABLE kept AS SELECT * FROM entries")
        self.execute("CREATE TABLE kept_manifests AS SELECT * FROM manifests")

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    @property
    def id(self) -> str:
        return "notification_id" if self.is_postgres else "rowid"

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        statement = statement.replace("{id}", self.id).replace("{columns}", COLUMNS)
        if self.is_postgres:
            statement = statement.replace("?", "%s")
        cursor = self._connection.execute(
            statement, tuple(values) or None if self.is_postgres else tuple(values)
        )
        return cursor.fetchall() if cursor.description else []

    def value(self, index: int, column: str) -> Any:
        ((found,),) = self.execute(f"SELECT {column} FROM entries WHERE {{id}} = ?", [index + 1])
        return bytes(found) if isinstance(found, memoryview) else found

    def put(self, index: int, column: str, value: object) -> None:
        self.execute(f"UPDATE entries SET {column} = ? WHERE {{id}} = ?", [value, index + 1])

    def sign(self, index: int, payload: bytes) -> None:
        """What only somebody who has the node's key can do."""
        key = self.log.node.signing_key
        self.put(index, "state", payload)
        self.put(index, "signature", sign(key, ENTRY, payload))

    def resign(self, index: int, old: bytes, new: bytes) -> None:
        payload = self.value(index, "state")
        assert old in payload
        self.sign(index, payload.replace(old, new))

    def restore(self) -> None:
        for table, columns in (("entries", f"{self.id}, {COLUMNS}"), ("manifests", "*")):
            kept = "kept" if table == "entries" else "kept_manifests"
            into = "" if columns == "*" else f"({columns})"
            self.execute(f"DELETE FROM {table}")
            source = f"SELECT {columns} FROM {kept}"
            if table == "entries":
                source += f" ORDER BY {self.id}"
            self.execute(f"INSERT INTO {table} {into} {source}")
        if not self.is_postgres:
            self.execute(
                "UPDATE sqlite_sequence SET seq = (SELECT MAX(rowid) FROM entries) "
                "WHERE name = 'entries'"
            )

    def audit(self) -> AuditReport:
        return audit(self.log.store, self.log.node.data_keys)

    def found(self) -> set[tuple[int, str]]:
        return {(fault.index, fault.kind) for fault in self.audit().faults}

    def close(self) -> None:
        self._connection.close()


@contextmanager
def attacked(folder: Path, postgres: str | None = None) -> Iterator[Attacker]:
    """A small log, on SQLite or in a schema of its own on the server ``postgres``."""
    name = f"node_{uuid4().hex[:12]}" if postgres else "xiamen"
    with small_log(folder / "home", postgres, name) as log:
        place = postgres or str(folder / "home" / "ledger.sqlite")
        attacker = Attacker(log, place, name)
        try:
            yield attacker
        finally:
            if postgres:
                attacker.execute(f'DROP SCHEMA "{name}" CASCADE')
            attacker.close()
