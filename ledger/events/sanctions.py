"""惩戒、执行反馈、激励、承诺、评价: what follows from records."""

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
    Operator,
    OrganisationCode,
    Text,
)

MeasureKind = Literal["administrative", "market", "industry", "social"]
LiftCause = Literal[
    "repaired",
    "record_mended",
    "record_withdrawn",
    "record_corrected",
    "ended_early",
    "ruled_wrongful",
]
EnforcementState = Literal["applied", "never_applied", "suspended", "lifted", "still_enforcing"]


class SanctionImposed(Facts):
    """惩戒: one measure of the measures list, resting on one or more records."""

    term: ClassVar[str] = "惩戒"

    sanction: Id
    measure: Code
    kind: MeasureKind
    records: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_LIST)]
    initiator: OrganisationCode
    enforcer: OrganisationCode
    approved_by: Operator | None = None
    legal_basis: Text
    starts_on: Day
    ends_on: Day


class SanctionSuspended(Facts):
    """暂停执行: an automatic effect of an objection or of a received notice."""

    term: ClassVar[str] = "暂停执行"

    sanction: Id
    cause: Id
    from_: Annotated[Day, Field(alias="from")]


class SanctionResumed(Facts):
    """恢复执行: rests on a confirmation, or on the review of what a stolen key had signed."""

    term: ClassVar[str] = "恢复执行"

    sanction: Id
    confirmation: Id | None = None
    """An objection decided as rejected; None where nothing but such a doubt suspended it."""
    from_: Annotated[Day, Field(alias="from")]


class SanctionLifted(Facts):
    """解除."""

    term: ClassVar[str] = "解除"

    sanction: Id
    cause: LiftCause
    from_: Annotated[Day, Field(alias="from")]


class EnforcementReported(Facts):
    """执行反馈: what the enforcer says it did; its own word, attributed to it."""

    term: ClassVar[str] = "执行反馈"

    sanction: Id
    enforcer: OrganisationCode
    on: Day
    state: EnforcementState
    reason: Text | None = None
    evidence: Digest | None = None


class IncentiveGranted(Facts):
    """守信激励."""

    term: ClassVar[str] = "守信激励"

    incentive: Id
    measure: Text
    basis: Text
    granted_by: OrganisationCode
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class IncentiveEnded(Facts):
    """激励终止."""

    term: ClassVar[str] = "激励终止"

    incentive: Id
    on: Day
    reason: Text | None = None


class CommitmentMade(Facts):
    """信用承诺."""

    term: ClassVar[str] = "信用承诺"

    commitment: Id
    kind: Text
    made_to: OrganisationCode
    made_on: Day
    due_on: Day | None = None


class CommitmentKept(Facts):
    """履行承诺."""

    term: ClassVar[str] = "履行承诺"

    commitment: Id
    on: Day
    evidence: Digest | None = None


class CommitmentBroken(Facts):
    """违反承诺."""

    term: ClassVar[str] = "违反承诺"

    commitment: Id
    on: Day
    evidence: Digest | None = None


class RatingRecorded(Facts):
    """评价: a rating that an authority made, kept as its fact; organisations only."""

    term: ClassVar[str] = "评价"

    rating: Text
    scheme: Text
    authority: OrganisationCode
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None
