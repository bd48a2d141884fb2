"""Between the columns of the table and ``StoredEntry``.

``recorded_at`` is stored as whole microseconds since 1970-01-01T00:00:00Z: comparable,
exact, and the same on both stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.entry import StoredEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_INSTANT = datetime.min.replace(tzinfo=UTC)
"""Stands for a stored instant that cannot be read; no payload holds it."""

COLUMNS = "originator_id, originator_version, topic, state, recorded_at, keyid, signature, details"
"""Follows the id column; the order of every row tuple in this package."""

Row = tuple[int, str, int, str, bytes, int, bytes, bytes, bytes | None]
RawRow = tuple[Any, ...]
"""A row as the database gives it: the same columns, of whatever type."""


def to_micros(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Raises ``OverflowError`` past year 9999 and ``TypeError`` for what is no number."""
    return EPOCH + timedelta(microseconds=micros)


def row_of(entry: StoredEntry, micros: int) -> Row:
    return (
        entry.index + 1,
        str(entry.originator_id),
        entry.originator_version,
        entry.topic,
        entry.state,
        micros,
        entry.keyid,
        entry.signature,
        entry.details,
    )


def entry_of(row: Sequence[object]) -> StoredEntry:
    """The row as it is. See ``EntryStore.scan`` for values of the wrong type."""
    number, key, version, topic, state, micros, keyid, signature, details = row
    try:
        recorded_at = from_micros(micros) if type(micros) is int else NO_INSTANT
    except OverflowError:
        recorded_at = NO_INSTANT
    return StoredEntry(
        originator_id=key if type(key) is str else repr(key),
        originator_version=version if type(version) is int else -1,
        topic=topic if type(topic) is str else repr(topic),
        state=bytes_of(state),
        index=number - 1 if type(number) is int else -1,
        recorded_at=recorded_at,
        keyid=bytes_of(keyid),
        signature=bytes_of(signature),
        details=None if details is None else bytes_of(details),
    )


def bytes_of(value: object) -> bytes:
    if type(value) is bytes:
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return b"" if value is None else repr(value).encode()
