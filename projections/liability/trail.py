"""The liability trail of one sanction: everything at hand, folded together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from ledger.events.disputes import ObjectionAnswered, ObjectionFiled
from ledger.events.records import RecordWithdrawn
from ledger.events.sanctions import SanctionLifted
from ledger.identifiers.calendar import WorkingCalendar
from projections.liability.acts import acts_of, words_of
from projections.liability.blame import blame_of, records_of, rulings_of, window_of
from projections.liability.days import apportion
from projections.liability.enforcing import enforcing, reports_of
from projections.liability.graph import Graph
from projections.liability.knowing import knowledge_of
from projections.liability.model import LateAnswer, SpellInTrail, Trail
from projections.liability.spells import Spell, spells_of
from projections.liability.steps import Digests, steps_of
from projections.liability.unsettled import Found, limits_of, open_of
from projections.liability.views import Case, NodeView, case_of

NO_DIGESTS: Digests = {}


def trail(
    views: Iterable[NodeView],
    sanction: str,
    known_on: date,
    *,
    digests: Digests = NO_DIGESTS,
    calendar: WorkingCalendar | None = None,
) -> Trail:
    """The trail of ``sanction`` as the entries tell it on the legal day ``known_on``.

    ``views`` may be a single node's own entries or those of several nodes, whole or in part,
    each cut at what was known; an enforcement that nobody ended counts up to ``known_on``,
    that day excluded. ``digests`` are those of payloads, as far as the caller has them.
    ``calendar`` counts how late an answer is that has not come; without it that stays None.

    Raises ``SanctionNotHeld`` where no entry imposes it.
    """
    case = case_of(views, sanction)
    acts = acts_of(case)
    spells = spells_of(case, acts, words_of(case, acts))
    rulings = rulings_of(case)
    blame = blame_of(case, rulings, acts)
    window, counted = window_of(case, rulings, spells)
    course = enforcing(case, known_on)
    facts = case.facts
    days = apportion(
        course.spans, window, spells, enforcer=facts.enforcer, blame=blame, changes=blame.changes
    )
    reports = reports_of(case)
    graph = Graph(case)
    answer = _answer(case, known_on, calendar)
    found = Found(case, acts, spells, reports, course, counted, days, blame, known_on, answer)
    return Trail(
        sanction=sanction,
        subject=str(case.imposed.entry.stream.id),
        measure=facts.measure,
        initiator=facts.initiator,
        enforcer=facts.enforcer,
        approved_by=facts.approved_by,
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
        node=case.node,
        records=records_of(case, blame),
        rulings=rulings,
        reports=reports,
        spells=tuple(_spell(case, spell) for spell in spells),
        lifted=next((lifted.cause for _, lifted in case.here(SanctionLifted)), None),
        enforced=course.spans,
        days=days,
        answer=answer,
        steps=steps_of(case, digests),
        vertices=graph.vertices(),
        edges=graph.edges(),
        knowledge=knowledge_of(case),
        open=open_of(found),
        limits=limits_of(found),
        known_on=known_on,
    )


def _spell(case: Case, spell: Spell) -> SpellInTrail:
    first = spell.first
    return SpellInTrail(
        record=first.record or case.sanction,
        act=first.what,
        entered=first.day,
        filed_on=first.filed_on,
        registrar=first.registrar,
        hops=spell.hops,
        closed_on=spell.until,
    )


def _answer(case: Case, known_on: date, calendar: WorkingCalendar | None) -> LateAnswer:
    """Of several objections, the one whose answer was the latest after its term."""
    answers = list(_answers(case, known_on, calendar))
    if not answers:
        return LateAnswer(None, None, None)
    return max(answers, key=lambda each: (each.overdue_working_days or 0, each.due_on))


def _answers(case: Case, known_on: date, calendar: WorkingCalendar | None) -> Iterator[LateAnswer]:
    answered = {facts.objection: facts for _, facts in case.each(ObjectionAnswered)}
    withdrawn: Mapping[str, date] = {
        facts.record: seen.on for seen, facts in reversed(list(case.each(RecordWithdrawn)))
    }
    for _, filed in case.each(ObjectionFiled):
        given = answered.get(filed.objection)
        until = min(known_on, withdrawn.get(filed.record, known_on))
        if given is not None:
            until = given.answered_on
        counted = None if calendar is None else calendar.working_days_between(filed.due_on, until)
        provisional = filed.provisional or (counted is not None and counted.provisional)
        answered_on, overdue = None, None if counted is None else counted.count
        if given is not None:
            answered_on, overdue = given.answered_on, given.overdue_working_days
        yield LateAnswer(filed.due_on, answered_on, overdue, provisional)
