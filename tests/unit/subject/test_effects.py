"""What follows by itself, in the same transaction as its cause, and what does not."""

from __future__ import annotations

import pytest

from ledger.commands import subject_commands as commands
from ledger.events.sanctions import SanctionLifted, SanctionSuspended
from ledger.subject import refusals
from ledger.subject.evolve import fold
from ledger.subject.status import sanction_status
from tests.unit.subject.made import (
    NO_ID,
    Scene,
    answer,
    collect,
    correct,
    day,
    decision,
    disputed,
    impose,
    mend,
    objection,
    repair,
    repair_decision,
    sanctioned,
    told,
    withdraw,
    wrongful,
)


def suspended(scene: Scene) -> set[str]:
    return {facts.sanction for facts in scene.facts if isinstance(facts, SanctionSuspended)}


def lifted(scene: Scene) -> dict[str, str]:
    return {f.sanction: f.cause for f in scene.facts if isinstance(f, SanctionLifted)}


def resume(sanction: str) -> commands.ResumeSanction:
    return commands.ResumeSanction(sanction=sanction)


def two_records_three_sanctions(scene: Scene) -> tuple[str, str, str, str, str]:
    """R1, R2; S1 on R1, S2 on both, S3 on R2, all imposed on 9 March."""
    first, second = told(scene), told(scene, document_number="18号")
    one = scene.do("BUYER", impose(first), on="03-09")
    both = scene.do("BUYER", impose(first, second, measure="limit_bidding"))
    other = scene.do("BUYER", impose(second, measure="limit_honours"))
    return first, second, one, both, other


def test_objection_suspends_every_sanction_on_the_record_and_no_other() -> None:
    """All that rest on it, alone or beside another record, from the day of filing."""
    scene = Scene()
    first, _, one, both, other = two_records_three_sanctions(scene)
    key = scene.do("CENTRE", objection(first), on="03-22")
    assert scene.names == ["ObjectionFiled", "SanctionSuspended", "SanctionSuspended"]
    assert suspended(scene) == {one, both}
    for event in scene.facts[1:]:
        assert isinstance(event, SanctionSuspended)
        assert (event.cause, event.from_) == (key, day("03-20"))
    assert scene.sanction_state(one, "03-19") == "in_force"
    assert scene.sanction_state(one, "03-20") == "suspended"
    assert scene.sanction_state(both) == "suspended"
    assert scene.sanction_state(other) == "in_force"


def test_objection_spares_what_is_over_but_not_what_will_be_lifted() -> None:
    """Ended or lifted ones are left alone; one to be lifted later is suspended until then."""
    scene = Scene()
    record = told(scene)
    ended = scene.do("BUYER", impose(record, ends_on="2026-03-15"), on="03-09")
    gone = scene.do("BUYER", impose(record))
    going = scene.do("BUYER", impose(record))
    lift = commands.LiftSanction
    scene.do("BUYER", lift(sanction=gone), on="03-18")
    scene.do("BUYER", lift(sanction=going, from_=day("06-01")))
    key = scene.do("CENTRE", objection(record), on="03-20")
    assert suspended(scene) == {going}
    scene.do("REVIEW", decision(key, "rejected", "03-25"), on="03-25")
    assert [scene.sanction_state(s) for s in (ended, gone, going)] == [
        "ended",
        "lifted",
        "suspended",
    ]
    scene.do("BUYER", resume(going))
    assert scene.sanction_state(going) == "in_force"
    assert scene.sanction_state(going, "06-01") == "lifted"


def test_withdrawal_closes_objections_and_lifts() -> None:
    """Every objection to it is closed, every sanction on it lifted, also beside another."""
    scene = Scene()
    first, second, one, both, other = two_records_three_sanctions(scene)
    mine = scene.do("CENTRE", objection(first), on="03-20")
    theirs = scene.do("CENTRE", objection(first, filed_by="enforcer"))
    kept = scene.do("CENTRE", objection(second))
    scene.do("SUPPLIER", withdraw(first), on="04-24")
    assert scene.names == ["RecordWithdrawn", "SanctionLifted", "SanctionLifted"]
    assert lifted(scene) == {one: "record_withdrawn", both: "record_withdrawn"}
    objections = scene.subject.state.objections
    assert [objections[key].is_open for key in (mine, theirs, kept)] == [False, False, True]
    assert scene.sanction_state(other) == "suspended"
    assert scene.record_state(first, "03-15") == "withdrawn"
    scene.refuses(refusals.AlreadyEnded, "REVIEW", decision(mine, "upheld", "04-24"))


