"""What a received record and a received notice do to a subject's state.

A notice changes the record as the act it tells of would have at home. What the origin
did not tell is filled with what harms nobody: no fault, from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from ledger.events.base import Facts
from ledger.events.disputes import RepairDecided
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatus,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import (
    FROM_BEGINNING,
    NO_FAULT,
    FieldChange,
    RecordCorrected,
    RecordMended,
    RecordWithdrawn,
)
from ledger.events.subjects import PersonalDataErased
from ledger.subject.state import Dispute, Known, RecordState, Shared, SubjectState


def disclosed(state: SubjectState, known: Known[RecordDisclosed]) -> None:
    state.records[known.facts.record].shared.disclosed.append(known)


def receipted(state: SubjectState, known: Known[DisclosureReceipted]) -> None:
    facts, shared = known.facts, state.records[known.facts.record].shared
    shared.receipted[facts.bundle] = known
    if facts.verdict != "refused":
        shared.held_since.setdefault(facts.recipient, known.index)


def notified(state: SubjectState, known: Known[CorrectionNotified]) -> None:
    state.records[known.facts.record].shared.notified.append(known)


def acknowledged(state: SubjectState, known: Known[CorrectionAcknowledged]) -> None:
    """Answers may come in another order than they were given: what closed stays closed."""
    shared, notice = state.records[known.facts.record].shared, known.facts.notice
    if known.facts.verdict != "not_held" or notice not in shared.answered:
        shared.answered[notice] = known
    closed = set(known.facts.onward) - set(known.facts.onward_open)
    shared.closed_onward[notice] = shared.closed_onward.get(notice, frozenset()) | closed
    for status in known.facts.statuses:
        _status(shared, known.facts.recipient, known, status)


def status_received(state: SubjectState, known: Known[EnforcementStatusReceived]) -> None:
    shared = state.records[known.facts.record].shared
    _status(shared, known.facts.recipient, known, known.facts.status)


def given_up(state: SubjectState, known: Known[CorrectionGivenUp]) -> None:
    state.records[known.facts.record].shared.given_up[known.facts.notice] = known


def _status(shared: Shared, node: str, known: Known[Any], status: EnforcementStatus) -> None:
    """A message that comes late does not take the place of a later report."""
    before = shared.statuses.get((node, status.sanction))
    if before is None or (before.facts.reported_on or date.min) <= (status.reported_on or date.min):
        at = Known(status, known.index, known.recorded_at, known.keyid)
        shared.statuses[node, status.sanction] = at


def received(state: SubjectState, known: Known[RecordReceived]) -> None:
    """A record as if collected here; received again, it brings the notice to the subject at most."""
    facts = known.facts
    held = state.records.get(facts.record)
    if held is not None:
        if held.received is not None and not held.notices:
            _served(held, known)
        return
    collected = Known(facts.collected, known.index, known.recorded_at, known.keyid)
    record = RecordState(collected, facts.collected, received=known)
    _served(record, known)
    state.records[facts.record] = record


def _served(record: RecordState, known: Known[RecordReceived]) -> None:
    served = known.facts.notice_served
    if served is not None:
        record.notices.append(Known(served, known.index, known.recorded_at, known.keyid))


def told(state: SubjectState, known: Known[NoticeReceived]) -> tuple[Facts, ...]:
    """Note the notice; the facts that the act would have been at home, to be folded next."""
    facts = known.facts
    record = state.records[facts.record]
    record.told.append(known)
    match facts.act:
        case "objection":
            _dispute(record, known)
        case "confirmed":
            _end_disputes(state, record, known, (facts.objection,))
        case "correction":
            if facts.objection is not None:
                _end_disputes(state, record, known, (facts.objection, *facts.settles))
            return _corrected(record, facts)
        case "withdrawal":
            _end_disputes(state, record, known, (None,))
            return (_withdrawn(facts),)
        case "mended":
            return (_mended(facts),)
        case "repair":
            _repaired(record, known)
        case "erasure":
            # What a hold keeps is there still; the command erases it once the hold is released.
            if not state.holds_on(facts.record):
                return (PersonalDataErased(basis=facts.notice, records=(facts.record,)),)
    return ()


def _dispute(record: RecordState, known: Known[NoticeReceived]) -> None:
    """One dispute an objection; none where its end, or that of the record, was told before it."""
    facts = known.facts
    key = facts.objection or facts.notice
    if _is_over(record, facts):
        return
    if not any(d.objection == key and d.until is None for d in record.disputes):
        record.disputes.append(Dispute(key, facts.received_on, known.index))


def _is_over(record: RecordState, objection: NoticeReceived) -> bool:
    key, at = objection.objection or objection.notice, objection.origin_recorded_at
    for told in (known.facts for known in record.told):
        settles = told.act == "correction" and key in {told.objection, *told.settles}
        if told.origin_recorded_at >= at and (told.act == "withdrawal" or settles):
            return True
    return confirms(record, key)


def confirms(record: RecordState, objection: str) -> bool:
    """Whether the origin told that it rejected this objection; one that names none rejected all
    that it had told of before.
    """
    filed = [
        known.facts.origin_recorded_at
        for known in record.told
        if known.facts.act == "objection"
        and (known.facts.objection or known.facts.notice) == objection
    ]
    return any(
        known.facts.act == "confirmed"
        and (
            known.facts.objection == objection
            or (known.facts.objection is None and known.facts.origin_recorded_at >= min(filed))
        )
        for known in record.told
        if filed
    )


def _end_disputes(
    state: SubjectState,
    record: RecordState,
    known: Known[NoticeReceived],
    objections: Iterable[str | None],
) -> None:
    """End the disputes that notices began: those named, or all for None.

    Objections filed at this node are decided here.
    """
    day = known.facts.received_on
    for dispute in record.disputes:
        named = any(key is None or key == dispute.objection for key in objections)
        if named and dispute.until is None and dispute.objection not in state.objections:
            dispute.until, dispute.closed = max(day, dispute.from_), known.index


def still_counting(
    record: RecordState, changes: Iterable[FieldChange], recorded_at: datetime
) -> list[FieldChange]:
    """The changes of a correction at the origin but for those that a later one, told before it,
    has set.
    """
    later = {
        change.field
        for told in (known.facts for known in record.told)
        if told.act == "correction" and told.origin_recorded_at > recorded_at
        for change in told.changes
    }
    return [change for change in changes if change.field not in later]


def _corrected(record: RecordState, facts: NoticeReceived) -> tuple[Facts, ...]:
    """The correction but for what a later one, told before it, has set already."""
    if not facts.changes and facts.cause is None:
        return ()  # of the subject's identifier, not of the record
    counting = still_counting(record, facts.changes, facts.origin_recorded_at)
    causes = {"supplier_error", "own_check", "objection", "court"}
    corrected = RecordCorrected.model_validate(
        {
            "record": facts.record,
            "changes": [each.model_dump() for each in counting],
            "cause": facts.cause if facts.cause in causes else "own_check",
            "corrected_on": facts.acted_on or facts.received_on,
        }
    )
    return (corrected,)


def _withdrawn(facts: NoticeReceived) -> Facts:
    causes = {
        "supplier_error",
        "wrong_subject",
        "decision_annulled",
        "duplicate",
        "unlawful_collection",
    }
    return RecordWithdrawn.model_validate(
        {
            "record": facts.record,
            "cause": facts.cause if facts.cause in causes else "supplier_error",
            "fault": facts.fault or NO_FAULT,
            "effective": facts.effective or FROM_BEGINNING,
        }
    )


def _mended(facts: NoticeReceived) -> Facts:
    return RecordMended(
        record=facts.record,
        evidence=facts.origin_entry,
        accepted_by=facts.by or facts.origin,
        mended_on=facts.acted_on or facts.received_on,
    )


def _repaired(record: RecordState, known: Known[NoticeReceived]) -> None:
    facts = known.facts
    day = facts.acted_on or facts.received_on
    decided = RepairDecided(
        repair=facts.notice, outcome="approved", reviewer=facts.by or facts.origin, decided_on=day
    )
    if record.repaired is None or day < record.repaired.facts.decided_on:
        record.repaired = Known(decided, known.index, known.recorded_at, known.keyid)


def as_known(known: Known[NoticeReceived], facts: Facts) -> Known[Facts]:
    """Facts that a notice stands for, with the place of the notice."""
    return Known(facts, known.index, known.recorded_at, known.keyid)


STEPS: Final[Mapping[type[Facts], Callable[[SubjectState, Known[Any]], None]]] = {
    RecordReceived: received,
    RecordDisclosed: disclosed,
    DisclosureReceipted: receipted,
    CorrectionNotified: notified,
    CorrectionAcknowledged: acknowledged,
    EnforcementStatusReceived: status_received,
    CorrectionGivenUp: given_up,
}
"""All but ``told``, which stands for other facts."""
