"""The days on which a sanction was enforced, from what its enforcer reported (DOMAIN rules, 3).

The day of a report is that of its entry, whatever day it names. Without a report the
sanction is presumed to be enforced from its start, and again from a resumption.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.events.sanctions import EnforcementReported, EnforcementState, SanctionResumed
from projections.liability.model import ReportInTrail, Span
from projections.liability.views import Case, Seen

STOPPED: frozenset[EnforcementState] = frozenset({"suspended", "lifted"})
ENFORCING: frozenset[EnforcementState] = frozenset({"applied", "still_enforcing"})


@dataclass(slots=True)
class _Course:
    """``since`` is set while it is enforced; ``presumed`` until the enforcer says anything."""

    since: date | None
    presumed: bool = True
    claimed: bool = False
    """The enforcer has said that it enforced."""
    never: bool = False
    """It was never applied, it says; what it would be without that runs on beneath."""
    spans: list[Span] = field(default_factory=list)

    def open(self, on: date, *, presumed: bool = False) -> None:
        self.since, self.presumed = on, presumed

    def close(self, on: date) -> None:
        if self.since is not None and self.since < on:
            self.spans.append((self.since, on))
        self.since = None


@dataclass(frozen=True, slots=True)
class Enforcing:
    """Disjoint ascending spans, and whether the last one is still open on the day of asking."""

    spans: tuple[Span, ...]
    running: bool
    presumed: bool
    """It runs on and the enforcer has not said so since it began."""


def reports_of(case: Case) -> tuple[ReportInTrail, ...]:
    """The enforcer's reports in the order in which they were entered."""
    return tuple(
        ReportInTrail(facts.state, seen.on, facts.on, seen.position)
        for seen, facts in case.here(EnforcementReported)
    )


def enforcing(case: Case, known_on: date) -> Enforcing:
    """The days of enforcement before ``known_on``, and never from ``ends_on`` on."""
    course = _Course(case.facts.starts_on)
    for seen, facts in _told(case):
        if isinstance(facts, SanctionResumed):
            if course.since is None:
                course.open(max(seen.on, facts.from_, case.facts.starts_on), presumed=True)
        else:
            _report(course, facts.state, max(seen.on, case.facts.starts_on))
    running = course.since is not None and not course.never
    presumed = course.presumed
    course.close(date.max)
    if course.never:
        course.spans.clear()
    end = min(known_on, case.facts.ends_on)
    spans = tuple((from_, min(until, end)) for from_, until in course.spans if from_ < end)
    running = running and known_on < case.facts.ends_on
    return Enforcing(joined(spans), running, running and presumed)


def _told(case: Case) -> Iterator[tuple[Seen, EnforcementReported | SanctionResumed]]:
    for seen in case.seen:
        facts = seen.entry.facts
        if isinstance(facts, EnforcementReported | SanctionResumed) and seen.node == case.node:
            yield seen, facts


def _report(course: _Course, state: EnforcementState, on: date) -> None:
    if state == "never_applied":
        _never(course, on)
    elif state in STOPPED:
        course.close(on)
    elif course.never and state == "applied":
        course.spans.clear()
        course.open(on)
    elif course.since is None:
        course.open(on)
    elif course.presumed and state == "applied":
        course.open(max(course.since, on))
    if state in ENFORCING:
        course.claimed, course.never = True, False
    course.presumed = False


def _never(course: _Course, on: date) -> None:
    """No day was enforced, but for those that an earlier report of the same enforcer claims."""
    if not course.claimed:
        course.never = True
    elif course.presumed:
        course.since = None
    else:
        course.close(on)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same days as disjoint ascending spans."""
    found: list[Span] = []
    for from_, until in sorted(spans):
        if from_ >= until:
            continue
        if found and from_ <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((from_, until))
    return tuple(found)
