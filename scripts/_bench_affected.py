"""The blast radius of a supplier of many records, beside the plain SQL that fetches the same rows.

The read models hold rows made by hand, filled in as a rebuild does. Every other record is the
supplier's; of ten one bears a sanction that is enforced and one was disclosed, every second time to
a recipient that was then told of a withdrawal and has not answered.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from projections.lists.affected import affected
from projections.lists.affected_pages import Cause
from projections.lists.asked import ListAsked
from projections.lists.paging import LIMIT, MAX_LIMIT, Cut
from projections.models.place import Place
from projections.models.rows import (
    FOREVER,
    DisclosureRow,
    EnforcementRow,
    NoticeRow,
    RecordStateRow,
    Rows,
    SanctionRecordRow,
    SanctionStateRow,
    SourceRow,
)
from projections.models.store import Position, Reading, ReadModels, StoredRows
from projections.models.tables import TABLES, storable
from projections.reader import Public

SUPPLIER, OTHER = "12350200B00000000", "12350200C00000000"
SINCE, UNTIL = date(2025, 3, 4), date(2026, 3, 4)
DAY = date(2025, 4, 25)
START = datetime(2025, 3, 4, 2, tzinfo=UTC)
NAMES = UUID(int=0)
PART = 10_000
"""Records whose rows are made at once."""
ENTRIES = 10
"""So many for each record: its own, and those that follow from it."""
FIRST_PAGES = 41
ROUNDS = 3


class Taken(NamedTuple):
    """Seconds; medians of rounds that alternate."""

    first: float
    """The first page, of the usual length."""
    pages: float
    """All pages, of the greatest length."""
    short_pages: float
    """All pages, of the usual length."""
    sql: float


def taken(folder: Path, store: str, name: str, records: int) -> Taken:
    """Of a supplier of ``records``, in read models that are made for the purpose."""
    folder.mkdir(parents=True, exist_ok=True)
    with ReadModels(Place.of(folder, "sqlite:" if store == "sqlite" else store, name)) as models:
        models.begin(Position("bench", 2 * records * ENTRIES, "", tag="t"))
        models.fill("", _parts(2 * records), lambda: 2 * records * ENTRIES)
        models.make_indexes()
        assert models.swap(None)
        with models.reading() as reading:
            asked = ListAsked(DAY, reading.position.size, Public(DAY))
            return _measured(reading, asked, records)


def _measured(reading: Reading, asked: ListAsked, records: int) -> Taken:
    def page(cut: Cut) -> str | None:
        found = affected(reading, asked, Cause("supplier", SUPPLIER), cut)
        seen.extend(each.record for each in found.records)
        return found.next

    def pages(limit: int) -> None:
        seen.clear()
        after = page(Cut(limit))
        while after is not None:
            after = page(Cut(limit, after))
        assert len(set(seen)) == len(seen) == records, "every record is on one page"

    def plain() -> None:
        found = _plain_sql(reading, asked)
        assert len(found["sources"]) == records, "the same rows"

    seen: list[str] = []
    for measure in (plain, lambda: pages(MAX_LIMIT)):
        measure()  # in memory, both
    gc.collect()
    gc.freeze()
    rounds = [
        (_seconds(plain), _seconds(lambda: pages(MAX_LIMIT)), _seconds(lambda: pages(LIMIT)))
        for _ in range(ROUNDS)
    ]
    first = median(_seconds(lambda: page(Cut())) for _ in range(FIRST_PAGES))
    sql, long, short = (median(column) for column in zip(*rounds, strict=True))
    return Taken(first, long, short, sql)


def _seconds(measure: Callable[[], object]) -> float:
    began = time.perf_counter()
    measure()
    return time.perf_counter() - began


# -- plain SQL --------------------------------------------------------------------------

_KNOWN: Final = "r.known_from <= {size} AND r.known_until > {size}"
_HOLDS: Final = "r.valid_from <= {day} AND r.valid_until > {day}"
_OF: Final = "FROM sources AS s JOIN {table} AS r ON r.record = s.record WHERE {ours}"
_UNDER: Final = (
    "FROM sources AS s JOIN sanction_records AS b ON b.record = s.record"
    " JOIN {table} AS r ON r.sanction = b.sanction WHERE {ours}"
)
PLAIN: Final = {
    "sources": "SELECT * FROM sources AS s WHERE {ours}",
    "record_states": f"SELECT r.* {_OF} AND {_KNOWN} AND {_HOLDS}",
    "sanction_records": f"SELECT r.* {_OF} AND r.known_from <= {{size}}",
    "sanction_states": f"SELECT r.* {_UNDER} AND {_KNOWN} AND {_HOLDS}",
    "enforcements": f"SELECT r.* {_UNDER} AND {_KNOWN} AND {_HOLDS}",
    "disclosures": f"SELECT r.* {_OF} AND {_KNOWN}",
    "notices": f"SELECT r.* {_OF} AND {_KNOWN}",
}
"""A statement for each table of which a page has rows; past SQLAlchemy, as the driver gives them."""


def _plain_sql(reading: Reading, asked: ListAsked) -> dict[str, list[Any]]:
    raw: Any = reading.connection.connection.driver_connection
    values = {
        "ours": f"s.supplier = '{SUPPLIER}' AND s.known_from <= {asked.size}",
        "size": str(asked.size),
        "day": f"'{asked.valid_at}'",
    }
    return {
        table: raw.execute(statement.format(table=table, **values)).fetchall()
        for table, statement in PLAIN.items()
    }


# -- rows -------------------------------------------------------------------------------

_STORABLE: Final = {name: storable(table) for name, table in TABLES.items()}


def _parts(records: int) -> Iterator[StoredRows]:
    for first in range(0, records, PART):
        rows = Rows()
        for number in range(first, min(records, first + PART)):
            _add(rows, number)
        rows.spread()
        yield {name: _STORABLE[name](values) for name, values in rows.by_table()}


def _add(rows: Rows, number: int) -> None:
    """Of one record of the supplier, or of the other one: pairs of records are alike."""
    subject, record = str(uuid5(NAMES, str(number))), _key(number, 0)
    entry = number * ENTRIES
    at = START + timedelta(seconds=number)
    supplier = OTHER if number % 2 else SUPPLIER
    rows.sources.append(
        SourceRow(
            subject, record, entry, supplier, supplier, supplier, "op-7", "a" * 64, number,
            f"示例〔2025〕{number}号", "b" * 64, SINCE, at, entry + 1,
        )
    )  # fmt: skip
    rows.record_states.append(
        RecordStateRow(
            subject, record, "administrative_penalty", "general", True, "public", supplier,
            supplier, "withdrawn", SINCE, (entry,), SINCE, date.max, entry + 1, FOREVER,
        )
    )  # fmt: skip
    kind = number // 2 % 20
    if kind in {3, 13}:
        _add_sanction(rows, subject, record, number)
    if kind in {5, 15}:
        given = DisclosureRow(
            subject, record, f"node{number % 7}", "c" * 64, entry + 4, at, None, entry + 5, FOREVER
        )
        rows.disclosures.append(given)
    if kind == 5:
        told = NoticeRow(
            subject, _key(number, 2), record, f"node{number % 7}", "withdrawal", "lift", UNTIL,
            entry + 5, at, None, None, None, entry + 6, FOREVER,
        )  # fmt: skip
        rows.notices.append(told)


def _add_sanction(rows: Rows, subject: str, record: str, number: int) -> None:
    entry, key, enforcer = number * ENTRIES, _key(number, 1), f"11350200E{number % 50:08d}"
    at = START + timedelta(seconds=number)
    rows.sanction_records.append(
        SanctionRecordRow(subject, key, record, enforcer, "limit_bidding", entry + 1, at, entry + 2)
    )
    rows.sanction_states.append(
        SanctionStateRow(
            subject, key, "limit_bidding", "administrative", enforcer, enforcer, SINCE, UNTIL,
            (record,), None, "in_force", SINCE, (entry + 1,), SINCE, UNTIL, entry + 2, FOREVER,
        )
    )  # fmt: skip
    rows.enforcements.append(
        EnforcementRow(
            subject, key, "limit_bidding", enforcer, "applied", SINCE, (entry + 2,), SINCE,
            date.max, entry + 3, FOREVER,
        )
    )  # fmt: skip


def _key(number: int, kind: int) -> str:
    """Of a record, a sanction, a notice: they sort by time."""
    return str(UUID(int=(number << 80) + (7 << 76) + (kind << 64) + (8 << 60) + number))
