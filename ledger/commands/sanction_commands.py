"""The commands on sanctions, incentives, commitments and ratings."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.commands.base import (
    ENFORCER,
    INITIATOR,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    Command,
    Ids,
)
from ledger.events import disputes, sanctions
from ledger.events.base import (
    Code,
    Day,
    Digest,
    Facts,
    Id,
    Operator,
    OrganisationCode,
    Role,
    Text,
)


class ImposeSanction(Command):
    event: ClassVar[type[Facts]] = sanctions.SanctionImposed
    roles: ClassVar[frozenset[Role]] = INITIATOR
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
    roles: ClassVar[frozenset[Role]] = INITIATOR | REVIEWER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("sanction", "confirmation")

    sanction: Id
    confirmation: Id | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None


class LiftSanction(Command):
    """End a sanction early; lifting for any other cause follows by itself."""

    event: ClassVar[type[Facts]] = sanctions.SanctionLifted
    roles: ClassVar[frozenset[Role]] = INITIATOR | REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    cause: Literal["ended_early"] = "ended_early"
    from_: Annotated[Day | None, Field(alias="from")] = None


class ReportEnforcement(Command):
    event: ClassVar[type[Facts]] = sanctions.EnforcementReported
    roles: ClassVar[frozenset[Role]] = ENFORCER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    on: Day
    state: sanctions.EnforcementState
    reason: Text | None = None
    evidence: Digest | None = None


class RuleSanctionWrongful(Command):
    event: ClassVar[type[Facts]] = disputes.SanctionRuledWrongful
    roles: ClassVar[frozenset[Role]] = REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction", "faulty_records")

    sanction: Id
    faulty_records: Ids = ()
    authority: Text
    ruled_on: Day
    wrong_from: Day | None = None
    wrong_until: Day | None = None


class ReverseRuling(Command):
    event: ClassVar[type[Facts]] = disputes.RulingReversed
    roles: ClassVar[frozenset[Role]] = REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    authority: Text
    reversed_on: Day


class MakeRestitution(Command):
    event: ClassVar[type[Facts]] = disputes.RestitutionMade
    roles: ClassVar[frozenset[Role]] = SUPPLIER | INITIATOR | ENFORCER
    refers: ClassVar[tuple[str, ...]] = ("sanction",)

    sanction: Id
    what: Literal["notice_published", "listing_removed", "compensation"]
    on: Day


class GrantIncentive(Command):
    event: ClassVar[type[Facts]] = sanctions.IncentiveGranted
    roles: ClassVar[frozenset[Role]] = INITIATOR | ENFORCER | REGISTRAR
    names: ClassVar[str | None] = "incentive"

    measure: Text
    basis: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class EndIncentive(Command):
    event: ClassVar[type[Facts]] = sanctions.IncentiveEnded
    roles: ClassVar[frozenset[Role]] = INITIATOR | ENFORCER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("incentive",)

    incentive: Id
    on: Day
    reason: Text | None = None


class MakeCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentMade
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR
    names: ClassVar[str | None] = "commitment"

    kind: Text
    made_to: OrganisationCode
    made_on: Day
    due_on: Day | None = None


class KeepCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentKept
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: Id
    on: Day
    evidence: Digest | None = None


class BreakCommitment(Command):
    event: ClassVar[type[Facts]] = sanctions.CommitmentBroken
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("commitment",)

    commitment: Id
    on: Day
    evidence: Digest | None = None


class RecordRating(Command):
    """A rating that the body itself made; the ledger computes none."""

    event: ClassVar[type[Facts]] = sanctions.RatingRecorded
    roles: ClassVar[frozenset[Role]] = SUPPLIER

    rating: Text
    scheme: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None
