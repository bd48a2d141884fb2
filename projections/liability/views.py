"""The entries that a trail is told from: those of one subject at each node, and of one sanction.

A node's own entries may be all there is, or those of partners may be attached, whole or
in part. Nothing is folded: what is missing is missing, and what is there counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from ledger.entry import Entry
from ledger.errors import UnusableInput
from ledger.events.base import Facts
from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import (
    NoticeServed,
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    EnforcementReported,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import PersonalDataErased

LEGAL_OFFSET: Final = timedelta(hours=8)
F = TypeVar("F", bound=Facts)


class SanctionNotHeld(UnusableInput):
    code = "sanction_not_held"
    en = "no entry at hand imposes sanction {sanction}; give the id of one that this node knows"
    zh_cn = "现有条目中没有作出惩戒 {sanction} 的条目；请提供本节点所知的惩戒标识"
    zh_tw = "現有條目中沒有作出懲戒 {sanction} 的條目；請提供本節點所知的懲戒識別碼"


@dataclass(frozen=True, slots=True)
class NodeView:
    """Entries of the subject's streams at ``node``, in any order; their cut is the caller's."""

    node: str
    entries: tuple[Entry, ...]


class Seen(NamedTuple):
    """One entry, the node whose log has it, and its position in the trail."""

    position: int
    node: str
    entry: Entry

    @property
    def at(self) -> datetime:
        return self.entry.recorded_at

    @property
    def on(self) -> date:
        """The calendar day in UTC+8 on which it was entered."""
        return day_of(self.entry.recorded_at)


def day_of(instant: datetime) -> date:
    """The calendar day in UTC+8."""
    return (instant + LEGAL_OFFSET).date()


@dataclass(frozen=True, slots=True)
class Case:
    """One sanction, and all entries that tell of it or of a record under it, in order of time."""

    sanction: str
    node: str
    """Where the sanction was imposed: its enforcer's node."""
    imposed: Seen
    facts: SanctionImposed
    seen: tuple[Seen, ...]
    paths: Mapping[str, tuple[str, ...]]
    """By record: the nodes it passed, from its origin to the enforcer's."""
    at_hand: frozenset[str] = field(default=frozenset())
    """The nodes with any entry at hand."""

    def each(self, kind: type[F]) -> Iterator[tuple[Seen, F]]:
        for seen in self.seen:
            if isinstance(seen.entry.facts, kind):
                yield seen, seen.entry.facts

    def here(self, kind: type[F]) -> Iterator[tuple[Seen, F]]:
        """Those entered at the enforcer's node."""
        return (pair for pair in self.each(kind) if pair[0].node == self.node)


_OF_RECORD = (
    RecordCollected,
    RecordReceived,
    NoticeServed,
    RecordCorrected,
    RecordWithdrawn,
    RecordMended,
    RecordPublished,
    PublicationEnded,
    ObjectionFiled,
    RepairRequested,
    NoticeReceived,
)
_TO_RECIPIENT = (
    RecordDisclosed,
    DisclosureReceipted,
    CorrectionNotified,
    CorrectionAcknowledged,
    CorrectionGivenUp,
)
_OF_SANCTION = (
    SanctionImposed,
    SanctionSuspended,
    SanctionResumed,
    SanctionLifted,
    EnforcementReported,
    SanctionRuledWrongful,
    RulingReversed,
    RestitutionMade,
)


def sanctions_in(views: Iterable[NodeView], record: str | None = None) -> tuple[str, ...]:
    """The sanctions that the entries impose, in order of time; those resting on ``record``."""
    return tuple(
        dict.fromkeys(
            entry.facts.sanction
            for _, entry in _ordered(views)
            if isinstance(entry.facts, SanctionImposed)
            and (record is None or record in entry.facts.records)
        )
    )


def case_of(views: Iterable[NodeView], sanction: str) -> Case:
    """The entries of one sanction. Raises ``SanctionNotHeld``."""
    every = _ordered(views)
    found = next(
        (
            (node, entry, entry.facts)
            for node, entry in every
            if isinstance(entry.facts, SanctionImposed) and entry.facts.sanction == sanction
        ),
        None,
    )
    if found is None:
        raise SanctionNotHeld(sanction=sanction)
    home, imposing, facts = found
    paths = {record: _path(every, record, home) for record in facts.records}
    seen = tuple(
        Seen(position, node, entry)
        for position, (node, entry) in enumerate(_about(every, home, facts, paths))
    )
    return Case(
        sanction=sanction,
        node=home,
        imposed=next(one for one in seen if one.node == home and one.entry is imposing),
        facts=facts,
        seen=seen,
        paths=paths,
        at_hand=frozenset(node for node, _ in every),
    )


def _ordered(views: Iterable[NodeView]) -> list[tuple[str, Entry]]:
    """Each entry once, in order of time; of one node in the order of its log."""
    found = {(view.node, entry.index): entry for view in views for entry in view.entries}
    pairs = [(node, entry) for (node, _), entry in found.items() if entry.stream.kind == "subject"]
    return sorted(pairs, key=lambda pair: (pair[1].recorded_at, pair[0], pair[1].index))


def _about(
    every: Sequence[tuple[str, Entry]],
    home: str,
    imposed: SanctionImposed,
    paths: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[str, Entry]]:
    """The entries on the sanction at its node, and on its records at the nodes they passed."""
    asked: set[str] = set()
    for node, entry in every:
        facts = entry.facts
        if isinstance(facts, _OF_SANCTION):
            if node == home and facts.sanction == imposed.sanction:
                yield node, entry
        elif isinstance(facts, _OF_RECORD):
            if node in paths.get(facts.record, ()):
                if isinstance(facts, ObjectionFiled):
                    asked.add(facts.objection)
                if isinstance(facts, RepairRequested):
                    asked.add(facts.repair)
                yield node, entry
        elif isinstance(facts, _TO_RECIPIENT):
            path = paths.get(facts.record, ())
            if node in path and facts.recipient in path:
                yield node, entry
        elif isinstance(facts, EnforcementStatusReceived):
            if node in paths.get(facts.record, ()) and facts.status.sanction == imposed.sanction:
                yield node, entry
        elif isinstance(facts, ObjectionAnswered | ObjectionDecided):
            if facts.objection in asked:
                yield node, entry
        elif isinstance(facts, RepairAccepted | RepairDecided):
            if facts.repair in asked:
                yield node, entry
        elif isinstance(facts, PersonalDataErased) and any(r in paths for r in facts.records):
            yield node, entry


def _path(every: Sequence[tuple[str, Entry]], record: str, home: str) -> tuple[str, ...]:
    """The nodes that the record passed to ``home``; unknown ones between are left out."""
    collected: list[str] = []
    received: dict[str, RecordReceived] = {}
    hops: tuple[str, ...] = ()
    for node, entry in every:
        facts = entry.facts
        if isinstance(facts, RecordCollected) and facts.record == record:
            collected.append(node)
        elif isinstance(facts, RecordReceived) and facts.record == record:
            received.setdefault(node, facts)
        elif isinstance(facts, NoticeReceived) and facts.record == record and node == home:
            hops = hops or tuple(hop.node for hop in facts.hops)
    if home in collected:
        return (home,)
    if home not in received:
        return (collected[0], *hops, home) if collected else (*hops, home)
    origin = received[home].origin
    back, node = [home], home
    while node != origin:
        known = received.get(node)
        before = origin if known is None else known.sender or origin
        if known is None and node != home and hops:
            return tuple(dict.fromkeys((origin, *hops, home)))
        if before in back:
            before = origin
        back.append(before)
        node = before
    return tuple(reversed(back))
