"""Reading the log, once for both stores.

Statements are written with ``?`` for a parameter, ``{id}`` for the column that holds
leaf index + 1, and ``{entries}``, ``{manifests}`` and so on for the tables; a store renders
them into its own SQL and runs them.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.entry import StoredEntry
from ledger.storage.audit_reads import BELOW_ALL, DETAILS, STATE
from ledger.storage.port import (
    COMMITMENT_TOPIC,
    GOVERNANCE_KINDS,
    SCAN_CHUNK,
    Head,
    StreamHead,
)
from ledger.storage.range_reads import RangeReads
from ledger.storage.rows import (
    ENTRY_COLUMNS,
    MAX_VALUE_BYTES,
    NO_INSTANT,
    bounded,
    bytes_of,
    entry_of,
    from_micros,
    to_micros,
)

KEYS_AT_ONCE = 500
"""Keys of one ``IN (...)``; SQLite built with old limits takes 999 parameters."""


class Dialect(NamedTuple):
    """How a store spells the shared statements."""

    id: str
    entries: str
    manifests: str
    tracking: str
    info: str
    tiles: str
    notes: str
    parameter: str

    def render(self, statement: str) -> str:
        return _render(self, statement)


@lru_cache(maxsize=512)
def _render(dialect: Dialect, statement: str) -> str:
    return statement.replace("?", dialect.parameter).format(**dialect._asdict())


SELECT = "SELECT {id}, " + ENTRY_COLUMNS + " FROM {entries} "  # noqa: S608 - constants only
_ENVELOPE = bounded("envelope", {"envelope": MAX_VALUE_BYTES})
SELECT_INFO = "SELECT schema_version, store_id, node FROM {info}"
GOVERNS = (
    "kind IN ("
    + ", ".join(f"'{kind}'" for kind in GOVERNANCE_KINDS)
    + f") AND topic <> '{COMMITMENT_TOPIC}'"
)
"""Spelled as the condition of the partial index, so that it serves."""


class EntryReads(RangeReads):
    """The reading half of ``EntryStore``; see there for the guarantees."""

    dialect: Dialect

    @abstractmethod
    def _fence(self) -> None:
        """Returns when every append that was under way at the call has ended."""

    def size(self) -> int:
        found = self.max_notification_id()
        return 0 if found is None else found

    def largest_size_known(self) -> int | None:
        """See ``EntryStore``: a store that keeps a count says it."""
        return None

    def max_notification_id(self) -> int | None:
        """The largest leaf index + 1, None for an empty log (library interface)."""
        found: int | None = self._rows("SELECT MAX({id}) FROM {entries}")[0][0]
        return found

    def head(self) -> Head | None:
        return head_of(self._rows(LAST))

    def resolve(self, known_at: datetime) -> int:
        micros = to_micros(known_at)
        head = self.head()
        if head is None or known_at >= head.recorded_at:
            self._fence()
            head = self.head()
        if head is None:
            return 0
        return self._count_until(micros, head.size)

    def _count_until(self, micros: int, size: int) -> int:
        # recorded_at never falls along the log: the last index at or before the instant.
        low, high = 0, size
        while low < high:
            middle = (low + high + 1) // 2
            rows = self._rows(
                "SELECT recorded_at FROM {entries} WHERE {id} <= ? ORDER BY {id} DESC LIMIT 1",
                (middle,),
            )
            if rows and rows[0][0] > micros:
                high = middle - 1
            else:
                low = middle
        return low

    def stream(self, key: str, *, upto: int | None = None, after_seq: int = 0) -> list[StoredEntry]:
        statement = SELECT + "WHERE originator_id = ? AND originator_version > ? "
        parameters: list[object] = [key, after_seq]
        if upto is not None:
            statement += "AND {id} <= ? "
            parameters.append(upto)
        rows = self._rows(statement + "ORDER BY originator_version", parameters)
        return [entry_of(row) for row in rows]

    def streams(
        self, keys: Collection[str], *, upto: int | None = None
    ) -> dict[str, list[StoredEntry]]:
        found: dict[str, list[StoredEntry]] = {key: [] for key in keys}
        for chunk in _chunks(found):
            statement = SELECT + f"WHERE originator_id IN ({_marks(chunk)}) "
            parameters: list[object] = list(chunk)
            if upto is not None:
                statement += "AND {id} <= ? "
                parameters.append(upto)
            statement += "ORDER BY originator_id, originator_version"
            for row in self._rows(statement, parameters):
                found[row[1]].append(entry_of(row))
        return found

    def heads(self, keys: Collection[str]) -> dict[str, StreamHead]:
        statement = (
            "SELECT e.originator_id, e.originator_version, e.state FROM {entries} e "
            "JOIN (SELECT originator_id AS k, MAX(originator_version) AS v FROM {entries} "
            "WHERE originator_id IN (%s) GROUP BY originator_id) last "
            "ON e.originator_id = last.k AND e.originator_version = last.v"
        )
        found: dict[str, StreamHead] = {}
        for chunk in _chunks(dict.fromkeys(keys)):
            found |= stream_heads_of(
                self._rows(statement.replace("%s", _marks(chunk)), list(chunk))
            )
        return found

    def scan(
        self, start: int = 0, stop: int | None = None, chunk: int = SCAN_CHUNK
    ) -> Iterator[StoredEntry]:
        return self._scan("", (), start, stop, chunk)

    def scan_kinds(
        self, kinds: Collection[str], start: int = 0, stop: int | None = None
    ) -> Iterator[StoredEntry]:
        if not kinds:
            return iter(())
        condition = f"AND kind IN ({_marks(kinds)}) "
        parameters: Sequence[object] = tuple(kinds)
        return self._scan(condition, parameters, start, stop, SCAN_CHUNK)

    def scan_governing(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        return self._scan(f"AND {GOVERNS} ", (), start, stop, SCAN_CHUNK)

    def _scan(
        self, condition: str, extra: Sequence[object], start: int, stop: int | None, chunk: int
    ) -> Iterator[StoredEntry]:
        # Each chunk is a transaction of its own: the log only grows, and a reader that
        # kept one open would keep the write-ahead log from being cut.
        after = start if start > 0 else BELOW_ALL
        statement = SELECT + "WHERE {id} > ? " + condition
        if stop is not None:
            statement += "AND {id} <= ? "
        statement += "ORDER BY {id} LIMIT ?"
        ending: tuple[object, ...] = (chunk,) if stop is None else (stop, chunk)
        asked = (*extra, *ending)
        while rows := self._some_rows(statement, (after, *asked), long=(STATE, DETAILS)):
            yield from map(entry_of, rows)
            after = rows[-1][0]

    def governance_index(self) -> int:
        return governance_of(self._rows(GOVERNANCE))

    def manifest(self, digest: str) -> bytes | None:
        rows = self._rows(
            f"SELECT {_ENVELOPE} FROM {{manifests}} WHERE digest = ?",  # noqa: S608 - constants
            (digest,),
        )
        return bytes_of(rows[0][0]) if rows else None

    def manifests(self) -> Iterator[tuple[str, bytes]]:
        after = ""
        statement = (
            "SELECT digest, envelope FROM {manifests} WHERE digest > ? ORDER BY digest LIMIT ?"
        )
        while rows := self._rows(statement, (after, SCAN_CHUNK)):
            for digest, envelope in rows:
                yield digest, bytes_of(envelope)
            after = rows[-1][0]


LAST = "SELECT {id}, recorded_at FROM {entries} ORDER BY {id} DESC LIMIT 1"

GOVERNANCE = (
    "SELECT {id} FROM {entries} WHERE " + GOVERNS + " ORDER BY {id} DESC LIMIT 1"  # noqa: S608 - constants only
)


def governance_of(rows: Sequence[Sequence[Any]]) -> int:
    return int(rows[0][0]) - 1 if rows else -1


def head_of(rows: Sequence[Sequence[Any]]) -> Head | None:
    if not rows:
        return None
    size, micros = rows[0]
    try:
        return Head(size, from_micros(micros))
    except (OverflowError, TypeError):
        return Head(size, NO_INSTANT)


def stream_heads_of(rows: Iterable[Sequence[Any]]) -> dict[str, StreamHead]:
    """From rows of key, version, payload."""
    return {
        key: StreamHead(version, hashlib.sha256(state).hexdigest()) for key, version, state in rows
    }


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    listed = list(keys)
    for start in range(0, len(listed), KEYS_AT_ONCE):
        yield listed[start : start + KEYS_AT_ONCE]
