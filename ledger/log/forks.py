"""Fork evidence: two checkpoints that one log signed and that cannot both be true.

Either they name one size and two roots, or the later one comes with hashes (a consistency
proof of RFC 6962 that arrives at its root) which show that its tree began otherwise than
the earlier one says. Two signed files, the hashes among them, are all that is needed to
prove it to anybody who knows the log's key.

Both are kept as notes of kind ``fork``: the one that came first as the signed checkpoint it
is, the other likewise, or, with hashes, as the request that showed them
(``ledger.log.witness_protocol``: its ``old`` is the size of the first).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from ledger.errors import LedgerError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.merkle import ProofFault, consistency_fault
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness_protocol import AddCheckpoint
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note, note_of

MAX_FORK_NOTES: Final = 200
"""Kept of one log: one pair proves all there is to prove, and whoever has the log's key can
make more of them for ever."""

_REQUEST: Final = b"old "
"""No origin holds a space, so no checkpoint begins like a request."""


@dataclass(frozen=True, slots=True)
class Fork:
    """``first`` was known when ``other`` came."""

    first: SignedCheckpoint
    other: SignedCheckpoint
    proof: tuple[bytes, ...] = ()

    @property
    def origin(self) -> str:
        return self.first.checkpoint.origin

    @property
    def contradicts(self) -> bool:
        """Whether no log could have signed both; whether it did is for ``proved_to``."""
        first, other = self.first.checkpoint, self.other.checkpoint
        if first.origin != other.origin:
            return False
        if first.size == other.size:
            return first.root != other.root
        fault = consistency_fault(first.size, other.size, first.root, other.root, self.proof)
        return fault is ProofFault.OLD_ROOT_DIFFERS

    def proved_to(self, log_keys: Iterable[VerifierKey]) -> bool:
        """Whether a reader who knows these keys of the log has to believe it."""
        keys = tuple(log_keys)
        try:
            self.first.verified(keys)
            self.other.verified(keys)
        except LedgerError:
            return False
        return self.contradicts

    def to_files(self) -> tuple[bytes, bytes]:
        """What is handed to others: two signed checkpoints, the second perhaps with hashes."""
        first, other = self.first, self.other
        if not self.proof:
            return first.to_bytes(), other.to_bytes()
        request = AddCheckpoint(first.checkpoint.size, self.proof, other)
        return first.to_bytes(), request.to_bytes()

    @classmethod
    def from_files(cls, first: bytes, other: bytes) -> Self:
        """The pair of two files. Raises what a file raises that is neither of the two forms."""
        later, proof = read_fork_note(other)
        return cls(SignedCheckpoint.parse(first), later, proof)

    def notes(self) -> list[Note]:
        """What is kept of it."""
        sizes = (self.first.checkpoint.size, self.other.checkpoint.size)
        return [
            note_of("fork", self.origin, size, data)
            for size, data in zip(sizes, self.to_files(), strict=True)
        ]


def forks(store: NoteReads, origin: str | None = None) -> tuple[Fork, ...]:
    """The pairs among the notes of kind ``fork`` of one log, or of all.

    Notes that contradict no other are left out; signatures are for the caller to verify.
    """
    return pairs(store.notes("fork", origin))


def pairs(notes: Iterable[Note]) -> tuple[Fork, ...]:
    """As ``forks``, of these notes of kind ``fork``."""
    first: dict[tuple[str, int], SignedCheckpoint] = {}
    found: list[Fork] = []
    for note, other, proof in _readable(notes):
        at = AddCheckpoint.parse(note.body).old if proof else other.checkpoint.size
        known = first.get((note.origin, at))
        if not proof and known is None:
            first[note.origin, at] = other
        elif known is not None and (pair := Fork(known, other, proof)).contradicts:
            found.append(pair)
    return tuple(found)


def _readable(
    notes: Iterable[Note],
) -> Iterator[tuple[Note, SignedCheckpoint, tuple[bytes, ...]]]:
    for note in notes:
        try:
            other, proof = read_fork_note(note.body)
        except LedgerError:
            continue
        yield note, other, proof


def read_fork_note(data: bytes) -> tuple[SignedCheckpoint, tuple[bytes, ...]]:
    """The checkpoint of either form, and the hashes that came with it. Raises a reader's error."""
    if data.startswith(_REQUEST):
        request = AddCheckpoint.parse(data)
        return request.checkpoint, request.proof
    return SignedCheckpoint.parse(data), ()
