"""Who must be told of an act on a record, and how far each has got. Pure.

The nodes that are told follow from the disclosure entries alone: every node that the record
was given to, whether or not it said that it has it. A node that received the record passes on
what it is told in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ledger.events.exchange import Act, CorrectionAcknowledged, CorrectionNotified, Required
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.state import Known, RecordState

REQUIRED: Final[dict[Act, Required]] = {
    "objection": "suspend",
    "confirmed": "resume",
    "correction": "replace",
    "withdrawal": "lift",
    "mended": "lift",
    "repair": "lift",
    "erasure": "erase",
}
"""What an act asks of those who received the record."""

STOPPED: Final = frozenset({"suspended", "lifted", "never_applied"})
"""What an enforcer says that does not enforce."""

DutyState = Literal[
    "closed", "waiting", "unconfirmed", "onward_open", "still_enforcing", "given_up"
]


@dataclass(frozen=True, slots=True)
class Duty:
    """A notice given, and how far it has got."""

    notice: Known[CorrectionNotified]
    state: DutyState


def notify(
    subject: Subject, context: Context, record: str, act: Act, about: str | None = None
) -> None:
    """Right after the act's entry: one notice to each recipient of this node's own record.

    What this node does with the record of another is told nobody: the act is not its origin's.
    """
    notify_all(subject, context, (record,), act, about)


def notify_all(
    subject: Subject,
    context: Context,
    records: Iterable[str],
    act: Act,
    about: str | None = None,
) -> None:
    """As ``notify``, of one act on several records: every notice names that one entry."""
    acted = subject.version
    for record in records:
        held = subject.state.records[record]
        if held.received is None:
            recipients = tuple(held.shared.recipients)
            _notify(subject, context, record, recipients, act, about=about, acted=acted)


def relay(
    subject: Subject,
    context: Context,
    record: str,
    act: Act,
    *,
    notice: str,
    about: str | None,
    past: Iterable[str],
) -> None:
    """Pass a received notice on to the recipients of the record, but those it came ``past``."""
    passed = frozenset(past)
    recipients = subject.state.records[record].shared.recipients
    onward = tuple(node for node in recipients if node not in passed)
    _notify(subject, context, record, onward, act, about=about, relays=notice)


def renew(subject: Subject, context: Context, told: CorrectionNotified) -> None:
    """The same notice under a new id, to a node that did not have the record by then."""
    _notify(
        subject,
        context,
        told.record,
        (told.recipient,),
        told.act,
        about=told.about,
        acted=told.acted,
        relays=told.relays,
    )


def _notify(
    subject: Subject,
    context: Context,
    record: str,
    recipients: tuple[str, ...],
    act: Act,
    *,
    about: str | None,
    acted: int | None = None,
    relays: str | None = None,
) -> None:
    if not recipients:
        return
    due = context.rules(context.today).due("correction_notice", context.today)
    for recipient in recipients:
        facts = CorrectionNotified(
            notice=context.new_id(),
            record=record,
            recipient=recipient,
            act=act,
            required=REQUIRED[act],
            due_on=due.due_on,
            provisional=due.provisional,
            relays=relays,
            about=about,
            acted=acted,
        )
        subject.trigger(context, facts)


def duties(record: RecordState, today: date) -> tuple[Duty, ...]:
    """Every notice of the record in the order given, closed ones too, as of ``today``."""
    return tuple(Duty(known, _state(record, known, today)) for known in record.shared.notified)


def _state(record: RecordState, known: Known[CorrectionNotified], today: date) -> DutyState:
    facts, shared = known.facts, record.shared
    found = shared.answered.get(facts.notice)
    state = _answered(record, known, found) if found is not None else "waiting"
    if state == "closed":
        return state
    if facts.notice in shared.given_up:
        return "given_up"
    return "unconfirmed" if state == "waiting" and today > facts.due_on else state


def _answered(
    record: RecordState,
    known: Known[CorrectionNotified],
    answer: Known[CorrectionAcknowledged],
) -> DutyState:
    facts = known.facts
    if answer.facts.verdict == "not_held":
        held = record.shared.held_since.get(facts.recipient)
        return "closed" if held is None or answer.index < held else "unconfirmed"
    if answer.facts.verdict != "applied":
        return "unconfirmed"
    closed = record.shared.closed_onward.get(facts.notice, frozenset())
    if set(answer.facts.onward_open) - closed:
        return "onward_open"
    if facts.required in {"suspend", "lift"} and not _is_superseded(record, known):
        said = [
            status.facts.state
            for (node, _), status in record.shared.statuses.items()
            if node == facts.recipient
        ]
        if any(state not in STOPPED for state in said):
            return "still_enforcing"
    return "closed"


def _is_superseded(record: RecordState, known: Known[CorrectionNotified]) -> bool:
    """A later notice to the same node asks of its enforcers what counts now."""
    mine = [n for n in record.shared.notified if n.facts.recipient == known.facts.recipient]
    return mine[-1].facts.notice != known.facts.notice
