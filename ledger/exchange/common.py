"""What sending, receiving and answering share: the list that counts, the peers, the circumstances."""

from __future__ import annotations

from datetime import date, datetime

from ledger.entry import Actor, PendingEvent
from ledger.errors import ExitCode, LedgerError, Refusal
from ledger.events.base import Facts
from ledger.exchange.assembling import OwnLog
from ledger.exchange.peers import Peer, peer_stream
from ledger.exchange.trust_list import TrustList
from ledger.log.proving import with_cosignatures
from ledger.log.stream import read_stream
from ledger.log.trust import TrustedNode
from ledger.node import Node
from ledger.organisations.decide import Acts
from ledger.subject.context import Context


class NoTrustList(Refusal):
    code = "no_trust_list"
    en = "no trust list is adopted here, so nobody's word counts: `credit-ledger trust adopt`"
    zh_cn = "本节点尚未采用信任列表，无法认定他方：请运行 `credit-ledger trust adopt`"
    zh_tw = "本節點尚未採用信任列表，無法認定他方：請執行 `credit-ledger trust adopt`"


class ListExpired(Refusal):
    code = "nothing_sent_on_expired_list"
    en = "trust list {version} has expired at {expires_at}: adopt its successor first"
    zh_cn = "信任列表 {version} 已于 {expires_at} 到期：请先采用其后续版本"
    zh_tw = "信任列表 {version} 已於 {expires_at} 到期：請先採用其後續版本"


class UnknownPeer(Refusal):
    code = "unknown_peer"
    en = "{node} is no other node of the trust list that is adopted here"
    zh_cn = "{node} 不是本节点所采用信任列表中的其他节点"
    zh_tw = "{node} 不是本節點所採用信任列表中的其他節點"


class LogOfPeerDamaged(LedgerError):
    code = "peer_stream_damaged"
    exit_code = ExitCode.CHECK_FAILED
    en = "entry {index} is missing: what was exchanged cannot be told; run credit-ledger audit"
    zh_cn = "条目 {index} 缺失，无法确认往来情况；请运行 credit-ledger audit"
    zh_tw = "條目 {index} 缺失，無法確認往來情況；請執行 credit-ledger audit"


def require_list(node: Node) -> TrustList:
    """The trust list adopted last, expired or not. Raises ``NoTrustList``."""
    listed = node.trust_list()
    if listed is None:
        raise NoTrustList
    return listed


def require_peer(node: Node, listed: TrustList, name: str) -> TrustedNode:
    """Another node of the list. Raises ``UnknownPeer``."""
    for each in listed.trust.nodes:
        if each.node == name and name != node.name:
            return each
    raise UnknownPeer(node=name)


def own_log(node: Node) -> OwnLog:
    """The log as it is now, under a checkpoint that the witnesses within reach were asked for."""
    signed = with_cosignatures(node.store, node.settle_witnessed())
    return OwnLog(node.store, node.name, signed)


def read_peer(node: Node, name: str, size: int | None = None) -> Peer:
    """What was exchanged with a node, each entry verified."""
    return read_peer_stream(node, peer_stream(name).key, name, size)


def read_peer_stream(node: Node, key: str, name: str = "", size: int | None = None) -> Peer:
    rows = node.store.stream(key, upto=size)
    return Peer(name).fold(read_stream(key, rows, node.node_keys()))


def recorded_at(node: Node, index: int) -> datetime:
    """When the entry of a leaf was recorded."""
    stored = next(node.store.scan(index, index + 1), None)
    if stored is None:
        raise LogOfPeerDamaged(index=index)
    return stored.recorded_at


def on_peer(peer: Peer, facts: Facts, actor: Actor) -> PendingEvent:
    """The next event of the peer's stream."""
    peer.seq += 1
    return PendingEvent(peer.key, peer.seq, facts, actor)


def on_node(node: Node, facts: Facts, actor: Actor) -> PendingEvent:
    """The next event of the node's own stream."""
    acts = Acts(node.registry(), actor)
    acts.on_node(facts, node.name)
    return acts.events[0]


def context(node: Node, today: date, actor: Actor, adult_on: date | None = None) -> Context:
    """The circumstances of what the node itself does."""
    return Context(
        today=today,
        actor=actor,
        registry=node.registry(),
        rules=node.rules,
        new_id=node.new_id,
        person_id=node.subject_uuid,
        adult_on=adult_on,
    )
