"""Which keys a checkpoint of the node's own may bear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.faults import FaultList
from ledger.log.kept import NOTHING_KNOWN, Kept, Known
from ledger.log.tree import StoreTree
from ledger.organisations.node_keys import NodeKey
from ledger.storage.rows import to_micros
from ledger.storage.tree_reads import note_of
from tests.unit.log.small_log import SmallLog, small_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLog]:
    with small_log(tmp_path_factory.mktemp("kept") / "home") as log:
        log.node.keeper.settle()
        yield log


def judged(log: SmallLog, *keys: NodeKey, known: Known = NOTHING_KNOWN) -> FaultList:
    """The notes of the log, by somebody who knows these keys."""
    faults, store = FaultList(), log.store
    kept = Kept(
        store=store,
        faults=faults,
        origin=log.node.keeper.origin,
        keys=lambda: keys,
        compromises=lambda: (),
        known=known,
        stop=store.size(),
    )
    for one in kept.wanted():
        if one.size > store.size():
            continue
        stored = next(iter(store.scan(one.size - 1, one.size)))
        one.tell(StoreTree(store, store.size()).root(one.size), to_micros(stored.recorded_at))
    kept.finish(())
    return faults


def key(log: SmallLog) -> NodeKey:
    return log.node.registry().node_keys[log.node.signing_key.keyid]


def sizes(log: SmallLog) -> list[int]:
    return sorted(note.size for note in log.store.notes("checkpoint"))


def test_the_key_in_use_signs_checkpoints(log: SmallLog) -> None:
    """Every one of them."""
    assert judged(log, key(log)).kept == []
    assert len(sizes(log)) >= 2


def test_a_key_for_other_purposes_signs_none(log: SmallLog) -> None:
    """Whatever else it may do."""
    other = replace(key(log), purposes=("entries", "submissions", "witness"))
    found = judged(log, other).kept
    assert [(one.index, one.kind) for one in found] == [
        (size - 1, "bad_checkpoint") for size in sizes(log)
    ]


def test_a_key_signs_only_while_it_holds(log: SmallLog) -> None:
    """The instant of the last leaf that the checkpoint covers tells."""
    known = key(log)
    retired = replace(known, until=known.from_ + timedelta(seconds=1))
    assert [one.index for one in judged(log, retired).kept] == [size - 1 for size in sizes(log)[1:]]
    late = replace(known, from_=known.from_ + timedelta(seconds=1))
    assert [one.index for one in judged(log, late).kept] == [sizes(log)[0] - 1]


def test_a_mark_of_another_log_is_told(log: SmallLog) -> None:
    """It is no fault of this one, and its size and root say nothing."""
    mark = log.node.keeper.high_water.read()
    assert mark is not None
    for change in ({"origin": "elsewhere.example"}, {"store_id": "another"}):
        other = mark.model_copy(update={**change, "size": 10_000})
        found = judged(log, key(log), known=Known(mark=other))
        assert found.kept == []
        assert [one.kind for one in found.remarks] == ["foreign_high_water"]


def test_a_note_filed_under_another_digest_is_a_fault(log: SmallLog) -> None:
    """The digest is what tells two notes of one size apart."""
    origin = log.node.keeper.origin
    size = sizes(log)[0]
    (note,) = log.store.notes("checkpoint", origin, size=size)
    log.store.keep_notes(lambda _: [note._replace(digest="ab" * 32)])
    found = judged(log, key(log)).kept
    assert [(one.index, one.kind) for one in found] == [(size - 1, "bad_checkpoint")]


def test_evidence_that_proves_no_fork_accuses_nobody(log: SmallLog) -> None:
    """Two checkpoints that this log never signed."""
    origin = log.node.keeper.origin
    stranger = replace(log.node.signing_key, _secret=bytes(64))
    notes = []
    for root in (bytes(32), bytes([1]) * 32):
        signed = SignedCheckpoint.signed(Checkpoint(origin, 3, root), stranger)
        notes.append(note_of("fork", origin, 3, signed.to_bytes()))
    log.store.keep_notes(lambda _: notes)
    assert "fork" not in {one.kind for one in judged(log, key(log)).kept}
