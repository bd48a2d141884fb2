"""An audit on every core finds what an audit in one process finds."""

from __future__ import annotations

import json
import marshal
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.bootstrap import audit_helpers
from ledger.log import helper, judges, parting, parts
from ledger.log.audit import audit
from ledger.log.faults import AuditReport
from ledger.log.forms import forms
from ledger.log.helper import Helper, Silent, started
from ledger.log.judges import Helpers
from ledger.log.judging import Block, Judge
from ledger.signing.dsse import ENTRY, sign
from ledger.signing.keys import new_signing_key
from ledger.storage.opening import StoreAddress
from ledger.storage.port import EntryStore
from tests.unit.log.rewriting import Forger, forged

BLOCK = 50


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def founded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forger]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with forged(tmp_path_factory.mktemp("helped"), url) as forger:
        yield forger


@pytest.fixture
def forger(founded: Forger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forger]:
    monkeypatch.setattr(judges, "MIN_ENTRIES", 0)
    monkeypatch.setattr(judges, "BLOCK", BLOCK)
    monkeypatch.setattr(judges, "AHEAD", 4)
    monkeypatch.setattr(parts, "IN_MEMORY", 0)
    monkeypatch.setattr(parting, "SMALL_PART", 10)
    monkeypatch.setattr(parting, "PART", 10)
    monkeypatch.setattr(parting, "RUN_BYTES", 20_000)
    yield founded
    founded.restore()


def helpers(forger: Forger, count: int = 3) -> Helpers:
    return replace(audit_helpers(forger.log.node), count=count)


def helped(forger: Forger, **more: Any) -> AuditReport:
    node = forger.log.node
    return audit(node.store, node.data_keys, helpers=helpers(forger), **more)


def judge_of(forger: Forger, keys: dict[bytes, bytes]) -> Judge:
    return Judge(forms(forger.log.node.name), keys, bits=3)


def spoil(forger: Forger, change: str) -> None:
    index = 333
    match change:
        case "nothing":
            pass
        case "a payload":
            state = forger.value(index, "state")
            forger.put(index, "state", state.replace(b'"name":"', b'"name":"x'))
        case "a signature":
            forger.put(index, "signature", bytes(64))
        case "a type":
            forger.put(index, "topic", "NoticeServed:1")
        case "a missing row":
            forger.execute("DELETE FROM entries WHERE {id} = ?", [index + 1])
        case "a missing block":
            forger.execute("DELETE FROM entries WHERE {id} > 300 AND {id} <= 400")
        case "a row before the first":
            forger.execute(
                "INSERT INTO entries ({id}, {columns}) SELECT -4, originator_id, 900, topic, "
                "state, recorded_at, keyid, signature, details FROM entries WHERE {id} = 1"
            )
        case "numbers for bytes":
            if not forger.is_postgres:
                forger.put(index, "details", 1)
                forger.put(index + 1, "state", 1.5)
                forger.put(index + 2, "keyid", 7)
            forger.put(index + 3, "originator_version", 700)
        case "an enormous number":
            forger.execute("UPDATE entries SET {id} = ? WHERE {id} = ?", [2**62, index + 1])
        case "a governing row":
            forger.put(1, "signature", bytes(64))
        case "another digest before":
            index = forger.log.record_index
            before = json.loads(forger.value(index, "state"))["prev"]
            forger.resign(index, before.encode(), b"ab" * 32)
        case "fewer buckets" | "another map":
            last = len(forger.payloads()) - 1
            facts = forger.payloads()[last]["facts"]
            assert facts["bits"] > 4
            member = "bits" if change == "fewer buckets" else "root"
            value, new = (facts["bits"], 4) if member == "bits" else (facts["root"], "ab" * 32)
            old, put = (json.dumps({member: each})[1:-1].replace(" ", "") for each in (value, new))
            forger.resign(last, old.encode(), put.encode())
        case "a key that came too late":
            forger.resign(1, b'"from":"2026', b'"from":"2027')


CHANGES = [
    "nothing",
    "a payload",
    "a signature",
    "a type",
    "a missing row",
    "a missing block",
    "a row before the first",
    "numbers for bytes",
    "an enormous number",
    "a governing row",
    "another digest before",
    "fewer buckets",
    "another map",
    "a key that came too late",
]


@pytest.mark.parametrize("change", CHANGES)
def test_which_faults_are_found_does_not_depend_on_how_many_look(
    forger: Forger, change: str
) -> None:
    """The same entries, faults and details, wherever a block begins."""
    spoil(forger, change)
    alone = audit(forger.log.store, forger.log.node.data_keys)
    assert helped(forger) == alone
    assert alone.ok == (change == "nothing")


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("a signature", []),
        ("a governing row", []),
        ("another digest before", ["broken_chain", "broken_chain", *("heads_mismatch",) * 3]),
        ("fewer buckets", ["heads_mismatch"]),
        ("another map", ["heads_mismatch"]),
        ("a key that came too late", ["broken_chain"]),
    ],
)
def test_what_is_judged_one_by_one_stands_in_its_chain_once(
    forger: Forger, change: str, kinds: list[str]
) -> None:
    """Whatever else is wrong with a row: what follows it, and the map, are as they were."""
    spoil(forger, change)
    found = [fault.kind for fault in helped(forger).faults]
    far = {"seq_gap", "broken_chain", "heads_mismatch"}
    assert sorted(kind for kind in found if kind in far) == kinds


