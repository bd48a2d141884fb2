"""``scripts/bench log``: what the tree, the commitment, proofs and the audit cost.

Everything is held against libsodium in the same run: signing for what happens at an append,
verifying on every core at once for the audit. One log grows from size to size; at each the
same things are measured, so that the curves are of one log. Medians throughout.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ledger.bootstrap import found_node
from ledger.entry import PendingEvent
from ledger.home import Home
from scripts._bench_log_cases import (
    BATCH,
    auditing,
    beside,
    committing_us,
    grow,
    opened,
    openings,
    proving,
    stating,
    tree_and_signing,
    verifying_rate,
)
from scripts._bench_place import machine

SIZES: tuple[int, ...] = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (600, 1_200, 2_400)
ROUNDS = 5
VERIFYING_SECONDS = 2.0
BESIDE = 20_000
"""Entries appended alone, and beside a process that commits."""


@dataclass(slots=True)
class Curve:
    """What was measured, by size of the log."""

    sizes: tuple[int, ...]
    figures: dict[str, dict[int, float]] = field(default_factory=dict)

    def put(self, name: str, size: int, value: float) -> None:
        self.figures.setdefault(name, {})[size] = value


# -- the whole ---------------------------------------------------------------------


def measure(
    sizes: Sequence[int], folder: Path, told: Callable[[str], None], rounds: int = ROUNDS
) -> Curve:
    curve = Curve(tuple(sizes))
    seconds = VERIFYING_SECONDS if rounds == ROUNDS else 0.1
    home = folder / "node"
    found_node(Home(home), name="xiamen")
    with opened(home) as node:
        events = openings(node)
        made = [0]

        def counted() -> Iterator[PendingEvent]:
            for event in events:
                made[0] += 1
                yield event

        source = counted()
        for size in sizes:
            told(f"growing to {size:,}")
            grow(node, size - 3 * BATCH if size > 10 * BATCH else size // 2, source)
            tree, signed = tree_and_signing(node, source, min(2 * BATCH, size // 4))
            curve.put("tree / signing", size, tree / signed)
            node.settle()
            grow(node, size - 1, source)
            node.settle()
            told(f"{size:,}: proofs and statements")
            proof, hashes = proving(node)
            curve.put("inclusion proof, us", size, proof)
            curve.put("inclusion proof, hashes", size, hashes)
            statement, length = stating(node, made[0])
            curve.put("history statement, us", size, statement)
            curve.put("history statement, bytes", size, length)
            told(f"{size:,}: committing")
            committed, signing = committing_us(size, rounds)
            curve.put("commitment / signing", size, committed / signing)
            told(f"{size:,}: auditing")
            before = verifying_rate(seconds)
            rate, own, helper = auditing(home)
            base = (before + verifying_rate(seconds)) / 2
            curve.put("audit / verifying on all cores", size, rate / base)
            curve.put("audit, entries/s", size, rate)
            curve.put("audit, MiB", size, own)
            curve.put("audit, MiB of a helper", size, helper)
        told("appending beside a process that commits")
        entries = min(BESIDE, sizes[-1] // 2)
        curve.put("append beside / alone", sizes[-1], beside(home, node, source, entries, rounds))
    first, last = sizes[0], sizes[-1]
    for name in ("inclusion proof, us", "history statement, us"):
        figures = curve.figures[name]
        curve.put(f"{name[:-4]}, to that at {first:,}", last, figures[last] / figures[first])
    return curve


def print_line(line: str) -> None:
    print(line, file=sys.stderr)


ASKED = {
    "tree / signing": "at most 0.25",
    "commitment / signing": "under 0.60",
    "append beside / alone": "at least 0.90",
    "inclusion proof, hashes": "at most 20",
    f"inclusion proof, to that at {SIZES[0]:,}": "at most 1.30",
    f"history statement, to that at {SIZES[0]:,}": "at most 1.30",
    "audit / verifying on all cores": "at least 0.85",
}


def show(curve: Curve, place: dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table(title="one log, as it grows; medians")
    table.add_column("what")
    for size in curve.sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("asked")
    for name, figures in curve.figures.items():
        cells = [
            ""
            if (value := figures.get(size)) is None
            else f"{value:,.2f}"
            if value < 20
            else f"{value:,.0f}"
            for size in curve.sizes
        ]
        table.add_row(name, *cells, ASKED.get(name, ""))
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {what}" for name, what in place.items()))


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench log", description=__doc__)
    parser.add_argument("--sizes", help="of the log, ascending, with commas between")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; needs some 3 GB")
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
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as place_of_it:
        curve = measure(sizes, Path(place_of_it), print_line, 1 if chosen.quick else ROUNDS)
    if chosen.json:
        figures = {name: {str(s): v for s, v in at.items()} for name, at in curve.figures.items()}
        print(json.dumps({"machine": place, "figures": figures}, indent=1))
    else:
        show(curve, place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
