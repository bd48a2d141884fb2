"""Whether what was signed of the log's tree, kept here or elsewhere, is the log's own tree.

Each root is compared when the audit has come to its size. A checkpoint that this node
signed and that says otherwise, in somebody else's hands, is not damage: another history was
shown. It and a checkpoint of this one are fork evidence (``ledger.log.forks``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from heapq import merge
from typing import Final

from ledger.errors import LedgerError
from ledger.high_water import Mark, MarkState
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.evidence import evidence_fault, independent
from ledger.log.faults import FaultKind, FaultList
from ledger.log.forks import MAX_FORK_NOTES, Fork
from ledger.log.loose_notes import check_loose, kept_forks
from ledger.log.note import Note as Text
from ledger.log.note import NoteSignature
from ledger.log.outside import Outside
from ledger.log.reading import telling, why_unreadable
from ledger.log.rebuilding import Wanted
from ledger.log.tree import StoreTree
from ledger.log.verifier_key import VerifierKey
from ledger.organisations.node_keys import Compromise, Compromises, NodeKey
from ledger.storage.port import EntryStore
from ledger.storage.rows import from_micros, to_micros
from ledger.storage.tree_reads import Note, NoteKind

ANY_TIME: Final = -1
"""In place of the instant of a leaf that is not there: any key that was the node's will do."""

Keys = Callable[[], Iterable[NodeKey]]
"""The node's keys as the entries so far have them."""

_Judge = Callable[[Note, bytes | None, int], None]
"""Takes the root that the log has at the note's size (None: it is shorter) and the instant
of the last leaf below."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an audit may be told besides the store."""

    mark: Mark | None = None
    """The high-water mark, read before the audit began."""
    witnesses: tuple[VerifierKey, ...] = ()
    """Whose cosignatures count."""
    outside: tuple[Outside, ...] = ()
    mark_state: MarkState | None = None
    """What lies where the mark should be, if somebody looked."""


NOTHING_KNOWN: Final = Known()


