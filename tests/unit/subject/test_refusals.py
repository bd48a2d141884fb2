"""Every refusal that the vocabulary lists, clause by clause: its type, and nothing pending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from ledger.commands import subject_commands as commands
from ledger.errors import Refusal
from ledger.events.governance import RoleEnded
from ledger.rules import load_default
from ledger.subject import refusals
from tests.unit.subject.made import (
    NO_ID,
    Scene,
    answer,
    collect,
    correct,
    day,
    decision,
    disputed,
    entry,
    impose,
    mend,
    notice,
    objection,
    repair,
    repair_decision,
    sanctioned,
    told,
    withdraw,
    wrongful,
)

# -- 1: records -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("no_such_item", "legal_person"),
        ("titles_and_posts", "legal_person"),
        ("registration", "natural_person"),
        ("rating", "natural_person"),
    ],
)
def test_item_outside_the_directory_for_this_kind(item: str, kind: Any) -> None:
    """What the directory does not have for this kind of subject is not collected."""
    scene = Scene(kind=kind)
    scene.refuses(refusals.OutsideDirectory, "SUPPLIER", collect(item=item))


@pytest.mark.parametrize("missing", ["supplier", "document_number", "item", "decided_on"])
def test_record_without_supplier_or_document(missing: str) -> None:
    """A record without item, supplier, document or day is no command at all."""
    with pytest.raises(ValidationError):
        collect(**{missing: None})
    with pytest.raises(ValidationError):
        collect(document_number=" ")


def test_adverse_record_without_legal_basis() -> None:
    """An adverse record names its legal basis; a licence need not."""
    scene = Scene()
    scene.refuses(refusals.WithoutLegalBasis, "SUPPLIER", collect(legal_basis=None))
    scene.do("SUPPLIER", collect(item="administrative_licence", legal_basis=None, amounts=None))


def test_supplier_without_the_role_on_the_day() -> None:
    """The supplier holds its role on the day of recording, not only once."""
    scene = Scene("03-02")
    scene.refuses(refusals.WithoutRole, "NOBODY", collect(supplier="NOBODY"))
    scene.refuses(refusals.WithoutRole, "STRANGER", collect(supplier="STRANGER"))
    scene.registry.evolve(
        entry(RoleEnded(organisation="SUPPLIER", role="supplier", on=day("03-02")), index=99)
    )
    scene.do("SUPPLIER", collect(), on="03-01")
    scene.refuses(refusals.WithoutRole, "SUPPLIER", collect(document_number="18号"), on="03-02")


def test_record_in_anothers_name() -> None:
    """A supplier collects in its own name only."""
    Scene().refuses(refusals.NotYours, "SECOND", collect(supplier="SUPPLIER"))


def test_second_source_and_the_same_again() -> None:
    """One document has one source and one record; withdrawn, it may be collected anew."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    scene.refuses(refusals.SecondSource, "SECOND", collect(supplier="SECOND"))
    scene.refuses(refusals.AlreadyRecorded, "SUPPLIER", collect(decided_on="2026-02-26"))
    scene.do("SUPPLIER", collect(item="judicial_enforcement"))
    scene.do("SUPPLIER", collect(organ="ORGAN-2"))
    scene.do("SUPPLIER", withdraw(record))
    again = scene.do("SECOND", collect(supplier="SECOND", organ="ORGAN-3", document_number="9号"))
    assert again != record
    assert scene.do("SUPPLIER", collect()) not in {record, again}


def test_minor_and_forbidden_data() -> None:
    """Nothing is recorded of a minor's day, and no forbidden data in the narrative."""
    scene = Scene(kind="natural_person", adult_on=day("2026-02-28"))
    scene.refuses(refusals.SubjectIsMinor, "SUPPLIER", collect())
    scene.refuses(
        refusals.SubjectIsMinor, "SUPPLIER", collect(item="administrative_licence", amounts=None)
    )
    scene.do("SUPPLIER", collect(decided_on="2026-02-28"))
    other = Scene()
    for narrative in ("其宗教信仰为", {"facts": ["当事人血型为A型"]}):
        other.refuses(
            refusals.ForbiddenData, "SUPPLIER", collect(), sealed={"narrative": narrative}
        )
    other.refuses(refusals.NotSealable, "SUPPLIER", collect(), sealed={"grounds": "x"})
    other.do("SUPPLIER", collect(), sealed={"narrative": "超范围经营"})


