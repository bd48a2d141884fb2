"""Whether an auditor's copy is this node's own log, all of it: before anything rests on it.

Entry by entry, in the order of the log:

1. its form, and that it is of this node;
2. its signature, by a key that the log itself introduced before it, beginning with the key
   that founded the log;
3. its chain and time: the next of its stream, naming the entry before, not earlier;
4. its submission, rule pack, trust list and message: there, and signed, or what its digest
   says; its sealed details: what it committed to, as far as the data keys are at hand;
5. where the store holds an entry of that index: it is the same one, byte for byte;
6. every tile of hashes is what the entries hash to.

Then the root is what the checkpoint says, this log signed that checkpoint, and every note
of this log is of the same tree.

Memory: some 250 bytes for each stream and 64 for each tile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, cast

from ledger.entry import Entry, StoredEntry
from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.events.governance import HeadsCommitted, RulePackAdopted, TrustListAdopted
from ledger.events.peers import BundleSent, MessageReceived
from ledger.exchange.kept import MessageLost, kept
from ledger.exchange.trust_list import adopted_list
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.details import SealedDetails
from ledger.log.export_files import details_path, manifest_path
from ledger.log.export_folder import CHECKPOINT
from ledger.log.exported import CHANGED, MISSING, Chunk, ExportedLog, ExportFileWrong
from ledger.log.faults import FaultKind, FaultList
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.merkle import root as root_at
from ledger.log.own_keys import checkpoint_keys, witness_keys
from ledger.log.stream import fold_governing, require_signed
from ledger.log.submissions import Submissions
from ledger.log.tile_files import Tile
from ledger.log.tiles import TILE_HASHES, TileBuilder, TileReader
from ledger.organisations.registry import Registry
from ledger.signing.data_keys import DataKeys
from ledger.storage.port import GOVERNANCE_KINDS, EntryStore
from ledger.storage.tree_reads import Note, note_of

Progress = Callable[[int, int], None]

TOLERATED: Final[frozenset[FaultKind]] = frozenset(
    {"data_key_lost", "erasure_unfinished", "erasure_unrecorded"}
)
"""What is wrong with the home's data keys, not with the copy; an audit tells it."""

_OF_MANIFESTS: Final[frozenset[FaultKind]] = frozenset({"missing_manifest", "bad_manifest"})

_NOT_THE_TREE: Final = Phrase(
    "it is not what the entries hash to", "与条目的散列不符", "與條目的雜湊不符"
)
_CHAIN: Final = Phrase(
    "entry {index} does not continue its stream",
    "条目 {index} 与其所在流不衔接",
    "條目 {index} 與其所在流不銜接",
)
_TIME: Final = Phrase(
    "entry {index} was recorded before the one before it",
    "条目 {index} 的记录时间早于前一条目",
    "條目 {index} 的記錄時間早於前一條目",
)


class ExportOfAnotherNode(LedgerError):
    code = "export_of_another_node"
    exit_code = ExitCode.CHECK_FAILED
    en = "the export is of {found}, not of {origin}; ask for a copy of this node's log"
    zh_cn = "该导出属于 {found}，而非 {origin}；请索取本节点日志的副本"
    zh_tw = "該匯出屬於 {found}，而非 {origin}；請索取本節點日誌的副本"


class StoreForked(LedgerError):
    """The store went on from an old backup, or was rewritten: nobody may choose silently."""

    code = "store_forked"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "entry {index} of the store is not the one that was exported: there are two histories; "
        "nothing was changed, keep both and run credit-ledger audit"
    )
    zh_cn = (
        "存储中的条目 {index} 与导出的不同：存在两种历史；未作任何更改，"
        "请保留两者并运行 credit-ledger audit"
    )
    zh_tw = (
        "儲存中的條目 {index} 與匯出的不同：存在兩種歷史；未作任何更改，"
        "請保留兩者並執行 credit-ledger audit"
    )


