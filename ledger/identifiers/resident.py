"""Resident identity number 公民身份号码 (GB 11643-1999) and residence permits of the same form.

Six digits of district, eight of the date of birth, three of sequence, one check
character (ISO 7064 MOD 11-2). The district is not checked: districts are renamed,
and a number outlives its district. Numbers whose first two digits are 81, 82 or 83
are on the residence permits of people from Hong Kong, Macao and Taiwan.
"""

from __future__ import annotations

import re
from datetime import date

from stdnum.cn.ric import calc_check_digit

from ledger.errors import UnusableInput
from ledger.identifiers.text import masked, tidy

EARLIEST_BIRTH = date(1850, 1, 1)
"""Nobody who was ever issued a number (from 1984 on) was born before."""

_FORM = re.compile(r"[0-9]{17}[0-9X]")
_PERMIT_PREFIXES = ("81", "82", "83")


class BadResidentNumber(UnusableInput):
    code = "bad_id_number"
    en = (
        "{shown} is not a valid identity number: 17 digits and a check character (0-9 or X), "
        "with a date of birth in places 7 to 14; compare it with the document"
    )
    zh_cn = (
        "{shown} 不是有效的身份证件号码：应为17位数字加1位校验码（0-9或X），"
        "第7至14位为出生日期；请与证件核对"
    )
    zh_tw = (
        "{shown} 不是有效的身分證件號碼：應為17位數字加1位校驗碼（0-9或X），"
        "第7至14位為出生日期；請與證件核對"
    )


def has_resident_form(text: str) -> bool:
    """True when tidied ``text`` is 17 digits with a date of birth, and 0-9 or X."""
    return _FORM.fullmatch(text) is not None and _date_within(text) is not None


def is_resident_number(text: str) -> bool:
    """True when tidied ``text`` has the form and the right check character."""
    return has_resident_form(text) and calc_check_digit(text) == text[-1]


def is_permit_number(number: str) -> bool:
    """True when a (normalised) number belongs to a residence permit 港澳台居民居住证."""
    return number.startswith(_PERMIT_PREFIXES)


def normalise_resident_id(text: str) -> str:
    """The one written form of the number in ``text``; raises ``BadResidentNumber``."""
    number = tidy(text)
    if not is_resident_number(number):
        raise BadResidentNumber(shown=masked(number))
    return number


def normalise_residence_permit(text: str) -> str:
    """As ``normalise_resident_id``, for 81, 82 and 83 numbers only."""
    number = normalise_resident_id(text)
    if not is_permit_number(number):
        raise BadResidentNumber(shown=masked(number))
    return number


def birth_date(number: str) -> date:
    """The date of birth within a (normalised) number; raises ``BadResidentNumber``."""
    born = _date_within(number) if _FORM.fullmatch(number) else None
    if born is None:
        raise BadResidentNumber(shown=masked(number))
    return born


def age_on(birth: date, day: date) -> int:
    """Full years on ``day``; negative before birth.

    A year is full on the birthday; for those born on 29 February on 1 March of the
    years without that day.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _date_within(number: str) -> date | None:
    try:
        born = date.fromisoformat(number[6:14])
    except ValueError:
        return None
    return born if born >= EARLIEST_BIRTH else None
