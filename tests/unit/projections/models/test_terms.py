"""Periods and deadlines: leap days, month ends, make-up days, a calendar that ends, UTC+8."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ledger.events.disputes import ObjectionAnswered, RepairAccepted, RepairDecided
from ledger.events.records import PublicationEnded, RecordPublished
from ledger.events.sanctions import EnforcementReported, SanctionResumed
from ledger.rules import RulePack, load, load_default
from projections.lists.periods import known, suspended_days, term
from projections.models.derive import derive
from projections.models.governance import Adopted, Governance
from projections.models.rows import FOREVER, DeadlineRow, PeriodRow
from tests.unit.projections.made import (
    O1,
    P1,
    PROCURER,
    R1,
    REVIEWER,
    S1,
    SUPPLIER,
    Log,
    basic,
    collected,
    imposed,
    lifted,
    objected,
    opened,
    repaired,
    suspended,
    withdrawn,
)

DEFAULT = Governance((), (Adopted(-1, date.min, load_default()),))


def later_calendar() -> RulePack:
    """The default pack with a holiday more, and a calendar that covers a year more."""
    document: Any = json.loads(load_default().content)
    calendar = document["calendar"]
    calendar["covers_until"] = calendar["covers_until"].replace("2027", "2028")
    calendar["holidays"] = sorted([*calendar["holidays"], "2027-01-04"])
    return load(document)


def terms(log: Log, kind: str, governance: Governance = DEFAULT) -> list[DeadlineRow]:
    """The rows of a kind that stand in the end."""
    rows = derive(log.entries, governance).deadlines
    return [row for row in rows if row.kind == kind and row.known_until == FOREVER]


def one(log: Log, kind: str) -> DeadlineRow:
    (row,) = terms(log, kind)
    return row


def period(log: Log, about: str) -> PeriodRow:
    rows = derive(log.entries, DEFAULT).periods
    (row,) = [row for row in rows if row.about == about and row.known_until == FOREVER]
    return row


# -- deadlines -----------------------------------------------------------------------


def test_publication_is_due_seven_working_days_after_the_decision() -> None:
    """A decision before Spring Festival: holidays do not count, the worked Saturday does."""
    log = Log().add(date(2026, 3, 2), opened(), collected(decided_on=date(2026, 2, 11)))
    row = one(log, "publication")
    assert (row.base_on, row.working_days) == (date(2026, 2, 11), 7)
    calendar = load_default().calendar
    assert row.due_on == calendar.add_working_days(date(2026, 2, 11), 7).due_on
    assert date(2026, 2, 14) in calendar.extra_working_days
    assert row.due_on == date(2026, 2, 27)
    assert row.met_on == date(2026, 3, 2)
    assert term(row, date(2026, 3, 2)).state == "met_late"
    assert term(row, date(2026, 3, 1)).state == "overdue"
    assert term(row, date(2026, 2, 27)).state == "due"


def test_a_day_is_the_day_of_utc_plus_eight() -> None:
    """Entered at 15:59 UTC it is the same legal day, a minute later the next."""
    entered = {}
    for minute, hour in ((59, 15), (0, 16)):
        log = Log().add(date(2026, 3, 2), opened(), collected())
        at = datetime(2026, 3, 10, hour, minute, tzinfo=UTC)
        log.entries[1] = replace(log.entries[1], recorded_at=at)
        entered[hour] = one(log, "publication").met_on
    assert entered == {15: date(2026, 3, 10), 16: date(2026, 3, 11)}


def test_an_earlier_publication_elsewhere_meets_the_term() -> None:
    """The day that the entry of a publication names counts where it is the earlier one."""
    log = Log().add(date(2026, 3, 20), opened(), collected())
    log.add(date(2026, 3, 21), RecordPublished(record=R1, channel="网站", on=date(2026, 3, 3)))
    assert one(log, "publication").met_on == date(2026, 3, 3)


def test_what_is_not_public_need_not_be_published() -> None:
    """No term for a record that is never published, nor for one that came from elsewhere."""
    log = Log().add(date(2026, 3, 2), opened(), collected(publicity="authorised"))
    assert terms(log, "publication") == []


def test_an_objection_is_due_for_answer_and_for_review() -> None:
    """Twenty working days for the supplier as the entry says, one for whoever keeps it."""
    log = basic().add(date(2026, 3, 20), objected(due_on=date(2026, 4, 20)))
    row = one(log, "objection_answer")
    assert (row.organisation, row.due_on, row.met_on) == (SUPPLIER, date(2026, 4, 20), None)
    assert term(row, date(2026, 4, 20)).state == "due"
    assert term(row, date(2026, 4, 21)).state == "overdue"
    review = one(log, "review")
    assert (review.due_on, review.met_on) == (date(2026, 3, 23), date(2026, 3, 20))
    answered = ObjectionAnswered(
        objection=O1, supplier=SUPPLIER, finding="confirmed", answered_on=date(2026, 4, 2)
    )
    log.add(date(2026, 4, 3), answered)
    assert term(one(log, "objection_answer"), date(2026, 4, 3)).state == "met"


def test_a_withdrawal_makes_an_answer_needless() -> None:
    """Nothing is overdue any more once the record is withdrawn."""
    log = basic().add(date(2026, 3, 20), objected()).add(date(2026, 4, 24), withdrawn())
    assert one(log, "objection_answer").met_on == date(2026, 4, 24)


def test_a_provisional_day_is_counted_anew_when_the_calendar_goes_on() -> None:
    """Known before the adoption it stays provisional; from it on it is what the calendar says."""
    filed = date(2026, 12, 21)
    counted = load_default().due("objection_answer", filed)
    assert counted.provisional
    log = basic().add(filed, objected(on=filed, due_on=counted.due_on, provisional=True))
    adopted = Adopted(10, date.min, later_calendar())
    governance = replace(DEFAULT, packs=(*DEFAULT.packs, adopted))
    rows = [
        row for row in derive(log.entries, governance).deadlines if row.kind == "objection_answer"
    ]
    assert [(row.provisional, row.known_from, row.known_until) for row in rows] == [
        (True, 5, 11),
        (False, 11, FOREVER),
    ]
    assert rows[0].due_on == counted.due_on
    assert rows[1].due_on > counted.due_on


def test_a_repair_has_its_three_clocks() -> None:
    """Three working days to accept, ten to decide, one to review; met as entered."""
    day = date(2026, 6, 1)
    request, _ = repaired(on=day)
    log = basic().add(day, request)
    assert one(log, "repair_acceptance").due_on == date(2026, 6, 4)
    assert one(log, "repair_decision").met_on is None
    accepted = RepairAccepted(repair=P1, accepted_on=date(2026, 6, 5), due_on=date(2026, 6, 15))
    log.add(date(2026, 6, 5), accepted)
    assert term(one(log, "repair_acceptance"), date(2026, 6, 5)).state == "met_late"
    decided = RepairDecided(
        repair=P1, outcome="approved", reviewer=REVIEWER, decided_on=date(2026, 6, 8)
    )
    log.add(date(2026, 6, 8), decided)
    row = one(log, "repair_decision")
    assert (row.organisation, row.met_on) == (REVIEWER, date(2026, 6, 8))


def test_an_annulled_decision_is_to_be_withdrawn_in_three_working_days() -> None:
    """From the day of annulment, which is the day from which the withdrawal counts."""
    annulled = withdrawn(effective=date(2026, 4, 3)).model_copy(
        update={"cause": "decision_annulled"}
    )
    log = basic().add(date(2026, 4, 10), annulled)
    row = one(log, "annulled_publication_end")
    assert (row.base_on, row.due_on) == (date(2026, 4, 3), date(2026, 4, 9))
    assert term(row, date(2026, 4, 10)).state == "met_late"


def reported(on: date, state: str) -> EnforcementReported:
    return EnforcementReported.model_validate(
        {"sanction": S1, "enforcer": PROCURER, "on": on, "state": state}
    )


def test_an_enforcer_reports_each_stop_that_found_it_enforcing() -> None:
    """The suspension is due for a report; a lifting after that report is not."""
    stop = date(2026, 3, 20)
    log = basic().add(stop, objected(), suspended())
    row = one(log, "enforcement_report")
    assert (row.organisation, row.base_on, row.due_on) == (PROCURER, stop, date(2026, 3, 25))
    assert row.met_on is None
    log.add(date(2026, 3, 30), reported(date(2026, 3, 20), "suspended"))
    assert one(log, "enforcement_report").met_on == date(2026, 3, 30)
    log.add(date(2026, 4, 24), withdrawn(), lifted())
    assert [row.base_on for row in terms(log, "enforcement_report")] == [stop]


def test_a_resumption_ends_the_duty_and_the_next_stop_begins_one() -> None:
    """What was not reported is owed no more once the sanction runs again."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    resumed = SanctionResumed.model_validate(
        {"sanction": S1, "confirmation": O1, "from": "2026-04-01"}
    )
    log.add(date(2026, 4, 1), resumed).add(date(2026, 4, 24), lifted())
    rows = sorted(terms(log, "enforcement_report"), key=lambda row: row.base_on)
    assert [(row.base_on, row.met_on) for row in rows] == [
        (date(2026, 3, 20), date(2026, 4, 1)),
        (date(2026, 4, 24), None),
    ]


