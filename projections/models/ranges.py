"""The log by ranges of streams: each is read, checked and derived by itself, by whoever has time.

Every row of the log lies in exactly one range, whatever its key says, so that nothing is passed
over: the entries of all ranges together must be as many as the log is long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from ledger.entry import Entry, StoredEntry
from projections.models.derive import NotDerived
from projections.models.following import CHUNK, SUBJECT, Log, Unreadable, by_stream
from projections.models.governance import Governance
from projections.models.rows import Rows
from projections.models.store import Stopped
from projections.models.tables import TABLES, Stored, storable

RANGE_ENTRIES: Final = 4_000
"""About as many are in a range: a second's work, and some 20 MB of rows."""
DIGITS: Final = 3
MAX_RANGES: Final = 16**DIGITS
"""Where ranges begin is told by the first digits of an id."""
PART_ROWS: Final = 40_000
"""Rows handed on at once: 30 MB, also where one subject has most of the entries."""

Derive: TypeAlias = Callable[[Sequence[Entry], Governance], Rows]
Parts: TypeAlias = dict[str, list[tuple[Stored, ...]]]

_STORABLE: Final = {name: storable(table) for name, table in TABLES.items()}


class Range(NamedTuple):
    """The streams of ``low <= key < high``; None: to the end."""

    low: str
    high: str | None

    @property
    def subjects(self) -> tuple[str, str | None] | None:
        """The ids of subjects whose rows lie here, as the tables have them; None: no subject's.

        The first range of subjects takes what sorts before any id, the last what sorts behind.
        """
        if not self.low.startswith(SUBJECT):
            return None
        is_last = self.high is None
        return self.low.removeprefix(SUBJECT), None if is_last else str(self.high)[len(SUBJECT) :]


def ranges(size: int) -> list[Range]:
    """How a log of so many entries is divided: ids of streams are spread evenly."""
    count = max(1, min(MAX_RANGES, -(-size // RANGE_ENTRIES)))
    bounds = [f"{number * MAX_RANGES // count:0{DIGITS}x}" for number in range(1, count)]
    # What is not a stream of a known kind sorts somewhere between these, too.
    lows = ["", *(f"access/{bound}" for bound in bounds), "node/"]
    lows += [SUBJECT, *(f"{SUBJECT}{bound}" for bound in bounds)]
    return [Range(low, high) for low, high in zip(lows, [*lows[1:], None], strict=True)]


@dataclass(slots=True)
class Work:
    """Goes through ranges of ``log`` as far as ``size``."""

    log: Log
    size: int
    derive: Derive
    entries: int = 0
    faults: list[Stopped] = field(default_factory=list)

    def parts(self, given: Range) -> Iterator[Parts]:
        """The rows of a range, some at a time. ``entries`` and ``faults`` count up meanwhile.

        Behind a fault its range is still read, to see whether another comes before it in the
        log; rows are made no more.
        """
        governance, _ = self.log.governance(self.size)
        made = Made()
        rows = self.log.store.between(given.low, given.high, self.size, CHUNK)
        for key, stored in by_stream(rows):
            try:
                entries = self._read(key, stored)
                if self.faults or not key.startswith(SUBJECT):
                    continue
                self._add(made, key, entries, governance)
            except Unreadable as error:
                self.faults.append(error.stopped)
            if made.count >= PART_ROWS:
                yield made.taken()
        if not self.faults:
            yield made.taken()

    def _add(self, made: Made, key: str, entries: list[Entry], governance: Governance) -> None:
        component = self.log.tied_to(key, entries, self.size)
        rows = derived(self.derive, component, governance)
        made.add(rows, None if len(component) == len(entries) else key.removeprefix(SUBJECT))

    def _read(self, key: str, stored: Iterator[StoredEntry]) -> list[Entry]:
        chain, keeps = self.log.chain(key), key.startswith(SUBJECT)
        entries: list[Entry] = []
        fault: Unreadable | None = None
        for row in stored:  # to the end: the rest has to be counted
            self.entries += 1
            if fault is None:
                try:
                    entry = chain.read(row)
                except Unreadable as error:
                    fault = error
                    continue
                if keeps:
                    entries.append(entry)
        if fault is not None:
            raise fault
        return entries


def derived(derive: Derive, component: Sequence[Entry], governance: Governance) -> Rows:
    """What follows from a component. Raises ``Unreadable`` where nothing can follow from it."""
    try:
        return derive(component, governance)
    except NotDerived as error:
        index, reason = int(str(error.fields["index"])), str(error.fields["reason"])
        raise Unreadable(index, reason) from error


class Made:
    """Collects rows, and gives them as they are stored, by table."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self.count = 0

    def add(self, rows: Rows, subject: str | None) -> None:
        """Those of ``subject``, or all."""
        for name, values in rows.by_table():
            if not values:
                continue
            if subject is not None:
                values = [row for row in values if row[0] == subject]  # noqa: PLW2901 - fewer of them
            self._rows.setdefault(name, []).extend(values)
            self.count += len(values)

    def taken(self) -> Parts:
        rows, self._rows, self.count = self._rows, {}, 0
        return {name: _STORABLE[name](values) for name, values in rows.items()}
