"""Reading XLSX: values as text, dates, formulas, sheets, and workbooks that mean harm."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from ledger.errors import UnusableInput
from ledger.intake import RawRow, open_table
from ledger.intake.table import MAX_RECORD_CHARS, RowTooLong
from ledger.intake.xlsx_file import NoUsableSheet
from ledger.intake.xlsx_numbers import date_text, is_date_format, number_text
from ledger.intake.xlsx_package import BrokenWorkbook, WorkbookTooLarge
from scripts._workbook import (
    Cell,
    date_cell,
    formula_cell,
    number_cell,
    package_members,
    sheet_row,
    text_cell,
    write_package,
    write_workbook,
)

SHEET = "xl/worksheets/sheet1.xml"
HEAD = [text_cell("甲"), text_cell("乙")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.xlsx"


def _rows(path: Path, *rows: Sequence[Cell]) -> list[RawRow]:
    write_workbook(path, [HEAD, *rows])
    with open_table(path) as table:
        return list(table.rows())


def _changed(path: Path, changes: Mapping[str, str | bytes]) -> list[RawRow]:
    """A workbook of one row whose members are changed."""
    data = sheet_row(1, HEAD) + sheet_row(2, [text_cell("a"), Cell("<v>45717</v>", ' s="1"')])
    write_package(path, {**package_members(data), **changes})
    with open_table(path) as table:
        return list(table.rows())


def _sheet(inner: str) -> str:
    main = package_members("")[SHEET].split("<sheetData>")[0]
    return f"{main}<sheetData>{inner}</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("3.5", "3.5"),
        ("12", "12"),
        ("93.181700000000006", "93.1817"),
        ("0.30000000000000004", "0.3"),
        ("1.2E1", "12"),
        ("1E-7", "0.0000001"),
        ("-0", "0"),
        ("-5", "-5"),
        ("20250301", "20250301"),
        ("123456789012345", "123456789012345"),
        ("007", "7"),
    ],
)
def test_numbers_read_as_people_see_them(raw: str, text: str) -> None:
    """No artefacts of binary fractions, no exponents, no trailing point."""
    assert number_text(raw) == text


@pytest.mark.parametrize(
    "raw", ["350200190001011234", "1E15", "1e400", "NaN", "1_0", "0x10", "", " 1", "9" * 5_000]
)
def test_numbers_that_lost_digits_are_none(raw: str) -> None:
    """Beyond 15 digits a spreadsheet has rounded: nothing is made up for them."""
    assert number_text(raw) is None


@pytest.mark.parametrize(
    ("serial", "since_1904", "text"),
    [
        ("45717", False, "2025-03-01"),
        ("44255", True, "2025-03-01"),
        ("1", False, "1900-01-01"),
        ("59", False, "1900-02-28"),
        ("60", False, None),
        ("61", False, "1900-03-01"),
        ("2958465", False, "9999-12-31"),
        ("2958466", False, None),
        ("0", False, None),
        ("-1", False, None),
        ("45717.5", False, "2025-03-01 12:00:00"),
        ("45717.000001", False, "2025-03-01"),
        ("x", False, None),
    ],
)
def test_serial_days(serial: str, since_1904: bool, text: str | None) -> None:
    """Both systems of counting days, and the leap day that never was."""
    assert date_text(serial, since_1904=since_1904) == text


@pytest.mark.parametrize(
    ("number", "code", "is_date"),
    [
        (14, None, True),
        (31, None, True),
        (57, None, True),
        (0, None, False),
        (2, None, False),
        (49, None, False),
        (164, "yyyy-mm-dd", True),
        (164, 'yyyy"年"m"月"d"日";@', True),
        (164, "[$-804]yyyy/m/d", True),
        (164, "[h]:mm", True),
        (164, "General", False),
        (164, '0.00"yd"', False),
        (164, "[Red]0.00", False),
        (164, "#,##0.00_);[Red]dd", False),
        (164, "@", False),
    ],
)
def test_formats_of_dates(number: int, code: str | None, is_date: bool) -> None:
    """Built-in formats, the Chinese ones included, and custom codes by their letters."""
    assert is_date_format(number, code) is is_date


def test_cells_become_text(path: Path) -> None:
    """Texts, numbers and dates, blanks between them, and rows that are left out."""
    rows = _rows(
        path,
        [text_cell(" 示例 "), number_cell("414.90710000000001")],
        [],
        [text_cell("  ")],
        [text_cell(""), date_cell(date(2025, 3, 1))],
    )
    assert [(row.number, row.cells) for row in rows] == [
        (2, (" 示例 ", "414.9071")),
        (5, ("", "2025-03-01")),
    ]


def test_a_formula_is_a_fault_with_or_without_a_stored_value(path: Path) -> None:
    """Also shared and array formulas, which need no text of their own."""
    rows = _rows(
        path,
        [formula_cell("1+1"), text_cell("a")],
        [text_cell("a"), formula_cell("1+1", "2")],
        [Cell('<f t="shared" si="0"/><v>2</v>'), text_cell("a")],
        [Cell('<f t="array" ref="A5:A6">B1:B2</f><v>2</v>'), text_cell("a")],
        [formula_cell("1+1")],
        [text_cell("=1+1")],
    )
    faults = [[(fault.kind, fault.column) for fault in row.faults] for row in rows]
    formula = ("formula", 0)
    assert faults == [[formula], [("formula", 1)], [formula], [formula], [formula], []]
    assert rows[1].cells == ("a", "2")
    assert rows[5].cells == ("=1+1", "")


def test_a_prefixed_namespace_hides_no_formula(path: Path) -> None:
    """Elements are known by their local names."""
    sheet = _sheet(sheet_row(1, HEAD) + '<x:row r="2"><x:c r="A2"><x:f>1</x:f></x:c></x:row>')
    sheet = sheet.replace("<worksheet ", '<worksheet xmlns:x="urn:x" ')
    [row] = _changed(path, {SHEET: sheet})
    assert [fault.kind for fault in row.faults] == ["formula"]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (number_cell("350200190001011234"), "long_number"),
        (Cell("<v>#N/A</v>", ' t="e"'), "error_cell"),
        (Cell("<v>7</v>", ' t="s"'), "bad_cell"),
        (Cell("<v>7</v>", ' t="new"'), "bad_cell"),
    ],
)
def test_cells_that_say_nothing_certain_are_faults(path: Path, cell: Cell, kind: str) -> None:
    """The value is shown as it stands and never taken for one."""
    [row] = _rows(path, [text_cell("a"), cell])
    assert [(fault.kind, fault.column) for fault in row.faults] == [(kind, 1)]


def test_other_types_of_cells(path: Path) -> None:
    """Truth values, dates in ISO form, and escaped characters."""
    rows = _rows(
        path,
        [Cell("<v>1</v>", ' t="b"'), Cell("<v>2025-03-01T00:00:00Z</v>", ' t="d"')],
        [text_cell("a_x000D_b_x005F_"), text_cell("_x0000__xD800_")],
    )
    assert rows[0].cells == ("TRUE", "2025-03-01")
    assert rows[1].cells == ("a\rb_", "_x0000__xD800_")


def test_cells_beyond_the_header_are_a_fault(path: Path) -> None:
    """Text to the right of the header makes the row unreadable, emptiness does not."""
    beyond, empty = _rows(
        path, [text_cell("a")] * 2 + [text_cell(""), text_cell("x")], [text_cell("a")] * 2
    )
    assert [(fault.kind, fault.found) for fault in beyond.faults] == [("too_many_cells", 4)]
    assert beyond.surplus == ("", "x")
    assert not empty.faults


def test_shared_strings_with_runs_and_phonetics(path: Path) -> None:
    """Runs of rich text are joined; readings beside the characters are no text."""
    members = package_members(
        sheet_row(1, HEAD) + sheet_row(2, [Cell("<v>1</v>", ' t="s"'), Cell("<v>0</v>", ' t="s"')])
    )
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rId3" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        "</Relationships>",
    )
    members["xl/sharedStrings.xml"] = (
        "<sst><si><t>乙</t></si><si><r><t>厦</t></r><r><t>门</t></r>"
        "<rPh><t>shamen</t></rPh></si></sst>"
    )
    write_package(path, members)
    with open_table(path) as table:
        assert [row.cells for row in table.rows()] == [("厦门", "乙")]


def test_days_may_be_counted_from_1904(path: Path) -> None:
    """The workbook says so, and all dates move."""
    workbook = package_members("")["xl/workbook.xml"]
    [row] = _changed(
        path,
        {"xl/workbook.xml": workbook.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')},
    )
    assert row.cells[1] == "2029-03-02"


def test_the_first_visible_sheet_with_text_is_read_and_others_are_named(path: Path) -> None:
    """An empty first sheet and a hidden one are passed over; what holds cells is reported."""
    members = package_members(sheet_row(1, [Cell(" ")]))
    relations, names = "", ""
    sheets = [("空", "", ""), ("隐藏", "hidden", "x"), ("数据", "", "y"), ("附表", "", "z")]
    for at, (name, state, text) in enumerate(sheets, start=1):
        hidden = f' state="{state}"' if state else ""
        names += f'<sheet name="{name}" sheetId="{at}" r:id="s{at}"{hidden}/>'
        relations += f'<Relationship Id="s{at}" Type="x/worksheet" Target="worksheets/s{at}.xml"/>'
        cells = [text_cell(text)] if text else []
        members[f"xl/worksheets/s{at}.xml"] = _sheet(sheet_row(1, cells) + sheet_row(2, cells))
    workbook = members["xl/workbook.xml"]
    members["xl/workbook.xml"] = workbook[: workbook.index("<sheets>")] + (
        f"<sheets>{names}</sheets></workbook>"
    )
    members["xl/_rels/workbook.xml.rels"] = f"<Relationships>{relations}</Relationships>"
    write_package(path, members)
    with open_table(path) as table:
        assert table.header == ("y",)
        assert table.ignored_sheets == ("隐藏", "附表")


def test_what_a_file_is_is_told_by_its_content(tmp_path: Path) -> None:
    """A workbook named .csv and a CSV named .xlsx are read as what they are."""
    workbook, text = tmp_path / "a.csv", tmp_path / "b.xlsx"
    write_workbook(workbook, [HEAD, HEAD])
    text.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with open_table(workbook) as table:
        assert table.format == "xlsx"
    with open_table(text) as table:
        assert table.format == "csv"


def test_a_document_type_is_refused(path: Path) -> None:
    """No entities, nested or from outside: XML with a document type is not parsed."""
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + _sheet("")
    with pytest.raises(BrokenWorkbook) as refused:
        _changed(path, {SHEET: bomb})
    assert "document type" in str(refused.value)


def test_a_ratio_that_no_sheet_has_is_refused(path: Path) -> None:
    """A member that inflates a thousandfold is refused before it is read, whatever it is."""
    for name in (SHEET, "xl/media/image.bin"):
        with pytest.raises(WorkbookTooLarge):
            _changed(path, {name: b" " * (16 * 1024 * 1024)})


def test_a_size_that_lies_stops_at_what_it_said(path: Path) -> None:
    """A member cannot inflate beyond its declared size."""
    _changed(path, {"xl/styles.xml": "<styleSheet>" + " " * 100_000 + "</styleSheet>"})
    content = path.read_bytes()
    true, false = struct.pack("<L", 100_000 + 25), struct.pack("<L", 12)
    assert true in content
    path.write_bytes(content.replace(true, false))
    with pytest.raises(BrokenWorkbook):
        open_table(path)


def test_many_members_are_refused(path: Path) -> None:
    """A directory of thousands of members, and one too long to read, are refused."""
    for count in (3_000, 30_000):
        with zipfile.ZipFile(path, "w") as package:
            for number in range(count):
                package.writestr(f"{number}.xml", b"")
        with pytest.raises(WorkbookTooLarge):
            open_table(path)


def test_cells_far_apart_cost_nothing(path: Path) -> None:
    """The last cell of the format's size is a row like any other; empty cells are none."""
    far = '<row r="1048575"><c r="XFD1048575" s="1"/></row><row r="1048576"><c r="A1048576">{}</c></row>'
    for value, numbers in (("<v>1</v>", [2, 1_048_576]), ("", [2])):
        sheet = _sheet(sheet_row(1, HEAD) + sheet_row(2, HEAD) + far.format(value))
        assert [row.number for row in _changed(path, {SHEET: sheet})] == numbers


