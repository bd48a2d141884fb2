"""A fair queue between processes (and threads) that want to append to one SQLite file.

SQLite's own lock is not fair: who waits for it polls, so a bulk writer that releases and
takes it again starves an interactive one. ``flock`` wakes its waiters in order, but lets
a newcomer in first; hence a turnstile. Whoever wants the lock holds the turnstile while
waiting for it, so the one who has just released the lock queues behind whoever waits.

The kernel releases both locks when a process dies, also by ``kill -9``.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.storage.errors import StoreBusy, StoreUnavailable

FILE_MODE = 0o600


class FairQueue:
    """The queue of the store at ``path``, kept in two side files that hold nothing."""

    def __init__(self, path: Path) -> None:
        self._turnstile = path.with_name(path.name + ".turnstile")
        self._queue = path.with_name(path.name + ".queue")

    @contextmanager
    def turn(self, timeout: float) -> Iterator[None]:
        """Holds the lock; raises ``StoreBusy`` after ``timeout`` seconds of waiting."""
        deadline = time.monotonic() + timeout
        turnstile = _acquire(self._turnstile, deadline, timeout)
        try:
            lock = _acquire(self._queue, deadline, timeout)
        finally:
            os.close(turnstile)
        try:
            yield
        finally:
            os.close(lock)


def _acquire(path: Path, deadline: float, timeout: float) -> int:
    """A descriptor that holds the lock; closing it releases the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise StoreUnavailable(store=path, reason=error.strerror) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiter = _Waiter(descriptor)
        if not waiter.wait(deadline - time.monotonic()):
            raise StoreBusy(seconds=timeout) from None
    return descriptor


class _Waiter:
    """Waits in the kernel's queue in a thread of its own: ``flock`` knows no timeout.

    Polling would lose the place in the queue. A waiter that was given up closes its
    descriptor as soon as it gets the lock.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._state = threading.Lock()
        self._acquired = threading.Event()
        self._abandoned = False
        threading.Thread(target=self._run, name="append-queue", daemon=True).start()

    def _run(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._state:
            if self._abandoned:
                os.close(self._descriptor)
            self._acquired.set()

    def wait(self, timeout: float) -> bool:
        """Whether the lock was got in time; if not, the descriptor is no longer ours."""
        try:
            if self._acquired.wait(max(0.0, timeout)):
                return True
        except BaseException:
            self._give_up(close=True)
            raise
        return not self._give_up(close=False)

    def _give_up(self, *, close: bool) -> bool:
        with self._state:
            if self._acquired.is_set():
                if close:
                    os.close(self._descriptor)
                return False
            self._abandoned = True
            return True
