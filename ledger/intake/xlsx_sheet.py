"""One worksheet's XML as rows of text (ECMA-376 part 1, 18.3.1), fed element by element."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ledger.intake.table import MAX_RECORD_CHARS, Fault, FaultKind, RawRow, RowTooLong
from ledger.intake.xlsx_numbers import date_text, number_text
from ledger.intake.xlsx_package import BrokenWorkbook, local, small_number
from ledger.intake.xlsx_parts import Parts, unescape

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
"""The size of a sheet in the format."""

_LETTERS = re.compile(r"[A-Z]{1,3}")
_DATE_STAMP = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T00:00:00(\.0{1,9})?Z?)?")
_TEXT_ELEMENTS = frozenset(("v", "t"))


@dataclass(slots=True)
class SheetRow:
    """Texts and faults by column, counted from 0."""

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    faults: list[tuple[FaultKind, int]] = field(default_factory=list)

    def has_text(self) -> bool:
        return any(text.strip() for text in self.cells.values())

    def fitted(self, width: int) -> RawRow:
        """The row under a header of ``width`` columns."""
        get = self.cells.get
        cells = tuple([get(column, "") for column in range(width)])
        faults = [Fault(kind, column) for kind, column in self.faults if column < width]
        beyond = [column for column, text in self.cells.items() if column >= width and text]
        if not beyond:
            return RawRow(self.number, cells, tuple(faults))
        last = max(beyond)
        faults.insert(0, Fault("too_many_cells", found=last + 1))
        surplus = tuple([get(column, "") for column in range(width, last + 1)])
        return RawRow(self.number, cells, tuple(faults), surplus)


class SheetReader:
    """Takes the parser's calls and hands out finished rows."""

    def __init__(self, parts: Parts, path: Path) -> None:
        self._strings = parts.strings
        self._date_styles = parts.date_styles
        self._since_1904 = parts.since_1904
        self._path = path
        self._done: list[SheetRow] = []
        self._row = SheetRow(0)
        self._number = 0
        self._column = -1
        self._columns: dict[str, int] = {}
        self._type = "n"
        self._style = ""
        self._formula = self._reading = self._phonetic = self._in_row = False
        self._pieces: list[str] = []
        self._size = 0

    def take(self) -> list[SheetRow]:
        """The rows finished since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, tag: str, flat: list[str]) -> None:
        if tag == "c":
            self._start_cell(flat)
        elif tag == "v":
            self._reading = True
        elif tag == "t":
            self._reading = not self._phonetic
        elif tag == "is":
            return
        elif tag == "row":
            self._start_row(flat)
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._phonetic = True
        elif ":" in tag:
            self.start(local(tag), flat)

    def end(self, tag: str) -> None:
        if tag == "c":
            self._end_cell()
        elif tag in _TEXT_ELEMENTS:
            self._reading = False
        elif tag == "row":
            self._in_row = False
            self._done.append(self._row)
        elif tag == "rPh":
            self._phonetic = False
        elif ":" in tag:
            self.end(local(tag))

    def text(self, piece: str) -> None:
        if self._reading:
            self._pieces.append(piece)
            self._count(len(piece))

    def _count(self, characters: int) -> None:
        self._size += characters
        if self._size > MAX_RECORD_CHARS:
            raise RowTooLong(path=self._path, row=self._number, limit=MAX_RECORD_CHARS)

    def _broken(self, why: str) -> BrokenWorkbook:
        return BrokenWorkbook(path=self._path, why=f"row {self._number}: {why}")

    def _start_row(self, flat: list[str]) -> None:
        number = self._number + 1
        for index in range(0, len(flat), 2):
            if flat[index] == "r":
                number = small_number(flat[index + 1])
        if self._in_row or not self._number < number <= LAST_ROW:
            raise self._broken("the next row is out of order")
        self._number = number
        self._row = SheetRow(number)
        self._column = -1
        self._size = 0
        self._in_row = True

    def _start_cell(self, flat: list[str]) -> None:
        column = -1
        self._type = "n"
        self._style = ""
        for index in range(0, len(flat), 2):
            name = flat[index]
            if name == "r":
                letters = flat[index + 1].rstrip("0123456789")
                column = self._columns.get(letters, -1)
                if column < 0:
                    column = self._column_of(letters)
            elif name == "t":
                self._type = flat[index + 1]
            elif name == "s":
                self._style = flat[index + 1]
        if column < 0:
            column = self._column + 1
        if not self._in_row or column >= LAST_COLUMN or column in self._row.cells:
            raise self._broken("a cell is out of place")
        self._column = column
        self._formula = False
        self._pieces.clear()

    def _column_of(self, letters: str) -> int:
        """``AB`` is column 27. The letters place a cell; its row is the element around it."""
        if _LETTERS.fullmatch(letters) is None:
            raise self._broken("a cell reference is malformed")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - ord("A") + 1
        self._columns[letters] = column - 1
        return column - 1

    def _end_cell(self) -> None:
        pieces = self._pieces
        if len(pieces) == 1:
            raw = pieces[0]
            if self._type == "inlineStr" and "_x" not in raw and not self._formula:
                self._row.cells[self._column] = raw  # most cells of most files
                return
        else:
            raw = "".join(pieces)
        text, fault = self._value(raw)
        if self._formula:
            fault = "formula"
        if fault is not None:
            self._row.faults.append((fault, self._column))
        self._row.cells[self._column] = text

    def _value(self, raw: str) -> tuple[str, FaultKind | None]:
        """The cell's text and what is wrong with it. A faulty value is shown as it stands."""
        kind = self._type
        if kind in ("inlineStr", "str"):
            return unescape(raw), None
        if not raw:
            return "", None
        if kind == "s":
            index = small_number(raw, otherwise=len(self._strings))
            if index >= len(self._strings):
                return raw, "bad_cell"
            text = self._strings[index]
            self._count(len(text))
            return text, None
        if kind == "n":
            return self._number_value(raw)
        if kind == "b":
            return ("TRUE" if raw == "1" else "FALSE"), None
        if kind == "d":
            found = _DATE_STAMP.fullmatch(raw)
            return (found.group(1) if found else raw), None
        return raw, "error_cell" if kind == "e" else "bad_cell"

    def _number_value(self, raw: str) -> tuple[str, FaultKind | None]:
        if self._style and small_number(self._style) in self._date_styles:
            day = date_text(raw, since_1904=self._since_1904)
            if day is not None:
                return day, None
        text = number_text(raw)
        return (raw, "long_number") if text is None else (text, None)