def test_one_long_string_named_often_is_refused(path: Path) -> None:
    """The characters of a row are counted where shared strings are put in."""
    members = package_members(sheet_row(1, HEAD) + sheet_row(2, [Cell("<v>0</v>", ' t="s"')] * 26))
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rId3" Type="x/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
    )
    members["xl/sharedStrings.xml"] = (
        f"<sst><si><t>{'长' * (MAX_RECORD_CHARS // 20)}</t></si></sst>"
    )
    write_package(path, members)
    with pytest.raises(RowTooLong):
        open_table(path)


def test_one_huge_tag_is_refused(path: Path) -> None:
    """The parser holds a tag as a whole, so a tag has a limit."""
    noise = random.Random(1).randbytes(2 * 1024 * 1024).hex()
    with pytest.raises(WorkbookTooLarge):
        _changed(path, {SHEET: _sheet(f'<row r="1" x="{noise}"/>')})


def test_parts_that_are_held_whole_have_a_limit(path: Path) -> None:
    """Relations, the list of sheets and styles are read into memory: they stay small."""
    draw = random.Random(1)
    many = "".join(f'<Relationship Id="{draw.random()}"/>' for _ in range(250_000))
    with pytest.raises(WorkbookTooLarge):
        _changed(path, {"xl/_rels/workbook.xml.rels": f"<Relationships>{many}</Relationships>"})


