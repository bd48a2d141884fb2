"""Checkpoints (c2sp.org/tlog-checkpoint): what a log says it is at one size.

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY...
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB...

Origin, size and root hash as a note's text, signed by the log and cosigned by witnesses.
The origin is the log's key name. Extension lines are refused: nothing audits them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.log.lines import (
    HASH_BYTES,
    MAX_NUMBER,
    NOT_A_HASH,
    NOT_A_NUMBER,
    MalformedLines,
    checked,
    lines_of,
)
from ledger.log.note import (
    MAX_NOTE_BYTES,
    Note,
    NoteSignature,
    Verified,
    cosign_text,
    sign_text,
)
from ledger.log.verifier_key import (
    MAX_NAME_BYTES,
    KeyNameRefused,
    SignatureType,
    VerifierKey,
    require_key_name,
)
from ledger.signing import base64text
from ledger.signing.keys import SigningKey

MAX_TEXT_BYTES: Final = MAX_NAME_BYTES + 1 + 19 + 1 + 44 + 1
"""Origin, the digits of the largest size, a hash in base64, a newline after each."""

_THREE_LINES = Phrase(
    "origin, size and root hash are its three lines, and no other",
    "正文须恰为三行：来源、大小、根散列",
    "正文須恰為三行：來源、大小、根雜湊",
)


class CheckpointMalformed(MalformedLines):
    code = "checkpoint_malformed"
    en = "not a checkpoint: line {line}: {why}; ask its sender for the original"
    zh_cn = "不是检查点：第 {line} 行：{why}；请向发送方索取原件"
    zh_tw = "不是檢查點：第 {line} 行：{why}；請向發送方索取原件"


class CheckpointUnsigned(LedgerError):
    code = "checkpoint_unsigned"
    exit_code = ExitCode.CHECK_FAILED
    en = "the checkpoint of {origin} bears no signature of a key known for that log; do not use it"
    zh_cn = "{origin} 的检查点没有该日志已知密钥的签名，请勿使用"
    zh_tw = "{origin} 的檢查點沒有該日誌已知金鑰的簽名，請勿使用"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The body. Raises ``CheckpointMalformed`` when made of what it could not hold."""

    origin: str
    size: int
    root: bytes
    """32 bytes. That of size 0 must be SHA-256 of nothing; whoever judges trees asks for it."""

    def __post_init__(self) -> None:
        try:
            require_key_name(self.origin)
        except KeyNameRefused as error:
            raise CheckpointMalformed(line=1, why=error) from error
        if not 0 <= self.size <= MAX_NUMBER:
            raise CheckpointMalformed(line=2, why=NOT_A_NUMBER)
        if len(self.root) != HASH_BYTES:
            raise CheckpointMalformed(line=3, why=NOT_A_HASH)

    @property
    def text(self) -> bytes:
        """The note text: the bytes that are signed."""
        return f"{self.origin}\n{self.size}\n{base64text.encode(self.root)}\n".encode()

    @classmethod
    def from_text(cls, text: bytes) -> Checkpoint:
        """The body of exactly these bytes."""
        whole = checked(text, CheckpointMalformed, max_bytes=MAX_TEXT_BYTES)
        lines = lines_of(whole, CheckpointMalformed)
        if len(lines) != 3:
            raise CheckpointMalformed(line=min(len(lines), 4), why=_THREE_LINES)
        origin, size, root = lines
        return cls(origin.text, size.number(), root.hash())

    def sign(self, key: SigningKey) -> NoteSignature:
        """The log's own signature, under the origin as key name."""
        return sign_text(self.text, self.origin, key)

    def cosign(self, name: str, key: SigningKey, posix_seconds: int) -> NoteSignature:
        """A witness's cosignature, under its key ``name``, as of that time.

        Whoever calls it has checked that the log only grew; see ``witness_protocol``.
        """
        return cosign_text(self.text, name, key, posix_seconds)


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that its log signed, with the cosignatures that hold."""

    checkpoint: Checkpoint
    signatures: tuple[Verified, ...]
    """The log's own: at least one."""
    cosignatures: tuple[Verified, ...]

    @property
    def cosigners(self) -> frozenset[VerifierKey]:
        return frozenset(one.key for one in self.cosignatures)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signature lines, as it is passed on; nothing is verified."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def signed(cls, checkpoint: Checkpoint, key: SigningKey) -> SignedCheckpoint:
        return cls(checkpoint, (checkpoint.sign(key),))

    @classmethod
    def parse(cls, data: bytes, *, max_bytes: int = MAX_NOTE_BYTES) -> SignedCheckpoint:
        """Read a checkpoint; ``to_bytes`` gives the same bytes back.

        Raises ``NoteMalformed`` or ``CheckpointMalformed``.
        """
        note = Note.parse(data, max_bytes=max_bytes)
        return cls(Checkpoint.from_text(note.text), note.signatures)

    @property
    def note(self) -> Note:
        return Note(self.checkpoint.text, self.signatures)

    def to_bytes(self) -> bytes:
        return self.note.to_bytes()

    def with_signatures(self, more: Iterable[NoteSignature]) -> SignedCheckpoint:
        """The same body under further lines; one that is there already is not repeated."""
        return SignedCheckpoint(self.checkpoint, self.note.with_signatures(more).signatures)

    def verified(
        self, log_keys: Iterable[VerifierKey], witness_keys: Iterable[VerifierKey] = ()
    ) -> VerifiedCheckpoint:
        """What holds of it, by the reader's own keys.

        1. Log keys are those of type 0x01 named as the origin; cosigners those of type 0x04.
           Keys of other types or names among them are not asked.
        2. A signature under one of these keys that fails rejects everything
           (``NoteSignatureFails``).
        3. The log itself must have signed (``CheckpointUnsigned``); cosignatures may be
           missing: whether they suffice is for a policy to say.
        """
        logs = {
            key
            for key in log_keys
            if key.kind is SignatureType.ED25519 and key.name == self.checkpoint.origin
        }
        witnesses = {key for key in witness_keys if key.kind is SignatureType.COSIGNATURE}
        every = self.note.verified_if_any(logs | witnesses)
        own = tuple(one for one in every if one.key in logs)
        if not own:
            raise CheckpointUnsigned(origin=self.checkpoint.origin)
        return VerifiedCheckpoint(
            self.checkpoint, own, tuple(one for one in every if one.key in witnesses)
        )
