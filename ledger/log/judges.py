"""Judging a log block by block: in this process, or on every core at once.

The process that asks judges blocks, too, whenever the next one in order is not there yet: it
is at work while the helpers start, and never waits for them while there is something to do.

A helper is a fresh interpreter: it inherits no connection and no lock, opens the store by
itself, and is told what to open over its standard input, where nobody else reads it. Over
the pipes, lengths as eight bytes little-endian: first the task as a pickle; then requests
of two numbers (start and stop of a block), each answered by the block, in order. An empty
answer says that the rows cannot be read, or that there are none: then whoever asked reads
the rest of the log row by row.
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

from ledger.errors import ExitCode, LedgerError
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
_F_SETPIPE_SZ: Final = 1031

MIN_ENTRIES: Final = 5_000
"""A helper starts in half a second; in that time so many entries are judged without."""


class HelperFailed(LedgerError):
    code = "audit_helper_failed"
    exit_code = ExitCode.INTERNAL
    en = "a helper of the audit ended before it had answered; run the audit again"
    zh_cn = "审计的辅助进程未作应答即终止；请重新运行审计"
    zh_tw = "稽核的輔助行程未作應答即終止；請重新執行稽核"


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

    Raises ``HelperFailed`` when a process ended that should not have.
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
    ahead: deque[_Helper | Block | None] = deque()
    ranges = ((start, min(stop, start + BLOCK)) for start in range(0, stop, BLOCK))

    def ask(helper: _Helper) -> None:
        if (asked := next(ranges, None)) is not None:
            helper.ask(*asked)
            ahead.append(helper)

    for _ in range(IN_FLIGHT):
        for helper in running:
            ask(helper)
    while True:
        first = ahead[0] if ahead else None
        if not ahead or (
            isinstance(first, _Helper) and len(ahead) < AHEAD and not first.is_ready()
        ):
            if (asked := next(ranges, None)) is not None:
                ahead.append(own(*asked))
                continue
            if not ahead:
                return
        first = ahead.popleft()
        if isinstance(first, _Helper):
            answer = first.answer()
            ask(first)
            yield Block.from_bytes(answer) if answer else None
        else:
            yield first


class _Helper:
    """One helper's two pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        with suppress(OSError):  # a wish: the system may set a lower limit
            fcntl(self._from.fileno(), _F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, orders: Orders) -> None:
        data = pickle.dumps(orders)
        self._write(_length(len(data)) + data)

    def ask(self, start: int, stop: int) -> None:
        self._write(_length(start) + _length(stop))

    def is_ready(self) -> bool:
        """Whether an answer has begun to arrive, or never will."""
        poll = select.poll()  # select() stops at descriptor 1,023
        poll.register(self._from, select.POLLIN)
        return bool(poll.poll(0))

    def answer(self) -> bytes:
        """The next answer; waits for it."""
        return self._read(int.from_bytes(self._read(LENGTH_BYTES), "little"))

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._from.fileno(), size)
            if not part:
                raise HelperFailed
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._to.fileno(), left) :]
        except OSError as error:
            raise HelperFailed from error


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
        return  # whoever asked has the store open, and says that a helper has ended
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