def test_a_row_that_the_database_cannot_read_is_found_from_there_on(forger: Forger) -> None:
    """A block that nobody can read is read row by row, and so is all that follows."""
    if forger.is_postgres:
        pytest.skip("a text that is no UTF-8 cannot be stored there")
    forger.execute("UPDATE entries SET topic = CAST(x'ff' AS TEXT) WHERE rowid = 200")
    forger.put(400, "signature", bytes(64))
    report = helped(forger)
    found = {(fault.index, fault.kind) for fault in report.faults}
    assert {(199, "unreadable"), (400, "bad_signature")} <= found
    assert report.entries == forger.log.store.size() - 1
    assert report == audit(forger.log.store, forger.log.node.data_keys)


def test_progress_grows_block_by_block(forger: Forger) -> None:
    """And ends with the log."""
    told: list[tuple[int, int]] = []
    helped(forger, progress=lambda done, total: told.append((done, total)))
    size = forger.log.store.size()
    assert told == [(min(at + BLOCK, size), size) for at in range(0, size, BLOCK)]


def test_what_a_helper_does_not_answer_is_judged_here(forger: Forger) -> None:
    """One that cannot open the store ends: no part of the log is left out for that."""
    nowhere = StoreAddress("sqlite:///nowhere/ledger.sqlite", forger.log.node.name)
    node = forger.log.node
    forger.put(333, "signature", bytes(64))
    report = audit(node.store, node.data_keys, helpers=replace(helpers(forger), task=nowhere))
    assert report == audit(node.store, node.data_keys)
    assert [(fault.index, fault.kind) for fault in report.faults] == [(333, "bad_signature")]


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
@pytest.mark.parametrize("at", ["orders", "block", "task", "part"])
def test_a_helper_that_stops_keeps_nobody_waiting(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, at: str, number: signal.Signals
) -> None:
    """What it was asked for is done by the process that asked, after a while: blocks and parts."""
    monkeypatch.setattr(helper, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(helper, "STOP_SECONDS", 0.1)
    spoil(forger, "another digest before")
    send, stopped = Helper.send, list[int]()

    def sending(asked: Helper, data: bytes) -> None:
        if is_asked(at, data) and not stopped:
            stopped.append(number)
            os.kill(asked.process.pid, number)
        send(asked, data)

    monkeypatch.setattr(Helper, "send", sending)
    report = helped(forger)
    assert stopped
    assert children() == []
    monkeypatch.undo()
    assert report == audit(forger.log.store, forger.log.node.data_keys)
    assert {fault.kind for fault in report.faults} >= {"broken_chain", "heads_mismatch"}


def is_asked(what: str, data: bytes) -> bool:
    """Whether a frame is what is called so in the protocol."""
    try:
        asked = marshal.loads(data)  # noqa: S302 - what this process is about to send
    except (ValueError, EOFError, TypeError):
        asked = None
    if not isinstance(asked, tuple):
        return what == "orders"
    return what == {1: "part", 2: "block", 4: "task"}[len(asked)]


def test_a_helper_that_reads_nothing_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Orders may be longer than a pipe: one that stands still is given up, and so asked no more."""
    monkeypatch.setattr(helper, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(helper, "STOP_SECONDS", 0.1)
    with started("ledger.audit_process", ()) as one:
        os.kill(one.process.pid, signal.SIGSTOP)
        one.send(bytes(10 << 20))
        assert one.is_lost
        assert one.is_ready()
        with pytest.raises(Silent):
            one.answer()


def children() -> list[int]:
    """The helpers that run."""
    return [
        int(child)
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text().split()
        if "audit_process" in Path(f"/proc/{child}/cmdline").read_text()
    ]


def test_helpers_judge_and_end(forger: Forger) -> None:
    """This process leaves some of the blocks to them, and none of them behind."""
    judged: list[int] = []

    class Looking:
        def __getattr__(self, name: str) -> Any:
            if name == "raw_rows":
                judged.append(1)
            return getattr(forger.log.store, name)

    store = cast("EntryStore", Looking())
    assert audit(store, forger.log.node.data_keys, helpers=helpers(forger)).ok
    assert len(judged) <= forger.log.store.size() // BLOCK - 3 * judges.IN_FLIGHT + 1
    assert children() == []


def test_blocks_go_over_a_pipe_unchanged(forger: Forger) -> None:
    """What a helper says is what it found."""
    store, key = forger.log.store, forger.log.node.signing_key
    judge = judge_of(forger, {bytes.fromhex(key.keyid): key.public})
    block = judge.block(store.raw_rows(0, 100), 0, 100)
    assert block.is_whole
    assert block.leaves
    assert any(not one.is_passed for one in block.aside)
    assert Block.from_bytes(block.to_bytes()) == block


def test_a_key_under_another_keys_id_opens_nothing(forger: Forger) -> None:
    """A key id is the digest of its key, whoever says otherwise."""
    keyid = bytes.fromhex(forger.log.node.signing_key.keyid)
    judge = judge_of(forger, {keyid: new_signing_key(bytes(32)).public})
    assert judge.block(forger.log.store.raw_rows(0, 100), 0, 100).leaves == b""
    signed = sign(new_signing_key(bytes(32)), ENTRY, forger.value(50, "state"))
    forger.put(50, "signature", signed)
    assert judge.block(forger.log.store.raw_rows(0, 100), 0, 100).leaves == b""


def test_entries_as_a_node_writes_them_take_the_quick_way(forger: Forger) -> None:
    """Only what governs, and what the log says of itself, is judged one by one."""
    store, key = forger.log.store, forger.log.node.signing_key
    judge = judge_of(forger, {bytes.fromhex(key.keyid): key.public})
    size = store.size()
    block = judge.block(store.raw_rows(0, size), 0, size)
    slow = {one.offset for one in block.aside if not one.is_passed}
    kinds = {stored.index for stored in store.scan_kinds(("node", "organisation"))}
    assert slow == kinds
