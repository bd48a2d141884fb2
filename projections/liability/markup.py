"""Text into XML and HTML: whatever an entry holds is text, never markup."""

from __future__ import annotations

from html import escape
from typing import Final
from unicodedata import east_asian_width

ELLIPSIS: Final = "…"


def _is_allowed(character: str) -> bool:
    """Whether XML 1.0 can hold it and it leaves its neighbours where they are."""
    point = ord(character)
    if (
        point < 0x20
        or 0x7F <= point < 0xA0
        or 0xD800 <= point <= 0xDFFF
        or point & 0xFFFE == 0xFFFE
    ):
        return character in "\t\n\r"
    return not (0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069)


def text(value: object) -> str:
    """Escaped for element content and for attributes in quotes; what XML cannot hold is ``?``,
    and so is what would turn the direction of the text around it.
    """
    plain = "".join(c if _is_allowed(c) else "?" for c in str(value))
    return escape(plain, quote=True)


def width(value: str) -> float:
    """In em of a proportional font, with a little room."""
    return sum(_em(character) for character in value)


def _em(character: str) -> float:
    if east_asian_width(character) in "WF":
        return 1.0
    return 0.68 if character.isupper() else 0.56


def fitted(value: str, most: float) -> str:
    """As much of ``value`` as ``most`` em hold; what was long loses its middle, not its ends."""
    if width(value) <= most:
        return value
    start, end = len(value) - len(value) // 2, len(value) - len(value) // 2
    while width(value[:start] + ELLIPSIS + value[end:]) > most and (start or end < len(value)):
        if start > len(value) - end:
            start -= 1
        else:
            end += 1
    return value[:start] + ELLIPSIS + value[end:]