def test_mended_record_lifts() -> None:
    """Put right: the sanctions on it are lifted from the day it was put right."""
    scene = Scene()
    first, _, one, both, other = two_records_three_sanctions(scene)
    scene.do("SUPPLIER", mend(first, "03-12"), on="03-14")
    assert lifted(scene) == {one: "record_mended", both: "record_mended"}
    assert scene.sanction_state(one, "03-11") == "in_force"
    assert scene.sanction_state(one, "03-12") == "lifted"
    assert scene.sanction_state(other) == "in_force"
    assert scene.record_state(first) == "mended"


def test_approved_repair_lifts_and_a_refused_one_does_not() -> None:
    """Approval ends publication and sanctions; refusal ends nothing."""
    scene = Scene()
    first, _, one, both, other = two_records_three_sanctions(scene)
    refused = scene.do("CENTRE", repair(first, "05-27"), on="05-27")
    scene.do("REVIEW", repair_decision(refused, "refused", "05-27"))
    assert scene.names == ["RepairDecided"]
    key = scene.do("CENTRE", repair(first, "05-28"), on="05-28")
    scene.do("REVIEW", repair_decision(key, "approved", "05-29"), on="05-29")
    assert scene.names == ["RepairDecided", "SanctionLifted", "SanctionLifted"]
    assert lifted(scene) == {one: "repaired", both: "repaired"}
    assert (scene.record_state(first), scene.sanction_state(other)) == ("repaired", "in_force")


@pytest.mark.parametrize(
    ("changes", "lifts_general", "lifts_serious"),
    [
        ({"tier": "minor"}, True, True),
        ({"tier": "general"}, False, True),
        ({"categories": ["警告"]}, True, True),
        ({"categories": ["罚款"]}, False, True),
        ({"exemption": "force_majeure"}, True, True),
        ({"held_until": "2026-03-25"}, True, True),
        ({"held_from": "2026-03-10"}, True, True),
        ({"document_number": "19号"}, False, False),
        ({"amounts": {"fine": "9"}}, False, False),
        ({"held_until": "2027-01-01"}, False, False),
    ],
)
def test_correction_lifts_only_what_the_record_no_longer_bears(
    changes: dict[str, object], lifts_general: bool, lifts_serious: bool
) -> None:
    """What the corrected record still bears goes on; nothing else does."""
    scene = Scene()
    record = told(scene, categories=["吊销许可证件", "罚款"])
    general = scene.do("BUYER", impose(record), on="03-09")
    serious = scene.do("BUYER", impose(record, measure="limit_market_entry", approved_by="op-2"))
    scene.do("SUPPLIER", correct(record, changes), on="03-25")
    expected = {general} if lifts_general else set()
    expected |= {serious} if lifts_serious else set()
    assert lifted(scene) == dict.fromkeys(expected, "record_corrected")
    for sanction in (general, serious):
        assert (scene.sanction_state(sanction) != "in_force") == (sanction in expected)


def test_repeated_objection_suspends_nothing() -> None:
    """Marked as repeating a rejected one, it is recorded; record and sanctions stay as they were."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "rejected", "04-10"), on="04-10")
    scene.do("BUYER", resume(sanction))
    again = scene.do("CENTRE", objection(record, "04-12", repeats=key), on="04-12")
    assert scene.names == ["ObjectionFiled"]
    assert scene.record_state(record) == "valid"
    assert scene.sanction_state(sanction) == "in_force"
    scene.do("BUYER", impose(record, starts_on="2026-04-12"))
    scene.do("REVIEW", decision(again, "rejected", "04-13"), on="04-13")
    assert scene.names == ["ObjectionDecided"]


def test_repeated_objection_that_is_upheld_disputes_after_all() -> None:
    """Found right at last, it suspends from its decision until the record is put right."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "rejected", "04-10"), on="04-10")
    scene.do("BUYER", resume(sanction))
    again = scene.do("CENTRE", objection(record, "04-12", repeats=key), on="04-12")
    scene.do("REVIEW", decision(again, "upheld", "04-15"), on="04-15")
    assert suspended(scene) == {sanction}
    assert scene.record_state(record, "04-14") == "valid"
    assert scene.record_state(record, "04-15") == "disputed"
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(sanction))
    scene.do(
        "SUPPLIER",
        correct(record, {"document_number": "18号"}, corrected_on="2026-04-16"),
        on="04-16",
    )
    assert scene.record_state(record) == "corrected"
    assert scene.sanction_state(sanction) == "suspended"


