"""What witnesses have said of this node's own log: the notes of kind ``cosignature``.

Each is one of the node's checkpoints with lines that witnesses added; a checkpoint that
several witnessed has several. Only lines that verify under keys of the reader's policy count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from ledger.errors import LedgerError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.note import Verified
from ledger.log.policy import Policy
from ledger.log.verifier_key import VerifierKey
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note

MAX_LOOKED: Final = 1_000
"""Sizes looked through, from the newest on: what is older than so many cosigned checkpoints
is asked for anew rather than searched for."""

NO_POLICY: Final = Policy((), (), (), None)
"""Where a node has no policy: nobody is asked."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint of this log, with the cosignatures that hold."""

    signed: SignedCheckpoint
    """The log's own signature and these cosignatures."""
    cosignatures: tuple[Verified, ...]

    @property
    def size(self) -> int:
        return self.signed.checkpoint.size

    @property
    def cosigners(self) -> frozenset[VerifierKey]:
        return frozenset(one.key for one in self.cosignatures)

    def meets(self, policy: Policy) -> bool:
        """Whether witnesses were asked for, and enough of them cosigned."""
        return policy.quorum is not None and policy.satisfied_by(self.cosigners)


def cosigned(reads: NoteReads, signed: SignedCheckpoint, keys: Collection[VerifierKey]) -> Cosigned:
    """``signed`` with what is kept of these witnesses' cosignatures of the same body."""
    checkpoint = signed.checkpoint
    notes = reads.notes("cosignature", checkpoint.origin, size=checkpoint.size)
    bodies = [one for note in notes if (one := _read(note)) and one.checkpoint == checkpoint]
    found = tuple(dict.fromkeys(each for body in bodies for each in _verified(body, keys)))
    return Cosigned(signed.with_signatures(each.signature for each in found), found)


def newest_first(
    reads: NoteReads, origin: str, keys: Collection[VerifierKey]
) -> Iterator[Cosigned]:
    """The log's checkpoints that any of these witnesses cosigned, ``MAX_LOOKED`` at most.

    The bodies are as they were kept: this node verified its own signature when it kept them.
    """
    upto: int | None = None
    for _ in range(MAX_LOOKED):
        note = reads.latest_note("cosignature", origin, upto=upto)
        if note is None:
            return
        bodies: dict[Checkpoint, SignedCheckpoint] = {}
        for each in reads.notes("cosignature", origin, size=note.size):
            if (body := _read(each)) is not None:
                known = bodies.get(body.checkpoint)
                bodies[body.checkpoint] = (
                    body if known is None else known.with_signatures(body.signatures)
                )
        for body in bodies.values():
            if found := _verified(body, keys):
                yield Cosigned(body, found)
        upto = note.size - 1


def last_size(reads: NoteReads, origin: str, key: VerifierKey) -> int:
    """The largest size of the log that this witness is known to have cosigned; 0 for none."""
    return next((each.size for each in newest_first(reads, origin, (key,))), 0)


def latest_meeting(reads: NoteReads, origin: str, policy: Policy) -> Cosigned | None:
    """The newest checkpoint that was cosigned as the policy asks."""
    every = newest_first(reads, origin, policy.witness_keys)
    return next((each for each in every if each.meets(policy)), None)


def _verified(body: SignedCheckpoint, keys: Collection[VerifierKey]) -> tuple[Verified, ...]:
    try:
        return body.note.verified_if_any(keys)
    except LedgerError:  # altered since it was kept: the audit names it
        return ()


def _read(note: Note) -> SignedCheckpoint | None:
    try:
        return SignedCheckpoint.parse(note.body)
    except LedgerError:
        return None
