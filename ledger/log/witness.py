"""The witness's side of c2sp.org/tlog-witness: what it cosigns, and what it never does.

``Witness.add_checkpoint`` answers a request in this order:

1. what cannot be read: 400;
2. a log that is not watched: 404;
3. a checkpoint that none of the log's keys signed, or one of them signed wrongly: 403;
4. an ``old`` beyond the checkpoint's size: 400;
5. an ``old`` that is not the size cosigned last (0 where none was): 409, with that size;
6. the same size under another root: 409;
7. a proof that does not hold, or one where nothing is to be proved: 422;
8. else the checkpoint is kept, and then cosigned: 200.

Before 5 the store is held against what the node remembers outside of it: a store that was
restored from a backup answers nothing. 5 to 8 run again in one transaction under the append lock before anything is kept, so of two
requests that follow the same checkpoint one is cosigned. Nothing of a refused request is
kept, but for evidence that the log has forked (``ledger.log.forks``). A request for the very
checkpoint that was cosigned last changes nothing: it is cosigned anew, at the new time.

Kept are the log's own signatures and the cosignature: lines of others are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ledger.errors import LedgerError, Phrase
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.forks import MAX_FORK_NOTES, Fork
from ledger.log.merkle import EMPTY_ROOT, ProofFault, consistency_fault
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.log.watching import Watched
from ledger.log.witness_protocol import (
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    WitnessStatus,
    conflict_bytes,
    cosignatures_bytes,
)
from ledger.signing.keys import SigningKey
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note, note_of

TEXT_CONTENT_TYPE: Final = "text/plain; charset=utf-8"

_UNKNOWN_ORIGIN = Phrase(
    "the log {origin} is not watched here", "此处未监看日志 {origin}", "此處未監看日誌 {origin}"
)
_OLD_TOO_LARGE = Phrase(
    "old is {old}, the checkpoint's size only {size}",
    "old 为 {old}，而检查点大小仅为 {size}",
    "old 為 {old}，而檢查點大小僅為 {size}",
)
_CONFLICT = Phrase(
    "size {last} was cosigned last, not {old}: make the request from there",
    "最近联署的大小为 {last}，不是 {old}：请据此重新生成请求",
    "最近聯署的大小為 {last}，不是 {old}：請據此重新產生請求",
)
_BAD_PROOF = Phrase(
    "the consistency proof does not hold ({fault})",
    "一致性证明不成立（{fault}）",
    "一致性證明不成立（{fault}）",
)
_FORK = Phrase(
    "the log has forked: this checkpoint of size {size} contradicts the one of size {first} that "
    "was cosigned; both are kept as evidence",
    "日志已分叉：该大小为 {size} 的检查点与已联署的大小为 {first} 的检查点矛盾；两者均已留存为证据",
    "日誌已分叉：該大小為 {size} 的檢查點與已聯署的大小為 {first} 的檢查點矛盾；兩者均已留存為證據",
)
_NOT_EMPTY = Phrase(
    "a tree of size 0 has the root of nothing",
    "大小为 0 的树只能有空树的根",
    "大小為 0 的樹只能有空樹的根",
)


def _told(phrase: Phrase, **fields: object) -> Phrase:
    return Phrase(phrase.en, phrase.zh_cn, phrase.zh_tw, fields)


def witness_name(origin: str) -> str:
    """The key name under which the node of a log cosigns others."""
    return f"{origin}/witness"


def witness_key(origin: str, public: bytes) -> VerifierKey:
    """What readers know the witness by; ``vkey`` is its text."""
    return VerifierKey.from_raw(witness_name(origin), public, SignatureType.COSIGNATURE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the status, the body, its content type; and for people, why."""

    status: WitnessStatus
    body: bytes
    content_type: str = TEXT_CONTENT_TYPE
    why: Phrase | LedgerError | None = None
    cosigned: SignedCheckpoint | None = None
    """The checkpoint with the cosignature, of a 200."""
    fork: Fork | None = None
    """What the request proves against the log."""


