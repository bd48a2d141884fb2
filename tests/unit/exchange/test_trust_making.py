"""A list made of what its members say of themselves."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from ledger.exchange.trust_making import MembersDisagree, TrustListRefused, merged_policy
from ledger.log.policy import Policy
from ledger.log.trust import Trust, TrustMalformed
from ledger.log.verifier_key import VerifierKey
from tests.unit.exchange.lists import (
    NODE_KEY,
    THERE_KEY,
    draft,
    here,
    key,
    key_value,
    said,
    signed,
    there,
    trust_value,
)
from tests.unit.log.trusting import policy, retired, witness_vkey

BODY = "91350200M0000001X0"


def body(name: str, **period: Any) -> dict[str, Any]:
    (made,) = trust_value()["organisations"]
    (bound,) = made["keys"]
    return made | {"name": name, "keys": [bound | period]}


def periods(listed_of: tuple[Trust, ...]) -> list[tuple[str, str | None]]:
    (made,) = said(draft(*listed_of))["organisations"]
    return [(one["from"], one["until"]) for one in made["keys"]]


def test_members_are_put_together() -> None:
    """Nodes, keys and organisations of all; the same said twice stands once."""
    made = draft(here(), there(), here())
    assert [one.node for one in made.trust.nodes] == ["xiamen", "zhangzhou"]
    assert [one.keyid for one in made.trust.keys] == [NODE_KEY.keyid, THERE_KEY.keyid]
    assert [one.organisation for one in made.trust.organisations] == [BODY]


def test_a_key_that_two_members_describe_differently_is_refused() -> None:
    """An old and a new file of one node, or a key of two nodes: nobody guesses which is right."""
    with pytest.raises(MembersDisagree, match=NODE_KEY.keyid):
        draft(here(), here(key_value() | retired()))
    with pytest.raises(MembersDisagree, match=NODE_KEY.keyid):
        draft(here(), there(key_value(NODE_KEY, node="zhangzhou")))


def test_a_node_that_two_members_describe_differently_is_refused() -> None:
    """Two logs under one name, or one origin for two nodes."""
    other = trust_value()["nodes"][0] | {"origin": "other.example/log"}
    with pytest.raises(MembersDisagree, match="xiamen"):
        draft(here(), here(nodes=[other]))
    same = {
        "node": "zhangzhou",
        "origin": trust_value()["nodes"][0]["origin"],
        "jurisdiction": None,
    }
    with pytest.raises(TrustMalformed):
        draft(here(), there(nodes=[same]))


def test_an_organisation_that_several_admitted_keeps_its_first_name_and_all_days() -> None:
    """Its key counts on every day on which one of them bound it."""
    one = here(organisations=[body("某局")])
    later = there(organisations=[body("某某局", **{"from": "2026-05-01"})])
    assert said(draft(one, later))["organisations"][0]["name"] == "某局"
    assert periods((one, later)) == [("2026-03-02", None)]
    ended = here(organisations=[body("某局", until="2026-04-01")])
    assert periods((ended, later)) == [("2026-03-02", "2026-04-01"), ("2026-05-01", None)]


def test_a_key_of_two_organisations_is_refused() -> None:
    """Nobody could say whose submission it signed."""
    other = body("另一局") | {"organisation": "91350200M0000002X0"}
    with pytest.raises(TrustMalformed):
        draft(here(), there(organisations=[other]))


def test_what_may_not_follow_is_not_made() -> None:
    """A node left out is told before anybody signs."""
    first = signed(draft())
    with pytest.raises(TrustListRefused, match="zhangzhou"):
        draft(here(), before=first)
    second = draft(here(), there(), before=first)
    assert (second.version, second.previous) == (2, first.digest)


@pytest.mark.parametrize("threshold", [0, 4])
def test_governors_that_could_never_sign_enough_are_refused(threshold: int) -> None:
    """The quorum lies within the number of the governors."""
    with pytest.raises(TrustMalformed):
        draft(threshold=threshold)


# -- witness policies --------------------------------------------------------------


def satisfied(text: str | None, *names: str) -> bool:
    assert text is not None
    return Policy.parse(text.encode()).satisfied_by(map(witness_vkey, names))


def test_one_policy_of_all_stays_as_it_is() -> None:
    """To the letter; and none where nobody has one."""
    assert merged_policy([policy("2")] * 3) == policy("2")
    assert merged_policy([None, None]) is None
    assert merged_policy([]) is None


def test_policies_that_differ_ask_for_as_many_witnesses_as_the_least_demanding() -> None:
    """Every checkpoint that meets its own node's policy meets the list's."""
    texts = [policy("2", names=("w1", "w2")), policy("w3", names=("w3",))]
    merged = merged_policy(texts)
    assert not satisfied(merged)
    assert all(satisfied(merged, name) for name in ("w1", "w2", "w3"))
    stricter = merged_policy([policy("2", names=("w1", "w2")), policy("2", names=("w2", "w3"))])
    assert not satisfied(stricter, "w1")
    assert all(satisfied(stricter, *two) for two in combinations(("w1", "w2", "w3"), 2))


@pytest.mark.parametrize("other", [None, policy("none")])
def test_a_member_that_asks_for_no_witness_leaves_none_required(other: str | None) -> None:
    """The witnesses are named all the same: their cosignatures are dates."""
    merged = merged_policy([policy("2"), other])
    assert satisfied(merged)
    assert merged is not None
    assert len(Policy.parse(merged.encode()).witnesses) == 3


def test_nested_groups_count_their_cheapest_way() -> None:
    """Two of (a witness, all of two others) need three; any of them needs one."""
    w1, w2, w3 = (f"witness {n} {witness_vkey(n).vkey}\n" for n in ("w1", "w2", "w3"))
    inner = "group pair all w2 w3\n"
    hard = f"{w1}{w2}{w3}{inner}group top all w1 pair\nquorum top\n"
    assert not satisfied(merged_policy([hard, policy("3")]), "w1", "w2")
    easy = f"{w1}{w2}{w3}{inner}group top any w1 pair\nquorum top\n"
    assert satisfied(merged_policy([easy, policy("3")]), "w2")


def test_two_witnesses_of_one_name_are_told_apart() -> None:
    """A name means something inside one policy only; also where it is a reserved one."""
    texts = [
        f"witness near {witness_vkey('w1').vkey}\nquorum near\n",
        f"witness near {witness_vkey('w2').vkey}\nquorum near\n",
        f"witness enough {witness_vkey('w3').vkey}\nquorum enough\n",
    ]
    merged = merged_policy(texts)
    assert all(satisfied(merged, name) for name in ("w1", "w2", "w3"))
    assert merged is not None
    names = [one.name for one in Policy.parse(merged.encode()).witnesses]
    assert names == ["near", "near-2", "enough-2"]


def test_the_lists_policy_names_the_logs_of_all() -> None:
    """Each log once."""
    logs = [f"log {there_key(name)}\nquorum none\n" for name in ("one", "two", "one")]
    merged = merged_policy(logs)
    assert merged is not None
    assert merged.count("log ") == 2


def there_key(name: str) -> str:
    return VerifierKey.from_raw(f"{name}.example/log", key(name).public).vkey
