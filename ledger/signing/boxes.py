"""The form of an entry's details: boxes, each locked under all the data keys it names.

Details are a line of canonical JSON and the boxes it lists, one behind the other:

    {"boxes":[{"fields":[...],"keys":[<key id>,...],"size":...},...],"v":1} LF box box ...

A box is XSalsa20-Poly1305 (libsodium's SecretBox), nonce first, under

    BLAKE2b-256(JCS([context, fields, keys]) || data key || ..., person "sealed-box/v1")

All the data keys go into it, so destroying any one makes the box unreadable; and so does
what the box is: context (which entry it belongs to), fields and key ids, so that boxes
cannot change places unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from nacl.bindings import crypto_secretbox, crypto_secretbox_open
from nacl.exceptions import CryptoError

from ledger.errors import LedgerError, UnusableInput
from ledger.signing.canonical import JSON, canonical_unchecked, require_canonical

BOX_DOMAIN: Final = b"sealed-box/v1"
"""BLAKE2b's personalisation, of which there are 16 bytes."""
NONCE_BYTES = 24
KEY_BYTES = 32

MAX_DETAILS_BYTES = 1 << 20
"""Sixteen times the largest entry; a larger text is an attachment named by its digest."""
MAX_FIELDS = 256
"""A record has a few dozen sealed fields; the bound is for what comes from elsewhere."""
MAX_KEYS = 64
"""A field is locked under its record and the persons named in it, a few as a rule."""


class DetailsDamaged(LedgerError):
    """Stored details that are not what was sealed: a fault, never an erasure."""

    code = "details_damaged"
    en = "the sealed details of {context} are damaged at {field!r}: {why}; restore them and audit"
    zh_cn = "{context} 的密封内容在 {field!r} 处损坏：{why}；请恢复备份并审计"
    zh_tw = "{context} 的密封內容在 {field!r} 處損壞：{why}；請還原備份並稽核"


class Box(NamedTuple):
    """What the line says of a box, and its bytes with the nonce."""

    fields: list[str]
    keys: list[int]
    sealed: bytes


def box_key(
    context: str, fields: Sequence[str], ids: Sequence[int], keys: Sequence[bytes]
) -> bytes:
    """The key of the box of these fields, from the data keys of these ids."""
    # JSON tells where it ends, so what follows it can only be the keys.
    what = canonical_unchecked([context, fields, ids])
    return blake2b(what + b"".join(keys), digest_size=KEY_BYTES, person=BOX_DOMAIN).digest()


def lock(plain: bytes, key: bytes, nonce: bytes) -> bytes:
    """A box of ``plain``, nonce first."""
    return nonce + crypto_secretbox(plain, nonce, key)


def unlock(box: bytes, key: bytes) -> bytes | None:
    """What was locked; None for another key or a damaged box."""
    try:
        return crypto_secretbox_open(box[NONCE_BYTES:], box[:NONCE_BYTES], key)
    except CryptoError:
        return None


def write_details(boxes: Sequence[Box]) -> bytes:
    """Details of these boxes."""
    listed = [{"fields": box.fields, "keys": box.keys, "size": len(box.sealed)} for box in boxes]
    line = canonical_unchecked({"v": 1, "boxes": listed})
    return b"\n".join((line, b"".join([box.sealed for box in boxes])))


def read_details(details: bytes, context: str) -> list[Box]:
    """The boxes that the line lists, each as long as it says, no field twice.

    Nothing is opened. Raises ``DetailsDamaged``.
    """

    def damaged(why: str) -> DetailsDamaged:
        return DetailsDamaged(context=context, field="", why=why)

    if type(details) is not bytes or len(details) > MAX_DETAILS_BYTES:
        raise damaged("unknown form")
    line, _, rest = details.partition(b"\n")
    try:
        document = require_canonical(line)
    except UnusableInput as error:
        raise damaged(error.code) from None
    if not isinstance(document, dict) or document.keys() != {"v", "boxes"}:
        raise damaged("unknown form")
    version, listed = document["v"], document["boxes"]
    if type(version) is not int or version != 1:
        raise damaged("unknown version")
    if not isinstance(listed, list) or not listed:
        raise damaged("unknown form")
    boxes: list[Box] = []
    names: list[str] = []
    at = 0
    for one in listed:
        described = _described(one)
        if described is None:
            raise damaged("unknown form")
        fields, keys, size = described
        boxes.append(Box(fields, keys, rest[at : at + size]))
        names += fields
        at += size
    if at != len(rest) or len(names) > MAX_FIELDS or len(set(names)) != len(names):
        raise damaged("unknown form")
    return boxes


def _described(one: JSON) -> tuple[list[str], list[int], int] | None:
    """Fields, key ids and size as the line tells them of one box; None: not in our form."""
    if not isinstance(one, dict) or one.keys() != {"fields", "keys", "size"}:
        return None
    fields, keys, size = one["fields"], one["keys"], one["size"]
    if not isinstance(fields, list) or not isinstance(keys, list) or type(size) is not int:
        return None
    names = [name for name in fields if isinstance(name, str)]
    ids = [key for key in keys if type(key) is int]
    if len(names) != len(fields) or len(ids) != len(keys):
        return None
    # A negative size would read one box twice.
    fits = names and 1 <= len(ids) <= MAX_KEYS and size >= NONCE_BYTES
    return (names, ids, size) if fits else None
