"""What every input file becomes: a header and rows of text, read anew as often as needed."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

from ledger.errors import UnusableInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Many times the largest file of a city's year; bounds the time that one import can take."""

MAX_ROWS = 500_000
"""Rows of one file. A digest of each is kept to find duplicates: about 70 MB at the limit."""

MAX_COLUMNS = 512
"""Columns of a header; the templates have about thirty."""

MAX_RECORD_CHARS = 1024 * 1024
"""Characters of one row. A row of a template has a few hundred; narrative adds a few thousand."""

READ_BYTES = 256 * 1024

FaultKind = Literal[
    "too_many_cells",
    "too_few_cells",
    "broken_quotes",
    "long_number",
    "error_cell",
    "bad_cell",
    "formula",
]


class NoSuchFile(UnusableInput):
    code = "no_such_file"
    en = "{path}: there is no such file; check the name and the folder"
    zh_cn = "{path}：文件不存在；请核对文件名和目录"
    zh_tw = "{path}：檔案不存在；請核對檔名和目錄"


class NotAFile(UnusableInput):
    code = "not_a_file"
    en = "{path}: this is not a regular file (a folder or a device); name one CSV or XLSX file"
    zh_cn = "{path}：不是普通文件（可能是目录或设备）；请指定一个 CSV 或 XLSX 文件"
    zh_tw = "{path}：不是一般檔案（可能是目錄或裝置）；請指定一個 CSV 或 XLSX 檔案"


class CannotReadFile(UnusableInput):
    code = "cannot_read_file"
    en = "{path}: cannot be read ({why}); check its permissions"
    zh_cn = "{path}：无法读取（{why}）；请检查访问权限"
    zh_tw = "{path}：無法讀取（{why}）；請檢查存取權限"


class EmptyFile(UnusableInput):
    code = "empty_file"
    en = "{path}: the file is empty; a header and rows are expected"
    zh_cn = "{path}：文件为空；应有表头和数据行"
    zh_tw = "{path}：檔案為空；應有表頭和資料列"


class FileTooLarge(UnusableInput):
    code = "file_too_large"
    en = "{path}: {size} bytes are more than the {limit} of one import; split the file"
    zh_cn = "{path}：{size} 字节，超过一次导入上限 {limit} 字节；请拆分文件"
    zh_tw = "{path}：{size} 位元組，超過一次匯入上限 {limit} 位元組；請拆分檔案"


class FileChanged(UnusableInput):
    code = "file_changed"
    en = "{path}: the file changed while it was being read; import it again when it is complete"
    zh_cn = "{path}：读取期间文件被修改；请待文件写完后重新导入"
    zh_tw = "{path}：讀取期間檔案被修改；請待檔案寫完後重新匯入"


class NoHeader(UnusableInput):
    code = "no_header"
    en = "{path}: no header was found; the first row names the columns"
    zh_cn = "{path}：未找到表头；第一行应为列名"
    zh_tw = "{path}：未找到表頭；第一列應為欄名"


class TooManyColumns(UnusableInput):
    code = "too_many_columns"
    en = "{path}: the header has more than {limit} columns; keep those of the template"
    zh_cn = "{path}：表头超过 {limit} 列；请只保留模板中的列"
    zh_tw = "{path}：表頭超過 {limit} 欄；請只保留範本中的欄"


class TooManyRows(UnusableInput):
    code = "too_many_rows"
    en = "{path}: more than {limit} rows; split the file"
    zh_cn = "{path}：超过 {limit} 行；请拆分文件"
    zh_tw = "{path}：超過 {limit} 列；請拆分檔案"


class RowTooLong(UnusableInput):
    code = "row_too_long"
    en = (
        "{path}, row {row}: longer than {limit} characters; "
        "a quotation mark that is never closed or a missing line end is the usual cause"
    )
    zh_cn = "{path} 第 {row} 行：超过 {limit} 个字符；常见原因是引号未闭合或缺少换行"
    zh_tw = "{path} 第 {row} 列：超過 {limit} 個字元；常見原因是引號未閉合或缺少換行"


