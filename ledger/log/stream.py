"""One stream read for an answer: its rows, held against what they themselves say.

An answer rests on what was read. A row that was moved to another stream, left out or put
in between would change it without a word, so each row is held against its own payload and
against the row before. Signatures, and a tail that was cut off, are the audit's to check.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.codec import UnreadableEntry, decode
from ledger.entry import Entry, StoredEntry


def read_stream(key: str, rows: Sequence[StoredEntry]) -> list[Entry]:
    """The entries of the stream ``key``, whose rows these are, from the first one on.

    Raises ``UnreadableEntry`` for the first row that cannot be read, that says something
    else than its payload, or that does not continue the row before.
    """
    entries: list[Entry] = []
    before: str | None = None
    for seq, stored in enumerate(rows, 1):
        entry = decode(stored)
        why = _contradiction(entry, stored, key, seq, before)
        if why is not None:
            raise UnreadableEntry(index=stored.index, reason=why)
        before = sha256(stored.state).hexdigest()
        entries.append(entry)
    return entries


def _contradiction(
    entry: Entry, stored: StoredEntry, key: str, seq: int, before: str | None
) -> str | None:
    if entry.stream.key != key:
        return "it belongs to another stream"
    if entry.seq != seq or stored.originator_version != seq:
        return f"entry {seq} of its stream is expected here"
    if entry.prev != before:
        return "it does not continue the entry before it"
    if entry.recorded_at != stored.recorded_at:
        return "its row tells another instant"
    return None
