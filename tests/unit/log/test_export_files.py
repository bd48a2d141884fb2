"""The forms of an auditor's folder: one spelling each, and nothing half."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.entry import StoredEntry
from ledger.errors import LedgerError
from ledger.log import export_files as files
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.tile_files import EntriesTile
from ledger.signing.keys import new_signing_key
from ledger.storage.tree_reads import Note, NoteKind, note_of

KEY = new_signing_key(bytes(32))
ENTRY = StoredEntry("subject/x", 1, "t", b"{}", index=0, keyid=b"k" * 32, signature=b"s" * 64)
ENTRIES = [ENTRY, replace(ENTRY, details=b"sealed"), replace(ENTRY, keyid=b"l" * 32)]


def a_note(kind: NoteKind, size: int) -> Note:
    checkpoint = Checkpoint("log.example/one", size, bytes(32))
    return note_of(
        kind, checkpoint.origin, size, SignedCheckpoint.signed(checkpoint, KEY).to_bytes()
    )


NOTES = [
    a_note("checkpoint", 1),
    a_note("cosignature", 1),
    a_note("fork", 2),
    a_note("witnessed", 3),
]


def test_names_follow_those_of_the_bundles() -> None:
    """Beside each bundle lie its signatures and details; notes are told by log and size."""
    tile = EntriesTile(1_234_067, 5)
    assert files.signatures_path(tile) == "tile/signatures/x001/x234/067.p/5"
    assert files.details_path(tile) == "tile/details/x001/x234/067.p/5"
    name = files.notes_path("log.example/one", 1_002)
    assert name.startswith("notes/")
    assert name.endswith("/x001/002")
    assert name != files.notes_path("log.example/two", 1_002)


def test_what_is_written_is_read_back() -> None:
    """Signatures with their key ids, details or none, notes with their kinds."""
    signed = files.decode_signatures(files.encode_signatures(ENTRIES), 3)
    assert signed == [(entry.keyid, entry.signature) for entry in ENTRIES]
    details = files.decode_details(files.encode_details(ENTRIES), 3)
    assert details == [None, b"sealed", None]
    assert list(files.decode_notes(files.encode_notes(NOTES))) == NOTES


@pytest.mark.parametrize("width", [2, 4])
def test_another_number_of_entries_is_refused(width: int) -> None:
    """Neither fewer nor more than the tile has."""
    with pytest.raises(files.ExportFileMalformed):
        files.decode_signatures(files.encode_signatures(ENTRIES), width)
    with pytest.raises(files.ExportFileMalformed):
        files.decode_details(files.encode_details(ENTRIES), width)


def test_no_beginning_of_a_file_is_a_file() -> None:
    """Wherever it is cut, it is refused; notes may end after a note."""
    signatures, details = files.encode_signatures(ENTRIES), files.encode_details(ENTRIES)
    for stop in range(len(signatures)):
        with pytest.raises(files.ExportFileMalformed):
            files.decode_signatures(signatures[:stop], 3)
    for stop in range(len(details)):
        with pytest.raises(files.ExportFileMalformed):
            files.decode_details(details[:stop], 3)
    notes = files.encode_notes(NOTES)
    ends = {len(files.encode_notes(NOTES[:count])) for count in range(1, len(NOTES) + 1)}
    for stop in set(range(len(notes))) - ends:
        with pytest.raises(LedgerError):
            list(files.decode_notes(notes[:stop]))


def test_a_note_of_no_kind_is_refused() -> None:
    """A kind that nobody defined is not passed over."""
    with pytest.raises(files.ExportFileMalformed):
        list(files.decode_notes(b"\x05" + files.encode_notes(NOTES)[1:]))
