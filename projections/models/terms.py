"""Periods and deadlines: what is counted in days, from the rules as known. Pure.

A row holds the days; whether something is overdue is told by the day that is asked for. Each
deadline runs from ``base_on`` by working days of the pack in force that day, as known:

- ``objection_answer``: the supplier, from the filing. Met by the answer, or by what made an
  answer needless: a decision, a correction that settled it, a withdrawal.
- ``review``: the body that keeps an objection or a request for repair, from the filing. Met by
  its entry.
- ``publication``: the supplier, from the decision, for licences and penalties (双公示). Met on
  the first day on which it was published and known.
- ``repair_acceptance``, ``repair_decision``: the body that keeps the request, from the request.
- ``annulled_publication_end``: the supplier, from the day the decision was annulled, where it was
  published. Met by the entry of the withdrawal.
- ``enforcement_report``: the enforcer, from the entry of a suspension or lifting, unless it had
  reported before that it does not enforce. Met by its report, or by a resumption.
- ``correction_notice``: the node that was told of an act on a record it received. Met by the entry
  of its acknowledgement.

A record that came from another node has its terms of publication there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.clock import legal_day
from ledger.entry import Entry
from ledger.events.exchange import CorrectionNotified
from ledger.events.records import FROM_BEGINNING
from ledger.subject.state import (
    Known,
    ObjectionState,
    RecordState,
    RepairState,
    SanctionState,
)
from ledger.subject.status import ended_by
from projections.models.governance import Due, Governance
from projections.models.rows import About, DeadlineKind, Span
from projections.models.timelines import (
    Because,
    Run,
    ends,
    in_order,
    is_plain,
    record_suspensions,
    sanction_suspensions,
    starts,
)

PUBLISHED_IN_TIME: Final = frozenset({"administrative_penalty", "administrative_licence"})
"""双公示: items that are published within the term ``public_disclosure``."""

STOPPED: Final = frozenset({"suspended", "lifted", "never_applied"})
"""Reports by which the enforcer says that it does not enforce."""


class Period(NamedTuple):
    """The columns of ``PeriodRow`` but for subject and known axis."""

    about: About
    id: str
    starts_on: date
    ends_on: date | None
    suspensions: tuple[Span, ...]
    earliest_repair: date | None
    publication_until: date | None
    retention_until: date | None
    because: Because


class Term(NamedTuple):
    """The columns of ``DeadlineRow`` but for subject and known axis."""

    kind: DeadlineKind
    about: About
    id: str
    record: str | None
    organisation: str
    base_on: date
    working_days: int
    due_on: date
    provisional: bool
    met_on: date | None
    because: Because


class Counting(NamedTuple):
    """What a term is counted with: the rules as known at ``size``, and the entries so far."""

    governance: Governance
    size: int
    entry: Callable[[int], Entry]

    def day(self, index: int) -> date:
        """The legal day of an entry."""
        return legal_day(self.entry(index).recorded_at)


# -- periods -----------------------------------------------------------------------


def record_period(record: RecordState, published: list[Run[Because]], known: Counting) -> Period:
    facts = record.facts
    ends_on = _end_of_record(record)
    publication_until = published[-1][2] if published else None
    return Period(
        "record",
        facts.record,
        facts.held_from,
        ends_on,
        record_suspensions(record, ends_on),
        _earliest_repair(record, known),
        None if publication_until == date.max else publication_until,
        facts.held_until if facts.adverse else None,
        _causes(record),
    )


def _causes(record: RecordState) -> Because:
    """The entries that its period rests on."""
    if record.publication_ended is None and is_plain(record):
        return (record.collected.index,)
    acts = (record.withdrawn, record.repaired, record.mended, record.publication_ended)
    indexes = [act.index for act in (record.collected, *record.corrections, *acts) if act]
    return in_order([*indexes, *(dispute.filed for dispute in record.disputes)])


def _end_of_record(record: RecordState) -> date | None:
    """The day from which it holds no more; never before it began."""
    facts = record.facts
    days = [facts.held_until] if facts.held_until is not None else []
    if record.withdrawn is not None:
        effective = record.withdrawn.facts.effective
        days.append(facts.held_from if effective == FROM_BEGINNING else effective)
    if record.repaired is not None:
        days.append(record.repaired.facts.decided_on)
    if record.mended is not None:
        days.append(record.mended.facts.mended_on)
    return max(facts.held_from, min(days)) if days else None


def _earliest_repair(record: RecordState, known: Counting) -> date | None:
    """None: nothing to repair, not repairable, ended already, or no rule known."""
    facts = record.facts
    if not facts.adverse or ended_by(record) is not None:
        return None
    return known.governance.earliest_repair(facts.tier, facts.decided_on, known.size)


def sanction_period(sanction: SanctionState, records: Mapping[str, RecordState]) -> Period:
    facts = sanction.imposed.facts
    held = [records[key] for key in facts.records if key in records]
    starts_on = starts(sanction, held)
    ends_on = max(starts_on, ends(sanction, held))
    indexes = [sanction.imposed.index]
    for spell in sanction.spells:
        indexes += [spell.suspended] if spell.resumed is None else [spell.suspended, spell.resumed]
    if sanction.lifted is not None:
        indexes.append(sanction.lifted.index)
    return Period(
        about="sanction",
        id=facts.sanction,
        starts_on=starts_on,
        ends_on=ends_on,
        suspensions=sanction_suspensions(sanction, held, ends_on),
        earliest_repair=None,
        publication_until=None,
        retention_until=None,
        because=in_order(indexes),
    )


# -- deadlines ---------------------------------------------------------------------


def record_terms(
    record: RecordState, published: list[Run[Because]], known: Counting
) -> Iterator[Term]:
    facts, collected = record.facts, record.collected
    if record.received is not None:
        return
    if published and facts.item in PUBLISHED_IN_TIME:
        due = known.governance.due("public_disclosure", facts.decided_on, known.size)
        days = [max(published[0][1], known.day(collected.index))]
        days += [each.facts.on for each in record.published]
        because = (collected.index, *(each.index for each in record.published))
        if due is not None:
            yield _of_supplier(
                "publication",
                record,
                facts.decided_on,
                due,
                met_on=min(days),
                because=because,
            )
    withdrawn = record.withdrawn
    annulled = withdrawn is not None and withdrawn.facts.cause == "decision_annulled"
    if withdrawn is not None and annulled and facts.publish_from is not None:
        entered = known.day(withdrawn.index)
        effective = withdrawn.facts.effective
        base_on = entered if effective == FROM_BEGINNING else min(effective, entered)
        due = known.governance.due("withdrawal_of_annulled", base_on, known.size)
        because = (collected.index, withdrawn.index)
        if due is not None:
            kind: DeadlineKind = "annulled_publication_end"
            yield _of_supplier(kind, record, base_on, due, met_on=entered, because=because)


def _of_supplier(
    kind: DeadlineKind,
    record: RecordState,
    base_on: date,
    due: Due,
    *,
    met_on: date,
    because: Because,
) -> Term:
    facts = record.facts
    return Term(
        kind,
        "record",
        facts.record,
        facts.record,
        facts.supplier,
        base_on,
        *due,
        met_on,
        in_order(because),
    )


def objection_terms(
    objection: ObjectionState, record: RecordState, known: Counting
) -> Iterator[Term]:
    filed = objection.filed
    facts = filed.facts
    days = [] if objection.closed_by is None else [known.day(objection.closed_by)]
    because = [filed.index] if objection.closed_by is None else [filed.index, objection.closed_by]
    if objection.answered is not None:
        days.append(objection.answered.facts.answered_on)
        because.append(objection.answered.index)
    if objection.decided is not None:
        days.append(objection.decided.facts.decided_on)
        because.append(objection.decided.index)
    days_due, due_on, provisional = _as_counted(
        "objection_answer", facts.filed_on, facts.due_on, facts.provisional, known
    )
    yield Term(
        "objection_answer",
        "objection",
        facts.objection,
        facts.record,
        record.facts.supplier,
        facts.filed_on,
        days_due,
        due_on,
        provisional,
        min(days, default=None),
        in_order(because),
    )
    yield from _review("objection", (facts.objection, facts.record), filed, facts.filed_on, known)


def repair_terms(repair: RepairState, known: Counting) -> Iterator[Term]:
    requested, facts = repair.requested, repair.requested.facts
    keeper = known.entry(requested.index).actor.organisation
    accepted, decided = repair.accepted, repair.decided
    answered = [] if decided is None else [decided.facts.decided_on]
    heard = [*answered] if accepted is None else [accepted.facts.accepted_on, *answered]
    indexes = [each.index for each in (requested, accepted, decided) if each is not None]
    found = known.governance.due("repair_accept", facts.requested_on, known.size)
    if found is not None:
        yield Term(
            "repair_acceptance",
            "repair",
            facts.repair,
            facts.record,
            keeper,
            facts.requested_on,
            *found,
            min(heard, default=None),
            in_order(indexes),
        )
    days, due_on, provisional = _as_counted(
        "repair_decide", facts.requested_on, facts.due_on, facts.provisional, known
    )
    yield Term(
        "repair_decision",
        "repair",
        facts.repair,
        facts.record,
        keeper if decided is None else decided.facts.reviewer,
        facts.requested_on,
        days,
        due_on,
        provisional,
        min(answered, default=None),
        in_order(indexes),
    )
    yield from _review("repair", (facts.repair, facts.record), requested, facts.requested_on, known)


def _as_counted(
    rule: str, base_on: date, due_on: date, provisional: bool, known: Counting
) -> tuple[int, date, bool]:
    """The entry's own due date; one that it calls provisional is counted anew as known now."""
    found = known.governance.due(rule, base_on, known.size)
    if found is None:
        return 0, due_on, provisional
    if provisional:
        return found.working_days, found.due_on, found.provisional
    return found.working_days, due_on, False


