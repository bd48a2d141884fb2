"""Addresses, new stores, and stores that are not the expected ones."""

from __future__ import annotations

import resource
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.application import Application

from ledger.errors import LedgerError
from ledger.storage.errors import NotADraft, NotThisStore, StoreBusy, StoreUnavailable
from ledger.storage.factory import StoreFactory
from ledger.storage.opening import Store, open_store
from tests.contract.conftest import Place
from tests.contract.material import Stepping, draft, drafts, key


def test_a_store_knows_itself(place: Place) -> None:
    """Version, id and node are written once and read back by whoever opens it."""
    store_id = UUID(int=7)
    made = open_store(place.url, create=True, node=place.node, store_id=store_id)
    place.opened.append(made)
    assert made.info == place.open().info
    assert made.info.store_id == store_id
    assert made.info.node == place.node


def test_creating_again_keeps_what_is_there(place: Place, store: Store) -> None:
    """``create`` on a store of the same node only opens it."""
    store.append(drafts(0, 2), sealing=Stepping())
    again = place.open(create=True)
    assert again.info == store.info
    assert again.size() == 2


def test_a_store_that_is_not_there_is_not_made(place: Place, tmp_path: Path) -> None:
    """Without ``create`` nothing appears on the disk or in the database."""
    with pytest.raises(StoreUnavailable):
        place.open()
    with pytest.raises(StoreUnavailable):
        place.open()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://relative.sqlite",
        "sqlite:///file.sqlite?mode=memory",
        "sqlite:",
        "mysql://host/database",
        "",
        "postgresql://host:not-a-port-at-all=/x?nonsense=1",
    ],
)
def test_an_address_that_leads_nowhere_is_named(url: str) -> None:
    """The error is the ledger's own, with a sentence for a person."""
    with pytest.raises((NotThisStore, StoreUnavailable)) as caught:
        open_store(url, create=False, node="xiamen")
    assert caught.value.message("zh-CN")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_another_nodes_store_is_refused(place: Place, store: Store) -> None:
    """A SQLite store belongs to the node that made it."""
    for create in (False, True):
        with pytest.raises(NotThisStore):
            open_store(place.url, create=create, node="zhangzhou")


def test_another_version_of_the_tables_is_refused(place: Place, store: Store) -> None:
    """A store that a later program made is not written to by this one."""
    if place.is_postgres:
        place.execute("ALTER TABLE store_info DISABLE TRIGGER USER")
        place.execute("ALTER TABLE store_info DISABLE TRIGGER store_info_no_change")
    else:
        place.execute("DROP TRIGGER store_info_no_UPDATE")
    place.execute("UPDATE store_info SET schema_version = 99")
    with pytest.raises(NotThisStore):
        place.open()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_as_one(place: Place, store: Store) -> None:
    """A store that cannot be used just now is not called somebody else's."""
    store.append(drafts(0, 2), sealing=Stepping())
    store.close()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StoreUnavailable):
            open_store(place.url, create=False, node=place.node)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_store_without_a_readable_id_is_refused(place: Place, store: Store) -> None:
    """Whatever stands in its own description, opening tells it, and does not crash."""
    if place.is_postgres:
        pytest.skip("its column holds nothing but ids")
    place.execute("DROP TRIGGER store_info_no_UPDATE")
    place.execute("UPDATE store_info SET store_id = 'no id'")
    with pytest.raises(NotThisStore):
        place.open()


def test_a_manifest_that_is_no_blob_is_read_as_another(place: Place, store: Store) -> None:
    """SQLite keeps a text in a column of bytes: it fits no digest, and a reader goes on."""
    if place.is_postgres:
        pytest.skip("its column holds nothing but bytes")
    place.execute("INSERT INTO manifests VALUES ('d', 'text')")
    opened = place.open()
    assert opened.manifest("d") == b"'text'"
    assert dict(opened.manifests())["d"] == b"'text'"


