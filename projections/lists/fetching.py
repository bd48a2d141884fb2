"""Queries that are compiled once, and their rows as named tuples made column by column.

For lists of many rows: to build a statement, and to make rows of it value by value, takes several
times as long as the store needs to find them. What a column cannot hold is refused as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import NoneType
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar, cast

from sqlalchemy import BigInteger, Connection, Select, Text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from ledger.errors import LedgerError
from ledger.signing.canonical import MAX_SAFE_INTEGER
from projections.models.columns import FORMS, Line, TreeSize
from projections.models.errors import UnreadableValue

R = TypeVar("R", bound=tuple[Any, ...])

Given: TypeAlias = str | int | date | None
Convert: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]

TEXT: Final = Text()
"""Of a parameter: a text, or a day, which is given as its text."""
WHOLE: Final = BigInteger()


class Query(Generic[R]):
    """Rows of the type ``row``, whose fields are the columns of ``statement`` in order."""

    def __init__(self, statement: Select[Any], row: type[R]) -> None:
        self.statement = statement
        self._make = cast("Callable[[tuple[Any, ...]], R]", row._make)  # type: ignore[attr-defined]
        self._converts = [_convert(column.type) for column in statement.selected_columns]
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Mapping[str, Given]) -> list[R]:
        """``values`` by the names of the parameters. Raises ``UnreadableValue``."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled.of(self.statement, dialect)
        found = connection.exec_driver_sql(compiled.text, compiled.given(values)).cursor
        assert found is not None, "a SELECT gives rows"
        rows = found.fetchall()
        if not rows:
            return []
        columns = zip(self._converts, zip(*rows, strict=True), strict=True)
        return list(map(self._make, zip(*(to(column) for to, column in columns), strict=True)))


class _Compiled(NamedTuple):
    text: str
    fixed: dict[str, str | int | None]
    order: Sequence[str] | None
    """The names of positional parameters; None where they go by name."""

    @classmethod
    def of(cls, statement: Select[Any], dialect: Dialect) -> _Compiled:
        found = statement.compile(dialect=dialect)
        fixed = {str(name): _stored(value) for name, value in found.params.items()}
        return cls(found.string, fixed, found.positiontup)

    def given(self, values: Mapping[str, Given]) -> Any:
        every = {**self.fixed, **{name: _stored(value) for name, value in values.items()}}
        if self.order is None:
            return {name: every[name] for name in self.fixed}
        return tuple(every[name] for name in self.order)


def _stored(value: Given) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value


def _convert(kind: TypeEngine[Any]) -> Convert:
    form = FORMS.get(type(kind))
    if form is not None:
        return _Reads(form.read)
    if isinstance(kind, TreeSize):
        return _of_sizes
    return _of_texts if isinstance(kind, Line) else _of_numbers


class _Reads:
    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read

    def __call__(self, column: Sequence[Any]) -> Sequence[Any]:
        read = self._read
        try:
            return [None if value is None else read(value) for value in column]
        except (ValueError, TypeError, LedgerError):
            pass
        return [None if value is None else self._one(value) for value in column]

    def _one(self, value: Any) -> Any:
        try:
            return self._read(value)
        except (ValueError, TypeError, LedgerError) as error:
            raise UnreadableValue.of(value) from error


def _of_texts(column: Sequence[Any]) -> Sequence[Any]:
    return _only(column, str)


def _of_numbers(column: Sequence[Any]) -> Sequence[Any]:
    """Whole numbers that an answer can hold."""
    for each in _only(column, int):
        if each is not None and not -MAX_SAFE_INTEGER <= each <= MAX_SAFE_INTEGER:
            raise UnreadableValue.of(each)
    return column


def _of_sizes(column: Sequence[Any]) -> Sequence[Any]:
    """Tree sizes, and ``FOREVER``, which no answer holds."""
    return _only(column, int)


def _only(column: Sequence[Any], kind: type) -> Sequence[Any]:
    if not {kind, NoneType}.issuperset(map(type, column)):
        odd = next(each for each in column if each is not None and type(each) is not kind)
        raise UnreadableValue.of(odd)
    return column
