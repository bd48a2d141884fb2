"""What an owner of the database does to the store beside its rows, and what the audit says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from ledger.log.audit import audit
from ledger.log.faults import AuditReport
from ledger.signing.boxes import MAX_DETAILS_BYTES
from ledger.storage import postgres, sqlite
from ledger.storage.audit_reads import DETAILS
from ledger.storage.errors import StoreBusy, StoreUnavailable
from ledger.storage.port import EntryStore
from ledger.storage.rows import MAX_SHORT
from ledger.storage.tree_reads import MAX_BODY_BYTES, Note, NoteKind, note_of
from tests.unit.log.rewriting import Forger, forged, openings

INDEX = 300
"""A leaf of which nothing else is asked in these tests."""

KEYS = "originator_id, originator_version"
COLUMNS = f"{KEYS}, topic, state, recorded_at, keyid, signature, details"


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def founded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forger]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with forged(tmp_path_factory.mktemp("store"), url) as forger:
        yield forger


@pytest.fixture
def forger(founded: Forger) -> Iterator[Forger]:
    yield founded
    founded.restore()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def doomed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Forger]:
    """A log whose tables may be broken: nobody uses it again."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with forged(tmp_path, url) as forger:
        yield forger


@pytest.fixture
def doomed_file(tmp_path: Path) -> Iterator[Forger]:
    with forged(tmp_path) as forger:
        yield forger


# -- the index that answers are read by -----------------------------------------------


def swap_index(forger: Forger, change: str) -> None:
    """The index of the keys is that of another table, whose rows differ in one."""
    forger.execute(
        "CREATE TABLE shadow (id INTEGER PRIMARY KEY, originator_id TEXT NOT NULL, "
        "originator_version INTEGER NOT NULL, UNIQUE (originator_id, originator_version))"
    )
    forger.execute(f"INSERT INTO shadow (id, {KEYS}) SELECT rowid, {KEYS} FROM entries")
    forger.execute(change, [INDEX + 1])
    names = ("sqlite_autoindex_entries_1", "sqlite_autoindex_shadow_1")
    pages = [
        forger.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name])[0][0]
        for name in names
    ]
    forger.execute("PRAGMA writable_schema = ON")
    for name, page in zip(names, reversed(pages), strict=True):
        forger.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", [page, name])
    forger.execute("PRAGMA writable_schema = RESET")
    ((version,),) = forger.execute("PRAGMA schema_version")
    forger.execute(f"PRAGMA schema_version = {version + 1}")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("DELETE FROM shadow WHERE id = ?", {INDEX, -1}),
        ("UPDATE shadow SET originator_id = 'subject/x' WHERE id = ?", {INDEX}),
        ("UPDATE shadow SET id = id + 5000 WHERE id = ?", {INDEX}),
        ("INSERT INTO shadow SELECT id + 5000, 'subject/x', 9 FROM shadow WHERE id = ?", {-1}),
    ],
)
def test_an_entry_that_the_index_leads_away_from_is_found(
    doomed_file: Forger, change: str, expected: set[int]
) -> None:
    """Every row is right, and an answer would leave one out: the leaf is named."""
    key = doomed_file.value(INDEX, "originator_id")
    swap_index(doomed_file, change)
    assert doomed_file.faults() == {(index, "lookup_mismatch") for index in expected}
    if "id + 5000" not in change:
        assert doomed_file.log.store.stream(key) == []


@pytest.mark.postgres
def test_an_entry_that_an_index_of_the_server_leaves_out_is_found(
    tmp_path: Path, postgres_url: str
) -> None:
    """As on the other store: it was put in while the index was not kept."""
    with forged(tmp_path, postgres_url) as forger:
        name = "entries_originator_id_originator_version_notification_id_key"
        ready = f"UPDATE pg_index SET indisready = ? WHERE indexrelid = '{forger.schema}.{name}'::regclass"
        try:
            forger.execute(ready, [False])
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("only a superuser of the server can do this")
        forger.execute("UPDATE entries SET recorded_at = recorded_at WHERE {id} = ?", [INDEX + 1])
        forger.execute("DELETE FROM entries WHERE {id} = ?", [INDEX + 1])
        forger.execute(
            f"INSERT INTO entries ({{id}}, {COLUMNS}) SELECT {{id}}, {COLUMNS} FROM kept "
            "WHERE {id} = ?",
            [INDEX + 1],
        )
        assert (-1, "store_altered") in forger.faults()
        forger.execute(ready, [True])
        assert forger.faults() == {(INDEX, "lookup_mismatch"), (-1, "lookup_mismatch")}


