"""Rotating the keys of an open node: see ``ledger.next_key`` for what is safe when.

With the old key at hand the node introduces the new one itself. Where the old one is lost
or stolen the holders of the roots approve a request; then the new key introduces itself.
That the old one is compromised the new one says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.commands.governance_commands import CompromiseKey
from ledger.entry import Actor
from ledger.errors import Refusal
from ledger.events.governance import Continued, KeyIntroduced, KeyPurpose
from ledger.founding import NODE_PURPOSES, WITNESS_PURPOSES, introducing
from ledger.home import KeyRole
from ledger.log.reading import digest_at
from ledger.next_key import adopt_next
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.orders import Order
from ledger.organisations.decide import Acts
from ledger.organisations.decide_keys import Rotation, require_declarable, rotation_facts
from ledger.organisations.introduction import KeyRequest, by_roots, request
from ledger.organisations.node_keys import MICROSECOND
from ledger.organisations.registry import Registry
from ledger.signing import base64text
from ledger.signing.dsse import Envelope
from ledger.signing.keys import SigningKey
from ledger.stamping import FixedClock, NodeSealing
from ledger.storage.errors import ClockNotForward, GuardChanged, VersionConflict
from ledger.storage.port import Guard


class NotApproved(Refusal):
    code = "key_not_approved"
    en = "the new key is not approved: {reason}; ask the holders of the roots with `key request`"
    zh_cn = "新密钥未获批准：{reason}；请用 `key request` 向根密钥持有人申请"
    zh_tw = "新金鑰未獲核准：{reason}；請用 `key request` 向根金鑰持有人申請"


class NoRoots(Refusal):
    code = "no_roots"
    en = "this node was founded without roots: only its own key can introduce another"
    zh_cn = "本节点建立时未指定根密钥：只能由其现用密钥启用新密钥"
    zh_tw = "本節點建立時未指定根金鑰：只能由其現用金鑰啟用新金鑰"


@dataclass(frozen=True, slots=True)
class Approval:
    """A request and the envelopes in which roots signed it."""

    asked: KeyRequest
    envelopes: Sequence[Envelope]


@dataclass(frozen=True, slots=True)
class Change:
    """Who rotates, why, when; ``approval`` where the roots introduce the new key."""

    by: Actor
    at: datetime | None = None
    reason: str | None = None
    compromised_since: datetime | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """The key in use from the next transaction on, and those that it replaced."""

    keyid: str
    replaced: tuple[str, ...]
    undeclared: tuple[str, ...] = ()
    """Those that the new key is to declare compromised: ``declare``."""


def declare(node: Node, done: Rotated, change: Change) -> None:
    """Let the new key, with which ``node`` goes on, say that those it replaced are compromised.

    A program that is stopped before this has rotated: ``key compromised`` does the rest.
    """
    for keyid in done.undeclared:
        assert change.compromised_since is not None, "else nothing is declared"
        command = CompromiseKey(keyid=keyid, since=change.compromised_since, reason=change.reason)
        node.execute(Order(command, change.by, at=change.at))


def require_roots(node: Node) -> None:
    """That there is anybody to be asked. Raises ``NoRoots``."""
    if not node.registry().roots.keys:
        raise NoRoots


def request_key(node: Node, key: SigningKey, at: datetime | None) -> KeyRequest:
    """What the roots are asked to approve: ``key``, and the log as it is now."""
    require_roots(node)
    registry = node.registry()
    size = node.store.size()
    head = digest_at(node.store, size - 1)
    assert head is not None, "a founded log has a last entry"
    seen = Continued(size=size, head=head)
    return request(registry, key.public, NODE_PURPOSES, node.instant(at), seen)


def require_rotatable(node: Node, role: KeyRole, change: Change) -> None:
    """Raises what ``rotate`` would refuse with whatever the new key is: none need be made."""
    node.keeper.require_whole()
    registry, instant = node.registry(), node.instant(change.at)
    if change.approval is None:
        node.require_key(node.signing_key, "entries", "node.key")
    elif node.home.read_next(role, node.wrap_key) is None:
        asked = change.approval.asked.keyid
        raise NotApproved(reason=f"the request is for {asked}, and that key is not here")
    if change.compromised_since is not None:
        for keyid in _replaced(registry, NODE_PURPOSES if role == "node" else WITNESS_PURPOSES):
            command = CompromiseKey(keyid=keyid, since=change.compromised_since)
            require_declarable(command, registry, instant, node.cosigned_before)


def _replaced(registry: Registry, purposes: tuple[KeyPurpose, ...]) -> tuple[str, ...]:
    """The keys in use for the same."""
    return tuple(
        key.keyid
        for key in registry.node_keys.values()
        if key.until is None and purposes[0] in key.purposes
    )


def rotate(node: Node, role: KeyRole, new: SigningKey, change: Change) -> Rotated:
    """Let ``new`` take the place of the key in use: in the log, then in the home.

    ``node`` itself still holds the old key and writes nothing any more. Raises the refusals
    of ``rotation_facts`` and ``NotApproved``; what the store raises may mean that the log
    has the new key: then whoever opens the home next puts it in its place.
    """
    node.keeper.require_whole()
    _pin_founder(node)
    for _ in range(MAX_ATTEMPTS):
        registry = node.registry()
        instant = node.instant(change.at)
        introduced, signer = _introduction(node, role, new, change, instant)
        replaced = _replaced(registry, introduced.purposes)
        rotation = Rotation(
            introduced,
            replaced,
            instant,
            change.reason,
            change.compromised_since,
            by_new_key=signer.keyid not in replaced,
        )
        acts = Acts(registry, change.by)
        for facts in rotation_facts(rotation, registry, node.cosigned_before):
            acts.on_node(facts, registry.name)
        try:
            node.store.append(
                node.application.encode(acts.events),
                sealing=NodeSealing(signer, FixedClock(instant)),
                guard=Guard(governance=registry.index),
            )
        except (VersionConflict, GuardChanged, ClockNotForward):
            continue
        adopt_next(node.home, role, node.wrap_key, new.keyid)
        undeclared = () if rotation.by_new_key or change.compromised_since is None else replaced
        return Rotated(new.keyid, replaced, undeclared)
    raise TooManyConflicts(attempts=MAX_ATTEMPTS)


def _introduction(
    node: Node, role: KeyRole, new: SigningKey, change: Change, instant: datetime
) -> tuple[KeyIntroduced, SigningKey]:
    """What introduces the new key, and who signs it."""
    approval = change.approval
    if approval is None:
        node.require_key(node.signing_key, "entries", "node.key")
        purposes = NODE_PURPOSES if role == "node" else WITNESS_PURPOSES
        return introducing(new.public, purposes, instant + MICROSECOND), node.signing_key
    if approval.asked.public_key != base64text.encode(new.public):
        raise NotApproved(reason=f"the request is for {approval.asked.keyid}, not {new.keyid}")
    facts = approval.asked.introduces(approval.envelopes)
    registry = node.registry()
    if not registry.roots.keys:
        raise NoRoots
    expected = request(registry, new.public, NODE_PURPOSES, facts.from_, _seen(facts))
    if expected != approval.asked:
        raise NotApproved(reason="it is for another node, log or use of the key")
    why = by_roots(registry, facts, node.store.size(), lambda index: digest_at(node.store, index))
    if why is None and instant < facts.from_:
        why = f"it holds from {facts.from_.isoformat()} on"
    if why is not None:
        raise NotApproved(reason=why)
    return facts, new


def _seen(facts: KeyIntroduced) -> Continued:
    assert facts.continues is not None, "a request names the log that it continues"
    return facts.continues


def _pin_founder(node: Node) -> None:
    """A home of before keys could rotate is told which key founded its log."""
    if node.settings.founder is None:
        founder = base64text.encode(node.founder)
        node.settings = node.settings.model_copy(update={"founder": founder})
        node.home.write_settings(node.settings)
