"""The node's clock: strictly forward, a little drift carried, a jump confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.clock import (
    MAX_JUMP,
    TOLERANCE,
    ClockBehind,
    ClockJumped,
    NotSimulated,
    RealClock,
    SimulatedClock,
    legal_day,
)

START = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Hands:
    """A wall clock and a monotonic clock that a test moves, together or apart."""

    def __init__(self) -> None:
        self.now = START
        self.seconds = 100.0

    def wall(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds

    def pass_(self, time: timedelta) -> None:
        self.now += time
        self.seconds += time.total_seconds()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def real(hands: Hands) -> RealClock:
    return RealClock(hands.wall, hands.monotonic)


def test_a_real_clock_gives_the_wall_time_however_long_the_node_was_idle(
    hands: Hands, real: RealClock
) -> None:
    """A long silence is no jump: it is measured against the monotonic clock, not the log."""
    hands.pass_(timedelta(days=400))
    assert real.next_instant(START, None) == hands.now


def test_a_clock_a_little_behind_is_carried_forward_by_a_microsecond(real: RealClock) -> None:
    """Up to the tolerance and not a microsecond more."""
    for behind in (timedelta(0), MICROSECOND, TOLERANCE):
        last = START + behind
        assert real.next_instant(last, None) == last + MICROSECOND
    with pytest.raises(ClockBehind):
        real.next_instant(START + TOLERANCE + MICROSECOND, None)


def test_a_jump_forward_stops_writing_until_it_is_confirmed(hands: Hands, real: RealClock) -> None:
    """The wall may run ahead of the monotonic clock so far; further needs an operator."""
    hands.now += MAX_JUMP
    assert real.next_instant(START, None) == hands.now
    hands.now += MICROSECOND
    with pytest.raises(ClockJumped):
        real.next_instant(START, None)
    real.confirm()
    assert real.next_instant(START, None) == hands.now
    hands.now += MAX_JUMP + MICROSECOND
    with pytest.raises(ClockJumped):
        real.next_instant(START, None)


def test_a_real_clock_is_told_no_instant(real: RealClock) -> None:
    """Only a node that was founded simulated takes an instant from outside."""
    with pytest.raises(NotSimulated):
        real.next_instant(None, START)


def test_a_simulated_clock_goes_forward_as_far_as_it_is_told(hands: Hands) -> None:
    """Without an instant, or a little behind, it gives a microsecond after the last entry."""
    clock = SimulatedClock(hands.wall)
    assert clock.next_instant(None, None) == START
    far = START + timedelta(days=3_650)
    assert clock.next_instant(START, far) == far
    for told in (None, START, START - TOLERANCE):
        assert clock.next_instant(START, told) == START + MICROSECOND
    with pytest.raises(ClockBehind):
        clock.next_instant(START, START - TOLERANCE - MICROSECOND)


def test_the_legal_day_begins_at_sixteen_hours_utc() -> None:
    """Legal dates are calendar dates of UTC+8."""
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert legal_day(midnight - MICROSECOND).isoformat() == "2026-03-02"
    assert legal_day(midnight).isoformat() == "2026-03-03"
