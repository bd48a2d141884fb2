"""The log as a folder that any static file server serves (C2SP tlog-tiles).

    checkpoint              the newest signed checkpoint with its cosignatures
    tile/<L>/<N>[.p/<W>]    the hash tiles of exactly its size

For authorised auditors also the entries, their signatures, sealed details, manifests and
all kept notes (``export_files``): then the folder has mode 0700 and its files 0600.

Exported again, only what is new is written; whatever is there must be the same, byte by
byte, and is not written again (files of notes grow). Tiles are made anew from the leaves,
level by level; what they hash to must be what the checkpoint says, before ``checkpoint`` is
replaced, last and in one step. A program that is stopped leaves the folder as good as it was.

A partial tile is removed when the full one is there; until then all of them stay, as a
reader may still hold the checkpoint that they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from ledger.entry import MAX_PAYLOAD_BYTES, StoredEntry
from ledger.errors import ExitCode, LedgerError
from ledger.events.governance import RulePackAdopted, TrustListAdopted
from ledger.events.peers import BundleSent, MessageReceived
from ledger.log import export_files as files
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.export_folder import ExportFolder
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.proving import with_cosignatures
from ledger.log.tile_files import EntriesTile, Tile, encode_entries
from ledger.log.tiles import TILE_HASHES, TileBuilder
from ledger.log.tree import TreeDamaged, leaves
from ledger.log.verifier_key import VerifierKey
from ledger.signing.boxes import MAX_DETAILS_BYTES
from ledger.signing.keys import SIGNATURE_BYTES
from ledger.storage.port import EntryStore

Progress = Callable[[int, int], None]


class NothingToExport(LedgerError):
    code = "nothing_to_export"
    exit_code = ExitCode.CHECK_FAILED
    en = "the store holds no checkpoint of {origin}; run credit-ledger audit"
    zh_cn = "存储中没有 {origin} 的检查点；请运行 credit-ledger audit"
    zh_tw = "儲存中沒有 {origin} 的檢查點；請執行 credit-ledger audit"


class ExportContradicts(LedgerError):
    code = "export_contradicts"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the entries do not hash to what the log's own checkpoint of size {size} says; "
        "no checkpoint was exported, run credit-ledger audit"
    )
    zh_cn = (
        "条目的散列与日志自身大小为 {size} 的检查点不符；未导出检查点，请运行 credit-ledger audit"
    )
    zh_tw = (
        "條目的雜湊與日誌自身大小為 {size} 的檢查點不符；未匯出檢查點，請執行 credit-ledger audit"
    )


@dataclass(frozen=True, slots=True)
class Exported:
    """What the folder holds now: the log of ``size`` entries."""

    size: int
    root: bytes
    written: int
    """Files that are new, or files of notes that grew."""
    unchanged: int
    removed: int
    """Partial tiles that full ones replaced."""


def newest_checkpoint(
    store: EntryStore, origin: str, keys: Collection[VerifierKey]
) -> SignedCheckpoint:
    """The newest of the log's own, with every cosignature that is kept of it.

    Raises ``NothingToExport``, or what verifying it by ``keys``, the log's own, raises.
    """
    note = store.latest_note("checkpoint", origin)
    if note is None:
        raise NothingToExport(origin=origin)
    signed = SignedCheckpoint.parse(note.body)
    signed.verified(keys)
    return with_cosignatures(store, signed)


def export(
    store: EntryStore,
    folder: Path,
    *,
    origin: str,
    keys: Collection[VerifierKey],
    with_entries: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Bring ``folder`` up to the newest checkpoint of ``origin``; see the module.

    ``keys`` are those that sign this log's checkpoints. Raises what ``ExportFolder`` and
    ``newest_checkpoint`` raise, ``ExportContradicts``, and ``TreeDamaged``.
    """
    signed = newest_checkpoint(store, origin, keys)
    size = signed.checkpoint.size
    with ExportFolder.opened(folder, private=with_entries) as to:
        to.require_behind(signed.checkpoint, keys)
        source = _Entries(store, to) if with_entries else _Leaves(store)
        tree = TileBuilder()
        for start in range(0, size, TILE_HASHES):
            stop = min(size, start + TILE_HASHES)
            tree, full = tree.extended(source.leaf_hashes(start, stop))
            for each in full:
                to.put(Tile(each.level, each.index).path, each.data)
            if progress is not None:
                progress(stop, size)
        for level, data in enumerate(tree.state.partials):
            if data:
                index = size >> 8 * (level + 1)
                to.put(Tile(level, index, len(data) // HASH_BYTES).path, data)
        if tree.root() != signed.checkpoint.root:
            raise ExportContradicts(size=size)
        if with_entries:
            _put_notes(store, to, origin, size)
        to.finish(signed.to_bytes())
        return Exported(size, tree.root(), to.written, to.unchanged, to.removed)


class _Leaves:
    """Leaf hashes as the store's tiles have them."""

    def __init__(self, store: EntryStore) -> None:
        self._store = store

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        data = leaves(self._store, start, stop)
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


class _Entries:
    """Leaf hashes of the entries themselves, each of which is exported beside."""

    def __init__(self, store: EntryStore, to: ExportFolder) -> None:
        self._store = store
        self._to = to
        self._manifests: set[str] = set()

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        entries = list(islice(self._store.scan(start, stop), TILE_HASHES + 1))
        if [entry.index for entry in entries] != list(range(start, stop)):
            raise TreeDamaged(what=f"leaves {start} to {stop - 1}")
        for entry in entries:
            _require_exportable(entry)
        tile = EntriesTile(start // TILE_HASHES, stop - start)
        self._to.put(tile.path, encode_entries([entry.state for entry in entries]))
        self._to.put(files.signatures_path(tile), files.encode_signatures(entries))
        self._to.put(files.details_path(tile), files.encode_details(entries))
        for digest in _manifests_of(entries):
            self._put_manifest(digest)
        return [leaf_hash(entry.state) for entry in entries]

    def _put_manifest(self, digest: str) -> None:
        if digest in self._manifests:
            return
        content = self._store.manifest(digest)
        if content is None:
            raise TreeDamaged(what=f"manifest {digest}")
        self._to.put(files.manifest_path(digest), content)
        self._manifests.add(digest)


def _require_exportable(entry: StoredEntry) -> None:
    if (
        len(entry.state) > MAX_PAYLOAD_BYTES
        or len(entry.keyid) != files.KEY_ID_BYTES
        or len(entry.signature) != SIGNATURE_BYTES
        or len(entry.details or b"") > MAX_DETAILS_BYTES
    ):
        raise TreeDamaged(what=f"leaf {entry.index}")


_KEPT_BESIDE: Final = frozenset({RulePackAdopted.type_name(), TrustListAdopted.type_name()})
"""What adopts something whose content lies beside the log under its digest."""
_MESSAGES: Final = {BundleSent.type_name(): "bundle", MessageReceived.type_name(): "message"}
"""What passed between nodes, kept under its digest; the member that names it."""


def _manifests_of(entries: Sequence[StoredEntry]) -> Iterator[str]:
    """Digests of what these entries rest on: their submissions, adopted rule packs and trust
    lists, messages of other nodes and to them.
    """
    for entry in entries:
        try:
            value = orjson.loads(entry.state)
            submission = value["submission"]
            if submission is not None:
                yield str(submission["manifest"])
            if value["type"] in _KEPT_BESIDE:
                yield str(value["facts"]["digest"])
            elif value["type"] in _MESSAGES:
                yield str(value["facts"][_MESSAGES[value["type"]]])
        except (ValueError, TypeError, KeyError) as error:
            raise TreeDamaged(what=f"leaf {entry.index}") from error


def _put_notes(store: EntryStore, to: ExportFolder, own: str, size: int) -> None:
    """All notes that are kept; of the log itself those up to ``size``."""
    for origin, page in store.note_pages(files.NOTE_SIZES):
        start = page * files.NOTE_SIZES
        notes = store.notes_between(origin, start, start + files.NOTE_SIZES)
        notes = [note for note in notes if origin != own or note.size <= size]
        if notes:
            to.put_notes(files.notes_path(origin, page), notes)
