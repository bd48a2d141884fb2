"""What an auditor's folder holds beyond the C2SP files: names and forms.

    tile/entries/<N>[.p/<W>]      C2SP entry bundle: W times (u16 length, payload)
    tile/signatures/<N>[.p/<W>]   W times (key id, 32 bytes; Ed25519 signature, 64 bytes)
    tile/details/<N>[.p/<W>]      W times (u32 length, sealed details as stored); 0: none
    manifests/<hex digest>        a submission's envelope, or a rule pack, as stored
    notes/<log>/<N>               signed notes: each (kind, 1 byte; u32 length; the note)

Numbers are big-endian; <N> is written as in a tile's name. The signatures are over the DSSE
encoding of the payload, as in an entry's envelope; the key id is SHA-256 of the raw public
key. Sealed details are ciphertext: without the node's data keys nobody reads them.

<log> is the first 16 hex digits of SHA-256 of the log's origin; file N of it holds the notes
of sizes 4096 N to 4096 N + 4095, by size, kind and digest. Kinds: 1 checkpoint, 2 cosignature,
3 witnessed, 4 fork (``ledger.storage.tree_reads``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from ledger.entry import StoredEntry
from ledger.errors import Phrase, UnusableInput
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.note import MAX_NOTE_BYTES
from ledger.log.tile_files import EntriesTile
from ledger.log.tiles import TILE_HASHES
from ledger.signing.boxes import MAX_DETAILS_BYTES
from ledger.signing.keys import SIGNATURE_BYTES
from ledger.storage.tree_reads import Note, NoteKind, note_of

KEY_ID_BYTES: Final = 32
SIGNED_BYTES: Final = KEY_ID_BYTES + SIGNATURE_BYTES
LENGTH_BYTES: Final = 4

MAX_DETAILS_FILE: Final = TILE_HASHES * (LENGTH_BYTES + MAX_DETAILS_BYTES)
"""256 MiB; some 100 kB are usual."""

NOTE_SIZES: Final = 4_096
"""Tree sizes under one file of notes: a few thousand notes, some 2 MB."""

MAX_NOTES_FILE: Final = 1 << 28
"""4096 checkpoints, each with some 100 cosignatures."""

_KINDS: Final[Mapping[NoteKind, int]] = {
    "checkpoint": 1,
    "cosignature": 2,
    "witnessed": 3,
    "fork": 4,
}
_KIND_OF: Final[Mapping[int, NoteKind]] = {number: kind for kind, number in _KINDS.items()}

_CUT_SHORT: Final = Phrase("it is cut short", "内容不完整", "內容不完整")
_GOES_ON: Final = Phrase("there is more than it should hold", "有多余内容", "有多餘內容")
_NO_KIND: Final = Phrase("a note of no known kind", "未知类型的签名文本", "未知類型的簽名文本")


class ExportFileMalformed(UnusableInput):
    code = "export_file_malformed"
    en = "its form is wrong: {why} at byte {offset}"
    zh_cn = "格式错误：第 {offset} 字节处{why}"
    zh_tw = "格式錯誤：第 {offset} 位元組處{why}"


def signatures_path(tile: EntriesTile) -> str:
    return _beside(tile, "signatures")


def details_path(tile: EntriesTile) -> str:
    return _beside(tile, "details")


def manifest_path(digest: str) -> str:
    return f"manifests/{digest}"


def notes_path(origin: str, page: int) -> str:
    """The file of the notes of sizes ``page * NOTE_SIZES`` and on of the log ``origin``."""
    number = EntriesTile(page).path.removeprefix("tile/entries/")
    return f"notes/{sha256(origin.encode()).hexdigest()[:16]}/{number}"


def encode_signatures(entries: Sequence[StoredEntry]) -> bytes:
    return b"".join(entry.keyid + entry.signature for entry in entries)


def decode_signatures(data: bytes, width: int) -> list[tuple[bytes, bytes]]:
    """``width`` pairs of key id and signature. Raises ``ExportFileMalformed``."""
    if len(data) != width * SIGNED_BYTES:
        why = _CUT_SHORT if len(data) < width * SIGNED_BYTES else _GOES_ON
        raise ExportFileMalformed(why=why, offset=min(len(data), width * SIGNED_BYTES))
    cuts = (data[at : at + SIGNED_BYTES] for at in range(0, len(data), SIGNED_BYTES))
    return [(cut[:KEY_ID_BYTES], cut[KEY_ID_BYTES:]) for cut in cuts]


def encode_details(entries: Sequence[StoredEntry]) -> bytes:
    texts = (entry.details or b"" for entry in entries)
    return b"".join(len(text).to_bytes(LENGTH_BYTES, "big") + text for text in texts)


def decode_details(data: bytes, width: int) -> list[bytes | None]:
    """``width`` sealed details, None where there are none. Raises ``ExportFileMalformed``."""
    found: list[bytes | None] = []
    at = 0
    for _ in range(width):
        text, at = _framed(data, at)
        found.append(text or None)
    if at != len(data):
        raise ExportFileMalformed(why=_GOES_ON, offset=at)
    return found


def encode_notes(notes: Sequence[Note]) -> bytes:
    parts = (
        bytes([_KINDS[note.kind]]) + len(note.body).to_bytes(LENGTH_BYTES, "big") + note.body
        for note in notes
    )
    return b"".join(parts)


def decode_notes(data: bytes) -> Iterator[Note]:
    """The notes, their origin and size as their text says; nothing is verified.

    Raises ``ExportFileMalformed``, or what reading a checkpoint raises.
    """
    if not data:
        raise ExportFileMalformed(why=_CUT_SHORT, offset=0)
    at = 0
    while at < len(data):
        kind = _KIND_OF.get(data[at])
        if kind is None:
            raise ExportFileMalformed(why=_NO_KIND, offset=at)
        body, at = _framed(data, at + 1)
        said = SignedCheckpoint.parse(body, max_bytes=MAX_NOTE_BYTES).checkpoint
        yield note_of(kind, said.origin, said.size, body)


def _framed(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + LENGTH_BYTES
    stop = start + int.from_bytes(data[at:start], "big")
    if start > len(data) or stop > len(data):
        raise ExportFileMalformed(why=_CUT_SHORT, offset=at)
    return data[start:stop], stop


def _beside(tile: EntriesTile, kind: str) -> str:
    return tile.path.replace("entries", kind, 1)
