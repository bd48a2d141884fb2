"""DSSE v1 envelopes (secure-systems-lab/dsse, protocol.md and envelope.md).

    {"payload": base64, "payloadType": ..., "signatures": [{"keyid": ..., "sig": base64}]}

Signed are the bytes of PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body.
A reader takes key and algorithm from the trust list, never from the envelope: ``keyid`` is
a hint. Read strictly: an envelope that we would not have written is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.entry import ENTRY_PAYLOAD_TYPE
from ledger.errors import UnusableInput
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.keys import SIGNATURE_BYTES, SigningKey, key_id, verify_bytes

ENTRY: Final = ENTRY_PAYLOAD_TYPE
SUBMISSION: Final = "application/vnd.credit-ledger.submission.v1+json"
BUNDLE: Final = "application/vnd.credit-ledger.bundle.v1+json"
RECEIPT: Final = "application/vnd.credit-ledger.receipt.v1+json"
REFUSAL: Final = "application/vnd.credit-ledger.refusal.v1+json"
NOTICE: Final = "application/vnd.credit-ledger.notice.v1+json"
ACKNOWLEDGEMENT: Final = "application/vnd.credit-ledger.acknowledgement.v1+json"
ENFORCEMENT_STATUS: Final = "application/vnd.credit-ledger.enforcement-status.v1+json"
STATEMENT: Final = "application/vnd.credit-ledger.statement.v1+json"
TRUST_LIST: Final = "application/vnd.credit-ledger.trust-list.v1+json"
KEY_INTRODUCTION: Final = "application/vnd.credit-ledger.key-introduction.v1+json"

PAYLOAD_TYPES: Final = frozenset(
    {
        ENTRY,
        SUBMISSION,
        BUNDLE,
        RECEIPT,
        REFUSAL,
        NOTICE,
        ACKNOWLEDGEMENT,
        ENFORCEMENT_STATUS,
        STATEMENT,
        TRUST_LIST,
        KEY_INTRODUCTION,
    }
)

MAX_SIGNATURES = 16
"""As many as a signed note must accept (C2SP signed-note): one bound for both."""

MAX_ENVELOPE_BYTES = 1 << 20
"""Unless the caller knows better: a dozen entry payloads of 65,535 bytes in base64."""

_BEFORE: Final = b'{"payload":"'
_HEX = frozenset("0123456789abcdef")


class EnvelopeMalformed(UnusableInput):
    code = "envelope_malformed"
    en = "not a DSSE envelope of this ledger: {detail}; ask its sender for the original file"
    zh_cn = "不是本账本的 DSSE 信封：{detail}；请向发送方索取原始文件"
    zh_tw = "不是本帳本的 DSSE 信封：{detail}；請向發送方索取原始檔案"


def pae(payload_type: str, body: bytes) -> bytes:
    """The pre-authentication encoding: the exact bytes that Ed25519 signs."""
    kind = payload_type.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def sign(key: SigningKey, payload_type: str, body: bytes) -> bytes:
    """The 64-byte signature of ``body`` as a ``payload_type``."""
    return key.sign(pae(payload_type, body))


def verify(public_key: bytes, payload_type: str, body: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is ``public_key``'s on ``body`` as a ``payload_type``."""
    return verify_bytes(public_key, pae(payload_type, body), signature)


@dataclass(frozen=True, slots=True)
class Signature:
    """``keyid`` in hex (64 characters), ``sig`` raw (64 bytes)."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures, not yet verified."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @classmethod
    def signed(cls, key: SigningKey, payload_type: str, body: bytes) -> Envelope:
        """``body`` under one signature."""
        return cls(body, payload_type, (Signature(key.keyid, sign(key, payload_type, body)),))

    def verified_by(self, public_key: bytes, payload_type: str) -> bool:
        """Whether it is a ``payload_type`` that ``public_key`` signed.

        The type is the reader's expectation, so that one kind of message never passes
        for another.
        """
        keyid = key_id(public_key)
        return self.payload_type == payload_type and any(
            verify(public_key, payload_type, self.payload, signature.sig)
            for signature in self.signatures
            if signature.keyid == keyid
        )

    def to_value(self) -> dict[str, object]:
        """The envelope as a JSON object, to stand inside another document."""
        return {
            "payload": base64text.encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": one.keyid, "sig": base64text.encode(one.sig)} for one in self.signatures
            ],
        }

    def to_json(self) -> bytes:
        """Canonical JSON, no final newline."""
        # The payload may be many megabytes, and stands first: it is put in as it is.
        around = canonical(Envelope(b"", self.payload_type, self.signatures).to_value())
        return b"".join((_BEFORE, base64text.encode_bytes(self.payload), around[len(_BEFORE) :]))

    @classmethod
    def from_json(cls, data: bytes, *, max_bytes: int = MAX_ENVELOPE_BYTES) -> Envelope:
        """Read an envelope; spaces and member order are free, all else is exact.

        Raises ``EnvelopeMalformed``, ``NotBase64``, ``WrongLength`` or an error of
        ``parse_strict``.
        """
        return cls.from_value(parse_strict(data, max_bytes=max_bytes))

    @classmethod
    def from_value(cls, value: object, *, least: int = 1, most: int = MAX_SIGNATURES) -> Envelope:
        """The envelope in an already parsed JSON value; errors as ``from_json``.

        ``least`` and ``most`` are how many signatures it may have.
        """
        if not isinstance(value, dict) or value.keys() != {"payload", "payloadType", "signatures"}:
            raise EnvelopeMalformed(detail="payload, payloadType and signatures are its members")
        payload_type = value["payloadType"]
        if not isinstance(payload_type, str) or payload_type not in PAYLOAD_TYPES:
            raise EnvelopeMalformed(detail="unknown payloadType")
        signatures = value["signatures"]
        if not isinstance(signatures, list) or not least <= len(signatures) <= most:
            raise EnvelopeMalformed(detail=f"{least} to {most} signatures")
        payload = base64text.decode(value["payload"], what="payload")
        return cls(payload, payload_type, tuple(map(_signature, signatures)))


def _signature(value: object) -> Signature:
    if not isinstance(value, dict) or value.keys() != {"keyid", "sig"}:
        raise EnvelopeMalformed(detail="a signature has the members keyid and sig")
    keyid = value["keyid"]
    if not isinstance(keyid, str) or len(keyid) != 64 or not _HEX.issuperset(keyid):
        raise EnvelopeMalformed(detail="a keyid is a SHA-256 in lower-case hex")
    return Signature(keyid, base64text.decode(value["sig"], what="sig", size=SIGNATURE_BYTES))
