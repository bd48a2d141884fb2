"""The map of all subjects: however it is fed it is the same, and its proofs prove only what is."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import LedgerError
from ledger.log import merkle
from ledger.log.heads import Heads, bits_for
from ledger.log.heads_proof import (
    MIN_BITS,
    Head,
    Membership,
    Prefix,
    bucket_of,
    prove_prefix,
    verify_head,
    verify_prefix,
)

pytestmark = pytest.mark.property

# Few ids in few buckets, so that they share some, and ids that differ late only.
near = st.builds(
    lambda first, last: bytes([first]) + bytes(14) + bytes([last]),
    st.sampled_from([0, 1, 0x10, 0x80, 0xFF]),
    st.integers(0, 3),
)
subject_ids = near | st.integers(0, (1 << 128) - 1).map(lambda number: number.to_bytes(16, "big"))
leaves = st.integers(0, 1 << 30).map(lambda number: sha256(b"%d" % number).digest())
batches = st.lists(st.lists(st.tuples(subject_ids, leaves), max_size=25), max_size=4)
Batches = list[list[tuple[bytes, bytes]]]


def fed(given_batches: Batches) -> Heads:
    """A map that was asked for its root after each batch."""
    heads = Heads()
    for batch in given_batches:
        heads.extend([subject for subject, _ in batch], [leaf for _, leaf in batch])
        heads.root()
    return heads


def grouped(given_batches: Batches) -> dict[bytes, list[bytes]]:
    """The leaf hashes of each subject, by ascending id."""
    groups: dict[bytes, list[bytes]] = {}
    for batch in given_batches:
        for subject, leaf in batch:
            groups.setdefault(subject, []).append(leaf)
    return dict(sorted(groups.items()))


def naive_root(groups: dict[bytes, list[bytes]], bits: int) -> bytes:
    """The root straight from the definition."""
    bodies = [b""] * (1 << bits)
    for subject, hashes in groups.items():
        record = subject + len(hashes).to_bytes(8, "big") + merkle.root_of(hashes)
        bodies[bucket_of(subject, bits)] += record
    return merkle.root_of([merkle.leaf_hash(body) for body in bodies])


def changed(data: st.DataObject, value: bytes) -> bytes:
    """``value`` with one byte changed."""
    at = data.draw(st.integers(0, len(value) - 1))
    flip = data.draw(st.integers(1, 255))
    return value[:at] + bytes([value[at] ^ flip]) + value[at + 1 :]


def bent_hashes(data: st.DataObject, hashes: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    """One hash changed in a byte, and one left out."""
    if not hashes:
        return []
    at = data.draw(st.integers(0, len(hashes) - 1))
    return [
        (*hashes[:at], changed(data, hashes[at]), *hashes[at + 1 :]),
        hashes[:at] + hashes[at + 1 :],
    ]


@given(batches)
def test_the_map_is_what_its_definition_says(given_batches: Batches) -> None:
    """Fed in any pieces, or built at once, it has the root of the plain construction."""
    heads, groups = fed(given_batches), grouped(given_batches)
    assert heads.root() == naive_root(groups, heads.bits)
    assert heads.bits == bits_for(len(groups))
    built = Heads.build(groups.items())
    for one in (heads, built):
        assert one.root() == heads.root()
        assert (one.bits, one.subjects) == (heads.bits, len(groups))
        assert one.entries == sum(map(len, groups.values()))


@given(batches, batches)
def test_a_built_map_goes_on_like_a_fed_one(before: Batches, after: Batches) -> None:
    """What was rebuilt on start takes the next entries as if it had followed all along."""
    built = Heads.build(grouped(before).items())
    for batch in after:
        built.extend([subject for subject, _ in batch], [leaf for _, leaf in batch])
    assert built.root() == fed([*before, *after]).root()


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_growing_changes_no_answer(sizes: list[int], chance: Random) -> None:
    """While the map doubles again and again, each subject keeps its head, and each is proved."""
    everything: Batches = []
    heads = Heads()
    for size in sizes:
        batch = [(chance.randbytes(16), chance.randbytes(32)) for _ in range(size * 4)]
        if everything:
            batch += [(subject, leaf[::-1]) for subject, leaf in everything[-1]]
        everything.append(batch)
        heads.extend([subject for subject, _ in batch], [leaf for _, leaf in batch])
        root, groups = heads.root(), grouped(everything)
        assert root == naive_root(groups, heads.bits)
        for subject, hashes in groups.items():
            head = Head(len(hashes), merkle.root_of(hashes))
            assert heads.head(subject) == head
            assert verify_head(root, heads.bits, subject, heads.prove(subject)) == head


@given(batches, subject_ids, batches)
def test_every_id_has_a_proof(given_batches: Batches, asked: bytes, more: Batches) -> None:
    """Held or not, an id is proved against the last root, whatever waits for the next one."""
    heads, groups = fed(given_batches), grouped(given_batches)
    root, bits = heads.root(), heads.bits
    for batch in more:
        heads.extend([subject for subject, _ in batch], [leaf for _, leaf in batch])
    for subject in [*groups, asked]:
        proof = Membership.from_json(heads.prove(subject).to_json())
        hashes = groups.get(subject)
        expected = Head(len(hashes), merkle.root_of(hashes)) if hashes else None
        assert verify_head(root, bits, subject, proof) == heads.head(subject) == expected


@given(batches, subject_ids, st.data())
def test_no_changed_byte_passes(given_batches: Batches, asked: bytes, data: st.DataObject) -> None:
    """A byte of the root, of the body or of the path, the bucket, the bits: all are held."""
    heads = fed(given_batches)
    root, bits, proof = heads.root(), heads.bits, heads.prove(asked)
    at = data.draw(st.integers(0, bits - 1))
    path = list(proof.path)
    path[at] = changed(data, path[at])
    forged = [
        replace(proof, path=tuple(path)),
        replace(proof, path=proof.path[:-1]),
        replace(proof, path=(*proof.path, root)),
        replace(proof, bits=bits + 1),
        replace(proof, bucket=proof.bucket ^ 1 << at),
        replace(proof, body=proof.body + bytes(1)),
    ]
    if proof.body:
        forged.append(replace(proof, body=changed(data, proof.body)))
    for one in forged:
        with pytest.raises(LedgerError):
            verify_head(root, bits, asked, one)
    for wrong in (changed(data, root), b""):
        with pytest.raises(LedgerError):
            verify_head(wrong, bits, asked, proof)
    with pytest.raises(LedgerError):
        verify_head(root, bits + 1, asked, proof)


@given(batches, subject_ids, leaves)
def test_absent_and_present_cannot_be_exchanged(
    given_batches: Batches, asked: bytes, leaf: bytes
) -> None:
    """A record put into the bucket or taken out of it, or another bucket, is refused; with the
    id changed, a proof never says of one subject what is true of another."""
    heads, groups = fed(given_batches), grouped(given_batches)
    root, bits, proof = heads.root(), heads.bits, heads.prove(asked)
    records = [proof.body[at : at + 56] for at in range(0, len(proof.body), 56)]
    others = [record for record in records if record[:16] != asked]
    if asked in groups:
        forged = others
    else:
        forged = sorted([*others, asked + (1).to_bytes(8, "big") + leaf])
    with pytest.raises(LedgerError):
        verify_head(root, bits, asked, replace(proof, body=b"".join(forged)))
    for other in groups:
        if bucket_of(other, bits) != proof.bucket:
            with pytest.raises(LedgerError):
                verify_head(root, bits, asked, heads.prove(other))
        else:
            assert verify_head(root, bits, other, proof) == heads.head(other)


histories = st.lists(leaves, min_size=1, max_size=40)


@given(histories, st.data())
def test_a_prefix_proves_what_was_known(history: list[bytes], data: st.DataObject) -> None:
    """The first entries of a subject are proved to be its first, and the next one is named."""
    known = data.draw(st.integers(0, len(history)))
    head = Head(len(history), merkle.root_of(history))
    proof = Prefix.from_json(prove_prefix(history, known).to_json())
    following = verify_prefix(head, history[:known], proof)
    assert following == (history[known] if known < len(history) else None)


@given(histories, st.data())
def test_a_truncated_history_is_refused(history: list[bytes], data: st.DataObject) -> None:
    """The first entries shown as if they were all, or more than all, or of a subject of which
    nothing is held, are refused; so is a proof that more follows where nothing does."""
    head = Head(len(history), merkle.root_of(history))
    known = data.draw(st.integers(0, len(history) - 1))
    whole = Prefix((), None, ())
    for shown in (history[:known], history[1:], [*history, history[0]]):
        with pytest.raises(LedgerError):
            verify_prefix(head, shown, whole)
    for held, shown, proof in (
        (None, history, whole),
        (None, [], prove_prefix(history, 0)),
        (head, history, prove_prefix(history, known)),
        (head, history, Prefix((history[0],), None, ())),
    ):
        with pytest.raises(LedgerError):
            verify_prefix(held, shown, proof)


@given(st.lists(leaves, min_size=1, max_size=40, unique=True), st.data())
def test_no_changed_prefix_passes(history: list[bytes], data: st.DataObject) -> None:
    """One byte changed in a hash of the proof, in an entry, or in the head, an entry left out or
    another count: refused."""
    known = data.draw(st.integers(0, len(history) - 1))
    head = Head(len(history), merkle.root_of(history))
    shown, proof = history[:known], prove_prefix(history, known)
    assert proof.next_leaf is not None
    forged = [
        replace(proof, next_leaf=changed(data, proof.next_leaf)),
        replace(proof, next_leaf=None),
        replace(proof, consistency=(*proof.consistency, proof.next_leaf)),
        replace(proof, next_path=(*proof.next_path, proof.next_leaf)),
    ]
    forged += [replace(proof, consistency=one) for one in bent_hashes(data, proof.consistency)]
    forged += [replace(proof, next_path=one) for one in bent_hashes(data, proof.next_path)]
    for one in forged:
        with pytest.raises(LedgerError):
            verify_prefix(head, shown, one)
    with pytest.raises(LedgerError):
        verify_prefix(replace(head, root=changed(data, head.root)), shown, proof)
    if shown:
        at = data.draw(st.integers(0, known - 1))
        for bent in (
            [*shown[:at], changed(data, shown[at]), *shown[at + 1 :]],
            shown[:at] + shown[at + 1 :],
        ):
            with pytest.raises(LedgerError):
                verify_prefix(head, bent, proof)


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_any_bytes_end_in_a_typed_error(text: bytes) -> None:
    """Nothing that is not a proof is read as one, and nothing else than our errors comes out."""
    for kind in (Membership, Prefix):
        with pytest.raises(LedgerError):
            kind.from_json(text)


@given(batches, subject_ids, st.data())
def test_a_changed_character_of_a_written_proof_never_passes(
    given_batches: Batches, asked: bytes, data: st.DataObject
) -> None:
    """One byte of the JSON changed: it is not read, or it proves nothing."""
    heads = fed(given_batches)
    root, proof = heads.root(), heads.prove(asked)
    try:
        read = Membership.from_json(changed(data, proof.to_json()))
    except LedgerError:
        return
    with pytest.raises(LedgerError):
        verify_head(root, heads.bits, asked, read)


def test_the_empty_map_is_a_map() -> None:
    """A node that holds nothing proves that."""
    heads = Heads()
    assert heads.bits == MIN_BITS
    assert heads.root() == naive_root({}, MIN_BITS)
    assert verify_head(heads.root(), MIN_BITS, bytes(16), heads.prove(bytes(16))) is None
