"""Lists across subjects, from the read models; each look at a subject is registered before.

The read models follow the log first. Where they cannot, the answer says where they stand and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from api.asking import day_of_asking, reader_of, resolve
from api.cursors import Cursors
from api.models import read_models
from api.registering import Look, register
from ledger.events.base import Id
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.signing.canonical import canonical
from ledger.storage.errors import GuardChanged, VersionConflict
from projections.lists.asked import ListAsked
from projections.lists.deadlines import Due, ListedTerm
from projections.lists.deadlines import deadlines as find_deadlines
from projections.lists.paging import Cut, Page
from projections.lists.plain import plain
from projections.lists.quality import quality as find_quality
from projections.lists.sanctions import (
    ListedPublication,
    ListedSanction,
    Which,
    per_enforcer,
    published,
    shown_records,
)
from projections.lists.sanctions import sanctions as find_sanctions
from projections.models.errors import UnreadableValue
from projections.models.store import Position, Reading

Made = dict[str, object]
"""An answer's JSON."""

_ID: Final = TypeAdapter[str](Id)


@dataclass(frozen=True, slots=True)
class Listing:
    """On which day, as known when, by whom; which page."""

    valid_at: date | None = None
    known_at: datetime | int | None = None
    operator: str | None = None
    purpose: str | None = None
    basis: str | None = None
    organisation: str | None = None
    at: datetime | None = None
    cut: Cut = field(default_factory=Cut)


@dataclass(frozen=True, slots=True)
class Told:
    """The answer, and what a person is to be told beside it."""

    made: Made
    as_of_last_entry: bool
    position: Position


@dataclass(slots=True)
class Shown:
    """Ids of one subject."""

    records: list[str] = field(default_factory=list)
    sanctions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """The members of one list's answer, and whom it shows."""

    made: Made
    subjects: Sequence[str] = ()
    records: Sequence[str] = ()
    sanctions: Sequence[str] = ()
    shown: Mapping[str, Shown] = field(default_factory=dict)
    """By subject, in place of the three above, where a line shows more than one of a kind."""


class Find(NamedTuple):
    """Finds a list; ``question`` names it with its filters: a cursor continues that one alone."""

    question: str
    find: Callable[[Reading, ListAsked, Cut], Found]


def tell_list(node: Node, question: Listing, find: Find) -> Told:
    """What ``find`` tells this reader. Raises as ``api.asking.ask``, ``BadCursor``, ``BadLimit``."""
    size, known_at, clipped = resolve(node, question.known_at)
    cursors = Cursors(node.index_hmac_key(), find.question)
    for _ in range(MAX_ATTEMPTS):
        node.registry()
        today = day_of_asking(node, question)
        reader = reader_of(node, question, today)
        with read_models(node) as models, models.reading() as reading:
            position = reading.position
            day = question.valid_at or today
            asked = ListAsked(day, min(size, position.size), reader)
            with cursors.opened(question.cut) as cut:
                found = find.find(reading, asked, cut)
        place = found.made.get("next")
        made: Made = {
            "valid_at": plain(day),
            "known_at": plain(known_at),
            "tree_size": size,
            "position": position.size,
            **({} if position.stopped is None else {"stopped": plain(position.stopped)}),
            **found.made,
            **({"next": cursors.closed(place)} if isinstance(place, str) else {}),
        }
        if asked.is_public:
            return Told(made, clipped, position)
        try:
            register(
                node,
                question,
                _looks(found, made),
                valid_at=day,
                tree_size=asked.size,
                today=today,
            )
        except (VersionConflict, GuardChanged):
            continue
        return Told(made, clipped, position)
    raise TooManyConflicts(attempts=MAX_ATTEMPTS)


def _looks(found: Found, made: Made) -> list[Look]:
    """One for each subject shown; what was shown of others is not in its stream."""
    digest = sha256(canonical(made)).hexdigest()
    if found.shown:
        return [
            Look(_subject(subject), digest, _ids(of.records), _ids(of.sanctions))
            for subject, of in found.shown.items()
        ]
    return [
        Look(
            _subject(subject),
            digest,
            _ids(_of(subject, found.records, found.subjects)),
            _ids(_of(subject, found.sanctions, found.subjects)),
        )
        for subject in dict.fromkeys(found.subjects)
    ]


