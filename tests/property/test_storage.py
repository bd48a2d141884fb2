"""The stores against a model of a few lines, with batches nobody thought of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from ledger.entry import StoredDraft, StoredEntry
from ledger.storage.append import plan
from ledger.storage.opening import Store, open_store
from ledger.storage.port import StreamHead
from tests.contract.material import START, TICK, Stepping, check_log, draft, key

pytestmark = pytest.mark.property

STREAMS = 4

Batch = list[tuple[int, int]]
"""(stream, how far the version is off: mostly 0)."""

batches = st.lists(
    st.lists(
        st.tuples(st.integers(0, STREAMS - 1), st.sampled_from([0] * 12 + [-1, 1])), max_size=8
    ),
    max_size=6,
)


@contextmanager
def sqlite_store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite://{folder}/node.sqlite", create=True, node="xiamen")
        try:
            yield store
        finally:
            store.close()


@contextmanager
def postgres_store(url: str) -> Iterator[Store]:
    schema = f"node-{uuid4().hex[:12]}"
    store = open_store(url, create=True, node=schema)
    try:
        yield store
    finally:
        store.close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


def encoded(batch: Batch, versions: dict[int, int]) -> list[StoredDraft]:
    """Drafts that continue the streams, off by what the batch says."""
    ahead = dict(versions)
    made = []
    for stream, off in batch:
        ahead[stream] = ahead.get(stream, 0) + 1
        made.append(draft(key(stream), ahead[stream] + off))
    return made


def run(store: Store, todo: list[Batch]) -> list[StoredEntry]:
    """Appends the batches, holding each answer to the model; the log at the end."""
    versions: dict[int, int] = {}
    sizes = [0]
    for batch in todo:
        spoilt = {key(stream) for stream, off in batch if off}
        appended = store.append(encoded(batch, versions), sealing=Stepping(), set_aside=True)
        assert appended.conflicts == spoilt
        for stream, _ in batch:
            if key(stream) not in spoilt:
                versions[stream] = versions.get(stream, 0) + 1
        kept = sum(key(stream) not in spoilt for stream, _ in batch)
        assert len(appended.entries) == kept
        if kept:
            sizes.append(sizes[-1] + kept)
    for step, size in enumerate(sizes[1:]):
        assert store.resolve(START + step * TICK) == size
    assert store.resolve(START - timedelta(days=1)) == 0
    entries = list(store.scan())
    check_log(entries)
    assert {head.seq for head in store.heads([key(n) for n in versions]).values()} == set(
        versions.values()
    )
    return entries


@given(batches)
def test_any_batches_leave_a_sound_log(todo: list[Batch]) -> None:
    """Whatever is appended, set aside or off by one: contiguous, chained, resolvable."""
    with sqlite_store() as store:
        run(store, todo)


@pytest.mark.postgres
@settings(max_examples=10)
@given(batches)
def test_both_stores_hold_the_same_bytes(postgres_url: str, todo: list[Batch]) -> None:
    """The same batches under the same clock and key give the same rows on both stores."""
    with sqlite_store() as one, postgres_store(postgres_url) as other:
        assert run(one, todo) == run(other, todo)


@given(st.integers(0, 12), st.integers(-2, 14), st.integers(-2, 14), st.integers(1, 5))
def test_a_scan_is_a_slice(count: int, start: int, stop: int, chunk: int) -> None:
    """``scan(start, stop)`` gives the indexes of that range that exist, whatever the chunk."""
    with sqlite_store() as store:
        store.append([draft(key(n), 1) for n in range(count)], sealing=Stepping())
        found = [entry.index for entry in store.scan(start, stop, chunk)]
    assert found == [index for index in range(count) if start <= index < stop]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12),
    st.dictionaries(st.integers(0, 3), st.integers(1, 3)),
)
def test_a_plan_keeps_exactly_the_streams_that_continue(
    batch: list[tuple[int, int]], stored: dict[int, int]
) -> None:
    """Kept are the drafts of streams whose versions run on from the stored one by one."""
    made = [draft(key(stream), seq) for stream, seq in batch]
    heads = {key(stream): StreamHead(seq, "") for stream, seq in stored.items()}
    kept, conflicts = plan(made, heads)
    expected = set()
    for stream in {stream for stream, _ in batch}:
        seqs = [seq for other, seq in batch if other == stream]
        first = stored.get(stream, 0) + 1
        if seqs != list(range(first, first + len(seqs))):
            expected.add(key(stream))
    assert conflicts == expected
    assert list(kept) == [d for d in made if d.originator_id not in expected]
