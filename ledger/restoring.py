"""After a backup was restored: what is lost, getting it back, and the mark made anew.

A store that is behind its high-water mark, or has none, is not written to. Two things end
that, and both are something that the store cannot say of itself (``ledger.vouching``):

- an auditor's copy (``restore``): proved to be this log's own, all of it, then what the store
  lacks of it is put back as it was;
- a checkpoint of this log that somebody else kept (``believe``): it proves that the store is
  at least that far and no other; then a mark that is missing or another's is made anew. What
  came after that checkpoint and was lost, it cannot tell.

A checkpoint that shows more than the store holds, or something else, raises the mark
(``remember``): what was proved once is not forgotten. ``restore`` raises the mark first of
all, too: stopped at any point, the store is behind its mark, refuses to be written to, and the
same command goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from ledger.entry import Entry
from ledger.errors import ExitCode, LedgerError
from ledger.events.governance import RulePackAdopted, TrustListAdopted
from ledger.events.peers import BundleSent, MessageReceived
from ledger.high_water import HighWaterContradicted, Mark, MarkState
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.exported import ExportedLog
from ledger.log.exported_check import Identity, Progress, Proved, prove
from ledger.log.tiles import TILE_HASHES
from ledger.log.tree import StoreTree
from ledger.node import Node
from ledger.storage.port import EntryStore, NoteReads
from ledger.storage.tree_reads import Note
from ledger.vouching import require_good_signature, require_word


class ExportTooShort(LedgerError):
    code = "export_too_short"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the export ends after {size} entries, the log had {known}: nothing was restored; "
        "ask for a newer copy"
    )
    zh_cn = "导出仅有 {size} 个条目，而日志曾有 {known} 个：未恢复任何内容；请索取更新的副本"
    zh_tw = "匯出僅有 {size} 個條目，而日誌曾有 {known} 個：未還原任何內容；請索取更新的副本"


class ExportContradictsMark(LedgerError):
    code = "export_contradicts_mark"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the first {size} entries of the export are not those that this node knows from its "
        "mark or its own checkpoint: there are two histories; nothing was changed, keep both"
    )
    zh_cn = (
        "导出的前 {size} 个条目与本节点的标记或自身检查点不符：存在两种历史；"
        "未作任何更改，请保留两者"
    )
    zh_tw = (
        "匯出的前 {size} 個條目與本節點的標記或自身檢查點不符：存在兩種歷史；"
        "未作任何更改，請保留兩者"
    )


class CheckpointOfAnotherLog(LedgerError):
    code = "checkpoint_of_another_log"
    exit_code = ExitCode.CHECK_FAILED
    en = "the checkpoint is of {found}, not of {origin}; it proves nothing here"
    zh_cn = "该检查点属于 {found}，而非 {origin}；对此处不构成证明"
    zh_tw = "該檢查點屬於 {found}，而非 {origin}；對此處不構成證明"


class StoreBehindCheckpoint(LedgerError):
    code = "store_behind_checkpoint"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the checkpoint shows {known} entries of this log, the store holds {size}: get an "
        "auditor's copy and run credit-ledger reconcile --from FOLDER"
    )
    zh_cn = (
        "该检查点显示本日志有 {known} 个条目，存储中仅有 {size} 个：请取得审计副本，"
        "再运行 credit-ledger reconcile --from 目录"
    )
    zh_tw = (
        "該檢查點顯示本日誌有 {known} 個條目，儲存中僅有 {size} 個：請取得稽核副本，"
        "再執行 credit-ledger reconcile --from 目錄"
    )


class StoreContradictsCheckpoint(LedgerError):
    code = "store_contradicts_checkpoint"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the first {size} entries of the store are not those of the checkpoint, which this log "
        "signed: there are two histories; keep both and run credit-ledger audit --against FILE"
    )
    zh_cn = (
        "存储中前 {size} 个条目与本日志签署的该检查点不符：存在两种历史；"
        "请保留两者并运行 credit-ledger audit --against 文件"
    )
    zh_tw = (
        "儲存中前 {size} 個條目與本日誌簽署的該檢查點不符：存在兩種歷史；"
        "請保留兩者並執行 credit-ledger audit --against 檔案"
    )


class Finding(StrEnum):
    """What stands between the store and being written to; ``whole``: nothing."""

    WHOLE = "whole"
    BEHIND = "behind"
    NO_MARK = "no_mark"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store holds, and what is known beside it."""

    store_id: str
    size: int
    recorded_at: datetime | None
    """Of the last entry that is held."""
    remembered: int | None
    """How many entries the store itself says it once held."""
    mark_state: MarkState
    mark: Mark | None
    """Whosever it is."""
    checkpoint: Checkpoint | None
    """The last one that the store keeps of its own log."""
    finding: Finding
    told: tuple[tuple[int, bytes], ...]
    """Sizes that the log had, with their roots: by the mark, by the kept checkpoint."""
    known: int
    """How many entries the log had, as far as anything here tells."""

    @property
    def needs_word(self) -> bool:
        """Whether only something from outside may make the mark."""
        return self.mark_state is not MarkState.PRESENT

    @property
    def lost(self) -> range:
        """Leaf indexes that the log had and the store does not hold."""
        return range(self.size, max(self.size, self.known))


