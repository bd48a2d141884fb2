"""What the rule pack fills in when a record is collected, and how a correction may change it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.commands import subject_commands as commands
from ledger.events.governance import RoleEnded
from ledger.events.records import RecordCollected, RecordCorrected
from ledger.subject import refusals
from ledger.subject.collecting import collect_record
from ledger.subject.decide_corrections import correct_record
from ledger.subject.status import is_published
from tests.unit.subject.made import (
    DOCUMENT,
    SUBJECT,
    Scene,
    collect,
    correct,
    day,
    entry,
    repair,
    repair_decision,
    withdraw,
)


def collected(scene: Scene, **over: Any) -> RecordCollected:
    scene.do("SUPPLIER", collect(**over))
    facts = scene.facts[0]
    assert isinstance(facts, RecordCollected)
    return facts


def test_a_supplier_whose_role_has_ended_collects_nothing_by_whatever_way() -> None:
    """Also where a record is collected past the commands, as an import does, row after row."""
    scene = Scene("03-02")
    ended = RoleEnded(organisation="SUPPLIER", role="supplier", on=day("03-02"))
    scene.registry.evolve(entry(ended, index=99))
    with pytest.raises(refusals.WithoutRole):
        collect_record(scene.subject, collect(), scene.context("SUPPLIER"))
    assert not scene.subject.pending


@pytest.mark.parametrize(
    ("given", "tier", "categories"),
    [
        ({"amounts": {"fine": "3.5"}}, "general", ("罚款",)),
        ({"amounts": {"confiscated": "0.01"}}, "general", ("没收违法所得",)),
        ({"amounts": {"fine": "0"}}, "minor", ()),
        ({"amounts": {"fine": "0.000000"}}, "minor", ()),
        ({"amounts": None}, "minor", ()),
        ({"categories": ["警告", "罚款"]}, "general", ("警告", "罚款")),
        ({"categories": ["警告", "吊销许可证件"]}, "serious", ("警告", "吊销许可证件")),
        ({"categories": ["警告"], "tier": "general"}, "general", ("警告",)),
        ({"item": "judicial_enforcement", "amounts": None}, "serious", ()),
        ({"item": "administrative_licence", "amounts": None}, "none", ()),
    ],
)
def test_tier(given: dict[str, Any], tier: str, categories: tuple[str, ...]) -> None:
    """The tier is that given, else the highest of the categories or amounts, else the item's."""
    facts = collected(Scene(), **given)
    assert (facts.tier, facts.categories) == (tier, categories)