# -- periods -------------------------------------------------------------------------


def test_month_ends_and_leap_days() -> None:
    """Three months from 30 November are the last day of February, of a leap year the 29th."""
    for decided, repair in (
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
    ):
        log = Log().add(date(2026, 3, 2), opened(), collected(decided_on=decided))
        assert period(log, "record").earliest_repair == repair


def test_the_period_of_a_record() -> None:
    """Held from and until, published until, kept until; disputed days beside them."""
    log = basic().add(date(2026, 3, 20), objected())
    row = period(log, "record")
    assert (row.starts_on, row.ends_on) == (date(2026, 2, 27), date(2031, 2, 27))
    assert row.suspensions == ((date(2026, 3, 20), None),)
    assert row.publication_until == date(2027, 2, 27)
    assert row.retention_until == date(2031, 2, 27)
    ended = PublicationEnded(record=R1, on=date(2026, 5, 1), basis="示例")
    assert period(log.add(date(2026, 5, 1), ended), "record").publication_until == ended.on


def test_a_record_that_ended_cannot_be_repaired() -> None:
    """Withdrawn from the beginning: it never ran, and there is nothing to repair."""
    row = period(basic().add(date(2026, 4, 24), withdrawn()), "record")
    assert (row.starts_on, row.ends_on) == (date(2026, 2, 27), date(2026, 2, 27))
    assert (row.earliest_repair, row.publication_until) == (None, None)


