"""Commands on the node's and the organisations' streams. Pure.

They are the node's own acts: the actor is the node itself, with the operator who did it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from ledger.commands import governance_commands as commands
from ledger.commands.base import Command
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.errors import Refusal
from ledger.events.across import ExportAssessed
from ledger.events.base import Facts
from ledger.events.governance import (
    ClockJumpConfirmed,
    KeyBound,
    KeyUnbound,
    OrganisationAdmitted,
    RoleEnded,
    RoleGranted,
    RulePackAdopted,
)
from ledger.identifiers import node_id, organisation_id
from ledger.organisations.decide_keys import Evidence, key_facts, no_evidence
from ledger.organisations.node_keys import LEGAL_OFFSET
from ledger.organisations.registry import Organisation, Registry
from ledger.signing.keys import key_id, parse_public_key
from ledger.subject.refusals import EmptyInterval


class NotTheNode(Refusal):
    code = "not_the_node"
    en = "{organisation} may not do this: it is an act of node {node} itself"
    zh_cn = "{organisation} 无权执行：这是节点 {node} 自身的操作"
    zh_tw = "{organisation} 無權執行：這是節點 {node} 自身的操作"


class OrganisationUnknown(Refusal):
    code = "organisation_not_admitted"
    en = "{organisation} is not admitted at this node; admit it first"
    zh_cn = "{organisation} 尚未接入本节点；请先接入"
    zh_tw = "{organisation} 尚未接入本節點；請先接入"


class NothingNew(Refusal):
    code = "nothing_new"
    en = "{organisation} is admitted with these roles and this key already; nothing was written"
    zh_cn = "{organisation} 已按这些角色和密钥接入，未作更改"
    zh_tw = "{organisation} 已按這些角色和金鑰接入，未作更改"


class KeyInUse(Refusal):
    code = "key_in_use"
    en = "this key is bound to {organisation} already; one key belongs to one body"
    zh_cn = "该密钥已绑定 {organisation}；一个密钥只属于一个机构"
    zh_tw = "該金鑰已綁定 {organisation}；一個金鑰只屬於一個機構"


class AdoptedAlready(Refusal):
    code = "adopted_already"
    en = "rule pack {digest} is in force already from {day}; nothing was written"
    zh_cn = "规则包 {digest} 已自 {day} 起生效，未作更改"
    zh_tw = "規則包 {digest} 已自 {day} 起生效，未作更改"


class NoExportToItself(Refusal):
    code = "no_export_to_itself"
    en = "{node} is this node itself; name the node that the records are to be given to"
    zh_cn = "{node} 即本节点；请指明接收信用信息的节点"
    zh_tw = "{node} 即本節點；請指明接收信用資訊的節點"


@dataclass(slots=True)
class Acts:
    """Events of one transaction on governing streams, with their versions."""

    registry: Registry
    actor: Actor
    events: list[PendingEvent] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)

    def on_node(self, facts: Facts, name: str) -> None:
        stream = StreamId("node", node_id(name))
        self._add(stream, self.registry.node_seq, facts)

    def on_organisation(self, facts: Facts, code: str) -> None:
        organisation = self.registry.organisations.get(code)
        stream = StreamId("organisation", organisation_id(code))
        self._add(stream, organisation.seq if organisation else 0, facts)

    def _add(self, stream: StreamId, seq: int, facts: Facts) -> None:
        version = self._versions.get(stream.key, seq) + 1
        self._versions[stream.key] = version
        self.events.append(PendingEvent(stream.key, version, facts, self.actor))


def decide_governance(
    command: Command,
    registry: Registry,
    actor: Actor,
    today: date,
    evidence: Evidence = no_evidence,
    *,
    now: datetime | None = None,
    new_id: Callable[[], str] | None = None,
) -> Sequence[PendingEvent]:
    """The events of one governing command, or its refusal.

    ``evidence`` tells what somebody else has dated before the compromise of a key; ``now`` is
    the instant on ``today``, its last one where that is not told. ``new_id`` names what is
    created.
    """
    require_node(registry, actor)
    acts = Acts(registry, actor)
    match command:
        case commands.AdmitOrganisation():
            _admit(acts, command, today)
        case commands.GrantRole() | commands.EndRole():
            _known(registry, command.organisation)
            acts.on_organisation(_role(command), command.organisation)
        case commands.BindKey():
            _known(registry, command.organisation)
            _bind(acts, command.organisation, command.public_key, command.from_, command.until)
        case commands.UnbindKey():
            _known(registry, command.organisation)
            unbound = KeyUnbound(
                organisation=command.organisation,
                keyid=command.keyid,
                on=command.on,
                reason=command.reason,
            )
            acts.on_organisation(unbound, command.organisation)
        case commands.AdoptRulePack() | commands.ConfirmClockJump():
            _on_node(acts, command)
        case commands.AssessExport():
            assert new_id is not None, "an assessment has an id of its own"
            acts.on_node(_assessed(registry, command, new_id()), registry.name)
        case commands.CompromiseKey() | commands.RetireKey():
            now = now or _last_instant(today)
            acts.on_node(key_facts(command, registry, now, evidence), registry.name)
        case _:
            raise TypeError(f"{type(command).__name__} is no governing command")
    return acts.events


def _last_instant(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC) - LEGAL_OFFSET


def require_node(registry: Registry, actor: Actor) -> None:
    """The node itself acts, or ``NotTheNode``."""
    if actor.organisation != registry.name:
        raise NotTheNode(organisation=actor.organisation, node=registry.name)


def _on_node(acts: Acts, command: commands.AdoptRulePack | commands.ConfirmClockJump) -> None:
    facts: Facts
    match command:
        case commands.AdoptRulePack():
            current = acts.registry.pack_in_force(command.in_force_from)
            if current is not None and current.digest == command.digest:
                raise AdoptedAlready(digest=command.digest, day=current.in_force_from)
            facts = RulePackAdopted(
                pack=command.pack,
                version=command.version,
                digest=command.digest,
                in_force_from=command.in_force_from,
            )
        case commands.ConfirmClockJump():
            facts = ClockJumpConfirmed(
                expected=command.expected, observed=command.observed, reason=command.reason
            )
    acts.on_node(facts, acts.registry.name)


def _role(command: commands.GrantRole | commands.EndRole) -> RoleGranted | RoleEnded:
    if isinstance(command, commands.GrantRole):
        return RoleGranted(
            organisation=command.organisation,
            role=command.role,
            from_=command.from_,
            until=command.until,
        )
    return RoleEnded(
        organisation=command.organisation,
        role=command.role,
        on=command.on,
        reason=command.reason,
    )


def _assessed(
    registry: Registry, command: commands.AssessExport, assessment: str
) -> ExportAssessed:
    if command.from_ >= command.until:
        raise EmptyInterval(
            from_field="from", from_day=command.from_, until_field="until", until_day=command.until
        )
    if command.to == registry.name:
        raise NoExportToItself(node=command.to)
    return ExportAssessed(
        assessment=assessment,
        to=command.to,
        items=tuple(dict.fromkeys(command.items)),
        purpose=command.purpose,
        legal_basis=command.legal_basis,
        authority=command.authority,
        from_=command.from_,
        until=command.until,
    )


def _known(registry: Registry, code: str) -> Organisation:
    if (found := registry.organisations.get(code)) is None:
        raise OrganisationUnknown(organisation=code)
    return found


def _admit(acts: Acts, command: commands.AdmitOrganisation, today: date) -> None:
    """Admit with roles and key; of a body admitted already only what is new is written."""
    code, from_ = command.organisation, command.from_ or today
    organisation_id(code)  # raises for a USCC with a wrong check digit
    known = acts.registry.organisations.get(code)
    if known is None:
        facts = OrganisationAdmitted(organisation=code, name=command.name, from_=from_)
        acts.on_organisation(facts, code)
    held = known.roles_on(from_) if known is not None else frozenset()
    for role in dict.fromkeys(command.granted):
        if role not in held:
            granted = RoleGranted(organisation=code, role=role, from_=from_)
            acts.on_organisation(granted, code)
    if command.public_key is not None:
        keyid = key_id(parse_public_key(command.public_key))
        if known is None or known.key_on(keyid, from_) is None:
            _bind(acts, code, command.public_key, from_, None)
    if not acts.events:
        raise NothingNew(organisation=code)


def _bind(acts: Acts, code: str, public_key: str, from_: date, until: date | None) -> None:
    raw = parse_public_key(public_key)  # refuses small-order and non-canonical keys
    keyid = key_id(raw)
    for other in acts.registry.organisations.values():
        if other.code != code and any(key.keyid == keyid for key in other.keys):
            raise KeyInUse(organisation=other.code)
    facts = KeyBound(
        organisation=code,
        keyid=keyid,
        algorithm="ed25519",
        public_key=public_key,
        from_=from_,
        until=until,
    )
    acts.on_organisation(facts, code)
