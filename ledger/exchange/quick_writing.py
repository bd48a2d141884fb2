"""Writing large messages: the bytes that ``canonical`` gives, in a fifth of the time. Pure.

Each entry is written into the form that ``quick_reading`` reads; what is around the lists of
entries is written as JSON, with a mark in the place of each.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import BaseModel

from ledger.exchange.shown import ShownEntry
from ledger.signing.canonical import canonical

_MARK: Final = "entries of this section"
_MARKED: Final = b'"%b"' % _MARK.encode("ascii")
_HASH_LENGTH: Final = len(',""') + 44


QUICK_ENTRIES: Final = 100
"""From which on a message is written by hand."""


def quick_payload(message: BaseModel, *, max_depth: int) -> bytes | None:
    """The payload of a message with many entries in its ``logs``; None where ``canonical`` is
    to write it.
    """
    sections = [one.entries for one in getattr(message, "logs", ())]
    if sum(map(len, sections)) < QUICK_ENTRIES:
        return None
    left_out = {"logs": {"__all__": {"entries"}}}
    around = message.model_dump(mode="json", by_alias=True, exclude=left_out)
    return write_payload(around, sections, max_depth=max_depth)


def write_payload(
    around: dict[str, Any], sections: Sequence[Sequence[ShownEntry]], *, max_depth: int
) -> bytes | None:
    """The payload of a message, whose sections in ``around`` lack their entries.

    None where a text of the message is the mark itself; errors as ``canonical``.
    """
    for section in around["logs"]:
        section["entries"] = _MARK
    pieces = canonical(around, max_depth=max_depth).split(_MARKED)
    if len(pieces) != len(sections) + 1:
        return None
    written = [pieces[0]]
    for entries, piece in zip(sections, pieces[1:], strict=True):
        written += (b"[", b",".join(_entries(entries)), b"]", piece)
    return b"".join(written)


def _entries(entries: Iterable[ShownEntry]) -> Iterable[bytes]:
    before: tuple[bytes, ...] = ()
    text = b""
    for one in entries:
        proof = one.proof
        text = _proof(proof, before, text)
        before = proof
        yield b'{"index":%d,"keyid":"%b","payload":"%b","proof":[%b],"signature":"%b"}' % (
            one.index,
            one.keyid.encode("ascii"),
            b2a_base64(one.payload, newline=False),
            text,
            b2a_base64(one.signature, newline=False),
        )


def _proof(proof: tuple[bytes, ...], before: tuple[bytes, ...], text: bytes) -> bytes:
    """The hashes in base64, with commas between; ``text`` is that of the proof before."""
    own = 0
    same = len(proof) == len(before)
    while own < len(proof) and not (same and proof[own:] == before[own:]):
        own += 1
    hashes = [b'"%b"' % b2a_base64(one, newline=False) for one in proof[:own]]
    if own < len(proof):
        hashes.append(text[own * _HASH_LENGTH :])
    return b",".join(hashes)
