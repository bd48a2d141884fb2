"""What a node itself can do wrong, with its own key, and the audit says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.bootstrap import ERASING_SECONDS, let_erase, wall
from ledger.entry import Secret, StreamId, SubmissionRef
from ledger.events.disputes import ObjectionAnswered, ObjectionFiled
from ledger.events.governance import KeyIntroduced, KeyRetired, OrganisationAdmitted
from ledger.events.subjects import PersonalDataErased, SubjectOpened
from ledger.log.audit import audit
from ledger.reading import KeyReplaced
from ledger.signing import base64text
from ledger.signing.boxes import Box, write_details
from ledger.signing.keys import new_signing_key
from ledger.storage.port import EntryStore, Guard
from tests.unit.log.small_log import SIGNING, SmallLog, Writer, record, small_log, uuid

OTHER = new_signing_key(bytes(32))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with small_log(tmp_path / "home") as log:
        yield log


def found(log: SmallLog, store: EntryStore | None = None) -> set[tuple[int, str]]:
    report = audit(store or log.store, log.node.data_keys)
    return {(fault.index, fault.kind) for fault in report.faults}


def opening(number: int) -> tuple[StreamId, SubjectOpened]:
    facts = SubjectOpened(kind="legal_person", scheme="uscc", identifier="X", name="公司")
    return StreamId("subject", uuid(number)), facts


def introduced(log: SmallLog, keyid: str) -> KeyIntroduced:
    head = log.store.head()
    assert head is not None
    return KeyIntroduced(
        keyid=keyid,
        algorithm="ed25519",
        public_key=base64text.encode(OTHER.public),
        purposes=("entries",),
        from_=head.recorded_at,
    )


def test_a_retired_key_signs_nothing_any_more(log: SmallLog) -> None:
    """The node refuses to write with it; what is written past the node is a fault.

    A submission that it signed while it was in use stays good: the entry vouches for it.
    """
    writer = Writer(log.node)
    head = log.store.head()
    assert head is not None
    retired = KeyRetired(keyid=log.node.signing_key.keyid, from_=head.recorded_at)
    writer.save(writer.on_node(retired))
    submission = SubmissionRef(log.registrar_manifest, 2)
    event = writer.event(*opening(500), submission=submission)
    with pytest.raises(KeyReplaced):
        writer.save(event)
    guard = Guard(at=head.recorded_at + timedelta(days=1))
    (recording,) = log.node.application.save(event, guard=guard)
    assert found(log) == {(recording.notification.id - 1, "key_not_valid")}


def test_what_governs_stands_in_its_own_stream(log: SmallLog) -> None:
    """That of the body it is about, or of the node: else its chain says nothing of it."""
    writer = Writer(log.node)
    facts = OrganisationAdmitted(organisation="body-9", name="丙", from_=date(2026, 1, 1))
    (other,) = writer.save(writer.event(StreamId("organisation", uuid(5)), facts))
    assert found(log) == {(other, "unreadable")}


def test_a_key_is_introduced_under_its_own_id_only(log: SmallLog) -> None:
    """A key under another id is a fault; under its own it is none."""
    writer = Writer(log.node)
    writer.save(writer.on_node(introduced(log, OTHER.keyid)))
    (index,) = writer.save(writer.on_node(introduced(log, "ab" * 32)))
    assert found(log) == {(index, "unknown_key")}


def test_an_erasure_that_was_not_carried_out_is_found(log: SmallLog) -> None:
    """The entry names a data key that still lives."""
    writer = Writer(log.node)
    (key_id, _) = log.node.data_keys.ensure([f"subject:{log.person}"])[f"subject:{log.person}"]
    erased = PersonalDataErased(basis="条例", subject_itself=True, keys=(key_id,))
    (index,) = writer.save(writer.event(StreamId("subject", log.person), erased))
    assert found(log) == {(index, "erasure_unfinished")}
    log.node.data_keys.destroy([f"subject:{log.person}"], log.node.now())
    assert found(log) == set()


def test_an_erasure_of_a_key_that_never_was_is_found(log: SmallLog) -> None:
    """The key store keeps the row of a destroyed key: one without a row was lost."""
    writer = Writer(log.node)
    erased = PersonalDataErased(basis="条例", keys=(9_999,))
    (index,) = writer.save(writer.event(StreamId("subject", log.person), erased))
    assert found(log) == {(index, "data_key_lost")}


def test_a_data_key_that_was_destroyed_in_silence_is_found(log: SmallLog) -> None:
    """Details that nobody can read any more need an entry that says why."""
    log.node.data_keys.destroy([f"subject:{log.person}"], log.node.now())
    assert found(log) == {(log.sealed_index, "erasure_unrecorded")}


@pytest.mark.parametrize(
    ("of_person", "name"),
    [
        (False, f"record:{uuid(77)}"),
        (False, f"subject:{uuid(6)}"),
        (False, f"person:{uuid(77)}/{uuid(6)}"),
        (False, "gossip"),
        (True, f"subject:{uuid(77)}"),
        (True, f"record:{uuid(1050)}"),
    ],
)
def test_a_living_data_key_under_another_name_is_found(
    log: SmallLog, of_person: bool, name: str
) -> None:
    """Erasures find keys by name: one that was renamed would be missed by the next."""
    own, index = f"record:{uuid(1005)}", log.record_index
    if of_person:
        own, index = f"subject:{log.person}", log.sealed_index
    (key_id,) = log.node.data_keys.living([own]).values()
    with closing(sqlite3.connect(log.node.home.path / "data-keys.sqlite")) as keys, keys:
        keys.execute("DELETE FROM data_keys WHERE name = ?", (name,))
        keys.execute("UPDATE data_keys SET name = ? WHERE key_id = ?", (name, key_id))
    assert (index, "erasure_unrecorded") in found(log)


@pytest.mark.parametrize("subject", [1, 2])
def test_a_persons_data_key_belongs_to_one_subject(log: SmallLog, subject: int) -> None:
    """A third person's key of another subject is a fault; of this one it is none."""
    writer = Writer(log.node)
    facts = record(60, SIGNING)
    keys = (f"record:{facts.record}", f"person:{uuid(7)}/{uuid(subject)}")
    secret = Secret("parties", ["某丙"], keys)
    (index,) = writer.save(writer.event(StreamId("subject", uuid(1)), facts, (secret,)))
    assert found(log) == (set() if subject == 1 else {(index, "erasure_unrecorded")})


