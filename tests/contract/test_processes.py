"""Several processes on one store: nothing lost, nothing doubled, nobody starved."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.storage.errors import StoreBusy
from ledger.storage.opening import Store
from tests.contract.conftest import Place
from tests.contract.material import Sealing, check_log, draft, drafts, key

ROOT = Path(__file__).resolve().parents[2]
SEALING = Sealing()


@contextmanager
def writers(
    place: Place, count: int, *, appends: int, size: int, seconds: float = 60.0
) -> Iterator[Sequence[subprocess.Popen[str]]]:
    arguments = [place.url, place.node]
    limits = [str(appends), str(size), str(seconds)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.contract.writer", *arguments, str(number), *limits],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, count + 1)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_four_processes_lose_nothing_and_double_nothing(place: Place, store: Store) -> None:
    """Every acknowledged append is in the log once, whole, and the log is sound."""
    with writers(place, 4, appends=12, size=50) as processes:
        for process in processes:
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0
            assert len(output.splitlines()) == 12
    entries = list(store.scan())
    assert len(entries) == 4 * 12 * 50
    check_log(entries, SEALING.public_key)


def test_transactions_of_several_processes_do_not_interleave(place: Place, store: Store) -> None:
    """Entries of one instant stand together and come from one writer."""
    with writers(place, 3, appends=10, size=20) as processes:
        for process in processes:
            process.communicate(timeout=120)
    instants = [entry.recorded_at for entry in store.scan()]
    assert len(set(instants)) == 30
    assert all(len(set(instants[at : at + 20])) == 1 for at in range(0, 600, 20))


def test_writers_of_one_stream_take_turns(store: Store, place: Place) -> None:
    """Of two appends that continue the same entry exactly one is stored."""
    other = place.open()
    start = threading.Barrier(2)
    results: list[str] = []

    def write(mine: Store, text: str) -> None:
        for seq in range(1, 31):
            start.wait(10)
            appended = mine.append([draft(key(1), seq, text)], sealing=SEALING, set_aside=True)
            results.append("stored" if appended.entries else "set aside")

    threads = [
        threading.Thread(target=write, args=(mine, text))
        for mine, text in ((store, "a"), (other, "b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == ["set aside"] * 30 + ["stored"] * 30
    check_log(list(store.scan()))


@pytest.mark.parametrize("pause", [0.0, 0.004, 0.011, 0.017])
def test_killed_in_the_middle_a_writer_leaves_a_whole_prefix(
    place: Place, store: Store, pause: float
) -> None:
    """After kill -9 every acknowledged append is there, at most one more, and it is whole."""
    with writers(place, 1, appends=10_000, size=400) as (process,):
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(4)]
        time.sleep(pause)
        process.kill()
        acknowledged += process.stdout.readlines()
        process.wait(10)
    store.append([draft(key(9), 1)], sealing=SEALING)  # the dead writer's lock is free
    added = store.size() - 1
    assert added % 400 == 0
    assert len(acknowledged) * 400 <= added <= (len(acknowledged) + 1) * 400
    check_log(list(store.scan()), SEALING.public_key)


def test_an_interactive_writer_is_not_starved_by_bulk_writers(place: Place, store: Store) -> None:
    """Beside three bulk writers a single append waits for a few of their turns at most."""
    waits: list[float] = []
    lines: list[str] = []
    with writers(place, 3, appends=100_000, size=500, seconds=30) as processes:
        outputs = [process.stdout for process in processes if process.stdout is not None]
        for output in outputs:
            output.readline()  # it is writing
        readers = [threading.Thread(target=lines.extend, args=(output,)) for output in outputs]
        for reader in readers:
            reader.start()
        end = time.monotonic() + 4.0
        while time.monotonic() < end:
            began = time.monotonic()
            store.append([draft(key(len(waits), "access"), 1)], sealing=SEALING)
            waits.append(time.monotonic() - began)
            time.sleep(0.01)
        for process in processes:
            process.kill()
        for reader in readers:
            reader.join(10)
    p99 = sorted(waits)[int(len(waits) * 0.99)]
    # Measured at the same time, so that a busy machine slows both: who stands in a fair
    # queue with three others waits about as long as they do.
    bulk = statistics.median(
        float(ended) - float(began) for _, began, ended, _ in map(str.split, lines)
    )
    assert len(waits) > 10
    assert p99 < 6 * bulk, (p99, bulk, len(waits))


def test_what_was_known_never_changes_beside_a_writer(place: Place, store: Store) -> None:
    """The answer to "how much was known now" is the same when it is asked again later."""
    answers: list[tuple[datetime, int]] = []
    with writers(place, 2, appends=100_000, size=20, seconds=30) as processes:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            now = datetime.now(UTC)
            answers.append((now, store.resolve(now)))
    assert len({size for _, size in answers}) > 3
    assert [(at, store.resolve(at)) for at, _ in answers] == answers


def test_a_writer_gives_up_when_the_lock_stays_taken(place: Place, store: Store) -> None:
    """After ``lock_timeout`` the append is refused, and later appends work again."""
    impatient = place.open(lock_timeout=0.3)
    with store._writing():
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            impatient.append(drafts(0, 2), sealing=SEALING)
        assert 0.2 < time.monotonic() - began < 5
    impatient.append(drafts(0, 2), sealing=SEALING)
    assert store.size() == 2


def test_a_writer_that_gave_up_leaves_its_place_in_the_queue(place: Place, store: Store) -> None:
    """Given-up waiters do not hold the lock when their turn comes."""
    impatient = place.open(lock_timeout=0.05)
    with store._writing():
        for _ in range(5):
            with pytest.raises(StoreBusy):
                impatient.append(drafts(0, 2), sealing=SEALING)
    store.append(drafts(10, 2), sealing=SEALING)
    impatient.append(drafts(20, 2), sealing=SEALING)
    assert store.size() == 4
