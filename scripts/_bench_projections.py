"""``scripts/bench projections``: what read models cost, and answers that rest on them.

In one run on one machine: a loop that decodes each entry and does nothing with it; a rebuild on
every core; catching up by itself and beside a running import; the history of one subject as the
log grows; the blast radius of a supplier beside plain SQL; and, on PostgreSQL, the stock library's
projection runner beside a rebuild. Every measurement is a process of its own
(``_bench_projection_cases``).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from projections.lists.paging import LIMIT, MAX_LIMIT
from scripts._bench_place import POSTGRES_SETTING, drop_schema, machine, postgres
from scripts._bench_projection_cases import CASES, Task

ROOT = Path(__file__).resolve().parent.parent
SIZES: tuple[int, ...] = (10_000, 100_000, 1_000_000)
STOCK = 20_000
"""Events of the stock runner, and entries of the log on PostgreSQL."""
FOLLOWED = 50_000
"""Entries caught up with, and of the import that is followed."""
ROUNDS = 3
RECORDS = (1_000, 100_000)
"""Of a supplier that is in doubt."""
QUICK_SIZES = (600, 1_200)
QUICK = 200
QUICK_RECORDS = (50, 250)


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
    quick: bool

    def case(self, name: str, size: int) -> dict[str, float]:
        """One measurement, in a process of its own; not so where its figures mean nothing."""
        if self.quick:
            return CASES[name](Task(self.folder, self.store, self.name, size))
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
    place = Place(folder, "sqlite", "xiamen", quick)
    for size in sizes:
        told(f"growing to {size:,}")
        place.case("grow", size)
        told(f"{size:,}: decoding, rebuilding, asking")
        _rebuilds(figures, place, size, rounds, "")
        for name, found in place.case("history", 0).items():
            figures.put(f"{name} of one subject, us", size, found)
    last = sizes[-1]
    for name, share in SHARES.items():
        at = figures.by_name[f"{name} of one subject, us"]
        figures.put(share, last, at[last] / at[sizes[0]])
    _following(figures, place, followed, told)
    told("the blast radius of a supplier")
    _affected(figures, place, "")
    with _server(quick=quick) as address:
        if address is None:
            told("no PostgreSQL: the stock runner is left out")
        else:
            told("PostgreSQL: the stock runner, a rebuild, the blast radius")
            _on_postgres(figures, replace(place, store=address), rounds)
    return figures


def _server(*, quick: bool) -> AbstractContextManager[str | None]:
    """A quick run starts none of its own."""
    return nullcontext(os.environ.get(POSTGRES_SETTING)) if quick else postgres()


def _following(figures: Figures, place: Place, followed: int, told: Callable[[str], None]) -> None:
    last = figures.sizes[-1]
    told("catching up")
    figures.put("catching up, entries/s", last, place.case("catch_up", followed)["rate"])
    told("an import, and catching up beside one")
    figures.put("import alone, entries/s", last, place.case("import", followed)["rate"])
    found = place.case("beside", followed)
    figures.put("import that is followed, entries/s", last, found["rate"])
    figures.put("entries behind it at most", last, found["lag"])
    figures.put("seconds behind at its end", last, found["seconds_behind"])


def _affected(figures: Figures, place: Place, where: str) -> None:
    """Of a supplier of few records and of many: the figures stand in the last column."""
    few, many = QUICK_RECORDS if place.quick else RECORDS
    last = figures.sizes[-1]
    first = 0.0
    for records in (few, many):
        name = f"supplier-{uuid4().hex[:8]}"
        try:
            found = replace(place, name=name).case("affected", records)
        finally:
            if place.store != "sqlite":
                drop_schema(place.store, f"read_models:{name}")
        of = f"{where}affected, {records:,} records: "
        figures.put(f"{of}first page, us", last, found["first"] * 1e6)
        first = first or found["first"]
    figures.put(f"{of}all rows by plain SQL, us a record", last, found["sql"] / many * 1e6)
    figures.put(f"{where}{PAGES}", last, found["pages"] / found["sql"])
    figures.put(f"{where}{SHORT_PAGES}", last, found["short_pages"] / found["sql"])
    figures.put(f"{where}{FIRST_PAGE}", last, found["first"] / first)


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


def _on_postgres(figures: Figures, place: Place, rounds: int) -> None:
    last, size = figures.sizes[-1], QUICK if place.quick else STOCK
    folder, address = place.folder / "on-postgres", place.store
    stock = replace(place, name=f"stock_{uuid4().hex[:8]}")
    ours = replace(place, folder=folder, name=f"node-{uuid4().hex[:8]}")
    folder.mkdir()
    try:
        told = stock.case("stock", size)["rate"]
        ours.case("grow", size)
        rate = _rebuilds(figures, ours, last, rounds, "PostgreSQL: ")
        figures.put("PostgreSQL: stock runner, events/s", last, told)
        figures.put(RUNNER, last, rate / told)
    finally:
        for schema in (stock.name, ours.name, f"read_models:{ours.name}"):
            drop_schema(address, schema)
    _affected(figures, place, "PostgreSQL: ")


HISTORY = "history, to that of the smallest"
FIRST = "history asked for first, to that of the smallest"
STATUS = "status, to that of the smallest"
SHARES = {"first": FIRST, "history": HISTORY, "status": STATUS}
PAGES = f"affected: all pages of {MAX_LIMIT:,} / plain SQL"
SHORT_PAGES = f"affected: all pages of {LIMIT:,} / plain SQL"
FIRST_PAGE = "affected: first page, of many records / of few"
RUNNER = "PostgreSQL: rebuild / stock runner"
ASKED = {
    "rebuild / decode loop": "at least 0.25",
    "rebuild, MiB of all processes": "under 512",
    RUNNER: "at least 10",
    HISTORY: "at most 1.30",
    STATUS: "at most 1.30",
    **{
        f"{where}{name}": asked
        for where in ("", "PostgreSQL: ")
        for name, asked in ((PAGES, "at most 3"), (FIRST_PAGE, "about 1"))
    },
    "catching up, entries/s": "as fast as an import",
}


def show(figures: Figures, place: dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 130)
    table = Table(title="one log, as it grows; medians")
    for number, column in enumerate(_columns(figures)):
        table.add_column(column, justify="right" if 0 < number <= len(figures.sizes) else "left")
    for row in _lines(figures):
        table.add_row(*row)
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {what}" for name, what in place.items()))


def markdown(figures: Figures) -> str:
    """The table as ``docs/benchmarks.md`` has it."""
    rule = ["---", *("---:" for _ in figures.sizes), "---"]
    lines = [_columns(figures), rule, *_lines(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _columns(figures: Figures) -> list[str]:
    return ["what", *(f"{size:,}" for size in figures.sizes), "asked"]


def _lines(figures: Figures) -> Iterator[list[str]]:
    for name, found in figures.by_name.items():
        cells = (_cell(found.get(size)) for size in figures.sizes)
        yield [name, *cells, ASKED.get(name, "")]


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if value < 20 else f"{value:,.0f}"


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench projections", description=__doc__)
    parser.add_argument("--sizes", help="of the log, ascending, with commas between")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; needs some 5 GB")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean nothing")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument("--markdown", action="store_true", help="the table of docs/benchmarks.md")
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
    elif chosen.markdown:
        print(markdown(figures))
    else:
        show(figures, place)
    return 0


def _told(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
