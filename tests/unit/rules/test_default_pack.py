"""The default pack: what it says on which day, and the figures of the worked case."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import get_args

import pytest

from ledger.events.base import SubjectKind, Tier
from ledger.identifiers import SUBJECT_KINDS, DueDate
from ledger.rules import (
    TIERS,
    CategoryNotInPack,
    DirectoryItem,
    NoRuleInForce,
    PublicationLimits,
    check_pack,
    has_errors,
    load,
    load_default,
)

PACK = load_default()
ORDER_36 = date(2026, 4, 1)
BEGINNING = date(2004, 1, 1)


def item(code: str, day: date = ORDER_36) -> DirectoryItem:
    found = PACK.item(code, day)
    assert found is not None
    return found


def test_the_default_pack_can_be_adopted() -> None:
    """The shipped pack has no error, and its check lists what nobody has verified."""
    findings = check_pack(PACK.to_json())
    assert not has_errors(findings)
    assert {finding.kind for finding in findings} == {"unverified"}


def test_a_pack_travels_as_one_document() -> None:
    """What ``to_json`` writes loads again as the same pack with the same digest."""
    again = load(PACK.to_json())
    assert again == PACK
    assert again.digest == PACK.digest
    assert load(json.loads(PACK.to_json())).to_json() == PACK.to_json()


def test_any_change_gives_another_digest() -> None:
    """The digest covers the whole content, down to one note."""
    document = json.loads(PACK.to_json())
    document["deadlines"][0]["note"] = "another"
    assert load(document).digest != PACK.digest


def test_a_rule_ends_on_the_day_named() -> None:
    """A rule governs from its first day to the day before ``in_force_until``."""
    document = json.loads(PACK.to_json())
    document["measures"][0].update(in_force_from="2020-01-01", in_force_until="2026-01-01")
    pack, code = load(document), document["measures"][0]["code"]
    assert pack.measure(code, date(2019, 12, 31)) is None
    assert pack.measure(code, date(2020, 1, 1)) is not None
    assert pack.measure(code, date(2025, 12, 31)) is not None
    assert pack.measure(code, date(2026, 1, 1)) is None


def test_one_vocabulary_of_subject_kinds() -> None:
    """The kinds that codes lead to are the kinds that events hold."""
    assert get_args(SubjectKind) == SUBJECT_KINDS
    assert get_args(Tier) == TIERS


@pytest.mark.parametrize("code", ["administrative_penalty", "administrative_licence"])
def test_penalties_and_licences_are_public_for_organisations_only(code: str) -> None:
    """Every kind is admitted; organisations public, natural persons on authorisation."""
    for kind in SUBJECT_KINDS:
        assert item(code).admits(kind)
        wanted = "authorised" if kind == "natural_person" else "public"
        assert item(code).publicity_of(kind) == wanted
    assert item(code).adverse is (code == "administrative_penalty")


def test_ratings_are_for_organisations_only() -> None:
    """No rating of a natural person can be collected, and nothing outside the directory."""
    assert not item("rating").admits("natural_person")
    assert item("rating").admits("legal_person")
    assert PACK.item("credit_score", ORDER_36) is None
    assert PACK.item("rating", BEGINNING - timedelta(days=1)) is None


def test_no_item_about_people_is_public_by_default() -> None:
    """What is recorded about natural persons is never ``public`` unless somebody says so."""
    assert all(rule.publicity.natural_person != "public" for rule in PACK.data.directory)


def test_every_adverse_item_demands_a_legal_basis() -> None:
    """No adverse record without legal basis."""
    assert all(rule.requires_legal_basis for rule in PACK.data.directory if rule.adverse)


@pytest.mark.parametrize(
    ("categories", "tier"),
    [
        ([], "none"),
        (["警告"], "minor"),
        (["通报批评"], "minor"),
        (["罚款"], "general"),
        (["没收非法财物", "警告"], "general"),
        (["罚款", "吊销许可证件", "警告"], "serious"),
        (["其他"], "serious"),
    ],
)
def test_the_highest_of_several_categories_counts(categories: list[str], tier: Tier) -> None:
    """Tiers rise from none over minor and general to serious, in whatever order they stand."""
    assert PACK.tier_of_categories(categories, ORDER_36) == tier
    assert PACK.tier_of_categories(reversed(categories), ORDER_36) == tier


def test_an_unknown_category_is_named() -> None:
    """A category that the pack does not know is refused, not weighed as nothing."""
    with pytest.raises(CategoryNotInPack, match="没有这种处罚"):
        PACK.tier_of_categories(["罚款", "没有这种处罚"], ORDER_36)


def test_categories_are_those_of_the_templates() -> None:
    """Fourteen categories of penalties and six of licences."""
    assert len(PACK.categories("penalty", ORDER_36)) == 14
    assert PACK.categories("licence", ORDER_36) == {"普通", "特许", "认可", "核准", "登记", "其他"}
    assert PACK.categories("penalty", BEGINNING - timedelta(days=1)) == frozenset()


@pytest.mark.parametrize(
    ("tier", "decided_on", "limits"),
    [
        ("minor", date(2026, 4, 1), PublicationLimits(0, 3, False)),
        ("general", date(2026, 4, 1), PublicationLimits(3, 12, True)),
        ("serious", date(2026, 4, 1), PublicationLimits(12, 36, True)),
        ("minor", date(2026, 3, 31), PublicationLimits(0, 3, False)),
        ("general", date(2026, 3, 31), PublicationLimits(3, 36, True)),
        ("serious", date(2023, 5, 1), PublicationLimits(3, 36, True)),
        ("general", date(2023, 4, 30), PublicationLimits(3, 12, True)),
        ("serious", date(2019, 7, 1), PublicationLimits(6, 36, True)),
        ("general", date(2004, 1, 1), PublicationLimits(3, 12, True)),
        ("none", date(2026, 4, 1), PublicationLimits(0, 0, False)),
    ],
)
def test_the_day_of_the_decision_decides_the_period(
    tier: Tier, decided_on: date, limits: PublicationLimits
) -> None:
    """Each instrument governs decisions from its first day to the day before the next."""
    assert PACK.publication_limits(tier, decided_on) == limits


def test_some_fields_are_published_for_a_year_at_least() -> None:
    """Special equipment, work safety and fire raise the minimum; other words change nothing."""
    day = date(2025, 1, 1)
    for field in ("special_equipment", "work_safety", "fire"):
        assert PACK.publication_limits("general", day, [field]).min_months == 12
        assert PACK.earliest_repair("general", day, [field]) == date(2026, 1, 1)
    assert PACK.publication_limits("general", day, ["weather"]).min_months == 3


def test_what_a_pack_remembers_is_bounded_and_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked again, also with conditions or after it forgot, a pack says the same."""
    pack = load_default()
    monkeypatch.setattr("ledger.rules.pack.MAX_LIMITS", 2)
    days = [date(2025, 1, 1) + timedelta(days=place) for place in range(5)]
    first = [pack.publication_limits("general", day) for day in days]
    assert [pack.publication_limits("general", day) for day in days] == first
    assert not pack.publication_limits("minor", days[-1]).published
    assert pack.publication_limits("general", days[-1]) == first[-1]
    assert pack.publication_limits("general", days[-1], ["fire"]).min_months == 12
    assert len(pack._limits) <= 2


