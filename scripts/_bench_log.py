"""``scripts/bench log``: what the tree, the commitment, proofs and the audit cost.

Everything is held against libsodium in the same run: signing for what happens at an append,
verifying on every core at once for the audit. One log grows from size to size; at each the
same things are measured, so that the curves are of one log. Medians throughout.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from api.asking import Question, ask
from api.stating import state
from ledger.bootstrap import found_node, open_node
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.events.subjects import SubjectOpened
from ledger.home import Home
from ledger.identifiers.uscc import check_character
from ledger.log.heads import Heads
from ledger.log.tree import StoreTree
from ledger.node import Node
from ledger.signing.dsse import pae
from ledger.signing.keys import new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.storage import append
from ledger.storage.port import Guard
from scripts._bench_place import machine

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (600, 1_200, 2_400)
BATCH = 1_000
PROOFS = 400
"""Of random leaves, at each size."""
STATEMENTS = 60
SIGNATURES = 2_000
"""Of one look at libsodium."""
COMMIT = 10_000
"""Entries of one commitment, as the keeper has it."""
BESIDE = 20_000
"""Entries appended alone, and beside a process that commits."""
ROUNDS = 5
PAYLOAD = 600
TYPE = "application/vnd.credit-ledger.entry.v1+json"

Figures = dict[str, float]


@dataclass(slots=True)
class Curve:
    """What was measured, by size of the log."""

    sizes: tuple[int, ...]
    figures: dict[str, dict[int, float]] = field(default_factory=dict)

    def put(self, name: str, size: int, value: float) -> None:
        self.figures.setdefault(name, {})[size] = value


# -- libsodium ---------------------------------------------------------------------


def signing_us() -> float:
    """Microseconds of one signature over a message of an entry's size."""
    key, message = new_signing_key(bytes(32)), pae(TYPE, bytes(PAYLOAD))
    start = time.perf_counter()
    for _ in range(SIGNATURES):
        key.sign(message)
    return (time.perf_counter() - start) / SIGNATURES * 1e6


VERIFYING = """
import sys, time
from scripts._bench_log import PAYLOAD, TYPE
from ledger.signing.dsse import pae
from ledger.signing.keys import new_signing_key, verify_bytes
key, message = new_signing_key(bytes(32)), pae(TYPE, bytes(PAYLOAD))
signature = key.sign(message)
print(flush=True)
sys.stdin.readline()
count, start = 0, time.perf_counter()
while time.perf_counter() - start < 2.0:
    for _ in range(100):
        verify_bytes(key.public, message, signature)
    count += 100
print(count / (time.perf_counter() - start), flush=True)
"""


def verifying_rate() -> float:
    """Signatures verified a second by one process on each core, all at once."""
    cores = len(os.sched_getaffinity(0))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", VERIFYING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(cores)
    ]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    rates = []
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    for each in running:
        rates.append(float(each.communicate()[0]))
    return sum(rates)


# -- a log that grows --------------------------------------------------------------


def opened(home: Path) -> Node:
    return open_node(Home(home), PassphraseSource.none())


def code_of(number: int) -> str:
    """A made-up code for each number below 10^9: 91 350299 and nine digits."""
    body = f"91350299{number:09d}"
    return body + check_character(body)


def openings(node: Node, first: int = 0) -> Iterator[PendingEvent]:
    """One new organisation after the other."""
    actor = Actor(node.name, "bench01")
    for number in count(first):
        code = code_of(number)
        facts = SubjectOpened.model_validate(
            {
                "kind": "legal_person",
                "scheme": "uscc",
                "region": "350200",
                "identifier": code,
                "name": f"示例{number}",
            }
        )
        stream = StreamId("subject", node.subject_uuid("uscc", code))
        yield PendingEvent(stream.key, 1, facts, actor)


