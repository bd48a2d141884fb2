"""The measurements of the read models run, and say what they are held against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from projections.models.tables import TABLES
from scripts import _bench_projections as bench
from scripts._bench_facts import StockCollected, stock
from scripts._bench_facts import facts as some_facts
from scripts._bench_place import POSTGRES_SETTING
from scripts._bench_projection_cases import ROWS_OF_A_RECORD, _rows

ROOT = Path(__file__).resolve().parents[2]


def test_quick_measures_everything(tmp_path: Path) -> None:
    """``projections --quick --json`` has a figure for all that is asked, and leaves nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts._bench_projections", "--quick", "--json"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != POSTGRES_SETTING}
        | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    on_sqlite = {name for name in bench.ASKED if not name.startswith("PostgreSQL")}
    assert on_sqlite <= figures.keys()
    sizes = {str(size) for size in bench.QUICK_SIZES}
    for name in (
        "rebuild / decode loop",
        "history of one subject, us",
        "status of one subject, us",
    ):
        assert figures[name].keys() == sizes, name
    for name in on_sqlite:
        assert all(value > 0 for value in figures[name].values()), name
    assert list(tmp_path.iterdir()) == []


def test_the_stock_runner_writes_whole_rows() -> None:
    """What it is measured with are rows of our tables, a value for each column."""
    facts = next(fact for fact in map(stock, some_facts(10)) if isinstance(fact, StockCollected))
    rows = _rows(facts)
    columns = [len(TABLES[name].c) for name in ROWS_OF_A_RECORD]
    assert [len(row) for row in rows] == columns


def test_the_table_says_what_is_asked() -> None:
    """The table for the documents has a column for each size, and beside a figure its target."""
    figures = bench.Figures((10, 1_000))
    figures.put("decode loop, entries/s", 10, 123_456.7)
    figures.put(bench.HISTORY, 1_000, 1.042)
    assert bench.markdown(figures).splitlines() == [
        "| what | 10 | 1,000 | asked |",
        "| --- | ---: | ---: | --- |",
        "| decode loop, entries/s | 123,457 |  |  |",
        f"| {bench.HISTORY} |  | 1.04 | at most 1.30 |",
    ]
