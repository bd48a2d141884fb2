"""One wrong record, its sanction, and how it came to an end: the acts of one city, day by day."""

from __future__ import annotations

from typing import Literal

from ledger.commands import subject_commands as commands
from ledger.events.disputes import ObjectionAnswered, ObjectionFiled, SanctionRuledWrongful
from ledger.events.records import RecordCollected
from ledger.events.sanctions import SanctionLifted
from ledger.subject.status import enforcement, record_status, sanction_status
from tests.unit.subject.made import (
    Scene,
    answer,
    collect,
    day,
    impose,
    notice,
    objection,
    withdraw,
    wrongful,
)

Report = Literal["applied", "suspended", "lifted"]


def report(scene: Scene, sanction: str, state: Report) -> None:
    command = commands.ReportEnforcement(sanction=sanction, on=scene.today, state=state)
    scene.do("BUYER", command)


def test_the_worked_case_at_the_city_that_made_the_mistake() -> None:
    """Due days, days overdue and states are those that were worked out by hand."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(), on="03-02")
    collected = scene.facts[0]
    assert isinstance(collected, RecordCollected)
    assert (collected.tier, collected.publish_until) == ("general", day("2027-02-27"))
    scene.do("CENTRE", notice(record), on="03-03")
    sanction = scene.do("BUYER", impose(record), on="03-09")
    report(scene, sanction, "applied")

    scene.today = day("03-15")
    assert (scene.record_state(record), scene.sanction_state(sanction)) == ("valid", "in_force")

    key = scene.do("CENTRE", objection(record), on="03-20")
    assert scene.names == ["ObjectionFiled", "SanctionSuspended"]
    filed = scene.facts[0]
    assert isinstance(filed, ObjectionFiled)
    assert (filed.due_on, filed.provisional) == (day("2026-04-20"), False)
    report(scene, sanction, "suspended")

    state = scene.subject.state
    found = sanction_status(state.sanctions[sanction], state.records, day("03-25"))
    assert (found.state, found.since) == ("suspended", day("03-20"))
    disputed = record_status(state.records[record], day("03-25"))
    assert disputed is not None
    assert (disputed.state, disputed.since) == ("disputed", day("03-20"))

    scene.do("SUPPLIER", answer(key, "wrong", "04-24"), on="04-24")
    answered = scene.facts[0]
    assert isinstance(answered, ObjectionAnswered)
    assert answered.overdue_working_days == 4
    scene.do("SUPPLIER", withdraw(record))
    lifted = scene.facts[1]
    assert isinstance(lifted, SanctionLifted)
    assert (lifted.sanction, lifted.cause, lifted.from_) == (
        sanction,
        "record_withdrawn",
        day("04-24"),
    )
    scene.do("REVIEW", wrongful(sanction, "04-24", faulty_records=[record]))
    assert scene.names == ["SanctionRuledWrongful"]
    ruled = scene.facts[0]
    assert isinstance(ruled, SanctionRuledWrongful)
    assert (ruled.wrong_from, ruled.wrong_until) == (day("03-09"), day("2027-02-27"))

    assert scene.record_state(record, "03-15") == "withdrawn"
    assert scene.sanction_state(sanction, "03-15") == "wrongful"
    said = enforcement(scene.subject.state.sanctions[sanction], day("03-15"))
    assert (said.state, said.on) == ("applied", day("03-09"))


def test_a_term_past_the_calendar_says_so() -> None:
    """A due day beyond the published calendar is provisional."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(), on="12-15")
    scene.do("CENTRE", objection(record, "12-15"))
    filed = scene.facts[0]
    assert isinstance(filed, ObjectionFiled)
    assert filed.provisional
