"""Compare and persist: a witness on each store, with others beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from ledger.log.forks import forks
from ledger.log.witness import Answer, Witness
from ledger.storage.opening import Store
from ledger.storage.port import NoteReads
from ledger.storage.tree_reads import Note, NoteKind
from tests.contract.conftest import Place
from tests.unit.log.witnessing_made import (
    LOG_KEY,
    ORIGIN,
    SECONDS,
    WITNESS,
    WITNESS_ORIGIN,
    Log,
)


class Held:
    """A store that calls back between the look and the lock, or between keeping and the reply."""

    def __init__(
        self,
        store: Store,
        before: Callable[[], object] = lambda: None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._before = before
        self._after = after

    def notes(
        self, kind: NoteKind, origin: str | None = None, *, size: int | None = None
    ) -> list[Note]:
        return self._store.notes(kind, origin, size=size)

    def latest_note(self, kind: NoteKind, origin: str, *, upto: int | None = None) -> Note | None:
        return self._store.latest_note(kind, origin, upto=upto)

    def keep_notes(self, decide: Callable[[NoteReads], Sequence[Note]]) -> list[Note]:
        self._before()
        kept = self._store.keep_notes(decide)
        self._after()
        return kept


def witness(store: Store | Held) -> Witness:
    return Witness(
        store,
        origin=WITNESS_ORIGIN,
        key=WITNESS,
        logs=lambda: {ORIGIN: (LOG_KEY,)},
    )


def add(to: Witness, old: int, size: int, log: Log | None = None) -> Answer:
    return to.add_checkpoint((log or Log()).request(old, size).to_bytes(), SECONDS)


def cosigned(store: Store) -> list[int]:
    return [note.size for note in store.notes("witnessed", ORIGIN)]


@pytest.mark.parametrize("sizes", [(7, 9), (9, 7), (9, 9)])
def test_of_two_requests_from_one_size_one_is_cosigned(
    place: Place, sizes: tuple[int, int]
) -> None:
    """Both looked before either kept anything: one wins, the other learns the size."""
    store = place.open(create=True)
    assert add(witness(store), 0, 5).status == 200
    both = threading.Barrier(2, timeout=20)
    answers: list[Answer] = []

    def run(size: int) -> None:
        answers.append(add(witness(Held(place.open(), both.wait)), 5, size))

    threads = [threading.Thread(target=run, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status for answer in answers) == [200, 409]
    (won,) = [answer.cosigned for answer in answers if answer.cosigned is not None]
    assert cosigned(store) == [5, won.checkpoint.size]


def test_a_fork_that_comes_between_look_and_lock_is_not_cosigned(place: Place) -> None:
    """Two histories race from size 0: one is cosigned, the other becomes evidence."""
    store = place.open(create=True)
    forked = Log("otherwise")
    first = witness(store)
    second = witness(Held(place.open(), lambda: add(first, 0, 5)))
    answer = add(second, 0, 5, forked)
    assert (answer.status, answer.cosigned) == (409, None)
    (fork,) = forks(store)
    assert fork.proved_to([LOG_KEY])
    assert cosigned(store) == [5]


class Killed(BaseException):
    """The end of a process."""


def test_killed_between_keeping_and_the_reply_it_goes_on_from_there(place: Place) -> None:
    """The reply was lost, not the checkpoint: asked anew it says where it stands, and cosigns."""
    store = place.open(create=True)

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        add(witness(Held(store, after=die)), 0, 5)
    again = witness(place.open())
    assert (add(again, 0, 5).status, add(again, 0, 5).body) == (409, b"5\n")
    assert add(again, 5, 5).status == 200
    assert cosigned(store) == [5]
    assert add(again, 5, 9).status == 200


def test_killed_before_keeping_nothing_was_cosigned(place: Place) -> None:
    """No note and no reply; the same request is good as before."""
    store = place.open(create=True)

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        add(witness(Held(store, die)), 0, 5)
    assert cosigned(store) == []
    assert add(witness(store), 0, 5).status == 200


def test_refusals_keep_nothing(place: Place) -> None:
    """Whatever is refused without proving a fork leaves the store as it was."""
    store = place.open(create=True)
    asked = witness(store)
    add(asked, 0, 5)
    for old, size in ((0, 9), (6, 9), (9, 5)):
        assert add(asked, old, size).status in {400, 409}
    assert (cosigned(store), store.notes("fork")) == ([5], [])
