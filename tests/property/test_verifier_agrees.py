"""The verifier for browsers says of every file what the program says: verdict, reason, sentence."""

from __future__ import annotations

import json
import random
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import UnreadableEntry, decode
from ledger.entry import ENTRY_PAYLOAD_TYPE, stored_entry
from ledger.errors import LedgerError
from ledger.exchange.forms import FORMS, MESSAGE_DEPTH
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.dsse import PAYLOAD_TYPES, STATEMENT, SUBMISSION, TRUST_LIST, Envelope
from ledger.signing.keys import SigningKey
from tests import exchange_vectors
from tests.exchange_answers import Told
from tests.exchange_material import made_key
from tests.unit.exchange import lists
from tests.unit.log.trusting import (
    LEAKED,
    NODE_KEY,
    SmallTree,
    envelope,
    policy,
    trust,
    trust_value,
)
from tests.verifier_agreement import Case, disagreements, text, told

pytestmark = [pytest.mark.property, pytest.mark.tools]

VECTORS = Path(__file__).parent.parent / "vectors" / "exchange"
NAMES = ("xiamen", "zhangzhou", "quanzhou")
EACH = 300
"""Changed copies of one thing."""


def vectors() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for file in sorted(VECTORS.glob("*.json")):
        value = json.loads(file.read_bytes())
        found[file.stem] = (b64decode(value["file"]), b64decode(value["trust"]), None)
    return found


def test_every_vector_has_its_verdict() -> None:
    """Of each vector of messages: verdict, reason, sentences, records and remarks."""
    cases = list(vectors().values())
    assert len(cases) >= 25
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert len(reasons) >= 10


# -- bytes that changed ---------------------------------------------------------------


def flipped(drawn: random.Random, data: bytes) -> bytes:
    """A byte or two are others, a span is cut or doubled."""
    changed = bytearray(data)
    for _ in range(drawn.choice((1, 1, 2))):
        at = drawn.randrange(len(changed))
        how = drawn.randrange(6)
        if how == 0:
            del changed[at : at + drawn.randint(1, 60)]
        elif how == 1:
            changed[at:at] = changed[at : at + drawn.randint(1, 60)]
        elif how == 2:
            changed[at] = drawn.choice(b'\x00\n "{}[],:=+/A0\xff')
        else:
            changed[at] ^= 1 << drawn.randrange(8)
        if not changed:
            return bytes(data)
    return bytes(changed)


@pytest.mark.parametrize(
    "name",
    ["bundle", "bundle-relayed", "notice", "acknowledgement", "status", "receipt", "refusal"],
)
def test_a_message_with_changed_bytes(name: str) -> None:
    """Whatever byte of a message is another, the two agree."""
    data, trusted, _ = vectors()[name]
    drawn = random.Random(f"flips of {name}")
    found, reasons = disagreements([(flipped(drawn, data), trusted, None) for _ in range(EACH)])
    assert not found, found[0]
    assert {"malformed", "signature_fails"} <= reasons


LOG = SmallTree()
TRUST = trust(policy=policy("2")).to_json()


def _log_files() -> Iterator[tuple[str, bytes, bytes | None]]:
    seen = {"w1": LEAKED, "w2": LEAKED}
    signed = LOG.signed(seen=seen)
    entry = envelope(LOG.payloads[4]).to_json()
    yield "checkpoint", signed.to_bytes(), None
    yield "proof", LOG.proof(4, signed).to_bytes(), entry
    yield "proof alone", LOG.proof(4, signed).to_bytes(), None
    yield "entry", entry, None


@pytest.mark.parametrize("kind", ["checkpoint", "proof", "proof alone", "entry"])
def test_what_a_log_gave_out_with_changed_bytes(kind: str) -> None:
    """Checkpoints, proofs with and without their entry, and entries, whole and changed."""
    ((data, entry),) = [(data, entry) for name, data, entry in _log_files() if name == kind]
    drawn = random.Random(f"flips of {kind}")
    cases: list[Case] = [(data, TRUST, entry)]
    for _ in range(EACH):
        if entry is not None and drawn.random() < 0.4:
            cases.append((data, TRUST, flipped(drawn, entry)))
        else:
            cases.append((flipped(drawn, data), TRUST, entry))
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert len(reasons) >= 2


