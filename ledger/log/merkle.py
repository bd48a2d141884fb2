"""Merkle trees of RFC 6962 section 2.1, worded as RFC 9162 section 2.1, over SHA-256.

    MTH({})      = SHA-256("")
    MTH({d0})    = SHA-256(0x00 || d0)                       leaf_hash
    MTH(D[0:n])  = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))   node_hash

k is the largest power of two below n. Every hash has 32 bytes. A *perfect subtree* has 2^level
leaves and starts at a multiple of 2^level; it never changes once it is complete. All that is
computed here is computed from perfect subtrees, wherever a ``HashReader`` has them from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol, Self

from ledger.errors import ExitCode, LedgerError, UnusableInput

HASH_BYTES: Final = 32

MAX_TREE_SIZE: Final = (1 << 63) - 1
"""Other implementations hold sizes in a signed 64-bit integer."""

EMPTY_ROOT: Final = sha256(b"").digest()

_NODE: Final = b"\x01"


class LeafNotInTree(UnusableInput):
    code = "leaf_not_in_tree"
    en = "a tree of {size} leaves has no leaf {index}; the first one is 0"
    zh_cn = "大小为 {size} 的树中没有叶 {index}；编号从 0 开始"
    zh_tw = "大小為 {size} 的樹中沒有葉 {index}；編號從 0 開始"


class SizesOutOfOrder(UnusableInput):
    code = "sizes_out_of_order"
    en = "no proof leads from size {old} to size {new}: a log only grows; exchange the two"
    zh_cn = "无法证明大小 {old} 到 {new} 的一致性：日志只增不减；请对调两者"
    zh_tw = "無法證明大小 {old} 到 {new} 的一致性：日誌只增不減；請對調兩者"


class TreeStateMalformed(LedgerError):
    code = "tree_state_malformed"
    exit_code = ExitCode.CHECK_FAILED
    en = "the hashes held for a tree of {size} leaves do not fit it: {why}; run credit-ledger audit"
    zh_cn = "为大小 {size} 的树保存的哈希与其不符：{why}；请运行 credit-ledger audit"
    zh_tw = "為大小 {size} 的樹保存的雜湊與其不符：{why}；請執行 credit-ledger audit"


class HashReader(Protocol):
    """Where the roots of perfect subtrees come from."""

    def read(self, level: int, index: int) -> bytes:
        """The root over the leaves [index * 2^level, (index + 1) * 2^level).

        Asked only for subtrees that are complete in the tree that is spoken of.
        """
        ...


def leaf_hash(payload: bytes) -> bytes:
    """The hash of a leaf that holds ``payload``."""
    return sha256(b"\x00" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two hashes of 32 bytes."""
    return sha256(_NODE + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaves that are all at hand; ``EMPTY_ROOT`` for none."""
    row = list(leaf_hashes)
    while len(row) > 1:
        # A node without a sibling is its own parent: that gives RFC 9162's k at every level.
        lone = row[-1:] if len(row) & 1 else []
        row = _pairs(row) + lone
    return row[0] if row else EMPTY_ROOT


def _pairs(row: Sequence[bytes]) -> list[bytes]:
    """The parents of the 1st and 2nd, 3rd and 4th ...; an odd last one has none."""
    each = iter(row)
    return [sha256(_NODE + left + right).digest() for left, right in zip(each, each, strict=False)]


def row_above(row: bytes) -> bytes:
    """The parents of hashes that stand one after the other; an odd last one has none."""
    return b"".join(
        [
            sha256(_NODE + row[at : at + 2 * HASH_BYTES]).digest()
            for at in range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
        ]
    )


def _join_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root over neighbouring perfect subtrees, each smaller than the one before."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = sha256(_NODE + peak + root).digest()
    return root


# -- roots and proofs from perfect subtrees --------------------------------------


def root(size: int, reader: HashReader) -> bytes:
    """The root of the tree of the first ``size`` leaves; reads at most 63 subtrees."""
    assert 0 <= size <= MAX_TREE_SIZE
    return _range_root(0, size, reader) if size else EMPTY_ROOT


def perfect_subtrees(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the perfect subtrees that make up MTH(D[start:stop]), left to right.

    ``start`` is a multiple of the largest power of two in ``stop - start``, as it is for
    every subtree of a Merkle tree.
    """
    while start < stop:
        level = (stop - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range_root(start: int, stop: int, reader: HashReader) -> bytes:
    count = stop - start
    if count & (count - 1) == 0:  # all but one hash of a proof are of this kind
        level = count.bit_length() - 1
        return reader.read(level, start >> level)
    return _join_peaks([reader.read(*subtree) for subtree in perfect_subtrees(start, stop)])


def _split(start: int, stop: int) -> int:
    """Where MTH(D[start:stop]) is cut: after the largest power of two below its size."""
    return start + (1 << ((stop - start - 1).bit_length() - 1))


def inclusion_proof(index: int, size: int, reader: HashReader) -> list[bytes]:
    """PATH(index, D[0:size]): from the leaf's sibling to the root's child.

    At most ceil(log2 size) hashes. Raises ``LeafNotInTree``. RFC 9162 section 2.1.3.1.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise LeafNotInTree(index=index, size=size)
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = _split(start, stop)
        if index < middle:
            path.append(_range_root(middle, stop, reader))
            stop = middle
        else:
            path.append(_range_root(start, middle, reader))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, reader: HashReader) -> list[bytes]:
    """PROOF(old, D[0:new]), at most ceil(log2 new) + 1 hashes. RFC 9162 section 2.1.4.1.

    Empty for equal sizes, and for ``old`` 0, where there is nothing to prove (what a witness
    is sent that has seen nothing yet). Raises ``SizesOutOfOrder``.
    """
    if not 0 <= old <= new <= MAX_TREE_SIZE:
        raise SizesOutOfOrder(old=old, new=new)
    path: list[bytes] = []
    start, stop = 0, new
    if old == 0:
        return path
    while stop != old:
        middle = _split(start, stop)
        if old <= middle:
            path.append(_range_root(middle, stop, reader))
            stop = middle
        else:
            path.append(_range_root(start, middle, reader))
            start = middle
    if start:  # else the rest is the whole old tree, whose root the verifier has
        path.append(_range_root(start, stop, reader))
    path.reverse()
    return path


# -- verifying --------------------------------------------------------------------


class ProofFault(StrEnum):
    """Why a proof proves nothing."""

    OUT_OF_RANGE = "out_of_range"  # no such leaf, or no such pair of sizes
    HASH_LENGTH = "hash_length"  # a hash that has not 32 bytes
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    ROOT_DIFFERS = "root_differs"  # in a consistency proof: the new root
    OLD_ROOT_DIFFERS = "old_root_differs"  # and the new one is right: it had another beginning


def inclusion_fault(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> ProofFault | None:
    """What is wrong with a proof that ``leaf`` is leaf ``index`` of ``size``; None: it holds.

    RFC 9162 section 2.1.3.2; at most 63 steps, whatever is given. ``size`` and ``root`` must
    come from one checkpoint: the proof of a leaf has the same shape in trees of several sizes,
    so that it binds a root and an index, but no size.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        return ProofFault.OUT_OF_RANGE
    if len(leaf) != HASH_BYTES:
        return ProofFault.HASH_LENGTH
    node, last = index, size - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            return ProofFault.TOO_LONG
        if len(sibling) != HASH_BYTES:
            return ProofFault.HASH_LENGTH
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _without_zeros(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last:
        return ProofFault.TOO_SHORT
    return None if computed == root else ProofFault.ROOT_DIFFERS


def _without_zeros(node: int, last: int) -> tuple[int, int]:
    """Both shifted until ``node`` is odd or 0: a lone node is its own parent."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf hash ``leaf`` is proved; see ``inclusion_fault``."""
    return inclusion_fault(index, size, leaf, proof, root) is None


def consistency_fault(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> ProofFault | None:
    """What is wrong with a proof that tree ``old`` is the beginning of ``new``; None: it holds.

    RFC 9162 section 2.1.4.2; at most 64 steps, whatever is given. Equal sizes need equal roots
    and an empty proof. A tree of size 0 begins every tree: ``old`` 0 proves nothing and is
    ``OUT_OF_RANGE``. Each size must come from one checkpoint with its root, as above.
    """
    if not 0 < old <= new <= MAX_TREE_SIZE:
        return ProofFault.OUT_OF_RANGE
    if old == new:
        if proof:
            return ProofFault.TOO_LONG
        return None if old_root == new_root else ProofFault.ROOT_DIFFERS
    if not proof:
        return ProofFault.TOO_SHORT
    rest = iter(proof)
    seed = old_root if old & (old - 1) == 0 else next(rest)
    if len(seed) != HASH_BYTES:
        return ProofFault.HASH_LENGTH
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    from_old = from_new = seed
    for sibling in rest:
        if last == 0:
            return ProofFault.TOO_LONG
        if len(sibling) != HASH_BYTES:
            return ProofFault.HASH_LENGTH
        if node & 1 or node == last:
            from_old = node_hash(sibling, from_old)
            from_new = node_hash(sibling, from_new)
            node, last = _without_zeros(node, last)
        else:
            from_new = node_hash(from_new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        return ProofFault.TOO_SHORT
    if from_new != new_root:
        return ProofFault.ROOT_DIFFERS
    return None if from_old == old_root else ProofFault.OLD_ROOT_DIFFERS


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether tree ``old`` is proved to be the beginning of ``new``; see ``consistency_fault``."""
    return consistency_fault(old, new, old_root, new_root, proof) is None


# -- growing ----------------------------------------------------------------------


class Frontier:
    """A tree that grows: its size and its peaks, the roots of the perfect subtrees in it.

    Peaks stand from left to right, so from largest to smallest, one for each bit of the size.
    Appending costs one hash a leaf on average, the root one hash a peak.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Raises ``TreeStateMalformed`` where the peaks are not as many as they must be."""
        if not 0 <= size <= MAX_TREE_SIZE or len(peaks) != size.bit_count():
            raise TreeStateMalformed(size=size, why=f"{len(peaks)} != {size.bit_count()}")
        if any(len(peak) != HASH_BYTES for peak in peaks):
            raise TreeStateMalformed(size=size, why=f"!= {HASH_BYTES} bytes")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        return tuple(self._peaks)

    def copy(self) -> Self:
        """One that grows by itself."""
        return type(self)(self.size, self._peaks)

    def root(self) -> bytes:
        return _join_peaks(self._peaks) if self._peaks else EMPTY_ROOT

    def append(self, leaf: bytes) -> None:
        """One more leaf hash."""
        assert len(leaf) == HASH_BYTES
        peaks, carry = self._peaks, self.size
        while carry & 1:
            leaf = sha256(_NODE + peaks.pop() + leaf).digest()
            carry >>= 1
        peaks.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """More leaf hashes; by level, the roots of the subtrees that this completed.

        The roots of a level stand side by side; the first has the index ``size >> level`` of
        the size before. Level 0 is ``leaves``, and there is no level that nothing reached.
        """
        assert {HASH_BYTES}.issuperset(map(len, leaves))
        completed: list[list[bytes]] = []
        lone: list[bytes] = []
        row, carry = list(leaves), self.size
        while row:
            completed.append(row)
            whole = [self._peaks.pop(), *row] if carry & 1 else row
            if len(whole) & 1:
                lone.append(whole[-1])
            row = _pairs(whole)
            carry >>= 1
        self._peaks.extend(reversed(lone))
        self.size += len(leaves)
        return completed


class HashRows:
    """A ``HashReader`` over leaf hashes that are all at hand; each node is hashed once."""

    __slots__ = ("_rows",)

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        self._rows = Frontier().extend(leaf_hashes)

    def read(self, level: int, index: int) -> bytes:
        return self._rows[level][index]
