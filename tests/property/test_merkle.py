"""The tree against RFC 9162's own definition, proofs against every small change, tiles
against tiles cut from the whole tree."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.errors import LedgerError
from ledger.log.merkle import (
    Frontier,
    HashRows,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tile_files import Tile, decode_entries, encode_entries, parse_path, tiles_of
from ledger.log.tiles import TileBuilder, TileReader, TreeState

pytestmark = pytest.mark.property

MOST = 600
LEAVES = [leaf_hash(b"%d" % n) for n in range(MOST)]
ROWS = HashRows(LEAVES)

sizes = st.integers(1, MOST)


@cache
def mth(start: int, stop: int) -> bytes:
    """MTH(D[start:stop]) word for word as RFC 9162 section 2.1.1 defines it."""
    count = stop - start
    if count == 0:
        return sha256(b"").digest()
    if count == 1:
        return sha256(b"\x00" + b"%d" % start).digest()
    k = 1
    while k * 2 < count:
        k *= 2
    return sha256(b"\x01" + mth(start, start + k) + mth(start + k, stop)).digest()


def draw_pair(data: st.DataObject) -> tuple[int, int]:
    size = data.draw(sizes)
    return data.draw(st.integers(0, size - 1)), size


# -- roots and proofs -----------------------------------------------------------------


def test_roots_are_those_of_the_definition() -> None:
    """For all sizes up to 600, whichever way the root is computed."""
    grown = Frontier()
    for size in range(MOST + 1):
        assert grown.root() == root(size, ROWS) == root_of(LEAVES[:size]) == mth(0, size)
        if size < MOST:
            grown.append(LEAVES[size])


def test_all_proofs_of_small_trees_hold_and_none_for_another_leaf() -> None:
    """Every leaf and every pair of sizes up to 70; the proof of a leaf fits no other index."""
    for size in range(1, 71):
        top = mth(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, ROWS)
            fits = [i for i in range(size) if verify_inclusion(i, size, LEAVES[index], proof, top)]
            assert fits == [index]
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, ROWS)
            assert verify_consistency(old, size, mth(0, old), top, proof)


def test_proofs_hold_at_every_size() -> None:
    """Sizes up to 600, each with leaves and older sizes all over it."""
    for size in range(1, MOST + 1):
        top = mth(0, size)
        for index in {0, 1, size // 3, size // 2, size - 2, size - 1} & set(range(size)):
            proof = inclusion_proof(index, size, ROWS)
            assert verify_inclusion(index, size, LEAVES[index], proof, top)
            before = consistency_proof(index + 1, size, ROWS)
            assert verify_consistency(index + 1, size, mth(0, index + 1), top, before)


@given(st.data())
def test_a_bent_inclusion_proof_is_refused(data: st.DataObject) -> None:
    """Any flipped bit, dropped, added, doubled or moved hash, another index, another tree."""
    index, size = draw_pair(data)
    proof, leaf, top = inclusion_proof(index, size, ROWS), LEAVES[index], mth(0, size)
    assert verify_inclusion(index, size, leaf, proof, top)
    for bent in bend(data, proof):
        assert not verify_inclusion(index, size, leaf, bent, top)
    assert not verify_inclusion(index, size, flipped(data, leaf), proof, top)
    assert not verify_inclusion(index, size, leaf, proof, flipped(data, top))
    other = data.draw(st.integers(-1, MOST).filter(lambda n: n != index))
    assert not verify_inclusion(other, size, leaf, proof, top)
    another = data.draw(st.integers(0, MOST).filter(lambda n: n != size))
    assert not verify_inclusion(index, another, leaf, proof, mth(0, another))


@given(st.data())
def test_a_bent_consistency_proof_is_refused(data: st.DataObject) -> None:
    """Any flipped bit, dropped, added, doubled or moved hash, another tree on either side."""
    before, new = draw_pair(data)
    old = before + 1
    proof, old_root, new_root = consistency_proof(old, new, ROWS), mth(0, old), mth(0, new)
    assert verify_consistency(old, new, old_root, new_root, proof)
    for bent in bend(data, proof):
        assert not verify_consistency(old, new, old_root, new_root, bent)
    assert not verify_consistency(old, new, flipped(data, old_root), new_root, proof)
    assert not verify_consistency(old, new, old_root, flipped(data, new_root), proof)
    another = data.draw(st.integers(0, MOST).filter(lambda n: n not in {old, new}))
    assert not verify_consistency(another, new, mth(0, another), new_root, proof)
    assert not verify_consistency(old, another, old_root, mth(0, another), proof)


def flipped(data: st.DataObject, value: bytes) -> bytes:
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")


def bend(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    """Proofs that differ from ``proof`` in one place each."""
    place = data.draw(st.integers(0, len(proof)))
    hashes = st.sampled_from(LEAVES) | st.binary(min_size=32, max_size=32)
    bent = [[*proof[:place], data.draw(hashes), *proof[place:]]]
    if place < len(proof):
        head, one, tail = proof[:place], proof[place], proof[place + 1 :]
        cut = data.draw(st.integers(0, 31))
        bent += [
            [*head, *tail],
            [*head, one, one, *tail],
            [*head, flipped(data, one), *tail],
            [*head, one[:cut], *tail],
            [*head, one + bytes(1), *tail],
        ]
    if len(proof) > 1:
        bent.append([*proof[1:], proof[0]])
    return bent


@given(st.data())
def test_two_histories_have_no_proof_between_them(data: st.DataObject) -> None:
    """Where one early leaf differs, the honest proof leads from neither tree to the other."""
    before, new = draw_pair(data)
    old = before + 1
    changed = data.draw(st.integers(0, old - 1))
    forked = [*LEAVES[:changed], leaf_hash(b"another"), *LEAVES[changed + 1 : new]]
    fork = HashRows(forked)
    for proof in (consistency_proof(old, new, ROWS), consistency_proof(old, new, fork)):
        assert not verify_consistency(old, new, mth(0, old), root_of(forked), proof)
        assert not verify_consistency(old, new, root_of(forked[:old]), mth(0, new), proof)


# -- growing and tiles --------------------------------------------------------------------

MANY = 256 * 256 + 256 + 3
"""The smallest size at which all that matters of three levels is there."""

MANY_LEAVES = [sha256(b"%d" % n).digest() for n in range(MANY)]
cuts = st.lists(st.integers(0, 3 * 256), max_size=8)


@given(st.lists(st.integers(0, 70), max_size=12), st.booleans())
def test_a_tree_grows_alike_in_any_steps(steps: list[int], copied: bool) -> None:
    """One by one, in bulk, and from its own peaks; each step tells the subtrees it completed."""
    tree, at = Frontier(), 0
    for step in steps:
        new = LEAVES[at : at + step] if at + step <= MOST else []
        completed = tree.extend(new)
        for level, row in enumerate(completed):
            first = at >> level
            assert row == [ROWS.read(level, first + place) for place in range(len(row))]
            assert first + len(row) == (at + len(new)) >> level
        at += len(new)
        assert at >> len(completed) == (at - len(new)) >> len(completed)
        if copied:
            tree = Frontier(tree.size, tree.peaks)
        assert (tree.size, tree.root()) == (at, mth(0, at))


def cut_tile(tile: Tile, rows: HashRows) -> bytes:
    """A tile as the specification defines it: subtrees of 256^L leaves, side by side."""
    first = tile.index * 256
    return b"".join(rows.read(8 * tile.level, first + place) for place in range(tile.width))


@given(st.integers(0, 600), cuts, st.data())
def test_the_builder_makes_the_tiles_of_the_whole_tree(
    start: int, steps: list[int], data: st.DataObject
) -> None:
    """In any steps, with rollbacks and restarts between: tiles, roots and state are those cut
    from the whole tree, and every full tile comes exactly once."""
    leaves = MANY_LEAVES
    rows = HashRows(leaves[: start + sum(steps)])
    builder, tiles = TileBuilder().extended(leaves[:start])
    size = start
    for step in steps:
        after, more = builder.extended(leaves[size : size + step])
        if data.draw(st.booleans()):  # the transaction failed
            assert builder.size == size
            assert builder.root() == root(size, rows)
            continue
        if data.draw(st.booleans()):  # the process began anew
            after = TileBuilder(TreeState(after.size, after.state.partials))
        builder, size = after, size + step
        tiles += more
        assert builder.root() == root(size, rows)
    expected = list(tiles_of(size))
    assert sorted(Tile(t.level, t.index) for t in tiles) == [t for t in expected if t.width == 256]
    for tile in tiles:
        assert tile.data == cut_tile(Tile(tile.level, tile.index), rows)
        assert tile.root == rows.read(8 * tile.level + 8, tile.index)
    partial = {t.level: cut_tile(t, rows) for t in expected if t.width < 256}
    assert {n: held for n, held in enumerate(builder.state.partials) if held} == partial


def test_three_levels_of_tiles_and_every_proof_from_them() -> None:
    """A tree over the border of 65,536 leaves: its tiles, and proofs read from them alone."""
    rows = HashRows(MANY_LEAVES)
    builder, tiles = TileBuilder().extended(MANY_LEAVES[:65_000])
    builder, more = builder.extended(MANY_LEAVES[65_000:])
    held = {(t.level, t.index, 256): t.data for t in tiles + more}
    for level, data in enumerate(builder.state.partials):
        held[level, MANY >> (8 * level + 8), len(data) // 32] = data
    assert held == {(t.level, t.index, t.width): cut_tile(t, rows) for t in tiles_of(MANY)}
    assert builder.root() == root(MANY, rows)
    reader = TileReader(lambda level, index, width: held[level, index, width], MANY)
    assert root(MANY, reader) == builder.root()
    for index in (*range(0, MANY, 4099), 65_535, 65_536, MANY - 1):
        assert inclusion_proof(index, MANY, reader) == inclusion_proof(index, MANY, rows)
        for size in (index + 1, MANY):
            assert root(size, reader) == root(size, rows)
        proof = consistency_proof(index + 1, MANY, reader)
        assert verify_consistency(index + 1, MANY, root(index + 1, rows), root(MANY, rows), proof)


# -- names and bundles ----------------------------------------------------------------------


@given(st.text(st.sampled_from("tile/entries0x19.p\n "), max_size=30) | st.text(max_size=40))
def test_what_is_read_as_a_name_is_written_the_same(text: str) -> None:
    """A text is refused, or it is exactly the name of what it is read as."""
    for path in (text, f"tile/0/{text}", f"tile/{text}/000", f"tile/entries/000.p/{text}"):
        try:
            tile = parse_path(path)
        except LedgerError:
            continue
        assert tile.path == path


@given(st.integers(0, 7), st.integers(0, 1 << 54), st.integers(1, 256))
def test_every_tile_can_be_named_and_found(level: int, index: int, width: int) -> None:
    """Name and coordinates lead to each other."""
    tile = Tile(level, index >> 8 * level, width)
    assert parse_path(tile.path) == tile


entries = st.lists(st.binary(max_size=40) | st.just(bytes(MAX_PAYLOAD_BYTES)), max_size=256)


@given(entries.filter(bool), st.data())
def test_a_bundle_comes_back_and_no_other_bytes_do(
    bundled: list[bytes], data: st.DataObject
) -> None:
    """Encoding is undone by decoding; what else is taken for a bundle is one, to the byte."""
    encoded = encode_entries(bundled)
    assert decode_entries(encoded, len(bundled)) == bundled
    at = data.draw(st.integers(0, len(encoded)))
    for bent in (encoded[:at], encoded[:at] + b"\x00" + encoded[at:], encoded + encoded[:at]):
        if bent == encoded:
            continue
        try:
            found = decode_entries(bent, len(bundled))
        except LedgerError:
            continue
        assert found != bundled
        assert encode_entries(found) == bent
