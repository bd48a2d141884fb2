"""What a trail says beside the days: the answer, what is open, its limits, its texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.entry import StreamId
from ledger.events.base import Facts
from ledger.events.disputes import ObjectionAnswered, RestitutionMade
from ledger.events.exchange import CorrectionGivenUp, EnforcementStatusReceived
from ledger.identifiers.calendar import WorkingCalendar
from projections.liability import limits
from projections.liability.days import apportion, overlap
from projections.liability.enforcing import joined
from projections.liability.steps import what_of
from projections.liability.trail import trail
from projections.liability.views import NodeView, sanctions_in
from tests.unit.projections.liability.building import (
    FIRM,
    O1,
    O2,
    PROCURER,
    R1,
    R2,
    S1,
    S2,
    SUPPLIER,
    World,
    day,
    lifted,
    worked_case,
)

WEEKDAYS = WorkingCalendar(date(2026, 1, 1), date(2027, 1, 1), frozenset(), frozenset())


def objected() -> World:
    world = World().collect("xiamen", "03-02").impose("xiamen", "03-09", S1)
    return world.object("xiamen", "03-20", S1)


def codes(world: World, on: str) -> set[str]:
    return {each.code for each in world.trail(S1, on=on).open}


def test_an_answer_that_has_not_come_is_late_up_to_the_day_of_asking() -> None:
    """Due on 20 April, asked on the 24th, a Friday: four working days, and still none."""
    found = trail(objected().views(), S1, day("04-24"), calendar=WEEKDAYS)
    assert (found.answer.due_on, found.answer.answered_on) == (day("04-20"), None)
    assert found.answer.overdue_working_days == 4
    assert "answer_overdue" in {each.code for each in found.open}
    assert objected().trail(S1, on="04-24").answer.overdue_working_days is None


def test_days_past_the_end_of_the_calendar_are_provisional() -> None:
    """Marked, with a limit of its own; a reader without a calendar is told neither."""
    ends = replace(WEEKDAYS, covers_until=day("04-24"))
    found = trail(objected().views(), S1, day("04-24"), calendar=ends)
    assert (found.answer.overdue_working_days, found.answer.provisional) == (4, True)
    assert limits.PROVISIONAL in {each.code for each in found.limits}
    for calendar in (WEEKDAYS, None):
        found = trail(objected().views(), S1, day("04-24"), calendar=calendar)
        assert not found.answer.provisional
        assert limits.PROVISIONAL not in {each.code for each in found.limits}


def test_nothing_is_overdue_on_the_due_day_itself() -> None:
    """The day after it is the first late one."""
    assert "answer_overdue" not in codes(objected(), "04-20")
    assert "answer_overdue" in codes(objected(), "04-21")


def test_a_withdrawal_ends_the_wait_for_an_answer() -> None:
    """Nobody waits any more: late up to the withdrawal, and not open."""
    world = objected().withdraw("xiamen", "04-22", S1)
    found = trail(world.views(), S1, day("04-30"), calendar=WEEKDAYS)
    assert found.answer.overdue_working_days == 2
    assert "answer_overdue" not in {each.code for each in found.open}


def test_of_several_answers_the_latest_after_its_term_is_shown() -> None:
    """An answer in time does not hide one that was late."""
    world = objected().object("xiamen", "03-21", objection=O2)
    for objection, on, overdue in ((O1, "04-23", 3), (O2, "04-20", 0)):
        given = ObjectionAnswered(
            objection=objection,
            supplier=SUPPLIER,
            finding="confirmed",
            answered_on=day(on),
            overdue_working_days=overdue,
        )
        world.at("xiamen", on, given, by=SUPPLIER)
    assert world.trail(S1).answer.overdue_working_days == 3


def test_no_objection_no_answer() -> None:
    """Nothing is claimed of an answer that nobody owed."""
    world = World().collect("xiamen", "03-02").impose("xiamen", "03-09", S1)
    answer = world.trail(S1).answer
    assert (answer.due_on, answer.answered_on, answer.overdue_working_days) == (None, None, None)


def test_restitution_is_missing_until_it_was_made() -> None:
    """A ruling with wrongful days leaves it open."""
    world = objected().report("xiamen", "03-20", S1, "suspended").rule("xiamen", "04-01", S1, R1)
    assert "restitution_missing" in codes(world, "04-30")
    made = RestitutionMade(sanction=S1, by=PROCURER, what="notice_published", on=day("04-10"))
    world.at("xiamen", "04-10", made, by=PROCURER)
    assert "restitution_missing" not in codes(world, "04-30")


def test_an_enforcer_that_reported_nothing_is_presumed_to_enforce() -> None:
    """The trail says that it is a presumption, until a report."""
    world = World().collect("xiamen", "03-02").impose("xiamen", "03-09", S1, report=None)

    def presumed() -> bool:
        return limits.PRESUMED in {each.code for each in world.trail(S1).limits}

    assert presumed()
    world.report("xiamen", "03-12", S1, "applied")
    assert not presumed()


def test_every_limit_has_its_texts() -> None:
    """Each code is told in three languages, and an unknown code is refused."""
    for code, phrase in limits.TEXTS.items():
        assert limits.limit(code).code == code
        texts = {phrase.message("en"), phrase.message("zh-CN"), phrase.message("zh-TW")}
        assert len(texts) == 3
    with pytest.raises(KeyError):
        limits.limit("unheard_of")


def test_the_cause_of_a_lifting_is_shown() -> None:
    """The first one, where there are several."""
    world = objected().at("xiamen", "03-25", lifted(S1, "ended_early", "03-25"), by=PROCURER)
    assert world.trail(S1).lifted == "ended_early"
    assert objected().trail(S1).lifted is None


def test_digests_and_manifests_stand_in_their_steps() -> None:
    """A digest is that of its node and leaf; the submission of a record is named."""
    world = worked_case()
    found = trail(world.views(), S2, day("04-30"), digests={("zhangzhou", 0): "e" * 64})
    assert [s.digest for s in found.steps if s.digest] == ["e" * 64]
    collected = next(s for s in found.steps if s.type == "RecordCollected")
    assert collected.manifest == "a" * 64
    assert (collected.what, collected.about) == ("record_collected", (R1,))


def test_what_a_report_says_is_what_the_step_says() -> None:
    """Of a report its state; of all else its type."""
    steps = worked_case().trail(S1).steps
    assert [s.what for s in steps if s.type == "EnforcementReported"] == [
        "applied",
        "suspended",
        "lifted",
    ]
    facts = next(e.facts for e in worked_case().logs["xiamen"] if e.type == "ObjectionFiled")
    assert what_of(facts) == "objection_filed"


def test_sanctions_of_a_record_are_found_in_order_of_time() -> None:
    """Those that rest on it, whatever else they rest on."""
    world = World().collect("xiamen", "03-02").collect("xiamen", "03-02", R2)
    world.impose("xiamen", "03-09", S2, R1, R2).impose("xiamen", "03-10", S1, R2)
    assert sanctions_in(world.views(), R1) == (S2,)
    assert sanctions_in(world.views(), R2) == (S2, S1)
    assert sanctions_in(world.views()) == (S2, S1)


def test_what_another_node_said_of_its_sanction_is_a_step_of_that_sanction_alone() -> None:
    """And a notice that was given up is one of every sanction on the way to its recipient."""
    world = worked_case()

    def said(sanction: str) -> Facts:
        status = {"sanction": sanction, "enforcer": "BUILD", "state": "lifted"}
        facts = {"record": R1, "recipient": "zhangzhou", "status": status, "attached": "a" * 64}
        return EnforcementStatusReceived.model_validate(facts)

    given_up = CorrectionGivenUp(notice=O1, record=R1, recipient="zhangzhou", reason="示例")
    world = world.at("xiamen", "04-28", said(S1), said(S2), given_up)
    for sanction, expected in ((S1, 1), (S2, 2)):
        found = world.trail(sanction)
        late = [step.what for step in found.steps if step.on == day("04-28")]
        assert late.count("enforcement_status_received") == 1
        assert len(late) == expected
        ids = {vertex.id for vertex in found.vertices}
        assert "node:xiamen" in ids
        assert "registrar:xiamen" not in ids


def test_other_streams_are_left_out() -> None:
    """Entries that are not of a subject's stream tell nothing here."""
    world = objected()
    report = world.report("xiamen", "03-21", S1, "lifted").logs["xiamen"].pop()
    elsewhere = replace(report, stream=StreamId("access", FIRM))
    views = [NodeView("xiamen", (elsewhere,)), *world.views()]
    assert trail(views, S1, day("04-30")) == world.trail(S1)


def test_spans_are_joined_and_cut() -> None:
    """Days that touch are one span; empty ones are none; the overlap is in both."""
    a, b, c, d = (day(f"03-0{n}") for n in range(1, 5))
    assert joined([(c, d), (a, b), (b, c), (d, d)]) == ((a, d),)
    assert joined([(a, c), (b, d)]) == ((a, d),)
    assert overlap([(a, b), (c, d)], [(a, d)]) == ((a, b), (c, d))
    assert overlap([(a, b)], [(b, c)]) == ()


def test_without_a_spell_every_day_lies_with_the_fault() -> None:
    """The blame may change from day to day, and the spans with it."""
    a, b, c = (day(f"03-0{n}") for n in range(1, 4))
    days = apportion(
        [(a, c)],
        [(a, c)],
        (),
        enforcer=PROCURER,
        blame=lambda on: ("one" if on < b else "two", "supplier"),
        changes=[b],
    )
    assert [(p.party, p.days, p.spans) for p in days.parties] == [
        ("one", 1, ((a, b),)),
        ("two", 1, ((b, c),)),
    ]
