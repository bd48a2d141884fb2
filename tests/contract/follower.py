"""A process that follows the log until it is killed: ``python -m tests.contract.follower``.

Arguments: the home, ``catch_up`` or ``rebuild``, and the number of the transaction in which it
kills itself, which no handler and no ``finally`` can soften.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ledger.home import Home
from projections.models.rebuild import rebuild
from projections.models.runner import catch_up
from projections.models.store import ReadModels
from tests.contract.recorded import noticing, opened_again


class Killed(ReadModels):
    """Ends its process before the commit of the transaction with the number ``at``."""

    def __init__(self, *given: Any) -> None:
        self.at, self.count = -1, 0
        super().__init__(*given)

    @contextmanager
    def _transaction(self, *, writes: bool, **given: Any) -> Iterator[Connection]:
        self.count += writes
        with super()._transaction(writes=writes, **given) as connection:
            yield connection
            if writes and self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


def main(home: Path, what: str, at: int) -> None:
    recorded = opened_again(Home(home))
    with Killed(recorded.place) as models:
        models.at, models.count = at, 0
        if what == "rebuild":
            rebuild(recorded.log, models, noticing)
        else:
            catch_up(recorded.log, models, noticing, batch=3)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
