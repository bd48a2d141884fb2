"""The benchmark runs, measures what it says, and compares honestly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from eventsourcing.application import Application

from ledger.codec import NOTHING_SEALED, encode
from scripts import _bench
from scripts._bench_facts import NODE, facts, pending, stock

ROOT = Path(__file__).resolve().parents[2]


def plan(**changes: object) -> _bench.Plan:
    values = {"runs": 3, "events": 40, "batch": 20, "rows": 10, "store": "sqlite"}
    return _bench.Plan(**{**values, "folder": Path(), **changes})  # type: ignore[arg-type]


def test_quick_measures_every_case(tmp_path: Path) -> None:
    """``append --quick --json`` prints a rate and a ratio for every case, all events stored."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts._bench", "append", "--quick", "--json"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cases"].keys() == _bench.LABELS.keys()
    for case, found in told["cases"].items():
        assert found["events_per_second"] > 0, case
        assert case == "import" or found["events"] == _bench.QUICK_EVENTS
    assert told["cases"]["stock"]["ratio"] == 1
    assert told["machine"]["cores"] >= 1
    assert list(tmp_path.iterdir()) == []


def test_a_failed_measurement_is_no_figure(tmp_path: Path) -> None:
    """A measurement that ends with an error says its own words, and leaves no folder."""
    with pytest.raises(_bench.MeasurementFailed, match="KeyError"):
        _bench.measure(plan(folder=tmp_path), "no such case")
    assert list(tmp_path.iterdir()) == []


def test_rounds_alternate() -> None:
    """Every case is measured once a round, and not always after the same other one."""
    order: list[str] = []

    def take(_: _bench.Plan, case: str) -> _bench.Report:
        order.append(case)
        return {"events": 1, "seconds": 1.0}

    made = plan()
    _bench.rounds(made, take)
    size = len(made.cases)
    turns = [tuple(order[at : at + size]) for at in range(0, len(order), size)]
    assert len(turns) == 3
    assert all(sorted(turn) == sorted(made.cases) for turn in turns)
    assert len({turn[turn.index("import") - 1] for turn in turns}) > 1


def test_ratios_are_those_of_the_medians() -> None:
    """One slow run neither helps nor harms: medians are compared, not means or bests."""

    def runs(*seconds: float) -> list[_bench.Report]:
        return [{"events": 100, "seconds": each} for each in seconds]

    found = _bench.summary({"stock": runs(1.0, 2.0, 50.0), "signer": runs(0.1, 4.0, 5.0)})
    assert found["signer"]["ratio"] == 0.5
    assert found["signer"]["events_per_second"] == 25
    assert found["signer"]["runs"] == [1000, 25, 20]


def test_both_sides_store_the_same_facts() -> None:
    """The stock events hold every value of ours, and are not the larger ones."""
    made = facts(40)
    mapper = Application[UUID]().mapper
    ours = theirs = 0
    for fact in made:
        draft = encode(pending(fact), NODE, lambda _: NOTHING_SEALED)
        stored = mapper.to_stored_event(stock(fact))
        value = json.loads(stored.state)
        assert value | fact.values == value
        assert json.loads(draft.head + b"null" + draft.tail)["facts"] == fact.values
        ours += len(draft.head) + len(draft.tail)
        theirs += len(stored.state)
    assert 0.6 * ours < theirs <= ours
