"""Reading an auditor's copy of a log (``ledger.log.export``): bounded, and believing nothing.

What is read here has the right form, and no more: ``ledger.log.exported_check`` proves it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.codec import decode
from ledger.entry import Entry, StoredEntry
from ledger.errors import ExitCode, LedgerError, Phrase
from ledger.log import export_files as files
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.export_folder import CHECKPOINT, NOTES
from ledger.log.merkle import HASH_BYTES
from ledger.log.note import MAX_NOTE_BYTES
from ledger.log.tile_files import MAX_ENTRIES_BYTES, EntriesTile, Tile, decode_entries
from ledger.log.tiles import TILE_HASHES
from ledger.storage.rows import MAX_VALUE_BYTES
from ledger.storage.tree_reads import Note

MISSING: Final = Phrase("it is missing", "文件缺失", "檔案缺失")
CHANGED: Final = Phrase("it was changed while it was read", "读取期间被更改", "讀取期間被更改")
_TOO_LONG: Final = Phrase("it is too long", "文件过长", "檔案過長")
_NO_FILE: Final = Phrase("it is no file", "不是普通文件", "不是一般檔案")
_LENGTH: Final = Phrase("its length is wrong", "长度不符", "長度不符")


class ExportFileWrong(LedgerError):
    """Told of the first file of an export that is not what it should be."""

    code = "export_file_wrong"
    exit_code = ExitCode.CHECK_FAILED
    en = "{file} of the export cannot be used: {why}; ask the auditor for another copy"
    zh_cn = "导出中的 {file} 无法使用：{why}；请向审计人员索取另一副本"
    zh_tw = "匯出中的 {file} 無法使用：{why}；請向稽核人員索取另一副本"


@dataclass(frozen=True, slots=True)
class Chunk:
    """The entries under one level 0 tile, as the log's rows and decoded."""

    tile: EntriesTile
    rows: list[StoredEntry]
    entries: list[Entry]
    digest: bytes
    """SHA-256 over the bytes of its files: whether they are still what they were."""


class ExportedLog:
    """The copy in ``folder``, as far as its checkpoint speaks of it."""

    def __init__(self, folder: Path) -> None:
        """Raises ``ExportFileWrong``."""
        self.folder = folder
        data = self._bytes(CHECKPOINT, MAX_NOTE_BYTES)
        try:
            self.signed = SignedCheckpoint.parse(data)
        except LedgerError as error:
            raise ExportFileWrong(file=CHECKPOINT, why=error) from error
        self.checkpoint = self.signed.checkpoint
        self._manifests: dict[str, bytes] = {}

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def chunk(self, number: int) -> Chunk:
        """The entries from leaf 256 ``number`` on. Raises ``ExportFileWrong``."""
        start = number * TILE_HASHES
        width = min(self.size - start, TILE_HASHES)
        tile = EntriesTile(number, width)
        name = tile.path
        try:
            data = [self._bytes(name, MAX_ENTRIES_BYTES)]
            payloads = decode_entries(data[0], width)
            name = files.signatures_path(tile)
            data.append(self._bytes(name, width * files.SIGNED_BYTES))
            signed = files.decode_signatures(data[1], width)
            name = files.details_path(tile)
            data.append(self._bytes(name, files.MAX_DETAILS_FILE))
            details = files.decode_details(data[2], width)
            name = tile.path
            rows, entries = [], []
            for at, payload in enumerate(payloads):
                row, entry = _row(start + at, payload, *signed[at], details[at])
                rows.append(row)
                entries.append(entry)
        except ExportFileWrong:
            raise
        except LedgerError as error:
            raise ExportFileWrong(file=name, why=error) from error
        return Chunk(
            tile, rows, entries, sha256(b"".join(sha256(x).digest() for x in data)).digest()
        )

    def tile(self, level: int, number: int, width: int) -> bytes:
        name = Tile(level, number, width).path
        data = self._bytes(name, width * HASH_BYTES)
        if len(data) != width * HASH_BYTES:
            raise ExportFileWrong(file=name, why=_LENGTH)
        return data

    def manifest(self, digest: str) -> bytes | None:
        """None where there is none; ``digest`` is 64 hex digits, or there is none.

        Raises ``ExportFileWrong`` where it is not what it was when it was first read.
        """
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            return None
        name = files.manifest_path(digest)
        try:
            data = self._bytes(name, MAX_VALUE_BYTES)
        except ExportFileWrong as error:
            if error.fields["why"] is MISSING:
                return None
            raise
        read = sha256(data).digest()
        if self._manifests.setdefault(digest, read) != read:
            raise ExportFileWrong(file=name, why=CHANGED)
        return data

    def notes(self) -> Iterator[tuple[str, list[Note]]]:
        """The names of all files of notes, and what is in them. Raises ``ExportFileWrong``."""
        found = (path for path in (self.folder / NOTES).rglob("*") if not path.is_dir())
        for path in sorted(found):
            name = path.relative_to(self.folder).as_posix()
            data = self._bytes(name, files.MAX_NOTES_FILE)
            try:
                yield name, list(files.decode_notes(data))
            except LedgerError as error:
                raise ExportFileWrong(file=name, why=error) from error

    def digest_at(self, index: int) -> str | None:
        """The digest of the entry at a leaf index."""
        if not 0 <= index < self.size:
            return None
        rows = self.chunk(index // TILE_HASHES).rows
        return sha256(rows[index % TILE_HASHES].state).hexdigest()

    def _bytes(self, name: str, limit: int) -> bytes:
        try:
            # Without O_NONBLOCK a pipe of that name would keep its reader waiting for ever.
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(self.folder / name, flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise ExportFileWrong(file=name, why=_NO_FILE)
                data = file.read(limit + 1)
        except FileNotFoundError as error:
            raise ExportFileWrong(file=name, why=MISSING) from error
        except OSError as error:
            raise ExportFileWrong(file=name, why=error.strerror or error) from error
        if len(data) > limit:
            raise ExportFileWrong(file=name, why=_TOO_LONG)
        return data


def _row(
    index: int, payload: bytes, keyid: bytes, signature: bytes, details: bytes | None
) -> tuple[StoredEntry, Entry]:
    """The row that a store would hold: its columns are what the payload says."""
    bare = StoredEntry("", 0, "", payload, index=index, keyid=keyid)
    entry = decode(bare)
    row = StoredEntry(
        originator_id=entry.stream.key,
        originator_version=entry.seq,
        topic=entry.facts.topic(),
        state=payload,
        index=index,
        recorded_at=entry.recorded_at,
        keyid=keyid,
        signature=signature,
        details=details,
    )
    return row, entry
