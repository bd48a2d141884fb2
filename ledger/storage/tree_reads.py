"""Reading what the tree of a store is made of, and the notes kept beside it.

The same statements serve a reader and the append transaction, in both stores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

from ledger.log.merkle import leaf_hash
from ledger.log.tiles import TILE_HASHES, FullTile, TileBuilder, TreeState
from ledger.storage.rows import bounded, bytes_of

SUBJECTS: Final = "subject/"
PAST_SUBJECTS: Final = "subject0"
"""``0`` follows ``/``: between the two lie the keys of all subjects."""

ROWS_AT_ONCE: Final = 20_000
"""Some 3 MB of keys and numbers."""

MAX_BODY_BYTES: Final = 2 << 20
"""Of a note that is read: twice the largest that is kept."""

NOTE_COLUMNS: Final = bounded("kind, origin, size, digest, body", {"body": MAX_BODY_BYTES})

NoteKind = Literal["checkpoint", "cosignature", "witnessed", "fork"]
"""``checkpoint``: signed by this node, of its own log. ``cosignature``: lines that witnesses
added to one of those. ``witnessed``: another log's checkpoint, which this node cosigned.
``fork``: a checkpoint that cannot be consistent with one that was kept."""


class Note(NamedTuple):
    """A signed note of the log ``origin`` at ``size``, kept for ever."""

    kind: NoteKind
    origin: str
    size: int
    digest: str
    """Hex SHA-256 of ``body``."""
    body: bytes


class MissingTile(LookupError):
    """A full tile that is not in the store."""


class TreeReads(ABC):
    """What a connection that can run the shared statements knows of tiles and notes."""

    @abstractmethod
    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Runs a shared statement; tuples in column order."""

    def tile(self, level: int, number: int) -> bytes | None:
        """The 8,192 bytes of a full tile, None where the store has none."""
        rows = self._rows(
            "SELECT hashes FROM {tiles} WHERE level = ? AND number = ?", (level, number)
        )
        return bytes_of(rows[0][0]) if rows else None

    def tile_roots(self, level: int, start: int, stop: int) -> list[bytes]:
        """The roots of the full tiles ``start <= number < stop`` of a level.

        Raises ``MissingTile`` unless all are there.
        """
        if start >= stop:
            return []
        rows = self._rows(
            "SELECT root FROM {tiles} WHERE level = ? AND number >= ? AND number < ? "
            "ORDER BY number",
            (level, start, stop),
        )
        if len(rows) != stop - start:
            raise MissingTile(f"level {level}, tiles {start} to {stop - 1}")
        return [bytes_of(row[0]) for row in rows]

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Made from the payloads of the leaves ``start <= index < stop``; few at a time."""
        if start >= stop:
            return []
        rows = self._rows(
            "SELECT state FROM {entries} WHERE {id} > ? AND {id} <= ? ORDER BY {id}", (start, stop)
        )
        return [leaf_hash(bytes_of(row[0])) for row in rows]

    def tree_at(self, size: int) -> TileBuilder:
        """The tree of the first ``size`` leaves, ready to grow.

        Reads at most 255 payloads, and for each level as many roots of tiles. Raises
        ``MissingTile``, or ``TreeStateMalformed`` where payloads are missing.
        """
        partial = [self.leaf_hashes(size - size % TILE_HASHES, size)]
        width, level = size // TILE_HASHES, 0
        while width:
            partial.append(self.tile_roots(level, width - width % TILE_HASHES, width))
            width, level = width // TILE_HASHES, level + 1
        state = TreeState(size, tuple(b"".join(hashes) for hashes in partial))
        return TileBuilder(state)

    def subject_heads(self, size: int) -> Iterator[tuple[bytes, list[int]]]:
        """Each subject's id (16 bytes) with the leaf indexes of its entries, by id.

        Read from an index alone, in bounded memory but for the subject at hand.
        """
        after: tuple[object, object] = (SUBJECTS, 0)
        statement = (
            "SELECT originator_id, originator_version, {id} FROM {entries} "
            "WHERE (originator_id, originator_version) > (?, ?) AND originator_id < ? "
            "AND {id} <= ? ORDER BY originator_id, originator_version LIMIT ?"
        )
        key, indexes = "", list[int]()
        while rows := self._rows(statement, (*after, PAST_SUBJECTS, size, ROWS_AT_ONCE)):
            for found, _, number in rows:
                if found != key:
                    if indexes:
                        yield _subject_id(key), indexes
                    key, indexes = found, []
                indexes.append(number - 1)
            after = rows[-1][:2]
        if indexes:
            yield _subject_id(key), indexes

    def subject_entries(self, start: int, stop: int) -> list[tuple[bytes, int]]:
        """The subjects' entries among these leaves, in order: id (16 bytes), leaf index."""
        rows = self._rows(
            "SELECT originator_id, {id} FROM {entries} WHERE {id} > ? AND {id} <= ? ORDER BY {id}",
            (start, stop),
        )
        return [(_subject_id(key), number - 1) for key, number in rows if key.startswith(SUBJECTS)]

    def others_since(self, key: str, start: int, stop: int) -> bool:
        """Whether the leaves from ``start`` to ``stop`` hold entries of other streams."""
        return bool(
            self._rows(
                "SELECT {id} FROM {entries} WHERE {id} > ? AND {id} <= ? "
                "AND originator_id <> ? LIMIT 1",
                (start, stop, key),
            )
        )

    def notes(
        self, kind: NoteKind, origin: str | None = None, *, size: int | None = None
    ) -> list[Note]:
        """Those of a kind, of one log or all, of one size or all, in the order they came."""
        statement = f"SELECT {NOTE_COLUMNS} FROM {{notes}} WHERE kind = ? "  # noqa: S608 - constants only
        parameters: list[object] = [kind]
        if origin is not None:
            statement += "AND origin = ? "
            parameters.append(origin)
        if size is not None:
            statement += "AND size = ? "
            parameters.append(size)
        return [read_note(row) for row in self._rows(statement + "ORDER BY number", parameters)]

    def notes_between(self, origin: str, start: int, stop: int) -> list[Note]:
        """All notes of one log of ``start <= size < stop``, by size, kind, digest."""
        statement = (
            f"SELECT {NOTE_COLUMNS} FROM {{notes}} "  # noqa: S608 - constants only
            "WHERE origin = ? AND size >= ? AND size < ?"
        )
        found = [read_note(row) for row in self._rows(statement, (origin, start, stop))]
        return sorted(found, key=lambda note: (note.size, note.kind, note.digest))

    def note_pages(self, sizes: int) -> list[tuple[str, int]]:
        """Of which logs there are notes, and in which pages of so many tree sizes."""
        statement = "SELECT DISTINCT origin, size / {width} FROM {{notes}} ORDER BY 1, 2"
        return [tuple(row) for row in self._rows(statement.format(width=sizes))]

    def latest_note(self, kind: NoteKind, origin: str, *, upto: int | None = None) -> Note | None:
        """The one of the largest size (at most ``upto``), of several the first that came."""
        statement = f"SELECT {NOTE_COLUMNS} FROM {{notes}} WHERE kind = ? AND origin = ? "  # noqa: S608
        parameters: list[object] = [kind, origin]
        if upto is not None:
            statement += "AND size <= ? "
            parameters.append(upto)
        rows = self._rows(statement + "ORDER BY size DESC, number LIMIT 1", parameters)
        return read_note(rows[0]) if rows else None


