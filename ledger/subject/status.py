"""The state of a record and of a sanction at ``valid_at``, from what is known.

Fail closed for the subject: a sanction is never in force on a day on which a record it
rests on is unknown, does not hold yet, or is disputed, withdrawn, mended, repaired or
expired, whatever else was entered.

``since`` is the first day of the unbroken run of days in that state up to ``valid_at``;
where a lifting was entered, not before the day that it names; for ``not_started``, the day on which
the sanction is to start. States change on a few known days only, so the run is walked
back over those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar

from ledger.events.records import FROM_BEGINNING
from ledger.events.sanctions import EnforcementState
from ledger.subject.state import RecordState, SanctionState

RecordStateName = Literal[
    "withdrawn", "repaired", "mended", "expired", "disputed", "corrected", "valid"
]
SanctionStateName = Literal["wrongful", "lifted", "ended", "suspended", "not_started", "in_force"]
ENDING: frozenset[str] = frozenset({"withdrawn", "repaired", "mended"})
"""States of a record in which no sanction can rest on it."""

S = TypeVar("S", bound=str)
Found = tuple[S, tuple[int, ...]]
"""A state and the leaf indexes of the entries that caused it."""


def ended_by(record: RecordState) -> Literal["withdrawn", "repaired", "mended"] | None:
    """What ended the record for good, whether or not it holds yet; None: it stands."""
    if record.withdrawn is not None:
        return "withdrawn"
    if record.repaired is not None:
        return "repaired"
    return None if record.mended is None else "mended"


@dataclass(frozen=True, slots=True)
class RecordStatus:
    state: RecordStateName
    since: date
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SanctionStatus:
    state: SanctionStateName
    since: date
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Enforcement:
    """The enforcer's last report not later than ``valid_at``; None where there is none."""

    state: EnforcementState | None
    on: date | None


def record_status(record: RecordState, valid_at: date) -> RecordStatus | None:
    """The first state that fits; None while the record does not hold yet."""
    found = state_of_record(record, valid_at)
    if found is None:
        return None
    state, because = found

    def same(day: date) -> bool:
        then = state_of_record(record, day)
        return then is not None and then[0] == state

    return RecordStatus(state, _run_start(days_of_record(record), valid_at, same), because)


def state_of_record(record: RecordState, day: date) -> Found[RecordStateName] | None:
    """``record_status`` without the day since when: it changes on ``days_of_record`` only."""
    facts = record.facts
    if day < facts.held_from:
        return None
    collected = record.collected.index
    if record.withdrawn is not None and day >= _withdrawn_from(record):
        return "withdrawn", (collected, record.withdrawn.index)
    if record.repaired is not None and day >= record.repaired.facts.decided_on:
        return "repaired", (collected, record.repaired.index)
    if record.mended is not None and day >= record.mended.facts.mended_on:
        return "mended", (collected, record.mended.index)
    if _expires(record, day):
        return "expired", _held(record)
    disputes = [d.filed for d in record.disputes if _covers(d.from_, d.until, day)]
    if disputes:
        return "disputed", (collected, *disputes)
    corrections = [c.index for c in record.corrections if c.facts.corrected_on <= day]
    if corrections:
        return "corrected", (collected, *corrections)
    return "valid", (collected,)


def _expires(record: RecordState, day: date) -> bool:
    return record.facts.held_until is not None and day >= record.facts.held_until


def _held(record: RecordState) -> tuple[int, ...]:
    """The entries that say until when the record is held."""
    moved = (
        correction.index
        for correction in record.corrections
        if any(change.field == "held_until" for change in correction.facts.changes)
    )
    return record.collected.index, *moved


def _withdrawn_from(record: RecordState) -> date:
    assert record.withdrawn is not None
    effective = record.withdrawn.facts.effective
    return record.facts.held_from if effective == FROM_BEGINNING else effective


def days_of_record(record: RecordState) -> Iterable[date]:
    """Every day on which the state of the record can change."""
    yield record.facts.held_from
    if record.withdrawn is not None:
        yield _withdrawn_from(record)
    if record.repaired is not None:
        yield record.repaired.facts.decided_on
    if record.mended is not None:
        yield record.mended.facts.mended_on
    if record.facts.held_until is not None:
        yield record.facts.held_until
    for dispute in record.disputes:
        yield dispute.from_
        if dispute.until is not None:
            yield dispute.until
    for correction in record.corrections:
        yield correction.facts.corrected_on


