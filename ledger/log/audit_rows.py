"""The checks of one row of the log after the other, each with all that came before it.

What an entry has to hold against is listed in ``ledger.log.audit``.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Final

from ledger.codec import UnreadableEntry, decode
from ledger.entry import ENTRY_PAYLOAD_TYPE, MAX_PAYLOAD_BYTES, Entry, StoredEntry, StreamId
from ledger.errors import LedgerError
from ledger.events.governance import (
    HeadsCommitted,
    KeyIntroduced,
    NodeFounded,
    RulePackAdopted,
    TrustListAdopted,
)
from ledger.events.peers import BundleSent, MessageReceived
from ledger.events.subjects import PersonalDataErased
from ledger.exchange.kept import MessageLost, kept
from ledger.exchange.trust_list import TrustListLost, adopted_list
from ledger.log.details import SealedDetails
from ledger.log.erasures import Pause
from ledger.log.faults import FaultKind, FaultList
from ledger.log.governing import GoverningRows, commitments_key, is_in_its_stream
from ledger.log.merkle import leaf_hash
from ledger.log.parting import record
from ledger.log.parts import Parts
from ledger.log.reading import digest_at, rows, why_unreadable
from ledger.log.rebuilding import Commitments, Tree
from ledger.log.submissions import Submissions
from ledger.organisations.introduction import by_roots
from ledger.organisations.node_keys import Compromise, NodeKey
from ledger.organisations.registry import Registry
from ledger.signing.canonical import NotCanonical
from ledger.signing.data_keys import DataKeys
from ledger.signing.dsse import verify
from ledger.signing.keys import key_id
from ledger.storage.port import GOVERNANCE_KINDS, EntryStore
from ledger.storage.rows import to_micros

TIME_ORDER: Final = "recorded before the entry before it"

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


class RowAudit:
    """The state that goes from row to row."""

    def __init__(
        self,
        store: EntryStore,
        data_keys: DataKeys | None,
        faults: FaultList,
        parts: Parts,
    ) -> None:
        self._store = store
        self._store_node = store.info.node
        self._faults = faults
        self._registry = Registry()
        self._roots: dict[str, NodeKey] = {}
        self._keyid = b""
        self._key: NodeKey | None = None
        self._held = False
        """Whether the key of this row was valid for it: else the row governs nothing."""
        self._made: list[bytes] = []
        """Records of rows that were judged one by one, as long as nobody took them."""
        self._index = -1
        self._micros = to_micros(ALWAYS)
        """When the last believed entry was recorded."""
        self._node: str | None = None
        self._begun = False
        self._governing = GoverningRows(store, faults)
        self._submissions = Submissions(
            store, self._registry, faults, partial(why_unreadable, store)
        )
        self.details = SealedDetails(data_keys, faults, store.stream)
        self.tree = Tree(store, faults)
        self._parts = parts
        self._commitments = Commitments(commitments_key(self._store_node), parts, faults)

    @property
    def node_keys(self) -> Iterable[NodeKey]:
        """The node's keys as the entries so far have them."""
        return self._registry.node_keys.values()

    @property
    def compromises(self) -> Iterable[Compromise]:
        """The declarations among the entries so far."""
        return self._registry.compromises

    def trust(self, founding: Iterable[NodeKey], trusted: Collection[bytes] | None) -> None:
        """Which keys count before the log has introduced any."""
        if trusted is None:
            self._roots = {key.keyid: key for key in founding}
        else:
            pinned = [NodeKey(key_id(raw), raw, ("entries",), ALWAYS, None) for raw in trusted]
            self._roots = {key.keyid: key for key in pinned}

    def row(self, stored: StoredEntry) -> None:
        """All checks of one row. Never raises for what the row holds."""
        self._place(stored)
        entry = self._read(stored)
        is_signed = self._signature(stored, entry)
        self._rebuild(stored, self._record(stored, entry))
        is_first, self._begun = not self._begun, True
        if entry is None:
            return
        if is_first != (type(entry.facts) is NodeFounded):
            self._faults.add(stored.index, "not_founded", f"{entry.type} stands here")
        self._columns(stored, entry)
        if not is_signed:
            return
        self._time_and_node(entry)
        if entry.stream.kind in GOVERNANCE_KINDS and self._held:
            self._commitments.check(entry)
            if type(entry.facts) is not HeadsCommitted:
                self._govern(entry)
        if stored.details is not None or entry.sealed or entry.submission is not None:
            self._evidence(stored, entry)
        elif type(entry.facts) is PersonalDataErased:
            self.details.check(entry, None)
        elif isinstance(entry.facts, BundleSent):
            self._message(entry, entry.facts.bundle)
        elif isinstance(entry.facts, MessageReceived):
            self._message(entry, entry.facts.message)

    def _place(self, stored: StoredEntry) -> None:
        """1: contiguous, and governing rows are where the store looks for them."""
        index = stored.index
        if index != self._index + 1:
            why = f"leaf {index} follows leaf {self._index}"
            self._faults.add(index, "index_gap", why)
            self.tree.is_broken = self._commitments.is_broken = True
        self._index = index
        self._governing.at(index, str(stored.originator_id))

    def _read(self, stored: StoredEntry) -> Entry | None:
        """2: the entry, where its bytes can be read."""
        if len(stored.state) > MAX_PAYLOAD_BYTES:
            why = f"{len(stored.state)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed"
            self._faults.add(stored.index, "unreadable", why)
            return None
        try:
            return decode(stored)
        except UnreadableEntry as error:
            spelled = isinstance(error.__cause__, NotCanonical)
            kind: FaultKind = "not_canonical" if spelled else "unreadable"
            self._faults.add(stored.index, kind, str(error.fields["reason"]))
        except Exception as error:  # noqa: BLE001 - no content may stop the audit
            self._faults.add(stored.index, "unreadable", type(error).__name__)
        return None

    def _columns(self, stored: StoredEntry, entry: Entry) -> None:
        """3: the columns say what the payload says."""
        if stored.originator_id != entry.stream.key:
            self._faults.add(stored.index, "column_mismatch", "column originator_id")
        if stored.originator_version != entry.seq:
            self._faults.add(stored.index, "column_mismatch", "column originator_version")
        if stored.recorded_at != entry.recorded_at:
            self._faults.add(stored.index, "column_mismatch", "column recorded_at")
        if stored.topic != entry.facts.topic():
            self._faults.add(stored.index, "column_mismatch", "column topic")

    def _signature(self, stored: StoredEntry, entry: Entry | None) -> bool:
        """4: whether the node's key signed these bytes; its validity is a fault of its own."""
        key = self._key if stored.keyid == self._keyid else self._find_key(stored.keyid)
        if key is None:
            key, why = self._introduces_itself(stored, entry)
            if key is None:
                self._faults.add(stored.index, "unknown_key", why)
                return False
        if len(stored.state) > MAX_PAYLOAD_BYTES:
            return False
        if not verify(key.public_key, ENTRY_PAYLOAD_TYPE, stored.state, stored.signature):
            self._faults.add(stored.index, "bad_signature", f"key {key.keyid}")
            return False
        self._held = False
        if entry is not None and not key.valid_at(entry.recorded_at):
            self._faults.add(stored.index, "key_not_valid", f"key {key.keyid} at that instant")
        elif "entries" not in key.purposes:
            self._faults.add(stored.index, "key_not_valid", f"key {key.keyid} signs no entries")
        else:
            self._held = True
        return True

    def _find_key(self, keyid: bytes) -> NodeKey | None:
        name = keyid[:32].hex() if len(keyid) == 32 else ""
        self._keyid = keyid
        self._key = self._registry.node_keys.get(name) or self._roots.get(name)
        return self._key

    def _introduces_itself(
        self, stored: StoredEntry, entry: Entry | None
    ) -> tuple[NodeKey | None, str]:
        """The key that this entry brings in, by the roots' approval; else why it has none."""
        facts = None if entry is None else entry.facts
        if not isinstance(facts, KeyIntroduced) or stored.keyid.hex() != facts.keyid:
            return None, f"key {stored.keyid[:32].hex()}"
        seen = partial(digest_at, self._store)
        why = by_roots(self._registry, facts, stored.index, seen)
        return (node_key(facts) if why is None else None), why or ""

    def _record(self, stored: StoredEntry, entry: Entry | None) -> bytes:
        """5 and 12: what its stream and the map are judged by, once all rows are there.

        An unreadable row counts as what its columns say, so that one fault stays one. Returns
        its leaf hash.
        """
        leaf = leaf_hash(stored.state)
        if entry is not None:
            stream, seq = entry.stream, entry.seq
        else:
            try:
                stream = StreamId.parse(str(stored.originator_id))
            except ValueError:
                return leaf
            seq = stored.originator_version
        made = record(
            stored.index,
            stream,
            seq,
            prev=None if entry is None else entry.prev,
            digest=sha256(stored.state).digest(),
            leaf=leaf,
            is_readable=entry is not None,
        )
        self._made.append(made)
        return leaf

    def _rebuild(self, stored: StoredEntry, leaf: bytes) -> None:
        """The leaf that these bytes are, whatever is wrong with them."""
        try:
            micros = to_micros(stored.recorded_at)
        except OverflowError:
            micros = 0
        self.tree.add((leaf,), (micros,))

    def _time_and_node(self, entry: Entry) -> None:
        """6 and 7."""
        micros = to_micros(entry.recorded_at)
        if micros < self._micros:
            self._faults.add(entry.index, "time_order", TIME_ORDER)
        self._micros = micros
        if self._node is None:
            self._node = entry.node
            if self._store_node != entry.node:
                self._faults.add(entry.index, "wrong_node", "the store is another node's")
        elif entry.node != self._node:
            self._faults.add(entry.index, "wrong_node", "it names another node")

    def _govern(self, entry: Entry) -> None:
        """8: fold what governs, and check what it brings in."""
        facts = entry.facts
        if not is_in_its_stream(entry):
            self._faults.add(entry.index, "unreadable", "it stands in a stream not its own")
        if isinstance(facts, NodeFounded) and facts.name != entry.node:
            self._faults.add(entry.index, "wrong_node", "it founds another node")
        elif isinstance(facts, KeyIntroduced):
            key = node_key(facts)
            if key is None:
                self._faults.add(entry.index, "unknown_key", "the key does not fit its id")
                return
            if key.keyid in self._registry.node_keys:
                self._faults.add(entry.index, "key_not_valid", "it was introduced before")
        elif isinstance(facts, RulePackAdopted):
            self._pack(entry, facts.digest)
        elif isinstance(facts, TrustListAdopted):
            self._trust_list(entry, facts)
        try:
            self._registry.evolve(entry)
        except Exception as error:  # noqa: BLE001 - no content may stop the audit
            why = f"it does not follow from what came before: {type(error).__name__}"
            self._faults.add(entry.index, "unreadable", why)
        self._keyid, self._key = b"", None

    def _pack(self, entry: Entry, digest: str) -> None:
        try:
            content = self._store.manifest(digest)
        except LedgerError as error:
            why = f"pack {digest}: {why_unreadable(self._store, error)}"
            self._faults.add(entry.index, "missing_rule_pack", why)
            return
        if content is None:
            self._faults.add(entry.index, "missing_rule_pack", f"pack {digest}")
        elif sha256(content).hexdigest() != digest:
            self._faults.add(entry.index, "missing_rule_pack", f"{digest} was changed")

    def _trust_list(self, entry: Entry, facts: TrustListAdopted) -> None:
        try:
            adopted_list(self._store.manifest(facts.digest), facts)
        except TrustListLost:
            self._faults.add(entry.index, "missing_trust_list", f"list {facts.digest}")
        except LedgerError as error:
            why = f"list {facts.digest}: {why_unreadable(self._store, error)}"
            self._faults.add(entry.index, "missing_trust_list", why)

    def _evidence(self, stored: StoredEntry, entry: Entry) -> None:
        """9 and 10."""
        self._submissions.check(entry, self.details.check(entry, stored.details))

    def _message(self, entry: Entry, digest: str) -> None:
        try:
            kept(self._store, digest)
        except MessageLost:
            self._faults.add(entry.index, "missing_message", f"message {digest}")
        except LedgerError as error:
            why = f"message {digest}: {why_unreadable(self._store, error)}"
            self._faults.add(entry.index, "missing_message", why)

    def finish(self, stop: int, remembered: int | None, pause: Pause | None) -> None:
        """What can be told only at the end. ``stop`` is the size that was audited."""
        if not self._begun:
            self._faults.add(0, "not_founded", "the log is empty")
        self._governing.finish(stop)
        if remembered is not None and remembered > stop:
            why = f"the log ends at leaf {stop - 1}, the store remembers leaf {remembered - 1}"
            self._faults.add(stop, "truncated", why)
        self.details.finish(rows(self._store, self._store.size(), FaultList(), stop), pause)


def node_key(facts: KeyIntroduced) -> NodeKey | None:
    """The key, if it fits its id."""
    raw = b64decode(facts.public_key)
    if key_id(raw) != facts.keyid:
        return None
    return NodeKey(facts.keyid, raw, facts.purposes, facts.from_, facts.until)
