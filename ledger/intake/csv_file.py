"""CSV (RFC 4180 with commas), read line by line in bounded memory.

A record counts as one row, also where a quoted field spans several lines, and an empty
line counts as a row without cells: so a row's number is the one that a spreadsheet shows.
In CSV text is text: a cell that begins with ``=`` is no formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from ledger.errors import UnusableInput
from ledger.intake.encoding import decide_encoding
from ledger.intake.table import (
    MAX_RECORD_CHARS,
    MAX_ROWS,
    Fault,
    FileChanged,
    NoHeader,
    RawRow,
    RowTooLong,
    SourceFile,
    TooManyRows,
    fit,
    tidy_header,
)


class FieldTooLong(UnusableInput):
    code = "field_too_long"
    en = (
        "{path}, row {row}: a field is longer than {limit} characters; "
        "a quotation mark that is never closed is the usual cause"
    )
    zh_cn = "{path} 第 {row} 行：有字段超过 {limit} 个字符；常见原因是引号未闭合"
    zh_tw = "{path} 第 {row} 列：有欄位超過 {limit} 個字元；常見原因是引號未閉合"


class _Lines:
    """Feeds the CSV parser and keeps the lines of the record that is being parsed."""

    def __init__(self, text: io.TextIOWrapper, path: Path) -> None:
        self._readline = text.readline
        self._path = path
        self.number = 0
        """The row of the record that is being parsed."""
        self.parts: list[str] = []
        self._size = 0

    def begin_record(self) -> None:
        self.number += 1
        self.parts = []
        self._size = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        try:
            line = self._readline(MAX_RECORD_CHARS + 1 - self._size)
        except UnicodeDecodeError as error:  # the whole file fitted when it was opened
            raise FileChanged(path=self._path) from error
        if not line:
            raise StopIteration
        self._size += len(line)
        if self._size > MAX_RECORD_CHARS:
            raise RowTooLong(path=self._path, row=self.number, limit=MAX_RECORD_CHARS)
        self.parts.append(line)
        return line


class CsvTable:
    """A ``Table`` over a CSV file."""

    format: Literal["csv", "xlsx"] = "csv"
    ignored_sheets: tuple[str, ...] = ()

    def __init__(self, source: SourceFile) -> None:
        """Raises ``UnusableInput``: not text, wrong encoding, no header."""
        self._source = source
        self.path = source.path
        decided = decide_encoding(source)
        self.encoding = decided.encoding
        self.encodings = decided.tried
        self.sha256 = decided.sha256
        for number, cells, fault in self._records():
            if fault is not None:
                break
            if header := tidy_header(cells, self.path):
                self.header = header
                self._header_row = number
                return
        raise NoHeader(path=self.path)

    def rows(self) -> Iterator[RawRow]:
        self._source.check_unchanged()
        width = len(self.header)
        for number, cells, fault in self._records():
            if number <= self._header_row:
                continue
            if number - self._header_row > MAX_ROWS:
                raise TooManyRows(path=self.path, limit=MAX_ROWS)
            if fault is not None:
                raw = (*cells, *[""] * (width - 1))[:width]
                yield RawRow(number, raw, (fault,))
            elif len(cells) == width and cells[0].strip():  # nearly all
                yield RawRow(number, tuple(cells))
            elif "".join(cells).strip():
                fitted, surplus, faults = fit(cells, width)
                yield RawRow(number, fitted, faults, surplus)
        self._source.check_unchanged()

    def _records(self) -> Iterator[tuple[int, list[str], Fault | None]]:
        """Number and cells of each record; one that is no CSV comes as one cell of raw text."""
        text = io.TextIOWrapper(self._source.reader(), self.encoding, "strict", newline="")
        lines = _Lines(text, self.path)
        parser = csv.reader(lines, strict=True)
        while True:
            lines.begin_record()
            try:
                yield lines.number, next(parser), None
            except StopIteration:
                return
            except csv.Error as error:
                if "field limit" in str(error):
                    limit = csv.field_size_limit()
                    raise FieldTooLong(path=self.path, row=lines.number, limit=limit) from error
                raw = "".join(lines.parts).rstrip("\r\n")
                yield lines.number, [raw], Fault("broken_quotes", found=len(lines.parts))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()
