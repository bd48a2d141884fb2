"""共享、接收、通知、确认: what nodes tell each other about a record, in its subject's stream.

A received record keeps the id it has at its origin. Nodes are named as they were founded.
Every entry is about one record, so that what may be shown of the record decides about it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.events.base import (
    MAX_LIST,
    Day,
    Digest,
    Facts,
    Id,
    Instant,
    OrganisationCode,
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
    bundle: Digest
    origin_entry: Digest
    origin_recorded_at: Instant
    collected: RecordCollected
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


class EnforcementStatus(BaseModel):
    """What the enforcer of one sanction last said, as the recipient's log has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    statuses: Annotated[tuple[EnforcementStatus, ...], Field(max_length=MAX_LIST)] = ()
    attached: Digest | None = None
    """Of the attached entries and their proofs."""


class Hop(BaseModel):
    """A node that a notice passed between its origin and its recipient."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
