"""Reading a log by ranges of streams, on either store."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ledger.storage.opening import Store
from tests.contract.conftest import Place
from tests.contract.material import Stepping, draft, drafts, key

SEALING = Stepping()


def read(store: Store, low: str, high: str | None, upto: int, chunk: int) -> list[tuple[str, int]]:
    return [
        (str(entry.originator_id), entry.originator_version)
        for some in store.between(low, high, upto, chunk)
        for entry in some
    ]


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_ranges_side_by_side_hold_every_row_once(store: Store, chunk: int) -> None:
    """In the order of the streams, each stream in its own order, whatever the chunk is."""
    store.append(drafts(0, 7), sealing=SEALING)
    store.append([draft(key(0), 3), draft(key(9, "access"), 1)], sealing=SEALING)
    whole = read(store, "", None, 9, chunk)
    assert whole == sorted(whole)
    assert len(whole) == 9
    parts = ["", key(1), key(2) + "x", None]
    found = [row for low, high in pairwise(parts) for row in read(store, str(low), high, 9, chunk)]
    assert found == whole


def test_later_leaves_are_left_out(store: Store) -> None:
    """``upto`` is a tree size."""
    store.append(drafts(0, 4), sealing=SEALING)
    store.append([draft(key(0), 3)], sealing=SEALING)
    assert (key(0), 3) not in read(store, "", None, 4, 10)
    assert read(store, "", None, 0, 10) == []


def test_keys_tell_who_was_written_to(store: Store) -> None:
    """Leaf index and stream, in the order of the log."""
    store.append(drafts(0, 4), sealing=SEALING)
    assert store.keys(1, 3) == [(1, key(0)), (2, key(1))]
    assert store.keys(4, 9) == []


@pytest.mark.parametrize("missing", [[0], [3], [6], [2, 5], []])
def test_the_first_gap_is_found(store: Store, place: Place, missing: list[int]) -> None:
    """The first leaf below the size that has no row, or none."""
    store.append(drafts(0, 7), sealing=SEALING)
    place.drop_triggers()
    for index in missing:
        place.execute(f"DELETE FROM entries WHERE {place.id} = {index + 1}")
    assert store.first_gap(7) == (missing[0] if missing else None)
    assert store.first_gap(0) is None
    if missing and missing[0] > 0:
        assert store.first_gap(missing[0]) is None
