"""Finding data that may not be collected in narrative text, with bounded regular expressions.

A pattern comes from a rule pack that anyone may write and meets text that anyone may
send, so only patterns whose work is bounded are fit: no unbounded repetition, no
repetition within a repetition, no back-reference, and few ways to match in all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.rules.model import MAX_PATTERN

MAX_WAYS = 2_000
"""Ways in which one pattern may be tried at one place of a text."""

MAX_REPEAT = 64
"""Characters that one repetition may span: a clause, not a page."""

_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]{1,64}")
_QUANTIFIER = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}|[*+?]")
_BACK_REFERENCE = re.compile(r"\\[1-9]|\\g|\(\?P=|\(\?\(")
_SET_OPERATOR = re.compile(r"\[\^?\[|--|&&|~~|\|\|")
_FLAGS = re.compile(r"\(\?[aiLmsux-]")


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Data of class ``code`` in the text of that index. The text itself is not repeated."""

    code: str
    name: str
    text: int


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    code: str
    name: str
    pattern: re.Pattern[str]


def compact(text: str) -> str:
    """NFKC without spaces and invisible characters, so that spacing hides nothing."""
    if text.isascii():
        return text.replace(" ", "")
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def scan(patterns: Iterable[CompiledPattern], texts: Iterable[str]) -> tuple[DataFinding, ...]:
    """Every pattern that any of ``texts`` fits, once per pattern and text, in text order."""
    known = tuple(patterns)
    return tuple(
        DataFinding(each.code, each.name, index)
        for index, text in enumerate(map(compact, texts))
        if text
        for each in known
        if each.pattern.search(text)
    )


def fault_of_pattern(pattern: str) -> str | None:
    """Why ``pattern`` is unfit (in English, for a finding), or None.

    Judged by its structure alone; nothing is matched.
    """
    if len(pattern) > MAX_PATTERN:
        return f"it is longer than {MAX_PATTERN} characters"
    if _SET_OPERATOR.search(pattern):
        return "it holds [[, --, &&, ~~ or ||, which later versions of Python read otherwise"
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"it does not compile: {error}"
    if compiled.search("") is not None:
        return "it matches an empty text"
    if _BACK_REFERENCE.search(pattern) or _FLAGS.search(pattern):
        return "it uses a back-reference, a condition or flags"
    return _Walk(pattern).fault()


@dataclass(slots=True)
class _Group:
    """What is open while walking: the ways of its alternatives so far, and of the current one."""

    ways: int = 1
    before: int = 0
    repeats: bool = False

    @property
    def total(self) -> int:
        return self.before + self.ways

    def multiply(self, factor: int) -> None:
        self.ways = min(self.ways * factor, MAX_WAYS + 1)

    def next_alternative(self) -> None:
        self.before = min(self.total, MAX_WAYS + 1)
        self.ways = 1


class _Walk:
    """One pass over a pattern that compiles, multiplying the ways its parts can match."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._open = [_Group()]

    def fault(self) -> str | None:
        while self._at < len(self._pattern):
            closed = self._atom()
            reason = self._quantifier(closed)
            if reason is not None:
                return reason
        if self._open[0].total > MAX_WAYS:
            return f"it can be tried in more than {MAX_WAYS} ways"
        return None

    def _atom(self) -> _Group | None:
        """Step over one atom; the group that it closed, if it did."""
        sign = self._pattern[self._at]
        if sign == "\\":
            self._at += 2
        elif sign == "[":
            self._skip_class()
        elif sign == "(":
            self._open.append(_Group())
            prefix = re.compile(r"\((\?(:|=|!|<=|<!|>|P<\w+>))?").match(self._pattern, self._at)
            self._at = prefix.end() if prefix else self._at + 1
        elif sign == ")":
            self._at += 1
            return self._close()
        else:
            if sign == "|":
                self._open[-1].next_alternative()
            self._at += 1
        return None

    def _skip_class(self) -> None:
        self._at += 1
        if self._pattern[self._at] == "^":
            self._at += 1
        first = self._at
        while self._pattern[self._at] != "]" or self._at == first:
            self._at += 2 if self._pattern[self._at] == "\\" else 1
        self._at += 1

    def _close(self) -> _Group:
        group = self._open.pop()
        parent = self._open[-1]
        parent.multiply(group.total)
        parent.repeats = parent.repeats or group.repeats
        return group

    def _quantifier(self, closed: _Group | None) -> str | None:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if found is None or found.group() in ("{}", "{,}") or self._pattern[self._at - 1] in "(|":
            return None
        self._at = found.end()
        if self._pattern[self._at : self._at + 1] in ("?", "+"):
            self._at += 1  # lazy or possessive: no more ways than greedy
        if found.group() == "?":
            low, high = 0, 1
        elif found.group() in "*+":
            return "it repeats without a limit"
        else:
            low = int(found.group(1) or 0)
            if found.group(2) and not found.group(3):
                return "it repeats without a limit"
            high = int(found.group(3)) if found.group(2) else low
        if high > MAX_REPEAT:
            return f"it repeats more than {MAX_REPEAT} times"
        if closed and high > 1 and (closed.repeats or closed.before):
            return "it repeats a group that holds alternatives or another repetition"
        top = self._open[-1]
        top.multiply(high - low + 1)
        top.repeats = top.repeats or high > 1 or low != high
        return None
