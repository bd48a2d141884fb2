"""Adopting a trust list at an open node: from then on it believes whom the list names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ledger.entry import Actor
from ledger.errors import Refusal
from ledger.events.governance import TrustListAdopted
from ledger.exchange.trust_faults import (
    node_faults,
    quorum_faults,
    signature_faults,
    succession_faults,
)
from ledger.exchange.trust_list import TrustList
from ledger.exchange.trust_making import refuse_first
from ledger.node import Node
from ledger.organisations.decide import Acts, require_node


class ListAdoptedAlready(Refusal):
    code = "trust_list_adopted_already"
    en = "this node goes by the trust list version {version} already; nothing was written"
    zh_cn = "本节点已采用信任列表第 {version} 版；未作更改"
    zh_tw = "本節點已採用信任列表第 {version} 版；未作更改"


@dataclass(frozen=True, slots=True)
class Adopted:
    """The list that counts now; a ``first`` one only by the word of whoever adopted it."""

    listed: TrustList
    is_first: bool
    index: int
    """Of the entry."""


def adopt_list(node: Node, data: bytes, operator: str, at: datetime | None = None) -> Adopted:
    """Adopt the list in a file: its envelope is kept beside the log, its digest in an entry.

    Its own governors must have signed it, and those of the list adopted before; it must be
    fit to follow that one, not expired, and have this node with the key it signs with.
    Raises ``TrustMalformed``, ``ListAdoptedAlready`` or ``TrustListRefused``.
    """
    listed = TrustList.read(data)
    facts = TrustListAdopted(
        version=listed.version,
        digest=listed.digest,
        issued_at=listed.issued_at,
        expires_at=listed.expires_at,
    )
    actor = Actor(node.name, operator)
    kept = ((listed.digest, listed.envelope.to_json()),)

    def attempt(today: date) -> Adopted:
        registry = node.registry()
        require_node(registry, actor)
        before = node.trust_list()
        _require_fit(node, listed, before, node.instant(at))
        acts = Acts(registry, actor)
        acts.on_node(facts, registry.name)
        (index,) = node.save(acts.events, today, at, kept)
        return Adopted(listed, before is None, index)

    return node.again(at, attempt)


def _require_fit(node: Node, listed: TrustList, before: TrustList | None, now: datetime) -> None:
    if before is not None and before.digest == listed.digest:
        raise ListAdoptedAlready(version=listed.version)
    refuse_first(listed.version, signature_faults(listed))
    if before is not None:
        refuse_first(listed.version, succession_faults(listed, before))
        refuse_first(listed.version, quorum_faults(listed, before))
    raw = node.signing_key.public
    refuse_first(listed.version, node_faults(listed, node.name, node.keeper.origin, raw, now))
