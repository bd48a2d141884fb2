"""To whom a statement is given, and which entries it shows."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from ledger.entry import Entry
from ledger.events.records import RecordCorrected
from ledger.events.subjects import IdentifierCorrected
from projections.reader import Public, Reader, Registered, answer
from projections.statement_faults import StatementNeedsReader, StatementWithheld
from projections.statement_given import entries_to_show
from tests.unit.projections.made import (
    FIRM,
    OTHER_FIRM,
    PERSON,
    R1,
    SUPPLIER,
    Log,
    basic,
    collected,
    imposed,
    noticed,
    opened,
)

TODAY = date(2026, 5, 1)
OFFICER = Registered(TODAY, "op-7", "核查", "示例法第三条")
OUTSIDER = Registered(TODAY, "op-7", "核查", "示例法第三条", "91350200SHILI")
ANYONE = Public(TODAY)


def shown(
    log: Log, size: int, reader: Reader = OFFICER, subject: UUID = FIRM, scheme: str = "uscc"
) -> list[int]:
    """The leaf indexes that a statement on the log's answer at ``size`` shows."""
    entries: list[Entry] = log.entries
    found = answer(
        entries, subject, reader, valid_at=TODAY, known_at=None, tree_size=size, details={}
    )
    told = entries_to_show(
        found,
        entries,
        subject=subject,
        scheme=scheme,
        reader=reader,
        details={},
        compromises=(),
    )
    return [entry.index for entry in told]


def corrected(old: str, new: str) -> RecordCorrected:
    changes = [{"field": "publicity", "old": old, "new": new}]
    return RecordCorrected.model_validate(
        {"record": R1, "changes": changes, "cause": "own_check", "corrected_on": "2026-03-05"}
    )


def test_what_was_known_is_shown_and_no_more() -> None:
    """Entries past the answer's size are not handed out where they change nothing."""
    assert shown(basic(), 3) == [0, 1, 2]
    assert shown(basic(), 4) == [0, 1, 2, 3]
    assert shown(basic(), 0) == []


def test_what_changed_since_in_showing_is_shown_with_it() -> None:
    """Where a later correction lets the reader see, the entry that says so is part of it."""
    log = Log().add(date(2026, 3, 2), opened(), collected(publicity="government"))
    log.add(date(2026, 3, 5), corrected("government", "public"))
    assert shown(log, 2, OUTSIDER) == [0, 1, 2]
    assert shown(log, 2, OFFICER) == [0, 1]


def test_a_reader_who_may_not_see_an_entry_gets_no_statement() -> None:
    """Government sharing, also where it was decided later; and retention that has ended."""
    log = Log().add(date(2026, 3, 2), opened(), collected())
    log.add(date(2026, 3, 5), corrected("public", "government"))
    for size in (2, 3):
        with pytest.raises(StatementWithheld):
            shown(log, size, OUTSIDER)
        assert len(shown(log, size, OFFICER)) == size
    ended = Registered(date(2031, 2, 27), "op-7", "核查", "示例法第三条")
    with pytest.raises(StatementWithheld):
        shown(basic(), 4, ended)


def test_the_public_is_given_what_is_public_as_a_whole() -> None:
    """Who approved a sanction is not public, so with the sanction there is no statement."""
    published = Log().add(date(2026, 3, 2), opened(), collected(), noticed())
    assert shown(published, 3, ANYONE) == [0, 1, 2]
    with pytest.raises(StatementNeedsReader):
        shown(basic(), 4, ANYONE)
    approved = imposed(approved_by=None)
    assert shown(published.add(date(2026, 3, 9), approved), 4, ANYONE) == [0, 1, 2, 3]
    unpublished = Log().add(date(2026, 3, 2), opened(), collected(publicity="authorised"))
    with pytest.raises(StatementNeedsReader):
        shown(unpublished, 2, ANYONE)


def test_on_persons_the_public_is_told_the_same_whether_they_are_held_or_not() -> None:
    """The refusal rests on the scheme alone."""
    log = Log().add(date(2026, 3, 2), opened("natural_person"), subject=PERSON)
    for entries in (log, Log()):
        with pytest.raises(StatementNeedsReader):
            shown(entries, len(entries.entries), ANYONE, PERSON, "resident_id")


def test_an_organisation_of_which_nothing_is_held_is_stated_to_anyone() -> None:
    """There is nothing to withhold."""
    assert shown(basic(), 4, ANYONE, OTHER_FIRM) == []


def test_a_stream_that_is_tied_later_is_not_shown_earlier() -> None:
    """As known before the correction the two identifiers were two subjects."""
    tie = IdentifierCorrected(
        old_subject=str(OTHER_FIRM), new_subject=str(FIRM), reason="重错码", authority=SUPPLIER
    )
    log = Log().add(date(2026, 3, 2), opened())
    log.add(date(2026, 3, 3), opened(), subject=OTHER_FIRM)
    log.add(date(2026, 3, 4), tie).add(date(2026, 3, 5), tie, subject=OTHER_FIRM)
    assert shown(log, 2) == [0]
    assert shown(log, 4) == [0, 1, 2, 3]
