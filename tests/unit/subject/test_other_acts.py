"""Links, holds, erasure, consents, commitments, incentives, ratings, complaints, identifiers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger.commands import subject_commands as commands
from ledger.errors import Refusal
from ledger.subject import refusals
from ledger.subject.aggregate import Subject
from ledger.subject.decide_subject import correct_identifier, erase_personal_data, open_subject
from tests.unit.subject.made import DIGEST, NO_ID, SUBJECT, Scene, day, sanctioned, told

OTHER = UUID("00000000-0000-8000-8000-0000000000bb")


def test_opening_seals_a_person_and_shows_an_organisation() -> None:
    """A natural person's identifier and name stand in no fact; they lock under its own key."""
    person = Scene(kind="natural_person")
    assert person.facts[0].to_json() == {"kind": "natural_person", "scheme": "resident_id"}
    assert {s.field: s.keys for s in person.last[0].secrets} == {
        "identifier": (f"subject:{SUBJECT}",),
        "name": (f"subject:{SUBJECT}",),
    }
    firm = Scene()
    assert firm.facts[0].to_json()["identifier"] == "made-up"
    assert firm.last[0].secrets == ()
    with pytest.raises(refusals.AlreadyOpened):
        open_subject(
            firm.subject,
            firm.context("SUPPLIER"),
            kind="legal_person",
            scheme="uscc",
            identifier="x",
            name=None,
            region=None,
        )


def test_links() -> None:
    """A link is ended once, by its id, not before it began."""
    scene = Scene()
    link = commands.LinkSubject(
        other_subject=str(OTHER), role="legal_representative", from_=day("03-01")
    )
    key = scene.do("CENTRE", link)

    def unlink(on: str) -> commands.UnlinkSubject:
        return commands.UnlinkSubject(link=key, on=day(on))

    scene.refuses(refusals.BeforeItsCause, "CENTRE", unlink("02-28"))
    scene.refuses(refusals.DatedInFuture, "CENTRE", unlink("03-03"))
    scene.do("CENTRE", unlink("03-02"))
    scene.refuses(refusals.UnknownId, "CENTRE", unlink("03-02"))


def erase(scene: Scene, **what: Any) -> None:
    command = commands.ErasePersonalData.model_validate({"basis": "示例", **what})
    erase_personal_data(scene.subject, command, scene.context("CENTRE"), [3, 1])
    scene.store()


def refused_erasure(scene: Scene, error: type[Refusal], **what: Any) -> None:
    with pytest.raises(error):
        erase(scene, **what)
    assert not scene.subject.pending


def test_a_hold_forbids_erasing() -> None:
    """What is held is not erased, nor anything that may lock it, until its authority releases it."""
    scene = Scene(kind="natural_person", adult_on=day("2018-01-01"))
    record, other = told(scene), told(scene, document_number="18号")
    hold = scene.do("INSPECT", commands.PlaceHold(records=(record,), basis="示例"))
    refused_erasure(scene, refusals.UnderHold, records=[record])
    refused_erasure(scene, refusals.UnderHold, records=[other], subject_itself=True)
    refused_erasure(scene, refusals.NothingToErase)
    refused_erasure(scene, refusals.UnknownId, records=[NO_ID])
    erase(scene, records=[other])
    assert scene.facts[0].to_json()["keys"] == [1, 3]
    release = commands.ReleaseHold(hold=hold, basis="示例")
    scene.refuses(refusals.NotYours, "REVIEW", release)
    scene.do("INSPECT", release)
    erase(scene, records=[record], subject_itself=True)
    general = scene.do("INSPECT", commands.PlaceHold(basis="示例"))
    assert general
    refused_erasure(scene, refusals.UnderHold, records=[other])


