"""What is still open, and the limits of the evidence at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RestitutionMade,
)
from ledger.events.exchange import CorrectionAcknowledged, CorrectionNotified
from projections.liability import limits
from projections.liability.acts import Act
from projections.liability.blame import Blame, Counted, live
from projections.liability.enforcing import ENFORCING, Enforcing
from projections.liability.model import Days, LateAnswer, Limit, Open, ReportInTrail
from projections.liability.spells import Spell
from projections.liability.views import Case


@dataclass(frozen=True, slots=True)
class Found:
    """What the other parts of a trail came to."""

    case: Case
    acts: tuple[Act, ...]
    spells: tuple[Spell, ...]
    reports: tuple[ReportInTrail, ...]
    enforced: Enforcing
    counted: Counted
    days: Days
    blame: Blame
    known_on: date
    answer: LateAnswer


def open_of(found: Found) -> tuple[Open, ...]:
    """What somebody has yet to do or to decide."""
    case, blame, spells = found.case, found.blame, found.spells
    left = [*_notices(case, spells), *_disputes(case, blame)]
    last = spells[-1] if spells and spells[-1].until is None else None
    if found.enforced.running and last is not None and found.known_on > last.entered:
        left.append(Open("still_enforcing", case.facts.enforcer, case.sanction))
    if found.counted in {"not_ruled", "ruling_reversed"}:
        left.append(Open(found.counted, None, case.sanction))
    left += _overdue(found)
    if live(blame.rulings) and found.days.total and not any(case.here(RestitutionMade)):
        left.append(Open("restitution_missing", case.facts.initiator, case.sanction))
    return tuple(dict.fromkeys(left))


def _notices(case: Case, spells: Sequence[Spell]) -> Iterator[Open]:
    """Who was never told, and the notices that were never acknowledged."""
    for spell in spells:
        if spell.told is None and spell.until is None and spell.entered < case.facts.ends_on:
            yield Open("not_acknowledged", spell.owing, spell.first.record or case.sanction)
    answered = {(f.notice, f.recipient) for _, f in case.each(CorrectionAcknowledged)}
    for _, facts in case.each(CorrectionNotified):
        if (facts.notice, facts.recipient) not in answered:
            yield Open("not_acknowledged", facts.recipient, facts.notice)


def _disputes(case: Case, blame: Blame) -> Iterator[Open]:
    for _, facts in case.each(ObjectionFiled):
        standing = any(act.objection == facts.objection and act.stands for act in blame.acts)
        if standing and facts.record not in blame.faults:
            yield Open("disputed", blame.suppliers.get(facts.record), facts.record)


def _overdue(found: Found) -> Iterator[Open]:
    """Answers still owed after their day; a withdrawal or a decision leaves none to be given."""
    answered = {facts.objection for _, facts in found.case.each(ObjectionAnswered)}
    answered |= {facts.objection for _, facts in found.case.each(ObjectionDecided)}
    for _, facts in found.case.each(ObjectionFiled):
        owed = facts.objection not in answered and facts.record not in found.blame.faults
        if owed and facts.due_on < found.known_on:
            yield Open("answer_overdue", found.blame.suppliers.get(facts.record), facts.objection)


def limits_of(found: Found) -> tuple[Limit, ...]:
    """What this trail cannot prove, in the order in which it is printed."""
    case, blame = found.case, found.blame
    states = {report.state for report in found.reports}
    holds = {
        limits.NO_VERDICT: True,
        limits.AS_REPORTED: True,
        limits.CLOCKS: True,
        limits.KEYS: True,
        limits.PRESUMED: found.enforced.presumed or not found.reports,
        limits.CONTRADICTED: "never_applied" in states and bool(states & ENFORCING),
        limits.OTHER_DAY: any(report.on != report.said_on for report in found.reports),
        limits.NOT_AT_HAND: any(not case.at_hand >= set(path) for path in case.paths.values()),
        limits.SURMISED: any(spell.surmised for spell in found.spells),
        limits.NO_SUPPLIER: any(record not in blame.suppliers for record in case.facts.records),
        limits.NO_ACT: any(act.record is None and act.nature == "wrong" for act in found.acts),
        limits.RULING_SILENT: any(not each.faulty_records for each in live(blame.rulings)),
        limits.PROVISIONAL: found.answer.provisional,
    }
    return tuple(limits.limit(code) for code, told in holds.items() if told)