def test_second_dispute_while_suspended() -> None:
    """Suspended for two reasons, it resumes only when both are rejected, once, for both."""
    scene = Scene()
    first, second, _, both, _ = two_records_three_sanctions(scene)
    one = scene.do("CENTRE", objection(first), on="03-20")
    two = scene.do("CENTRE", objection(second, "03-24"), on="03-24")
    assert both in suspended(scene)
    scene.do("REVIEW", decision(one, "rejected", "04-01"), on="04-01")
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(both))
    assert scene.sanction_state(both) == "suspended"
    scene.do("REVIEW", decision(two, "rejected", "04-10"), on="04-10")
    assert scene.sanction_state(both) == "suspended"
    scene.do("BUYER", resume(both))
    assert scene.names == ["SanctionResumed"]
    assert scene.sanction_state(both) == "in_force"
    assert scene.sanction_state(both, "04-09") == "suspended"
    assert scene.subject.state.sanctions[both].open_spell is None
    assert scene.sanction_state(both, "2027-02-27") == "ended"


def test_rejection_alone_resumes_nothing() -> None:
    """The confirmation ends the dispute; enforcing again takes an order of its own."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "rejected", "04-10"), on="04-10")
    assert scene.names == ["ObjectionDecided"]
    assert (scene.record_state(record), scene.sanction_state(sanction)) == ("valid", "suspended")


def test_upheld_keeps_disputed_until_corrected_or_withdrawn() -> None:
    """Neither time nor a trifling answer ends it; a correction or withdrawal does."""
    for put_right in (correct(NO_ID, {"document_number": "18号"}), withdraw(NO_ID)):
        scene = Scene()
        record, _, key = disputed(scene)
        scene.do("REVIEW", decision(key, "upheld", "03-24"), on="03-24")
        assert scene.record_state(record, "2026-12-31") == "disputed"
        scene.refuses(refusals.AlreadyEnded, "SUPPLIER", answer(key, "confirmed", "03-24"))
        command = put_right.model_copy(update={"record": record})
        scene.do("SUPPLIER", command, on="03-25")
        assert scene.record_state(record) in {"corrected", "withdrawn"}
        assert scene.record_state(record, "2026-12-31") in {"corrected", "withdrawn"}


def test_correction_closes_no_objection_still_being_verified() -> None:
    """A correction in the objection's name does not answer it; conceding and correcting do."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    changes = {"document_number": "18号"}
    scene.do("SUPPLIER", correct(record, changes, cause="objection"), on="03-25")
    assert scene.record_state(record) == "disputed"
    scene.do("SUPPLIER", answer(key, "corrected", "03-26"), on="03-26")
    assert scene.record_state(record) == "corrected"
    assert scene.record_state(record, "03-25") == "disputed"
    assert scene.sanction_state(sanction) == "suspended"

    other = Scene()
    record, _, key = disputed(other)
    other.do("SUPPLIER", answer(key, "corrected", "03-24"), on="03-24")
    assert other.record_state(record) == "disputed"
    other.do("SUPPLIER", correct(record, changes), on="03-25")
    assert other.record_state(record) == "corrected"


def test_ruling_lifts_what_still_runs() -> None:
    """Ruled wrongful, a running sanction is lifted the same day; a past part lifts nothing."""
    scene = Scene()
    record, sanction = sanctioned(scene)
    scene.do(
        "REVIEW",
        wrongful(sanction, "04-24", faulty_records=[record]),
        on="04-24",
    )
    assert scene.names == ["SanctionRuledWrongful", "SanctionLifted"]
    assert lifted(scene) == {sanction: "ruled_wrongful"}
    assert scene.sanction_state(sanction) == "wrongful"
    reverse = commands.ReverseRuling(sanction=sanction, authority="x", reversed_on=day("04-25"))
    scene.do("REVIEW", reverse, on="04-25")
    assert scene.sanction_state(sanction) == "lifted"
    assert scene.sanction_state(sanction, "04-23") == "in_force"

    part = Scene()
    _, sanction = sanctioned(part)
    ruling = wrongful(sanction, "04-24", wrong_until="2026-04-01")
    part.do("REVIEW", ruling, on="04-24")
    assert part.names == ["SanctionRuledWrongful"]
    assert part.sanction_state(sanction, "03-31") == "wrongful"
    assert part.sanction_state(sanction) == "in_force"
    part.refuses(refusals.AlreadyEnded, "REVIEW", wrongful(sanction, "04-24"))


