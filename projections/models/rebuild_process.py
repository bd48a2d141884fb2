"""A helper of a rebuild or a check: ``python -m projections.models.rebuild_process``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from ledger.storage.opening import open_reader
from projections.models.check import Comparer
from projections.models.crew import serve
from projections.models.derive import derive
from projections.models.following import Log
from projections.models.ranges import Range
from projections.models.rebuild import COLLECTION, Filler, Task
from projections.models.store import ReadModels


def opened(task: Task) -> Callable[[Range], object]:
    log = Log(open_reader(task.store), task.founder)
    models = ReadModels(task.place)
    if task.checks:
        return Comparer(log, models, derive)
    return Filler(log, models, derive, task.size)


if __name__ == "__main__":
    gc.freeze()
    gc.set_threshold(COLLECTION)
    serve(sys.stdin.buffer, sys.stdout.buffer, opened)
