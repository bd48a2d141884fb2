"""What ``scripts/bench projections`` measures, one measurement a process.

    python -m scripts._bench_projection_cases CASE FOLDER STORE NAME SIZE

prints one JSON object. STORE is ``sqlite`` or the address of a PostgreSQL database, in which NAME
is the node and its schema. A case works on the node in FOLDER, which ``grow`` founds and fills.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from api.asking import Question, ask
from api.models import helpers_of, log_of, place_of, read_models
from ledger.bootstrap import found_node, open_node
from ledger.codec import decode
from ledger.entry import Actor, PendingEvent
from ledger.events.records import RecordCollected
from ledger.home import Home
from ledger.identifiers.uuid7 import uuid7
from ledger.node import Node
from ledger.signing.passphrase import PassphraseSource
from projections.models.derive import derive
from projections.models.rebuild import rebuild
from projections.models.runner import catch_up
from projections.models.store import ReadModels
from scripts import _sample
from scripts._bench_cases import Task as StockTask
from scripts._bench_cases import _stock_env
from scripts._bench_facts import OPERATOR, StockCollected, StockEvent, facts, stock
from scripts._bench_log_cases import code_of, grow, openings

STOCK_BATCH = 500
LARGE = "12350200" + "B" + "00000000"
"""A supplier of a fifth of all records."""
HISTORIES = 60
WAIT = 600.0
Report = dict[str, float]


@dataclass(frozen=True, slots=True)
class Task:
    folder: Path
    store: str
    name: str
    size: int

    @property
    def home(self) -> Home:
        return Home(self.folder / "node")

    def opened(self) -> Node:
        return open_node(self.home, PassphraseSource.none())


def recorded(node: Node, first: int) -> Iterator[PendingEvent]:
    """A new organisation, then a penalty of it, and so on, from the number ``first`` on."""
    actor = Actor(node.name, OPERATOR)
    for number, opening in enumerate(openings(node, first), first):
        yield opening
        supplier = LARGE if number % 5 == 0 else f"12350200C{number % 100:08d}"
        collected = RecordCollected(
            record=str(uuid7(1_760_000_000_000 + number, number.to_bytes(10, "big"))),
            item="administrative_penalty",
            tier="general",
            adverse=True,
            supplier=supplier,
            organ=supplier,
            document_number=f"示例〔2025〕{number}号",
            decided_on=date(2025, 3, 4),
            held_from=date(2025, 3, 4),
            held_until=date(2030, 3, 4),
            publicity="public",
            publish_from=date(2025, 3, 4),
            publish_until=date(2026, 3, 4),
            legal_basis="《示例法》第一条",
            categories=("警告", "罚款"),
            amounts={"fine": "3.5"},
        )
        yield PendingEvent(opening.originator_id, 2, collected, actor)


def _next(size: int) -> int:
    """A number above all that a log of so many entries holds, and next to them."""
    return size // 2 + 1


def filled(task: Task) -> Report:
    """Grow the log of the node to SIZE; found it where there is none."""
    if not task.home.path.exists():
        url = None if task.store == "sqlite" else task.store
        found_node(task.home, name=task.name, store_url=url)
    with task.opened() as node:
        start = node.store.size()
        began = time.perf_counter()
        grow(node, task.size, recorded(node, _next(start)))
        node.settle()
        return {"entries": node.store.size() - start, "seconds": time.perf_counter() - began}


def decoding(task: Task) -> Report:
    """A plain loop: each row of the log, decoded and forgotten."""
    with task.opened() as node:
        gc.freeze()
        began = time.perf_counter()
        count = 0
        for stored in node.store.scan():
            decode(stored)
            count += 1
        return _rate(count, began)


def rebuilding(task: Task) -> Report:
    """A rebuild from nothing, on every core, with indexes and the swap."""
    with task.opened() as node, ReadModels(place_of(node)) as models:
        began = time.perf_counter()
        position = rebuild(log_of(node), models, derive, helpers=helpers_of(node))
        report = _rate(position.size, began)
        helpers = helpers_of(node).count
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return report | {"mib": (own + helpers * child) / 1024}


def following(task: Task) -> Report:
    """Catching up with SIZE more entries, in batches."""
    with task.opened() as node:
        with read_models(node) as models:
            start = node.store.size()
            grow(node, start + task.size, recorded(node, _next(start)))
            gc.freeze()
            began = time.perf_counter()
            position = catch_up(log_of(node), models, derive)
        return _rate(position.size - start, began)


def beside(task: Task) -> Report:
    """Catching up while a file of SIZE / 2 rows is imported: how far behind at its end?"""
    sample = _sample.penalties(task.size // 2, seed=uuid4().int, bad=False)
    file = task.folder / "rows.csv"
    _sample.write_csv(file, sample)
    home = str(task.home.path)
    node = task.opened()
    admit = ["organisation", "admit", "--id", sample.supplier, "--name", sample.supplier_name]
    _program([*admit, "--role", "supplier", "--from", "2020-01-01", "--home", home]).wait()
    with node, read_models(node) as models:
        start, began, lags = node.store.size(), time.perf_counter(), [0]
        bringing = ["import", str(file), "--supplier", sample.supplier, "--operator", OPERATOR]
        importing = _program([*bringing, "--home", home])
        ended = 0.0
        while importing.poll() is None:
            position = catch_up(log_of(node), models, derive)
            lags.append(node.store.size() - position.size)
        ended = time.perf_counter()
        count = node.store.size() - start
        catch_up(log_of(node), models, derive)
        return {
            "import_rate": count / (ended - began),
            "lag": float(max(lags)),
            "seconds_behind": time.perf_counter() - ended,
        }


def _program(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "api", *arguments], stdout=subprocess.DEVNULL)


def histories(task: Task) -> Report:
    """The history of one organisation, any of them: microseconds, the median."""
    taken = []
    with task.opened() as node:
        subjects = node.store.size() * 49 // 100
        draw = random.Random(1)  # noqa: S311 - the same each time
        for _ in range(HISTORIES):
            code = code_of(draw.randrange(subjects // 2, subjects))
            began = time.perf_counter()
            ask(node, Question(scheme="uscc", identifier=code))
            taken.append(time.perf_counter() - began)
    return {"us": median(taken) * 1e6}


# -- the stock library ------------------------------------------------------------------


class View(PostgresTrackingRecorder):
    """One table, a row for each record, with the position in one transaction."""

    def __init__(self, datastore: PostgresDatastore, **given: object) -> None:
        super().__init__(datastore, **given)  # type: ignore[arg-type]
        schema = Identifier(self.datastore.schema)
        columns = "subject text, record text, item text, state text, since text, until text"
        made = f"CREATE TABLE IF NOT EXISTS {{0}}.states ({columns})"
        self.sql_create_statements.append(SQL(made).format(schema))
        self._insert = SQL("INSERT INTO {0}.states VALUES (%s, %s, %s, %s, %s, %s)").format(schema)

    def put(self, row: tuple[str, ...] | None, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            if row is not None:
                cursor.execute(self._insert, row)


class States(Projection[View]):
    name = "states"

    def process_event(self, domain_event: StockEvent, tracking: Tracking) -> None:
        row = None
        if isinstance(domain_event, StockCollected):
            since, until = domain_event.held_from, domain_event.held_until
            subject, record = str(domain_event.originator_id), domain_event.record
            row = (subject, record, domain_event.item, "valid", since, until)
        self.view.put(row, tracking)


def stock_runner(task: Task) -> Report:
    """The library's projection runner, on PostgreSQL, from the first event on."""
    environment = _stock_env(StockTask(task.size, STOCK_BATCH, task.folder, task.store, task.name))
    application = Application[UUID](env=environment)
    events = iter([stock(fact) for fact in facts(task.size)])
    while some := list(islice(events, STOCK_BATCH)):
        application.save(*some)
    last = application.recorder.max_notification_id()
    gc.freeze()
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Application[UUID],
        projection_class=States,
        view_class=View,
        env=environment,
    ) as runner:
        runner.wait(last, timeout=WAIT)
    report = _rate(task.size, began)
    application.close()
    return report


def _rate(count: int, began: float) -> Report:
    return {"entries": count, "rate": count / (time.perf_counter() - began)}


CASES: dict[str, Callable[[Task], Report]] = {
    "grow": filled,
    "decode": decoding,
    "rebuild": rebuilding,
    "catch_up": following,
    "beside": beside,
    "history": histories,
    "stock": stock_runner,
}


def main() -> int:
    case, folder, store, name, size = sys.argv[1:]
    print(json.dumps(CASES[case](Task(Path(folder), store, name, int(size)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
