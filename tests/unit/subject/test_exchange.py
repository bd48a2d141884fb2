"""What a received record and received notices do to a subject's state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.events.base import Facts
from ledger.events.exchange import CorrectionNotified, NoticeReceived, RecordReceived
from ledger.events.subjects import HoldPlaced
from ledger.organisations.node_keys import Compromise, Compromises
from ledger.subject.evolve import fold
from ledger.subject.evolve_exchange import confirms
from ledger.subject.state import Shared, SubjectState
from ledger.subject.status import record_status, sanction_status
from ledger.subject.taint import doubted_record
from tests.unit.projections.made import (
    O1,
    O2,
    R1,
    S1,
    SUPPLIER,
    Log,
    collected,
    imposed,
    noticed,
    objected,
    opened,
    uid,
)

AT = datetime(2026, 3, 20, 2, tzinfo=UTC)
DIGEST = "d" * 64
LATE = date(2026, 4, 30)
BAD, GOOD = "b" * 64, "c" * 64


def received(**changes: Any) -> RecordReceived:
    facts: dict[str, Any] = {
        "record": R1,
        "origin": "xiamen",
        "bundle": DIGEST,
        "origin_entry": DIGEST,
        "origin_recorded_at": AT,
        "collected": collected(),
        "notice_served": noticed(),
    }
    return RecordReceived.model_validate(facts | changes)


def notice(act: str, on: date, **changes: Any) -> NoticeReceived:
    facts: dict[str, Any] = {
        "notice": uid(71),
        "record": R1,
        "origin": "xiamen",
        "origin_entry": DIGEST,
        "origin_recorded_at": AT,
        "received_on": on,
        "act": act,
        "required": "suspend",
    }
    return NoticeReceived.model_validate(facts | changes)


def state_of(*facts: tuple[date, Facts]) -> SubjectState:
    log = Log().add(date(2026, 3, 10), opened(), received()).add(date(2026, 3, 12), imposed())
    for on, each in facts:
        log.add(on, each)
    return fold(log.entries)


def record_on(state: SubjectState, day: date) -> str | None:
    found = record_status(state.records[R1], day)
    return None if found is None else found.state


def sanction_on(state: SubjectState, day: date) -> str:
    return sanction_status(state.sanctions[S1], state.records, day).state


D23, D25 = date(2026, 3, 23), date(2026, 3, 25)
OBJECTED = (D23, notice("objection", D23, objection=O1))


def test_a_received_record_is_as_good_as_a_collected_one() -> None:
    """Its facts are the origin's, its notice counts, a sanction rests on it."""
    state = state_of()
    record = state.records[R1]
    assert record.facts == collected()
    assert record.received is not None
    assert record.received.facts.origin == "xiamen"
    assert [known.facts for known in record.notices] == [noticed()]
    assert record.collected.index == record.received.index
    assert (record_on(state, D23), sanction_on(state, D23)) == ("valid", "in_force")


def test_a_record_received_twice_stays_as_it_is() -> None:
    """What befell it since is not undone by a second bundle."""
    again = (date(2026, 4, 1), received(origin="quanzhou", collected=collected(tier="minor")))
    state = state_of(OBJECTED, again)
    assert state.records[R1].facts.tier == "general"
    assert record_on(state, LATE) == "disputed"


def test_an_objection_disputes_the_record_from_the_day_the_notice_came() -> None:
    """Not from the day on which it was filed elsewhere; the sanction is suspended with it."""
    state = state_of(OBJECTED)
    assert (record_on(state, date(2026, 3, 22)), record_on(state, D23)) == ("valid", "disputed")
    assert sanction_on(state, D23) == "suspended"
    assert [known.facts.act for known in state.records[R1].told] == ["objection"]


def test_the_same_objection_told_twice_is_one_dispute() -> None:
    """It ends with one confirmation."""
    state = state_of(OBJECTED, OBJECTED, (D25, notice("confirmed", D25, objection=O1)))
    assert record_on(state, D25) == "valid"


@pytest.mark.parametrize(("named", "then"), [(O1, "valid"), (None, "valid"), (O2, "disputed")])
def test_a_confirmation_ends_the_dispute_that_it_names(named: str | None, then: str) -> None:
    """Without a name it ends all that notices began."""
    state = state_of(OBJECTED, (D25, notice("confirmed", D25, objection=named)))
    assert (record_on(state, date(2026, 3, 24)), record_on(state, D25)) == ("disputed", then)


def test_an_objection_of_this_node_is_not_decided_by_another() -> None:
    """The origin's confirmation ends no dispute that began here."""
    state = state_of((D23, objected(O2, on=D23)), OBJECTED, (D25, notice("confirmed", D25)))
    assert record_on(state, LATE) == "disputed"


def test_a_withdrawal_takes_the_record_away_and_closes_every_objection() -> None:
    """From the beginning, unless the origin says from which day."""
    state = state_of(
        OBJECTED,
        (D23, objected(O2, on=D23)),
        (D25, notice("withdrawal", D25, fault=SUPPLIER, cause="wrong_subject")),
    )
    record = state.records[R1]
    assert record.withdrawn is not None
    assert record.withdrawn.facts.fault == SUPPLIER
    assert record.open_disputes() == []
    assert not state.objections[O2].is_open
    assert (record_on(state, date(2026, 3, 12)), sanction_on(state, LATE)) == (
        "withdrawn",
        "lifted",
    )
    state = state_of((D25, notice("withdrawal", D25, effective="2026-03-24")))
    assert (record_on(state, D23), record_on(state, D25)) == ("valid", "withdrawn")


