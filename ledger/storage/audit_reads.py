"""What only the audit reads: rows as they are, stored tiles and notes in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.storage.rows import COLUMNS, RawRow, bytes_of
from ledger.storage.tree_reads import Note, NoteKind, TreeReads, read_note

BELOW_ALL: Final = -(2**63)

NOTES_AT_ONCE: Final = 200
"""A checkpoint has some 300 bytes, one that many witnessed some thousands."""

MAX_STRAY: Final = 1_000
"""Of rows that belong nowhere; as many are told as faults of one kind."""

_RAW: Final = "SELECT {id}, " + COLUMNS + " FROM {entries} WHERE {id} > ? AND {id} <= ? ORDER BY {id} LIMIT ?"  # fmt: skip  # noqa: S608 - constants only


class AuditReads(TreeReads):
    """Reads that trust nothing: every value may be of any type."""

    def raw_rows(self, start: int, stop: int) -> list[RawRow]:
        """Leaf index + 1 and the columns, of ``start <= index < stop``, in order.

        From 0, rows with a negative index come too; of rows that should not be there one at
        most comes, so that there are more than there may be.
        """
        after = start if start > 0 else BELOW_ALL
        return self._rows(_RAW, (after, stop, stop - start + 1))

    def stored_tiles(self, level: int, start: int, stop: int) -> list[tuple[int, bytes, bytes]]:
        """Number, root and hashes of the tiles that are stored, in order."""
        rows = self._rows(
            "SELECT number, root, hashes FROM {tiles} "
            "WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
            (level, start, stop),
        )
        return [(number, bytes_of(root), bytes_of(hashes)) for number, root, hashes in rows]

    def tile_levels(self) -> list[int]:
        """Every level of which there is a tile, in order."""
        rows = self._rows("SELECT DISTINCT level FROM {tiles} ORDER BY level")
        return [row[0] if type(row[0]) is int else -1 for row in rows]

    def tiles_outside(self, level: int, full: int) -> list[int]:
        """Numbers of stored tiles of a level other than the first ``full``."""
        rows = self._rows(
            "SELECT number FROM {tiles} WHERE level = ? AND (number < 0 OR number >= ?) "
            "ORDER BY number LIMIT ?",
            (level, full, MAX_STRAY),
        )
        return [row[0] for row in rows]

    def notes_by_size(self, kind: NoteKind, origin: str) -> Iterator[Note]:
        """Those of a log, by size, in bounded memory."""
        statement = (
            "SELECT kind, origin, size, digest, body FROM {notes} WHERE kind = ? AND origin = ? "
            "AND (size, digest) > (?, ?) ORDER BY size, digest LIMIT ?"
        )
        after: tuple[int, str] = (BELOW_ALL, "")
        while rows := self._rows(statement, (kind, origin, *after, NOTES_AT_ONCE)):
            yield from map(read_note, rows)
            after = rows[-1][2], rows[-1][3]

    def stray_notes(self, kind: NoteKind, origin: str) -> list[Note]:
        """Those of a kind that are not of this log, ``MAX_STRAY`` at most."""
        rows = self._rows(
            "SELECT kind, origin, size, digest, body FROM {notes} "
            "WHERE kind = ? AND origin <> ? ORDER BY number LIMIT ?",
            (kind, origin, MAX_STRAY),
        )
        return list(map(read_note, rows))
