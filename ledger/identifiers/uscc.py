"""Unified social credit code 统一社会信用代码 (GB 32100-2015).

18 characters of 0-9 and A-Z without I, O, S, V, Z::

    9 1 350200 MA0000000 C
    | | |      |         check character over the first 17
    | | |      organisation code (GB 11714)
    | | district, six digits (not checked against a list: districts change)
    | kind within the registering authority
    registering authority (9 market regulation, N agriculture, A military, Y others, ...)
"""

from __future__ import annotations

import re
from operator import mul

from ledger.errors import UnusableInput
from ledger.identifiers.kinds import SubjectKind
from ledger.identifiers.text import masked, tidy

USCC_LENGTH = 18
_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_MODULUS = 31
_VALUES = bytes.maketrans(_ALPHABET, bytes(range(_MODULUS)))
_WEIGHTS = tuple(pow(3, place, _MODULUS) for place in range(USCC_LENGTH - 1))
_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


class BadUscc(UnusableInput):
    code = "bad_uscc"
    en = (
        "{shown} is not a valid unified social credit code: 18 characters of 0-9 and A-Z "
        "without I, O, S, V, Z, the last a check character; compare it with the certificate"
    )
    zh_cn = (
        "{shown} 不是有效的统一社会信用代码：应为18位数字或大写字母（不含I、O、S、V、Z），"
        "末位为校验码；请与证照核对"
    )
    zh_tw = (
        "{shown} 不是有效的統一社會信用代碼：應為18位數字或大寫字母（不含I、O、S、V、Z），"
        "末位為校驗碼；請與證照核對"
    )


def has_uscc_form(text: str) -> bool:
    """True when tidied ``text`` is shaped like a code, whatever its check character says."""
    return _FORM.fullmatch(text) is not None


def is_uscc(text: str) -> bool:
    """True when tidied ``text`` is a code with the right check character.

    The check is that of GB 32100 alone, so codes that begin with A, N or Y count too.
    """
    return has_uscc_form(text) and check_character(text) == text[-1]


def check_character(code: str) -> str:
    """The check character over the first 17 characters of what has the form of a code.

    Not python-stdnum's, which tidies the code once more and takes seven times as long: every
    row of an import asks. ``tests/property/test_identifiers.py`` holds the two equal.
    """
    values = code[: USCC_LENGTH - 1].encode().translate(_VALUES)
    return chr(_ALPHABET[-sum(map(mul, values, _WEIGHTS)) % _MODULUS])


def normalise_uscc(text: str) -> str:
    """The one written form of the code in ``text``; raises ``BadUscc``."""
    code = tidy(text)
    if not is_uscc(code):
        raise BadUscc(shown=masked(code))
    return code


def kind_of_uscc(code: str) -> SubjectKind:
    """The kind of subject that a (normalised) code's first two characters name."""
    if code.startswith("11"):
        return "government_body"
    if code.startswith("12"):
        return "public_institution"
    if code.startswith("5"):
        return "social_organisation"
    if code.startswith("92"):
        return "sole_trader"
    return "legal_person"
