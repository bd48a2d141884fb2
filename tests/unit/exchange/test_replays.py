"""A signed request counts once, in bounded memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.exchange.replays import (
    MAX_NONCE,
    MadeBeforeStart,
    NonceTooLong,
    Replayed,
    Replays,
    TooManyRequests,
)
from ledger.exchange.wire import AHEAD_SECONDS, SINCE_SECONDS
from ledger.signing.http_signature import Signed

START = 1_000
NOW = 2_000


def signed(nonce: str, created: int = NOW, keyid: str = "k") -> Signed:
    return Signed(created=created, keyid=keyid, nonce=nonce, tag="t", signature=b"", base=b"")


def test_a_nonce_counts_once_for_its_key() -> None:
    """Again it is refused, for as long as it would be fresh; another key may use it."""
    seen = Replays(START)
    seen.admit(signed("a"), NOW)
    for now in (NOW, NOW + SINCE_SECONDS + AHEAD_SECONDS):
        with pytest.raises(Replayed):
            seen.admit(signed("a"), now)
    seen.admit(signed("a", keyid="other"), NOW)


def test_nothing_from_before_the_start() -> None:
    """What a service forgot when it stopped it does not take again; that passes by itself."""
    seen = Replays(NOW)
    with pytest.raises(MadeBeforeStart):
        seen.admit(signed("a", created=NOW), NOW)
    seen.admit(signed("a", created=NOW + 1), NOW + 1)


def test_memory_is_bounded_and_nothing_is_forgotten_early() -> None:
    """With as many nonces as are kept, a real clock has the next one wait."""
    seen = Replays(START, limit=3)
    for nonce in "abc":
        seen.admit(signed(nonce), NOW)
    with pytest.raises(TooManyRequests):
        seen.admit(signed("d"), NOW)
    later = NOW + SINCE_SECONDS + AHEAD_SECONDS + 1
    seen.admit(signed("d", created=later), later)


def test_a_simulated_clock_stands_still() -> None:
    """There the oldest nonce gives way."""
    seen = Replays(None, limit=3)
    for nonce in "abcd":
        seen.admit(signed(nonce, created=0), 0)
    with pytest.raises(Replayed):
        seen.admit(signed("d", created=0), 0)
    seen.admit(signed("a", created=0), 0)


@pytest.mark.parametrize("nonce", ["", "n" * (MAX_NONCE + 1)])
def test_a_nonce_has_a_length(nonce: str) -> None:
    """None, or one of any length, is not kept."""
    with pytest.raises(NonceTooLong):
        Replays(START).admit(replace(signed("a"), nonce=nonce), NOW)
