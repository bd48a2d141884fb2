"""Whether the store finds the governing rows where they are.

Keys and organisations are read through the store's own ``kind`` column; a row that it
hid, or invented, would change who may act without touching a signature.
"""

from __future__ import annotations

from ledger.entry import Entry, StreamId
from ledger.errors import LedgerError
from ledger.identifiers import commitments_id, node_id, organisation_id
from ledger.log.faults import FaultList
from ledger.log.reading import why_unreadable
from ledger.storage.port import GOVERNANCE_KINDS, EntryStore


def commitments_key(node: str) -> str:
    """The stream of the entries that the log writes about itself: they govern nothing."""
    return StreamId("node", commitments_id(node)).key


def is_in_its_stream(entry: Entry) -> bool:
    """Whether a governing entry stands in the stream of the node, or of the body it is about."""
    try:
        if entry.stream.kind == "organisation":
            return entry.stream.id == organisation_id(getattr(entry.facts, "organisation", ""))
        return entry.stream.id == node_id(entry.node)
    except LedgerError:  # no name or code that a stream could be made of
        return False


class GoverningRows:
    """Walks beside the audit through the rows that the store calls governing."""

    def __init__(self, store: EntryStore, faults: FaultList) -> None:
        self._commitments = commitments_key(store.info.node)
        self._store = store
        self._faults = faults
        self._rows = store.scan_governing()
        self._is_lost = False
        self._next = self._advance()

    def at(self, index: int, stream: str) -> None:
        """The audit has reached leaf ``index``, of that stream."""
        governs = stream.partition("/")[0] in GOVERNANCE_KINDS and stream != self._commitments
        self.finish(index)
        found = self._next == index
        if found != governs and not self._is_lost:
            self._faults.add(index, "column_mismatch", "column kind")
        if found:
            self._next = self._advance()

    def finish(self, stop: int) -> None:
        """Nothing governs below ``stop`` that the audit did not come by."""
        while self._next is not None and self._next < stop:
            self._faults.add(self._next, "column_mismatch", "column kind")
            self._next = self._advance()

    def _advance(self) -> int | None:
        try:
            found = next(self._rows, None)
        except LedgerError as error:
            # Who may act is read this way, also where all the rows can be read otherwise.
            why = f"the governing rows: {why_unreadable(self._store, error)}"
            self._faults.add(-1, "store_unreadable", why)
            self._is_lost = True
            return None
        return None if found is None else found.index
