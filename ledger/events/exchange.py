"""共享、接收、通知、确认: what nodes tell each other about a record, in its subject's stream.

A received record keeps the id it has at its origin. Nodes are named as they were founded.
Every entry is about one record, so that what may be shown of the record decides about it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.events.base import (
    MAX_LIST,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    Instant,
    OrganisationCode,
    Part,
    Text,
)
from ledger.events.records import (
    CorrectionCause,
    FieldChange,
    NoticeServed,
    RecordCollected,
    WithdrawalCause,
)
from ledger.events.sanctions import EnforcementState

MAX_PATH = 16
"""Nodes that a record may pass; what is sent allows fewer still."""

NodeName = OrganisationCode
"""The name a node was founded with; the same letters as an organisation's id."""

Act = Literal["objection", "confirmed", "correction", "withdrawal", "mended", "repair", "erasure"]
Required = Literal["suspend", "resume", "lift", "replace", "erase"]
ReceiptVerdict = Literal["accepted", "held_already", "refused"]
AcknowledgementVerdict = Literal["applied", "not_held", "disputed", "unable"]


class RecordReceived(Facts):
    """接收: a record of another node, its facts as the origin signed them."""

    term: ClassVar[str] = "接收"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"parties", "narrative"})

    record: Id
    origin: NodeName
    sender: NodeName | None = None
    """The node it came from, where that is not the origin."""
    path: Annotated[tuple[NodeName, ...], Field(max_length=MAX_PATH)] = ()
    """From the origin to the sender; empty in entries older than this field."""
    bundle: Digest
    origin_entry: Digest
    origin_recorded_at: Instant
    collected: RecordCollected
    name: Text | None = None
    """An organisation's name as the origin's signed opening has it, in its own characters."""
    notice_served: NoticeServed | None = None
    """That the subject was told at the origin; without it no sanction here."""
    manifest: Digest | None = None
    """The signed submission it came in at the origin."""


class RecordDisclosed(Facts):
    """共享: the record was given to another node."""

    term: ClassVar[str] = "共享"

    record: Id
    recipient: NodeName
    bundle: Digest
    purpose: Text
    legal_basis: Text
    fields: Annotated[tuple[Code, ...], Field(max_length=MAX_LIST)] = ()
    """The sealed fields that left with it."""
    assessment: Id | None = None
    """The ``ExportAssessed`` it rests on, where it crossed the Strait."""
    expires_at: Instant | None = None
    """Until when the recipient may take it in."""


class DisclosureReceipted(Facts):
    """回执: what the recipient made of one record of a bundle."""

    term: ClassVar[str] = "回执"

    record: Id
    bundle: Digest
    recipient: NodeName
    received_at: Instant
    verdict: ReceiptVerdict


class CorrectionNotified(Facts):
    """更正通知: a recipient of the record is told of an act on it, and what it must do."""

    term: ClassVar[str] = "更正通知"

    notice: Id
    record: Id
    recipient: NodeName
    act: Act
    required: Required
    due_on: Day
    provisional: bool = False
    """The working-day calendar ends before ``due_on``."""
    relays: Id | None = None
    """The received notice that this one passes on."""
    about: Id | None = None
    """The objection or the repair that the act is, decides or settles."""
    acted: Annotated[int, Field(ge=1)] | None = None
    """``seq`` of the act's entry in this stream; absent where the notice relays another's act."""


class EnforcementStatus(Part):
    """What the enforcer of one sanction last said, as the recipient's log has it."""

    sanction: Id
    enforcer: OrganisationCode
    state: EnforcementState | None = None
    """Absent: it has reported nothing."""
    reported_on: Day | None = None


class CorrectionAcknowledged(Facts):
    """更正确认: the recipient's answer to a notice, with what its enforcers say."""

    term: ClassVar[str] = "更正确认"

    notice: Id
    record: Id
    recipient: NodeName
    verdict: AcknowledgementVerdict
    received_at: Instant | None = None
    """When the recipient entered the notice."""
    onward: Annotated[tuple[NodeName, ...], Field(max_length=MAX_LIST)] = ()
    """The nodes to which the recipient passed the record on."""
    onward_open: Annotated[tuple[NodeName, ...], Field(max_length=MAX_LIST)] = ()
    """Those of them that have not closed yet."""
    statuses: Annotated[tuple[EnforcementStatus, ...], Field(max_length=MAX_LIST)] = ()
    attached: Digest | None = None
    """Of the attached entries and their proofs."""


class EnforcementStatusReceived(Facts):
    """执行情况: what the enforcer of a sanction at another node last said of it."""

    term: ClassVar[str] = "执行情况"

    record: Id
    recipient: NodeName
    """The node that said so, in whose log the sanction is."""
    status: EnforcementStatus
    attached: Digest
    """Of the message with that node's signed entries and their proofs."""


class CorrectionGivenUp(Facts):
    """更正通知中止: no answer is waited for any more; the notice stays unconfirmed."""

    term: ClassVar[str] = "更正通知中止"

    notice: Id
    record: Id
    recipient: NodeName
    reason: Text


class Hop(Part):
    """A node that a notice passed between its origin and its recipient."""

    node: NodeName
    received_at: Instant


class NoticeReceived(Facts):
    """收到通知: an act of the origin on a received record; it counts here as it does there.

    A dispute begins and ends on ``received_on``, all else on the day that the act names.
    """

    term: ClassVar[str] = "收到通知"

    notice: Id
    record: Id
    origin: NodeName
    sender: NodeName | None = None
    """The node it came from, where that is not the origin."""
    origin_entry: Digest
    origin_recorded_at: Instant
    received_on: Day
    act: Act
    required: Required
    fault: OrganisationCode | Literal["none"] | None = None
    """Whom a withdrawal names."""
    objection: Id | None = None
    """The objection that the act is, confirms the record against, or settles."""
    settles: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    """Further objections that a correction settles."""
    filed_on: Day | None = None
    registrar: OrganisationCode | None = None
    """Who entered the objection at the origin."""
    by: OrganisationCode | None = None
    """Who accepted that the wrong was put right, or decided the repair."""
    cause: WithdrawalCause | CorrectionCause | None = None
    acted_on: Day | None = None
    """The day from which a correction, a mending or a repair counts."""
    effective: Day | Literal["from_beginning"] | None = None
    """From when a withdrawn record no longer holds."""
    changes: Annotated[tuple[FieldChange, ...], Field(max_length=MAX_LIST)] = ()
    hops: Annotated[tuple[Hop, ...], Field(max_length=MAX_LIST)] = ()
    """The nodes between the origin and this one, in order."""
