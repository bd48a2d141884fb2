"""Working days: where counting begins, holidays, weekends worked, and the calendar's end."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.identifiers import DueDate, UnusableTerm, WorkingCalendar, WorkingDays

CALENDAR = WorkingCalendar(
    covers_from=date(2026, 1, 1),
    covers_until=date(2027, 1, 1),
    holidays=frozenset({date(2026, 4, 6), date(2026, 10, 1), date(2026, 10, 2)}),
    extra_working_days=frozenset({date(2026, 10, 10)}),
)


def test_counting_begins_on_the_next_day() -> None:
    """One working day after a Friday is Monday; zero days is the day itself."""
    assert CALENDAR.add_working_days(date(2026, 3, 20), 1) == DueDate(date(2026, 3, 23), False)
    assert CALENDAR.add_working_days(date(2026, 3, 21), 1) == DueDate(date(2026, 3, 23), False)
    assert CALENDAR.add_working_days(date(2026, 3, 21), 0) == DueDate(date(2026, 3, 21), False)


def test_a_holiday_does_not_count() -> None:
    """Twenty working days from 2026-03-20, over Qingming, end on 2026-04-20."""
    assert CALENDAR.add_working_days(date(2026, 3, 20), 20) == DueDate(date(2026, 4, 20), False)


def test_a_weekend_worked_counts() -> None:
    """A Saturday made a working day is one."""
    assert CALENDAR.add_working_days(date(2026, 10, 9), 1) == DueDate(date(2026, 10, 10), False)


def test_past_its_end_the_calendar_is_provisional() -> None:
    """Beyond the calendar weekdays count and the result says that it may change."""
    assert CALENDAR.add_working_days(date(2026, 12, 30), 1) == DueDate(date(2026, 12, 31), False)
    assert CALENDAR.add_working_days(date(2026, 12, 30), 2) == DueDate(date(2027, 1, 1), True)
    assert CALENDAR.add_working_days(date(2025, 12, 30), 1).provisional
    assert CALENDAR.working_days_between(date(2026, 12, 30), date(2027, 1, 4)).provisional


def test_days_late_are_working_days() -> None:
    """Due on 2026-04-20 and answered on 2026-04-24 is four working days late; early is none."""
    due = date(2026, 4, 20)
    assert CALENDAR.working_days_between(due, date(2026, 4, 24)) == WorkingDays(4, False)
    assert CALENDAR.working_days_between(due, due) == WorkingDays(0, False)
    assert CALENDAR.working_days_between(due, date(2026, 1, 5)) == WorkingDays(0, False)


@pytest.mark.parametrize("days", [-1, 10_001])
def test_an_impossible_term_is_refused(days: int) -> None:
    """Terms that no rule has, and dates that no term can reach, are refused."""
    with pytest.raises(UnusableTerm):
        CALENDAR.add_working_days(date(2026, 1, 5), days)
    with pytest.raises(UnusableTerm):
        CALENDAR.add_working_days(date(9999, 12, 30), 1)
    with pytest.raises(UnusableTerm):
        CALENDAR.working_days_between(date(2026, 1, 5), date(9999, 12, 30))
