"""What every store guarantees about an append; ``place`` is SQLite, then PostgreSQL."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from eventsourcing.persistence import IntegrityError

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.storage.errors import (
    ClockNotForward,
    GuardChanged,
    PayloadTooLarge,
    SignerFailed,
    VersionConflict,
)
from ledger.storage.opening import Store
from ledger.storage.port import Appended, EntryStore, Guard
from tests.contract.material import (
    START,
    TICK,
    Sealing,
    Stepping,
    check_log,
    draft,
    drafts,
    key,
    verifies,
)

SEALING = Stepping()


def test_a_store_is_the_port(store: Store) -> None:
    """Both stores satisfy the protocol, also in the eyes of the type checker."""
    port: EntryStore = store
    assert isinstance(port, EntryStore)


def test_entries_keep_the_order_of_the_batch_and_leave_no_gap(store: Store) -> None:
    """Leaf indexes are contiguous from 0, in the order given, across appends."""
    first = store.append(drafts(0, 5), sealing=SEALING)
    second = store.append([draft(key(9), 1), draft(key(0), 3)], sealing=SEALING)
    assert [entry.index for entry in first.entries + second.entries] == list(range(7))
    assert list(store.scan()) == first.entries + second.entries
    check_log(list(store.scan()), SEALING.public_key)


def test_each_entry_names_the_digest_of_its_predecessor(store: Store) -> None:
    """``prev`` chains within a stream: in one batch, and to what was stored before."""
    store.append([draft(key(1), 1), draft(key(2), 1), draft(key(1), 2)], sealing=SEALING)
    store.append([draft(key(1), 3)], sealing=SEALING)
    one, two, three = store.stream(key(1))
    assert b'"prev":null' in one.state
    assert hashlib.sha256(one.state).hexdigest().encode() in two.state
    assert hashlib.sha256(two.state).hexdigest().encode() in three.state


def test_the_payload_is_head_prev_instant_tail(store: Store) -> None:
    """The stored payload is the exact join, and exactly that is signed."""
    made = draft(key(1), 1, "厦门", details=b"sealed")
    store.append([made], sealing=SEALING)
    (entry,) = store.scan()
    instant = b',"recorded_at":"2026-03-02T01:15:00.000000Z"'
    assert entry.state == made.head + b"null" + instant + made.tail
    assert entry.topic == "RecordCollected:1"
    assert entry.keyid == SEALING.keyid
    assert entry.details == b"sealed"
    assert verifies(entry, SEALING.public_key)


def test_one_instant_per_transaction_later_than_the_one_before(store: Store) -> None:
    """The clock is asked once a transaction, with the last instant, and must move on."""
    sealing = Stepping()
    store.append(drafts(0, 4), sealing=sealing)
    store.append(drafts(10, 4), sealing=sealing)
    assert sealing.asked == [(None, None), (START, None)]
    assert [entry.recorded_at for entry in store.scan()] == [START] * 4 + [START + TICK] * 4


@pytest.mark.parametrize("back", [timedelta(0), TICK, timedelta(days=1)])
def test_a_clock_that_does_not_move_on_stops_the_append(store: Store, back: timedelta) -> None:
    """An instant that is not later than the last one is refused; nothing is written."""
    store.append(drafts(0, 2), sealing=SEALING)
    with pytest.raises(ClockNotForward):
        store.append(drafts(5, 2), sealing=Sealing(lambda _last, _at: START - back))
    assert store.size() == 2


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_a_version_that_does_not_continue_its_stream_is_a_conflict(store: Store, seq: int) -> None:
    """Too old, or with a gap: refused as the library's IntegrityError, all or nothing."""
    store.append(drafts(1, 2), sealing=SEALING)
    with pytest.raises(VersionConflict) as caught:
        store.append([draft(key(7), 1), draft(key(1), seq)], sealing=SEALING)
    assert isinstance(caught.value, IntegrityError)
    assert caught.value.conflicts == {key(1)}
    assert key(1) in str(caught.value)
    assert store.size() == 2


def test_the_same_draft_twice_in_a_batch_is_a_conflict(store: Store) -> None:
    """A batch cannot store one version of a stream twice."""
    with pytest.raises(VersionConflict):
        store.append([draft(key(1), 1), draft(key(1), 1)], sealing=SEALING)
    assert store.head() is None


def test_conflicting_streams_are_set_aside_whole_and_the_rest_is_stored(store: Store) -> None:
    """No draft of a conflicting stream is written, also none before the conflict."""
    store.append([draft(key(2), 1)], sealing=SEALING)
    batch = [draft(key(1), 1), draft(key(2), 2), draft(key(2), 2), draft(key(1), 2)]
    appended = store.append(batch, sealing=SEALING, set_aside=True)
    assert appended.conflicts == {key(2)}
    assert [(e.originator_id, e.originator_version) for e in appended.entries] == [
        (key(1), 1),
        (key(1), 2),
    ]
    check_log(list(store.scan()))


