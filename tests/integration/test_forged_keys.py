"""Keys that a thief of the database brings in: nobody follows them, and the audit names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.codec import encode
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.events.base import Facts
from ledger.events.governance import KeyRetired
from ledger.founding import FOUNDER, NODE_PURPOSES, introducing
from ledger.identifiers import node_id
from ledger.log.stream import UnsignedEntry
from ledger.node import Node
from ledger.organisations.introduction import approved, read_request
from ledger.rotation import request_key
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.sealing import Sealed
from ledger.stamping import FixedClock, NodeSealing
from tests.integration.conftest import found
from tests.integration.driving import Founded, call
from tests.integration.material import FIRM, FOUNDED_AT, OFFICER

THIEF = new_signing_key(bytes([9]) * 32)


@pytest.fixture
def rooted(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Founded:
    """A node with one root, whose key lies in ``root.key``."""
    assert call("key", "new", "-o", tmp_path / "root.key").code == 0
    root = ("--root", str(tmp_path / "root.key.pub"))
    return found(request, tmp_path, store, "--simulated-clock", "--at", FOUNDED_AT, *root)


def append(node: Node, facts: Facts, key: SigningKey) -> int:
    """A row in order in everything, signed with ``key``, past the node."""
    stream = StreamId("node", node_id(node.name))
    head = node.store.heads((stream.key,))[stream.key]
    event = PendingEvent(stream.key, head.seq + 1, facts, Actor(node.name, FOUNDER))
    draft = encode(event, node.name, lambda _: Sealed({}, None))
    sealing = NodeSealing(key, FixedClock(node.instant()))
    return node.store.append([draft], sealing=sealing).entries[0].index


def nobody_follows(node: Founded, index: int) -> None:
    """Nothing is answered or written, and the audit names the entry."""
    size = node.size()
    asked = node.call("history", FIRM, "--json", *OFFICER)
    assert (asked.code, asked.out) == (1, "")
    done = node.call("organisation", "admit", "--id", "X1", "--name", "示", "--role", "partner")
    assert done.code == 1
    assert f"entry {index} " in done.err
    assert node.size() == size
    faults = node.call("audit", "--json").json["faults"]
    assert {fault["index"] for fault in faults} == {index}


def test_a_key_that_introduces_itself_without_the_roots_is_not_followed(rooted: Founded) -> None:
    """A well-formed entry under its own signature is not enough."""
    with rooted.opened() as node:
        index = append(node, introducing(THIEF.public, NODE_PURPOSES, node.instant()), THIEF)
        with pytest.raises(UnsignedEntry):
            node.registry()
    nobody_follows(rooted, index)


def test_roots_of_the_thiefs_own_are_no_roots(rooted: Founded) -> None:
    """Only those that the founding names may approve."""
    with rooted.opened() as node:
        asked = request_key(node, THIEF, None)
        index = append(node, asked.introduces([approved(asked, None, THIEF)]), THIEF)
    nobody_follows(rooted, index)


def test_an_approval_signs_for_the_key_it_names_only(rooted: Founded, tmp_path: Path) -> None:
    """What the root approved for one key introduces no other, and only under its own signature."""
    asked = tmp_path / "request"
    assert rooted.call("key", "request", "-o", asked).code == 0
    root = tmp_path / "root.key"
    assert call("key", "approve", asked, "--key", root, "-o", tmp_path / "ok").code == 0
    named, envelope = read_request((tmp_path / "ok").read_bytes(), "ok")
    assert envelope is not None
    with rooted.opened() as node:
        given = introducing(THIEF.public, NODE_PURPOSES, named.from_)
        approved_for_another = named.introduces([envelope])
        facts = given.model_copy(
            update={
                "continues": approved_for_another.continues,
                "approvals": approved_for_another.approvals,
            }
        )
        index = append(node, facts, THIEF)
    nobody_follows(rooted, index)


def test_a_retired_key_is_not_brought_back(rooted: Founded) -> None:
    """Not by the key in use either: a key is introduced once."""
    with rooted.opened() as node:
        old = node.signing_key
    assert rooted.call("key", "rotate").code == 0
    with rooted.opened() as node:
        index = append(
            node, introducing(old.public, NODE_PURPOSES, node.instant()), node.signing_key
        )
    nobody_follows(rooted, index)


def test_a_retired_key_introduces_none(rooted: Founded) -> None:
    """Whoever kept the old key cannot hand the log on."""
    with rooted.opened() as node:
        old = node.signing_key
    assert rooted.call("key", "rotate").code == 0
    with rooted.opened() as node:
        index = append(node, introducing(THIEF.public, NODE_PURPOSES, node.instant()), old)
    nobody_follows(rooted, index)
    with rooted.opened() as node:
        second = append(node, KeyRetired(keyid=old.keyid, from_=node.instant()), THIEF)
    faults = rooted.call("audit", "--json").json["faults"]
    assert {fault["index"] for fault in faults} == {index, second}
