"""What follows by itself, in the same transaction as its cause.

An objection suspends the sanctions that rest on the record; a withdrawal, a mended
record and an approved repair lift them, also where other records remain; a correction
lifts those that the corrected record can no longer bear; a ruling that a sanction is
wrongful lifts it where its period still runs.
"""

from __future__ import annotations

from datetime import date

from ledger.events.sanctions import LiftCause, SanctionLifted, SanctionSuspended
from ledger.rules import add_months
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.state import SanctionState


def suspend_resting(
    subject: Subject, context: Context, record: str, cause: str, from_: date
) -> None:
    """Suspend every sanction on ``record`` that is neither lifted nor over by its own end."""
    for key, sanction in subject.state.sanctions_on(record):
        if sanction.lifted is None and sanction.imposed.facts.ends_on > from_:
            subject.trigger(context, SanctionSuspended(sanction=key, cause=cause, from_=from_))


def lift(subject: Subject, context: Context, key: str, cause: LiftCause, from_: date) -> None:
    """Lift one sanction, unless it is lifted by that day already or has ended."""
    sanction = subject.state.sanctions[key]
    if _is_over(sanction, from_):
        return
    subject.trigger(context, SanctionLifted(sanction=key, cause=cause, from_=from_))


def lift_resting(
    subject: Subject, context: Context, record: str, cause: LiftCause, from_: date
) -> None:
    for key, _ in subject.state.sanctions_on(record):
        lift(subject, context, key, cause, from_)


def lift_what_correction_unseats(
    subject: Subject, context: Context, record: str, from_: date
) -> None:
    """Lift the sanctions that the record, as corrected, no longer bears."""
    facts = subject.state.records[record].facts
    for key, sanction in subject.state.sanctions_on(record):
        imposed = sanction.imposed.facts
        pack = context.rules(imposed.starts_on)
        measure = pack.measure(imposed.measure, imposed.starts_on)
        bears = (
            measure is not None
            and facts.adverse
            and facts.exemption is None
            and pack.bears(measure, facts.tier)
            and imposed.ends_on <= add_months(imposed.starts_on, measure.max_months)
            and (facts.held_until is None or facts.held_until > from_)
        )
        if not bears:
            lift(subject, context, key, "record_corrected", from_)


def _is_over(sanction: SanctionState, day: date) -> bool:
    if sanction.imposed.facts.ends_on <= day:
        return True
    return sanction.lifted is not None and sanction.lifted.facts.from_ <= day
