"""What must hold of every history and answer, whatever was entered in whatever order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import Entry
from ledger.events.base import Facts
from ledger.events.disputes import (
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RepairRequested,
)
from ledger.events.exchange import NoticeReceived, RecordReceived
from ledger.events.records import (
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordWithdrawn,
)
from ledger.events.sanctions import SanctionImposed
from ledger.signing.sealing import Detail, Erased, Opened, Withheld
from projections.answer import Answer, Masked, shown, to_json
from projections.concern import PUBLIC_TYPES
from projections.history import history
from projections.reader import Details, Public, Reader, Registered, answer
from tests.unit.projections.generated import DAYS, FIRST, SECRET, days, logs
from tests.unit.projections.made import FIRM, OTHER_FIRM, Log, uid

EVERY_DAY = [FIRST + timedelta(days=n) for n in range(-1, 2 * DAYS + 2)]
BEFORE_ANY_RETENTION = FIRST - timedelta(days=1)


def officer(today: date = BEFORE_ANY_RETENTION) -> Registered:
    """The node's own officer, who sees every publicity class."""
    return Registered(today, "op-9", "核查", "示例法第三条")


def outsider(today: date) -> Registered:
    return Registered(today, "op-9", "核查", "示例法第三条", organisation="SHILI-YINHANG")


def ask(
    entries: Sequence[Entry],
    reader: Reader,
    valid_at: date,
    size: int | None = None,
    details: Details | None = None,
) -> Answer:
    size = len(entries) if size is None else size
    known_at = entries[size - 1].recorded_at if size else None
    return answer(
        entries,
        FIRM,
        reader,
        valid_at=valid_at,
        known_at=known_at,
        tree_size=size,
        details=details,
    )


def every_detail(entries: Sequence[Entry], erased: frozenset[int] = frozenset()) -> Details:
    def detail(index: int) -> Detail:
        return Erased(1) if index in erased else Opened(SECRET, b"\0" * 32)

    return {e.index: {name: detail(e.index) for name in e.sealed or ()} for e in entries}


# -- an own, slow reading of the entries ---------------------------------------


def as_corrected(entries: Sequence[Entry], record: str) -> dict[str, object]:
    facts: dict[str, object] = {}
    for entry in entries:
        match entry.facts:
            case RecordCollected(record=found) if found == record:
                facts = entry.facts.to_json()
            case RecordReceived(record=found) if found == record and not facts:
                facts = entry.facts.collected.to_json()
            case RecordCorrected(record=found) if found == record:
                facts |= {change.field: change.new for change in entry.facts.changes}
            case NoticeReceived(record=found, act="correction") if found == record:
                facts |= {change.field: change.new for change in entry.facts.changes}
            case _:
                pass
    return facts


def ends_of_dispute(entries: Sequence[Entry], filed: ObjectionFiled) -> list[str]:
    """The days on which something ended this dispute, as entered: a rejection; a correction
    once it was upheld or conceded; conceding, once it was corrected."""
    ends, conceded, upheld, corrected = [], False, False, False
    start = next(n for n, entry in enumerate(entries) if entry.facts is filed)
    for facts in (entry.facts for entry in entries[start:]):
        match facts:
            case ObjectionAnswered(objection=filed.objection):
                conceded = facts.finding != "confirmed"
                if corrected and facts.finding == "corrected":
                    ends.append(facts.answered_on.isoformat())
            case ObjectionDecided(objection=filed.objection):
                upheld = True
                if facts.outcome == "rejected":
                    ends.append(facts.decided_on.isoformat())
            case RecordCorrected(record=filed.record):
                corrected = corrected or facts.cause == "objection"
                if conceded or upheld:
                    ends.append(facts.corrected_on.isoformat())
            case _:
                pass
    return ends


def cannot_bear(entries: Sequence[Entry], record: str, day: date) -> bool:
    """Whether the entries say that on ``day`` no sanction may rest on the record."""
    on, corrected = day.isoformat(), as_corrected(entries, record)
    if not corrected or on < str(corrected["held_from"]) or on >= str(corrected["held_until"]):
        return True
    repairs = {
        e.facts.repair: e.facts.record for e in entries if isinstance(e.facts, RepairRequested)
    }

    def forbids(facts: Facts) -> bool:
        match facts:
            case RecordWithdrawn(record=found):
                since = facts.effective
                return found == record and (since == "from_beginning" or since <= day)
            case RecordMended(record=found):
                return found == record and facts.mended_on <= day
            case NoticeReceived(record=found, act="withdrawal"):
                since = facts.effective or "from_beginning"
                return found == record and (since == "from_beginning" or since <= day)
            case NoticeReceived(record=found, act="mended" | "repair"):
                return found == record and (facts.acted_on or facts.received_on) <= day
            case RepairDecided(outcome="approved"):
                return repairs[facts.repair] == record and facts.decided_on <= day
            case ObjectionFiled(repeats=None):
                ended = [end for end in ends_of_dispute(entries, facts) if end <= on]
                return facts.record == record and facts.filed_on <= day and not ended
            case _:
                return False

    return any(forbids(entry.facts) for entry in entries)


