"""What is wrong with a trust list: by itself, after another list, or for a node. Pure.

A list may follow another when

1. its version is larger, and it was not issued earlier; the very next version names the
   digest of the one before;
2. enough governors of the list before signed it, and enough of its own;
3. it still has every node, key and organisation of the list before, and no key gained by
   it: none lost its ``RETIRED`` or ``COMPROMISED_SINCE``, none holds longer;
4. where a key announced the next one, no other key of the node came for the same purpose.
   An announcement is taken back by a list that does not repeat it; the list after that may
   bring another key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from ledger.errors import Language, LedgerError, Phrase
from ledger.exchange.trust_list import TrustList
from ledger.log.trust import Trust, TrustedKey
from ledger.signing.keys import key_id

MAX_AHEAD: Final = timedelta(seconds=5)
"""How far the issuer's clock may be ahead of the reader's."""

FaultKind = Literal[
    "malformed",
    "too_few_signatures",
    "signature_fails",
    "not_newer",
    "another_of_the_same_version",
    "another_before",
    "too_few_former_signatures",
    "issued_earlier",
    "node_vanished",
    "node_changed",
    "key_vanished",
    "key_changed",
    "key_revived",
    "key_not_announced",
    "organisation_vanished",
    "node_not_listed",
    "key_not_listed",
    "expired",
    "issued_ahead",
]

_WORDS: Final[dict[FaultKind, tuple[str, str, str]]] = {
    "malformed": ("{what}", "{what}", "{what}"),
    "too_few_signatures": (
        "its own governors have not signed it: {what}",
        "本列表治理方签名不足：{what}",
        "本列表治理方簽名不足：{what}",
    ),
    "signature_fails": (
        "the signature in the name of governor {what} does not hold",
        "以治理密钥 {what} 名义的签名无效",
        "以治理金鑰 {what} 名義的簽名無效",
    ),
    "not_newer": (
        "it is not newer than the list before: {what}",
        "版本不新于前一列表：{what}",
        "版本不新於前一列表：{what}",
    ),
    "another_of_the_same_version": (
        "it is another list of the same version: {what}",
        "同一版本的另一份列表：{what}",
        "同一版本的另一份列表：{what}",
    ),
    "another_before": (
        "it follows another list than the one before: {what}",
        "所承接的不是前一列表：{what}",
        "所承接的不是前一列表：{what}",
    ),
    "too_few_former_signatures": (
        "the governors of the list before have not signed it: {what}",
        "前一列表的治理方签名不足：{what}",
        "前一列表的治理方簽名不足：{what}",
    ),
    "issued_earlier": (
        "it was issued before the list before: {what}",
        "签发早于前一列表：{what}",
        "簽發早於前一列表：{what}",
    ),
    "node_vanished": (
        "node {what} is missing",
        "缺少节点 {what}",
        "缺少節點 {what}",
    ),
    "node_changed": (
        "node {what} has another origin or jurisdiction",
        "节点 {what} 的日志来源或管辖地区已变",
        "節點 {what} 的日誌來源或管轄地區已變",
    ),
    "key_vanished": (
        "key {what} is missing",
        "缺少密钥 {what}",
        "缺少金鑰 {what}",
    ),
    "key_changed": (
        "key {what} has another node, purpose or beginning",
        "密钥 {what} 的节点、用途或起始时刻已变",
        "金鑰 {what} 的節點、用途或起始時刻已變",
    ),
    "key_revived": (
        "key {what} was retired or compromised, and is so no longer, or later",
        "密钥 {what} 原已停用或泄露，现被恢复或推迟",
        "金鑰 {what} 原已停用或洩露，現被恢復或推遲",
    ),
    "key_not_announced": (
        "key {what} is not the one that was announced",
        "密钥 {what} 不是已预告的后继密钥",
        "金鑰 {what} 不是已預告的後繼金鑰",
    ),
    "organisation_vanished": (
        "organisation {what} is missing",
        "缺少机构 {what}",
        "缺少機構 {what}",
    ),
    "node_not_listed": (
        "it does not describe this node: {what}",
        "未列出本节点：{what}",
        "未列出本節點：{what}",
    ),
    "key_not_listed": (
        "it does not have this node's key in use: {what}",
        "未列出本节点现用密钥：{what}",
        "未列出本節點現用金鑰：{what}",
    ),
    "expired": ("it has expired: {what}", "已到期：{what}", "已到期：{what}"),
    "issued_ahead": (
        "it is issued in the future: {what}",
        "签发时刻在未来：{what}",
        "簽發時刻在未來：{what}",
    ),
}


@dataclass(frozen=True, slots=True)
class TrustFault:
    """One thing that is wrong; ``what`` names where: a key id, a node, a count, an instant."""

    kind: FaultKind
    what: str

    @property
    def phrase(self) -> Phrase:
        return Phrase(*_WORDS[self.kind], {"what": self.what})

    def message(self, language: Language = "en") -> str:
        return self.phrase.message(language)


@dataclass(frozen=True, slots=True)
class Checked:
    """A list, None where there is none to be read, and all that is wrong with it."""

    listed: TrustList | None
    faults: tuple[TrustFault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def check_list(data: bytes, before: TrustList | None, language: Language = "en") -> Checked:
    """All faults of the list in a file; with ``before`` also as the one after that."""
    try:
        listed = TrustList.read(data)
    except LedgerError as error:
        return Checked(None, (TrustFault("malformed", error.message(language)),))
    faults = [*signature_faults(listed)]
    if before is not None:
        faults += succession_faults(listed, before)
        faults += quorum_faults(listed, before)
    return Checked(listed, tuple(dict.fromkeys(faults)))


def signature_faults(listed: TrustList) -> Iterator[TrustFault]:
    """Whether its own governors signed it."""
    for keyid in sorted(listed.failing(listed.governors)):
        yield TrustFault("signature_fails", keyid)
    found = len(listed.signers(listed.governors))
    if found < listed.threshold:
        yield TrustFault("too_few_signatures", f"{found} < {listed.threshold}")


def quorum_faults(listed: TrustList, before: TrustList) -> Iterator[TrustFault]:
    """Whether the governors of the list before signed it."""
    for keyid in sorted(listed.failing(before.governors)):
        yield TrustFault("signature_fails", keyid)
    found = len(listed.signers(before.governors))
    if found < before.threshold:
        yield TrustFault("too_few_former_signatures", f"{found} < {before.threshold}")


def succession_faults(listed: TrustList, before: TrustList) -> Iterator[TrustFault]:
    """Whether what it says may follow what ``before`` says; signatures aside.

    A list may be skipped: only the very next version can be held to its ``previous``.
    """
    versions = f"{listed.version} <= {before.version}"
    if listed.version == before.version and listed.digest != before.digest:
        yield TrustFault("another_of_the_same_version", listed.digest)
    elif listed.version <= before.version:
        yield TrustFault("not_newer", versions)
    elif (listed.version == before.version + 1) != (listed.previous == before.digest):
        yield TrustFault("another_before", f"{listed.previous}")
    if listed.issued_at < before.issued_at:
        instants = f"{listed.issued_at.isoformat()} < {before.issued_at.isoformat()}"
        yield TrustFault("issued_earlier", instants)
    yield from _content_faults(listed.trust, before.trust)


def _content_faults(now: Trust, before: Trust) -> Iterator[TrustFault]:
    nodes = {node.node: node for node in now.nodes}
    for node in before.nodes:
        if node.node not in nodes:
            yield TrustFault("node_vanished", node.node)
        elif nodes[node.node] != node:
            yield TrustFault("node_changed", node.node)
    for key in before.keys:
        again = now.key_of(key.keyid)
        if again is not None:
            yield from _key_faults(again, key)
        elif key.node in nodes:
            yield TrustFault("key_vanished", key.keyid)
    yield from _announcement_faults(now, before)
    known = {each.organisation for each in now.organisations}
    for each in before.organisations:
        if each.organisation not in known:
            yield TrustFault("organisation_vanished", each.organisation)


_RANK: Final = {"ACTIVE": 0, "RETIRED": 1, "COMPROMISED_SINCE": 2}


def _key_faults(now: TrustedKey, before: TrustedKey) -> Iterator[TrustFault]:
    one = (now.node, now.algorithm, set(now.purposes), now.from_)
    if one != (before.node, before.algorithm, set(before.purposes), before.from_):
        yield TrustFault("key_changed", now.keyid)
    if (
        _RANK[now.status] < _RANK[before.status]
        or _is_later(now.until, before.until)
        or _is_later(now.since, before.since)
    ):
        yield TrustFault("key_revived", now.keyid)


def _is_later(now: datetime | None, before: datetime | None) -> bool:
    return before is not None and (now is None or now > before)


def _announcement_faults(now: Trust, before: Trust) -> Iterator[TrustFault]:
    announced = [key for key in before.keys if key.next is not None]
    for key in now.keys:
        if before.key_of(key.keyid) is not None:
            continue
        before_it = [
            each
            for each in announced
            if each.node == key.node and not set(each.purposes).isdisjoint(key.purposes)
        ]
        if before_it and all(each.next != key.keyid for each in before_it):
            yield TrustFault("key_not_announced", key.keyid)


def node_faults(
    listed: TrustList, node: str, origin: str, key: bytes, now: datetime
) -> Iterator[TrustFault]:
    """Whether a node may go by it from ``now`` on; ``key`` is the raw public key it signs with."""
    known = listed.trust.node_of(origin)
    if known is None or known.node != node:
        yield TrustFault("node_not_listed", f"{node} ({origin})")
        return
    keyid = key_id(key)
    found = listed.trust.entry_key(node, keyid)
    if found is None or found.status != "ACTIVE" or not found.covers(now):
        yield TrustFault("key_not_listed", keyid)
    if listed.trust.has_expired(now):
        yield TrustFault("expired", listed.expires_at.isoformat())
    if listed.issued_at > now + MAX_AHEAD:
        yield TrustFault("issued_ahead", listed.issued_at.isoformat())
