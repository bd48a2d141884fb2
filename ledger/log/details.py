"""Whether the sealed details beside an entry are what it committed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from ledger.codec import details_context
from ledger.entry import Entry, StoredEntry
from ledger.errors import LedgerError
from ledger.events.records import RecordCollected
from ledger.log.erasures import Erasures, Pause, Streams, belongs
from ledger.log.faults import FaultList
from ledger.signing.boxes import Box, DetailsDamaged, read_details
from ledger.signing.data_keys import DataKeys, DataKeysBusy, DataKeysUnusable, DataKeyUnknown
from ledger.signing.sealing import (
    Detail,
    Erased,
    Opened,
    check_commitment,
    keys_of,
    open_boxes,
)
from ledger.signing.submission import ROW_DIGEST, SUBMITTED_ROW

UNCOMMITTED: Final = frozenset({SUBMITTED_ROW, ROW_DIGEST})
"""What an imported record keeps beside its entry without a commitment in it."""

AT_HAND_BYTES: Final = 4 << 20
"""Of the details of a chunk that are read once; those beyond are read again."""


class SealedDetails:
    """Checks details, and in the end that erasures and destroyed keys belong together.

    Memory grows with the number of destroyed keys only. Without ``data_keys`` only the
    form of the details is checked, nothing is opened.
    """

    def __init__(
        self, data_keys: DataKeys | None, faults: FaultList, streams: Streams | None = None
    ) -> None:
        """``streams``: where the entries are read that tell what an erased one was about."""
        self._data_keys = data_keys
        self._faults = faults
        self._ready: dict[int, bytes | None] = {}
        self._owners: dict[int, str] = {}
        self._boxes: dict[bytes, list[Box]] = {}
        """Of the details of a chunk, as far as they are short."""
        self._erasures = None if data_keys is None else Erasures(data_keys, streams, faults)

    def prepare(self, chunk: Sequence[StoredEntry]) -> None:
        """Fetch the data keys of a chunk at once; what cannot be fetched is asked again."""
        self._ready, self._owners, self._boxes = {}, {}, {}
        if self._data_keys is None:
            return
        wanted: set[int] = set()
        room = AT_HAND_BYTES
        for stored in chunk:
            if stored.details is not None:
                # What is damaged is left to the real reading, which tells it.
                with suppress(DetailsDamaged):
                    boxes = read_details(stored.details, "")
                    wanted.update(key for box in boxes for key in box.keys)
                    room -= len(stored.details)
                    if room >= 0:
                        self._boxes[stored.details] = boxes
        if wanted:
            try:
                self._ready = self._data_keys.get_many(wanted)
                self._owners = self._data_keys.names_of(wanted)
            except (DataKeyUnknown, DataKeysUnusable):
                self._ready, self._owners = {}, {}

    def check(self, entry: Entry, details: bytes | None) -> Mapping[str, Detail]:
        """The details, as far as they could be opened."""
        if self._erasures is not None:
            self._erasures.recorded(entry)
        sealed = entry.sealed or {}
        expected = set(sealed)
        if entry.submission is not None and isinstance(entry.facts, RecordCollected):
            expected |= UNCOMMITTED
        opened = {} if details is None else self._open(entry, details, expected)
        for name in sorted(expected - opened.keys()):
            self._faults.add(entry.index, "details_missing", f"field {name} is not kept")
        for name in sorted(opened.keys() - expected):
            self._faults.add(entry.index, "commitment_mismatch", f"{name} was never committed to")
        for name, detail in opened.items():
            if isinstance(detail, Opened) and name in sealed:
                if not check_commitment(name, detail.value, detail.salt, sealed[name]):
                    self._faults.add(entry.index, "commitment_mismatch", f"sealed field {name}")
            elif isinstance(detail, Erased):
                self._destroyed(entry, name, detail.key_id)
        return opened

    def finish(self, later: Iterable[StoredEntry], pause: Pause | None = None) -> None:
        """At the end of the log; ``later`` are entries recorded since the audit began."""
        if self._erasures is not None:
            self._erasures.finish(later if self._erasures.unexplained else (), pause)

    def _open(self, entry: Entry, details: bytes, expected: set[str]) -> Mapping[str, Detail]:
        context = details_context(entry.originator_id, entry.seq)
        try:
            boxes = self._boxes.get(details) or read_details(details, context)
            if self._data_keys is None:
                return dict.fromkeys(keys_of(boxes), Erased(-1))
            opened = open_boxes(boxes, self._key, context=context)
            self._check_owners(entry, keys_of(boxes))
            return opened
        except DataKeysBusy:
            raise
        except (DataKeyUnknown, DataKeysUnusable) as error:
            self._faults.add(entry.index, "data_key_lost", str(error))
        except DetailsDamaged as error:
            why = f"details damaged: {error.fields.get('why')}"
            self._faults.add(entry.index, "commitment_mismatch", why)
        except (LedgerError, ValueError, TypeError) as error:
            why = f"details damaged: {type(error).__name__}"
            self._faults.add(entry.index, "commitment_mismatch", why)
        return dict.fromkeys(expected, Erased(-1))

    def _key(self, key_id: int) -> bytes | None:
        assert self._data_keys is not None
        if key_id in self._ready:
            return self._ready[key_id]
        return self._data_keys.get(key_id)

    def _destroyed(self, entry: Entry, name: str, key_id: int) -> None:
        if key_id >= 0 and self._erasures is not None:
            owner = self._owner(key_id)
            # One that belongs elsewhere was told, and counts for nothing.
            if any(belongs(owner, entry, name, first=first) for first in (True, False)):
                self._erasures.destroyed(entry, name, key_id, owner)

    def _owner(self, key_id: int) -> str:
        assert self._data_keys is not None
        owner = self._owners.get(key_id)
        return str(self._data_keys.names_of((key_id,))[key_id] if owner is None else owner)

    def _check_owners(self, entry: Entry, locks: Mapping[str, Sequence[int]]) -> None:
        """Each key must be one that this entry's details are locked under, living or not.

        Erasures find keys by their names: one under another's name would be missed.
        """
        for name, keys in locks.items():
            for place, key_id in enumerate(keys):
                if not belongs(self._owner(key_id), entry, name, first=place == 0):
                    why = f"{name} is locked under data key {key_id}, which belongs elsewhere"
                    self._faults.add(entry.index, "erasure_unrecorded", why)