def unpublished(entries: Sequence[Entry], today: date) -> set[str]:
    """The records that nobody outside may learn of on ``today``."""
    hidden = set()
    collected = [e.facts for e in entries if isinstance(e.facts, RecordCollected)]
    for facts in collected:
        now, on = as_corrected(entries, facts.record), today.isoformat()
        window = str(now["publish_from"]) <= on < str(now["publish_until"])
        ended = any(
            isinstance(e.facts, PublicationEnded)
            and e.facts.record == facts.record
            and e.facts.on <= today
            for e in entries
        )
        gone = any(
            isinstance(e.facts, RecordWithdrawn)
            and e.facts.record == facts.record
            and (e.facts.effective == "from_beginning" or e.facts.effective <= today)
            for e in entries
        )
        if now["publicity"] != "public" or not window or ended or gone:
            hidden.add(facts.record)
    return hidden


# -- states ---------------------------------------------------------------------


@given(logs())
def test_no_sanction_is_in_force_on_a_record_that_cannot_bear_it(log: Log) -> None:
    """Never in force while a record under it is unknown, disputed, withdrawn, mended,
    repaired, expired or not holding yet, on any day, whatever was entered."""
    resting = {
        e.facts.sanction: e.facts.records
        for e in log.entries
        if isinstance(e.facts, SanctionImposed)
    }
    for day in EVERY_DAY:
        for line in history(log.entries, FIRM, valid_at=day).sanctions:
            if line.state == "in_force":
                assert not [r for r in resting[line.sanction] if cannot_bear(log.entries, r, day)]
                assert line.starts_on <= day < line.ends_on


@given(logs())
def test_since_is_the_first_day_of_the_run(log: Log) -> None:
    """``since`` is not after ``valid_at``, and every day from it to ``valid_at`` has the state."""
    states: dict[tuple[date, str], str] = {}
    for day in EVERY_DAY:
        told = history(log.entries, FIRM, valid_at=day)
        lines: list[tuple[str, str, date]] = [
            *((r.record, r.state, r.since) for r in told.records),
            *((s.sanction, s.state, s.since) for s in told.sanctions),
        ]
        for key, state, since in lines:
            states[day, key] = state
            if state == "not_started":
                assert since > day
                continue
            assert since <= day
            run = [d for d in EVERY_DAY if since <= d <= day]
            assert {states[d, key] for d in run} == {state}
            if state != "lifted" and since > EVERY_DAY[0]:
                assert states.get((since - timedelta(days=1), key)) != state


# -- as known --------------------------------------------------------------------


@given(logs(), days, st.data())
def test_an_as_known_answer_never_changes(log: Log, valid_at: date, data: st.DataObject) -> None:
    """The answer at a tree size is the same however much was appended since."""
    size = data.draw(st.integers(0, len(log.entries)))
    then = ask(log.entries[:size], officer(), valid_at)
    now = ask(log.entries, officer(), valid_at, size)
    assert to_json(now) == to_json(then)
    if now.subject is not None:
        assert {line.index for line in now.entries} == of_the_firm(log, size)


def of_the_firm(log: Log, size: int) -> set[int]:
    """Leaf indexes of the firm's entries, and of the other's once they are tied."""
    is_tied = any(e.type == "IdentifierCorrected" for e in log.entries[:size])
    return {
        e.index
        for e in log.entries[:size]
        if e.stream.id == FIRM or (is_tied and e.stream.id == OTHER_FIRM)
    }


@given(logs(), days, days, st.data())
def test_erasure_changes_no_fact(
    log: Log, valid_at: date, today: date, data: st.DataObject
) -> None:
    """Destroyed keys take details away, are named in ``masked``, and change nothing else."""
    indexes = [e.index for e in log.entries]
    gone = frozenset(data.draw(st.sets(st.sampled_from(indexes))))
    before = ask(log.entries, officer(today), valid_at, details=every_detail(log.entries))
    after = ask(log.entries, officer(today), valid_at, details=every_detail(log.entries, gone))

    def bare(told: Answer) -> Answer:
        lines = tuple(replace(line, details={}) for line in told.entries)
        return replace(told, entries=lines, masked=())

    assert bare(after) == bare(before)
    lost = [a for a, b in zip(before.entries, after.entries, strict=True) if a.details != b.details]
    assert not lost or "erased" in {note.why for note in after.masked}


@given(logs(), days, st.randoms(use_true_random=False))
def test_the_order_of_loading_is_no_matter(log: Log, valid_at: date, random: object) -> None:
    """Entries of several streams may be handed over in any order."""
    mixed = list(log.entries)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    size, known_at = len(mixed), log.entries[-1].recorded_at
    told = answer(mixed, FIRM, officer(), valid_at=valid_at, known_at=known_at, tree_size=size)
    assert told == ask(log.entries, officer(), valid_at)


