"""The tables of a SQLite store, and the triggers that keep them append-only.

``kind`` is computed from the stream's key, so it cannot say anything else. Ids are given
by the append path; AUTOINCREMENT only keeps the largest id ever used, in a table of
SQLite's own, so that a tail which was cut off is noticed at the next append.

The triggers stop mistakes and the ordinary API. Whoever may write to the file can drop
them; that is what signatures, chain, tree and witnesses are for.
"""

from __future__ import annotations

SCHEMA_VERSION = 2
APPLICATION_ID = 0x43724C67
"""``CrLg`` in the file header: ``file`` and this program know the store by it."""

_ENTRIES = """
CREATE TABLE entries (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT GENERATED ALWAYS AS (substr(originator_id, 1, instr(originator_id, '/') - 1)) VIRTUAL,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    keyid BLOB NOT NULL,
    signature BLOB NOT NULL,
    details BLOB,
    UNIQUE (originator_id, originator_version)
)
"""

_TRACKING = """
CREATE TABLE tracking (
    application_name TEXT NOT NULL PRIMARY KEY,
    notification_id INTEGER NOT NULL
) WITHOUT ROWID
"""

# The root stands before the hashes, so that reading roots does not touch the rest.
_TILES = """
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    root BLOB NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
)
"""

_NOTES = """
CREATE TABLE notes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (kind, origin, size, digest)
)
"""

_STORE_INFO = """
CREATE TABLE store_info (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    schema_version INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    node TEXT NOT NULL
)
"""

_TABLES = (
    _ENTRIES,
    "CREATE INDEX entries_governance ON entries (rowid) WHERE kind IN ('node', 'organisation') AND topic <> 'HeadsCommitted:1'",
    "CREATE TABLE manifests (digest TEXT NOT NULL PRIMARY KEY, envelope BLOB NOT NULL)",
    _TILES,
    _NOTES,
    _TRACKING,
    _STORE_INFO,
)

_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END
"""

# INSERT OR REPLACE would delete the row it collides with, without firing DELETE triggers
# unless recursive_triggers is on: hence a check before the insert.
_CONTIGUOUS = """
CREATE TRIGGER entries_contiguous BEFORE INSERT ON entries
WHEN NEW.rowid IS NOT (SELECT COALESCE(MAX(rowid), 0) + 1 FROM entries)
  OR EXISTS (SELECT 1 FROM entries WHERE originator_id = NEW.originator_id
             AND originator_version = NEW.originator_version)
BEGIN SELECT RAISE(ABORT, 'entries is append-only: the row is not the next one'); END
"""

_ONCE = """
CREATE TRIGGER {table}_once BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE ({key}) = ({new}))
BEGIN SELECT RAISE(ABORT, '{table} is append-only: the row is there already'); END
"""


_KEYS = {
    "manifests": ("digest",),
    "tiles": ("level", "number"),
    "notes": ("kind", "origin", "size", "digest"),
    "store_info": ("one",),
}


def _once(table: str, *key: str) -> str:
    new = ", ".join(f"NEW.{column}" for column in key)
    return _ONCE.format(table=table, key=", ".join(key), new=new)


def statements() -> list[str]:
    """What makes an empty database a store, in order."""
    refused = [
        _APPEND_ONLY.format(table=table, verb=verb)
        for table in ("entries", "manifests", "tiles", "notes", "store_info")
        for verb in ("UPDATE", "DELETE")
    ]
    return [
        *_TABLES,
        *refused,
        _CONTIGUOUS,
        *(_once(table, *key) for table, key in _KEYS.items()),
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {SCHEMA_VERSION}",
    ]
