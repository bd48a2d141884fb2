"""Judging a log block by block: in this process, or on every core at once.

The process that asks judges blocks, too, whenever the next one in order is not there yet: it
is at work while the helpers start, and never waits for them while there is something to do.

A helper is a fresh interpreter: it inherits no connection and no lock, opens the store by
itself, and is told what to open over its standard input, where nobody else reads it. Over
the pipes, lengths as eight bytes little-endian: first the task as a pickle; then requests
of two numbers (start and stop of a block), each answered by the block, in order. An empty
answer says that the rows cannot be read, or that there are none: then whoever asked reads
the rest of the log row by row. Where a helper ends, or says nothing for ``ANSWER_SECONDS``,
whoever asked judges what it was asked for: a block is left to nobody.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fcntl import fcntl
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from ledger.errors import LedgerError
from ledger.log.judging import BLOCK, Block, Judge
from ledger.storage.port import EntryStore

IN_FLIGHT: Final = 3
"""Blocks asked of a helper at a time: one to be read, one in its pipe, one at work."""

AHEAD: Final = 40
"""Blocks judged before the first of them is needed: 6 MB, more where rows are handed back."""

PIPE_BYTES: Final = 1 << 20
"""Room for an answer, so that a helper does not wait for the process that asked."""

LENGTH_BYTES: Final = 8
STOP_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20
"""A helper starts in half a second, and judges a block in a tenth of one."""

_F_SETPIPE_SZ: Final = 1031

MIN_ENTRIES: Final = 5_000
"""A helper starts in half a second; in that time so many entries are judged without."""


@dataclass(frozen=True, slots=True)
class Helpers:
    """How to start helpers: ``module`` is run with ``task``, which it opens the store by.

    ``count`` is how many work beside the process that asks.
    """

    module: str
    task: object
    count: int


@dataclass(frozen=True, slots=True)
class Orders:
    """What a helper is told first."""

    task: Any
    node: str
    keys: dict[bytes, bytes]


def judged(
    store: EntryStore, keys: dict[bytes, bytes], stop: int, helpers: Helpers | None
) -> Iterator[Block | None]:
    """The blocks of the log up to ``stop``, in order; None, and the end, where one cannot be read
    or is empty.

    What helpers do not answer is judged by this process.
    """
    node = store.info.node
    count = 0 if helpers is None or stop < MIN_ENTRIES else helpers.count
    with ExitStack() as stack:
        running: list[_Helper] = []
        if helpers is not None:
            orders = Orders(helpers.task, node, keys)
            started = [_started(helpers.module, orders) for _ in range(count)]
            running = [stack.enter_context(one) for one in started]
        judge = Judge(node, keys)
        own = partial(_block, store, judge)
        for block in _in_turn(own, running, stop):
            yield block
            if block is None:
                return


def _block(store: EntryStore, judge: Judge, start: int, stop: int) -> Block | None:
    try:
        rows = store.raw_rows(start, stop)
    except LedgerError:
        return None
    # A single row under an enormous number: nobody looks at all the blocks before it.
    return judge.block(rows, start, stop) if rows else None


def _in_turn(
    own: Callable[[int, int], Block | None], running: list[_Helper], stop: int
) -> Iterator[Block | None]:
    """The blocks in the order of the log, whoever judged them."""
    ahead: deque[tuple[_Helper, int, int] | Block | None] = deque()
    ranges = ((start, min(stop, start + BLOCK)) for start in range(0, stop, BLOCK))

    def ask(helper: _Helper) -> None:
        if (asked := next(ranges, None)) is not None:
            helper.ask(*asked)
            ahead.append((helper, *asked))

    for _ in range(IN_FLIGHT):
        for helper in running:
            ask(helper)
    while True:
        first = ahead[0] if ahead else None
        if not ahead or (
            isinstance(first, tuple) and len(ahead) < AHEAD and not first[0].is_ready()
        ):
            if (asked := next(ranges, None)) is not None:
                ahead.append(own(*asked))
                continue
            if not ahead:
                return
        first = ahead.popleft()
        if isinstance(first, tuple):
            helper, *asked_for = first
            answer = helper.answer()
            if answer is None:
                yield own(*asked_for)
                continue
            ask(helper)
            yield Block.from_bytes(answer) if answer else None
        else:
            yield first


class _Silent(Exception):
    """A helper has ended, or says nothing."""


class _Helper:
    """One helper's two pipes. Once it has failed nothing more is asked of it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._to, self._from = process.stdin, process.stdout
        self._is_lost = False
        with suppress(OSError):  # a wish: the system may set a lower limit
            fcntl(self._from.fileno(), _F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, orders: Orders) -> None:
        data = pickle.dumps(orders)
        self._write(_length(len(data)) + data)

    def ask(self, start: int, stop: int) -> None:
        self._write(_length(start) + _length(stop))

    def is_ready(self) -> bool:
        """Whether an answer has begun to arrive, or never will."""
        if self._is_lost:
            return True
        poll = select.poll()  # select() stops at descriptor 1,023
        poll.register(self._from, select.POLLIN)
        return bool(poll.poll(0))

    def answer(self) -> bytes | None:
        """The next answer; waits for it. None once the helper has failed."""
        if not self._is_lost:
            try:
                return self._read(int.from_bytes(self._read(LENGTH_BYTES), "little"))
            except (OSError, _Silent):
                self._is_lost = True
        return None

    def _read(self, size: int) -> bytes:
        parts = []
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        while size:
            if not poll.poll(ANSWER_SECONDS * 1_000):
                raise _Silent
            part = os.read(self._from.fileno(), size)
            if not part:
                raise _Silent
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left and not self._is_lost:
                left = left[os.write(self._to.fileno(), left) :]
        except OSError:
            self._is_lost = True


@contextmanager
def _started(module: str, orders: Orders) -> Iterator[_Helper]:
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
        # -P: never import from wherever the caller happens to stand.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # is_ready() asks the pipe itself
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
        start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
    )
    try:
        helper = _Helper(process)
        helper.send(orders)
        yield helper
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(source: IO[bytes], sink: IO[bytes], opened: Callable[[Any], EntryStore]) -> None:
    """The helper: open what the task says, then judge blocks until the input ends."""
    data = source.read(int.from_bytes(source.read(LENGTH_BYTES), "little"))
    if not data:
        return
    orders: Orders = pickle.loads(data)  # noqa: S301 - from the process that started this one
    try:
        store = opened(orders.task)
    except LedgerError:
        return  # whoever asked has the store open, and judges all of it
    try:
        judge = Judge(orders.node, orders.keys)
        while len(request := source.read(2 * LENGTH_BYTES)) == 2 * LENGTH_BYTES:
            start = int.from_bytes(request[:LENGTH_BYTES], "little")
            stop = int.from_bytes(request[LENGTH_BYTES:], "little")
            block = _block(store, judge, start, stop)
            answer = b"" if block is None else block.to_bytes()
            sink.write(_length(len(answer)) + answer)
            sink.flush()
    except BrokenPipeError:  # whoever asked has ended
        pass
    finally:
        store.close()


def _length(number: int) -> bytes:
    return number.to_bytes(LENGTH_BYTES, "little")
