"""One step along the log: a batch of entries, and what it changes in the read models.

What a batch touches is derived anew from all its entries and put in the place of what was there,
in the transaction that moves the position. So it does not matter how the log is cut into
batches, who does it, or where somebody was stopped; of two processes the slower finds that the
position has moved, and throws its work away.

A stream that a batch touches is read from its first entry on. Where an entry that was read before
cannot be read any more, the projection stops at the first entry that would need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from ledger.entry import Entry, StoredEntry
from projections.models.following import GOVERNING_ACTS, SUBJECT, Chain, Log, Unreadable
from projections.models.ranges import Derive, Made, derived
from projections.models.store import Name, Position, ReadModels, Stopped

BATCH: Final = 5_000
"""Entries of a batch: what is written to again and again is derived once for all of them."""
TOGETHER: Final = 250
"""Streams loaded at once."""
FEW: Final = 50
"""Rows picked one by one; of more the whole batch is read."""

NO_ROW: Final = "there is no row"


class Step(Enum):
    MOVED = auto()
    AT_END = auto()
    STOPPED = auto()
    """At an entry that cannot be read; the position says which, and why."""
    GOVERNED = auto()
    """Before an entry that changes answers of subjects it does not name: a rebuild goes on."""
    LOST = auto()
    """Somebody else was faster; nothing was written."""


class _Short(Exception):
    """The batch ends before the leaf ``stop``; ``why`` is None where a governing act is next."""

    def __init__(self, stop: int, why: Stopped | None) -> None:
        super().__init__(stop, why)
        self.stop = stop
        self.why = why


def advance(
    log: Log, models: ReadModels, derive: Derive, *, name: Name, batch: int = BATCH
) -> Step:
    """The next ``batch`` entries of the log into the tables ``name``, which are current."""
    before = models.position(name)
    assert before is not None, "there is a position to go on from"
    stop, why, made = min(log.size(), before.size + batch), None, None
    is_short = False
    while made is None and stop > before.size:
        try:
            made = _Batch(log, derive, before.size, stop)
            made.run()
        except _Short as short:
            made, is_short, stop, why = None, True, short.stop, short.why
    if made is None:
        if not is_short or why is None:
            return Step.GOVERNED if is_short else Step.AT_END
        return _stopped(models, before, why, name)
    after = replace(before, size=stop, digest=log.digest(stop), stopped=why)
    moved = models.replace(before, after, sorted(made.replaced), made.made.taken(), name)
    return Step.MOVED if moved else Step.LOST


def stop_at(log: Log, derive: Derive, size: int) -> Stopped | None:
    """Why nothing goes on from ``size``; None where it does, or the log ends there."""
    if size >= log.size():
        return None
    try:
        _Batch(log, derive, size, size + 1).run()
    except _Short as short:
        return short.why
    return None


def _stopped(models: ReadModels, before: Position, why: Stopped, name: Name) -> Step:
    after = replace(before, stopped=why)
    if after != before and not models.replace(before, after, (), {}, name):
        return Step.LOST
    return Step.STOPPED


class _Batch:
    """The leaves ``start <= index < stop``, and all that they change."""

    def __init__(self, log: Log, derive: Derive, start: int, stop: int) -> None:
        self.log = log
        self.derive = derive
        self.start = start
        self.stop = stop
        self.made = Made()
        self.replaced: set[str] = set()
        """Subjects that may have rows already."""
        self._short: _Short | None = None

    def run(self) -> None:
        """Raises ``_Short``, with the earliest leaf that this batch cannot take in."""
        keys = self.log.store.keys(self.start, self.stop)
        for expected, (index, _) in enumerate(keys, self.start):
            if index != expected:
                raise _Short(expected, Stopped(expected, NO_ROW))
        if len(keys) < self.stop - self.start:
            missing = self.start + len(keys)
            raise _Short(missing, Stopped(missing, NO_ROW))
        touched: dict[str, int] = {}
        for index, key in keys:
            touched.setdefault(key, index)
        self._govern()
        others = [index for index, key in keys if not key.startswith(SUBJECT)]
        self._others(list(self._rows(others)))
        self._subjects({k: i for k, i in touched.items() if k.startswith(SUBJECT)})
        if self._short is not None:
            raise self._short

    def _end(self, index: int, why: Stopped | None) -> None:
        before = self._short
        if before is None or (index, why is None) < (before.stop, before.why is None):
            self._short = _Short(index, why)

    # -- what is no subject's

    def _govern(self) -> None:
        for row in self.log.store.scan_governing(self.start, self.stop):
            if row.topic in GOVERNING_ACTS:
                self._end(row.index, None)
        _, fault = self.log.governance(self.stop)
        if fault is not None:
            self._end(max(self.start, fault.index), fault)

    def _rows(self, indexes: list[int]) -> Iterator[StoredEntry]:
        if len(indexes) <= FEW:
            for index in indexes:
                yield from self.log.store.scan(index, index + 1)
            return
        wanted = set(indexes)
        yield from (r for r in self.log.store.scan(self.start, self.stop) if r.index in wanted)

    def _others(self, rows: list[StoredEntry]) -> None:
        chains: dict[str, Chain] = {}
        for row in rows:
            key = str(row.originator_id)
            try:
                if key not in chains:
                    chains[key] = self._chain(key, row.originator_version)
                chains[key].read(row)
            except Unreadable as error:
                self._end(row.index, error.stopped)

    def _chain(self, key: str, seq: int) -> Chain:
        """The stream up to this batch, which is read already."""
        rows = self.log.store.stream(key, upto=self.start, after_seq=seq - 2)
        return self.log.chain(key, rows[-1] if rows else None)

    # -- subjects

    def _subjects(self, touched: dict[str, int]) -> None:
        waiting = dict(touched)
        while waiting:
            some = {key: waiting.pop(key) for key in list(waiting)[:TOGETHER]}
            for key, rows in self.log.store.streams(some, upto=self.stop).items():
                try:
                    for other in self._subject(key, rows):
                        if other not in touched:
                            touched[other] = waiting[other] = some[key]
                except Unreadable as error:
                    # What was read before may be at fault: then what touches it has to wait.
                    index = error.stopped.index
                    self._end(index if index >= self.start else some[key], error.stopped)

    def _subject(self, key: str, rows: list[StoredEntry]) -> set[str]:
        """The streams that are tied to this one: a change of one is one of all."""
        entries = self.log.stream(key, rows)
        component = self.log.tied_to(key, entries, self.stop)
        if self._short is not None:
            return set()
        subject = key.removeprefix(SUBJECT)
        is_alone = len(component) == len(entries)
        if not is_alone or entries[0].index < self.start:
            self.replaced.add(subject)
        governance, _ = self.log.governance(self.stop)
        following = derived(self.derive, component, governance)
        self.made.add(following, None if is_alone else subject)
        return set() if is_alone else _streams(component)


def _streams(component: list[Entry]) -> set[str]:
    return {entry.stream.key for entry in component}