@dataclass(frozen=True, slots=True)
class Restored:
    """What ``restore`` put back: rows of these leaf indexes."""

    leaves: range
    first: datetime | None
    last: datetime | None
    """When the first and the last of them were recorded."""
    notes: int
    """Notes of the export that were verified; those that were missing are there now."""
    unchecked: int
    """Entries whose sealed details nobody could open: their data keys are not in the home."""
    on_word: SignedCheckpoint | None = None
    """What somebody vouches for, where nothing else made the mark anew."""
    made_mark: bool = False
    """The mark was missing: what came after the copy and was lost, nothing here can tell."""


def standing(node: Node) -> Standing:
    """How things are. Reads the store's tiles; raises ``TreeDamaged`` where they are not whole."""
    store, keeper = node.store, node.keeper
    head, size, remembered = store.head(), store.size(), store.largest_size_known()
    mark, state = keeper.high_water.read(), keeper.high_water.state(keeper.store_id, keeper.origin)
    note = store.latest_note("checkpoint", keeper.origin)
    kept = None if note is None else SignedCheckpoint.parse(note.body).checkpoint
    tree = StoreTree(store, size)
    # A mark of this log in another store says how far the log had come all the same.
    marked = mark if mark is not None and mark.origin == keeper.origin else None
    told: list[tuple[int, bytes]] = []
    if kept is not None:
        told.append((kept.size, kept.root))
    if marked is not None:
        told.append((marked.size, bytes.fromhex(marked.root)))
    known = max([size, remembered or 0, *(each for each, _ in told)])
    if any(each <= size and tree.root(each) != root for each, root in told):
        finding = Finding.CONTRADICTED
    elif known > size:
        finding = Finding.BEHIND
    else:
        finding = Finding.WHOLE if state is MarkState.PRESENT else Finding.NO_MARK
    return Standing(
        store_id=keeper.store_id,
        size=size,
        recorded_at=head.recorded_at if head else None,
        remembered=remembered,
        mark_state=state,
        mark=mark,
        checkpoint=kept,
        finding=finding,
        told=tuple(told),
        known=known,
    )


@dataclass(frozen=True, slots=True)
class Believed:
    """How things are after ``believe``; ``on_word``: somebody's word alone made the mark anew."""

    then: Standing
    on_word: bool = False


def remember(node: Node, signed: SignedCheckpoint) -> None:
    """Raise the mark to what the store cannot be: behind it, or of another tree.

    ``signed`` is of this log, by a key that is not compromised. From then on the node refuses
    until it is restored. Raises ``StoreBehindCheckpoint``, ``StoreContradictsCheckpoint``; or
    what keeps the mark from being raised.
    """
    checkpoint, size = signed.checkpoint, node.store.size()
    behind = size < checkpoint.size
    if not behind and StoreTree(node.store, size).root(checkpoint.size) == checkpoint.root:
        return
    with suppress(HighWaterContradicted):  # it stops the node already
        node.keeper.high_water.raise_to(node.keeper.mark(checkpoint), replace=True)
    if behind:
        raise StoreBehindCheckpoint(size=size, known=checkpoint.size)
    raise StoreContradictsCheckpoint(size=checkpoint.size)


def believe(node: Node, signed: SignedCheckpoint, voucher: str | None = None) -> Believed:
    """Hold the store against a checkpoint from outside; make the mark anew where it was missing.

    Raises ``CheckpointOfAnotherLog``, what ``require_good_signature``, ``remember`` and
    ``require_word`` raise.
    """
    checkpoint, origin = signed.checkpoint, node.keeper.origin
    if checkpoint.origin != origin:
        raise CheckpointOfAnotherLog(found=checkpoint.origin, origin=origin)
    require_good_signature(signed, node.registry())
    remember(node, signed)
    found = standing(node)
    if found.finding is not Finding.NO_MARK:
        return Believed(found)
    on_word = require_word(node, [signed], voucher)
    kept = found.checkpoint
    last = kept if kept is not None and kept.size > checkpoint.size else checkpoint
    node.keeper.high_water.raise_to(node.keeper.mark(last), replace=True)
    return Believed(standing(node), on_word)


