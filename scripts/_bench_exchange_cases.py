"""What ``scripts/bench exchange`` measures, one measurement a process. See ``_bench_exchange``.

    python -m scripts._bench_exchange_cases CASE FOLDER COUNT

prints one JSON object. FOLDER holds the nodes that ``found`` made. Seconds are those of this
process's own work on all its threads (``process_time``), so that one core is held against one
core; what waits for a disk is told beside it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from api.cli.main import run
from ledger.bootstrap import open_node
from ledger.codec import decode
from ledger.commands.record_commands import WithdrawRecord
from ledger.entry import ENTRY_PAYLOAD_TYPE, Actor, Entry, PendingEvent
from ledger.events.exchange import CorrectionNotified, RecordDisclosed
from ledger.events.records import NoticeServed, RecordCollected
from ledger.exchange.forms import Bundle
from ledger.exchange.judging import judge
from ledger.exchange.receive import receive
from ledger.exchange.resting import collector_rests
from ledger.exchange.send import SendOrder, made_bundle, send
from ledger.exchange.trust_list import read_trust
from ledger.home import Home
from ledger.node import Node
from ledger.orders import Order
from ledger.signing import dsse
from ledger.signing.keys import SigningKey
from ledger.signing.passphrase import PassphraseSource
from ledger.signing.quick import opener
from scripts import _sample
from scripts._bench_facts import OPERATOR

NODE, PEER = "xiamen", "zhangzhou"
BATCH = 1_000
ROUNDS = 3
SPARE = 2 * (6 * ROUNDS + 1)
"""Records that no bundle holds, for the corrections."""
OPERATED = ("--operator", OPERATOR)

Report = dict[str, float]


@dataclass(frozen=True, slots=True)
class Task:
    folder: Path
    count: int

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.json"


def cli(*words: str | Path) -> str:
    """The command line, in this process."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = run([str(word) for word in words])
    assert code == 0, f"{words}: {code}: {said.getvalue()}"
    return said.getvalue()


@contextlib.contextmanager
def opened(task: Task, name: str = NODE) -> Iterator[Node]:
    with open_node(Home(task.folder / name), PassphraseSource.none()) as node:
        node.registry()
        yield node


def _freeze() -> None:
    gc.collect()
    gc.freeze()


# -- preparing -----------------------------------------------------------------------


def found(task: Task) -> Report:
    """Two nodes that go by one trust list; ``count`` records and some at the first, each made known."""
    folder = task.folder
    sample = _sample.penalties(2 * (task.count + SPARE), bad=False)
    members = []
    for name in (NODE, PEER):
        home = folder / name
        cli("init", "--home", home, "--node", name, "--region", "350200")
        members.append(folder / f"{name}.trust.json")
        cli("trust", "export", "--home", home, "-o", members[-1])
    cli(
        "organisation", "admit", "--home", folder / NODE, "--id", sample.supplier,
        "--name", sample.supplier_name, "--role", "supplier", *OPERATED,
    )  # fmt: skip
    _agree(folder, members)
    rows = [row for row in sample.rows if "XDR_SHXYM" in row]
    organisations = replace(sample, rows=tuple(rows[: task.count + SPARE]))
    file = folder / "penalties.csv"
    _sample.write_csv(file, organisations)
    cli("import", file, "--home", folder / NODE, "--supplier", sample.supplier, *OPERATED, "--json")
    with opened(task) as node:
        made = _make_known(node)
    return {"records": made}


def _agree(folder: Path, members: Sequence[Path]) -> None:
    governor, draft, listed = (folder / name for name in ("governor.key", "draft", "list.json"))
    cli("key", "new", "-o", governor)
    now = datetime.now(UTC)
    cli(
        "trust", "make", *members, "--governor", f"{governor}.pub", "--threshold", "1",
        "--issued", now.isoformat(), "--expires", (now + timedelta(days=365)).isoformat(),
        "-o", draft,
    )  # fmt: skip
    cli("trust", "sign", draft, "--key", governor, "-o", listed)
    for name in (NODE, PEER):
        cli("trust", "adopt", listed, "--home", folder / name, *OPERATED)