def test_a_batch_of_conflicts_writes_nothing_and_asks_no_clock(store: Store) -> None:
    """With every stream set aside neither entries nor manifests are stored."""
    sealing = Stepping()
    appended = store.append(
        [draft(key(1), 2)], sealing=sealing, set_aside=True, manifests=[("aa", b"envelope")]
    )
    assert appended == Appended([], frozenset({key(1)}))
    assert sealing.asked == []
    assert store.manifest("aa") is None


def test_the_guard_holds_the_legal_day(store: Store) -> None:
    """The legal day is that of UTC+8: 16:00Z belongs to the next day."""
    evening = Sealing(lambda _last, _at: START.replace(hour=16, minute=0))
    with pytest.raises(GuardChanged):
        store.append(drafts(0, 2), sealing=evening, guard=Guard(day=date(2026, 3, 2)))
    assert store.size() == 0
    store.append(drafts(0, 2), sealing=evening, guard=Guard(day=date(2026, 3, 3)))
    assert store.size() == 2


def test_the_guard_holds_the_governance_that_was_seen(store: Store) -> None:
    """A node or organisation entry since the decision stops it; others do not."""
    none_seen = Guard(governance=-1)
    store.append([draft(key(1), 1)], sealing=SEALING, guard=none_seen)
    store.append([draft(key(1, "organisation"), 1)], sealing=SEALING, guard=none_seen)
    assert store.governance_index() == 1
    with pytest.raises(GuardChanged):
        store.append([draft(key(2), 1)], sealing=SEALING, guard=none_seen)
    store.append([draft(key(2), 1)], sealing=SEALING, guard=Guard(governance=1))
    store.append([draft(key(1, "node"), 1)], sealing=SEALING, guard=Guard(governance=1))
    assert store.governance_index() == 3
    assert store.size() == 4


def test_the_guard_tells_a_simulated_clock_its_instant(store: Store) -> None:
    """``at`` reaches the clock, and only through it the entry."""
    sealing = Stepping()
    later = START + timedelta(days=30)
    store.append(drafts(0, 2), sealing=sealing, guard=Guard(at=later))
    assert sealing.asked == [(None, later)]
    head = store.head()
    assert head is not None
    assert head.recorded_at == later


def test_a_payload_fits_an_entry_bundle_or_is_refused(store: Store) -> None:
    """65,535 bytes are stored; one more is refused and takes its batch with it."""
    store.append([draft(key(1), 1, "")], sealing=SEALING)
    (small,) = store.scan()
    room = MAX_PAYLOAD_BYTES - len(small.state)
    store.append([draft(key(2), 1, "x" * room)], sealing=SEALING)
    assert len(store.stream(key(2))[0].state) == MAX_PAYLOAD_BYTES
    with pytest.raises(PayloadTooLarge):
        store.append([draft(key(3), 1), draft(key(4), 1, "x" * (room + 1))], sealing=SEALING)
    assert store.size() == 2


def test_manifests_are_stored_once_in_the_same_transaction(store: Store) -> None:
    """The first envelope of a digest stays; a refused append stores none."""
    store.append(drafts(0, 2), sealing=SEALING, manifests=[("aa", b"1"), ("bb", b"2")])
    store.append([], sealing=SEALING, manifests=[("aa", b"other"), ("cc", b"3")])
    with pytest.raises(VersionConflict):
        store.append([draft(key(0), 9)], sealing=SEALING, manifests=[("dd", b"4")])
    assert dict(store.manifests()) == {"aa": b"1", "bb": b"2", "cc": b"3"}
    assert store.manifest("aa") == b"1"
    assert store.manifest("dd") is None
    assert store.size() == 2


def test_a_failure_while_signing_leaves_nothing_behind(store: Store) -> None:
    """All or nothing, also when it fails past the first thousand rows."""

    class Fails(Stepping):
        calls = 0

        def sign_batch(self, payloads):  # type: ignore[no-untyped-def]
            self.calls += 1
            return super().sign_batch(payloads) if self.calls == 1 else [b""]

    with pytest.raises(SignerFailed):
        store.append(drafts(0, 1_500), sealing=Fails())
    assert store.size() == 0
    store.append(drafts(0, 2), sealing=SEALING)
    assert store.size() == 2


def test_thousands_of_entries_go_in_at_once(store: Store) -> None:
    """More than 3,000 entries in one append: PostgreSQL clients hung there once."""
    appended = store.append(drafts(0, 3_501), sealing=SEALING)
    assert len(appended.entries) == store.size() == 3_501
    assert list(store.scan(chunk=300)) == appended.entries
    check_log(appended.entries)


def test_an_empty_append_touches_nothing(store: Store) -> None:
    """No drafts and no manifests: no lock, no clock."""
    sealing = Stepping()
    assert store.append([], sealing=sealing) == Appended()
    assert sealing.asked == []
