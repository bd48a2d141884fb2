"""What the rest of the ledger may ask of a store, and what a store asks for in return.

Guarantees of every store (``tests/contract`` holds them):

- Leaf indexes are contiguous from 0 and are assigned in commit order.
- Within a stream ``originator_version`` is contiguous from 1, and each payload names the
  SHA-256 of the payload before it.
- All entries of one transaction share one ``recorded_at``, strictly later than that of
  the transaction before.
- An append is all or nothing, durable when it returns, and fair between processes.
- Entries and manifests are never changed or removed; triggers in the database refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

from ledger.entry import StoredDraft, StoredEntry
from ledger.log.tiles import TileBuilder
from ledger.storage.rows import RawRow
from ledger.storage.soundness import Altered, Misfiled
from ledger.storage.tree_reads import Note, NoteKind

GOVERNANCE_KINDS = ("node", "organisation")
"""Streams that say who may act, with which key, under which rules."""

COMMITMENT_TOPIC = "HeadsCommitted:1"
"""The log's entries about itself lie in a stream of kind ``node`` and govern nothing."""

SCAN_CHUNK = 500
"""Rows fetched at once while streaming: at most 33 MB of payloads of the largest size."""


class PipelinedSigner(Protocol):
    """A signer that works beside the caller. Replies come in the order of ``submit``."""

    def session(self) -> AbstractContextManager[None]:
        """Holds the signer for one caller; what is in flight at the end is dropped."""

    def submit(self, payloads: Sequence[bytes]) -> None: ...

    def ready(self) -> bool:
        """Whether ``collect`` would return at once."""

    def collect(self) -> list[bytes]:
        """The signatures of the oldest ``submit`` that was not collected; waits for them."""


class Sealing(Protocol):
    """The node's clock and key, as the append path uses them, under the append lock."""

    @property
    def keyid(self) -> bytes:
        """SHA-256 of the raw public key (32 bytes)."""

    @property
    def pipeline(self) -> PipelinedSigner | None:
        """The signer process for bulk appends, if there is one."""

    def recorded_at(self, last: datetime | None, at: datetime | None) -> datetime:
        """The instant of this transaction, strictly later than ``last``; asked once.

        ``at`` is what a simulated clock was told. Raises what the clock's rules demand.
        """

    def sign_batch(self, payloads: Sequence[bytes]) -> list[bytes]:
        """One 64-byte signature for each payload, over its DSSE pre-authentication encoding."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a decision assumed, checked again under the append lock."""

    day: date | None = None
    """The legal day (UTC+8); it must be that of the transaction's ``recorded_at``."""
    governance: int | None = None
    """The largest leaf index of a governance entry that was seen, -1 for none."""
    at: datetime | None = None
    """What a simulated clock is told; handed to ``Sealing.recorded_at``."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What one transaction stored, in the order of the log, and what it set aside."""

    entries: list[StoredEntry] = field(default_factory=list)
    conflicts: frozenset[str] = frozenset()
    """Keys of the streams left out because another writer was faster."""
    tree: TileBuilder | None = field(default=None, repr=False)
    """The tree with these entries; None where none was stored."""


class Head(NamedTuple):
    """The end of the log."""

    size: int
    recorded_at: datetime


class StreamHead(NamedTuple):
    """The end of one stream: its last ``seq`` and the hex SHA-256 of that payload."""

    seq: int
    digest: str


class StoreInfo(NamedTuple):
    """What the store says of itself."""

    schema_version: int
    store_id: UUID
    node: str


class NoteReads(Protocol):
    """What ``EntryStore.keep_notes`` lets its caller look at, under the lock."""

    def notes(
        self, kind: NoteKind, origin: str | None = None, *, size: int | None = None
    ) -> list[Note]: ...

    def latest_note(
        self, kind: NoteKind, origin: str, *, upto: int | None = None
    ) -> Note | None: ...


