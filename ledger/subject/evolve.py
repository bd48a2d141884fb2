"""The fold: one function an event type, state in, state changed, nothing decided.

What favours the subject and is entered twice counts from the earlier day: a later entry
never postpones a withdrawal, a mending, a repair, a lifting, a restitution or an end of publication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeAlias, TypeVar

from ledger.entry import Entry
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
from ledger.events.exchange import NoticeReceived
from ledger.events.records import (
    FROM_BEGINNING,
    ConsentGiven,
    ConsentWithdrawn,
    CorrectionCause,
    NoticeServed,
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    EnforcementReported,
    IncentiveEnded,
    IncentiveGranted,
    RatingRecorded,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import (
    HoldPlaced,
    HoldReleased,
    IdentifierCorrected,
    PersonalDataErased,
    SubjectLinked,
    SubjectOpened,
    SubjectUnlinked,
)
from ledger.subject import evolve_exchange as exchange
from ledger.subject.state import (
    Dispute,
    Known,
    ObjectionState,
    RecordState,
    RepairState,
    Ruling,
    SanctionState,
    SubjectState,
    resume,
    suspend,
)

F = TypeVar("F", bound=Facts)
StepOf: TypeAlias = Callable[[SubjectState, Known[F]], None]
Step = StepOf[Any]
_STEPS: dict[type[Facts], Step] = {}


def _on(event_type: type[F]) -> Callable[[StepOf[F]], StepOf[F]]:
    def register(step: StepOf[F]) -> StepOf[F]:
        _STEPS[event_type] = step
        return step

    return register


def evolve(state: SubjectState, known: Known[Any]) -> None:
    """Fold one fact into ``state``. Every type of a subject's stream has its step."""
    _STEPS[type(known.facts)](state, known)


def fold(entries: Iterable[Entry], state: SubjectState | None = None) -> SubjectState:
    """Fold entries of one subject's stream, in order."""
    state = SubjectState() if state is None else state
    for entry in entries:
        evolve(state, Known(entry.facts, entry.index, entry.recorded_at, entry.keyid))
    return state


@_on(SubjectOpened)
def _opened(state: SubjectState, known: Known[SubjectOpened]) -> None:
    state.opened = known


@_on(IdentifierCorrected)
def _identifier(state: SubjectState, known: Known[IdentifierCorrected]) -> None:
    state.also_known_as |= {known.facts.old_subject, known.facts.new_subject}


@_on(SubjectLinked)
def _linked(state: SubjectState, known: Known[SubjectLinked]) -> None:
    state.links[known.facts.link] = known


@_on(SubjectUnlinked)
def _unlinked(state: SubjectState, known: Known[SubjectUnlinked]) -> None:
    state.links.pop(known.facts.link, None)


@_on(PersonalDataErased)
def _erased(state: SubjectState, known: Known[PersonalDataErased]) -> None:
    state.erasures.append(known)


@_on(HoldPlaced)
def _held(state: SubjectState, known: Known[HoldPlaced]) -> None:
    state.holds[known.facts.hold] = known


@_on(HoldReleased)
def _released(state: SubjectState, known: Known[HoldReleased]) -> None:
    state.holds.pop(known.facts.hold, None)


@_on(RecordCollected)
def _collected(state: SubjectState, known: Known[RecordCollected]) -> None:
    state.records[known.facts.record] = RecordState(known, known.facts)


@_on(NoticeServed)
def _noticed(state: SubjectState, known: Known[NoticeServed]) -> None:
    state.records[known.facts.record].notices.append(known)


@_on(RecordCorrected)
def _corrected(state: SubjectState, known: Known[RecordCorrected]) -> None:
    record = state.records[known.facts.record]
    record.corrections.append(known)
    new = record.facts.to_json()
    for change in known.facts.changes:
        if change.new is None:
            new.pop(change.field, None)
        else:
            new[change.field] = change.new
    record.facts = RecordCollected.model_validate(new)
    for key, objection in state.objections.items():
        if objection.filed.facts.record == known.facts.record and is_settled(
            objection, known.facts.cause
        ):
            _close(state, key, known.facts.corrected_on, known.index)


