"""What is wrong with a rule pack before a node adopts it.

A pack with an ``error`` is not to be adopted; a ``notice`` tells what a reader should
know, such as a rule that nobody has verified.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from pydantic import ValidationError

from ledger.errors import UnusableInput
from ledger.rules.model import SECTIONS, TIERS, Calendar, PackContent, Rule
from ledger.rules.patterns import fault_of_pattern
from ledger.rules.reading import parse_document
from ledger.signing.canonical import canonical

Severity = Literal["error", "notice"]
FindingKind = Literal[
    "unreadable",
    "structure",
    "missing_source",
    "unknown_tier",
    "unknown_kind",
    "measure_without_end",
    "empty_interval",
    "before_pack",
    "overlap",
    "time_gap",
    "bad_period",
    "calendar",
    "bad_pattern",
    "unverified",
]
_SATURDAY = 5

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: how grave, of which kind, where (``periods/3``), and what."""

    severity: Severity
    kind: FindingKind
    where: str
    detail: str


def check_pack(raw: bytes | Mapping[str, object]) -> list[Finding]:
    """Everything found in the document, errors first; pure, never raises for bad input.

    A document that has not the shape of a pack yields its structural errors only.
    """
    try:
        document = parse_document(raw)
        canonical(document)
    except UnusableInput as error:
        return [Finding("error", "unreadable", "/", str(error))]
    try:
        data = PackContent.model_validate(document)
    except ValidationError as error:
        return list(_structural(error))
    found = [
        *_intervals(data),
        *_overlaps(data),
        *_gaps(data),
        *_periods(data),
        *_patterns(data),
        *_calendar(data.calendar),
        *_unverified(data),
    ]
    return sorted(found, key=lambda finding: finding.severity)


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when a pack with these findings is not to be adopted."""
    return any(finding.severity == "error" for finding in findings)


def _structural(error: ValidationError) -> Iterator[Finding]:
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        steps = [str(step) for step in fault["loc"]]
        yield Finding("error", _kind_of(steps, fault["type"]), "/".join(steps) or "/", fault["msg"])


def _kind_of(steps: list[str], fault: str) -> FindingKind:
    names = set(steps)
    if "source" in names:
        return "missing_source"
    if steps[:1] == ["measures"] and "max_months" in names:
        return "measure_without_end"
    if fault == "literal_error":
        if names & {"tier", "tiers", "default_tier"}:
            return "unknown_tier"
        if names & {"kind", "kinds"}:
            return "unknown_kind"
    return "structure"


def _rules(data: PackContent) -> Iterator[tuple[str, Rule]]:
    for section in SECTIONS:
        for place, rule in enumerate(getattr(data, section)):
            yield f"{section}/{place}", rule


def _intervals(data: PackContent) -> Iterator[Finding]:
    for where, rule in _rules(data):
        if rule.in_force_until is not None and rule.in_force_from >= rule.in_force_until:
            detail = f"in force from {rule.in_force_from} until {rule.in_force_until}: never"
            yield Finding("error", "empty_interval", where, detail)
        if rule.in_force_from < data.in_force_from:
            detail = f"in force from {rule.in_force_from}, the pack from {data.in_force_from} only"
            yield Finding("error", "before_pack", where, detail)


def _grouped(
    section: str, rules: Iterable[R], key: Callable[[R], Hashable]
) -> dict[Hashable, list[tuple[str, R]]]:
    groups: dict[Hashable, list[tuple[str, R]]] = {}
    for place, rule in enumerate(rules):
        groups.setdefault(key(rule), []).append((f"{section}/{place}", rule))
    for members in groups.values():
        members.sort(key=lambda member: member[1].in_force_from)
    return groups


def _all_groups(data: PackContent) -> Iterator[tuple[Hashable, list[tuple[str, Rule]]]]:
    """Rules that answer the same question, by time."""
    keys: dict[str, Callable[[Rule], Hashable]] = {
        "directory": lambda rule: getattr(rule, "code", ""),
        "measures": lambda rule: getattr(rule, "code", ""),
        "categories": lambda rule: (getattr(rule, "of", ""), getattr(rule, "name", "")),
        "periods": lambda rule: (getattr(rule, "tier", ""), getattr(rule, "condition", None)),
        "retention": lambda rule: getattr(rule, "adverse", None),
        "deadlines": lambda rule: getattr(rule, "name", ""),
        "repair": lambda rule: getattr(rule, "tier", ""),
        "admission": lambda _: "",
        "exemptions": lambda rule: getattr(rule, "code", ""),
    }
    for section, key in keys.items():
        yield from _grouped(section, getattr(data, section), key).items()


def _overlaps(data: PackContent) -> Iterator[Finding]:
    for key, members in _all_groups(data):
        latest: tuple[str, date | None] | None = None
        for where, rule in members:
            if latest is not None and (latest[1] is None or rule.in_force_from < latest[1]):
                detail = f"{key!r} is in force twice from {rule.in_force_from}, also by {latest[0]}"
                yield Finding("error", "overlap", where, detail)
            if latest is None or (
                latest[1] is not None
                and (rule.in_force_until is None or rule.in_force_until > latest[1])
            ):
                latest = (where, rule.in_force_until)


def _gaps(data: PackContent) -> Iterator[Finding]:
    """Days since the pack's beginning on which a question that always arises has no answer."""
    periods = _grouped("periods", (r for r in data.periods if not r.condition), lambda r: r.tier)
    repairs = _grouped("repair", data.repair, lambda rule: rule.tier)
    retention = _grouped("retention", data.retention, lambda rule: rule.adverse)
    admission = _grouped("admission", data.admission, lambda _: "")
    wanted: list[tuple[str, Sequence[tuple[str, Rule]]]] = [
        *((f"periods/{tier}", periods.get(tier, [])) for tier in TIERS if tier != "none"),
        *((f"repair/{tier}", repairs.get(tier, [])) for tier in TIERS if tier != "none"),
        *((f"retention/{adverse}", retention.get(adverse, [])) for adverse in (True, False)),
        ("admission", admission.get("", [])),
    ]
    for where, members in wanted:
        reached: date | None = data.in_force_from
        for _, rule in members:
            if reached is None or rule.in_force_from > reached:
                break
            if rule.in_force_until is None:
                reached = None
            else:
                reached = max(reached, rule.in_force_until)
        if reached is not None:
            yield Finding("error", "time_gap", where, f"no rule is in force on {reached}")


