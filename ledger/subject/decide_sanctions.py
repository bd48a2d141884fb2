"""Commands on sanctions, and on incentives, commitments and ratings."""

from __future__ import annotations

from ledger.commands import subject_commands as commands
from ledger.events.base import Role
from ledger.events.disputes import RestitutionMade, RulingReversed, SanctionRuledWrongful
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    EnforcementReported,
    IncentiveEnded,
    IncentiveGranted,
    RatingRecorded,
    SanctionImposed,
    SanctionResumed,
)
from ledger.rules import Measure, add_months
from ledger.subject import effects
from ledger.subject.aggregate import Subject, sealed_under
from ledger.subject.context import Context, require_not_before, require_order, require_role
from ledger.subject.evolve_exchange import confirms
from ledger.subject.refusals import (
    AgeUnknown,
    AlreadyEnded,
    ApprovalMissing,
    NotConfirmed,
    NoticeNotServed,
    NotYours,
    ObjectionOpen,
    OrganisationsOnly,
    OutsideMeasuresList,
    RecordCannotBear,
    RestsOnNothing,
    SubjectIsMinor,
    TierBearsNoSanction,
    TooLong,
    UnknownId,
)
from ledger.subject.state import SanctionState
from ledger.subject.status import record_status
from ledger.subject.taint import confirmed_by_good, doubted_record, doubted_sanction, untold

_ARBITERS: frozenset[Role] = frozenset({"reviewer", "registrar"})
_REVIEWER: frozenset[Role] = frozenset({"reviewer"})


def impose_sanction(subject: Subject, command: commands.ImposeSanction, context: Context) -> str:
    context.require_self(command.initiator)
    require_role(context, command.enforcer, frozenset({"enforcer"}))
    pack = context.rules(context.today)
    measure = pack.measure(command.measure, context.today)
    if measure is None or subject.state.kind not in measure.kinds:
        raise OutsideMeasuresList(measure=command.measure, day=context.today)
    require_order("starts_on", command.starts_on, "ends_on", command.ends_on)
    latest = add_months(command.starts_on, measure.max_months)
    if command.ends_on > latest:
        raise TooLong(
            measure=measure.code, months=measure.max_months, latest=latest, ends_on=command.ends_on
        )
    _require_approval(measure, command, context)
    _require_adult(subject, context, pack.adult_age(context.today))
    if not command.records:
        raise RestsOnNothing
    for key in command.records:
        _require_bearing(subject, key, measure, command, context)
    sanction = context.new_id()
    subject.trigger(
        context,
        SanctionImposed(
            sanction=sanction,
            measure=measure.code,
            kind=measure.kind,
            records=tuple(dict.fromkeys(command.records)),
            initiator=command.initiator,
            enforcer=command.enforcer,
            approved_by=command.approved_by,
            legal_basis=command.legal_basis,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
        ),
    )
    return sanction


def _require_approval(measure: Measure, command: commands.ImposeSanction, context: Context) -> None:
    """A second person's: never the operator's own."""
    own = command.approved_by == context.actor.operator
    if measure.needs_approval and (command.approved_by is None or own):
        raise ApprovalMissing(measure=measure.code)


def _require_adult(subject: Subject, context: Context, adult_age: int) -> None:
    if subject.state.kind != "natural_person":
        return
    if context.adult_on is None:
        raise AgeUnknown
    if context.today < context.adult_on:
        raise SubjectIsMinor(age=adult_age, day=context.today)


def _require_bearing(
    subject: Subject,
    key: str,
    measure: Measure,
    command: commands.ImposeSanction,
    context: Context,
) -> None:
    record = subject.record(key)
    if context.adult_on is not None and record.facts.decided_on < context.adult_on:
        age = context.rules(context.today).adult_age(context.today)
        raise SubjectIsMinor(age=age, day=record.facts.decided_on)
    known = context.registry.compromises_known()
    believed = doubted_record(record, subject.state.objections.values(), known)
    for day in sorted({context.today, command.starts_on}):
        found = record_status(believed, day)
        if found is None or found.state not in {"valid", "corrected"}:
            state = "not in force yet" if found is None else found.state
            raise RecordCannotBear(record=key, state=state)
    pack = context.rules(context.today)
    facts = believed.facts
    if not facts.adverse or facts.exemption is not None or not pack.bears(measure, facts.tier):
        raise TierBearsNoSanction(tier=facts.tier, measure=measure.code, record=key)
    served = [
        notice.facts.served_on
        for notice in record.notices
        if known.taint(notice.keyid, notice.index) is None
    ]
    if not served or min(served) > command.starts_on:
        raise NoticeNotServed(record=key, day=command.starts_on)