def test_identifier_correction_is_written_to_both_or_none() -> None:
    """Both streams tell it; a code with records of its own is refused."""
    old, new = Scene(), Subject(f"subject/{OTHER}")
    context = old.context("CENTRE")
    open_subject(
        new,
        context,
        kind="legal_person",
        scheme="uscc",
        identifier="y",
        name=None,
        region=None,
    )
    command = commands.CorrectIdentifier(
        new_scheme="uscc", new_identifier="y", reason="重错码", authority="示例"
    )
    correct_identifier(old.subject, new, command, context)
    (told_old,), told_new = old.subject.pending, new.pending[-1]
    assert told_old.facts == told_new.facts
    assert told_old.facts.to_json()["new_subject"] == str(OTHER)
    assert old.subject.state.also_known_as == {str(SUBJECT), str(OTHER)}
    busy = Scene()
    told(busy)
    with pytest.raises(refusals.HasRecordsOfItsOwn):
        correct_identifier(new, busy.subject, command, context)
    with pytest.raises(refusals.HasRecordsOfItsOwn):
        correct_identifier(new, new, command, context)
    assert not busy.subject.pending


def test_consents_commitments_incentives_ratings() -> None:
    """Each is ended once, by those it concerns, and never before or ahead of its day."""
    scene = Scene()
    given = scene.do(
        "CENTRE",
        commands.GiveConsent(what="纳税额", to_whom="BUYER", purpose="示例", until=day("12-31")),
    )
    scene.do("CENTRE", commands.WithdrawConsent(consent=given, on=day("03-02")))
    scene.refuses(
        refusals.UnknownId, "CENTRE", commands.WithdrawConsent(consent=given, on=day("03-02"))
    )
    made = scene.do(
        "CENTRE",
        commands.MakeCommitment(
            kind="容缺受理", made_to="REVIEW", made_on=day("03-01"), due_on=day("03-31")
        ),
    )
    kept = commands.KeepCommitment(commitment=made, on=day("03-02"), evidence=DIGEST)
    scene.do("CENTRE", kept)
    scene.refuses(refusals.AlreadyEnded, "CENTRE", kept)
    broken = commands.BreakCommitment(commitment=NO_ID, on=day("03-02"))
    scene.refuses(refusals.UnknownId, "CENTRE", broken)
    granted = scene.do(
        "CENTRE",
        commands.GrantIncentive(measure="绿色通道", basis="示例", from_=day("03-01")),
    )
    end = commands.EndIncentive(incentive=granted, on=day("03-02"))
    scene.refuses(refusals.NotYours, "BUYER", end)
    ahead = commands.EndIncentive(incentive=granted, on=day("03-03"))
    scene.refuses(refusals.DatedInFuture, "CENTRE", ahead)
    scene.do("CENTRE", end)
    rating = commands.RecordRating(rating="A", scheme="纳税信用", from_=day("01-01"))
    scene.do("SUPPLIER", rating)
    assert scene.facts[0].to_json()["authority"] == "SUPPLIER"
    Scene(kind="natural_person").refuses(refusals.OrganisationsOnly, "SUPPLIER", rating)


def test_complaint_keeps_its_informant_apart() -> None:
    """Who complained locks under a key of the case alone; a case is decided once."""
    scene = Scene()
    complaint = commands.FileComplaint(against="BUYER", filed_on=day("03-02"))
    case = scene.do("CENTRE", complaint, sealed={"who": "示例", "grounds": "x"})
    assert {s.keys for s in scene.last[0].secrets} == {(f"informant:{case}",)}
    decided = commands.DecideComplaint(case=case, outcome="upheld", decided_on=day("03-02"))
    scene.do("INSPECT", decided)
    scene.refuses(refusals.AlreadyEnded, "INSPECT", decided)


def test_restitution_names_who_made_it() -> None:
    """The body that restores is the one that acts."""
    scene = Scene()
    _, sanction = sanctioned(scene)
    made = commands.MakeRestitution(sanction=sanction, what="notice_published", on=day("03-09"))
    scene.do("SUPPLIER", made)
    assert scene.facts[0].to_json()["by"] == "SUPPLIER"
