"""What the check of a rule pack finds, and what loading refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.errors import UnusableInput
from ledger.rules import BadRulePack, check_pack, has_errors, load, load_default

Document = dict[str, Any]


def document() -> Document:
    parsed: Document = json.loads(load_default().to_json())
    return parsed


def _overlap(pack: Document) -> None:
    pack["deadlines"].append({**pack["deadlines"][0], "days": 15})


def _overlap_by_a_day(pack: Document) -> None:
    first = next(rule for rule in pack["periods"] if rule["in_force_until"] == "2026-04-01")
    first["in_force_until"] = "2026-04-02"


def _empty_interval(pack: Document) -> None:
    pack["measures"][0]["in_force_until"] = pack["measures"][0]["in_force_from"]


def _before_pack(pack: Document) -> None:
    pack["measures"][0]["in_force_from"] = "1999-01-01"


def _no_source(pack: Document) -> None:
    del pack["directory"][0]["source"]


def _empty_instrument(pack: Document) -> None:
    pack["directory"][0]["source"]["instrument"] = " "


def _unknown_tier(pack: Document) -> None:
    pack["categories"][0]["tier"] = "grave"


def _no_period_for_none(pack: Document) -> None:
    pack["periods"].append({**pack["periods"][0], "tier": "none"})


def _unknown_kind(pack: Document) -> None:
    pack["directory"][0]["kinds"].append("robot")


def _endless_measure(pack: Document) -> None:
    del pack["measures"][0]["max_months"]


def _endless_measure_null(pack: Document) -> None:
    pack["measures"][0]["max_months"] = None


def _time_gap(pack: Document) -> None:
    pack["periods"] = [
        rule
        for rule in pack["periods"]
        if (rule["tier"], rule["in_force_from"]) != ("general", "2019-07-01")
    ]


def _no_admission(pack: Document) -> None:
    pack["admission"] = []


def _minimum_over_maximum(pack: Document) -> None:
    pack["periods"][0]["min_months"] = 99


def _slow_pattern(pack: Document) -> None:
    pack["data_patterns"][0]["pattern"] = "(a{1,9}){1,9}b"


def _broken_pattern(pack: Document) -> None:
    pack["data_patterns"][0]["pattern"] = "("


def _year_without_holidays(pack: Document) -> None:
    days = pack["calendar"]["holidays"]
    pack["calendar"]["holidays"] = [day for day in days if not day.startswith("2015")]


def _uncovered_day(pack: Document) -> None:
    pack["calendar"]["holidays"].append("2027-01-01")


def _holiday_on_a_sunday(pack: Document) -> None:
    pack["calendar"]["holidays"].append("2026-12-27")


def _unsorted_days(pack: Document) -> None:
    pack["calendar"]["holidays"].reverse()


def _empty_calendar(pack: Document) -> None:
    pack["calendar"]["covers_until"] = pack["calendar"]["covers_from"]


def _unknown_member(pack: Document) -> None:
    pack["score"] = {}


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_overlap, "overlap"),
        (_overlap_by_a_day, "overlap"),
        (_empty_interval, "empty_interval"),
        (_before_pack, "before_pack"),
        (_no_source, "missing_source"),
        (_empty_instrument, "missing_source"),
        (_unknown_tier, "unknown_tier"),
        (_no_period_for_none, "unknown_tier"),
        (_unknown_kind, "unknown_kind"),
        (_endless_measure, "measure_without_end"),
        (_endless_measure_null, "measure_without_end"),
        (_time_gap, "time_gap"),
        (_no_admission, "time_gap"),
        (_minimum_over_maximum, "bad_period"),
        (_slow_pattern, "bad_pattern"),
        (_broken_pattern, "bad_pattern"),
        (_year_without_holidays, "calendar"),
        (_uncovered_day, "calendar"),
        (_holiday_on_a_sunday, "calendar"),
        (_unsorted_days, "calendar"),
        (_empty_calendar, "calendar"),
        (_unknown_member, "structure"),
    ],
)
def test_each_fault_is_found_and_placed(spoil: Callable[[Document], None], kind: str) -> None:
    """One spoiled place gives an error of its kind, with the place, and bars adoption."""
    pack = document()
    spoil(pack)
    findings = check_pack(pack)
    assert kind in {found.kind for found in findings if found.severity == "error"}
    assert all(found.where and found.detail for found in findings)
    assert has_errors(findings)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"id": NaN}',
        b'{"id": "a", "id": "b"}',
        b'{"version": 1.5}',
        b"\xff",
        b"[" * 100_000,
        b"{}",
    ],
)
def test_what_is_no_pack_is_a_finding_and_not_a_crash(raw: bytes) -> None:
    """Any bytes give findings from the check and ``UnusableInput`` from loading."""
    assert has_errors(check_pack(raw))
    with pytest.raises(UnusableInput):
        load(raw)


def test_loading_refuses_an_unfit_pattern() -> None:
    """A pattern whose work is not bounded never runs, adopted or not."""
    pack = document()
    _slow_pattern(pack)
    with pytest.raises(BadRulePack, match="data_patterns/0"):
        load(pack)


def test_loading_names_the_place() -> None:
    """The first place that has not the shape of a pack stands in the error."""
    pack = document()
    _unknown_kind(pack)
    with pytest.raises(BadRulePack, match="directory/0/kinds"):
        load(pack)


def test_unverified_rules_are_listed_as_notices() -> None:
    """Every unverified rule is listed with its place; a verified one is not."""
    pack = document()
    before = {found.where for found in check_pack(pack)}
    assert "measures/0" in before
    pack["measures"][0]["verified"] = True
    assert before - {found.where for found in check_pack(pack)} == {"measures/0"}
