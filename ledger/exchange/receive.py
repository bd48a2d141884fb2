"""Taking in a message of another node: judged first, then whole or not at all.

1. A message that was taken in before changes nothing; the answer is the same as then. Another
   envelope around its payload is judged like any other.
2. What is not believed, or may not be taken in now, leaves one entry that says so, and is
   answered by a signed refusal; what may be good later is kept in the quarantine folder.
3. All else is entered in one transaction, with the message kept beside the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Final, Literal

from ledger.entry import Actor, PendingEvent
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.events.governance import MessageRefused
from ledger.events.peers import MessageKind, MessageReceived
from ledger.exchange.accepting import (
    NewOnExpiredList,
    NotAccepted,
    NotBelieved,
    NotTaken,
    require_chain,
    require_next,
    require_timely,
)
from ledger.exchange.common import (
    context,
    on_node,
    on_peer,
    read_peer,
    recorded_at,
    require_list,
    require_peer,
)
from ledger.exchange.contents import contents
from ledger.exchange.entering import Entered, Entering
from ledger.exchange.forms import (
    MAX_BUNDLE_BYTES,
    About,
    Acknowledgement,
    Bundle,
    EnforcementStatusMessage,
    Message,
    Notice,
    Receipt,
    RefusalMessage,
)
from ledger.exchange.histories import bundle_after, require_history
from ledger.exchange.judged import Judged
from ledger.exchange.judging import judge
from ledger.exchange.keeping import to_keep
from ledger.exchange.kept import kept, kept_message
from ledger.exchange.peers import Peer
from ledger.exchange.pen import Outgoing
from ledger.exchange.quarantine import quarantine, release
from ledger.exchange.quick_reading import read_envelope
from ledger.exchange.replies import receipt, refusal
from ledger.exchange.signed import SIGNER_COMPROMISED
from ledger.exchange.trust_list import TrustList
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.verdict import Outcome
from ledger.node import Node

Verdict = Literal["accepted", "duplicate", "quarantined", "refused"]

ANSWERED: Final = (Bundle, Acknowledgement, EnforcementStatusMessage)
"""What is answered by a receipt at once; a notice is answered by what its outbox owes."""


class MessageTooLarge(UnusableInput):
    code = "message_too_large"
    en = "the file is larger than any message between nodes ({limit} bytes)"
    zh_cn = "文件超过节点间消息的上限（{limit} 字节）"
    zh_tw = "檔案超過節點間訊息的上限（{limit} 位元組）"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a message."""

    kind: MessageKind | None
    digest: str
    verdict: Verdict
    reason: str | None = None
    """Why it had no effect, by its code."""
    why: LedgerError | None = None
    sender: str | None = None
    records: tuple[dict[str, str], ...] = ()
    effects: tuple[dict[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """Labels of a bundle's records, each under its sender's name, and the records."""
    replies: tuple[Outgoing, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Case:
    """One message on one attempt."""

    node: Node
    data: bytes
    operator: str
    at: datetime | None
    today: date
    listed: TrustList
    now: datetime
    judged: Judged
    peer: Peer = field(default_factory=lambda: Peer(""))

    @property
    def actor(self) -> Actor:
        return Actor(self.node.name, self.operator)

    @property
    def message(self) -> Message:
        assert self.judged.message is not None
        return self.judged.message


def receive(node: Node, data: bytes, operator: str, at: datetime | None = None) -> Received:
    """Take in a message; whatever it is, this ends with a verdict.

    Raises ``NoTrustList`` where nobody can be believed, and what keeps the node from writing.
    """
    found: list[tuple[str, Judged]] = []

    def attempt(today: date) -> Received:
        listed = require_list(node)
        again = duplicate_of(node, listed, data)
        if again is not None:
            return again
        if not found or found[0][0] != listed.digest:
            found[:] = [(listed.digest, judge(data, listed.trust, own=node.name))]
        now = node.instant(at)
        case = _Case(node, data, operator, at, today, listed, now, found[0][1])
        return _take_in(case)

    return node.again(at, attempt)


def duplicate_of(node: Node, listed: TrustList, data: bytes) -> Received | None:
    """What was answered to these bytes before; None where they were not taken in."""
    if len(data) > MAX_BUNDLE_BYTES:
        return None
    try:
        envelope = read_envelope(data, max_bytes=MAX_BUNDLE_BYTES)
    except LedgerError:
        return None
    digest = sha256(envelope.payload).hexdigest()
    if node.store.manifest(digest) is None:
        return None
    before = kept(node.store, digest)
    if (before.payload_type, before.signatures) != (envelope.payload_type, envelope.signatures):
        return None
    for each in listed.trust.nodes:
        if each.node == node.name:
            continue
        peer = read_peer(node, each.node)
        if digest in peer.received:
            return _duplicate(node, peer, digest)
    return None


def _duplicate(node: Node, peer: Peer, digest: str) -> Received:
    known = peer.received[digest]
    kind = known.facts.message_kind
    replies: tuple[Outgoing, ...] = ()
    records: tuple[dict[str, str], ...] = ()
    if kind in {form.kind for form in ANSWERED}:
        answer = receipt(node, peer.name, digest)
        replies = (answer,)
        assert isinstance(answer.message, Receipt)
        records = tuple(
            {"record": line.record, "verdict": line.verdict} for line in answer.message.records
        )
    return Received(
        kind, digest, "duplicate", sender=peer.name, records=records, replies=replies,
        labels=_labels(kept_message(node.store, digest, Bundle)) if kind == "bundle" else (),
    )  # fmt: skip


def _take_in(case: _Case) -> Received:
    try:
        _require_believed(case)
        require_peer(case.node, case.listed, case.message.sender)
        case.peer = read_peer(case.node, case.message.sender)
        if case.judged.digest in case.peer.received:
            return _duplicate(case.node, case.peer, case.judged.digest)
        _require_acceptable(case)
        entered = _entered(case)
    except NotAccepted as refused:
        return _refuse(case, refused.verdict, getattr(refused, "reason", refused.code), refused)
    except Refusal as refused:
        return _refuse(case, "refused", refused.code, refused)
    except UnusableInput as refused:
        return _refuse(case, "refused", refused.code, refused)
    return _written(case, entered)


def _require_believed(case: _Case) -> None:
    verdict = case.judged.verdict
    if verdict.is_good and case.judged.message is not None:
        if SIGNER_COMPROMISED in case.judged.remarks:  # its envelope may be anybody's
            raise NotBelieved("quarantined", SIGNER_COMPROMISED, verdict)
        return
    result: NotTaken = "quarantined" if verdict.outcome is Outcome.INDETERMINATE else "refused"
    raise NotBelieved(result, verdict.reason.value, verdict)


def _require_acceptable(case: _Case) -> None:
    node, message = case.node, case.message
    require_timely(message, case.now, is_simulated=node.is_simulated)
    if isinstance(message, Bundle) and case.listed.trust.has_expired(case.now):
        raise NewOnExpiredList(version=case.listed.version)
    signed = _own_checkpoint(case)
    if signed is not None:
        require_history(node.store, message, signed, case.peer)
    if isinstance(message, Bundle):
        require_next(message, case.peer)
    if isinstance(message, Bundle) and signed is not None:
        after = bundle_after(node.store, message, case.peer)
        size = signed.checkpoint.size
        require_chain(message, case.judged.digest, size, case.peer, after)


def _own_checkpoint(case: _Case) -> SignedCheckpoint | None:
    """The sender's, of its own section."""
    for name, signed in case.judged.checkpoints:
        if name == case.message.sender:
            return signed
    return None


# -- taken in ----------------------------------------------------------------------------


def _entered(case: _Case) -> Entered:
    entering = Entering(
        case.node, case.listed, case.peer, case.judged, context(case.node, case.today, case.actor)
    )
    match case.message:
        case Bundle():
            return entering.bundle()
        case Receipt():
            return entering.receipt()
        case RefusalMessage():
            return entering.refusal()
        case Notice():
            return entering.notice()
        case Acknowledgement():
            return entering.acknowledgement()
        case EnforcementStatusMessage():
            return entering.status()


def _written(case: _Case, entered: Entered) -> Received:
    node, message, digest = case.node, case.message, case.judged.digest
    verdict: Verdict = "accepted"
    if entered.is_known:
        verdict = "duplicate"
    else:
        signed = _own_checkpoint(case)
        facts = MessageReceived(
            peer=message.sender,
            message_kind=message.kind,
            message=digest,
            about=entered.about,
            contents=entered.contents or contents(message),
            sequence=message.sequence if isinstance(message, Bundle) else None,
            size=None if signed is None else signed.checkpoint.size,
            root=None if signed is None else signed.checkpoint.root.hex(),
        )
        events: Sequence[PendingEvent] = (
            *entered.events,
            on_peer(case.peer, facts, case.actor),
        )
        assert case.judged.envelope is not None
        kept = (digest, to_keep(case.judged.envelope, message))
        node.save(events, case.today, case.at, (kept,))
        if entered.erased:
            node.data_keys.destroy(entered.erased, node.now())
    release(node.home.path, digest)
    replies: tuple[Outgoing, ...] = ()
    if isinstance(message, ANSWERED):
        verdicts = {one["record"]: one["verdict"] for one in entered.records}
        told = verdicts if isinstance(message, Bundle) else None
        first = entered.first or digest
        replies = (receipt(node, message.sender, digest, first, message, verdicts=told),)
    return Received(
        message.kind,
        digest,
        verdict,
        sender=message.sender,
        records=entered.records,
        effects=entered.effects,
        labels=_labels(message) if isinstance(message, Bundle) else (),
        replies=replies,
        remarks=case.judged.remarks,
    )


def _labels(message: Bundle) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{message.sender}/{one.label}", one.record)
        for one in message.records
        if one.label is not None
    )


# -- not taken in ------------------------------------------------------------------------


def _refuse(case: _Case, verdict: NotTaken, reason: str, why: LedgerError) -> Received:
    """One entry for each digest and reason; the refusal is the same each time."""
    node, judged = case.node, case.judged
    message = judged.message
    kind = None if message is None else message.kind
    sender = None if message is None else message.sender
    if verdict == "quarantined":
        quarantine(node.home.path, judged.digest, case.data)
    known = refused_before(node, judged.digest, reason)
    if known is None:
        facts = MessageRefused(
            digest=judged.digest,
            reason=reason,
            peer=sender,
            message_kind=kind,
            quarantined=verdict == "quarantined",
        )
        event = on_node(node, facts, case.actor)
        (index,) = node.save((event,), case.today, case.at)
        known = index, recorded_at(node, index)
    about = About(kind=kind, digest=judged.digest)
    to = None if sender == node.name else sender  # whoever said it, this node did not
    reply = refusal(node, to, about, verdict=verdict, reason=reason, entered=known)
    return Received(
        kind,
        judged.digest,
        verdict,
        reason=reason,
        why=why,
        sender=sender,
        records=tuple(
            {"record": record, "verdict": one.outcome.value, "reason": one.reason.value}
            for record, one in judged.records
        ),
        replies=(reply,),
        remarks=judged.remarks,
    )


def refused_before(node: Node, digest: str, reason: str) -> tuple[int, datetime] | None:
    """Where and when this was refused for this reason already."""
    return node.registry().refused.get((digest, reason))
