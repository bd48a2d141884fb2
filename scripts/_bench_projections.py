"""``scripts/bench projections``: what read models cost, and answers that rest on them.

In one run on one machine: a loop that decodes each entry and does nothing with it; a rebuild on
every core; catching up by itself and beside a running import; the history of one subject as the
log grows; and, on PostgreSQL, the stock library's projection runner beside a rebuild. Every
measurement is a process of its own (``_bench_projection_cases``).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from scripts._bench_place import drop_schema, machine, postgres

ROOT = Path(__file__).resolve().parent.parent
SIZES: tuple[int, ...] = (10_000, 100_000, 1_000_000)
STOCK = 20_000
"""Events of the stock runner, and entries of the log on PostgreSQL."""
FOLLOWED = 50_000
"""Entries caught up with, and of the import that is followed."""
ROUNDS = 3
QUICK_SIZES = (1_500, 3_000)
QUICK = 1_000


@dataclass(slots=True)
class Figures:
    """What was measured, by name and by size of the log."""

    sizes: tuple[int, ...]
    by_name: dict[str, dict[int, float]] = field(default_factory=dict)

    def put(self, name: str, size: int, value: float) -> None:
        self.by_name.setdefault(name, {})[size] = value


@dataclass(frozen=True, slots=True)
class Place:
    """A node to be measured: a folder, and a store."""

    folder: Path
    store: str
    name: str

    def case(self, name: str, size: int) -> dict[str, float]:
        """One measurement, in a process of its own."""
        where = [str(self.folder), self.store, self.name, str(size)]
        done = subprocess.run(
            [sys.executable, "-m", "scripts._bench_projection_cases", name, *where],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found


def measure(
    sizes: Sequence[int], folder: Path, told: Callable[[str], None], *, quick: bool
) -> Figures:
    figures = Figures(tuple(sizes))
    rounds, followed = (1, QUICK) if quick else (ROUNDS, FOLLOWED)
    place = Place(folder, "sqlite", "xiamen")
    for size in sizes:
        told(f"growing to {size:,}")
        place.case("grow", size)
        told(f"{size:,}: decoding, rebuilding")
        _rebuilds(figures, place, size, rounds, "")
        figures.put("history, us", size, place.case("history", 0)["us"])
    last = sizes[-1]
    histories = figures.by_name["history, us"]
    figures.put(HISTORY, last, histories[last] / histories[sizes[0]])
    told("catching up")
    figures.put("catching up, entries/s", last, place.case("catch_up", followed)["rate"])
    told("an import, and catching up beside one")
    figures.put("import alone, entries/s", last, place.case("import", followed)["rate"])
    found = place.case("beside", followed)
    figures.put("import that is followed, entries/s", last, found["rate"])
    figures.put("entries behind it at most", last, found["lag"])
    figures.put("seconds behind at its end", last, found["seconds_behind"])
    with postgres() as address:
        if address is None:
            told("no PostgreSQL: the stock runner is left out")
        else:
            told("PostgreSQL: the stock runner, a rebuild")
            _on_postgres(figures, folder, address, QUICK if quick else STOCK, rounds)
    return figures


def _rebuilds(figures: Figures, place: Place, size: int, rounds: int, where: str) -> float:
    """The rate of a rebuild, held against decoding in the same minutes."""
    decoded, rebuilt, mib = [], [], 0.0
    for _ in range(rounds):
        decoded.append(place.case("decode", 0)["rate"])
        found = place.case("rebuild", 0)
        rebuilt.append(found["rate"])
        mib = max(mib, found["mib"])
    rate = median(rebuilt)
    figures.put(f"{where}decode loop, entries/s", size, median(decoded))
    figures.put(f"{where}rebuild, entries/s", size, rate)
    figures.put(f"{where}rebuild / decode loop", size, rate / median(decoded))
    figures.put(f"{where}rebuild, MiB of all processes", size, mib)
    return rate


def _on_postgres(figures: Figures, folder: Path, address: str, size: int, rounds: int) -> None:
    last = figures.sizes[-1]
    stock = Place(folder, address, f"stock_{uuid4().hex[:8]}")
    ours = Place(folder / "on-postgres", address, f"node-{uuid4().hex[:8]}")
    ours.folder.mkdir()
    try:
        told = stock.case("stock", size)["rate"]
        ours.case("grow", size)
        rate = _rebuilds(figures, ours, last, rounds, "PostgreSQL: ")
        figures.put("PostgreSQL: stock runner, events/s", last, told)
        figures.put(RUNNER, last, rate / told)
    finally:
        for schema in (stock.name, ours.name, f"read_models:{ours.name}"):
            drop_schema(address, schema)


HISTORY = "history, to that of the smallest"
RUNNER = "PostgreSQL: rebuild / stock runner"
ASKED = {
    "rebuild / decode loop": "at least 0.25",
    "rebuild, MiB of all processes": "under 512",
    RUNNER: "at least 10",
    HISTORY: "at most 1.30",
    "catching up, entries/s": "as fast as an import",
}


def show(figures: Figures, place: dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table(title="one log, as it grows; medians")
    table.add_column("what")
    for size in figures.sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("asked")
    for name, found in figures.by_name.items():
        table.add_row(
            name, *(_cell(found.get(size)) for size in figures.sizes), ASKED.get(name, "")
        )
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {what}" for name, what in place.items()))


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if value < 20 else f"{value:,.0f}"


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench projections", description=__doc__)
    parser.add_argument("--sizes", help="of the log, ascending, with commas between")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; needs some 5 GB")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    chosen = parser.parse_args(given)
    sizes = QUICK_SIZES if chosen.quick else SIZES
    if chosen.sizes:
        try:
            sizes = tuple(map(int, chosen.sizes.split(",")))
        except ValueError:
            parser.error("--sizes are whole numbers with commas between")
        if list(sizes) != sorted(set(sizes)) or sizes[0] < QUICK_SIZES[0]:
            parser.error(f"--sizes ascend from {QUICK_SIZES[0]} on")
    folder = chosen.folder or Path(tempfile.gettempdir())
    if not folder.is_dir():
        parser.error("--folder is no folder")
    place = machine(folder, "sqlite")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as where:
        figures = measure(sizes, Path(where), _told, quick=chosen.quick)
    if chosen.json:
        found = {n: {str(s): v for s, v in at.items()} for n, at in figures.by_name.items()}
        print(json.dumps({"machine": place, "figures": found}, indent=1))
    else:
        show(figures, place)
    return 0


def _told(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
