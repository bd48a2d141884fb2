"""Who bears each day on which a wrong sanction was enforced (DOMAIN rules, section 3).

Take each counted day ``d``, with ``entered`` and ``told`` of the spell that decides on it:

1. ``d > told``: the enforcer;
2. ``entered < d <= told``: the node that owed the notice, hop by hop;
3. ``d <= entered``: of these, ``filed_on < d`` the registrar that kept the objection; all
   others whom the fault lies with (``projections.liability.blame``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from projections.liability.enforcing import joined
from projections.liability.model import Days, PartyDays, Role, Span
from projections.liability.spells import Spell

Bearer = tuple[str, Role]
_ONE_DAY = timedelta(days=1)


def apportion(
    enforced: Sequence[Span],
    window: Sequence[Span],
    spells: Sequence[Spell],
    *,
    enforcer: str,
    blame: Callable[[date], Bearer],
    changes: Iterable[date] = (),
) -> Days:
    """Each day that is enforced and in the window, on exactly one party.

    ``blame`` says whom the fault of a day lies with; it changes on the days ``changes`` only.
    """
    counted = overlap(joined(enforced), joined(window))
    at = sorted({*changes, *_changes(spells)})
    borne: dict[Bearer, list[Span]] = {}
    for span in counted:
        for part in _cut(span, at):
            borne.setdefault(_bearer(part[0], spells, enforcer, blame), []).append(part)
    parties = [
        PartyDays(party, role, sum(map(_length, spans)), joined(spans))
        for (party, role), spans in borne.items()
    ]
    parties.sort(key=lambda each: (each.spans[0], each.role, each.party))
    return Days(sum(map(_length, counted)), tuple(parties))


def _bearer(
    day: date, spells: Sequence[Spell], enforcer: str, blame: Callable[[date], Bearer]
) -> Bearer:
    spell = next((one for one in spells if one.until is None or day < one.until), None)
    if spell is None:
        return blame(day)
    if spell.told is not None and day > spell.told:
        return enforcer, "enforcer"
    if day > spell.entered:
        owing = [hop.node for hop in spell.hops if hop.told is not None and hop.told < day]
        return owing[-1], "node"
    kept = [
        (act.filed_on, act.registrar)
        for act in spell.acts
        if act.filed_on is not None and act.filed_on < day and act.registrar is not None
    ]
    if kept:
        return min(kept)[1], "registrar"
    return blame(day)


def _changes(spells: Iterable[Spell]) -> Iterable[date]:
    """Every day on which another party may begin to bear."""
    for spell in spells:
        if spell.until is not None:
            yield spell.until
        for hop in spell.hops:
            if hop.told is not None:
                yield _next(hop.told)
        for act in spell.acts:
            if act.filed_on is not None:
                yield _next(act.filed_on)


def _next(day: date) -> date:
    return day if day == date.max else day + _ONE_DAY


def _cut(span: Span, at: Sequence[date]) -> Iterable[Span]:
    from_, until = span
    for day in at:
        if from_ < day < until:
            yield from_, day
            from_ = day
    yield from_, until


def _length(span: Span) -> int:
    return (span[1] - span[0]).days


def overlap(one: Sequence[Span], other: Sequence[Span]) -> tuple[Span, ...]:
    """The days that are in both; each is disjoint and ascending, and so is what comes out."""
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return joined(pair for pair in pairs if pair[0] < pair[1])
