"""The history of one subject: what was known of it, and the state that follows at ``valid_at``.

A pure function of entries. It knows nothing of readers: what may be shown of a history is
a separate filter (``projections.reader``) that can only mask.

A corrected identifier ties two streams: from the entry that says so, both identifiers
answer with both chains. Each stream is folded in its own order; records and sanctions
are merged and the timeline is ordered by leaf index. An answer for a tree size before
the tie is that of the one stream, today and in ten years.

Keys that are known to be compromised at that size take the adverse effect from what they
signed (``ledger.subject.taint``): records in doubt are disputed, sanctions suspended, and what
tainted corrections made worse is as it was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ledger.entry import Entry
from ledger.events.base import SubjectKind
from ledger.events.subjects import IdentifierCorrected, SubjectOpened
from ledger.organisations.node_keys import NONE_KNOWN, Compromises
from ledger.subject.evolve import fold
from ledger.subject.state import (
    ObjectionState,
    RecordState,
    RepairState,
    SanctionState,
)
from ledger.subject.status import (
    Enforcement,
    RecordStateName,
    SanctionStateName,
    enforcement,
    record_status,
    sanction_status,
)
from ledger.subject.taint import doubted_record, doubted_sanction

FOLD_VERSION = 4
"""Names this fold in a signed answer; another number means that answers may differ."""


@dataclass(frozen=True, slots=True)
class SubjectLine:
    id: UUID
    kind: SubjectKind
    scheme: str


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record's state at ``valid_at``; ``because`` names leaf indexes, ascending."""

    record: str
    item: str
    state: RecordStateName
    since: date
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SanctionLine:
    """A sanction's state at ``valid_at``, with what its enforcer last said until then."""

    sanction: str
    measure: str
    state: SanctionStateName
    since: date
    starts_on: date
    ends_on: date
    enforcement: Enforcement
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """The streams of one subject, each folded by itself, their contents side by side."""

    kinds: Mapping[UUID, SubjectKind]
    """The kind that each opened stream states."""
    homes: Mapping[str, UUID]
    """Record id to the stream that holds it."""
    records: Mapping[str, RecordState]
    sanctions: Mapping[str, SanctionState]
    objections: Mapping[str, ObjectionState]
    repairs: Mapping[str, RepairState]
    complaints: Mapping[str, str | None]
    """Case id to the record it is about, if it is about one."""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that is known of one subject, and its state at ``valid_at``.

    ``subject`` is None, and all else empty, where nobody opened it.
    """

    subject: SubjectLine | None
    valid_at: date
    entries: tuple[Entry, ...]
    records: tuple[RecordLine, ...]
    sanctions: tuple[SanctionLine, ...]
    folded: Folded
    compromised: frozenset[int] = frozenset()
    """Leaf indexes of the declarations behind what is in doubt; ``because`` may name them."""


def tied(entries: Iterable[Entry], subject: UUID) -> frozenset[UUID]:
    """The subject and all that corrected identifiers tie to it, as far as ``entries`` tell.

    To load a subject: load its stream, ask again with what came, until nothing is added.
    """
    ties: dict[UUID, set[UUID]] = {}
    for entry in entries:
        if isinstance(entry.facts, IdentifierCorrected):
            one, other = UUID(entry.facts.old_subject), UUID(entry.facts.new_subject)
            ties.setdefault(one, set()).add(other)
            ties.setdefault(other, set()).add(one)
    found, fresh = {subject}, {subject}
    while fresh:
        fresh = {other for one in fresh for other in ties.get(one, ())} - found
        found |= fresh
    return frozenset(found)


def folded(entries: Iterable[Entry], subject: UUID) -> tuple[tuple[Entry, ...], Folded]:
    """The entries of the subject's tied streams, in log order, and what they add up to."""
    own = sorted((e for e in entries if e.stream.kind == "subject"), key=lambda e: e.index)
    reach = tied(own, subject)
    own = [entry for entry in own if entry.stream.id in reach]
    streams: dict[UUID, list[Entry]] = {}
    for entry in own:
        streams.setdefault(entry.stream.id, []).append(entry)
    states = {stream: fold(chain) for stream, chain in streams.items()}
    return tuple(own), Folded(
        kinds={key: state.kind for key, state in states.items() if state.opened is not None},
        homes={record: key for key, state in states.items() for record in state.records},
        records={k: v for state in states.values() for k, v in state.records.items()},
        sanctions={k: v for state in states.values() for k, v in state.sanctions.items()},
        objections={k: v for state in states.values() for k, v in state.objections.items()},
        repairs={k: v for state in states.values() for k, v in state.repairs.items()},
        complaints={
            k: v.facts.record for state in states.values() for k, v in state.complaints.items()
        },
    )


