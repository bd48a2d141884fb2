"""Notes of a store that are not of its own log in their places: whether they are anything.

The node's own checkpoints and cosignatures are judged by ``ledger.log.kept``.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from ledger.errors import LedgerError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.faults import FaultKind, FaultList
from ledger.log.forks import Fork, pairs, read_fork_note
from ledger.log.reading import telling
from ledger.storage.port import EntryStore
from ledger.storage.tree_reads import Note, NoteKind

MAX_FORK_BYTES: Final = 64 << 20
"""Of fork evidence held at once: a node keeps some kilobytes of each log."""

_OWN: Final[tuple[tuple[NoteKind, FaultKind], ...]] = (
    ("checkpoint", "bad_checkpoint"),
    ("cosignature", "bad_cosignature"),
)


def check_loose(store: EntryStore, origin: str, faults: FaultList) -> None:
    """What is of no kind, of no size, of another log, or not what it is filed as."""
    for kind, fault in _OWN:
        with telling(store, faults, fault, f"notes of kind {kind}"):
            for note in store.stray_notes(kind, origin):
                why = f"size {note.size}: it is of another log"
                faults.add(max(note.size, 0) - 1, fault, why)
    with telling(store, faults, "stray_note", "notes of no kind"):
        for named, of_log, size in store.odd_notes():
            faults.add(-1, "stray_note", f"kind {named}, size {size}, of {of_log}")
    with telling(store, faults, "stray_note", "notes of kind witnessed"):
        for note in store.notes_in_order("witnessed"):
            _check(note, faults)


def kept_forks(store: EntryStore, faults: FaultList) -> tuple[Fork, ...]:
    """The fork evidence of all logs, in bounded memory; what is none is told."""
    found: list[Fork] = []
    with telling(store, faults, "stray_note", "notes of kind fork"):
        found += pairs(_readable(store, faults))
    return tuple(found)


def _readable(store: EntryStore, faults: FaultList) -> Iterator[Note]:
    length = 0
    for note in store.notes_in_order("fork"):
        length += len(note.body)
        if length > MAX_FORK_BYTES:
            faults.add(-1, "stray_note", "more fork evidence than is ever kept: the rest is unread")
            return
        if _check(note, faults):
            yield note


def _check(note: Note, faults: FaultList) -> bool:
    """Whether a note is a signed checkpoint, filed as what it is."""
    try:
        signed = (
            read_fork_note(note.body)[0]
            if note.kind == "fork"
            else SignedCheckpoint.parse(note.body)
        )
    except (LedgerError, ValueError) as error:
        why = error.message() if isinstance(error, LedgerError) else str(error)
        faults.add(-1, "stray_note", f"{note.kind} of size {note.size}: {why}")
        return False
    filed = (note.origin, note.size, note.digest)
    made = signed.checkpoint
    if filed != (made.origin, made.size, sha256(note.body).hexdigest()):
        faults.add(-1, "stray_note", f"{note.kind} of size {note.size}: filed as something else")
        return False
    return True