def sanction_status(
    sanction: SanctionState, records: Mapping[str, RecordState], valid_at: date
) -> SanctionStatus:
    """The first state that fits, of wrongful, lifted, ended, suspended, not_started, in_force."""
    imposed = sanction.imposed
    resting = {key: records.get(key) for key in imposed.facts.records}
    held = [record for record in resting.values() if record is not None]
    starts_on = max([imposed.facts.starts_on, *(r.facts.held_from for r in held)])
    complete = len(held) == len(resting)
    state, causes = state_of_sanction(sanction, held, starts_on, valid_at, complete=complete)
    if state == "not_started":
        since = starts_on
    else:

        def same(day: date) -> bool:
            return state_of_sanction(sanction, held, starts_on, day, complete=complete)[0] == state

        since = _run_start(days_of_sanction(sanction, held, starts_on), valid_at, same)
        if state == "lifted" and sanction.lifted is not None and sanction.lifted.index in causes:
            since = max(since, sanction.lifted.facts.from_)
    return SanctionStatus(state, since, (imposed.index, *sorted(set(causes) - {imposed.index})))


def state_of_sanction(
    sanction: SanctionState, held: list[RecordState], starts_on: date, day: date, *, complete: bool
) -> Found[SanctionStateName]:
    """As ``sanction_status``; ``complete``: every record that the sanction names is known.

    ``starts_on`` is its first day on which the ``held`` records hold. It changes on
    ``days_of_sanction`` only.
    """
    for ruling in sanction.live_rulings:
        ruled = ruling.ruled.facts
        if ruled.wrong_from <= day < ruled.wrong_until:
            return "wrongful", (ruling.ruled.index,)
    if sanction.lifted is not None and day >= sanction.lifted.facts.from_:
        return "lifted", (sanction.lifted.index,)
    end = end_of_sanction(sanction, held)
    last_day = end - timedelta(days=1)
    ended = [
        index
        for record in held  # what befalls a record after the sanction's end lifts it no more
        if (found := state_of_record(record, min(day, last_day))) is not None and found[0] in ENDING
        for index in found[1]
    ]
    if ended:
        return "lifted", tuple(ended)
    if day >= end:
        expired = [index for record in held if _expires(record, end) for index in _held(record)]
        return "ended", tuple(expired)
    states = [found for record in held if (found := state_of_record(record, day)) is not None]
    suspended = [s.suspended for s in sanction.spells if _covers(s.from_, s.until, day)]
    for state, because in states:
        if state == "disputed":
            suspended += because
    if suspended:
        return "suspended", tuple(suspended)
    if day < starts_on:
        return "not_started", ()
    if not complete:
        return "suspended", ()
    resumed = [
        (s.until, s.resumed) for s in sanction.spells if s.until is not None and s.until <= day
    ]
    last = max(resumed, key=lambda pair: pair[0], default=None)
    return "in_force", () if last is None or last[1] is None else (last[1],)


def end_of_sanction(sanction: SanctionState, held: list[RecordState]) -> date:
    """The day on which it ends by itself: its own, or the first on which a record expires."""
    expiries = (record.facts.held_until for record in held)
    return min([sanction.imposed.facts.ends_on, *(day for day in expiries if day is not None)])


def days_of_sanction(
    sanction: SanctionState, held: list[RecordState], starts_on: date
) -> Iterable[date]:
    """Every day on which the state of the sanction can change."""
    yield starts_on
    yield sanction.imposed.facts.ends_on
    if sanction.lifted is not None:
        yield sanction.lifted.facts.from_
    for ruling in sanction.live_rulings:
        yield ruling.ruled.facts.wrong_from
        yield ruling.ruled.facts.wrong_until
    for spell in sanction.spells:
        yield spell.from_
        if spell.until is not None:
            yield spell.until
    for record in held:
        yield from days_of_record(record)


def _covers(from_: date, until: date | None, day: date) -> bool:
    return from_ <= day and (until is None or day < until)


def _run_start(days: Iterable[date], valid_at: date, same: Callable[[date], bool]) -> date:
    """The first day of the unbroken run of days that are the ``same`` up to ``valid_at``.

    ``days`` holds every day on which a change can happen, the one that began this run too.
    """
    since = valid_at
    for day in sorted({day for day in days if day <= valid_at}, reverse=True):
        if not same(day):
            break
        since = day
    return since


def enforcement(sanction: SanctionState, valid_at: date) -> Enforcement:
    """What the enforcer last said of ``valid_at``; silence is not an answer."""
    reports = [report.facts for report in sanction.reports if report.facts.on <= valid_at]
    if not reports:
        return Enforcement(None, None)
    last = max(enumerate(reports), key=lambda pair: (pair[1].on, pair[0]))[1]
    return Enforcement(last.state, last.on)


def is_published(record: RecordState, today: date) -> bool:
    """Shown to everyone on ``today``: public, inside its publication, and not ended since."""
    facts = record.facts
    if facts.publicity != "public" or facts.publish_from is None or today < facts.publish_from:
        return False
    if facts.publish_until is not None and today >= facts.publish_until:
        return False
    if record.publication_ended is not None and today >= record.publication_ended.facts.on:
        return False
    found = state_of_record(record, today)
    return found is not None and found[0] in {"disputed", "corrected", "valid"}
