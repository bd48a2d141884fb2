"""How SQLite tells whether its file is built and indexed as it was made."""

from __future__ import annotations

import sqlite3
from typing import Final

from ledger.storage.soundness import (
    MAX_MISFILED,
    MAX_OBJECTS,
    Altered,
    Misfiled,
    altered_sqlite,
)
from ledger.storage.sqlite_schema import statements

KEYS: Final = "sqlite_autoindex_entries_1"
"""SQLite's own name of the index behind UNIQUE (originator_id, originator_version)."""

# Every row found by its own key, and no more keys than rows: then the index is in order, too,
# for a search comes by its way only where it is.
_MISFILED: Final = (
    "SELECT t.rowid FROM entries AS t NOT INDEXED WHERE NOT EXISTS ("  # noqa: S608 - constants
    f"SELECT 1 FROM entries AS i INDEXED BY {KEYS} WHERE i.originator_id = t.originator_id "
    "AND i.originator_version = t.originator_version AND +i.rowid = t.rowid) "
    "ORDER BY t.rowid LIMIT ?"
)
_COUNTS: Final = (
    "SELECT (SELECT COUNT(originator_version) FROM entries NOT INDEXED), "  # noqa: S608 - constants
    f"(SELECT COUNT(*) FROM entries INDEXED BY {KEYS} WHERE originator_id >= '')"
)
_OBJECTS: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT ?"

_SMALL: Final = ("manifests", "tiles", "notes")
"""Tables that the database may check by itself: they are small beside the entries."""

_DAMAGED: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT})
"""No such table, or pages that are none."""

MAX_WHY: Final = 20
"""What the database says of one table, in lines."""


def misfiled(connection: sqlite3.Connection) -> Misfiled:
    """Rows that the index of the keys does not lead to, and what is wrong with other tables."""
    rows = connection.execute(_MISFILED, (MAX_MISFILED,)).fetchall()
    ((stored, filed),) = connection.execute(_COUNTS).fetchall()
    other = [f"{table}: {said}" for table in _SMALL for said in _checked(connection, table)]
    return Misfiled(tuple(row[0] - 1 for row in rows), stored, filed, tuple(other))


def _checked(connection: sqlite3.Connection, table: str) -> list[str]:
    """What the database finds wrong with a table and its indexes, in its own words."""
    try:
        found = connection.execute(f"PRAGMA integrity_check('{table}')").fetchmany(MAX_WHY)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise
        return [str(error)]
    return [said for (said,) in found if said != "ok"]


def altered(connection: sqlite3.Connection) -> Altered:
    """What is not as this program makes it."""
    return altered_sqlite(statements(), connection.execute(_OBJECTS, (MAX_OBJECTS,)))
