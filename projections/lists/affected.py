"""The blast radius: what rests on a supplier's, an operator's, a submission's ... records. Pure.

Pages are of records. First come those on which sanctions rest, then those that were disclosed,
then the others, each kind in the order in which the log came to know it: an index leads to the
first page however many there are. On a page everything stands worst first, by what must be done.

Waves: 1 the records, 2 the sanctions that rest on them and the nodes that received them, 3 the
bodies that enforce and the notices that nobody has acknowledged.

Of what the reader may not know of the lines stay, so that counts are true. Their ids stand in no
other line, and a line of a subject speaks of what is seen alone: ``Affected.seen`` and
``seen_sanctions`` tell the caller which lines to empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from projections.lists.affected_must import (
    RANK,
    Must,
    of_recipient,
    of_record,
    of_sanction,
)
from projections.lists.affected_pages import Cause, Source, records_of
from projections.lists.affected_rows import (
    Disclosed,
    Imposed,
    Reported,
    Resting,
    State,
    Told,
    rows_of,
)
from projections.lists.asked import ListAsked
from projections.lists.paging import Cut
from projections.lists.visible import seen_records
from projections.models.store import Reading


class _HasMust(Protocol):
    @property
    def must(self) -> Must: ...


T = TypeVar("T", bound=_HasMust)


class HitRecord(NamedTuple):
    """``state`` and ``since`` are None where it does not hold on the day asked for."""

    wave: int
    must: Must
    record: str
    subject: str
    item: str | None
    publicity: str | None
    supplier: str
    organ: str
    document: str
    operator: str
    entry: int
    recorded_at: datetime
    decided_on: date
    state: str | None
    since: date | None


class Report(NamedTuple):
    state: str | None
    on: date | None


class HitSanction(NamedTuple):
    """Measure, state and days are None of one that is known from another node only.

    ``records`` are those of the page that the reader may know of: none, and it is not seen.
    """

    wave: int
    must: Must
    sanction: str
    subject: str
    measure: str | None
    enforcer: str
    records: tuple[str, ...]
    state: str | None
    since: date | None
    starts_on: date | None
    ends_on: date | None
    enforcement: Report
    entry: int
    recorded_at: datetime


class HitSubject(NamedTuple):
    """``subject`` is None, and no ids stand there, where nothing of it on the page is seen."""

    wave: int
    must: Must
    subject: str | None
    records: tuple[str, ...]
    sanctions: tuple[str, ...]


class HitEnforcer(NamedTuple):
    """``enforcing``: of how many it last said so, or said nothing."""

    wave: int
    must: Must
    enforcer: str
    sanctions: tuple[str, ...]
    enforcing: int


class HitRecipient(NamedTuple):
    wave: int
    must: Must
    recipient: str
    records: tuple[str, ...]
    disclosed_at: datetime | None
    """The first time; None where nothing that it was given is seen."""
    receipted: bool
    """All that it was given."""
    unacknowledged: int


class HitNotice(NamedTuple):
    """The newest notice on a record to a recipient, which it has not acknowledged."""

    wave: int
    must: Must
    notice: str
    record: str
    recipient: str
    act: str
    required: str
    due_on: date | None
    is_overdue: bool
    entry: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """One page; ``left`` records follow, at least: ``is_more`` where it was not counted on."""

    subjects: tuple[HitSubject, ...]
    records: tuple[HitRecord, ...]
    sanctions: tuple[HitSanction, ...]
    enforcers: tuple[HitEnforcer, ...]
    recipients: tuple[HitRecipient, ...]
    unacknowledged: tuple[HitNotice, ...]
    left: int
    is_more: bool
    next: str | None
    seen: frozenset[str] = frozenset()
    """The records that the reader may know of."""
    seen_sanctions: frozenset[str] = frozenset()
    """Those that rest on one of them."""


def affected(reading: Reading, asked: ListAsked, cause: Cause, cut: Cut) -> Affected:
    """The records of one page, and all that rests on them. Raises ``BadCursor``, ``BadLimit``."""
    page = records_of(reading, asked, cause, cut)
    hit = _Hit(reading, asked, page.rows)
    sanctions, recipients, waiting = hit.sanctions(), hit.recipients(), hit.waiting()
    records = hit.records()
    seen_sanctions = frozenset(each.sanction for each in sanctions if each.records)
    return Affected(
        subjects=_worst(_subjects(records, sanctions, hit.seen)),
        records=records,
        sanctions=sanctions,
        enforcers=_worst(_enforcers(sanctions)),
        recipients=recipients,
        unacknowledged=waiting,
        left=page.left,
        is_more=page.is_more,
        next=page.next,
        seen=hit.seen,
        seen_sanctions=seen_sanctions,
    )


_NO_STATE: Final = (None, None, None, None, None)
"""Of a record that does not hold on the day asked for."""

# -- what rests on them ----------------------------------------------------------------


class _Hit:
    """Everything that is known of the records of a page, read with one query for each table."""

    def __init__(self, reading: Reading, asked: ListAsked, found: Sequence[Source]) -> None:
        self._asked, self._found = asked, found
        ids = [row.record for row in found]
        self.seen = seen_records(reading, asked, ids)
        self._states = {row.record: row for row in rows_of(State, reading, asked, ids)}
        self._resting = rows_of(Resting, reading, asked, ids)
        keys = list(dict.fromkeys(row.sanction for row in self._resting))
        self._imposed = {row.sanction: row for row in rows_of(Imposed, reading, asked, keys)}
        self._reports = {
            row.sanction: Report(row.state, row.reported_on)
            for row in rows_of(Reported, reading, asked, keys)
        }
        self._given = rows_of(Disclosed, reading, asked, ids)
        self._told = _newest(rows_of(Told, reading, asked, ids))

    def _state(self, record: str) -> str | None:
        row = self._states.get(record)
        return None if row is None else row.state

    def records(self) -> tuple[HitRecord, ...]:
        return _worst(self._record(row) for row in self._found)

    def _record(self, row: Source) -> HitRecord:
        _, item, publicity, state, since = self._states.get(row.record, _NO_STATE)
        return HitRecord(
            1,
            of_record(state),
            row.record,
            row.subject,
            item,
            publicity,
            row.supplier,
            row.organ,
            row.document,
            row.operator,
            row.entry,
            row.recorded_at,
            row.decided_on,
            state,
            since,
        )

    def sanctions(self) -> tuple[HitSanction, ...]:
        under: dict[str, list[Resting]] = {}
        for row in self._resting:
            under.setdefault(row.sanction, []).append(row)
        found = (self._sanction(key, rows) for key, rows in under.items())
        return _worst(sorted(found, key=lambda each: (each.entry, each.sanction)))

    def _sanction(self, key: str, rows: Sequence[Resting]) -> HitSanction:
        first, state = min(rows, key=lambda row: row.entry), self._imposed.get(key)
        report = self._reports.get(key, Report(None, None))
        return HitSanction(
            wave=2,
            must=self._must(state, report),
            sanction=key,
            subject=first.subject,
            measure=first.measure or None,
            enforcer=first.enforcer,
            records=tuple(sorted({row.record for row in rows} & self.seen)),
            state=None if state is None else state.state,
            since=None if state is None else state.since,
            starts_on=None if state is None else state.starts_on,
            ends_on=None if state is None else state.ends_on,
            enforcement=report,
            entry=first.entry,
            recorded_at=first.recorded_at,
        )

    def _must(self, state: Imposed | None, report: Report) -> Must:
        if state is None:
            return of_sanction(None, report.state, restored=False)
        restored_on = state.restored_on
        restored = restored_on is not None and restored_on <= self._asked.valid_at
        return of_sanction(state.state, report.state, restored=restored)

    def recipients(self) -> tuple[HitRecipient, ...]:
        given: dict[str, list[Disclosed]] = {}
        for row in self._given:
            given.setdefault(row.recipient, []).append(row)
        told: dict[str, list[Told]] = {}
        for notice in self._told:
            told.setdefault(notice.recipient, []).append(notice)
        return _worst(self._recipient(key, rows, told.get(key, ())) for key, rows in given.items())

    def _recipient(
        self, key: str, rows: Sequence[Disclosed], notified: Sequence[Told]
    ) -> HitRecipient:
        told = {row.record for row in notified}
        states = [self._state(row.record) for row in rows if row.record not in told]
        waiting = sum(1 for row in notified if row.acknowledged is None)
        receipted = all(row.receipted is not None for row in rows)
        return HitRecipient(
            wave=2,
            must=of_recipient(states, waiting=waiting, receipted=receipted),
            recipient=key,
            records=tuple(sorted({row.record for row in rows} & self.seen)),
            disclosed_at=min(
                (row.recorded_at for row in rows if row.record in self.seen), default=None
            ),
            receipted=receipted,
            unacknowledged=waiting,
        )

    def waiting(self) -> tuple[HitNotice, ...]:
        """Those due first come first, those without a day last."""
        found = [
            HitNotice(
                wave=3,
                must="acknowledge",
                notice=row.notice,
                record=row.record,
                recipient=row.recipient,
                act=row.act,
                required=row.required,
                due_on=row.due_on,
                is_overdue=row.due_on is not None and row.due_on < self._asked.valid_at,
                entry=row.entry,
                recorded_at=row.recorded_at,
            )
            for row in self._told
            if row.acknowledged is None
        ]
        return tuple(sorted(found, key=lambda each: (each.due_on or date.max, each.entry)))


def _newest(told: Iterable[Told]) -> Sequence[Told]:
    """Of each record to each recipient the last notice: what is owed by it is all that is owed."""
    last: dict[tuple[str, str], Told] = {}
    for row in sorted(told, key=lambda row: row.entry):
        last[row.record, row.recipient] = row
    return tuple(last.values())


def _subjects(
    records: Iterable[HitRecord], sanctions: Iterable[HitSanction], seen: frozenset[str]
) -> Iterable[HitSubject]:
    held: dict[str, tuple[list[HitRecord], list[HitSanction]]] = {}
    for record in records:
        held.setdefault(record.subject, ([], []))[0].append(record)
    for sanction in sanctions:
        held.setdefault(sanction.subject, ([], []))[1].append(sanction)
    for subject, (every, all_under) in held.items():
        own = [each for each in every if each.record in seen]
        under = [each for each in all_under if each.records]
        named = subject if own or under else None
        told: list[_HasMust] = [*own, *under] if named else [*every, *all_under]
        worst = min((each.must for each in told), key=RANK.__getitem__)
        keys = tuple(each.record for each in own)
        yield HitSubject(1, worst, named, keys, tuple(each.sanction for each in under))


def _enforcers(sanctions: Iterable[HitSanction]) -> Iterable[HitEnforcer]:
    held: dict[str, list[HitSanction]] = {}
    for sanction in sanctions:
        held.setdefault(sanction.enforcer, []).append(sanction)
    for enforcer, under in held.items():
        worst = min((each.must for each in under), key=RANK.__getitem__)
        enforcing = sum(
            each.enforcement.state in {None, "applied", "still_enforcing"} for each in under
        )
        seen = tuple(each.sanction for each in under if each.records)
        yield HitEnforcer(3, worst, enforcer, seen, enforcing)


def _worst(found: Iterable[T]) -> tuple[T, ...]:
    """By what must be done; else as they were found, which is the order of the log."""
    return tuple(sorted(found, key=_rank))


def _rank(each: _HasMust) -> int:
    return RANK[each.must]
