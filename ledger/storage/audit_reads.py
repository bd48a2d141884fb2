"""What only the audit reads: rows as they are, stored tiles and notes in their order.

Nothing comes that is longer than it may be: see ``ledger.storage.rows.bounded``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, get_args

from ledger.storage.rows import ENTRY_COLUMNS, MAX_SHORT, RawRow, bounded, bytes_of
from ledger.storage.soundness import Altered, Misfiled
from ledger.storage.tree_reads import NOTE_COLUMNS, Note, NoteKind, TreeReads, read_note

BELOW_ALL: Final = -(2**63)

NOTES_AT_ONCE: Final = 200
"""A checkpoint has some 300 bytes, one that many witnessed some thousands."""

MAX_STRAY: Final = 1_000
"""Of rows that belong nowhere; as many are told as faults of one kind."""

READ_BYTES: Final = 32 << 20
"""Read at once, and one look of the store more: hostile rows of the largest size come in
many parts."""

STATE: Final = 4
DETAILS: Final = 8
NOTE_BODY: Final = 5
"""Where the long columns stand in a row of entries, and of numbered notes."""

_RAW: Final = "SELECT {id}, " + ENTRY_COLUMNS + " FROM {entries} WHERE {id} > ? AND {id} <= ? ORDER BY {id} LIMIT ?"  # fmt: skip  # noqa: S608 - constants only
_TILE: Final = bounded("number, root, hashes", {"root": MAX_SHORT, "hashes": 1 << 16})
_KINDS: Final = ", ".join(f"'{kind}'" for kind in get_args(NoteKind))
_NO_NUMBER: Final = "{name} <> CAST({name} AS bigint)"
"""Of a column of SQLite, which keeps whatever it is given."""


class AuditReads(TreeReads):
    """Reads that trust nothing: every value may be of any type."""

    @abstractmethod
    def _some_rows(
        self, statement: str, parameters: Sequence[object] = (), *, long: Collection[int] = ()
    ) -> list[Any]:
        """As ``_rows``, but the first ones only where those in columns ``long`` are enough."""

    @abstractmethod
    def misfiled(self) -> Misfiled:
        """See ``EntryStore``."""

    @abstractmethod
    def altered(self) -> Altered:
        """See ``EntryStore``."""

    def raw_rows(self, start: int, stop: int) -> list[RawRow]:
        """Leaf index + 1 and the columns, of ``start <= index < stop``, in order.

        From 0, rows with a negative index come too; of rows that should not be there one at
        most comes, so that there are more than there may be. Fewer come where they are long.
        """
        after = start if start > 0 else BELOW_ALL
        return self._some_rows(_RAW, (after, stop, stop - start + 1), long=(STATE, DETAILS))

    def stored_tiles(self, level: int, start: int, stop: int) -> list[tuple[int, bytes, bytes]]:
        """Number, root and hashes of the tiles that are stored, in order."""
        rows = self._rows(
            f"SELECT {_TILE} FROM {{tiles}} "  # noqa: S608 - constants only
            "WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
            (level, start, stop),
        )
        return [(number, bytes_of(root), bytes_of(hashes)) for number, root, hashes in rows]

    def tile_levels(self) -> list[int]:
        """Every level of which there is a tile, in order; -1 for one that is no number."""
        rows = self._rows("SELECT DISTINCT level FROM {tiles} ORDER BY level LIMIT ?", (MAX_STRAY,))
        return [row[0] if type(row[0]) is int else -1 for row in rows]

    def tiles_outside(self, level: int, full: int) -> list[int]:
        """Numbers of stored tiles of a level other than the first ``full``; -1 for no number."""
        odd = _NO_NUMBER.format(name="number")
        rows = self._rows(
            "SELECT number FROM {tiles} WHERE level = ? "  # noqa: S608 - constants only
            f"AND (number < 0 OR number >= ? OR {odd}) ORDER BY number LIMIT ?",
            (level, full, MAX_STRAY),
        )
        return [row[0] if type(row[0]) is int else -1 for row in rows]

    def notes_by_size(self, kind: NoteKind, origin: str) -> Iterator[Note]:
        """Those of a log, by size, in bounded memory."""
        statement = (
            f"SELECT number, {NOTE_COLUMNS} FROM {{notes}} WHERE kind = ? AND origin = ? "  # noqa: S608
            "AND (size, digest) > (?, ?) ORDER BY size, digest LIMIT ?"
        )
        after: tuple[int, str] = (BELOW_ALL, "")
        while rows := self._some_rows(
            statement, (kind, origin, *after, NOTES_AT_ONCE), long=(NOTE_BODY,)
        ):
            yield from (read_note(row[1:]) for row in rows)
            after = rows[-1][3], rows[-1][4]

    def notes_in_order(self, kind: NoteKind) -> Iterator[Note]:
        """All of a kind as they came, in bounded memory."""
        statement = (
            f"SELECT number, {NOTE_COLUMNS} FROM {{notes}} WHERE kind = ? AND number > ? "  # noqa: S608
            "ORDER BY number LIMIT ?"
        )
        after = BELOW_ALL
        while rows := self._some_rows(statement, (kind, after, NOTES_AT_ONCE), long=(NOTE_BODY,)):
            yield from (read_note(row[1:]) for row in rows)
            after = rows[-1][0]

    def stray_notes(self, kind: NoteKind, origin: str) -> list[Note]:
        """Those of a kind that are not of this log, ``MAX_STRAY`` at most, without bodies."""
        rows = self._rows(
            f"SELECT {_filed('kind, origin, size, digest')} FROM {{notes}} "  # noqa: S608
            "WHERE kind = ? AND origin <> ? ORDER BY number LIMIT ?",
            (kind, origin, MAX_STRAY),
        )
        return [read_note((*row, b"")) for row in rows]

    def odd_notes(self) -> list[tuple[str, str, int]]:
        """Kind, origin and size of notes of no kind, or whose size is none, some of them."""
        odd = _NO_NUMBER.format(name="size")
        rows = self._rows(
            f"SELECT {_filed('kind, origin, size')} FROM {{notes}} "  # noqa: S608
            f"WHERE kind NOT IN ({_KINDS}) OR size < 0 OR {odd} ORDER BY number LIMIT ?",
            (MAX_STRAY,),
        )
        return [
            (str(kind), str(origin), size if type(size) is int else -1)
            for kind, origin, size in rows
        ]


def length_of(rows: Sequence[Sequence[Any]], long: Collection[int]) -> int:
    """Bytes and characters in these columns."""
    return sum(len(row[at]) for row in rows for at in long if isinstance(row[at], str | bytes))


def _filed(columns: str) -> str:
    return bounded(columns, dict.fromkeys(("kind", "origin", "digest"), MAX_SHORT))
