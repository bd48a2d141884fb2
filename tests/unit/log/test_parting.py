"""Entries parted by their streams: order, runs, and what is mended."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from ledger.entry import STREAM_KINDS, StreamId
from ledger.log import parting
from ledger.log.parting import (
    FIRST,
    LETTERS,
    ODD,
    PART,
    RECORD_BYTES,
    SMALL_PART,
    Parted,
    Prev,
    Runs,
    bits_of_parts,
    cut,
    index_of,
    mended,
    odd_said,
    record,
    records_of,
    unpack,
)
from ledger.log.scratch import Scratch

DIGEST, LEAF = b"d" * 32, b"l" * 32


def made(index: int, number: int, seq: int = 1, prev: str | None = None, **more: bool) -> bytes:
    stream = StreamId("subject", UUID(int=number))
    is_readable = more.get("is_readable", True)
    return record(index, stream, seq, prev=prev, digest=DIGEST, leaf=LEAF, is_readable=is_readable)


def test_letters_tell_all_kinds_apart() -> None:
    """One for each, as ``LETTERS`` has them."""
    assert bytes(kind[0].encode()[0] for kind in STREAM_KINDS) == b"snoae"
    assert sorted(LETTERS) == sorted({ord(kind[0]) for kind in STREAM_KINDS})


def test_a_record_says_what_an_entry_follows_and_becomes() -> None:
    """The first follows nothing; one after it the digest that it names, and the number before."""
    ((index, prefix, stream, follows, becomes, leaf),) = unpack(made(7, 5 << 96))
    assert (index, prefix, stream) == (7, 5, b"s" + UUID(int=5 << 96).bytes)
    assert follows == FIRST
    assert (becomes, leaf) == (DIGEST + (1).to_bytes(8, "big"), LEAF)
    ((_, _, _, follows, becomes, _),) = unpack(made(8, 5, 2, "ab" * 32))
    assert follows == bytes.fromhex("ab" * 32) + (1).to_bytes(8, "big")
    assert becomes == DIGEST + (2).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("seq", "prev", "is_readable", "said"),
    [
        (1, "ab" * 32, True, Prev.GIVEN),
        (2, None, True, Prev.NONE),
        (2, "00" * 32, True, Prev.GIVEN),
        (1, None, False, Prev.UNREADABLE),
        (-(2**63), None, False, Prev.UNREADABLE),
        (2**63 - 1, None, False, Prev.UNREADABLE),
    ],
)
def test_what_fits_no_chain_is_odd(
    seq: int, prev: str | None, is_readable: bool, said: Prev
) -> None:
    """It never looks like a first entry, and keeps its number."""
    ((_, _, stream, follows, becomes, _),) = unpack(made(7, 5, seq, prev, is_readable=is_readable))
    assert stream[0] & ODD
    assert odd_said(stream[0]) == (LETTERS[0], said)
    assert follows != FIRST
    assert int.from_bytes(follows[32:], "big", signed=True) == seq
    assert becomes[32:] == max(0, seq).to_bytes(8, "big")


def test_the_number_of_parts_follows_the_log() -> None:
    """Small logs have one; a large one as many as leave each within memory."""
    assert bits_of_parts(0) == bits_of_parts(SMALL_PART - 1) == 0
    for entries in (10_000, 10**5, 10**6, 10**7, 10**8, 10**9):
        mean = entries / (1 << bits_of_parts(entries))
        assert PART / 8 < mean <= PART
    assert bits_of_parts(2**62) == parting.MAX_BITS


@pytest.mark.parametrize("bits", [0, 1, 5, 9])
@pytest.mark.parametrize("run", [1, 20_000, 10**9])
def test_each_part_gets_its_records_in_their_order(
    bits: int, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever runs they were written in."""
    monkeypatch.setattr(parting, "RUN_BYTES", run)
    drawn = random.Random(bits)
    records = [made(index, drawn.getrandbits(128)) for index in range(2_000)]
    scratch = Scratch(on_disk=False)
    runs = Runs(scratch, bits)
    for start in range(0, 2_000, 150):
        runs.add(Parted.of_records(records[start : start + 150], bits))
    runs.flush()
    runs.flush()
    found: list[bytes] = []
    for part in range(1 << bits):
        of_part = cut(b"".join(records_of(scratch.read, runs.places, bits, part)))
        assert (part in runs.parts) == bool(of_part)
        assert all(one[8] << 24 >> (32 - bits) == part or bits > 8 for one in of_part)
        assert [index_of(one) for one in of_part] == sorted(map(index_of, of_part))
        found += of_part
    assert sorted(found) == sorted(records)


def test_records_are_mended() -> None:
    """Some go, some come, and each part stays in the order of the log."""
    drawn = random.Random(1)
    ids = [drawn.getrandbits(128) for _ in range(100)]
    packed = [made(index, ids[index]) for index in range(100) if index % 10]
    added = [made(index, ids[index], 2, "ab" * 32) for index in (0, 10, 20, 33, 34)]
    result = mended(Parted.of_records(packed, 3), [range(30, 40)], added, 3)
    expected = [one for one in packed if not 30 <= index_of(one) < 40] + added
    expected.sort(key=index_of)
    assert result == Parted.of_records(expected, 3)
    assert sum(result.counts) * RECORD_BYTES == len(result.data)
    assert mended(Parted.of_records(packed, 3), [], [], 3) == Parted.of_records(packed, 3)
    gone = mended(Parted.of_records(packed, 3), [range(100)], [], 3)
    assert gone == Parted(b"", [], [])


@pytest.mark.parametrize("prev", ["z" * 64, "A" * 64, "0" * 63, " " * 64, "é" * 64])
def test_a_text_that_is_no_digest_names_no_payload(prev: str) -> None:
    """A readable entry may name anything as the one before: then the chain is broken, and the
    audit goes on."""
    assert b"\xff" * 32 in made(1, 7, 2, prev)
