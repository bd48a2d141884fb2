"""The kinds of columns of the read models: texts that are days, instants, lists in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeGuard, TypeVar

import orjson
from sqlalchemy import BigInteger, Text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from ledger.entry import format_instant, parse_instant
from ledger.errors import LedgerError
from ledger.signing.canonical import MAX_SAFE_INTEGER
from projections.models.errors import UnreadableValue
from projections.models.rows import FOREVER

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts sort by their bytes, here and there."""

Spans: TypeAlias = tuple[tuple[date, date | None], ...]


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()


T = TypeVar("T")


class _AsText(TypeDecorator[T]):
    """A value under a text; each kind below says how one becomes the other."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TEXT.dialect_impl(dialect))

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else FORMS[type(self)].write(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:  # noqa: ARG002
        if value is None:
            return None
        try:
            found: T = FORMS[type(self)].read(value)
        except (ValueError, TypeError, LedgerError) as error:
            raise UnreadableValue.of(value) from error
        return found


class Line(TypeDecorator[str]):
    """A text, and nothing else that a database may hold in its place."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TEXT.dialect_impl(dialect))

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or isinstance(value, str):
            return value
        raise UnreadableValue.of(value)


class Whole(TypeDecorator[int]):
    """A whole number that an answer can hold, and nothing else."""

    impl = BigInteger
    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> int | None:  # noqa: ARG002
        if value is None or _is_whole(value):
            return value
        raise UnreadableValue.of(value)


class TreeSize(Whole):
    """A tree size, or ``FOREVER``, which no answer holds."""

    cache_ok = True

    def process_result_value(self, value: object, dialect: Dialect) -> int | None:
        return FOREVER if value == FOREVER else super().process_result_value(value, dialect)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and abs(value) <= MAX_SAFE_INTEGER


def _list(text: str, fits: Callable[[object], bool]) -> tuple[Any, ...]:
    values = orjson.loads(text)
    if not isinstance(values, list) or not all(map(fits, values)):
        raise ValueError(text)
    return tuple(values)


def _spans(text: str) -> Spans:
    return tuple(
        (date.fromisoformat(since), None if until is None else date.fromisoformat(until))
        for since, until in orjson.loads(text)
    )


class Day(_AsText[date]):
    """A calendar date as its ISO text, which sorts as the days do."""

    cache_ok = True


class Instant(_AsText[datetime]):
    """An aware UTC instant as in an entry (``2026-03-02T01:15:00.000000Z``)."""

    cache_ok = True


class Leaves(_AsText[tuple[int, ...]]):
    """Leaf indexes, ascending, as a JSON list."""

    cache_ok = True


class Names(_AsText[tuple[str, ...]]):
    """Ids or codes as a JSON list."""

    cache_ok = True


class DaySpans(_AsText[Spans]):
    """``((from, until or None), ...)`` as a JSON list of lists of ISO texts."""

    cache_ok = True


class _Form(NamedTuple):
    write: Callable[[Any], str]
    read: Callable[[str], Any]


FORMS: Final[Mapping[type, _Form]] = {
    Day: _Form(date.isoformat, date.fromisoformat),
    Instant: _Form(format_instant, parse_instant),
    Leaves: _Form(_dumps, lambda text: _list(text, _is_whole)),
    Names: _Form(_dumps, lambda text: _list(text, lambda each: isinstance(each, str))),
    DaySpans: _Form(_dumps, _spans),
}
