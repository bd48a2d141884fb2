"""Chains and the map of subjects, part by part: what one look at the whole would find."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import StreamId, StreamKind
from ledger.log import parting, parts, replay
from ledger.log.claims import Claim, Claims
from ledger.log.faults import MAX_KEPT_PER_KIND, FaultKind, FaultList
from ledger.log.heads import Heads
from ledger.log.heads_proof import MAX_BITS, bucket_of
from ledger.log.helper import Helper, Silent
from ledger.log.judges import PIECE, Crew, Orders, descriptors
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.parting import Parted, record
from ledger.log.parts import Parts
from ledger.storage.port import EntryStore

pytestmark = pytest.mark.property

Fault = tuple[int, str, str]


@dataclass(frozen=True)
class Leaf:
    stream: StreamId
    seq: int
    prev: str | None
    is_readable: bool
    digest: bytes
    leaf: bytes


def log_of(drawn: random.Random, size: int, pool: int, spread: int, wrong: float) -> list[Leaf]:
    """Entries of some streams; ``wrong`` is how many of them do not follow the one before."""
    kinds: list[StreamKind] = [*("subject",) * 6, "access", "node", "organisation"]
    ids = [UUID(int=drawn.getrandbits(spread)) for _ in range(pool)]
    ends: dict[StreamId, tuple[int, str | None]] = {}
    log = []
    for _ in range(size):
        stream = StreamId(drawn.choice(kinds), drawn.choice(ids))
        seq, prev = ends.get(stream, (0, None))
        digest = drawn.randbytes(32)
        leaf = Leaf(stream, seq + 1, prev, True, digest, drawn.randbytes(32))
        if drawn.random() < wrong:
            changes: list[dict[str, Any]] = [
                {"seq": seq + drawn.choice([2, 3, 10**6])},
                {"seq": max(1, seq)},
                {"prev": drawn.choice([None, "00" * 32, "ab" * 32, "ff" * 32])},
                {"is_readable": False, "prev": None},
                {"is_readable": False, "prev": None, "seq": drawn.choice([-3, 0, 2**53])},
            ]
            leaf = replace(leaf, **drawn.choice(changes))
        log.append(leaf)
        ends[stream] = max(0, leaf.seq), digest.hex()
    return log


def chain_faults(log: list[Leaf]) -> list[Fault]:
    ends: dict[StreamId, tuple[int, str]] = {}
    found: list[Fault] = []
    for index, leaf in enumerate(log):
        last, digest = ends.get(leaf.stream, (0, None))
        if leaf.seq != last + 1:
            found.append((index, "seq_gap", f"seq {leaf.seq} follows seq {last}"))
        if leaf.is_readable and leaf.prev != digest:
            found.append((index, "broken_chain", f"prev of seq {leaf.seq}"))
        ends[leaf.stream] = max(0, leaf.seq), leaf.digest.hex()
    return found


def true_claims(drawn: random.Random, log: list[Leaf], count: int) -> list[Claim]:
    heads, fed = Heads(), 0
    claims = []
    for size in sorted(drawn.sample(range(1, len(log) + 1), min(count, len(log)))):
        new = [leaf for leaf in log[fed:size] if leaf.stream.kind == "subject"]
        heads.extend([one.stream.id.bytes for one in new], [one.leaf for one in new])
        fed = size
        claims.append(Claim(size + drawn.randrange(50), size, heads.root(), heads.bits))
    return claims


def bent(drawn: random.Random, claim: Claim) -> Claim:
    if drawn.random() < 0.5:
        return claim._replace(root=drawn.randbytes(32))
    bits = drawn.choice([claim.bits - 1, claim.bits + 1, 0, 4, 5, 8, MAX_BITS])
    return claim._replace(bits=min(max(bits, 0), MAX_BITS))


def found(
    log: list[Leaf],
    claims: list[Claim],
    chunk: int,
    *,
    on_disk: bool,
    helpers: Sequence[object] = (),
) -> FaultList:
    faults = FaultList()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "IN_MEMORY", 0 if on_disk else 10**9)
        with Parts(len(log), faults) as made:
            for start in range(0, len(log), chunk):
                records = [
                    record(
                        index,
                        leaf.stream,
                        leaf.seq,
                        prev=leaf.prev,
                        digest=leaf.digest,
                        leaf=leaf.leaf,
                        is_readable=leaf.is_readable,
                    )
                    for index, leaf in enumerate(log[start : start + chunk], start)
                ]
                made.add(Parted.of_records(records, made.bits))
            for claim in claims:
                made.claim(claim)
            orders = Orders(None, {}, {}, made.bits, descriptors(made.scratches))
            running = cast("list[Helper]", list(helpers))
            made.finish(Crew(cast("EntryStore", None), orders, made.scratches, running))
    return faults


def told(faults: FaultList) -> list[Fault]:
    return sorted((one.index, one.kind, one.detail) for one in faults.kept)


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(1, 400),
    pool=st.sampled_from([1, 3, 30, 1_000]),
    spread=st.sampled_from([20, 100, 128]),
    small=st.sampled_from([1, 3, 20, 10**6]),
    run=st.sampled_from([1, 3_000, 10**9]),
    count=st.sampled_from([0, 1, 5, 60]),
    wrong=st.sampled_from([0.0, 0.05, 0.5]),
    bends=st.sampled_from([0.0, 0.1, 0.8]),
    on_disk=st.booleans(),
)
def test_parts_find_what_the_whole_shows(
    *,
    seed: int,
    size: int,
    pool: int,
    spread: int,
    small: int,
    run: int,
    count: int,
    wrong: float,
    bends: float,
    on_disk: bool,
) -> None:
    """The same faults of chains, and exactly the claims that are not the map's: however many
    parts there are, whichever ids, also where claims rise and fall without reason."""
    drawn = random.Random(seed)
    log = log_of(drawn, size, pool, spread, wrong)
    claims = true_claims(drawn, log, count)
    made = [bent(drawn, claim) if drawn.random() < bends else claim for claim in claims]
    expected = chain_faults(log) + [
        (one.leaf, "heads_mismatch", f"not the map of the first {one.size} entries")
        for one, true in zip(made, claims, strict=True)
        if one != true
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parting, "SMALL_PART", small)
        patch.setattr(parting, "PART", small)
        patch.setattr(parting, "RUN_BYTES", run)
        patch.setattr(replay, "PIECE_BYTES", 128)
        assert told(found(log, made, 64, on_disk=on_disk)) == sorted(expected)


@pytest.mark.parametrize("small", [3, 20, 10**6])
@pytest.mark.parametrize("seed", range(4))
def test_many_subjects_at_many_claims(
    seed: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Buckets that fill, in any order of ids, while the map grows; nothing is wrong."""
    monkeypatch.setattr(parting, "SMALL_PART", small)
    monkeypatch.setattr(parting, "PART", small)
    drawn = random.Random(seed)
    log = log_of(drawn, 600, 1_000, 128, 0.0)
    claims = true_claims(drawn, log, 60)
    assert told(found(log, claims, 64, on_disk=False)) == []
    wrong = claims[40]._replace(root=bytes(32))
    claims[40] = wrong
    faults = found(log, claims, 64, on_disk=False)
    assert [one.index for one in faults.kept] == [wrong.leaf]


