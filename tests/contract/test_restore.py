"""Putting lost rows back: exactly as they were, the next ones only, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from ledger.entry import StoredEntry
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.tree import StoreTree
from ledger.storage.opening import Store
from ledger.storage.restore import NotTheNext
from ledger.storage.tree_reads import note_of
from tests.contract.conftest import Place
from tests.contract.material import Stepping, draft, drafts, key

SEALING = Stepping()
MANIFEST = ("ab" * 32, b"envelope")


def filled(store: Store) -> list[StoredEntry]:
    """700 entries in three transactions, some with details; two full tiles."""
    store.append(drafts(0, 100), sealing=SEALING)
    store.append([draft(key(500), 1, details=b"sealed")], sealing=SEALING, manifests=[MANIFEST])
    store.append(drafts(1_000, 599), sealing=SEALING)
    return list(store.scan())


def lose(place: Place, size: int, *, tiles: bool = True) -> None:
    """What a restored backup looks like: the rows from ``size`` on are gone."""
    names = ("tiles", "manifests") if tiles else ()
    if place.is_postgres:
        for table in ("entries", *names):
            place.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        place.execute(f"DELETE FROM entries WHERE {place.id} > {size}")
        for table in names:
            place.execute(f"DELETE FROM {table}")
        for table in ("entries", *names):
            place.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change")
        place.execute("ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_contiguous")
        return
    for table in ("entries", *names):
        place.execute(f"DROP TRIGGER {table}_no_DELETE")
    place.execute(f"DELETE FROM entries WHERE rowid > {size}")
    for table in names:
        place.execute(f"DELETE FROM {table}")


def contents(store: Store) -> tuple[object, ...]:
    tiles = [store.tile(level, number) for level in (0, 1) for number in range(3)]
    return list(store.scan()), tiles, dict(store.manifests())


def in_batches(store: Store, entries: Sequence[StoredEntry], batch: int) -> None:
    for start in range(0, len(entries), batch):
        store.restore(entries[start : start + batch], manifests=[MANIFEST])


@pytest.mark.parametrize("batch", [1_000, 256, 7])
@pytest.mark.parametrize("tiles", [True, False])
def test_rows_are_put_back_exactly_as_they_were(
    place: Place, store: Store, tiles: bool, batch: int
) -> None:
    """Rows, tiles and manifests are the same, in whatever batches, whether or not the tiles
    were lost with the rows; and the log goes on."""
    entries = filled(store)
    before = contents(store)
    lose(place, 90, tiles=tiles)
    again = place.open()
    assert again.size() == 90
    in_batches(again, entries[90:], batch)
    assert contents(again) == before
    assert StoreTree(again, 700).root() == root_of([leaf_hash(e.state) for e in entries])
    (added,) = again.append([draft(key(9_999), 1)], sealing=SEALING).entries
    assert added.index == 700


def test_rows_of_several_instants_go_into_one_transaction(place: Place, store: Store) -> None:
    """Each keeps its own recorded_at."""
    for number in range(20):
        store.append([draft(key(number), 1)], sealing=SEALING)
    entries = list(store.scan())
    lose(place, 3)
    again = place.open()
    again.restore(entries[3:])
    assert list(again.scan()) == entries


BENT: dict[str, Callable[[list[StoredEntry]], list[StoredEntry]]] = {
    "the one after the next": lambda rows: rows[1:],
    "one that is there": lambda rows: [replace(rows[0], index=rows[0].index - 1), *rows],
    "a gap": lambda rows: [*rows[:5], *rows[6:]],
    "another seq": lambda rows: [replace(rows[0], originator_version=7), *rows[1:]],
    "another stream": lambda rows: [replace(rows[0], originator_id=key(0)), *rows[1:]],
    "an earlier instant": lambda rows: [replace(rows[0], recorded_at=rows[0].recorded_at.replace(
        year=2001)), *rows[1:]],
}  # fmt: skip


@pytest.mark.parametrize("bent", BENT)
def test_rows_that_are_not_the_next_are_refused(place: Place, store: Store, bent: str) -> None:
    """Nothing of the transaction is stored."""
    entries = filled(store)
    lose(place, 100)
    again = place.open()
    with pytest.raises(NotTheNext):
        again.restore(BENT[bent](entries[100:]), manifests=[MANIFEST])
    assert again.size() == 100
    assert again.manifest(MANIFEST[0]) is None


def test_a_tile_that_is_there_and_differs_is_refused(place: Place, store: Store) -> None:
    """Where the tail was lost without its tiles, rows must be those that the tiles hash."""
    entries = filled(store)
    lose(place, 100, tiles=False)
    again = place.open()
    bent = [replace(entries[100], state=entries[100].state + b" "), *entries[101:]]
    with pytest.raises(NotTheNext):
        again.restore(bent)
    assert again.size() == 100


def test_what_is_put_back_cannot_be_changed(place: Place, store: Store) -> None:
    """The triggers stand behind ``restore`` as behind ``append``."""
    entries = filled(store)
    with pytest.raises(NotTheNext):
        store.restore(entries[:1])
    with pytest.raises(NotTheNext):
        store.restore([replace(entries[0], index=700)])
    assert list(store.scan()) == entries


def test_notes_are_found_by_log_and_size(store: Store) -> None:
    """``notes_between`` is in order of size, kind and digest; ``note_pages`` names the pages."""
    kept = [
        note_of("checkpoint", "a", 5, b"1"),
        note_of("cosignature", "a", 5, b"2"),
        note_of("checkpoint", "a", 4_096, b"3"),
        note_of("witnessed", "b", 9_000, b"4"),
        note_of("checkpoint", "a", 4, b"5"),
    ]
    store.keep_notes(lambda _: kept)
    assert store.notes_between("a", 0, 4_096) == [kept[4], kept[0], kept[1]]
    assert store.notes_between("a", 4_096, 8_192) == [kept[2]]
    assert store.notes_between("b", 0, 8_192) == []
    assert store.note_pages(4_096) == [("a", 0), ("a", 1), ("b", 2)]
