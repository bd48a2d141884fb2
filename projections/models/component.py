"""The streams of one subject while they are folded: which are tied, whose records count. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from ledger.entry import Entry
from ledger.organisations.node_keys import NONE_KNOWN, Compromise, Compromises
from ledger.subject.state import ObjectionState, RecordState, SanctionState, SubjectState
from ledger.subject.status import RecordStateName, SanctionStateName
from projections.history import tied
from projections.models.doubts import Doubts, naming
from projections.models.timelines import Held, Run, record_runs, sanction_runs

S = TypeVar("S", RecordStateName, SanctionStateName)


class Component:
    """The folded streams as known so far."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.states: dict[UUID, SubjectState] = {}
        self.resting: dict[str, list[tuple[UUID, str]]] = {}
        """Record to the sanctions that rest on it, with their streams."""
        self._entries = entries
        self._ties: list[Entry] = []
        self._reach: dict[UUID, frozenset[UUID]] = {}
        self._known = NONE_KNOWN
        self._doubts: Doubts | None = None

    def state(self, stream: UUID) -> SubjectState:
        found = self.states.get(stream)
        if found is None:
            found = self.states[stream] = SubjectState()
        return found

    def tie(self, entry: Entry) -> None:
        """From here on both streams answer with both."""
        self._ties.append(entry)
        self._reach.clear()

    def declare(self, known: Compromises) -> None:
        """From here on these keys are known to be compromised."""
        tainted = any(known.taint(each.keyid, each.index) for each in self._entries)
        self._known = known
        self._doubts = Doubts(known) if tainted else None

    # -- what holds on every day ---------------------------------------------------

    def record_runs(self, stream: UUID, key: str) -> list[Run[Held[RecordStateName]]]:
        state = self.states[stream]
        record, doubts = state.records[key], self._doubts
        if doubts is None:
            return record_runs(record)
        objections, plain = state.objections.values(), record_runs(record)

        def on(day: date) -> list[Run[Held[RecordStateName]]]:
            believed = doubts.record(record, objections, day)
            return naming(record_runs(believed), plain, (believed.put_back,))

        return doubts.on_each_part(on)

    def sanction_runs(self, stream: UUID, key: str) -> list[Run[Held[SanctionStateName]]]:
        doubts = self._doubts
        plain = sanction_runs(self.states[stream].sanctions[key], self.records(stream))
        if doubts is None:
            return plain

        def on(day: date) -> list[Run[Held[SanctionStateName]]]:
            sanction, records = self._doubted(stream, key, day)
            put_back = (sanction.put_back, *(each.put_back for each in records.values()))
            return naming(sanction_runs(sanction, records), plain, put_back)

        return doubts.on_each_part(on)

    def record(self, stream: UUID, key: str) -> RecordState:
        """As it is believed in the end."""
        state, doubts = self.states[stream], self._doubts
        if doubts is None:
            return state.records[key]
        return doubts.record(state.records[key], state.objections.values(), doubts.last)

    def sanction(self, stream: UUID, key: str) -> tuple[SanctionState, Mapping[str, RecordState]]:
        """As it is believed in the end, with the records that it can rest on."""
        doubts = self._doubts
        if doubts is None:
            return self.states[stream].sanctions[key], self.records(stream)
        return self._doubted(stream, key, doubts.last)

    def records(self, stream: UUID) -> Mapping[str, RecordState]:
        """The records of the stream and of those that are tied to it."""
        reach = self._reached(stream)
        if len(reach) == 1:
            return self.states[stream].records
        states = (state for key, state in self.states.items() if key in reach)
        return {key: record for state in states for key, record in state.records.items()}

    # -- ties and doubts -------------------------------------------------------------

    def _reached(self, stream: UUID) -> frozenset[UUID]:
        if not self._ties:
            return frozenset((stream,))
        found = self._reach.get(stream)
        if found is None:
            found = self._reach[stream] = tied(self._ties, stream)
        return found

    def _doubted(
        self, stream: UUID, key: str, day: date
    ) -> tuple[SanctionState, Mapping[str, RecordState]]:
        doubts = self._doubts
        assert doubts is not None
        sanction, records = self.states[stream].sanctions[key], self.records(stream)
        tie = self._tie_of(stream)
        believed = {
            each: doubts.record(records[each], self._objections(each), day, tie(each))
            for each in sanction.imposed.facts.records
            if each in records
        }
        return doubts.sanction(sanction, records, day), believed

    def _objections(self, record: str) -> Collection[ObjectionState]:
        for state in self.states.values():
            if record in state.records:
                return state.objections.values()
        return ()

    def _tie_of(self, stream: UUID) -> Callable[[str], Compromise | None]:
        """Of a record: the compromise behind the tie that alone makes it the subject's."""
        tainted = {
            entry.index: found
            for entry in self._ties
            if entry.stream.id in self._reached(stream)
            and (found := self._known.taint(entry.keyid, entry.index)) is not None
        }
        if not tainted:
            return lambda _: None
        reach = tied((entry for entry in self._ties if entry.index not in tainted), stream)
        own = {key for each in reach & self.states.keys() for key in self.states[each].records}
        first = tainted[min(tainted)]
        return lambda key: None if key in own else first
