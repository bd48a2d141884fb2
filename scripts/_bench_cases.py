"""What ``scripts/bench`` measures, one measurement a process.

    python -m scripts._bench_cases CASE EVENTS BATCH FOLDER STORE NAME

prints one JSON object: the events, the seconds they took, and what else the case has to
say. STORE is ``sqlite`` or the address of a PostgreSQL database, in which NAME is the
schema. Preparing (facts, a node, a file) is not timed. What was prepared is frozen first,
for every case alike: the collector would walk it again and again.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from eventsourcing.application import Application
from psycopg.conninfo import conninfo_to_dict

from api.cli.main import run as credit_ledger
from ledger.bootstrap import found_node, open_node, signing_aside
from ledger.commands.governance_commands import AdmitOrganisation
from ledger.entry import ENTRY_PAYLOAD_TYPE, Actor, StoredDraft
from ledger.errors import ExitCode
from ledger.home import Home
from ledger.node import Node
from ledger.orders import Order
from ledger.signing import dsse
from ledger.signing.keys import new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.storage.ahead import Ahead
from ledger.storage.port import Guard
from scripts import _sample
from scripts._bench_facts import OPERATOR, Fact, facts, pending, stock
from scripts._bench_place import make_schema

STEP = 10
"""Events made at once while the signer works: the append path asks for small pieces."""

T = TypeVar("T")
Report = dict[str, object]


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement: how many events, how many a transaction, and where."""

    events: int
    batch: int
    folder: Path
    store: str
    """``sqlite``, or a PostgreSQL address."""
    name: str
    """Of the node, which is that of its schema on PostgreSQL."""

    @property
    def is_sqlite(self) -> bool:
        return self.store == "sqlite"


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _freeze() -> None:
    gc.collect()
    gc.freeze()


# -- libsodium -------------------------------------------------------------------


def sign(task: Task) -> Report:
    """Signatures over payloads of the size that ours have; nothing else."""
    with _open(_home(task)) as node:
        drafts = _drafts(node, facts(task.events))
    gap = b"0" * len('null,"recorded_at":"2026-03-02T01:15:00.000000Z"')
    payloads = [draft.head + gap + draft.tail for draft in drafts]
    messages = [dsse.pae(ENTRY_PAYLOAD_TYPE, payload) for payload in payloads]
    key = new_signing_key(bytes(32))
    _freeze()
    start = time.perf_counter()
    for message in messages:
        key.sign(message)
    seconds = time.perf_counter() - start
    return {
        "events": len(messages),
        "seconds": seconds,
        "bytes": sum(map(len, payloads)) / len(payloads),
    }


# -- the stock application ---------------------------------------------------------


def stock_default(task: Task) -> Report:
    """The library as it comes."""
    return _stock(task, None)


def stock_full(task: Task) -> Report:
    """The library with every commit synced, whatever this SQLite was built to do."""
    return _stock(task, "FULL")


def _stock(task: Task, synchronous: str | None) -> Report:
    application = Application[UUID](env=_stock_env(task))
    events = [stock(fact) for fact in facts(task.events)]
    found = _synchronous(application, synchronous) if task.is_sqlite else None
    _freeze()
    start = time.perf_counter()
    for chunk in _chunks(events, task.batch):
        application.save(*chunk)
    seconds = time.perf_counter() - start
    stored = [application.mapper.to_stored_event(event) for event in events]
    last = application.recorder.max_notification_id()
    assert last == len(events), f"{last} of {len(events)} events were stored"
    application.close()
    size = sum(len(event.state) for event in stored) / len(stored)
    return {"events": len(events), "seconds": seconds, "bytes": size, "synchronous": found}


def _stock_env(task: Task) -> dict[str, str]:
    if task.is_sqlite:
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(task.folder / "stock.sqlite"),
        }
    make_schema(task.store, task.name)
    found = conninfo_to_dict(task.store)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(found.get("dbname", "postgres")),
        "POSTGRES_HOST": str(found.get("host", "")),
        "POSTGRES_PORT": str(found.get("port", "5432")),
        "POSTGRES_USER": str(found.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(found.get("password", "")),
        "POSTGRES_SCHEMA": task.name,
    }


