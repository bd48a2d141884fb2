"""The credit status of one subject on a day, as known at a size. No score, no rank. Pure.

Which records and sanctions are shown, and in which state, is the answer's to say
(``projections.reader``); here stands what follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

from ledger.clock import legal_day
from ledger.events.records import FROM_BEGINNING, RecordWithdrawn
from ledger.rules import add_months
from ledger.subject.state import Known, RecordState, SanctionState
from ledger.subject.status import (
    Enforcement,
    RecordStateName,
    SanctionStateName,
    sanction_status,
)
from projections.answer import Answer, Masked
from projections.history import Folded, RecordLine, SanctionLine, SubjectLine
from projections.models.rows import CommitmentRow, CommitmentState, Rows

STANDING: Final[frozenset[str]] = frozenset({"valid", "corrected", "disputed"})
"""States of an adverse record that speaks against the subject, or may."""

CLEAN_MONTHS: Final = 36
"""「三年内无不良信用记录」, the condition of incentives: calendar years from the decision."""


class StatusRecord(NamedTuple):
    """``tier`` and ``adverse`` are None where the record's facts are not shown any more."""

    record: str
    item: str
    tier: str | None
    adverse: bool | None
    state: RecordStateName
    since: date
    because: tuple[int, ...]


class StatusSanction(NamedTuple):
    """``as_imposed``: the state by what had been entered of it, without a ruling and without what
    was said to hold from before its entry; ``ruled_on``: when it was ruled wrongful.
    """

    sanction: str
    measure: str
    kind: str | None
    initiator: str | None
    enforcer: str | None
    records: tuple[str, ...]
    starts_on: date
    ends_on: date
    state: SanctionStateName
    since: date
    ruled_on: date | None
    as_imposed: SanctionStateName
    enforcement: Enforcement
    because: tuple[int, ...]


class StatusCommitment(NamedTuple):
    commitment: str
    kind: str
    made_to: str
    made_on: date
    due_on: date | None
    state: CommitmentState
    overdue: bool
    because: tuple[int, ...]


class StatusIncentive(NamedTuple):
    incentive: str
    measure: str
    granted_by: str
    valid_from: date
    valid_until: date | None
    because: tuple[int, ...]


class Adverse(NamedTuple):
    """Adverse records that hold on the day or did, by state; exempted ones are no wrong."""

    total: int
    by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """``no_adverse_since`` is the day of the last decision against the subject that stands.

    None: there is none. ``no_adverse_in_three_years`` is None where the reader is not
    told, or not everything is shown.
    """

    subject: SubjectLine | None
    adverse: Adverse
    records: tuple[StatusRecord, ...]
    sanctions: tuple[StatusSanction, ...]
    commitments: tuple[StatusCommitment, ...]
    incentives: tuple[StatusIncentive, ...]
    no_adverse_since: date | None
    no_adverse_in_three_years: bool | None
    masked: tuple[Masked, ...]


def status(answer: Answer, folded: Folded, rows: Rows, *, is_public: bool) -> Status:
    """What follows from ``answer``; ``folded`` and ``rows`` are of what is known at its size.

    The public is told neither commitments and incentives nor that nothing stands against a
    subject: only what is published.
    """
    faded = ids_after(answer.masked, "facts of record ")
    pale = ids_after(answer.masked, "facts of sanction ")
    shown = {line.record for line in answer.records}
    adverse = [line for line in answer.records if _speaks_against(folded.records[line.record])]
    standing = [
        folded.records[line.record].facts.decided_on for line in adverse if line.state in STANDING
    ]
    is_whole = not is_public and not ids_after(answer.masked, "record ")
    latest = max(standing, default=None) if is_whole else None
    clean = latest is None or add_months(latest, CLEAN_MONTHS) <= answer.valid_at
    day, size = answer.valid_at, answer.tree_size
    return Status(
        subject=answer.subject,
        adverse=Adverse(len(adverse), _counted(line.state for line in adverse)),
        records=tuple(_record(line, folded, line.record in faded) for line in answer.records),
        sanctions=tuple(
            _sanction(line, folded, day, shown, is_pale=line.sanction in pale)
            for line in answer.sanctions
        ),
        commitments=() if is_public else _commitments(rows, size, day),
        incentives=() if is_public else _incentives(rows, size, day),
        no_adverse_since=latest,
        no_adverse_in_three_years=clean if is_whole and answer.subject is not None else None,
        masked=answer.masked,
    )


