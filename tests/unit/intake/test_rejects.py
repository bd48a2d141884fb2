"""The rejects file: complete or absent, harmless in a spreadsheet, and mendable."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path

import pytest

from ledger.intake import (
    PENALTY,
    REJECT_COLUMNS,
    CannotWriteRejects,
    Context,
    Judge,
    RejectedRow,
    RejectsWriter,
    default_rejects_path,
    match_template,
    neutralised,
    open_table,
    restored,
)
from tests.unit.intake.made import (
    RULES,
    SUPPLIER,
    TODAY,
    Row,
    accepted,
    csv_text,
    judge_file,
    penalty,
    rejected,
)


def _import(path: Path, rejects: Path | None = None) -> RejectsWriter:
    """Judges the file and writes its rejects as an import does."""
    with open_table(path) as table:
        template = match_template(table)
        judge = Judge(template, Context(SUPPLIER, TODAY, RULES))
        with RejectsWriter(rejects or default_rejects_path(path), template, path) as writer:
            for raw in table.rows():
                verdict = judge.judge(raw)
                if isinstance(verdict, RejectedRow):
                    writer.write(verdict)
    return writer


def _file(folder: Path, *rows: Row, encoding: str = "utf-8") -> Path:
    path = folder / "rows.csv"
    path.write_bytes(csv_text(rows).encode(encoding))
    return path


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_rejects_file_holds_the_row_its_number_reason_and_message(
    tmp_path: Path, encoding: str
) -> None:
    """UTF-8 with BOM whatever the origin's encoding: the same columns and three more."""
    path = _file(tmp_path, penalty(), penalty(NR_FK="一万", WSH="二号"), encoding=encoding)
    writer = _import(path)
    assert writer.written == tmp_path / "rows.csv.rejects.csv"
    assert writer.written.read_bytes().startswith(b"\xef\xbb\xbf")
    [record] = _records(writer.written)
    assert list(record)[-3:] == list(REJECT_COLUMNS)
    assert record["罚款金额（万元）"] == "一万"
    assert [record[name] for name in REJECT_COLUMNS[:2]] == ["3", "bad_amount"]
    assert "罚款金额（万元）" in record[REJECT_COLUMNS[2]]
    assert stat.S_IMODE(writer.written.stat().st_mode) == 0o600


def test_a_mended_rejects_file_is_accepted(tmp_path: Path) -> None:
    """Mending the cell is all: the added columns are dropped on import."""
    writer = _import(_file(tmp_path, penalty(NR_FK="一万")))
    assert writer.written is not None
    text = writer.written.read_text(encoding="utf-8-sig").replace("一万", "1", 1)
    writer.written.write_text(text, encoding="utf-8-sig", newline="")
    [verdict] = judge_file(writer.written)
    assert accepted(verdict).fine == "1"
    assert set(accepted(verdict).cells) <= {column.code for column in PENALTY.columns}


def test_an_unmended_rejects_file_is_rejected_again_and_reads_the_same(tmp_path: Path) -> None:
    """Imported as it is it gives the same rows, and its own rejects file the same cells."""
    odd = penalty(NR_FK="-5", BZ="'=1+1", SY="＝说明", WFXW="\t行")
    first = _import(_file(tmp_path, odd))
    assert first.written is not None
    second = _import(first.written)
    assert second.written is not None
    [once], [twice] = _records(first.written), _records(second.written)
    assert once.pop(REJECT_COLUMNS[0]) == twice.pop(REJECT_COLUMNS[0]) == "2"
    assert once == twice
    [verdict] = judge_file(second.written)
    assert rejected(verdict).reason == "bad_amount"


def test_no_cell_begins_like_a_formula_and_all_are_restored(tmp_path: Path) -> None:
    """Signs that a spreadsheet evaluates are disarmed in the file and back after import."""
    odd = {"BZ": "=cmd|' /C calc'!A0", "SY": "@SUM(A1)", "WFXW": "+1", "NR": "＋2", "WSH": "''=3"}
    writer = _import(_file(tmp_path, penalty(**odd, NR_FK="-5")))
    assert writer.written is not None
    [record] = _records(writer.written)
    assert not any(text.startswith(tuple("=+-@\t\r\n＝＋－＠")) for text in record.values())
    with open_table(writer.written) as table:
        [raw] = table.rows()
        cells = match_template(table).cells(raw)
    assert {code: cells[code] for code in odd} == odd


def test_neutral_forms() -> None:
    """One apostrophe before what could be a formula, also before a neutralised form itself."""
    assert neutralised("=1") == "'=1"
    assert neutralised("'=1") == "''=1"
    assert neutralised("'quoted'") == "'quoted'"
    assert neutralised("a=1") == "a=1"
    assert restored("'quoted'") == "'quoted'"


def test_nothing_rejected_leaves_nothing(tmp_path: Path) -> None:
    """No rejects file, no temporary file."""
    path = _file(tmp_path, penalty())
    writer = _import(path)
    assert writer.written is None
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]


def test_an_earlier_rejects_file_is_moved_aside_not_lost(tmp_path: Path) -> None:
    """A file that somebody may have mended in place survives beside the new state."""
    path = _file(tmp_path, penalty(NR_FK="一万"))
    first = _import(path)
    assert first.written is not None
    again = _import(path)
    assert again.moved_aside is None, "the same content needs no second copy"
    first.written.write_text("mended by hand", encoding="utf-8")
    third = _import(path)
    assert third.moved_aside == tmp_path / "rows.csv.rejects.csv.bak"
    assert third.moved_aside.read_text(encoding="utf-8") == "mended by hand"
    fourth = _import(_file(tmp_path, penalty()))
    assert fourth.written is None
    assert not first.written.exists()
    assert fourth.moved_aside == tmp_path / "rows.csv.rejects.csv.2.bak"
    assert third.moved_aside.read_text(encoding="utf-8") == "mended by hand"


def test_an_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """When the import fails, no half file appears and an earlier one stays."""
    path = _file(tmp_path, penalty(NR_FK="一万"))
    place = default_rejects_path(path)
    place.write_text("earlier", encoding="utf-8")
    with open_table(path) as table:
        template = match_template(table)
        judge = Judge(template, Context(SUPPLIER, TODAY, RULES))
        [verdict] = [judge.judge(raw) for raw in table.rows()]
        writer = RejectsWriter(place, template, path)
        writer.__enter__()
        writer.write(rejected(verdict))
        writer.__exit__(KeyError, KeyError(), None)
    assert place.read_text(encoding="utf-8") == "earlier"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["rows.csv", place.name]


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """A missing folder, a folder, a pipe and the input itself are refused, unjudged.

    A device in that place would be moved aside like an earlier file.
    """
    path = _file(tmp_path, penalty(NR_FK="一万"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (tmp_path / "none" / "x.csv", tmp_path, path, pipe):
        with pytest.raises(CannotWriteRejects):
            _import(path, place)
    assert path.read_text(encoding="utf-8")


def test_cells_beyond_the_header_are_kept(tmp_path: Path) -> None:
    """A row with too many cells is written whole and stays rejected until it is mended."""
    path = _file(tmp_path, penalty())
    path.write_text(path.read_text(encoding="utf-8").rstrip() + ",多余,=1\r\n", encoding="utf-8")
    writer = _import(path)
    assert writer.written is not None
    assert writer.written.read_text(encoding="utf-8-sig").rstrip().endswith(",多余,'=1")
    [verdict] = judge_file(writer.written)
    assert rejected(verdict).reason == "unreadable"