@pytest.mark.parametrize("more", [-1, 1])
@pytest.mark.parametrize("small", [20, 10**6])
def test_a_map_of_another_size_is_refuted(
    more: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its root is right for that size: how many buckets there are is not free."""
    monkeypatch.setattr(parting, "SMALL_PART", small)
    monkeypatch.setattr(parting, "PART", small)
    drawn = random.Random(more)
    log = log_of(drawn, 300, 1_000, 128, 0.0)
    (claim,) = [one for one in true_claims(drawn, log, 300) if one.size == 280]
    other = claim._replace(root=root_at(log[:280], claim.bits + more), bits=claim.bits + more)
    assert root_at(log[:280], claim.bits) == claim.root
    assert told(found(log, [claim], 64, on_disk=False)) == []
    assert [one.index for one in found(log, [other], 64, on_disk=False).kept] == [claim.leaf]


def root_at(log: list[Leaf], bits: int) -> bytes:
    """The root of the map of these entries, as its definition has it."""
    leaves: dict[bytes, list[bytes]] = {}
    for one in log:
        if one.stream.kind == "subject":
            leaves.setdefault(one.stream.id.bytes, []).append(one.leaf)
    bodies = [b""] * (1 << bits)
    for subject in sorted(leaves):
        record = subject + len(leaves[subject]).to_bytes(8, "big") + root_of(leaves[subject])
        bodies[bucket_of(subject, bits)] += record
    return root_of([leaf_hash(body) for body in bodies])


def test_of_very_many_faults_the_first_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind, in the order of the log, though parts tell them in another; all are counted."""
    monkeypatch.setattr(parting, "SMALL_PART", 500)
    log = log_of(random.Random(5), 6_000, 500, 128, 0.9)
    expected = chain_faults(log)
    faults = found(log, [], 1_000, on_disk=False)
    kinds: tuple[FaultKind, ...] = ("seq_gap", "broken_chain")
    for kind in kinds:
        of_kind = [one for one in expected if one[1] == kind]
        assert len(of_kind) > MAX_KEPT_PER_KIND
        kept = [one for one in told(faults) if one[1] == kind]
        assert kept == of_kind[:MAX_KEPT_PER_KIND]
        assert faults.counts[kind] == len(of_kind)


class Halfway:
    """A helper that falls silent after some pieces of the items of its first part."""

    is_lost = False

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def send(self, data: bytes) -> None:
        assert data

    def is_ready(self) -> bool:
        return True

    def answer(self) -> bytes:
        if self._pieces:
            return PIECE + self._pieces.pop(0)
        self.is_lost = True
        raise Silent


@pytest.mark.parametrize("pieces", [[], [b""], [bytes(replay.ITEM_BYTES)] * 3])
def test_of_a_part_told_by_halves_nothing_is_used(
    pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a helper said of a part before it fell silent does not count beside the whole."""
    monkeypatch.setattr(parting, "SMALL_PART", 20)
    log = log_of(random.Random(1), 300, 1_000, 128, 0.1)
    claims = true_claims(random.Random(2), log, 20)
    claims[7] = claims[7]._replace(root=bytes(32))
    expected = told(found(log, claims, 64, on_disk=True))
    helpers = [Halfway(list(pieces)), Halfway(list(pieces))]
    assert told(found(log, claims, 64, on_disk=True, helpers=helpers)) == expected
    assert all(one.is_lost for one in helpers)


def test_a_long_part_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a part of one enormous stream sees that it goes on."""
    monkeypatch.setattr(replay, "BEAT_BYTES", 10 * parting.RECORD_BYTES)
    log = log_of(random.Random(1), 100, 1, 128, 0.0)
    made = [
        record(
            at,
            one.stream,
            one.seq,
            prev=one.prev,
            digest=one.digest,
            leaf=one.leaf,
            is_readable=True,
        )
        for at, one in enumerate(log)
    ]
    claims = Claims(lambda at, size: b"", 0, 0)
    assert len(list(replay.Replay(claims, [], 0).run(made))) == 11


def test_a_map_far_larger_than_the_log_is_refuted_at_once() -> None:
    """Nobody makes 2^32 buckets because a log says so."""
    drawn = random.Random(3)
    log = log_of(drawn, 50, 50, 128, 0.0)
    claims = [one._replace(bits=MAX_BITS) for one in true_claims(drawn, log, 5)]
    faults = found(log, claims, 64, on_disk=False)
    assert [one.index for one in faults.kept] == [one.leaf for one in claims]
