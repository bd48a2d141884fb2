"""With whom the fault lies, and which days a ruling counts.

The party that the withdrawal names, else the supplier of the faulty record; several of
several suppliers bear it jointly; where no record is faulty, the initiator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ledger.events.disputes import ObjectionFiled, RulingReversed, SanctionRuledWrongful
from ledger.events.exchange import NoticeReceived, RecordReceived
from ledger.events.records import NO_FAULT, NoticeServed, RecordCollected, RecordWithdrawn
from projections.liability.acts import Act
from projections.liability.days import Bearer
from projections.liability.enforcing import joined
from projections.liability.model import RecordInTrail, Role, RulingInTrail, Span
from projections.liability.spells import Spell
from projections.liability.views import Case, Seen

UNKNOWN = "unknown"
"""Stands for a supplier whose record is not at hand."""
_ONE_DAY = timedelta(days=1)

Counted = Literal["ruled", "not_ruled", "ruling_reversed", "nothing"]
"""Why days count, or do not."""


def rulings_of(case: Case) -> tuple[RulingInTrail, ...]:
    """All rulings in order of time; a reversal reverses those before it."""
    reversals = [(seen, facts) for seen, facts in case.here(RulingReversed)]
    return tuple(
        RulingInTrail(
            authority=facts.authority,
            by=seen.entry.actor.organisation,
            ruled_on=facts.ruled_on,
            wrong_from=facts.wrong_from,
            wrong_until=facts.wrong_until,
            faulty_records=facts.faulty_records,
            reversed_on=next(
                (r.reversed_on for at, r in reversals if at.position > seen.position), None
            ),
            step=seen.position,
        )
        for seen, facts in case.here(SanctionRuledWrongful)
    )


def live(rulings: Iterable[RulingInTrail]) -> list[RulingInTrail]:
    return [ruling for ruling in rulings if ruling.reversed_on is None]


def window_of(
    case: Case, rulings: Sequence[RulingInTrail], spells: Sequence[Spell]
) -> tuple[tuple[Span, ...], Counted]:
    """The days that count where they were enforced.

    The rulings decide. Before there is one, an act that stands against the sanction counts
    all of it, and one that merely released the subject the days after it.
    """
    if rulings:
        spans = joined((each.wrong_from, each.wrong_until) for each in live(rulings))
        return spans, "ruled" if spans else "ruling_reversed"
    last = spells[-1] if spells and spells[-1].until is None else None
    acts = () if last is None else last.acts
    begins = [act.wrong_from or case.facts.starts_on for act in acts if act.stands]
    begins += [_next(act.day) for act in acts if act.nature == "release"]
    if not begins:
        return (), "nothing"
    return joined([(max(min(begins), case.facts.starts_on), case.facts.ends_on)]), "not_ruled"


def _next(day: date) -> date:
    return day if day == date.max else day + _ONE_DAY


@dataclass(frozen=True, slots=True)
class Blame:
    """Whom the fault of a day lies with; ``changes`` are the days on which that changes."""

    case: Case
    rulings: tuple[RulingInTrail, ...]
    acts: tuple[Act, ...]
    suppliers: Mapping[str, str]
    faults: Mapping[str, str]
    """By withdrawn record: whom the withdrawal names, or ``none``."""

    @property
    def changes(self) -> list[date]:
        return [day for each in live(self.rulings) for day in (each.wrong_from, each.wrong_until)]

    def faulty(self, day: date | None = None) -> frozenset[str]:
        """The faulty records under the sanction, by the rulings on ``day`` (None: on any)."""
        ours = frozenset(self.case.facts.records)
        over = [
            each
            for each in live(self.rulings)
            if day is None or each.wrong_from <= day < each.wrong_until
        ]
        named = ours.intersection(record for each in over for record in each.faulty_records)
        if named:
            return named
        wrong = {act.record for act in self.acts if act.what == "record_corrected"}
        gone = ours.intersection({*self.faults, *wrong})
        if gone or self.rulings:
            return gone
        return ours.intersection(act.record for act in self.acts if act.stands and act.record)

    def __call__(self, day: date) -> Bearer:
        found = self.faulty(day)
        if not found:
            return self.case.facts.initiator, "initiator"
        parties = sorted({self._of(record) for record in found})
        roles = [role_of(self.case, party, self.suppliers) for party in parties]
        return "+".join(parties), min(roles, key=_ORDER.index)

    def _of(self, record: str) -> str:
        fault = self.faults.get(record, NO_FAULT)
        return self.suppliers.get(record, UNKNOWN) if fault == NO_FAULT else fault


_ORDER: tuple[Role, ...] = ("supplier", "initiator", "enforcer", "registrar", "node")


def role_of(case: Case, party: str, suppliers: Mapping[str, str]) -> Role:
    """What a party is in this trail; a supplier, where it is nobody else."""
    if party in suppliers.values():
        return "supplier"
    if party == case.facts.initiator:
        return "initiator"
    if party == case.facts.enforcer:
        return "enforcer"
    if party in registrars(case):
        return "registrar"
    return "node" if any(party in path for path in case.paths.values()) else "supplier"


def registrars(case: Case) -> frozenset[str]:
    """Who entered records of others, notices to the subject, or objections."""
    found: set[str] = set()
    for seen, notice in case.each(NoticeReceived):
        if notice.registrar is not None:
            found.add(notice.registrar)
        if seen.entry.actor.organisation != seen.node:
            found.add(seen.entry.actor.organisation)
    for seen in case.seen:
        facts, by = seen.entry.facts, seen.entry.actor.organisation
        if isinstance(facts, RecordCollected | NoticeServed | ObjectionFiled):
            found.add(by)
    return frozenset(found) - set(suppliers_of(case).values())


def blame_of(case: Case, rulings: tuple[RulingInTrail, ...], acts: tuple[Act, ...]) -> Blame:
    faults: dict[str, str] = {}
    for _, facts in case.each(RecordWithdrawn):
        _fault(faults, facts.record, facts.fault)
    for _, told in case.each(NoticeReceived):
        if told.act == "withdrawal":
            _fault(faults, told.record, told.fault or NO_FAULT)
    return Blame(case, rulings, acts, suppliers_of(case), faults)


def _fault(faults: dict[str, str], record: str, fault: str) -> None:
    """The first one that names anybody."""
    if faults.get(record, NO_FAULT) == NO_FAULT:
        faults[record] = fault


def suppliers_of(case: Case) -> dict[str, str]:
    return {record: facts.supplier for record, (_, facts) in collected(case).items()}


def collected(case: Case) -> dict[str, tuple[Seen, RecordCollected]]:
    """The facts of each record as it was collected: at its origin, else as received."""
    found = {facts.record: (seen, facts) for seen, facts in case.each(RecordCollected)}
    for seen, facts in case.each(RecordReceived):
        found.setdefault(facts.record, (seen, facts.collected))
    return found


def records_of(case: Case, blame: Blame) -> tuple[RecordInTrail, ...]:
    held = collected(case)
    faulty = blame.faulty()
    found = []
    for record in case.facts.records:
        facts = held[record][1] if record in held else None
        withdrawn = [
            act.day for act in blame.acts if act.record == record and act.what == "record_withdrawn"
        ]
        found.append(
            RecordInTrail(
                record=record,
                item=None if facts is None else facts.item,
                supplier=None if facts is None else facts.supplier,
                organ=None if facts is None else facts.organ,
                document=None if facts is None else facts.document_number,
                origin=case.paths[record][0],
                faulty=record in faulty,
                withdrawn_on=min(withdrawn, default=None),
                fault=blame.faults.get(record),
                path=case.paths[record],
            )
        )
    return tuple(found)
