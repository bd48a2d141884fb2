"""The tree read from tiles, and the tree that grows by tiles (C2SP tlog-tiles).

A tile of level L has up to 256 hashes, of perfect subtrees of 256^L leaves; a full one has
8192 bytes, and its root is one hash of a tile of level L + 1. Full tiles are stored once and for ever; partial ones are derived: the leaves after the last
full tile, and in each tile above, the roots of the full tiles below that no full tile holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import ExitCode, LedgerError
from ledger.log.merkle import (
    HASH_BYTES,
    MAX_TREE_SIZE,
    Frontier,
    HashRows,
    LeafNotInTree,
    TreeStateMalformed,
    perfect_subtrees,
    row_above,
)

TILE_HEIGHT: Final = 8
TILE_HASHES: Final = 1 << TILE_HEIGHT
TILE_BYTES: Final = TILE_HASHES * HASH_BYTES

LEAF_TILES: Final = 2
"""Level 0 tiles that a reader keeps. Proofs of neighbouring leaves share one; for leaves far
apart no bound that fits in memory would help, as every 256 leaves have their own."""

UPPER_TILES: Final = 1024
"""Tiles above level 0 that a reader keeps: all of a log of 6 * 10^7 leaves, in 16 MiB."""


class TileMalformed(LedgerError):
    code = "tile_malformed"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "tile {index} of level {level} has {size} bytes, it must have {expected}; "
        "fetch it again or run credit-ledger audit"
    )
    zh_cn = (
        "第 {level} 层第 {index} 号分片长度为 {size} 字节，应为 {expected} 字节；"
        "请重新获取或运行 credit-ledger audit"
    )
    zh_tw = (
        "第 {level} 層第 {index} 號分片長度為 {size} 位元組，應為 {expected} 位元組；"
        "請重新取得或執行 credit-ledger audit"
    )


def tile_root(data: bytes) -> bytes:
    """The root of a full tile of 8192 bytes: its hash in the tile above."""
    assert len(data) == TILE_BYTES
    return _HeldTile(data).read(TILE_HEIGHT, 0)


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


# -- reading -------------------------------------------------------------------------


class _HeldTile:
    """The hashes of a tile, and the perfect subtrees within it as far as they were asked for."""

    __slots__ = ("_rows",)

    def __init__(self, data: bytes) -> None:
        self._rows = [data]

    def read(self, height: int, place: int) -> bytes:
        rows = self._rows
        while len(rows) <= height:
            rows.append(row_above(rows[-1]))
        return rows[height][place * HASH_BYTES : (place + 1) * HASH_BYTES]


class _Kept:
    """At most ``limit`` tiles; the least recently used goes first."""

    __slots__ = ("_limit", "_tiles")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tiles: dict[tuple[int, int], _HeldTile] = {}

    def get(self, key: tuple[int, int]) -> _HeldTile | None:
        held = self._tiles.pop(key, None)
        if held is not None:
            self._tiles[key] = held  # a dict keeps the order of insertion
        return held

    def put(self, key: tuple[int, int], held: _HeldTile) -> None:
        self._tiles[key] = held
        if len(self._tiles) > self._limit:
            del self._tiles[next(iter(self._tiles))]


FetchTile = Callable[[int, int, int], bytes]
"""(level, index, width) to the tile's ``width`` hashes, one after the other. What it raises
reaches the reader's caller, and nothing is kept."""


class TileReader:
    """A ``HashReader`` over the tiles of a tree of ``size`` leaves.

    Serves every smaller tree too: what was complete then is complete now. An inclusion proof
    in a tree of this size reads at most two tiles of each of its levels but the highest, and
    one of that: 3 up to 65,536 leaves, 5 up to 16 million. Keeps at most ``leaf_tiles`` +
    ``upper_tiles`` full tiles of up to 16 KiB each, and the partial one of each level.

    Of a tile only the length is checked: a false one makes a proof that no verifier accepts.
    Not for several threads at once.
    """

    __slots__ = ("_edge", "_fetch", "_leaves", "_uppers", "size")

    def __init__(
        self,
        fetch: FetchTile,
        size: int,
        *,
        leaf_tiles: int = LEAF_TILES,
        upper_tiles: int = UPPER_TILES,
    ) -> None:
        assert 0 <= size <= MAX_TREE_SIZE
        self.size = size
        self._fetch = fetch
        self._leaves = _Kept(leaf_tiles)
        self._uppers = _Kept(upper_tiles)
        self._edge: dict[int, _HeldTile] = {}

    def advance(self, size: int) -> None:
        """The tree has ``size`` leaves now; its full tiles are those they were."""
        assert self.size <= size <= MAX_TREE_SIZE
        if size != self.size:
            self.size = size
            self._edge.clear()

    def read(self, level: int, index: int) -> bytes:
        """As ``HashReader.read``. Raises ``LeafNotInTree`` and ``TileMalformed``."""
        if index < 0 or (index + 1) << level > self.size:
            raise LeafNotInTree(index=((index + 1) << level) - 1, size=self.size)
        tile_level, height = level // TILE_HEIGHT, level % TILE_HEIGHT
        across = TILE_HEIGHT - height
        held = self._tile(tile_level, index >> across)
        return held.read(height, index & ((1 << across) - 1))

    def _tile(self, level: int, index: int) -> _HeldTile:
        width = (self.size >> TILE_HEIGHT * level) - index * TILE_HASHES
        if width < TILE_HASHES:
            held = self._edge.get(level)
            if held is None:
                held = self._edge[level] = self._fetched(level, index, width)
            return held
        kept = self._uppers if level else self._leaves
        held = kept.get((level, index))
        if held is None:
            held = self._fetched(level, index, TILE_HASHES)
            kept.put((level, index), held)
        return held

    def _fetched(self, level: int, index: int, width: int) -> _HeldTile:
        data = self._fetch(level, index, width)
        if len(data) != width * HASH_BYTES:
            expected = width * HASH_BYTES
            raise TileMalformed(level=level, index=index, size=len(data), expected=expected)
        return _HeldTile(data)