def test_a_correction_changes_the_facts_and_settles_the_objection_it_names() -> None:
    """The record is as the origin corrected it."""
    told = notice(
        "correction",
        D25,
        objection=O1,
        cause="objection",
        acted_on="2026-03-24",
        changes=[{"field": "tier", "old": "general", "new": "minor"}],
    )
    state = state_of(OBJECTED, (D25, told))
    assert state.records[R1].facts.tier == "minor"
    assert (record_on(state, date(2026, 3, 24)), record_on(state, D25)) == ("disputed", "corrected")


@pytest.mark.parametrize(("act", "then"), [("mended", "mended"), ("repair", "repaired")])
def test_a_release_ends_the_record_on_the_day_that_the_origin_names(act: str, then: str) -> None:
    """Also where the notice came later."""
    state = state_of((D25, notice(act, D25, acted_on="2026-03-24", required="lift")))
    assert (record_on(state, D23), record_on(state, date(2026, 3, 24))) == ("valid", then)
    assert sanction_on(state, D25) == "lifted"
    assert record_on(state_of((D25, notice(act, D25))), D25) == then


def test_an_erasure_is_noted() -> None:
    """The record stays; that its details are to go is known."""
    state = state_of((D25, notice("erasure", D25, required="erase")))
    assert [known.facts.records for known in state.erasures] == [(R1,)]
    assert record_on(state, D25) == "valid"


def test_what_is_told_to_others_changes_nothing_here() -> None:
    """A correction notified is kept with the record, and leaves its state as it was."""
    told = CorrectionNotified.model_validate(
        {
            "notice": uid(72),
            "record": R1,
            "recipient": "quanzhou",
            "act": "objection",
            "required": "suspend",
            "due_on": LATE,
        }
    )
    state = state_of((D25, told))
    record = state.records[R1]
    assert [known.facts for known in record.shared.notified] == [told]
    assert replace(record, shared=Shared()) == state_of().records[R1]
    assert record_on(state, LATE) == "valid"


def test_a_notice_told_before_an_older_one_keeps_what_it_did() -> None:
    """Notices come in any order: a settled objection disputes nothing, an old value comes not back."""
    early, late = AT, AT + timedelta(days=1)

    def correction(at: datetime, tier: str, **also: Any) -> NoticeReceived:
        change = {"field": "tier", "old": "general", "new": tier}
        return notice("correction", D25, origin_recorded_at=at, cause="court",
                      changes=[change], acted_on="2026-03-24", **also)  # fmt: skip

    settling = notice("confirmed", D23, origin_recorded_at=late, objection=O1)
    objecting = notice("objection", D25, origin_recorded_at=early, objection=O1)
    assert record_on(state_of((D23, settling), (D25, objecting)), D25) == "valid"
    withdrawn = notice("withdrawal", D23, origin_recorded_at=late, effective="2026-03-23")
    state = state_of((D23, withdrawn), (D25, objecting))
    assert state.records[R1].open_disputes() == []
    settled = correction(late, "minor", objection=O1)
    state = state_of((D23, settled), (D25, objecting), (D25, correction(early, "serious")))
    assert (record_on(state, LATE), state.records[R1].facts.tier) == ("corrected", "minor")
    another = notice("objection", D25, origin_recorded_at=early, objection=O2)
    assert record_on(state_of((D23, settling), (D25, another)), LATE) == "disputed"


def test_a_confirmation_without_a_name_confirms_what_was_told_before_it_at_the_origin() -> None:
    """Not an objection that the origin entered later."""
    first = notice("objection", D23, objection=O1)
    nameless = notice("confirmed", D25, origin_recorded_at=AT + timedelta(hours=1))
    later = notice("objection", D25, objection=O2, origin_recorded_at=AT + timedelta(hours=2))
    state = state_of((D23, first), (D25, nameless), (D25, later))
    record = state.records[R1]
    assert (confirms(record, O1), confirms(record, O2), confirms(record, uid(99))) == (
        True, False, False)  # fmt: skip
    assert [dispute.objection for dispute in record.open_disputes()] == [O2]


def test_a_hold_keeps_what_an_erasure_elsewhere_would_take() -> None:
    """Nothing is said to be erased that is there still."""
    held = HoldPlaced(hold=uid(81), records=(R1,), authority="COURT", basis="x")
    state = state_of((D23, held), (D25, notice("erasure", D25, required="erase")))
    assert not state.is_erased(R1)
    assert state_of((D25, notice("erasure", D25, required="erase"))).is_erased(R1)


def test_a_second_bundle_brings_the_notice_that_the_first_lacked() -> None:
    """Only where there was none."""
    log = Log().add(date(2026, 3, 10), opened(), received(notice_served=None))
    assert fold(log.entries).records[R1].notices == []
    log.add(date(2026, 3, 12), received()).add(date(2026, 3, 13), received())
    assert [known.facts for known in fold(log.entries).records[R1].notices] == [noticed()]


@pytest.mark.parametrize(("key", "doubtful"), [(BAD, True), (GOOD, False)])
def test_a_confirmation_under_a_compromised_key_leaves_the_record_in_doubt(
    key: str, doubtful: bool
) -> None:
    """It is an adverse act: it ended a dispute."""
    log = Log().add(date(2026, 3, 10), opened(), received()).add(D23, OBJECTED[1])
    log.add(D25, notice("confirmed", D25, objection=O1))
    *before, confirmed = log.entries
    entries = [*(replace(entry, keyid=GOOD) for entry in before), replace(confirmed, keyid=key)]
    known = Compromises.known([Compromise(BAD, AT, 0, 99, LATE)])
    record = fold(entries).records[R1]
    assert (doubted_record(record, (), known) != record) is doubtful
