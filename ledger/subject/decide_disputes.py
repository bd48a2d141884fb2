"""Commands on objections, repairs and complaints."""

from __future__ import annotations

from ledger.commands import subject_commands as commands
from ledger.events.disputes import (
    ComplaintDecided,
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
)
from ledger.subject import effects
from ledger.subject.aggregate import Subject, sealed_under
from ledger.subject.context import Context
from ledger.subject.refusals import (
    AlreadyEnded,
    BeforeItsCause,
    NotARepeat,
    ObjectedAlready,
    RecordCannotBear,
    RepairTooEarly,
    RepairUnmet,
    UnknownId,
)
from ledger.subject.state import RepairState
from ledger.subject.status import ENDING, record_status


def file_objection(subject: Subject, command: commands.FileObjection, context: Context) -> str:
    record = subject.record(command.record)
    context.not_in_future("filed_on", command.filed_on)
    if record.withdrawn is not None:
        raise AlreadyEnded(what="record", id=command.record, state="withdrawn")
    if command.repeats is not None:
        _require_rejected(subject, command)
    else:
        _refuse_same_party(subject, command)
    due = context.rules(command.filed_on).due("objection_answer", command.filed_on)
    objection = context.new_id()
    subject.trigger(
        context,
        ObjectionFiled(
            objection=objection,
            record=command.record,
            filed_by=command.filed_by,
            party=command.party,
            filed_on=command.filed_on,
            due_on=due.due_on,
            provisional=due.provisional,
            repeats=command.repeats,
        ),
        sealed_under(context, ObjectionFiled, f"record:{command.record}"),
    )
    if command.repeats is None:
        effects.suspend_resting(subject, context, command.record, objection, command.filed_on)
    return objection


def _require_rejected(subject: Subject, command: commands.FileObjection) -> None:
    earlier = subject.state.objections.get(command.repeats or "")
    if earlier is None or earlier.filed.facts.record != command.record or not earlier.rejected:
        raise NotARepeat(repeats=command.repeats, record=command.record)


def _refuse_same_party(subject: Subject, command: commands.FileObjection) -> None:
    for key, objection in subject.state.objections.items():
        filed = objection.filed.facts
        same = (filed.record, filed.filed_by, filed.party) == (
            command.record,
            command.filed_by,
            command.party,
        )
        if same and objection.is_open and filed.repeats is None:
            raise ObjectedAlready(objection=key, record=command.record)


def answer_objection(subject: Subject, command: commands.AnswerObjection, context: Context) -> None:
    objection = subject.objection(command.objection)
    filed = objection.filed.facts
    supplier = subject.record(filed.record).facts.supplier
    context.require_self(supplier)
    if objection.answered is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="answered")
    if objection.decided is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="decided")
    context.not_in_future("answered_on", command.answered_on)
    if command.answered_on < filed.filed_on:
        raise BeforeItsCause(
            field="answered_on", day=command.answered_on, cause="filed_on", cause_day=filed.filed_on
        )
    calendar = context.rules(filed.filed_on).calendar
    overdue = calendar.working_days_between(filed.due_on, command.answered_on).count
    subject.trigger(
        context,
        ObjectionAnswered(
            objection=command.objection,
            supplier=supplier,
            finding=command.finding,
            answered_on=command.answered_on,
            overdue_working_days=max(0, overdue),
        ),
        sealed_under(context, ObjectionAnswered, f"record:{filed.record}"),
    )


def decide_objection(subject: Subject, command: commands.DecideObjection, context: Context) -> None:
    objection = subject.objection(command.objection)
    filed = objection.filed.facts
    if objection.decided is not None or objection.closed_by is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="decided or closed")
    context.not_in_future("decided_on", command.decided_on)
    if command.decided_on < filed.filed_on:
        raise BeforeItsCause(
            field="decided_on", day=command.decided_on, cause="filed_on", cause_day=filed.filed_on
        )
    if command.told_on is not None:
        context.not_in_future("told_on", command.told_on)
    subject.trigger(
        context,
        ObjectionDecided(
            objection=command.objection,
            outcome=command.outcome,
            reviewer=context.actor.organisation,
            decided_on=command.decided_on,
            told_on=command.told_on,
        ),
        sealed_under(context, ObjectionDecided, f"record:{filed.record}"),
    )


