"""The library's own recorder suites, run against our recorders on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.tests import persistence as suites

from ledger.storage.opening import Store, open_store


class OnSQLite:
    """Recorders on a file of the test's own."""

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        self._address = (f"sqlite://{tmp_path}/node.sqlite", "xiamen")
        self._stores: list[Store] = []
        yield
        for store in self._stores:
            store.close()

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
        for store in self._stores:
            store.close()


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