def ids_after(masked: Iterable[Masked], prefix: str) -> frozenset[str]:
    """The ids of what notes of this kind mask."""
    return frozenset(
        note.what.removeprefix(prefix) for note in masked if note.what.startswith(prefix)
    )


def _speaks_against(record: RecordState) -> bool:
    return record.facts.adverse and record.facts.exemption is None


def _counted(states: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in states:
        found[state] = found.get(state, 0) + 1
    return dict(sorted(found.items()))


def _record(line: RecordLine, folded: Folded, is_faded: bool) -> StatusRecord:
    facts = folded.records[line.record].facts
    return StatusRecord(
        record=line.record,
        item=line.item,
        tier=None if is_faded else facts.tier,
        adverse=None if is_faded else facts.adverse,
        state=line.state,
        since=line.since,
        because=line.because,
    )


def _sanction(
    line: SanctionLine, folded: Folded, day: date, shown: set[str], *, is_pale: bool
) -> StatusSanction:
    sanction = folded.sanctions[line.sanction]
    facts = sanction.imposed.facts
    return StatusSanction(
        sanction=line.sanction,
        measure=line.measure,
        kind=None if is_pale else facts.kind,
        initiator=None if is_pale else facts.initiator,
        enforcer=None if is_pale else facts.enforcer,
        records=tuple(record for record in facts.records if record in shown),
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        state=line.state,
        since=line.since,
        ruled_on=None if is_pale else _ruled_on(sanction),
        as_imposed=as_imposed(sanction, folded.records, day),
        enforcement=line.enforcement,
        because=line.because,
    )


def _ruled_on(sanction: SanctionState) -> date | None:
    days = [ruling.ruled.facts.ruled_on for ruling in sanction.live_rulings]
    return max(days, default=None)


def as_imposed(
    sanction: SanctionState, records: Mapping[str, RecordState], valid_at: date
) -> SanctionStateName:
    """The state that the sanction had by its acts, as far as they had been entered that day.

    Neither a ruling nor a withdrawal from before its own entry counts: it says what was
    enforced upon the subject, where ``state`` says what should have been.
    """
    bare = replace(sanction, rulings=[])
    resting = {
        key: _not_backdated(records[key])
        for key in sanction.imposed.facts.records
        if key in records
    }
    return sanction_status(bare, resting, valid_at).state


def _not_backdated(record: RecordState) -> RecordState:
    """A withdrawal from the day of its entry at the earliest; what it closed was open till then."""
    withdrawn = record.withdrawn
    if withdrawn is None or withdrawn.recorded_at is None:
        return record
    entered, effective = legal_day(withdrawn.recorded_at), withdrawn.facts.effective
    if effective != FROM_BEGINNING and effective >= entered:
        return record
    facts: RecordWithdrawn = withdrawn.facts.model_copy(update={"effective": entered})
    disputes = [
        replace(dispute, until=max(dispute.from_, entered))
        if dispute.closed == withdrawn.index
        else dispute
        for dispute in record.disputes
    ]
    later = Known(facts, withdrawn.index, withdrawn.recorded_at, withdrawn.keyid)
    return replace(record, withdrawn=later, disputes=disputes)


def _commitments(rows: Rows, size: int, day: date) -> tuple[StatusCommitment, ...]:
    return tuple(
        StatusCommitment(
            row.commitment,
            row.kind,
            row.made_to,
            row.made_on,
            row.due_on,
            row.state,
            is_overdue(row, day),
            row.because,
        )
        for row in rows.commitments
        if row.known_from <= size < row.known_until and row.valid_from <= day < row.valid_until
    )


def is_overdue(row: CommitmentRow, day: date) -> bool:
    return row.state == "open" and row.due_on is not None and row.due_on < day


def _incentives(rows: Rows, size: int, day: date) -> tuple[StatusIncentive, ...]:
    return tuple(
        StatusIncentive(
            row.incentive,
            row.measure,
            row.granted_by,
            row.valid_from,
            None if row.valid_until == date.max else row.valid_until,
            row.because,
        )
        for row in rows.incentives
        if row.known_from <= size < row.known_until and row.valid_from <= day < row.valid_until
    )
