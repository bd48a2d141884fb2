"""How a number of a sheet reads as text: without artefacts of binary fractions, dates as dates."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

SIGNIFICANT_DIGITS = 15
"""What a spreadsheet keeps of a number (ECMA-376, IEEE 754 double); the rest is lost or noise."""

_EXACT_BELOW = 10**SIGNIFICANT_DIGITS
_NUMBER = re.compile(r"[+-]?[0-9]{1,320}(\.[0-9]{0,320})?([eE][+-]?[0-9]{1,3})?", re.ASCII)

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Built-in number formats of dates and times (ECMA-376 part 1, 18.8.30), the Chinese included."""

_NOT_CODES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_CODES = re.compile(r"[ymdhs]", re.IGNORECASE)
_DAY_SECONDS = 86_400
_LAST_SERIAL = 2_958_466
"""The day after 9999-12-31, in the 1900 system."""
_MISSING_LEAP_DAY = 60
"""The 1900 system counts a 29 February 1900 that never was."""


def is_date_format(number_format: int, code: str | None) -> bool:
    """True when a cell of this format shows a date or a time. ``code``: a custom format."""
    if code is None:
        return number_format in _DATE_FORMATS
    return _DATE_CODES.search(_NOT_CODES.sub("", code.partition(";")[0])) is not None


def number_text(raw: str) -> str | None:
    """The number in plain decimals, to 15 significant digits; None when that would lose some.

    ``raw`` is the cell's XML text: ``414.90710000000001`` reads ``414.9071``, ``12`` and
    ``1.2E1`` read ``12``. None too for what is no number.
    """
    if len(raw) <= SIGNIFICANT_DIGITS and raw.isascii() and raw.isdigit() and raw[0] != "0":
        return raw
    if _NUMBER.fullmatch(raw) is None:
        return None
    value = float(raw)
    if not abs(value) < _EXACT_BELOW:
        return None
    if value == int(value):
        return str(int(value))
    text = format(value, f".{SIGNIFICANT_DIGITS}g")
    return format(Decimal(text), "f") if "e" in text else text


def date_text(raw: str, *, since_1904: bool) -> str | None:
    """``YYYY-MM-DD`` for a serial day, with `` hh:mm:ss`` where it has a time; None: no day."""
    if _NUMBER.fullmatch(raw) is None:
        return None
    serial = float(raw)
    if not 1 <= serial < _LAST_SERIAL:
        return None
    seconds = round(serial * _DAY_SECONDS)
    days, rest = divmod(seconds, _DAY_SECONDS)
    if since_1904:
        first = date(1904, 1, 1)
    elif days == _MISSING_LEAP_DAY:
        return None
    else:
        first = date(1899, 12, 31 if days < _MISSING_LEAP_DAY else 30)
    try:
        day = (first + timedelta(days=days)).isoformat()
    except OverflowError:
        return None
    if not rest:
        return day
    minutes, second = divmod(rest, 60)
    return f"{day} {minutes // 60:02}:{minutes % 60:02}:{second:02}"
