"""A clock that jumped: nothing is written until the node's own operator confirms it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ledger.clock import MAX_JUMP, ClockJumped, RealClock
from ledger.commands.governance_commands import AdmitOrganisation, ConfirmClockJump
from ledger.entry import Actor
from ledger.node import Node
from ledger.orders import Order
from ledger.organisations.decide import NotTheNode
from ledger.stamping import NodeSealing
from tests.integration.driving import Founded, acts
from tests.integration.material import SUPPLIER


@pytest.fixture
def jumped(real: Founded) -> Iterator[Node]:
    """An open node whose wall clock has run ahead of its monotonic clock."""
    with real.opened() as node:
        started = datetime.now(UTC)
        walls = iter([started])
        ahead = started + MAX_JUMP + timedelta(minutes=1)
        clock = RealClock(lambda: next(walls, ahead), lambda: 0.0)
        node.clock = clock
        node.store.sealing = NodeSealing(node.signing_key, clock)
        yield node


def _confirmation(by: str) -> Order:
    seen = datetime.now(UTC)
    command = ConfirmClockJump(expected=seen, observed=seen + MAX_JUMP, reason="示例：已核对")
    return Order(command, Actor(by, "op-7"))


def _admission(node: Node) -> Order:
    command = AdmitOrganisation(organisation="another-body", name="示例机构", granted=("partner",))
    return Order(command, Actor(node.name, "op-7"))


def test_a_jump_stops_writing_until_the_node_confirms_it(jumped: Node) -> None:
    """The confirmation is an entry itself; from then on the new time counts."""
    with pytest.raises(ClockJumped):
        jumped.execute(_admission(jumped))
    jumped.execute(_confirmation(jumped.name))
    jumped.execute(_admission(jumped))
    topics = [stored.topic for stored in acts(jumped.store)]
    assert topics[-3:] == ["ClockJumpConfirmed:1", "OrganisationAdmitted:1", "RoleGranted:1"]


def test_a_confirmation_that_is_refused_changes_no_clock(jumped: Node) -> None:
    """Another body than the node may not confirm, and what follows it is not written either."""
    size = jumped.store.size()
    with pytest.raises(NotTheNode):
        jumped.execute(_confirmation(SUPPLIER))
    with pytest.raises(ClockJumped):
        jumped.execute(_admission(jumped))
    assert jumped.store.size() == size