def is_settled(objection: ObjectionState, cause: CorrectionCause) -> bool:
    """A correction closes the objections it answers, never one still being verified.

    One that the supplier made on a check of its own answers none of them.
    """
    if not objection.is_open or cause == "own_check":
        return False
    upheld = objection.decided is not None
    return upheld or (objection.answered is not None and _is_conceded(objection.answered.facts))


def _is_conceded(answer: ObjectionAnswered) -> bool:
    return answer.finding != "confirmed"


@_on(RecordWithdrawn)
def _withdrawn(state: SubjectState, known: Known[RecordWithdrawn]) -> None:
    record = state.records[known.facts.record]
    day = _effective(known.facts)
    if record.withdrawn is None or day < _effective(record.withdrawn.facts):
        record.withdrawn = known
    day = max(day, record.facts.held_from)
    for key, objection in state.objections.items():
        if objection.filed.facts.record == known.facts.record and objection.is_open:
            _close(state, key, day, known.index)


def _effective(facts: RecordWithdrawn) -> date:
    return date.min if facts.effective == FROM_BEGINNING else facts.effective


@_on(RecordMended)
def _mended(state: SubjectState, known: Known[RecordMended]) -> None:
    record = state.records[known.facts.record]
    if record.mended is None or known.facts.mended_on < record.mended.facts.mended_on:
        record.mended = known


@_on(RecordPublished)
def _published(state: SubjectState, known: Known[RecordPublished]) -> None:
    state.records[known.facts.record].published.append(known)


@_on(PublicationEnded)
def _publication_ended(state: SubjectState, known: Known[PublicationEnded]) -> None:
    record = state.records[known.facts.record]
    ended = record.publication_ended
    if ended is None or known.facts.on < ended.facts.on:
        record.publication_ended = known


@_on(ConsentGiven)
def _consented(state: SubjectState, known: Known[ConsentGiven]) -> None:
    state.consents[known.facts.consent] = known.index


@_on(ConsentWithdrawn)
def _consent_withdrawn(state: SubjectState, known: Known[ConsentWithdrawn]) -> None:
    state.consents.pop(known.facts.consent, None)


@_on(SanctionImposed)
def _imposed(state: SubjectState, known: Known[SanctionImposed]) -> None:
    state.sanctions[known.facts.sanction] = SanctionState(known)


@_on(SanctionSuspended)
def _suspended(state: SubjectState, known: Known[SanctionSuspended]) -> None:
    suspend(state.sanctions[known.facts.sanction], known)


@_on(SanctionResumed)
def _resumed(state: SubjectState, known: Known[SanctionResumed]) -> None:
    resume(state.sanctions[known.facts.sanction], known)


@_on(SanctionLifted)
def _lifted(state: SubjectState, known: Known[SanctionLifted]) -> None:
    sanction = state.sanctions[known.facts.sanction]
    if sanction.lifted is None or known.facts.from_ < sanction.lifted.facts.from_:
        sanction.lifted = known


@_on(EnforcementReported)
def _reported(state: SubjectState, known: Known[EnforcementReported]) -> None:
    state.sanctions[known.facts.sanction].reports.append(known)


@_on(IncentiveGranted)
def _granted(state: SubjectState, known: Known[IncentiveGranted]) -> None:
    state.incentives[known.facts.incentive] = known


@_on(IncentiveEnded)
def _incentive_ended(state: SubjectState, known: Known[IncentiveEnded]) -> None:
    state.incentives.pop(known.facts.incentive, None)


@_on(CommitmentMade)
def _committed(state: SubjectState, known: Known[CommitmentMade]) -> None:
    state.commitments[known.facts.commitment] = known


@_on(CommitmentKept)
def _kept(state: SubjectState, known: Known[CommitmentKept]) -> None:
    state.kept_or_broken[known.facts.commitment] = known


@_on(CommitmentBroken)
def _broken(state: SubjectState, known: Known[CommitmentBroken]) -> None:
    state.kept_or_broken[known.facts.commitment] = known


@_on(RatingRecorded)
def _rated(state: SubjectState, known: Known[RatingRecorded]) -> None:
    """A rating changes no record and no sanction; the timeline shows it."""


