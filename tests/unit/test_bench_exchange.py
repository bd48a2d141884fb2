"""The measurements of the exchange run, and say what they are held against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from scripts import _bench_exchange

ROOT = Path(__file__).resolve().parents[2]


def test_quick_measures_everything(tmp_path: Path) -> None:
    """``exchange --quick --json`` has every figure that is asked for, and leaves nothing behind."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts._bench_exchange", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert _bench_exchange.ASKED.keys() <= figures.keys()
    assert all(value > 0 for value in figures.values())
    records = _bench_exchange.QUICK_RECORDS
    assert figures["entries in the bundle, each signed"] == 3 * records + 2
    assert list(tmp_path.iterdir()) == []


def test_the_table_names_what_is_asked() -> None:
    """Each target stands beside its figure."""
    table = _bench_exchange.markdown(dict.fromkeys(_bench_exchange.ASKED, 0.7))
    assert table.count("0.70") == len(_bench_exchange.ASKED)
    assert "at most 1.5" in table
