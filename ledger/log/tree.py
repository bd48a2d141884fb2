"""The tree of a store at one size: its root and its proofs, read from tiles.

Full tiles come from the store, partial ones from the roots of the tiles below, the
lowest from the payloads themselves. Nothing is verified here: whoever signs a root holds
it against the checkpoint before (``ledger.log.keeper``), and the audit rebuilds the tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.errors import ExitCode, LedgerError
from ledger.log import merkle
from ledger.log.many_proofs import inclusion_proofs
from ledger.log.merkle import HASH_BYTES
from ledger.log.tiles import TILE_BYTES, TILE_HASHES, TileReader


class TreeDamaged(LedgerError):
    """What the tree is made of is not whole; the audit names the place."""

    code = "tree_damaged"
    exit_code = ExitCode.CHECK_FAILED
    en = "the tiles of the log are damaged ({what}); run credit-ledger audit"
    zh_cn = "日志的分片已损坏（{what}）；请运行 credit-ledger audit"
    zh_tw = "日誌的分片已損壞（{what}）；請執行 credit-ledger audit"


class TileSource(Protocol):
    """What of a store the tree is read from."""

    def tile(self, level: int, number: int) -> bytes | None: ...

    def tile_roots(self, level: int, start: int, stop: int) -> list[bytes]: ...

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]: ...


def stored_tile(source: TileSource, level: int, number: int, width: int) -> bytes:
    """The first ``width`` hashes of a tile. Raises ``TreeDamaged``."""
    first = number * TILE_HASHES
    try:
        if width == TILE_HASHES:
            found = source.tile(level, number)
            if found is None or len(found) != TILE_BYTES:
                raise TreeDamaged(what=f"tile {level}/{number}")
            return found
        if level:
            return b"".join(source.tile_roots(level - 1, first, first + width))
        hashes = source.leaf_hashes(first, first + width)
    except LookupError as error:
        raise TreeDamaged(what=str(error)) from error
    if len(hashes) != width:
        raise TreeDamaged(what=f"leaves {first} to {first + width - 1}")
    return b"".join(hashes)


def leaves(source: TileSource, start: int, stop: int) -> bytes:
    """The leaf hashes of ``start <= index < stop``, 32 bytes each; all of these leaves exist.

    From full tiles where there are any: that is a hundred times as fast as from payloads.
    Raises ``TreeDamaged``.
    """
    made: list[bytes] = []
    while start < stop:
        number, skipped = divmod(start, TILE_HASHES)
        end = min(stop, (number + 1) * TILE_HASHES)
        tile = source.tile(0, number)
        if tile is None or len(tile) != TILE_BYTES:
            tile = stored_tile(source, 0, number, end - number * TILE_HASHES)
        made.append(tile[skipped * HASH_BYTES : (end - number * TILE_HASHES) * HASH_BYTES])
        start = end
    return b"".join(made)


class StoreTree:
    """The first ``size`` leaves of a log. Proofs are those of RFC 6962, section 2.1."""

    def __init__(self, source: TileSource, size: int) -> None:
        self.size = size
        self._reader = TileReader(
            lambda level, number, width: stored_tile(source, level, number, width), size
        )

    def advance(self, size: int) -> None:
        """The log has ``size`` leaves now; what was read of it is kept where it stands."""
        self._reader.advance(size)
        self.size = size

    def root(self, size: int | None = None) -> bytes:
        """The root of the whole tree, or of its first ``size`` leaves."""
        return merkle.root(self.size if size is None else size, self._reader)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """From the leaf's sibling to the root's child, in the whole tree or a smaller one."""
        return merkle.inclusion_proof(index, self.size if size is None else size, self._reader)

    def inclusions(self, indexes: Sequence[int]) -> list[tuple[bytes, ...]]:
        """As ``inclusion`` for each of ``indexes``, which ascend, in the whole tree."""
        return inclusion_proofs(indexes, self.size, self._reader)

    def consistency(self, old: int) -> list[bytes]:
        """That the first ``old`` leaves are a beginning of this tree."""
        return merkle.consistency_proof(old, self.size, self._reader)
