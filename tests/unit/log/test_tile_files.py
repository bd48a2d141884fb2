"""Names of tiles in their one spelling, which tiles a tree has, and entry bundles."""

from __future__ import annotations

from typing import get_args

import pytest

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.errors import Language
from ledger.log.merkle import MAX_TREE_SIZE
from ledger.log.tile_files import (
    MAX_ENTRIES_BYTES,
    MAX_PATH_CHARACTERS,
    BundleMalformed,
    EntriesTile,
    Tile,
    TilePathMalformed,
    decode_entries,
    encode_entries,
    entries_tiles_of,
    parse_path,
    tiles_of,
)

NAMES = [
    (Tile(0, 0), "tile/0/000"),
    (Tile(0, 999), "tile/0/999"),
    (Tile(0, 1000), "tile/0/x001/000"),
    (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
    (Tile(1, 17, 1), "tile/1/017.p/1"),
    (Tile(2, 0, 255), "tile/2/000.p/255"),
    (Tile(63, 0), "tile/63/000"),
    (EntriesTile(1_234_067), "tile/entries/x001/x234/067"),
    (EntriesTile(5, 20), "tile/entries/005.p/20"),
    (Tile(0, (MAX_TREE_SIZE >> 8)), "tile/0/x036/x028/x797/x018/x963/967"),
]


@pytest.mark.parametrize(("tile", "path"), NAMES)
def test_a_tile_has_one_name(tile: Tile | EntriesTile, path: str) -> None:
    """The names of the specification, both ways, none longer than the bound."""
    assert tile.path == path
    assert parse_path(path) == tile
    assert len(path) < MAX_PATH_CHARACTERS


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "Tile/0/000",
        "tile/00/000", "tile/01/000", "tile/64/000", "tile/100/000", "tile/-1/000", "tile/+1/000",
        "tile/ 1/000", "tile/data/000", "tile/entries", "tile/entries/", "tile/entries/0/000",
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/0/x000/000",
        "tile/0/x000/x001/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/X001/000",
        "tile/0/x01/000", "tile/0/1000", "tile/0/x001000", "tile/0/x001//000", "tile/0/x001\\000",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01",
        "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/1000", "tile/0/000.p/-1",
        "tile/0/000.p/1/", "tile/0/000.P/1", "tile/0/000p/1", "tile/0/000.p/1.p/1",
        "tile/0/000\n", "tile/0/000 ", " tile/0/000", "tile/0/000?", "tile/0/../0/000",
        "tile/0/٠٠٠", "tile/٠/000", "tile/0/000.p/１", "tile/0/0_0", "tile/0/000\0",
        "tile/0/x036/x028/x797/x018/x963/968", "tile/7/x001/000", "tile/8/001", "tile/63/001",
        "tile/0/" + "x999/" * 7 + "999", "tile/0/" + "x001/" * 100_000 + "000",
    ],
)  # fmt: skip
def test_every_other_spelling_is_refused(path: str) -> None:
    """No tile has a second name, and no name is taken for that of a tile no tree can have."""
    with pytest.raises(TilePathMalformed) as caught:
        parse_path(path)
    for language in get_args(Language):
        assert len(caught.value.message(language)) < 300


def test_the_tiles_of_a_tree_of_seventy_thousand() -> None:
    """The example of the specification."""
    tiles = list(tiles_of(70_000))
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert tiles[:273] == [Tile(0, n) for n in range(273)]
    assert tiles[273:] == [Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(entries_tiles_of(70_000)) == [EntriesTile(t.index, t.width) for t in tiles[:274]]


def test_small_trees_and_full_ones() -> None:
    """An empty tree has no tile; one of 256 has a full tile and the hash above it."""
    assert list(tiles_of(0)) == []
    assert list(tiles_of(1)) == [Tile(0, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(65_536))[-2:] == [Tile(1, 0), Tile(2, 0, 1)]
    assert list(entries_tiles_of(0)) == []


def test_only_tiles_that_are_new_since_another_size() -> None:
    """What a tree has beyond a smaller one: the new full tiles, and partial ones that grew."""
    for since, size in ((0, 700), (1, 700), (255, 257), (256, 300), (600, 700), (65_535, 65_537),
                        (65_536, 65_537), (65_536, 65_792), (131_071, 131_072)):  # fmt: skip
        known = set(tiles_of(since))
        assert list(tiles_of(size, since)) == [t for t in tiles_of(size) if t not in known]
    assert list(tiles_of(70_000, 70_000)) == []
    assert list(entries_tiles_of(700, 300)) == [EntriesTile(1), EntriesTile(2, 188)]


def test_a_bundle_is_lengths_and_entries() -> None:
    """The layout, written out by hand; entries may be empty and as long as a length can say."""
    long = b"x" * MAX_PAYLOAD_BYTES
    assert encode_entries([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert encode_entries([long]) == b"\xff\xff" + long
    assert decode_entries(b"\x00\x02ab\x00\x00", 2) == [b"ab", b""]
    full = encode_entries([long] * 256)
    assert len(full) == MAX_ENTRIES_BYTES
    assert decode_entries(full, 256) == [long] * 256


@pytest.mark.parametrize(
    ("data", "width", "offset"),
    [
        (b"", 1, 0),
        (b"\x00", 1, 0),
        (b"\x00\x02a", 1, 0),
        (b"\x00\x01a", 2, 3),
        (b"\x00\x01a\x00", 2, 3),
        (b"\x00\x01a\x00\x01b", 1, 3),
        (b"\x00\x01a\x00", 1, 3),
        (b"\xff\xff" + b"a" * 65_534, 1, 0),
        (b"\x00\x00" * 257, 256, 512),
    ],
)
def test_a_bundle_has_its_entries_and_nothing_else(data: bytes, width: int, offset: int) -> None:
    """A cut, a missing entry, one too many and a trailing byte are refused at their place."""
    with pytest.raises(BundleMalformed, match=f"at byte {offset};"):
        decode_entries(data, width)
