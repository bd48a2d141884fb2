"""What a node hands out so that others can verify its log: checkpoints, proofs, entries."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.codec import decode
from ledger.entry import StoredEntry
from ledger.errors import LedgerError, Refusal
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.merkle import inclusion_fault, leaf_hash
from ledger.log.note import MAX_SIGNATURES
from ledger.log.proof_file import ProofFile
from ledger.log.stream import NodeKeys, require_signed
from ledger.log.tree import StoreTree, TreeDamaged
from ledger.signing.dsse import ENTRY, Envelope, Signature
from ledger.storage.port import EntryStore


class NoSuchEntry(Refusal):
    code = "no_such_entry"
    en = "the log holds {size} entries, none has the index {index}: the last one is {last}"
    zh_cn = "日志共有 {size} 个条目，没有序号为 {index} 的条目：最后一个是 {last}"
    zh_tw = "日誌共有 {size} 個條目，沒有序號為 {index} 的條目：最後一個是 {last}"


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry in its envelope, and the proof that a checkpoint covers it."""

    proof: ProofFile
    envelope: Envelope


def with_cosignatures(store: EntryStore, signed: SignedCheckpoint) -> SignedCheckpoint:
    """``signed`` with the first cosignature that is kept of every witness of the same body.

    The first is the earliest: a witness that is asked again while the log rests says nothing
    more. As many witnesses as a note can bear. Nothing is verified: whose cosignature counts
    is the reader's to say.
    """
    body = signed.checkpoint
    lines = {(line.name, line.key_id): line for line in signed.signatures}
    for note in store.notes("cosignature", body.origin, size=body.size):
        try:
            kept = SignedCheckpoint.parse(note.body)
        except LedgerError:
            continue  # altered since it was kept; the audit names it
        if kept.checkpoint == body:
            for line in kept.signatures:
                lines.setdefault((line.name, line.key_id), line)
    return SignedCheckpoint(body, tuple(lines.values())[:MAX_SIGNATURES])


def prove(store: EntryStore, signed: SignedCheckpoint, index: int, keys: NodeKeys) -> Proved:
    """That the entry ``index`` is in the log of ``signed``, which is handed on as it is.

    Raises ``NoSuchEntry``; ``UnreadableEntry``, ``UnsignedEntry`` or ``TreeDamaged`` where
    the store cannot prove it.
    """
    checkpoint = signed.checkpoint
    if not 0 <= index < checkpoint.size:
        raise NoSuchEntry(index=index, size=checkpoint.size, last=checkpoint.size - 1)
    stored = next(store.scan(index, index + 1), None)
    if stored is None:
        raise TreeDamaged(what=f"leaf {index}")
    require_signed(stored, decode(stored), keys)
    hashes = tuple(StoreTree(store, checkpoint.size).inclusion(index))
    leaf = leaf_hash(stored.state)
    fault = inclusion_fault(index, checkpoint.size, leaf, hashes, checkpoint.root)
    if fault is not None:
        raise TreeDamaged(what=f"leaf {index}: {fault}")
    return Proved(ProofFile(index, hashes, signed), envelope_of(stored))


def envelope_of(stored: StoredEntry) -> Envelope:
    """The entry as others verify it: the exact signed bytes under the node's signature."""
    signature = Signature(stored.keyid.hex(), stored.signature)
    return Envelope(stored.state, ENTRY, (signature,))
