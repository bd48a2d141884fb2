"""The rejects file: what could not be recorded, to be mended and imported again.

CSV in UTF-8 with BOM, lines end in CR LF: the columns of the origin as they were, then
``REJECT_COLUMNS`` (row number, reason, message), then any cells that the row had beyond
the header. Cells that begin like a formula are neutralised (``ledger.intake.neutral``)
and restored on import, where the three columns are dropped.

The file is complete or absent: it is written beside its place and renamed. When nothing
was rejected there is none. An earlier file of that name is never overwritten, for somebody
may have mended it in place: unless it is the same, it is moved aside to ``<name>.bak``, or
``<name>.2.bak`` and so on where an earlier one stands there.
"""

from __future__ import annotations

import csv
import filecmp
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.errors import Language, UnusableInput
from ledger.intake.neutral import neutralised, restored
from ledger.intake.rows import RejectedRow
from ledger.intake.template import REJECT_COLUMNS, Template

SUFFIX = ".rejects.csv"


class CannotWriteRejects(UnusableInput):
    code = "cannot_write_rejects"
    en = "{path}: the rejects file cannot be written ({why}); name another place for it"
    zh_cn = "{path}：无法写入退回文件（{why}）；请指定其他位置"
    zh_tw = "{path}：無法寫入退回檔案（{why}）；請指定其他位置"


def default_rejects_path(path: Path) -> Path:
    """``<file>.rejects.csv`` beside the file."""
    return path.with_name(path.name + SUFFIX)


class RejectsWriter:
    """Writes one rejects file; a context manager. Readable by its owner only.

    Entering raises ``CannotWriteRejects``, before anything was imported, when the folder
    cannot be written or the place is that of the input itself. Leaving without an error
    puts the file in its place; leaving with one leaves everything as it was.
    """

    def __init__(
        self, path: Path, template: Template, source: Path, *, language: Language = "zh-CN"
    ) -> None:
        self.path = path
        self.count = 0
        self.written: Path | None = None
        """After leaving: the file, or None when nothing was rejected."""
        self.moved_aside: Path | None = None
        """After leaving: where an earlier, different file of that name is now."""
        self._template = template
        self._source = source
        self._language: Language = language
        self._columns = template.kept_columns()

    def __enter__(self) -> Self:
        try:
            if self.path.is_dir():
                raise IsADirectoryError(None, "a folder")
            if self.path.exists() and not self.path.is_file():
                raise FileExistsError(None, "a device or a pipe")  # it would be moved aside
            if self.path.exists() and self.path.samefile(self._source):
                raise FileExistsError(None, "the input itself")
            handle, name = tempfile.mkstemp(
                prefix=f".{self.path.name[:64]}.", suffix=".tmp", dir=self.path.parent
            )
        except (OSError, ValueError) as error:
            raise CannotWriteRejects(path=self.path, why=_why(error)) from error
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file, lineterminator="\r\n")
        own = (self._given(self._template.header[at]) for at in self._columns)
        self._csv.writerow([*map(neutralised, own), *REJECT_COLUMNS])
        return self

    def write(self, row: RejectedRow) -> None:
        """Raises ``CannotWriteRejects`` when the disk is full."""
        raw = row.raw
        cells = [neutralised(self._given(raw.cells[at])) for at in self._columns]
        surplus = [neutralised(self._given(cell)) for cell in raw.surplus]
        told = (str(row.number), row.reason, neutralised(row.message(self._language)))
        try:
            self._csv.writerow([*cells, *told, *surplus])
        except OSError as error:
            raise CannotWriteRejects(path=self.path, why=_why(error)) from error
        self.count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as failure:
            raise CannotWriteRejects(path=self.path, why=_why(failure)) from failure
        finally:
            if not self._file.closed:
                self._file.close()
            self._temporary.unlink(missing_ok=True)

    def _given(self, text: str) -> str:
        return restored(text) if self._template.is_rejects_file else text

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        same = (
            self.count > 0
            and self.path.is_file()
            and filecmp.cmp(self.path, self._temporary, shallow=False)
        )
        if self.path.exists() and not same:
            aside = _free_beside(self.path)
            self.path.replace(aside)
            self.moved_aside = aside
        if self.count:
            self._temporary.replace(self.path)
            self.written = self.path
        _sync_folder(self.path.parent)


def _free_beside(path: Path) -> Path:
    """The first name for what is moved aside that no file has."""
    aside = path.with_name(path.name + ".bak")
    number = 2
    while aside.exists():
        aside = path.with_name(f"{path.name}.{number}.bak")
        number += 1
    return aside


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