def test_the_database_checks_the_small_tables_itself(doomed_file: Forger) -> None:
    """A note that its index does not lead to is kept from whoever asks for it."""
    forger = doomed_file
    forger.execute("CREATE TABLE shadow (a, b, c, d, UNIQUE (a, b, c, d))")
    forger.execute("PRAGMA writable_schema = ON")
    forger.execute(
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master "
        "WHERE name = 'sqlite_autoindex_shadow_1') WHERE name = 'sqlite_autoindex_notes_1'"
    )
    forger.execute("PRAGMA writable_schema = RESET")
    ((version,),) = forger.execute("PRAGMA schema_version")
    forger.execute(f"PRAGMA schema_version = {version + 1}")
    assert (-1, "lookup_mismatch") in forger.faults()


# -- tables, indexes and triggers ------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX entries_governance",
        "CREATE INDEX another ON entries (topic)",
        "ALTER TABLE entries ADD COLUMN another INTEGER",
    ],
)
def test_a_table_or_index_that_was_altered_is_found(doomed: Forger, change: str) -> None:
    """Whatever it is for: answers may be read by it."""
    if doomed.is_postgres and "COLUMN" in change:
        change = "ALTER TABLE entries ENABLE ROW LEVEL SECURITY"
    doomed.execute(change)
    assert (-1, "store_altered") in doomed.faults()


def test_triggers_that_are_gone_are_told(forger: Forger) -> None:
    """It is no fault of the log: they only stop mistakes."""
    told = [one for one in forger.report().remarks if one.kind == "triggers_altered"]
    assert len(told) == 1
    assert "entries_contiguous" in told[0].detail


def test_a_trigger_that_was_added_is_told(doomed: Forger) -> None:
    """By its name."""
    if doomed.is_postgres:
        doomed.execute(
            "CREATE TRIGGER another BEFORE UPDATE ON notes FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_change()"
        )
    else:
        doomed.execute("CREATE TRIGGER another AFTER INSERT ON notes BEGIN SELECT 1; END")
    assert any("another" in one.detail for one in doomed.report().remarks)


@pytest.mark.postgres
def test_a_function_behind_a_trigger_that_does_nothing_is_told(
    tmp_path: Path, postgres_url: str
) -> None:
    """The trigger stands there as before."""
    with forged(tmp_path, postgres_url) as forger:
        forger.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'"
        )
        assert any("function refuse_change" in one.detail for one in forger.report().remarks)


# -- what cannot be read ---------------------------------------------------------------


