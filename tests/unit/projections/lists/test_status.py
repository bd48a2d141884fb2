"""The status of one subject: what speaks against it, what was imposed, what it may claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledger.entry import Entry
from ledger.events.sanctions import CommitmentMade, IncentiveGranted
from projections.history import folded
from projections.lists.plain import plain
from projections.lists.status import Status, as_imposed, status
from projections.models.derive import derive
from projections.models.governance import NOTHING_GOVERNS
from projections.reader import Public, Reader, Registered, answer
from tests.unit.projections.liability.building import S3, worked_case
from tests.unit.projections.made import (
    FIRM,
    PROCURER,
    R1,
    R2,
    S1,
    Log,
    basic,
    collected,
    lifted,
    objected,
    opened,
    repaired,
    suspended,
    uid,
    withdrawn,
)

TODAY = date(2026, 3, 16)
OFFICER = Registered(TODAY, "op-9", "核查", "示例法第三条")
BANK = Registered(TODAY, "op-9", "核查", "示例法第三条", organisation="SHILI-YINHANG")


def told(entries: Sequence[Entry], day: date, reader: Reader = OFFICER) -> Status:
    size = entries[-1].index + 1
    found = answer(entries, FIRM, reader, valid_at=day, known_at=None, tree_size=size)
    rows = derive(entries, NOTHING_GOVERNS)
    is_public = isinstance(reader, Public)
    return status(found, folded(entries, FIRM)[1], rows, is_public=is_public)


def test_the_fourth_question_of_the_worked_case() -> None:
    """quanzhou, 03-27: S3 suspended since 03-24; its enforcer has not reported that it stopped."""
    log = worked_case().known("03-28").logs["quanzhou"]
    first = replace(log[0], type="SubjectOpened", facts=opened())
    entries = [first, *(replace(e, index=e.index + 1, seq=e.seq + 1) for e in log)]
    found = told(entries, date(2026, 3, 27))
    (sanction,) = found.sanctions
    assert sanction.sanction == S3
    assert (sanction.state, sanction.since) == ("suspended", date(2026, 3, 24))
    assert sanction.enforcement.state == "applied"
    assert dict(found.adverse.by_state) == {"disputed": 1}


def test_no_adverse_record_in_three_years_is_counted_by_the_calendar() -> None:
    """Three years after the decision, to the day; after a leap day on 28 February."""
    record = collected(decided_on=date(2024, 2, 29), held_from=date(2024, 2, 29))
    entries = Log().add(date(2024, 3, 1), opened(), record).entries
    assert told(entries, date(2027, 2, 27)).no_adverse_in_three_years is False
    assert told(entries, date(2027, 2, 28)).no_adverse_in_three_years is True
    assert told(entries, date(2027, 2, 28)).no_adverse_since == date(2024, 2, 29)


@pytest.mark.parametrize(
    "changed", [{"adverse": False}, {"exemption": "force_majeure"}], ids=["licence", "exempted"]
)
def test_what_is_no_wrong_does_not_count(changed: dict[str, Any]) -> None:
    """A licence, and a fact that was no fault: neither is an adverse record."""
    found = told(Log().add(TODAY, opened(), collected(**changed)).entries, TODAY)
    assert (found.adverse.total, found.no_adverse_since) == (0, None)
    assert found.no_adverse_in_three_years is True


def test_what_was_repaired_speaks_against_nobody() -> None:
    """It stands among the records, and three years are counted without it."""
    log = basic().add(date(2026, 6, 1), *repaired())
    found = told(log.entries, date(2026, 6, 1))
    assert dict(found.adverse.by_state) == {"repaired": 1}
    assert found.no_adverse_in_three_years is True
    assert told(log.entries, date(2026, 5, 31)).no_adverse_in_three_years is False


def test_a_reader_who_is_not_shown_everything_is_promised_nothing() -> None:
    """The public never, and a bank not while a record is for the government only."""
    log = Log().add(TODAY, opened(), collected(), collected(R2, publicity="government"))
    assert told(log.entries, TODAY).no_adverse_in_three_years is False
    assert told(log.entries, TODAY, Public(TODAY)).no_adverse_in_three_years is None
    seen = told(log.entries, TODAY, BANK)
    assert (seen.no_adverse_in_three_years, seen.no_adverse_since) == (None, None)
    assert [each.record for each in seen.records] == [R1]
    assert R2 not in str(plain(seen)).replace(f"record {R2}", "")


def test_retention_takes_the_facts_away() -> None:
    """Of an expired record the tier is not told any more."""
    entries = Log().add(TODAY, opened(), collected(held_until=date(2026, 3, 15))).entries
    (record,) = told(entries, TODAY).records
    assert (record.state, record.tier, record.adverse) == ("expired", None, None)


def test_as_imposed_looks_past_rulings_and_withdrawals_from_before() -> None:
    """Of a day before the withdrawal was entered: what was upon the subject then."""
    log = basic().add(date(2026, 3, 20), objected(), suspended())
    log.add(date(2026, 4, 24), withdrawn(), lifted())
    state = folded(log.entries, FIRM)[1]
    sanction = state.sanctions[S1]
    days = {
        date(2026, 3, 8): "not_started",
        date(2026, 3, 15): "in_force",
        date(2026, 3, 20): "suspended",
        date(2026, 4, 23): "suspended",
        date(2026, 4, 24): "lifted",
    }
    assert {day: as_imposed(sanction, state.records, day) for day in days} == days
    assert told(log.entries, date(2026, 3, 15)).sanctions[0].state == "lifted"


def test_commitments_and_incentives_are_told_to_those_who_register() -> None:
    """What is open, what is overdue, and which incentives hold on the day."""
    log = Log().add(
        TODAY,
        opened(),
        collected(),
        CommitmentMade(
            commitment=uid(8), kind="承诺", made_to=PROCURER, made_on=TODAY,
            due_on=date(2026, 4, 30),
        ),
        IncentiveGranted.model_validate(
            {"incentive": uid(9), "measure": "绿色通道", "basis": "示例",
             "granted_by": PROCURER, "from": TODAY, "until": date(2026, 6, 1)}
        ),
    )  # fmt: skip
    found = told(log.entries, date(2026, 5, 1))
    assert [(each.state, each.overdue) for each in found.commitments] == [("open", True)]
    assert [each.valid_until for each in found.incentives] == [date(2026, 6, 1)]
    assert told(log.entries, date(2026, 4, 30)).commitments[0].overdue is False
    assert told(log.entries, date(2026, 6, 1)).incentives == ()
    seen = told(log.entries, TODAY, Public(TODAY))
    assert (seen.commitments, seen.incentives) == ((), ())


def test_plain_values_have_one_form() -> None:
    """Days and instants as in entries; what has no form in JSON is no answer."""
    assert plain({"a": (date(2026, 3, 1), FIRM, None, True)}) == {
        "a": ["2026-03-01", str(FIRM), None, True]
    }
    with pytest.raises(TypeError):
        plain(1.5)
