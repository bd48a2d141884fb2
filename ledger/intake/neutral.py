"""Keeping a spreadsheet from taking a cell of a rejects file for a formula, reversibly.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break (ASCII or
full-width) gets one apostrophe in front. So that every cell can be told from its
neutralised form, a cell that begins with apostrophes and then such a character gets one
more as well::

    =1+1      '=1+1
    '=1+1     ''=1+1
    'quoted   'quoted     (no such character follows: left as it is)

``restored(neutralised(text)) == text`` for every text.
"""

from __future__ import annotations

import re

PREFIX = "'"
_TRIGGER = "=+\\-@\t\r\n＝＋－＠"
_NEEDS = re.compile(f"'*[{_TRIGGER}]")
_HAS = re.compile(f"''*[{_TRIGGER}]")


def neutralised(text: str) -> str:
    """``text`` in a form that no spreadsheet evaluates."""
    return PREFIX + text if _NEEDS.match(text) else text


def restored(text: str) -> str:
    """The text that ``neutralised`` was given."""
    return text[len(PREFIX) :] if _HAS.match(text) else text
