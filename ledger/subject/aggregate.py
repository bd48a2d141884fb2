"""The Subject aggregate: the consistency boundary of one subject's stream.

It speaks the ``eventsourcing`` library's aggregate protocol (``id``, ``version``,
``collect_events``) and holds the shared fold as its state. Decisions live beside it,
by theme (``decide_*``); they call ``trigger`` for every event they lead to, so that a
command and its automatic effects are stored in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from ledger.entry import Entry, PendingEvent, Secret, StreamId
from ledger.errors import ExitCode, LedgerError
from ledger.events.base import Facts
from ledger.subject.context import Context
from ledger.subject.evolve import evolve
from ledger.subject.refusals import NotOpened, NotSealable, UnknownId
from ledger.subject.state import (
    UNSTAMPED,
    Known,
    ObjectionState,
    RecordState,
    RepairState,
    SanctionState,
    SubjectState,
)


class BrokenStream(LedgerError):
    """Nothing is decided on a stream with an entry missing, doubled or from elsewhere."""

    code = "broken_stream"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "entry {index} is no. {seq} of its stream, {expected} was expected; run credit-ledger audit"
    )
    zh_cn = "条目 {index} 在其流中为第 {seq} 条，应为第 {expected} 条；请运行 credit-ledger audit"
    zh_tw = "條目 {index} 在其流中為第 {seq} 條，應為第 {expected} 條；請執行 credit-ledger audit"


class Subject:
    """One subject, as far as its entries tell, and the events decided but not yet stored."""

    __slots__ = ("_id", "_pending", "_version", "state")

    def __init__(self, key: str) -> None:
        self._id = key
        self._version = 0
        self.state = SubjectState()
        self._pending: list[PendingEvent] = []

    @property
    def id(self) -> str:
        """The library's key of the stream, ``subject/<uuid>``."""
        return self._id

    @property
    def uuid(self) -> UUID:
        return StreamId.parse(self._id).id

    @property
    def uuid_text(self) -> str:
        """``str(uuid)``, without the way through a UUID."""
        return self._id.partition("/")[2]

    @property
    def version(self) -> int:
        """The ``seq`` of the last event, stored or pending."""
        return self._version

    @property
    def is_open(self) -> bool:
        return self.state.opened is not None

    @property
    def pending(self) -> Sequence[PendingEvent]:
        return tuple(self._pending)

    def absorb(self, entries: Iterable[Entry]) -> Subject:
        """Fold stored entries of this stream, in order. Raises ``BrokenStream`` for a gap."""
        state, expected = self.state, self._version + 1
        for entry in entries:
            if entry.seq != expected or entry.originator_id != self._id:
                raise BrokenStream(index=entry.index, seq=entry.seq, expected=expected)
            evolve(state, Known(entry.facts, entry.index, entry.recorded_at, entry.keyid))
            self._version = expected
            expected += 1
        return self

    def collect_events(self) -> Sequence[PendingEvent]:
        """Hand the pending events over to be stored; they are gone from here."""
        pending, self._pending = self._pending, []
        return pending

    def trigger(self, context: Context, facts: Facts, secrets: tuple[Secret, ...] = ()) -> None:
        """Add one event and fold it, so that what follows is decided on the new state."""
        self._version += 1
        evolve(self.state, Known(facts, UNSTAMPED, None))
        self._pending.append(
            PendingEvent(
                originator_id=self._id,
                originator_version=self._version,
                facts=facts,
                actor=context.actor,
                submission=context.submission,
                secrets=secrets,
            )
        )

    def require_open(self) -> None:
        if not self.is_open:
            raise NotOpened

    def record(self, key: str) -> RecordState:
        if (found := self.state.records.get(key)) is None:
            raise UnknownId(what="record", id=key)
        return found

    def sanction(self, key: str) -> SanctionState:
        if (found := self.state.sanctions.get(key)) is None:
            raise UnknownId(what="sanction", id=key)
        return found

    def objection(self, key: str) -> ObjectionState:
        if (found := self.state.objections.get(key)) is None:
            raise UnknownId(what="objection", id=key)
        return found

    def repair(self, key: str) -> RepairState:
        if (found := self.state.repairs.get(key)) is None:
            raise UnknownId(what="repair", id=key)
        return found


def project_subject(aggregate: Subject | None, events: Iterable[Entry]) -> Subject | None:
    """The library's projector function for ``Repository.get``."""
    for event in events:
        if aggregate is None:
            aggregate = Subject(event.stream.key)
        aggregate.absorb((event,))
    return aggregate


def sealed_under(context: Context, event: type[Facts], *keys: str) -> tuple[Secret, ...]:
    """The context's details as secrets of ``event``, each locked under ``keys``."""
    require_sealable(context, event)
    return tuple(Secret(name, value, keys) for name, value in sorted(context.sealed.items()))


def require_sealable(context: Context, event: type[Facts]) -> None:
    """The details may be sealed beside ``event``, or ``NotSealable``."""
    for name in context.sealed:
        if name not in event.sealed_fields:
            raise NotSealable(
                event=event.type_name(),
                field=name,
                allowed=", ".join(sorted(event.sealed_fields)) or "-",
            )
