"""Tiles: what a reader fetches and keeps, and what a builder goes on from."""

from __future__ import annotations

import pytest

from ledger.log.merkle import LeafNotInTree, TreeStateMalformed, inclusion_proof, leaf_hash, root_of
from ledger.log.tiles import (
    TILE_BYTES,
    FullTile,
    TileBuilder,
    TileMalformed,
    TileReader,
    TreeState,
    tile_root,
)

MILLION = 1_000_000
LEAVES = [leaf_hash(b"%d" % n) for n in range(700)]


class Shelf:
    """Tiles of nothing but zeros, and what was fetched of them."""

    def __init__(self) -> None:
        self.fetched: list[tuple[int, int, int]] = []

    def __call__(self, level: int, index: int, width: int) -> bytes:
        self.fetched.append((level, index, width))
        return bytes(32 * width)


def test_a_proof_at_a_million_leaves_reads_at_most_five_tiles() -> None:
    """Three levels: the leaf's tile of each, and the partial ones of the lower two."""
    most = 0
    for index in (*range(0, MILLION, 9973), 999_935, 999_936, MILLION - 1):
        shelf = Shelf()
        assert len(inclusion_proof(index, MILLION, TileReader(shelf, MILLION))) <= 20
        assert len(shelf.fetched) == len(set(shelf.fetched))
        most = max(most, len(shelf.fetched))
    assert most == 5


def test_a_warm_reader_fetches_only_the_tile_of_the_leaf() -> None:
    """Upper tiles and the right edge stay, however many proofs came between."""
    shelf = Shelf()
    reader = TileReader(shelf, MILLION)
    for index in range(0, MILLION, 997):
        inclusion_proof(index, MILLION, reader)
    shelf.fetched.clear()
    inclusion_proof(300 * 256 + 7, MILLION, reader)
    inclusion_proof(300 * 256 + 8, MILLION, reader)
    assert shelf.fetched == [(0, 300, 256)]


def test_what_a_reader_keeps_is_bounded() -> None:
    """Beyond the bound the tile goes that was not used for longest, and is fetched again."""
    shelf = Shelf()
    reader = TileReader(shelf, 256 * 256, leaf_tiles=2, upper_tiles=0)
    for tile in (0, 1, 0, 2, 0, 1):
        reader.read(0, tile * 256)
    assert shelf.fetched == [(0, 0, 256), (0, 1, 256), (0, 2, 256), (0, 1, 256)]
    shelf.fetched.clear()
    reader.read(8, 0)
    reader.read(8, 0)
    assert shelf.fetched == [(1, 0, 256)] * 2


def test_a_growing_tree_forgets_its_right_edge_only() -> None:
    """After growth partial tiles are fetched in their new width, full ones not again."""
    shelf = Shelf()
    reader = TileReader(shelf, 600)
    reader.read(0, 0)
    reader.read(0, 599)
    reader.advance(601)
    reader.read(0, 0)
    reader.read(0, 600)
    assert shelf.fetched == [(0, 0, 256), (0, 2, 88), (0, 2, 89)]
    reader.advance(601)
    reader.read(0, 600)
    assert len(shelf.fetched) == 3


def test_nothing_outside_the_tree_is_read() -> None:
    """A subtree that is not complete is refused before a tile is fetched."""
    shelf = Shelf()
    reader = TileReader(shelf, 600)
    for level, index in ((0, 600), (0, -1), (3, 75), (8, 2), (10, 0), (0, 1 << 70)):
        with pytest.raises(LeafNotInTree):
            reader.read(level, index)
    assert shelf.fetched == []


@pytest.mark.parametrize("data", [b"", bytes(88 * 32 - 1), bytes(88 * 32 + 32), bytes(TILE_BYTES)])
def test_a_tile_of_another_length_is_refused_and_not_kept(data: bytes) -> None:
    """A tile has exactly its hashes; a bad one is asked for again the next time."""
    answers = [data, bytes(88 * 32)]
    reader = TileReader(lambda *_: answers.pop(0), 600)
    with pytest.raises(TileMalformed, match="tile 2 of level 0"):
        reader.read(0, 512)
    assert reader.read(0, 512) == bytes(32)


def test_what_the_source_raises_reaches_the_caller() -> None:
    """A source that fails is not asked less the next time."""

    def missing(level: int, index: int, width: int) -> bytes:
        raise LookupError(level, index, width)

    reader = TileReader(missing, 600)
    for _ in range(2):
        with pytest.raises(LookupError):
            reader.read(0, 512)


def test_a_builder_is_never_changed() -> None:
    """After a rollback the old builder goes on as if nothing had been appended."""
    before, _ = TileBuilder().extended(LEAVES[:300])
    state, root = before.state, before.root()
    after, tiles = before.extended(LEAVES[300:])
    assert (before.state, before.root()) == (state, root)
    assert [tile.index for tile in tiles] == [1]
    again, same = before.extended(LEAVES[300:])
    assert (again.state, again.root(), same) == (after.state, after.root(), tiles)
    unchanged, none = before.extended([])
    assert (unchanged.state, unchanged.root(), none) == (state, root, [])


def test_a_full_tile_comes_with_its_root() -> None:
    """The tile has its 256 leaf hashes, and the root is theirs."""
    builder, tiles = TileBuilder().extended(LEAVES[:256])
    root = root_of(LEAVES[:256])
    assert tiles == [FullTile(0, 0, b"".join(LEAVES[:256]), root)]
    assert tile_root(tiles[0].data) == root
    assert builder.state == TreeState(256, (b"", root))
    assert builder.root() == root


def test_a_state_that_does_not_fit_its_size_is_refused() -> None:
    """Each level must have the hashes that the size asks for; empty levels may be left out."""
    one = LEAVES[0]
    for good in (TreeState(), TreeState(0, (b"",)), TreeState(1, (one, b"", b"")),
                 TreeState(256, (b"", one)), TreeState(65_537, (one, b"", one))):  # fmt: skip
        assert TileBuilder(good).size == good.size
    for bad in (TreeState(1), TreeState(2, (one,)), TreeState(1, (one[:31],)), TreeState(-1),
                TreeState(0, (one,)), TreeState(256, (one,)), TreeState(1, (one, one)),
                TreeState(256, (LEAVES[0] * 256,)), TreeState(1 << 63)):  # fmt: skip
        with pytest.raises(TreeStateMalformed):
            TileBuilder(bad)
