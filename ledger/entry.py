"""What the log holds: the header of an entry, before and after the log stamped it.

``PendingEvent`` is what an aggregate decided. The mapper turns it into a
``StoredDraft`` (bytes before ``prev`` and bytes after ``recorded_at``), and the
recorder, under the append lock, into a ``StoredEntry`` (the exact signed bytes).
Read back, a ``StoredEntry`` becomes an ``Entry``.

In JCS order the header's members are: actor, facts, node, prev, recorded_at,
schema, sealed, seq, stream, submission, type, v. ``prev`` and ``recorded_at``
stand side by side, so a draft is stamped with one join.

What each event makes anew is a named tuple: that takes less than half the time of a frozen class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from uuid import UUID

from eventsourcing.persistence import StoredEvent

if TYPE_CHECKING:
    from ledger.events.base import Facts

ENTRY_VERSION = 1
ENTRY_PAYLOAD_TYPE = "application/vnd.credit-ledger.entry.v1+json"
MAX_PAYLOAD_BYTES = 65_535
"""The big-endian u16 length prefix of a C2SP ``tlog-tiles`` entry bundle."""

StreamKind = Literal["subject", "node", "organisation", "access", "exchange"]
STREAM_KINDS: tuple[StreamKind, ...] = ("subject", "node", "organisation", "access", "exchange")

JSONValue = object
"""JSON restricted to what an entry may hold: no floats, ASCII keys."""


class StreamId(NamedTuple):
    """One stream of the log. As a library key it is ``<kind>/<uuid>``."""

    kind: StreamKind
    id: UUID

    @property
    def key(self) -> str:
        return _stream_key(self.kind, self.id.int)

    @classmethod
    def parse(cls, key: str) -> StreamId:
        kind, _, identifier = key.partition("/")
        if kind not in STREAM_KINDS:
            raise ValueError(f"no stream kind {kind!r} in {key!r}")
        return cls(kind, UUID(identifier))


@lru_cache(maxsize=1_024)
def _stream_key(kind: StreamKind, number: int) -> str:
    """Entries of a stream are read one behind the other, and asked again and again."""
    return f"{kind}/{UUID(int=number)}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: an organisation's registered id and a staff id, never a name."""

    organisation: str
    operator: str


class SubmissionRef(NamedTuple):
    """The signed submission an entry came from: manifest digest (hex) and row (header is 1)."""

    manifest: str
    row: int


class Secret(NamedTuple):
    """One field to be sealed, and the name of the data key that locks it.

    Key names: ``record:<uuid>``, ``subject:<uuid>``, ``person:<uuid>/<subject uuid>`` (a
    third person named in that subject's records), ``informant:<uuid>``. A tuple of names
    locks the field under all of them: destroying any one makes it unreadable.
    """

    field: str
    value: JSONValue
    keys: tuple[str, ...]
    committed: bool = True
    """False: kept beside the entry only (the submitted row, committed to by its manifest)."""
    salt: bytes | None = None
    """The 32-byte salt to use; None: the sealer draws one."""


class PendingEvent(NamedTuple):
    """What an aggregate decided, not yet in the log (the library's domain event)."""

    originator_id: str
    originator_version: int
    facts: Facts
    actor: Actor
    submission: SubmissionRef | None = None
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One signed event as the log holds it (DESIGN: an entry), decoded."""

    index: int
    stream: StreamId
    seq: int
    prev: str | None
    type: str
    schema: int
    recorded_at: datetime
    node: str
    actor: Actor
    submission: SubmissionRef | None
    facts: Facts
    sealed: Mapping[str, str] | None
    keyid: str = ""
    """Which key its row says signed it (hex); verifying the signature makes it true."""

    @property
    def originator_id(self) -> str:
        return self.stream.key

    @property
    def originator_version(self) -> int:
        return self.seq


@dataclass(frozen=True)
class StoredDraft(StoredEvent):
    """An encoded event before the log stamped it; ``state`` is empty.

    The payload becomes ``head + <prev> + b',"recorded_at":"' + <instant> + b'"' + tail``
    where ``head`` ends with ``"prev":`` and ``tail`` starts with ``,"schema":``.
    """

    head: bytes = b""
    tail: bytes = b""
    details: bytes | None = None


@dataclass(frozen=True)
class StoredEntry(StoredEvent):
    """One row of the log; ``state`` is the exact signed payload."""

    index: int = -1
    """Leaf index, from 0, contiguous."""
    recorded_at: datetime = field(default=datetime.min.replace(tzinfo=UTC))
    keyid: bytes = b""
    """SHA-256 of the raw public key (32 bytes)."""
    signature: bytes = b""
    details: bytes | None = None
    """Sealed details (ciphertext), never part of the signed bytes."""


def stored_draft(members: dict[str, object]) -> StoredDraft:
    """A draft of all its members by name, for the paths that make many."""
    # The generated constructor of a frozen dataclass calls object.__setattr__ for each
    # member: on the append path that takes longer than joining and hashing the payload.
    draft = object.__new__(StoredDraft)
    draft.__dict__.update(members)
    return draft


def stored_entry(members: dict[str, object]) -> StoredEntry:
    """As ``stored_draft``, an entry."""
    entry = object.__new__(StoredEntry)
    entry.__dict__.update(members)
    return entry


_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)


LAST_INSTANT: Final = "9999-12-31T15:59:59.999999Z"
"""After it no day of UTC+8 is left in the calendar, so that nothing after it has a legal day."""


def format_instant(instant: datetime) -> str:
    """Aware UTC with microseconds and ``Z``: ``2026-03-02T01:15:00.000000Z``."""
    text = instant.astimezone(UTC).isoformat(timespec="microseconds")
    return text[:-6] + "Z"


def parse_instant(text: str) -> datetime:
    """The instant that ``format_instant`` wrote; any other form is a ``ValueError``.

    So is one after ``LAST_INSTANT``: foreign entries are read by this, and each has a legal day.
    """
    # The form decides, and the library tells whether there is such a day and hour.
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"not an instant of the form 2026-03-02T01:15:00.000000Z: {text!r}")
    if text > LAST_INSTANT:  # texts of this form sort as their instants do
        raise ValueError(f"an instant after {LAST_INSTANT}: {text!r}")
    return datetime.fromisoformat(text)