def test_files_that_are_no_store_are_refused(tmp_path: Path) -> None:
    """Another program's database and a text file stay as they are."""
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, but longer than one hundred bytes " * 5)
    for path in (other, text, tmp_path):
        before = path.read_bytes() if path.is_file() else b""
        for create in (False, True):
            with pytest.raises(LedgerError):
                open_store(f"sqlite://{path}", create=create, node="xiamen").close()
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """The log holds ciphertext and staff ids: no group, no others."""
    path = tmp_path / "node #1 %.sqlite"
    url = "sqlite://" + str(path).replace("%", "%25").replace("#", "%23")
    store = open_store(url, create=True, node="xiamen")
    store.append(drafts(0, 2), sealing=Stepping())
    assert store.url == url.replace(" ", "%20")
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("node", ['a"b', "a%sb{c}?", "厦门", "Xiamen", "a; DROP TABLE x--"])
def test_any_name_is_a_schema_and_nothing_else(postgres_url: str, node: str) -> None:
    """Names are quoted: whatever a node is called, its tables are its own."""
    import psycopg
    from psycopg import sql

    store = open_store(postgres_url, create=True, node=node)
    try:
        store.append(drafts(0, 4), sealing=Stepping(), manifests=[("aa", b"1")])
        assert store.resolve(store.head().recorded_at) == 4  # type: ignore[union-attr]
        assert store.info.node == node
        assert store.heads([key(1)])[key(1)].seq == 2
    finally:
        store.close()
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(node)))


@pytest.mark.postgres
def test_a_name_that_the_server_would_cut_is_refused(postgres_url: str) -> None:
    """64 bytes, also of Chinese: two nodes must not end in one schema."""
    for node in ("", "a" * 64, "厦" * 22, "a\0b"):
        with pytest.raises(NotThisStore):
            open_store(postgres_url, create=True, node=node)


@pytest.mark.postgres
def test_the_shown_address_holds_no_password() -> None:
    """``url`` may stand in a log."""
    from ledger.storage.postgres import PostgresStore

    store = PostgresStore(
        "postgresql://user:secret@host/base", schema="x", sealing=None, lock_timeout=1
    )
    assert store.url == "postgresql://host/base#x"
    store.close()


def test_two_processes_may_create_the_same_store(place: Place) -> None:
    """Founding twice at the same moment gives one store."""
    program = (
        "import sys; from ledger.storage.opening import open_store\n"
        "s = open_store(sys.argv[1], create=True, node=sys.argv[2]); print(s.info); s.close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, place.url, place.node],
            cwd=Path(__file__).resolve().parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = {process.communicate(timeout=60)[0] for process in processes}
    assert outputs == {f"{place.open().info}\n"}


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_foreign_program_that_holds_the_lock_is_waited_for(place: Place, store: Store) -> None:
    """Who bypasses the queue still meets SQLite's lock; the clock is asked only under it."""
    impatient = place.open(lock_timeout=0.2)
    foreign = sqlite3.connect(store.url.removeprefix("sqlite://"), isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    sealing = Stepping()
    with pytest.raises(StoreBusy):
        impatient.append(drafts(0, 2), sealing=sealing)
    foreign.execute("ROLLBACK")
    foreign.close()
    assert sealing.asked == []
    impatient.append(drafts(0, 2), sealing=sealing)
    assert store.size() == 2


def test_the_librarys_application_runs_on_the_store(place: Place) -> None:
    """``insert_events`` seals drafts with the configured sealing, all or nothing."""
    environment = {
        "PERSISTENCE_MODULE": "ledger.storage.factory",
        "STORE_URL": place.url,
        "STORE_NODE": place.node,
    }
    application: Application[UUID] = Application(env=environment)
    assert isinstance(application.factory, StoreFactory)
    recorder = application.factory.store
    recorder.sealing = Stepping()
    assert recorder.insert_events(drafts(0, 3)) == [1, 2, 3]
    with pytest.raises(NotADraft):
        recorder.insert_events([*drafts(5, 2), recorder.stream(key(0))[0]])
    recorder.sealing = None
    with pytest.raises(NotADraft):
        recorder.insert_events([draft(key(8), 1)])
    assert recorder.size() == 3
    assert application.notification_log.select(start=1, limit=10)[2].id == 3
    application.close()
