"""Giving records to another node: the bundle, and what the log says of it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from ledger.clock import day_begins
from ledger.entry import Actor, PendingEvent, format_instant
from ledger.errors import UnusableInput
from ledger.events.across import ExportAssessed
from ledger.events.peers import BundleSent
from ledger.exchange.common import (
    ListExpired,
    context,
    on_peer,
    own_log,
    read_peer,
    require_list,
    require_peer,
)
from ledger.exchange.crossing import OutlivesAssessment, crosses, require_export
from ledger.exchange.forms import MAX_RECORDS, Bundle
from ledger.exchange.keeping import to_keep
from ledger.exchange.peers import Peer
from ledger.exchange.pen import Outgoing, Pen
from ledger.exchange.resting import collector_rests
from ledger.exchange.sending import Gathering, Held, held_records, require_fields
from ledger.log.trust import TrustedNode
from ledger.node import Node
from ledger.subject.context import Context
from ledger.subject.decide_exchange import Disclosure, disclose, require_disclosable

BUNDLE_LIFE: Final = timedelta(days=30)
"""How long a bundle may be taken in unless the sender says otherwise: a courier's round, and
time to ask again; older records have changed often enough to be sent anew."""


class TooManyRecords(UnusableInput):
    code = "too_many_records"
    en = "a bundle holds 1 to {limit} records, each once; send several"
    zh_cn = "一个共享包含 1 至 {limit} 条信用信息且不得重复；请分多次发送"
    zh_tw = "一個共享包含 1 至 {limit} 筆信用資訊且不得重複；請分多次發送"


class ExpiresTooEarly(UnusableInput):
    code = "expires_too_early"
    en = "the bundle would expire at {expires_at}, before it leaves at {now}"
    zh_cn = "共享包将于 {expires_at} 到期，早于发出时刻 {now}"
    zh_tw = "共享包將於 {expires_at} 到期，早於發出時刻 {now}"


@dataclass(frozen=True, slots=True)
class SendOrder:
    """Which records to whom, and why."""

    to: str
    records: Sequence[tuple[str, str | None]]
    """Each record with its label, where it has one."""
    operator: str
    purpose: str
    basis: str
    fields: tuple[str, ...] = ()
    """Sealed fields that leave with them."""
    expires_at: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    bundle: Outgoing
    records: tuple[str, ...]


def send(node: Node, order: SendOrder) -> Sent:
    """Make the bundle and record it, or raise its refusal; nothing leaves unrecorded."""
    labels = dict(order.records)
    if not 1 <= len(labels) == len(order.records) <= MAX_RECORDS:
        raise TooManyRecords(limit=MAX_RECORDS)
    require_fields(order.fields)
    with collector_rests():
        return node.again(order.at, lambda today: _attempt(node, order, today))


@dataclass(frozen=True, slots=True)
class Made:
    """A bundle that nothing in the log tells of yet; whoever hands it out records it first."""

    bundle: Bundle
    sealed: Outgoing
    held: Sequence[Held]
    peer: Peer
    size: int
    """Of the tree that it shows."""
    circumstances: Context


def made_bundle(node: Node, order: SendOrder, today: date) -> Made:
    """Read, prove, build and sign; nothing is written."""
    listed = require_list(node)
    recipient = require_peer(node, listed, order.to)
    own = own_log(node)
    now = node.instant(order.at)
    if listed.trust.has_expired(now):
        raise ListExpired(version=listed.version, expires_at=format_instant(listed.expires_at))
    peer = read_peer(node, order.to)
    last = peer.last_sent
    held = held_records(node, [record for record, _ in order.records], own.size)
    assessed = _assessed(node, order, recipient, held, today)
    expires_at = _expiry(order, assessed, now)
    gathering = Gathering(node, own, order.fields)
    labels = dict(order.records)
    circumstances = context(node, today, Actor(node.name, order.operator))
    for one in held:
        require_disclosable(one.subject, one.record, order.to, circumstances)
        gathering.add(one, labels[one.record])
    bundle = Bundle.model_validate(
        {
            **Pen(node, listed, now).header(node.new_id(), order.to),
            "purpose": order.purpose,
            "legal_basis": order.basis,
            "jurisdictions": _jurisdictions(node, recipient),
            "expires_at": expires_at,
            "nonce": UUID(node.new_id()).bytes,
            "sequence": 1 if last is None else last.sequence + 1,
            "previous": None if last is None else last.bundle,
            "assessment": None if assessed is None else assessed.assessment,
            **gathering.contents.members(own, None if last is None else last.size),
        }
    )
    sealed = Pen(node, listed, now).seal(bundle)
    return Made(bundle, sealed, held, peer, own.size, circumstances)


def _attempt(node: Node, order: SendOrder, today: date) -> Sent:
    made = made_bundle(node, order, today)
    bundle, sealed, circumstances = made.bundle, made.sealed, made.circumstances
    events = _disclosures(order, made.held, sealed, circumstances, bundle)
    sent = BundleSent(
        peer=order.to,
        bundle=sealed.digest,
        sequence=bundle.sequence,
        previous=bundle.previous,
        size=made.size,
        records=len(made.held),
        expires_at=bundle.expires_at,
    )
    events.append(on_peer(made.peer, sent, circumstances.actor))
    kept = (sealed.digest, to_keep(sealed.envelope, bundle))
    node.save(events, today, order.at, (kept,))
    return Sent(sealed, tuple(one.record for one in made.held))


def _disclosures(
    order: SendOrder,
    held: Sequence[Held],
    sealed: Outgoing,
    circumstances: Context,
    bundle: Bundle,
) -> list[PendingEvent]:
    events: list[PendingEvent] = []
    for one in held:
        given = Disclosure(
            record=one.record,
            recipient=order.to,
            bundle=sealed.digest,
            purpose=order.purpose,
            legal_basis=order.basis,
            expires_at=bundle.expires_at,
            fields=order.fields,
            assessment=bundle.assessment,
        )
        disclose(one.subject, given, circumstances)
    for subject in {one.subject.id: one.subject for one in held}.values():
        events += subject.collect_events()
    return events


def _assessed(
    node: Node, order: SendOrder, recipient: TrustedNode, held: Sequence[Held], today: date
) -> ExportAssessed | None:
    """The assessment that a bundle to another jurisdiction rests on; None to one's own."""
    registry = node.registry()
    if not crosses(registry.region, recipient.jurisdiction):
        return None
    return require_export(
        registry,
        order.to,
        ((h.record, h.subject.state.kind, h.subject.record(h.record).facts.item) for h in held),
        fields=order.fields,
        purpose=order.purpose,
        legal_basis=order.basis,
        today=today,
    )


def _expiry(order: SendOrder, assessed: ExportAssessed | None, now: datetime) -> datetime:
    """Until when the bundle may be taken in: no longer than the assessment allows."""
    expires_at = order.expires_at or now + BUNDLE_LIFE
    end = None if assessed is None else day_begins(assessed.until)
    if assessed is not None and end is not None and expires_at > end:
        if order.expires_at is not None:
            raise OutlivesAssessment(
                expires_at=format_instant(expires_at),
                assessment=assessed.assessment,
                until=assessed.until,
            )
        expires_at = end
    if expires_at <= now:
        raise ExpiresTooEarly(expires_at=format_instant(expires_at), now=format_instant(now))
    return expires_at


def _jurisdictions(node: Node, recipient: TrustedNode) -> tuple[str, ...]:
    """Of both nodes, as far as they are told."""
    own = node.registry().region
    known = [one for one in (own, recipient.jurisdiction) if one is not None]
    return tuple(known) or ("-",)
