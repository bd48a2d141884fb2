"""The commands on a subject's stream."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from ledger.commands.base import Command
from ledger.events import disputes, records, sanctions, subjects
from ledger.events.base import (
    MAX_LIST,
    Amount,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    Operator,
    OrganisationCode,
    Publicity,
    Role,
    Text,
    Tier,
)

_SUPPLIER: frozenset[Role] = frozenset({"supplier"})
_INITIATOR: frozenset[Role] = frozenset({"initiator"})
_ENFORCER: frozenset[Role] = frozenset({"enforcer"})
_REGISTRAR: frozenset[Role] = frozenset({"registrar"})
_REVIEWER: frozenset[Role] = frozenset({"reviewer"})

Ids = Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)]
Texts = Annotated[tuple[Text, ...], Field(max_length=MAX_LIST)]


class OpenSubject(Command):
    """Open a subject without collecting anything yet."""

    event: ClassVar[type[Facts]] = subjects.SubjectOpened
    seals: ClassVar[bool] = False
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR


class CollectRecord(Command):
    """What is left out comes from the rule pack."""

    event: ClassVar[type[Facts]] = records.RecordCollected
    roles: ClassVar[frozenset[Role]] = _SUPPLIER
    names: ClassVar[str | None] = "record"

    item: Code
    supplier: OrganisationCode
    document_number: Text
    decided_on: Day
    legal_basis: Text | None = None
    organ: OrganisationCode | None = None
    categories: Texts = ()
    tier: Tier | None = None
    held_from: Day | None = None
    held_until: Day | None = None
    publish_from: Day | None = None
    publish_until: Day | None = None
    publicity: Publicity | None = None
    amounts: dict[Code, Amount] | None = None
    correctable: bool | None = None
    exemption: Code | None = None
    volunteered: bool = False


class ServeNotice(Command):
    event: ClassVar[type[Facts]] = records.NoticeServed
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    served_on: Day
    channel: Text


class CorrectRecord(Command):
    """``changes`` holds the new facts by their names; null takes a fact away."""

    event: ClassVar[type[Facts]] = records.RecordCorrected
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    changes: Annotated[dict[Code, JsonValue], Field(max_length=MAX_LIST, default_factory=dict)]
    cause: records.CorrectionCause
    authority: Text | None = None
    corrected_on: Day


class WithdrawRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordWithdrawn
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    cause: records.WithdrawalCause
    fault: OrganisationCode | Literal["none"]
    effective: Day | Literal["from_beginning"]


class MendRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordMended
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REVIEWER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    evidence: Digest
    mended_on: Day


class PublishRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordPublished
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    channel: Text
    on: Day
    basis: Text | None = None


class EndPublication(Command):
    event: ClassVar[type[Facts]] = records.PublicationEnded
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR | _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    channel: Text | None = None
    on: Day
    basis: Text


class GiveConsent(Command):
    event: ClassVar[type[Facts]] = records.ConsentGiven
    roles: ClassVar[frozenset[Role]] = _REGISTRAR
    names: ClassVar[str | None] = "consent"

    what: Text
    to_whom: OrganisationCode
    purpose: Text
    until: Day | None = None


class WithdrawConsent(Command):
    event: ClassVar[type[Facts]] = records.ConsentWithdrawn
    roles: ClassVar[frozenset[Role]] = _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("consent",)

    consent: Id
    on: Day


class ImposeSanction(Command):
    event: ClassVar[type[Facts]] = sanctions.SanctionImposed
    roles: ClassVar[frozenset[Role]] = _INITIATOR
    names: ClassVar[str | None] = "sanction"
    refers: ClassVar[tuple[str, ...]] = ("records",)

    measure: Code
    records: Ids
    initiator: OrganisationCode
    enforcer: OrganisationCode
    legal_basis: Text
    starts_on: Day
    ends_on: Day
    approved_by: Operator | None = None


class ResumeSanction(Command):
    """Needs a confirmation: an objection to one of its records, decided as rejected."""

    event: ClassVar[type[Facts]] = sanctions.SanctionResumed
    roles: ClassVar[frozenset[Role]] = _INITIATOR | _REVIEWER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("sanction", "confirmation")

    sanction: Id
    confirmation: Id | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None


class LiftSanction(Command):
    """End a sanction early; lifting for any other cause follows by itself."""

    event: ClassVar[type[Facts]] = sanctions.SanctionLifted
    roles: ClassVar[frozenset[Role]] = _INITIATOR | _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    cause: Literal["ended_early"] = "ended_early"
    from_: Annotated[Day | None, Field(alias="from")] = None


class ReportEnforcement(Command):
    event: ClassVar[type[Facts]] = sanctions.EnforcementReported
    roles: ClassVar[frozenset[Role]] = _ENFORCER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    on: Day
    state: sanctions.EnforcementState
    reason: Text | None = None
    evidence: Digest | None = None


class GrantIncentive(Command):
    event: ClassVar[type[Facts]] = sanctions.IncentiveGranted
    roles: ClassVar[frozenset[Role]] = _INITIATOR | _ENFORCER | _REGISTRAR
    names: ClassVar[str | None] = "incentive"

    measure: Text
    basis: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class EndIncentive(Command):
    event: ClassVar[type[Facts]] = sanctions.IncentiveEnded
    roles: ClassVar[frozenset[Role]] = _INITIATOR | _ENFORCER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("incentive",)

    incentive: Id
    on: Day
    reason: Text | None = None


class MakeCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentMade
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR
    names: ClassVar[str | None] = "commitment"

    kind: Text
    made_to: OrganisationCode
    made_on: Day
    due_on: Day | None = None


class KeepCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentKept
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: Id
    on: Day
    evidence: Digest | None = None


class BreakCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentBroken
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: Id
    on: Day
    evidence: Digest | None = None


class RecordRating(Command):
    """A rating that the body itself made; the ledger computes none."""

    event: ClassVar[type[Facts]] = sanctions.RatingRecorded
    roles: ClassVar[frozenset[Role]] = _SUPPLIER

    rating: Text
    scheme: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class FileObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionFiled
    roles: ClassVar[frozenset[Role]] = _REGISTRAR
    names: ClassVar[str | None] = "objection"
    refers: ClassVar[tuple[str, ...]] = ("record", "repeats")

    record: Id
    filed_by: disputes.FiledBy
    filed_on: Day
    party: OrganisationCode | None = None
    repeats: Id | None = None


class AnswerObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionAnswered
    roles: ClassVar[frozenset[Role]] = _SUPPLIER
    refers: ClassVar[tuple[str, ...]] = ("objection",)

    objection: Id
    finding: disputes.Finding
    answered_on: Day


class DecideObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionDecided
    roles: ClassVar[frozenset[Role]] = _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("objection",)

    objection: Id
    outcome: Literal["upheld", "rejected"]
    decided_on: Day
    told_on: Day | None = None


class RequestRepair(Command):
    """``conditions_met`` names the conditions of the pack that the evidence shows."""

    event: ClassVar[type[Facts]] = disputes.RepairRequested
    roles: ClassVar[frozenset[Role]] = _REGISTRAR
    names: ClassVar[str | None] = "repair"
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    evidence: Annotated[tuple[Digest, ...], Field(max_length=MAX_LIST)] = ()
    conditions_met: Annotated[tuple[Code, ...], Field(max_length=MAX_LIST)] = ()
    requested_on: Day


class AcceptRepair(Command):
    event: ClassVar[type[Facts]] = disputes.RepairAccepted
    roles: ClassVar[frozenset[Role]] = _REVIEWER | _REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("repair",)

    repair: Id
    accepted_on: Day


class DecideRepair(Command):
    event: ClassVar[type[Facts]] = disputes.RepairDecided
    roles: ClassVar[frozenset[Role]] = _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("repair",)

    repair: Id
    outcome: Literal["approved", "refused"]
    decided_on: Day


class RuleSanctionWrongful(Command):
    event: ClassVar[type[Facts]] = disputes.SanctionRuledWrongful
    roles: ClassVar[frozenset[Role]] = _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction", "faulty_records")

    sanction: Id
    faulty_records: Ids = ()
    authority: Text
    ruled_on: Day
    wrong_from: Day | None = None
    wrong_until: Day | None = None


class ReverseRuling(Command):
    event: ClassVar[type[Facts]] = disputes.RulingReversed
    roles: ClassVar[frozenset[Role]] = _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    authority: Text
    reversed_on: Day


class FileComplaint(Command):
    event: ClassVar[type[Facts]] = disputes.ComplaintFiled
    roles: ClassVar[frozenset[Role]] = _REGISTRAR | frozenset({"inspector"})
    names: ClassVar[str | None] = "case"
    refers: ClassVar[tuple[str, ...]] = ("record",)

    against: OrganisationCode
    filed_on: Day
    record: Id | None = None


class DecideComplaint(Command):
    event: ClassVar[type[Facts]] = disputes.ComplaintDecided
    roles: ClassVar[frozenset[Role]] = _REVIEWER | frozenset({"inspector"})
    refers: ClassVar[tuple[str, ...]] = ("case",)

    case: Id
    outcome: Literal["upheld", "rejected"]
    decided_on: Day


class MakeRestitution(Command):
    event: ClassVar[type[Facts]] = disputes.RestitutionMade
    roles: ClassVar[frozenset[Role]] = _SUPPLIER | _INITIATOR | _ENFORCER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    what: Literal["notice_published", "listing_removed", "compensation"]
    on: Day


class LinkSubject(Command):
    event: ClassVar[type[Facts]] = subjects.SubjectLinked
    roles: ClassVar[frozenset[Role]] = _REGISTRAR | _SUPPLIER
    names: ClassVar[str | None] = "link"

    other_subject: Id
    role: subjects.LinkRole
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class UnlinkSubject(Command):
    event: ClassVar[type[Facts]] = subjects.SubjectUnlinked
    roles: ClassVar[frozenset[Role]] = _REGISTRAR | _SUPPLIER
    refers: ClassVar[tuple[str, ...]] = ("link",)

    link: Id
    on: Day
    reason: Text | None = None


class CorrectIdentifier(Command):
    """``subject`` is the one with the wrong code; the new code must hold no records."""

    event: ClassVar[type[Facts]] = subjects.IdentifierCorrected
    seals: ClassVar[bool] = False
    roles: ClassVar[frozenset[Role]] = _REGISTRAR

    new_scheme: Code
    new_identifier: Text
    reason: Text
    authority: Text


class ErasePersonalData(Command):
    """Destroys the data keys of the records, persons or of the subject named."""

    event: ClassVar[type[Facts]] = subjects.PersonalDataErased
    roles: ClassVar[frozenset[Role]] = _REGISTRAR | _REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("records",)

    basis: Text
    records: Ids = ()
    persons: Ids = ()
    subject_itself: bool = False


class PlaceHold(Command):
    event: ClassVar[type[Facts]] = subjects.HoldPlaced
    roles: ClassVar[frozenset[Role]] = _REVIEWER | frozenset({"inspector"})
    names: ClassVar[str | None] = "hold"
    refers: ClassVar[tuple[str, ...]] = ("records",)

    records: Ids = ()
    basis: Text


class ReleaseHold(Command):
    event: ClassVar[type[Facts]] = subjects.HoldReleased
    roles: ClassVar[frozenset[Role]] = _REVIEWER | frozenset({"inspector"})
    refers: ClassVar[tuple[str, ...]] = ("hold",)

    hold: Id
    basis: Text
