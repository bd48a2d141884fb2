"""The tree and the map of subjects, made again from the entries as the audit comes by them.

Beside them walk the stored tiles, and whoever wants to know a root: ``Wanted`` sizes in
order. Once a leaf is missing nothing after it can be made again: then the missing leaf is
the fault, and nothing more is compared.

Memory: the map, some 260 bytes a subject; entries since the last commitment, ``MAX_LAG`` of
them at most; a few tiles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.events.governance import HeadsCommitted
from ledger.log.faults import FaultList
from ledger.log.heads import Heads
from ledger.log.keeper import built
from ledger.log.merkle import EMPTY_ROOT, HASH_BYTES
from ledger.log.reading import telling, why_unreadable
from ledger.log.tiles import TILE_BYTES, TILE_HASHES, FullTile, TileBuilder
from ledger.storage.port import EntryStore

LEAVES_AT_ONCE: Final = 4_096
"""Leaf hashes that wait until the tree is extended: sixteen tiles."""

MAX_LEVELS: Final = 8
"""Of tiles: 256^8 leaves are more than there can be."""

MAX_LAG: Final = 100_000
"""Entries between the size that a commitment covers and its own place. A node lets some
thousands come between while it makes its map anew; so many take 20 MB here."""

MAX_BUILT: Final = 3
"""Commitments that lag further: for each the map is made anew, which takes a minute or more."""

ROOT_EVERY: Final = 10_000
"""Entries fed to the map between two roots: what waits in it takes memory."""


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


@dataclass(slots=True)
class _Fed:
    """Subjects' entries in the order of the log: leaf indexes, ids, leaf hashes."""

    indexes: list[int] = field(default_factory=list)
    subjects: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)


class Commitments:
    """Holds every ``HeadsCommitted`` against the map of the entries that it covers."""

    def __init__(self, store: EntryStore, stream: str, faults: FaultList) -> None:
        self._store = store
        self._stream = stream
        self._faults = faults
        self._heads = Heads()
        self._waiting: deque[_Fed] = deque()
        self._lag = 0
        self._fed = 0
        """The map holds the entries below this leaf."""
        self._unrooted = 0
        self._built = 0
        self._size = 0
        """What the commitment before this one covers."""
        self.is_broken = False

    def add(
        self, indexes: Sequence[int], subjects: Sequence[bytes], leaves: Sequence[bytes]
    ) -> None:
        """The next entries of subjects: leaf index, id (16 bytes), leaf hash."""
        if self.is_broken or not indexes:
            return
        self._waiting.append(_Fed(list(indexes), list(subjects), list(leaves)))
        self._lag += len(indexes)
        while self._lag > MAX_LAG:
            self._feed(self._waiting[0].indexes[-1] + 1)

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
        heads = self._at(facts.size)
        if heads is None:
            self._add(entry, f"more than {MAX_LAG} entries stand between it and what it covers")
        elif (facts.root, facts.bits) != (heads.root().hex(), heads.bits):
            self._add(entry, f"not the map of the first {facts.size} entries")

    def _at(self, size: int) -> Heads | None:
        """The map of the first ``size`` leaves; None where it was asked for too late too often."""
        if size >= self._fed:
            self._feed(size)
            self._unrooted = 0
            return self._heads
        self._built += 1
        with suppress(LedgerError, ValueError):  # a key that is none: told where it stands
            return built(self._store, size) if self._built <= MAX_BUILT else None
        return None

    def _add(self, entry: Entry, why: str) -> None:
        self._faults.add(entry.index, "heads_mismatch", why)

    def _feed(self, size: int) -> None:
        """Into the map, what stands below ``size``."""
        while self._waiting and self._waiting[0].indexes[0] < size:
            fed = self._waiting[0]
            cut = bisect_left(fed.indexes, size)
            self._heads.extend(fed.subjects[:cut], fed.leaves[:cut])
            self._lag -= cut
            self._unrooted += cut
            if cut == len(fed.indexes):
                self._waiting.popleft()
            else:
                del fed.indexes[:cut], fed.subjects[:cut], fed.leaves[:cut]
            if self._unrooted >= ROOT_EVERY:
                self._heads.root()
                self._unrooted = 0
        self._fed = max(self._fed, size)
