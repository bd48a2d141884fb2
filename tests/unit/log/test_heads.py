"""The map of all subjects: its shape by example, and what a reader refuses in a proof."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from ledger.errors import LedgerError
from ledger.log import merkle
from ledger.log.heads import MAX_MEAN, Heads, bits_for
from ledger.log.heads_proof import (
    MAX_BITS,
    MAX_BUCKET_SUBJECTS,
    MIN_BITS,
    Head,
    HeadsProofMalformed,
    HeadsProofRefuted,
    Membership,
    Prefix,
    bucket_of,
    prove_prefix,
    verify_head,
)

A, B, C = bytes([0x10]) + bytes(15), bytes([0x1F]) + bytes(15), bytes([0xF0]) + bytes(15)


def leaf(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def record(subject: bytes, count: int, root: bytes) -> bytes:
    return subject + count.to_bytes(8, "big") + root


def one_bucket(body: bytes) -> tuple[bytes, Membership]:
    """A map that holds ``body`` in bucket 1 and nothing else, as a false node might make it."""
    rows = [merkle.leaf_hash(body if bucket == 1 else b"") for bucket in range(16)]
    path = merkle.inclusion_proof(1, 16, merkle.HashRows(rows))
    return merkle.root_of(rows), Membership(4, 1, body, tuple(path))


def test_the_shape_of_the_map() -> None:
    """Two subjects that share four bits share a bucket, by ascending id, with count and root."""
    heads = Heads()
    heads.extend([B, A, C, A, A], [leaf(n) for n in range(5)])
    root = heads.root()
    body = record(A, 3, merkle.root_of([leaf(1), leaf(3), leaf(4)])) + record(B, 1, leaf(0))
    hashes = [merkle.leaf_hash(b"")] * 16
    hashes[1] = merkle.leaf_hash(body)
    hashes[15] = merkle.leaf_hash(record(C, 1, leaf(2)))
    assert root == merkle.root_of(hashes)
    assert heads.prove(A) == heads.prove(B)
    assert heads.prove(A).body == body
    assert (heads.bits, heads.subjects, heads.entries) == (4, 3, 5)


def test_the_number_of_buckets_follows_the_subjects() -> None:
    """It doubles exactly when the mean is passed, and stays within its bounds."""
    assert bits_for(0) == bits_for(MAX_MEAN << MIN_BITS) == MIN_BITS
    assert bits_for((MAX_MEAN << MIN_BITS) + 1) == MIN_BITS + 1
    assert bits_for(MAX_MEAN << 20) == 20
    assert bits_for((MAX_MEAN << 20) + 1) == 21
    assert bits_for(1 << 60) == MAX_BITS


def test_a_bucket_is_the_first_bits_of_the_id() -> None:
    """Big-endian, up to 32 of them."""
    subject = bytes.fromhex("a1b2c3d4e5") + bytes(11)
    assert bucket_of(subject, 4) == 0xA
    assert bucket_of(subject, 20) == 0xA1B2C
    assert bucket_of(subject, 32) == 0xA1B2C3D4


def test_a_proof_stands_at_the_last_root() -> None:
    """What was fed since then changes no proof, so a statement can be made at any moment."""
    heads = Heads()
    heads.extend([A], [leaf(0)])
    root = heads.root()
    heads.extend([A, B], [leaf(1), leaf(2)])
    assert verify_head(root, heads.bits, A, heads.prove(A)) == Head(1, leaf(0))
    assert verify_head(root, heads.bits, B, heads.prove(B)) is None
    assert heads.root() != root
    assert heads.head(A) == Head(2, merkle.root_of([leaf(0), leaf(1)]))


def test_groups_out_of_order_are_not_built_from() -> None:
    """A map over ids that do not ascend, or come twice, would be another one."""
    for ids in ([B, A], [A, A]):
        with pytest.raises(AssertionError):
            Heads.build((subject, [leaf(0)]) for subject in ids)


@pytest.mark.parametrize(
    "body",
    [
        record(A, 1, leaf(0))[:-1],
        record(A, 1, leaf(0)) + b"\0",
        record(B, 1, leaf(0)) + record(A, 1, leaf(0)),
        record(A, 1, leaf(0)) + record(A, 2, leaf(0)),
        record(A, 1, leaf(0)) + record(C, 1, leaf(0)),
        record(A, 0, leaf(0)),
        record(A, merkle.MAX_TREE_SIZE + 1, leaf(0)),
        b"".join(
            record(bytes([0x10, n >> 8, n & 255]) + bytes(13), 1, leaf(0))
            for n in range(MAX_BUCKET_SUBJECTS + 1)
        ),
    ],
    ids=["short", "long", "order", "twice", "foreign", "none", "too many", "too large"],
)
def test_a_body_that_no_node_writes_is_refused(body: bytes) -> None:
    """Even where the root was made over it."""
    root, proof = one_bucket(body)
    with pytest.raises(HeadsProofMalformed):
        verify_head(root, 4, A, proof)


def test_a_full_bucket_is_accepted_and_travels() -> None:
    """The largest bucket a reader takes verifies, and fits the bounds of its JSON."""
    body = b"".join(
        record(bytes([0x10, n >> 8, n & 255]) + bytes(13), 1, leaf(n))
        for n in range(MAX_BUCKET_SUBJECTS)
    )
    root, proof = one_bucket(body)
    read = Membership.from_json(proof.to_json())
    assert verify_head(root, 4, A, read) == Head(1, leaf(0))


def test_a_proof_of_something_else_is_refuted() -> None:
    """Another bucket, another size of the map, another root: well formed, and proves nothing."""
    heads = Heads()
    heads.extend([A, C], [leaf(0), leaf(1)])
    root, proof = heads.root(), heads.prove(A)
    for asked, bits, against in ((C, 4, root), (A, 5, root), (A, 4, leaf(0))):
        with pytest.raises(HeadsProofRefuted):
            verify_head(against, bits, asked, proof)
    for bits in (MIN_BITS - 1, MAX_BITS + 1, -1):
        with pytest.raises(HeadsProofMalformed):
            verify_head(root, bits, A, replace(proof, bits=bits))
    for path in (proof.path[1:], (*proof.path, leaf(0)), (leaf(0)[1:], *proof.path[1:])):
        with pytest.raises(HeadsProofMalformed):
            verify_head(root, 4, A, replace(proof, path=path))


def _membership() -> dict[str, object]:
    heads = Heads()
    heads.extend([A], [leaf(0)])
    heads.root()
    return heads.prove(A).to_value()


MEMBERSHIP = _membership()
PREFIX = prove_prefix([leaf(n) for n in range(5)], 3).to_value()
HASH = "A" * 43 + "="


@pytest.mark.parametrize(
    "change",
    [
        {"bits": 3},
        {"bits": 33},
        {"bits": True},
        {"bits": "4"},
        {"bits": None},
        {"bucket": 16},
        {"bucket": -1},
        {"bucket": False},
        {"body": "A"},
        {"body": "AB=="},
        {"body": None},
        {"body": [1]},
        {"body": "A" * 4 * MAX_BUCKET_SUBJECTS * 56},
        {"path": HASH},
        {"path": {}},
        {"path": []},
        {"path": [HASH] * 3},
        {"path": [HASH] * 5},
        {"path": ["A" * 40] * 4},
        {"path": [1] * 4},
        {"more": 1},
    ],
)
def test_a_membership_is_read_strictly(change: dict[str, object]) -> None:
    """Each member has its type, its range and its one spelling, and there is no other member."""
    assert Membership.from_value(MEMBERSHIP).to_value() == MEMBERSHIP
    with pytest.raises(LedgerError):
        Membership.from_json(json.dumps({**MEMBERSHIP, **change}).encode())
    for name in MEMBERSHIP:
        without = {key: value for key, value in MEMBERSHIP.items() if key != name}
        with pytest.raises(HeadsProofMalformed):
            Membership.from_value(without)


@pytest.mark.parametrize(
    "change",
    [
        {"consistency": None},
        {"consistency": [HASH] * 65},
        {"consistency": [HASH[:-1]]},
        {"next": {}},
        {"next": False},
        {"next": HASH},
        {"next": {"leaf": HASH}},
        {"next": {"leaf": None, "path": []}},
        {"next": {"leaf": "AAAA", "path": []}},
        {"next": {"leaf": HASH, "path": [HASH] * 65}},
        {"next": {"leaf": HASH, "path": [], "index": 3}},
        {"known": 3},
    ],
)
def test_a_prefix_is_read_strictly(change: dict[str, object]) -> None:
    """As a membership."""
    assert Prefix.from_value(PREFIX).to_value() == PREFIX
    whole = Prefix((), None, ())
    assert Prefix.from_json(whole.to_json()) == whole
    with pytest.raises(LedgerError):
        Prefix.from_json(json.dumps({**PREFIX, **change}).encode())


@pytest.mark.parametrize("value", [None, 1, [], "x", {}])
def test_what_is_no_object_is_no_proof(value: object) -> None:
    """Any other JSON value is refused."""
    for kind in (Membership, Prefix):
        with pytest.raises(HeadsProofMalformed):
            kind.from_value(value)