def request_repair(subject: Subject, command: commands.RequestRepair, context: Context) -> str:
    record = subject.record(command.record)
    context.not_in_future("requested_on", command.requested_on)
    found = record_status(record, context.today)
    if found is not None and found.state in ENDING:
        raise AlreadyEnded(what="record", id=command.record, state=found.state)
    if not record.facts.adverse:
        raise RecordCannotBear(record=command.record, state="not adverse")
    for key, repair in subject.state.repairs.items():
        if repair.requested.facts.record == command.record and repair.decided is None:
            raise AlreadyEnded(what="repair", id=key, state="requested")
    due = context.rules(command.requested_on).due("repair_decide", command.requested_on)
    repair_id = context.new_id()
    subject.trigger(
        context,
        RepairRequested(
            repair=repair_id,
            record=command.record,
            evidence=command.evidence,
            conditions_met=command.conditions_met,
            requested_on=command.requested_on,
            due_on=due.due_on,
            provisional=due.provisional,
        ),
        sealed_under(context, RepairRequested, f"record:{command.record}"),
    )
    return repair_id


def accept_repair(subject: Subject, command: commands.AcceptRepair, context: Context) -> None:
    repair = subject.repair(command.repair)
    requested = repair.requested.facts
    if repair.accepted is not None or repair.decided is not None:
        raise AlreadyEnded(what="repair", id=command.repair, state="accepted")
    context.not_in_future("accepted_on", command.accepted_on)
    if command.accepted_on < requested.requested_on:
        raise BeforeItsCause(
            field="accepted_on",
            day=command.accepted_on,
            cause="requested_on",
            cause_day=requested.requested_on,
        )
    subject.trigger(
        context,
        RepairAccepted(
            repair=command.repair,
            accepted_on=command.accepted_on,
            due_on=requested.due_on,
            provisional=requested.provisional,
        ),
    )


def decide_repair(subject: Subject, command: commands.DecideRepair, context: Context) -> None:
    repair = subject.repair(command.repair)
    requested = repair.requested.facts
    if repair.decided is not None:
        raise AlreadyEnded(what="repair", id=command.repair, state="decided")
    context.not_in_future("decided_on", command.decided_on)
    if command.decided_on < requested.requested_on:
        raise BeforeItsCause(
            field="decided_on",
            day=command.decided_on,
            cause="requested_on",
            cause_day=requested.requested_on,
        )
    unmet = _unmet(subject, repair, context)
    if command.outcome == "approved":
        _require_repairable(subject, repair, command, context, unmet)
    subject.trigger(
        context,
        RepairDecided(
            repair=command.repair,
            outcome=command.outcome,
            unmet=unmet,
            reviewer=context.actor.organisation,
            decided_on=command.decided_on,
        ),
        sealed_under(context, RepairDecided, f"record:{requested.record}"),
    )
    if command.outcome == "approved":
        effects.lift_resting(subject, context, requested.record, "repaired", command.decided_on)


def _unmet(subject: Subject, repair: RepairState, context: Context) -> tuple[str, ...]:
    """Conditions of the pack of today (the day of the act) that the request did not show."""
    tier = subject.record(repair.requested.facts.record).facts.tier
    rule = context.rules(context.today).repair(tier, context.today)
    needed = rule.conditions if rule.repairable else ("repairable", *rule.conditions)
    return tuple(code for code in needed if code not in repair.requested.facts.conditions_met)


def _require_repairable(
    subject: Subject,
    repair: RepairState,
    command: commands.DecideRepair,
    context: Context,
    unmet: tuple[str, ...],
) -> None:
    key = repair.requested.facts.record
    record = subject.record(key)
    found = record_status(record, context.today)
    if found is not None and found.state in ENDING:
        raise AlreadyEnded(what="record", id=key, state=found.state)
    pack = context.rules(record.facts.decided_on)
    earliest = pack.earliest_repair(record.facts.tier, record.facts.decided_on)
    if command.decided_on < earliest:
        raise RepairTooEarly(record=key, earliest=earliest, day=command.decided_on)
    if unmet:
        raise RepairUnmet(unmet=", ".join(unmet))


def file_complaint(subject: Subject, command: commands.FileComplaint, context: Context) -> str:
    subject.require_open()
    context.not_in_future("filed_on", command.filed_on)
    if command.record is not None:
        subject.record(command.record)
    case = context.new_id()
    subject.trigger(
        context,
        ComplaintFiled(
            case=case, against=command.against, filed_on=command.filed_on, record=command.record
        ),
        sealed_under(context, ComplaintFiled, f"informant:{case}"),
    )
    return case


def decide_complaint(subject: Subject, command: commands.DecideComplaint, context: Context) -> None:
    if command.case not in subject.state.complaints:
        raise UnknownId(what="case", id=command.case)
    if command.case in subject.state.complaints_decided:
        raise AlreadyEnded(what="case", id=command.case, state="decided")
    context.not_in_future("decided_on", command.decided_on)
    subject.trigger(
        context,
        ComplaintDecided(case=command.case, outcome=command.outcome, decided_on=command.decided_on),
    )
