"""Many rows at once, past SQLAlchemy, on the connection that it holds.

Through SQLAlchemy an insert takes several times as long; here the values are the stored ones
already (``tables.storable``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from types import NoneType
from typing import Any, Final

from sqlalchemy import Connection, Table

from projections.models.tables import Stored


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Stored]]) -> None:
    """Each row in the order of the table's columns."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.c))
        raw.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', rows)  # noqa: S608 - our own name
        return
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table.name}" FROM STDIN') as copy:
        copy.write(_lines(rows))


_NULL: Final = "\\N"
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _lines(rows: Sequence[Sequence[Stored]]) -> bytes:
    """COPY's text format, made at once: row by row the driver takes five times as long."""
    columns = list(zip(*rows, strict=True))
    texts: list[Sequence[str]] = []
    nulls = 0
    for column in columns:
        kinds = set(map(type, column))
        if NoneType in kinds:
            nulls += column.count(None)
            texts.append([_NULL if value is None else str(value) for value in column])
        else:
            texts.append(column if kinds == {str} else list(map(str, column)))
    text = _joined(texts)
    # Whether a value holds what has to be escaped is asked of all of them together.
    tabs = len(rows) * (len(columns) - 1)
    marks = text.count("\t"), text.count("\n"), text.count("\r"), text.count("\\")
    if marks != (tabs, len(rows), 0, nulls):
        text = _joined([list(map(_escaped, column)) for column in columns])
    return text.encode()


def _escaped(value: Stored) -> str:
    return _NULL if value is None else str(value).translate(_ESCAPED)


def _joined(columns: Sequence[Sequence[str]]) -> str:
    """A line for each row."""
    return "\n".join([*map("\t".join, zip(*columns, strict=True)), ""])


def delete_rows(connection: Connection, table: Table, subjects: Sequence[str]) -> None:
    """All rows of these subjects."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        statement = f'DELETE FROM "{table.name}" WHERE subject = ?'  # noqa: S608 - our own name
        raw.executemany(statement, [(subject,) for subject in subjects])
        return
    with raw.cursor() as cursor:
        statement = f'DELETE FROM "{table.name}" WHERE subject = ANY(%s)'  # noqa: S608 - our own name
        cursor.execute(statement, (list(subjects),))


def select_rows(
    connection: Connection, table: Table, low: str, high: str | None
) -> list[tuple[Stored, ...]]:
    """The stored values of the rows of ``low <= subject < high`` (None: to the end), in no order.

    What is no text in a column of texts comes as the bytes that it is.
    """
    raw: Any = connection.connection.driver_connection
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    # Bytes order texts here and there alike, whatever the database's own order is.
    collation = "" if connection.dialect.name == "sqlite" else ' COLLATE "C"'
    statement = f'SELECT * FROM "{table.name}" WHERE subject{collation} >= {mark}'  # noqa: S608 - our own name
    parameters = [low]
    if high is not None:
        statement += f" AND subject{collation} < {mark}"
        parameters.append(high)
    try:
        cursor = raw.execute(statement, parameters)
        return [tuple(row) for row in cursor.fetchall()]
    except sqlite3.OperationalError as error:
        if "UTF-8" not in str(error):
            raise
    before, raw.text_factory = raw.text_factory, _text_or_bytes
    try:
        return [tuple(row) for row in raw.execute(statement, parameters).fetchall()]
    finally:
        raw.text_factory = before


def _text_or_bytes(value: bytes) -> str | bytes:
    """Only where somebody wrote something else: asked of each text, it takes its time."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value
