"""The map of subjects made again: commitments near and far from what they cover."""

from __future__ import annotations

from collections.abc import Iterator

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


def test_what_is_fed_early_is_rooted_often(log: SmallLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The map is the same, however it was fed."""
    monkeypatch.setattr(rebuilding, "ROOT_EVERY", 2)
    assert checked(log, 0).kept == []
