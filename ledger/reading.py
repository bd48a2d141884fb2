"""What an open node reads: registry, rules, subjects, entries, details; all verified."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Self
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError

from ledger.application import LedgerApplication
from ledger.clock import Clock, legal_day
from ledger.codec import details_context
from ledger.entry import Entry, StoredEntry, StreamId, format_instant
from ledger.errors import LedgerError
from ledger.events.governance import KeyPurpose
from ledger.exchange.trust_list import TrustList, adopted_list
from ledger.home import SETTINGS, Home, HomeContradictsLog, Settings
from ledger.identifiers import (
    subject_id,
)
from ledger.locator import Locator
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.evidence import note_behind
from ledger.log.keeper import Keeper
from ledger.log.reading import digest_at
from ledger.log.stream import (
    NodeKeys,
    UnsignedEntry,
    fold_governing,
    read_stream,
    require_signed,
)
from ledger.organisations.registry import Registry
from ledger.rules import RulePack, load
from ledger.signing.data_keys import DataKeys
from ledger.signing.keys import SigningKey, key_id
from ledger.signing.sealing import Detail, open_details
from ledger.storage.opening import Store
from ledger.subject.aggregate import Subject, project_subject
from ledger.witnessing import Witnessing

MAX_TIED = 100
"""Streams of one subject that a decision looks at; an identifier is corrected once or twice."""


class NoRulePack(LedgerError):
    code = "no_rule_pack"
    en = "no rule pack is in force on {day}; adopt one with `credit-ledger rules adopt`"
    zh_cn = "{day} 没有生效的规则包；请用 `credit-ledger rules adopt` 采用"
    zh_tw = "{day} 沒有生效的規則包；請用 `credit-ledger rules adopt` 採用"


class KeyReplaced(LedgerError):
    """Told by a program that was started before the key was rotated."""

    code = "key_replaced"
    en = (
        "key {keyid} was retired from {until}; nothing was written: start this program again, "
        "and restore keys/{file} where that does not help"
    )
    zh_cn = (
        "密钥 {keyid} 已自 {until} 起停用，未写入任何内容：请重新启动本程序；"
        "若仍无效，请恢复 keys/{file}"
    )
    zh_tw = (
        "金鑰 {keyid} 已自 {until} 起停用，未寫入任何內容：請重新啟動本程式；"
        "若仍無效，請還原 keys/{file}"
    )


@dataclass(slots=True)
class Parts:
    """What ``bootstrap`` hands to a node."""

    home: Home
    settings: Settings
    store: Store
    application: LedgerApplication
    data_keys: DataKeys
    clock: Clock
    signing_key: SigningKey
    witness_key: SigningKey | None
    founder: bytes
    """The raw public key that founded the log."""
    keeper: Keeper
    index_key: bytes
    wrap_key: bytes
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]


class NodeReads:
    """What a node knows: everything read here is verified before it is handed on."""

    def __init__(self, parts: Parts) -> None:
        self.home = parts.home
        self.settings = parts.settings
        self.store = parts.store
        self.application = parts.application
        self.data_keys = parts.data_keys
        self.clock = parts.clock
        self.signing_key = parts.signing_key
        self.witness_key = parts.witness_key
        self.founder = parts.founder
        self.keeper = parts.keeper
        self.new_id = parts.new_id
        self.now = parts.now
        self.wrap_key = parts.wrap_key
        self._index_key = parts.index_key
        self._registry = Registry()
        self._packs: dict[str, RulePack] = {}
        self._trust_lists: dict[str, TrustList] = {}
        self._locator = Locator(self.store)
        self.witnessing = Witnessing(
            self.store,
            home=self.home,
            origin=self.keeper.origin,
            key=self.witness_key,
            marks=self.keeper.high_water.path.parent,
            instant=self.instant,
            is_simulated=self.is_simulated,
            monotonic=parts.monotonic,
        )
        self.application.hold_entries_to(
            lambda stored, entry: require_signed(stored, entry, self.node_keys())
        )

    @property
    def name(self) -> str:
        return self.settings.node

    @property
    def is_simulated(self) -> bool:
        return self.settings.clock == "simulated"

    def close(self) -> None:
        self.application.close()
        self.data_keys.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what decisions rest on ------------------------------------------------

    def registry(self) -> Registry:
        """The registry as of the last governing entry, folded on; raises ``UnsignedEntry``."""
        index = self.store.governance_index()
        if index > self._registry.index:
            rows = self.store.scan_governing(self._registry.index + 1)
            try:
                fold_governing(self._registry, rows, self.founder, partial(digest_at, self.store))
            except UnsignedEntry:
                first = next(self.store.scan(0, 1), None)
                if first is not None and first.keyid.hex() != key_id(self.founder):
                    file = "keys/node.key" if self.settings.founder is None else SETTINGS
                    raise HomeContradictsLog(home=self.home.path, file=file) from None
                raise
        return self._registry

    def node_keys(self) -> NodeKeys:
        """What entries are verified with: the node's keys, as far as the registry has come."""
        return (self._registry if self._registry.node_keys else self.registry()).node_keys

    def require_key(self, key: SigningKey, purpose: KeyPurpose, file: str) -> None:
        """``key`` signs for this node now, as far as the registry has come.

        Raises ``HomeContradictsLog`` for a key that the log never introduced for that, and
        ``KeyReplaced`` for one that it has retired.
        """
        known = self._registry.node_keys.get(key.keyid)
        if known is None or purpose not in known.purposes:
            raise HomeContradictsLog(home=self.home.path, file=f"keys/{file}")
        if known.until is not None:
            raise KeyReplaced(keyid=key.keyid, until=format_instant(known.until), file=file)

    def cosigned_before(self, since: datetime) -> tuple[int, str] | None:
        """The largest tree size that an independent cosigner dated before ``since``, with the
        hex SHA-256 of that cosigned checkpoint; None where there is none.
        """
        return self.witnessing.cosigned_before(since, self.registry().node_keys.values())

    def dated_checkpoint(self, index: int) -> SignedCheckpoint | None:
        """The checkpoint by which others dated the entry ``index`` before its key was compromised.

        None where its key is not, or nobody did: then the newest proves as much.
        """
        stored = next(self.store.scan(index, index + 1), None)
        declared = self.registry().compromises_known().by_key
        known = None if stored is None else declared.get(stored.keyid.hex())
        if known is None or index >= known.covered:
            return None
        note = note_behind(self.store, self.keeper.origin, known.covered, known.evidence)
        return None if note is None else SignedCheckpoint.parse(note.body)

    def instant(self, at: datetime | None = None) -> datetime:
        """What something recorded now (or at ``at``) would be stamped with, at the earliest."""
        head = self.store.head()
        return self.clock.next_instant(head.recorded_at if head else None, at)

    def rules(self, day: date) -> RulePack:
        """The rule pack in force on ``day`` as adopted so far. Raises ``NoRulePack``."""
        adopted = self._registry.pack_in_force(day)
        pack = None if adopted is None else self.pack(adopted.digest)
        if pack is None:
            raise NoRulePack(day=day)
        return pack

    def pack(self, digest: str) -> RulePack | None:
        """The content of an adopted pack; None where it is missing or another's."""
        if digest not in self._packs:
            content = self.store.manifest(digest)
            if content is None:
                return None
            pack = load(content)
            if pack.digest != digest:
                return None  # not what was adopted; the audit names it
            self._packs[digest] = pack
        return self._packs[digest]

    def trust_list(self, size: int | None = None) -> TrustList | None:
        """The trust list adopted last, of the first ``size`` leaves; None where there is none.

        Its signatures are verified again. Raises ``TrustListLost`` where it is not kept as it
        was adopted.
        """
        adopted = self.registry().trust_list_known(size)
        if adopted is None:
            return None
        digest = adopted.facts.digest
        if digest not in self._trust_lists:
            content = self.store.manifest(digest)
            self._trust_lists[digest] = adopted_list(content, adopted.facts)
        return self._trust_lists[digest]

    def today(self, at: datetime | None = None) -> date:
        """The legal day on which something recorded now (or at ``at``) would be recorded."""
        return legal_day(self.instant(at))

    def subject_uuid(self, scheme: str, identifier: str) -> UUID:
        return subject_id(scheme, identifier, self._index_key)  # type: ignore[arg-type]

    def index_hmac_key(self) -> bytes:
        """For derivations that only this node may repeat."""
        return self._index_key

    def holder(self, created: str) -> UUID | None:
        """The subject in whose stream a record, sanction or other id was created here.

        Follows the log once, in this process; None where no entry created it.
        """
        return self._locator.find(created)

    def subject(self, identifier: UUID) -> Subject:
        """The aggregate as stored, each entry verified; an unknown one is not open."""
        key = StreamId("subject", identifier).key
        try:
            return self.application.repository.get(key, projector_func=project_subject)
        except AggregateNotFoundError:
            return Subject(key)

    def tied(self, subject: Subject) -> tuple[Subject, ...]:
        """The other streams of this subject, as stored: ``MAX_TIED`` of them at most.

        Corrections are followed from stream to stream, in a stable order.
        """
        found: dict[UUID, Subject] = {}
        known = {subject.uuid}
        waiting = [subject]
        while waiting:
            for text in sorted(waiting.pop(0).state.also_known_as):
                identifier = UUID(text)
                if identifier not in known and len(found) < MAX_TIED:
                    known.add(identifier)
                    found[identifier] = self.subject(identifier)
                    waiting.append(found[identifier])
        return tuple(found.values())

    def entries(self, identifier: UUID, size: int | None = None) -> list[Entry]:
        """The subject's entries in the first ``size`` leaves, in order.

        Raises ``UnreadableEntry`` where the rows contradict themselves or each other, and
        ``UnsignedEntry`` where the node did not sign one.
        """
        key = StreamId("subject", identifier).key
        return read_stream(key, self.store.stream(key, upto=size), self.node_keys())

    def details(
        self,
        stored: StoredEntry,
        fields: Sequence[str] | None = None,
        *,
        erased: Collection[int] = (),
    ) -> dict[str, Detail]:
        """The sealed details of one entry, opened as far as ``fields`` allows.

        Data keys in ``erased`` are gone, whether or not their destruction was carried out.
        """
        if stored.details is None:
            return {}

        def key(key_id: int) -> bytes | None:
            return None if key_id in erased else self.data_keys.get(key_id)

        context = details_context(str(stored.originator_id), stored.originator_version)
        return open_details(stored.details, key, context=context, fields=fields)
