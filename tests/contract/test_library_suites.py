"""The library's own recorder suites, run against our recorders on both stores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.tests import persistence as suites

from ledger.storage.opening import Store, open_store

READING = 30.0
"""Seconds that a reader of the library's may still be at it."""


def close_all(stores: list[Store]) -> None:
    """Close them once the readers of the test have ended: the library tells them to stop and
    does not wait, and a connection that is closed under a reader ends the process."""
    for thread in threading.enumerate():
        if "read_continuously" in thread.name:
            thread.join(READING)
    for store in stores:
        store.close()


class OnSQLite:
    """Recorders on a file of the test's own."""

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        self._address = (f"sqlite://{tmp_path}/node.sqlite", "xiamen")
        self._stores: list[Store] = []
        yield
        close_all(self._stores)

    def create_recorder(self) -> Store:
        url, node = self._address
        self._stores.append(open_store(url, create=True, node=node))
        return self._stores[-1]

    def new_originator_id(self) -> str:
        return f"subject/{uuid4()}"


@pytest.mark.postgres
class OnPostgres(OnSQLite):
    """Recorders in a schema of the test's own."""

    @pytest.fixture(autouse=True)
    def _place(self, postgres_url: str, postgres_schema: str) -> Iterator[None]:
        self._address = (postgres_url, postgres_schema)
        self._stores = []
        yield
        close_all(self._stores)


class TestSQLiteApplicationRecorder(OnSQLite, suites.ApplicationRecorderTestCase[Store]):
    """Ids, order, limits, topics, and ten threads that write at once."""


class TestSQLiteProcessRecorder(OnSQLite, suites.ProcessRecorderTestCase):
    """Events and the position in another log are stored together or not at all."""


class TestSQLiteTrackingRecorder(OnSQLite, suites.TrackingRecorderTestCase):
    """A position only moves forward."""


class TestSQLiteNonInterleaving(OnSQLite, suites.NonInterleavingNotificationIDsBaseCase):
    """Two large appends at once do not mix their ids."""


class TestPostgresApplicationRecorder(OnPostgres, suites.ApplicationRecorderTestCase[Store]):
    """As on SQLite."""


class TestPostgresProcessRecorder(OnPostgres, suites.ProcessRecorderTestCase):
    """As on SQLite."""


class TestPostgresTrackingRecorder(OnPostgres, suites.TrackingRecorderTestCase):
    """As on SQLite."""


class TestPostgresNonInterleaving(OnPostgres, suites.NonInterleavingNotificationIDsBaseCase):
    """As on SQLite."""
