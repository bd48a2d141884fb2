"""The measurements of the log run, and say what they are held against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from scripts import _bench_log
from scripts._bench_log_cases import code_of

ROOT = Path(__file__).resolve().parents[2]


def test_quick_measures_every_size(tmp_path: Path) -> None:
    """``log --quick --json`` has a figure for each size, and leaves nothing behind."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts._bench_log", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    sizes = {str(size) for size in _bench_log.QUICK_SIZES}
    for name in ("tree / signing", "commitment / signing", "audit / verifying on all cores"):
        assert figures[name].keys() == sizes, name
        assert all(value > 0 for value in figures[name].values()), name
    assert figures["inclusion proof, hashes"] == {"600": 10, "1200": 11, "2400": 12}
    assert figures["append beside / alone"].keys() == {"2400"}
    assert list(tmp_path.iterdir()) == []


def test_made_up_codes_are_codes() -> None:
    """Each number gives another code of eighteen characters."""
    codes = [code_of(number) for number in (0, 1, 10**9 - 1)]
    assert len({*codes}) == 3
    assert {len(code) for code in codes} == {18}
