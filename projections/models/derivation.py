"""The course of a derivation: entries in, what they change said on the known axis. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from ledger.entry import Entry
from ledger.events.base import Facts
from ledger.events.disputes import RepairDecided
from ledger.events.exchange import CorrectionNotified, EnforcementStatus, RecordReceived
from ledger.events.sanctions import CommitmentMade, IncentiveGranted
from ledger.subject.evolve import evolve
from ledger.subject.state import Known, SubjectState
from projections.models import acts
from projections.models.axis import KnownAxis
from projections.models.component import Component
from projections.models.governance import Governance
from projections.models.terms import (
    Counting,
    notice_term,
    objection_terms,
    record_period,
    record_terms,
    repair_terms,
    sanction_period,
    sanction_terms,
)
from projections.models.timelines import enforcement_runs, publication_runs


class At(NamedTuple):
    """An entry, the state of its stream after it, and its facts by themselves."""

    stream: UUID
    state: SubjectState
    entry: Entry
    facts: Any


class Derivation:
    """Entries in, what they change said on the known axis."""

    def __init__(
        self, entries: Sequence[Entry], governance: Governance, steps: Mapping[type[Facts], Step]
    ) -> None:
        self._steps = steps
        self.axis = KnownAxis()
        self._component = Component(entries)
        self._governance = governance
        self._entered: dict[int, Entry] = {}
        self._ended: dict[str, tuple[int, Any]] = {}
        """Commitment to the first entry that ended it."""
        self._granted: dict[str, tuple[int, IncentiveGranted]] = {}
        self._disclosed: dict[tuple[str, str, str], acts.DisclosurePiece] = {}
        self._notices: dict[str, tuple[acts.NoticePiece, CorrectionNotified]] = {}
        self._partners: dict[str, tuple[set[str], list[acts.Said]]] = {}
        """Sanction at another node to the records it rests on, and what was said of it."""
        self._size = 0

    def declare(self, size: int) -> None:
        """The compromises known at ``size``."""
        if self._governance.compromises:
            self._component.declare(self._governance.compromises_known(size))

    def govern(self, index: int) -> None:
        """A compromise or a rule pack at this leaf: everything is asked anew."""
        self._size = index + 1
        self.declare(self._size)
        self._all()

    def enter(self, entry: Entry) -> None:
        facts, stream = entry.facts, entry.stream.id
        self._size = entry.index + 1
        self._entered[entry.index] = entry
        state = self._component.state(stream)
        evolve(state, Known(facts, entry.index, entry.recorded_at, entry.keyid))
        step = self._steps.get(type(facts))
        if step is not None:
            step(self, At(stream, state, entry, facts))

    # -- what an entry changes -----------------------------------------------------

    def opened(self, _: At) -> None:
        """Nothing is shown of a stream before it is opened; then all that it holds."""
        self._all()

    def tied(self, at: At) -> None:
        self._component.tie(at.entry)
        self._act(at)
        self._all()

    def collected(self, at: At) -> None:
        self.axis.add("sources", [acts.source(str(at.stream), at.entry, at.facts)])
        self.on_record(at)

    def received(self, at: At) -> None:
        """A record of another node; what is known of its supplier's work is known there."""
        facts: RecordReceived = at.facts
        row = acts.source(str(at.stream), at.entry, facts.collected, facts.manifest)
        self.axis.add("sources", [row])
        self._record(at.stream, facts.record)

    def disclosed(self, at: At) -> None:
        piece = acts.disclosure(at.entry, at.facts)
        self._disclosed.setdefault((piece.record, piece.bundle, piece.recipient), piece)
        self._disclosure(at)

    def receipted(self, at: At) -> None:
        key = at.facts.record, at.facts.bundle, at.facts.recipient
        piece = self._disclosed.get(key)
        if piece is not None and piece.receipted is None:
            self._disclosed[key] = piece._replace(receipted=at.entry.index)
            self._disclosure(at)

    def _disclosure(self, at: At) -> None:
        key = at.facts.record, at.facts.bundle, at.facts.recipient
        self.axis.say(
            "disclosures", str(at.stream), "/".join(key), (self._disclosed[key],), self._size
        )

    def notified(self, at: At) -> None:
        self._notices.setdefault(at.facts.notice, (acts.notice(at.entry, at.facts), at.facts))
        self._notice(at.stream, at.facts.notice)

    def acknowledged(self, at: At) -> None:
        told = self._notices.get(at.facts.notice)
        if told is not None:
            piece = acts.acknowledged(told[0], at.entry, at.facts)
            self._notices[at.facts.notice] = piece, told[1]
            self._notice(at.stream, at.facts.notice)
        for status in at.facts.statuses:
            self._elsewhere(at, status)

    def status_received(self, at: At) -> None:
        self._elsewhere(at, at.facts.status)

    def _elsewhere(self, at: At, status: EnforcementStatus) -> None:
        """A sanction at another node that rests on a record, and what its enforcer says."""
        key, subject = status.sanction, str(at.stream)
        if key in at.state.sanctions:
            return  # our own: another node says nothing of it
        resting, said = self._partners.setdefault(key, (set(), []))
        if at.facts.record not in resting:
            resting.add(at.facts.record)
            self.axis.add(
                "sanction_records", [acts.elsewhere(subject, at.facts.record, at.entry, status)]
            )
        said.append((status.reported_on, status.state, at.entry.index))
        found = acts.reports_elsewhere(status, said)
        self.axis.say("enforcements", subject, key, found, self._size)

    def on_record(self, at: At) -> None:
        self._act(at)
        record = at.facts.record
        self._record(at.stream, record)
        for key, objection in at.state.objections.items():
            if objection.filed.facts.record == record:
                self._objection(at.stream, key)

    def on_publication(self, at: At) -> None:
        if at.state.opened is not None:
            self._published(at.stream, at.facts.record, at.state, str(at.stream))

    def on_objection(self, at: At) -> None:
        self._act(at)
        self._record(at.stream, at.state.objections[at.facts.objection].filed.facts.record)
        self._objection(at.stream, at.facts.objection)

    def on_repair(self, at: At) -> None:
        self._repair(at.stream, at.facts.repair)
        if isinstance(at.facts, RepairDecided):
            self._record(at.stream, at.state.repairs[at.facts.repair].requested.facts.record)

    def imposed(self, at: At) -> None:
        for record in at.facts.records:
            self._component.resting.setdefault(record, []).append((at.stream, at.facts.sanction))
        self.axis.add("sanction_records", acts.resting(str(at.stream), at.entry, at.facts))
        self._sanction(at.stream, at.facts.sanction)
        self._reports(at.stream, at.facts.sanction)

    def on_sanction(self, at: At) -> None:
        self._sanction(at.stream, at.facts.sanction)

    def reported(self, at: At) -> None:
        self._reports(at.stream, at.facts.sanction)
        self._stops(at.stream, at.facts.sanction)

    def on_commitment(self, at: At) -> None:
        key = at.facts.commitment
        if not isinstance(at.facts, CommitmentMade):
            self._ended.setdefault(key, (at.entry.index, at.facts))
        made = at.state.commitments.get(key)
        if made is not None:
            found = acts.commitment(made.facts, made.index, self._ended.get(key))
            self.axis.say("commitments", str(at.stream), key, found, self._size)

    def granted(self, at: At) -> None:
        self._granted[at.facts.incentive] = at.entry.index, at.facts
        found = acts.incentive(at.facts, at.entry.index, None)
        self.axis.say("incentives", str(at.stream), at.facts.incentive, found, self._size)

    def ended(self, at: At) -> None:
        """The first end counts, as in the fold."""
        granted = self._granted.pop(at.facts.incentive, None)
        if granted is not None:
            found = acts.incentive(granted[1], granted[0], (at.entry.index, at.facts))
            self.axis.say("incentives", str(at.stream), at.facts.incentive, found, self._size)

    def _act(self, at: At) -> None:
        self.axis.add("supplier_acts", acts.supplier_acts(str(at.stream), at.entry, at.state))

    # -- what is asked anew ----------------------------------------------------------

    def _all(self) -> None:
        for stream, state in self._component.states.items():
            for record in state.records:
                self._record(stream, record, alone=True)
            for sanction in state.sanctions:
                self._sanction(stream, sanction)
            for objection in state.objections:
                self._objection(stream, objection)
            for repair in state.repairs:
                self._repair(stream, repair)

    def _record(self, stream: UUID, key: str, *, alone: bool = False) -> None:
        """A record, and what rests on it."""
        state = self._component.states[stream]
        if state.opened is not None:
            facts, subject = state.records[key].facts, str(stream)
            head = (key, facts.item, facts.tier, facts.adverse, facts.publicity)
            by = facts.supplier, facts.organ
            pieces = [
                (*head, *by, *found, from_, until)
                for found, from_, until in self._component.record_runs(stream, key)
            ]
            self.axis.say("record_states", subject, key, pieces, self._size)
            self._published(stream, key, state, subject)
        if not alone:
            for home, sanction in self._component.resting.get(key, ()):
                self._sanction(home, sanction)

    def _published(self, stream: UUID, key: str, state: SubjectState, subject: str) -> None:
        """Publication, periods and deadlines of a record; a natural person's is never public."""
        record, opened = state.records[key], state.opened
        natural = opened is None or opened.facts.kind == "natural_person"
        published = [] if natural else publication_runs(record)
        facts, counting = record.facts, self._counting()
        pieces = [(key, facts.item, facts.supplier, facts.organ, *run) for run in published]
        self.axis.say("publications", subject, key, pieces, self._size)
        period = record_period(self._component.record(stream, key), published, counting)
        self.axis.say("periods", subject, key, (period,), self._size)
        terms = record_terms(record, published, counting)
        self.axis.say("deadlines", subject, key, terms, self._size)

    def _objection(self, stream: UUID, key: str) -> None:
        state = self._component.states[stream]
        if state.opened is not None:
            objection = state.objections[key]
            record = state.records[objection.filed.facts.record]
            terms = objection_terms(objection, record, self._counting())
            self.axis.say("deadlines", str(stream), key, terms, self._size)

    def _repair(self, stream: UUID, key: str) -> None:
        state = self._component.states[stream]
        if state.opened is not None:
            terms = repair_terms(state.repairs[key], self._counting())
            self.axis.say("deadlines", str(stream), key, terms, self._size)

    def _notice(self, stream: UUID, key: str) -> None:
        piece, facts = self._notices[key]
        self.axis.say("notices", str(stream), key, (piece,), self._size)
        term = notice_term(facts, piece.entry, piece.acknowledged, self._counting())
        self.axis.say("deadlines", str(stream), key, (term,), self._size)

    def _sanction(self, stream: UUID, key: str) -> None:
        state = self._component.states[stream]
        if state.opened is None:
            return
        sanction, subject = state.sanctions[key], str(stream)
        facts, restored = sanction.imposed.facts, sanction.restored
        head = (key, facts.measure, facts.kind, facts.initiator, facts.enforcer)
        restored_on = None if restored is None else restored.facts.on
        rests = facts.starts_on, facts.ends_on, facts.records, restored_on
        pieces = [
            (*head, *rests, *found, from_, until)
            for found, from_, until in self._component.sanction_runs(stream, key)
        ]
        self.axis.say("sanction_states", subject, key, pieces, self._size)
        period = sanction_period(*self._component.sanction(stream, key))
        self.axis.say("periods", subject, key, (period,), self._size)
        self._stops(stream, key)

    def _stops(self, stream: UUID, key: str) -> None:
        state = self._component.states[stream]
        if state.opened is not None:
            terms = sanction_terms(state.sanctions[key], self._counting())
            self.axis.say("deadlines", str(stream), key, terms, self._size)

    def _reports(self, stream: UUID, key: str) -> None:
        state = self._component.states[stream]
        if state.opened is None:
            return
        sanction = state.sanctions[key]
        facts = sanction.imposed.facts
        pieces: list[tuple[Any, ...]] = []
        for position, from_, until in enforcement_runs(sanction):
            said = None if position is None else sanction.reports[position]
            state_, on = (None, None) if said is None else (said.facts.state, said.facts.on)
            because = (sanction.imposed.index if said is None else said.index,)
            pieces.append((key, facts.measure, facts.enforcer, state_, on, because, from_, until))
        self.axis.say("enforcements", str(stream), key, pieces, self._size)

    def _counting(self) -> Counting:
        return Counting(self._governance, self._size, self._entered.__getitem__)


Step: TypeAlias = Callable[[Derivation, At], None]