class NoteOfAnotherTree(LedgerError):
    code = "note_of_another_tree"
    exit_code = ExitCode.CHECK_FAILED
    en = "its note of size {size} is of another tree"
    zh_cn = "其中大小为 {size} 的签名文本属于另一棵树"
    zh_tw = "其中大小為 {size} 的簽名文本屬於另一棵樹"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose log it has to be."""

    node: str
    origin: str
    founder: bytes
    """The raw public key that founded it."""


@dataclass(frozen=True, slots=True)
class Proved:
    """An export that holds."""

    log: ExportedLog
    registry: Registry
    digests: tuple[bytes, ...]
    """Of each chunk: what is read again later must be what was proved."""
    unchecked: int
    """Entries whose sealed details could not be opened: their data keys are not here."""
    tree: TileReader

    def root(self, size: int) -> bytes:
        """Of the first ``size`` leaves."""
        return root_at(size, self.tree)

    def chunk(self, number: int) -> Chunk:
        """As proved. Raises ``ExportFileWrong`` where it was changed since."""
        chunk = self.log.chunk(number)
        if chunk.digest != self.digests[number]:
            raise ExportFileWrong(file=chunk.tile.path, why=CHANGED)
        return chunk

    def own_note(self) -> Note:
        """The export's checkpoint as this log signed it, without cosignatures."""
        checkpoint = self.log.checkpoint
        keys = checkpoint_keys(self.registry.node_keys.values(), checkpoint.origin)
        own = self.log.signed.verified(keys).signatures
        body = SignedCheckpoint(checkpoint, tuple(each.signature for each in own)).to_bytes()
        return note_of("checkpoint", checkpoint.origin, checkpoint.size, body)

    def notes(self) -> Iterator[list[Note]]:
        """The notes, file by file, each of them verified. Raises ``ExportFileWrong``.

        Those past the export's checkpoint, of an export that was stopped, are left out.
        """
        for name, notes in self.log.notes():
            try:
                yield [note for note in notes if self._holds(note)]
            except LedgerError as error:
                raise ExportFileWrong(file=name, why=error) from error

    def _holds(self, note: Note) -> bool:
        """False for what cannot be told here. Raises what is wrong with it."""
        signed, origin = SignedCheckpoint.parse(note.body), self.log.checkpoint.origin
        keys = self.registry.node_keys.values()
        if note.origin != origin:
            if note.kind == "witnessed":
                signed.note.verified(witness_keys(keys, origin))
            elif note.kind != "fork":  # a fork is proved by the signatures of the other log
                raise ExportOfAnotherNode(found=note.origin, origin=origin)
            return True
        if note.size > self.log.size:
            return False
        own = checkpoint_keys(keys, origin)
        if note.kind == "cosignature":
            signed.note.verified_if_any(own)
        else:
            signed.verified(own)
        if note.kind != "fork" and self.root(note.size) != signed.checkpoint.root:
            raise NoteOfAnotherTree(size=note.size)
        return True


