"""The fold of the node's and the organisations' streams: roles, keys, adopted rule packs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from ledger.entry import Entry
from ledger.events.across import ExportAssessed
from ledger.events.base import Role
from ledger.events.governance import (
    ClockJumpConfirmed,
    KeyBound,
    KeyCompromised,
    KeyIntroduced,
    KeyRetired,
    KeyUnbound,
    MessageRefused,
    NodeFounded,
    OrganisationAdmitted,
    RoleEnded,
    RoleGranted,
    RulePackAdopted,
    TrustListAdopted,
)
from ledger.organisations.node_keys import (
    Compromise,
    Compromises,
    NodeKey,
    Roots,
    compromise,
    introduced,
    origin_of,
    retired,
)

__all__ = ["AdoptedList", "AdoptedPack", "BoundKey", "Grant", "NodeKey", "Organisation", "Registry"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in ``[from_, until)``."""

    role: Role
    from_: date
    until: date | None


@dataclass(frozen=True, slots=True)
class BoundKey:
    """An organisation's own key, valid in ``[from_, until)``."""

    keyid: str
    public_key: bytes
    from_: date
    until: date | None


@dataclass(slots=True)
class Organisation:
    code: str
    name: str
    from_: date
    grants: list[Grant] = field(default_factory=list)
    keys: list[BoundKey] = field(default_factory=list)
    seq: int = 0
    """The stream's last ``seq``."""

    def roles_on(self, day: date) -> frozenset[Role]:
        if day < self.from_:
            return frozenset()
        return frozenset(
            grant.role
            for grant in self.grants
            if grant.from_ <= day and (grant.until is None or day < grant.until)
        )

    def key_on(self, keyid: str, day: date) -> BoundKey | None:
        for key in self.keys:
            if key.keyid == keyid and key.from_ <= day and (key.until is None or day < key.until):
                return key
        return None


@dataclass(frozen=True, slots=True)
class AdoptedPack:
    digest: str
    in_force_from: date
    index: int


@dataclass(frozen=True, slots=True)
class AdoptedList:
    """An adopted trust list, and at which leaf index."""

    facts: TrustListAdopted
    index: int


@dataclass(slots=True)
class Registry:
    """What the governing streams say, as of ``index`` (the last leaf index folded, or -1)."""

    name: str = ""
    region: str | None = None
    clock: Literal["real", "simulated"] = "real"
    origin: str = ""
    roots: Roots = field(default_factory=Roots)
    compromises: list[Compromise] = field(default_factory=list)
    keys_changed: int = -1
    """Where a key that signs entries was last introduced or retired; a leaf index."""
    node_keys: dict[str, NodeKey] = field(default_factory=dict)
    """Which are compromised, ``keys_known`` says."""
    organisations: dict[str, Organisation] = field(default_factory=dict)
    packs: list[AdoptedPack] = field(default_factory=list)
    trust_lists: list[AdoptedList] = field(default_factory=list)
    """In the order of their adoption."""
    assessments: list[ExportAssessed] = field(default_factory=list)
    """What may be given across a border, in the order it was assessed."""
    refused: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    """Messages that had no effect: digest and reason, to where and when that was entered."""
    node_seq: int = 0
    last_confirmed_jump: datetime | None = None
    index: int = -1

    def has_role(self, code: str, roles: frozenset[Role], day: date) -> bool:
        organisation = self.organisations.get(code)
        return organisation is not None and bool(organisation.roles_on(day) & roles)

    def pack_in_force(self, day: date) -> AdoptedPack | None:
        """The pack that decides ``day``: the last one adopted of those in force by then."""
        fitting = [pack for pack in self.packs if pack.in_force_from <= day]
        return fitting[-1] if fitting else None

    def trust_list_known(self, size: int | None = None) -> AdoptedList | None:
        """The trust list adopted last in the first ``size`` leaves; None: all folded."""
        known = (each for each in reversed(self.trust_lists) if size is None or each.index < size)
        return next(known, None)

    def evolve(self, entry: Entry) -> None:
        """Fold one entry of a node or organisation stream."""
        facts = entry.facts
        if entry.stream.kind == "node":
            self.node_seq = entry.seq
        match facts:
            case NodeFounded():
                self.name, self.region, self.clock = facts.name, facts.region, facts.clock
                self.origin, self.roots = origin_of(facts.name, facts.origin), Roots.of(facts)
            case KeyIntroduced() | KeyRetired() | KeyCompromised():
                self._node_key(facts, entry)
            case RulePackAdopted():
                self.packs.append(AdoptedPack(facts.digest, facts.in_force_from, entry.index))
            case TrustListAdopted():
                self.trust_lists.append(AdoptedList(facts, entry.index))
            case ExportAssessed():
                self.assessments.append(facts)
            case MessageRefused():
                told = (facts.digest, facts.reason)
                self.refused.setdefault(told, (entry.index, entry.recorded_at))
            case ClockJumpConfirmed():
                self.last_confirmed_jump = facts.observed
            case OrganisationAdmitted():
                self.organisations[facts.organisation] = Organisation(
                    facts.organisation, facts.name, facts.from_
                )
            case RoleGranted() | RoleEnded() | KeyBound() | KeyUnbound():
                self._organisation(facts)
            case _:
                pass
        if entry.stream.kind == "organisation":
            code = getattr(facts, "organisation", None)
            if isinstance(code, str) and code in self.organisations:
                self.organisations[code].seq = entry.seq
        self.index = max(self.index, entry.index)

    def fold(self, entries: Iterable[Entry]) -> Registry:
        for entry in entries:
            self.evolve(entry)
        return self

    def compromises_known(self, size: int | None = None) -> Compromises:
        """The compromised keys as known in the first ``size`` leaves; None: all folded."""
        return Compromises.known(self.compromises, size)

    def keys_known(self) -> list[NodeKey]:
        """Every key that the node ever had, with the instant of its compromise."""
        known = self.compromises_known().by_key
        return [
            replace(key, compromised_since=known[key.keyid].since) if key.keyid in known else key
            for key in self.node_keys.values()
        ]

    def _node_key(self, facts: KeyIntroduced | KeyRetired | KeyCompromised, entry: Entry) -> None:
        match facts:
            case KeyIntroduced():
                self.node_keys = introduced(self.node_keys, facts)
            case KeyRetired():
                self.node_keys = retired(self.node_keys, facts, entry)
            case KeyCompromised():
                self.compromises.append(compromise(facts, entry))
        key = self.node_keys.get(facts.keyid)
        changes = not isinstance(facts, KeyCompromised)
        if changes and key is not None and "entries" in key.purposes:
            self.keys_changed = entry.index

    def _organisation(self, facts: RoleGranted | RoleEnded | KeyBound | KeyUnbound) -> None:
        organisation = self.organisations[facts.organisation]
        match facts:
            case RoleGranted():
                organisation.grants.append(Grant(facts.role, facts.from_, facts.until))
            case RoleEnded():
                organisation.grants = [
                    replace(grant, until=_earlier(grant.until, facts.on))
                    if grant.role == facts.role
                    else grant
                    for grant in organisation.grants
                ]
            case KeyBound():
                key = BoundKey(
                    facts.keyid, base64.b64decode(facts.public_key), facts.from_, facts.until
                )
                organisation.keys.append(key)
            case KeyUnbound():
                organisation.keys = [
                    replace(key, until=_earlier(key.until, facts.on))
                    if key.keyid == facts.keyid
                    else key
                    for key in organisation.keys
                ]


def _earlier(until: date | None, on: date) -> date:
    return on if until is None else min(until, on)
