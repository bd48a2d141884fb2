"""The trust file that describes a node, made of what its own log says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ledger.log.trust import (
    OrganisationKey,
    Status,
    Trust,
    TrustedKey,
    TrustedNode,
    TrustedOrganisation,
)
from ledger.organisations.node_keys import NodeKey
from ledger.organisations.registry import BoundKey, Registry
from ledger.signing import base64text

VERSION: Final = 1
"""Of a file that nobody governs: it replaces no other."""


def trust_of(
    registry: Registry,
    issued_at: datetime,
    policy_text: str | None,
    following: Mapping[str, str] | None = None,
) -> Trust:
    """Every key that the node ever had, and those of its organisations.

    ``policy_text`` is the node's own witness policy, where it has one; ``following`` the id
    of a key in use to that of the key that is to follow it, where one is announced. Raises
    ``TrustMalformed`` for a policy that cannot be used.
    """
    node = TrustedNode(node=registry.name, origin=registry.origin, jurisdiction=registry.region)
    organisations = registry.organisations.values()
    return Trust(
        version=VERSION,
        issued_at=issued_at,
        nodes=(node,),
        keys=tuple(
            _node_key(registry.name, key, issued_at, (following or {}).get(key.keyid))
            for key in registry.keys_known()
        ),
        organisations=tuple(
            TrustedOrganisation(
                organisation=each.code, name=each.name, keys=tuple(periods(map(_bound, each.keys)))
            )
            for each in organisations
        ),
        policy_text=policy_text,
    )


def _node_key(node: str, key: NodeKey, issued_at: datetime, following: str | None) -> TrustedKey:
    # A key that ended before it began was never valid: an empty interval says so.
    until = None if key.until is None else max(key.until, key.from_)
    status: Status = "ACTIVE"
    if key.compromised_since is not None:
        status = "COMPROMISED_SINCE"
    elif until is not None and until <= issued_at:
        status = "RETIRED"
    return TrustedKey(
        node=node,
        keyid=key.keyid,
        public_key=base64text.encode(key.public_key),
        algorithm="ed25519",
        purposes=tuple(dict.fromkeys(key.purposes)),
        from_=key.from_,
        until=until,
        status=status,
        since=key.compromised_since,
        next=following,
    )


def _bound(key: BoundKey) -> OrganisationKey:
    return OrganisationKey(
        keyid=key.keyid,
        public_key=base64text.encode(key.public_key),
        from_=key.from_,
        until=key.until,
    )


def periods(bound: Iterable[OrganisationKey]) -> list[OrganisationKey]:
    """Each key once a period; periods of one key that overlap or touch are one."""
    found: list[OrganisationKey] = []
    for key in sorted(bound, key=lambda key: (key.keyid, key.from_)):
        if key.until is not None and key.until <= key.from_:
            continue  # unbound before it held
        last = found[-1] if found and found[-1].keyid == key.keyid else None
        if last is not None and (last.until is None or key.from_ <= last.until):
            is_open = last.until is None or key.until is None
            until = None if is_open else max(last.until, key.until)  # type: ignore[type-var]
            found[-1] = last.model_copy(update={"until": until})
        else:
            found.append(key)
    return found
