"""Logs to be witnessed, and a shelf of notes in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import EMPTY_ROOT, HashRows, consistency_proof, leaf_hash, root
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness_protocol import AddCheckpoint
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note, NoteKind

ORIGIN = "credit-ledger.example/xiamen"
LOG, OTHER_LOG = new_signing_key(bytes(32)), new_signing_key(b"o" * 32)
LOG_KEY = VerifierKey.from_raw(ORIGIN, LOG.public)
WITNESS = new_signing_key(b"w" * 32)
WITNESS_ORIGIN = "credit-ledger.example/zhangzhou"
SECONDS = 1_772_414_100


class Shelf:
    """What a store says of its notes, in memory."""

    def __init__(self) -> None:
        self.kept: list[Note] = []

    def notes(
        self, kind: NoteKind, origin: str | None = None, *, size: int | None = None
    ) -> list[Note]:
        return [
            note
            for note in self.kept
            if note.kind == kind and origin in (None, note.origin) and size in (None, note.size)
        ]

    def latest_note(self, kind: NoteKind, origin: str, *, upto: int | None = None) -> Note | None:
        found = [n for n in self.notes(kind, origin) if upto is None or n.size <= upto]
        return max(found, key=lambda note: note.size, default=None)

    def keep_notes(self, decide: Callable[[NoteReads], Sequence[Note]]) -> list[Note]:
        notes = list(decide(self))
        self.kept += [note for note in notes if note not in self.kept]
        return notes


@dataclass(frozen=True)
class Log:
    """A log of texts: ``prefix`` tells one history from another."""

    prefix: str = "entry"
    fork_at: int = 0
    """Before this leaf it is like the log of the prefix ``entry``."""
    key: SigningKey = LOG
    origin: str = ORIGIN
    rows: HashRows = field(init=False)

    def __post_init__(self) -> None:
        leaves = [
            leaf_hash(f"{self.prefix if n >= self.fork_at else 'entry'} {n}".encode())
            for n in range(40)
        ]
        object.__setattr__(self, "rows", HashRows(leaves))

    def checkpoint(self, size: int) -> SignedCheckpoint:
        found = root(size, self.rows) if size else EMPTY_ROOT
        return SignedCheckpoint.signed(Checkpoint(self.origin, size, found), self.key)

    def request(self, old: int, size: int) -> AddCheckpoint:
        proof = consistency_proof(old, size, self.rows) if old <= size else []
        return AddCheckpoint(old, tuple(proof), self.checkpoint(size))
