"""XLSX sheets, streamed row by row: values as text, formulas found, memory bounded.

The reader is our own, on the standard library's expat, because a reader for untrusted
sheets has to stream: libraries that lay the whole sheet out first can be made to ask for
terabytes by two cells far apart or by one long shared string named a million times.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

from ledger.errors import UnusableInput
from ledger.intake.table import (
    MAX_ROWS,
    NoHeader,
    RawRow,
    SourceFile,
    TooManyRows,
    tidy_header,
)
from ledger.intake.xlsx_package import Package
from ledger.intake.xlsx_parts import Parts, Sheet, read_parts
from ledger.intake.xlsx_sheet import SheetReader, SheetRow


class NoUsableSheet(UnusableInput):
    code = "no_usable_sheet"
    en = "{path}: no visible sheet holds any cell; put header and rows on the first sheet"
    zh_cn = "{path}：没有含数据的可见工作表；请将表头和数据放在第一个工作表"
    zh_tw = "{path}：沒有含資料的可見工作表；請將表頭和資料放在第一個工作表"


class XlsxTable:
    """A ``Table`` over the first visible sheet that holds any text."""

    format: Literal["csv", "xlsx"] = "xlsx"
    encodings = ""

    def __init__(self, source: SourceFile) -> None:
        """Raises ``UnusableInput``: no workbook, too large, no sheet, no header."""
        self._source = source
        self.path = source.path
        self.sha256 = source.sha256()
        self._package = Package(source)
        self._parts: Parts = read_parts(self._package)
        self._sheet, first, self.ignored_sheets = self._choose_sheet()
        self._header_row = first.number
        width = max(first.cells) + 1
        self.header = tidy_header([first.cells.get(i, "") for i in range(width)], self.path)
        if not self.header:
            raise NoHeader(path=self.path)

    def rows(self) -> Iterator[RawRow]:
        self._source.check_unchanged()
        width = len(self.header)
        count = 0  # rows, not row numbers: a sheet may be formatted down to its last row
        for row in self._sheet_rows(self._sheet):
            if row.number <= self._header_row:
                continue
            raw = row.fitted(width)
            if raw.faults or "".join(raw.cells).strip():
                count += 1
                if count > MAX_ROWS:
                    raise TooManyRows(path=self.path, limit=MAX_ROWS)
                yield raw
        self._source.check_unchanged()

    def _choose_sheet(self) -> tuple[Sheet, SheetRow, tuple[str, ...]]:
        chosen: tuple[Sheet, SheetRow] | None = None
        ignored: list[str] = []
        for sheet in self._parts.sheets:
            first = next((row for row in self._sheet_rows(sheet) if row.has_text()), None)
            if first is None:
                continue
            if chosen is None and sheet.visible:
                chosen = sheet, first
            else:
                ignored.append(sheet.name)
        if chosen is None:
            raise NoUsableSheet(path=self.path)
        return *chosen, tuple(ignored)

    def _sheet_rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        reader = SheetReader(self._parts, self.path)
        steps = self._package.parse_steps(sheet.member, reader.start, reader.end, reader.text)
        for _ in steps:
            yield from reader.take()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()