def test_before_the_pack_there_is_no_rule() -> None:
    """A question for a day without any rule is refused, not answered by a guess."""
    with pytest.raises(NoRuleInForce):
        PACK.publication_limits("general", BEGINNING - timedelta(days=1))
    with pytest.raises(NoRuleInForce):
        PACK.due("objection_answer", BEGINNING - timedelta(days=1))
    with pytest.raises(NoRuleInForce):
        PACK.deadline("no_such_term", ORDER_36)


def test_publication_ends_on_the_earlier_day() -> None:
    """The file may shorten the pack's period, never lengthen it; unpublished tiers get none."""
    penalty, decided = item("administrative_penalty"), date(2026, 2, 27)
    until = PACK.publication_until
    assert until(penalty, "general", decided, file_until=date(2027, 2, 27)) == date(2027, 2, 27)
    assert until(penalty, "general", decided, file_until=date(2039, 1, 1)) == date(2029, 2, 27)
    assert until(penalty, "general", decided) == date(2029, 2, 27)
    assert until(penalty, "minor", decided, file_until=date(2027, 2, 27)) is None
    assert until(penalty, "none", decided, file_until=date(2027, 2, 27)) is None
    assert not PACK.is_published(penalty, "minor", decided)
    assert PACK.is_published(penalty, "general", decided)


def test_a_licence_is_published_while_it_is_valid() -> None:
    """Its publication ends with its validity, or earlier when the file says so."""
    licence, day = item("administrative_licence"), date(2026, 1, 5)
    until = PACK.publication_until
    assert until(licence, "none", day, validity_until=date(2031, 1, 5)) == date(2031, 1, 5)
    assert until(
        licence, "none", day, file_until=date(2028, 1, 1), validity_until=date(2031, 1, 5)
    ) == date(2028, 1, 1)
    assert until(licence, "none", day) is None
    assert PACK.is_published(licence, "none", day)


