"""The worked case of the liability trail, as the deciding node's own history tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ledger.events.disputes import ObjectionAnswered, SanctionRuledWrongful
from ledger.events.sanctions import EnforcementReported
from projections.answer import Answer
from projections.history import history
from projections.reader import Registered, answer
from tests.unit.projections.made import (
    FIRM,
    O1,
    PROCURER,
    R1,
    REVIEWER,
    S1,
    SUPPLIER,
    Log,
    collected,
    imposed,
    lifted,
    noticed,
    objected,
    opened,
    suspended,
    withdrawn,
)

NOON = 12


def reported(on: date, state: str) -> EnforcementReported:
    return EnforcementReported.model_validate(
        {"sanction": S1, "enforcer": PROCURER, "on": on, "state": state}
    )


def worked_case() -> Log:
    log = Log().add(date(2026, 3, 2), opened(), collected())
    log.add(date(2026, 3, 3), noticed())
    log.add(date(2026, 3, 9), imposed())
    log.add(date(2026, 3, 9), reported(date(2026, 3, 9), "applied"))
    log.add(date(2026, 3, 20), objected(), suspended())
    log.add(date(2026, 3, 20), reported(date(2026, 3, 20), "suspended"))
    log.add(
        date(2026, 4, 24),
        ObjectionAnswered(
            objection=O1,
            supplier=SUPPLIER,
            finding="wrong",
            answered_on=date(2026, 4, 24),
            overdue_working_days=4,
        ),
    )
    log.add(date(2026, 4, 24), withdrawn(), lifted())
    return log.add(
        date(2026, 4, 24),
        SanctionRuledWrongful(
            sanction=S1,
            faulty_records=(R1,),
            authority=REVIEWER,
            ruled_on=date(2026, 4, 24),
            wrong_from=date(2026, 3, 9),
            wrong_until=date(2027, 2, 27),
        ),
    )


def asked(valid_at: date, known_at: datetime) -> Answer:
    log = worked_case()
    size = sum(entry.recorded_at <= known_at for entry in log.entries)
    reader = Registered(date(2026, 5, 1), "op-9", "招标资格审查", "示例法第三条")
    return answer(log.entries, FIRM, reader, valid_at=valid_at, known_at=known_at, tree_size=size)


def test_in_force_as_known_at_the_time() -> None:
    """03-15 as known on 03-15: one adverse record, one sanction in force."""
    told = asked(date(2026, 3, 15), datetime(2026, 3, 15, NOON, tzinfo=UTC))
    (record,) = told.records
    (sanction,) = told.sanctions
    assert (record.state, record.since) == ("valid", date(2026, 2, 27))
    assert (sanction.state, sanction.since) == ("in_force", date(2026, 3, 9))
    assert (sanction.enforcement.state, sanction.enforcement.on) == ("applied", date(2026, 3, 9))
    assert not told.masked


def test_the_same_day_as_known_after_the_ruling() -> None:
    """03-15 as known on 04-30: the record is withdrawn, S1 wrongful, the ruling is the cause."""
    told = asked(date(2026, 3, 15), datetime(2026, 4, 30, NOON, tzinfo=UTC))
    (record,) = told.records
    (sanction,) = told.sanctions
    assert (record.state, record.since) == ("withdrawn", date(2026, 2, 27))
    assert (sanction.state, sanction.since) == ("wrongful", date(2026, 3, 9))
    ruling = told.entries[sanction.because[-1]]
    assert (ruling.type, ruling.facts["ruled_on"]) == ("SanctionRuledWrongful", "2026-04-24")


def test_disputed_and_suspended() -> None:
    """03-25 as known on 03-25: the record is disputed, S1 suspended since the objection."""
    told = asked(date(2026, 3, 25), datetime(2026, 3, 25, NOON, tzinfo=UTC))
    (record,) = told.records
    (sanction,) = told.sanctions
    assert (record.state, record.since) == ("disputed", date(2026, 3, 20))
    assert (sanction.state, sanction.since) == ("suspended", date(2026, 3, 20))
    assert {told.entries[i].type for i in sanction.because} >= {
        "SanctionImposed",
        "SanctionSuspended",
    }
    assert (sanction.enforcement.state, sanction.enforcement.on) == (
        "suspended",
        date(2026, 3, 20),
    )


def test_the_timeline_is_what_was_known() -> None:
    """The timeline holds exactly the entries below the tree size, in log order."""
    log = worked_case()
    for size in range(len(log.entries) + 1):
        told = history(log.entries[:size], FIRM, valid_at=date(2026, 3, 15))
        assert [entry.index for entry in told.entries] == list(range(size))
