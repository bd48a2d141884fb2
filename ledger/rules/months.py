"""Calendar months added to a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

MONTHS_PER_YEAR = 12


@lru_cache(maxsize=8_192)
def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last day if it has none.

    31 January and one month is 28 or 29 February. A result outside the years 1 to 9999
    is the last or the first representable day.
    """
    index = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_PER_YEAR)
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
