"""Both stores, one after the other, for every test that asks for ``place``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from ledger.storage.opening import Store, open_store


@dataclass
class Place:
    """Where a store is, and the stores that a test opened there."""

    url: str
    node: str
    opened: list[Store] = field(default_factory=list)

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    def open(self, *, create: bool = False, lock_timeout: float = 20.0) -> Store:
        store = open_store(self.url, create=create, node=self.node, lock_timeout=lock_timeout)
        self.opened.append(store)
        return store

    def execute(self, statement: str) -> None:
        """SQL past the store, ``entries`` and so on unqualified; a refusal is the driver's."""
        if self.is_postgres:
            with psycopg.connect(self.url, autocommit=True) as server:
                server.execute(f'SET search_path TO "{self.node}"')
                server.execute(statement)
        else:
            connection = sqlite3.connect(self.url.removeprefix("sqlite://"), isolation_level=None)
            try:
                connection.execute(statement)
            finally:
                connection.close()

    @property
    def id(self) -> str:
        return "notification_id" if self.is_postgres else "rowid"

    def drop_triggers(self) -> None:
        """What somebody who owns the database can do."""
        if self.is_postgres:
            self.execute("ALTER TABLE entries DISABLE TRIGGER USER")
            return
        for name in ("no_UPDATE", "no_DELETE", "contiguous"):
            self.execute(f"DROP TRIGGER entries_{name}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        where = Place(f"sqlite://{tmp_path}/node.sqlite", "xiamen")
    else:
        schema = request.getfixturevalue("postgres_schema")
        where = Place(request.getfixturevalue("postgres_url"), schema)
    yield where
    for store in where.opened:
        store.close()


@pytest.fixture
def store(place: Place) -> Store:
    return place.open(create=True)
