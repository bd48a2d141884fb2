"""Months, periods and tiers: what must hold for every day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.rules import TIERS, add_months, check_pack, load_default
from ledger.rules.patterns import fault_of_pattern

PACK = load_default()

days = st.dates(date(2004, 1, 1), date(2040, 12, 31))


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(-600, 600))
def test_months_clip_to_the_end_of_the_month(day: date, months: int) -> None:
    """The month is exactly as many later; the day is the same, or the last there is."""
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    last = monthrange(later.year, later.month)[1]
    assert later.day == min(day.day, last)


@given(st.dates(), st.integers(-600, 600))
def test_months_never_leave_the_calendar(day: date, months: int) -> None:
    """Adding months never fails and keeps the order of time."""
    later = add_months(day, months)
    assert (later >= day) == (months >= 0) or later in (date.max, date.min) or months == 0


@given(days, st.sampled_from(TIERS[1:]))
def test_limits_are_in_order_on_every_day(day: date, tier: str) -> None:
    """Every tier has a rule on every day, repair opens before publication must end."""
    (known,) = (each for each in TIERS if each == tier)
    limits = PACK.publication_limits(known, day)
    assert 0 <= limits.min_months <= limits.max_months
    assert limits.published == (tier != "minor")
    assert PACK.earliest_repair(known, day) >= day


@given(st.lists(st.sampled_from(sorted(PACK.categories("penalty", date(2026, 4, 1)))), max_size=6))
def test_another_category_never_lowers_the_tier(categories: list[str]) -> None:
    """The tier of several is that of the heaviest one."""
    day = date(2026, 4, 1)
    together = PACK.tier_of_categories(categories, day)
    alone = [PACK.tier_of_categories([name], day) for name in categories]
    assert together == max(alone, key=TIERS.index, default="none")


@given(days, st.none() | st.dates(date(2004, 1, 1), date(2060, 1, 1)))
def test_a_file_never_lengthens_publication(decided_on: date, file_until: date | None) -> None:
    """With or without a day in the file, publication ends at the pack's day at the latest."""
    item = PACK.item("administrative_penalty", decided_on)
    assert item is not None
    limit = PACK.publication_until(item, "serious", decided_on)
    found = PACK.publication_until(item, "serious", decided_on, file_until=file_until)
    assert limit is not None
    assert found == min(limit, file_until or date.max)
    assert found - decided_on <= timedelta(days=3 * 366)


@given(st.text(alphabet="ab()[]{}|?*+,0129\\^-:=!<", max_size=30))
def test_judging_a_pattern_never_fails(pattern: str) -> None:
    """Whatever the pattern, the verdict is a reason or none, never an exception."""
    assert fault_of_pattern(pattern) is None or fault_of_pattern(pattern)


@given(st.binary(max_size=200))
def test_checking_never_fails(raw: bytes) -> None:
    """Whatever the bytes, the check answers with findings."""
    assert check_pack(raw)
