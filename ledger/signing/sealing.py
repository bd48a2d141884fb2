"""Sealed fields: a commitment in the signed entry, the value beside it under data keys.

    commitment = hex SHA-256("credit-ledger/sealed/v1" || salt (32 bytes) || JCS([field, value]))

The details of an entry, never part of its signed bytes, hold the salts and values in boxes
(``ledger.signing.boxes``), one for all fields that are locked under the same data keys. What
a box locks is, in the order of its fields,

    salt (32 bytes) || ... || JCS([value, ...])

The salts are inside, for a salt that outlived its value would let the value be guessed from
the commitment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple, TypeAlias

from ledger.entry import JSONValue, Secret
from ledger.errors import UnusableInput
from ledger.signing.boxes import (
    MAX_DETAILS_BYTES,
    MAX_FIELDS,
    MAX_KEYS,
    NONCE_BYTES,
    Box,
    DetailsDamaged,
    box_key,
    lock,
    read_details,
    unlock,
    write_details,
)
from ledger.signing.canonical import JSON, MAX_DEPTH, canonical, require_canonical

DOMAIN: Final = b"credit-ledger/sealed/v1"
SALT_BYTES = 32

MAX_VALUE_DEPTH: Final = MAX_DEPTH - 1
"""A value stands in the array of its box, and with its field in that of its commitment."""

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
    """Not asked for on this reader's behalf, and not decrypted, unless it shares the box of
    one that was.
    """


Detail: TypeAlias = Opened | Erased | Withheld


class Sealed(NamedTuple):
    """``commitments`` go into the signed entry (field to hex), ``details`` beside it."""

    commitments: Mapping[str, str]
    details: bytes | None


def commitment(name: str, value: JSONValue, salt: bytes) -> str:
    """The hex commitment to ``value`` of the field ``name`` under a 32-byte salt."""
    return _commitment(name, canonical(value, max_depth=MAX_VALUE_DEPTH), salt)


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
    drawn = sum(secret.salt is None for secret in secrets) * SALT_BYTES
    chance = entropy(drawn + len({secret.keys for secret in secrets}) * NONCE_BYTES)
    salts = (chance[at : at + SALT_BYTES] for at in range(0, drawn, SALT_BYTES))
    commitments: dict[str, str] = {}
    groups: dict[tuple[str, ...], list[tuple[str, bytes, bytes]]] = {}
    for secret in sorted(secrets, key=_field):
        name = secret.field
        assert name.isascii(), name
        assert secret.keys, name
        if len(secret.keys) > MAX_KEYS:
            raise TooManyKeys(field=name, count=len(secret.keys), limit=MAX_KEYS)
        salt = next(salts) if secret.salt is None else secret.salt
        assert len(salt) == SALT_BYTES, name
        value = canonical(secret.value, max_depth=MAX_VALUE_DEPTH)
        if secret.committed:
            commitments[name] = _commitment(name, value, salt)
        groups.setdefault(secret.keys, []).append((name, salt, value))
    nonces = (chance[at : at + NONCE_BYTES] for at in range(drawn, len(chance), NONCE_BYTES))
    boxes = [
        _locked(context, fields, [keys[name] for name in names], next(nonces))
        for names, fields in groups.items()
    ]
    details = write_details(boxes)
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

    ``fields``: those that the reader may see (None: all); others are ``Withheld``, and
    a box of nothing else stays locked. A field is ``Erased`` when ``lookup`` gives None for one of its keys. Raises
    ``DetailsDamaged`` for anything that ``seal`` would not have written for ``context``.
    """
    return open_boxes(read_details(details, context), lookup, context=context, fields=fields)


def open_boxes(
    boxes: Iterable[Box],
    lookup: KeyLookup,
    *,
    context: str,
    fields: Collection[str] | None = None,
) -> dict[str, Detail]:
    """As ``open_details``, of what ``read_details`` gave."""
    opened: dict[str, Detail] = {}
    for box in boxes:
        wanted = box.fields if fields is None else [one for one in box.fields if one in fields]
        opened |= dict.fromkeys(box.fields, Withheld())
        if wanted:
            within = _open(context, box, lookup)
            opened |= {name: within[name] for name in wanted}
    return opened


def key_ids(details: bytes, *, context: str) -> dict[str, list[int]]:
    """The data keys that each field rests on; raises ``DetailsDamaged`` as ``open_details``."""
    return keys_of(read_details(details, context))


def keys_of(boxes: Iterable[Box]) -> dict[str, list[int]]:
    """The data keys that each field rests on."""
    return {name: box.keys for box in boxes for name in box.fields}


def _commitment(name: str, value: bytes, salt: bytes) -> str:
    """``commitment`` to a value that is canonical JSON already."""
    assert len(salt) == SALT_BYTES, "a salt of another length could move bytes into the value"
    return sha256(b"%b%b[%b,%b]" % (DOMAIN, salt, _name(name), value)).hexdigest()


@lru_cache(maxsize=MAX_FIELDS)
def _name(name: str) -> bytes:
    return canonical(name)


def _field(secret: Secret) -> str:
    return secret.field


def _locked(
    context: str,
    fields: Sequence[tuple[str, bytes, bytes]],
    locks: Sequence[DataKey],
    nonce: bytes,
) -> Box:
    """``fields``, each a name, a salt and a value in canonical JSON, in one box."""
    names = [name for name, _, _ in fields]
    ids = [key_id for key_id, _ in locks]
    salts = b"".join([salt for _, salt, _ in fields])
    values = b",".join([value for _, _, value in fields])
    key = box_key(context, names, ids, [key for _, key in locks])
    return Box(names, ids, lock(b"%b[%b]" % (salts, values), key, nonce))


def _open(context: str, box: Box, lookup: KeyLookup) -> Mapping[str, Detail]:
    """Each field of a box: all of them open, or all of them are erased."""
    keys: list[bytes] = []
    for one in box.keys:
        key = lookup(one)
        if key is None:
            return dict.fromkeys(box.fields, Erased(one))
        keys.append(key)
    plain = unlock(box.sealed, box_key(context, box.fields, box.keys, keys))
    salts_end = SALT_BYTES * len(box.fields)
    values: JSON = None
    if plain is not None:
        with suppress(UnusableInput):
            values = require_canonical(plain[salts_end:], max_bytes=MAX_DETAILS_BYTES)
    if plain is None or not isinstance(values, list) or len(values) != len(box.fields):
        field = box.fields[0]
        raise DetailsDamaged(context=context, field=field, why="the box does not open")
    salts = (plain[at : at + SALT_BYTES] for at in range(0, salts_end, SALT_BYTES))
    opened = zip(box.fields, values, salts, strict=True)
    return {name: Opened(value, salt) for name, value, salt in opened}
