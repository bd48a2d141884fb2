"""The node's clock: one instant a transaction, strictly later than the one before.

A real clock that stands up to ``TOLERANCE`` behind the log is carried forward by a
microsecond; more stops writing. A jump forward is measured against the process's own
monotonic clock, never against the last entry (a node may have been idle), and stops
writing until an operator confirms it. A simulated clock is told its instants.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Protocol

from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError, UnusableInput

TOLERANCE = timedelta(seconds=5)
"""Ordinary drift between machines that keep their time by NTP, with room."""

MAX_JUMP = timedelta(minutes=5)
"""Wall time may run ahead of the process's monotonic clock by so much, unconfirmed."""

MICROSECOND = timedelta(microseconds=1)
LEGAL_OFFSET = timedelta(hours=8)


class ClockBehind(LedgerError):
    code = "clock_behind"
    exit_code = ExitCode.REFUSED
    en = "the clock says {now}, more than 5 s before the last entry {last}; set the clock right"
    zh_cn = "时钟为 {now}，比最后条目 {last} 落后超过 5 秒；请校准时钟"
    zh_tw = "時鐘為 {now}，比最後條目 {last} 落後超過 5 秒；請校準時鐘"


class ClockJumped(LedgerError):
    code = "clock_jumped"
    exit_code = ExitCode.REFUSED
    en = "the clock jumped from {expected} to {now}; check it, then confirm_clock_jump"
    zh_cn = "时钟由 {expected} 跳变至 {now}；请核实后执行 confirm_clock_jump"
    zh_tw = "時鐘由 {expected} 跳變至 {now}；請核實後執行 confirm_clock_jump"


class NotSimulated(UnusableInput):
    code = "clock_not_simulated"
    en = "this node has a real clock; an instant can be given only where it was founded simulated"
    zh_cn = "本节点使用真实时钟；仅以模拟时钟建立的节点可指定时刻"
    zh_tw = "本節點使用真實時鐘；僅以模擬時鐘建立的節點可指定時刻"


class Clock(Protocol):
    """How a node tells the instant of its next transaction."""

    kind: Literal["real", "simulated"]

    def next_instant(self, last: datetime | None, at: datetime | None) -> datetime:
        """Strictly later than ``last``. ``at`` is for simulated clocks only."""

    def confirm(self) -> None:
        """An operator looked at a jump of the clock; measure from here on."""


class RealClock:
    """Wall time, held against a monotonic clock. Both are passed in (aware UTC; seconds)."""

    kind: Literal["real", "simulated"] = "real"

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._base = (wall(), monotonic())

    def next_instant(self, last: datetime | None, at: datetime | None) -> datetime:
        if at is not None:
            raise NotSimulated
        now = self._wall()
        started, ticks = self._base
        expected = started + timedelta(seconds=self._monotonic() - ticks)
        if now - expected > MAX_JUMP:
            raise ClockJumped(expected=format_instant(expected), now=format_instant(now))
        return _after(last, now)

    def confirm(self) -> None:
        self._base = (self._wall(), self._monotonic())


class SimulatedClock:
    """Told its instants; without one, a microsecond after the last entry. No forward limit."""

    kind: Literal["real", "simulated"] = "simulated"

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall

    def next_instant(self, last: datetime | None, at: datetime | None) -> datetime:
        if at is not None:
            return _after(last, at)
        return self._wall() if last is None else last + MICROSECOND

    def confirm(self) -> None:
        """A simulated clock has no forward limit."""


def _after(last: datetime | None, now: datetime) -> datetime:
    if last is None or now > last:
        return now
    if last - now > TOLERANCE:
        raise ClockBehind(now=format_instant(now), last=format_instant(last))
    return last + MICROSECOND


def day_begins(day: date) -> datetime:
    """The instant at which a legal day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - LEGAL_OFFSET


def legal_day(instant: datetime) -> date:
    """The calendar day of the node's jurisdiction, UTC+8."""
    return (instant.astimezone(UTC) + LEGAL_OFFSET).date()
