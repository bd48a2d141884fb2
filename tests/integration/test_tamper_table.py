"""What can be done to a log, and where and as what the audit finds it. On both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.faults import FaultKind
from ledger.log.forks import forks
from ledger.log.tiles import TILE_HASHES
from ledger.signing.keys import new_signing_key
from ledger.storage.tree_reads import note_of
from tests.unit.log.rewriting import Forger, Payload, cosigned, forged
from tests.unit.log.small_log import small_log

IN_A_TILE = 300
"""A leaf of the second tile, one of many subjects opened in one transaction."""

STRANGER = new_signing_key(bytes([7]) * 32)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def founded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forger]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with forged(tmp_path_factory.mktemp("forged"), url) as forger:
        yield forger


@pytest.fixture
def forger(founded: Forger) -> Iterator[Forger]:
    yield founded
    founded.restore()


def own(forger: Forger, size: int) -> SignedCheckpoint:
    """The node's checkpoint of that size, as somebody else may have it."""
    (note,) = forger.log.store.notes("checkpoint", forger.origin, size=size)
    return SignedCheckpoint.parse(note.body)


def test_nothing_was_done(forger: Forger) -> None:
    """The log as it is, with what others hold of it, has no fault and nothing to remark."""
    report = forger.report(forger.cosigned, own(forger, forger.sizes()[0]))
    assert report.faults == ()
    assert {one.kind for one in report.remarks} == {"triggers_altered"}  # whoever tampers has to
    assert report.entries == forger.log.store.size() > 2 * TILE_HASHES


def test_a_payload_is_changed(forger: Forger) -> None:
    """The signature is not on these bytes."""
    index = forger.log.record_index
    state = forger.value(index, "state")
    forger.put(index, "state", state.replace(b'"fine":"3.5"', b'"fine":"0.5"'))
    assert (index, "bad_signature") in forger.faults()


def test_a_signature_is_changed(forger: Forger) -> None:
    """The signature is nobody's; the tree, which does not hold it, is as it was."""
    forger.put(IN_A_TILE, "signature", bytes(64))
    assert forger.faults() == {(IN_A_TILE, "bad_signature")}


def test_a_middle_entry_is_deleted(forger: Forger) -> None:
    """The next one has a gap before it."""
    forger.execute("DELETE FROM entries WHERE {id} = ?", [IN_A_TILE + 1])
    assert forger.faults() == {(IN_A_TILE + 1, "index_gap")}


def test_the_tail_is_deleted(forger: Forger) -> None:
    """A checkpoint says that there was more, also where the store has forgotten it."""
    size = forger.log.store.size() - 3
    forger.execute("DELETE FROM entries WHERE {id} > ?", [size])
    forger.forget()
    assert (size, "truncated") in forger.faults()


def test_two_subjects_entries_are_swapped(forger: Forger) -> None:
    """They are of one transaction and of different streams: only the tree has their order."""
    one, other = IN_A_TILE, IN_A_TILE + 40
    for old, new in ((one, -1), (other, one), (-1, other)):
        forger.execute("UPDATE entries SET {id} = ? WHERE {id} = ?", [new + 1, old + 1])
    found = forger.faults()
    assert (one, "tile_mismatch") in found
    assert {kind for _, kind in found} == {
        "tile_mismatch", "checkpoint_mismatch", "fork", "high_water_mismatch"
    }  # fmt: skip


def test_entries_are_renumbered(forger: Forger) -> None:
    """The only entry of a subject goes, and the others close up."""
    forger.remove(IN_A_TILE)
    found = forger.faults()
    assert (IN_A_TILE, "tile_mismatch") in found
    assert (forger.log.store.size(), "truncated") in found


def altered(payloads: list[Payload], at: int) -> list[Payload]:
    """With another region in one opening."""
    facts = payloads[at]["facts"] | {"region": "350299"}
    return [*payloads[:at], payloads[at] | {"facts": facts}, *payloads[at + 1 :]]


def test_everything_is_rewritten_without_the_key(forger: Forger) -> None:
    """Another log, whole in itself, under a key of its own: not the one that founded this."""
    payloads = altered(forger.payloads(), IN_A_TILE)
    forger.rewrite(payloads, STRANGER)
    assert (0, "unknown_key") in forger.faults()