# -- growing -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that has just become full: 8192 bytes, and its root (32), one hash of the next."""

    level: int
    index: int
    data: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class TreeState:
    """What a tree of ``size`` leaves goes on from: the partial tile of each level, 0 first.

    The one of level L has floor(size / 256^L) mod 256 hashes and may be b"". Levels above
    the highest partial tile may be left out.
    """

    size: int = 0
    partials: tuple[bytes, ...] = ()


class TileBuilder:
    """A growing tree, of which only the partial tiles are held: 8 KiB a level.

    It never changes: ``extended`` gives another one. Whoever appends in a transaction keeps
    the old one until the commit, and after a rollback simply goes on with it.
    """

    __slots__ = ("_frontier", "_partials")

    def __init__(self, state: TreeState | None = None) -> None:
        """Raises ``TreeStateMalformed`` where a partial tile has not the length it must have.

        That its hashes are the right ones, only the root can tell.
        """
        state = state or TreeState()
        held = list(state.partials)
        while held and not held[-1]:
            held.pop()
        widths = _widths(state.size)
        if [len(data) for data in held] != [width * HASH_BYTES for width in widths]:
            why = f"{[len(data) for data in held]} / {HASH_BYTES} != {widths}"
            raise TreeStateMalformed(size=state.size, why=why)
        self._partials = tuple(held)
        peaks = [peak for data in reversed(held) for peak in _peaks(data)]
        self._frontier = Frontier(state.size, peaks)

    @property
    def size(self) -> int:
        return self._frontier.size

    @property
    def state(self) -> TreeState:
        """What the same builder can be made from again."""
        return TreeState(self.size, self._partials)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return self._frontier.root()

    def extended(self, leaf_hashes: Sequence[bytes]) -> tuple[TileBuilder, list[FullTile]]:
        """The tree with these leaves more, and the tiles that became full, lower levels first.

        Holds the hashes of the whole call, and about as many nodes, until it returns: give a
        great many leaves in several calls.
        """
        frontier = self._frontier.copy()
        completed = frontier.extend(leaf_hashes)
        partials = list(self._partials)
        tiles: list[FullTile] = []
        for height in range(0, len(completed), TILE_HEIGHT):
            level, above = height // TILE_HEIGHT, height + TILE_HEIGHT
            if level == len(partials):
                partials.append(b"")
            data = b"".join((partials[level], *completed[height]))
            # The nodes eight levels up are the roots of exactly the tiles that became full.
            roots = completed[above] if above < len(completed) else []
            first = self.size >> above
            for place, root in enumerate(roots):
                cut = data[place * TILE_BYTES : (place + 1) * TILE_BYTES]
                tiles.append(FullTile(level, first + place, cut, root))
            partials[level] = data[len(roots) * TILE_BYTES :]
        after = TileBuilder.__new__(TileBuilder)
        after._frontier, after._partials = frontier, tuple(partials)  # noqa: SLF001 - its own kind
        return after, tiles


def _widths(size: int) -> list[int]:
    """How many hashes the partial tile of each level has, up to the highest."""
    widths = []
    while size > 0:
        widths.append(size % TILE_HASHES)
        size >>= TILE_HEIGHT
    return widths


def _peaks(partial: bytes) -> list[bytes]:
    hashes = _hashes(partial)
    rows = HashRows(hashes)
    return [rows.read(*subtree) for subtree in perfect_subtrees(0, len(hashes))]
