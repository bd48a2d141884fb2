"""Sealed fields: a commitment in the signed entry, the value beside it under data keys.

    commitment = hex SHA-256("credit-ledger/sealed/v1" || salt (32 bytes) || JCS([field, value]))

The details of an entry, never part of its signed bytes, are canonical JSON:

    {"v": 1, "boxes": {<field>: {"keys": [<key id>, ...], "box": base64}}}

A box is XSalsa20-Poly1305 (libsodium's SecretBox), nonce first, of

    {"context": ..., "field": ..., "salt": base64, "value": ...}

under each key in turn: all of them are needed, so destroying any one erases the field. The
salt is inside, for a salt that outlived its value would let the value be guessed from the
commitment. Field and context (which entry it belongs to) are inside, so that boxes cannot
change places unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Final, TypeAlias

from nacl.bindings import crypto_secretbox, crypto_secretbox_open
from nacl.exceptions import CryptoError

from ledger.entry import JSONValue, Secret
from ledger.errors import LedgerError, UnusableInput
from ledger.signing import base64text
from ledger.signing.canonical import JSON, canonical, canonical_unchecked, require_canonical

DOMAIN: Final = b"credit-ledger/sealed/v1"
SALT_BYTES = 32
NONCE_BYTES = 24
KEY_BYTES = 32

MAX_DETAILS_BYTES = 1 << 20
"""Sixteen times the largest entry; a larger text is an attachment named by its digest."""
MAX_FIELDS = 256
"""A record has a few dozen sealed fields; the bound is for what comes from elsewhere."""
MAX_KEYS = 64
"""A field is locked under its record and the persons named in it, a few as a rule."""

DataKey: TypeAlias = tuple[int, bytes]
"""Key id (positive) and the 32 bytes of a data key."""
KeyLookup: TypeAlias = Callable[[int], bytes | None]
"""Key id to data key, or None when it was destroyed."""
Entropy: TypeAlias = Callable[[int], bytes]
"""So many bytes from the system's cryptographic generator."""


class DetailsTooLong(UnusableInput):
    code = "details_too_long"
    en = "the sealed details take {size} bytes, more than {limit}; attach the text by its digest"
    zh_cn = "密封内容为 {size} 字节，超过 {limit} 字节；请以摘要方式附件"
    zh_tw = "密封內容為 {size} 位元組，超過 {limit} 位元組；請以摘要方式附件"


class TooManyKeys(UnusableInput):
    code = "too_many_keys"
    en = "{field} names so many persons or records that it takes {count} data keys; at most {limit}"
    zh_cn = "{field} 所涉人员或信用信息过多，需要 {count} 个数据密钥；上限为 {limit}"
    zh_tw = "{field} 所涉人員或信用資訊過多，需要 {count} 個資料金鑰；上限為 {limit}"


class DetailsDamaged(LedgerError):
    """Stored details that are not what was sealed: a fault, never an erasure."""

    code = "details_damaged"
    en = "the sealed details of {context} are damaged at {field!r}: {why}; restore them and audit"
    zh_cn = "{context} 的密封内容在 {field!r} 处损坏：{why}；请恢复备份并审计"
    zh_tw = "{context} 的密封內容在 {field!r} 處損壞：{why}；請還原備份並稽核"


@dataclass(frozen=True, slots=True)
class Opened:
    """A readable field; not yet compared with its commitment."""

    value: JSON = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Erased:
    """A data key was destroyed: nobody can read the field any more."""

    key_id: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """Readable, but not asked for on this reader's behalf; it was not decrypted."""


Detail: TypeAlias = Opened | Erased | Withheld


@dataclass(frozen=True, slots=True)
class Sealed:
    """``commitments`` go into the signed entry (field to hex), ``details`` beside it."""

    commitments: Mapping[str, str]
    details: bytes | None


def commitment(name: str, value: JSONValue, salt: bytes) -> str:
    """The hex commitment to ``value`` of the field ``name`` under a 32-byte salt."""
    assert len(salt) == SALT_BYTES, "a salt of another length could move bytes into the value"
    return sha256(DOMAIN + salt + canonical([name, value])).hexdigest()


def check_commitment(name: str, value: JSONValue, salt: bytes, committed: str) -> bool:
    """Whether this field, value and salt are what an entry committed to. Never raises
    for a salt of the wrong length: that is a wrong salt.
    """
    return len(salt) == SALT_BYTES and compare_digest(
        commitment(name, value, salt).encode("ascii"), committed.encode()
    )


