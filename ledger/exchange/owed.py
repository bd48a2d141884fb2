"""What others still owe: whether the duty that a correction notice stands for is done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ledger.events.exchange import Act, CorrectionNotified, Required
from ledger.subject.state import Known, RecordState, Shared

State = Literal["waiting", "unconfirmed", "onward_open", "still_enforcing", "given_up"]
"""``waiting``: no answer yet. ``unconfirmed``: nor by its day, presumed to be enforcing.
``onward_open``: its own recipients have not all answered. ``still_enforcing``: it answered, but
an enforcer has not said that it stopped. ``given_up``: nobody waits any more; unconfirmed."""

STOPPED: Final = frozenset({"suspended", "lifted", "never_applied"})
TO_STOP: Final = frozenset({"suspend", "lift"})
DONE: Final = frozenset({"applied", "not_held"})


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One notice that has not closed."""

    notice: str
    record: str
    recipient: str
    act: Act
    required: Required
    due_on: date
    state: State


def outstanding(record: RecordState, today: date) -> list[Outstanding]:
    """The notices of one record that have not closed, in the order they were given."""
    found = []
    for known in record.shared.notified:
        state = state_of(record.shared, known, today)
        if state is not None:
            facts = known.facts
            found.append(
                Outstanding(
                    notice=facts.notice,
                    record=facts.record,
                    recipient=facts.recipient,
                    act=facts.act,
                    required=facts.required,
                    due_on=facts.due_on,
                    state=state,
                )
            )
    return found


def state_of(shared: Shared, known: Known[CorrectionNotified], today: date) -> State | None:
    """None: closed."""
    facts = known.facts
    if facts.notice in shared.given_up:
        return "given_up"
    answer = shared.answered.get(facts.notice)
    if answer is None or answer.facts.verdict not in DONE:
        return "unconfirmed" if facts.due_on < today else "waiting"
    if answer.facts.onward_open:
        return "onward_open"
    if facts.required in TO_STOP and not _is_superseded(shared, known):
        for status in answer.facts.statuses:
            last = shared.statuses.get((facts.recipient, status.sanction))
            if (status if last is None else last.facts).state not in STOPPED:
                return "still_enforcing"
    return None


def _is_superseded(shared: Shared, known: Known[CorrectionNotified]) -> bool:
    """Whether a newer notice of the record went to the same node: that one is asked after."""
    newer = [one for one in shared.notified if one.facts.recipient == known.facts.recipient]
    return newer[-1].facts.notice != known.facts.notice


def is_answered(shared: Shared, facts: CorrectionNotified) -> bool:
    """Whether the notice need not be sent again."""
    return facts.notice in shared.answered or facts.notice in shared.given_up