def test_suspended_days_are_never_added_at_the_end() -> None:
    """The end stays where it was imposed; days are counted up to the day that is asked for."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    row = period(log, "sanction")
    assert (row.starts_on, row.ends_on) == (date(2026, 3, 9), date(2027, 2, 27))
    assert [suspended_days(row, day) for day in (date(2026, 3, 20), date(2026, 3, 25))] == [0, 5]
    assert suspended_days(row, date(2030, 1, 1)) == (date(2027, 2, 27) - date(2026, 3, 20)).days
    resumed = SanctionResumed.model_validate(
        {"sanction": S1, "confirmation": O1, "from": "2026-04-01"}
    )
    after = period(log.add(date(2026, 4, 1), resumed), "sanction")
    assert after.ends_on == row.ends_on
    assert date(2026, 4, 1) not in {day for span in row.suspensions for day in span}


def test_overlapping_suspensions_count_once() -> None:
    """Two objections on one day are one span of days."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    log.add(date(2026, 3, 23), suspended(on=date(2026, 3, 23)))
    assert period(log, "sanction").suspensions == ((date(2026, 3, 20), None),)


def test_periods_are_told_as_known() -> None:
    """At the size before the objection nobody knew of a suspension."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    rows = derive(log.entries, DEFAULT).periods
    told = {each.about: each for each in known(rows, 4, date(2026, 3, 25))}
    assert told["sanction"].suspensions == ()
    assert told["sanction"].suspended_days == 0


def test_a_sanction_ends_by_itself_with_its_record() -> None:
    """The record expires before the sanction's own last day: no entry is needed for that."""
    log = Log().add(date(2026, 3, 2), opened(), collected(held_until=date(2026, 9, 1)), imposed())
    assert period(log, "sanction").ends_on == date(2026, 9, 1)
