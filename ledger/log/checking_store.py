"""Whether the store is built, indexed and counted as it was made: what its rows do not tell."""

from __future__ import annotations

from ledger.errors import LedgerError
from ledger.log.faults import FaultList
from ledger.log.reading import telling, why_unreadable
from ledger.storage.port import EntryStore


def remembered_size(store: EntryStore, faults: FaultList) -> int | None:
    """The store's own count; None where it keeps none, or it cannot be read."""
    try:
        return store.largest_size_known()
    except LedgerError as error:
        why = f"the count of entries: {why_unreadable(store, error)}"
        faults.add(-1, "store_unreadable", why)
        return None


def check_store(store: EntryStore, faults: FaultList) -> None:
    """The index of the keys against the rows, the schema, and the count."""
    with telling(store, faults, "store_unreadable", "the index of the keys"):
        found = store.misfiled()
        for index in found.indexes:
            faults.add(index, "lookup_mismatch", "its key leads elsewhere, or nowhere")
        if found.rows != found.filed:
            why = f"the index has {found.filed} keys for {found.rows} entries"
            faults.add(-1, "lookup_mismatch", why)
        for said in found.other:
            faults.add(-1, "lookup_mismatch", said)
    with telling(store, faults, "store_unreadable", "the schema"):
        altered = store.altered()
        for name in altered.parts:
            faults.add(-1, "store_altered", name)
        if altered.triggers:
            faults.remark("triggers_altered", ", ".join(altered.triggers))
    # The count second: an entry that arrives meanwhile must not look uncounted.
    size = store.size()
    counted = remembered_size(store, faults)
    if counted is not None and counted < size:
        faults.add(-1, "miscounted", f"{counted} counted, {size} held")
