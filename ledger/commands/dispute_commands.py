"""The commands on objections, repairs and complaints."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.commands.base import (
    INSPECTOR,
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    Command,
)
from ledger.events import disputes
from ledger.events.base import (
    MAX_LIST,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    OrganisationCode,
    Role,
)


class FileObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionFiled
    roles: ClassVar[frozenset[Role]] = REGISTRAR
    names: ClassVar[str | None] = "objection"
    refers: ClassVar[tuple[str, ...]] = ("record", "repeats")

    record: Id
    filed_by: disputes.FiledBy
    filed_on: Day
    party: OrganisationCode | None = None
    repeats: Id | None = None


class AnswerObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionAnswered
    roles: ClassVar[frozenset[Role]] = SUPPLIER
    refers: ClassVar[tuple[str, ...]] = ("objection",)

    objection: Id
    finding: disputes.Finding
    answered_on: Day


class DecideObjection(Command):
    event: ClassVar[type[Facts]] = disputes.ObjectionDecided
    roles: ClassVar[frozenset[Role]] = REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("objection",)

    objection: Id
    outcome: Literal["upheld", "rejected"]
    decided_on: Day
    told_on: Day | None = None


class RequestRepair(Command):
    """``conditions_met`` names the conditions of the pack that the evidence shows."""

    event: ClassVar[type[Facts]] = disputes.RepairRequested
    roles: ClassVar[frozenset[Role]] = REGISTRAR
    names: ClassVar[str | None] = "repair"
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    evidence: Annotated[tuple[Digest, ...], Field(max_length=MAX_LIST)] = ()
    conditions_met: Annotated[tuple[Code, ...], Field(max_length=MAX_LIST)] = ()
    requested_on: Day


class AcceptRepair(Command):
    event: ClassVar[type[Facts]] = disputes.RepairAccepted
    roles: ClassVar[frozenset[Role]] = REVIEWER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("repair",)

    repair: Id
    accepted_on: Day


class DecideRepair(Command):
    event: ClassVar[type[Facts]] = disputes.RepairDecided
    roles: ClassVar[frozenset[Role]] = REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("repair",)

    repair: Id
    outcome: Literal["approved", "refused"]
    decided_on: Day


class FileComplaint(Command):
    event: ClassVar[type[Facts]] = disputes.ComplaintFiled
    roles: ClassVar[frozenset[Role]] = REGISTRAR | INSPECTOR
    names: ClassVar[str | None] = "case"
    refers: ClassVar[tuple[str, ...]] = ("record",)

    against: OrganisationCode
    filed_on: Day
    record: Id | None = None


class DecideComplaint(Command):
    event: ClassVar[type[Facts]] = disputes.ComplaintDecided
    roles: ClassVar[frozenset[Role]] = REVIEWER | INSPECTOR
    refers: ClassVar[tuple[str, ...]] = ("case",)

    case: Id
    outcome: Literal["upheld", "rejected"]
    decided_on: Day
