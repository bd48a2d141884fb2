"""Identifiers of the other schemes: Taiwan business number, travel permits, passports."""

from __future__ import annotations

import re

from ledger.errors import UnusableInput
from ledger.identifiers.text import is_ascii_digits, masked, tidy

_UBN_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_UBN_MODULUS = 5
"""Five since 2023-04-01, ten before; whatever satisfied ten satisfies five."""

_TAIWAN_PERMIT = re.compile(r"([0-9]{8})|([0-9]{10})(?:\(([A-Z])\)|([A-Z]))?")
_HK_MACAO_PERMIT = re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?")
_PASSPORT = re.compile(r"[0-9A-Z]{5,20}")
_PASSPORT_BY_FORM = re.compile(r"[A-Z]{1,2}[0-9]{7,8}|[0-9]{9}")


class BadIdentifier(UnusableInput):
    code = "bad_identifier"
    en = "{shown} is not a valid identifier of the scheme {scheme}; compare it with the document"
    zh_cn = "{shown} 不是有效的证件号码（类型 {scheme}）；请与证件核对"
    zh_tw = "{shown} 不是有效的證件號碼（類型 {scheme}）；請與證件核對"


def is_tw_ubn(text: str) -> bool:
    """True when ``text`` is a 統一編號: eight digits whose weighted digit sum fits mod 5.

    Where the seventh digit is 7 its product 28 sums to 10, of which the rule lets
    either digit, 1 or 0, stand.
    """
    if len(text) != len(_UBN_WEIGHTS) or not is_ascii_digits(text):
        return False
    products = (int(digit) * weight for digit, weight in zip(text, _UBN_WEIGHTS, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    return total % _UBN_MODULUS == 0 or (text[6] == "7" and (total + 1) % _UBN_MODULUS == 0)


def normalise_tw_ubn(text: str) -> str:
    """Eight digits; raises ``BadIdentifier``."""
    number = tidy(text)
    if not is_tw_ubn(number):
        raise BadIdentifier(shown=masked(number), scheme="tw_ubn")
    return number


def normalise_taiwan_travel_permit(text: str) -> str:
    """台湾居民来往大陆通行证: 8 digits, or the older 10 digits with the issuer's letter or without.

    Brackets around the letter are dropped. Raises ``BadIdentifier``.
    """
    number = tidy(text)
    found = _TAIWAN_PERMIT.fullmatch(number)
    if found is None:
        raise BadIdentifier(shown=masked(number), scheme="taiwan_travel_permit")
    return "".join(part for part in found.groups() if part)


def normalise_hk_macao_travel_permit(text: str) -> str:
    """港澳居民来往内地通行证: H or M and eight digits, its holder's for life.

    The two digits that count re-issues on older permits are dropped: a renewed permit
    does not make another person. Raises ``BadIdentifier``.
    """
    number = tidy(text)
    found = _HK_MACAO_PERMIT.fullmatch(number)
    if found is None:
        raise BadIdentifier(shown=masked(number), scheme="hk_macao_travel_permit")
    return found.group(1)


def normalise_passport(text: str) -> str:
    """5 to 20 letters and digits with at least one digit; raises ``BadIdentifier``.

    Passport numbers have no common check digit and name no issuing state.
    """
    number = tidy(text)
    if _PASSPORT.fullmatch(number) is None or not any(sign.isdigit() for sign in number):
        raise BadIdentifier(shown=masked(number), scheme="passport")
    return number


def has_passport_form(text: str) -> bool:
    """True for the forms that a passport is recognised by when nobody named the scheme."""
    return _PASSPORT_BY_FORM.fullmatch(text) is not None


def has_taiwan_permit_form(text: str) -> bool:
    return _TAIWAN_PERMIT.fullmatch(text) is not None


def has_hk_macao_permit_form(text: str) -> bool:
    return _HK_MACAO_PERMIT.fullmatch(text) is not None
