"""What is different between two answers about one subject. Pure.

A pair is a day and a tree size. What changed in knowledge is told of the earlier day, between
the two sizes; what changed in force is told as known at the later size, between the two days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from ledger.entry import Entry
from projections.answer import Answer, EntryLine, Masked
from projections.concern import concern
from projections.history import Folded, SubjectLine

Thing = Literal["record", "sanction"]
Aspect = Literal["state", "enforcement"]


class Pair(NamedTuple):
    valid_at: date
    tree_size: int
    known_at: datetime | None


class Change(NamedTuple):
    """``None`` where nothing is said of it in one of the pairs; ``entries`` are leaf indexes."""

    about: Thing
    id: str
    what: Aspect
    before: str | None
    after: str | None
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry that only the pair which knows more knows of."""

    index: int
    type: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    subject: SubjectLine | None
    earlier: Pair
    later: Pair
    in_knowledge: tuple[Change, ...]
    entered: tuple[Entered, ...]
    in_force: tuple[Change, ...]
    masked: tuple[Masked, ...]


class _Said(NamedTuple):
    value: str | None
    because: tuple[int, ...]


_NOTHING = _Said(None, ())


Ask = Callable[[date, int], Answer]


def difference(
    earlier: Pair, later: Pair, ask: Ask, entries: Iterable[Entry], folded: Folded
) -> Difference:
    """``ask`` gives the reader's answer for a day and a size.

    ``entries`` and what they add up to, ``folded``, are those known at the larger size: the
    second pair may be the one that knows less.
    """
    first = ask(earlier.valid_at, earlier.tree_size)
    learned = ask(earlier.valid_at, later.tree_size)
    last = ask(later.valid_at, later.tree_size)
    entered = _only_one_knows(first, learned)
    about = _by_thing(entered, {each.index: each for each in entries}, folded)
    in_knowledge = tuple(
        change._replace(entries=_causes(change, about))
        for change in _changes(first, learned, folded)
    )
    return Difference(
        subject=learned.subject or last.subject,
        earlier=earlier,
        later=later,
        in_knowledge=in_knowledge,
        entered=tuple(Entered(each.index, each.type, each.recorded_at) for each in entered),
        in_force=tuple(_changes(learned, last, folded)),
        masked=tuple(dict.fromkeys((*first.masked, *last.masked))),
    )


def _only_one_knows(first: Answer, learned: Answer) -> list[EntryLine]:
    """The entries between the two sizes, in the order of the log."""
    known = {line.index: line for line in (*first.entries, *learned.entries)}
    both = {line.index for line in first.entries} & {line.index for line in learned.entries}
    return [known[index] for index in sorted(known.keys() - both)]


def _causes(change: Change, about: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The causes that became known in between; else what was entered of the thing."""
    entered = {index for indexes in about.values() for index in indexes}
    causes = tuple(index for index in change.entries if index in entered)
    return causes or about.get(change.id, ()) or change.entries


def _by_thing(
    entered: Iterable[EntryLine], entries: Mapping[int, Entry], folded: Folded
) -> dict[str, tuple[int, ...]]:
    """Leaf indexes by the record or sanction that the entry is about."""
    found: dict[str, tuple[int, ...]] = {}
    for line in entered:
        about = concern(entries[line.index].facts, folded)
        key = about.record or about.sanction
        if key is not None:
            found[key] = (*found.get(key, ()), line.index)
    return found


def _changes(before: Answer, after: Answer, folded: Folded) -> Iterator[Change]:
    visible = {line.index for line in (*before.entries, *after.entries)}
    for about in ("record", "sanction"):
        old, new = _states(before, about), _states(after, about)
        yield from _differing(about, "state", old, new)
    old, new = _reports(before, folded, visible), _reports(after, folded, visible)
    yield from _differing("sanction", "enforcement", old, new)


def _differing(
    about: Thing, what: Aspect, old: Mapping[str, _Said], new: Mapping[str, _Said]
) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        before, after = old.get(key, _NOTHING), new.get(key, _NOTHING)
        if before.value != after.value:
            because = after.because or before.because
            yield Change(about, key, what, before.value, after.value, because)


def _states(answer: Answer, about: Thing) -> dict[str, _Said]:
    if about == "record":
        return {line.record: _Said(line.state, line.because) for line in answer.records}
    return {line.sanction: _Said(line.state, line.because) for line in answer.sanctions}


def _reports(answer: Answer, folded: Folded, visible: set[int]) -> dict[str, _Said]:
    found = {}
    for line in answer.sanctions:
        told = line.enforcement
        because = tuple(
            report.index
            for report in folded.sanctions[line.sanction].reports
            if (report.facts.state, report.facts.on) == (told.state, told.on)
            and report.index in visible
            and report.index < answer.tree_size
        )
        found[line.sanction] = _Said(told.state, because[-1:])
    return found
