"""Partition and heal: two hundred runs of four cities, none of which may break a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.play import SeedFailed, memory, play

SEEDS = 200
BLOCK = 10
"""Seeds in one test; several workers share the blocks."""
TELLING = (4, 8, 26, 31, 43)
"""Seeds that together reach everything; once acts are drawn in another way, pick others."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with memory() as found:
        yield found


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_what_is_cut_off_heals(folder: Path, first: int) -> None:
    """However deliveries, losses, duplicates, stops and acts fall together, a healed region
    agrees: see ``invariants`` and ``lasting``.
    """
    for seed in range(first, first + BLOCK):
        try:
            play(folder, seed)
        except SeedFailed as error:
            pytest.fail(str(error), pytrace=False)


def test_the_same_seed_is_the_same_run(folder: Path) -> None:
    """Step by step, message by message, to the byte of each digest."""
    first, second = play(folder, 3), play(folder, 3)
    assert first.steps == second.steps
    assert first.heads == second.heads


def test_the_runs_reach_what_they_are_for(folder: Path) -> None:
    """Notices of every act arrive, records are relayed, answers are late: else nothing is
    shown by runs that hold.
    """
    tally: Counter[str] = Counter()
    for seed in TELLING:
        tally += play(folder, seed).tally
    missing = [name for name in REACHED if not tally[name]]
    assert not missing, missing


REACHED = (
    "NoticeReceived objection",
    "NoticeReceived confirmed",
    "NoticeReceived correction",
    "NoticeReceived withdrawal",
    "NoticeReceived mended",
    "NoticeReceived repair",
    "NoticeReceived erasure",
    "NoticeKept",
    "EnforcementStatusReceived",
    "CorrectionGivenUp",
    "SanctionLifted",
    "SanctionSuspended",
    "stop",
    "rotated",
    "lost",
    "quarantined",
    "refused",
)
