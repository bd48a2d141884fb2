"""The commands on a subject's stream: those on the subject itself, and all the others by name."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ledger.commands.base import (
    INSPECTOR,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    Command,
    Ids,
)
from ledger.commands.dispute_commands import (
    AcceptRepair,
    AnswerObjection,
    DecideComplaint,
    DecideObjection,
    DecideRepair,
    FileComplaint,
    FileObjection,
    RequestRepair,
)
from ledger.commands.record_commands import (
    CollectRecord,
    CorrectRecord,
    EndPublication,
    GiveConsent,
    MendRecord,
    PublishRecord,
    ServeNotice,
    WithdrawConsent,
    WithdrawRecord,
)
from ledger.commands.sanction_commands import (
    BreakCommitment,
    EndIncentive,
    GrantIncentive,
    ImposeSanction,
    KeepCommitment,
    LiftSanction,
    MakeCommitment,
    MakeRestitution,
    RecordRating,
    ReportEnforcement,
    ResumeSanction,
    ReverseRuling,
    RuleSanctionWrongful,
)
from ledger.events import across, subjects
from ledger.events.base import (
    Code,
    Day,
    Facts,
    Id,
    Role,
    Text,
)

__all__ = [
    "AcceptRepair",
    "AnswerObjection",
    "AttachReport",
    "BreakCommitment",
    "CollectRecord",
    "CorrectIdentifier",
    "CorrectRecord",
    "DecideComplaint",
    "DecideObjection",
    "DecideRepair",
    "EndIncentive",
    "EndPublication",
    "ErasePersonalData",
    "FileComplaint",
    "FileObjection",
    "GiveConsent",
    "GrantIncentive",
    "ImposeSanction",
    "KeepCommitment",
    "LiftSanction",
    "LinkSubject",
    "MakeCommitment",
    "MakeRestitution",
    "MendRecord",
    "OpenSubject",
    "PlaceHold",
    "PublishRecord",
    "RecordRating",
    "ReleaseHold",
    "ReportEnforcement",
    "RequestRepair",
    "ResumeSanction",
    "ReverseRuling",
    "RuleSanctionWrongful",
    "ServeNotice",
    "UnlinkSubject",
    "WithdrawConsent",
    "WithdrawRecord",
]


class OpenSubject(Command):
    """Open a subject without collecting anything yet."""

    event: ClassVar[type[Facts]] = subjects.SubjectOpened
    seals: ClassVar[bool] = False
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR


class LinkSubject(Command):
    event: ClassVar[type[Facts]] = subjects.SubjectLinked
    roles: ClassVar[frozenset[Role]] = REGISTRAR | SUPPLIER
    names: ClassVar[str | None] = "link"

    other_subject: Id
    role: subjects.LinkRole
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class UnlinkSubject(Command):
    event: ClassVar[type[Facts]] = subjects.SubjectUnlinked
    roles: ClassVar[frozenset[Role]] = REGISTRAR | SUPPLIER
    refers: ClassVar[tuple[str, ...]] = ("link",)

    link: Id
    on: Day
    reason: Text | None = None


class CorrectIdentifier(Command):
    """``subject`` is the one with the wrong code; the new code must hold no records."""

    event: ClassVar[type[Facts]] = subjects.IdentifierCorrected
    seals: ClassVar[bool] = False
    roles: ClassVar[frozenset[Role]] = REGISTRAR

    new_scheme: Code
    new_identifier: Text
    reason: Text
    authority: Text


class ErasePersonalData(Command):
    """Destroys the data keys of the records, persons, reports or of the subject named."""

    event: ClassVar[type[Facts]] = subjects.PersonalDataErased
    roles: ClassVar[frozenset[Role]] = REGISTRAR | REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("records", "reports")

    basis: Text
    records: Ids = ()
    persons: Ids = ()
    reports: Ids = ()
    subject_itself: bool = False


class PlaceHold(Command):
    event: ClassVar[type[Facts]] = subjects.HoldPlaced
    roles: ClassVar[frozenset[Role]] = REVIEWER | INSPECTOR
    names: ClassVar[str | None] = "hold"
    refers: ClassVar[tuple[str, ...]] = ("records",)

    records: Ids = ()
    basis: Text


class ReleaseHold(Command):
    event: ClassVar[type[Facts]] = subjects.HoldReleased
    roles: ClassVar[frozenset[Role]] = REVIEWER | INSPECTOR
    refers: ClassVar[tuple[str, ...]] = ("hold",)

    hold: Id
    basis: Text


class AttachReport(Command):
    """Keep a foreign credit report; its bytes are the sealed field ``content``, in base64."""

    event: ClassVar[type[Facts]] = across.ForeignReportReceived
    roles: ClassVar[frozenset[Role]] = REGISTRAR
    names: ClassVar[str | None] = "report"

    issuer: Text
    reference: Text
    issued_on: Day
    valid_until: Day | None = None
    media_type: across.MediaType
    language: across.LanguageTag | None = None
    received_on: Day
    purpose: Text
    legal_basis: Text
