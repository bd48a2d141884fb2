"""The trust list's form, its governors' signatures, and the one reading of both forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from ledger.events.governance import TrustListAdopted
from ledger.exchange.trust_list import (
    MAX_GOVERNORS,
    MAX_LIST_SIGNATURES,
    TrustList,
    TrustListLost,
    TrustListUnsigned,
    adopted_list,
    read_trust,
)
from ledger.log.trust import TrustMalformed
from ledger.signing.canonical import canonical
from ledger.signing.dsse import BUNDLE, TRUST_LIST, Envelope, Signature
from tests.unit.exchange.lists import (
    EXPIRES,
    G1,
    G2,
    G3,
    ISSUED,
    NODE_KEY,
    STRANGER,
    draft,
    governor,
    here,
    instant,
    key,
    key_value,
    of_value,
    said,
    signed,
)

Change = Callable[[dict[str, Any]], object]

SMALL_ORDER = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""The neutral element: a signature under it proves nothing."""
NON_CANONICAL = "7v///////////////////////////////////////38="
"""y = p + 1."""


def test_a_list_reads_back_as_it_was_written() -> None:
    """Draft, signatures and content survive the file; the digest is that of the payload."""
    made = signed(draft())
    again = TrustList.read(made.envelope.to_json() + b"\n")
    assert again == made
    assert again.digest == sha256(made.envelope.payload).hexdigest()
    assert (again.version, again.previous) == (1, None)
    assert (again.issued_at, again.expires_at) == (ISSUED, EXPIRES)
    assert [one.keyid for one in again.governors] == [G1.keyid, G2.keyid, G3.keyid]


def test_the_payload_is_canonical_and_names_the_next_key_of_each() -> None:
    """Every key of a list says which key is announced to follow it, or null."""
    follows = key("follows").keyid
    value = said(draft(here(key_value(next=follows))))
    assert [one["next"] for one in value["keys"]] == [follows]
    assert said(draft())["keys"][0]["next"] is None
    assert canonical(value) == draft(here(key_value(next=follows))).envelope.payload


def test_a_plain_file_says_nothing_of_a_next_key_that_is_not_announced() -> None:
    """Readers of the plain form that know no ``next`` read what announces none."""
    assert b"next" not in here().to_json()
    assert json.loads(here(key_value(next=G1.keyid)).to_json())["keys"][0]["next"] == G1.keyid


