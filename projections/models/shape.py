"""What lies where the read models belong: tables of the right columns, and nothing that acts.

A view under a table's name answers something else, and a trigger changes what is written. How a
table is made is said here, too: whether it outlives a crash is no matter of its columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.schema import CreateTable

from projections.models.tables import TABLES

ABSENT: Final = ""


class Odd(NamedTuple):
    """A table, view or trigger that is not as this program makes it."""

    name: str
    is_now: Mapping[str, str]
    should_be: Mapping[str, str] | None
    """None: there should be none."""


class _Acting(NamedTuple):
    kind: str
    name: str
    table: str


_SQLITE: Final = (
    "SELECT type, name, tbl_name FROM sqlite_master"
    " WHERE type IN ('trigger', 'view') ORDER BY type, name"
)
_POSTGRES: Final = """
    SELECT 'trigger', tgname, relname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
    WHERE NOT tgisinternal AND nspname = current_schema()
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, relname, relname
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('v', 'm') AND nspname = current_schema()
    ORDER BY 1, 2
"""


def oddities(connection: Connection) -> Iterator[Odd]:
    """All that keeps the rows from being read and written as they are meant."""
    for acting in _acting(connection):
        yield Odd(acting.name, {"kind": acting.kind, "on": acting.table}, None)
    found = inspect(connection)
    there = set(found.get_table_names())
    for name, table in TABLES.items():
        wanted = ", ".join(map(str, table.c.keys()))
        columns = found.get_columns(name) if name in there else []
        stored = ", ".join(column["name"] for column in columns) or ABSENT
        if stored != wanted:
            yield Odd(name, {"columns": stored}, {"columns": wanted})


def drop_acting(connection: Connection) -> None:
    """Views and triggers, whoever made them: this program makes none."""
    is_postgres = connection.dialect.name == "postgresql"
    for acting in _acting(connection):
        on = f' ON "{_quoted(acting.table)}"' if is_postgres and acting.kind == "trigger" else ""
        cascade = " CASCADE" if is_postgres else ""
        connection.exec_driver_sql(
            f'DROP {acting.kind} IF EXISTS "{_quoted(acting.name)}"{on}{cascade}'
        )


def _acting(connection: Connection) -> list[_Acting]:
    """Triggers before the views that they may stand on."""
    is_postgres = connection.dialect.name == "postgresql"
    rows = connection.exec_driver_sql(_POSTGRES if is_postgres else _SQLITE)
    return [_Acting(*map(str, row)) for row in rows]


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def create(connection: Connection, table: Table) -> None:
    """On PostgreSQL not logged: after a crash of the server all tables are empty, position and
    rows together, and are built anew. To log them takes half as long again as to write them.
    """
    made = str(CreateTable(table).compile(connection))
    if connection.dialect.name == "postgresql":
        made = made.replace("CREATE TABLE", "CREATE UNLOGGED TABLE", 1)
    connection.exec_driver_sql(made)


def is_logged(connection: Connection, names: Collection[str]) -> bool:
    """Whether one of these tables, which tell of the others, would outlive their rows."""
    if connection.dialect.name != "postgresql":
        return False
    found = connection.exec_driver_sql(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = current_schema() AND relkind = 'r' AND relpersistence <> 'u'"
    )
    return not set(names).isdisjoint(found.scalars())
