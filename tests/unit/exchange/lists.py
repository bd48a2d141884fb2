"""Trust lists for tests: three governors, two members, and what may be changed in a list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ledger.exchange.trust_list import TrustList
from ledger.exchange.trust_making import make_list
from ledger.log.trust import Trust
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.dsse import TRUST_LIST, Envelope
from ledger.signing.keys import SigningKey
from tests.unit.log.trusting import ISSUED, NODE_KEY, instant, key, key_value, trust, trust_value

G1, G2, G3, STRANGER = key("g1"), key("g2"), key("g3"), key("stranger")
THERE_KEY = key("there")
EXPIRES = ISSUED + timedelta(days=365)
LATER = ISSUED + timedelta(days=30)
THERE = {"node": "zhangzhou", "origin": "credit-ledger.example/zhangzhou", "jurisdiction": "350600"}


def here(*keys: dict[str, Any], **changes: Any) -> Trust:
    """What the node xiamen says of itself."""
    return trust(*keys, **changes)


def there(*keys: dict[str, Any], **changes: Any) -> Trust:
    """What the node zhangzhou says of itself."""
    own = keys or (key_value(THERE_KEY, node="zhangzhou"),)
    return trust(*own, **({"nodes": [THERE], "organisations": []} | changes))


def draft(*members: Trust, before: TrustList | None = None, **changes: Any) -> TrustList:
    """An unsigned list of two of three governors."""
    given: dict[str, Any] = {
        "governors": [one.public for one in (G1, G2, G3)],
        "threshold": 2,
        "issued_at": ISSUED if before is None else LATER,
        "expires_at": EXPIRES,
        "before": before,
    }
    return make_list(members or (here(), there()), **(given | changes))


def signed(listed: TrustList, *keys: SigningKey) -> TrustList:
    for one in keys or (G1, G2):
        listed = listed.signed_by(one)
    return listed


def said(listed: TrustList) -> Any:
    """The payload's members, to be changed."""
    return parse_strict(listed.envelope.payload)


def of_value(value: Any) -> TrustList:
    """The unsigned list that says so."""
    return TrustList.of(Envelope(canonical(value), TRUST_LIST, ()))


def governor(one: SigningKey) -> dict[str, str]:
    return {"keyid": one.keyid, "public_key": base64text.encode(one.public)}


__all__ = [
    "EXPIRES",
    "G1",
    "G2",
    "G3",
    "ISSUED",
    "LATER",
    "NODE_KEY",
    "STRANGER",
    "THERE",
    "THERE_KEY",
    "draft",
    "governor",
    "here",
    "instant",
    "key",
    "key_value",
    "of_value",
    "said",
    "signed",
    "there",
    "trust_value",
]