def test_unknown_category_of_penalty() -> None:
    """A category that weighs nothing in the pack is refused, not guessed."""
    Scene().refuses(refusals.UnknownCategory, "SUPPLIER", collect(categories=["没有的类别"]))


def test_subject_not_opened() -> None:
    """Nothing happens to a subject that is not open, whatever the command."""
    scene = Scene(is_open=False)
    scene.refuses(refusals.NotOpened, "SUPPLIER", collect())
    scene.refuses(refusals.NotOpened, "BUYER", impose(NO_ID))
    scene.refuses(refusals.NotOpened, "CENTRE", objection(NO_ID))


# -- 2: sanctions -----------------------------------------------------------------


def test_measure_outside_the_list() -> None:
    """A measure that the list does not have for this kind of subject is not imposed."""
    scene = Scene()
    record = told(scene)
    scene.refuses(refusals.OutsideMeasuresList, "BUYER", impose(record, measure="no_such"))
    scene.refuses(refusals.OutsideMeasuresList, "BUYER", impose(record, measure="limit_posts"))


def test_sanction_on_no_record_or_a_strange_one() -> None:
    """A sanction rests on records that this subject has."""
    scene = Scene()
    told(scene)
    scene.refuses(refusals.RestsOnNothing, "BUYER", impose(), on="03-09")
    scene.refuses(refusals.UnknownId, "BUYER", impose(NO_ID))


def _withdrawn(scene: Scene, record: str) -> None:
    scene.do("SUPPLIER", withdraw(record), on="03-10")


def _withdrawn_from_a_day(scene: Scene, record: str) -> None:
    scene.do("SUPPLIER", withdraw(record, effective="2026-03-10"), on="03-10")


def _disputed(scene: Scene, record: str) -> None:
    scene.do("CENTRE", objection(record, "03-10"), on="03-10")


def _upheld(scene: Scene, record: str) -> None:
    key = scene.do("CENTRE", objection(record, "03-10"), on="03-10")
    scene.do("REVIEW", decision(key, "upheld", "03-11"), on="03-11")


def _mended(scene: Scene, record: str) -> None:
    scene.do("SUPPLIER", mend(record, "03-10"), on="03-10")


def _repaired(scene: Scene, record: str) -> None:
    key = scene.do("CENTRE", repair(record, "05-27"), on="05-27")
    scene.do("REVIEW", repair_decision(key, "approved", "05-27"))


def _expired(scene: Scene, record: str) -> None:
    scene.do("SUPPLIER", correct(record, {"held_until": "2026-03-26"}), on="03-26")


def _exempt(scene: Scene, record: str) -> None:
    scene.do("SUPPLIER", correct(record, {"exemption": "force_majeure"}), on="03-26")


@pytest.mark.parametrize(
    ("befalls", "error"),
    [
        (_withdrawn, refusals.RecordCannotBear),
        (_withdrawn_from_a_day, refusals.RecordCannotBear),
        (_disputed, refusals.RecordCannotBear),
        (_upheld, refusals.RecordCannotBear),
        (_mended, refusals.RecordCannotBear),
        (_repaired, refusals.RecordCannotBear),
        (_expired, refusals.RecordCannotBear),
        (_exempt, refusals.TierBearsNoSanction),
    ],
)
def test_record_that_bears_no_sanction(
    befalls: Callable[[Scene, str], None], error: type[Refusal]
) -> None:
    """No sanction rests on a record in any state but valid or corrected, alone or beside one."""
    scene = Scene()
    record, sound = told(scene), told(scene, document_number="18号")
    befalls(scene, record)
    when = {"starts_on": scene.today, "ends_on": "2027-02-27"}
    scene.refuses(error, "BUYER", impose(record, **when))
    scene.refuses(error, "BUYER", impose(sound, record, **when))
    scene.do("BUYER", impose(sound, **when))


