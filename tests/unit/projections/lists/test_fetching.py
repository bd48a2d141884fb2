"""Rows of compiled queries: values as the columns have them, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, bindparam, create_engine, select

from projections.lists.fetching import TEXT, WHOLE, Query
from projections.models.errors import UnreadableValue
from projections.models.tables import notices

COLUMNS = ("notice", "due_on", "entry", "recorded_at", "acknowledged", "verdict")


class Notice(NamedTuple):
    notice: str
    due_on: date | None
    entry: int
    recorded_at: datetime
    acknowledged: int | None
    verdict: str | None


def query() -> Query[Notice]:
    columns = (notices.c[name] for name in COLUMNS)
    return Query(
        select(*columns)
        .where(notices.c.entry >= bindparam("first", type_=WHOLE))
        .where(notices.c.record == "r")
        .where(notices.c.due_on < bindparam("day", type_=TEXT))
        .order_by(notices.c.entry),
        Notice,
    )


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as opened:
        opened.exec_driver_sql(f"CREATE TABLE notices (record, {', '.join(COLUMNS)})")
        put(opened, "n1", "2026-03-02", 1, "2026-03-02T01:15:00.000000Z", None, None)
        put(opened, "n2", "2026-03-03", 2, "2026-03-02T01:15:00.000001Z", 7, "done")
        yield opened


def put(connection: Connection, *values: object) -> None:
    connection.exec_driver_sql("INSERT INTO notices VALUES ('r', ?, ?, ?, ?, ?, ?)", values)


def test_rows_are_those_of_sqlalchemy(connection: Connection) -> None:
    """Days, instants, numbers and nothing at all come as they come through SQLAlchemy."""
    same, day = query(), date(2026, 3, 4)
    rows = same.rows(connection, {"first": 1, "day": day})
    plain = connection.execute(same.statement, {"first": 1, "day": "2026-03-04"})
    assert rows == [Notice(*row) for row in plain]
    assert rows[0].recorded_at == datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
    assert [row.due_on for row in rows] == [date(2026, 3, 2), date(2026, 3, 3)]


def test_parameters_are_taken_anew_each_time(connection: Connection) -> None:
    """A query that is compiled already finds what it is asked for, and nothing where nothing is."""
    same = query()
    found = [
        [row.notice for row in same.rows(connection, {"first": first, "day": date(2026, 3, 4)})]
        for first in (1, 2, 3)
    ]
    assert found == [["n1", "n2"], ["n2"], []]


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 5), (0, b"n"), (1, "2026-03-1x"), (2, "seven"), (3, "2026-03-02"), (4, 1.5)],
)
def test_a_value_of_no_such_column_is_refused(
    connection: Connection, at: int, value: object
) -> None:
    """What somebody wrote into a table is named where no column can hold it."""
    values: list[object] = ["n3", "2026-03-03", 3, "2026-03-02T01:15:00.000000Z", None, None]
    values[at] = value
    put(connection, *values)
    with pytest.raises(UnreadableValue) as refused:
        query().rows(connection, {"first": 0, "day": date(2099, 1, 1)})
    assert refused.value.fields["value"] == repr(value)
