"""A rebuild: all rows anew from the log, beside those that answer, which they then replace.

Ranges of streams are filled on every core, each with the note that it is done in one
transaction; then come the indexes; then what was written meanwhile; then, in one transaction,
the new tables take the place of the old ones. Stopped anywhere, the old tables and their
position are as they were, and the next rebuild goes on where this one was, if the log and this
program are still the same.

Where an entry cannot be read, the rebuild is of the log before the first such entry.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.storage.opening import StoreAddress
from projections.models.batches import NO_ROW, Step, advance
from projections.models.crew import answers
from projections.models.errors import LogChanged
from projections.models.following import Log, Unreadable
from projections.models.place import Place
from projections.models.ranges import Derive, Range, Work, ranges
from projections.models.store import NEW, Position, ReadModels, Stopped

MIN_ENTRIES: Final = 10_000
"""A helper starts in most of a second; in that time so many entries are derived without."""
MODULE: Final = "projections.models.rebuild_process"
COLLECTION: Final = 50_000
"""Objects made before the youngest are walked: those of a range live until it is in."""

Report = Callable[[int, int], None]
"""Told how many entries are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Helpers:
    """What helpers open the log and the read models by, and how many work at once."""

    store: StoreAddress
    place: Place
    count: int


@dataclass(frozen=True, slots=True)
class Task:
    """What a helper is told first."""

    store: StoreAddress
    place: Place
    founder: bytes
    size: int
    checks: bool = False
    """Compare with the rows that are there, instead of making new ones."""


class Filled(NamedTuple):
    """What became of one range."""

    entries: int
    faults: tuple[Stopped, ...] = ()


def rebuild(
    log: Log,
    models: ReadModels,
    derive: Derive,
    *,
    helpers: Helpers | None = None,
    progress: Report | None = None,
    fresh: bool = True,
) -> Position:
    """All rows anew; the position that they have come to.

    With ``fresh=False`` nothing is done where another process has just rebuilt them: what
    answers is current then. Raises ``HelperEnded``, and what the stores raise.
    """
    before = models.position()
    with models.rebuilding():
        live = models.position()
        if not fresh and live is not None and live != before and fits(log, live):
            return live
        new = _Rebuild(log, models, derive, helpers, progress)
        new.fill()
        models.make_indexes()
        return new.swap()


def fits(log: Log, position: Position | None) -> bool:
    """Whether rows of this position are those of this log, as this program would make them."""
    return (
        position is not None
        and position.is_current
        and position.store_id == log.store_id
        and position.size <= log.size()
        and position.digest == log.digest(position.size)
    )


class _Rebuild:
    def __init__(
        self,
        log: Log,
        models: ReadModels,
        derive: Derive,
        helpers: Helpers | None,
        progress: Report | None,
    ) -> None:
        self.log = log
        self.models = models
        self.derive = derive
        self.helpers = helpers
        self.progress = progress

    def fill(self) -> None:
        """The new tables hold the rows of their position."""
        position = self.models.position(NEW)
        if position is None or not fits(self.log, position):
            position = self._begin(self.log.size(), None)
        while not position.is_built:
            faults = self._at_fault(position.size) or self._ranges(position.size)
            if not faults:
                return
            first = min(faults)
            position = self._begin(first.index, first)

    def swap(self) -> Position:
        """What was written meanwhile comes in; then the new tables answer."""
        while True:
            while (step := advance(self.log, self.models, self.derive, name=NEW)) in _GOES_ON:
                pass
            live, new = self.models.position(), self.models.position(NEW)
            assert new is not None, "the new tables were filled under the lock of the rebuild"
            is_behind = live is not None and fits(self.log, live) and live.size > new.size
            if is_behind and step is Step.AT_END:
                continue
            if self.models.swap(live):
                return new

    def _begin(self, size: int, stopped: Stopped | None) -> Position:
        live = self.models.position()
        position = Position(
            store_id=self.log.store_id,
            size=size,
            digest=self.log.digest(size),
            stopped=stopped,
            is_built=False,
            tag="b" if live is not None and live.tag == "a" else "a",
        )
        self.models.begin(position)
        return position

    def _at_fault(self, size: int) -> list[Stopped]:
        """What is wrong with the log as a whole."""
        _, governing = self.log.governance(size)
        gap = self.log.store.first_gap(size)
        found = [] if governing is None else [governing]
        return found if gap is None else [*found, Stopped(gap, NO_ROW)]

    def _ranges(self, size: int) -> list[Stopped]:
        """Fill those that are not done; the faults that were found in them."""
        done = self.models.done()
        count = sum(done.values())
        faults: list[Stopped] = []
        for filled in self._filled([one for one in ranges(size) if one.low not in done], size):
            count += filled.entries
            faults += filled.faults
            if self.progress is not None:
                self.progress(count, size)
        if not faults and count != size:
            faults = [self._misplaced(size, count)]
        return faults

    def _filled(self, pending: list[Range], size: int) -> Iterator[Filled]:
        helpers = self.helpers
        fill = Filler(self.log, self.models, self.derive, size)
        if helpers is None or helpers.count < 2 or size < MIN_ENTRIES:
            yield from map(fill, pending)
            return
        task = Task(helpers.store, helpers.place, self.log.founder, size)
        with _collecting_seldom():
            for _, filled in answers(MODULE, task, helpers.count, pending, fill):
                yield filled

    def _misplaced(self, size: int, count: int) -> Stopped:
        """The first row whose column says another stream than any that there can be."""
        for row in self.log.store.scan(0, size):
            try:
                chain = self.log.chain(str(row.originator_id))
                chain.seq = row.originator_version - 1  # its place in its stream was looked at
                chain.place(row)
            except Unreadable as error:
                return error.stopped
        raise LogChanged(found=count, expected=size)


_GOES_ON: Final = (Step.MOVED, Step.LOST)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """As a helper does, while this process is one of those that work."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _AtFault(Exception):
    pass


class Filler:
    """Fills ranges of the new tables, in this process or in a helper."""

    def __init__(self, log: Log, models: ReadModels, derive: Derive, size: int) -> None:
        self._log = log
        self._models = models
        self._derive = derive
        self._size = size

    def __call__(self, given: Range) -> Filled:
        work = Work(self._log, self._size, self._derive)

        def entries() -> int:
            if work.faults:
                raise _AtFault
            return work.entries

        with suppress(_AtFault):
            self._models.fill(given.low, work.parts(given), entries)
        return Filled(work.entries, tuple(work.faults))
