"""What is left of a message once it was judged: entries decoded, records, acts. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ledger.entry import Entry, JSONValue
from ledger.events.base import SubjectKind
from ledger.events.exchange import Act, Hop, Required
from ledger.events.records import FieldChange, NoticeServed, RecordCollected
from ledger.exchange.forms import Message
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.verdict import Verdict
from ledger.signing.dsse import Envelope


class ProvedEntry(NamedTuple):
    """An entry whose signature and place in its node's log hold."""

    node: str
    entry: Entry
    digest: str
    """Hex SHA-256 of its payload."""
    payload: bytes


class DisclosedField(NamedTuple):
    """A sealed field that was opened, and that its commitment matches."""

    value: JSONValue
    salt: bytes


@dataclass(frozen=True, slots=True)
class ReceivedRecord:
    """One record of a bundle that holds, ready to be entered as ``RecordReceived``."""

    record: str
    label: str | None
    path: tuple[str, ...]
    subject: UUID
    """Its stream at the node that collected it."""
    kind: SubjectKind
    scheme: str
    identifier: str | None
    """None: of a natural person, and not disclosed."""
    name: str | None
    region: str | None
    collected: RecordCollected
    """As the corrections among the entries left it."""
    collected_entry: ProvedEntry
    notice_served: NoticeServed | None
    manifest: str | None
    disclosed: Mapping[str, DisclosedField]
    """The record's own sealed fields."""
    entries: tuple[ProvedEntry, ...]
    """All that are about it, of every node of its path."""

    @property
    def origin(self) -> str:
        return self.path[0]


@dataclass(frozen=True, slots=True)
class ReceivedNotice:
    """A notice that holds: all that ``NoticeReceived`` says but the day of receipt."""

    notice: str
    record: str
    path: tuple[str, ...]
    subject: UUID
    act: Act
    required: Required
    due_on: date
    acted: ProvedEntry
    """The act itself, in the log of the node that collected the record."""
    hops: tuple[Hop, ...]
    """The nodes between the origin and this one."""
    fault: str | None = None
    objection: str | None = None
    settles: tuple[str, ...] = ()
    """Further objections that a correction settles."""
    filed_on: date | None = None
    registrar: str | None = None
    by: str | None = None
    cause: str | None = None
    acted_on: date | None = None
    effective: date | str | None = None
    changes: tuple[FieldChange, ...] = ()

    @property
    def origin(self) -> str:
        return self.path[0]


@dataclass(frozen=True, slots=True)
class ReceivedStatus:
    """What one enforcer said, as its node's signed entries have it."""

    node: str
    record: str
    sanction: str
    enforcer: str
    state: str | None
    reported_on: date | None
    entries: tuple[ProvedEntry, ...]
    behind: tuple[ReceivedStatus, ...] = ()
    """Of nodes further on, as they stand in its message."""


@dataclass(frozen=True, slots=True)
class ReceivedAcknowledgement:
    notice: str
    record: str
    verdict: str
    received_at: datetime | None
    onward: tuple[tuple[str, str], ...]
    """Node and ``open`` or ``closed``."""
    statuses: tuple[ReceivedStatus, ...]
    """Of the recipient itself, and of all nodes behind it."""
    entries: tuple[ProvedEntry, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what holds of it. ``verdict`` is of the whole; nothing else is read of a bad one."""

    verdict: Verdict
    digest: str
    """Hex SHA-256 of the payload, or of the bytes where they hold none."""
    envelope: Envelope | None = None
    message: Message | None = None
    """Read and of the right form; None where it is not."""
    checkpoints: tuple[tuple[str, SignedCheckpoint], ...] = ()
    """Node and checkpoint of each section that holds."""
    records: tuple[tuple[str, Verdict], ...] = ()
    """Of a bundle: each record and what holds of it, in its order; also of a bad bundle."""
    received: tuple[ReceivedRecord, ...] = ()
    """Of a good bundle, in its order."""
    notice: ReceivedNotice | None = None
    acknowledgement: ReceivedAcknowledgement | None = None
    status: ReceivedStatus | None = None
    remarks: tuple[str, ...] = field(default=())
    """Codes of what a reader should know, such as ``list_expired``."""
