"""The part of the demo that imports a 双公示 file, and mends a row that came back."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scripts import _demo_case as case

if TYPE_CHECKING:
    from scripts._demo_stage import Stage

SCRIPTS: Final = Path(__file__).resolve().parent
ROWS: Final = 600
"""One bad row in fifty: every kind that a CSV file can show."""

FILE: Final = "xiamen_penalties.csv"
MENDED_DAY: Final = "2025-02-28"
DATE_COLUMN: Final = "处罚决定日期"
REASON_COLUMN: Final = "退回原因"
NUMBER_COLUMN: Final = "退回行号"


@dataclass(frozen=True)
class Sample:
    """The supplier of the file, and how many of its rows are bad."""

    body: case.Body
    bad: int


def make_sample(stage: Stage) -> Sample:
    stage.heading("sample")
    stage.run(
        sys.executable,
        SCRIPTS / "make_sample",
        "--rows",
        str(ROWS),
        "sample",
        shown=f"scripts/make_sample --rows {ROWS} sample",
    )
    told = json.loads((stage.folder / "sample" / "expected.json").read_text("utf-8"))[FILE]
    body = case.Body(told["supplier"], told["supplier_name"], ("supplier",))
    return Sample(body, len(told["rejected"]))


def take_in(stage: Stage, sample: Sample) -> None:
    supplier = sample.body.code
    stage.heading("import")
    stage.tell("import_why", rows=ROWS, bad=sample.bad)
    stage.ledger(
        "submission", "sign", f"sample/{FILE}", "--supplier", supplier, "--key", "supplier.key",
        "-o", "manifest.json",
    )  # fmt: skip
    signed = ("--submission", "manifest.json")
    stage.ledger(*_importing(f"sample/{FILE}", supplier), *signed, code=3)
    _mend(stage, supplier)


def _importing(file: str, supplier: str) -> tuple[str, ...]:
    at = ("--at", "2026-03-02T09:00:00+08:00")
    return ("import", file, "--home", "xiamen", "--supplier", supplier, "--operator", "op-7", *at)


def _mend(stage: Stage, supplier: str) -> None:
    stage.heading("rejects")
    stage.tell("rejects_why")
    rejects = stage.folder / "sample" / f"{FILE}.rejects.csv"
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
        columns = list(rows[0])
    print()
    for row in rows[:3]:
        print("   ", " | ".join(row[name] for name in ("行政相对人名称", *columns[-3:])))
    print("    ...")
    row = next(row for row in rows if row[REASON_COLUMN] == "bad_date")
    stage.tell(
        "mended",
        row=row[NUMBER_COLUMN],
        column=DATE_COLUMN,
        old=row[DATE_COLUMN],
        new=MENDED_DAY,
    )
    row[DATE_COLUMN] = MENDED_DAY
    with (stage.folder / "mended.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    told = stage.ledger_json(*_importing("mended.csv", supplier), code=3)
    _print_counts(told)
    stage.expect(told["accepted"] == 1, f"accepted {told['accepted']}")


def _print_counts(told: Mapping[str, Any]) -> None:
    counts = {name: told[name] for name in ("rows", "accepted", "already_recorded")}
    print(json.dumps(counts)[:-1] + f', "rejected": [{len(told["rejected"])} ...], ...}}')