def _make_known(node: Node) -> int:
    """Each subject was told of its record: without that no sanction may rest on it."""
    today, actor = node.today(), Actor(node.name, OPERATOR)
    events = (
        PendingEvent(
            entry.stream.key,
            entry.seq + 1,
            NoticeServed(record=_record(entry), served_on=today, channel="mail"),
            actor,
        )
        for entry in collected(node)
    )
    made = 0
    while batch := list(islice(events, BATCH)):
        node.save(batch, today, None)
        made += len(batch)
    return made


def collected(node: Node) -> Iterator[Entry]:
    """Every record that this node collected, by index."""
    topic = RecordCollected.topic()
    stored = [one for one in node.store.scan(0) if one.topic == topic]
    return (decode(one) for one in stored)


# -- a bundle -------------------------------------------------------------------------


def make(task: Task) -> Report:
    """Make one bundle of ``count`` records; libsodium on the signatures in it, before and after.

    Each entry was read from the store, its signature verified, its place proved; the bundle was
    built, written as canonical JSON, signed, put into its envelope. What the log then says of it
    is measured apart (``record``).
    """
    with opened(task) as node:
        order = _order(node, task.count)
        node.settle_witnessed()
        _freeze()
        start = time.process_time()
        with collector_rests():
            made = made_bundle(node, order, node.today())
        data = made.sealed.data
        seconds = time.process_time() - start
    task.bundle.write_bytes(data)
    signed = [
        (dsse.pae(ENTRY_PAYLOAD_TYPE, one.payload), one.signature)
        for one in made.bundle.logs[0].entries
    ]
    key = node.signing_key
    return {
        "entries": len(signed),
        "megabytes": len(data) / 1e6,
        "seconds": seconds,
        "verifying": _verifying([(s + m) for m, s in signed], key.public),
        "signing": _signing([m for m, _ in signed], key),
        "mib": _peak_mib(),
    }


def _order(node: Node, count: int) -> SendOrder:
    records = [entry.facts.record for entry in islice(collected(node), count)]  # type: ignore[attr-defined]
    assert len(records) == count
    return SendOrder(
        to=PEER,
        records=[(record, None) for record in records],
        operator=OPERATOR,
        purpose="联合惩戒",
        basis="示例法第三条",
    )


def record(task: Task) -> Report:
    """All of ``exchange send`` but for the command line: made, and told in the log."""
    with opened(task) as node:
        order = _order(node, task.count)
        node.settle_witnessed()
        _freeze()
        start, began = time.process_time(), time.perf_counter()
        send(node, order)
        return {
            "seconds": time.process_time() - start,
            "elapsed": time.perf_counter() - began,
            "mib": _peak_mib(),
        }


def verify(task: Task) -> Report:
    """Judge the bundle that ``make`` wrote; libsodium on the signatures in it, in turns."""
    data = task.bundle.read_bytes()
    trust = read_trust((task.folder / "list.json").read_bytes())
    bundle = judge(data, trust).message
    assert isinstance(bundle, Bundle)
    (section,) = bundle.logs
    key = trust.key_of(section.entries[0].keyid)
    assert key is not None
    signed = [one.signature + dsse.pae(ENTRY_PAYLOAD_TYPE, one.payload) for one in section.entries]
    records = len(bundle.records)
    del bundle, section
    _freeze()
    seconds, verifying = [], []
    for _ in range(ROUNDS):
        verifying.append(_verifying(signed, key.raw))
        start = time.process_time()
        judged = judge(data, trust, own=PEER)
        seconds.append(time.process_time() - start)
        assert judged.verdict.is_good, judged.verdict.detail()
        assert len(judged.received) == records
        del judged
        gc.collect()
    return {
        "entries": len(signed),
        "seconds": median(seconds),
        "verifying": median(verifying),
    }


def verify_once(task: Task) -> Report:
    """The memory that one judgement takes."""
    data = task.bundle.read_bytes()
    trust = read_trust((task.folder / "list.json").read_bytes())
    before = _peak_mib()
    start = time.process_time()
    assert judge(data, trust, own=PEER).verdict.is_good
    return {"seconds": time.process_time() - start, "mib": _peak_mib(), "before": before}