def test_everything_is_rewritten_with_the_key(forger: Forger) -> None:
    """A log without a fault but for what the witness has cosigned and others hold.

    Both are kept as evidence, and found without the file the next time.
    """
    forger.rewrite(altered(forger.payloads(), IN_A_TILE), forger.log.node.signing_key)
    forger.execute("DELETE FROM notes WHERE kind = 'cosignature'")
    assert forger.faults() == set()
    expected: tuple[int, FaultKind] = (forger.cosigned.checkpoint.size - 1, "fork")
    assert forger.faults(forger.cosigned) == {expected}
    assert len(forks(forger.log.store, forger.origin)) == 1
    assert forger.faults() == {expected}


def test_a_cosignature_that_was_left_tells_of_a_log_rewritten_with_the_key(forger: Forger) -> None:
    """The note of the witness's line is of another history."""
    forger.rewrite(altered(forger.payloads(), IN_A_TILE), forger.log.node.signing_key)
    assert forger.faults() == {(forger.cosigned.checkpoint.size - 1, "fork")}


def test_an_old_backup_is_restored(forger: Forger) -> None:
    """It is whole in itself; the mark outside it was higher."""
    size = forger.cosigned.checkpoint.size
    forger.cut(size)
    assert forger.faults() == {(size, "behind_high_water")}
    newer = own_of_mark(forger)
    assert (size, "truncated") in forger.faults(newer)


def own_of_mark(forger: Forger) -> SignedCheckpoint:
    """The newest checkpoint, which the backup does not have any more."""
    assert forger.mark is not None
    checkpoint = Checkpoint(forger.origin, forger.mark.size, bytes.fromhex(forger.mark.root))
    return SignedCheckpoint.signed(checkpoint, forger.log.node.signing_key)


def test_two_partners_are_shown_two_histories(forger: Forger) -> None:
    """Of their two cosigned checkpoints this log has one in its past."""
    shown = forger.rewrite(altered(forger.payloads(), IN_A_TILE), forger.log.node.signing_key)
    forger.restore()
    assert shown.checkpoint.size == forger.log.store.size()
    assert forger.faults(forger.cosigned, cosigned(shown)) == {(shown.checkpoint.size - 1, "fork")}


def test_a_row_is_inserted_by_sql(forger: Forger) -> None:
    """An entry of a new subject, as good as can be made without the key."""
    size = forger.log.store.size()
    state = forger.value(size - 2, "state").replace(b"Y609", b"Y999")
    forger.execute(
        "INSERT INTO entries ({id}, {columns}) SELECT ?, ?, originator_version, topic, ?, "
        "recorded_at, keyid, signature, details FROM entries WHERE {id} = ?",
        [size + 1, f"subject/{'0' * 8}-0000-0000-0000-{'9' * 12}", state, size - 1],
    )
    assert (size, "bad_signature") in forger.faults()


def test_a_tile_is_altered(forger: Forger) -> None:
    """One hash of it, and it alone: the leaf is named."""
    at = (IN_A_TILE - TILE_HASHES) * 32
    ((hashes,),) = forger.execute("SELECT hashes FROM tiles WHERE level = 0 AND number = 1")
    changed = bytes(hashes)[:at] + bytes(32) + bytes(hashes)[at + 32 :]
    forger.execute("UPDATE tiles SET hashes = ? WHERE level = 0 AND number = 1", [changed])
    assert forger.faults() == {(IN_A_TILE, "tile_mismatch")}


def test_a_tile_is_deleted(forger: Forger) -> None:
    """Its first leaf is named."""
    forger.execute("DELETE FROM tiles WHERE level = 0 AND number = 1")
    assert forger.faults() == {(TILE_HASHES, "tile_mismatch")}


def test_a_tile_is_cut_short(forger: Forger) -> None:
    """The first hash that is missing is named."""
    ((hashes,),) = forger.execute("SELECT hashes FROM tiles WHERE level = 0 AND number = 1")
    forger.execute(
        "UPDATE tiles SET hashes = ? WHERE level = 0 AND number = 1", [bytes(hashes)[:320]]
    )
    assert forger.faults() == {(TILE_HASHES + 10, "tile_mismatch")}


