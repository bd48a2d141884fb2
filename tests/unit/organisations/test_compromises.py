"""Whose word counts on a compromised key, and what it covers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.organisations.node_keys import Compromise, Compromises

K1, K2, K3, GOOD = "k1", "k2", "k3", "good"


def said(of: str, by: str, index: int, *, covered: int = 0, since: int = 5) -> Compromise:
    proof = "e" * 64 if covered else None
    instant = datetime(2026, 3, since, tzinfo=UTC)
    return Compromise(of, instant, covered, index, date(2026, 4, 1), proof, by)


def covered(of: str, *declared: Compromise) -> int:
    return Compromises.known(declared).by_key[of].covered


def test_a_key_that_declares_itself_covers_nothing() -> None:
    """All that it signed is tainted; a good key's word takes the place of its own."""
    own = said(K1, K1, 20, covered=15, since=1)
    assert covered(K1, own) == 0
    assert Compromises.known([own]).taint(K1, 0) is not None
    good = said(K1, GOOD, 30, covered=10)
    known = Compromises.known([own, good])
    assert (known.by_key[K1].covered, known.by_key[K1].since) == (10, good.since)
    assert known.firm == {K1}
    assert Compromises.known([own]).firm == frozenset()


def test_nothing_covers_more_than_there_was() -> None:
    """What a declaration dates came before it."""
    assert covered(K1, said(K1, GOOD, 30, covered=10**9)) == 30


def test_a_stolen_keys_word_on_another_covers_nothing_either() -> None:
    """Unless others dated that word before the theft."""
    word = said(K1, K2, 20, covered=10)
    assert covered(K1, word) == 10
    assert covered(K1, word, said(K2, GOOD, 40, covered=15)) == 0
    assert covered(K1, word, said(K2, GOOD, 40, covered=25)) == 10
    assert covered(K1, word, said(K2, K2, 40, covered=25)) == 0


def test_three_thefts_one_after_the_other() -> None:
    """Each key declared the one before it while it was good."""
    every = [
        said(K1, K2, 20, covered=10),
        said(K2, K3, 40, covered=30),
        said(K3, GOOD, 60, covered=50),
    ]
    known = Compromises.known(every)
    assert {key: each.covered for key, each in known.by_key.items()} == {K1: 10, K2: 30, K3: 50}


def test_keys_that_declare_each_other_cover_nothing() -> None:
    """A good key's word on one of them is enough to tell."""
    circle = [said(K1, K2, 20, covered=10), said(K2, K1, 21, covered=15)]
    assert (covered(K1, *circle), covered(K2, *circle)) == (0, 0)
    good = said(K1, GOOD, 50, covered=30)
    assert (covered(K1, *circle, good), covered(K2, *circle, good)) == (30, 15)


@pytest.mark.parametrize("more", [0, 200])
def test_few_declarations_decide_however_many_there_are(more: int) -> None:
    """Those alone, with what decides on their signers, say the same as all."""
    noise = [said(K1, K1, 100 + at, since=1 + at % 5, covered=at) for at in range(more)]
    every = [
        said(K1, K2, 20, covered=10),
        said(K1, K2, 22, covered=12),
        said(K1, K2, 23, covered=11, since=9),
        said(K2, GOOD, 40, covered=30),
        *noise,
    ]
    known = Compromises.known(every)
    assert known.behind([K1]) == {20, 22, 40}
    again = Compromises.known([each for each in every if each.index in known.behind([K1])])
    assert again.by_key == known.by_key
    own = Compromises.known(noise)
    assert len(own.behind([K1])) <= 2