def _periods(data: PackContent) -> Iterator[Finding]:
    for place, rule in enumerate(data.periods):
        if rule.min_months > rule.max_months:
            detail = f"the minimum of {rule.min_months} months exceeds the maximum"
            yield Finding("error", "bad_period", f"periods/{place}", detail)
        if rule.tier == "none":
            detail = "tier none has no period"
            yield Finding("error", "unknown_tier", f"periods/{place}", detail)
    for place, measure in enumerate(data.measures):
        if "none" in measure.tiers:
            detail = "tier none bears no measure"
            yield Finding("error", "unknown_tier", f"measures/{place}", detail)


def _patterns(data: PackContent) -> Iterator[Finding]:
    for place, rule in enumerate(data.data_patterns):
        fault = fault_of_pattern(rule.pattern)
        if fault is not None:
            yield Finding("error", "bad_pattern", f"data_patterns/{place}", fault)


def _calendar(calendar: Calendar) -> Iterator[Finding]:
    covered = (calendar.covers_from, calendar.covers_until)
    if covered[0] >= covered[1]:
        yield Finding("error", "calendar", "calendar", f"covers {covered[0]} until {covered[1]}")
        return
    for name, days, at_weekend in (
        ("holidays", calendar.holidays, False),
        ("extra_working_days", calendar.extra_working_days, True),
    ):
        if len(set(days)) != len(days) or sorted(days) != list(days):
            yield Finding("error", "calendar", f"calendar/{name}", "days repeat or are unsorted")
        for place, day in enumerate(days):
            where = f"calendar/{name}/{place}"
            if not covered[0] <= day < covered[1]:
                yield Finding("error", "calendar", where, f"{day} is not covered")
            if (day.weekday() >= _SATURDAY) != at_weekend:
                kind = "a Saturday or Sunday" if not at_weekend else "a Monday to Friday"
                yield Finding("error", "calendar", where, f"{day} is {kind}")
    years_off = {day.year for day in calendar.holidays}
    last = calendar.covers_until.year - (calendar.covers_until == _new_year(calendar))
    for year in range(calendar.covers_from.year, last + 1):
        if year not in years_off:
            yield Finding("error", "calendar", "calendar/holidays", f"{year} has no holiday: a gap")


def _new_year(calendar: Calendar) -> date:
    return date(calendar.covers_until.year, 1, 1)


def _unverified(data: PackContent) -> Iterator[Finding]:
    for where, rule in _rules(data):
        if not rule.verified:
            detail = f"{rule.source.instrument} ({rule.source.kind}): {rule.note or 'not verified'}"
            yield Finding("notice", "unverified", where, detail)
    if not data.calendar.verified:
        yield Finding("notice", "unverified", "calendar", data.calendar.source.instrument)