@_on(ObjectionFiled)
def _objected(state: SubjectState, known: Known[ObjectionFiled]) -> None:
    facts = known.facts
    record = state.records[facts.record]
    state.objections[facts.objection] = ObjectionState(known, len(record.corrections))
    if facts.repeats is None:
        record.disputes.append(Dispute(facts.objection, facts.filed_on, known.index))


@_on(ObjectionAnswered)
def _answered(state: SubjectState, known: Known[ObjectionAnswered]) -> None:
    """An answer that concedes closes the objection where the correction came before it."""
    objection = state.objections[known.facts.objection]
    objection.answered = known
    record = state.records[objection.filed.facts.record]
    corrected = record.corrections[objection.corrections_before :]
    answers_it = any(correction.facts.cause == "objection" for correction in corrected)
    if objection.is_open and known.facts.finding == "corrected" and answers_it:
        _close(state, known.facts.objection, known.facts.answered_on, known.index)


@_on(ObjectionDecided)
def _decided(state: SubjectState, known: Known[ObjectionDecided]) -> None:
    """Rejected ends the dispute; a repeated objection disputes the record once it is upheld."""
    facts = known.facts
    objection = state.objections[facts.objection]
    objection.decided = known
    if facts.outcome == "rejected":
        _end_dispute(state, facts.objection, facts.decided_on, known.index)
    elif objection.filed.facts.repeats is not None:
        record = state.records[objection.filed.facts.record]
        record.disputes.append(Dispute(facts.objection, facts.decided_on, known.index))


@_on(RepairRequested)
def _repair_requested(state: SubjectState, known: Known[RepairRequested]) -> None:
    state.repairs[known.facts.repair] = RepairState(known)


@_on(RepairAccepted)
def _repair_accepted(state: SubjectState, known: Known[RepairAccepted]) -> None:
    state.repairs[known.facts.repair].accepted = known


@_on(RepairDecided)
def _repair_decided(state: SubjectState, known: Known[RepairDecided]) -> None:
    repair = state.repairs[known.facts.repair]
    repair.decided = known
    if known.facts.outcome == "approved":
        record = state.records[repair.requested.facts.record]
        if record.repaired is None or known.facts.decided_on < record.repaired.facts.decided_on:
            record.repaired = known


@_on(SanctionRuledWrongful)
def _ruled(state: SubjectState, known: Known[SanctionRuledWrongful]) -> None:
    state.sanctions[known.facts.sanction].rulings.append(Ruling(known))


@_on(RulingReversed)
def _reversed(state: SubjectState, known: Known[RulingReversed]) -> None:
    for ruling in state.sanctions[known.facts.sanction].rulings:
        if ruling.reversed is None:
            ruling.reversed = known
        else:
            ruling.reversed_again.append(known)


@_on(ComplaintFiled)
def _complained(state: SubjectState, known: Known[ComplaintFiled]) -> None:
    state.complaints[known.facts.case] = known


@_on(ComplaintDecided)
def _complaint_decided(state: SubjectState, known: Known[ComplaintDecided]) -> None:
    state.complaints_decided.add(known.facts.case)


@_on(ForeignReportReceived)
def _attached(state: SubjectState, known: Known[ForeignReportReceived]) -> None:
    """Kept as given: no record, no sanction and no state comes of it."""
    state.reports[known.facts.report] = known


@_on(NoticeReceived)
def _told(state: SubjectState, known: Known[NoticeReceived]) -> None:
    for facts in exchange.told(state, known):
        evolve(state, exchange.as_known(known, facts))


_STEPS.update(exchange.STEPS)


@_on(RestitutionMade)
def _restored(state: SubjectState, known: Known[RestitutionMade]) -> None:
    """Restitution changes no state of the sanction: it was wrongful, and stays so."""
    sanction = state.sanctions[known.facts.sanction]
    if sanction.restored is None or known.facts.on < sanction.restored.facts.on:
        sanction.restored = known


def _close(state: SubjectState, objection: str, day: date, index: int) -> None:
    state.objections[objection].closed_by = index
    _end_dispute(state, objection, day, index)


def _end_dispute(state: SubjectState, objection: str, day: date, index: int) -> None:
    record = state.records[state.objections[objection].filed.facts.record]
    for dispute in record.disputes:
        if dispute.objection == objection and dispute.until is None:
            dispute.until = max(day, dispute.from_)
            dispute.closed = index
