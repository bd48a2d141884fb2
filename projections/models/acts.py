"""Rows that say what was entered: sources, suppliers' acts, commitments, incentives. Pure.

An entry adds such rows and changes none, but for commitments and incentives, which end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple, TypeAlias

from ledger.clock import legal_day
from ledger.entry import Entry
from ledger.events.disputes import ObjectionAnswered
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionNotified,
    EnforcementStatus,
    RecordDisclosed,
)
from ledger.events.records import RecordCollected, RecordCorrected, RecordWithdrawn
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    EnforcementState,
    IncentiveEnded,
    IncentiveGranted,
    SanctionImposed,
)
from ledger.events.subjects import IdentifierCorrected
from ledger.subject.state import RecordState, SubjectState
from projections.models.rows import (
    CommitmentState,
    SanctionRecordRow,
    SourceRow,
    SupplierActRow,
)

WRONG_CODE: Final = "identifier_corrected"
"""The cause of ``code_corrected``: the subject's identifier was wrong or double."""


class CommitmentPiece(NamedTuple):
    """The columns of ``CommitmentRow`` but for subject and known axis."""

    commitment: str
    kind: str
    made_to: str
    made_on: date
    due_on: date | None
    state: CommitmentState
    because: tuple[int, ...]
    valid_from: date
    valid_until: date


class IncentivePiece(NamedTuple):
    """The columns of ``IncentiveRow`` but for subject and known axis."""

    incentive: str
    measure: str
    granted_by: str
    because: tuple[int, ...]
    valid_from: date
    valid_until: date


def source(
    subject: str, entry: Entry, facts: RecordCollected, manifest: str | None = None
) -> SourceRow:
    """``manifest``: of the submission at the origin, where the record was received."""
    submission = entry.submission
    return SourceRow(
        subject,
        facts.record,
        entry.index,
        facts.supplier,
        facts.organ,
        entry.actor.organisation,
        entry.actor.operator,
        manifest if submission is None else submission.manifest,
        None if submission is None else submission.row,
        facts.document_number,
        entry.keyid,
        facts.decided_on,
        entry.recorded_at,
        entry.index + 1,
    )


class DisclosurePiece(NamedTuple):
    """The columns of ``DisclosureRow`` but for subject and known axis."""

    record: str
    recipient: str
    bundle: str
    entry: int
    recorded_at: datetime
    receipted: int | None = None


class NoticePiece(NamedTuple):
    """The columns of ``NoticeRow`` but for subject and known axis."""

    notice: str
    record: str
    recipient: str
    act: str
    required: str
    due_on: date | None
    entry: int
    recorded_at: datetime
    acknowledged: int | None = None
    acknowledged_on: date | None = None
    verdict: str | None = None


def disclosure(entry: Entry, facts: RecordDisclosed) -> DisclosurePiece:
    return DisclosurePiece(
        facts.record, facts.recipient, facts.bundle, entry.index, entry.recorded_at
    )


def notice(entry: Entry, facts: CorrectionNotified) -> NoticePiece:
    return NoticePiece(
        facts.notice,
        facts.record,
        facts.recipient,
        facts.act,
        facts.required,
        facts.due_on,
        entry.index,
        entry.recorded_at,
    )


def acknowledged(piece: NoticePiece, entry: Entry, facts: CorrectionAcknowledged) -> NoticePiece:
    """The first answer counts."""
    if piece.acknowledged is not None:
        return piece
    return piece._replace(
        acknowledged=entry.index,
        acknowledged_on=legal_day(entry.recorded_at),
        verdict=facts.verdict,
    )


def resting(subject: str, entry: Entry, facts: SanctionImposed) -> Iterator[SanctionRecordRow]:
    for record in dict.fromkeys(facts.records):
        yield SanctionRecordRow(
            subject,
            facts.sanction,
            record,
            facts.enforcer,
            facts.measure,
            entry.index,
            entry.recorded_at,
            entry.index + 1,
        )


UNTOLD: Final = ""
"""The measure of a sanction at another node: its status names none."""

Said: TypeAlias = tuple[date | None, EnforcementState | None, int]
"""On which day an enforcer at another node said what, and the leaf that tells of it here."""


