"""Catching up: the read models follow the log, on either store, whoever asks.

There is no subscription and no process that must run: whoever wants an answer has the models
follow the log first. What cannot be followed batch by batch is rebuilt: read models of another
log or of an older program, a log that is far ahead, and entries that change the answers of
subjects they do not name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from projections.models.batches import BATCH, Step, advance
from projections.models.following import Log
from projections.models.ranges import Derive
from projections.models.rebuild import Helpers, Report, fits, rebuild
from projections.models.store import LIVE, Position, ReadModels

FAR_BEHIND: Final = 100_000
"""Entries from which on a rebuild, on every core and with its indexes last, is faster than
batches; if they are most of the log, too."""


def catch_up(
    log: Log,
    models: ReadModels,
    derive: Derive,
    *,
    helpers: Helpers | None = None,
    progress: Report | None = None,
    batch: int = BATCH,
) -> Position:
    """Follow the log to the end that it has at the call; where the models stand then.

    They stand earlier only where an entry cannot be read: ``Position.stopped`` says which.
    Raises what the stores raise.
    """
    target, governed = log.size(), -1
    while True:
        position = models.position()
        if position is None or not fits(log, position) or _is_far(position, target):
            rebuild(log, models, derive, helpers=helpers, progress=progress, fresh=False)
            continue
        if progress is not None:
            progress(position.size, target)
        step = Step.AT_END
        if position.size >= target and position.stopped is not None:
            # Nothing stops where the log ends: this program never wrote that.
            models.replace(position, replace(position, stopped=None), (), {}, LIVE)
            continue
        if position.size < target:
            step = advance(log, models, derive, name=LIVE, batch=batch)
        if step is Step.GOVERNED and position.size != governed:
            governed = position.size
            rebuild(log, models, derive, helpers=helpers, progress=progress, fresh=False)
        elif step is Step.STOPPED:
            return models.position() or position
        elif step not in (Step.MOVED, Step.LOST):
            return position


def _is_far(position: Position, target: int) -> bool:
    behind = target - position.size
    return position.stopped is None and behind > max(FAR_BEHIND, position.size)
