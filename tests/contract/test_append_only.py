"""The databases themselves refuse to rewrite the log, whoever asks them to."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from ledger.storage.errors import AppendOnly, StoreDamaged
from ledger.storage.opening import Store
from tests.contract.conftest import Place
from tests.contract.material import Stepping, draft, drafts, key

COLUMNS = "originator_id, originator_version, topic, state, recorded_at, keyid, signature"
BLOB = {False: "x'00'", True: "'\\x00'::bytea"}

CHANGES = {
    "update": "UPDATE entries SET topic = 'other'",
    "update of one": "UPDATE entries SET recorded_at = 0 WHERE {id} = 2",
    "delete": "DELETE FROM entries",
    "delete the last": "DELETE FROM entries WHERE {id} = 4",
    "update a manifest": "UPDATE manifests SET envelope = {blob}",
    "delete a manifest": "DELETE FROM manifests",
    "a manifest again": "INSERT INTO manifests VALUES ('aa', {blob})",
    "update the info": "UPDATE store_info SET node = 'other'",
    "delete the info": "DELETE FROM store_info",
    "the id again": "INSERT INTO entries ({id}, {columns}) VALUES (4, {values})",
    "a gap": "INSERT INTO entries ({id}, {columns}) VALUES (6, {values})",
    "before the first": "INSERT INTO entries ({id}, {columns}) VALUES (0, {values})",
    "the version again": (
        "INSERT INTO entries ({id}, {columns}) SELECT 5, {columns} FROM entries WHERE {id} = 2"
    ),
}

SQLITE_CHANGES = {
    "replace by id": "INSERT OR REPLACE INTO entries ({id}, {columns}) VALUES (2, {values})",
    "replace by version": (
        "INSERT OR REPLACE INTO entries ({id}, {columns}) "
        "SELECT 5, {columns} FROM entries WHERE {id} = 2"
    ),
    "ignore a gap": "INSERT OR IGNORE INTO entries ({id}, {columns}) VALUES (9, {values})",
    "replace": "REPLACE INTO entries ({id}, {columns}) VALUES (4, {values})",
    "upsert": (
        "INSERT INTO entries ({id}, {columns}) VALUES (2, {values}) "
        "ON CONFLICT ({id}) DO UPDATE SET topic = 'other'"
    ),
    "no id": "INSERT INTO entries ({columns}) VALUES ({values})",
    "replace a manifest": "REPLACE INTO manifests VALUES ('aa', {blob})",
    "replace the info": "REPLACE INTO store_info VALUES (1, 1, 'x', 'other')",
}

POSTGRES_CHANGES = {
    "truncate": "TRUNCATE entries",
    "truncate cascade": "TRUNCATE entries, manifests, store_info CASCADE",
    "truncate manifests": "TRUNCATE manifests",
    "as a replica": "SET session_replication_role = replica; DELETE FROM entries",
    "upsert": (
        "INSERT INTO entries ({id}, {columns}) VALUES (2, {values}) "
        "ON CONFLICT ({id}) DO UPDATE SET topic = 'other'"
    ),
    "two with a gap": "INSERT INTO entries ({id}, {columns}) VALUES (5, {values}), (7, {others})",
    "merge": (
        "MERGE INTO entries AS e USING (VALUES (2)) AS v (n) ON e.{id} = v.n "
        "WHEN MATCHED THEN DELETE"
    ),
}


def attempt(place: Place, store: Store, change: str) -> None:
    store.append(drafts(0, 4), sealing=Stepping(), manifests=[("aa", b"envelope")])
    before = (list(store.scan()), dict(store.manifests()), store.info)
    blob = BLOB[place.is_postgres]
    statement = change.format(
        id=place.id,
        columns=COLUMNS,
        blob=blob,
        values=f"'subject/x', 1, 't', {blob}, 1, {blob}, {blob}",
        others=f"'subject/y', 1, 't', {blob}, 1, {blob}, {blob}",
    )
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        place.execute(statement)
    assert (list(store.scan()), dict(store.manifests()), store.info) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_both_stores_refuse_to_change_what_was_recorded(
    place: Place, store: Store, change: str
) -> None:
    """UPDATE, DELETE and rows out of order fail in the database and change nothing."""
    attempt(place, store, change)


@pytest.mark.parametrize("change", SQLITE_CHANGES.values(), ids=SQLITE_CHANGES)
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_sqlite_refuses_to_replace(place: Place, store: Store, change: str) -> None:
    """REPLACE deletes silently, without DELETE triggers: it is refused before it starts."""
    attempt(place, store, change)


@pytest.mark.postgres
@pytest.mark.parametrize("change", POSTGRES_CHANGES.values(), ids=POSTGRES_CHANGES)
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_postgres_refuses_to_truncate(place: Place, store: Store, change: str) -> None:
    """TRUNCATE and friends are refused, also for a session that plays replica."""
    attempt(place, store, change)


def test_the_next_row_is_accepted_by_the_triggers(place: Place, store: Store) -> None:
    """The triggers refuse what is wrong, not everything."""
    store.append(drafts(0, 4), sealing=Stepping())
    blob = BLOB[place.is_postgres]
    place.execute(
        f"INSERT INTO entries ({place.id}, {COLUMNS}) "
        f"VALUES (5, 'subject/x', 1, 't', {blob}, 1, {blob}, {blob})"
    )
    assert store.size() == 5


def test_a_refusal_reaches_a_program_as_the_ledgers_own_error(store: Store) -> None:
    """What a trigger refuses through the store is AppendOnly."""
    store.append(drafts(0, 2), sealing=Stepping())
    with pytest.raises(AppendOnly):
        store._rows("DELETE FROM {entries}")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_tail_that_was_cut_off_is_noticed_by_the_next_append(place: Place, store: Store) -> None:
    """SQLite remembers the largest id; a shorter log is never continued."""
    store.append(drafts(0, 4), sealing=Stepping())
    place.drop_triggers()
    place.execute("DELETE FROM entries WHERE rowid >= 3")
    with pytest.raises(StoreDamaged):
        store.append([draft(key(8), 1)], sealing=Stepping())
    assert store.size() == 2


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_sqlite_syncs_every_commit(store: Store) -> None:
    """Write-ahead log, synchronous FULL, on every connection."""
    assert store._rows("PRAGMA synchronous") == [(2,)]
    assert store._rows("PRAGMA journal_mode") == [("wal",)]
    assert store._rows("PRAGMA recursive_triggers") == [(1,)]
