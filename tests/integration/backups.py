"""Taking a backup of a node's store and restoring it, as an operator would, on either store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

import psycopg
from psycopg import sql

from tests.integration.driving import Founded


class Backup(Protocol):
    def restore(self) -> None:
        """The store is what it was when the backup was taken; the home stays as it is."""


@dataclass(frozen=True)
class FileBackup:
    """A copy of the SQLite file."""

    node: Founded
    copy: Path

    def restore(self) -> None:
        for path in self.node.home.glob("ledger.sqlite*"):
            path.unlink()
        (self.node.home / "ledger.sqlite").write_bytes(self.copy.read_bytes())


@dataclass(frozen=True)
class SchemaBackup:
    """Which rows a schema held; what came later is deleted, past the triggers."""

    url: str
    schema: str
    keys: dict[str, tuple[str, set[tuple[object, ...]]]] = field(default_factory=dict)

    TABLES: ClassVar = {
        "entries": "notification_id",
        "tiles": "level, number",
        "notes": "number",
        "manifests": "digest",
    }

    def take(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as server:
            for table, key in self.TABLES.items():
                rows = server.execute(self._sql(f"SELECT {key} FROM {{}}.{table}")).fetchall()
                self.keys[table] = key, set(rows)

    def restore(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as server:
            for table, (key, kept) in self.keys.items():
                server.execute(self._sql(f"ALTER TABLE {{}}.{table} DISABLE TRIGGER USER"))
                rows = server.execute(self._sql(f"SELECT {key} FROM {{}}.{table}")).fetchall()
                marks = ", ".join("%s" for _ in key.split(","))
                statement = self._sql(f"DELETE FROM {{}}.{table} WHERE ({key}) = ({marks})")
                for row in set(rows) - kept:
                    server.execute(statement, row)
                names = [f"{table}_no_change", *(["entries_contiguous"] * (table == "entries"))]
                for name in names:
                    server.execute(
                        self._sql(f"ALTER TABLE {{}}.{table} ENABLE ALWAYS TRIGGER {name}")
                    )

    def _sql(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(sql.Identifier(self.schema))


def back_up(node: Founded, folder: Path, postgres_url: str | None) -> Backup:
    if postgres_url is not None:
        backup = SchemaBackup(postgres_url, node.name)
        backup.take()
        return backup
    copy = folder / "backup.sqlite"
    place = node.home / "ledger.sqlite"
    with closing(sqlite3.connect(place)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return FileBackup(node, copy)