def _review(
    about: About, ids: tuple[str, str], filed: Known[Any], base_on: date, known: Counting
) -> Iterator[Term]:
    found = known.governance.due("local_review", base_on, known.size)
    if found is not None:
        yield Term(
            "review",
            about,
            ids[0],
            ids[1],
            known.entry(filed.index).actor.organisation,
            base_on,
            found.working_days,
            found.due_on,
            found.provisional,
            known.day(filed.index),
            (filed.index,),
        )


def sanction_terms(sanction: SanctionState, known: Counting) -> Iterator[Term]:
    """One for each stop that found the enforcer enforcing; the first of a day where several."""
    facts = sanction.imposed.facts
    acts: list[tuple[int, str, date]] = [
        (spell.suspended, "stop", spell.from_) for spell in sanction.spells
    ]
    acts += [(each.index, "resume", each.facts.from_) for each in sanction.resumptions]
    acts += [(each.index, each.facts.state, each.facts.on) for each in sanction.reports]
    if sanction.lifted is not None:
        acts.append((sanction.lifted.index, "stop", sanction.lifted.facts.from_))
    owed: dict[date, tuple[int, tuple[int, date] | None]] = {}
    enforcing = True
    pending: list[date] = []
    for index, act, from_ in sorted(acts):
        if act == "stop" and enforcing:
            base_on = max(from_, known.day(index))
            if base_on < facts.ends_on and base_on not in owed:
                owed[base_on] = index, None
                pending.append(base_on)
        elif act == "resume" or act in STOPPED:
            for base_on in pending:
                owed[base_on] = owed[base_on][0], (index, known.day(index))
            pending, enforcing = [], act == "resume"
        elif act != "stop":
            enforcing = True
    for base_on, (index, met) in owed.items():
        found = known.governance.due("enforcement_report", base_on, known.size)
        if found is not None:
            yield Term(
                "enforcement_report",
                "sanction",
                facts.sanction,
                None,
                facts.enforcer,
                base_on,
                *found,
                None if met is None else met[1],
                (index,) if met is None else in_order((index, met[0])),
            )


def notice_term(
    facts: CorrectionNotified, index: int, acknowledged: int | None, known: Counting
) -> Term:
    base_on = known.day(index)
    days, due_on, provisional = _as_counted(
        "correction_notice", base_on, facts.due_on, facts.provisional, known
    )
    return Term(
        "correction_notice",
        "notice",
        facts.notice,
        facts.record,
        facts.recipient,
        base_on,
        days,
        due_on,
        provisional,
        None if acknowledged is None else known.day(acknowledged),
        (index,) if acknowledged is None else (index, acknowledged),
    )
