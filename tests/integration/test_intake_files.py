"""Whole files: the made-up samples, the shared ones, and files that mean harm, under a limit."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from ledger.intake import PENALTY, Context, Judge, RejectedRow, match_template, open_table
from ledger.rules.reading import load_default
from scripts import _sample
from scripts._workbook import package_members, write_package

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "intake"
MEMORY_BYTES = 300 * 1024 * 1024
"""Address space of the interpreter, its libraries (some 150 MiB) and the file's share."""

LONG_LINE_BYTES = 64 * 1024 * 1024

PROGRAM = """
import resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from ledger.errors import UnusableInput
from ledger.intake import match_template, open_table
try:
    with open_table(sys.argv[2]) as table:
        match_template(table)
        print(sum(1 for row in table.rows()), "rows")
except UnusableInput as error:
    print(error.code)
"""


def _verdicts(path: Path, supplier: str, today: date) -> tuple[int, list[dict[str, object]]]:
    with open_table(path) as table:
        judge = Judge(match_template(table), Context(supplier, today, load_default()))
        verdicts = [judge.judge(raw) for raw in table.rows()]
    rejected: list[dict[str, object]] = [
        {"row": verdict.number, "reason": verdict.reason}
        for verdict in verdicts
        if isinstance(verdict, RejectedRow)
    ]
    return len(verdicts), rejected


def _under_limit(path: Path) -> str:
    """What reading the file says within the memory limit; a crash fails the test."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(MEMORY_BYTES), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three files that ``scripts/make_sample`` makes, and their expected.json."""
    folder = tmp_path_factory.mktemp("samples")
    program = [sys.executable, str(ROOT / "scripts" / "make_sample"), str(folder)]
    subprocess.run([*program, "--rows", "1300"], check=True, capture_output=True, timeout=60)
    return folder


