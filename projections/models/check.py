"""A check: every row that is stored held against the rows that the log gives.

Range by range the log is derived as in a rebuild, and compared with the rows that answer, at the
position that they have. Nothing is written. A row that was edited, removed, added or doubled by
hand is named, with its table, its key, what is stored and what it should be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Boolean

from projections.models.batches import stop_at
from projections.models.bulk import select_rows
from projections.models.crew import answers
from projections.models.errors import NoReadModels
from projections.models.following import Log
from projections.models.ranges import Derive, Range, Work, ranges
from projections.models.rebuild import MIN_ENTRIES, MODULE, Helpers, Report, Task, fits
from projections.models.shape import Odd, oddities
from projections.models.store import LIVE, Position, ReadModels, Stopped
from projections.models.tables import KEYS, TABLES, Stored

MAX_TOLD: Final = 1_000
"""Differences named; the rest are counted."""


class Difference(NamedTuple):
    """One row. ``stored`` or ``rebuilt`` is None where there is none of that key."""

    table: str
    key: Mapping[str, Stored]
    stored: Mapping[str, Stored] | None
    rebuilt: Mapping[str, Stored] | None


class Compared(NamedTuple):
    """What became of one range."""

    entries: int
    rows: int
    differences: tuple[Difference, ...]
    omitted: int
    faults: tuple[Stopped, ...]


@dataclass(slots=True)
class CheckReport:
    """``ok``: every stored row is as the log gives it, and none is missing."""

    position: Position
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    omitted: int = 0
    """Differences found and not named."""
    faults: list[Stopped] = field(default_factory=list)
    """Entries below the position that can be read no more: their range was not compared."""

    @property
    def ok(self) -> bool:
        return not (self.differences or self.omitted or self.faults)


def check(
    log: Log,
    models: ReadModels,
    derive: Derive,
    *,
    helpers: Helpers | None = None,
    progress: Report | None = None,
) -> CheckReport:
    """Compares all rows; raises ``NoReadModels`` where there are none of this log.

    Where a table has other columns, or something else lies there, that alone is told: what
    its rows mean is not known then.
    """
    with models.reading() as reading:
        position = reading.position
        odd = [_odd(each) for each in oddities(reading.connection)]
    if not fits(log, position):
        raise NoReadModels(place=models.place.name)
    report, done = CheckReport(position), 0
    odd += _stop(log, derive, position)
    if odd:
        report.differences += odd[:MAX_TOLD]
        report.omitted = len(odd[MAX_TOLD:])
        return report
    for one in _compared(log, models, derive, position.size, helpers):
        done += one.entries
        report.rows += one.rows
        room = MAX_TOLD - len(report.differences)
        report.differences += one.differences[:room]
        report.omitted += one.omitted + len(one.differences[room:])
        report.faults += one.faults
        if progress is not None:
            progress(done, position.size)
    report.differences.sort(key=lambda each: (each.table, str(sorted(each.key.items()))))
    report.faults.sort()
    return report


def _compared(
    log: Log, models: ReadModels, derive: Derive, size: int, helpers: Helpers | None
) -> Iterator[Compared]:
    if helpers is None or helpers.count < 2 or size < MIN_ENTRIES:
        yield from map(Comparer(log, models, derive), ranges(size))
        return
    task = Task(helpers.store, helpers.place, log.founder, size, checks=True)
    for _, compared in answers(MODULE, task, helpers.count, ranges(size)):
        yield compared


class Comparer:
    """Compares ranges, in this process or in a helper."""

    def __init__(self, log: Log, models: ReadModels, derive: Derive) -> None:
        self._log = log
        self._models = models
        self._derive = derive

    def __call__(self, given: Range) -> Compared:
        """At the position of the moment: somebody may be catching up meanwhile."""
        stored: dict[str, list[tuple[Stored, ...]]] = {}
        with self._models.reading() as (connection, position):
            if given.subjects is not None:
                low, high = given.subjects
                for name, table in TABLES.items():
                    stored[name] = select_rows(connection, table, low, high)
        work = Work(self._log, position.size, self._derive)
        rebuilt: dict[str, list[tuple[Stored, ...]]] = {name: [] for name in TABLES}
        for part in work.parts(given):
            for name, rows in part.items():
                rebuilt[name] += rows
        count = sum(map(len, stored.values()))
        if work.faults:
            return Compared(work.entries, count, (), 0, tuple(work.faults))
        found = [each for name in stored for each in differences(name, stored[name], rebuilt[name])]
        told = tuple(found[:MAX_TOLD])
        return Compared(work.entries, count, told, len(found) - len(told), ())


def differences(
    name: str, stored: Sequence[tuple[Stored, ...]], rebuilt: Sequence[tuple[Stored, ...]]
) -> Iterator[Difference]:
    """Row by row, paired by key as far as there are pairs."""
    there, made = Counter(stored), Counter(rebuilt)
    if there == made:
        return
    too_many, missing = _by_key(name, there - made), _by_key(name, made - there)
    for key in dict.fromkeys([*too_many, *missing]):
        these, those = too_many.get(key, []), missing.get(key, [])
        for at in range(max(len(these), len(those))):
            yield Difference(
                name,
                dict(zip(KEYS[name], map(_readable, key), strict=True)),
                _named(name, these[at]) if at < len(these) else None,
                _named(name, those[at]) if at < len(those) else None,
            )


def _by_key(
    name: str, rows: Counter[tuple[Stored, ...]]
) -> dict[tuple[Stored, ...], list[tuple[Stored, ...]]]:
    places = [TABLES[name].c.keys().index(column) for column in KEYS[name]]
    found: dict[tuple[Stored, ...], list[tuple[Stored, ...]]] = {}
    for row in rows.elements():
        found.setdefault(tuple(row[at] for at in places), []).append(row)
    return found


def _named(name: str, row: tuple[Stored, ...]) -> dict[str, Stored]:
    # SQLAlchemy's names are texts of a kind of their own, which not everybody writes as JSON.
    named = dict(zip(map(str, TABLES[name].c.keys()), map(_readable, row), strict=True))
    # A truth value is a number where the database knows none.
    flags = [str(c.name) for c in TABLES[name].c if isinstance(c.type, Boolean)]
    return named | {flag: bool(named[flag]) for flag in flags}


def _readable(value: object) -> Stored:
    """As it is; bytes, which somebody put where a text belongs, as their hex."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return value if value is None or isinstance(value, str | int) else str(value)


def _stop(log: Log, derive: Derive, position: Position) -> list[Difference]:
    """Where the position says that it goes no further, and the log says otherwise."""
    if position.stopped is None:
        return []
    found = stop_at(log, derive, position.size)
    if found is not None and found.index == position.stopped.index:
        return []
    told = None if found is None else found.index
    stored: dict[str, Stored] = {"stopped_index": position.stopped.index}
    return [Difference("position", {"name": LIVE}, stored, {"stopped_index": told})]


def _odd(found: Odd) -> Difference:
    return Difference(found.name, {"name": found.name}, found.is_now, found.should_be)