def note_of(kind: NoteKind, origin: str, size: int, body: bytes) -> Note:
    """A note to be kept."""
    return Note(kind, origin, size, sha256(body).hexdigest(), body)


def _subject_id(key: str) -> bytes:
    """The 16 bytes of ``subject/<uuid>``; a ValueError for another form."""
    return bytes.fromhex(key[len(SUBJECTS) :].replace("-", ""))


def read_note(row: Sequence[Any]) -> Note:
    """From kind, origin, size, digest, body as a store has them."""
    kind, origin, size, digest, body = row
    return Note(kind, str(origin), size if type(size) is int else -1, str(digest), bytes_of(body))


class TreeWrites(TreeReads):
    """The writing half, inside the append transaction."""

    @abstractmethod
    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs a shared statement for each of ``rows``."""

    def insert_tiles(self, tiles: Sequence[FullTile]) -> None:
        self._write(
            "INSERT INTO {tiles} (level, number, root, hashes) VALUES (?, ?, ?, ?)",
            [(tile.level, tile.index, tile.root, tile.data) for tile in tiles],
        )

    def insert_notes(self, notes: Sequence[Note]) -> None:
        """Those that are there already stay as they are."""
        for note in notes:
            found = (
                "SELECT 1 FROM {notes} WHERE kind = ? AND origin = ? AND size = ? AND digest = ?"
            )
            if not self._rows(found, note[:4]):
                self._write(
                    "INSERT INTO {notes} (kind, origin, size, digest, body) VALUES (?, ?, ?, ?, ?)",
                    [note],
                )
