"""Reading CSV: encodings, row numbers, broken rows, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger.errors import UnusableInput
from ledger.intake import RawRow, open_table
from ledger.intake.csv_file import FieldTooLong
from ledger.intake.encoding import NotText, WrongEncoding
from ledger.intake.files import OldOrProtectedWorkbook
from ledger.intake.table import (
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_RECORD_CHARS,
    CannotReadFile,
    EmptyFile,
    FileChanged,
    FileTooLarge,
    NoHeader,
    NoSuchFile,
    NotAFile,
    RowTooLong,
    TooManyColumns,
)


def _rows(path: Path, content: str | bytes, encoding: str = "utf-8") -> list[RawRow]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    with open_table(path) as table:
        return list(table.rows())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_read_the_same(path: Path, encoding: str, end: str) -> None:
    """The same text gives the same rows, however it is encoded and its lines end."""
    rows = _rows(path, end.join(["名称,备注", "示例甲,𠮷野家", "示例乙,"]), encoding)
    assert [row.cells for row in rows] == [("示例甲", "𠮷野家"), ("示例乙", "")]
    assert [row.number for row in rows] == [2, 3]


def test_a_mark_before_gb18030_is_dropped(path: Path) -> None:
    """A byte order mark in GB18030 does not become part of the first header."""
    path.write_bytes("\ufeff名称,备注\n示例,乙".encode("gb18030"))
    with open_table(path) as table:
        assert table.header == ("名称", "备注")
        assert "GB18030" in table.encodings


def test_the_encoding_is_decided_by_the_whole_file(path: Path) -> None:
    """Far beyond the first block, one name that is no UTF-8 makes the file GB18030."""
    filler = "".join(f"ascii {i},x\n" for i in range(60_000))
    rows = _rows(path, f"name,note\n{filler}示例,乙\n", "gb18030")
    assert rows[-1].cells == ("示例", "乙")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused_by_name(path: Path, encoding: str) -> None:
    """UTF-16 and UTF-32 are told as such or as no text at all, never misread."""
    with pytest.raises((WrongEncoding, NotText)) as refused:
        _rows(path, "名称,备注\n示例,乙\n", encoding)
    assert "UTF-8" in refused.value.message("zh-CN")


def test_what_fits_no_encoding_names_those_tried(path: Path) -> None:
    """The message names both encodings and the bytes at which they ended."""
    with pytest.raises(WrongEncoding) as refused:
        _rows(path, b"name,note\n\xff\xff,\xff\n")
    assert "UTF-8 (byte 10), GB18030 (byte 10)" in str(refused.value)


def test_a_file_that_says_utf8_must_be_utf8(path: Path) -> None:
    """After a UTF-8 mark nothing else is tried, so a damaged file is not read as GB18030."""
    with pytest.raises(WrongEncoding):
        _rows(path, b"\xef\xbb\xbf" + "名称,备注\n示例,乙".encode("gb18030"))


@pytest.mark.parametrize("at", [401, -1])
def test_damaged_utf8_is_not_read_as_gb18030(path: Path, at: int) -> None:
    """A bad byte, or half a character at the very end, after much UTF-8 is told as damage."""
    content = bytearray(("name,note\n" + "示例商行,甲\n" * 100 + "末").encode())
    del content[at]
    with pytest.raises(WrongEncoding) as refused:
        _rows(path, bytes(content))
    assert "GB18030" not in str(refused.value.fields["tried"])


def test_zero_bytes_are_no_text(path: Path) -> None:
    """Binary files are refused with the place of the first zero byte."""
    with pytest.raises(NotText) as refused:
        _rows(path, b"name,note\na\x00b,c\n")
    assert "11" in str(refused.value)


def test_row_numbers_are_those_of_a_spreadsheet(path: Path) -> None:
    """Lines within quotes are one row; empty lines are rows that are left out."""
    rows = _rows(path, '甲,乙\n1,"a\nb\nc"\n\n,\n2,"say ""so"""\n')
    assert [(row.number, row.cells) for row in rows] == [
        (2, ("1", "a\nb\nc")),
        (5, ("2", 'say "so"')),
    ]


