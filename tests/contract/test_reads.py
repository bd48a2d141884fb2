"""What every store guarantees about reading."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from ledger.entry import StoredEntry
from ledger.storage.opening import Store
from ledger.storage.port import Head, StreamHead
from ledger.storage.rows import NO_INSTANT
from tests.contract.conftest import Place
from tests.contract.material import START, TICK, Sealing, Stepping, draft, drafts, key

SEALING = Stepping()


def test_an_empty_store_says_so(store: Store) -> None:
    """No size, no head, no governance, nothing known at any time."""
    assert store.size() == 0
    assert store.head() is None
    assert store.governance_index() == -1
    assert store.resolve(START) == 0
    assert list(store.scan()) == []
    assert store.stream(key(1)) == []
    assert store.streams([key(1)]) == {key(1): []}
    assert store.heads([key(1)]) == {}


def test_the_head_is_size_and_last_instant(store: Store) -> None:
    """``head`` is a pair, exact to the microsecond."""
    odd = START + timedelta(microseconds=123_457)
    store.append(drafts(0, 3), sealing=Sealing(lambda _last, _at: odd))
    assert store.head() == Head(3, odd)


def test_a_stream_can_be_cut_by_tree_size_and_continued_by_seq(store: Store) -> None:
    """``upto`` counts leaves of the tree, ``after_seq`` entries of the stream."""
    for seq in (1, 2, 3):
        store.append([draft(key(1), seq), draft(key(2), seq)], sealing=SEALING)
    assert [e.index for e in store.stream(key(1))] == [0, 2, 4]
    assert [e.index for e in store.stream(key(1), upto=3)] == [0, 2]
    assert [e.index for e in store.stream(key(1), upto=2)] == [0]
    assert [e.index for e in store.stream(key(1), upto=0)] == []
    assert [e.index for e in store.stream(key(1), after_seq=1)] == [2, 4]
    assert [e.index for e in store.stream(key(1), upto=4, after_seq=1)] == [2]
    assert [e.index for e in store.streams([key(2)], upto=4)[key(2)]] == [1, 3]


def test_many_streams_come_in_chunks(store: Store) -> None:
    """More keys than a statement takes parameters; unknown ones map to nothing."""
    store.append(drafts(0, 2_400), sealing=SEALING)
    keys = [key(n) for n in range(1_300)]
    found = store.streams(keys)
    assert list(found) == keys
    assert all(len(found[k]) == (2 if n < 1_200 else 0) for n, k in enumerate(keys))
    heads = store.heads(keys)
    assert len(heads) == 1_200
    assert {head.seq for head in heads.values()} == {2}


def test_heads_name_the_last_payload(store: Store) -> None:
    """A stream's head is what the next entry's ``prev`` must be."""
    store.append([draft(key(1), 1)], sealing=SEALING)
    head = store.heads([key(1)])[key(1)]
    store.append([draft(key(1), 2)], sealing=SEALING)
    second = store.stream(key(1))[1]
    assert head == StreamHead(1, head.digest)
    assert f'"prev":"{head.digest}"'.encode() in second.state


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
def test_a_scan_is_the_range_whatever_the_chunk(store: Store, chunk: int) -> None:
    """``start <= index < stop``, in order, in chunks of any size."""
    store.append(drafts(0, 10), sealing=SEALING)
    assert [e.index for e in store.scan(chunk=chunk)] == list(range(10))
    assert [e.index for e in store.scan(2, 7, chunk)] == [2, 3, 4, 5, 6]
    assert [e.index for e in store.scan(9, None, chunk)] == [9]
    assert [e.index for e in store.scan(10, None, chunk)] == []


def test_a_scan_finds_the_kinds_it_was_asked_for(store: Store) -> None:
    """Governance and other kinds, from an index on."""
    kinds = ("node", "subject", "organisation", "access", "node", "subject")
    store.append([draft(key(n, kind), 1) for n, kind in enumerate(kinds)], sealing=SEALING)
    assert [e.index for e in store.scan_kinds(("node", "organisation"))] == [0, 2, 4]
    assert [e.index for e in store.scan_kinds(("organisation", "node"), 1)] == [2, 4]
    assert [e.index for e in store.scan_kinds({"subject"}, 0, 5)] == [1]
    assert [e.index for e in store.scan_kinds(())] == []
    assert store.governance_index() == 4


def test_a_scan_shows_what_was_tampered_with(place: Place, store: Store) -> None:
    """Gaps and changed columns reach the caller as they stand in the table."""
    store.append(drafts(0, 8), sealing=SEALING)
    place.drop_triggers()
    place.execute(f"DELETE FROM entries WHERE {place.id} = 3")
    place.execute(f"UPDATE entries SET topic = 'Other:1' WHERE {place.id} = 4")
    place.execute(f"UPDATE entries SET recorded_at = 7 WHERE {place.id} = 5")
    place.execute(f"UPDATE entries SET originator_id = 'node/zz' WHERE {place.id} = 6")
    place.execute(f"UPDATE entries SET recorded_at = 9223372036854775807 WHERE {place.id} = 7")
    place.execute(f"UPDATE entries SET {place.id} = -5 WHERE {place.id} = 8")
    found = {entry.index: entry for entry in store.scan(chunk=2)}
    assert sorted(found) == [-6, 0, 1, 3, 4, 5, 6]
    assert found[3].topic == "Other:1"
    assert found[4].recorded_at == datetime.fromisoformat("1970-01-01T00:00:00.000007Z")
    assert found[5].originator_id == "node/zz"
    assert found[6].recorded_at == NO_INSTANT
    assert store.governance_index() == 5  # kind follows the key


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_values_of_the_wrong_type_do_not_stop_a_scan(place: Place, store: Store) -> None:
    """SQLite stores anything anywhere; an audit must still get to the end."""
    store.append(drafts(0, 3), sealing=SEALING)
    place.drop_triggers()
    place.execute(
        "UPDATE entries SET recorded_at = 'soon', state = 'text', signature = 7, "
        "originator_version = 'one', topic = x'ff' WHERE rowid = 2"
    )
    entries = list(store.scan())
    assert [entry.index for entry in entries] == [0, 1, 2]
    assert entries[1].recorded_at == NO_INSTANT
    assert entries[1].originator_version == -1
    assert isinstance(entries[1].state, bytes)


def test_what_was_known_is_counted_to_the_microsecond(store: Store) -> None:
    """``resolve`` counts entries recorded at the instant or before."""
    for at in (START, START + 5 * TICK, START + timedelta(days=1)):
        store.append(drafts(store.size(), 3), sealing=Sealing(lambda _last, _at, at=at: at))  # type: ignore[misc]
    answers = {
        START - TICK: 0,
        START: 3,
        START + TICK: 3,
        START + 4 * TICK: 3,
        START + 5 * TICK: 6,
        START + timedelta(days=1) - TICK: 6,
        START + timedelta(days=1): 9,
        START + timedelta(days=400): 9,
    }
    assert {at: store.resolve(at) for at in answers} == answers


def test_resolve_waits_for_a_writer_between_stamp_and_commit(store: Store) -> None:
    """An entry stamped before the question is counted, even if it commits after it."""
    store.append(drafts(0, 2), sealing=Stepping())
    signing, go_on = threading.Event(), threading.Event()

    class Slow(Stepping):
        def sign_batch(self, payloads):  # type: ignore[no-untyped-def]
            signing.set()
            assert go_on.wait(10)
            return super().sign_batch(payloads)

    with ThreadPoolExecutor(3) as pool:
        writer = pool.submit(store.append, drafts(5, 2), sealing=Slow())
        assert signing.wait(10)
        asked = pool.submit(store.resolve, START + TICK)
        past = pool.submit(store.resolve, START - TICK)
        assert past.result(10) == 0  # before the head: no need to wait
        with pytest.raises(TimeoutError):
            asked.result(0.3)
        go_on.set()
        writer.result(10)
        assert asked.result(10) == 4


def test_reading_does_not_wait_for_a_writer(store: Store) -> None:
    """Readers see the log as it was while an append is under way."""
    store.append(drafts(0, 2), sealing=Stepping())
    sizes: list[int] = []

    class Looks(Stepping):
        def sign_batch(self, payloads):  # type: ignore[no-untyped-def]
            sizes.append(store.size())
            sizes.append(len(list(store.scan())))
            return super().sign_batch(payloads)

    store.append(drafts(5, 2), sealing=Looks())
    assert sizes == [2, 2]


def test_library_and_port_agree(store: Store) -> None:
    """Notification ids are leaf index + 1, and both ways of reading give the same rows."""
    store.append(drafts(0, 6), sealing=SEALING)
    read: Callable[[str], list[StoredEntry]] = store.stream
    assert store.select_events(key(1)) == read(key(1))
    assert [n.id for n in store.select_notifications(2, 3)] == [2, 3, 4]
    assert store.max_notification_id() == 6