def prove(
    log: ExportedLog,
    identity: Identity,
    *,
    held: EntryStore,
    data_keys: DataKeys | None,
    progress: Progress | None = None,
) -> Proved:
    """See the module. ``held`` is the store that is behind, or forked: ``StoreForked``.

    Raises ``ExportOfAnotherNode`` and ``ExportFileWrong``; nothing is written.
    """
    if log.checkpoint.origin != identity.origin:
        raise ExportOfAnotherNode(found=log.checkpoint.origin, origin=identity.origin)
    checking = _Checking(log, identity, data_keys)
    rows = held.scan(0, log.size)
    for number in range(-(-log.size // TILE_HASHES)):
        chunk = log.chunk(number)
        checking.chunk(chunk)
        for theirs in chunk.rows:
            ours = next(rows, None)
            if ours is not None and ours != theirs:
                raise StoreForked(index=theirs.index)
        if progress is not None:
            progress(min(log.size, (number + 1) * TILE_HASHES), log.size)
    return checking.finish()


class _Checking:
    """What goes from entry to entry."""

    def __init__(self, log: ExportedLog, identity: Identity, data_keys: DataKeys | None) -> None:
        self._log = log
        self._identity = identity
        self._registry = Registry()
        self._faults = FaultList()
        self._manifests = cast("EntryStore", log)  # of the store only manifests are asked for
        self._submissions = Submissions(self._manifests, self._registry, self._faults)
        self._details = SealedDetails(data_keys, self._faults)
        self._streams: dict[str, tuple[int, bytes]] = {}
        self._recorded_at = datetime.min.replace(tzinfo=UTC)
        self._tree = TileBuilder()
        self._digests: list[bytes] = []

    def chunk(self, chunk: Chunk) -> None:
        name = chunk.tile.path
        self._details.prepare(chunk.rows)
        for row, entry in zip(chunk.rows, chunk.entries, strict=True):
            try:
                self._signed(row, entry)
            except LedgerError as error:
                raise ExportFileWrong(file=name, why=error) from error
            self._next(name, row, entry)
            self._evidence(chunk, row, entry)
        self._tree, full = self._tree.extended([leaf_hash(row.state) for row in chunk.rows])
        for tile in full:
            self._hashes(tile.level, tile.index, tile.data)
        self._digests.append(chunk.digest)

    def finish(self) -> Proved:
        for level, data in enumerate(self._tree.state.partials):
            if data:
                self._hashes(level, self._log.size >> 8 * (level + 1), data)
        if self._tree.root() != self._log.checkpoint.root:
            raise ExportFileWrong(file=CHECKPOINT, why=_NOT_THE_TREE)
        keys = checkpoint_keys(self._registry.node_keys.values(), self._identity.origin)
        try:
            self._log.signed.verified(keys)
        except LedgerError as error:
            raise ExportFileWrong(file=CHECKPOINT, why=error) from error
        lost = self._faults.counts.get("data_key_lost", 0)
        reader = TileReader(self._log.tile, self._log.size)
        return Proved(self._log, self._registry, tuple(self._digests), lost, reader)

    def _signed(self, row: StoredEntry, entry: Entry) -> None:
        """2, and what the entry says of who may sign."""
        if entry.stream.kind in GOVERNANCE_KINDS and type(entry.facts) is not HeadsCommitted:
            founder = self._identity.founder
            fold_governing(self._registry, [row], founder, self._log.digest_at)
        else:
            require_signed(row, entry, self._registry.node_keys)

    def _next(self, name: str, row: StoredEntry, entry: Entry) -> None:
        """1 and 3."""
        if entry.node != self._identity.node:
            raise ExportOfAnotherNode(found=entry.node, origin=self._identity.origin)
        key = entry.stream.key
        seq, digest = self._streams.get(key, (0, None))
        if entry.seq != seq + 1 or entry.prev != (None if digest is None else digest.hex()):
            raise ExportFileWrong(file=name, why=_about(_CHAIN, entry))
        if entry.recorded_at < self._recorded_at:
            raise ExportFileWrong(file=name, why=_about(_TIME, entry))
        self._streams[key] = entry.seq, sha256(row.state).digest()
        self._recorded_at = entry.recorded_at

    def _evidence(self, chunk: Chunk, row: StoredEntry, entry: Entry) -> None:
        """4."""
        if isinstance(entry.facts, RulePackAdopted):
            content = self._log.manifest(entry.facts.digest)
            if content is None or sha256(content).hexdigest() != entry.facts.digest:
                why = MISSING if content is None else _NOT_THE_TREE
                raise ExportFileWrong(file=manifest_path(entry.facts.digest), why=why)
        if isinstance(entry.facts, TrustListAdopted):
            content = self._log.manifest(entry.facts.digest)
            try:
                adopted_list(content, entry.facts)
            except LedgerError as error:
                file = manifest_path(entry.facts.digest)
                found = MISSING if content is None else error
                raise ExportFileWrong(file=file, why=found) from error
        if isinstance(entry.facts, BundleSent):
            self._message(entry.facts.bundle)
        elif isinstance(entry.facts, MessageReceived):
            self._message(entry.facts.message)
        if row.details is not None or entry.sealed or entry.submission is not None:
            self._submissions.check(entry, self._details.check(entry, row.details))
        for fault in self._faults.kept:
            if fault.kind not in TOLERATED:
                submission = entry.submission
                file = details_path(chunk.tile)
                if fault.kind in _OF_MANIFESTS and submission is not None:
                    file = manifest_path(submission.manifest)
                raise ExportFileWrong(file=file, why=f"{fault.index}: {fault.detail}")
        self._faults.kept.clear()

    def _message(self, digest: str) -> None:
        file = manifest_path(digest)
        try:
            kept(self._manifests, digest)
        except MessageLost as error:
            why = MISSING if self._log.manifest(digest) is None else error
            raise ExportFileWrong(file=file, why=why) from error

    def _hashes(self, level: int, index: int, data: bytes) -> None:
        """6."""
        width = len(data) // HASH_BYTES
        if self._log.tile(level, index, width) != data:
            raise ExportFileWrong(file=Tile(level, index, width).path, why=_NOT_THE_TREE)


def _about(phrase: Phrase, entry: Entry) -> Phrase:
    return replace(phrase, fields={"index": entry.index})
