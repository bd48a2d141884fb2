"""An auditor's copy made by a thief of the node's key: every form is right, every signature
holds, and the log in it is another one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.entry import StoredEntry
from ledger.log import export_files as files
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import leaf_hash
from ledger.log.tile_files import EntriesTile, Tile, encode_entries
from ledger.log.tiles import TileBuilder
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.storage.tree_reads import Note, note_of
from tests.integration.driving import Ended, Founded
from tests.integration.material import collect, import_file, penalties, write

ORIGIN = "credit-ledger.example/xiamen"


@pytest.fixture
def node(embedded: Founded, tmp_path: Path) -> Founded:
    """A node of some 70 entries whose mark is gone: whatever the copy is, nothing here knows."""
    done = import_file(embedded, write(tmp_path / "rows.csv", penalties(20)))
    assert done.code == 0, done.err
    assert embedded.apply(tmp_path, [collect(1)]).code == 0
    assert embedded.apply(tmp_path, [collect(2)]).code == 0
    done = embedded.call("tiles", "export", tmp_path / "copy", "--with-entries")
    assert done.code == 0, done.err
    (embedded.home / "high-water.json").unlink()
    return embedded


def rows_and_key(node: Founded) -> tuple[list[StoredEntry], SigningKey]:
    with node.opened() as opened:
        return list(opened.store.scan()), opened.signing_key


def forge(
    copy: Path, rows: Sequence[StoredEntry], key: SigningKey, notes: Sequence[Note] = ()
) -> None:
    """Write ``rows`` (fewer than 256) as a copy that agrees with itself."""
    shutil.rmtree(copy / "tile")
    shutil.rmtree(copy / "notes")
    tile = EntriesTile(0, len(rows))
    tree, _ = TileBuilder().extended([leaf_hash(row.state) for row in rows])
    checkpoint = Checkpoint(ORIGIN, len(rows), tree.root())
    contents = {
        tile.path: encode_entries([row.state for row in rows]),
        files.signatures_path(tile): files.encode_signatures(rows),
        files.details_path(tile): files.encode_details(rows),
        Tile(0, 0, len(rows)).path: tree.state.partials[0],
        "checkpoint": SignedCheckpoint.signed(checkpoint, key).to_bytes(),
    }
    if notes:
        contents[files.notes_path(ORIGIN, 0)] = files.encode_notes(notes)
    for name, data in contents.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)


def refused(node: Founded, copy: Path) -> Ended:
    """The copy is refused, and neither the store nor the mark was touched."""
    rows, _ = rows_and_key(node)
    done = node.call("reconcile", "--from", copy)
    assert done.code == 1, done
    assert rows_and_key(node)[0] == rows
    assert not (node.home / "high-water.json").exists()
    return done


def renumbered(rows: Sequence[StoredEntry]) -> list[StoredEntry]:
    return [replace(row, index=index) for index, row in enumerate(rows)]


def without_one_in_a_stream(rows: list[StoredEntry]) -> list[StoredEntry]:
    last = next(row for row in reversed(rows) if row.originator_version == 2)
    return [row for row in rows if row != last or row.index == len(rows) - 1]


def a_stream_backwards(rows: list[StoredEntry]) -> list[StoredEntry]:
    second = max(row.index for row in rows if row.originator_version == 2)
    key = rows[second].originator_id
    first = next(row.index for row in rows if row.originator_id == key)
    rows[first], rows[second] = rows[second], rows[first]
    return rows


def times_exchanged(rows: list[StoredEntry]) -> list[StoredEntry]:
    """Two openings of different transactions, so that no chain is touched."""
    ends = {row.originator_id: row.index for row in rows if "subject/" in str(row.originator_id)}
    alone = [row.index for row in rows if ends.get(row.originator_id) == row.index]
    one, two = alone[0], alone[-1]
    assert rows[one].recorded_at < rows[two].recorded_at
    return [*rows[:one], *rows[one + 1 : two + 1], rows[one], *rows[two + 1 :]]


FORGED: dict[str, Callable[[list[StoredEntry]], list[StoredEntry]]] = {
    "without one in a stream": without_one_in_a_stream,
    "a stream backwards": a_stream_backwards,
    "times exchanged": times_exchanged,
    "an entry twice": lambda rows: [*rows, rows[-1]],
    "another beginning": lambda rows: rows[1:],
}


@pytest.mark.parametrize("how", FORGED)
def test_a_log_that_does_not_follow_from_itself_is_refused(
    node: Founded, tmp_path: Path, how: str
) -> None:
    """Chains and times are held although every signature and every hash fits."""
    rows, key = rows_and_key(node)
    forge(tmp_path / "copy", renumbered(FORGED[how](list(rows))), key)
    assert "entries/000" in refused(node, tmp_path / "copy").err


def test_the_same_log_in_other_hands_is_believed(node: Founded, tmp_path: Path) -> None:
    """The forger of these tests makes copies that hold, where nothing is forged."""
    rows, key = rows_and_key(node)
    forge(tmp_path / "copy", rows, key)
    done = node.call("reconcile", "--from", tmp_path / "copy", "--vouched-by", "某人")
    assert done.code == 0, done.err


def test_a_checkpoint_of_another_root_is_refused(node: Founded, tmp_path: Path) -> None:
    """The node's own signature on it does not help."""
    rows, key = rows_and_key(node)
    other = SignedCheckpoint.signed(Checkpoint(ORIGIN, len(rows), bytes(32)), key)
    forge(tmp_path / "copy", rows, key)
    (tmp_path / "copy/checkpoint").write_bytes(other.to_bytes())
    assert "checkpoint of the export" in refused(node, tmp_path / "copy").err