def _synchronous(application: Application[UUID], wanted: str | None) -> int:
    """Sets ``synchronous`` on the one connection that a single writer uses; what it then is."""
    datastore = cast("Any", application.recorder).datastore
    with datastore.get_connection(commit=True) as connection:
        cursor = connection.cursor()
        if wanted is not None:
            cursor.execute(f"PRAGMA synchronous = {wanted}")
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


# -- ours ----------------------------------------------------------------------------


def _home(task: Task) -> Home:
    home = Home(task.folder / "node")
    found_node(home, name=task.name, store_url=None if task.is_sqlite else task.store)
    return home


def _open(home: Home) -> Node:
    return open_node(home, PassphraseSource.none())


def _drafts(node: Node, made: Sequence[Fact]) -> list[StoredDraft]:
    """From bare values: validated, encoded canonically, the bytes checked."""
    return node.application.encode([pending(fact) for fact in made])


def inline(task: Task) -> Report:
    """Validated, canonical, signed, chained, indexed, synced; all in this process."""
    return _append(task, contextlib.nullcontext)


def signer(task: Task) -> Report:
    """The same with a signer process, the next drafts made while it works."""
    return _append(task, signing_aside)


def _append(
    task: Task, aside: Callable[[Node], contextlib.AbstractContextManager[object]]
) -> Report:
    made = facts(task.events)
    with _open(_home(task)) as node, aside(node):
        sealing = node.store.sealing
        assert sealing is not None
        founded = node.store.size()
        guard = Guard(day=node.today(), governance=node.registry().index)
        _freeze()
        start = time.perf_counter()
        chunks = _chunks(made, STEP)
        ahead = Ahead((_drafts(node, chunk) for chunk in chunks), task.batch // STEP)
        while drafts := [draft for some in ahead.take(task.batch // STEP) for draft in some]:
            node.store.append(
                drafts, sealing=sealing, guard=guard, set_aside=True, meanwhile=ahead.step
            )
        seconds = time.perf_counter() - start
        stored = node.store.size() - founded
        assert stored == len(made), f"{stored} of {len(made)} entries were stored"
        sizes = [len(entry.state) for entry in node.store.scan(founded)]
    return {"events": stored, "seconds": seconds, "bytes": sum(sizes) / stored}


def import_(task: Task) -> Report:
    """``credit-ledger import`` of a file: two entries a row, some rows back with a reason.

    From opening the file to the report: the manifest signed, every row judged, decided,
    its details sealed under a data key, bad rows written to the rejects file.
    """
    sample = _sample.penalties(task.events // 2)
    file = task.folder / "penalties.csv"
    _sample.write_csv(file, sample)
    home = _home(task)
    with _open(home) as node:
        command = AdmitOrganisation(
            organisation=sample.supplier, name=sample.supplier_name, granted=("supplier",)
        )
        node.execute(Order(command, Actor(node.name, OPERATOR)))
        founded = node.store.size()
    arguments = ["import", str(file), "--home", str(home.path), "--supplier", sample.supplier]
    arguments += ["--operator", OPERATOR, "--json"]
    expected, rejected = sample.accepted, len(sample.rejected)
    del sample
    said = io.StringIO()
    _freeze()
    start = time.perf_counter()
    with contextlib.redirect_stdout(said):
        code = credit_ledger(arguments)
    seconds = time.perf_counter() - start
    told = json.loads(said.getvalue())
    found = (code, told["accepted"], len(told["rejected"]))
    wanted = (ExitCode.REFUSED if rejected else ExitCode.DONE, expected, rejected)
    assert found == wanted, f"{found} instead of {wanted}"
    with _open(home) as node:
        stored = node.store.size() - founded
    return {"events": stored, "seconds": seconds, "rows": told["rows"]}


CASES: dict[str, Callable[[Task], Report]] = {
    "sign": sign,
    "stock": stock_default,
    "stock_full": stock_full,
    "inline": inline,
    "signer": signer,
    "import": import_,
}


def main() -> int:
    case, events, batch, folder, store, name = sys.argv[1:]
    report = CASES[case](Task(int(events), int(batch), Path(folder), store, name))
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