def test_a_header_may_stand_below_empty_lines(path: Path) -> None:
    """Empty rows above the header count as rows."""
    rows = _rows(path, "\n,,\n甲,乙\n1,2\n")
    assert [(row.number, row.cells) for row in rows] == [(4, ("1", "2"))]


def test_rows_of_another_width_are_faulty_one_by_one(path: Path) -> None:
    """Too few and too many cells are faults of their row alone, and no cell is lost."""
    few, many, empty, good = _rows(path, "甲,乙\n1\n1,2,3,4\n1,2,,\n1,2\n")
    assert [fault.kind for fault in few.faults] == ["too_few_cells"]
    assert [fault.kind for fault in many.faults] == ["too_many_cells"]
    assert (many.cells, many.surplus) == (("1", "2"), ("3", "4"))
    assert not empty.faults
    assert not good.faults


def test_broken_quotes_are_faults_and_their_text_is_kept(path: Path) -> None:
    """Reading goes on after a broken row, whose text stands in its first cell."""
    rows = _rows(path, '甲,乙\n"1"x,2\n3,4\n5,"never closed\n6,7\n')
    assert [(row.number, bool(row.faults)) for row in rows] == [(2, True), (3, False), (4, True)]
    assert rows[0].cells == ('"1"x,2', "")
    assert rows[2].cells[0] == '5,"never closed\n6,7'
    assert rows[2].faults[0].found == 2


def test_a_cell_with_an_equals_sign_is_text(path: Path) -> None:
    """CSV has no formulas: nothing is a fault, and the text stays."""
    [row] = _rows(path, "甲,乙\n=1+1,@x\n")
    assert (row.cells, row.faults) == (("=1+1", "@x"), ())


def test_a_table_can_be_read_again(path: Path) -> None:
    """Each call of rows() begins anew, also while another one is half-way."""
    path.write_text("甲,乙\n1,2\n3,4\n", encoding="utf-8")
    with open_table(path) as table:
        first = table.rows()
        begun = next(first)
        assert [row.number for row in table.rows()] == [2, 3]
        assert [begun.number, *(row.number for row in first)] == [2, 3]


def test_a_file_that_changes_meanwhile_is_noticed(path: Path) -> None:
    """Rows of two versions of a file never make one import."""
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with open_table(path) as table:
        assert len(list(table.rows())) == 1
        with path.open("a") as file:
            file.write("3,4\n")
        with pytest.raises(FileChanged):
            list(table.rows())


def test_limits_of_a_record_and_a_field(path: Path) -> None:
    """A row, also one of many short lines in quotes, and a field have a limit each."""
    with pytest.raises(RowTooLong):
        _rows(path, "甲,乙\n" + "x," * (MAX_RECORD_CHARS // 2 + 1) + "\n")
    with pytest.raises(FieldTooLong) as field:
        _rows(path, "甲,乙\n1,2\n3,x" + "y" * 200_000 + "\n")
    assert field.value.fields["row"] == 3
    with pytest.raises((RowTooLong, FieldTooLong)):
        _rows(path, '甲,乙\n1,"' + "never closed\n" * 100_000)


def test_a_header_has_a_limit(path: Path) -> None:
    """Hundreds of columns are no template."""
    with pytest.raises(TooManyColumns):
        _rows(path, ",".join(f"c{i}" for i in range(MAX_COLUMNS + 1)) + "\n")


def test_what_is_no_table_is_refused_as_what_it_is(tmp_path: Path) -> None:
    """A folder, a pipe, a missing, an empty, a blank and an old Excel file each say so."""
    empty, blank, old = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.xls"
    empty.touch()
    blank.write_text("\n \n,,\n", encoding="utf-8")
    old.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 512)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    cases: list[tuple[Path, type[UnusableInput]]] = [
        (tmp_path, NotAFile),
        (pipe, NotAFile),
        (tmp_path / "none.csv", NoSuchFile),
        (tmp_path / "nul\x00.csv", CannotReadFile),
        (empty, EmptyFile),
        (blank, NoHeader),
        (old, OldOrProtectedWorkbook),
    ]
    for path, error in cases:
        with pytest.raises(error):
            open_table(path)


def test_a_huge_file_is_refused_unread(path: Path) -> None:
    """The size is looked at before anything is read."""
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(FileTooLarge):
        open_table(path)
