"""Dates, amounts and lists of categories as cells write them."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.intake.normalise import has_no_end, parse_amount, parse_categories, parse_date

DAY = date(2025, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["2025-03-01", "2025/3/1", "20250301", "2025年3月1日", "2025/03/01", "２０２５年３月１日"],
)
def test_each_form_of_a_date_reads_as_the_same_day(text: str) -> None:
    """The four written forms, with or without leading zeroes, name one day."""
    assert parse_date(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-30",
        "2025-13-01",
        "2025-00-10",
        "二〇二五年",
        "2025.3.1",
        "2025-3/1",
        "25-03-01",
        "202531",
        "45717",
        "2025-03-01 10:00:00",
        "0001-01-01",
        "1949-09-30",
        "10000-01-01",
        "2025-03-011",
        "٢٠٢٥-٠٣-٠١",
        "",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """Impossible days, other forms, other scripts and the far past are no dates."""
    assert parse_date(text) is None


def test_leap_days_exist_in_leap_years_only() -> None:
    """29 February is a day of 2024 and none of 2025."""
    assert parse_date("2024-02-29") == date(2024, 2, 29)
    assert parse_date("2025-02-29") is None


@pytest.mark.parametrize("text", ["长期", "永久有效", "9999-12-31"])
def test_spellings_without_end(text: str) -> None:
    """A validity may be said to have no end in words, or by the last day that can be stored."""
    assert has_no_end(text)
    assert not has_no_end("2025-03-01")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("3.5", "3.5"),
        ("3.50", "3.5"),
        ("3.000000", "3"),
        ("007", "7"),
        ("0", "0"),
        ("0.000001", "0.000001"),
        ("100", "100"),
        ("３．５", "3.5"),
        ("999999999999999.999999", "999999999999999.999999"),
    ],
)
def test_an_amount_has_one_form(text: str, amount: str) -> None:
    """Zeroes that say nothing are dropped, and no digit that says something."""
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "1E3",
        "NaN",
        "inf",
        "-5",
        "+5",
        "1.2345678",
        "一万",
        "1,000",
        "3.",
        ".5",
        "3.5万元",
        "1_0",
        "",
        "1234567890123456",
        "٣",
    ],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    """Signs, exponents, separators, a seventh decimal and words make no amount."""
    assert parse_amount(text) is None


def test_categories_are_split_at_either_separator_and_kept_once() -> None:
    """、 and both commas join categories; order stays, repetition goes."""
    assert parse_categories("罚款、警告，罚款, 其他") == ("罚款", "警告", "其他")
    assert parse_categories("、") == ()
