"""The tree, made again from the entries as the audit comes by them, and what commitments say.

Beside them walk the stored tiles, and whoever wants to know a root: ``Wanted`` sizes in
order. Once a leaf is missing nothing after it can be made again: then the missing leaf is
the fault, and nothing more is compared. The map of subjects is made again once all entries
were read: ``ledger.log.parts``.

Memory: a few tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.events.governance import HeadsCommitted
from ledger.log.claims import Claim
from ledger.log.faults import FaultList
from ledger.log.merkle import EMPTY_ROOT, HASH_BYTES
from ledger.log.parts import Parts
from ledger.log.reading import telling, why_unreadable
from ledger.log.tiles import TILE_BYTES, TILE_HASHES, FullTile, TileBuilder
from ledger.storage.port import EntryStore

LEAVES_AT_ONCE: Final = 4_096
"""Leaf hashes that wait until the tree is extended: sixteen tiles."""

MAX_LEVELS: Final = 8
"""Of tiles: 256^8 leaves are more than there can be."""


class Wanted(NamedTuple):
    """Who wants to know the root at a size; told with the instant of the last leaf below."""

    size: int
    tell: Callable[[bytes | None, int], None]
    """(root, microseconds of ``recorded_at`` of leaf ``size - 1``); None for a shorter log"""


class Tree:
    """The tree over all leaves so far."""

    def __init__(self, store: EntryStore, faults: FaultList) -> None:
        self._store = store
        self._faults = faults
        self._wanted: Iterator[Wanted] = iter(())
        self._next: Wanted | None = None
        self._builder = TileBuilder()
        self._waiting: list[bytes] = []
        self._micros: list[int] = []
        self._last = 0
        self.is_broken = False

    def watched_by(self, wanted: Iterator[Wanted]) -> None:
        """Who wants to know roots, by size; to be called before the first leaf."""
        self._wanted = wanted
        self._next = next(wanted, None)

    def add(self, leaves: Sequence[bytes], micros: Sequence[int]) -> None:
        """The next leaves, and when each was recorded."""
        self._waiting += leaves
        self._micros += micros
        if len(self._waiting) >= LEAVES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Extend the tree by what waits, stopping at each size that somebody wants."""
        leaves, micros, at = self._waiting, self._micros, 0
        self._waiting, self._micros = [], []
        if self.is_broken:
            return
        start, end = self._builder.size, self._builder.size + len(leaves)
        while self._next is not None and self._next.size <= end:
            cut = max(self._next.size - start, at)
            self._extend(leaves[at:cut])
            at = cut
            last = micros[cut - 1] if cut else self._last
            root = self._builder.root() if self._next.size else EMPTY_ROOT
            self._next.tell(root, last)
            self._next = next(self._wanted, None)
        self._extend(leaves[at:])
        self._last = micros[-1] if micros else self._last

    def _extend(self, leaves: Sequence[bytes]) -> None:
        if leaves:
            self._builder, tiles = self._builder.extended(leaves)
            for level in sorted({tile.level for tile in tiles}):
                self._compare(level, [tile for tile in tiles if tile.level == level])

    def _compare(self, level: int, made: Sequence[FullTile]) -> None:
        """Full tiles of a level, side by side, with those that the store has."""
        first = made[0].index
        try:
            rows = self._store.stored_tiles(level, first, first + len(made))
        except LedgerError as error:
            why = f"tiles of level {level}: {why_unreadable(self._store, error)}"
            self._faults.add(first * TILE_HASHES ** (level + 1), "tile_mismatch", why)
            return
        stored = {number: (root, hashes) for number, root, hashes in rows}
        for tile in made:
            found = stored.get(tile.index)
            name = f"tile {level}/{tile.index}"
            leaf = tile.index * TILE_HASHES ** (level + 1)
            if found is None:
                self._faults.add(leaf, "tile_mismatch", f"{name} is missing")
                continue
            root, hashes = found
            if hashes != tile.data:
                place = _first_difference(hashes, tile.data)
                self._faults.add(
                    leaf + place * TILE_HASHES**level,
                    "tile_mismatch",
                    f"{name} has another hash at place {place}",
                )
            if root != tile.root:
                self._faults.add(leaf, "tile_mismatch", f"{name} is filed under another root")

    def finish(self) -> None:
        """No tile is stored but those of the log as it is now, which may have grown."""
        self.flush()
        if self.is_broken:
            return
        with telling(self._store, self._faults, "tile_mismatch", "tiles"):
            stray = [
                (level, number)
                for level in self._store.tile_levels()
                for number in self._outside(level)
            ]
            size = self._store.size()
            for level, number in stray:
                if not 0 <= number < _full(level, size):
                    self._faults.add(-1, "tile_mismatch", f"tile {level}/{number} has no leaves")

    def _outside(self, level: int) -> list[int]:
        """Tiles of a level that the log has not made; -1 for one that is no level or number."""
        if not 0 <= level < MAX_LEVELS:
            return [-1]
        return self._store.tiles_outside(level, _full(level, self._builder.size))

    @property
    def unreached(self) -> Iterator[Wanted]:
        """Those whose size is beyond the log, in order."""
        while self._next is not None:
            yield self._next
            self._next = next(self._wanted, None)


def _full(level: int, size: int) -> int:
    """How many tiles of a level are full in a log of that size."""
    return size // TILE_HASHES ** (level + 1) if 0 <= level < MAX_LEVELS else 0


def _first_difference(stored: bytes, made: bytes) -> int:
    if len(stored) != TILE_BYTES:
        return min(len(stored), TILE_BYTES - 1) // HASH_BYTES
    places = range(0, TILE_BYTES, HASH_BYTES)
    return next(at for at in places if stored[at : at + 32] != made[at : at + 32]) // HASH_BYTES


class Commitments:
    """Takes down every ``HeadsCommitted``, to be held against the map of what it covers."""

    def __init__(self, stream: str, parts: Parts, faults: FaultList) -> None:
        self._stream = stream
        self._parts = parts
        self._faults = faults
        self._size = 0
        """What the commitment before this one covers."""
        self.is_broken = False
        """Once a leaf is missing, no map can be made again."""

    def check(self, entry: Entry) -> None:
        """The stream's next entry: what it covers, and under which root."""
        facts = entry.facts
        is_commitment = isinstance(facts, HeadsCommitted)
        if is_commitment != (entry.stream.key == self._stream):
            self._add(entry, "commitments have a stream of their own, and nothing else is in it")
        if not isinstance(facts, HeadsCommitted) or self.is_broken:
            return
        if not self._size < facts.size <= entry.index:
            why = f"it covers {facts.size} entries, the one before it {self._size}"
            self._add(entry, why)
            return
        self._size = facts.size
        root = bytes.fromhex(facts.root)
        self._parts.claim(Claim(entry.index, facts.size, root, facts.bits))

    def _add(self, entry: Entry, why: str) -> None:
        self._faults.add(entry.index, "heads_mismatch", why)
