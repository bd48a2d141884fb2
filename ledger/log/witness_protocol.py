"""What a log and a witness say to each other (c2sp.org/tlog-witness), as bytes.

    POST <prefix>/add-checkpoint

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    ...

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY...

is answered 200 with cosignature lines or 409 with the size the witness cosigned last.
Whether to cosign is decided elsewhere; here is only what is read and written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ledger.errors import Phrase
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.lines import (
    MAX_HASHES,
    MAX_NUMBER,
    NOT_A_NUMBER,
    Line,
    MalformedLines,
    checked,
    require_hashes,
    split_head,
)
from ledger.log.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    Verified,
    parse_signatures,
)
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing import base64text

PATH: Final = "/add-checkpoint"
SIZE_CONTENT_TYPE: Final = "text/x.tlog.size"

MAX_HEAD_BYTES: Final = 24 + MAX_HASHES * 45
"""``old``, 19 digits and a newline; 44 characters of base64 and a newline for each hash."""

MAX_REQUEST_BYTES: Final = MAX_HEAD_BYTES + MAX_NOTE_BYTES
MAX_COSIGNATURES_BYTES: Final = MAX_NOTE_BYTES
MAX_SIZE_BYTES: Final = 20
"""Of a 409: 19 digits and a newline."""

_ONE_LINE = Phrase(
    "one line with the size is expected", "应只有一行，内容为大小", "應只有一行，內容為大小"
)
_WRONG_TYPE = Phrase(
    "its Content-Type must be {type}",
    "其 Content-Type 应为 {type}",
    "其 Content-Type 應為 {type}",
    {"type": SIZE_CONTENT_TYPE},
)
_NO_TIME = Phrase("a cosignature bears the time zero", "联署签名的时间为零", "聯署簽名的時間為零")
_NUMBER_OF_SIGNATURES = Phrase(
    "1 to {limit} signatures are an answer",
    "应答须含 1 至 {limit} 个签名",
    "應答須含 1 至 {limit} 個簽名",
    {"limit": MAX_SIGNATURES},
)


class WitnessStatus(IntEnum):
    """The HTTP status of an answer, and what it says."""

    COSIGNED = 200
    OLD_SIZE_TOO_LARGE = 400
    """The old size is beyond the checkpoint's, or the request cannot be read."""
    NOT_SIGNED = 403
    UNKNOWN_ORIGIN = 404
    CONFLICT = 409
    """The old size is not the one cosigned last; the body says which is."""
    BAD_PROOF = 422


class WitnessRequestMalformed(MalformedLines):
    code = "witness_request_malformed"
    en = "not an add-checkpoint request: line {line}: {why}; make the request anew"
    zh_cn = "不是 add-checkpoint 请求：第 {line} 行：{why}；请重新生成请求"
    zh_tw = "不是 add-checkpoint 請求：第 {line} 行：{why}；請重新產生請求"


class WitnessResponseMalformed(MalformedLines):
    code = "witness_response_malformed"
    en = "not a witness's answer: line {line}: {why}; ask the witness again"
    zh_cn = "不是见证方的应答：第 {line} 行：{why}；请再次向见证方请求"
    zh_tw = "不是見證方的應答：第 {line} 行：{why}；請再次向見證方請求"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request; nothing in it is verified.

    Raises ``WitnessRequestMalformed`` when made of what no request could hold. That ``old``
    exceeds the checkpoint's size or comes with a wrong proof is for the witness to answer.
    """

    old: int
    proof: tuple[bytes, ...]
    """RFC 6962 consistency from ``old`` to the checkpoint, 32 bytes each; empty from 0."""
    checkpoint: SignedCheckpoint

    def __post_init__(self) -> None:
        if not 0 <= self.old <= MAX_NUMBER:
            raise WitnessRequestMalformed(line=1, why=NOT_A_NUMBER)
        require_hashes(self.proof, WitnessRequestMalformed)

    def to_bytes(self) -> bytes:
        lines = [f"old {self.old}", *map(base64text.encode, self.proof), "", ""]
        return "\n".join(lines).encode("ascii") + self.checkpoint.to_bytes()

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """Read a request; ``to_bytes`` gives the same bytes back.

        Raises ``WitnessRequestMalformed``, ``NoteMalformed`` or ``CheckpointMalformed``.
        """
        (first, *lines), rest = split_head(
            data,
            WitnessRequestMalformed,
            max_head=MAX_HEAD_BYTES,
            max_rest=MAX_NOTE_BYTES,
        )
        old = first.after("old ").number()
        return cls(old, tuple(line.hash() for line in lines), SignedCheckpoint.parse(rest))


def cosignatures_bytes(cosignatures: Iterable[NoteSignature]) -> bytes:
    """The body of a 200: 1 to ``MAX_SIGNATURES`` signature lines."""
    lines = [one.line for one in cosignatures]
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise WitnessResponseMalformed(line=0, why=_NUMBER_OF_SIGNATURES)
    return "".join(lines).encode("utf-8")


def parse_cosignatures(data: bytes) -> tuple[NoteSignature, ...]:
    """The lines of a 200, not verified. Raises ``WitnessResponseMalformed``."""
    text = checked(data, WitnessResponseMalformed, max_bytes=MAX_COSIGNATURES_BYTES)
    return parse_signatures(text, WitnessResponseMalformed)


def verified_cosignatures(
    data: bytes, checkpoint: Checkpoint, witness_keys: Iterable[VerifierKey]
) -> tuple[Verified, ...]:
    """The cosignatures of ``checkpoint`` by known witnesses in the body of a 200.

    Lines of unknown keys are ignored. Raises ``WitnessResponseMalformed`` (also for a time
    of zero, which a witness must not give), ``NoteSignatureFails``, or ``NoteUnsigned``
    when no line is by a known witness.
    """
    keys = [key for key in witness_keys if key.kind is SignatureType.COSIGNATURE]
    found = Note(checkpoint.text, parse_cosignatures(data)).verified(keys)
    if any(one.posix_seconds == 0 for one in found):
        raise WitnessResponseMalformed(line=0, why=_NO_TIME)
    return found


def conflict_bytes(size: int) -> bytes:
    """The body of a 409: the size that the witness cosigned last."""
    if not 0 <= size <= MAX_NUMBER:
        raise WitnessResponseMalformed(line=1, why=NOT_A_NUMBER)
    return b"%d\n" % size


def parse_conflict(data: bytes, content_type: str) -> int:
    """The size in a 409. Raises ``WitnessResponseMalformed``, also for another content type."""
    if content_type != SIZE_CONTENT_TYPE:
        raise WitnessResponseMalformed(line=0, why=_WRONG_TYPE)
    text = checked(data, WitnessResponseMalformed, max_bytes=MAX_SIZE_BYTES)
    if text.count("\n") != 1:
        raise WitnessResponseMalformed(line=2, why=_ONE_LINE)
    return Line(text[:-1], 1, WitnessResponseMalformed).number()
