"""Inclusion proofs of many leaves of one tree at once (RFC 6962 section 2.1.1). Pure.

The tree is walked once: each subtree beside the ways to the leaves is read one time, however
many proofs name its root.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ledger.log.merkle import HashReader, LeafNotInTree, node_hash, perfect_subtrees


def inclusion_proofs(
    indexes: Sequence[int], size: int, reader: HashReader
) -> list[tuple[bytes, ...]]:
    """For each of ``indexes``, which ascend: from the leaf's sibling to the root's child.

    As ``merkle.inclusion_proof`` makes them one by one. Raises ``LeafNotInTree``.
    """
    for index in (*indexes[:1], *indexes[-1:]):
        if not 0 <= index < size:
            raise LeafNotInTree(index=index, size=size)
    found: list[tuple[bytes, ...]] = []

    def walk(start: int, stop: int, of: tuple[int, int], above: tuple[bytes, ...]) -> None:
        """The proofs of ``indexes[of]`` in the subtree of these leaves; ``above`` leads there."""
        if stop - start == 1:
            found.append(above)
            return
        middle = start + (1 << ((stop - start - 1).bit_length() - 1))
        low, high = of
        cut = bisect_left(indexes, middle, low, high)
        if cut > low:
            walk(start, middle, (low, cut), (_root(middle, stop, reader), *above))
        if cut < high:
            walk(middle, stop, (cut, high), (_root(start, middle, reader), *above))

    if indexes:
        walk(0, size, (0, len(indexes)), ())
    return found


def _root(start: int, stop: int, reader: HashReader) -> bytes:
    """Of neighbouring leaves that a subtree holds."""
    count = stop - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return reader.read(level, start >> level)
    peaks = [reader.read(*subtree) for subtree in perfect_subtrees(start, stop)]
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
