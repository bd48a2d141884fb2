"""The spells in which enforcement was forbidden: entered, told hop by hop, closed.

A spell begins with the first act that forbids enforcement and ends with the resumption
that the enforcer's node entered. An act of which that node had heard nothing by then
begins the next one. An objection that was rejected before the enforcer's node ever heard
of it is over with its rejection: nothing is left to be resumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger.events.sanctions import SanctionResumed
from projections.liability.acts import Act, Word
from projections.liability.model import Told
from projections.liability.views import Case


@dataclass(frozen=True, slots=True)
class Spell:
    """Decides on the days before ``until`` (and after the spell before it)."""

    acts: tuple[Act, ...]
    hops: tuple[Told, ...]
    """From the deciding node, told on the day of the act, to the enforcer's; each told on
    the day of the one before it or later, and only the last may be None."""
    until: date | None
    surmised: bool

    @property
    def first(self) -> Act:
        return self.acts[0]

    @property
    def entered(self) -> date:
        return self.acts[0].day

    @property
    def told(self) -> date | None:
        return self.hops[-1].told

    @property
    def owing(self) -> str:
        """The node that was told last."""
        return [hop.node for hop in self.hops if hop.told is not None][-1]


@dataclass(frozen=True, slots=True)
class _Closing:
    at: datetime
    day: date
    only: Act | None = None
    """The one act that it ends; None: a resumption, which ends all that was told."""


def spells_of(case: Case, acts: Sequence[Act], words: Sequence[Word]) -> tuple[Spell, ...]:
    """The spells in order of time; all but the last are closed."""
    open_acts = list(acts)
    found: list[Spell] = []
    for closing in _closings(case, acts, words):
        taken = [act for act in open_acts if act.at < closing.at]
        ended = [a for a in taken if _is_ended(case, a, closing, words)]
        if not ended or (closing.only is not None and _others(taken, closing.only)):
            continue
        found.append(_spell(case, taken, words, closing))
        open_acts = [act for act in open_acts if act not in ended]
    if open_acts:
        found.append(_spell(case, open_acts, words, None))
    return tuple(found)


def _closings(case: Case, acts: Sequence[Act], words: Sequence[Word]) -> list[_Closing]:
    found = [
        _Closing(seen.at, max(seen.on, facts.from_)) for seen, facts in case.here(SanctionResumed)
    ]
    found += [
        _Closing(*act.confirmed, act)
        for act in acts
        if act.confirmed is not None and not _was_told(case, act, words, act.confirmed[0])
    ]
    return sorted(found, key=lambda closing: closing.at)


def _others(taken: Sequence[Act], only: Act) -> bool:
    """Whether another act forbids enforcement still."""
    return any(act is not only for act in taken)


def _is_ended(case: Case, act: Act, closing: _Closing, words: Sequence[Word]) -> bool:
    if closing.only is not None:
        return act is closing.only
    return _heard(case, act, words, closing.at)


def _heard(case: Case, act: Act, words: Sequence[Word], before: datetime) -> bool:
    """Whether the enforcer's node had been told of the act ``before`` then."""
    return act.node == case.node or any(
        word.of >= act.at and word.at < before for word in _notices(case, words)
    )


def _was_told(case: Case, act: Act, words: Sequence[Word], ended: datetime) -> bool:
    """Whether the enforcer's node was ever told of the act, or of one before it ``ended``."""
    return act.node == case.node or any(act.at <= word.of < ended for word in _notices(case, words))


def _notices(case: Case, words: Sequence[Word]) -> Iterator[Word]:
    return (word for word in words if word.node == case.node and word.by_notice)


def _spell(
    case: Case, acts: Sequence[Act], words: Sequence[Word], closing: _Closing | None
) -> Spell:
    acts = sorted(acts, key=lambda act: (act.day, act.at, act.nature == "echo"))
    first = acts[0]
    path = (case.node,) if first.record is None else case.paths[first.record]
    way = path[path.index(first.node) :] if first.node in path else (first.node, case.node)
    heard = [w for w in words if w.of >= first.at and (closing is None or w.at < closing.at)]
    told: list[Told] = [Told(first.node, first.day)]
    latest: date | None = None
    surmised = False
    for node in reversed(way[1:]):
        word = min((w for w in heard if w.node == node), key=lambda w: w.day, default=None)
        day = None if word is None else max(word.day, first.day)
        if node == case.node:
            told.append(Told(node, day))
            latest, surmised = day, word is not None and word.surmised
        elif day is not None and (latest is None or day <= latest):
            told.insert(1, Told(node, day))
            latest = day
    return Spell(tuple(acts), tuple(told), None if closing is None else closing.day, surmised)
