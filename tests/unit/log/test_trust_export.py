"""The trust file of a node, made of what its log says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from ledger.founding import NODE_PURPOSES
from ledger.log.trust import KeyState, Trust, TrustMalformed
from ledger.log.trust_export import trust_of
from ledger.organisations.node_keys import NodeKey
from ledger.organisations.registry import BoundKey, Organisation, Registry
from ledger.signing.keys import SigningKey
from tests.unit.log.trusting import (
    FOUNDED,
    ISSUED,
    LEAKED,
    NODE,
    NODE_KEY,
    ORIGIN,
    OTHER_KEY,
    SUPPLIER,
    policy,
)

STEP = timedelta(microseconds=1)


def node_key(
    key: SigningKey = NODE_KEY,
    *,
    until: datetime | None = None,
    since: datetime | None = None,
) -> NodeKey:
    return NodeKey(key.keyid, key.public, NODE_PURPOSES, FOUNDED, until, since)


def registry(*keys: NodeKey, bound: tuple[BoundKey, ...] = ()) -> Registry:
    body = Organisation("ONE", "示例", date(2026, 1, 1), keys=list(bound))
    return Registry(
        name=NODE,
        region="350200",
        origin=ORIGIN,
        node_keys={key.keyid: key for key in keys or (node_key(),)},
        organisations={"ONE": body},
    )


def bound(*periods: tuple[int, int | None]) -> tuple[BoundKey, ...]:
    """The supplier's key, bound from a day of March until another."""
    return tuple(
        BoundKey(
            SUPPLIER.keyid,
            SUPPLIER.public,
            date(2026, 3, start),
            None if stop is None else date(2026, 3, stop),
        )
        for start, stop in periods
    )


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (node_key(), "ACTIVE"),
        (node_key(until=ISSUED + STEP), "ACTIVE"),
        (node_key(until=ISSUED), "RETIRED"),
        (node_key(since=LEAKED), "COMPROMISED_SINCE"),
        (node_key(since=LEAKED, until=ISSUED), "COMPROMISED_SINCE"),
    ],
)
def test_the_status_of_a_key(key: NodeKey, status: str) -> None:
    """Retired is what has ended by the instant of issue; compromised says since when."""
    (made,) = trust_of(registry(key), ISSUED, None).keys
    assert (made.status, made.until, made.since) == (status, key.until, key.compromised_since)
    assert (made.raw, made.purposes, made.from_) == (key.public_key, key.purposes, FOUNDED)


def test_a_key_that_ended_before_it_began_was_never_valid() -> None:
    """Such a key is told, with an empty interval."""
    (made,) = trust_of(registry(node_key(until=FOUNDED - STEP)), ISSUED, None).keys
    assert made.state_at(FOUNDED) is KeyState.ENDED
    assert made.state_at(FOUNDED - STEP) is KeyState.NOT_YET


def test_everything_of_the_node_is_told() -> None:
    """Every key, the body, the policy; and what is written reads back as the same."""
    made = trust_of(registry(node_key(), node_key(OTHER_KEY)), ISSUED, policy("w1"))
    assert [key.keyid for key in made.keys] == [NODE_KEY.keyid, OTHER_KEY.keyid]
    assert (made.nodes[0].node, made.nodes[0].origin, made.nodes[0].jurisdiction) == (
        NODE, ORIGIN, "350200",
    )  # fmt: skip
    assert (made.organisations[0].organisation, made.organisations[0].name) == ("ONE", "示例")
    assert made.policy_text == policy("w1")
    assert Trust.parse(made.to_json()) == made
    with pytest.raises(TrustMalformed):
        trust_of(registry(), ISSUED, "quorum nobody\n")


@pytest.mark.parametrize(
    ("periods", "told"),
    [
        ([(2, None)], [(2, None)]),
        ([(2, 5), (8, 9)], [(2, 5), (8, 9)]),
        ([(8, 9), (2, 5)], [(2, 5), (8, 9)]),
        ([(2, 5), (5, 9)], [(2, 9)]),
        ([(2, 5), (3, 4)], [(2, 5)]),
        ([(2, 5), (3, None)], [(2, None)]),
        ([(2, None), (3, 4)], [(2, None)]),
        ([(4, 4), (6, 2)], []),
    ],
)
def test_the_periods_of_an_organisations_key(
    periods: list[tuple[int, int | None]], told: list[tuple[int, int | None]]
) -> None:
    """Bound again after a gap it stands twice; what overlaps is one; what never held is left out."""
    made = trust_of(registry(bound=bound(*periods)), ISSUED, None)
    found = [
        (key.from_.day, None if key.until is None else key.until.day)
        for key in made.organisations[0].keys
    ]
    assert found == told
    assert Trust.parse(made.to_json()) == made
