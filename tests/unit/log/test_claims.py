"""The claims of commitments, written down and read again."""

from __future__ import annotations

import pytest

from ledger.log import claims
from ledger.log.claims import Claim, Claims, ClaimWriter
from ledger.log.scratch import Scratch


def written(sizes: list[int], bits: list[int] | None = None) -> tuple[ClaimWriter, Claims]:
    scratch = Scratch(on_disk=False)
    scratch.append(b"what others wrote")
    writer = ClaimWriter(scratch)
    for at, size in enumerate(sizes):
        writer.add(Claim(size + 5, size, size.to_bytes(32, "big"), bits[at] if bits else 4))
    writer.flush()
    return writer, writer.reader(scratch.read)


@pytest.mark.parametrize("at_hand", [1, 3, 512])
def test_claims_are_read_as_they_were_written(
    at_hand: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, and each by its number."""
    monkeypatch.setattr(claims, "AT_HAND", at_hand)
    _, read = written(list(range(10, 110, 10)))
    assert [claim.size for claim in read] == list(range(10, 110, 10))
    assert read[7] == Claim(85, 80, (80).to_bytes(32, "big"), 4)
    assert read[2].size == 30


@pytest.mark.parametrize("at_hand", [1, 3, 512])
def test_the_claim_that_covers_a_leaf_is_found(
    at_hand: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one of a larger size, however far ahead it is."""
    monkeypatch.setattr(claims, "AT_HAND", at_hand)
    sizes = [1, 2, 10, 11, 500, 501, 10_000]
    _, read = written(sizes)
    for number in range(len(sizes) + 1):
        for leaf in (-(2**63), 0, 1, 2, 9, 10, 11, 12, 499, 500, 501, 9_999, 10_000, 2**62):
            expected = [at for at, size in enumerate(sizes) if at >= number and size > leaf]
            assert read.after(leaf, number) == min(expected, default=len(sizes))


def test_steps_are_where_the_map_grows() -> None:
    """And it is told when one has fewer buckets than one before."""
    writer, _ = written([1, 2, 3, 4, 5], [4, 4, 6, 6, 7])
    assert (writer.steps, writer.is_rising) == ([(0, 4), (2, 6), (4, 7)], True)
    writer, _ = written([1, 2, 3, 4], [4, 6, 5, 6])
    assert not writer.is_rising
