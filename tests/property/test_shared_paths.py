"""Proofs of many leaves of one tree, judged together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.exchange.evidence import Paths
from ledger.log.merkle import HashRows, inclusion_fault, inclusion_proof, leaf_hash, root


@given(
    size=st.integers(1, 70),
    chosen=st.lists(st.integers(0, 69), max_size=12),
    broken=st.lists(
        st.tuples(
            st.integers(0, 11), st.integers(0, 8), st.sampled_from(["flip", "drop", "add", "short"])
        ),
        max_size=3,
    ),
)
def test_shared_steps_change_no_verdict(
    size: int, chosen: list[int], broken: list[tuple[int, int, str]]
) -> None:
    """Each proof gets the very verdict that it would get alone, whatever was judged before."""
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    reader = HashRows(leaves)
    top = root(size, reader)
    paths = Paths(size, top)
    for place, index in enumerate(sorted(one % size for one in chosen)):
        proof = list(inclusion_proof(index, size, reader))
        for at, step, how in broken:
            if at == place:
                _break(proof, step, how)
        given_proof = tuple(proof)
        alone = inclusion_fault(index, size, leaves[index], given_proof, top)
        assert paths.fault(index, leaves[index], given_proof) == alone


def _break(proof: list[bytes], step: int, how: str) -> None:
    if how == "add":
        proof.insert(min(step, len(proof)), bytes(32))
    elif proof:
        at = min(step, len(proof) - 1)
        if how == "drop":
            del proof[at]
        elif how == "short":
            proof[at] = proof[at][:-1]
        else:
            proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
