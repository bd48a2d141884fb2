"""An open node and others: records given, messages taken in, what is owed on either side.

Messages are bytes here; which way they travel is others' business (``api.cli.exchange`` by
files, ``api.http`` by HTTP).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ledger.clock import legal_day
from ledger.entry import Actor
from ledger.events.exchange import Act, Required
from ledger.exchange.common import context, require_list, require_peer
from ledger.exchange.following import Following
from ledger.exchange.outbox import Outbox
from ledger.exchange.pen import Outgoing
from ledger.exchange.receive import Received, receive
from ledger.exchange.send import BUNDLE_LIFE, SendOrder, Sent, send
from ledger.log.stream import read_stream
from ledger.node import Node
from ledger.subject.aggregate import Subject
from ledger.subject.decide_exchange import give_up
from ledger.subject.duties import DutyState, duties
from ledger.subject.refusals import UnknownId

__all__ = ["BUNDLE_LIFE", "Exchange", "Outgoing", "Outstanding", "Received", "SendOrder", "Sent"]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A notice that this node gave and that has not closed."""

    notice: str
    record: str
    recipient: str
    act: Act
    required: Required
    due_on: date
    state: DutyState


class Exchange:
    """What an open node does with other nodes. Made once for as long as the node is open."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._following = Following(node.store)

    def send(self, order: SendOrder) -> Sent:
        """Give records to another node; recorded before the file is handed out.

        A file that was lost is had again from ``outbox`` until it is answered.
        """
        return send(self._node, order)

    def receive(self, data: bytes, operator: str, at: datetime | None = None) -> Received:
        """Take in a message of any kind, whole or not at all."""
        return receive(self._node, data, operator, at)

    def outbox(self, to: str | None = None, at: datetime | None = None) -> tuple[Outgoing, ...]:
        """All that is owed to one node or to all; ``at`` is when it is issued.

        Raises ``UnknownPeer`` where ``to`` is no other node of the trust list.
        """
        if to is not None:
            require_peer(self._node, require_list(self._node), to)
        return tuple(Outbox(self._node, self._following, at).messages(to))

    def list_warning(self, at: datetime | None = None) -> int | None:
        """The version of the adopted trust list where that has expired."""
        listed = require_list(self._node)
        return listed.version if listed.trust.has_expired(self._node.instant(at)) else None

    def outstanding(
        self, known_at: datetime | None = None, today: date | None = None
    ) -> tuple[Outstanding, ...]:
        """The notices that have not closed, by day due; as known then, or as of now.

        ``today``: the day on which it is asked whether one is overdue; None: that of the
        instant, or of now.
        """
        size = None if known_at is None else self._node.store.resolve(known_at)
        day = today or legal_day(self._node.instant() if known_at is None else known_at)
        self._node.registry()
        found: list[Outstanding] = []
        for key in self._following.subjects():
            rows = self._node.store.stream(key, upto=size)
            subject = Subject(key).absorb(read_stream(key, rows, self._node.node_keys()))
            for record in subject.state.records.values():
                for duty in duties(record, day):
                    if duty.state != "closed":
                        facts = duty.notice.facts
                        found.append(
                            Outstanding(
                                facts.notice,
                                facts.record,
                                facts.recipient,
                                facts.act,
                                facts.required,
                                facts.due_on,
                                duty.state,
                            )
                        )
        return tuple(sorted(found, key=lambda one: (one.due_on, one.notice)))

    def close(
        self, notice: str, operator: str, reason: str, at: datetime | None = None
    ) -> Outstanding:
        """Wait no longer for the answer to a notice; it stays listed as given up."""
        known = next((one for one in self.outstanding() if one.notice == notice), None)
        if known is None:
            raise UnknownId(what="notice", id=notice)

        def attempt(today: date) -> None:
            holder = self._node.holder(known.record)
            if holder is None:
                raise UnknownId(what="record", id=known.record)
            subject = self._node.subject(holder)
            actor = Actor(self._node.name, operator)
            give_up(subject, notice, reason, context(self._node, today, actor))
            self._node.save(subject.collect_events(), today, at)

        self._node.again(at, attempt)
        return known