def take_in(task: Task) -> Report:
    """The peer takes the bundle in: judged, entered, answered."""
    data = task.bundle.read_bytes()
    with opened(task, PEER) as node:
        _freeze()
        start, began = time.process_time(), time.perf_counter()
        received = receive(node, data, OPERATOR)
        seconds, elapsed = time.process_time() - start, time.perf_counter() - began
    assert received.verdict == "accepted", received.reason
    return {"seconds": seconds, "elapsed": elapsed, "mib": _peak_mib()}


def _verifying(signed: Sequence[bytes], key: bytes) -> float:
    """Seconds of libsodium itself, with no call of Python's between."""
    opens = opener()
    start = time.process_time()
    for one in signed:
        opens(one, key)
    return time.process_time() - start


def _signing(messages: Sequence[bytes], key: SigningKey) -> float:
    start = time.process_time()
    for one in messages:
        key.sign(one)
    return time.process_time() - start


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# -- a correction -----------------------------------------------------------------------


def correct(task: Task) -> Report:
    """Withdraw records that ``count`` nodes received, beside as many notices merely appended.

    Both in turns, each a transaction of ``count`` notices (and the act); by the clock, for both
    wait for the disk.
    """
    with opened(task) as node:
        entries = list(collected(node))[-SPARE:]
        for one in entries:
            _disclose(node, one, task.count)
        _freeze()
        withdrawn, appended = [], []
        for number, one in enumerate(entries):
            if number % 2:
                withdrawn.append(_withdraw(node, one, task.count))
            else:
                appended.append(_append(node, one, task.count))
    return {"withdrawn": median(withdrawn[1:]), "appended": median(appended[1:])}


def _disclose(node: Node, one: Entry, count: int) -> None:
    """``count`` nodes received it."""
    today, actor = node.today(), Actor(node.name, OPERATOR)
    events = [
        PendingEvent(
            one.stream.key,
            3 + number,
            RecordDisclosed(
                record=_record(one),
                recipient=f"node-{number}",
                bundle="5b" * 32,
                purpose="联合惩戒",
                legal_basis="示例法第三条",
            ),
            actor,
        )
        for number in range(1, count + 1)
    ]
    node.save(events, today, None)


def _record(one: Entry) -> str:
    assert isinstance(one.facts, RecordCollected)
    return one.facts.record


def _withdraw(node: Node, one: Entry, count: int) -> float:
    assert isinstance(one.facts, RecordCollected)
    command = WithdrawRecord(
        record=_record(one), cause="supplier_error", fault="none", effective="from_beginning"
    )
    order = Order(command, Actor(one.facts.supplier, OPERATOR))
    size = node.store.size()
    start = time.perf_counter()
    node.execute(order)
    seconds = time.perf_counter() - start
    made = [each for each in node.store.scan(size) if each.topic == CorrectionNotified.topic()]
    assert len(made) == count, len(made)
    return seconds


def _append(node: Node, one: Entry, count: int) -> float:
    """The same notices, with nothing to decide and nothing to read."""
    today, actor = node.today(), Actor(node.name, OPERATOR)
    start = time.perf_counter()
    events = [
        PendingEvent(
            one.stream.key,
            3 + count + number,
            CorrectionNotified(
                notice=node.new_id(),
                record=_record(one),
                recipient=f"node-{number}",
                act="withdrawal",
                required="lift",
                due_on=today,
                acted=2,
            ),
            actor,
        )
        for number in range(1, count + 1)
    ]
    node.save(events, today, None)
    return time.perf_counter() - start


CASES: dict[str, Callable[[Task], Report]] = {
    "found": found,
    "make": make,
    "record": record,
    "verify": verify,
    "verify_once": verify_once,
    "take_in": take_in,
    "correct": correct,
}


def main() -> int:
    case, folder, count = sys.argv[1:]
    print(json.dumps(CASES[case](Task(Path(folder), int(count)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