def grow(node: Node, size: int, events: Iterator[PendingEvent]) -> None:
    """Append until the log has ``size`` entries; what the keeper writes counts too."""
    sealing = node.store.sealing
    assert sealing is not None
    guard = Guard(governance=node.registry().index)
    while (left := size - node.store.size()) > 0:
        drafts = node.application.encode(list(islice(events, min(BATCH, left))))
        node.store.append(drafts, sealing=sealing, guard=guard)
        node.wrote()


# -- what is measured --------------------------------------------------------------


@contextmanager
def timed(place: object, name: str, taken: list[float]) -> Iterator[None]:
    """The seconds of each call of ``place.name`` go into ``taken``."""
    function: Callable[..., object] = getattr(place, name)

    def timing(*given: object, **named: object) -> object:
        start = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            taken.append(time.perf_counter() - start)

    setattr(place, name, timing)
    try:
        yield
    finally:
        setattr(place, name, function)


def tree_and_signing(node: Node, events: Iterator[PendingEvent], entries: int) -> tuple[float, float]:
    """Medians, in microseconds an entry, of the tree and of signing in the same appends."""
    grown: list[float] = []
    signed: list[float] = []
    sealing = node.store.sealing
    assert sealing is not None
    with timed(append, "_grow", grown), timed(type(sealing), "sign_batch", signed):
        grow(node, node.store.size() + entries, events)
    each = min(BATCH, entries) / 1e6
    return median(grown) / each, median(signed) / each


def committing_us(subjects: int) -> tuple[float, float]:
    """Medians, alternating: a commitment's share of an entry, and a signature."""
    drawn = random.Random(subjects)  # noqa: S311 - made-up ids
    ids = sorted(drawn.randbytes(16) for _ in range(subjects))
    leaf = drawn.randbytes(32)
    heads = Heads.build((each, (leaf,)) for each in ids)
    heads.root()
    fed = min(COMMIT, subjects)
    costs, signatures = [], []
    for _ in range(ROUNDS):
        chosen = [ids[drawn.randrange(subjects)] for _ in range(fed)]
        hashes = [drawn.randbytes(32) for _ in range(fed)]
        start = time.perf_counter()
        heads.extend(chosen, hashes)
        heads.root()
        costs.append((time.perf_counter() - start) / fed * 1e6)
        signatures.append(signing_us())
    return median(costs), median(signatures)


FOLLOWING = """
import sys, threading
from pathlib import Path
from scripts._bench_log import opened
node = opened(Path(sys.argv[1]))
node.keeper.follow(node.store.size())
print(flush=True)
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
while not over.wait(0.05):
    if node.store.size() > node.keeper.followed + 1:
        node.keeper.tick()
node.close()
"""