def _expected(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    yield from json.loads((folder / "expected.json").read_text(encoding="utf-8")).items()


def test_each_row_of_the_samples_becomes_what_it_was_made_for(samples: Path) -> None:
    """UTF-8, XLSX and GB18030; every reason a file alone can give; row numbers exact."""
    reasons: set[object] = set()
    for name, expected in _expected(samples):
        rows, rejected = _verdicts(samples / name, str(expected["supplier"]), _sample.LATER_DAY)
        assert rows == expected["rows"]
        assert rejected == expected["rejected"]
        reasons.update(each["reason"] for each in rejected)
    assert reasons == {*_sample.SPOILERS, "duplicate", "formula"}


def test_the_samples_are_the_same_each_time(samples: Path, tmp_path: Path) -> None:
    """The same rows and seed give the same bytes, another seed others."""
    _sample.write_all(tmp_path, 1_300)
    for name, _ in _expected(samples):
        assert (tmp_path / name).read_bytes() == (samples / name).read_bytes()
    _sample.write_all(tmp_path, 1_300, seed=2)
    for name, _ in _expected(samples):
        assert (tmp_path / name).read_bytes() != (samples / name).read_bytes()


def test_the_shared_files_are_judged_as_expected() -> None:
    """The files handed over with the task give exactly the verdicts written beside them."""
    if not SHARED.is_dir():
        pytest.skip("the shared intake files are not beside the project")
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    for name, expected in _expected(SHARED):
        rows, rejected = _verdicts(SHARED / name, str(expected["supplier"]), today)
        assert rows == expected["rows"], name
        assert rejected == expected["rejected"], name
        assert rows - len(rejected) == expected["accepted"], name


def test_our_reader_and_another_see_the_same_cells(samples: Path) -> None:
    """openpyxl reads the same texts, numbers and dates from the sample workbook."""
    path = samples / "zhangzhou_penalties.xlsx"
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    theirs = [[_text(value) for value in row] for row in book.worksheets[0].values]
    book.close()
    with open_table(path) as table:
        assert list(table.header) == theirs[0]
        ours = [list(row.cells) for row in table.rows()]
    width = len(theirs[0])
    assert ours == [row + [""] * (width - len(row)) for row in theirs[1:]]


def test_a_workbook_of_another_writer_reads_as_it_was_written(tmp_path: Path) -> None:
    """Shared strings, styles and dates as openpyxl writes them, formats of many kinds."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["甲", "乙", "丙"])
    sheet.append(["示例", datetime(2025, 3, 1), 0.1 + 0.2])
    sheet.append([date(1900, 2, 28), 12, True])
    sheet.append(["=1+1", -3.5, None])
    sheet["B2"].number_format = 'yyyy"年"m"月"d"日"'
    book.save(tmp_path / "book.xlsx")
    with open_table(tmp_path / "book.xlsx") as table:
        rows = list(table.rows())
    assert [row.cells for row in rows] == [
        ("示例", "2025-03-01", "0.3"),
        ("1900-02-28", "12", "TRUE"),
        ("", "-3.5", ""),
    ]
    assert [fault.kind for fault in rows[2].faults] == ["formula"]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


# -- files that mean harm, under a memory limit ---------------------------------


def test_a_line_of_64_mib_is_an_error_in_bounded_memory(tmp_path: Path) -> None:
    """A line without an end is given up after its limit, as header, as row and in quotes."""
    good = tmp_path / "good.csv"
    _sample.write_csv(good, _sample.penalties(3, bad=False))
    header = good.read_bytes().splitlines()[0]
    for start in (b"", header + b"\r\n", header + b'\r\n"'):
        path = tmp_path / "line.csv"
        with path.open("wb") as file:
            file.write(start)
            for _ in range(LONG_LINE_BYTES // 65_536):
                file.write(b"x" * 65_536)
        assert _under_limit(path) in ("row_too_long", "field_too_long")


def test_a_quote_never_closed_over_64_mib_is_an_error_in_bounded_memory(tmp_path: Path) -> None:
    """Short lines within one quotation are one record, and count together."""
    path = tmp_path / "quote.csv"
    _sample.write_csv(path, _sample.penalties(3, bad=False))
    with path.open("ab") as file:
        file.write(b'"')
        for _ in range(LONG_LINE_BYTES // 65_536):
            file.write(b"a,b\n" * 16_384)
    assert _under_limit(path) in ("row_too_long", "field_too_long")


def test_the_limit_itself_is_above_an_ordinary_import(tmp_path: Path) -> None:
    """The same program reads an ordinary file, so what it refuses is not the limit's doing."""
    _sample.write_all(tmp_path, 2_000)
    for name in ("xiamen_penalties.csv", "zhangzhou_penalties.xlsx", "quanzhou_licences.csv"):
        assert _under_limit(tmp_path / name) == "2000 rows"


def _deflated_zeros(path: Path, name: str, mebibytes: int) -> None:
    members = package_members("")
    members.pop(name, None)
    write_package(path, members)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package,
        package.open(name, "w", force_zip64=True) as member,
    ):
        for _ in range(mebibytes):
            member.write(b" " * (1024 * 1024))


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "bomb.bin"])
def test_a_zip_bomb_is_an_error_in_bounded_memory(tmp_path: Path, name: str) -> None:
    """A gigabyte in a megabyte is refused unread, wherever it stands in the file."""
    path = tmp_path / "bomb.xlsx"
    _deflated_zeros(path, name, 1_024)
    assert path.stat().st_size < 2 * 1024 * 1024
    assert _under_limit(path) == "workbook_too_large"


def test_a_nested_zip_is_no_workbook(tmp_path: Path) -> None:
    """A zip of zips without a workbook is told as such; nothing is unpacked twice."""
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("0.dll", b"\x00" * 1_000_000)
    path = tmp_path / "outer.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(16):
            package.write(inner, f"lib {number}.zip")
    assert _under_limit(path) == "broken_workbook"


def test_a_million_references_to_one_string_stay_within_memory(tmp_path: Path) -> None:
    """Rows are handed on one by one, so a shared string costs its length once at a time."""
    members = package_members("")
    layout = PENALTY
    codes = [layout.prefix + column.code for column in layout.columns]
    strings = "".join(f"<si><t>{text}</t></si>" for text in [*codes, "长" * 30_000])
    head = "".join(f'<c t="s"><v>{at}</v></c>' for at in range(len(codes)))
    row = "".join(f'<c t="s"><v>{len(codes)}</v></c>' for _ in codes)
    sheet = members["xl/worksheets/sheet1.xml"].replace(
        "<sheetData>", f"<sheetData><row>{head}</row>" + f"<row>{row}</row>" * 3_000
    )
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rId3" Type="x/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
    )
    write_package(
        tmp_path / "strings.xlsx",
        {
            **members,
            "xl/worksheets/sheet1.xml": sheet,
            "xl/sharedStrings.xml": f"<sst>{strings}</sst>",
        },
    )
    assert _under_limit(tmp_path / "strings.xlsx") == "3000 rows"