@runtime_checkable
class EntryStore(Protocol):
    """The log of one node."""

    @property
    def url(self) -> str:
        """Where it is; without a password."""

    @property
    def info(self) -> StoreInfo: ...

    def append(
        self,
        drafts: Sequence[StoredDraft],
        *,
        sealing: Sealing,
        guard: Guard | None = None,
        set_aside: bool = False,
        manifests: Sequence[tuple[str, bytes]] = (),
        meanwhile: Callable[[], bool] | None = None,
    ) -> Appended:
        """Stamps, signs and stores ``drafts`` in one transaction.

        ``set_aside`` leaves out every draft of a stream that another writer changed;
        without it one such stream raises ``VersionConflict``. ``manifests`` (digest,
        envelope) are stored in the same transaction unless they are there already, or
        unless every draft was set aside. ``meanwhile`` is called, under the lock, while
        only the signer process is busy: it does a small piece of the caller's own work
        (well under a millisecond) and returns False when there is none. Raises ``GuardChanged``, ``PayloadTooLarge``,
        ``StoreBusy``, ``ClockNotForward``, ``NotStored``, ``UnknownOutcome``; nothing was
        written, except where the last one says that this is not known.
        """

    def size(self) -> int: ...

    def largest_size_known(self) -> int | None:
        """The largest size the store remembers to have had; None where it keeps no count."""

    def head(self) -> Head | None: ...

    def resolve(self, known_at: datetime) -> int:
        """How many entries were recorded at ``known_at`` or before.

        Asked at or past the head it first waits for a writer under way, so the answer
        for a ``known_at`` that is not in the future never changes.
        """

    def stream(self, key: str, *, upto: int | None = None, after_seq: int = 0) -> list[StoredEntry]:
        """A stream in order; ``upto`` is a tree size: later leaves are left out."""

    def streams(
        self, keys: Collection[str], *, upto: int | None = None
    ) -> dict[str, list[StoredEntry]]:
        """Several streams; a key without entries maps to an empty list."""

    def heads(self, keys: Collection[str]) -> dict[str, StreamHead]:
        """The ends of those streams that have entries."""

    def scan(
        self, start: int = 0, stop: int | None = None, chunk: int = SCAN_CHUNK
    ) -> Iterator[StoredEntry]:
        """The rows as stored, ``start <= index < stop``, in index order, in bounded memory.

        Nothing is checked: gaps and tampered columns reach the caller. From 0, rows with a
        negative index come too. A value of the wrong type is replaced by one that agrees
        with no payload (the earliest instant, version -1).
        """

    def scan_kinds(
        self, kinds: Collection[str], start: int = 0, stop: int | None = None
    ) -> Iterator[StoredEntry]:
        """As ``scan``, of streams of these kinds only."""

    def scan_governing(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        """As ``scan``, of the governing streams: what says who may act."""

    def governance_index(self) -> int:
        """The largest leaf index of a governance entry, -1 for none."""

    def manifest(self, digest: str) -> bytes | None: ...

    def manifests(self) -> Iterator[tuple[str, bytes]]:
        """All manifests by digest."""

    # -- the tree, and what is signed of it

    def tile(self, level: int, number: int) -> bytes | None:
        """The 8,192 bytes of a full tile, None where the store has none."""

    def tile_roots(self, level: int, start: int, stop: int) -> list[bytes]:
        """The roots of full tiles side by side. Raises ``MissingTile``."""

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Made from the payloads; fewer where rows are missing."""

    def subject_heads(self, size: int) -> Iterator[tuple[bytes, list[int]]]:
        """Each subject's id (16 bytes) with the leaf indexes of its entries, by id."""

    def subject_entries(self, start: int, stop: int) -> list[tuple[bytes, int]]:
        """The subjects' entries among these leaves, in order: id (16 bytes), leaf index."""

    def others_since(self, key: str, start: int, stop: int) -> bool:
        """Whether the leaves from ``start`` to ``stop`` hold entries of other streams."""

    def notes(
        self, kind: NoteKind, origin: str | None = None, *, size: int | None = None
    ) -> list[Note]:
        """Those of a kind, of one log or all, of one size or all, in the order they came."""

    def latest_note(self, kind: NoteKind, origin: str, *, upto: int | None = None) -> Note | None:
        """The one of the largest size (at most ``upto``), of several the first that came."""

    # -- what read models are built from (``ledger.storage.range_reads``)

    def between(
        self, low: str, high: str | None, upto: int, chunk: int
    ) -> Iterator[list[StoredEntry]]:
        """The rows of ``low <= key < high`` (None: to the end) in the first ``upto`` leaves, by
        key and version, ``chunk`` at a time; nothing is checked.
        """

    def keys(self, start: int, stop: int) -> list[tuple[int, str]]:
        """Leaf index and stream of the rows of ``start <= index < stop``, in order."""

    def first_gap(self, stop: int) -> int | None:
        """The first leaf index below ``stop`` that has no row; None where all have one."""

    # -- what only the audit reads (``ledger.storage.audit_reads``)

    def raw_rows(self, start: int, stop: int) -> list[RawRow]:
        """Leaf index + 1 and the columns of ``start <= index < stop``, nothing made of them."""

    def stored_tiles(self, level: int, start: int, stop: int) -> list[tuple[int, bytes, bytes]]:
        """Number, root and hashes of the tiles that are stored, in order."""

    def tile_levels(self) -> list[int]: ...

    def tiles_outside(self, level: int, full: int) -> list[int]:
        """Numbers of stored tiles of a level other than the first ``full``; some of them.

        -1 stands for what is no number.
        """

    def notes_by_size(self, kind: NoteKind, origin: str) -> Iterator[Note]:
        """Those of a log, by size, in bounded memory."""

    def stray_notes(self, kind: NoteKind, origin: str) -> list[Note]:
        """Notes of a kind that are not of this log; some of them."""

    def odd_notes(self) -> list[tuple[str, str, int]]:
        """Kind, origin and size of notes that are of no kind, or whose size is none; some."""

    def notes_in_order(self, kind: NoteKind) -> Iterator[Note]:
        """All notes of a kind as they came, in bounded memory."""

    def misfiled(self) -> Misfiled:
        """Entries that the index which answers are read by does not lead to."""

    def altered(self) -> Altered:
        """Tables, indexes and triggers that are not as this program makes them."""

    def keep_notes(self, decide: Callable[[NoteReads], Sequence[Note]]) -> list[Note]:
        """Store what ``decide`` returns, unless it is there, in one transaction.

        ``decide`` reads under the append lock, so nobody keeps a note between its look and
        its word; what it raises is raised, and nothing was stored.
        """

    def restore(
        self, entries: Sequence[StoredEntry], *, manifests: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Put lost entries back exactly as they were, in one transaction, with their tiles.

        Not for writing: nothing is stamped or signed, and whoever calls it has verified that
        these are the log's own. They must be the next leaves, each the next of its stream,
        no earlier than what is there: else ``NotTheNext``, and nothing was stored.
        """

    def notes_between(self, origin: str, start: int, stop: int) -> list[Note]:
        """All notes of one log of ``start <= size < stop``, by size, kind, digest."""

    def note_pages(self, sizes: int) -> list[tuple[str, int]]:
        """Of which logs there are notes, and in which pages of so many tree sizes."""

    def close(self) -> None: ...
