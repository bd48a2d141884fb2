"""What ``scripts/bench log`` measures, each by itself. See ``_bench_log``."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from statistics import median

from api.asking import Question, ask
from api.stating import state
from ledger.bootstrap import open_node
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

ROOT = Path(__file__).resolve().parent.parent
BATCH = 1_000
PROOFS = 400
"""Of random leaves, at each size."""
STATEMENTS = 60
SIGNATURES = 2_000
"""Of one look at libsodium."""
COMMIT = 10_000
"""Entries of one commitment, as the keeper has it."""
PAYLOAD = 600
TYPE = "application/vnd.credit-ledger.entry.v1+json"

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
from scripts._bench_log_cases import PAYLOAD, TYPE
from ledger.signing.dsse import pae
from ledger.signing.keys import new_signing_key, verify_bytes
key, message = new_signing_key(bytes(32)), pae(TYPE, bytes(PAYLOAD))
signature = key.sign(message)
print(flush=True)
sys.stdin.readline()
count, start = 0, time.perf_counter()
while time.perf_counter() - start < float(sys.argv[1]):
    for _ in range(100):
        verify_bytes(key.public, message, signature)
    count += 100
print(count / (time.perf_counter() - start), flush=True)
"""


def verifying_rate(seconds: float) -> float:
    """Signatures verified a second by one process on each core, all at once."""
    cores = len(os.sched_getaffinity(0))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", VERIFYING, str(seconds)],
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
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return sum([float(each.communicate()[0]) for each in running])


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


def tree_and_signing(
    node: Node, events: Iterator[PendingEvent], entries: int
) -> tuple[float, float]:
    """Medians, in microseconds an entry, of the tree and of signing in the same appends."""
    grown: list[float] = []
    signed: list[float] = []
    sealing = node.store.sealing
    assert sealing is not None
    with timed(append, "_grow", grown), timed(type(sealing), "sign_batch", signed):
        grow(node, node.store.size() + entries, events)
    each = min(BATCH, entries) / 1e6
    return median(grown) / each, median(signed) / each


def committing_us(subjects: int, rounds: int) -> tuple[float, float]:
    """Medians, alternating: a commitment's share of an entry, and a signature."""
    drawn = random.Random(subjects)  # noqa: S311 - made-up ids
    ids = sorted(drawn.randbytes(16) for _ in range(subjects))
    leaf = drawn.randbytes(32)
    heads = Heads.build((each, (leaf,)) for each in ids)
    heads.root()
    fed = min(COMMIT, subjects)
    costs, signatures = [], []
    for _ in range(rounds):
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
from scripts._bench_log_cases import opened
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


def beside(
    home: Path, node: Node, events: Iterator[PendingEvent], entries: int, rounds: int
) -> float:
    """How much of its rate an append keeps beside a process that commits. Alternating."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * rounds):
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
from ledger.bootstrap import audit_helpers
from ledger.log.audit import audit
from ledger.log.kept import Known
from scripts._bench_log_cases import opened
with opened(Path(sys.argv[1])) as node:
    start = time.perf_counter()
    report = audit(
        node.store,
        node.data_keys,
        trusted_keys=(node.signing_key.public,),
        known=Known(mark=node.keeper.high_water.read()),
        helpers=audit_helpers(node),
    )
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
