"""Cosignatures that came as a file, for networks that do not touch.

A file is the cosigned checkpoint as ``witness cosign`` writes it, or the bare lines of a 200
of c2sp.org/tlog-witness; the latter do not say which checkpoint they are of, so the newest
ones are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ledger.errors import ExitCode, LedgerError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.cosigned import Cosigned
from ledger.log.cosigning import Cosigning
from ledger.log.forks import Fork
from ledger.log.note import Note, NoteSignature, NoteUnsigned
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness_protocol import cosignatures_bytes, parse_cosignatures
from ledger.storage.port import EntryStore

TRIED: Final = 16
"""Newest checkpoints that bare lines are held against."""


class NotOwnCheckpoint(LedgerError):
    code = "not_own_checkpoint"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the file holds a checkpoint of {origin} at size {size}, which this node has not signed "
        "so; nothing was kept: compare it with `audit --against`"
    )
    zh_cn = "该文件为 {origin} 大小 {size} 的检查点，本节点并未如此签署；未予留存：请用 `audit --against` 比对"
    zh_tw = "該檔案為 {origin} 大小 {size} 的檢查點，本節點並未如此簽署；未予留存：請用 `audit --against` 比對"


class OwnLogForked(LedgerError):
    code = "own_log_forked"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the key of this log has signed two different trees of size {size}: both checkpoints are "
        "kept as evidence; run credit-ledger audit"
    )
    zh_cn = "本日志密钥签署了两棵大小同为 {size} 的不同的树：两份检查点均已留存为证据；请运行 credit-ledger audit"
    zh_tw = "本日誌金鑰簽署了兩棵大小同為 {size} 的不同的樹：兩份檢查點均已留存為證據；請執行 credit-ledger audit"


@dataclass(frozen=True, slots=True)
class Taking:
    """How a node takes a file in."""

    store: EntryStore
    cosigning: Cosigning
    log_keys: tuple[VerifierKey, ...]
    """What the node's own checkpoints are signed with."""

    def take(self, data: bytes, now: datetime) -> Cosigned:
        """The checkpoint with all cosignatures that are kept now.

        Raises what ``Cosigning.take`` raises, ``NotOwnCheckpoint``, or ``OwnLogForked``; then
        no cosignature was kept.
        """
        for signed, lines in self._claims(data):
            earliest = self._recorded(signed.checkpoint, now)
            body = cosignatures_bytes(lines)
            keys = self.cosigning.policy.witness_keys
            self.cosigning.take(signed, body, keys, now=now, earliest=earliest)
            return self.cosigning.standing(signed)
        raise NoteUnsigned

    def _claims(self, data: bytes) -> Iterator[tuple[SignedCheckpoint, tuple[NoteSignature, ...]]]:
        """The own checkpoint that the file is about, with the file's lines."""
        try:
            lines = parse_cosignatures(data)
        except LedgerError:
            given = SignedCheckpoint.parse(data)
            yield self._own(given), given.signatures
            return
        for signed in self._newest():
            text = Note(signed.checkpoint.text, lines)
            try:
                text.verified(self.cosigning.policy.witness_keys)
            except LedgerError:
                continue
            yield signed, lines
            return

    def _own(self, given: SignedCheckpoint) -> SignedCheckpoint:
        """Our checkpoint of that body; evidence is kept where our key signed another."""
        body = given.checkpoint
        for note in self.store.notes("checkpoint", self.cosigning.origin, size=body.size):
            own = SignedCheckpoint.parse(note.body)
            if own.checkpoint == body:
                return own
            fork = Fork(own, SignedCheckpoint(body, given.signatures))
            if fork.proved_to(self.log_keys):
                self.store.keep_notes(lambda _, fork=fork: fork.notes())  # type: ignore[misc]
                raise OwnLogForked(size=body.size)
        raise NotOwnCheckpoint(origin=body.origin, size=body.size)

    def _newest(self) -> Iterator[SignedCheckpoint]:
        upto: int | None = None
        for _ in range(TRIED):
            note = self.store.latest_note("checkpoint", self.cosigning.origin, upto=upto)
            if note is None:
                return
            yield SignedCheckpoint.parse(note.body)
            upto = note.size - 1

    def _recorded(self, checkpoint: Checkpoint, now: datetime) -> datetime:
        """When the last of its entries was recorded: it was not cosigned before."""
        last = next(self.store.scan(checkpoint.size - 1, checkpoint.size), None)
        return now if last is None else last.recorded_at
