"""Trust files: what they tell, and everything that is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.log.trust import MAX_TRUST_BYTES, KeyState, Trust, TrustMalformed
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing import base64text
from ledger.signing.keys import key_id
from tests.unit.log.trusting import (
    FOUNDED,
    ISSUED,
    LEAKED,
    NODE,
    NODE_KEY,
    ORIGIN,
    OTHER_KEY,
    SUPPLIER,
    compromised,
    instant,
    key_value,
    policy,
    retired,
    trust,
    trust_value,
    witness_vkey,
)

ORGANISATION = "91350200M0000001X0"


def test_lookups() -> None:
    """Keys are found by origin, by node and id, by organisation and day; and by nothing else."""
    found = trust(key_value(), key_value(OTHER_KEY, purposes=["witness"]), policy=policy("w1"))
    assert found.log_keys(ORIGIN) == (VerifierKey.from_raw(ORIGIN, NODE_KEY.public),)
    assert found.log_keys("credit-ledger.example/quanzhou") == ()
    entry = found.entry_key(NODE, NODE_KEY.keyid)
    assert entry is not None
    assert entry.raw == NODE_KEY.public
    assert found.log_key(ORIGIN, found.log_keys(ORIGIN)[0]) == entry
    assert found.entry_key("quanzhou", NODE_KEY.keyid) is None
    assert found.entry_key(NODE, OTHER_KEY.keyid) is None  # it cosigns, and signs no entries
    assert found.witness_keys(NODE) == tuple(map(witness_vkey, ("w1", "w2", "w3")))
    bound = found.organisation_key(ORGANISATION, SUPPLIER.keyid, date(2026, 3, 2))
    assert bound is not None
    assert bound.raw == SUPPLIER.public
    assert found.organisation_key(ORGANISATION, SUPPLIER.keyid, date(2026, 3, 1)) is None
    assert found.organisation_key("nobody", SUPPLIER.keyid, date(2026, 3, 2)) is None


def test_a_node_is_no_witness_of_its_own() -> None:
    """A witness of the policy whose key is one of the node's own is nobody independent of it."""
    own = key_value(OTHER_KEY, purposes=["witness"])
    cosigner = VerifierKey.from_raw("x/witness", OTHER_KEY.public, SignatureType.COSIGNATURE)
    text = f"witness own {cosigner.vkey}\nquorum own\n"
    assert trust(key_value(), own, policy=text).witness_keys(NODE) == ()
    assert trust(key_value(), policy=text).witness_keys(NODE) == (cosigner,)


def test_states() -> None:
    """A key holds in [from, until), and from the instant of its compromise on no more."""
    until = ISSUED - timedelta(days=1)
    (key,) = trust(key_value(**compromised(LEAKED, until))).keys
    step = timedelta(microseconds=1)
    assert key.state_at(FOUNDED - step) is KeyState.NOT_YET
    assert key.state_at(FOUNDED) is KeyState.IN_FORCE
    assert key.state_at(LEAKED - step) is KeyState.IN_FORCE
    assert key.state_at(LEAKED) is KeyState.COMPROMISED
    assert key.covers(LEAKED)
    (key,) = trust(key_value(**retired(until))).keys
    assert key.state_at(until - step) is KeyState.IN_FORCE
    assert key.state_at(until) is KeyState.ENDED


def test_a_file_round_trips() -> None:
    """What is written is canonical, and reads back as the same."""
    found = trust(key_value(**retired()), policy=policy("2"))
    data = found.to_json()
    again = Trust.parse(data)
    assert again == found
    assert again.to_json() == data
    assert json.loads(data) == trust_value(key_value(**retired()), policy=policy("2"))


def test_a_key_bound_again_stands_once_for_each_period() -> None:
    """Periods of one key of one organisation follow one another."""
    value = trust_value()
    keys = value["organisations"][0]["keys"]
    keys[0]["until"] = "2026-04-01"
    keys.append(keys[0] | {"from": "2026-05-01", "until": None})
    found = Trust.parse(json.dumps(value).encode())
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 1)]
    held = [found.organisation_key(ORGANISATION, SUPPLIER.keyid, day) for day in days]
    assert [key is not None for key in held] == [True, False, True]


Bend = Callable[[dict[str, Any]], object]


def small_order(value: dict[str, Any]) -> None:
    raw = bytes(32)
    value["keys"][0] |= {"public_key": base64text.encode(raw), "keyid": key_id(raw)}


def non_canonical(value: dict[str, Any]) -> None:
    raw = b"\xee" + b"\xff" * 30 + b"\x7f"  # 2^255 - 18: one, not reduced
    value["keys"][0] |= {"public_key": base64text.encode(raw), "keyid": key_id(raw)}


