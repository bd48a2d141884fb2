"""What a believed message leads to: the events of one transaction, over several streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.entry import PendingEvent
from ledger.events.base import Facts
from ledger.events.peers import NoticeKept
from ledger.events.sanctions import SanctionLifted, SanctionResumed, SanctionSuspended
from ledger.events.subjects import PersonalDataErased
from ledger.exchange.accepting import NotAccepted
from ledger.exchange.common import on_peer, read_peer
from ledger.exchange.contents import contents
from ledger.exchange.forms import Bundle, Receipt, RefusalMessage
from ledger.exchange.judged import Judged, ReceivedNotice, ReceivedRecord
from ledger.exchange.judging import judge
from ledger.exchange.kept import kept_bytes, kept_message
from ledger.exchange.peers import Peer
from ledger.exchange.sending import decoder
from ledger.exchange.trust_list import TrustList
from ledger.identifiers import identify, parse_scheme
from ledger.log.stream import read_stream
from ledger.node import Node
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.decide_exchange import acknowledged, receipted, status_received
from ledger.subject.decide_received import erases, receive_notice, receive_record
from ledger.subject.refusals_exchange import IdentityWithheld

EFFECTS: Final[dict[type[Facts], str]] = {
    SanctionSuspended: "suspended",
    SanctionResumed: "resumed",
    SanctionLifted: "lifted",
}
"""What a message does to a sanction, by the event that says so."""


class NotOurs(NotAccepted):
    code = "about_nothing_sent"
    en = "it answers {digest}, which this node did not send to {sender}"
    zh_cn = "其所答复的 {digest} 并非本节点发送给 {sender} 的消息"
    zh_tw = "其所答覆的 {digest} 並非本節點傳送給 {sender} 的訊息"


class StatusOfNothing(NotAccepted):
    code = "status_of_nothing_given"
    en = "{sender} was given no record {record} by this node"
    zh_cn = "本节点未曾向 {sender} 提供信用信息 {record}"
    zh_tw = "本節點未曾向 {sender} 提供信用資訊 {record}"


@dataclass(slots=True)
class Entered:
    """The events of a message, and what is told of them."""

    events: Sequence[PendingEvent] = ()
    records: tuple[dict[str, str], ...] = ()
    effects: tuple[dict[str, str], ...] = ()
    about: str | None = None
    contents: tuple[str, ...] = ()
    erased: Sequence[str] = ()
    """Names of data keys to destroy once it is in the log."""
    is_known: bool = False
    """All that it says was said before: nothing is written."""
    first: str | None = None
    """The message that said it first."""


class Entering:
    """One message, on one attempt."""

    def __init__(
        self, node: Node, listed: TrustList, peer: Peer, judged: Judged, context: Context
    ) -> None:
        self._node = node
        self._listed = listed
        self._peer = peer
        self._judged = judged
        self._context = context
        self._subjects: dict[UUID, Subject] = {}

    # -- subjects --------------------------------------------------------------

    def _held(self, record: str) -> Subject | None:
        """The subject of a record that is here; its events are collected in the end."""
        holder = self._node.holder(record)
        return None if holder is None else self._subject(holder)

    def _subject(self, identifier: UUID) -> Subject:
        if identifier not in self._subjects:
            self._subjects[identifier] = self._node.subject(identifier)
        return self._subjects[identifier]

    def _collected(self) -> tuple[list[PendingEvent], tuple[dict[str, str], ...]]:
        """All events, and what of them concerns sanctions here."""
        events = [one for each in self._subjects.values() for one in each.collect_events()]
        effects = []
        for one in events:
            effect = EFFECTS.get(type(one.facts))
            if effect is not None:
                sanction: str = getattr(one.facts, "sanction")  # noqa: B009 - of three types
                effects.append({"sanction": sanction, "effect": effect})
        return events, tuple(effects)

    # -- records ---------------------------------------------------------------

    def bundle(self) -> Entered:
        received = self._judged.received
        places = [self._place(one) for one in received]
        self._load(places)
        waiting = self._kept_notices({one.record for one in received})
        told: list[dict[str, str]] = []
        for one, place in zip(received, places, strict=True):
            subject = self._subject(place)
            verdict = receive_record(
                subject,
                one,
                self._circumstances(one, subject),
                bundle=self._judged.digest,
                kept=waiting.get(one.record, ()),
            )
            told.append({"record": one.record, "verdict": verdict, "subject": str(place)})
        events, effects = self._collected()
        erased = [
            f"record:{record}"
            for event in events
            if isinstance(event.facts, PersonalDataErased)
            for record in event.facts.records
        ]
        return Entered(events, tuple(told), effects, erased=erased)

    def _place(self, one: ReceivedRecord) -> UUID:
        """This node's own stream for the identifier, whatever the origin's is.

        A record that is here stays where it is, also where its origin has corrected the
        subject's identifier since: it would else be here twice, and be told of once.
        """
        if (holder := self._node.holder(one.record)) is not None:
            return holder
        if one.identifier is None:
            raise IdentityWithheld(record=one.record)
        scheme, identifier = identify(parse_scheme(one.scheme), one.identifier)
        return self._node.subject_uuid(scheme, identifier)

    def _load(self, places: Sequence[UUID]) -> None:
        """All streams at once: a bundle may name ten thousand."""
        new = [place for place in dict.fromkeys(places) if place not in self._subjects]
        keys = {place: f"subject/{place}" for place in new}
        streams = self._node.store.streams(keys.values())
        reads = decoder(self._node.name, sum(map(len, streams.values())))
        for place, key in keys.items():
            entries = read_stream(key, streams[key], self._node.node_keys(), reads)
            self._subjects[place] = Subject(key).absorb(entries)

    def _circumstances(self, one: ReceivedRecord, subject: Subject) -> Context:
        assert one.identifier is not None
        found = self._context
        if one.kind == "natural_person":
            adult = self._node.adult_day(one.scheme, one.identifier, found.today)
            found = found._replace(adult_on=adult)
        if subject.state.also_known_as:
            found = found._replace(tied=self._node.tied(subject))
        return found

    def _kept_notices(self, records: set[str]) -> dict[str, list[ReceivedNotice]]:
        """Notices of these records that came before them, judged again by the list of today."""
        found: dict[str, list[ReceivedNotice]] = {}
        for each in self._listed.trust.nodes:
            peer = self._peer if each.node == self._peer.name else None
            peer = peer or self._other(each.node)
            for known in () if peer is None else peer.kept:
                if known.facts.record in records:
                    data = kept_bytes(self._node.store, known.facts.message)
                    notice = judge(data, self._listed.trust, own=self._node.name).notice
                    if notice is not None:
                        found.setdefault(notice.record, []).append(notice)
        return found

    def _other(self, name: str) -> Peer | None:
        return None if name == self._node.name else read_peer(self._node, name)

    # -- notices ---------------------------------------------------------------

    def notice(self) -> Entered:
        notice = self._judged.notice
        assert notice is not None
        is_kept = any(one.facts.notice == notice.notice for one in self._peer.kept)
        subject = self._held(notice.record)
        if subject is None:
            verdict = {"record": notice.record, "verdict": "not_held"}
            if is_kept:
                return Entered(records=(verdict,), is_known=True)
            return Entered((self._kept(notice),), (verdict,))
        told = {"record": notice.record, "verdict": "applied", "subject": subject.uuid_text}
        held = subject.record(notice.record)
        if is_kept or any(one.facts.notice == notice.notice for one in held.told):
            return Entered(records=(told,), is_known=True)
        names = [f"record:{notice.record}"] if erases(subject, notice) else []
        keys = self._node.data_keys.living(names).values() if names else ()
        if not receive_notice(subject, notice, self._context, keys=keys):
            # The act was told before, by another way: this notice waits for its answer, too.
            return Entered((self._kept(notice),), (told,))
        events, effects = self._collected()
        return Entered(events, (told,), effects, erased=names)

    def _kept(self, notice: ReceivedNotice) -> PendingEvent:
        facts = NoticeKept(
            peer=self._peer.name,
            notice=notice.notice,
            record=notice.record,
            message=self._judged.digest,
        )
        return on_peer(self._peer, facts, self._context.actor)

    # -- answers ---------------------------------------------------------------

    def receipt(self) -> Entered:
        message = self._judged.message
        assert isinstance(message, Receipt)
        about = message.about
        if about.kind == "bundle":
            bundle = self._sent(about.digest)
            verdicts = {line.record: line.verdict for line in message.records}
            for one in bundle.records:
                verdict = verdicts.get(one.record)
                subject = self._held(one.record)
                if verdict is None or subject is None:
                    continue
                receipted(
                    subject,
                    record=one.record,
                    bundle=about.digest,
                    recipient=message.sender,
                    received_at=message.received_at,
                    verdict=verdict,
                    context=self._context,
                )
        elif about.digest in self._peer.receipted:
            return Entered(is_known=True, about=about.digest)
        events, effects = self._collected()
        records = tuple(
            {"record": line.record, "verdict": line.verdict} for line in message.records
        )
        is_known = about.kind == "bundle" and not events and about.digest in self._peer.receipted
        return Entered(
            events, records, effects, about.digest, contents=about.contents, is_known=is_known
        )

    def _sent(self, digest: str) -> Bundle:
        if all(one.facts.bundle != digest for one in self._peer.sent):
            raise NotOurs(digest=digest, sender=self._peer.name)
        return kept_message(self._node.store, digest, Bundle)

    def refusal(self) -> Entered:
        """Of a bundle that is refused for good, no record was taken in."""
        message = self._judged.message
        assert isinstance(message, RefusalMessage)
        about = message.about
        is_final = message.verdict == "refused"
        sent = any(one.facts.bundle == about.digest for one in self._peer.sent)
        if sent and is_final:
            for one in self._sent(about.digest).records:
                subject = self._held(one.record)
                if subject is not None:
                    receipted(
                        subject,
                        record=one.record,
                        bundle=about.digest,
                        recipient=message.sender,
                        received_at=message.refused_at,
                        verdict="refused",
                        context=self._context,
                    )
        events, effects = self._collected()
        return Entered(events, effects=effects, about=about.digest)

    def acknowledgement(self) -> Entered:
        answer = self._judged.acknowledgement
        assert answer is not None
        verdict = {"record": answer.record, "verdict": answer.verdict}
        if (first := self._said()) is not None:
            return Entered(records=(verdict,), is_known=True, first=first)
        subject = self._held(answer.record)
        if subject is None:
            raise StatusOfNothing(sender=self._peer.name, record=answer.record)
        acknowledged(
            subject,
            answer,
            recipient=self._peer.name,
            attached=self._judged.digest,
            context=self._context,
        )
        events, effects = self._collected()
        return Entered(events, ({**verdict, "subject": subject.uuid_text},), effects)

    def status(self) -> Entered:
        status = self._judged.status
        assert status is not None
        verdict = {"record": status.record, "verdict": status.state or "not_reported"}
        if (first := self._said()) is not None:
            return Entered(records=(verdict,), is_known=True, first=first)
        subject = self._held(status.record)
        if subject is None or not self._was_given(subject, status.record):
            raise StatusOfNothing(sender=self._peer.name, record=status.record)
        status_received(subject, status, attached=self._judged.digest, context=self._context)
        events, effects = self._collected()
        return Entered(events, ({**verdict, "subject": subject.uuid_text},), effects)

    def _was_given(self, subject: Subject, record: str) -> bool:
        return self._peer.name in subject.record(record).shared.recipients

    def _said(self) -> str | None:
        """The message that said all of this before; None where something is new."""
        assert self._judged.message is not None
        known = [self._peer.said.get(one) for one in contents(self._judged.message)]
        if all(one is not None for one in known):
            return next(one.facts.message for one in known if one is not None)
        return None
