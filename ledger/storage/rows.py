"""Between the columns of the table and ``StoredEntry``.

``recorded_at`` is stored as whole microseconds since 1970-01-01T00:00:00Z: comparable,
exact, and the same on both stores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.entry import StoredEntry, stored_entry
from ledger.signing.boxes import MAX_DETAILS_BYTES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_INSTANT = datetime.min.replace(tzinfo=UTC)
"""Stands for a stored instant that cannot be read; no payload holds it."""

COLUMNS = "originator_id, originator_version, topic, state, recorded_at, keyid, signature, details"
"""Follows the id column; the order of every row tuple in this package."""

MAX_STATE_BYTES = 128 << 10
"""Of a payload that is read in order to be judged; an entry has 65,535 at most."""
MAX_SHORT = 1_000
"""Of a column that holds a key, a name or a signature."""

MAX_VALUE_BYTES = 100 << 20
"""Of any value that is read; the largest that is written, a bundle of 10,000 records, has 96 MB."""


def bounded(columns: str, limits: Mapping[str, int]) -> str:
    """``columns`` to be selected so that none arrives that is longer than its limit.

    A longer one arrives as a value that agrees with no payload: empty, or a pair of quotes.
    """
    return ", ".join(
        f"CASE WHEN length({name}) > {limits[name]} THEN '' ELSE {name} END"
        if name in limits
        else name
        for name in columns.split(", ")
    )


ENTRY_COLUMNS = bounded(
    COLUMNS,
    {
        **dict.fromkeys(("originator_id", "topic", "keyid", "signature"), MAX_SHORT),
        "state": MAX_STATE_BYTES,
        "details": MAX_DETAILS_BYTES,
    },
)
"""``COLUMNS`` for whoever reads the log in its order and trusts nothing in it."""


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
    return stored_entry(
        {
            "originator_id": key if type(key) is str else repr(key),
            "originator_version": version if type(version) is int else -1,
            "topic": topic if type(topic) is str else repr(topic),
            "state": bytes_of(state),
            "index": number - 1 if type(number) is int else -1,
            "recorded_at": recorded_at,
            "keyid": bytes_of(keyid),
            "signature": bytes_of(signature),
            "details": None if details is None else bytes_of(details),
        }
    )


def bytes_of(value: object) -> bytes:
    if type(value) is bytes:
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return b"" if value is None else repr(value).encode()
