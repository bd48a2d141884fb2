"""``scripts/bench append``: measurements in alternating order, medians, ratios.

One measurement is a fresh process with a folder of its own (``_bench_cases``). A round
measures every case once; the order turns from round to round, so that no case always
follows the same other one. Ratios are those of the medians.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from scripts._bench_place import POSTGRES_SETTING, drop_schema, machine, postgres

ROOT = Path(__file__).resolve().parent.parent
STOCK = "stock"
"""What the others are compared with."""
STOCK_BATCH = 500
"""Events of one ``Application.save``."""
MIN_RUNS = 3
"""Fewer have no median worth the name."""
QUICK_EVENTS, QUICK_ROWS = 400, 100
"""Of ``--quick``: enough to see that everything runs; its figures mean nothing."""

LABELS = {
    "sign": "libsodium: signatures, one thread",
    "stock": "eventsourcing, unsigned, as it comes",
    "stock_full": "eventsourcing, unsigned, synchronous=FULL",
    "inline": "credit-ledger: append, signed in the process",
    "signer": "credit-ledger: append, with a signer process",
    "import": "credit-ledger: import of a file",
}

Report = dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, how often, with how much, and where."""

    runs: int
    events: int
    batch: int
    rows: int
    store: str
    """``sqlite``, or the address of a PostgreSQL database."""
    folder: Path

    @property
    def cases(self) -> list[str]:
        return [case for case in LABELS if case != "stock_full" or self.store == "sqlite"]

    def size_of(self, case: str) -> tuple[int, int]:
        """Events, and events a transaction. An import chooses its transactions itself."""
        events = 2 * self.rows if case == "import" else self.events
        return events, STOCK_BATCH if case.startswith(STOCK) else self.batch


class MeasurementFailed(Exception):
    """A measurement ended with an error; its own words are in it."""


def measure(plan: Plan, case: str) -> Report:
    """One measurement, in a process of its own."""
    name = f"bench{uuid4().hex[:12]}"  # the library does not quote a schema
    events, batch = plan.size_of(case)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=plan.folder) as folder:
        arguments = [case, str(events), str(batch), folder, plan.store, name]
        done = subprocess.run(
            [sys.executable, "-m", "scripts._bench_cases", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if plan.store != "sqlite":
        drop_schema(plan.store, name)
    if done.returncode != 0:
        raise MeasurementFailed(f"{case}: {done.stderr.strip() or done.stdout.strip()}")
    report: Report = json.loads(done.stdout)
    return report


def rounds(plan: Plan, take: Callable[[Plan, str], Report]) -> dict[str, list[Report]]:
    """All measurements of every case, in alternating order."""
    reports: dict[str, list[Report]] = {case: [] for case in plan.cases}
    for number in range(plan.runs):
        turn = number % len(plan.cases)
        order = plan.cases[turn:] + plan.cases[:turn]
        for case in order if number % 2 == 0 else reversed(order):
            reports[case].append(take(plan, case))
    return reports


def summary(reports: Mapping[str, Sequence[Report]]) -> dict[str, Report]:
    """Per case: the median rate, its share of the stock one, every run's rate, the rest."""
    rates = {
        case: [float(str(one["events"])) / float(str(one["seconds"])) for one in taken]
        for case, taken in reports.items()
    }
    base = median(rates[STOCK])
    return {
        case: {
            "ratio": round(median(rates[case]) / base, 2),
            "events_per_second": round(median(rates[case])),
            "runs": [round(rate) for rate in rates[case]],
            **{k: v for k, v in taken[0].items() if k != "seconds"},
        }
        for case, taken in reports.items()
    }


# -- telling ------------------------------------------------------------------------


def show(found: Mapping[str, Report], place: Mapping[str, object], plan: Plan) -> None:
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table(title=f"medians of {plan.runs} alternating runs, one process each")
    table.add_column("what")
    for name in ("ratio", "events/s", "slowest", "fastest", "bytes/event"):
        table.add_column(name, justify="right")
    for case, told in found.items():
        runs = told["runs"]
        assert isinstance(runs, list)
        size = told.get("bytes")
        table.add_row(
            LABELS[case],
            f"{told['ratio']:.2f}",
            f"{told['events_per_second']:,}",
            f"{min(runs):,}",
            f"{max(runs):,}",
            f"{size:.0f}" if isinstance(size, float) else "",
        )
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {what}" for name, what in place.items()))
    console.print(
        f"{plan.events:,} events, {STOCK_BATCH} a save of the stock application, {plan.batch} a "
        f"transaction of ours; the file has {plan.rows:,} rows. ratio: to the stock application."
    )
    default = found[STOCK].get("synchronous")
    if default is not None:
        console.print(f"This SQLite's own synchronous is {default} (1 NORMAL, 2 FULL); ours is 2.")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", choices=["append"])
    parser.add_argument("--runs", type=int, default=5, help=f"of each case, at least {MIN_RUNS}")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=1_000, help="events a transaction of ours")
    parser.add_argument("--rows", type=int, default=20_000, help="of the file that is imported")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    chosen = parser.parse_args(given)
    if chosen.quick:
        chosen.runs, chosen.events, chosen.rows = 1, QUICK_EVENTS, QUICK_ROWS
    elif chosen.runs < MIN_RUNS:
        parser.error(f"--runs must be at least {MIN_RUNS}")
    if chosen.folder is not None and not chosen.folder.is_dir():
        parser.error("--folder is no folder")
    if chosen.events < 2 or chosen.rows < 1 or not 10 <= chosen.batch <= 1_000:
        parser.error("--events from 2, --rows from 1, --batch from 10 to 1000")
    return chosen


def main(given: Sequence[str] | None = None) -> int:
    chosen = _arguments(given)
    with ExitStack() as stack:
        store: str | None = "sqlite"
        if chosen.store == "postgres":
            store = stack.enter_context(postgres())
        if store is None:
            print(f"no PostgreSQL: set {POSTGRES_SETTING}", file=sys.stderr)
            return 2
        folder = chosen.folder or Path(tempfile.gettempdir())
        plan = Plan(chosen.runs, chosen.events, chosen.batch, chosen.rows, store, folder)
        place = machine(folder, store)
        try:
            found = summary(rounds(plan, measure))
        except MeasurementFailed as error:
            print(f"scripts/bench: {error}", file=sys.stderr)
            return 1
    if chosen.json:
        print(json.dumps({"machine": place, "cases": found}, indent=1))
    else:
        show(found, place, plan)
    return 0


if __name__ == "__main__":
    sys.exit(main())
