"""What the read models rest on: the entries of the log as the store has them, checked.

Checked is what costs little: that a row is in its place and says what its payload says, that the
payload has the form of an entry (``ledger.codec.decode``), and that each stream is an unbroken
chain. The governing entries, which say what rules and which keys are in doubt, are verified by
their signatures; of all other entries the signatures are the audit's business, as answers about
one subject verify theirs when they are asked. Verifying all of them (some 55 us an entry) would
take half as long again as everything else that a rebuild does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from itertools import groupby
from typing import Final
from uuid import UUID

from ledger.codec import UnreadableEntry
from ledger.entry import Entry, StoredEntry, StreamId
from ledger.errors import LedgerError
from ledger.events.governance import KeyCompromised, RulePackAdopted
from ledger.events.subjects import IdentifierCorrected
from ledger.log.reading import digest_at
from ledger.log.stream import UnsignedEntry, fold_governing
from ledger.organisations.registry import Registry
from ledger.quick_codec import QuickDecoder
from ledger.rules import RulePack, load
from ledger.storage.port import EntryStore
from ledger.subject.aggregate import BrokenStream
from projections.history import tied
from projections.models.governance import Governance
from projections.models.store import Stopped

SUBJECT: Final = "subject/"
CHUNK: Final = 2_000
"""Rows read at once; some 2 MB."""

GOVERNING_ACTS: Final = (KeyCompromised.topic(), RulePackAdopted.topic())
"""Each changes answers of subjects that it does not name."""


Decode = Callable[[StoredEntry], Entry]


class Unreadable(Exception):
    """A stream cannot be read past this entry."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(index, reason)
        self.stopped = Stopped(index, reason)


@dataclass(slots=True)
class Chain:
    """Reads the rows of one stream in order, each held against the one before."""

    key: str
    decode: Decode
    seq: int = 0
    digest: str | None = None
    index: int = -1

    def read(self, stored: StoredEntry) -> Entry:
        """Raises ``Unreadable``."""
        entry = self.place(stored)
        if entry.prev != self.digest or entry.index <= self.index:
            raise Unreadable(stored.index, "it does not continue the entry before it")
        self.seq, self.index = entry.seq, entry.index
        self.digest = sha256(stored.state).hexdigest()
        return entry

    def place(self, stored: StoredEntry) -> Entry:
        """The entry, if it is the next of its stream by what itself and its row say."""
        try:
            entry = self.decode(stored)
        except UnreadableEntry as error:
            raise Unreadable(stored.index, str(error.fields["reason"])) from error
        why = self._contradiction(stored, entry)
        if why is not None:
            raise Unreadable(stored.index, why)
        return entry

    def _contradiction(self, stored: StoredEntry, entry: Entry) -> str | None:
        if _key(entry.stream) != self.key or stored.originator_id != self.key:
            return "it belongs to another stream"
        if entry.seq != self.seq + 1 or stored.originator_version != entry.seq:
            return f"entry {self.seq + 1} of its stream is expected here"
        if entry.recorded_at != stored.recorded_at:
            return "its row tells another instant"
        if stored.topic != f"{entry.type}:{entry.schema}":
            return "its row tells another type"
        return None


@lru_cache(maxsize=4)
def _key(stream: StreamId) -> str:
    """The entries of a stream come one behind the other."""
    return stream.key


def by_stream(rows: Iterator[list[StoredEntry]]) -> Iterator[tuple[str, Iterator[StoredEntry]]]:
    """Rows that come in the order of their streams, stream by stream."""
    each = (row for chunk in rows for row in chunk)
    return ((str(key), found) for key, found in groupby(each, lambda row: row.originator_id))


class Log:
    """The log of one node, as a projection reads it."""

    def __init__(self, store: EntryStore, founder: bytes) -> None:
        self.store = store
        self.founder = founder
        """The raw public key that founded the log."""
        self._decode = QuickDecoder(store.info.node)
        self._registry = Registry()
        self._packs: dict[str, RulePack | None] = {}
        self._governed: tuple[int, Stopped | None] = (0, None)

    def size(self) -> int:
        return self.store.size()

    @property
    def store_id(self) -> str:
        return str(self.store.info.store_id)

    def digest(self, size: int) -> str:
        """Hex SHA-256 of the payload of the last of ``size`` entries; empty where it is not there."""
        rows = list(self.store.scan(size - 1, size)) if size else []
        return sha256(rows[-1].state).hexdigest() if rows and rows[-1].index == size - 1 else ""

    def governance(self, size: int) -> tuple[Governance, Stopped | None]:
        """What governs, as far as the first ``size`` leaves say, and what of it is at fault."""
        if size < self._governed[0]:
            self._registry, self._governed = Registry(), (0, None)
        folded, fault = self._governed
        if size > folded and fault is None:
            fault = self._fold(folded, size)
            self._governed = (size, fault)
        return Governance.of(self._registry, self._pack), fault

    def _fold(self, start: int, stop: int) -> Stopped | None:
        rows = self.store.scan_governing(start, stop)
        try:
            fold_governing(self._registry, rows, self.founder, partial(digest_at, self.store))
        except (UnreadableEntry, UnsignedEntry, BrokenStream) as error:
            fields = error.fields
            reason = fields.get("reason", error.code)
            return Stopped(int(str(fields["index"])), str(reason))
        return None

    def _pack(self, digest: str) -> RulePack | None:
        """None where the content is missing or another's, as in every decision."""
        if digest not in self._packs:
            content = self.store.manifest(digest)
            pack = None
            if content is not None:
                try:
                    pack = load(content)
                except LedgerError:
                    pack = None
            self._packs[digest] = pack if pack is not None and pack.digest == digest else None
        return self._packs[digest]

    # -- streams

    def chain(self, key: str, last: StoredEntry | None = None) -> Chain:
        """To read the stream from its first entry on, or from behind ``last``."""
        if last is None:
            return Chain(key, self._decode)
        digest = sha256(last.state).hexdigest()
        return Chain(key, self._decode, last.originator_version, digest, last.index)

    def stream(self, key: str, rows: Sequence[StoredEntry]) -> list[Entry]:
        """The entries of a stream, whose rows from the first on these are. Raises ``Unreadable``."""
        chain = self.chain(key)
        return [chain.read(row) for row in rows]

    def tied_to(self, key: str, entries: Sequence[Entry], size: int) -> list[Entry]:
        """The entries of all streams that corrected identifiers tie to this one, in log order.

        As ``projections.history`` has it: ties are followed from what was read, until nothing
        is added. Raises ``Unreadable``.
        """
        if not any(isinstance(entry.facts, IdentifierCorrected) for entry in entries):
            return list(entries)
        own = UUID(key.removeprefix(SUBJECT))
        found = {own: list(entries)}
        while True:
            known = [entry for each in found.values() for entry in each]
            fresh = sorted(tied(known, own) - found.keys())
            if not fresh:
                return sorted(known, key=lambda entry: entry.index)
            keys = [StreamId("subject", identifier).key for identifier in fresh]
            for name, rows in self.store.streams(keys, upto=size).items():
                found[StreamId.parse(name).id] = self.stream(name, rows)