def test_a_tile_is_filed_under_another_root(forger: Forger) -> None:
    """The tiles above are made from that column."""
    forger.execute("UPDATE tiles SET root = ? WHERE level = 0 AND number = 0", [bytes(32)])
    assert forger.faults() == {(0, "tile_mismatch")}


@pytest.mark.parametrize(("level", "number"), [(0, 2), (0, -1), (1, 0), (9, 0)])
def test_a_tile_too_many_is_inserted(forger: Forger, level: int, number: int) -> None:
    """No leaves are below it."""
    forger.execute(
        "INSERT INTO tiles (level, number, root, hashes) SELECT ?, ?, root, hashes FROM tiles "
        "WHERE level = 0 AND number = 0",
        [level, number],
    )
    assert forger.faults() == {(-1, "tile_mismatch")}


def commitment(forger: Forger) -> int:
    """The leaf of the last commitment."""
    return forger.sizes()[-1] - 1


def test_a_commitment_is_altered(forger: Forger) -> None:
    """It is signed with the key, and its root is false."""
    index = commitment(forger)
    payload = forger.value(index, "state")
    at = payload.index(b'"root":"') + 8
    forger.sign(index, payload[:at] + b"ab" * 32 + payload[at + 64 :])
    assert (index, "heads_mismatch") in forger.faults()


@pytest.mark.parametrize("size", [0, 3, 10_000])
def test_a_commitment_is_out_of_place(forger: Forger, size: int) -> None:
    """It covers more than the one before it, and no more than stands before it."""
    index = commitment(forger)
    old = b'"size":%d' % index
    forger.resign(index, old, b'"size":%d' % size)
    assert (index, "heads_mismatch") in forger.faults()


def test_a_checkpoint_is_altered(forger: Forger) -> None:
    """Its signature is not on that root; its digest is not that of these bytes."""
    size = forger.sizes()[-1]
    body = own(forger, size).to_bytes()
    at = body.index(b"\n", body.index(b"\n") + 1) + 1
    changed = body[:at] + (b"B" if body[at : at + 1] == b"A" else b"A") + body[at + 1 :]
    forger.execute(
        "UPDATE notes SET body = ? WHERE kind = 'checkpoint' AND size = ?", [changed, size]
    )
    assert forger.faults() == {(size - 1, "bad_checkpoint")}


def test_a_checkpoint_is_signed_anew(forger: Forger) -> None:
    """With the key, over another root."""
    size = forger.sizes()[-1]
    false = SignedCheckpoint.signed(
        Checkpoint(forger.origin, size, bytes(32)), forger.log.node.signing_key
    )
    forger.execute("DELETE FROM notes WHERE kind = 'checkpoint' AND size = ?", [size])
    forger.keep(note_of("checkpoint", forger.origin, size, false.to_bytes()))
    assert forger.faults() == {(size - 1, "checkpoint_mismatch")}


def test_a_checkpoint_of_another_log_is_filed_as_ours(forger: Forger) -> None:
    """What lies among the node's own checkpoints is of its own log."""
    key = forger.log.node.signing_key
    other = SignedCheckpoint.signed(Checkpoint("elsewhere.example", 5, bytes(32)), key)
    forger.keep(note_of("checkpoint", "elsewhere.example", 5, other.to_bytes()))
    assert forger.faults() == {(4, "bad_checkpoint")}


def test_a_cosignature_is_altered(forger: Forger) -> None:
    """The witness's line does not hold any more."""
    signed = forger.cosigned
    size, body = signed.checkpoint.size, cosigned(own(forger, signed.checkpoint.size)).to_bytes()
    at = body.rindex(b"\n", 0, -1) + len("— w.example/one ".encode()) + 30
    changed = body[:at] + (b"B" if body[at : at + 1] == b"A" else b"A") + body[at + 1 :]
    forger.execute("DELETE FROM notes WHERE kind = 'cosignature'")
    forger.keep(note_of("cosignature", forger.origin, size, changed))
    assert forger.faults() == {(size - 1, "bad_cosignature")}


