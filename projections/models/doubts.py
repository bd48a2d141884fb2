"""States of records and sanctions while keys are known to be compromised. Pure.

What ``ledger.subject.taint`` says depends on whether the day asked for lies before the day on
which a compromise was recorded. So the days are cut there, and each part is asked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

from ledger.organisations.node_keys import Compromise, Compromises
from ledger.subject.state import ObjectionState, RecordState, SanctionState
from ledger.subject.taint import doubted_record, doubted_sanction
from projections.models.timelines import Held, Run

V = TypeVar("V")
S = TypeVar("S", bound=str)


class Doubts:
    """What the compromises known at one size do to records and sanctions."""

    __slots__ = ("_known", "_parts")

    def __init__(self, known: Compromises) -> None:
        self._known = known
        days = sorted({each.day for each in known.by_key.values()})
        first = [] if not days else [(date.min, days[0] - timedelta(days=1))]
        self._parts = [*first, *((day, day) for day in days)]

    def on_each_part(self, ask: Callable[[date], list[Run[V]]]) -> list[Run[V]]:
        """The runs that ``ask`` gives for a day of each part, cut to it and put together."""
        found: list[Run[V]] = []
        untils = [*(from_ for from_, _ in self._parts[1:]), date.max]
        for (part_from, probe), part_until in zip(self._parts, untils, strict=True):
            for value, from_, until in ask(probe):
                start, end = max(from_, part_from), min(until, part_until)
                if start >= end:
                    continue
                if found and found[-1][2] == start and found[-1][0] == value:
                    found[-1] = value, found[-1][1], end
                else:
                    found.append((value, start, end))
        return found

    @property
    def last(self) -> date:
        """A day of the last part: what holds in the end."""
        return self._parts[-1][1]

    def record(
        self,
        record: RecordState,
        objections: Collection[ObjectionState],
        valid_at: date,
        tie: Compromise | None = None,
    ) -> RecordState:
        return doubted_record(record, objections, self._known, valid_at, tie)

    def sanction(
        self, sanction: SanctionState, records: Mapping[str, RecordState], valid_at: date
    ) -> SanctionState:
        return doubted_sanction(sanction, records, self._known, valid_at)


def naming(
    runs: list[Run[Held[S]]], plain: list[Run[Held[S]]], put_back: Collection[int | None]
) -> list[Run[Held[S]]]:
    """The runs, naming the declarations for which something was put back wherever the state is
    another than without them (``projections.history`` does so for a day).
    """
    leaves = {leaf for leaf in put_back if leaf is not None}
    if not leaves:
        return runs
    cuts = sorted({day for _, from_, until in plain for day in (from_, until)})
    found: list[Run[Held[S]]] = []
    for held, from_, until in runs:
        days = [from_, *(day for day in cuts if from_ < day < until), until]
        for start, end in pairwise(days):
            was = next((value for value, since, to in plain if since <= start < to), None)
            same = was is not None and was.state == held.state
            named = held.because if same else tuple(sorted({*held.because, *leaves}))
            value = held._replace(because=named)
            if found and found[-1][0] == value and found[-1][2] == start:
                found[-1] = value, found[-1][1], end
            else:
                found.append((value, start, end))
    return found
