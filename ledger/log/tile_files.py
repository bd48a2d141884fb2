"""Tiles as any static file server has them: names, and entry bundles (C2SP tlog-tiles).

    tile/<L>/<N>[.p/<W>]         hashes of level 8L, from number 256N on
    tile/entries/<N>[.p/<W>]     the entries under the level 0 tile of that number

N stands in groups of three digits, all but the last with an ``x`` before it: 1234067 is
``x001/x234/067``. A full tile has 256 hashes, 8192 bytes; its root is one hash of the tile
above. The last tile of a level may be partial, with W hashes, W = floor(size / 256^L) mod 256.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.errors import Phrase, UnusableInput
from ledger.log.merkle import MAX_TREE_SIZE
from ledger.log.tiles import TILE_HASHES, TILE_HEIGHT

MAX_TILE_LEVEL: Final = 63
"""What the specification can name; no tree of ``MAX_TREE_SIZE`` reaches above level 7."""

MAX_PATH_CHARACTERS: Final = 64
"""The longest name of a tile has 44: seven groups of digits and a width."""

MAX_ENTRIES_BYTES: Final = TILE_HASHES * (2 + MAX_PAYLOAD_BYTES)
"""No bundle is longer: a bound for whoever fetches one (16 MiB)."""

_PATH: Final = re.compile(
    r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?"
)


_CUT_SHORT: Final = Phrase("an entry is cut short", "条目不完整", "條目不完整")
_GOES_ON: Final = Phrase("there is more than its entries", "有多余内容", "有多餘內容")


class TilePathMalformed(UnusableInput):
    code = "tile_path_malformed"
    en = "{path} does not name a tile; a name looks like tile/0/x001/234 or tile/1/000.p/17"
    zh_cn = "{path} 不是分片名称；名称形如 tile/0/x001/234 或 tile/1/000.p/17"
    zh_tw = "{path} 不是分片名稱；名稱形如 tile/0/x001/234 或 tile/1/000.p/17"


class BundleMalformed(UnusableInput):
    code = "bundle_malformed"
    en = "the entry bundle cannot be used: {why} at byte {offset}; fetch it again from the node"
    zh_cn = "条目包无法使用：第 {offset} 字节处{why}；请从节点重新获取"
    zh_tw = "條目包無法使用：第 {offset} 位元組處{why}；請從節點重新取得"


# -- coordinates and names ---------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile of hashes; full where ``width`` is 256."""

    level: int
    index: int
    width: int = TILE_HASHES

    @property
    def path(self) -> str:
        return f"tile/{self.level}/{_numbered(self.index, self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class EntriesTile:
    """An entry bundle: the entries under the level 0 tile of the same index and width."""

    index: int
    width: int = TILE_HASHES

    @property
    def path(self) -> str:
        return f"tile/entries/{_numbered(self.index, self.width)}"


def _numbered(index: int, width: int) -> str:
    assert index >= 0
    assert 0 < width <= TILE_HASHES
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups)) + (f".p/{width}" if width < TILE_HASHES else "")


def parse_path(path: str) -> Tile | EntriesTile:
    """What ``path`` names; it has one spelling only. Raises ``TilePathMalformed``.

    A level of 0 to 63, a width of 1 to 255 or none, and a number that some tree of
    ``MAX_TREE_SIZE`` leaves or fewer could reach.
    """
    match = _PATH.fullmatch(path) if len(path) <= MAX_PATH_CHARACTERS else None
    if match is None:
        raise TilePathMalformed(path=repr(path[:MAX_PATH_CHARACTERS]))
    kind, number, suffix = match.groups()
    index = int(number.replace("/", "").replace("x", ""))
    width = TILE_HASHES if suffix is None else int(suffix)
    level = 0 if kind == "entries" else int(kind)
    if (
        level <= MAX_TILE_LEVEL
        and 0 < width <= TILE_HASHES
        and index << TILE_HEIGHT * (level + 1) < MAX_TREE_SIZE
    ):
        tile = EntriesTile(index, width) if kind == "entries" else Tile(level, index, width)
        if tile.path == path:  # refuses every other spelling of the same numbers
            return tile
    raise TilePathMalformed(path=repr(path))


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of ``size`` leaves, level by level, a partial one after the full.

    With ``since``: those that a tree of ``since`` leaves did not have, in the same form.
    """
    assert 0 <= since <= size <= MAX_TREE_SIZE
    level, hashes, known = 0, size, since
    while hashes:
        first, full = known >> TILE_HEIGHT, hashes >> TILE_HEIGHT
        for index in range(first, full):
            yield Tile(level, index)
        if hashes % TILE_HASHES and hashes != known:
            yield Tile(level, full, hashes % TILE_HASHES)
        level, hashes, known = level + 1, full, first


def entries_tiles_of(size: int, since: int = 0) -> Iterator[EntriesTile]:
    """The entry bundles of a log of ``size`` entries; ``since`` as for ``tiles_of``."""
    for tile in tiles_of(size, since):
        if tile.level:
            return
        yield EntriesTile(tile.index, tile.width)


# -- entry bundles ---------------------------------------------------------------------


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """The bundle of 1 to 256 entries: before each its length, 2 bytes, the high one first."""
    assert 0 < len(entries) <= TILE_HASHES
    assert all(len(entry) <= MAX_PAYLOAD_BYTES for entry in entries)
    return b"".join(part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry))


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle. Raises ``BundleMalformed``.

    ``data`` must hold exactly that many whole entries and not a byte more. What it says is
    not proved: hash each entry and compare it with the level 0 tile.
    """
    assert 0 < width <= TILE_HASHES
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        stop = start + int.from_bytes(data[at:start], "big")
        if stop > len(data):
            raise BundleMalformed(why=_CUT_SHORT, offset=at)
        entries.append(data[start:stop])
        at = stop
    if at != len(data):
        raise BundleMalformed(why=_GOES_ON, offset=at)
    return entries