def _refusal(status: WitnessStatus, why: Phrase | LedgerError, fork: Fork | None = None) -> Answer:
    return Answer(status, why.message("en").encode() + b"\n", why=why, fork=fork)


def _conflict(size: int, why: Phrase, fork: Fork | None = None) -> Answer:
    status = WitnessStatus.CONFLICT
    return Answer(status, conflict_bytes(size), SIZE_CONTENT_TYPE, why, fork=fork)


class NoteStore(NoteReads, Protocol):
    """What of a store a witness needs."""

    def keep_notes(self, decide: Callable[[NoteReads], Sequence[Note]]) -> list[Note]: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """The checkpoint of a log that was cosigned last; without one, the empty tree."""

    size: int
    root: bytes
    signed: SignedCheckpoint | None
    posix_seconds: int
    """Of its cosignature: the next one is not dated before it."""


@dataclass(frozen=True, slots=True)
class _Judged:
    answer: Answer
    keep: tuple[Note, ...] = ()


class Witness:
    """See the module. ``logs`` is asked anew for every request."""

    def __init__(
        self,
        store: NoteStore,
        *,
        origin: str,
        key: SigningKey,
        logs: Callable[[], Watched],
        remembers: Callable[[Checkpoint], None] = lambda _: None,
    ) -> None:
        """``origin`` is that of the node's own log: its witness key is named after it.

        ``remembers`` raises where more was cosigned than what the store holds as the last.
        """
        self._store = store
        self._key = key
        self._logs = logs
        self._remembers = remembers
        self.verifier = witness_key(origin, key.public)

    def add_checkpoint(self, data: bytes, posix_seconds: int) -> Answer:
        """The answer to a request as it came, at most ``MAX_REQUEST_BYTES`` are read.

        What it cosigned is durable when it returns. Raises what the store raises, nothing
        for what the request holds.
        """
        try:
            request = AddCheckpoint.parse(data)
        except LedgerError as error:
            return _refusal(WitnessStatus.OLD_SIZE_TOO_LARGE, error)
        checkpoint = request.checkpoint.checkpoint
        keys = self._logs().get(checkpoint.origin)
        if keys is None:
            why = _told(_UNKNOWN_ORIGIN, origin=checkpoint.origin)
            return _refusal(WitnessStatus.UNKNOWN_ORIGIN, why)
        try:
            verified = request.checkpoint.verified(keys)
        except LedgerError as error:
            return _refusal(WitnessStatus.NOT_SIGNED, error)
        if request.old > checkpoint.size:
            why = _told(_OLD_TOO_LARGE, old=request.old, size=checkpoint.size)
            return _refusal(WitnessStatus.OLD_SIZE_TOO_LARGE, why)
        lines = tuple(one.signature for one in verified.signatures)
        signed = SignedCheckpoint(checkpoint, lines)
        return self._compared(AddCheckpoint(request.old, request.proof, signed), posix_seconds)

    def _compared(self, request: AddCheckpoint, posix_seconds: int) -> Answer:
        """Judge, and again under the lock where there is something to keep."""
        judged = [self._judge(self._store, request, posix_seconds)]
        if judged[0].keep:

            def decide(reads: NoteReads) -> tuple[Note, ...]:
                judged.append(self._judge(reads, request, posix_seconds))
                return judged[-1].keep

            self._store.keep_notes(decide)
        return judged[-1].answer

    def _judge(self, reads: NoteReads, request: AddCheckpoint, posix_seconds: int) -> _Judged:
        """Steps 5 to 8 on what ``reads`` holds; nothing is kept yet."""
        signed, checkpoint = request.checkpoint, request.checkpoint.checkpoint
        last = self._last(reads, checkpoint.origin)
        self._remembers(Checkpoint(checkpoint.origin, last.size, last.root))
        fork = _same_size(reads, signed)
        if fork is not None:
            why = _told(_FORK, size=checkpoint.size, first=checkpoint.size)
            return _Judged(_conflict(last.size, why, fork), _evidence(reads, fork))
        if request.old != last.size:
            why = _told(_CONFLICT, last=last.size, old=request.old)
            return _Judged(_conflict(last.size, why))
        if checkpoint.size == last.size and checkpoint.root != last.root:
            return _Judged(_conflict(last.size, _NOT_EMPTY))  # all others are in ``fork``
        fault = _fault(last, checkpoint, request.proof)
        if fault is not None:
            return _bad_proof(reads, last, request, fault)
        return self._cosigned(signed, last, max(posix_seconds, last.posix_seconds))

    def _cosigned(self, signed: SignedCheckpoint, last: _Known, posix_seconds: int) -> _Judged:
        checkpoint = signed.checkpoint
        line = checkpoint.cosign(self.verifier.name, self._key, posix_seconds)
        both = signed.with_signatures([line])
        answer = Answer(WitnessStatus.COSIGNED, cosignatures_bytes([line]), cosigned=both)
        if checkpoint.size == last.size:
            return _Judged(answer)
        note = note_of("witnessed", checkpoint.origin, checkpoint.size, both.to_bytes())
        return _Judged(answer, (note,))

    def _last(self, reads: NoteReads, origin: str) -> _Known:
        note = reads.latest_note("witnessed", origin)
        if note is None:
            return _Known(0, EMPTY_ROOT, None, 0)
        signed = SignedCheckpoint.parse(note.body)
        own = signed.note.verified_if_any([self.verifier])
        seconds = max((one.posix_seconds or 0 for one in own), default=0)
        return _Known(signed.checkpoint.size, signed.checkpoint.root, signed, seconds)