def history(
    entries: Sequence[Entry],
    subject: UUID,
    *,
    valid_at: date,
    compromises: Compromises = NONE_KNOWN,
) -> History:
    """What ``entries`` say of ``subject``, and its state at ``valid_at``.

    ``entries`` are those known at a tree size, of the subject's stream and of any others;
    streams that are not tied to it by these very entries are left out. Records that do
    not hold yet at ``valid_at`` are not listed; the timeline has them. ``compromises`` are
    those known at the same size.
    """
    own, state = folded(entries, subject)
    line = _subject_line(own, subject)
    if line is None:
        own, state = folded((), subject)
    shown = doubted(own, state, subject, compromises, valid_at) if compromises else state
    return History(
        subject=line,
        valid_at=valid_at,
        entries=own,
        records=tuple(_record_lines(shown, state, valid_at)),
        sanctions=tuple(_sanction_lines(shown, state, valid_at)),
        folded=state,
        compromised=frozenset(each.index for each in compromises.by_key.values()),
    )


def doubted(
    own: Sequence[Entry], state: Folded, subject: UUID, known: Compromises, valid_at: date
) -> Folded:
    """The same with what is in doubt disputed or suspended; ``own`` are the tied entries."""
    ties = {
        entry.index: tainted
        for entry in own
        if isinstance(entry.facts, IdentifierCorrected)
        and (tainted := known.taint(entry.keyid, entry.index)) is not None
    }
    reach = tied((entry for entry in own if entry.index not in ties), subject)
    first = ties[min(ties)] if ties else None
    records = {
        key: doubted_record(
            record,
            state.objections.values(),
            known,
            valid_at,
            None if state.homes[key] in reach else first,
        )
        for key, record in state.records.items()
    }
    sanctions = {
        key: doubted_sanction(sanction, state.records, known, valid_at)
        for key, sanction in state.sanctions.items()
    }
    return replace(state, records=records, sanctions=sanctions)


def _subject_line(entries: Iterable[Entry], subject: UUID) -> SubjectLine | None:
    for entry in entries:
        if entry.stream.id == subject and isinstance(entry.facts, SubjectOpened):
            return SubjectLine(subject, entry.facts.kind, entry.facts.scheme)
    return None


def _record_lines(state: Folded, plain: Folded, valid_at: date) -> Iterable[RecordLine]:
    for key, record in sorted(state.records.items(), key=lambda pair: pair[1].collected.index):
        if (found := record_status(record, valid_at)) is not None:
            because = set(found.because)
            if record.put_back is not None:
                was = record_status(plain.records[key], valid_at)
                because |= set() if was and was.state == found.state else {record.put_back}
            yield RecordLine(
                record=key,
                item=record.facts.item,
                state=found.state,
                since=found.since,
                because=tuple(sorted(because)),
            )


def _sanction_lines(state: Folded, plain: Folded, valid_at: date) -> Iterable[SanctionLine]:
    for key, sanction in sorted(state.sanctions.items(), key=lambda pair: pair[1].imposed.index):
        facts = sanction.imposed.facts
        found = sanction_status(sanction, state.records, valid_at)
        because = set(found.because)
        under = (state.records[each] for each in facts.records if each in state.records)
        every = {sanction.put_back, *(record.put_back for record in under)}
        if put_back := {each for each in every if each is not None}:
            was = sanction_status(plain.sanctions[key], plain.records, valid_at)
            because |= set() if was.state == found.state else put_back
        yield SanctionLine(
            sanction=key,
            measure=facts.measure,
            state=found.state,
            since=found.since,
            starts_on=facts.starts_on,
            ends_on=facts.ends_on,
            enforcement=enforcement(sanction, valid_at),
            because=tuple(sorted(because)),
        )