WRONG: dict[str, Change] = {
    "an unknown member": lambda v: v.update(extra=1),
    "a member that is missing": lambda v: v.pop("previous"),
    "a key without its next": lambda v: v["keys"][0].pop("next"),
    "a key that follows itself": lambda v: v["keys"][0].update(next=NODE_KEY.keyid),
    "another format": lambda v: v.update(format="credit-ledger-trust/v1"),
    "version 0": lambda v: v.update(version=0),
    "version true": lambda v: v.update(version=True),
    "a first version with a previous": lambda v: v.update(previous="0" * 64),
    "a second version without": lambda v: v.update(version=2),
    "expired when issued": lambda v: v.update(expires_at=instant(ISSUED)),
    "no governors": lambda v: v.update(governors=[]),
    "too many governors": lambda v: v.update(
        governors=[governor(key(f"g{n}")) for n in range(MAX_GOVERNORS + 1)]
    ),
    "a governor twice": lambda v: v["governors"].append(governor(G1)),
    "a governor under another id": lambda v: v["governors"][0].update(keyid=G3.keyid[::-1]),
    "a small-order governor": lambda v: v["governors"][0].update(
        public_key=SMALL_ORDER, keyid=sha256(b"\x01" + bytes(31)).hexdigest()
    ),
    "a non-canonical governor": lambda v: v["governors"][0].update(public_key=NON_CANONICAL),
    "a small-order key": lambda v: v["keys"][0].update(
        public_key=SMALL_ORDER, keyid=sha256(b"\x01" + bytes(31)).hexdigest()
    ),
    "a non-canonical key": lambda v: v["keys"][0].update(public_key=NON_CANONICAL),
    "an unknown algorithm": lambda v: v["keys"][0].update(algorithm="rsa"),
    "an unknown purpose": lambda v: v["keys"][0].update(purposes=["all"]),
    "threshold 0": lambda v: v.update(threshold=0),
    "a threshold above the governors": lambda v: v.update(threshold=4),
    "a key id twice": lambda v: v["keys"].append(v["keys"][0]),
    "a node twice": lambda v: v["nodes"].append(v["nodes"][0]),
    "a policy that is none": lambda v: v.update(policy="quorum nobody\n"),
    "an instant in another spelling": lambda v: v.update(issued_at="2026-09-01T00:00:00Z"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_no_list_may_say_is_refused(change: Change) -> None:
    """Each of these is no trust list, whoever signs it."""
    value = said(draft())
    of_value(value)
    change(value)
    with pytest.raises(TrustMalformed):
        of_value(value)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"version":1,"version":1}',
        b'{"version":NaN}',
        b'{"version":9007199254740993}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_hostile_json_is_refused(payload: bytes) -> None:
    """Whatever stands in the envelope, or in its place, ends as ``TrustMalformed``."""
    with pytest.raises(TrustMalformed):
        TrustList.of(Envelope(payload, TRUST_LIST, ()))
    for read in (TrustList.read, read_trust):
        with pytest.raises(TrustMalformed):
            read(payload)


def test_a_payload_in_another_order_or_with_spaces_is_refused() -> None:
    """There is one spelling: a digest names one content."""
    made = draft()
    spaced = json.dumps(said(made)).encode()
    with pytest.raises(TrustMalformed):
        TrustList.of(replace(made.envelope, payload=spaced))


def test_a_list_in_the_envelope_of_another_kind_is_refused() -> None:
    """A governor who signed something else has not signed a list."""
    with pytest.raises(TrustMalformed):
        TrustList.of(replace(draft().envelope, payload_type=BUNDLE))


def test_only_enough_different_governors_count() -> None:
    """One short, a stranger, and one governor twice are not two of three."""
    assert not draft().is_signed
    assert not signed(draft(), G1).is_signed
    assert not signed(draft(), G1, STRANGER).is_signed
    once = signed(draft(), G1)
    doubled = replace(once.envelope, signatures=once.envelope.signatures * 2)
    assert not TrustList.of(doubled).is_signed
    assert signed(draft(), G1, G1).envelope.signatures == once.envelope.signatures
    assert signed(draft(), G1, G3).is_signed
    assert signed(draft(), STRANGER, G1, G3).is_signed


def test_a_governors_signature_that_fails_spoils_the_list() -> None:
    """Under a key that is known every signature must hold, also beside enough others."""
    made = signed(draft())
    false = Signature(G3.keyid, made.envelope.signatures[0].sig)
    spoiled = TrustList.of(replace(made.envelope, signatures=(*made.envelope.signatures, false)))
    assert not spoiled.is_signed
    assert spoiled.failing(spoiled.governors) == {G3.keyid}
    good_and_false = TrustList.of(
        replace(
            made.envelope, signatures=(*made.envelope.signatures, replace(false, keyid=G2.keyid))
        )
    )
    assert not good_and_false.is_signed


def test_a_changed_list_has_lost_its_signatures() -> None:
    """A signature is of the exact bytes."""
    made = signed(draft())
    value = said(made)
    value["threshold"] = 1
    changed = TrustList.of(replace(made.envelope, payload=canonical(value)))
    assert not changed.signers(changed.governors)


def test_a_list_bears_so_many_signatures_and_no_more() -> None:
    """The bound of the file is kept by whoever signs."""
    made = draft()
    for number in range(MAX_LIST_SIGNATURES):
        made = made.signed_by(key(f"s{number}"))
    assert TrustList.read(made.envelope.to_json()) == made
    with pytest.raises(TrustMalformed):
        made.signed_by(STRANGER)


def test_both_forms_read_to_the_same_trust() -> None:
    """A plain file and a list with the same content tell verifiers the same."""
    plain = here()
    listed = read_trust(signed(draft(here())).envelope.to_json())
    assert read_trust(plain.to_json()) == plain
    assert (plain.expires_at, plain.list_digest) == (None, None)
    assert (listed.nodes, listed.keys, listed.organisations) == (
        plain.nodes,
        plain.keys,
        plain.organisations,
    )
    assert listed.list_digest == signed(draft(here())).digest
    assert not listed.has_expired(ISSUED)
    assert listed.has_expired(EXPIRES)
    assert not plain.has_expired(EXPIRES)


def test_a_list_that_its_governors_did_not_sign_is_not_read() -> None:
    """``read_trust`` gives nothing of a draft, nor of one that a stranger signed."""
    for made in (draft(), signed(draft(), G1, STRANGER)):
        with pytest.raises(TrustListUnsigned):
            read_trust(made.envelope.to_json())


def test_what_is_kept_must_be_what_was_adopted() -> None:
    """Missing, unsigned, another list, or another version or expiry than the entry says: lost."""
    made = signed(draft())
    facts = TrustListAdopted(version=1, digest=made.digest, issued_at=ISSUED, expires_at=EXPIRES)
    kept = made.envelope.to_json()
    assert adopted_list(kept, facts) == made
    other = signed(draft(here())).envelope.to_json()
    for content in (None, b"", b"{}", other, draft().envelope.to_json()):
        with pytest.raises(TrustListLost):
            adopted_list(content, facts)
    for change in ({"version": 2}, {"expires_at": ISSUED}, {"issued_at": EXPIRES}):
        with pytest.raises(TrustListLost):
            adopted_list(kept, facts.model_copy(update=change))
