"""How an identifier is written before it is judged: one normal form for all schemes."""

from __future__ import annotations

import unicodedata

MAX_IDENTIFIER_CHARACTERS = 64
"""Longer than any identifier of any scheme; what is longer is refused unread."""

SHOWN_CHARACTERS = 6
"""A message shows no more of an identifier than its district code: it may be a person's."""


def tidy(text: str) -> str:
    """NFKC (full-width forms become ASCII), no surrounding spaces, upper case.

    Text longer than ``MAX_IDENTIFIER_CHARACTERS`` comes back cut to one character more,
    which no scheme accepts.
    """
    if len(text) > 2 * MAX_IDENTIFIER_CHARACTERS:
        text = text[: MAX_IDENTIFIER_CHARACTERS + 1]
    return unicodedata.normalize("NFKC", text).strip().upper()[: MAX_IDENTIFIER_CHARACTERS + 1]


def masked(text: str) -> str:
    """The first characters of an identifier and its length, for a message."""
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text)})"


def is_ascii_digits(text: str) -> bool:
    """True for one or more of 0-9; ``str.isdigit`` also takes other scripts' digits."""
    return text.isascii() and text.isdigit()