def test_lifting_early() -> None:
    """Lifted from the day ordered; an order that would change nothing is refused."""
    scene = Scene()
    record, sanction = sanctioned(scene)
    lift = commands.LiftSanction
    scene.refuses(refusals.AlreadyEnded, "BUYER", lift(sanction=sanction, from_=day("2027-02-27")))
    scene.do("BUYER", lift(sanction=sanction, from_=day("06-01")))
    scene.refuses(refusals.AlreadyEnded, "BUYER", lift(sanction=sanction, from_=day("06-02")))
    scene.do("BUYER", lift(sanction=sanction, from_=day("05-01")))
    assert scene.sanction_state(sanction, "04-30") == "in_force"
    assert scene.sanction_state(sanction, "05-01") == "lifted"
    scene.do("SUPPLIER", withdraw(record), on="03-10")
    assert scene.sanction_state(sanction) == "lifted"


def test_what_befalls_a_record_after_the_sanction_ended_lifts_nothing() -> None:
    """An ended sanction stays ended, whatever happens to its record later."""
    scene = Scene()
    record = told(scene)
    sanction = scene.do("BUYER", impose(record, ends_on="2026-04-01"), on="03-09")
    scene.do("SUPPLIER", withdraw(record, effective="2026-05-01"), on="05-01")
    assert scene.names == ["RecordWithdrawn"]
    assert scene.sanction_state(sanction) == "ended"
    assert scene.sanction_state(sanction, "03-31") == "in_force"


def test_expired_record_ends_its_sanctions() -> None:
    """At a record's end the sanctions on it end by themselves; no entry has to say so."""
    scene = Scene()
    record = told(scene, held_until="2026-06-01")
    sanction = scene.do("BUYER", impose(record), on="03-09")
    assert scene.sanction_state(sanction, "05-31") == "in_force"
    assert scene.sanction_state(sanction, "06-01") == "ended"
    extended = correct(record, {"held_until": "2027-06-01"}, corrected_on="2026-06-01")
    scene.refuses(refusals.UncorrectableField, "SUPPLIER", extended, on="06-01")


def test_record_that_ended_before_it_held_stays_ended() -> None:
    """Withdrawn before its first day, a record is neither published, mended nor corrected."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(held_from="2026-06-01"))
    scene.do("SUPPLIER", withdraw(record))
    ended = refusals.AlreadyEnded
    scene.refuses(ended, "SUPPLIER", mend(record, "03-02"))
    scene.refuses(ended, "SUPPLIER", correct(record, {"tier": "minor"}, corrected_on="2026-03-02"))
    scene.refuses(ended, "CENTRE", repair(record, "03-02"))
    shown = commands.PublishRecord(record=record, on=day("03-02"), channel="x")
    scene.refuses(ended, "SUPPLIER", shown)


def test_state_fails_closed_without_the_effects_entry() -> None:
    """A disputed or ended record is not enforced even if no entry on the sanction says so."""
    for end in ("objection", "mend"):
        scene = Scene()
        record, sanction = sanctioned(scene)
        if end == "objection":
            scene.do("CENTRE", objection(record), on="03-20")
        else:
            scene.do("SUPPLIER", mend(record, "03-20"), on="03-20")
        kept = [
            each
            for each in scene.entries
            if not isinstance(each.facts, SanctionSuspended | SanctionLifted)
        ]
        state = fold(kept)
        found = sanction_status(state.sanctions[sanction], state.records, day("03-21"))
        assert found.state == ("suspended" if end == "objection" else "lifted")
        assert found.since == day("03-20")


def test_a_record_admitted_to_be_wrong_is_not_confirmed() -> None:
    """Against the supplier's own answer an objection cannot be rejected; it can be upheld."""
    scene = Scene()
    record, _, filed = disputed(scene)
    scene.do("SUPPLIER", answer(filed, "wrong", "2026-03-24"), on="03-24")
    scene.refuses(
        refusals.AnswerContradicts,
        "REVIEW",
        decision(filed, "rejected", "2026-03-25"),
        on="03-25",
    )
    scene.do("REVIEW", decision(filed, "upheld", "2026-03-25"))
    assert record in scene.subject.state.records


def test_a_check_of_ones_own_settles_no_dispute() -> None:
    """A trivial correction by the supplier leaves the record disputed, its sanction suspended."""
    scene = Scene()
    record, sanction, filed = disputed(scene)
    scene.do("SUPPLIER", answer(filed, "wrong", "2026-03-24"), on="03-24")
    changes = {"legal_basis": "《示例法》第二条"}
    scene.do("SUPPLIER", correct(record, changes=changes, cause="own_check"), on="03-25")
    assert scene.subject.state.objections[filed].is_open
    state = scene.subject.state
    found = sanction_status(state.sanctions[sanction], state.records, day("2026-03-26"))
    assert found.state == "suspended"