def test_record_that_will_have_expired_or_does_not_hold_yet() -> None:
    """A start later than the record's end, or before it holds, is refused."""
    scene = Scene()
    ending = told(scene, held_until="2026-06-01")
    scene.refuses(
        refusals.RecordCannotBear, "BUYER", impose(ending, starts_on="2026-06-01"), on="03-09"
    )
    later = told(scene, document_number="18号", held_from="2026-03-20")
    scene.refuses(refusals.RecordCannotBear, "BUYER", impose(later), on="03-09")
    scene.refuses(refusals.RecordCannotBear, "BUYER", impose(later), on="03-20")


def test_back_dated_start_does_not_pass_by_a_dispute() -> None:
    """The record bears it today and on the first day, whichever of the two is earlier."""
    scene = Scene()
    record = told(scene)
    scene.do("CENTRE", objection(record, "03-10"), on="03-10")
    scene.refuses(refusals.RecordCannotBear, "BUYER", impose(record))
    key = next(iter(scene.subject.state.objections))
    scene.do("REVIEW", decision(key, "rejected", "03-12"), on="03-12")
    during = impose(record, starts_on="2026-03-11")
    scene.refuses(refusals.RecordCannotBear, "BUYER", during)
    scene.do("BUYER", impose(record))


def test_tier_that_bears_no_sanction() -> None:
    """Minor records bear no measure; a general one not what only serious ones bear."""
    scene = Scene()
    minor = told(scene, amounts=None, categories=["警告"], publish_until=None)
    licence = told(scene, item="administrative_licence", amounts=None)
    general = told(scene, document_number="18号")
    for record in (minor, licence):
        scene.refuses(refusals.TierBearsNoSanction, "BUYER", impose(record), on="03-09")
    scene.refuses(
        refusals.TierBearsNoSanction,
        "BUYER",
        impose(general, measure="limit_market_entry", approved_by="op-2"),
    )
    scene.refuses(refusals.TierBearsNoSanction, "BUYER", impose(general, minor))


def test_notice_not_served() -> None:
    """Without a notice, or with one served only after the start, there is no sanction."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    scene.refuses(refusals.NoticeNotServed, "BUYER", impose(record), on="03-09")
    scene.do("CENTRE", notice(record, "03-10"), on="03-10")
    scene.refuses(refusals.NoticeNotServed, "BUYER", impose(record))
    scene.do("BUYER", impose(record, starts_on="2026-03-10"))


def test_unapproved_where_a_second_person_approves() -> None:
    """The second person is another than the operator."""
    scene = Scene()
    record = told(scene, categories=["吊销许可证件"])
    heavy = {"measure": "limit_market_entry"}
    scene.refuses(refusals.ApprovalMissing, "BUYER", impose(record, **heavy), on="03-09")
    scene.refuses(refusals.ApprovalMissing, "BUYER", impose(record, **heavy, approved_by="op-1"))
    scene.do("BUYER", impose(record, **heavy, approved_by="op-2"))


def test_sanction_without_end_or_too_long() -> None:
    """A sanction has an end, after its start, and inside what the measure allows."""
    scene = Scene()
    record = told(scene)
    with pytest.raises(ValidationError):
        impose(record, ends_on=None)
    scene.refuses(refusals.EmptyInterval, "BUYER", impose(record, ends_on="2026-03-09"), on="03-09")
    scene.refuses(refusals.TooLong, "BUYER", impose(record, ends_on="2029-03-10"))
    scene.do("BUYER", impose(record, ends_on="2029-03-09"))


def test_sanction_on_a_minor() -> None:
    """Nothing is imposed on a minor, for a minor's act, or where the age is not known."""
    scene = Scene(kind="natural_person", adult_on=day("2026-02-01"))
    record = told(scene)
    scene.adult_on = day("2026-04-01")
    scene.refuses(refusals.SubjectIsMinor, "BUYER", impose(record), on="03-09")
    scene.refuses(
        refusals.SubjectIsMinor, "BUYER", impose(record, starts_on="2026-04-02"), on="04-02"
    )
    scene.adult_on = None
    scene.refuses(refusals.AgeUnknown, "BUYER", impose(record, starts_on="2026-04-02"))
    scene.adult_on = day("2026-02-01")
    scene.do("BUYER", impose(record, starts_on="2026-04-02"))


