"""A trust list made of what the members of a region say of themselves. Pure.

Nodes, keys and organisations are put together. One node or key that two members describe
differently is a conflict, and nothing is made. An organisation that several admitted keeps
the name that the first of them has for it; a key of it counts on every day on which one of
them bound it.

Witness policies. One that all share stays as it is. Else the list's policy names every log
and witness of every member, and asks for as many of the witnesses as the least demanding
member does: whatever checkpoint meets the policy of its own log's node meets the list's,
too. A member without a policy asks for none; then cosignatures count, as dates, and none
is required.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from ledger.errors import Phrase, Refusal, UnusableInput
from ledger.exchange.trust_faults import TrustFault, succession_faults
from ledger.exchange.trust_list import Governor, TrustList
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.trust import Trust, TrustedKey, TrustedNode, TrustedOrganisation
from ledger.log.trust_export import periods
from ledger.log.verifier_key import VerifierKey

QUORUM: Final = "enough"
"""The group of all witnesses in a policy that was put together."""

_NODE: Final = Phrase("node {what}", "节点 {what}", "節點 {what}")
_KEY: Final = Phrase("key {what}", "密钥 {what}", "金鑰 {what}")


class MembersDisagree(UnusableInput):
    code = "trust_members_disagree"
    en = "{what} is described in two ways; ask for a new `trust export` of each member"
    zh_cn = "{what} 在不同成员文件中描述不一；请各成员重新 `trust export`"
    zh_tw = "{what} 在不同成員檔案中描述不一；請各成員重新 `trust export`"


class TrustListRefused(Refusal):
    code = "trust_list_refused"
    en = "the trust list version {version} is refused: {fault}; nothing was written"
    zh_cn = "信任列表第 {version} 版被拒绝：{fault}；未写入任何内容"
    zh_tw = "信任列表第 {version} 版被拒絕：{fault}；未寫入任何內容"


def refuse_first(version: int, faults: Iterable[TrustFault]) -> None:
    """Raises ``TrustListRefused`` for the first fault, if there is one."""
    for fault in faults:
        raise TrustListRefused(version=version, fault=fault.phrase)


def make_list(
    members: Sequence[Trust],
    *,
    governors: Sequence[bytes],
    threshold: int,
    issued_at: datetime,
    expires_at: datetime,
    before: TrustList | None = None,
) -> TrustList:
    """The unsigned list of these members; ``governors`` are raw public keys.

    With ``before`` it is the next version. Raises ``MembersDisagree``, ``TrustMalformed``
    for what no list can hold, and ``TrustListRefused`` for what may not follow ``before``.
    """
    trust = Trust(
        version=1 if before is None else before.version + 1,
        issued_at=issued_at,
        nodes=_nodes(members),
        keys=_keys(members),
        organisations=_organisations(members),
        policy_text=merged_policy([member.policy_text for member in members]),
        expires_at=expires_at,
    )
    made = TrustList.draft(
        trust,
        previous=None if before is None else before.digest,
        governors=map(Governor.of, governors),
        threshold=threshold,
    )
    if before is not None:
        refuse_first(made.version, succession_faults(made, before))
    return made


_One = TypeVar("_One", TrustedNode, TrustedKey)


def _nodes(members: Sequence[Trust]) -> tuple[TrustedNode, ...]:
    found: dict[str, TrustedNode] = {}
    for member in members:
        for node in member.nodes:
            _add(found, node.node, node, _NODE)
    return tuple(found.values())


def _keys(members: Sequence[Trust]) -> tuple[TrustedKey, ...]:
    found: dict[str, TrustedKey] = {}
    for member in members:
        for key in member.keys:
            _add(found, key.keyid, key, _KEY)
    return tuple(found.values())


def _add(found: dict[str, _One], name: str, one: _One, kind: Phrase) -> None:
    if found.setdefault(name, one) != one:
        raise MembersDisagree(what=Phrase(kind.en, kind.zh_cn, kind.zh_tw, {"what": name}))


def _organisations(members: Sequence[Trust]) -> tuple[TrustedOrganisation, ...]:
    found: dict[str, TrustedOrganisation] = {}
    for member in members:
        for each in member.organisations:
            known = found.setdefault(each.organisation, each)
            if known is not each:
                keys = tuple(periods((*known.keys, *each.keys)))
                found[each.organisation] = known.model_copy(update={"keys": keys})
    return tuple(found.values())


# -- witness policies --------------------------------------------------------------


def merged_policy(texts: Sequence[str | None]) -> str | None:
    """One policy for the readers of all logs; None where no member has one."""
    distinct = set(texts)
    if len(distinct) <= 1:
        return texts[0] if texts else None
    read = [None if text is None else Policy.parse(text.encode()) for text in texts]
    policies = [policy for policy in read if policy is not None]
    logs: dict[VerifierKey, PolicyLog] = {}
    witnesses: dict[VerifierKey, PolicyWitness] = {}
    names = {"none", QUORUM}
    for policy in policies:
        for log in policy.logs:
            logs.setdefault(log.key, log)
        for witness in policy.witnesses:
            if witness.key not in witnesses:
                name = _free(witness.name, names)
                witnesses[witness.key] = PolicyWitness(name, witness.key, witness.url)
    least = min(0 if policy is None else _fewest(policy) for policy in read)
    known = tuple(witnesses.values())
    group = PolicyGroup(QUORUM, least, tuple(one.name for one in known))
    merged = Policy(
        tuple(logs.values()), known, (group,) if least else (), QUORUM if least else None
    )
    return merged.to_bytes().decode()


def _free(name: str, names: set[str]) -> str:
    """``name``, or where another witness is called so, the name with a number."""
    found, number = name, 2
    while found in names:
        found, number = f"{name}-{number}", number + 1
    names.add(found)
    return found


def _fewest(policy: Policy) -> int:
    """How few witnesses can make the quorum. Nothing is a member of two groups."""
    if policy.quorum is None:
        return 0
    needed = {witness.name: 1 for witness in policy.witnesses}
    for group in policy.groups:
        needed[group.name] = sum(sorted(needed[one] for one in group.members)[: group.threshold])
    return needed[policy.quorum]
