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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Composed
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from api.asking import Question, ask
from api.following import Following, follow, status_json
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
from projections.models.tables import INDEXES, TABLES, index
from scripts import _sample
from scripts._bench_affected import taken as affected_taken
from scripts._bench_cases import Task as StockTask
from scripts._bench_cases import _stock_env
from scripts._bench_facts import OPERATOR, StockCollected, StockEvent, facts, stock
from scripts._bench_log_cases import code_of, grow, openings

STOCK_BATCH = 500
LARGE = "12350200" + "B" + "00000000"
"""A supplier of a fifth of all records."""
HISTORIES = 60
WARM = 5
"""Before them, not counted: what is read once."""
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
    """A rebuild from nothing, on every core (this process works on one), indexes and swap."""
    with task.opened() as node, ReadModels(place_of(node)) as models:
        began = time.perf_counter()
        position = rebuild(log_of(node), models, derive, helpers=helpers_of(node))
        report = _rate(position.size, began)
        helpers = helpers_of(node).count
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return report | {"mib": (own + (helpers - 1) * child) / 1024}


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


def alone(task: Task) -> Report:
    """An import of a file of SIZE / 2 rows."""
    with task.opened() as node:
        return _imported(task, node, lambda: time.sleep(0.05))


def beside(task: Task) -> Report:
    """The same while the read models catch up: how far behind are they, and at its end?"""
    lags = [0]
    with task.opened() as node, read_models(node) as models:

        def follow() -> None:
            position = catch_up(log_of(node), models, derive)
            lags.append(node.store.size() - position.size)
            if not lags[-1]:
                time.sleep(0.05)

        report = _imported(task, node, follow)
        began = time.perf_counter()
        follow()
        return report | {"lag": max(lags), "seconds_behind": time.perf_counter() - began}


def _imported(task: Task, node: Node, meanwhile: Callable[[], None]) -> Report:
    sample = _sample.penalties(task.size // 2, seed=uuid4().int, bad=False)
    file = task.folder / "rows.csv"
    _sample.write_csv(file, sample)
    home = ("--home", str(task.home.path))
    admit = ["organisation", "admit", "--id", sample.supplier, "--name", sample.supplier_name]
    _program([*admit, "--role", "supplier", "--from", "2020-01-01", *home]).wait()
    start, began = node.store.size(), time.perf_counter()
    bringing = ["import", str(file), "--supplier", sample.supplier, "--operator", OPERATOR]
    importing = _program([*bringing, *home])
    while importing.poll() is None:
        meanwhile()
    return _rate(node.store.size() - start, began)


def _program(arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "api", *arguments], stdout=subprocess.DEVNULL)


def histories(task: Task) -> Report:
    """History and status of one organisation, any of them, in a warm process: medians.

    Each is asked for once before, and that is told apart: it waits for the disk where the log is
    larger than what the system keeps of files.
    """
    first, asked, followed = [], [], []
    with task.opened() as node:
        subjects = node.store.size() * 49 // 100
        draw = random.Random(1)  # noqa: S311 - the same each time
        for _ in range(WARM + HISTORIES):
            code = code_of(draw.randrange(subjects // 2, subjects))
            history = partial(ask, node, Question("uscc", code))
            first.append(_seconds(history))
            asked.append(_seconds(history))
            followed.append(_seconds(partial(follow, node, Following("uscc", code), status_json)))
    return {
        "first": median(first[WARM:]) * 1e6,
        "history": median(asked[WARM:]) * 1e6,
        "status": median(followed[WARM:]) * 1e6,
    }


def _seconds(measure: Callable[[], object]) -> float:
    began = time.perf_counter()
    measure()
    return time.perf_counter() - began


def radius(task: Task) -> Report:
    """The blast radius of a supplier of SIZE records."""
    found = affected_taken(task.folder / task.name, task.store, task.name, task.size)
    return found._asdict()


# -- the stock library ------------------------------------------------------------------


class View(PostgresTrackingRecorder):
    """The rows that a record has in our read models, with the position in one transaction."""

    def __init__(self, datastore: PostgresDatastore, **given: Any) -> None:
        super().__init__(datastore, **given)
        schema = self.datastore.schema
        self._inserts = []
        for name in ROWS_OF_A_RECORD:
            table = TABLES[name].to_metadata(MetaData(), schema=schema)
            self.sql_create_statements.append(_made(CreateTable(table, if_not_exists=True)))
            for columns in INDEXES[name]:
                made = CreateIndex(index(table, columns, "stock"), if_not_exists=True)
                self.sql_create_statements.append(_made(made))
            marks = ", ".join(["%s"] * len(table.c))
            self._inserts.append(f'INSERT INTO "{schema}".{name} VALUES ({marks})')  # noqa: S608 - our own names

    def put(self, rows: Sequence[Sequence[object]], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            for statement, row in zip(self._inserts, rows, strict=False):
                cursor.execute(statement, row)


def _made(statement: Any) -> Composed:
    text = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    return Composed([SQL(text)])


ROWS_OF_A_RECORD = (
    *("record_states", "record_states", "publications", "periods", "deadlines"),
    *("supplier_acts", "sources"),
)
"""As many as a rebuild makes of it: a state until it expires and one from then on."""
FOREVER = 2**63 - 1


def _rows(event: StockCollected) -> Sequence[Sequence[object]]:
    """What a projection would make of it, ready made."""
    subject, because = str(event.originator_id), "[17]"
    record, item, body, since = event.record, event.item, event.supplier, event.held_from
    known, until = (17, FOREVER), event.held_until
    made_by = (subject, record, 17, body, body, body, OPERATOR, "5b" * 32, 17)
    return (
        (subject, record, item, "general", True, "public", body, body, "valid", since, because,
         since, until, *known),
        (subject, record, item, "general", True, "public", body, body, "expired", until, because,
         until, "9999-12-31", *known),
        (subject, record, item, body, body, because, since, until, *known),
        (subject, "record", record, since, until, "[]", since, until, until, because, *known),
        (subject, "publication", "record", record, record, body, since, 7, until, False, None,
         because, *known),
        (subject, body, record, "collected", None, since, 17, 17),
        (*made_by, event.document_number, "ab" * 32, since, "2026-03-02T01:15:00.000000Z", 17,
         *[FOREVER] * (len(TABLES["sources"].c) - 14)),
    )  # fmt: skip


class States(Projection[View]):
    name = "states"

    def process_event(self, domain_event: StockEvent, tracking: Tracking) -> None:
        rows = _rows(domain_event) if isinstance(domain_event, StockCollected) else ()
        self.view.put(rows, tracking)


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
    "import": alone,
    "beside": beside,
    "history": histories,
    "affected": radius,
    "stock": stock_runner,
}


def main() -> int:
    case, folder, store, name, size = sys.argv[1:]
    print(json.dumps(CASES[case](Task(Path(folder), store, name, int(size)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
