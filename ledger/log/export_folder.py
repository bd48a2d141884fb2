"""The folder of an export: files that are written once, and what a stop leaves of it.

Each file is written beside its place, synced, then moved there. ``finish`` syncs every
folder that was touched before it moves ``checkpoint`` into its place: whoever finds a
checkpoint finds all that it speaks of. One program at a time: the folder itself is locked.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from ledger.errors import ExitCode, LedgerError, UnusableInput
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.export_files import decode_notes, encode_notes
from ledger.log.note import MAX_NOTE_BYTES
from ledger.log.verifier_key import VerifierKey
from ledger.storage.tree_reads import Note

CHECKPOINT: Final = "checkpoint"
TILES: Final = "tile"
MANIFESTS: Final = "manifests"
NOTES: Final = "notes"
ENTRIES: Final = "tile/entries"
"""Whoever finds this folder has an auditor's copy before them, not a public one."""

UNFINISHED: Final = ".unfinished"
"""Ends the name of a file that is being written; no file of an export ends so."""


class ExportUnwritable(UnusableInput):
    code = "export_unwritable"
    en = "{folder} cannot be written: {reason}; check the path and its permissions"
    zh_cn = "无法写入 {folder}：{reason}；请检查路径和权限"
    zh_tw = "無法寫入 {folder}：{reason}；請檢查路徑和權限"


class ExportBusy(UnusableInput):
    code = "export_busy"
    en = "another program is exporting to {folder}; wait for it"
    zh_cn = "另一程序正在向 {folder} 导出；请稍候"
    zh_tw = "另一程式正在向 {folder} 匯出；請稍候"


class ExportOfOtherKind(UnusableInput):
    """Entries never come to lie where anybody may read, and an auditor's copy stays whole."""

    code = "export_of_other_kind"
    en = (
        "{folder} is not the place for this: a public export, an auditor's copy (--with-entries) "
        "and other files need a folder each; name another, new or empty"
    )
    zh_cn = (
        "{folder} 不适用：公开导出、审计副本（--with-entries）及其他文件须各用一个目录；"
        "请另指定新目录或空目录"
    )
    zh_tw = (
        "{folder} 不適用：公開匯出、稽核副本（--with-entries）及其他檔案須各用一個目錄；"
        "請另指定新目錄或空目錄"
    )


class ExportAhead(LedgerError):
    code = "export_ahead"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "{folder} holds {size} entries of this log already, the newest checkpoint here only "
        "{own}: the store is behind; run credit-ledger reconcile --against {folder}/checkpoint"
    )
    zh_cn = (
        "{folder} 中已有本日志的 {size} 个条目，而此处最新检查点仅为 {own}：存储已落后；"
        "请运行 credit-ledger reconcile --against {folder}/checkpoint"
    )
    zh_tw = (
        "{folder} 中已有本日誌的 {size} 個條目，而此處最新檢查點僅為 {own}：儲存已落後；"
        "請執行 credit-ledger reconcile --against {folder}/checkpoint"
    )


class ExportOfAnotherLog(UnusableInput):
    code = "export_of_another_log"
    en = "{folder} holds an export of {found}, not of {origin}; name another folder"
    zh_cn = "{folder} 中是 {found} 的导出，而非 {origin} 的；请另指定目录"
    zh_tw = "{folder} 中是 {found} 的匯出，而非 {origin} 的；請另指定目錄"


class ExportDiffers(LedgerError):
    code = "export_differs"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "{path} is not what the store says: one of the two was changed, no checkpoint was "
        "exported; run credit-ledger audit, then remove that file where the store is whole"
    )
    zh_cn = (
        "{path} 与存储内容不符：其中之一被改动，未导出检查点；"
        "请运行 credit-ledger audit，若存储完好则删除该文件"
    )
    zh_tw = (
        "{path} 與儲存內容不符：其中之一被改動，未匯出檢查點；"
        "請執行 credit-ledger audit，若儲存完好則刪除該檔案"
    )


