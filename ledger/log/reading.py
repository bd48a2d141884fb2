"""Reading the rows of a store that may be damaged, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from ledger.entry import StoredEntry
from ledger.errors import LedgerError
from ledger.log.faults import FaultKind, FaultList
from ledger.storage.audit_reads import READ_BYTES
from ledger.storage.errors import StoreBusy
from ledger.storage.port import SCAN_CHUNK, EntryStore

MAX_BARREN = 20
"""Chunks in a row of which the database gave nothing: then the rest is given up."""


def rows(store: EntryStore, stop: int, faults: FaultList, start: int = 0) -> Iterator[StoredEntry]:
    """The rows from leaf index ``start`` to below ``stop``, in order.

    A row that the database cannot hand over (a damaged page, a text that is no UTF-8)
    spoils a whole chunk: then the chunk is read row by row, and only the row itself is
    ``unreadable``. What is wrong with the store as a whole is raised.
    """
    position, barren = start, 0
    while barren < MAX_BARREN:
        try:
            for stored in store.scan(position, stop):
                position = max(position, stored.index + 1)
                yield stored
            return
        except LedgerError:
            store.info  # noqa: B018 - raises where the store as a whole is out of reach
        ending = min(position + SCAN_CHUNK, stop)
        found = 0
        for index in range(position, ending):
            try:
                for stored in store.scan(index, index + 1):
                    found += 1
                    yield stored
            except LedgerError as error:
                faults.add(index, "unreadable", f"the database cannot read the row: {error.code}")
        if ending == stop:
            return
        position, barren = ending, 0 if found else barren + 1
    faults.add(position, "unreadable", "the database reads nothing from here on; given up")


def chunks(source: Iterable[StoredEntry], most: int) -> Iterator[list[StoredEntry]]:
    """``source`` in lists of ``most``, of fewer where their payloads and details are long."""
    chunk: list[StoredEntry] = []
    length = 0
    for stored in source:
        chunk.append(stored)
        length += len(stored.state) + len(stored.details or b"")
        if len(chunk) == most or length > READ_BYTES:
            yield chunk
            chunk, length = [], 0
    if chunk:
        yield chunk


def why_unreadable(store: EntryStore, error: LedgerError) -> str:
    """What is told of a value that the database cannot hand over.

    Raises where it is the store as a whole that is out of reach, or that others hold.
    """
    if isinstance(error, StoreBusy):
        raise error
    store.info  # noqa: B018 - raises where the store as a whole is out of reach
    return f"the database cannot read it: {error.code}"


@contextmanager
def telling(store: EntryStore, faults: FaultList, kind: FaultKind, what: str) -> Iterator[None]:
    """What cannot be read within is one fault of the log as a whole, and ends the block."""
    try:
        yield
    except LedgerError as error:
        faults.add(-1, kind, f"{what}: {why_unreadable(store, error)}")


def digest_at(store: EntryStore, index: int) -> str | None:
    """The digest of the entry at a leaf index; None where there is none that can be read."""
    try:
        found = next(store.scan(index, index + 1), None)
    except LedgerError:
        return None
    return None if found is None else sha256(found.state).hexdigest()
