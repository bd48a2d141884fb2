"""Whether the submission that an entry names is there, is signed, and holds its row."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.clock import legal_day
from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.events.records import RecordCollected
from ledger.log.faults import FaultList
from ledger.organisations.registry import Registry
from ledger.signing.dsse import Envelope
from ledger.signing.sealing import Opened
from ledger.signing.submission import (
    COMMITMENT_BYTES,
    MAX_MANIFEST_FILE_BYTES,
    SALT_BYTES,
    SUBMITTED_ROW,
    Attestation,
    row_commitment,
    verify_manifest,
)
from ledger.storage.port import EntryStore

MANIFESTS_AT_HAND: Final = 8
"""Twice the importers that are expected at once; at most 16 MB each (500,000 rows)."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A manifest whose digest fits, packed; ``signers`` are the key ids that verified."""

    supplier: str
    attested_by: Attestation
    first_row: int
    rows: bytes
    signers: frozenset[str]

    def commitment_of(self, row: int) -> bytes | None:
        start = (row - self.first_row) * COMMITMENT_BYTES
        if start < 0:
            return None
        return self.rows[start : start + COMMITMENT_BYTES] or None


class Submissions:
    """Checks entries against their manifests; a few manifests are kept at hand."""

    def __init__(
        self,
        store: EntryStore,
        registry: Registry,
        faults: FaultList,
        unreadable: Callable[[LedgerError], str] | None = None,
    ) -> None:
        """``unreadable`` says what is told of a manifest that cannot be handed over; without
        it that is raised.
        """
        self._store = store
        self._unreadable = unreadable
        self._registry = registry
        self._faults = faults
        self._known: OrderedDict[str, _Known | str | None] = OrderedDict()

    def check(self, entry: Entry, details: Mapping[str, object]) -> None:
        """``details`` are the entry's opened details, as far as they could be opened."""
        submission = entry.submission
        if submission is None:
            return
        known = self._manifest(submission.manifest)
        if known is None:
            self._faults.add(entry.index, "missing_manifest", f"manifest {submission.manifest}")
        elif isinstance(known, str):
            self._faults.add(entry.index, "bad_manifest", known)
        else:
            self._signer(entry, known)
            self._row(entry, submission.row, known, details)

    def _signer(self, entry: Entry, known: _Known) -> None:
        facts = entry.facts
        if isinstance(facts, RecordCollected) and (
            facts.supplier != known.supplier or facts.attested_by not in (None, known.attested_by)
        ):
            why = "its supplier, or who attested it, is not what the entry says"
            self._faults.add(entry.index, "bad_manifest", why)
        day, registry = legal_day(entry.recorded_at), self._registry
        for keyid in known.signers:
            if known.attested_by == "supplier":
                organisation = registry.organisations.get(known.supplier)
                if organisation is not None and organisation.key_on(keyid, day) is not None:
                    return
            else:
                # The entry names the manifest, and its own key vouches for it: a submission
                # that goes on after a rotation keeps the manifest that the key before signed.
                key = registry.node_keys.get(keyid)
                if key and "submissions" in key.purposes and key.from_ <= entry.recorded_at:
                    return
        why = f"no signature of the {known.attested_by} with a key valid on {day}"
        self._faults.add(entry.index, "bad_manifest", why)

    def _row(self, entry: Entry, row: int, known: _Known, details: Mapping[str, object]) -> None:
        committed = known.commitment_of(row)
        if committed is None:
            self._faults.add(entry.index, "row_mismatch", f"the manifest has no row {row}")
            return
        kept = details.get(SUBMITTED_ROW)
        if not isinstance(kept, Opened):
            return
        cells = kept.value
        if (
            not isinstance(cells, dict)
            or len(kept.salt) != SALT_BYTES
            or row_commitment(kept.salt, cells) != committed  # type: ignore[arg-type]
        ):
            self._faults.add(entry.index, "row_mismatch", f"row {row} is not what was submitted")

    def _manifest(self, digest: str) -> _Known | str | None:
        """None: not in the store; a text: what is wrong with it."""
        if digest in self._known:
            self._known.move_to_end(digest)
            return self._known[digest]
        found = self._load(digest)
        self._known[digest] = found
        if len(self._known) > MANIFESTS_AT_HAND:
            self._known.popitem(last=False)
        return found

    def _load(self, digest: str) -> _Known | str | None:
        try:
            content = self._store.manifest(digest)
        except LedgerError as error:
            if self._unreadable is None:
                raise
            return self._unreadable(error)
        if content is None:
            return None
        try:
            envelope = Envelope.from_json(content, max_bytes=MAX_MANIFEST_FILE_BYTES)
            if sha256(envelope.payload).hexdigest() != digest:
                return "it is not the manifest of that digest"
            return self._verified(envelope)
        except (LedgerError, ValueError, TypeError) as error:
            return f"it cannot be read: {type(error).__name__}"

    def _verified(self, envelope: Envelope) -> _Known | str:
        keys = {key.keyid: key.public_key for key in self._registry.node_keys.values()}
        for organisation in self._registry.organisations.values():
            keys |= {key.keyid: key.public_key for key in organisation.keys}
        named = {one.keyid for one in envelope.signatures} & keys.keys()
        manifest, signers = None, set()
        for keyid in named:
            if (verified := verify_manifest(envelope, keys[keyid])) is not None:
                manifest = verified
                signers.add(keyid)
        if manifest is None:
            return "no signature of a key that this log knows"
        return _Known(
            manifest.supplier,
            manifest.attested_by,
            manifest.first_row,
            b"".join(manifest.rows),
            frozenset(signers),
        )