def test_an_erasure_under_way_is_given_time(log: SmallLog) -> None:
    """It is recorded before its key is destroyed: the audit asks again before it says so."""
    writer, name = Writer(log.node), f"subject:{log.person}"
    key_id, _ = log.node.data_keys.ensure([name])[name]
    erased = PersonalDataErased(basis="条例", subject_itself=True, keys=(key_id,))
    (index,) = writer.save(writer.event(StreamId("subject", log.person), erased))
    (stored,) = log.store.scan(index, index + 1)
    asked = []

    def pause(recorded_at: datetime) -> bool:
        asked.append(recorded_at)
        if len(asked) == 2:
            log.node.data_keys.destroy([name], log.node.now())
        return len(asked) < 9

    assert audit(log.store, log.node.data_keys, pause=pause).ok
    assert asked == [stored.recorded_at] * 2


def test_an_erasure_that_comes_to_no_end_is_found(log: SmallLog) -> None:
    """Once whoever recorded it should be done."""
    writer, name = Writer(log.node), f"subject:{log.person}"
    key_id, _ = log.node.data_keys.ensure([name])[name]
    erased = PersonalDataErased(basis="条例", subject_itself=True, keys=(key_id,))
    (index,) = writer.save(writer.event(StreamId("subject", log.person), erased))
    answers = iter([True, True, False])
    report = audit(log.store, log.node.data_keys, pause=lambda _: next(answers))
    assert [(one.index, one.kind) for one in report.faults] == [(index, "erasure_unfinished")]
    assert next(answers, None) is None


def test_only_a_young_erasure_is_waited_for() -> None:
    """Whoever recorded it waits for the key store no longer than so."""
    assert let_erase(wall())
    assert not let_erase(wall() - timedelta(seconds=ERASING_SECONDS + 1))
    assert not let_erase(wall() + timedelta(days=1))