def restore(
    node: Node,
    folder: Path,
    progress: Callable[[str], Progress | None],
    voucher: str | None = None,
) -> Restored:
    """Put back what the store lacks of the auditor's copy in ``folder``; see the module.

    ``progress`` is asked for a report for ``"proving"`` and for ``"restoring"``. Raises what
    ``prove`` raises, ``ExportTooShort``, ``ExportContradictsMark``, ``StoreForked``, or what
    ``require_word`` raises of a copy that shows no more than the store: then nothing was changed.
    """
    before = standing(node)
    log = ExportedLog(folder)
    identity = Identity(node.name, node.keeper.origin, node.founder)
    proved = prove(
        log, identity, held=node.store, data_keys=node.data_keys, progress=progress("proving")
    )
    _require_all(before, proved)
    notes = sum(len(page) for page in proved.notes())
    on_word = before.needs_word and _on_word(node, before, proved, voucher)
    node.keeper.high_water.raise_to(_new_mark(node, before, proved), replace=True)
    for page in ([proved.own_note()], *proved.notes()):
        node.store.keep_notes(partial(_all_of, page))
    first, last = _put_back(node.store, proved, progress("restoring"))
    return Restored(
        leaves=range(before.size, max(before.size, log.size)),
        first=first,
        last=last,
        notes=notes,
        unchecked=proved.unchecked,
        on_word=log.signed if on_word else None,
        made_mark=before.needs_word,
    )


def _on_word(node: Node, before: Standing, proved: Proved, voucher: str | None) -> bool:
    """Whether only the word of ``voucher`` says that the copy is not the store's own."""
    require_good_signature(proved.log.signed, proved.registry)
    if proved.log.size > before.size:
        return False
    seen = (
        SignedCheckpoint.parse(note.body)
        for page in proved.notes()
        for note in page
        if (note.kind, note.origin) == ("cosignature", node.keeper.origin)
    )
    return require_word(node, (proved.log.signed, *seen), voucher)


def _require_all(before: Standing, proved: Proved) -> None:
    """That the export goes as far as the log is known to have come, and is the same log."""
    size = proved.log.size
    for told, root in before.told:
        if told > max(size, before.size):
            raise ExportTooShort(size=size, known=told)
        if told <= size and proved.root(told) != root:
            raise ExportContradictsMark(size=told)
    if before.finding is Finding.CONTRADICTED:
        raise StoreContradictsCheckpoint(size=max(told for told, _ in before.told))


def _new_mark(node: Node, before: Standing, proved: Proved) -> Mark:
    kept = before.checkpoint
    longer = kept is not None and kept.size > proved.log.size
    return node.keeper.mark(kept if kept is not None and longer else proved.log.checkpoint)


def _put_back(
    store: EntryStore, proved: Proved, progress: Progress | None
) -> tuple[datetime | None, datetime | None]:
    """One transaction for each level 0 tile; when the first and the last were recorded."""
    first = last = None
    start = size = store.size()
    known: set[str] = set()
    while size < proved.log.size:
        chunk = proved.chunk(size // TILE_HASHES)
        skipped = size % TILE_HASHES
        rows, entries = chunk.rows[skipped:], chunk.entries[skipped:]
        wanted = {digest for entry in entries for digest in _rests_on(entry)} - known
        manifests = [(digest, proved.log.manifest(digest)) for digest in sorted(wanted)]
        store.restore(rows, manifests=[(d, content) for d, content in manifests if content])
        known |= wanted
        first, last = first or rows[0].recorded_at, rows[-1].recorded_at
        size += len(rows)
        if progress is not None:
            progress(size - start, proved.log.size - start)
    return first, last


def _all_of(page: list[Note], _: NoteReads) -> list[Note]:
    return page


def _rests_on(entry: Entry) -> Iterator[str]:
    """Digests of what lies beside the log and is restored with this entry."""
    if entry.submission is not None:
        yield entry.submission.manifest
    if isinstance(entry.facts, RulePackAdopted | TrustListAdopted):
        yield entry.facts.digest
    elif isinstance(entry.facts, BundleSent):
        yield entry.facts.bundle
    elif isinstance(entry.facts, MessageReceived):
        yield entry.facts.message
