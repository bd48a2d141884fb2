"""Entries as messages show them: read and written by hand, for a bundle has tens of thousands.

{"index": 7, "keyid": hex, "payload": base64, "proof": [base64, ...], "signature": base64}
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.log.merkle import HASH_BYTES, MAX_TREE_SIZE
from ledger.signing import base64text
from ledger.signing.canonical import MAX_SAFE_INTEGER
from ledger.signing.keys import SIGNATURE_BYTES

MAX_ENTRIES: Final = 100_000
"""Of all sections of one message: ten entries a record."""
MAX_PATH: Final = MAX_TREE_SIZE.bit_length()


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """The exact signed bytes of an entry, and where it stands in its node's log.

    Read by hand: a bundle has tens of thousands.
    """

    index: int
    payload: bytes
    keyid: str
    signature: bytes
    proof: tuple[bytes, ...]
    """32 bytes each, from the leaf's sibling to the root's child, in the tree of the section's
    checkpoint."""


_ENTRY: Final = frozenset({"index", "payload", "keyid", "signature", "proof"})
MAX_PAYLOAD_TEXT: Final = 4 * (MAX_PAYLOAD_BYTES // 3 + 1)
_HEX: Final = frozenset("0123456789abcdef")


def entries_of(value: object) -> tuple[ShownEntry, ...]:
    """Entries as ``entries_text`` writes them, or as they are."""
    if isinstance(value, tuple):
        if not all(type(one) is ShownEntry for one in value):
            raise ValueError("entries are of type ShownEntry")
        return value
    if not isinstance(value, list) or len(value) > MAX_ENTRIES:
        raise ValueError(f"a list of at most {MAX_ENTRIES} entries is expected")
    return tuple(map(_entry, value))


def _entry(value: object) -> ShownEntry:
    if not isinstance(value, dict) or value.keys() != _ENTRY:
        raise ValueError(f"the members of an entry are {', '.join(sorted(_ENTRY))}")
    index, payload, keyid = value["index"], value["payload"], value["keyid"]
    if type(index) is not int or not 0 <= index <= MAX_SAFE_INTEGER:
        raise ValueError("index is no leaf index")
    if type(payload) is not str or len(payload) > MAX_PAYLOAD_TEXT:
        raise ValueError(f"payload is no base64 of at most {MAX_PAYLOAD_BYTES} bytes")
    if type(keyid) is not str or len(keyid) != 2 * HASH_BYTES or not _HEX.issuperset(keyid):
        raise ValueError("keyid is no SHA-256 in lower-case hex")
    return ShownEntry(
        index,
        base64text.decode(payload, what="payload"),
        _same(keyid),
        base64text.decode(value["signature"], what="signature", size=SIGNATURE_BYTES),
        hashes_of(value["proof"]),
    )


@lru_cache(maxsize=64)
def _same(keyid: str) -> str:
    """Few keys sign many entries: one text for each."""
    return keyid


def entries_text(entries: tuple[ShownEntry, ...]) -> list[dict[str, object]]:
    encode = base64text.encode
    return [
        {
            "index": one.index,
            "payload": encode(one.payload),
            "keyid": one.keyid,
            "signature": encode(one.signature),
            "proof": [encode(each) for each in one.proof],
        }
        for one in entries
    ]


def hashes_of(value: object) -> tuple[bytes, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list) or len(value) > 2 * MAX_PATH:
        raise ValueError(f"a proof has at most {2 * MAX_PATH} hashes")
    if not all(type(one) is str for one in value):
        raise ValueError("a hash is a text")
    return tuple(map(_hash, value))


@lru_cache(maxsize=4_096)
def _hash(text: str) -> bytes:
    """Neighbouring entries share most of the hashes of their proofs."""
    return base64text.decode(text, what="proof", size=HASH_BYTES)
