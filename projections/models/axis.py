"""The known axis: what was said before and is not said any more was known until then. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from projections.models.rows import FOREVER, ROW_TYPES, Rows

Piece = tuple[Any, ...]
"""The columns of a row between ``subject`` and ``known_from``."""


class KnownAxis:
    """Collects the rows of some subjects; what one table says of one thing is told as a whole."""

    __slots__ = ("_rows", "_said")

    def __init__(self) -> None:
        self._rows = Rows()
        self._said: dict[tuple[str, str, str], dict[Piece, int]] = {}

    def say(self, table: str, subject: str, thing: str, pieces: Iterable[Piece], size: int) -> None:
        """From the tree size ``size`` on, ``pieces`` are all that ``table`` says of ``thing``."""
        key = (table, subject, thing)
        before = self._said.get(key)
        if before is None:
            self._said[key] = dict.fromkeys(pieces, size)
            return
        now = {piece: before.pop(piece, size) for piece in pieces}
        for piece, known_from in before.items():
            if known_from < size:  # else it was said and taken back at one size
                self._add(table, subject, piece, known_from, size)
        self._said[key] = now

    def add(self, table: str, rows: Iterable[Piece]) -> None:
        """Rows that no later entry changes."""
        getattr(self._rows, table).extend(rows)

    def finish(self) -> Rows:
        """All rows; what is said at the end is known for ever."""
        for (table, subject, _), pieces in self._said.items():
            add, make = getattr(self._rows, table).append, _MAKE[table]
            for piece, known_from in pieces.items():
                add(make((subject, *piece, known_from, FOREVER)))
        self._said.clear()
        return self._rows

    def _add(self, table: str, subject: str, piece: Piece, from_: int, until: int) -> None:
        getattr(self._rows, table).append(_MAKE[table]((subject, *piece, from_, until)))


_MAKE: Final = {table: row._make for table, row in ROW_TYPES.items()}  # type: ignore[attr-defined]
