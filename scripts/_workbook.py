"""Writing a small XLSX workbook (ECMA-376) with nothing but the standard library.

Enough for samples and for tests that need a particular cell, and no more: one sheet,
texts in place, one date style. The same cells give the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

DATE_STYLE = 1


class Cell(NamedTuple):
    """The XML within a cell element, and its attributes beside the reference."""

    inner: str
    attributes: str = ""


def text_cell(text: str) -> Cell:
    if not text:
        return Cell("")
    return Cell(f'<is><t xml:space="preserve">{escape(text)}</t></is>', ' t="inlineStr"')


def number_cell(text: str) -> Cell:
    return Cell(f"<v>{text}</v>")


def date_cell(day: date) -> Cell:
    serial = (day - date(1899, 12, 30)).days
    return Cell(f"<v>{serial}</v>", f' s="{DATE_STYLE}"')


def formula_cell(formula: str, value: str | None = None) -> Cell:
    """``value``: the result that the spreadsheet stored with it, if it did."""
    stored = "" if value is None else f"<v>{escape(value)}</v>"
    return Cell(f"<f>{escape(formula)}</f>{stored}", "" if value is None else ' t="str"')


def sheet_row(number: int, cells: Sequence[Cell]) -> str:
    inner = (
        f'<c r="{_letters(at)}{number}"{cell.attributes}>{cell.inner}</c>'
        for at, cell in enumerate(cells)
        if cell.inner
    )
    return f'<row r="{number}">{"".join(inner)}</row>'


def write_workbook(path: Path, rows: Sequence[Sequence[Cell]]) -> None:
    sheet_data = "".join(sheet_row(number, cells) for number, cells in enumerate(rows, start=1))
    write_package(path, package_members(sheet_data))


def write_package(path: Path, members: Mapping[str, str | bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _letters(column: int) -> str:
    high, low = divmod(column, 26)
    return ("" if high == 0 else chr(64 + high)) + chr(65 + low)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def package_members(sheet_data: str) -> dict[str, str]:
    """The members of a workbook with one sheet, whose style 1 is a date."""
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{types}.styles+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            '<sheets><sheet name="双公示" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": (
            f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
            '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
            '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>"
        ),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{sheet_data}</sheetData></worksheet>'
        ),
    }
