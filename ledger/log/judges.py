"""Judging a log block by block: in this process, or on every core at once.

A helper is a fresh interpreter: it inherits no connection and no lock, opens the store by
itself, and is told what to open over its standard input, where nobody else reads it. Over
the pipes, lengths as eight bytes little-endian: first the task as a pickle; then requests
of two numbers (start and stop of a block), each answered by the block, in order. An empty
answer says that the rows could not be read: then whoever asked reads them row by row.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fcntl import fcntl
from pathlib import Path
from typing import IO, Any, Final

from ledger.errors import ExitCode, LedgerError
from ledger.log.judging import BLOCK, Block, Judge
from ledger.storage.port import EntryStore

IN_FLIGHT: Final = 3
"""Blocks asked of a helper at a time: one to be read, one in its pipe, one at work."""

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
    """How to start helpers: ``module`` is run with ``task``, which it opens the store by."""

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
    """The blocks of the log up to ``stop``, in order; None, and the end, where one cannot be read.

    Raises ``HelperFailed`` when a process ended that should not have.
    """
    node = store.info.node
    if helpers is None or helpers.count < 2 or stop < MIN_ENTRIES:
        judge = Judge(node, keys)
        for start in range(0, stop, BLOCK):
            block = _block(store, judge, start, min(stop, start + BLOCK))
            yield block
            if block is None:
                return
        return
    with ExitStack() as stack:
        orders = Orders(helpers.task, node, keys)
        running = [
            stack.enter_context(_started(helpers.module, orders)) for _ in range(helpers.count)
        ]
        yield from _in_turn(running, stop)


def _block(store: EntryStore, judge: Judge, start: int, stop: int) -> Block | None:
    try:
        return judge.block(store.raw_rows(start, stop), start, stop)
    except LedgerError:
        return None


def _in_turn(running: list[_Helper], stop: int) -> Iterator[Block | None]:
    """Blocks asked round robin and read in the same order, so in that of the log."""
    waiting: deque[_Helper] = deque()
    starts = iter(range(0, stop, BLOCK))

    def ask(helper: _Helper) -> None:
        start = next(starts, None)
        if start is not None:
            helper.ask(start, min(stop, start + BLOCK))
            waiting.append(helper)

    for _ in range(IN_FLIGHT):
        for helper in running:
            ask(helper)
    while waiting:
        helper = waiting.popleft()
        answer = helper.answer()
        ask(helper)
        yield Block.from_bytes(answer) if answer else None
        if not answer:
            return


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

    def answer(self) -> bytes:
        size = self._from.read(LENGTH_BYTES)
        if len(size) < LENGTH_BYTES:
            raise HelperFailed
        data = self._from.read(int.from_bytes(size, "little"))
        if len(data) < int.from_bytes(size, "little"):
            raise HelperFailed
        return data

    def _write(self, data: bytes) -> None:
        try:
            self._to.write(data)
            self._to.flush()
        except OSError as error:
            raise HelperFailed from error


@contextmanager
def _started(module: str, orders: Orders) -> Iterator[_Helper]:
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
        # -P: never import from wherever the caller happens to stand.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
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
    store = opened(orders.task)
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