def resume_sanction(subject: Subject, command: commands.ResumeSanction, context: Context) -> None:
    sanction = subject.sanction(command.sanction)
    if not context.holds(_ARBITERS):
        context.require_self(sanction.imposed.facts.initiator)
    _require_running(sanction, command.sanction, context)
    known = context.registry.compromises_known()
    believed = doubted_sanction(sanction, subject.state.records, known)
    causes = [spell.cause for spell in believed.spells if spell.until is None]
    if not causes:
        raise AlreadyEnded(what="sanction", id=command.sanction, state="not suspended")
    resting = set(sanction.imposed.facts.records)
    for key, objection in subject.state.objections.items():
        record = objection.filed.facts.record
        if record in resting and objection.disputes:
            raise ObjectionOpen(objection=key, record=record)
    for record in sanction.imposed.facts.records:
        for dispute in subject.state.records[record].open_disputes():  # those of notices, too
            raise ObjectionOpen(objection=dispute.objection, record=record)
    # A doubt has no cause to be confirmed: the resumption itself, under a good key, ends it.
    confirmed = [cause for cause in causes if cause]
    for cause in confirmed:
        objection_of = subject.state.objections.get(cause)
        here = objection_of is not None and objection_of.rejected
        if not here and not _is_confirmed_at_origin(subject, sanction, cause):
            raise NotConfirmed(sanction=command.sanction)
    confirmation = command.confirmation or (confirmed[-1] if confirmed else None)
    if confirmation is not None and confirmation not in confirmed:
        raise NotConfirmed(sanction=command.sanction)
    from_ = command.from_ or context.today
    require_not_before("from", from_, "today", context.today)
    without = untold(sanction, subject.state.records, known, from_)
    if without is not None and not confirmed_by_good(
        without[0], subject.state.objections.values(), known
    ):
        raise NoticeNotServed(record=without[0], day=from_)
    for key in sanction.imposed.facts.records:
        held = subject.state.records[key]
        record_held = doubted_record(held, subject.state.objections.values(), known)
        found = record_status(record_held, from_)
        if found is None or found.state not in {"valid", "corrected"}:
            raise RecordCannotBear(
                record=key, state="not in force" if found is None else found.state
            )
    subject.trigger(
        context, SanctionResumed(sanction=command.sanction, confirmation=confirmation, from_=from_)
    )


def _is_confirmed_at_origin(subject: Subject, sanction: SanctionState, cause: str) -> bool:
    """Whether a notice told that the objection, which a notice brought, was rejected there."""
    if cause in subject.state.objections:
        return False
    return any(
        confirms(record, cause)
        for record in map(subject.state.records.__getitem__, sanction.imposed.facts.records)
    )


def _require_running(sanction: SanctionState, key: str, context: Context) -> None:
    if sanction.lifted is not None and sanction.lifted.facts.from_ <= context.today:
        raise AlreadyEnded(what="sanction", id=key, state="lifted")
    if sanction.imposed.facts.ends_on <= context.today:
        raise AlreadyEnded(what="sanction", id=key, state="ended")


def lift_sanction(subject: Subject, command: commands.LiftSanction, context: Context) -> None:
    sanction = subject.sanction(command.sanction)
    if not context.holds(_REVIEWER):
        context.require_self(sanction.imposed.facts.initiator)
    _require_running(sanction, command.sanction, context)
    from_ = command.from_ or context.today
    if effects.is_over(sanction, from_):
        raise AlreadyEnded(what="sanction", id=command.sanction, state="to be over by then")
    effects.lift(subject, context, command.sanction, "ended_early", from_)


def report_enforcement(
    subject: Subject, command: commands.ReportEnforcement, context: Context
) -> None:
    enforcer = subject.sanction(command.sanction).imposed.facts.enforcer
    context.require_self(enforcer)
    context.not_in_future("on", command.on)
    subject.trigger(
        context,
        EnforcementReported(
            sanction=command.sanction,
            enforcer=enforcer,
            on=command.on,
            state=command.state,
            reason=command.reason,
            evidence=command.evidence,
        ),
    )


def rule_sanction_wrongful(
    subject: Subject, command: commands.RuleSanctionWrongful, context: Context
) -> None:
    sanction = subject.sanction(command.sanction)
    imposed = sanction.imposed.facts
    context.not_in_future("ruled_on", command.ruled_on)
    for record in command.faulty_records:
        if record not in imposed.records:
            raise UnknownId(what="record under the sanction", id=record)
    wrong_from = command.wrong_from or imposed.starts_on
    wrong_until = command.wrong_until or imposed.ends_on
    require_order("wrong_from", wrong_from, "wrong_until", wrong_until)
    require_not_before("wrong_from", wrong_from, "starts_on", imposed.starts_on)
    require_not_before("ends_on", imposed.ends_on, "wrong_until", wrong_until)
    if sanction.live_rulings:
        raise AlreadyEnded(what="sanction", id=command.sanction, state="ruled wrongful")
    subject.trigger(
        context,
        SanctionRuledWrongful(
            sanction=command.sanction,
            faulty_records=command.faulty_records,
            authority=command.authority,
            ruled_on=command.ruled_on,
            wrong_from=wrong_from,
            wrong_until=wrong_until,
        ),
        sealed_under(context, SanctionRuledWrongful, *_record_keys(imposed.records)),
    )
    if wrong_until > context.today:
        effects.lift(subject, context, command.sanction, "ruled_wrongful", context.today)


