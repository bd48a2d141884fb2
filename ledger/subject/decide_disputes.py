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
from ledger.subject.context import Context, require_not_before
from ledger.subject.decide_records import own_record, require_standing
from ledger.subject.duties import notify
from ledger.subject.refusals import (
    AlreadyEnded,
    AnswerContradicts,
    NotARepeat,
    ObjectedAlready,
    RecordCannotBear,
    RepairTooEarly,
    RepairUnmet,
    UnknownId,
)
from ledger.subject.state import RecordState, RepairState

_COUNTED = "minimum_elapsed"
"""The one condition of a repair that the ledger counts itself."""


def file_objection(subject: Subject, command: commands.FileObjection, context: Context) -> str:
    record = subject.record(command.record)
    context.not_in_future("filed_on", command.filed_on)
    require_not_before("filed_on", command.filed_on, "decided_on", record.facts.decided_on)
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
        notify(subject, context, command.record, "objection", objection)
        effects.suspend_resting(subject, context, command.record, objection, command.filed_on)
    return objection


def _require_rejected(subject: Subject, command: commands.FileObjection) -> None:
    """Only one's own objection is repeated: another party's first one suspends."""
    earlier = subject.state.objections.get(command.repeats or "")
    if earlier is None or not earlier.rejected or _party(earlier.filed.facts) != _party(command):
        raise NotARepeat(repeats=command.repeats, record=command.record)


def _party(filed: ObjectionFiled | commands.FileObjection) -> tuple[str, str, str | None]:
    """What is objected to, and by whom."""
    return filed.record, filed.filed_by, filed.party


def _refuse_same_party(subject: Subject, command: commands.FileObjection) -> None:
    for key, objection in subject.state.objections.items():
        same = _party(objection.filed.facts) == _party(command)
        if same and objection.disputes:
            raise ObjectedAlready(objection=key, record=command.record)


def answer_objection(subject: Subject, command: commands.AnswerObjection, context: Context) -> None:
    objection = subject.objection(command.objection)
    filed = objection.filed.facts
    supplier = own_record(subject, filed.record).facts.supplier
    context.require_self(supplier)
    if objection.answered is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="answered")
    if objection.decided is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="decided")
    context.not_in_future("answered_on", command.answered_on)
    require_not_before("answered_on", command.answered_on, "filed_on", filed.filed_on)
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
    if objection.closed_by is not None:  # the correction that it concedes came before it
        notify(subject, context, filed.record, "correction", command.objection)


def decide_objection(subject: Subject, command: commands.DecideObjection, context: Context) -> None:
    objection = subject.objection(command.objection)
    filed = objection.filed.facts
    if objection.decided is not None or objection.closed_by is not None:
        raise AlreadyEnded(what="objection", id=command.objection, state="decided or closed")
    context.not_in_future("decided_on", command.decided_on)
    require_not_before("decided_on", command.decided_on, "filed_on", filed.filed_on)
    answered = objection.answered
    admitted = answered is not None and answered.facts.finding == "wrong"
    if command.outcome == "rejected" and admitted:
        raise AnswerContradicts(objection=command.objection)
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
    if command.outcome == "rejected" and filed.repeats is None:
        notify(subject, context, filed.record, "confirmed", command.objection)
    if command.outcome == "upheld" and filed.repeats is not None:
        notify(subject, context, filed.record, "objection", command.objection)
        effects.suspend_resting(
            subject, context, filed.record, command.objection, command.decided_on
        )


def request_repair(subject: Subject, command: commands.RequestRepair, context: Context) -> str:
    record = own_record(subject, command.record)
    context.not_in_future("requested_on", command.requested_on)
    require_not_before("requested_on", command.requested_on, "decided_on", record.facts.decided_on)
    require_standing(record, command.record)
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
    require_not_before("accepted_on", command.accepted_on, "requested_on", requested.requested_on)
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
    require_not_before("decided_on", command.decided_on, "requested_on", requested.requested_on)
    record = subject.record(requested.record)
    earliest = context.rules(record.facts.decided_on).earliest_repair(
        record.facts.tier, record.facts.decided_on
    )
    unmet = _unmet(record, repair, context, minimum_elapsed=command.decided_on >= earliest)
    if command.outcome == "approved":
        require_standing(record, requested.record)
        if command.decided_on < earliest:
            raise RepairTooEarly(record=requested.record, earliest=earliest, day=command.decided_on)
        if unmet:
            raise RepairUnmet(unmet=", ".join(unmet))
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
        notify(subject, context, requested.record, "repair", command.repair)
        effects.lift_resting(subject, context, requested.record, "repaired", command.decided_on)


def _unmet(
    record: RecordState, repair: RepairState, context: Context, *, minimum_elapsed: bool
) -> tuple[str, ...]:
    """Conditions of the pack of today (the day of the act) that are not fulfilled.

    Whether the minimum period has elapsed is counted here; the request shows the others.
    """
    rule = context.rules(context.today).repair(record.facts.tier, context.today)
    needed = rule.conditions if rule.repairable else ("repairable", *rule.conditions)
    met = set(repair.requested.facts.conditions_met) - {_COUNTED, "repairable"}
    if minimum_elapsed:
        met.add(_COUNTED)
    return tuple(code for code in needed if code not in met)


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
