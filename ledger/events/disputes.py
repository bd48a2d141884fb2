"""异议、修复、错误惩戒认定、投诉: dispute, repair, wrong."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.events.base import MAX_LIST, Code, Day, Digest, Facts, Id, OrganisationCode, Text

FiledBy = Literal["subject", "enforcer", "third_party"]
Finding = Literal["confirmed", "corrected", "wrong"]


class ObjectionFiled(Facts):
    """异议: suspends, in the same transaction, every sanction that rests on the record."""

    term: ClassVar[str] = "异议"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"grounds"})

    objection: Id
    record: Id
    filed_by: FiledBy
    party: OrganisationCode | None = None
    """Which enforcer or third organisation, where it is one."""
    filed_on: Day
    due_on: Day
    provisional: bool = False
    """The working-day calendar ends before ``due_on``."""
    repeats: Id | None = None


class ObjectionAnswered(Facts):
    """核实反馈: the supplier's answer."""

    term: ClassVar[str] = "核实反馈"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"reasons"})

    objection: Id
    supplier: OrganisationCode
    finding: Finding
    answered_on: Day
    overdue_working_days: Annotated[int, Field(ge=0)] = 0


class ObjectionDecided(Facts):
    """异议处理: rejected is the confirmation of the record; upheld keeps it disputed."""

    term: ClassVar[str] = "异议处理"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"reasons"})

    objection: Id
    outcome: Literal["upheld", "rejected"]
    reviewer: OrganisationCode
    decided_on: Day
    told_on: Day | None = None


class RepairRequested(Facts):
    """申请信用修复."""

    term: ClassVar[str] = "申请信用修复"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"statement"})

    repair: Id
    record: Id
    evidence: Annotated[tuple[Digest, ...], Field(max_length=MAX_LIST)] = ()
    conditions_met: Annotated[tuple[Code, ...], Field(max_length=MAX_LIST)] = ()
    requested_on: Day
    due_on: Day
    provisional: bool = False


class RepairAccepted(Facts):
    """受理信用修复."""

    term: ClassVar[str] = "受理信用修复"

    repair: Id
    accepted_on: Day
    due_on: Day
    provisional: bool = False


class RepairDecided(Facts):
    """信用修复决定: approved ends publication, sharing and sanctions."""

    term: ClassVar[str] = "信用修复决定"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"statement"})

    repair: Id
    outcome: Literal["approved", "refused"]
    unmet: Annotated[tuple[Code, ...], Field(max_length=MAX_LIST)] = ()
    reviewer: OrganisationCode
    decided_on: Day


class SanctionRuledWrongful(Facts):
    """错误惩戒认定: for ``[wrong_from, wrong_until)``."""

    term: ClassVar[str] = "错误惩戒认定"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"grounds"})

    sanction: Id
    faulty_records: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    authority: Text
    ruled_on: Day
    wrong_from: Day
    wrong_until: Day


class RulingReversed(Facts):
    """认定撤销."""

    term: ClassVar[str] = "认定撤销"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"grounds"})

    sanction: Id
    authority: Text
    reversed_on: Day


class ComplaintFiled(Facts):
    """投诉: who complained is sealed under a key of its own and never leaves."""

    term: ClassVar[str] = "投诉"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"who", "grounds"})

    case: Id
    against: OrganisationCode
    filed_on: Day
    record: Id | None = None


class ComplaintDecided(Facts):
    """投诉处理."""

    term: ClassVar[str] = "投诉处理"

    case: Id
    outcome: Literal["upheld", "rejected"]
    decided_on: Day


class RestitutionMade(Facts):
    """恢复信誉."""

    term: ClassVar[str] = "恢复信誉"

    sanction: Id
    by: OrganisationCode
    what: Literal["notice_published", "listing_removed", "compensation"]
    on: Day
