"""What read models are built from: streams side by side, in the order of their keys.

A rebuild reads the log by ranges of keys, so that processes share it without a word; whoever
follows the log asks first which streams were written to. Each statement is a transaction of
its own: below ``upto`` the log does not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.entry import StoredEntry
from ledger.storage.audit_reads import AuditReads
from ledger.storage.rows import ENTRY_COLUMNS, entry_of

_BETWEEN: Final = (
    "SELECT {id}, " + ENTRY_COLUMNS + " FROM {entries} "  # noqa: S608 - constants only
    "WHERE (originator_id, originator_version) > (?, ?) AND {id} <= ? %s"
    "ORDER BY originator_id, originator_version LIMIT ?"
)


class RangeReads(AuditReads):
    """Reads in the order of the streams."""

    def between(
        self, low: str, high: str | None, upto: int, chunk: int
    ) -> Iterator[list[StoredEntry]]:
        """See ``EntryStore``."""
        statement = _BETWEEN % ("" if high is None else "AND originator_id < ? ")
        ending: tuple[object, ...] = (chunk,) if high is None else (high, chunk)
        after: tuple[object, object] = (low, -(2**63))
        while rows := self._rows(statement, (*after, upto, *ending)):
            yield [entry_of(row) for row in rows]
            if len(rows) < chunk:
                return
            after = rows[-1][1], rows[-1][2]

    def keys(self, start: int, stop: int) -> list[tuple[int, str]]:
        """See ``EntryStore``."""
        rows = self._rows(
            "SELECT {id}, originator_id FROM {entries} WHERE {id} > ? AND {id} <= ? ORDER BY {id}",
            (start, stop),
        )
        return [(number - 1, key if type(key) is str else repr(key)) for number, key in rows]

    def first_gap(self, stop: int) -> int | None:
        """See ``EntryStore``."""
        if self._count(stop) == stop:
            return None
        low, high = 0, stop  # the first ``low`` leaves are there, of the first ``high`` not all
        while high - low > 1:
            middle = (low + high) // 2
            if self._count(middle) == middle:
                low = middle
            else:
                high = middle
        return low

    def _count(self, stop: int) -> int:
        found: int = self._rows(
            "SELECT COUNT(*) FROM {entries} WHERE {id} > ? AND {id} <= ?", (0, stop)
        )[0][0]
        return found
