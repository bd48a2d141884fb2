"""One city of the simulated region: its node, opened again whenever it was stopped, and what an
onlooker remembers of it.

The onlooker folds each row of the log once as it comes and never asks the node: what is held
against the node's own words later was seen from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ledger.adopting import adopt_list
from ledger.clock import legal_day
from ledger.codec import decode_formed
from ledger.commands.base import Command
from ledger.entry import Actor, Entry, StoredEntry
from ledger.events.exchange import NoticeReceived
from ledger.events.records import RecordWithdrawn
from ledger.exchange.trust_list import TrustList
from ledger.exchanging import Exchange, Outgoing, Received, SendOrder, Sent
from ledger.home import Home
from ledger.log.trust import Trust
from ledger.log.trust_export import trust_of
from ledger.next_key import make_next
from ledger.orders import Done, Order, SubjectRef
from ledger.rotation import Change, rotate
from ledger.subject.aggregate import Subject
from tests.simulation.bodies import OPERATOR, Bodies, bodies_of
from tests.simulation.homes import FragileNode, Point, Sources, Stopped, opened

T = TypeVar("T")


@dataclass
class City:
    """A node and its home; ``skew``: how far its clock is off the world's."""

    name: str
    home: Home
    sources: Sources
    skew: timedelta = timedelta()
    node: FragileNode = field(init=False)
    exchange: Exchange = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    """All of its log, as far as the onlooker has looked."""
    subjects: dict[str, Subject] = field(default_factory=dict)
    """By stream, folded by the onlooker."""
    withdrawn: dict[str, None] = field(default_factory=dict)
    """Records whose withdrawal this node entered, or was told of."""
    stops: int = 0
    unfinished: list[tuple[str, ...]] = field(default_factory=list)
    """Records that somebody here was about to erase when the node was stopped."""

    def __post_init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self.node = opened(self.home, self.sources)
        self.exchange = Exchange(self.node)

    @property
    def bodies(self) -> Bodies:
        return bodies_of(self.name)

    @property
    def at(self) -> datetime:
        return self.sources.now + self.skew

    @property
    def today(self) -> date:
        return legal_day(self.at)

    @property
    def size(self) -> int:
        return len(self.entries)

    # -- what it does ------------------------------------------------------------------

    def _alive(self, deed: Callable[[], T]) -> T:
        """``deed``; where the node was stopped in it, it is started anew before that is told."""
        try:
            return deed()
        except Stopped:
            self.stops += 1
            self.restart()
            raise
        finally:
            self.node.stops_at = None
            self.look()

    def restart(self) -> None:
        self.node.drop()
        self._open()

    def stop_at(self, point: Point | None) -> None:
        """Be stopped in the next deed, should it come by there."""
        self.node.stops_at = point

    def do(
        self,
        command: Command,
        role: str,
        subject: SubjectRef | None = None,
        sealed: dict[str, str] | None = None,
    ) -> Done:
        by = Actor(self.name, OPERATOR) if role == "node" else self.bodies.actor(role)
        order = Order(command, by, subject=subject, at=self.at, sealed={**(sealed or {})})
        return self._alive(lambda: self.node.execute(order))

    def send(self, to: str, records: list[str], life: timedelta, fields: tuple[str, ...]) -> Sent:
        order = SendOrder(
            to=to,
            records=[(record, None) for record in records],
            operator=OPERATOR,
            purpose="联合惩戒",
            basis="《示例法》第三条",
            fields=fields,
            expires_at=self.at + life,
            at=self.at,
        )
        return self._alive(lambda: self.exchange.send(order))

    def receive(self, data: bytes) -> Received:
        return self._alive(lambda: self.exchange.receive(data, OPERATOR, self.at))

    def outbox(self, to: str | None = None) -> tuple[Outgoing, ...]:
        return self._alive(lambda: self.exchange.outbox(to, self.at))

    def close_notice(self, notice: str) -> None:
        self._alive(lambda: self.exchange.close(notice, OPERATOR, "示例：不再等待", self.at))

    def adopt(self, listed: TrustList) -> None:
        data = listed.envelope.to_json()
        self._alive(lambda: adopt_list(self.node, data, OPERATOR, self.at))

    def rotate(self) -> None:
        """Sign with another key from now on; the others do not know it yet."""
        new = make_next(self.home, "node", self.node.wrap_key, self.sources.entropy)
        change = Change(by=Actor(self.name, OPERATOR), at=self.at)
        self._alive(lambda: rotate(self.node, "node", new.signing_key(), change))
        self.restart()

    def described(self) -> Trust:
        """What it tells of itself for a trust list."""
        return trust_of(self.node.registry(), self.sources.now, None)

    # -- what an onlooker sees ---------------------------------------------------------

    def look(self) -> None:
        """Fold what the log has grown by."""
        store = self.node.store
        for stored in store.scan(self.size, store.size()):
            self._see(stored)

    def _see(self, stored: StoredEntry) -> None:
        entry = decode_formed(stored)
        self.entries.append(entry)
        if entry.stream.kind == "subject":
            key = entry.stream.key
            self.subjects.setdefault(key, Subject(key)).absorb((entry,))
        facts = entry.facts
        is_told = isinstance(facts, NoticeReceived) and facts.act == "withdrawal"
        if is_told or isinstance(facts, RecordWithdrawn):
            self.withdrawn[str(getattr(facts, "record"))] = None  # noqa: B009 - of two types

    def holder(self, record: str) -> Subject | None:
        for subject in self.subjects.values():
            if record in subject.state.records:
                return subject
        return None

    def close(self) -> None:
        self.node.drop()


def opened_city(name: str, folder: Path, sources: Sources, skew: timedelta) -> City:
    city = City(name, Home(folder / name), sources, skew)
    city.look()
    return city
