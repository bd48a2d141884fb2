"""What follows for one subject: its status, its periods, the difference between two pairs.

Answered from the subject's verified entries, as ``history`` is; the read models are for lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from uuid import UUID

from api.asking import day_of_asking, reader_of, resolve, tied_entries
from api.registering import Look, register
from ledger.entry import Entry
from ledger.identifiers import Scheme
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.signing.canonical import canonical
from ledger.storage.errors import GuardChanged, VersionConflict
from projections.answer import Answer
from projections.difference import Pair, difference
from projections.history import Folded, folded, tied
from projections.lists.periods import PUBLIC_TERMS, term
from projections.lists.periods import known as known_periods
from projections.lists.periods import of as shown_periods
from projections.lists.plain import plain
from projections.lists.status import ids_after, status
from projections.models.derive import derive
from projections.models.governance import Governance
from projections.models.rows import Rows
from projections.reader import Public, Reader, answer

KnownAt = datetime | int | None


@dataclass(frozen=True, slots=True)
class Following:
    """Of which subject, on which pairs of day and known instant or size, and who asks."""

    scheme: Scheme
    identifier: str
    pairs: tuple[tuple[date | None, KnownAt], ...] = ((None, None),)
    operator: str | None = None
    purpose: str | None = None
    basis: str | None = None
    organisation: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Seen:
    """What one reader is told from: all entries of the subject, and the pairs, resolved."""

    subject: UUID
    reader: Reader
    entries: Sequence[Entry]
    governance: Governance
    pairs: tuple[Pair, ...]
    as_of_last_entry: bool

    @property
    def is_public(self) -> bool:
        return isinstance(self.reader, Public)

    @property
    def last(self) -> Pair:
        return self.pairs[-1]

    def answer(self, valid_at: date, size: int, known_at: datetime | None = None) -> Answer:
        return answer(
            self.entries,
            self.subject,
            self.reader,
            valid_at=valid_at,
            known_at=known_at,
            tree_size=size,
            compromises=self.governance.compromises,
        )

    @cached_property
    def known(self) -> list[Entry]:
        """The entries of the subject's tied streams at the largest size, in log order."""
        size = max(pair.tree_size for pair in self.pairs)
        below = sorted((e for e in self.entries if e.index < size), key=lambda e: e.index)
        reach = tied(below, self.subject)
        return [entry for entry in below if entry.stream.id in reach]

    @cached_property
    def folded(self) -> Folded:
        return folded(self.known, self.subject)[1]

    @cached_property
    def rows(self) -> Rows:
        return derive(self.known, self.governance)


Made = dict[str, object]
"""An answer's JSON."""


def follow(node: Node, question: Following, make: Callable[[Seen], Made]) -> tuple[Made, bool]:
    """What ``make`` tells this reader, and whether it stands on an earlier moment than asked for.

    The look is registered before it is handed over. Raises as ``api.asking.ask``.
    """
    resolved = [resolve(node, known_at) for _, known_at in question.pairs]
    subject = node.subject_uuid(question.scheme, question.identifier)
    for _ in range(MAX_ATTEMPTS):
        governance = Governance.of(node.registry(), node.pack)
        today = day_of_asking(node, question)
        pairs = tuple(
            Pair(valid_at or today, size, known_at)
            for (valid_at, _), (size, known_at, _) in zip(question.pairs, resolved, strict=True)
        )
        seen = Seen(
            subject,
            reader_of(node, question, today),
            tied_entries(node, subject),
            governance,
            pairs,
            any(clipped for _, _, clipped in resolved),
        )
        made = make(seen)
        if seen.is_public:
            return made, seen.as_of_last_entry
        try:
            _register(node, question, seen, made, today)
        except (VersionConflict, GuardChanged):
            continue
        return made, seen.as_of_last_entry
    raise TooManyConflicts(attempts=MAX_ATTEMPTS)


def _register(node: Node, question: Following, seen: Seen, made: Made, today: date) -> None:
    answers = [seen.answer(*pair) for pair in dict.fromkeys(seen.pairs)]
    entries = {line.index for each in answers for line in each.entries}
    look = Look(
        subject=seen.subject,
        answer=sha256(canonical(made)).hexdigest(),
        records=list(dict.fromkeys(line.record for each in answers for line in each.records)),
        sanctions=list(dict.fromkeys(line.sanction for each in answers for line in each.sanctions)),
        entries=len(entries),
    )
    pair = max(reversed(seen.pairs), key=lambda each: each.tree_size)
    register(node, question, (look,), valid_at=pair.valid_at, tree_size=pair.tree_size, today=today)


def _head(shown: Answer) -> Made:
    return {
        "subject": plain(shown.subject),
        "valid_at": plain(shown.valid_at),
        "known_at": plain(shown.known_at),
        "tree_size": shown.tree_size,
    }


def status_json(seen: Seen) -> Made:
    """``status``: the head, then the members of ``projections.lists.status.Status``."""
    shown = seen.answer(*seen.last)
    found = status(shown, seen.folded, seen.rows, is_public=seen.is_public)
    return _head(shown) | {name: value for name, value in plain(found).items() if name != "subject"}


def periods_json(seen: Seen) -> Made:
    """``periods``: of what is shown, and its deadlines."""
    shown = seen.answer(*seen.last)
    ids = {line.record for line in shown.records} | {line.sanction for line in shown.sanctions}
    faded = ids_after(shown.masked, "facts of record ")
    faded |= ids_after(shown.masked, "facts of sanction ")
    size, day = seen.last.tree_size, seen.last.valid_at
    visible = {line.index for line in shown.entries}
    visible |= {each.index for each in seen.governance.compromises}
    periods = [
        each._replace(because=tuple(index for index in each.because if index in visible))
        for each in shown_periods(known_periods(seen.rows.periods, size, day), ids, faded)
    ]
    about = _records_of(seen.folded)
    terms = [
        term(row, day)
        for row in seen.rows.deadlines
        if row.known_from <= size < row.known_until and about.get(row.id, row.id) in ids - faded
    ]
    if seen.is_public:
        terms = [each for each in terms if each.kind in PUBLIC_TERMS]
    terms = [
        each._replace(because=tuple(index for index in each.because if index in visible))
        for each in terms
    ]
    terms.sort(key=lambda each: (each.due_on, each.kind, each.id))
    return _head(shown) | {
        "periods": plain(periods),
        "deadlines": plain(terms),
        "masked": plain(shown.masked),
    }


def _records_of(state: Folded) -> dict[str, str]:
    """Objection or repair to the record it is about."""
    objections = {key: each.filed.facts.record for key, each in state.objections.items()}
    repairs = {key: each.requested.facts.record for key, each in state.repairs.items()}
    return objections | repairs


def difference_json(seen: Seen) -> Made:
    """``diff``: the two pairs, and what changed between them."""
    earlier, later = seen.pairs[0], seen.last
    found = difference(earlier, later, seen.answer, seen.known, seen.folded)
    made: Made = plain(found)
    return made | {"tree_size": later.tree_size}
