"""Every state of a record and of a sanction, their precedence, and the days at their borders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ledger.events.base import Facts
from ledger.events.disputes import ObjectionDecided, RulingReversed, SanctionRuledWrongful
from ledger.events.records import RecordCorrected, RecordMended
from ledger.events.sanctions import EnforcementReported, SanctionResumed
from projections.history import RecordLine, SanctionLine, history
from tests.unit.projections.made import (
    FIRM,
    MANIFEST,
    O1,
    PROCURER,
    R1,
    R2,
    REVIEWER,
    S1,
    S2,
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

ENTERED = date(2026, 12, 1)
DAY = timedelta(days=1)
HELD_FROM, HELD_UNTIL = date(2026, 2, 27), date(2031, 2, 27)


def mended(record: str = R1, on: date = date(2026, 7, 1)) -> RecordMended:
    return RecordMended(record=record, evidence=MANIFEST, accepted_by=REVIEWER, mended_on=on)


def corrected(on: date = date(2026, 5, 1), record: str = R1, **new: object) -> RecordCorrected:
    changes = [{"field": field, "new": value} for field, value in new.items()]
    return RecordCorrected.model_validate(
        {"record": record, "changes": changes, "cause": "own_check", "corrected_on": on}
    )


def rejected(on: date) -> ObjectionDecided:
    return ObjectionDecided(
        objection=O1, outcome="rejected", reviewer=REVIEWER, decided_on=on, told_on=on
    )


def resumed(on: date) -> SanctionResumed:
    return SanctionResumed(sanction=S1, confirmation=O1, from_=on)


def ruled(from_: date, until: date) -> SanctionRuledWrongful:
    return SanctionRuledWrongful(
        sanction=S1, authority=REVIEWER, ruled_on=ENTERED, wrong_from=from_, wrong_until=until
    )


def reported(on: date, state: str) -> EnforcementReported:
    return EnforcementReported.model_validate(
        {"sanction": S1, "enforcer": PROCURER, "on": on, "state": state}
    )


def record_on(log: Log, valid_at: date, record: str = R1) -> RecordLine | None:
    lines = history(log.entries, FIRM, valid_at=valid_at).records
    return next((line for line in lines if line.record == record), None)


def sanction_on(log: Log, valid_at: date, sanction: str = S1) -> SanctionLine:
    lines = history(log.entries, FIRM, valid_at=valid_at).sanctions
    return next(line for line in lines if line.sanction == sanction)


def with_facts(*facts: Facts) -> Log:
    return basic().add(ENTERED, *facts)


def told(line: RecordLine | SanctionLine | None) -> tuple[str, date] | None:
    return None if line is None else (line.state, line.since)


# -- records ---------------------------------------------------------------------

RECORDS_AT_BORDERS: list[tuple[str, tuple[Facts, ...], date, str, str]] = [
    ("disputed", (objected(on=date(2026, 3, 20)),), date(2026, 3, 20), "valid", "disputed"),
    ("corrected", (corrected(tier="serious"),), date(2026, 5, 1), "valid", "corrected"),
    ("expired", (), HELD_UNTIL, "valid", "expired"),
    ("mended", (mended(),), date(2026, 7, 1), "valid", "mended"),
    ("repaired", repaired(), date(2026, 6, 1), "valid", "repaired"),
    ("withdrawn", (withdrawn(R1, date(2026, 4, 24)),), date(2026, 4, 24), "valid", "withdrawn"),
    (
        "confirmed",
        (objected(on=date(2026, 3, 20)), rejected(date(2026, 4, 1))),
        date(2026, 4, 1),
        "disputed",
        "valid",
    ),
]


@pytest.mark.parametrize(
    ("facts", "border", "before", "after"),
    [case[1:] for case in RECORDS_AT_BORDERS],
    ids=[case[0] for case in RECORDS_AT_BORDERS],
)
def test_a_record_changes_on_its_day(
    facts: tuple[Facts, ...], border: date, before: str, after: str
) -> None:
    """Intervals are half-open: the day before is still the old state, the day itself the new."""
    log = with_facts(*facts)
    assert (told(record_on(log, border - DAY)) or ("",))[0] == before
    assert told(record_on(log, border)) == (after, border)


def test_a_record_is_not_listed_before_it_holds() -> None:
    """The day before ``held_from`` lists nothing; the timeline has the entry all the same."""
    log = basic()
    assert record_on(log, HELD_FROM - DAY) is None
    assert told(record_on(log, HELD_FROM)) == ("valid", HELD_FROM)
    before = history(log.entries, FIRM, valid_at=HELD_FROM - DAY)
    assert "RecordCollected" in {entry.type for entry in before.entries}


def test_withdrawn_from_the_beginning_never_held() -> None:
    """Withdrawn from the beginning: withdrawn since the first day, and because of both."""
    line = record_on(with_facts(withdrawn()), HELD_FROM)
    assert line is not None
    assert (line.state, line.since, line.because) == ("withdrawn", HELD_FROM, (1, 4))


PRECEDENCE: list[Callable[[], tuple[Facts, ...]]] = [
    lambda: (withdrawn(R1, date(2026, 8, 1)),),
    lambda: repaired(on=date(2026, 7, 20)),
    lambda: (mended(),),
    lambda: (corrected(held_until="2026-08-02"),),
    lambda: (objected(on=date(2026, 3, 20)),),
    lambda: (corrected(date(2026, 4, 1), tier="serious"),),
    lambda: (),
]
IN_ORDER = ["withdrawn", "repaired", "mended", "expired", "disputed", "corrected", "valid"]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_first_state_that_fits_wins(first: int) -> None:
    """With this cause and all weaker ones entered, in whatever order, this state is told."""
    causes = [make() for make in PRECEDENCE[first:]]
    for order in (causes, causes[::-1]):
        log = with_facts(*(fact for cause in order for fact in cause))
        line = record_on(log, date(2026, 9, 1))
        assert line is not None
        assert line.state == IN_ORDER[first]


def test_a_corrected_record_tells_its_corrected_facts() -> None:
    """A corrected ``held_until`` decides, and the correction is among the causes."""
    log = with_facts(corrected(held_until="2026-09-01"))
    assert told(record_on(log, date(2026, 8, 31))) == ("corrected", date(2026, 5, 1))
    line = record_on(log, date(2026, 9, 1))
    assert line is not None
    assert (line.state, line.since, line.because) == ("expired", date(2026, 9, 1), (1, 4))


def test_leap_day() -> None:
    """A record held until 29 February is valid on the 28th and expired on the 29th."""
    facts = collected(held_from=date(2027, 2, 28), held_until=date(2028, 2, 29))
    log = Log().add(date(2027, 3, 1), opened(), facts)
    assert told(record_on(log, date(2028, 2, 28))) == ("valid", date(2027, 2, 28))
    assert told(record_on(log, date(2028, 2, 29))) == ("expired", date(2028, 2, 29))
    assert told(record_on(log, date(2028, 3, 1))) == ("expired", date(2028, 2, 29))


def test_a_dispute_after_a_dispute_is_one_run() -> None:
    """Overlapping disputes of two parties: disputed since the first of them."""
    log = with_facts(
        objected(on=date(2026, 3, 20)),
        objected("00000000-0000-7000-8000-0000000000ff", on=date(2026, 3, 25)),
        rejected(date(2026, 4, 1)),
    )
    assert told(record_on(log, date(2026, 4, 5))) == ("disputed", date(2026, 3, 20))


# -- sanctions ---------------------------------------------------------------------

STARTS, ENDS = date(2026, 3, 9), date(2027, 2, 27)

SANCTIONS_AT_BORDERS: list[tuple[str, tuple[Facts, ...], date, str, str]] = [
    ("starts", (), STARTS, "not_started", "in_force"),
    ("ends", (), ENDS, "in_force", "ended"),
    ("suspended", (suspended(),), date(2026, 3, 20), "in_force", "suspended"),
    ("disputed only", (objected(),), date(2026, 3, 20), "in_force", "suspended"),
    (
        "resumed",
        (objected(), suspended(), rejected(date(2026, 4, 1)), resumed(date(2026, 4, 3))),
        date(2026, 4, 3),
        "suspended",
        "in_force",
    ),
    ("lifted", (lifted(cause="ended_early"),), date(2026, 4, 24), "in_force", "lifted"),
    ("record withdrawn", (withdrawn(R1, ENDS - DAY),), ENDS - DAY, "in_force", "lifted"),
    ("record mended", (mended(),), date(2026, 7, 1), "in_force", "lifted"),
    ("record repaired", repaired(), date(2026, 6, 1), "in_force", "lifted"),
    (
        "record expired",
        (corrected(held_until="2026-09-01"),),
        date(2026, 9, 1),
        "in_force",
        "ended",
    ),
    (
        "record not yet held",
        (corrected(held_from="2026-04-02"),),
        date(2026, 4, 2),
        "not_started",
        "in_force",
    ),
    ("wrongful", (ruled(date(2026, 4, 1), ENDS),), date(2026, 4, 1), "in_force", "wrongful"),
    (
        "wrongful for a part",
        (ruled(STARTS, date(2026, 4, 1)),),
        date(2026, 4, 1),
        "wrongful",
        "in_force",
    ),
]


@pytest.mark.parametrize(
    ("facts", "border", "before", "after"),
    [case[1:] for case in SANCTIONS_AT_BORDERS],
    ids=[case[0] for case in SANCTIONS_AT_BORDERS],
)
def test_a_sanction_changes_on_its_day(
    facts: tuple[Facts, ...], border: date, before: str, after: str
) -> None:
    """Half-open for sanctions too, and ``since`` is the day of the change."""
    log = with_facts(*facts)
    assert sanction_on(log, border - DAY).state == before
    assert told(sanction_on(log, border)) == (after, border)


SANCTION_PRECEDENCE: list[tuple[str, tuple[Facts, ...]]] = [
    ("wrongful", (ruled(STARTS, ENDS),)),
    ("lifted", (lifted(cause="ended_early"),)),
    ("ended", (corrected(held_until="2026-09-01"),)),
    ("suspended", (suspended(),)),
    ("in_force", ()),
]


@pytest.mark.parametrize("first", range(len(SANCTION_PRECEDENCE)))
def test_the_first_sanction_state_that_fits_wins(first: int) -> None:
    """With this cause and all weaker ones entered, in whatever order, this state is told."""
    causes = [facts for _, facts in SANCTION_PRECEDENCE[first:]]
    for order in (causes, causes[::-1]):
        log = with_facts(*(fact for cause in order for fact in cause))
        assert sanction_on(log, date(2026, 9, 15)).state == SANCTION_PRECEDENCE[first][0]


def test_suspended_comes_before_not_started() -> None:
    """A sanction suspended before its start says so, and since when."""
    log = with_facts(suspended(on=date(2026, 3, 5)))
    assert told(sanction_on(log, date(2026, 3, 4))) == ("not_started", STARTS)
    assert told(sanction_on(log, date(2026, 3, 5))) == ("suspended", date(2026, 3, 5))


def test_a_reversed_ruling_no_longer_counts() -> None:
    """After the reversal the sanction is what it was without the ruling."""
    reversal = RulingReversed(sanction=S1, authority=REVIEWER, reversed_on=ENTERED)
    log = with_facts(ruled(STARTS, ENDS), reversal)
    assert told(sanction_on(log, STARTS)) == ("in_force", STARTS)


def test_one_ended_record_under_several_lifts_the_sanction() -> None:
    """A sanction on two records does not live on with the other one."""
    log = Log().add(date(2026, 3, 2), opened(), collected(R1), collected(R2))
    log.add(STARTS, imposed(S2, R1, R2)).add(ENTERED, mended(R2))
    assert sanction_on(log, date(2026, 6, 30), S2).state == "in_force"
    assert told(sanction_on(log, date(2026, 7, 1), S2)) == ("lifted", date(2026, 7, 1))


def test_withdrawn_after_its_retention_ended() -> None:
    """What befalls a record after it expired does not put the ended sanction in force."""
    log = with_facts(corrected(held_until="2026-09-01"), mended(on=date(2026, 9, 15)))
    assert told(sanction_on(log, date(2026, 9, 20))) == ("ended", date(2026, 9, 1))


def test_a_sanction_on_an_unknown_record_is_not_in_force() -> None:
    """Missing evidence never carries a sanction."""
    log = Log().add(date(2026, 3, 2), opened(), imposed(S1, R2))
    assert sanction_on(log, STARTS).state == "suspended"


def test_a_second_lifting_postpones_nothing() -> None:
    """Of two liftings the earlier day counts."""
    log = with_facts(lifted(on=date(2026, 4, 1)), lifted(on=date(2026, 8, 1)))
    assert told(sanction_on(log, date(2026, 5, 1))) == ("lifted", date(2026, 4, 1))


def test_enforcement_is_the_last_word_until_valid_at() -> None:
    """The report with the latest day counts; of one day, the one entered last."""
    log = with_facts(
        reported(date(2026, 3, 30), "suspended"),
        reported(date(2026, 3, 9), "applied"),
        reported(date(2026, 3, 30), "still_enforcing"),
    )

    def said(valid_at: date) -> tuple[str | None, date | None]:
        line = sanction_on(log, valid_at).enforcement
        return line.state, line.on

    assert said(date(2026, 3, 8)) == (None, None)
    assert said(date(2026, 3, 29)) == ("applied", date(2026, 3, 9))
    assert said(date(2026, 3, 30)) == ("still_enforcing", date(2026, 3, 30))