class Answered:
    """Two subjects with two records each; an objection to the first was answered, with reasons."""

    def __init__(self, log: SmallLog) -> None:
        self.log = log
        writer = self.writer = Writer(log.node)
        self.records = {}
        for subject in (1, 2):
            stream = StreamId("subject", uuid(subject))
            for number in (60 + subject, 70 + subject):
                facts = record(number, SIGNING)
                narrative = Secret("narrative", "x", (f"record:{facts.record}",))
                writer.save(writer.event(stream, facts, (narrative,)))
                self.records[number] = facts.record
        self.stream = StreamId("subject", uuid(1))
        day = date(2026, 3, 1)
        filed = ObjectionFiled(
            objection=str(uuid(90)),
            record=self.records[61],
            filed_by="subject",
            filed_on=day,
            due_on=day,
        )
        answer = ObjectionAnswered(
            objection=filed.objection, supplier=SIGNING, finding="confirmed", answered_on=day
        )
        reasons = Secret("reasons", "because", (f"record:{self.records[61]}",))
        writer.save(writer.event(self.stream, filed))
        (self.index,) = writer.save(writer.event(self.stream, answer, (reasons,)))

    def erase(self, subject: int, number: int, named: int | None = None) -> int:
        """Erase a record's key by an entry of that subject; the key's id."""
        name = f"record:{self.records[number]}"
        (key_id,) = self.log.node.data_keys.living([name]).values()
        facts = PersonalDataErased(
            basis="条例", records=(self.records[named or number],), keys=(key_id,)
        )
        self.writer.save(self.writer.event(StreamId("subject", uuid(subject)), facts))
        self.log.node.data_keys.destroy([name], self.log.node.now())
        return key_id

    def pass_off(self, *keys: int, field: str = "reasons") -> None:
        """Put garbage in place of the answer's details, under a destroyed key."""
        details = write_details([Box([field], list(keys), bytes(100))])
        with closing(sqlite3.connect(self.log.node.home.path / "ledger.sqlite")) as db, db:
            db.execute("DROP TRIGGER entries_no_UPDATE")
            db.execute("UPDATE entries SET details = ? WHERE rowid = ?", (details, self.index + 1))


def test_what_was_erased_with_its_record_is_no_fault(log: SmallLog) -> None:
    """The reasons of an answer lie under the key of the record that was objected to."""
    Answered(log).erase(1, 61)
    assert found(log) == set()


@pytest.mark.parametrize(("subject", "number"), [(2, 62), (1, 71)])
def test_an_erasure_of_something_else_explains_nothing(
    log: SmallLog, subject: int, number: int
) -> None:
    """Neither of another subject's record nor of another record of this subject."""
    answered = Answered(log)
    answered.pass_off(answered.erase(subject, number))
    assert found(log) == {(answered.index, "erasure_unrecorded")}


@pytest.mark.parametrize(("subject", "named"), [(2, None), (1, 71)])
def test_an_erasure_counts_in_its_own_stream_for_what_it_names(
    log: SmallLog, subject: int, named: int | None
) -> None:
    """One that names the key, but stands elsewhere or names another record, does not explain it."""
    answered = Answered(log)
    answered.erase(subject, 61, named)
    assert {kind for _, kind in found(log)} == {"erasure_unrecorded"}


def test_a_persons_data_key_locks_only_what_names_persons(log: SmallLog) -> None:
    """Else garbage under the key of an erased person would stand for a narrative."""
    writer, stream = Writer(log.node), StreamId("subject", uuid(1))
    facts, person = record(60, SIGNING), f"person:{uuid(7)}/{uuid(1)}"
    narrative = Secret("narrative", "x", (f"record:{facts.record}", person))
    (index,) = writer.save(writer.event(stream, facts, (narrative,)))
    assert found(log) == {(index, "erasure_unrecorded")}


def test_a_row_is_kept_beside_entries_of_a_submission_only(log: SmallLog) -> None:
    """Under the names of what an import keeps, nothing else is hidden beside an entry."""
    writer, stream = Writer(log.node), StreamId("subject", uuid(1))
    facts = record(60, SIGNING)
    beside = tuple(
        Secret(name, "x", (f"record:{facts.record}",), committed=False)
        for name in ("submitted_row", "row_digest")
    )
    (index,) = writer.save(writer.event(stream, facts, beside))
    assert found(log) == {(index, "commitment_mismatch")}


def test_an_erasure_during_the_audit_is_no_fault(log: SmallLog) -> None:
    """The key is gone before the audit comes by, its erasure is recorded behind its end."""

    class Meanwhile:
        def __getattr__(self, name: str) -> Any:
            return getattr(log.store, name)

        def size(self) -> int:
            size = log.store.size()
            writer, name = Writer(log.node), f"subject:{log.person}"
            key_id, _ = log.node.data_keys.ensure([name])[name]
            erased = PersonalDataErased(basis="条例", subject_itself=True, keys=(key_id,))
            writer.save(writer.event(StreamId("subject", log.person), erased))
            log.node.data_keys.destroy([name], log.node.now())
            return size

    assert found(log, cast("EntryStore", Meanwhile())) == set()


def test_details_that_nothing_committed_to_are_found(log: SmallLog) -> None:
    """Beside an entry lies what it, or its submission, committed to, and nothing else."""
    writer = Writer(log.node)
    secret = Secret("gossip", "x", (f"subject:{uuid(500)}",), committed=False)
    (index,) = writer.save(writer.event(*opening(500), (secret,)))
    assert found(log) == {(index, "commitment_mismatch")}