def test_bodies_of_a_sanction() -> None:
    """Initiator and enforcer hold their roles; the initiator acts itself."""
    scene = Scene()
    record = told(scene)
    scene.refuses(refusals.WithoutRole, "BUYER", impose(record, enforcer="REVIEW"), on="03-09")
    scene.refuses(refusals.WithoutRole, "SUPPLIER", impose(record, initiator="SUPPLIER"))
    scene.refuses(refusals.NotYours, "BUILDER", impose(record))


# -- 3: resuming ------------------------------------------------------------------


def resume(sanction: str, **over: Any) -> commands.ResumeSanction:
    return commands.ResumeSanction.model_validate({"sanction": sanction} | over)


def test_resuming_while_an_objection_is_open() -> None:
    """Open, answered or upheld: the sanction stays suspended until all are rejected."""
    scene = Scene()
    record, sanction, first = disputed(scene)
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(sanction), on="04-01")
    scene.do("SUPPLIER", answer(first, "confirmed", "04-01"))
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(sanction))
    second = scene.do("CENTRE", objection(record, "04-02", filed_by="enforcer"), on="04-02")
    scene.do("REVIEW", decision(first, "rejected", "04-03"), on="04-03")
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(sanction, confirmation=first))
    scene.do("REVIEW", decision(second, "upheld", "04-04"), on="04-04")
    scene.refuses(refusals.ObjectionOpen, "BUYER", resume(sanction))
    assert scene.sanction_state(sanction) == "suspended"


def test_resuming_without_confirmation() -> None:
    """Only a rejected objection to its own records, one that suspended it, confirms."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "upheld", "03-24"), on="03-24")
    scene.do("SUPPLIER", correct(record, {"document_number": "18号"}), on="03-25")
    scene.refuses(refusals.NotConfirmed, "BUYER", resume(sanction), on="03-26")
    other = told(scene, document_number="19号")
    elsewhere = scene.do("CENTRE", objection(other, "03-26"), on="03-26")
    scene.do("REVIEW", decision(elsewhere, "rejected", "03-26"))
    scene.refuses(refusals.NotConfirmed, "BUYER", resume(sanction, confirmation=elsewhere))


def test_resuming_back_or_by_others() -> None:
    """A resumption reaches no day before its own, and is for those it concerns to order."""
    scene = Scene()
    _, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "rejected", "04-01"), on="04-10")
    scene.refuses(refusals.NotYours, "BUILDER", resume(sanction))
    scene.refuses(refusals.BeforeItsCause, "BUYER", resume(sanction, **{"from": "2026-04-01"}))
    scene.do("BUYER", resume(sanction))
    assert scene.sanction_state(sanction, "04-09") == "suspended"
    assert scene.sanction_state(sanction, "04-10") == "in_force"
    scene.refuses(refusals.AlreadyEnded, "BUYER", resume(sanction))


def test_resuming_what_is_over() -> None:
    """Lifted or ended, a sanction is not resumed, and neither on a record that ended."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    scene.do("REVIEW", decision(key, "rejected", "04-01"), on="04-01")
    scene.refuses(refusals.AlreadyEnded, "BUYER", resume(sanction), on="2027-02-27")
    scene.today = day("04-02")
    scene.refuses(refusals.RecordCannotBear, "BUYER", resume(sanction, **{"from": "2031-03-01"}))
    scene.do("SUPPLIER", withdraw(record))
    scene.refuses(refusals.AlreadyEnded, "BUYER", resume(sanction))