@dataclass(frozen=True, slots=True)
class Fault:
    """What reading found wrong in a row, in which column of the header (None: the whole row)."""

    kind: FaultKind
    column: int | None = None
    found: int = 0
    """Cells or lines found, where the kind counts some."""


class RawRow(NamedTuple):
    """One row as it stands in the file. ``cells`` are as many as the header has columns."""

    number: int
    """The row that a spreadsheet shows for it; the header of a file without a gap is 1."""
    cells: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    surplus: tuple[str, ...] = ()
    """Cells beyond the header, so that a rejects file loses none."""


class Table(Protocol):
    """A file that was opened and found readable. Use it as a context manager."""

    path: Path
    sha256: str
    header: tuple[str, ...]
    format: Literal["csv", "xlsx"]
    encodings: str
    """The encodings tried, for a message; empty where there is no question of it."""
    ignored_sheets: tuple[str, ...]
    """Names of further sheets that hold cells and are not read."""

    def rows(self) -> Iterator[RawRow]:
        """The rows after the header, from the first on, each time it is called.

        Rows without any text are left out but keep their number. Raises ``UnusableInput``
        where the file turns out unusable further on (``RowTooLong``, ``TooManyRows``,
        ``FileChanged``, ...).
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class _AtOffset(io.RawIOBase):
    """Reads a descriptor from a position of its own; closing it leaves the descriptor open."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("negative position")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = os.pread(self._descriptor, len(view), self._at)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class SourceFile:
    """One regular file, open for reading; several readers may go over it side by side."""

    def __init__(self, path: Path) -> None:
        """Raises ``UnusableInput`` for what cannot be a table: missing, folder, empty, huge."""
        self.path = path
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
                raise NotAFile(path=path)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise NoSuchFile(path=path) from error
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CannotReadFile(path=path, why=why) from error
        self._seen = self._look()
        self.size = self._seen[0]
        try:
            if self.size == 0:
                raise EmptyFile(path=path)
            if self.size > MAX_FILE_BYTES:
                raise FileTooLarge(path=path, size=self.size, limit=MAX_FILE_BYTES)
        except UnusableInput:
            self.close()
            raise

    def reader(self) -> io.BufferedReader:
        """A reader of its own at the beginning of the file."""
        return io.BufferedReader(_AtOffset(self._descriptor, self.size), READ_BYTES)

    def chunks(self) -> Iterator[bytes]:
        reader = self.reader()
        while chunk := reader.read(READ_BYTES):
            yield chunk

    def sha256(self) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def check_unchanged(self) -> None:
        """Raises ``FileChanged`` when size or time of change differ from those at opening."""
        if self._look() != self._seen:
            raise FileChanged(path=self.path)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _look(self) -> tuple[int, int, int]:
        found = os.fstat(self._descriptor)
        return found.st_size, found.st_mtime_ns, found.st_ino


def tidy_header(cells: list[str], path: Path) -> tuple[str, ...]:
    """The header without empty columns at its end; raises ``TooManyColumns``."""
    if cells:
        cells[0] = cells[0].removeprefix("\ufeff")  # a mark that GB18030 files may carry too
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise TooManyColumns(path=path, limit=MAX_COLUMNS)
    return tuple(cells)


def fit(cells: list[str], width: int) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Fault, ...]]:
    """Cells cut or filled to ``width``, what was cut off, and the fault if there is one.

    Empty cells beyond the header are no fault: spreadsheets write them.
    """
    found = len(cells)
    if found == width:
        return tuple(cells), (), ()
    if found < width:
        filled = (*cells, *[""] * (width - found))
        return filled, (), (Fault("too_few_cells", found=found),)
    surplus = tuple(cells[width:])
    if not any(surplus):
        return tuple(cells[:width]), (), ()
    return tuple(cells[:width]), surplus, (Fault("too_many_cells", found=found),)
