"""A compromised key bears nothing against a subject, whatever it signed and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import Entry
from ledger.events.disputes import ObjectionDecided, ObjectionFiled, RulingReversed
from ledger.events.records import RecordCollected, RecordCorrected
from ledger.events.sanctions import SanctionImposed, SanctionResumed
from ledger.organisations.node_keys import Compromise, Compromises
from projections.history import History, RecordLine, SanctionLine, history
from tests.unit.projections.generated import DAYS, FIRST, logs
from tests.unit.projections.made import FIRM, OTHER_FIRM, Log

pytestmark = pytest.mark.property

BAD, GOOD = "b" * 64, "c" * 64
DECLARED = 1_000
FAVOURABLE = {"withdrawn", "repaired", "mended", "expired", "wrongful", "lifted", "ended"}
around = st.integers(-40, 2 * DAYS).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def compromised(draw: st.DrawFn) -> tuple[list[Entry], Compromise]:
    """A log, each of its entries under a good or a compromised key, and the declaration."""
    log: Log = draw(logs())
    entries = [replace(e, keyid=draw(st.sampled_from([BAD, BAD, GOOD]))) for e in log.entries]
    covered = draw(st.integers(0, len(entries)))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return entries, Compromise(BAD, since, covered, DECLARED, draw(around))


def answered(entries: list[Entry], valid_at: date, *declared: Compromise) -> History:
    known = Compromises.known(declared)
    return history(entries, FIRM, valid_at=valid_at, compromises=known)


def bad(entry: Entry, declared: Compromise) -> bool:
    return entry.keyid == BAD and entry.index >= declared.covered


@given(compromised(), around)
def test_nothing_tainted_is_ever_in_force(
    drawn: tuple[list[Entry], Compromise], valid_at: date
) -> None:
    """Read plainly from the entries: a sanction is in force only where its last act and the
    last word on each of its adverse records are under a key that can be believed."""
    entries, declared = drawn
    found = answered(entries, valid_at, declared)
    own = list(found.entries)
    in_force = {line.sanction for line in found.sanctions if line.state == "in_force"}
    for key in in_force:
        acts = [
            entry
            for entry in own
            if isinstance(entry.facts, SanctionImposed | SanctionResumed)
            and entry.facts.sanction == key
            and _begins(entry.facts) <= valid_at
        ]
        assert not bad(acts[-1], declared)
        first = next(entry.facts for entry in acts if isinstance(entry.facts, SanctionImposed))
        assert isinstance(first, SanctionImposed)
        for entry in own:
            if isinstance(entry.facts, RulingReversed) and entry.facts.sanction == key:
                reversed_one = found.folded.sanctions[key].rulings
                assert not bad(entry, declared) or not any(
                    r.reversed is not None
                    and r.reversed.index == entry.index
                    and r.ruled.facts.wrong_from <= valid_at < r.ruled.facts.wrong_until
                    for r in reversed_one
                )
            if isinstance(entry.facts, RecordCollected) and entry.facts.record in first.records:
                still_adverse = found.folded.records[entry.facts.record].facts.adverse
                if entry.facts.adverse and still_adverse and bad(entry, declared):
                    assert _confirmed(own, entry, declared, valid_at)


def _begins(facts: SanctionImposed | SanctionResumed) -> date:
    """An act in doubt is in doubt from its own day on."""
    return facts.starts_on if isinstance(facts, SanctionImposed) else facts.from_


def _confirmed(own: list[Entry], record: Entry, declared: Compromise, day: date) -> bool:
    """A reviewer confirmed the record under a key that can be believed, by that day."""
    assert isinstance(record.facts, RecordCollected)
    about = {
        entry.facts.objection
        for entry in own
        if isinstance(entry.facts, ObjectionFiled) and entry.facts.record == record.facts.record
    }
    return any(
        isinstance(entry.facts, ObjectionDecided)
        and entry.facts.objection in about
        and entry.facts.outcome == "rejected"
        and entry.facts.decided_on <= day
        and entry.index > record.index
        and not bad(entry, declared)
        for entry in own
    )


def moved_earlier(entries: list[Entry], record: str) -> bool:
    """Whether a correction has the record hold from an earlier day than it was collected with."""
    return any(
        isinstance(entry.facts, RecordCorrected)
        and entry.facts.record == record
        and any(change.field == "held_from" for change in entry.facts.changes)
        for entry in entries
    )


@given(compromised(), around)
def test_a_declaration_only_takes_from_what_is_against_the_subject(
    drawn: tuple[list[Entry], Compromise], valid_at: date
) -> None:
    """No state turns to the worse, and none that favours the subject changes."""
    entries, declared = drawn
    before, after = answered(entries, valid_at), answered(entries, valid_at, declared)
    assert before.entries == after.entries
    believed = {line.record: line for line in after.records}
    assert believed.keys() <= {line.record for line in before.records}
    for one in before.records:
        other = believed.get(one.record)
        if other is None:  # what a tainted correction made it hold from earlier is taken back
            assert moved_earlier(entries, one.record)
            continue
        assert other.state in {one.state, "disputed", "expired"}
        assert one.state not in FAVOURABLE or replace(other, since=one.since) == one
        assert one.state not in FAVOURABLE or other == one or moved_earlier(entries, one.record)
    for old, new in zip(before.sanctions, after.sanctions, strict=True):
        assert old.sanction == new.sanction
        assert new.state in {old.state, "suspended", "ended", "wrongful"}
        assert old.state not in FAVOURABLE or new.state in {old.state, "wrongful"}


@given(compromised(), around)
def test_what_changes_names_the_declaration(
    drawn: tuple[list[Entry], Compromise], valid_at: date
) -> None:
    """``because`` of every state that a declaration changed names it, and ``since`` is never
    after the day asked for."""
    entries, declared = drawn
    before, after = answered(entries, valid_at), answered(entries, valid_at, declared)
    changed: list[RecordLine | SanctionLine] = [
        new
        for old, new in zip(before.records, after.records, strict=True)
        if old.state != new.state
    ]
    changed += [
        new
        for old, new in zip(before.sanctions, after.sanctions, strict=True)
        if old.state != new.state
    ]
    for line in changed:
        assert DECLARED in line.because
        assert line.since <= valid_at


@given(compromised(), around)
def test_an_answer_of_before_the_declaration_stays(
    drawn: tuple[list[Entry], Compromise], valid_at: date
) -> None:
    """Known at a size below the declaration, every state is what it was without it."""
    entries, declared = drawn
    for subject in (FIRM, OTHER_FIRM):
        known = Compromises.known([declared], DECLARED)
        later = history(entries, subject, valid_at=valid_at, compromises=known)
        assert later == history(entries, subject, valid_at=valid_at)