def _fault(last: _Known, checkpoint: Checkpoint, proof: tuple[bytes, ...]) -> ProofFault | None:
    if last.size == 0:  # the empty tree begins every tree, and nothing proves it
        return ProofFault.TOO_LONG if proof else None
    return consistency_fault(last.size, checkpoint.size, last.root, checkpoint.root, proof)


def _bad_proof(
    reads: NoteReads, last: _Known, request: AddCheckpoint, fault: ProofFault
) -> _Judged:
    """422; evidence where the hashes show that the log began otherwise."""
    status = WitnessStatus.BAD_PROOF
    if fault is not ProofFault.OLD_ROOT_DIFFERS or last.signed is None:
        return _Judged(_refusal(status, _told(_BAD_PROOF, fault=fault.value)))
    fork = Fork(last.signed, request.checkpoint, request.proof)
    why = _told(_FORK, size=request.checkpoint.checkpoint.size, first=last.size)
    return _Judged(_refusal(status, why, fork), _evidence(reads, fork))


def _same_size(reads: NoteReads, signed: SignedCheckpoint) -> Fork | None:
    """A checkpoint of that size, of the same log, that was cosigned and says otherwise."""
    checkpoint = signed.checkpoint
    for note in reads.notes("witnessed", checkpoint.origin, size=checkpoint.size):
        fork = Fork(SignedCheckpoint.parse(note.body), signed)
        if fork.contradicts:
            return fork
    return None


def _evidence(reads: NoteReads, fork: Fork) -> tuple[Note, ...]:
    """What is to be kept of it: nothing, where it is kept or there is enough."""
    kept = reads.notes("fork", fork.origin)
    known = {note.digest for note in kept}
    if len(kept) >= MAX_FORK_NOTES:
        return ()
    return tuple(note for note in fork.notes() if note.digest not in known)


def witnessed(store: NoteReads, origin: str) -> SignedCheckpoint | None:
    """The checkpoint of another log that this node cosigned last."""
    note = store.latest_note("witnessed", origin)
    return None if note is None else SignedCheckpoint.parse(note.body)
