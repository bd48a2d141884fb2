"""Verifier keys (vkeys) and key names of signed notes (c2sp.org/signed-note).

    example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

is the key name, the key id in hex, and base64 of the type byte and the public key. The key
id is the first four bytes of SHA-256(name || 0x0A || type byte || public key).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final

from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.signing import base64text
from ledger.signing.keys import PUBLIC_KEY_BYTES, check_public_key

KEY_ID_BYTES: Final = 4

MAX_NAME_BYTES: Final = 255
"""Of an admitted key name, and so of an origin: the cosigned message of tlog-cosignature
that names its cosigner and log gives each a one-byte length."""

MAX_VKEY_CHARACTERS: Final = MAX_NAME_BYTES + 1 + 2 * KEY_ID_BYTES + 1 + 44

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}\Z", re.ASCII)

_THREE_PARTS = Phrase(
    "it is not name+id+key, the id being 8 lower-case hex digits",
    "不是“名称+编号+公钥”的形式（编号为 8 位小写十六进制）",
    "不是「名稱+編號+公鑰」的形式（編號為 8 位小寫十六進位）",
)
_TOO_LONG = Phrase(
    "it is longer than {limit} characters",
    "长度超过 {limit} 个字符",
    "長度超過 {limit} 個字元",
    {"limit": MAX_VKEY_CHARACTERS},
)
_NOT_A_KEY = Phrase(
    "its last part is not base64 of a type byte and a 32-byte public key",
    "末段不是类型字节加 32 字节公钥的 base64",
    "末段不是類型位元組加 32 位元組公鑰的 base64",
)
_UNKNOWN_TYPE = Phrase(
    "its type is neither 01 (Ed25519) nor 04 (Ed25519 cosignature)",
    "其类型既非 01（Ed25519）也非 04（Ed25519 联署）",
    "其類型既非 01（Ed25519）也非 04（Ed25519 聯署）",
)
_WRONG_ID = Phrase(
    "the id does not belong to this name and key",
    "编号与名称和公钥不符",
    "編號與名稱和公鑰不符",
)


class KeyNameRefused(UnusableInput):
    code = "key_name_refused"
    en = (
        "not a key name: it must be 1 to {limit} bytes of UTF-8 without spaces, plus signs "
        "and control characters, for example credit-ledger.example/xiamen"
    )
    zh_cn = (
        "不是有效的密钥名称：须为 1 至 {limit} 字节的 UTF-8，不含空格、加号和控制字符，"
        "例如 credit-ledger.example/xiamen"
    )
    zh_tw = (
        "不是有效的金鑰名稱：須為 1 至 {limit} 位元組的 UTF-8，不含空格、加號和控制字元，"
        "例如 credit-ledger.example/xiamen"
    )


class VerifierKeyMalformed(UnusableInput):
    code = "verifier_key_malformed"
    en = "not a verifier key: {why}; copy it unchanged from its owner"
    zh_cn = "不是有效的验证密钥：{why}；请从其所有者处原样复制"
    zh_tw = "不是有效的驗證金鑰：{why}；請從其所有者處原樣複製"


class SignatureType(IntEnum):
    """The type byte. The other assigned types are not used here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


def is_note_name(name: str) -> bool:
    """Whether a signature line may bear ``name``: not empty, no Unicode space, no plus.

    ``str.isspace`` is true for the characters with the property White_Space and, beyond
    them, only for control characters that no note may hold.
    """
    return name != "" and "+" not in name and not any(map(str.isspace, name))


def require_key_name(name: str) -> str:
    """``name``, if it may name a key or a log of ours; stricter than what a note may hold.

    No control character at all (a note excludes those below U+0020) and a bound on the
    length. Raises ``KeyNameRefused``.
    """
    try:
        length = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise KeyNameRefused(limit=MAX_NAME_BYTES) from None
    if not is_note_name(name) or _CONTROL.search(name) or length > MAX_NAME_BYTES:
        raise KeyNameRefused(limit=MAX_NAME_BYTES)
    return name


def note_key_id(name: str, kind: SignatureType, public_key: bytes) -> bytes:
    """The four bytes that, with the name, say which key made a signature."""
    hashed = name.encode("utf-8") + b"\n" + bytes([kind]) + public_key
    return sha256(hashed).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, for signatures of one type; admitted, or not there at all.

    Raises ``KeyNameRefused``, ``PublicKeyRefused``, ``WrongLength`` when made of others.
    """

    name: str
    kind: SignatureType
    public: bytes
    """32 bytes, raw."""
    key_id: bytes = field(init=False)
    """4 bytes; short, an identifier and no fingerprint."""

    def __post_init__(self) -> None:
        require_key_name(self.name)
        check_public_key(self.public)
        object.__setattr__(self, "key_id", note_key_id(self.name, self.kind, self.public))

    @classmethod
    def from_raw(
        cls, name: str, raw: bytes, kind: SignatureType = SignatureType.ED25519
    ) -> VerifierKey:
        return cls(name, kind, raw)

    @property
    def vkey(self) -> str:
        """The text form, without a newline."""
        key = base64text.encode(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def from_vkey(cls, text: str) -> VerifierKey:
        """The key of exactly this text (no surrounding space or newline).

        Raises ``VerifierKeyMalformed``, which also tells why the key or name is refused.
        """
        if len(text) > MAX_VKEY_CHARACTERS:
            raise VerifierKeyMalformed(why=_TOO_LONG)
        parts = text.split("+", 2)  # the base64 may hold further plus signs
        if len(parts) != 3 or not _KEY_ID.match(parts[1]):
            raise VerifierKeyMalformed(why=_THREE_PARTS)
        name, key_id, encoded = parts
        try:
            typed = base64text.decode(encoded, what="verifier key", size=1 + PUBLIC_KEY_BYTES)
        except UnusableInput as error:
            raise VerifierKeyMalformed(why=_NOT_A_KEY) from error
        if typed[0] not in set(SignatureType):
            raise VerifierKeyMalformed(why=_UNKNOWN_TYPE)
        try:
            key = cls(name, SignatureType(typed[0]), typed[1:])
        except LedgerError as error:
            raise VerifierKeyMalformed(why=error) from error
        if key.key_id.hex() != key_id:
            raise VerifierKeyMalformed(why=_WRONG_ID)
        return key
