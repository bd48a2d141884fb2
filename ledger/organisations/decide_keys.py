"""Decisions on the node's own keys: rotation, retirement, compromise. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ledger.commands import governance_commands as commands
from ledger.errors import Refusal
from ledger.events.base import Facts
from ledger.events.governance import KeyCompromised, KeyIntroduced, KeyRetired
from ledger.organisations.node_keys import MICROSECOND, NodeKey
from ledger.organisations.registry import Registry

Evidence = Callable[[datetime], tuple[int, str] | None]
"""The largest tree size that an independent cosigner dated before an instant, and the hex
SHA-256 of that cosigned checkpoint; None where there is none."""


class NodeKeyUnknown(Refusal):
    code = "node_key_unknown"
    en = "{keyid} is no key of this node; `key list` names them"
    zh_cn = "{keyid} 不是本节点的密钥；可用 `key list` 查看"
    zh_tw = "{keyid} 不是本節點的金鑰；可用 `key list` 檢視"


class KeyEndedAlready(Refusal):
    code = "key_ended_already"
    en = "key {keyid} is retired already, from {until}; nothing was written"
    zh_cn = "密钥 {keyid} 已自 {until} 起停用，未作更改"
    zh_tw = "金鑰 {keyid} 已自 {until} 起停用，未作更改"


class OnlyKey(Refusal):
    code = "only_key"
    en = "{keyid} is the only key that signs entries; replace it with `key rotate`"
    zh_cn = "{keyid} 是唯一用于签署条目的密钥；请用 `key rotate` 更换"
    zh_tw = "{keyid} 是唯一用於簽署條目的金鑰；請用 `key rotate` 更換"


class DeclaredAlready(Refusal):
    code = "compromise_declared_already"
    en = "key {keyid} is declared compromised since {since} already; nothing was written"
    zh_cn = "密钥 {keyid} 已声明自 {since} 起泄露，未作更改"
    zh_tw = "金鑰 {keyid} 已聲明自 {since} 起洩露，未作更改"


class SinceInFuture(Refusal):
    code = "since_in_future"
    en = "the compromise is dated {since}, after now, {now}; nobody knows yet what will be stolen"
    zh_cn = "泄露时点 {since} 晚于当前时刻 {now}；尚未发生的泄露无从声明"
    zh_tw = "洩露時點 {since} 晚於目前時刻 {now}；尚未發生的洩露無從聲明"


class KeyKnownAlready(Refusal):
    code = "key_known_already"
    en = "key {keyid} was introduced before; a key is introduced once"
    zh_cn = "密钥 {keyid} 此前已启用；一个密钥只启用一次"
    zh_tw = "金鑰 {keyid} 此前已啟用；一個金鑰只啟用一次"


@dataclass(frozen=True, slots=True)
class Rotation:
    """One key takes the place of others. ``instant`` is that of the transaction itself."""

    introduced: KeyIntroduced
    replaces: tuple[str, ...]
    """Key ids; none for the first key of its kind."""
    instant: datetime
    reason: str | None = None
    compromised_since: datetime | None = None
    """The keys replaced are declared compromised, too."""
    by_new_key: bool = True
    """Whether the new key signs all this. Else it declares in a transaction of its own, after
    this one: a compromised key's own word that it is would cover nothing."""


def no_evidence(since: datetime) -> tuple[int, str] | None:
    """Nobody else has dated anything."""
    del since
    return None


def rotation_facts(rotation: Rotation, registry: Registry, evidence: Evidence) -> list[Facts]:
    """The facts of one rotation, for one transaction: it is in force from the next one on."""
    if rotation.introduced.keyid in registry.node_keys:
        raise KeyKnownAlready(keyid=rotation.introduced.keyid)
    facts: list[Facts] = [rotation.introduced]
    for keyid in rotation.replaces:
        _living(registry, keyid)
        after = rotation.instant + MICROSECOND
        facts.append(KeyRetired(keyid=keyid, from_=after, reason=rotation.reason))
        if rotation.compromised_since is not None:
            command = commands.CompromiseKey(
                keyid=keyid, since=rotation.compromised_since, reason=rotation.reason
            )
            declared = _compromised(registry, command, rotation.instant, evidence, is_good=True)
            if rotation.by_new_key:
                facts.append(declared)
    return facts


def key_facts(
    command: commands.RetireKey | commands.CompromiseKey,
    registry: Registry,
    now: datetime,
    evidence: Evidence,
) -> Facts:
    """What one command on a key of the node leads to."""
    if isinstance(command, commands.CompromiseKey):
        known = registry.compromises_known().by_key
        is_good = any(
            key.until is None and "entries" in key.purposes and key.keyid not in known
            for key in registry.node_keys.values()
        )
        return _compromised(registry, command, now, evidence, is_good=is_good)
    key = _living(registry, command.keyid)
    others = [
        other
        for other in registry.node_keys.values()
        if other.keyid != key.keyid and other.until is None and "entries" in other.purposes
    ]
    if "entries" in key.purposes and not others:
        raise OnlyKey(keyid=key.keyid)
    return KeyRetired(keyid=key.keyid, from_=command.from_, reason=command.reason)


def require_declarable(
    command: commands.CompromiseKey, registry: Registry, now: datetime, evidence: Evidence
) -> None:
    """Raises the refusal that a declaration under a new key would meet."""
    _compromised(registry, command, now, evidence, is_good=True)


def _known(registry: Registry, keyid: str) -> NodeKey:
    if (found := registry.node_keys.get(keyid)) is None:
        raise NodeKeyUnknown(keyid=keyid)
    return found


def _living(registry: Registry, keyid: str) -> NodeKey:
    key = _known(registry, keyid)
    if key.until is not None:
        raise KeyEndedAlready(keyid=keyid, until=key.until.isoformat())
    return key


def _compromised(
    registry: Registry,
    command: commands.CompromiseKey,
    now: datetime,
    evidence: Evidence,
    *,
    is_good: bool,
) -> KeyCompromised:
    """Declared again only for an earlier instant, or with better evidence.

    Or where no good key has declared it yet, and one does now (``is_good``).
    """
    keyid, since = command.keyid, command.since
    _known(registry, keyid)
    if since > now:
        raise SinceInFuture(since=since.isoformat(), now=now.isoformat())
    covered, proof = evidence(since) or (None, None)
    compromises = registry.compromises_known()
    known = compromises.by_key.get(keyid)
    if known is not None and not (is_good and keyid not in compromises.firm):
        better = since == known.since and (covered or 0) > known.covered
        if since >= known.since and not better:
            raise DeclaredAlready(keyid=keyid, since=known.since.isoformat())
    return KeyCompromised(
        keyid=keyid, since=since, reason=command.reason, covered=covered, evidence=proof
    )