@contextmanager
def follower(home: Path) -> Iterator[None]:
    """A process that follows the log and commits each second or 10,000 entries."""
    process = subprocess.Popen(
        [sys.executable, "-c", FOLLOWING, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.communicate("\n")


def beside(home: Path, node: Node, events: Iterator[PendingEvent], entries: int) -> float:
    """How much of its rate an append keeps beside a process that commits. Alternating."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * ROUNDS):
        is_beside = number % 2 == 1
        chosen = list(islice(events, entries))
        with follower(home) if is_beside else contextless():
            start = time.perf_counter()
            sealing = node.store.sealing
            assert sealing is not None
            guard = Guard(governance=node.registry().index)
            for first in range(0, entries, BATCH):
                drafts = node.application.encode(chosen[first : first + BATCH])
                node.store.append(drafts, sealing=sealing, guard=guard)
            rates[is_beside].append(entries / (time.perf_counter() - start))
    return median(rates[True]) / median(rates[False])


@contextmanager
def contextless() -> Iterator[None]:
    yield


def proving(node: Node) -> tuple[float, int]:
    """The median microseconds of an inclusion proof in a warm process, and its most hashes."""
    size = node.store.size()
    tree = StoreTree(node.store, size)
    drawn = random.Random(size)  # noqa: S311
    taken, most = [], 0
    for number in range(2 * PROOFS):
        index = drawn.randrange(size)
        start = time.perf_counter()
        proof = tree.inclusion(index)
        if number >= PROOFS:
            taken.append(time.perf_counter() - start)
        most = max(most, len(proof))
    return median(taken) * 1e6, most


AUDITING = """
import json, resource, sys, time
from pathlib import Path
from ledger.log.audit import audit
from scripts._bench_log import opened
with opened(Path(sys.argv[1])) as node:
    start = time.perf_counter()
    report = audit(node.store, node.data_keys, trusted_keys=(node.signing_key.public,))
    seconds = time.perf_counter() - start
assert report.ok, report.faults[:3]
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([report.entries / seconds, own, children]))
"""


def auditing(home: Path) -> tuple[float, float, float]:
    """Entries a second of a whole audit; MiB of its own process, and of its largest helper."""
    done = subprocess.run(
        [sys.executable, "-c", AUDITING, str(home)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    rate, own, children = json.loads(done.stdout)
    return rate, own / 1024, children / 1024


def stating(node: Node, subjects: int) -> tuple[float, float]:
    """The median microseconds of a history statement in a warm process, and its bytes.

    With the commitment and the checkpoint that it rests on: each look is an entry.
    """
    drawn = random.Random(subjects)  # noqa: S311 - which ones does not matter
    taken, size = [], 0
    for number in range(2 * STATEMENTS):
        question = Question(
            "uscc",
            code_of(drawn.randrange(subjects)),
            operator="bench01",
            purpose="示例",
            basis="示例法",
            statement=True,
        )
        told = ask(node, question)  # a look that is registered
        start = time.perf_counter()
        made = state(node, question, told)
        if number >= STATEMENTS:
            taken.append(time.perf_counter() - start)
        size = len(made)
    return median(taken) * 1e6, size


# -- the whole ---------------------------------------------------------------------


def measure(sizes: Sequence[int], folder: Path, told: Callable[[str], None]) -> Curve:
    curve = Curve(tuple(sizes))
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
            committed, signing = committing_us(size)
            curve.put("commitment / signing", size, committed / signing)
            told(f"{size:,}: auditing")
            before = verifying_rate()
            rate, own, helper = auditing(home)
            base = (before + verifying_rate()) / 2
            curve.put("audit / verifying on all cores", size, rate / base)
            curve.put("audit, entries/s", size, rate)
            curve.put("audit, MiB", size, own)
            curve.put("audit, MiB of a helper", size, helper)
        told("appending beside a process that commits")
        entries = min(BESIDE, sizes[-1] // 2)
        curve.put("append beside / alone", sizes[-1], beside(home, node, source, entries))
    first, last = sizes[0], sizes[-1]
    for name in ("inclusion proof, us", "history statement, us"):
        figures = curve.figures[name]
        curve.put(f"{name[:-4]}, to that at {first:,}", last, figures[last] / figures[first])
    return curve


ASKED = {
    "tree / signing": "at most 0.25",
    "commitment / signing": "under 0.60",
    "append beside / alone": "at least 0.90",
    "inclusion proof, hashes": "at most 20",
    f"inclusion proof, to that at {SIZES[0]:,}": "at most 1.30",
    f"history statement, to that at {SIZES[0]:,}": "at most 1.30",
    "audit / verifying on all cores": "at least 0.85",
}


def show(curve: Curve, place: Figures | dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 110)
    table = Table(title="one log, as it grows; medians")
    table.add_column("what")
    for size in curve.sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("asked")
    for name, figures in curve.figures.items():
        cells = [
            "" if (value := figures.get(size)) is None else f"{value:,.2f}" if value < 20 else f"{value:,.0f}"
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
        curve = measure(sizes, Path(place_of_it), lambda line: print(line, file=sys.stderr))
    if chosen.json:
        figures = {name: {str(s): v for s, v in at.items()} for name, at in curve.figures.items()}
        print(json.dumps({"machine": place, "figures": figures}, indent=1))
    else:
        show(curve, place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
