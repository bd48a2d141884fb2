"""Whether a statement is given on an answer, and which entries it shows. Pure.

A statement shows entries in full, so it is given only to a reader who may see all of each of
them; and for the public a refusal must not depend on how much is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from ledger.entry import Entry
from ledger.organisations.node_keys import Compromise
from projections.answer import Answer
from projections.history import tied
from projections.reader import Details, Public, Reader, answer
from projections.statement_faults import StatementNeedsReader, StatementWithheld
from projections.statement_limits import is_person


def entries_to_show(
    found: Answer,
    entries: Sequence[Entry],
    *,
    subject: UUID,
    scheme: str,
    reader: Reader,
    details: Details,
    compromises: Sequence[Compromise],
) -> tuple[Entry, ...]:
    """The entries of a statement on ``found``, the answer that ``entries`` gave.

    Those known at its tree size, where they alone give it; else all: what may be shown of a
    record can have changed since. Raises ``StatementNeedsReader`` or ``StatementWithheld``.
    """
    if isinstance(reader, Public) and is_person(scheme):
        raise StatementNeedsReader
    known = [entry for entry in entries if entry.index < found.tree_size]
    reach = tied(known, subject)
    shown: Sequence[Entry] = [entry for entry in known if entry.stream.id in reach]
    again = answer(
        shown,
        subject,
        reader,
        valid_at=found.valid_at,
        known_at=found.known_at,
        tree_size=found.tree_size,
        details=details,
        compromises=compromises,
    )
    if again != found:
        shown = entries
    require_whole(shown, entries, subject, reader, found.valid_at)
    return tuple(shown)


def require_whole(
    shown: Sequence[Entry],
    entries: Sequence[Entry],
    subject: UUID,
    reader: Reader,
    valid_at: date,
) -> None:
    """Raises ``StatementNeedsReader`` or ``StatementWithheld`` unless the reader may see all of
    each entry to be ``shown``; ``entries`` are all that the log holds.
    """
    size = max((entry.index + 1 for entry in shown), default=0)
    whole = answer(entries, subject, reader, valid_at=valid_at, known_at=None, tree_size=size)
    facts = {line.index: line.facts for line in whole.entries}
    for entry in shown:
        if facts.get(entry.index) != entry.facts.to_json():
            if isinstance(reader, Public):
                raise StatementNeedsReader
            raise StatementWithheld(index=entry.index)