def _of(subject: str, ids: Sequence[str], subjects: Sequence[str]) -> list[str]:
    return [each for each, of in zip(ids, subjects, strict=False) if of == subject]


def _ids(stored: Sequence[str]) -> list[str]:
    """An entry holds ids and nothing else; a row may hold what somebody wrote there."""
    for each in stored:
        try:
            _ID.validate_python(each)
        except ValidationError as error:
            raise UnreadableValue.of(each) from error
    return list(stored)


def _subject(stored: str) -> UUID:
    try:
        return UUID(stored)
    except ValueError as error:
        raise UnreadableValue.of(stored) from error


def _page(name: str, page: Page[object], masked: object) -> Made:
    return {name: plain(page.lines), "left": page.left, "next": page.next, "masked": plain(masked)}


def _causes(asked: ListAsked, because: tuple[int, ...]) -> tuple[int, ...]:
    """To those who see every entry: another might learn of one that is not shown."""
    return because if asked.sees_government else ()


# -- the lists ---------------------------------------------------------------------------


def sanctions(which: Which) -> Find:
    """``sanctions``: {"sanctions", "left", "next", "masked"}."""

    def find(reading: Reading, asked: ListAsked, cut: Cut) -> Found:
        page = find_sanctions(reading, asked, which, cut)
        seen = shown_records(reading, asked, page.lines)
        lines = tuple(
            each._replace(
                records=tuple(record for record in each.records if record in seen),
                because=_causes(asked, each.because),
            )
            for each in page.lines
        )
        shown: Page[ListedSanction] = Page(lines, page.left, page.next)
        return Found(
            _page("sanctions", shown, asked.masked("sanctions", subjects=False)),
            subjects=[each.subject for each in lines],
            sanctions=[each.sanction for each in lines],
        )

    return Find(f"sanctions {which}", find)


def publications() -> Find:
    """``sanctions --publications``: {"publications", "left", "next", "masked"}."""

    def find(reading: Reading, asked: ListAsked, cut: Cut) -> Found:
        page: Page[ListedPublication] = published(reading, asked, cut)
        lines = tuple(each._replace(because=_causes(asked, each.because)) for each in page.lines)
        return Found(
            _page("publications", Page(lines, page.left, page.next), ()),
            subjects=[each.subject for each in page.lines],
            records=[each.record for each in page.lines],
        )

    return Find("publications", find)


def enforcers(which: Which) -> Find:
    """``sanctions --per-enforcer``: {"enforcers", "masked"}; no subject is named."""

    def find(reading: Reading, asked: ListAsked, _: Cut) -> Found:
        found = per_enforcer(reading, asked, which)
        masked = asked.masked("sanctions", subjects=False)
        return Found({"enforcers": plain(found), "masked": plain(masked)})

    return Find(f"enforcers {which}", find)


def deadlines(due: Due) -> Find:
    """``deadlines``: {"deadlines", "left", "next", "masked"}."""

    def find(reading: Reading, asked: ListAsked, cut: Cut) -> Found:
        page: Page[ListedTerm] = find_deadlines(reading, asked, due, cut)
        lines = [
            {
                "subject": each.subject,
                **plain(each.term._replace(because=_causes(asked, each.term.because))),
                **({} if each.is_named else {"id": None}),
            }
            for each in page.lines
        ]
        made: Made = {
            "deadlines": lines,
            "left": page.left,
            "next": page.next,
            "masked": plain(asked.masked("deadlines", subjects=True)),
        }
        return Found(made, subjects=[each.subject for each in page.lines if each.subject])

    return Find(f"deadlines {due}", find)


def quality(since: date | None, supplier: str | None) -> Find:
    """``quality``: {"from", "suppliers"}; no subject is named."""

    def find(reading: Reading, asked: ListAsked, _: Cut) -> Found:
        found = find_quality(reading, asked, since, supplier)
        return Found({"from": plain(since), "suppliers": plain(found)})

    return Find(f"quality {since} {supplier!r}", find)