@pytest.mark.parametrize("table", ["tiles", "notes", "manifests"])
def test_a_table_that_is_gone_hides_nothing_else(doomed: Forger, table: str) -> None:
    """It is a fault, and everything else is audited."""
    doomed.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    doomed.put(INDEX, "signature", bytes(64))
    report = doomed.report()
    found = {(fault.index, fault.kind) for fault in report.faults}
    assert {(-1, "store_altered"), (INDEX, "bad_signature")} <= found
    assert report.entries == doomed.log.store.size()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE notes SET origin = {text} WHERE number = {first}", (-1, "bad_checkpoint")),
        ("UPDATE notes SET body = {text} WHERE number = {first}", (-1, "bad_checkpoint")),
        (
            "UPDATE notes SET kind = 'fork', body = {text} WHERE number = {first}",
            (-1, "stray_note"),
        ),
        (
            "UPDATE notes SET kind = 'witnessed', body = {text} WHERE number = {first}",
            (-1, "stray_note"),
        ),
        ("UPDATE tiles SET hashes = {text} WHERE number = 1", (0, "tile_mismatch")),
        ("UPDATE manifests SET envelope = {text}", (2, "missing_rule_pack")),
        ("UPDATE manifests SET envelope = {text}", (8, "bad_manifest")),
        ("UPDATE sqlite_sequence SET seq = {text}", (-1, "store_unreadable")),
    ],
)
@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_text_that_the_database_cannot_read_is_a_fault(
    forger: Forger, change: str, expected: tuple[int, str]
) -> None:
    """Wherever it stands, and nothing else is hidden by it."""
    change = change.replace("{text}", "CAST(x'ff' AS TEXT)")
    forger.execute(change.replace("{first}", "(SELECT MIN(number) FROM notes)"))
    forger.put(INDEX, "signature", bytes(64))
    try:
        found = forger.faults()
        assert {expected, (INDEX, "bad_signature")} <= found
    finally:
        forger.execute("DELETE FROM sqlite_sequence WHERE name = 'entries'")
        forger.execute("INSERT INTO sqlite_sequence SELECT 'entries', MAX(rowid) FROM entries")


class Failing:
    """A store of which one method raises; the store as a whole is there, or is not."""

    def __init__(self, store: object, method: str, error: Exception, *, is_there: bool) -> None:
        self.__dict__.update(store=store, method=method, error=error, is_there=is_there)

    def __getattr__(self, name: str) -> Any:
        if name == self.method or (name == "info" and self.failed and not self.is_there):
            self.__dict__["failed"] = True
            raise self.error
        return getattr(self.store, name)

    failed = False


METHODS = [
    "notes_by_size",
    "stored_tiles",
    "tile_levels",
    "stray_notes",
    "odd_notes",
    "notes_in_order",
    "misfiled",
    "altered",
    "largest_size_known",
]


def _audited(forger: Forger, method: str, error: Exception, *, is_there: bool) -> AuditReport:
    failing = Failing(forger.log.store, method, error, is_there=is_there)
    return audit(cast("EntryStore", failing), forger.log.node.data_keys)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_store_that_is_out_of_reach_is_no_fault_of_its_log(forger: Forger, method: str) -> None:
    """A part that cannot be read is a fault; a store that is busy or gone is raised."""
    gone = StoreUnavailable(store="x", reason="gone")
    assert not _audited(forger, method, gone, is_there=True).ok
    with pytest.raises(StoreUnavailable):
        _audited(forger, method, gone, is_there=False)
    with pytest.raises(StoreBusy):
        _audited(forger, method, StoreBusy(seconds=1), is_there=True)


# -- tiles, notes and counts that are none ----------------------------------------------


@pytest.mark.parametrize(
    ("level", "number"), [(0, "abc"), (0, 0.5), (0, b"\x05"), ("abc", 0), (0.5, 0), (b"\x00", 0)]
)
@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_tile_of_no_number_is_found(forger: Forger, level: object, number: object) -> None:
    """SQLite keeps whatever it is given; the node would refuse to read its tree."""
    forger.execute("INSERT INTO tiles VALUES (?, ?, x'00', x'00')", [level, number])
    assert forger.faults() == {(-1, "tile_mismatch")}


@pytest.mark.parametrize("seq", [5, 0, "'abc'", None])
@pytest.mark.parametrize("founded", ["sqlite"], indirect=True)
def test_a_count_that_is_too_low_is_found(forger: Forger, seq: object) -> None:
    """The store would take no more entries."""
    change = "DELETE FROM" if seq is None else f"UPDATE sqlite_sequence SET seq = {seq} WHERE"
    forger.execute(
        f"{change} sqlite_sequence WHERE name = 'entries'"
        if seq is None
        else f"{change} name = 'entries'"
    )
    try:
        assert forger.faults() == {(-1, "miscounted")}
    finally:
        forger.execute("DELETE FROM sqlite_sequence WHERE name = 'entries'")
        forger.execute("INSERT INTO sqlite_sequence SELECT 'entries', MAX(rowid) FROM entries")