def test_adverse_information_is_held_for_five_years() -> None:
    """From the end of the conduct where it is known, else from the decision; other facts on."""
    penalty, decided = item("administrative_penalty"), date(2024, 2, 29)
    assert PACK.retention_until(penalty, "general", decided) == date(2029, 2, 28)
    assert PACK.retention_until(penalty, "general", decided, date(2023, 1, 31)) == date(2028, 1, 31)
    assert PACK.retention_until(item("administrative_licence"), "none", decided) is None


@pytest.mark.parametrize("code", ["limit_procurement", "limit_bidding", "limit_fiscal_funds"])
def test_the_three_measures_of_the_worked_case(code: str) -> None:
    """General and serious bear them, for three years at most, without a second approval."""
    measure = PACK.measure(code, date(2026, 3, 9))
    assert measure is not None
    assert [PACK.bears(measure, tier) for tier in TIERS] == [False, False, True, True]
    assert measure.kind == "administrative"
    assert not measure.needs_approval
    assert PACK.longest_end(measure, date(2026, 3, 9)) == date(2029, 3, 9)
    assert set(measure.kinds) == set(SUBJECT_KINDS)


def test_the_measures_list_has_all_four_kinds() -> None:
    """Administrative, market, industry and social measures; some need a second person."""
    assert {rule.kind for rule in PACK.data.measures} == {
        "administrative",
        "market",
        "industry",
        "social",
    }
    listing = PACK.measure("serious_dishonesty_list", ORDER_36)
    assert listing is not None
    assert listing.needs_approval
    assert listing.tiers == ("serious",)
    assert PACK.measure("public_shaming", ORDER_36) is None


def test_terms_are_counted_in_working_days_of_the_official_calendar() -> None:
    """Twenty working days over Qingming and over the national holiday of 2026."""
    assert PACK.due("objection_answer", date(2026, 3, 20)) == DueDate(date(2026, 4, 20), False)
    assert PACK.due("objection_answer", date(2026, 9, 24)) == DueDate(date(2026, 10, 29), False)
    assert PACK.due("objection_answer", date(2026, 12, 24)).provisional
    late = PACK.calendar.working_days_between(date(2026, 4, 20), date(2026, 4, 24))
    assert late.count == 4


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("objection_answer", 20),
        ("local_review", 1),
        ("repair_accept", 3),
        ("repair_decide", 10),
        ("public_disclosure", 7),
        ("withdrawal_of_annulled", 3),
        ("correction_notice", 3),
    ],
)
def test_every_term_is_known_on_every_day(name: str, days: int) -> None:
    """The terms of the obligations, from the pack's beginning on without a gap."""
    for day in (BEGINNING, date(2017, 1, 22), date(2022, 12, 30), date(2025, 6, 21), ORDER_36):
        assert PACK.deadline(name, day).days == days


def test_repair_needs_what_the_rules_name() -> None:
    """By the day of the request: time, correction and a public commitment; minor ones less."""
    assert PACK.earliest_repair("general", date(2026, 2, 27)) == date(2026, 5, 27)
    assert PACK.earliest_repair("serious", date(2026, 4, 30)) == date(2027, 4, 30)
    assert PACK.earliest_repair("minor", date(2026, 4, 30)) == date(2026, 4, 30)
    assert PACK.repair("general", ORDER_36).conditions == (
        "minimum_elapsed",
        "fully_corrected",
        "public_commitment",
    )
    assert PACK.repair("minor", ORDER_36).conditions == ("fully_corrected",)
    assert not PACK.repair("none", ORDER_36).repairable


def test_natural_persons_are_admitted_from_eighteen() -> None:
    """The default pack admits any adult."""
    assert PACK.adult_age(ORDER_36) == 18
    assert PACK.adult_age(BEGINNING) == 18


def test_force_majeure_is_a_known_exemption() -> None:
    """The ground is found by its code, others are not."""
    assert PACK.exemption("force_majeure", ORDER_36) is not None
    assert PACK.exemption("bad_luck", ORDER_36) is None


def test_the_calendar_is_what_the_package_says() -> None:
    """Every day of 2004 to 2026 is a working day exactly when `chinesecalendar` says so."""
    official = pytest.importorskip("chinese_calendar", reason="chinesecalendar is not installed")
    day = PACK.calendar.covers_from
    assert (day, PACK.calendar.covers_until) == (BEGINNING, date(2027, 1, 1))
    while day < PACK.calendar.covers_until:
        assert PACK.calendar.is_working_day(day) == official.is_workday(day), day
        day += timedelta(days=1)
