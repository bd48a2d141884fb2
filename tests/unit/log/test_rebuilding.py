"""The map of subjects made again: commitments near and far from what they cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger.codec import decode
from ledger.entry import Entry
from ledger.events.governance import HeadsCommitted
from ledger.log import rebuilding
from ledger.log.faults import FaultList
from ledger.log.governing import commitments_key
from ledger.log.merkle import leaf_hash
from ledger.log.rebuilding import MAX_BUILT, Commitments
from tests.unit.log.rewriting import openings
from tests.unit.log.small_log import SmallLog, small_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLog]:
    with small_log(tmp_path_factory.mktemp("map") / "home") as log:
        for number in range(5):
            openings(log, number * 20, 20)
            log.node.keeper.settle()
        yield log


def checked(log: SmallLog, late: int) -> FaultList:
    """All entries fed, each commitment looked at ``late`` entries after its place."""
    faults = FaultList()
    made = Commitments(log.store, commitments_key(log.node.name), faults)
    waiting: list[tuple[int, Entry]] = []
    for stored in log.store.scan():
        entry = decode(stored)
        if isinstance(entry.facts, HeadsCommitted):
            waiting.append((stored.index + late, entry))
        elif entry.stream.kind == "subject":
            made.add((stored.index,), (entry.stream.id.bytes,), (leaf_hash(stored.state),))
        while waiting and waiting[0][0] <= stored.index:
            made.check(waiting.pop(0)[1])
    for _, entry in waiting:
        made.check(entry)
    return faults


@pytest.mark.parametrize("late", [0, 5, 15])
def test_entries_may_come_between(log: SmallLog, late: int) -> None:
    """A commitment covers what it says, wherever the log goes on."""
    assert checked(log, late).kept == []


def test_one_that_lags_far_is_checked_on_a_map_of_its_own(
    log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few times; more is not what a node writes, and would take for ever."""
    monkeypatch.setattr(rebuilding, "MAX_LAG", 3)
    monkeypatch.setattr(rebuilding, "ROOT_EVERY", 2)
    found = checked(log, 30)
    commitments = [s.index for s in log.store.scan() if s.topic == "HeadsCommitted:1"]
    told = [fault.index for fault in found.kept]
    assert {fault.kind for fault in found.kept} == {"heads_mismatch"}
    assert told == commitments[MAX_BUILT:-1]
    assert told


def test_entries_of_one_block_may_lie_on_both_sides(log: SmallLog) -> None:
    """What a commitment does not cover waits, also where it came together with what it does."""
    faults = FaultList()
    made = Commitments(log.store, commitments_key(log.node.name), faults)
    entries = [(stored, decode(stored)) for stored in log.store.scan()]
    subjects = [(stored, entry) for stored, entry in entries if entry.stream.kind == "subject"]
    made.add(
        [stored.index for stored, _ in subjects],
        [entry.stream.id.bytes for _, entry in subjects],
        [leaf_hash(stored.state) for stored, _ in subjects],
    )
    for _, entry in entries:
        if isinstance(entry.facts, HeadsCommitted):
            made.check(entry)
    assert faults.kept == []


def test_commitments_stand_in_a_stream_of_their_own(log: SmallLog) -> None:
    """Neither may one stand elsewhere, nor anything else among them."""
    entries = [decode(stored) for stored in log.store.scan()]
    founded = entries[0]
    commitment = next(one for one in entries if isinstance(one.facts, HeadsCommitted))
    for entry in (
        replace(commitment, stream=founded.stream),
        replace(founded, stream=commitment.stream),
    ):
        faults = FaultList()
        Commitments(log.store, commitments_key(log.node.name), faults).check(entry)
        assert [(one.index, one.kind) for one in faults.kept] == [(entry.index, "heads_mismatch")]


def test_a_commitment_covers_more_than_the_one_before(log: SmallLog) -> None:
    """One that is true of an earlier size, told again, hides what came since."""
    faults = FaultList()
    made = Commitments(log.store, commitments_key(log.node.name), faults)
    commitment = next(
        entry
        for stored in log.store.scan()
        if isinstance((entry := decode(stored)).facts, HeadsCommitted)
    )
    made.check(commitment)
    assert faults.kept == []
    made.check(replace(commitment, index=commitment.index + 1))
    assert [one.kind for one in faults.kept] == ["heads_mismatch"]


def test_what_is_fed_early_is_rooted_often(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The map is the same, however it was fed."""
    monkeypatch.setattr(rebuilding, "ROOT_EVERY", 2)
    assert checked(log, 0).kept == []