@pytest.mark.parametrize("since", [None, LEAKED])
@pytest.mark.parametrize("asked", ["1", "2"])
def test_states_of_keys_and_policies(since: Any, asked: str) -> None:
    """Compromise and quorum make the same of checkpoints that witnesses saw at other times."""
    changes = (
        {} if since is None else {"status": "COMPROMISED_SINCE", "since": lists.instant(since)}
    )
    trusted = trust(lists.key_value(NODE_KEY, **changes), policy=policy(asked)).to_json()
    cases: list[Case] = []
    for seen in ({}, {"w1": LEAKED}, {"w1": LEAKED, "w2": LEAKED}):
        signed = LOG.signed(seen=seen)
        entry = envelope(LOG.payloads[4]).to_json()
        cases += [
            (signed.to_bytes(), trusted, None),
            (LOG.proof(4, signed).to_bytes(), trusted, entry),
            (entry, trusted, None),
        ]
    found, _ = disagreements(cases)
    assert not found, found[0]


def test_trust_files_and_lists_with_changed_bytes() -> None:
    """A trust file or list is refused by both or by neither."""
    data = envelope(LOG.payloads[4]).to_json()
    plain = json.dumps(trust_value(policy=policy("2"))).encode()
    listed = lists.signed(lists.draft()).envelope.to_json()
    drawn = random.Random("trust")
    cases: list[Case] = [(data, plain, None), (data, listed, None)]
    cases += [(data, flipped(drawn, plain), None) for _ in range(EACH)]
    cases += [(data, flipped(drawn, listed), None) for _ in range(EACH)]
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert {"trust_malformed", "trust_list_unsigned"} <= reasons


def test_trust_lists_signed_anew() -> None:
    """What the members of a list may be is the same, where its governors signed it."""
    data = envelope(LOG.payloads[4]).to_json()
    drawn = random.Random("lists")
    cases: list[Case] = []
    for _ in range(EACH):
        value = changed(drawn, lists.said(lists.draft()))
        body = canonical(value, max_depth=40)
        whole = Envelope(body, TRUST_LIST, ())
        for key in (lists.G1, lists.G2):
            mine = Envelope.signed(key, TRUST_LIST, body).signatures
            whole = Envelope(body, TRUST_LIST, (*whole.signatures, *mine))
        cases.append((data, whole.to_json(), None))
    found, _ = disagreements(cases)
    assert not found, found[0]


# -- members that changed, signed anew --------------------------------------------------

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 2**53 - 1, "", "x", "1", "true", "xiamen", "2026-03-10",
    "2026-03-10T02:00:00.000000Z", [], {}, [1], {"a": 1}, "AAAA", "none", "\u202e", "中",
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield at
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in members:
            yield from places(each, (*at, name))


def changed(drawn: random.Random, value: Any) -> Any:
    """A copy with another member, one less, one more, two in each other's place."""
    copy = json.loads(json.dumps(value))
    # Few levels down there is more that a form says; below, there are only bytes.
    every = [place for place in places(copy) if place]
    shallow = [place for place in every if len(place) <= 3]
    place = drawn.choice(shallow if drawn.random() < 0.5 else every)
    held = copy
    for name in place[:-1]:
        held = held[name]
    name, how = place[-1], drawn.randrange(7)
    if how == 0:
        del held[name]
    elif how == 1 and isinstance(held, list):
        held.insert(drawn.randrange(len(held) + 1), held[name])
    elif how == 2 and isinstance(held, dict):
        held[drawn.choice(("extra", "from", "from_", "v"))] = drawn.choice(ODD)
    elif how == 3 and isinstance(held, list) and len(held) > 1:
        drawn.shuffle(held)
    elif how == 4 and isinstance(held[name], str) and held[name]:
        at = drawn.randrange(len(held[name]))
        held[name] = held[name][:at] + drawn.choice("0aA/=-Z中") + held[name][at + 1 :]
    elif how == 5 and type(held[name]) is int:
        held[name] += drawn.choice((-1, 1, 5))
    else:
        held[name] = drawn.choice(ODD)
    return copy


