"""What commitments say, taken down: their stream, and what they cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ledger.codec import decode
from ledger.entry import Entry
from ledger.events.governance import HeadsCommitted
from ledger.log.faults import FaultList
from ledger.log.governing import commitments_key
from ledger.log.parts import Parts
from ledger.log.rebuilding import Commitments
from tests.unit.log.rewriting import openings
from tests.unit.log.small_log import SmallLog, small_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLog]:
    with small_log(tmp_path_factory.mktemp("map") / "home") as log:
        for number in range(2):
            openings(log, number * 20, 20)
            log.node.keeper.settle()
        yield log


def checked(log: SmallLog, *entries: Entry, is_broken: bool = False) -> tuple[FaultList, list[int]]:
    """What is told at once, and the sizes that are to be held against the map."""
    faults = FaultList()
    with Parts(len(entries), faults) as parts:
        made = Commitments(commitments_key(log.node.name), parts, faults)
        made.is_broken = is_broken
        for entry in entries:
            made.check(entry)
        parts._claims.flush()
        read = parts._claims.reader(parts.scratches[1].read)
        return faults, [claim.size for claim in read]


def commitments(log: SmallLog) -> list[Entry]:
    entries = map(decode, log.store.scan())
    return [entry for entry in entries if isinstance(entry.facts, HeadsCommitted)]


def test_commitments_are_taken_down(log: SmallLog) -> None:
    """Each with what it covers, whatever else stands between them."""
    first, second = commitments(log)[-2:]
    faults, sizes = checked(log, first, second)
    assert faults.kept == []
    assert sizes == [first.facts.size, second.facts.size]  # type: ignore[attr-defined]


def test_commitments_stand_in_a_stream_of_their_own(log: SmallLog) -> None:
    """Neither may one stand elsewhere, nor anything else among them."""
    founded, commitment = next(map(decode, log.store.scan())), commitments(log)[0]
    for entry in (
        replace(commitment, stream=founded.stream),
        replace(founded, stream=commitment.stream),
    ):
        faults, _ = checked(log, entry)
        assert [(one.index, one.kind) for one in faults.kept] == [(entry.index, "heads_mismatch")]


def test_a_commitment_covers_more_than_the_one_before(log: SmallLog) -> None:
    """One that is true of an earlier size, told again, hides what came since."""
    commitment = commitments(log)[0]
    faults, sizes = checked(log, commitment, replace(commitment, index=commitment.index + 1))
    assert [(one.index, one.kind) for one in faults.kept] == [
        (commitment.index + 1, "heads_mismatch")
    ]
    assert len(sizes) == 1


def test_a_commitment_covers_nothing_that_comes_later(log: SmallLog) -> None:
    """What it covers stands before it."""
    commitment = commitments(log)[-1]
    size = commitment.facts.size  # type: ignore[attr-defined]
    faults, sizes = checked(log, replace(commitment, index=size - 1))
    assert [one.kind for one in faults.kept] == ["heads_mismatch"]
    assert sizes == []


def test_after_a_missing_leaf_nothing_is_compared(log: SmallLog) -> None:
    """The missing leaf is the fault; every map after it would be another."""
    faults, sizes = checked(log, *commitments(log), is_broken=True)
    assert (faults.kept, sizes) == ([], [])
