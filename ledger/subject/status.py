"""The state of a record and of a sanction at ``valid_at``, from what is known.

Fail closed for the subject: a sanction is never in force on a day on which a record it
rests on is disputed, withdrawn, mended, repaired or expired, whatever else was entered.
Of every state, ``since`` is not later than ``valid_at`` (but for ``not_started``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.events.records import FROM_BEGINNING
from ledger.events.sanctions import EnforcementState
from ledger.subject.state import RecordState, SanctionState

RecordStateName = Literal[
    "withdrawn", "repaired", "mended", "expired", "disputed", "corrected", "valid"
]
SanctionStateName = Literal["wrongful", "lifted", "ended", "suspended", "not_started", "in_force"]
ENDING: frozenset[str] = frozenset({"withdrawn", "repaired", "mended"})
"""States of a record in which no sanction can rest on it."""


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
    facts = record.facts
    if valid_at < facts.held_from:
        return None
    collected = record.collected.index

    def status(state: RecordStateName, since: date, *causes: int) -> RecordStatus:
        return RecordStatus(state, since, (collected, *causes))

    if record.withdrawn is not None:
        effective = record.withdrawn.facts.effective
        since = facts.held_from if effective == FROM_BEGINNING else max(effective, facts.held_from)
        if valid_at >= since:
            return status("withdrawn", since, record.withdrawn.index)
    if record.repaired is not None and valid_at >= record.repaired.facts.decided_on:
        return status("repaired", record.repaired.facts.decided_on, record.repaired.index)
    if record.mended is not None and valid_at >= record.mended.facts.mended_on:
        return status("mended", record.mended.facts.mended_on, record.mended.index)
    if facts.held_until is not None and valid_at >= facts.held_until:
        return status("expired", facts.held_until)
    disputes = [
        dispute
        for dispute in record.disputes
        if dispute.from_ <= valid_at and (dispute.until is None or valid_at < dispute.until)
    ]
    if disputes:
        since = max(facts.held_from, min(dispute.from_ for dispute in disputes))
        return status("disputed", since, *(dispute.filed for dispute in disputes))
    corrections = [c for c in record.corrections if c.facts.corrected_on <= valid_at]
    if corrections:
        since = max(facts.held_from, *(c.facts.corrected_on for c in corrections))
        return status("corrected", since, *(c.index for c in corrections))
    return status("valid", facts.held_from)


def sanction_status(
    sanction: SanctionState, records: Mapping[str, RecordState], valid_at: date
) -> SanctionStatus:
    """The first state that fits, of wrongful, lifted, ended, suspended, not_started, in_force."""
    facts = sanction.imposed.facts
    imposed = sanction.imposed.index

    def status(state: SanctionStateName, since: date, *causes: int) -> SanctionStatus:
        return SanctionStatus(state, since, (imposed, *sorted(set(causes) - {imposed})))

    for ruling in sanction.live_rulings:
        ruled = ruling.ruled.facts
        if ruled.wrong_from <= valid_at < ruled.wrong_until:
            return status("wrongful", ruled.wrong_from, ruling.ruled.index)
    if sanction.lifted is not None and valid_at >= sanction.lifted.facts.from_:
        return status("lifted", sanction.lifted.facts.from_, sanction.lifted.index)
    resting = [records[key] for key in facts.records if key in records]
    statuses = [found for r in resting if (found := record_status(r, valid_at)) is not None]
    ending = [found for found in statuses if found.state in ENDING]
    if ending:
        first = min(ending, key=lambda found: found.since)
        return status("lifted", first.since, *first.because)
    ends_on = min([facts.ends_on, *(r.facts.held_until for r in resting if r.facts.held_until)])
    if valid_at >= ends_on:
        return status("ended", ends_on)
    suspended = _suspensions(sanction, statuses, valid_at)
    if suspended:
        since = min(day for day, _ in suspended)
        return status("suspended", since, *(index for _, indices in suspended for index in indices))
    if valid_at < facts.starts_on:
        return status("not_started", facts.starts_on)
    resumed = [spell for spell in sanction.spells if spell.until and spell.until <= valid_at]
    last = max(resumed, key=lambda spell: spell.until or date.min, default=None)
    if last is not None and last.until is not None and last.until > facts.starts_on:
        causes = (last.resumed,) if last.resumed is not None else ()
        return status("in_force", last.until, *causes)
    return status("in_force", facts.starts_on)


def _suspensions(
    sanction: SanctionState, statuses: list[RecordStatus], valid_at: date
) -> list[tuple[date, tuple[int, ...]]]:
    """The spells that cover ``valid_at``, and the disputes of its records that do."""
    spells = [
        (spell.from_, (spell.suspended,))
        for spell in sanction.spells
        if spell.from_ <= valid_at and (spell.until is None or valid_at < spell.until)
    ]
    disputes = [(found.since, found.because) for found in statuses if found.state == "disputed"]
    return spells + disputes


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
    found = record_status(record, today)
    return found is not None and found.state in {"disputed", "corrected", "valid"}
