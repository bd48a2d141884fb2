"""All that this node owes to others, made anew each time from what the log says.

- a bundle that was sent and not answered, as long as it may be taken in: the very file;
- a notice that was not answered;
- an acknowledgement of each notice received, until its sender has receipted what it would say
  now, with the enforcement statuses of the sanctions here;
- a status on its own, where an enforcer reported since.

Nothing is entered here, so it may be asked as often as one likes: a file that was lost is had
again, and what the other side has said that it has is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256

from ledger.events.exchange import NoticeReceived
from ledger.events.peers import NoticeKept
from ledger.exchange.answering import Voice, not_held, sender_of
from ledger.exchange.assembling import OwnLog
from ledger.exchange.common import own_log, read_peer, read_peer_stream, require_list
from ledger.exchange.contents import contents, of_acknowledgement
from ledger.exchange.finishing import finish_erasure
from ledger.exchange.following import Following
from ledger.exchange.forms import Acknowledgement, Bundle, Notice
from ledger.exchange.ids import message_id
from ledger.exchange.kept import kept_message
from ledger.exchange.peers import Peer
from ledger.exchange.pen import Outgoing, Pen
from ledger.exchange.resend import sent_again
from ledger.log.stream import read_stream
from ledger.node import Node
from ledger.subject.state import Known, RecordState


class Outbox:
    """One look at what is owed, under one checkpoint."""

    def __init__(self, node: Node, following: Following, at: datetime | None) -> None:
        """Raises ``NoTrustList``. Settles the log; a later call finds it settled."""
        self._node = node
        listed = require_list(node)
        self._own: OwnLog = own_log(node)
        self._now = node.instant(at)
        self._today: date = node.today(at)
        self._pen = Pen(node, listed, self._now)
        self._following = following
        self._peers: dict[str, Peer] = {}

    def messages(self, to: str | None = None) -> Iterator[Outgoing]:
        """For one node, or all: bundles first, then subject by subject."""
        for key in self._following.peers():
            peer = read_peer_stream(self._node, key, size=self._own.size)
            self._peers[peer.name] = peer
        for peer in self._peers.values():
            if to in (None, peer.name):
                yield from self._bundles(peer)
        for key in self._following.subjects():
            yield from self._of_subject(key, to)
        for peer in self._peers.values():
            if to in (None, peer.name):
                yield from self._of_kept(peer)

    def _peer(self, name: str) -> Peer:
        if name not in self._peers:
            self._peers[name] = read_peer(self._node, name, self._own.size)
        return self._peers[name]

    def _bundles(self, peer: Peer) -> Iterator[Outgoing]:
        """Left out where a value that it disclosed was erased since: it does not leave again."""
        for known in peer.sent:
            facts = known.facts
            if facts.bundle not in peer.receipted and facts.expires_at > self._now:
                envelope = sent_again(self._node, facts.bundle)
                if envelope is not None:
                    bundle = kept_message(self._node.store, facts.bundle, Bundle)
                    yield Outgoing("bundle", bundle.id, peer.name, facts.bundle, envelope, bundle)

    # -- subjects --------------------------------------------------------------

    def _voice(self, key: str) -> Voice | None:
        rows = self._node.store.stream(key, upto=self._own.size)
        entries = read_stream(key, rows, self._node.node_keys())
        if not entries:
            return None
        return Voice(self._node.store, self._own, self._pen, entries, rows)

    def _of_subject(self, key: str, to: str | None) -> Iterator[Outgoing]:
        voice = self._voice(key)
        if voice is None:
            return
        for record in voice.subject.state.records.values():
            yield from self._notices(voice, record, to)
            yield from self._answers(voice, record, to)

    def _notices(self, voice: Voice, record: RecordState, to: str | None) -> Iterator[Outgoing]:
        shared = record.shared
        for known in shared.notified:
            facts = known.facts
            done = facts.notice in shared.answered or facts.notice in shared.given_up
            if not done and to in (None, facts.recipient):
                yield voice.notice(known, self._through(record, facts.relays))

    def _through(self, record: RecordState, relays: str | None) -> str | None:
        """The message that brought the notice which is passed on."""
        if relays is None:
            return None
        told = next(one for one in record.told if one.facts.notice == relays)
        peer = self._peer(sender_of(told.facts))
        for kept in peer.kept:
            if kept.facts.notice == relays:
                return kept.facts.message
        return next(
            digest
            for digest, one in peer.received.items()
            if one.recorded_at == told.recorded_at and one.facts.message_kind == "notice"
        )

    def _answers(self, voice: Voice, record: RecordState, to: str | None) -> Iterator[Outgoing]:
        for sender in dict.fromkeys(sender_of(known.facts) for known in record.told):
            if to not in (None, sender):
                continue
            peer = self._peer(sender)
            statuses = voice.statuses(record, sender)
            said = False
            for known in record.told:
                if sender_of(known.facts) == sender:
                    if known.facts.act == "erasure":
                        finish_erasure(self._node, voice.subject, known.facts.record)
                    made = voice.acknowledgement(record, known, statuses, self._today)
                    if of_acknowledgement(made) not in peer.receipted:
                        said = True
                        yield self._named(made)
            if not said:
                yield from self._unsaid(peer, statuses)

    @staticmethod
    def _unsaid(peer: Peer, statuses: Sequence[Outgoing]) -> Iterator[Outgoing]:
        for one in statuses:
            if not all(said in peer.receipted for said in contents(one.message)):
                yield one

    def _named(self, made: Acknowledgement) -> Outgoing:
        """Under an id that follows from what it says."""
        named = "".join(contents(made))
        digest = sha256(named.encode()).hexdigest()
        return self._pen.seal(made.model_copy(update={"id": message_id(made.kind, digest)}))

    # -- notices of what is not held, or was told before ------------------------

    def _of_kept(self, peer: Peer) -> Iterator[Outgoing]:
        for known in peer.kept:
            made = self._answer_to_kept(peer, known)
            if made is not None and of_acknowledgement(made) not in peer.receipted:
                yield self._named(made)

    def _answer_to_kept(self, peer: Peer, known: Known[NoticeKept]) -> Acknowledgement | None:
        """None where the notice was entered since: it is answered with its record."""
        facts = known.facts
        holder = self._node.holder(facts.record)
        voice = None if holder is None else self._voice(f"subject/{holder}")
        record = None if voice is None else voice.subject.state.records.get(facts.record)
        if voice is None or record is None:
            return not_held(self._pen, facts.notice, facts.record, peer.name)
        if any(one.facts.notice == facts.notice for one in record.told):
            return None
        told = self._same_act(record, kept_message(self._node.store, facts.message, Notice))
        if told is None:
            return not_held(self._pen, facts.notice, facts.record, peer.name)
        if told.facts.act == "erasure":
            finish_erasure(self._node, voice.subject, facts.record)
        statuses = voice.statuses(record, peer.name)
        made = voice.acknowledgement(record, told, statuses, self._today, is_first=False)
        return made.model_copy(update={"notice": facts.notice, "recipient": peer.name})

    @staticmethod
    def _same_act(record: RecordState, notice: Notice) -> Known[NoticeReceived] | None:
        """The notice by which the act was told here."""
        shown = (one for one in notice.logs[0].entries if one.index == notice.acted)
        acted = {sha256(one.payload).hexdigest() for one in shown}
        return next((one for one in record.told if one.facts.origin_entry in acted), None)