def seal(
    secrets: Sequence[Secret],
    keys: Mapping[str, DataKey],
    *,
    context: str,
    entropy: Entropy,
) -> Sealed:
    """Commit to ``secrets`` and lock each under the data keys it names.

    ``keys`` maps every key name of every secret to its data key; ``context`` tells the
    entry, for example its stream's key and sequence number, and is needed again to open.
    ``entropy`` is asked once. Raises ``TooManyKeys``, ``DetailsTooLong`` and the errors of
    ``canonical``.
    """
    if not secrets:
        return Sealed({}, None)
    assert len(secrets) <= MAX_FIELDS
    chance = entropy(sum(_chance_for(secret) for secret in secrets))
    at = 0
    commitments: dict[str, str] = {}
    boxes: dict[str, object] = {}
    for secret in secrets:
        assert secret.field.isascii(), secret.field
        assert secret.field not in boxes, secret.field
        assert secret.keys, secret.field
        if len(secret.keys) > MAX_KEYS:
            raise TooManyKeys(field=secret.field, count=len(secret.keys), limit=MAX_KEYS)
        salt = secret.salt
        if salt is None:
            salt, at = chance[at : at + SALT_BYTES], at + SALT_BYTES
        if secret.committed:
            commitments[secret.field] = commitment(secret.field, secret.value, salt)
        box = _plaintext(context, secret, salt)
        locks = [keys[name] for name in secret.keys]
        for _, key in locks:
            nonce, at = chance[at : at + NONCE_BYTES], at + NONCE_BYTES
            box = nonce + crypto_secretbox(box, nonce, key)
        boxes[secret.field] = {
            "keys": [key_id for key_id, _ in locks],
            "box": base64text.encode(box),
        }
    details = canonical_unchecked({"v": 1, "boxes": boxes})
    if len(details) > MAX_DETAILS_BYTES:
        raise DetailsTooLong(size=len(details), limit=MAX_DETAILS_BYTES)
    return Sealed(commitments, details)


def open_details(
    details: bytes,
    lookup: KeyLookup,
    *,
    context: str,
    fields: Collection[str] | None = None,
) -> dict[str, Detail]:
    """What is in ``details``, field by field.

    ``fields``: those that the reader may see (None: all); others are ``Withheld`` and stay
    locked. A field is ``Erased`` when ``lookup`` gives None for one of its keys. Raises
    ``DetailsDamaged`` for anything that ``seal`` would not have written for ``context``.
    """
    opened: dict[str, Detail] = {}
    for name, (ids, box) in _boxes(details, context).items():
        if fields is not None and name not in fields:
            opened[name] = Withheld()
        else:
            opened[name] = _open(context, name, ids, box, lookup)
    return opened


def key_ids(details: bytes, *, context: str) -> frozenset[int]:
    """The data keys that these details rest on, so that they can be fetched at once."""
    return frozenset(one for ids, _ in _boxes(details, context).values() for one in ids)


def _chance_for(secret: Secret) -> int:
    return NONCE_BYTES * len(secret.keys) + (SALT_BYTES if secret.salt is None else 0)


def _plaintext(context: str, secret: Secret, salt: bytes) -> bytes:
    # The commitment has walked through the value already.
    encode = canonical_unchecked if secret.committed else canonical
    return encode(
        {
            "context": context,
            "field": secret.field,
            "salt": base64text.encode(salt),
            "value": secret.value,
        }
    )


def _boxes(details: bytes, context: str) -> dict[str, tuple[list[int], str]]:
    def damaged(name: str, why: str) -> DetailsDamaged:
        return DetailsDamaged(context=context, field=name, why=why)

    try:
        document = require_canonical(details, max_bytes=MAX_DETAILS_BYTES)
    except UnusableInput as error:
        raise damaged("", error.code) from None
    if not isinstance(document, dict) or document.keys() != {"v", "boxes"}:
        raise damaged("", "unknown form")
    version, boxes = document["v"], document["boxes"]
    if type(version) is not int or version != 1:
        raise damaged("", "unknown version")
    if not isinstance(boxes, dict) or len(boxes) > MAX_FIELDS:
        raise damaged("", "unknown form")
    found: dict[str, tuple[list[int], str]] = {}
    for name, locked in boxes.items():
        if not isinstance(locked, dict) or locked.keys() != {"keys", "box"}:
            raise damaged(name, "unknown form")
        ids, box = locked["keys"], locked["box"]
        if not isinstance(box, str) or not isinstance(ids, list) or not 1 <= len(ids) <= MAX_KEYS:
            raise damaged(name, "unknown form")
        numbers = [one for one in ids if type(one) is int]
        if len(numbers) != len(ids):
            raise damaged(name, "unknown form")
        found[name] = (numbers, box)
    return found


def _open(context: str, name: str, ids: list[int], box64: str, lookup: KeyLookup) -> Detail:
    keys: list[bytes] = []
    for one in ids:
        key = lookup(one)
        if key is None:
            return Erased(one)
        keys.append(key)
    try:
        box = base64text.decode(box64, what=name)
        for key in reversed(keys):
            box = crypto_secretbox_open(box[NONCE_BYTES:], box[:NONCE_BYTES], key)
        plain = require_canonical(box, max_bytes=MAX_DETAILS_BYTES)
    except (CryptoError, UnusableInput):
        raise DetailsDamaged(context=context, field=name, why="the box does not open") from None
    if (
        not isinstance(plain, dict)
        or plain.keys() != {"context", "field", "salt", "value"}
        or plain["context"] != context
        or plain["field"] != name
    ):
        raise DetailsDamaged(context=context, field=name, why="the box belongs elsewhere")
    salt = base64text.decode(plain["salt"], what=name, size=SALT_BYTES)
    return Opened(plain["value"], salt)
