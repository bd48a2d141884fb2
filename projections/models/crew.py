"""Processes that work through requests, each on a core of its own.

A helper is a fresh interpreter: it inherits no connection and no lock, opens what it needs by
itself, and is told what over its standard input, where nobody else reads it. Over the pipes go
pickles, each behind its length as eight bytes little-endian: first the task, then requests, each
answered in turn. Answers come back in the order in which they are ready.

Whoever asks may work, too: it is one of those that work at once, and the only one while a helper
starts, which takes most of a second.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from projections.models.errors import HelperEnded

IN_FLIGHT: Final = 2
"""Requests a helper has: one at work, one that it finds when it has answered."""
AT_ONCE: Final = 0
"""Milliseconds: who has work to do asks only whether there is an answer."""
LENGTH_BYTES: Final = 8
STOP_SECONDS: Final = 5.0

Q = TypeVar("Q")
Failure = Exception
"""What a helper raised comes as its answer, and is raised here."""


def answers(
    module: str,
    task: object,
    count: int,
    requests: Sequence[Q],
    own: Callable[[Q], Any] | None = None,
) -> Iterator[tuple[Q, Any]]:
    """Each request with its answer by one of ``count`` that work: helpers that run ``module``.

    With ``own`` one of them is this process. Raises ``HelperEnded``, or what a helper raised.
    """
    waiting = deque(requests)
    helping = min(count, len(waiting)) - (own is not None)
    with ExitStack() as stack:
        helpers = [stack.enter_context(_started(module, task)) for _ in range(helping)]
        poll = select.poll()  # select() stops at descriptor 1,023
        by_descriptor = {helper.descriptor: helper for helper in helpers}
        for helper in helpers:
            poll.register(helper.descriptor, select.POLLIN)
        for _ in range(IN_FLIGHT):
            for helper in helpers:
                if waiting:
                    helper.ask(waiting.popleft())
        while True:
            if own is not None and waiting:
                request = waiting.popleft()
                yield request, own(request)
            if not any(helper.asked for helper in helpers):
                if waiting:
                    continue
                return
            for descriptor, _ in poll.poll(AT_ONCE if own is not None and waiting else None):
                helper = by_descriptor[descriptor]
                request, answer = helper.answered()
                if isinstance(answer, Failure):
                    raise answer
                if waiting:
                    helper.ask(waiting.popleft())
                elif not helper.asked:
                    poll.unregister(descriptor)
                yield request, answer


class _Helper:
    """One helper's two pipes, and what it was asked."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        self.asked: deque[Any] = deque()

    @property
    def descriptor(self) -> int:
        return self._from.fileno()

    def ask(self, request: object) -> None:
        self.send(request)
        self.asked.append(request)

    def send(self, value: object) -> None:
        try:
            _put(self._to, value)
        except OSError as error:
            raise HelperEnded from error

    def answered(self) -> tuple[Any, Any]:
        answer = _get(self._from)
        if answer is None:
            raise HelperEnded
        return self.asked.popleft(), answer


@contextmanager
def _started(module: str, task: object) -> Iterator[_Helper]:
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
        # -P: never import from wherever the caller happens to stand.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # an answer in a buffer of ours would not show at the pipe
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
        start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
    )
    try:
        helper = _Helper(process)
        helper.send(task)
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


def serve(
    source: IO[bytes], sink: IO[bytes], opened: Callable[[Any], Callable[[Any], object]]
) -> None:
    """The helper: open what the task says, then answer requests until the input ends."""
    task = _get(source)
    if task is None:
        return
    answer: Callable[[Any], object] | None = None
    with suppress(BrokenPipeError):  # whoever asked has ended
        while (request := _get(source)) is not None:
            try:
                answer = answer or opened(task)
                value = answer(request)
            except Failure as error:
                value = error
            _put(sink, value)


def _put(pipe: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    left = memoryview(len(data).to_bytes(LENGTH_BYTES, "little") + data)
    while left:
        left = left[pipe.write(left) :]
    pipe.flush()


def _get(pipe: IO[bytes]) -> Any:
    """The next value; None at the end, or where it breaks off."""
    size = _read(pipe, LENGTH_BYTES)
    data = None if size is None else _read(pipe, int.from_bytes(size, "little"))
    return None if data is None else pickle.loads(data)  # noqa: S301 - from the process that started this one


def _read(pipe: IO[bytes], size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = pipe.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