def elsewhere(
    subject: str, record: str, entry: Entry, status: EnforcementStatus
) -> SanctionRecordRow:
    """A sanction that another node's message names, on the record that the message is about."""
    return SanctionRecordRow(
        subject,
        status.sanction,
        record,
        status.enforcer,
        UNTOLD,
        entry.index,
        entry.recorded_at,
        entry.index + 1,
    )


def reports_elsewhere(status: EnforcementStatus, said: Sequence[Said]) -> list[tuple[object, ...]]:
    """For every day what the enforcer last said by then, as timelines have it of own sanctions.

    Of what was said for one day the latest to come counts.
    """
    key, enforcer = status.sanction, status.enforcer
    first = said[0][2]
    last: dict[date, tuple[EnforcementState | None, int]] = {date.min: (None, first)}
    for on, state, index in said:
        if on is not None:
            last[on] = state, index
    days = sorted(last)
    untils = [*days[1:], date.max]
    return [
        (key, UNTOLD, enforcer, state, None if state is None else day, (index,), day, until)
        for day, until in zip(days, untils, strict=True)
        for state, index in (last[day],)
        if day < until
    ]


def supplier_acts(subject: str, entry: Entry, state: SubjectState) -> Iterator[SupplierActRow]:
    """What an entry adds to what is known of a supplier's work; ``state`` is after it.

    Days are those of the acts where their facts name one, else that of the entry. What came from
    another node counts there: its suppliers answer to it.
    """
    index, facts = entry.index, entry.facts
    match facts:
        case RecordCollected():
            day = legal_day(entry.recorded_at)
            key, supplier = facts.record, facts.supplier
            yield SupplierActRow(subject, supplier, key, "collected", None, day, index, index + 1)
        case RecordCorrected():
            key, day, cause = facts.record, facts.corrected_on, facts.cause
            supplier = _supplier(state.records[key])
            yield SupplierActRow(subject, supplier, key, "corrected", cause, day, index, index + 1)
        case RecordWithdrawn():
            key, day = facts.record, legal_day(entry.recorded_at)
            supplier, why = _supplier(state.records[key]), facts.cause
            yield SupplierActRow(subject, supplier, key, "withdrawn", why, day, index, index + 1)
        case ObjectionAnswered():
            key = state.objections[facts.objection].filed.facts.record
            late = facts.overdue_working_days > 0
            yield SupplierActRow(
                subject,
                facts.supplier,
                key,
                "answered_late" if late else "answered",
                facts.finding,
                facts.answered_on,
                index,
                index + 1,
            )
        case IdentifierCorrected() if facts.old_subject == subject:
            day = legal_day(entry.recorded_at)
            for key, record in state.records.items():
                supplier = _supplier(record)
                yield SupplierActRow(
                    subject, supplier, key, "code_corrected", WRONG_CODE, day, index, index + 1
                )
        case _:
            pass


def _supplier(record: RecordState) -> str:
    return record.collected.facts.supplier


def commitment(
    made: CommitmentMade, index: int, ended: tuple[int, CommitmentKept | CommitmentBroken] | None
) -> list[CommitmentPiece]:
    """Open from the day it was made; kept or broken from the day that the first entry names."""

    def piece(state: CommitmentState, because: tuple[int, ...], from_: date, until: date) -> None:
        if from_ < until:
            key, kind, made_to = made.commitment, made.kind, made.made_to
            found.append(
                CommitmentPiece(
                    key, kind, made_to, made.made_on, made.due_on, state, because, from_, until
                )
            )

    found: list[CommitmentPiece] = []
    if ended is None:
        piece("open", (index,), made.made_on, date.max)
        return found
    by, facts = ended
    on = max(facts.on, made.made_on)
    piece("open", (index,), made.made_on, on)
    state: CommitmentState = "kept" if isinstance(facts, CommitmentKept) else "broken"
    piece(state, (index, by), on, date.max)
    return found


def incentive(
    granted: IncentiveGranted, index: int, ended: tuple[int, IncentiveEnded] | None
) -> list[IncentivePiece]:
    """The days on which it is granted; an end never makes it longer."""
    until = granted.until or date.max
    because: tuple[int, ...] = (index,)
    if ended is not None and ended[1].on < until:
        until, because = ended[1].on, (index, ended[0])
    if until <= granted.from_:
        return []
    key, measure, by = granted.incentive, granted.measure, granted.granted_by
    return [IncentivePiece(key, measure, by, because, granted.from_, until)]