def resigned(drawn: random.Random, data: bytes, keys: dict[str, SigningKey]) -> bytes | None:
    """The message with a changed member, signed anew by its sender."""
    whole = Envelope.from_json(data, max_bytes=1 << 24)
    value = parse_strict(whole.payload, max_bytes=1 << 24, max_depth=MESSAGE_DEPTH)
    assert isinstance(value, dict)
    key = keys[str(value["sender"])]
    again = changed(drawn, value)
    try:
        body = canonical(again, max_depth=MESSAGE_DEPTH)
    except LedgerError:
        return None
    return Envelope.signed(key, whole.payload_type, body).to_json()


@pytest.mark.parametrize("name", [
    "bundle", "bundle-relayed", "disputed", "notice", "notice-relayed", "acknowledgement", "status",
    "receipt", "refusal",
])  # fmt: skip
def test_a_message_with_changed_members_signed_anew(name: str) -> None:
    """What the form and the evidence of a message may be is the same for both."""
    data, trusted, _ = vectors()[name]
    drawn = random.Random(f"members of {name}")
    keys = {one: made_key(one) for one in NAMES}
    made = [resigned(drawn, data, keys) for _ in range(EACH)]
    found, reasons = disagreements([(one, trusted, None) for one in made if one is not None])
    assert not found, found[0]
    assert len(reasons) >= 2


# -- entries ------------------------------------------------------------------------------


def _payloads() -> list[bytes]:
    told_ = Told.made()
    return [one.payload for node in told_.region.values() for one in node.entries]


def _is_read(payload: bytes) -> bool:
    stored = stored_entry(
        {
            "originator_id": "", "originator_version": 0, "topic": "", "state": payload, "index": 0,
            "keyid": b"", "signature": b"", "details": None,
        }
    )  # fmt: skip
    try:
        decode(stored)
    except UnreadableEntry:
        return False
    return True


def test_entries_with_changed_members_are_read_alike() -> None:
    """Header and facts of an entry are taken by both or by neither."""
    drawn = random.Random("entries")
    payloads = _payloads()
    changed_ = [canonical(changed(drawn, json.loads(one))) for one in payloads for _ in range(60)]
    every = payloads + changed_ + [flipped(drawn, one) for one in payloads for _ in range(20)]
    answers = told({"what": "entry", "data": text(one)} for one in every)
    wanted = [_is_read(one) for one in every]
    assert {True, False} == set(wanted)
    wrong = [one for one, a, b in zip(every, answers, wanted, strict=True) if a != b]
    assert not wrong, wrong[0].decode("utf-8", "replace")


def test_documents_that_the_page_leaves_to_others() -> None:
    """Statements and submissions are of a kind that is not verified here, whatever they hold."""
    cases: list[Case] = [
        (Envelope.signed(NODE_KEY, kind, body).to_json(), TRUST, None)
        for kind in sorted(PAYLOAD_TYPES - set(FORMS) - {ENTRY_PAYLOAD_TYPE})
        for body in (b"{}", b'{"text":"' + b"x" * 900_000 + b'"}')
    ]
    assert STATEMENT in PAYLOAD_TYPES
    assert SUBMISSION in PAYLOAD_TYPES
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert "kind_not_verified" in reasons


def test_the_vectors_are_those_that_are_made() -> None:
    """Each vector is in its file: what is compared here is what the program makes."""
    assert set(vectors()) == {name for name, _ in exchange_vectors.vectors()}
