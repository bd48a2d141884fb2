"""A place for a file that is made while it is held: whole in the end, or not there at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api.cli.keys import OutputUnwritable


@contextmanager
def writing(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A function that puts a file's content in place in one step, durably.

    The place is tried out at once, so that it fails before other work is done. An earlier file
    stays as it is until the new one is complete; without a call nothing is left behind.
    Raises ``OutputUnwritable``.
    """
    try:
        is_aside = not path.exists() or path.is_file()  # else a pipe, or a terminal
        place = path.with_name(f".{path.name}.{os.getpid()}") if is_aside else path
        file = place.open("wb")
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror) from error

    def write(content: bytes) -> None:
        try:
            file.write(content)
            file.flush()
            if is_aside:
                os.fsync(file.fileno())
                place.replace(path)
        except OSError as error:
            raise OutputUnwritable(path=path, reason=error.strerror) from error

    try:
        with file:
            yield write
    finally:
        if is_aside:
            place.unlink(missing_ok=True)
