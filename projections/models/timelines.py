"""The states of a record and of a sanction on every day, as runs of days. Pure.

``ledger.subject.status`` says what holds on one day and on which days that can change; here
each of these days is asked, and neighbours that say the same become one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from ledger.subject.state import RecordState, SanctionState
from ledger.subject.status import (
    RecordStateName,
    SanctionStateName,
    days_of_record,
    days_of_sanction,
    end_of_sanction,
    ended_by,
    is_published,
    state_of_record,
    state_of_sanction,
)
from projections.models.rows import Span

V = TypeVar("V")
S = TypeVar("S", bound=str)
Run = tuple[V, date, date]
"""What holds on the days ``[from, until)``; ``date.max``: without end."""

Because = tuple[int, ...]


class Held(NamedTuple, Generic[S]):
    """A state with its causes, and the day since when, as ``ledger.subject.status`` has it."""

    state: S
    since: date
    because: Because


def runs(days: Iterable[date], at: Callable[[date], V | None]) -> list[Run[V]]:
    """``at`` of each of ``days``, which hold each day of a change; None makes no run."""
    found: list[Run[V]] = []
    ordered = sorted(set(days) - {date.max})
    for day, until in pairwise([*ordered, date.max]):
        value = at(day)
        if value is None:
            continue
        if found and found[-1][2] == day and found[-1][0] == value:
            found[-1] = value, found[-1][1], until
        else:
            found.append((value, day, until))
    return found


def _since_first(found: Iterable[Run[tuple[S, Because]]]) -> list[Run[Held[S]]]:
    """A state begins once, however often its cause changes."""
    made: list[Run[Held[S]]] = []
    for (state, because), from_, until in found:
        last = made[-1] if made else None
        goes_on = last is not None and last[2] == from_ and last[0].state == state
        since = last[0].since if last is not None and goes_on else from_
        made.append((Held(state, since, because), from_, until))
    return made


def is_plain(record: RecordState) -> bool:
    """Nothing befell it, whatever was published: most are, so they are not asked day by day."""
    return (
        not record.disputes
        and not record.corrections
        and record.withdrawn is None
        and record.repaired is None
        and record.mended is None
    )


def record_runs(record: RecordState) -> list[Run[Held[RecordStateName]]]:
    """Its state on every day from the first on which it holds."""
    facts = record.facts
    if is_plain(record):
        return _plain(record)

    def at(day: date) -> tuple[RecordStateName, Because] | None:
        found = state_of_record(record, day)
        return None if found is None else (found[0], in_order(found[1]))

    days = (day for day in days_of_record(record) if day >= facts.held_from)
    return _since_first(runs(days, at))


def _plain(record: RecordState) -> list[Run[Held[RecordStateName]]]:
    """Of a record that nothing befell."""
    from_, until = record.facts.held_from, record.facts.held_until
    because = (record.collected.index,)
    if until is not None and until <= from_:
        return [(Held("expired", from_, because), from_, date.max)]
    valid: Held[RecordStateName] = Held("valid", from_, because)
    if until is None:
        return [(valid, from_, date.max)]
    return [(valid, from_, until), (Held("expired", until, because), until, date.max)]


def sanction_runs(
    sanction: SanctionState, records: Mapping[str, RecordState]
) -> list[Run[Held[SanctionStateName]]]:
    """Its state on every day there is."""
    resting = [records.get(key) for key in sanction.imposed.facts.records]
    held = [record for record in resting if record is not None]
    starts_on = starts(sanction, held)
    complete = len(held) == len(resting)
    imposed = sanction.imposed.index

    def at(day: date) -> tuple[SanctionStateName, Because]:
        state, because = state_of_sanction(sanction, held, starts_on, day, complete=complete)
        return state, in_order((imposed, *because))

    def since(found: Held[SanctionStateName]) -> Held[SanctionStateName]:
        lifted = sanction.lifted
        if found.state == "not_started":
            return found._replace(since=starts_on)
        if found.state == "lifted" and lifted is not None and lifted.index in found.because:
            return found._replace(since=max(found.since, lifted.facts.from_))
        return found

    states = runs((date.min, *days_of_sanction(sanction, held, starts_on)), at)
    return [(since(found), from_, until) for found, from_, until in _since_first(states)]


def starts(sanction: SanctionState, held: Iterable[RecordState]) -> date:
    """The first day on which it can be in force."""
    return max([sanction.imposed.facts.starts_on, *(record.facts.held_from for record in held)])


def publication_runs(record: RecordState) -> list[Run[Because]]:
    """The days on which it is published (``is_published``)."""
    facts = record.facts
    if facts.publicity != "public" or facts.publish_from is None:
        return []
    if record.publication_ended is None and is_plain(record):
        from_ = max(facts.publish_from, facts.held_from)
        until = min(facts.publish_until or date.max, facts.held_until or date.max)
        return [((record.collected.index,), from_, until)] if from_ < until else []
    because = (record.collected.index, *(each.index for each in record.corrections))
    days = {facts.publish_from, *days_of_record(record)}
    if facts.publish_until is not None:
        days.add(facts.publish_until)
    if record.publication_ended is not None:
        days.add(record.publication_ended.facts.on)
    return runs(days, lambda day: because if is_published(record, day) else None)


def enforcement_runs(sanction: SanctionState) -> list[Run[int | None]]:
    """The position of the enforcer's last report, for every day; None before the first."""
    last: dict[date, int] = {}
    for position, report in enumerate(sanction.reports):
        last[report.facts.on] = position
    days: list[tuple[int | None, date]] = [(None, date.min)]
    days += [(position, day) for day, position in sorted(last.items())]
    untils = [*(day for _, day in days[1:]), date.max]
    return [
        (position, day, until)
        for (position, day), until in zip(days, untils, strict=True)
        if day < until
    ]