@dataclass(slots=True)
class Kept:
    """Judges the notes of a store, the high-water mark and what came from outside."""

    store: EntryStore
    faults: FaultList
    origin: str
    keys: Keys
    compromises: Callable[[], Iterable[Compromise]]
    """The declarations among the entries so far."""
    known: Known
    stop: int
    """The size that is audited."""
    _roots: dict[int, bytes] = field(default_factory=dict)
    """At the sizes that the mark and the outside name."""

    def wanted(self) -> Iterator[Wanted]:
        """Who wants which root, by size."""
        sizes = {one.checkpoint.checkpoint.size for one in self.known.outside if one.checkpoint}
        if self.known.mark is not None:
            sizes.add(self.known.mark.size)
        held = [Wanted(size, partial(self._hold, size)) for size in sorted(sizes)]
        return merge(
            held,
            self._notes("checkpoint", self._checkpoint),
            self._notes("cosignature", self._cosignature),
            key=lambda each: each.size,
        )

    def finish(self, unreached: Iterable[Wanted]) -> None:
        """Once all entries are known: what is beyond the log, and what is not of it at all."""
        size = self.store.size()
        for each in unreached:
            if each.size > size:  # else the log has grown since, and the note came with it
                each.tell(None, ANY_TIME)
        check_loose(self.store, self.origin, self.faults)
        self._evidence()
        self._mark()
        self._forks()
        for one in self.known.outside:
            if one.checkpoint is None:
                self._lines(one.name, one.lines)
            else:
                self._outside(one.name, one.checkpoint)

    def _hold(self, size: int, root: bytes | None, _: int) -> None:
        if root is not None:
            self._roots[size] = root

    def _notes(self, kind: NoteKind, judge: _Judge) -> Iterator[Wanted]:
        try:
            for note in self.store.notes_by_size(kind, self.origin):
                yield Wanted(max(note.size, 0), partial(judge, note))
        except LedgerError as error:  # a damaged page, a text that is no UTF-8
            why = why_unreadable(self.store, error)
            self.faults.add(
                -1, "bad_cosignature" if kind == "cosignature" else "bad_checkpoint", why
            )

    def _rightful(self, size: int) -> tuple[VerifierKey, ...]:
        """The keys that can have signed that size for this node, and nobody else with them.

        One that had ended when the last leaf was recorded signed nothing more; one that was
        compromised speaks for what others dated before that.
        """
        last, micros = min(size, self.stop), ANY_TIME
        with suppress(LedgerError, OverflowError):
            for stored in self.store.scan(last - 1, last) if last > 0 else ():
                micros = to_micros(stored.recorded_at)
        covered = Compromises.known(self.compromises()).by_key
        sound = [
            key
            for key in self.keys()
            if key.keyid not in covered or size <= covered[key.keyid].covered
        ]
        return self._log_keys(micros, sound)

    def _log_keys(
        self, micros: int = ANY_TIME, among: Iterable[NodeKey] | None = None
    ) -> tuple[VerifierKey, ...]:
        """The keys that could sign a checkpoint whose last leaf was recorded then."""
        found = []
        for key in self.keys() if among is None else among:
            if "checkpoints" not in key.purposes:
                continue
            if micros == ANY_TIME or key.valid_at(from_micros(micros)):
                with suppress(LedgerError):  # a key that no verifier admits
                    found.append(VerifierKey.from_raw(self.origin, key.public_key))
        return tuple(found)

    # -- notes of the store --------------------------------------------------------

    def _checkpoint(self, note: Note, root: bytes | None, micros: int) -> None:
        """Ours: signed by a key that held then, and of this very tree."""
        try:
            signed = _read(note)
            signed.verified(self._log_keys(micros))
        except (LedgerError, ValueError, OverflowError) as error:
            self._add(note, "bad_checkpoint", _why(error))
            return
        if root is None:
            self._short(f"this node signed a checkpoint of {note.size} entries")
        elif signed.checkpoint.root != root:
            self._add(note, "checkpoint_mismatch", "the log's first entries have another root")

    def _cosignature(self, note: Note, root: bytes | None, micros: int) -> None:
        """A checkpoint of ours with lines that witnesses added."""
        try:
            signed = _read(note)
            own = self._log_keys(micros)
            found = signed.note.verified_if_any((*own, *self.known.witnesses))
        except (LedgerError, ValueError, OverflowError) as error:
            self._add(note, "bad_cosignature", _why(error))
            return
        known = {key.name for key in self.known.witnesses} | {self.origin}
        for line in signed.signatures:
            if line.name not in known:
                self.faults.remark("unknown_cosigner", line.name)
        if root is None and found:
            self._short(f"a checkpoint of {note.size} entries was cosigned")
        elif signed.checkpoint.root != root:
            kind: FaultKind = "fork" if found else "bad_cosignature"
            self._add(note, kind, "it is of another history than this log's")

    def _evidence(self) -> None:
        """What a declared compromise leaves untouched, others must have dated before it."""
        witnesses = independent(self.known.witnesses, self.keys())
        for declared in self.compromises():
            try:
                why = evidence_fault(self.store, self.origin, witnesses, declared)
            except LedgerError as error:
                why = why_unreadable(self.store, error)
            if why is not None:
                self.faults.add(declared.index, "bad_evidence", why)

    def _forks(self) -> None:
        keys = self._log_keys()
        for fork in kept_forks(self.store, self.faults):
            sizes = f"sizes {fork.first.checkpoint.size} and {fork.other.checkpoint.size}"
            if fork.origin != self.origin:
                self.faults.remark("fork_of_another_log", f"{fork.origin}: {sizes}")
            elif not fork.proved_to(keys):
                continue
            elif not all(map(self._is_believed, (fork.first, fork.other))):
                self.faults.remark("ended_key", f"evidence kept: {sizes}")
            else:
                self.faults.add(fork.first.checkpoint.size - 1, "fork", f"evidence kept: {sizes}")

    # -- the mark ------------------------------------------------------------------

    def _mark(self) -> None:
        """The log is at least as long as it was, and begins as it did."""
        mark, state = self.known.mark, self.known.mark_state
        if mark is None:
            if state is not None and state is not MarkState.PRESENT:
                self.faults.remark("no_high_water", state)
            return
        if mark.store_id != str(self.store.info.store_id) or mark.origin != self.origin:
            self.faults.remark("foreign_high_water", f"of {mark.origin}")
        elif mark.size > self.stop:
            why = f"the log had {mark.size} entries already"
            self.faults.add(self.stop, "behind_high_water", why)
        elif mark.size in self._roots and self._roots[mark.size].hex() != mark.root:
            why = f"the first {mark.size} entries are not those that it was set for"
            self.faults.add(mark.size - 1, "high_water_mismatch", why)
        else:
            with telling(self.store, self.faults, "bad_checkpoint", "checkpoints"):
                if mark.size and self.store.latest_note("checkpoint", self.origin) is None:
                    why = f"one of {mark.size} entries was"
                    self.faults.add(-1, "checkpoints_missing", why)

    # -- from outside ----------------------------------------------------------------

    def _outside(self, name: str, signed: SignedCheckpoint) -> None:
        """A checkpoint that others hold: this log must have it in its past."""
        own, checkpoint = self._log_keys(), signed.checkpoint
        try:
            found = signed.note.verified_if_any((*own, *self.known.witnesses))
        except LedgerError as error:
            self.faults.remark("outside_unproved", f"{name}: {_why(error)}")
            return
        is_past = self._roots.get(checkpoint.size, checkpoint.root) == checkpoint.root
        if checkpoint.origin != self.origin or not found:
            self.faults.remark("outside_unproved", f"{name}: {checkpoint.origin}")
        elif checkpoint.size <= self.stop and is_past:
            return
        elif not self._is_believed(signed):
            self.faults.remark("ended_key", f"{name}: a checkpoint of {checkpoint.size} entries")
        elif checkpoint.size > self.stop:
            self._short(f"{name} is a checkpoint of {checkpoint.size} entries")
        else:
            why = f"{name}: a checkpoint of {checkpoint.size} entries of another history"
            self.faults.add(checkpoint.size - 1, "fork", why)
            rightful = self._rightful(checkpoint.size)
            if any(one.key in rightful for one in found):
                self._keep_evidence(signed)

    def _is_believed(self, signed: SignedCheckpoint) -> bool:
        """Whether a known witness, or a key that was the node's alone, stands behind it."""
        behind = {*self._rightful(signed.checkpoint.size), *self.known.witnesses}
        try:
            found = signed.note.verified_if_any((*self._log_keys(), *self.known.witnesses))
        except LedgerError:
            return False
        return any(one.key in behind for one in found)

    def _lines(self, name: str, lines: Iterable[NoteSignature]) -> None:
        """A witness's answer: it must cosign one of the checkpoints kept here."""
        names = {(key.name, key.key_id) for key in self.known.witnesses}
        known = tuple(one for one in lines if (one.name, one.key_id) in names)
        if not known:
            self.faults.remark("outside_unproved", f"{name}: no witness of the policy")
            return
        with telling(self.store, self.faults, "bad_checkpoint", "checkpoints"):
            for note in self.store.notes_by_size("checkpoint", self.origin):
                with suppress(LedgerError, ValueError):
                    text = _read(note).checkpoint.text
                    if Text(text, known).verified_if_any(self.known.witnesses):
                        return
        self.faults.add(-1, "unmatched_cosignature", f"{name}: of {known[0].name}")

    def _keep_evidence(self, signed: SignedCheckpoint) -> None:
        """Both checkpoints, and hashes between them, as notes of kind ``fork``."""
        # The store may be open for reading only, or be damaged: the fault is told anyway.
        with suppress(LedgerError, LookupError, ValueError):
            ours = self.store.latest_note("checkpoint", self.origin, upto=self.stop)
            size = signed.checkpoint.size
            if ours is None or ours.size < size:
                return
            proof = StoreTree(self.store, ours.size).consistency(size) if size < ours.size else ()
            fork = Fork(signed, SignedCheckpoint.parse(ours.body), tuple(proof))
            if fork.proved_to(self._log_keys()):
                self.store.keep_notes(
                    lambda reads: (
                        fork.notes()
                        if len(reads.notes("fork", self.origin)) < MAX_FORK_NOTES
                        else []
                    )
                )

    def _add(self, note: Note, kind: FaultKind, why: str) -> None:
        self.faults.add(max(note.size, 0) - 1, kind, f"size {note.size}: {why}")

    def _short(self, why: str) -> None:
        self.faults.add(self.stop, "truncated", why)


def _read(note: Note) -> SignedCheckpoint:
    """The checkpoint that a note says it is. Raises a reader's error, or ``ValueError``."""
    signed = SignedCheckpoint.parse(note.body)
    if (signed.checkpoint.origin, signed.checkpoint.size) != (note.origin, note.size):
        raise ValueError("filed under another size or origin")
    if sha256(note.body).hexdigest() != note.digest:
        raise ValueError("filed under another digest")
    return signed


def _why(error: Exception) -> str:
    return error.message() if isinstance(error, LedgerError) else str(error)
