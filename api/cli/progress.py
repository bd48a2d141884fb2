"""A progress bar on standard error, for a person who waits at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.common import console, language
from api.cli.words import say

Report = Callable[[int, int], None]
"""Told how much is done and how much there is."""


@contextmanager
def progress_bar(word: str, *, quiet: bool) -> Iterator[Report | None]:
    """None where nobody looks: with ``quiet``, and where standard error is no terminal."""
    screen = console(stderr=True)
    if quiet or not screen.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task(say(language(), word), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
