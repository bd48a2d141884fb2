"""The Merkle tree: published vectors, and the refusals of proofs at their limits."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest

from ledger.errors import Language
from ledger.log.merkle import (
    EMPTY_ROOT,
    MAX_TREE_SIZE,
    Frontier,
    HashRows,
    LeafNotInTree,
    ProofFault,
    SizesOutOfOrder,
    TreeStateMalformed,
    consistency_fault,
    consistency_proof,
    inclusion_fault,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"


def vectors(name: str) -> list[dict[str, Any]]:
    path = VECTORS / f"merkle_{name}.json"
    if not path.exists():
        pytest.skip("the published Merkle vectors are not beside the project")
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    assert len(found) == 98
    return found


def decoded(texts: Sequence[str] | None) -> list[bytes]:
    return [b64decode(text) for text in texts or ()]


LEAVES = [leaf_hash(b"%d" % n) for n in range(13)]
ROWS = HashRows(LEAVES)


class CountedReads:
    """A tree of made-up hashes, of any size."""

    def __init__(self) -> None:
        self.reads: list[tuple[int, int]] = []

    def read(self, level: int, index: int) -> bytes:
        self.reads.append((level, index))
        return sha256(b"%d %d" % (level, index)).digest()


# -- hashes and roots ------------------------------------------------------------


def test_hashes_have_the_prefixes_of_the_rfc() -> None:
    """A leaf is hashed after 0x00, a node after 0x01, and the empty tree has SHA-256("")."""
    left, right = leaf_hash(b"a"), leaf_hash(b"")
    assert left == sha256(b"\x00a").digest()
    assert right == sha256(b"\x00").digest()
    assert node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert root_of([]) == root(0, ROWS) == Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


def test_a_tree_of_seven_is_cut_as_the_rfc_cuts_it() -> None:
    """The tree of seven leaves, written out by hand."""
    a, b, c, d, e, f, g = LEAVES[:7]
    h = node_hash
    left, right = h(h(a, b), h(c, d)), h(h(e, f), g)
    assert root_of(LEAVES[:7]) == root(7, ROWS) == h(left, right)
    assert inclusion_proof(3, 7, ROWS) == [c, h(a, b), right]
    assert inclusion_proof(6, 7, ROWS) == [h(e, f), left]
    assert consistency_proof(3, 7, ROWS) == [c, d, h(a, b), right]
    assert consistency_proof(4, 7, ROWS) == [right]
    assert consistency_proof(6, 7, ROWS) == [h(e, f), g, left]


# -- published vectors -------------------------------------------------------------


def test_published_inclusion_proofs() -> None:
    """All 98 published inclusion proofs are judged as published."""
    for case in vectors("inclusion"):
        accepted = verify_inclusion(
            case["leafIdx"],
            case["treeSize"],
            b64decode(case["leafHash"]),
            decoded(case["proof"]),
            b64decode(case["root"]),
        )
        assert accepted is not case["wantErr"], case["name"]


def test_published_consistency_proofs() -> None:
    """All 98 published consistency proofs are judged as published."""
    for case in vectors("consistency"):
        accepted = verify_consistency(
            case["size1"],
            case["size2"],
            b64decode(case["root1"]),
            b64decode(case["root2"]),
            decoded(case["proof"]),
        )
        assert accepted is not case["wantErr"], case["name"]


# -- what a verifier refuses ----------------------------------------------------------


def test_each_fault_of_an_inclusion_proof_has_its_reason() -> None:
    """A proof that does not hold is told apart by what is wrong with it."""
    size, top = 13, root_of(LEAVES)
    proof = inclusion_proof(4, size, ROWS)

    def fault(index: int, size: int, proof: list[bytes], leaf: bytes = LEAVES[4]) -> object:
        return inclusion_fault(index, size, leaf, proof, top)

    assert fault(4, size, proof) is None
    for index, count in ((13, 13), (-1, 13), (0, 0), (4, -13), (0, MAX_TREE_SIZE + 1)):
        assert fault(index, count, proof) is ProofFault.OUT_OF_RANGE
    assert fault(4, size, proof[:-1]) is ProofFault.TOO_SHORT
    assert fault(4, size, []) is ProofFault.TOO_SHORT
    assert fault(4, size, [*proof, proof[0]]) is ProofFault.TOO_LONG
    assert fault(4, size, proof, b"") is ProofFault.HASH_LENGTH
    assert fault(4, size, proof, LEAVES[5]) is ProofFault.ROOT_DIFFERS
    assert fault(5, size, proof) is ProofFault.ROOT_DIFFERS
    assert inclusion_fault(0, 1, LEAVES[0], [], LEAVES[0]) is None
    assert inclusion_fault(0, 1, LEAVES[0], [], EMPTY_ROOT) is ProofFault.ROOT_DIFFERS


def test_hashes_of_other_lengths_cannot_be_moved_into_each_other() -> None:
    """A byte moved over the border of two hashes gives the same node, and is refused."""
    left, right = LEAVES[0], LEAVES[1]
    top = node_hash(left, right)
    moved_left, moved_right = left + right[:1], right[1:]
    assert node_hash(moved_left, moved_right) == top
    assert inclusion_fault(0, 2, moved_left, [moved_right], top) is ProofFault.HASH_LENGTH
    short = [moved_right]
    assert inclusion_fault(0, 2, left, short, top) is ProofFault.HASH_LENGTH
    assert consistency_fault(1, 2, moved_left, top, short) is ProofFault.HASH_LENGTH
    assert consistency_fault(1, 2, left, top, short) is ProofFault.HASH_LENGTH
    assert consistency_fault(3, 7, left, top, [b"", *LEAVES[:3]]) is ProofFault.HASH_LENGTH


def test_each_fault_of_a_consistency_proof_has_its_reason() -> None:
    """A proof that does not hold is told apart by what is wrong with it."""
    old_root, new_root = root_of(LEAVES[:6]), root_of(LEAVES)
    proof = consistency_proof(6, 13, ROWS)

    def fault(old: int, new: int, proof: list[bytes], before: bytes = old_root) -> object:
        return consistency_fault(old, new, before, new_root, proof)

    assert fault(6, 13, proof) is None
    for old, new in ((0, 13), (-1, 13), (13, 6), (6, MAX_TREE_SIZE + 1), (0, 0)):
        assert fault(old, new, proof) is ProofFault.OUT_OF_RANGE
        assert fault(old, new, []) is ProofFault.OUT_OF_RANGE
    assert fault(6, 13, []) is ProofFault.TOO_SHORT
    assert fault(8, 13, [], root_of(LEAVES[:8])) is ProofFault.TOO_SHORT
    assert fault(6, 13, proof[:-1]) is ProofFault.TOO_SHORT
    assert fault(6, 13, [*proof, proof[0]]) is ProofFault.TOO_LONG
    assert fault(6, 13, proof, root_of(LEAVES[:5])) is ProofFault.OLD_ROOT_DIFFERS
    assert consistency_fault(6, 13, old_root, old_root, proof) is ProofFault.ROOT_DIFFERS
    assert consistency_fault(6, 6, old_root, old_root, []) is None
    assert consistency_fault(6, 6, old_root, new_root, []) is ProofFault.ROOT_DIFFERS
    assert consistency_fault(6, 6, old_root, old_root, proof) is ProofFault.TOO_LONG


def test_a_proof_without_end_is_read_no_further_than_a_tree_is_high() -> None:
    """However many hashes are sent, at most 64 are hashed."""
    endless = [b"\x01" * 32] * 100_000 + [b"short"]
    top = MAX_TREE_SIZE
    assert inclusion_fault(top - 1, top, LEAVES[0], endless, LEAVES[0]) is ProofFault.TOO_LONG
    for old in (1 << 62, top - 1):
        assert consistency_fault(old, top, LEAVES[0], LEAVES[0], endless) is ProofFault.TOO_LONG


# -- what a prover refuses ------------------------------------------------------------


def test_no_proof_is_made_of_what_is_not_there() -> None:
    """A leaf outside the tree and a shrinking log have no proof."""
    for index, size in ((13, 13), (-1, 13), (0, 0), (0, MAX_TREE_SIZE + 1)):
        with pytest.raises(LeafNotInTree):
            inclusion_proof(index, size, ROWS)
    for old, new in ((7, 6), (-1, 6), (1, MAX_TREE_SIZE + 1)):
        with pytest.raises(SizesOutOfOrder):
            consistency_proof(old, new, ROWS)
    for old, new in ((0, 0), (0, 13), (13, 13)):
        assert consistency_proof(old, new, ROWS) == []


def test_proofs_stay_within_their_bounds() -> None:
    """At 10^6 leaves at most 20 hashes, and never more reads than the tree is high."""
    size = 1_000_000
    for index in (0, 1, 255, 256, 524_287, 524_288, 999_935, 999_936, size - 1):
        reader = CountedReads()
        assert len(inclusion_proof(index, size, reader)) <= 20
        assert len(reader.reads) <= 40
    reader = CountedReads()
    assert len(consistency_proof(777_777, size, reader)) <= 21
    assert len(inclusion_proof(0, MAX_TREE_SIZE, reader)) == 63
    root(MAX_TREE_SIZE, reader := CountedReads())
    assert len(reader.reads) == 63


# -- growing ----------------------------------------------------------------------------


def test_a_copy_grows_by_itself() -> None:
    """Neither a tree nor its copy sees what is appended to the other."""
    one = Frontier()
    one.extend(LEAVES[:5])
    other = one.copy()
    one.append(LEAVES[5])
    other.extend(LEAVES[6:9])
    assert (one.size, one.root()) == (6, root_of(LEAVES[:6]))
    assert (other.size, other.root()) == (8, root_of([*LEAVES[:5], *LEAVES[6:9]]))


def test_what_was_given_and_returned_is_not_changed_later() -> None:
    """The rows that an extension completed stay as they were, and so do its leaves."""
    tree, leaves = Frontier(), LEAVES[:3]
    rows = tree.extend(leaves)
    before = [list(row) for row in rows]
    tree.extend(LEAVES[3:])
    assert (rows, leaves) == (before, LEAVES[:3])
    leaves.clear()
    assert rows == before


def test_a_tree_goes_on_from_its_peaks_only() -> None:
    """Size and peaks make the same tree again; peaks that do not fit the size are refused."""
    whole = Frontier()
    whole.extend(LEAVES)
    again = Frontier(whole.size, whole.peaks)
    assert again.root() == root_of(LEAVES)
    assert whole.peaks == (ROWS.read(3, 0), ROWS.read(2, 2), LEAVES[12])
    for size, peaks in ((13, LEAVES[:2]), (12, LEAVES[:3]), (0, LEAVES[:1]), (-1, LEAVES[:1]),
                        (1, [b"short"]), (MAX_TREE_SIZE + 1, LEAVES[:1])):  # fmt: skip
        with pytest.raises(TreeStateMalformed) as caught:
            Frontier(size, peaks)
        for language in get_args(Language):
            assert str(size) in caught.value.message(language)