def _record_keys(records: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"record:{record}" for record in records)


def reverse_ruling(subject: Subject, command: commands.ReverseRuling, context: Context) -> None:
    known = context.registry.compromises_known()
    sanction = subject.sanction(command.sanction)
    sanction = doubted_sanction(sanction, subject.state.records, known)
    context.not_in_future("reversed_on", command.reversed_on)
    if not sanction.live_rulings:
        raise UnknownId(what="ruling on sanction", id=command.sanction)
    ruled_on = sanction.live_rulings[-1].ruled.facts.ruled_on
    require_not_before("reversed_on", command.reversed_on, "ruled_on", ruled_on)
    subject.trigger(
        context,
        RulingReversed(
            sanction=command.sanction,
            authority=command.authority,
            reversed_on=command.reversed_on,
        ),
        sealed_under(context, RulingReversed, *_record_keys(sanction.imposed.facts.records)),
    )


def make_restitution(subject: Subject, command: commands.MakeRestitution, context: Context) -> None:
    subject.sanction(command.sanction)
    context.not_in_future("on", command.on)
    subject.trigger(
        context,
        RestitutionMade(
            sanction=command.sanction,
            by=context.actor.organisation,
            what=command.what,
            on=command.on,
        ),
    )


def grant_incentive(subject: Subject, command: commands.GrantIncentive, context: Context) -> str:
    subject.require_open()
    if command.until is not None:
        require_order("from", command.from_, "until", command.until)
    incentive = context.new_id()
    subject.trigger(
        context,
        IncentiveGranted(
            incentive=incentive,
            measure=command.measure,
            basis=command.basis,
            granted_by=context.actor.organisation,
            from_=command.from_,
            until=command.until,
        ),
    )
    return incentive


def end_incentive(subject: Subject, command: commands.EndIncentive, context: Context) -> None:
    granted = subject.state.incentives.get(command.incentive)
    if granted is None:
        raise UnknownId(what="incentive", id=command.incentive)
    if granted.facts.granted_by != context.actor.organisation:
        raise NotYours(organisation=context.actor.organisation, expected=granted.facts.granted_by)
    context.not_in_future("on", command.on)
    subject.trigger(
        context, IncentiveEnded(incentive=command.incentive, on=command.on, reason=command.reason)
    )


def make_commitment(subject: Subject, command: commands.MakeCommitment, context: Context) -> str:
    subject.require_open()
    context.not_in_future("made_on", command.made_on)
    if command.due_on is not None:
        require_order("made_on", command.made_on, "due_on", command.due_on)
    commitment = context.new_id()
    subject.trigger(
        context,
        CommitmentMade(
            commitment=commitment,
            kind=command.kind,
            made_to=command.made_to,
            made_on=command.made_on,
            due_on=command.due_on,
        ),
    )
    return commitment


def settle_commitment(
    subject: Subject,
    command: commands.KeepCommitment | commands.BreakCommitment,
    context: Context,
) -> None:
    if command.commitment not in subject.state.commitments:
        raise UnknownId(what="commitment", id=command.commitment)
    settled = subject.state.kept_or_broken.get(command.commitment)
    known = context.registry.compromises_known()
    if settled is not None and not (
        # Broken under a stolen key: the subject may have kept its word all the same.
        isinstance(settled.facts, CommitmentBroken) and known.taint(settled.keyid, settled.index)
    ):
        raise AlreadyEnded(what="commitment", id=command.commitment, state="settled")
    context.not_in_future("on", command.on)
    event = CommitmentKept if isinstance(command, commands.KeepCommitment) else CommitmentBroken
    subject.trigger(
        context, event(commitment=command.commitment, on=command.on, evidence=command.evidence)
    )


def record_rating(subject: Subject, command: commands.RecordRating, context: Context) -> None:
    subject.require_open()
    if subject.state.kind == "natural_person":
        raise OrganisationsOnly
    if command.until is not None:
        require_order("from", command.from_, "until", command.until)
    subject.trigger(
        context,
        RatingRecorded(
            rating=command.rating,
            scheme=command.scheme,
            authority=context.actor.organisation,
            from_=command.from_,
            until=command.until,
        ),
    )
