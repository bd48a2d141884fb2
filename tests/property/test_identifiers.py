"""Check characters and calendars: what must hold for every value."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn.uscc import calc_check_digit

from ledger.errors import UnusableInput
from ledger.identifiers import (
    SCHEMES,
    WorkingCalendar,
    normalise,
    subject_id,
)
from ledger.identifiers.resident import is_resident_number
from ledger.identifiers.uscc import check_character, is_uscc
from tests.unit.identifiers.made import resident_number, uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
KEY = bytes(32)

bodies = st.builds(
    lambda head, district, rest: head + district + rest,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)
births = st.dates(date(1900, 1, 1), date(1900, 12, 31))
numbers = st.builds(
    resident_number, st.text("0123456789", min_size=6, max_size=6), births, st.integers(0, 999)
)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
calendars = st.builds(
    lambda off, on: WorkingCalendar(
        date(2021, 1, 1),
        date(2029, 1, 1),
        frozenset(day for day in off if day.weekday() < 5),
        frozenset(day for day in on if day.weekday() >= 5),
    ),
    st.sets(days, max_size=200),
    st.sets(days, max_size=50),
)


@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_mistake_in_a_code_is_caught(body: str, place: int, sign: str) -> None:
    """A code with its check character passes; with any one character changed it fails."""
    code = uscc(body)
    assert is_uscc(code)
    changed = code[:place] + sign + code[place + 1 :]
    assert is_uscc(changed) == (changed == code)


@given(bodies)
def test_the_check_character_is_that_of_the_library(body: str) -> None:
    """The check character of every code is the one that python-stdnum works out."""
    assert check_character(body) == calc_check_digit(body)


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_mistake_in_a_resident_number_is_caught(
    number: str, place: int, sign: str
) -> None:
    """A number with its check character passes; with any one character changed it fails."""
    assert is_resident_number(number)
    changed = number[:place] + sign + number[place + 1 :]
    assert is_resident_number(changed) == (changed == number)


@given(st.sampled_from(SCHEMES), st.text(max_size=40) | bodies.map(uscc) | numbers)
def test_a_normal_form_is_stable_and_names_one_subject(scheme: str, text: str) -> None:
    """Whatever normalises, normalises to itself; whatever does not is ``UnusableInput``."""
    (known,) = (candidate for candidate in SCHEMES if candidate == scheme)
    try:
        normal = normalise(known, text)
    except UnusableInput:
        return
    assert normalise(known, normal) == normal
    assert subject_id(known, normal, KEY).version == 8


@given(calendars, days, st.integers(1, 300))
def test_adding_and_counting_working_days_agree(
    calendar: WorkingCalendar, start: date, n: int
) -> None:
    """A term of n working days ends on a working day, with exactly n of them counted."""
    due = calendar.add_working_days(start, n)
    counted = calendar.working_days_between(start, due.due_on)
    assert calendar.is_working_day(due.due_on)
    assert counted.count == n
    assert counted.provisional == due.provisional
    outside = not calendar.covers(due.due_on) or not calendar.covers(start + timedelta(days=1))
    assert due.provisional == outside


@given(calendars, days, st.integers(0, 200), st.integers(0, 200))
def test_a_term_may_be_counted_in_parts(
    calendar: WorkingCalendar, start: date, first: int, second: int
) -> None:
    """Adding a and then b working days is adding a + b."""
    middle = calendar.add_working_days(start, first).due_on
    parts = calendar.add_working_days(middle, second).due_on
    assert parts == calendar.add_working_days(start, first + second).due_on