# -- masking ----------------------------------------------------------------------


def assert_only_removes(part: Answer, whole: Answer) -> None:
    facts = {line.index: dict(line.facts) for line in whole.entries}
    for line in part.entries:
        for name, value in line.facts.items():
            full = facts[line.index][name]
            if isinstance(value, list):
                assert isinstance(full, list)
                assert [one for one in full if one in value] == value
            else:
                assert value == full
    records = {line.record: line for line in whole.records}
    for record in part.records:
        full_record = records[record.record]
        assert set(record.because) <= set(full_record.because)
        assert replace(record, because=()) == replace(full_record, because=())
    sanctions = {line.sanction: line for line in whole.sanctions}
    for sanction in part.sanctions:
        full_sanction = sanctions[sanction.sanction]
        assert set(sanction.because) <= set(full_sanction.because)
        assert replace(sanction, because=()) == replace(full_sanction, because=())


@given(logs(), days, days, st.data())
def test_masking_only_removes(log: Log, valid_at: date, today: date, data: st.DataObject) -> None:
    """What any reader is shown is part of what the node's own officer was shown at first."""
    size = data.draw(st.integers(0, len(log.entries)))
    whole = ask(log.entries, officer(), valid_at, size)
    for reader in (Public(today), outsider(today), officer(today)):
        part = ask(log.entries, reader, valid_at, size)
        assert_only_removes(part, whole)
        visible = {line.index for line in part.entries}
        because = [line.because for line in part.records]
        because += [line.because for line in part.sanctions]
        assert all(visible.issuperset(indexes) for indexes in because)


@given(logs(), days, days, st.data())
def test_the_public_learns_nothing_unpublished(
    log: Log, valid_at: date, today: date, data: st.DataObject
) -> None:
    """No id of a record that is not published today, no operator's type, no sealed value."""
    size = data.draw(st.integers(0, len(log.entries)))
    told = ask(log.entries, Public(today), valid_at, size, every_detail(log.entries))
    text = json.dumps(to_json(told), ensure_ascii=False)
    for record in unpublished(log.entries, today):
        assert record not in text
    assert SECRET not in text
    assert "details" not in text
    assert {line.type for line in told.entries} <= PUBLIC_TYPES
    assert told.masked == ()
    if told.subject is None:
        assert told == Answer(None, valid_at, told.known_at, size)


@given(logs(), days, days)
def test_government_records_stay_with_the_government(log: Log, valid_at: date, today: date) -> None:
    """An outsider learns of a government record only that it is masked."""
    told = ask(log.entries, outsider(today), valid_at, details=every_detail(log.entries))
    text = json.dumps(to_json(replace(told, masked=())))
    for entry in log.entries:
        if isinstance(entry.facts, RecordCollected):
            key = entry.facts.record
            if as_corrected(log.entries, key)["publicity"] == "government":
                assert key not in text
                assert f"record {key}" in {note.what for note in told.masked}


@given(logs("natural_person"), days, days)
def test_persons_are_never_public(log: Log, valid_at: date, today: date) -> None:
    """Whatever was entered about a natural person, the public's answer is the empty one."""
    told = ask(log.entries, Public(today), valid_at)
    assert told == Answer(None, valid_at, told.known_at, told.tree_size)


@given(logs(), days, days)
def test_the_informant_is_shown_to_nobody(log: Log, valid_at: date, today: date) -> None:
    """Who complained is in no answer, also when the caller opened it by mistake."""
    filed = ComplaintFiled(case=uid(99), against="SHILI-JIANDU", filed_on=FIRST)
    log.add(FIRST, filed, sealed=("grounds", "who"))
    for reader in (Public(today), outsider(today), officer(today)):
        told = ask(log.entries, reader, valid_at, details=every_detail(log.entries))
        assert not any("who" in line.details for line in told.entries)
        noted = Masked(f"details of complaint {uid(99)}", "informant_confidential")
        assert isinstance(reader, Public) or noted in told.masked


@given(logs(), days, days)
def test_unopened_details_are_named(log: Log, valid_at: date, today: date) -> None:
    """A sealed field that was not opened, or withheld, is masked and never shown."""
    closed: Details = {e.index: dict.fromkeys(e.sealed or (), Withheld()) for e in log.entries}
    unopened = ask(log.entries, officer(today), valid_at)
    withheld = ask(log.entries, officer(today), valid_at, details=closed)
    assert unopened == withheld
    assert not any(line.details for line in unopened.entries)


@given(logs(), days, days)
def test_the_digest_is_that_of_the_canonical_answer(log: Log, valid_at: date, today: date) -> None:
    """The access entry's digest can be had from the printed JSON by any RFC 8785 library."""
    told = ask(log.entries, officer(today), valid_at, details=every_detail(log.entries))
    printed = json.loads(json.dumps(to_json(told)))
    assert shown(told).digest == sha256(rfc8785.dumps(printed)).hexdigest()
    assert shown(told).entries == len(printed["entries"])
