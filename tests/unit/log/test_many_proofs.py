"""Many inclusion proofs at once are those made one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.many_proofs import inclusion_proofs
from ledger.log.merkle import HashRows, LeafNotInTree, inclusion_proof, leaf_hash

LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]


@given(st.integers(1, 70), st.sets(st.integers(0, 69)))
def test_they_are_the_proofs_of_each_leaf(size: int, chosen: set[int]) -> None:
    """Whatever leaves of whatever tree, in their order."""
    reader = HashRows(LEAVES[:size])
    indexes = sorted(index for index in chosen if index < size)
    expected = [tuple(inclusion_proof(index, size, reader)) for index in indexes]
    assert inclusion_proofs(indexes, size, reader) == expected


@pytest.mark.parametrize("indexes", [[-1], [5], [0, 5]])
def test_a_leaf_outside_the_tree_is_refused(indexes: list[int]) -> None:
    """No proof is made of what is not there."""
    with pytest.raises(LeafNotInTree):
        inclusion_proofs(indexes, 5, HashRows(LEAVES[:5]))
