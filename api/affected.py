"""Asking how far a doubt reaches: the records of a cause, and all that rests on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from api.listing import Find, Found, Listing, Made, Shown, Told, tell_list
from ledger.clock import LEGAL_OFFSET, MICROSECOND
from ledger.node import Node
from projections.lists.affected import Affected, HitRecord, HitSanction
from projections.lists.affected import affected as find_affected
from projections.lists.affected_pages import By, Cause
from projections.lists.asked import GOVERNMENT, ListAsked
from projections.lists.paging import Cut
from projections.lists.plain import plain
from projections.models.rows import FOREVER
from projections.models.store import Reading

NAMING = ("subject", "document", "operator")
"""What tells whom a record is about, or who of the staff entered it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is in doubt; ``from_`` and ``until`` are legal days of entry, half-open."""

    by: By | None = None
    value: str = ""
    from_: date | None = None
    until: date | None = None


def tell_affected(node: Node, question: Listing, doubt: Doubt) -> Told:
    """{"subjects", "records", "sanctions", "enforcers", "recipients", "unacknowledged", "left",
    "is_more", "next", "masked"} beside what every list says. Raises as ``tell_list``.
    """
    cause = Cause(
        doubt.by,
        doubt.value,
        0 if doubt.from_ is None else _entries_before(node, doubt.from_),
        FOREVER if doubt.until is None else _entries_before(node, doubt.until),
    )
    return tell_list(node, question, _find(cause))


def _entries_before(node: Node, day: date) -> int:
    """How many entries were recorded before the legal day began."""
    try:
        last = datetime.combine(day, time(), UTC) - LEGAL_OFFSET - MICROSECOND
    except OverflowError:  # the first day that there is
        return 0
    return node.store.resolve(last)


def _find(cause: Cause) -> Find:
    def find(reading: Reading, asked: ListAsked, cut: Cut) -> Found:
        page = find_affected(reading, asked, cause, cut)
        hidden = {each.record for each in page.records if _is_hidden(each, asked)}
        return Found(_made(page, asked, hidden), shown=_shown(page, hidden))

    return find


def _is_hidden(record: HitRecord, asked: ListAsked) -> bool:
    """Whom it is about is not told; fails closed where its publicity is not known."""
    if asked.is_public:
        return True
    return not asked.sees_government and record.publicity in {None, GOVERNMENT}


def _made(page: Affected, asked: ListAsked, hidden: set[str]) -> Made:
    """Lists keep their length, whatever of a line is withheld."""
    named = _shown(page, hidden)
    return {
        "subjects": [
            plain(each._replace(subject=each.subject if each.subject in named else None))
            for each in page.subjects
        ],
        "records": [_record(each, is_hidden=each.record in hidden) for each in page.records],
        "sanctions": [
            {**plain(each), **({"subject": None} if _rests(each, hidden) else {})}
            for each in page.sanctions
        ],
        "enforcers": plain(page.enforcers),
        "recipients": plain(page.recipients),
        "unacknowledged": plain(page.unacknowledged),
        "left": page.left,
        "is_more": page.is_more,
        "next": page.next,
        "masked": plain(asked.masked("records", subjects=True)),
    }


def _record(record: HitRecord, *, is_hidden: bool) -> Made:
    made: Made = plain(record)
    return {**made, **dict.fromkeys(NAMING)} if is_hidden else made


def _rests(sanction: HitSanction, hidden: set[str]) -> bool:
    return not hidden.isdisjoint(sanction.records)


def _shown(page: Affected, hidden: set[str]) -> dict[str, Shown]:
    """By subject that is named: the ids that are shown of it."""
    found: dict[str, Shown] = {}
    for record in page.records:
        if record.record not in hidden:
            found.setdefault(record.subject, Shown()).records.append(record.record)
    for sanction in page.sanctions:
        if not _rests(sanction, hidden):
            found.setdefault(sanction.subject, Shown()).sanctions.append(sanction.sanction)
    return found
