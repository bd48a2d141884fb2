"""Sealed details: what must hold for every value, every set of keys, every erasure."""

from __future__ import annotations

import random

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import Secret
from ledger.signing.boxes import DetailsDamaged
from ledger.signing.sealing import (
    Erased,
    Opened,
    Withheld,
    check_commitment,
    key_ids,
    open_details,
    seal,
)

pytestmark = pytest.mark.property

NAMES = ["record:a", "subject:b", "person:c", "informant:d"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.recursive(
    texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc_", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
secrets = st.lists(
    st.builds(
        Secret,
        field=st.text("abcdefgh_", min_size=1, max_size=4),
        value=values,
        keys=st.permutations(NAMES).flatmap(
            lambda names: st.integers(1, 3).map(lambda n: tuple(names[:n]))
        ),
        committed=st.booleans(),
        salt=st.none() | st.binary(min_size=32, max_size=32),
    ),
    max_size=5,
    unique_by=lambda secret: secret.field,
)


@given(secrets, st.randoms(use_true_random=False), st.sets(st.sampled_from(NAMES)), st.data())
def test_what_is_sealed_opens_until_a_key_is_destroyed(
    given_secrets: list[Secret], chance: random.Random, gone: set[str], data: st.DataObject
) -> None:
    """Each field opens to its value and fits its commitment, unless one of its own keys was
    destroyed or it is withheld; no field depends on the keys of another."""
    keys = {name: (at + 1, chance.randbytes(32)) for at, name in enumerate(NAMES)}
    left = {key_id: None if name in gone else key for name, (key_id, key) in keys.items()}
    sealed = seal(given_secrets, keys, context="c", entropy=chance.randbytes)
    assert set(sealed.commitments) == {one.field for one in given_secrets if one.committed}
    if sealed.details is None:
        assert not given_secrets
        return
    shown = data.draw(st.none() | st.sets(st.sampled_from([one.field for one in given_secrets])))
    opened = open_details(sealed.details, lambda one: left[one], context="c", fields=shown)
    assert list(sorted(opened)) == sorted(one.field for one in given_secrets)  # noqa: C413
    for secret in given_secrets:
        detail = opened[secret.field]
        if shown is not None and secret.field not in shown:
            assert detail == Withheld()
        elif gone.isdisjoint(secret.keys):
            assert isinstance(detail, Opened)
            assert detail.value == secret.value
            assert secret.salt in {None, detail.salt}
            if secret.committed:
                committed = sealed.commitments[secret.field]
                assert check_commitment(secret.field, detail.value, detail.salt, committed)
        else:
            assert isinstance(detail, Erased)
    assert key_ids(sealed.details, context="c") == {
        one.field: [keys[name][0] for name in one.keys] for one in given_secrets
    }


@given(secrets.filter(bool), st.randoms(use_true_random=False), st.data())
def test_no_changed_byte_of_the_details_passes(
    given_secrets: list[Secret], chance: random.Random, data: st.DataObject
) -> None:
    """With all keys at hand, any change of any byte is found as damage."""
    keys = {name: (at + 1, chance.randbytes(32)) for at, name in enumerate(NAMES)}
    details = seal(given_secrets, keys, context="c", entropy=chance.randbytes).details or b""
    at = data.draw(st.integers(0, len(details) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = details[:at] + bytes([details[at] ^ flip]) + details[at + 1 :]
    with pytest.raises(DetailsDamaged):
        open_details(changed, lambda one: dict(keys.values()).get(one, bytes(32)), context="c")


@given(values, values, st.binary(min_size=32, max_size=32), st.text("ab", max_size=2))
def test_a_commitment_binds_field_and_value(
    value: object, other: object, salt: bytes, name: str
) -> None:
    """No other field and no other value fits a commitment."""
    keys = {"k": (1, bytes(32))}
    committed = seal(
        [Secret("ab", value, ("k",), salt=salt)], keys, context="c", entropy=bytes
    ).commitments["ab"]
    same = rfc8785.dumps(other) == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert check_commitment("ab", other, salt, committed) == same
    assert check_commitment(name, value, salt, committed) == (name == "ab")
