"""Whatever is done to a trust list: what is read of it is what its governors signed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.exchange.trust_list import TrustList, TrustListUnsigned, read_trust
from ledger.exchange.trust_making import merged_policy
from ledger.log.policy import Policy
from ledger.log.trust import TrustMalformed
from ledger.signing.keys import SigningKey
from tests.unit.exchange.lists import G1, G2, G3, draft, signed
from tests.unit.log.trusting import WITNESSES, policy, witness_vkey

LIST = signed(draft())
FILE = LIST.envelope.to_json()
WITNESS_NAMES = tuple(WITNESSES)


@given(st.integers(0, len(FILE) - 1), st.binary(max_size=4), st.integers(0, 4))
def test_a_damaged_list_is_refused_or_says_the_same(at: int, piece: bytes, cut: int) -> None:
    """No change of the bytes makes anybody believe anything else."""
    damaged = FILE[:at] + piece + FILE[at + cut :]
    try:
        assert read_trust(damaged) == LIST.trust
    except (TrustMalformed, TrustListUnsigned):
        return


@given(st.lists(st.sampled_from((G1, G2, G3)), max_size=6), st.integers(1, 3))
def test_k_different_governors_make_a_list_and_no_fewer(signers: list[SigningKey], k: int) -> None:
    """In any order, each as often as may be."""
    made = signed(draft(threshold=k), *signers) if signers else draft(threshold=k)
    assert made.is_signed == (len({one.keyid for one in signers}) >= k)
    assert TrustList.read(made.envelope.to_json()) == made


_ASKED = st.lists(st.sampled_from(WITNESS_NAMES), min_size=1, unique=True).flatmap(
    lambda names: st.integers(1, len(names)).map(lambda k: policy(str(k), names=tuple(names)))
)


@given(st.lists(st.one_of(st.none(), _ASKED), min_size=1, max_size=4), st.data())
def test_what_meets_a_members_policy_meets_the_lists(
    texts: list[str | None], data: st.DataObject
) -> None:
    """And where every member asks for a witness, no witness at all is not enough."""
    merged = merged_policy(texts)
    seen = [witness_vkey(name) for name in data.draw(st.sets(st.sampled_from(WITNESS_NAMES)))]
    if merged is None:
        assert set(texts) == {None}
        return
    read = Policy.parse(merged.encode())
    members = [None if text is None else Policy.parse(text.encode()) for text in texts]
    if any(one is None or one.satisfied_by(seen) for one in members):
        assert read.satisfied_by(seen)
    if all(one is not None for one in members):
        assert not read.satisfied_by([])
