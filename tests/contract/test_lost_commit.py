"""PostgreSQL: the connection breaks after COMMIT was sent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ledger.storage import postgres
from ledger.storage.errors import NotStored, StoreUnavailable, UnknownOutcome
from ledger.storage.opening import open_store
from ledger.storage.postgres import PostgresStore
from tests.contract.material import Stepping, check_log, draft, drafts, key

pytestmark = pytest.mark.postgres


class Breaking:
    """A connection whose COMMIT is, or is not, done, and whose answer never comes."""

    def __init__(self, connection: Any, committed: bool, afterwards: Callable[[], None]) -> None:
        self._connection = connection
        self._committed = committed
        self._afterwards = afterwards

    def execute(self, statement: Any, *parameters: Any) -> Any:
        if statement != "COMMIT":
            return self._connection.execute(statement, *parameters)
        if self._committed:
            self._connection.execute(statement)
        self._connection.close()
        self._afterwards()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class BreakingStore(PostgresStore):
    """Breaks the next commit."""

    committed = True
    unreachable = False

    def afterwards(self) -> None: ...

    @contextmanager
    def _locked(self, mode: str) -> Iterator[Any]:
        if mode == "SHARE" and self.unreachable:
            raise StoreUnavailable(store="x", reason="no route to host")
        with super()._locked(mode) as connection:
            if mode == "SHARE":
                yield connection
            else:
                yield Breaking(connection, self.committed, self.afterwards)


@pytest.fixture
def broken(postgres_url: str, postgres_schema: str) -> Iterator[BreakingStore]:
    open_store(postgres_url, create=True, node=postgres_schema).close()
    store = BreakingStore(postgres_url, schema=postgres_schema, sealing=None, lock_timeout=5)
    yield store
    store.close()


def test_a_commit_that_was_done_is_reported_as_done(broken: BreakingStore) -> None:
    """The rows are read back and compared; they are stored once."""
    appended = broken.append(drafts(0, 1_200), sealing=Stepping())
    assert list(broken.scan()) == appended.entries
    check_log(appended.entries)


def test_a_commit_that_was_not_done_is_reported_as_not_done(broken: BreakingStore) -> None:
    """Nothing is sent a second time; the caller decides again."""
    broken.committed = False
    with pytest.raises(NotStored):
        broken.append(drafts(0, 10), sealing=Stepping())
    assert broken.size() == 0


def test_another_writers_entry_is_not_taken_for_ours(
    broken: BreakingStore, postgres_url: str, postgres_schema: str
) -> None:
    """Same stream, same version, other bytes: ours was not stored."""

    def overtake() -> None:
        other = open_store(postgres_url, create=False, node=postgres_schema)
        other.append([draft(key(1), 1, "theirs")], sealing=Stepping())
        other.close()

    broken.committed = False
    broken.afterwards = overtake  # type: ignore[method-assign]
    with pytest.raises(NotStored):
        broken.append([draft(key(1), 1, "ours")], sealing=Stepping())
    (entry,) = broken.scan()
    assert b"theirs" in entry.state


def test_a_transaction_that_failed_unnoticed_is_not_taken_for_stored(
    postgres_url: str, postgres_schema: str
) -> None:
    """The server answers COMMIT of a failed transaction with ROLLBACK, and no error."""
    store = open_store(postgres_url, create=True, node=postgres_schema)
    with (
        pytest.raises(NotStored),
        store._writing() as writing,
        contextlib.suppress(psycopg.Error),
    ):
        writing._connection.execute("SELECT 1 / 0")  # type: ignore[attr-defined]
    store.close()


def test_a_store_that_cannot_be_asked_leaves_the_outcome_open(
    broken: BreakingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only then the error says that nobody knows."""
    monkeypatch.setattr(postgres, "READ_BACK_SECONDS", 0.3)
    broken.unreachable = True
    with pytest.raises(UnknownOutcome):
        broken.append(drafts(0, 10), sealing=Stepping())
    assert broken.size() == 10


def test_a_connection_that_breaks_before_the_commit_stores_nothing(
    postgres_url: str, postgres_schema: str
) -> None:
    """A backend that is terminated under the lock: an error, no entries, and life goes on."""
    store = open_store(postgres_url, create=True, node=postgres_schema)

    class Terminates(Stepping):
        def sign_batch(self, payloads):  # type: ignore[no-untyped-def]
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks "
                    "WHERE mode = 'ExclusiveLock' AND relation = to_regclass(%s)",
                    (f'"{postgres_schema}".entries',),
                )
            return super().sign_batch(payloads)

    with pytest.raises(StoreUnavailable):
        store.append(drafts(0, 10), sealing=Terminates())
    assert store.size() == 0
    store.append(drafts(0, 10), sealing=Stepping())
    assert store.size() == 10
    store.close()