class ExportFolder:
    """See the module. A context manager's: ``with ExportFolder.opened(...) as to``."""

    def __init__(self, folder: Path, *, private: bool) -> None:
        self._folder = folder
        self._file_mode, self._folder_mode = (0o600, 0o700) if private else (0o644, 0o755)
        self._touched: set[Path] = set()
        self._known: set[Path] = set()
        self.written = self.unchanged = self.removed = 0

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, *, private: bool) -> Iterator[Self]:
        """The folder, made where it is missing. Raises the errors of this module."""
        made = cls(folder, private=private)
        try:
            folder.mkdir(mode=made._folder_mode, parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                made._lay(handle, private=private)
                yield made
            finally:
                os.close(handle)
        except OSError as error:
            raise ExportUnwritable(folder=folder, reason=error.strerror or error) from error

    def _lay(self, handle: int, *, private: bool) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportBusy(folder=self._folder) from None
        is_private = (self._folder / ENTRIES).is_dir()
        is_empty = next(self._folder.iterdir(), None) is None
        if is_private != private and not (private and is_empty):
            raise ExportOfOtherKind(folder=self._folder)
        if private:
            os.fchmod(handle, self._folder_mode)
            self._make(self._folder / ENTRIES)

    def require_behind(self, checkpoint: Checkpoint, keys: Collection[VerifierKey]) -> None:
        """Raises ``ExportOfAnotherLog``, ``ExportAhead``, or what reading it raises."""
        try:
            with (self._folder / CHECKPOINT).open("rb") as file:
                data = file.read(MAX_NOTE_BYTES + 1)
        except FileNotFoundError:
            return
        signed = SignedCheckpoint.parse(data)
        there = signed.checkpoint
        if there.origin != checkpoint.origin:
            raise ExportOfAnotherLog(
                folder=self._folder, found=there.origin, origin=checkpoint.origin
            )
        signed.verified(keys)
        if there.size > checkpoint.size:
            raise ExportAhead(folder=self._folder, size=there.size, own=checkpoint.size)

    def put(self, name: str, data: bytes) -> None:
        """A file that is never changed: written, or there and the same. ``ExportDiffers``.

        Partial files of the same tile that are there must be its beginning.
        """
        path = self._folder / name
        if not self._is_there(path, data):
            self._require_beginnings(path, data)
            self._write(path, data)

    def put_notes(self, name: str, notes: Sequence[Note]) -> None:
        """A file of notes, which holds those that are there and may hold more."""
        path, data = self._folder / name, encode_notes(notes)
        try:
            there = path.read_bytes()
        except FileNotFoundError:
            there = b""
        if there == data:
            self.unchanged += 1
            return
        try:
            lost = set(decode_notes(there)) - set(notes) if there else set()
        except LedgerError as error:
            raise ExportDiffers(path=path) from error
        if lost:  # what was exported is kept for ever: the store has lost it
            raise ExportDiffers(path=path)
        self._write(path, data)

    def finish(self, checkpoint: bytes) -> None:
        """All is written: let the checkpoint speak of it, then remove what it replaced."""
        path = self._folder / CHECKPOINT
        for folder in sorted(self._touched):
            _sync(folder)
        if not path.exists() or path.read_bytes() != checkpoint:
            self._write(path, checkpoint)
            _sync(self._folder)
        for part in (TILES, MANIFESTS, NOTES):
            self._tidy(self._folder / part)

    def _tidy(self, folder: Path) -> None:
        """Remove what a program left unfinished, and partial tiles beside their full one."""
        for place, folders, names in os.walk(folder):
            for name in names:
                if name.endswith(UNFINISHED):
                    (Path(place) / name).unlink()
            for name in folders:
                if name.endswith(".p") and name.removesuffix(".p") in names:
                    self.removed += sum(1 for _ in (Path(place) / name).iterdir())
                    shutil.rmtree(Path(place) / name)

    def _is_there(self, path: Path, data: bytes) -> bool:
        try:
            with path.open("rb") as file:
                there = file.read(len(data) + 1)
        except FileNotFoundError:
            return False
        if there != data:
            raise ExportDiffers(path=path)
        self.unchanged += 1
        return True

    def _require_beginnings(self, path: Path, data: bytes) -> None:
        """What partial files say of the tile is how this one begins, where they are shorter."""
        is_partial = path.parent.name.endswith(".p")
        partials = path.parent if is_partial else path.with_name(path.name + ".p")
        if not partials.is_dir():
            return
        for other in partials.iterdir():
            if not other.name.isdecimal() or (is_partial and int(other.name) > int(path.name)):
                continue
            there = other.read_bytes()
            if data[: len(there)] != there:
                raise ExportDiffers(path=other)

    def _write(self, path: Path, data: bytes) -> None:
        self._make(path.parent)
        unfinished = path.with_name(path.name + UNFINISHED)
        unfinished.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, self._file_mode), "wb") as file:
            os.fchmod(file.fileno(), self._file_mode)  # a server may run as another user
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        self._touched.add(path.parent)
        self.written += 1

    def _make(self, folder: Path) -> None:
        if folder in self._known:
            return
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(mode=self._folder_mode, exist_ok=True)
            folder.chmod(self._folder_mode)
            self._touched.add(folder.parent)
        self._known.add(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