def test_sheets_are_few_and_each_its_own(path: Path) -> None:
    """A list of thousands of sheets, or of one sheet twice, would be read again and again."""
    workbook = package_members("")["xl/workbook.xml"]
    sheet = '<sheet name="双公示" sheetId="1" r:id="rId1"/>'
    assert sheet in workbook
    with pytest.raises(BrokenWorkbook):
        _changed(path, {"xl/workbook.xml": workbook.replace(sheet, sheet * 2)})
    with pytest.raises(WorkbookTooLarge):
        _changed(path, {"xl/workbook.xml": workbook.replace(sheet, sheet * 300)})


@pytest.mark.parametrize(
    "inner",
    [
        '<row r="2"/><row r="2"/>',
        '<row r="3"/><row r="2"/>',
        '<row r="0"/>',
        '<row r="1048577"/>',
        '<row r="2"><c r="A2"/><c r="A2"/></row>',
        '<row r="2"><c r="A2"/><c r="XFE2"/></row>',
        '<row r="2"><c r="AAAA2"/></row>',
        '<row r="2"><c r="a2"/></row>',
        '<c r="A2"><v>1</v></c>',
        '<row r="2"><row r="3"/></row>',
        '<row r="2"><c r="A2"><v>1</v></row>',
        "&undefined;",
    ],
)
def test_sheets_out_of_order_are_refused(path: Path, inner: str) -> None:
    """What no spreadsheet writes is no sheet."""
    with pytest.raises(BrokenWorkbook):
        _changed(path, {SHEET: _sheet(sheet_row(1, HEAD) + inner)})


@pytest.mark.parametrize(
    "changes",
    [
        {"_rels/.rels": "<Relationships/>"},
        {"_rels/.rels": "no xml"},
        {"xl/workbook.xml": "<workbook/>"},
        {"xl/_rels/workbook.xml.rels": "<Relationships/>"},
        {SHEET: ""},
        {SHEET: _sheet("")},
        {SHEET: _sheet(sheet_row(1, [text_cell("  ")]))},
    ],
)
def test_what_is_no_workbook_is_refused(path: Path, changes: Mapping[str, str]) -> None:
    """Other zip files, and workbooks without a sheet or without a cell."""
    with pytest.raises((BrokenWorkbook, NoUsableSheet)):
        _changed(path, changes)


def test_a_damaged_zip_is_refused(path: Path) -> None:
    """Cut off anywhere, or with a flipped byte, a workbook is an error and never a crash."""
    write_workbook(path, [HEAD, HEAD])
    whole = path.read_bytes()
    for end in range(4, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises(UnusableInput):
            open_table(path)
    for at in range(4, len(whole), 31):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            with open_table(path) as table:
                list(table.rows())
        except UnusableInput:
            continue