@pytest.mark.parametrize(
    ("kind", "given", "publicity"),
    [
        ("legal_person", {}, "public"),
        ("natural_person", {}, "authorised"),
        ("legal_person", {"item": "administrative_compulsion"}, "authorised"),
        ("legal_person", {"item": "contract_breach"}, "government"),
        ("legal_person", {"publicity": "government"}, "government"),
    ],
)
def test_publicity(kind: Any, given: dict[str, Any], publicity: str) -> None:
    """The directory's class for the kind of subject, unless a class is given."""
    facts = collected(Scene(kind=kind), **given)
    assert facts.publicity == publicity
    assert (facts.publish_from is None) == (publicity != "public")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"publish_until": "2026-12-31"}, ("2026-02-27", "2026-12-31")),
        ({"publish_until": "2040-01-01"}, ("2026-02-27", "2029-02-27")),
        ({"publish_until": None}, ("2026-02-27", "2029-02-27")),
        ({"publish_from": "2026-03-06"}, ("2026-03-06", "2027-02-27")),
        ({"categories": ["警告"]}, (None, None)),
        ({"item": "contract_breach"}, (None, None)),
    ],
)
def test_publication(given: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    """From the decision until the earlier of the file's end and the pack's, or not at all."""
    facts = collected(Scene(), **given)
    found = tuple(d and d.isoformat() for d in (facts.publish_from, facts.publish_until))
    assert found == expected


def test_periods_of_the_day_of_the_decision() -> None:
    """Decided under the rule of April 2026, a general record is public for a year at most."""
    facts = collected(Scene("04-03"), decided_on="2026-04-02", publish_until=None)
    assert facts.publish_until == day("2027-04-02")
    licence = {"item": "administrative_licence", "amounts": None, "publish_until": None}
    facts = collected(Scene(), **licence, held_until="2027-01-01")
    assert (facts.publish_until, facts.held_until) == (day("2027-01-01"),) * 2


def test_retention_and_the_other_defaults() -> None:
    """Adverse records are held five years from the decision, others without end."""
    facts = collected(Scene())
    assert (facts.held_from, facts.held_until) == (day("2026-02-27"), day("2031-02-27"))
    assert (facts.organ, facts.adverse, facts.correctable) == ("SUPPLIER", True, True)
    assert collected(Scene(), held_until="2026-12-31").held_until == day("2026-12-31")
    assert collected(Scene(), item="administrative_licence", amounts=None).held_until is None


def test_a_document_is_known_under_the_other_identifiers_of_the_subject_too() -> None:
    """What a tied stream holds is neither collected nor corrected into this one again."""
    old, new = Scene("05-27"), Scene("05-27")
    old.do("SUPPLIER", collect(document_number="16号"))
    record = old.do("SUPPLIER", collect())
    other = new.do("SUPPLIER", collect(document_number="18号"))
    tied = (old.subject,)
    context = new.context("SUPPLIER")._replace(tied=tied)
    with pytest.raises(refusals.AlreadyRecorded):
        collect_record(new.subject, collect(), context)
    second = new.context("SECOND")._replace(tied=tied)
    with pytest.raises(refusals.SecondSource):
        collect_record(new.subject, collect(supplier="SECOND"), second)
    with pytest.raises(refusals.AlreadyRecorded):
        correct_record(new.subject, correct(other, {"document_number": DOCUMENT}), context)
    assert not new.subject.pending
    collect_record(new.subject, collect(document_number="19号"), context)
    old.do("SUPPLIER", withdraw(record))
    collect_record(new.subject, collect(), context._replace(tied=(old.subject,)))
    assert len(new.subject.pending) == 2


def test_secrets_lock_under_the_record_and_those_it_names() -> None:
    """The narrative locks under the record's key, what names a person also under theirs
    for this subject."""
    scene = Scene()
    party = {"scheme": "resident_id", "identifier": "made-up", "name": "示例"}
    sealed = {"narrative": "x", "parties": [party]}
    record = scene.do("SUPPLIER", collect(), sealed=sealed)
    person = f"person:00000000-0000-0000-0000-000000000007/{SUBJECT}"
    assert [(s.field, s.keys) for s in scene.last[0].secrets] == [
        ("narrative", (f"record:{record}",)),
        ("parties", (f"record:{record}", person)),
    ]


# -- corrections --------------------------------------------------------------------


def corrected(scene: Scene, record: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The new facts of a correction, by field."""
    scene.do("SUPPLIER", correct(record, changes), on="03-25")
    facts = scene.facts[0]
    assert isinstance(facts, RecordCorrected)
    return {change.field: change.new for change in facts.changes}


def test_correction_says_old_and_new_and_derives_what_followed() -> None:
    """What the pack had derived from a wrong fact is derived anew, and told in the entry."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(publish_until=None))
    assert corrected(scene, record, {"decided_on": "2026-02-20"}) == {
        "decided_on": "2026-02-20",
        "held_from": "2026-02-20",
        "held_until": "2031-02-20",
        "publish_from": "2026-02-20",
        "publish_until": "2029-02-20",
    }
    facts = scene.facts[0]
    assert isinstance(facts, RecordCorrected)
    assert facts.changes[0].old == "2026-02-27"
    scene.refuses(
        refusals.NothingToCorrect, "SUPPLIER", correct(record, {"decided_on": "2026-02-20"})
    )
    scene.do("SUPPLIER", correct(record, {}), sealed={"narrative": "更正后的事实"})


def test_minor_after_all_is_not_published() -> None:
    """A record corrected to a minor one leaves publication by itself."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    assert is_published(scene.subject.state.records[record], day("03-24"))
    new = corrected(scene, record, {"categories": ["警告"]})
    assert (new["tier"], new["publish_from"], new["publish_until"]) == ("minor", None, None)
    assert not is_published(scene.subject.state.records[record], day("03-25"))


def test_stated_tier_stays_stated() -> None:
    """A tier that the supplier stated against the categories is not derived away."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(categories=["罚款"], tier="serious"))
    assert corrected(scene, record, {"categories": ["警告"]}) == {"categories": ["警告"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"record": "x"},
        {"supplier": "SECOND"},
        {"organ": "SECOND"},
        {"item": "wage_arrears"},
        {"adverse": False},
        {"volunteered": True},
        {"no_such_fact": 1},
        {"decided_on": "2026-02-30"},
        {"amounts": {"fine": "1e3"}},
        {"tier": None},
        {"tier": "worst"},
    ],
)
def test_what_a_correction_may_not_change(changes: dict[str, Any]) -> None:
    """Whose record it is, and facts that are none, are not corrected."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    scene.refuses(refusals.UncorrectableField, "SUPPLIER", correct(record, changes), on="03-25")


def test_correction_does_not_evade_what_a_collection_may_not_say() -> None:
    """No lost basis, no second source, no other's document, no minor, no longer publication."""
    scene = Scene(kind="natural_person", adult_on=day("2026-02-20"))
    record = scene.do("SUPPLIER", collect())
    scene.do("SUPPLIER", collect(document_number="18号"))
    scene.do("SECOND", collect(document_number="19号", supplier="SECOND"))
    scene.today = day("03-25")
    for error, changes in (
        (refusals.WithoutLegalBasis, {"legal_basis": None}),
        (refusals.AlreadyRecorded, {"document_number": "18号"}),
        (refusals.SecondSource, {"document_number": "19号"}),
        (refusals.SubjectIsMinor, {"decided_on": "2026-02-19"}),
        (refusals.EmptyInterval, {"held_from": "2031-02-27"}),
        (refusals.UnknownCategory, {"categories": ["没有的类别"]}),
    ):
        scene.refuses(error, "SUPPLIER", correct(record, changes))
    other = Scene()
    record = other.do("SUPPLIER", collect(publish_until=None))
    assert "publish_until" not in corrected(
        other, record, {"publish_until": "2040-01-01", "document_number": "20号"}
    )


# -- publication ----------------------------------------------------------------------


def test_publication_ends_by_itself_and_on_order() -> None:
    """Half-open, ended by order on its day, by repair and withdrawal; never begun again."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    state = scene.subject.state.records[record]
    assert [
        is_published(state, day(d)) for d in ("02-26", "02-27", "2027-02-26", "2027-02-27")
    ] == [
        False,
        True,
        True,
        False,
    ]
    show = commands.PublishRecord(record=record, on=day("03-02"), channel="网站")
    scene.do("SUPPLIER", show)
    end = commands.EndPublication(record=record, on=day("03-10"), basis="示例")
    scene.do("CENTRE", end, on="03-10")
    state = scene.subject.state.records[record]
    assert (is_published(state, day("03-09")), is_published(state, day("03-10"))) == (True, False)
    scene.refuses(refusals.AlreadyEnded, "CENTRE", end)
    scene.refuses(refusals.AlreadyEnded, "SUPPLIER", show)


def test_publishing_outside_the_period() -> None:
    """A record is published neither before nor after its period, nor when it is not public."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(publish_from="2026-03-05", publish_until="2026-04-01"))

    def show(on: str) -> commands.PublishRecord:
        return commands.PublishRecord(record=record, on=day(on), channel="网站")

    scene.refuses(refusals.BeforeItsCause, "SUPPLIER", show("03-04"), on="04-02")
    scene.refuses(refusals.AlreadyEnded, "SUPPLIER", show("04-01"))
    record = scene.do("SUPPLIER", collect(document_number="2号", publicity="authorised"))
    scene.refuses(refusals.UncorrectableField, "SUPPLIER", show("03-05"))


@pytest.mark.parametrize("ending", ["withdrawn", "repaired"])
def test_what_ended_is_no_longer_public(ending: str) -> None:
    """Withdrawal and repair end publication without another order."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect())
    if ending == "withdrawn":
        scene.do("SUPPLIER", withdraw(record), on="05-27")
    else:
        key = scene.do("CENTRE", repair(record, "05-27"), on="05-27")
        scene.do("REVIEW", repair_decision(key, "approved", "05-27"))
    assert not is_published(scene.subject.state.records[record], day("05-27"))


@pytest.mark.parametrize(
    ("kind", "item", "asked"),
    [
        ("natural_person", "administrative_penalty", "public"),
        ("legal_person", "administrative_compulsion", "public"),
        ("legal_person", "contract_breach", "authorised"),
    ],
)
def test_no_wider_class_than_the_directory(kind: Any, item: str, asked: Any) -> None:
    """A record may be narrowed, but never shown to more readers than the directory says."""
    scene = Scene(kind=kind)
    scene.refuses(
        refusals.WiderThanDirectory, "SUPPLIER", collect(item=item, publicity=asked, amounts=None)
    )


def test_a_correction_does_not_widen_the_class_either() -> None:
    """What collecting may not do, correcting may not do."""
    scene = Scene()
    record = scene.do("SUPPLIER", collect(item="contract_breach", amounts=None))
    scene.refuses(
        refusals.WiderThanDirectory,
        "SUPPLIER",
        correct(record, changes={"publicity": "public"}),
        on="2026-03-25",
    )


def test_adverse_records_are_held_no_longer_than_the_rules_allow() -> None:
    """A later end that is asked for is cut to the retention of the pack; an earlier stands."""
    longest = collected(Scene()).held_until
    assert longest is not None
    assert collected(Scene(), held_until="2099-01-01").held_until == longest
    assert collected(Scene(), held_until="2027-02-27").held_until == day("2027-02-27")


def test_only_exemptions_of_the_pack() -> None:
    """A ground that the rule pack does not know makes nothing exempt: it is refused."""
    assert collected(Scene(), exemption="force_majeure").exemption == "force_majeure"
    Scene().refuses(refusals.UnknownExemption, "SUPPLIER", collect(exemption="good_friends"))
