"""Reading large messages: the value that ``require_canonical`` gives, in a third of the time.

Nearly all of a large message is one long text of base64 and, in it, entries with their proofs.
A regular expression that is the canonical form of an entry reads these where they stand; what is
left of the payload is read as JSON, with the lists of entries cut out, and written again with a
mark in the place of each: it is canonical, and the lists stood where they belong, where that
gives the very bytes around them. Whatever is otherwise is left to the long way, which accepts or
refuses it and says why.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import Any, Final

import orjson

from ledger.errors import LedgerError, UnusableInput
from ledger.exchange.shown import MAX_ENTRIES, MAX_PATH, MAX_PAYLOAD_TEXT, ShownEntry
from ledger.signing import base64text
from ledger.signing.canonical import (
    JSON,
    MAX_SAFE_INTEGER,
    canonical,
    require_canonical,
)
from ledger.signing.dsse import Envelope

QUICK_FROM: Final = 100_000
"""Bytes of a payload from which on it is worth the trouble."""

MAX_VALUES: Final = 4_000_000
"""Of a payload: 100,000 entries with proofs of 20 hashes have some 2.7 million, 10,000 records and
100,000 disclosed fields another million. Each costs some hundred bytes once it is read, so that this
bounds what a file can take: without it 96 MB of brackets would take three gigabytes."""
MAX_AROUND: Final = 1_000
"""Of an envelope beside its payload: 16 signatures have some 60."""
MEASURED_FROM: Final = 1 << 20
"""Bytes from which on values are counted: a smaller text holds few enough."""

_PAYLOAD: Final = b'{"payload":"'
_LIST: Final = b'"entries":['
_MARK: Final = "entries of this section"
_MARKED: Final = b'"%b"' % _MARK.encode("ascii")
_BASE64: Final = "[A-Za-z0-9+/]"
_HASH: Final = rf'"{_BASE64}{{42}}[AEIMQUYcgkosw048]="'
"""32 bytes; of the last character but the equals sign only four bits count."""
_HASH_LENGTH: Final = len(',""') + 44
_MAX_PROOF: Final = 2 * MAX_PATH * _HASH_LENGTH
_ENTRY: Final = re.compile(
    r'\{"index":(0|[1-9][0-9]{0,15}),"keyid":"([0-9a-f]{64})",'
    rf'"payload":"({_BASE64}*={{0,2}})","proof":\[((?:{_HASH}(?:,{_HASH})*)?)\],'
    rf'"signature":"({_BASE64}{{85}}[AQgw]==)"\}}'.encode("ascii")
)


class TooManyValues(UnusableInput):
    code = "json_too_many_values"
    en = "the JSON holds more than {limit} values; split it"
    zh_cn = "JSON 中的值超过 {limit} 个；请拆分"
    zh_tw = "JSON 中的值超過 {limit} 個；請拆分"


def _require_few(data: bytes, most: int) -> None:
    """Raises ``TooManyValues``. Each value but the first of a container follows a comma."""
    if len(data) < MEASURED_FROM:
        return
    left = most
    for mark in (b",", b"[", b"{"):
        left -= data.count(mark)
        if left < 0:
            raise TooManyValues(limit=most)


def read_envelope(data: bytes, *, max_bytes: int) -> Envelope:
    """As ``Envelope.from_json``: of a canonical one the payload is cut out, the rest is read."""
    end = data.find(b'"', len(_PAYLOAD))
    if len(data) <= max_bytes and data.startswith(_PAYLOAD) and end > 0:
        try:
            around = Envelope.from_value(require_canonical(_PAYLOAD + data[end:]))
            payload = base64text.decode_bytes(memoryview(data)[len(_PAYLOAD) : end])
            return Envelope(payload, around.payload_type, around.signatures)
        except (LedgerError, ValueError):
            pass
    if len(data) <= max_bytes:
        _require_few(data, MAX_AROUND)
    return Envelope.from_json(data, max_bytes=max_bytes)


def read_payload(payload: bytes, *, max_bytes: int, max_depth: int) -> JSON | dict[str, Any]:
    """As ``require_canonical``; the entries of a large message may be ``ShownEntry`` already."""
    if len(payload) <= max_bytes:
        _require_few(payload, MAX_VALUES)
    if QUICK_FROM <= len(payload) <= max_bytes:
        try:
            found = _cut_out(payload, max_depth)
        except (LedgerError, ValueError, TypeError, KeyError):
            found = None
        if found is not None:
            return found
    return require_canonical(payload, max_bytes=max_bytes, max_depth=max_depth)


def _cut_out(payload: bytes, max_depth: int) -> dict[str, Any] | None:
    pieces: list[bytes] = []
    lists: list[tuple[ShownEntry, ...]] = []
    start, proofs = 0, _Proofs()
    while (found := payload.find(_LIST, start)) >= 0:
        begin = found + len(_LIST) - 1
        read = _entries(payload, begin + 1, proofs, MAX_ENTRIES - sum(map(len, lists)))
        if read is None:
            return None
        entries, end = read
        pieces.append(payload[start:begin])
        lists.append(entries)
        start = end
    pieces.append(payload[start:])
    value = orjson.loads(b"[]".join(pieces))
    sections = value["logs"]
    if len(sections) != len(lists):
        return None
    for section in sections:
        section["entries"] = _MARK
    if canonical(value, max_depth=max_depth).split(_MARKED) != pieces:
        return None
    for section, entries in zip(sections, lists, strict=True):
        section["entries"] = entries
    found_value: dict[str, Any] = value
    return found_value


class _Proofs:
    """Decodes proofs, one after the other: neighbours share all but the first few hashes."""

    __slots__ = ("_hashes", "_text")

    def __init__(self) -> None:
        self._text = b""
        self._hashes: tuple[bytes, ...] = ()

    def decoded(self, text: bytes) -> tuple[bytes, ...]:
        """Of texts in quotation marks, with commas between; each has 32 bytes."""
        before, at = self._text, 0
        same = len(before) == len(text)
        while at < len(text) and not (same and text[at:] == before[at:]):
            at += _HASH_LENGTH
        own = (a2b_base64(text[start + 1 : start + 45]) for start in range(0, at, _HASH_LENGTH))
        self._text = text
        self._hashes = found = (*own, *self._hashes[at // _HASH_LENGTH :]) if same else tuple(own)
        return found


def _entries(
    payload: bytes, at: int, proofs: _Proofs, most: int
) -> tuple[tuple[ShownEntry, ...], int] | None:
    """The entries of a list from its first one on, and where the list ends.

    None where they are not in canonical form, or too many.
    """
    found: list[ShownEntry] = []
    matches, keyids, last = _ENTRY.match, dict[bytes, str](), b","
    if payload[at : at + 1] == b"]":
        return (), at + 1
    while last == b"," and len(found) < most:
        matched = matches(payload, at)
        if matched is None:
            return None
        index, keyid, text, path, signature = matched.groups()
        if len(text) > MAX_PAYLOAD_TEXT or (number := int(index)) > MAX_SAFE_INTEGER:
            return None
        if len(path) > _MAX_PROOF:
            return None
        found.append(
            ShownEntry(
                number,
                base64text.decode_bytes(text),
                keyids.get(keyid) or keyids.setdefault(keyid, keyid.decode("ascii")),
                a2b_base64(signature),
                proofs.decoded(path),
            )
        )
        at = matched.end() + 1
        last = payload[at - 1 : at]
    return (tuple(found), at) if last == b"]" else None
