"""Reading rows from a store that cannot hand over some of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.entry import StoredEntry
from ledger.log.faults import FaultList
from ledger.log.reading import MAX_BARREN, chunks, rows
from ledger.storage.audit_reads import READ_BYTES
from ledger.storage.errors import StoreUnavailable
from ledger.storage.port import SCAN_CHUNK, EntryStore


@dataclass
class Damaged:
    """Fails, as a database does, for a whole chunk that holds a bad row."""

    size: int
    bad: frozenset[int]
    is_reachable: bool = True

    @property
    def info(self) -> Any:
        if not self.is_reachable:
            raise StoreUnavailable(store="x", reason="gone")
        return SimpleNamespace(node="xiamen")

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        ending = self.size if stop is None else min(stop, self.size)
        for first in range(start, ending, SCAN_CHUNK):
            chunk = range(first, min(first + SCAN_CHUNK, ending))
            if self.bad.intersection(chunk):
                raise StoreUnavailable(store="x", reason="damaged")
            for index in chunk:
                yield StoredEntry("subject/x", index, "t", b"", index=index)


def read(store: Damaged) -> tuple[list[int], list[int]]:
    faults = FaultList()
    found = [stored.index for stored in rows(cast("EntryStore", store), store.size, faults)]
    return found, [fault.index for fault in faults.report(0).faults]


@pytest.mark.parametrize("bad", [{0}, {7}, {499, 500}, {1_200, 700, 3}, {1_299}])
def test_only_the_damaged_rows_are_lost(bad: set[int]) -> None:
    """Every readable row is read once, in order; each other one is a fault."""
    found, faults = read(Damaged(1_300, frozenset(bad)))
    assert found == [index for index in range(1_300) if index not in bad]
    assert faults == sorted(bad)


def test_a_store_that_reads_nothing_any_more_is_given_up() -> None:
    """A log of any length behind a damaged place ends in bounded time."""
    size = 10**9
    store = Damaged(size, cast("frozenset[int]", _Everything()))
    found, faults = read(store)
    assert found == []
    assert len(faults) <= MAX_BARREN * SCAN_CHUNK + 1


class _Everything:
    def intersection(self, chunk: range) -> bool:
        return bool(chunk)


def test_a_store_out_of_reach_is_an_error_not_a_fault() -> None:
    """A lost connection says nothing about the entries."""
    with pytest.raises(StoreUnavailable):
        read(Damaged(10, frozenset({3}), is_reachable=False))


def test_long_rows_are_handed_on_in_short_lists() -> None:
    """Their number is bounded, and so is what they take together."""
    short = [StoredEntry("x", 1, "t", b"", index=index) for index in range(7)]
    assert [len(one) for one in chunks(short, 3)] == [3, 3, 1]
    long = StoredEntry("x", 1, "t", bytes(READ_BYTES // 2), index=7)
    assert [len(one) for one in chunks([long] * 3 + short, 500)] == [3, 7]
    assert list(chunks([], 3)) == []
