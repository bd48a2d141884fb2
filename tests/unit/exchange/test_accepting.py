"""What only the recipient of a message can tell: its clock, and what came before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.events.peers import MessageReceived
from ledger.exchange.accepting import (
    AHEAD,
    ClockSimulated,
    Grown,
    IssuedAhead,
    MessageExpired,
    OriginForked,
    ProofBroken,
    SequenceReused,
    require_grown,
    require_next,
    require_one_history,
    require_timely,
)
from ledger.exchange.forms import (
    Acknowledgement,
    Bundle,
    Consistency,
    Header,
    LogSection,
    Receipt,
    RefusalMessage,
)
from ledger.exchange.peers import Peer
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import HashRows, consistency_proof, leaf_hash, root
from ledger.subject.state import Known

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TREE = [leaf_hash(bytes([number])) for number in range(9)]
OTHER = [leaf_hash(b"other"), *TREE[1:]]


def bundle(**changed: Any) -> Bundle:
    """A bundle as far as it is looked at here."""
    members: dict[str, Any] = {
        "sender": "xiamen",
        "recipient": "zhangzhou",
        "clock": "real",
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "sequence": 2,
        "logs": (section(None),),
    }
    return Bundle.model_construct(**members | changed)


def section(consistency: Consistency | None) -> LogSection:
    return LogSection.model_construct(
        node="xiamen", checkpoint="", consistency=consistency, entries=()
    )


def at(leaves: list[bytes], size: int) -> Checkpoint:
    return Checkpoint("origin", size, root(size, HashRows(leaves)))


def grown(leaves: list[bytes], old: int, new: int) -> tuple[bytes, ...]:
    return tuple(consistency_proof(old, new, HashRows(leaves[:new])))


def test_five_seconds_ahead_are_drift() -> None:
    """Up to ``AHEAD`` an issue time in the future is accepted, and not a microsecond more."""
    assert timedelta(seconds=5) == AHEAD
    require_timely(bundle(issued_at=NOW + AHEAD), NOW, is_simulated=False)
    with pytest.raises(IssuedAhead):
        require_timely(bundle(issued_at=NOW + AHEAD + MICROSECOND), NOW, is_simulated=False)


ANSWERS = (
    (Receipt, "received_at"),
    (Acknowledgement, "received_at"),
    (RefusalMessage, "refused_at"),
)


@pytest.mark.parametrize(("form", "member"), ANSWERS)
def test_what_an_answer_tells_of_is_no_further_ahead(form: type[Header], member: str) -> None:
    """Nothing was received, or refused, later than the clock allows."""
    require_timely(answer(form, member, NOW), NOW, is_simulated=False)
    late = answer(form, member, NOW + AHEAD + MICROSECOND)
    with pytest.raises(IssuedAhead):
        require_timely(late, NOW, is_simulated=False)


def test_an_answer_may_tell_of_no_instant() -> None:
    """Who holds nothing received nothing."""
    require_timely(answer(Acknowledgement, "received_at", None), NOW, is_simulated=False)


def answer(form: type[Header], member: str, at: datetime | None) -> Header:
    """An answer as far as it is looked at here."""
    members: dict[str, Any] = {"recipient": "zhangzhou", "clock": "real", "issued_at": NOW}
    return form.model_construct(**members | {member: at})


def test_an_end_is_not_included() -> None:
    """A bundle may be taken in until, and not at, the instant that it names."""
    require_timely(bundle(expires_at=NOW + MICROSECOND), NOW, is_simulated=False)
    with pytest.raises(MessageExpired):
        require_timely(bundle(expires_at=NOW), NOW, is_simulated=False)


def test_a_real_clock_takes_nothing_from_a_simulated_one() -> None:
    """A simulated node takes from either."""
    with pytest.raises(ClockSimulated):
        require_timely(bundle(clock="simulated"), NOW, is_simulated=False)
    require_timely(bundle(clock="simulated"), NOW, is_simulated=True)
    require_timely(bundle(), NOW, is_simulated=True)


def test_a_number_that_came_before_is_refused_and_a_gap_is_not() -> None:
    """Two bundles of one number cannot both be the sender's; one that is missing may come yet."""
    facts = MessageReceived(peer="xiamen", message_kind="bundle", message="0" * 64, sequence=2)
    peer = Peer("xiamen", received={facts.message: Known(facts, 1, NOW)})
    with pytest.raises(SequenceReused):
        require_next(bundle(), peer)
    require_next(bundle(sequence=7), peer)


def test_one_size_has_one_root() -> None:
    """Another root at a size that was seen is another history."""
    seen = {5: at(TREE, 5).root.hex()}
    require_one_history(bundle(), at(TREE, 5), seen, {})
    require_one_history(bundle(), at(OTHER, 6), seen, {})
    with pytest.raises(OriginForked):
        require_one_history(bundle(), at(OTHER, 5), seen, {})


def test_a_proof_that_came_first_is_held_against_the_older_root() -> None:
    """A later bundle was taken in before: the earlier checkpoint must lead to it."""
    later = Grown(8, at(TREE, 8).root.hex(), grown(TREE, 5, 8), "0" * 64)
    require_one_history(bundle(), at(TREE, 5), {}, {5: later})
    with pytest.raises(OriginForked):
        require_one_history(bundle(), at(OTHER, 5), {}, {5: later})


def test_a_log_only_grows() -> None:
    """The proof from the last checkpoint is checked where its root is known; else it waits."""
    seen = {5: at(TREE, 5).root.hex()}
    good = Consistency(size=5, hashes=grown(TREE, 5, 8))
    require_grown(bundle(logs=(section(good),)), at(TREE, 8), seen)
    require_grown(bundle(logs=(section(good),)), at(OTHER, 8), {})
    forked = Consistency(size=5, hashes=grown(OTHER, 5, 8))
    with pytest.raises(OriginForked):
        require_grown(bundle(logs=(section(forked),)), at(OTHER, 8), seen)
    broken = Consistency(size=5, hashes=good.hashes[:-1])
    with pytest.raises(ProofBroken):
        require_grown(bundle(logs=(section(broken),)), at(TREE, 8), seen)
