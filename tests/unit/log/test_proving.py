"""What a store proves of its log, and what it refuses to prove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.entry import StoredEntry
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.log.note import MAX_SIGNATURES
from ledger.log.proving import NoSuchEntry, prove, with_cosignatures
from ledger.log.stream import UnsignedEntry
from ledger.log.tree import TreeDamaged
from ledger.signing.dsse import ENTRY
from ledger.storage.port import EntryStore
from ledger.storage.tree_reads import note_of
from tests.unit.log.small_log import SmallLog, small_log
from tests.unit.log.trusting import WITNESSES, witness_vkey


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    with small_log(tmp_path / "home") as log:
        yield log


def keep(log: SmallLog, body: Checkpoint, names: list[str], *, at: int = 1_772_000_000) -> None:
    lines = tuple(body.cosign(witness_vkey(name).name, WITNESSES[name], at) for name in names)
    _keep(log, body, SignedCheckpoint(body, lines).to_bytes())


def _keep(log: SmallLog, body: Checkpoint, data: bytes) -> None:
    log.store.keep_notes(lambda _: [note_of("cosignature", body.origin, body.size, data)])


def test_every_entry_of_the_log(log: SmallLog) -> None:
    """Each entry is proved under the checkpoint, in the very envelope that the node signed."""
    signed = log.node.settle()
    body = signed.checkpoint
    keys = log.node.registry().node_keys
    for index in range(body.size):
        made = prove(log.store, signed, index, keys)
        (stored,) = log.store.scan(index, index + 1)
        assert made.envelope.payload == stored.state
        assert made.envelope.verified_by(log.node.signing_key.public, ENTRY)
        assert made.proof.checkpoint == signed
        leaf = leaf_hash(stored.state)
        assert verify_inclusion(index, body.size, leaf, made.proof.hashes, body.root)


@pytest.mark.parametrize("index", [-1, 0, 10**18])
def test_no_other_entry(log: SmallLog, index: int) -> None:
    """An index past the end, or before the first, is refused; it names size and last index."""
    signed = log.node.settle()
    size = signed.checkpoint.size
    with pytest.raises(NoSuchEntry) as refused:
        prove(log.store, signed, index or size, log.node.registry().node_keys)
    assert refused.value.fields == {"index": index or size, "size": size, "last": size - 1}


def test_nothing_is_proved_that_does_not_hold(log: SmallLog) -> None:
    """Under a root that is not the log's no proof is made."""
    signed = log.node.settle()
    other = replace(signed, checkpoint=replace(signed.checkpoint, root=bytes(32)))
    with pytest.raises(TreeDamaged):
        prove(log.store, other, 0, log.node.registry().node_keys)


class Altered:
    """A store in which somebody changed the signature of every entry."""

    def __init__(self, store: EntryStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[StoredEntry]:
        for stored in self._store.scan(start, stop):
            yield replace(stored, signature=bytes(64))


def test_no_entry_is_handed_out_that_the_node_did_not_sign(log: SmallLog) -> None:
    """The signature is verified before the entry leaves."""
    signed = log.node.settle()
    altered = cast("EntryStore", Altered(log.store))
    with pytest.raises(UnsignedEntry):
        prove(altered, signed, 3, log.node.registry().node_keys)


def test_all_cosignatures_of_the_same_checkpoint(log: SmallLog) -> None:
    """Those of every note kept of exactly this body, each once; those of others are not taken."""
    signed = log.node.settle()
    body = signed.checkpoint
    assert with_cosignatures(log.store, signed) == signed
    keep(log, body, ["w1"])
    keep(log, body, ["w1", "w2"])
    keep(log, replace(body, root=bytes(32)), ["w3"])
    keep(log, replace(body, size=body.size + 1), ["w3"])
    _keep(log, body, b"what somebody altered")
    found = with_cosignatures(log.store, signed)
    assert found.checkpoint == body
    names = [line.name for line in found.signatures]
    assert names == [body.origin, witness_vkey("w1").name, witness_vkey("w2").name]


def test_a_witness_that_was_asked_again_is_named_once(log: SmallLog) -> None:
    """Its first line goes with the checkpoint, so that it crowds out no other witness."""
    signed = log.node.settle()
    body = signed.checkpoint
    for second in range(MAX_SIGNATURES + 5):
        keep(log, body, ["w1"], at=1_772_000_000 + second)
    keep(log, body, ["w2"])
    found = with_cosignatures(log.store, signed)
    keys = [witness_vkey("w1"), witness_vkey("w2")]
    seen = [(one.key, one.posix_seconds) for one in found.note.verified(keys)]
    assert seen == [(key, 1_772_000_000) for key in keys]
    assert len(found.signatures) == 3


def test_no_more_witnesses_than_a_note_bears(log: SmallLog) -> None:
    """However many are kept, what is handed out can be read."""
    signed = log.node.settle()
    body = signed.checkpoint
    for number in range(MAX_SIGNATURES + 5):
        line = body.cosign(f"w{number}.example/witness", WITNESSES["w1"], 1_772_000_000)
        _keep(log, body, SignedCheckpoint(body, (line,)).to_bytes())
    found = with_cosignatures(log.store, signed)
    assert SignedCheckpoint.parse(found.to_bytes()) == found
    assert found.signatures[0] == signed.signatures[0]
    assert len(found.signatures) == MAX_SIGNATURES
