"""Working days: counting them over a calendar that ends.

The calendar is data of a rule pack. Outside what it covers every Monday to Friday
counts as a working day, and what was computed there says that it is provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ledger.errors import UnusableInput

MAX_WORKING_DAYS = 10_000
"""Some forty years: no term of any rule is longer, and the count stays short."""

MAX_COUNTED_DAYS = 40_000
"""Calendar days, over a century: an answer later than that is a wrong date."""

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class UnusableTerm(UnusableInput):
    code = "unusable_term"
    en = "{days} days from {start} cannot be counted: give 0 to {limit} days and a nearer date"
    zh_cn = "无法自 {start} 起计算 {days} 天：请给出0至{limit}天以及较近的日期"
    zh_tw = "無法自 {start} 起計算 {days} 天：請給出0至{limit}天以及較近的日期"


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a term, and whether the calendar ended before it."""

    due_on: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A number of working days, and whether some lay outside the calendar."""

    count: int
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Working days of ``[covers_from, covers_until)``.

    ``holidays`` are Mondays to Fridays off, ``extra_working_days`` Saturdays and Sundays
    worked instead (调休).
    """

    covers_from: date
    covers_until: date
    holidays: frozenset[date]
    extra_working_days: frozenset[date]

    def covers(self, day: date) -> bool:
        return self.covers_from <= day < self.covers_until

    def is_working_day(self, day: date) -> bool:
        """By the calendar where it covers ``day``, else by the weekday alone."""
        if self.covers(day):
            if day in self.holidays:
                return False
            if day in self.extra_working_days:
                return True
        return day.weekday() < _SATURDAY

    def add_working_days(self, start: date, n: int) -> DueDate:
        """The ``n``-th working day after ``start``; the day after ``start`` counts first.

        With ``n`` = 0 it is ``start`` itself. Provisional when any day counted or skipped
        lies outside the calendar. Raises ``UnusableTerm``.
        """
        if not 0 <= n <= MAX_WORKING_DAYS or date.max - start < timedelta(days=2 * n + 60):
            raise UnusableTerm(days=n, start=start, limit=MAX_WORKING_DAYS)
        day, left, provisional = start, n, False
        while left:
            day += _ONE_DAY
            provisional = provisional or not self.covers(day)
            left -= self.is_working_day(day)
        return DueDate(day, provisional)

    def working_days_between(self, after: date, upto: date) -> WorkingDays:
        """How many working days lie in ``(after, upto]``; 0 when ``upto`` is not later.

        Due on ``after`` and done on ``upto``, it is how many working days late.
        Raises ``UnusableTerm``.
        """
        days = (upto - after).days
        if days > MAX_COUNTED_DAYS:
            raise UnusableTerm(days=days, start=after, limit=MAX_COUNTED_DAYS)
        span = [after + timedelta(days=i) for i in range(1, days + 1)]
        return WorkingDays(
            count=sum(self.is_working_day(day) for day in span),
            provisional=any(not self.covers(day) for day in span),
        )
