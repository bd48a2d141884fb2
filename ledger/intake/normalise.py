"""Cells as values: dates, amounts, lists of categories. Pure; None for what does not fit.

Text is trimmed and otherwise left as it was written: names are the subject's own. Only
what is a code or a number is brought to one form.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

EARLIEST_DATE = date(1949, 10, 1)
"""No authority of today decided anything before; a date of the year 1 is a slip."""

NO_END = frozenset(
    (
        "长期",
        "长期有效",
        "永久",
        "永久有效",
        "终身",
        "终身有效",
        "无期限",
        "无固定期限",
        "9999-12-31",
    )
)
"""Spellings of a validity without end; systems that must store a date store the last one."""

_DATE_FORMS = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
)
_MAX_DATE_CHARS = 16

_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))?")
"""At most six decimals, so 0.01 yuan is exact; fifteen digits before are a sextillion yuan."""

_MAX_AMOUNT_CHARS = 24
_SEPARATORS = re.compile("[、,]")


@lru_cache(maxsize=16_384)
def parse_date(text: str) -> date | None:
    """``2025-03-01``, ``2025/3/1``, ``20250301`` or ``2025年3月1日``, on or after 1949-10-01.

    Dates of a spreadsheet arrive in the first form. Full-width digits count as digits.
    """
    if len(text) > _MAX_DATE_CHARS:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for form in _DATE_FORMS:
        if found := form.fullmatch(text):
            try:
                day = date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                return None
            return day if day >= EARLIEST_DATE else None
    return None


def has_no_end(text: str) -> bool:
    """True when a validity is given as without end."""
    return unicodedata.normalize("NFKC", text[:_MAX_DATE_CHARS]) in NO_END


def parse_amount(text: str) -> str | None:
    """An amount in 万元 as the shortest exact decimal: ``3.50`` is ``3.5``, ``007`` is ``7``.

    No sign, no exponent, no thousands separators, at most six decimals as written.
    """
    if len(text) > _MAX_AMOUNT_CHARS:
        return None
    found = _AMOUNT.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))
    if found is None:
        return None
    whole = found[1].lstrip("0") or "0"
    decimals = (found[2] or "").rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


@lru_cache(maxsize=4_096)
def parse_categories(text: str) -> tuple[str, ...]:
    """Categories joined by 、 or a comma, in their order, each once."""
    parts = (part.strip() for part in _SEPARATORS.split(unicodedata.normalize("NFKC", text)))
    return tuple(dict.fromkeys(part for part in parts if part))
