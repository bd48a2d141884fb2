"""Made-up identifiers with right check characters, computed from the standards' tables.

The check characters here are worked out independently of the code under test.
"""

from __future__ import annotations

from datetime import date, timedelta

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def uscc(body: str) -> str:
    """The code of up to 17 given characters, filled with zeros, and its check character."""
    body = body.ljust(17, "0")
    total = sum(_USCC_ALPHABET.index(sign) * pow(3, i, 31) for i, sign in enumerate(body))
    return body + _USCC_ALPHABET[-total % 31]


def resident_number(district: str, born: date, sequence: int) -> str:
    """A number of this district, date of birth and three-digit sequence."""
    body = f"{district}{born:%Y%m%d}{sequence:03d}"
    total = sum(int(d) * w for d, w in zip(body, _RESIDENT_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def both_uscc_and_resident() -> str:
    """18 characters that are at once a valid code and a valid resident number."""
    for days in range(365):
        for sequence in range(1000):
            number = resident_number("910000", date(1900, 1, 1) + timedelta(days), sequence)
            if uscc(number[:17]) == number:
                return number
    raise AssertionError("one in about 31 numbers is a code too")
