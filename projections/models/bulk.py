"""Many rows at once, past SQLAlchemy, on the connection that it holds.

Through SQLAlchemy an insert takes several times as long; here the values are the stored ones
already (``tables.storable``).
"""

from __future__ import annotations

from collections.abc import Sequence
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


_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _lines(rows: Sequence[Sequence[Stored]]) -> bytes:
    """COPY's text format, made at once: row by row the driver takes five times as long."""
    return "".join(
        ["\t".join(["\\N" if v is None else str(v) for v in row]) + "\n" for row in _plain(rows)]
    ).encode()


def _plain(rows: Sequence[Sequence[Stored]]) -> Sequence[Sequence[Stored]]:
    """Texts are escaped where one of them needs it; hardly any does."""
    if not any(type(v) is str and ("\\" in v or not v.isprintable()) for row in rows for v in row):
        return rows
    return [[v.translate(_ESCAPED) if type(v) is str else v for v in row] for row in rows]


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
    """The stored values of the rows of ``low <= subject < high`` (None: to the end), in no order."""
    raw: Any = connection.connection.driver_connection
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    # Bytes order texts here and there alike, whatever the database's own order is.
    collation = "" if connection.dialect.name == "sqlite" else ' COLLATE "C"'
    statement = f'SELECT * FROM "{table.name}" WHERE subject{collation} >= {mark}'  # noqa: S608 - our own name
    parameters = [low]
    if high is not None:
        statement += f" AND subject{collation} < {mark}"
        parameters.append(high)
    cursor = raw.execute(statement, parameters)
    return [tuple(row) for row in cursor.fetchall()]