def test_a_checkpoint_that_nobody_signed_is_refused(node: Founded, tmp_path: Path) -> None:
    """Nor one that is signed by a key which the log never introduced."""
    rows, key = rows_and_key(node)
    forge(tmp_path / "copy", rows, key)
    path = tmp_path / "copy/checkpoint"
    said = SignedCheckpoint.parse(path.read_bytes()).checkpoint
    path.write_bytes(SignedCheckpoint.signed(said, new_signing_key(bytes(32))).to_bytes())
    assert "checkpoint of the export" in refused(node, tmp_path / "copy").err


def test_a_note_of_another_tree_is_refused(node: Founded, tmp_path: Path) -> None:
    """A second history in the notes would come back with the first."""
    rows, key = rows_and_key(node)
    for kind in ("checkpoint", "cosignature"):
        body = SignedCheckpoint.signed(Checkpoint(ORIGIN, 9, bytes(32)), key).to_bytes()
        forge(tmp_path / "copy", rows, key, [note_of(kind, ORIGIN, 9, body)])
        assert "notes/" in refused(node, tmp_path / "copy").err


def test_another_logs_note_needs_this_nodes_cosignature(node: Founded, tmp_path: Path) -> None:
    """What a witness believes it has seen comes from its own signature alone."""
    rows, key = rows_and_key(node)
    theirs = "log.example/other"
    body = SignedCheckpoint.signed(Checkpoint(theirs, 9, bytes(32)), key).to_bytes()
    for kind in ("witnessed", "checkpoint"):
        forge(tmp_path / "copy", rows, key, [note_of(kind, theirs, 9, body)])
        assert "notes/" in refused(node, tmp_path / "copy").err


def test_notes_past_the_checkpoint_are_left_out(node: Founded, tmp_path: Path) -> None:
    """An export that was stopped leaves them; nothing proves them yet."""
    rows, key = rows_and_key(node)
    body = SignedCheckpoint.signed(Checkpoint(ORIGIN, len(rows) + 9, bytes(32)), key).to_bytes()
    forge(tmp_path / "copy", rows, key, [note_of("checkpoint", ORIGIN, len(rows) + 9, body)])
    done = node.call("reconcile", "--from", tmp_path / "copy", "--vouched-by", "某人")
    assert done.code == 0, done.err
    with node.opened() as opened:
        kept = list(opened.store.notes_by_size("checkpoint", ORIGIN))
    assert len(rows) in [note.size for note in kept]
    assert body not in [note.body for note in kept]


def test_a_submission_or_a_rule_pack_that_was_exchanged_is_refused(
    node: Founded, tmp_path: Path
) -> None:
    """Each of them, whether it is another's content or gone."""
    manifests = sorted((tmp_path / "copy/manifests").iterdir())
    assert len(manifests) == 2
    for path, other in (manifests, manifests[::-1]):
        data = path.read_bytes()
        for bent in (other.read_bytes(), data.replace(b'"sig":"', b'"sig":"A', 1), b"{}", None):
            path.unlink()
            if bent not in (None, data):  # a rule pack has no signature to bend
                path.write_bytes(bent or b"")
            assert "manifests/" in refused(node, tmp_path / "copy").err
            path.write_bytes(data)
