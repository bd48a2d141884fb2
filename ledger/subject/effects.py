"""What follows by itself, in the same transaction as its cause.

An objection suspends the sanctions that rest on the record; a withdrawal, a mended
record and an approved repair lift them, also where other records remain; a correction
lifts those that the corrected record can no longer bear; a ruling that a sanction is
wrongful lifts it where its period still runs.
"""

from __future__ import annotations

from datetime import date, timedelta

from ledger.events.records import RecordCollected
from ledger.events.sanctions import LiftCause, SanctionLifted, SanctionSuspended
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.state import SanctionState

_LEGAL_OFFSET = timedelta(hours=8)
"""Legal dates are calendar dates of UTC+8, all the year."""


def suspend_resting(
    subject: Subject, context: Context, record: str, cause: str, from_: date
) -> None:
    """Suspend every sanction on ``record`` that is neither lifted yet nor over by its own end.

    One whose lifting lies ahead is suspended too: until then it would be enforced.
    """
    for key, sanction in subject.state.sanctions_on(record):
        lifted = sanction.lifted is not None and sanction.lifted.facts.from_ <= context.today
        if not lifted and sanction.imposed.facts.ends_on > from_:
            subject.trigger(context, SanctionSuspended(sanction=key, cause=cause, from_=from_))


def lift(subject: Subject, context: Context, key: str, cause: LiftCause, from_: date) -> None:
    """Lift one sanction, unless it is lifted by that day already or has ended."""
    sanction = subject.state.sanctions[key]
    if is_over(sanction, from_):
        return
    subject.trigger(context, SanctionLifted(sanction=key, cause=cause, from_=from_))


def lift_resting(
    subject: Subject, context: Context, record: str, cause: LiftCause, from_: date
) -> None:
    for key, _ in subject.state.sanctions_on(record):
        lift(subject, context, key, cause, from_)


def unseated(
    subject: Subject, context: Context, corrected: RecordCollected, from_: date
) -> list[str]:
    """The sanctions that the record, corrected so, no longer bears.

    Judged by the measures list of the day of the imposing act, as the act itself was. To
    be asked before the correction is triggered: the rules may refuse to answer.
    """
    found = []
    for key, sanction in subject.state.sanctions_on(corrected.record):
        imposed = sanction.imposed.facts
        day = _day_of_act(sanction, context)
        pack = context.rules(day)
        measure = pack.measure(imposed.measure, day)
        bears = (
            measure is not None
            and corrected.adverse
            and corrected.exemption is None
            and pack.bears(measure, corrected.tier)
            and corrected.held_from <= imposed.starts_on
            and (corrected.held_until is None or corrected.held_until > from_)
        )
        if not bears:
            found.append(key)
    return found


def _day_of_act(sanction: SanctionState, context: Context) -> date:
    recorded_at = sanction.imposed.recorded_at
    return context.today if recorded_at is None else (recorded_at + _LEGAL_OFFSET).date()


def is_over(sanction: SanctionState, day: date) -> bool:
    """Ended or lifted by ``day``."""
    if sanction.imposed.facts.ends_on <= day:
        return True
    return sanction.lifted is not None and sanction.lifted.facts.from_ <= day
