"""``scripts/bench exchange``: what a bundle of many records and a correction to many cost.

In one run on one machine: making a bundle and judging it, held against libsodium on the very
signatures in it, one core against one core; what is recorded of it, and taking it in; the memory
of each; and a withdrawal that a hundred recipients are told of, beside a hundred notices that are
merely signed and stored. Every measurement is a process of its own (``_bench_exchange_cases``).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from ledger.exchange.forms import MAX_RECORDS
from scripts._bench_exchange_cases import CASES, Task
from scripts._bench_place import machine

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
RECIPIENTS = 100
QUICK_RECORDS, QUICK_RECIPIENTS = 20, 3

MAKING = "making / libsodium verifying, rates"
JUDGING = "judging / libsodium verifying, rates"
CORRECTION = "a correction / its notices merely appended, times"
ASKED = {MAKING: "at least 0.5", JUDGING: "at least 0.5", CORRECTION: "at most 1.5"}

Case = Callable[[str, int], dict[str, float]]
Figures = dict[str, float]


def in_processes(folder: Path) -> Case:
    """Each measurement in a process of its own."""

    def case(name: str, count: int) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-m", "scripts._bench_exchange_cases", name, str(folder), str(count)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found

    return case


def in_this_process(folder: Path) -> Case:
    """Where figures mean nothing."""
    return lambda name, count: CASES[name](Task(folder, count))


def measure(
    case: Case, records: int, recipients: int, rounds: int, told: Callable[[str], None]
) -> Figures:
    told(f"two nodes, {records:,} records")
    case("found", records)
    told("making and judging")
    made = [case("make", records) for _ in range(rounds)]
    judged = [case("verify", records) for _ in range(rounds)]
    once = case("verify_once", records)
    figures = _bundle(records, made, judged) | {
        "judging once, seconds of a new process": once["seconds"],
        "judging once, MiB at most": once["mib"],
    }
    told("recording, taking in")
    recorded, taken = case("record", records), case("take_in", records)
    figures |= {
        "sent and recorded, seconds by the clock": recorded["elapsed"],
        "sent and recorded, MiB at most": recorded["mib"],
        "taken in, seconds by the clock": taken["elapsed"],
        "taken in, MiB at most": taken["mib"],
    }
    told(f"a correction to {recipients}")
    corrected = case("correct", recipients)
    return figures | {
        f"withdrawn, {recipients} told, ms": corrected["withdrawn"] * 1e3,
        f"{recipients} notices appended, ms": corrected["appended"] * 1e3,
        CORRECTION: corrected["withdrawn"] / corrected["appended"],
    }


def _bundle(
    records: int, made: Sequence[dict[str, float]], judged: Sequence[dict[str, float]]
) -> Figures:
    entries = made[0]["entries"]
    per_entry = 1e6 / entries
    return {
        "entries in the bundle, each signed": entries,
        "entries a record": entries / records,
        "megabytes": made[0]["megabytes"],
        "libsodium verifying, us a signature": median(one["verifying"] for one in [*made, *judged])
        * per_entry,
        "libsodium signing, us a signature": median(one["signing"] for one in made) * per_entry,
        "making, us an entry": median(one["seconds"] for one in made) * per_entry,
        MAKING: median(one["verifying"] / one["seconds"] for one in made),
        "making / libsodium signing, rates": median(
            one["signing"] / one["seconds"] for one in made
        ),
        "making, MiB at most": max(one["mib"] for one in made),
        "judging, us an entry": median(one["seconds"] for one in judged) * per_entry,
        JUDGING: median(one["verifying"] / one["seconds"] for one in judged),
    }


# -- telling ------------------------------------------------------------------------


def show(figures: Figures, place: dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 100)
    table = Table(title="one bundle, one correction; medians")
    for name in ("what", "figure", "asked"):
        table.add_column(name, justify="right" if name == "figure" else "left")
    for row in _lines(figures):
        table.add_row(*row)
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {what}" for name, what in place.items()))


def markdown(figures: Figures) -> str:
    """The table as ``docs/benchmarks.md`` has it."""
    lines = [["what", "figure", "asked"], ["---", "---:", "---"], *_lines(figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _lines(figures: Figures) -> Iterator[list[str]]:
    for name, value in figures.items():
        yield [name, f"{value:,.2f}" if value < 20 else f"{value:,.0f}", ASKED.get(name, "")]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench exchange", description=__doc__)
    parser.add_argument("--records", type=int, default=MAX_RECORDS, help="of the bundle")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; needs some 1 GB")
    parser.add_argument("--quick", action="store_true", help="a smoke test: figures mean nothing")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument("--markdown", action="store_true", help="the table of docs/benchmarks.md")
    chosen = parser.parse_args(given)
    folder = chosen.folder or Path(tempfile.gettempdir())
    if not folder.is_dir():
        parser.error("--folder is no folder")
    if not QUICK_RECORDS <= chosen.records <= MAX_RECORDS:
        parser.error(f"--records from {QUICK_RECORDS} to {MAX_RECORDS}")
    place = machine(folder, "sqlite")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as name:
        where = Path(name)
        if chosen.quick:
            case, rounds = in_this_process(where), 1
            figures = measure(case, QUICK_RECORDS, QUICK_RECIPIENTS, rounds, _told)
        else:
            figures = measure(in_processes(where), chosen.records, RECIPIENTS, ROUNDS, _told)
    if chosen.json:
        print(json.dumps({"machine": place, "figures": figures}, indent=1))
    elif chosen.markdown:
        print(markdown(figures))
    else:
        show(figures, place)
    return 0


def _told(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
