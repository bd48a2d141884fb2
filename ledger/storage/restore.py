"""Putting lost entries back as they were: signed rows, not drafts. Shared by both stores.

Nothing is stamped, signed or judged here: whoever calls it has proved that the rows are the
log's own (``ledger.restoring``). Under the append lock it is held only that they are the
next ones (leaf indexes, versions of streams, instants), and that a tile which they complete
is the one that is there, where a tail was lost without its tiles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Protocol

from ledger.entry import StoredEntry
from ledger.errors import ExitCode, LedgerError
from ledger.log.merkle import leaf_hash
from ledger.log.tiles import FullTile, TileBuilder
from ledger.storage.append import INSERT_ROWS
from ledger.storage.port import Head, StreamHead


class NotTheNext(LedgerError):
    code = "not_the_next"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing was put back: entry {index} does not follow what the store holds ({what}); "
        "run credit-ledger reconcile again"
    )
    zh_cn = (
        "未恢复任何内容：条目 {index} 与存储现有内容不衔接（{what}）；"
        "请重新运行 credit-ledger reconcile"
    )
    zh_tw = (
        "未還原任何內容：條目 {index} 與儲存現有內容不銜接（{what}）；"
        "請重新執行 credit-ledger reconcile"
    )


class Restoring(Protocol):
    """What of a transaction under the append lock is needed to put rows back."""

    def held(self) -> Head | None:
        """The last row that is there, also where the store remembers to have had more."""

    def stream_heads(self, keys: Collection[str]) -> Mapping[str, StreamHead]: ...

    def insert(self, entries: Sequence[StoredEntry]) -> None: ...

    def insert_manifests(self, manifests: Sequence[tuple[str, bytes]]) -> None: ...

    def tree_at(self, size: int) -> TileBuilder: ...

    def tile(self, level: int, number: int) -> bytes | None: ...

    def insert_tiles(self, tiles: Sequence[FullTile]) -> None: ...


def put_back(
    writing: Restoring, entries: Sequence[StoredEntry], manifests: Sequence[tuple[str, bytes]]
) -> TileBuilder:
    """The tree with these rows, which are in the store with their tiles and manifests.

    Raises ``NotTheNext``; whatever it raises, the store rolls back.
    """
    last = writing.held()
    _require_next(entries, last, writing.stream_heads({str(e.originator_id) for e in entries}))
    for _, group in groupby(entries, lambda entry: entry.recorded_at):
        rows = list(group)
        for start in range(0, len(rows), INSERT_ROWS):
            writing.insert(rows[start : start + INSERT_ROWS])
    tree = writing.tree_at(last.size if last else 0)
    tree, full = tree.extended([leaf_hash(entry.state) for entry in entries])
    writing.insert_tiles(_missing(writing, full))
    writing.insert_manifests(manifests)
    return tree


def _require_next(
    entries: Sequence[StoredEntry], last: Head | None, heads: Mapping[str, StreamHead]
) -> None:
    seqs = {key: head.seq for key, head in heads.items()}
    instant = last.recorded_at if last else None
    for index, entry in enumerate(entries, last.size if last else 0):
        key = str(entry.originator_id)
        if entry.index != index:
            raise NotTheNext(index=entry.index, what=f"leaf {index} is the next one")
        if entry.originator_version != seqs.get(key, 0) + 1:
            raise NotTheNext(index=entry.index, what=f"seq {seqs.get(key, 0) + 1} of its stream")
        if instant is not None and entry.recorded_at < instant:
            raise NotTheNext(index=entry.index, what="it was recorded before the one before it")
        seqs[key] = entry.originator_version
        instant = entry.recorded_at


def _missing(writing: Restoring, tiles: Iterable[FullTile]) -> list[FullTile]:
    """Those that are not there. Raises ``NotTheNext`` for one that is there and differs."""
    missing: list[FullTile] = []
    for tile in tiles:
        kept = writing.tile(tile.level, tile.index)
        if kept is None:
            missing.append(tile)
        elif kept != tile.data:
            first = tile.index << 8 * (tile.level + 1)
            raise NotTheNext(index=first, what=f"tile {tile.level}/{tile.index} is another one")
    return missing