def bent_base64(value: dict[str, Any]) -> None:
    text = value["keys"][0]["public_key"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    value["keys"][0]["public_key"] = text[:42] + alphabet[alphabet.index(text[42]) ^ 1] + "="


def other_organisation(value: dict[str, Any]) -> None:
    again = deepcopy(value["organisations"][0]) | {"organisation": "91350200M0000002X0"}
    value["organisations"].append(again)


BENT: dict[str, tuple[str, Bend]] = {
    "no member of its own": ("extra", lambda v: v.update(extra=1)),
    "a member of a key": ("keys.0.colour", lambda v: v["keys"][0].update(colour="red")),
    "a member less": ("keys.0.since", lambda v: v["keys"][0].pop("since")),
    "another format": ("format", lambda v: v.update(format="credit-ledger-trust/v2")),
    "a version that is a truth": ("version", lambda v: v.update(version=True)),
    "a version of nought": ("version", lambda v: v.update(version=0)),
    "an instant of seconds": (
        "issued_at", lambda v: v.update(issued_at="2026-09-01T00:00:00Z")
    ),
    "another algorithm": ("keys.0.algorithm", lambda v: v["keys"][0].update(algorithm="sm2")),
    "no purpose": ("keys.0.purposes", lambda v: v["keys"][0].update(purposes=[])),
    "a purpose twice": (
        "keys.0.purposes", lambda v: v["keys"][0].update(purposes=["entries", "entries"])
    ),
    "an unknown purpose": (
        "keys.0.purposes.0", lambda v: v["keys"][0].update(purposes=["everything"])
    ),
    "an unknown status": ("keys.0.status", lambda v: v["keys"][0].update(status="FINE")),
    "a small-order key": ("keys.0.public_key", small_order),
    "a non-canonical key": ("keys.0.public_key", non_canonical),
    "a second spelling of a key": ("keys.0.public_key", bent_base64),
    "a key under another id": (
        "keys.0.keyid", lambda v: v["keys"][0].update(keyid=OTHER_KEY.keyid)
    ),
    "a key twice": ("keys.1.keyid", lambda v: v["keys"].append(v["keys"][0])),
    "a key of no node": ("keys.0", lambda v: v["keys"][0].update(node="quanzhou")),
    "compromised since never": (
        "keys.0", lambda v: v["keys"][0].update(status="COMPROMISED_SINCE")
    ),
    "active and compromised": ("keys.0", lambda v: v["keys"][0].update(since=instant(LEAKED))),
    "retired without an end": ("keys.0", lambda v: v["keys"][0].update(status="RETIRED")),
    "an end before the beginning": (
        "keys.0", lambda v: v["keys"][0].update(until=instant(FOUNDED - timedelta(days=1)))
    ),
    "a node twice": (
        "nodes", lambda v: v["nodes"].append(v["nodes"][0] | {"origin": "x.example/y"})
    ),
    "an origin twice": (
        "nodes.1.origin", lambda v: v["nodes"].append(v["nodes"][0] | {"node": "quanzhou"})
    ),
    "an origin with a plus": (
        "nodes.0.origin", lambda v: v["nodes"][0].update(origin="a+b")
    ),
    "an organisation twice": (
        "organisations.1", lambda v: v["organisations"].append(v["organisations"][0])
    ),
    "one key of two organisations": ("organisations.1.keys.0.keyid", other_organisation),
    "periods of one key that overlap": (
        "organisations.0.keys.1.keyid",
        lambda v: v["organisations"][0]["keys"].append(v["organisations"][0]["keys"][0]),
    ),
    "a period that ends before it begins": (
        "organisations.0.keys.0",
        lambda v: v["organisations"][0]["keys"][0].update(until="2026-03-01"),
    ),
    "a policy that is none": ("policy", lambda v: v.update(policy="quorum w1\n")),
}  # fmt: skip


@pytest.mark.parametrize("what", BENT)
def test_everything_else_is_refused_at_its_place(what: str) -> None:
    """Each departure from the form is refused, and the place of it is told."""
    where, bend = BENT[what]
    value = trust_value()
    bend(value)
    with pytest.raises(TrustMalformed) as refused:
        Trust.parse(json.dumps(value).encode())
    assert refused.value.fields["where"] == where


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"not json",
        b'{"format":"credit-ledger-trust/v1","format":"credit-ledger-trust/v1"}',
        json.dumps(trust_value(version=1.0)).encode(),
        b"[" * 100_000,
        json.dumps(trust_value()).encode() + b" " * MAX_TRUST_BYTES,
    ],
)
def test_what_is_no_json_of_ours_is_refused(data: bytes) -> None:
    """Neither other JSON, nor repeated members, nor floats, nor endless files are taken."""
    with pytest.raises(TrustMalformed):
        Trust.parse(data)


def test_an_unknown_member_commands_no_terminal() -> None:
    """The name of an unknown member is told harmlessly and not at length."""
    name = "\x1b[2J" + "x" * 10_000
    with pytest.raises(TrustMalformed) as refused:
        Trust.parse(json.dumps(trust_value() | {name: 1}).encode())
    assert "\x1b" not in refused.value.message()
    assert len(refused.value.message()) < 400


def test_keys_that_a_note_cannot_tell_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two log keys of one short id, which somebody made to collide, make no trust file."""
    monkeypatch.setattr("ledger.log.verifier_key.note_key_id", lambda *_: b"same")
    with pytest.raises(TrustMalformed) as refused:
        trust(key_value(), key_value(OTHER_KEY))
    assert refused.value.fields["where"] == ORIGIN
