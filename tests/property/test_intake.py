"""What must hold of intake for every text and every file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import UnusableInput
from ledger.intake import (
    PENALTY,
    Context,
    Judge,
    RejectedRow,
    RejectsWriter,
    Template,
    match_template,
    neutralised,
    open_table,
    restored,
)
from ledger.intake.normalise import parse_amount, parse_date
from ledger.rules.reading import load_default
from scripts._workbook import text_cell, write_workbook

pytestmark = pytest.mark.property

RULES = load_default()
TRIGGERS = "=+-@\t\r\n＝＋－＠"
HEADER = [column.header for column in PENALTY.columns]

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"))
dangerous = st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠,\"x"), max_size=6)
xml_texts = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Cn"], blacklist_characters="\r\ufffe\uffff"),
    max_size=20,
)
cells = st.lists(dangerous | texts, min_size=len(HEADER), max_size=len(HEADER))


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


@given(dangerous | texts)
def test_neutralising_is_reversible_and_disarms(text: str) -> None:
    """Every text comes back, and no neutralised text begins like a formula."""
    assert restored(neutralised(text)) == text
    assert not neutralised(text).startswith(tuple(TRIGGERS))


@given(dangerous | texts, dangerous | texts)
def test_neutralising_confuses_no_two_texts(one: str, other: str) -> None:
    """Different texts stay different."""
    assert (neutralised(one) == neutralised(other)) == (one == other)


@given(st.dates(date(1949, 10, 1)))
def test_every_form_of_every_day_reads_as_that_day(day: date) -> None:
    """The written forms of a day are read back as the day."""
    for text in (
        f"{day.year:04}-{day.month:02}-{day.day:02}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year:04}{day.month:02}{day.day:02}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert parse_date(text) == day


@given(st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False))
def test_amounts_keep_their_value_and_their_form_is_stable(amount: Decimal) -> None:
    """Normalising changes no value, and the normal form of the normal form is itself."""
    text = parse_amount(f"{amount:f}")
    assert text is not None
    assert Decimal(text) == amount
    assert parse_amount(text) == text
    assert not text.endswith(".")


@given(texts)
def test_normalising_any_text_raises_nothing(text: str) -> None:
    """Whatever a cell holds is a value or none."""
    parse_date(text)
    parse_amount(text)


def _rejected(path: Path) -> tuple[Template, list[RejectedRow]]:
    with open_table(path) as table:
        template = match_template(table)
        judge = Judge(template, Context("11350200M9J0RN1G5M", date(2026, 6, 1), RULES))
        verdicts = [judge.judge(raw) for raw in table.rows()]
    return template, [verdict for verdict in verdicts if isinstance(verdict, RejectedRow)]


@given(st.lists(cells, min_size=1, max_size=4), st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_a_rejects_file_reads_back_cell_for_cell(rows: list[list[str]], encoding: str) -> None:
    """Whatever the cells hold, their rejects file has the same cells and the same reasons."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER, *rows])
    with _folder() as folder:
        path = folder / "rows.csv"
        path.write_bytes(written.getvalue().encode(encoding))
        template, rejected = _rejected(path)
        with RejectsWriter(folder / "again.csv", template, path) as rejects:
            for row in rejected:
                rejects.write(row)
        if not rejected:
            return  # every row was blank
        again, twice = _rejected(folder / "again.csv")
        read = [again.cells(row.raw) for row in twice]
        assert read == [template.cells(row.raw) for row in rejected]
        reasons = [row.reason for row in rejected if row.reason != "duplicate"]
        assert [row.reason for row in twice if row.reason != "duplicate"] == reasons


@given(st.lists(st.lists(xml_texts, min_size=2, max_size=2), max_size=5))
def test_a_workbook_reads_as_the_csv_of_the_same_cells(rows: list[list[str]]) -> None:
    """Rows and their numbers do not depend on the format of the file."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["甲", "乙"], *rows])
    with _folder() as folder:
        (folder / "rows.csv").write_bytes(written.getvalue().encode())
        sheet = [[text_cell(text) for text in row] for row in [["甲", "乙"], *rows]]
        write_workbook(folder / "rows.xlsx", sheet)
        with open_table(folder / "rows.csv") as table:
            from_csv = list(table.rows())
        with open_table(folder / "rows.xlsx") as table:
            from_xlsx = list(table.rows())
    assert from_csv == from_xlsx


@given(st.binary(min_size=1, max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf"]))
def test_any_bytes_are_a_table_or_an_error(content: bytes, start: bytes) -> None:
    """Nothing but ``UnusableInput`` is raised, and every row fits the header."""
    with _folder() as folder:
        path = folder / "file"
        path.write_bytes(start + content)
        with suppress(UnusableInput), open_table(path) as table:
            for row in table.rows():
                assert len(row.cells) == len(table.header)
