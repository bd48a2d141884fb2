"""Whether the sealed details beside an entry are what it committed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from ledger.codec import details_context
from ledger.entry import Entry, StoredEntry
from ledger.errors import LedgerError
from ledger.events.disputes import ComplaintFiled
from ledger.events.records import RecordCollected, RecordCorrected
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased, SubjectOpened
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


class SealedDetails:
    """Checks details, and in the end that erasures and destroyed keys belong together.

    Memory grows with the number of destroyed keys only. Without ``data_keys`` only the
    form of the details is checked, nothing is opened.
    """

    def __init__(self, data_keys: DataKeys | None, faults: FaultList) -> None:
        self._data_keys = data_keys
        self._faults = faults
        self._ready: dict[int, bytes | None] = {}
        self._owners: dict[int, str] = {}
        self._erased: dict[int, int] = {}
        """Key id to the leaf index of the erasure that names it."""
        self._gone: dict[int, int] = {}
        """Destroyed key id to the leaf index of the first entry that rests on it."""
        self._boxes: dict[bytes, list[Box]] = {}
        """Of the details of a chunk."""

    def prepare(self, chunk: Sequence[StoredEntry]) -> None:
        """Fetch the data keys of a chunk at once; what cannot be fetched is asked again."""
        self._ready, self._owners, self._boxes = {}, {}, {}
        if self._data_keys is None:
            return
        wanted: set[int] = set()
        for stored in chunk:
            if stored.details is not None:
                # What is damaged is left to the real reading, which tells it.
                with suppress(DetailsDamaged):
                    boxes = self._boxes[stored.details] = read_details(stored.details, "")
                    wanted.update(key for box in boxes for key in box.keys)
        if wanted:
            try:
                self._ready = self._data_keys.get_many(wanted)
                self._owners = self._data_keys.names_of(wanted)
            except (DataKeyUnknown, DataKeysUnusable):
                self._ready, self._owners = {}, {}

    def check(self, entry: Entry, details: bytes | None) -> Mapping[str, Detail]:
        """The details, as far as they could be opened."""
        if isinstance(entry.facts, PersonalDataErased):
            for key_id in entry.facts.keys:
                self._erased.setdefault(key_id, entry.index)
        sealed = entry.sealed or {}
        opened = {} if details is None else self._open(entry, details)
        expected = set(sealed)
        if entry.submission is not None and isinstance(entry.facts, RecordCollected):
            expected |= UNCOMMITTED
        for name in sorted(expected - opened.keys()):
            self._faults.add(entry.index, "details_missing", f"field {name} is not kept")
        for name in opened.keys() - sealed.keys() - UNCOMMITTED:
            self._faults.add(entry.index, "commitment_mismatch", f"{name} was never committed to")
        for name, detail in opened.items():
            if isinstance(detail, Opened) and name in sealed:
                if not check_commitment(name, detail.value, detail.salt, sealed[name]):
                    self._faults.add(entry.index, "commitment_mismatch", f"sealed field {name}")
            elif isinstance(detail, Erased):
                self._destroyed(entry, detail.key_id)
        return opened

    def finish(self, later: Mapping[int, int]) -> None:
        """At the end of the log; ``later`` are erasures recorded since the audit began."""
        if self._data_keys is None:
            return
        for key_id, index in self._erased.items():
            try:
                destroyed = self._data_keys.is_destroyed(key_id)
            except DataKeyUnknown:
                self._faults.add(index, "data_key_lost", f"data key {key_id}, said to be erased")
                continue
            if not destroyed:
                self._faults.add(index, "erasure_unfinished", f"data key {key_id} still exists")
        for key_id, index in self._gone.items():
            if key_id not in self._erased and key_id not in later:
                why = f"data key {key_id} is destroyed, no erasure names it"
                self._faults.add(index, "erasure_unrecorded", why)

    @property
    def unexplained(self) -> bool:
        """Whether keys are destroyed that no erasure so far names."""
        return bool(self._gone.keys() - self._erased.keys())

    def _open(self, entry: Entry, details: bytes) -> Mapping[str, Detail]:
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
        return dict.fromkeys(UNCOMMITTED | (entry.sealed or {}).keys(), Erased(-1))

    def _key(self, key_id: int) -> bytes | None:
        assert self._data_keys is not None
        if key_id in self._ready:
            return self._ready[key_id]
        return self._data_keys.get(key_id)

    def _destroyed(self, entry: Entry, key_id: int) -> None:
        if key_id >= 0:
            self._gone.setdefault(key_id, entry.index)

    def _check_owners(self, entry: Entry, locks: Mapping[str, Sequence[int]]) -> None:
        """Each key must be one that this entry's details are locked under, living or not.

        Erasures find keys by their names: one under another's name would be missed.
        """
        assert self._data_keys is not None
        for name, keys in locks.items():
            for place, key_id in enumerate(keys):
                owner = self._owners.get(key_id)
                if owner is None:
                    owner = self._data_keys.names_of((key_id,))[key_id]
                if not _belongs(owner, entry, first=place == 0):
                    why = f"{name} is locked under data key {key_id}, which belongs elsewhere"
                    self._faults.add(entry.index, "erasure_unrecorded", why)


def _belongs(owner: str, entry: Entry, *, first: bool) -> bool:
    """Whether a data key of this name locks details of this entry, as its first or further key.

    Which record an objection or a sanction is about its later entries do not tell: there
    any record's key will do.
    """
    kind, _, owned = owner.partition(":")
    facts = entry.facts
    if isinstance(facts, SubjectOpened | IdentifierCorrected):
        return owner == f"subject:{entry.stream.id}"
    if isinstance(facts, ComplaintFiled):
        return owner == f"informant:{facts.case}"
    if isinstance(facts, RecordCollected | RecordCorrected) and not first:
        return kind == "person" and owned.endswith(f"/{entry.stream.id}")
    return kind == "record" and owned == getattr(facts, "record", owned)