def test_a_withdrawal_takes_effect_within_the_records_time() -> None:
    """Not before the record's first day: its sanctions would be lifted before they were."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    early = withdraw(record, effective="2026-02-26")
    scene.refuses(refusals.BeforeItsCause, "SUPPLIER", early, on="03-10")
    scene.do("SUPPLIER", withdraw(record, effective="2026-02-27"), on="03-10")


# -- 4: repairs -------------------------------------------------------------------


def test_repair_before_the_minimum_or_unmet() -> None:
    """Too early and unmet are refused by name; the elapsed time is counted, not claimed."""
    scene = Scene()
    record = told(scene)
    early = scene.do("CENTRE", repair(record, "05-20"), on="05-20")
    error = scene.refuses(
        refusals.RepairTooEarly, "REVIEW", repair_decision(early, "approved", "05-26"), on="05-26"
    )
    assert error.fields["earliest"] == day("05-27")
    scene.do("REVIEW", repair_decision(early, "refused", "05-26"))
    assert scene.facts[0].to_json()["unmet"] == ["minimum_elapsed"]
    poor = scene.do("CENTRE", repair(record, "05-27", "minimum_elapsed"), on="05-27")
    unmet = scene.refuses(
        refusals.RepairUnmet, "REVIEW", repair_decision(poor, "approved", "05-27")
    )
    assert unmet.fields["unmet"] == "fully_corrected, public_commitment"


def test_repair_of_what_cannot_be_repaired() -> None:
    """A record that ended, is not adverse, or is under request is not repaired (again)."""
    scene = Scene()
    record = told(scene)
    licence = told(scene, item="administrative_licence", amounts=None)
    scene.refuses(refusals.RecordCannotBear, "CENTRE", repair(licence, "03-03"))
    scene.refuses(refusals.BeforeItsCause, "CENTRE", repair(record, "02-26"))
    key = scene.do("CENTRE", repair(record, "05-27"), on="05-27")
    scene.refuses(refusals.AlreadyEnded, "CENTRE", repair(record, "05-27"))
    scene.do("SUPPLIER", withdraw(record))
    scene.refuses(refusals.AlreadyEnded, "REVIEW", repair_decision(key, "approved", "05-27"))
    scene.refuses(refusals.AlreadyEnded, "CENTRE", repair(record, "05-27"))


# -- 5: objections ----------------------------------------------------------------


def test_objection_to_a_withdrawn_record() -> None:
    """There is nothing left to dispute in a withdrawn record."""
    scene = Scene()
    record = told(scene)
    scene.do("SUPPLIER", withdraw(record))
    scene.refuses(refusals.AlreadyEnded, "CENTRE", objection(record), on="03-20")


def test_objection_already_open_by_the_same_party() -> None:
    """One open objection a party: open or upheld it blocks another, rejected it does not."""
    scene = Scene()
    record, _, key = disputed(scene)
    scene.refuses(refusals.ObjectedAlready, "CENTRE", objection(record))
    scene.do("CENTRE", objection(record, filed_by="third_party"))
    scene.do("REVIEW", decision(key, "rejected", "03-24"), on="03-24")
    again = scene.do("CENTRE", objection(record, "03-25"), on="03-25")
    scene.do("REVIEW", decision(again, "upheld", "03-26"), on="03-26")
    scene.refuses(refusals.ObjectedAlready, "CENTRE", objection(record, "03-27"), on="03-27")


def test_repeats_of_what_was_not_rejected() -> None:
    """``repeats`` names the same party's own rejected objection to the same record."""
    scene = Scene()
    record, _, key = disputed(scene)
    other = told(scene, document_number="18号")
    scene.today = day("03-24")
    for repeated in (key, NO_ID):
        scene.refuses(refusals.NotARepeat, "CENTRE", objection(record, repeats=repeated))
    scene.do("REVIEW", decision(key, "rejected", "03-24"))
    scene.refuses(refusals.NotARepeat, "CENTRE", objection(other, repeats=key))
    scene.refuses(
        refusals.NotARepeat, "CENTRE", objection(record, filed_by="third_party", repeats=key)
    )
    scene.do("CENTRE", objection(record, repeats=key))


# -- 6: days ----------------------------------------------------------------------


