"""Asking how far a doubt reaches: the records of a cause, and all that rests on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from api.liability import RecordUnknown
from api.listing import Find, Found, Listing, Made, Shown, Told, tell_list
from ledger.clock import LEGAL_OFFSET, MICROSECOND
from ledger.node import Node
from projections.lists.affected import Affected
from projections.lists.affected import affected as find_affected
from projections.lists.affected_pages import By, Cause, is_held
from projections.lists.asked import ListAsked
from projections.lists.paging import Cut
from projections.lists.plain import plain
from projections.models.rows import FOREVER
from projections.models.store import Reading

NAMING = ("subject", "document", "operator")
"""What tells whom a record is about, or who of the staff entered it: never for the public."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is in doubt; ``from_`` and ``until`` are legal days of entry, half-open."""

    by: By | None = None
    value: str = ""
    from_: date | None = None
    until: date | None = None


def tell_affected(node: Node, question: Listing, doubt: Doubt) -> Told:
    """{"subjects", "records", "sanctions", "enforcers", "recipients", "unacknowledged", "left",
    "is_more", "next", "masked"} beside what every list says. Raises ``RecordUnknown``, and as
    ``tell_list``. That there is a record of an id is told to whoever gives the id, as by
    ``liability``: an id cannot be guessed.
    """
    cause = Cause(
        doubt.by,
        doubt.value,
        0 if doubt.from_ is None else _entries_before(node, doubt.from_),
        FOREVER if doubt.until is None else _entries_before(node, doubt.until),
    )
    return tell_list(node, question, _find(doubt, cause))


def _entries_before(node: Node, day: date) -> int:
    """How many entries were recorded before the legal day began."""
    try:
        last = datetime.combine(day, time(), UTC) - LEGAL_OFFSET - MICROSECOND
    except OverflowError:  # the first day that there is
        return 0
    return node.store.resolve(last)


def _find(doubt: Doubt, cause: Cause) -> Find:
    def find(reading: Reading, asked: ListAsked, cut: Cut) -> Found:
        page = find_affected(reading, asked, cause, cut)
        if cause.by == "record" and not page.records and not is_held(reading, asked, cause.value):
            raise RecordUnknown(record=cause.value, size=asked.size)
        named = cause.value if cause.by == "record" else None
        return Found(_made(page, asked, named), shown=_shown(page, named))

    # By its days: the leaf index at which a day ends is another once something was entered.
    return Find(f"affected {doubt}", find)


def _made(page: Affected, asked: ListAsked, named: str | None) -> Made:
    """Lists keep their length, whatever of a line is withheld; ``named``: the asker's record."""
    less = NAMING if asked.is_public else ()

    def lines(
        found: Iterable[NamedTuple], is_seen: Callable[[Any], bool], bodies: Collection[str] = ()
    ) -> list[Made]:
        return [
            _without(plain(each), less) if is_seen(each) else _bare(plain(each), bodies, named)
            for each in found
        ]

    return {
        "subjects": lines(page.subjects, lambda _: True),
        "records": lines(page.records, lambda each: each.record in page.seen, ("supplier",)),
        "sanctions": lines(
            page.sanctions, lambda each: each.sanction in page.seen_sanctions, ("enforcer",)
        ),
        "enforcers": plain(page.enforcers),
        "recipients": plain(page.recipients),
        "unacknowledged": lines(
            page.unacknowledged, lambda each: each.record in page.seen, ("recipient",)
        ),
        "left": page.left,
        "is_more": page.is_more,
        "next": page.next,
        "masked": plain(asked.masked("records", subjects=True)),
    }


def _without(made: Made, names: Collection[str]) -> Made:
    return {name: None if name in names else value for name, value in made.items()}


def _bare(made: Made, bodies: Collection[str], named: str | None) -> Made:
    """What must be done and by whom; every member stays, so that the line can be read."""
    kept = {"wave", "must", *bodies}
    if named is not None and made.get("record") == named:
        kept.add("record")
    return {name: value if name in kept else _nothing(value) for name, value in made.items()}


def _nothing(value: object) -> object:
    if isinstance(value, dict):
        return dict.fromkeys(value)
    return [] if isinstance(value, list) else None


def _shown(page: Affected, named: str | None) -> dict[str, Shown]:
    """By subject: the ids that are shown of it, the one that the asker gave included."""
    found: dict[str, Shown] = {}
    for record in page.records:
        if record.record in page.seen or record.record == named:
            found.setdefault(record.subject, Shown()).records.append(record.record)
    for sanction in page.sanctions:
        if sanction.sanction in page.seen_sanctions:
            found.setdefault(sanction.subject, Shown()).sanctions.append(sanction.sanction)
    return found
