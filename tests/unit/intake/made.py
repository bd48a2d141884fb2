"""Rows and files for the intake tests: one good row of each template, and what changes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from ledger.intake import (
    PENALTY,
    AcceptedRow,
    Context,
    Judge,
    Layout,
    RejectedRow,
    match_template,
    open_table,
)
from ledger.rules.reading import load_default
from scripts._sample import LATER_DAY, licences, penalties

TODAY = LATER_DAY
RULES = load_default()

_PENALTIES = penalties(40, bad=False)
_LICENCES = licences(40, bad=False)
SUPPLIER = _PENALTIES.supplier
LICENCE_SUPPLIER = _LICENCES.supplier

Verdict = AcceptedRow | RejectedRow
Row = dict[str, str]


def penalty(**changes: str) -> Row:
    """A good penalty row of an organisation, a fine of 3.5 万元, with changes by field code."""
    row = next(row for row in _PENALTIES.rows if "XDR_SHXYM" in row)
    return row | {"CFLB": "罚款", "NR_FK": "3.5", "NR": "罚款人民币3.5万元"} | changes


def person_penalty(**changes: str) -> Row:
    return next(row for row in _PENALTIES.rows if row["XDR_LB"] == "自然人") | changes


def licence(**changes: str) -> Row:
    return next(row for row in _LICENCES.rows if "XDR_SHXYM" in row) | changes


def csv_text(rows: Sequence[Mapping[str, str]], layout: Layout = PENALTY) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([column.header for column in layout.columns])
    writer.writerows([row.get(column.code, "") for column in layout.columns] for row in rows)
    return written.getvalue()


def judge_file(
    path: Path, supplier: str = SUPPLIER, today: date = TODAY
) -> list[AcceptedRow | RejectedRow]:
    with open_table(path) as table:
        judge = Judge(match_template(table), Context(supplier, today, RULES))
        return [judge.judge(raw) for raw in table.rows()]


def judge_rows(
    folder: Path,
    *rows: Mapping[str, str],
    layout: Layout = PENALTY,
    supplier: str | None = None,
    today: date = TODAY,
) -> list[Verdict]:
    path = folder / "rows.csv"
    path.write_text(csv_text(rows, layout), encoding="utf-8", newline="")
    own = SUPPLIER if layout is PENALTY else LICENCE_SUPPLIER
    return judge_file(path, supplier or own, today)


def accepted(verdict: Verdict) -> AcceptedRow:
    """The accepted row; a rejected one fails the test with its message."""
    assert not isinstance(verdict, RejectedRow), verdict.message("en")
    return verdict


def rejected(verdict: Verdict) -> RejectedRow:
    assert isinstance(verdict, RejectedRow), verdict
    return verdict
