"""What a node itself can do wrong, with its own key, and the audit says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.entry import Secret, StreamId, SubmissionRef
from ledger.events.governance import KeyIntroduced, KeyRetired
from ledger.events.subjects import PersonalDataErased, SubjectOpened
from ledger.log.audit import audit
from ledger.signing import base64text
from ledger.signing.keys import new_signing_key
from ledger.storage.port import EntryStore
from tests.unit.log.small_log import SmallLog, Writer, small_log, uuid

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
    """An entry, and a submission, are judged by the key's validity when they were recorded."""
    writer = Writer(log.node)
    head = log.store.head()
    assert head is not None
    retired = KeyRetired(keyid=log.node.signing_key.keyid, from_=head.recorded_at)
    writer.save(writer.on_node(retired))
    submission = SubmissionRef(log.registrar_manifest, 2)
    (second,) = writer.save(writer.event(*opening(500), submission=submission))
    assert found(log) == {(second, "key_not_valid"), (second, "bad_manifest")}


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