def record_suspensions(record: RecordState, until: date | None) -> tuple[Span, ...]:
    """The days of ``[held_from, until)`` in which it was disputed.

    What is open has no end (None), unless an act ended the record meanwhile.
    """
    if not record.disputes:
        return ()
    last = until if ended_by(record) is not None else None
    spans = [(dispute.from_, dispute.until or last) for dispute in record.disputes]
    return united(spans, record.facts.held_from, until)


def sanction_suspensions(
    sanction: SanctionState, held: Iterable[RecordState], until: date
) -> tuple[Span, ...]:
    """The days of its period in which it was suspended, by itself or through a record.

    What is open has no end (None), unless the sanction was lifted meanwhile.
    """
    held = list(held)
    last = until if sanction.lifted is not None else None
    spans = [(spell.from_, spell.until or last) for spell in sanction.spells]
    spans += [(d.from_, d.until or last) for record in held for d in record.disputes]
    return united(spans, starts(sanction, held), until)


def ends(sanction: SanctionState, held: Iterable[RecordState]) -> date:
    """The day from which it runs no more: lifted, or its own end or a record's expiry."""
    end = end_of_sanction(sanction, list(held))
    return end if sanction.lifted is None else min(end, sanction.lifted.facts.from_)


def united(spans: Iterable[Span], from_: date, until: date | None) -> tuple[Span, ...]:
    """The days of ``spans`` in ``[from_, until)``, each once, ascending.

    A span without end stays so.
    """
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: span[0]):
        start, end = max(span[0], from_), span[1]
        if end is not None and until is not None:
            end = min(end, until)
        if (end is not None and end <= start) or (until is not None and start >= until):
            continue
        last = found[-1] if found else None
        if last is None or (last[1] is not None and last[1] < start):
            found.append((start, end))
        elif last[1] is not None:
            found[-1] = last[0], None if end is None else max(last[1], end)
    return tuple(found)


def in_order(indexes: Iterable[int]) -> Because:
    return tuple(sorted(set(indexes)))
