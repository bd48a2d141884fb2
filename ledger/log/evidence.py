"""What others dated of this log: the evidence that an entry is older than a compromise.

A cosignature is dated by the witness, to the second. It counts where all of that second lies
before, where the witness is not the node itself under any of its keys, and where what was
cosigned is this very log. Nothing that the log's own keys date counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256

from ledger.errors import LedgerError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.tree import StoreTree
from ledger.log.verifier_key import VerifierKey
from ledger.organisations.node_keys import Compromise, NodeKey
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note


def independent(
    witnesses: Iterable[VerifierKey], own: Iterable[NodeKey]
) -> tuple[VerifierKey, ...]:
    """The witnesses that are not the node itself, now or ever."""
    mine = {key.public_key for key in own}
    return tuple(key for key in witnesses if key.public not in mine)


def dated_before(
    note: Note, origin: str, witnesses: Collection[VerifierKey], instant: datetime
) -> Checkpoint | None:
    """The checkpoint of the log ``origin`` that one of ``witnesses`` cosigned before ``instant``.

    None where the note shows no such thing, or not under the size and digest it is filed
    under. Whether it is of the log as it is now is the caller's to compare.
    """
    try:
        signed = SignedCheckpoint.parse(note.body)
        found = signed.note.verified_if_any(witnesses)
    except LedgerError:  # altered since it was kept: the audit names it
        return None
    checkpoint = signed.checkpoint
    if (checkpoint.origin, checkpoint.size) != (origin, note.size):
        return None
    if sha256(note.body).hexdigest() != note.digest:
        return None
    seconds = (one.posix_seconds for one in found)
    # A cosignature of second 0 says nothing of when the log was seen.
    dated = any(each and each + 1 <= instant.timestamp() for each in seconds)
    return checkpoint if dated else None


def cosigned_before(
    reads: NoteReads,
    tree: StoreTree,
    origin: str,
    witnesses: Collection[VerifierKey],
    instant: datetime,
) -> tuple[int, str] | None:
    """The largest size of the log of ``tree`` that one of ``witnesses`` dated before ``instant``.

    With the hex SHA-256 of the note that shows it; None where there is none. Raises
    ``TreeDamaged``.
    """
    upto = tree.size
    while (note := reads.latest_note("cosignature", origin, upto=upto)) is not None:
        for each in reads.notes("cosignature", origin, size=note.size):
            found = dated_before(each, origin, witnesses, instant)
            if found is not None and found.size > 0 and tree.root(found.size) == found.root:
                return each.size, each.digest
        upto = note.size - 1
    return None


def note_behind(reads: NoteReads, origin: str, covered: int, digest: str | None) -> Note | None:
    """The note that a declaration names as its evidence, if it is kept."""
    kept = reads.notes("cosignature", origin, size=covered)
    return next((note for note in kept if note.digest == digest), None)


def evidence_fault(
    reads: NoteReads, origin: str, witnesses: Collection[VerifierKey], declared: Compromise
) -> str | None:
    """Why what a declaration says is covered is not borne out; None where it is, or says none.

    That the note is of this log is held apart, as of every cosignature that is kept.
    """
    if declared.evidence is None:
        return None
    if declared.covered > declared.index:
        return f"it covers {declared.covered} entries, more than there were"
    note = note_behind(reads, origin, declared.covered, declared.evidence)
    if note is None:
        return f"no cosigned checkpoint of {declared.covered} entries with that digest is kept"
    if dated_before(note, origin, witnesses, declared.since) is None:
        return "no witness of the policy, other than the node itself, dated it before that"
    return None