def test_past_facts_dated_ahead() -> None:
    """What states a past fact is not dated after the day of recording."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    tomorrow = "2026-03-21"
    future = refusals.DatedInFuture
    scene.refuses(future, "SUPPLIER", collect(document_number="18号", decided_on=tomorrow))
    scene.refuses(future, "SUPPLIER", notice(record, tomorrow))
    scene.refuses(future, "CENTRE", objection(record, tomorrow, filed_by="enforcer"))
    scene.refuses(future, "SUPPLIER", answer(key, "confirmed", tomorrow))
    scene.refuses(future, "REVIEW", decision(key, "rejected", tomorrow))
    scene.refuses(future, "SUPPLIER", withdraw(record, effective=tomorrow))
    scene.refuses(future, "SUPPLIER", correct(record, {"tier": "minor"}, corrected_on=tomorrow))
    scene.refuses(
        future,
        "SUPPLIER",
        correct(record, {"decided_on": tomorrow}, corrected_on="2026-03-20"),
    )
    scene.refuses(future, "SUPPLIER", mend(record, tomorrow))
    scene.refuses(future, "CENTRE", repair(record, tomorrow))
    scene.refuses(future, "REVIEW", wrongful(sanction, tomorrow))
    ended = commands.EndPublication(record=record, on=day(tomorrow), basis="x")
    scene.refuses(future, "SUPPLIER", ended)
    shown = commands.PublishRecord(record=record, on=day(tomorrow), channel="x")
    scene.refuses(future, "SUPPLIER", shown)
    report = commands.ReportEnforcement(sanction=sanction, on=day(tomorrow), state="suspended")
    scene.refuses(future, "BUYER", report)


def test_acts_dated_before_their_cause() -> None:
    """What follows from something is not dated before it."""
    scene = Scene()
    record, _, key = disputed(scene)
    before = refusals.BeforeItsCause
    scene.refuses(before, "SUPPLIER", notice(record, "02-26"))
    scene.refuses(before, "SUPPLIER", mend(record, "02-26"))
    scene.refuses(before, "SUPPLIER", answer(key, "confirmed", "03-19"))
    scene.refuses(before, "REVIEW", decision(key, "rejected", "03-19"))
    scene.refuses(before, "CENTRE", objection(record, "02-26", filed_by="enforcer"))


def test_empty_intervals() -> None:
    """``[from, until)`` is never empty, whatever it bounds."""
    scene = Scene()
    empty = refusals.EmptyInterval
    scene.refuses(empty, "SUPPLIER", collect(held_from="2026-03-01", held_until="2026-03-01"))
    scene.refuses(empty, "SUPPLIER", collect(publish_from="2026-03-01", publish_until="2026-03-01"))
    record, sanction = sanctioned(scene)
    scene.refuses(
        empty,
        "REVIEW",
        wrongful(sanction, "03-09", wrong_from="2026-03-10", wrong_until="2026-03-10"),
    )
    scene.refuses(empty, "SUPPLIER", correct(record, {"held_until": "2026-02-27"}), on="03-25")
    link = commands.LinkSubject(
        other_subject=NO_ID, role="principal", from_=day("03-01"), until=day("03-01")
    )
    scene.refuses(empty, "CENTRE", link)


def test_roles_of_every_command() -> None:
    """A body with no role may give no command at all."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    given = [
        collect(supplier="NOBODY"),
        notice(record),
        impose(record, initiator="NOBODY"),
        objection(record),
        answer(key, "confirmed", "03-20"),
        decision(key, "rejected", "03-20"),
        withdraw(record),
        correct(record, {"tier": "minor"}),
        mend(record, "03-20"),
        repair(record, "03-20"),
        wrongful(sanction, "03-20"),
        resume(sanction),
        commands.LiftSanction(sanction=sanction),
    ]
    for command in given:
        scene.refuses(refusals.WithoutRole, "NOBODY", command)


def test_what_is_anothers_to_do() -> None:
    """What another body supplied, imposed or enforces is not for others to answer or to end."""
    scene = Scene()
    record, sanction, key = disputed(scene)
    mine = refusals.NotYours
    scene.refuses(mine, "SECOND", answer(key, "wrong", "03-20"))
    scene.refuses(mine, "SECOND", notice(record))
    scene.refuses(mine, "SECOND", correct(record, {"tier": "minor"}))
    scene.refuses(mine, "SECOND", mend(record, "03-20"))
    scene.refuses(mine, "SECOND", withdraw(record))
    report = commands.ReportEnforcement(sanction=sanction, on=day("03-20"), state="applied")
    scene.refuses(mine, "BUILDER", report)
    scene.refuses(mine, "BUILDER", commands.LiftSanction(sanction=sanction))
    scene.refuses(refusals.UnknownOrganisation, "SUPPLIER", withdraw(record, fault="STRANGER"))


def test_the_default_pack_has_what_these_tests_rest_on() -> None:
    """The measures and limits named here are those of the packaged pack."""
    measure = load_default().measure("limit_procurement", day("03-09"))
    assert measure is not None
    assert (measure.max_months, measure.tiers) == (36, ("general", "serious"))