def test_a_cosignature_of_nobody_known_is_told(forger: Forger) -> None:
    """It is no fault, and it proves nothing."""
    size = forger.cosigned.checkpoint.size
    signed = own(forger, size)
    line = signed.checkpoint.cosign("w.example/other", STRANGER, 1_800_000_000)
    body = signed.with_signatures([line]).to_bytes()
    forger.keep(note_of("cosignature", forger.origin, size, body))
    report = forger.report()
    assert report.faults == ()
    told = {(one.kind, one.detail) for one in report.remarks}
    assert ("unknown_cosigner", "w.example/other") in told
    assert {kind for kind, _ in told} == {"unknown_cosigner", "triggers_altered"}


def test_the_last_entry_of_one_subject_is_dropped(forger: Forger) -> None:
    """All is built anew without it, with the key; an earlier checkpoint has it."""
    earlier = own(forger, forger.sizes()[1])
    payloads = forger.payloads()
    last = payloads[forger.log.record_index + 1]
    assert last["type"] == "NoticeServed"
    forger.rewrite([one for one in payloads if one is not last], forger.log.node.signing_key)
    forger.execute("DELETE FROM notes WHERE kind = 'cosignature'")
    assert forger.faults() == set()
    assert forger.faults(earlier) == {(earlier.checkpoint.size - 1, "fork")}


def test_an_entry_is_dated_anew(forger: Forger) -> None:
    """With the key; nothing follows it in its stream, and the order of time is kept."""
    index = IN_A_TILE
    payload = forger.value(index, "state")
    at = payload.index(b'"recorded_at":"') + 15
    micros = forger.value(index, "recorded_at")
    later = b"%06dZ" % (int(payload[at + 20 : at + 26]) + 0)
    forger.sign(index, payload[: at + 20] + later + payload[at + 27 :])
    assert forger.faults() == set()
    forger.put(index, "recorded_at", micros + 1)
    assert (index, "column_mismatch") in forger.faults()
    later = b"%06dZ" % (int(payload[at + 20 : at + 26]) + 1)
    forger.sign(index, payload[: at + 20] + later + payload[at + 27 :])
    assert {(index, "tile_mismatch"), (index + 1, "time_order")} <= forger.faults()


def test_another_nodes_entry_is_replayed(forger: Forger, tmp_path: Path) -> None:
    """It is well signed, by a key that this log never introduced."""
    size = forger.log.store.size()
    with small_log(tmp_path / "other", name="zhangzhou") as other:
        stored = next(iter(other.store.scan(other.record_index, other.record_index + 1)))
    forger.execute(
        "INSERT INTO entries ({id}, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            size + 1, "subject/00000000-0000-0000-0000-00000000abcd", 1, stored.topic,
            stored.state, forger.value(size - 1, "recorded_at"), stored.keyid, stored.signature,
            None,
        ],
    )  # fmt: skip
    assert (size, "unknown_key") in forger.faults()


def test_an_access_entry_is_dropped(forger: Forger) -> None:
    """Nobody's history shows it, and the rest closes up: the tree does not."""
    index = forger.log.erasure_index - 1
    assert forger.value(index, "topic") == "SubjectQueried:1"
    forger.remove(index)
    assert (index, "tile_mismatch") in forger.faults()


def test_an_access_entry_is_dropped_with_the_key(forger: Forger) -> None:
    """All is built anew without it; whoever holds a checkpoint proves that there was more."""
    index = forger.log.erasure_index - 1
    payloads = forger.payloads()
    del payloads[index]
    forger.rewrite(payloads, forger.log.node.signing_key)
    size = forger.cosigned.checkpoint.size
    assert forger.faults(forger.cosigned) == {(size - 1, "fork")}


def test_the_high_water_mark_is_of_another_history(forger: Forger) -> None:
    """It was set for other entries."""
    assert forger.mark is not None
    mark = forger.mark.model_copy(update={"root": "ab" * 32})
    forger.set_mark(mark)
    assert forger.faults() == {(mark.size - 1, "high_water_mismatch")}
