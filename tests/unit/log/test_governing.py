"""The rows that the store calls governing, against those that are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from uuid import UUID

import pytest

from ledger.entry import StoredEntry
from ledger.log.faults import FaultList
from ledger.log.governing import GoverningRows, commitments_key
from ledger.storage.errors import StoreUnavailable
from ledger.storage.port import EntryStore, StoreInfo

STREAMS = ["node/a", "subject/b", "organisation/c", "access/d", "node/a", commitments_key("xiamen")]
"""The last one holds what the log writes about itself, and governs nothing."""


class Fake:
    def __init__(self, *governing: int, broken: bool = False) -> None:
        self.governing = governing
        self.broken = broken

    @property
    def info(self) -> StoreInfo:
        return StoreInfo(2, UUID(int=0), "xiamen")

    def scan_governing(self) -> Iterator[StoredEntry]:
        for index in self.governing:
            yield StoredEntry("node/a", 1, "t", b"", index=index)
        if self.broken:
            raise StoreUnavailable(store="x", reason="damaged")


def faults(store: Fake) -> list[int]:
    found = FaultList()
    governing = GoverningRows(cast("EntryStore", store), found)
    for index, stream in enumerate(STREAMS):
        governing.at(index, stream)
    governing.finish(len(STREAMS) + 2)
    kinds = {fault.kind for fault in found.kept}
    assert kinds <= ({"store_unreadable"} if store.broken else {"column_mismatch"})
    return [fault.index for fault in found.kept]


@pytest.mark.parametrize(
    ("governing", "expected"),
    [
        ((0, 2, 4), []),
        ((0, 4), [2]),
        ((0, 2), [4]),
        ((), [0, 2, 4]),
        ((0, 1, 2, 4), [1]),
        ((-3, 0, 2, 4), [-3]),
        ((0, 2, 4, 5), [5]),
        ((0, 2, 4, 6), [6]),
        ((0, 2, 4, 9), []),
    ],
)
def test_rows_that_are_hidden_or_invented_are_found(
    governing: tuple[int, ...], expected: list[int]
) -> None:
    """Each is a fault at its leaf; what was appended behind the audited size is none."""
    assert faults(Fake(*governing)) == expected


def test_rows_that_cannot_be_read_are_one_fault() -> None:
    """Who may act is read this way; the rest is not suspected."""
    assert faults(Fake(0, broken=True)) == [-1]