def test_entries_that_arrive_meanwhile_are_not_miscounted(doomed: Forger) -> None:
    """However the writer and the audit take turns."""
    log = doomed.log

    class Meanwhile:
        asked = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(log.store, name)

        def size(self) -> int:
            Meanwhile.asked += 1
            openings(log, 5_000 + 10 * Meanwhile.asked, 1)
            return log.store.size()

    report = audit(cast("EntryStore", Meanwhile()), log.node.data_keys)
    assert report.faults == ()
    assert Meanwhile.asked >= 2


@pytest.mark.parametrize("kind", ["zzz", "fork", "witnessed", "checkpoint"])
def test_a_note_that_is_nothing_is_found(forger: Forger, kind: str) -> None:
    """Of a kind that nobody keeps, of no size, or no signed checkpoint."""
    size = -7 if kind == "checkpoint" else 5
    forger.keep(Note(cast("NoteKind", kind), forger.origin, size, "ab" * 32, b"junk"))
    assert (-1, "stray_note") in forger.faults()


def test_a_witnessed_checkpoint_filed_as_another_is_found(forger: Forger) -> None:
    """What a witness cosigned stands under its own log and size."""
    body = forger.cosigned.to_bytes()
    own = note_of("witnessed", forger.origin, forger.cosigned.checkpoint.size, body)
    forger.keep(own)
    assert forger.faults() == set()
    forger.keep(own._replace(origin="elsewhere.example"))
    assert forger.faults() == {(-1, "stray_note")}


def test_all_checkpoints_are_gone(forger: Forger) -> None:
    """The mark says that some were signed."""
    forger.execute("DELETE FROM notes WHERE kind = 'checkpoint'")
    assert forger.faults() == {(-1, "checkpoints_missing")}


# -- what is too long -------------------------------------------------------------------


def test_nothing_is_read_that_is_longer_than_it_may_be(forger: Forger) -> None:
    """Memory stays bounded whatever lies in the database."""
    store, size = forger.log.store, forger.cosigned.checkpoint.size
    forger.put(INDEX, "details", bytes(MAX_DETAILS_BYTES + 1))
    forger.put(INDEX, "topic", "x" * (MAX_SHORT + 1))
    forger.execute("UPDATE notes SET body = ?", [bytes(MAX_BODY_BYTES + 1)])
    forger.execute("UPDATE tiles SET hashes = ?", [bytes(1 << 20)])
    ((row,), (stored,)) = (
        store.raw_rows(INDEX, INDEX + 1),
        list(store.scan(INDEX, INDEX + 1)),
    )
    assert len(row[DETAILS]) <= 2
    assert len(stored.details or b"") <= 2
    assert len(stored.topic) <= 2
    assert all(len(hashes) <= 2 for _, _, hashes in store.stored_tiles(0, 0, 9))
    for notes in (
        store.notes("checkpoint"),
        list(store.notes_by_size("cosignature", forger.origin)),
        [store.latest_note("checkpoint", forger.origin)],
        list(store.notes_in_order("checkpoint")),
    ):
        assert notes
        assert all(note is not None and len(note.body) <= 2 for note in notes)
    assert {(INDEX, "commitment_mismatch"), (size - 1, "bad_cosignature")} <= forger.faults()


def test_long_rows_are_read_a_few_at_a_time(
    forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit finds the same: what did not come at once comes next."""
    forger.put(INDEX, "signature", bytes(64))
    whole = forger.report()
    for module in (sqlite, postgres):
        monkeypatch.setattr(module, "READ_BYTES", 1_000)
        monkeypatch.setattr(module, "ROWS_AT_A_LOOK", 7)
    monkeypatch.setattr("ledger.log.reading.READ_BYTES", 1_000)
    assert 0 < len(forger.log.store.raw_rows(0, 100)) < 100
    assert forger.report() == whole
