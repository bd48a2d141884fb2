"""A process that works for this one: how it is started, asked, listened to, and given up.

Over its standard input and output go frames: a length, eight bytes little-endian, and so many
bytes. Once a helper has ended, or has neither read nor written for ``ANSWER_SECONDS``, it is
*lost*: nothing more is asked of it, and it answers nothing any more.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import fcntl
from pathlib import Path
from typing import IO, Final

PIPE_BYTES: Final = 1 << 20
"""Room for an answer, so that a helper does not wait for the process that asked."""

LENGTH_BYTES: Final = 8
STOP_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20
"""A helper starts in a quarter of a second, and gives a sign of life every second or two."""

_F_SETPIPE_SZ: Final = 1031


class Silent(Exception):
    """A helper has ended, or says nothing."""


class Helper:
    """One helper's two pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.is_lost = False
        self._to, self._from = process.stdin, process.stdout
        os.set_blocking(self._to.fileno(), False)  # one that stands still reads nothing either
        with suppress(OSError):  # a wish: the system may set a lower limit
            fcntl(self._from.fileno(), _F_SETPIPE_SZ, PIPE_BYTES)

    def send(self, data: bytes) -> None:
        """A frame. Where it cannot be sent the helper is lost."""
        left = memoryview(framed(data))
        try:
            while left and not self.is_lost:
                _await(self._to, select.POLLOUT)
                left = left[os.write(self._to.fileno(), left) :]
        except (OSError, Silent):
            self.is_lost = True

    def is_ready(self) -> bool:
        """Whether an answer has begun to arrive, or never will."""
        return self.is_lost or _is_ready(self._from, select.POLLIN, 0)

    def answer(self) -> bytes:
        """The next frame; waits for it. Raises ``Silent`` once the helper is lost."""
        if self.is_lost:
            raise Silent
        try:
            return self._read(int.from_bytes(self._read(LENGTH_BYTES), "little"))
        except (OSError, Silent) as error:
            self.is_lost = True
            raise Silent from error

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            _await(self._from, select.POLLIN)
            part = os.read(self._from.fileno(), size)
            if not part:
                raise Silent
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _await(pipe: IO[bytes], event: int) -> None:
    if not _is_ready(pipe, event, ANSWER_SECONDS):
        raise Silent


def _is_ready(pipe: IO[bytes], event: int, seconds: float) -> bool:
    poll = select.poll()  # select() stops at descriptor 1,023
    poll.register(pipe, event)
    return bool(poll.poll(seconds * 1_000))


@contextmanager
def started(module: str, files: tuple[int, ...]) -> Iterator[Helper]:
    """A fresh interpreter that runs ``module`` and inherits ``files``; it ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our module
        # -P: never import from wherever the caller happens to stand.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # is_ready() asks the pipe itself
        pass_fds=files,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p or str(Path.cwd()) for p in sys.path)},
        start_new_session=True,  # an interrupt from the keyboard is the parent's to handle
    )
    try:
        yield Helper(process)
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


def next_of(source: IO[bytes]) -> bytes:
    """The next frame, in the helper; empty at the end."""
    return source.read(int.from_bytes(source.read(LENGTH_BYTES), "little"))


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "little") + data
