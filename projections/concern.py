"""What an entry of a subject's stream is about, and who may see its type at all.

Every event type stands in exactly one of three lists (a test holds it), so that a new
type is hidden from the public until somebody decides otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.events.across import ForeignReportReceived
from ledger.events.base import Facts
from ledger.events.disputes import (
    ComplaintDecided,
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import (
    NoticeServed,
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    EnforcementReported,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from projections.history import Folded

PUBLIC_TYPES: frozenset[str] = frozenset(
    {
        "SubjectOpened",
        "RecordCollected",
        "RecordReceived",
        "NoticeReceived",
        "NoticeServed",
        "RecordCorrected",
        "RecordPublished",
        "ObjectionFiled",
        "ObjectionAnswered",
        "ObjectionDecided",
        "SanctionImposed",
        "SanctionSuspended",
        "SanctionResumed",
        "SanctionLifted",
        "EnforcementReported",
        "SanctionRuledWrongful",
        "RulingReversed",
        "RestitutionMade",
    }
)
"""Shown to everyone where they are about a published record or a sanction on one.

Objections are among them: that a published record is disputed is shown with it.
"""

OPERATOR_TYPES: frozenset[str] = frozenset(
    {
        "IdentifierCorrected",
        "SubjectLinked",
        "SubjectUnlinked",
        "PersonalDataErased",
        "HoldPlaced",
        "HoldReleased",
        "RecordWithdrawn",
        "RecordMended",
        "RecordDisclosed",
        "DisclosureReceipted",
        "CorrectionNotified",
        "CorrectionAcknowledged",
        "CorrectionGivenUp",
        "EnforcementStatusReceived",
        "PublicationEnded",
        "ConsentGiven",
        "ConsentWithdrawn",
        "RepairRequested",
        "RepairAccepted",
        "RepairDecided",
        "ComplaintFiled",
        "ComplaintDecided",
        "IncentiveGranted",
        "IncentiveEnded",
        "CommitmentMade",
        "CommitmentKept",
        "CommitmentBroken",
        "RatingRecorded",
        "ForeignReportReceived",
    }
)
"""Shown to registered readers only. A withdrawn or mended record is published no more."""

OTHER_STREAMS: frozenset[str] = frozenset(
    {
        "NodeFounded",
        "KeyIntroduced",
        "KeyRetired",
        "KeyCompromised",
        "RulePackAdopted",
        "HeadsCommitted",
        "AccessRefused",
        "ExportAssessed",
        "BundleSent",
        "MessageReceived",
        "NoticeKept",
        "TrustListAdopted",
        "MessageRefused",
        "ClockJumpConfirmed",
        "MarkMadeAnew",
        "OrganisationAdmitted",
        "RoleGranted",
        "RoleEnded",
        "KeyBound",
        "KeyUnbound",
        "SubjectQueried",
    }
)
"""Of the node, of organisations, of access, of peers: never part of a subject's history."""

_OnRecord = (
    RecordCollected
    | NoticeServed
    | RecordCorrected
    | RecordWithdrawn
    | RecordMended
    | RecordPublished
    | PublicationEnded
    | ObjectionFiled
    | RepairRequested
    | RecordReceived
    | RecordDisclosed
    | DisclosureReceipted
    | CorrectionNotified
    | CorrectionAcknowledged
    | CorrectionGivenUp
    | EnforcementStatusReceived
    | NoticeReceived
)
_OnSanction = (
    SanctionImposed
    | SanctionSuspended
    | SanctionResumed
    | SanctionLifted
    | EnforcementReported
    | SanctionRuledWrongful
    | RulingReversed
    | RestitutionMade
)


@dataclass(frozen=True, slots=True)
class Concern:
    """The record, the sanction, the complaint or the report that an entry is about, where there is one."""

    record: str | None = None
    sanction: str | None = None
    case: str | None = None
    report: str | None = None

    def label(self) -> str:
        """Names it in a list of what was masked."""
        if self.case is not None:
            return f"complaint {self.case}"
        if self.record is not None:
            return f"record {self.record}"
        if self.sanction is not None:
            return f"sanction {self.sanction}"
        if self.report is not None:
            return f"report {self.report}"
        return "subject"


def concern(facts: Facts, folded: Folded) -> Concern:
    """What these facts are about; ids of objections, repairs and cases are looked up."""
    if isinstance(facts, _OnRecord):
        return Concern(record=facts.record)
    if isinstance(facts, _OnSanction):
        return Concern(sanction=facts.sanction)
    if isinstance(facts, ObjectionAnswered | ObjectionDecided):
        return Concern(record=folded.objections[facts.objection].filed.facts.record)
    if isinstance(facts, RepairAccepted | RepairDecided):
        return Concern(record=folded.repairs[facts.repair].requested.facts.record)
    if isinstance(facts, ForeignReportReceived):
        return Concern(report=facts.report)
    if isinstance(facts, ComplaintFiled):
        return Concern(record=facts.record, case=facts.case)
    if isinstance(facts, ComplaintDecided):
        return Concern(record=folded.complaints[facts.case], case=facts.case)
    return Concern()
