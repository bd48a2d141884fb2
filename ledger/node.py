"""One open node: it turns orders into entries, and keeps its registry and rules at hand.

A decision is made outside the append lock, on what was read; the append checks under
the lock that nothing it rested on has changed (``Guard``), else it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self, TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError

from ledger.application import LedgerApplication
from ledger.clock import Clock, legal_day
from ledger.codec import decode, details_context
from ledger.commands import subject_commands
from ledger.commands.governance_commands import AdoptRulePack, ConfirmClockJump
from ledger.entry import Actor, Entry, PendingEvent, StoredEntry, StreamId
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.home import SETTINGS, Home, HomeContradictsLog, Settings
from ledger.identifiers import (
    identify,
    parse_scheme,
    subject_id,
)
from ledger.locator import Locator
from ledger.log.stream import read_stream
from ledger.naming import coming_of_age, kind_of
from ledger.orders import Done, Order, SubjectRef
from ledger.organisations.decide import decide_governance, require_node
from ledger.organisations.registry import Registry
from ledger.rules import RulePack, load
from ledger.signing.data_keys import DataKeys
from ledger.signing.keys import SigningKey
from ledger.signing.sealing import Detail, Opened, open_details
from ledger.storage.errors import GuardChanged, VersionConflict
from ledger.storage.opening import Store
from ledger.storage.port import Guard
from ledger.subject.aggregate import Subject, project_subject
from ledger.subject.collecting import person_key
from ledger.subject.context import Context
from ledger.subject.decide import decide
from ledger.subject.decide_subject import correct_identifier, erase_personal_data, open_subject
from ledger.subject.refusals import AlreadyOpened, NotOpened

MAX_ATTEMPTS = 50
"""Decisions made anew because another writer was faster; each attempt one of them won."""

MAX_TIED = 100
"""Streams of one subject that a decision looks at; an identifier is corrected once or twice."""

_LOOKS_AT_TIED = (subject_commands.CollectRecord, subject_commands.CorrectRecord)
"""Commands that say which document a record is of: none is held twice by one subject."""

T = TypeVar("T")


class NoRulePack(LedgerError):
    code = "no_rule_pack"
    en = "no rule pack is in force on {day}; adopt one with `credit-ledger rules adopt`"
    zh_cn = "{day} 没有生效的规则包；请用 `credit-ledger rules adopt` 采用"
    zh_tw = "{day} 沒有生效的規則包；請用 `credit-ledger rules adopt` 採用"


class PackNotHere(Refusal):
    code = "pack_not_here"
    en = "this node holds no rule pack {pack} {version} of digest {digest}; use `rules adopt FILE`"
    zh_cn = "本节点没有摘要为 {digest} 的规则包 {pack} {version}；请用 `rules adopt FILE` 采用"
    zh_tw = "本節點沒有摘要為 {digest} 的規則包 {pack} {version}；請用 `rules adopt FILE` 採用"


class SubjectNeeded(UnusableInput):
    code = "subject_needed"
    en = "name the subject of the command: no id in it tells which one it is"
    zh_cn = "请注明命令所涉主体：命令中的编号无法判断"
    zh_tw = "請註明命令所涉主體：命令中的編號無法判斷"


class TooManyConflicts(LedgerError):
    code = "too_many_conflicts"
    en = "other writers were faster {attempts} times; nothing was written, try again"
    zh_cn = "其他写入者连续 {attempts} 次抢先；未写入任何内容，请重试"
    zh_tw = "其他寫入者連續 {attempts} 次搶先；未寫入任何內容，請重試"


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
    index_key: bytes
    wrap_key: bytes
    new_id: Callable[[], str]
    now: Callable[[], datetime]


class Node:
    """See the module. Open with ``bootstrap.open_node``, close after use."""

    def __init__(self, parts: Parts) -> None:
        self.home = parts.home
        self.settings = parts.settings
        self.store = parts.store
        self.application = parts.application
        self.data_keys = parts.data_keys
        self.clock = parts.clock
        self.signing_key = parts.signing_key
        self.new_id = parts.new_id
        self.now = parts.now
        self.wrap_key = parts.wrap_key
        self._index_key = parts.index_key
        self._registry = Registry()
        self._packs: dict[str, RulePack] = {}
        self._locator = Locator(self.store)

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
        """The registry as of the last governing entry, folded on from where it stood."""
        index = self.store.governance_index()
        if index > self._registry.index:
            start = self._registry.index + 1
            for stored in self.store.scan_kinds(("node", "organisation"), start):
                self._registry.evolve(decode(stored))
        return self._registry

    def rules(self, day: date) -> RulePack:
        """The rule pack in force on ``day`` as adopted so far. Raises ``NoRulePack``."""
        adopted = self._registry.pack_in_force(day)
        pack = None if adopted is None else self._pack(adopted.digest)
        if pack is None:
            raise NoRulePack(day=day)
        return pack

    def _pack(self, digest: str) -> RulePack | None:
        if digest not in self._packs:
            content = self.store.manifest(digest)
            if content is None:
                return None
            self._packs[digest] = load(content)
        return self._packs[digest]

    def today(self, at: datetime | None = None) -> date:
        """The legal day on which something recorded now (or at ``at``) would be recorded."""
        head = self.store.head()
        return legal_day(self.clock.next_instant(head.recorded_at if head else None, at))

    def subject_uuid(self, scheme: str, identifier: str) -> UUID:
        return subject_id(scheme, identifier, self._index_key)  # type: ignore[arg-type]

    def index_hmac_key(self) -> bytes:
        """For derivations that only this node may repeat."""
        return self._index_key

    def subject(self, identifier: UUID) -> Subject:
        """The aggregate as stored; an unknown one is not open."""
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

        Raises ``UnreadableEntry`` where the rows contradict themselves or each other.
        """
        key = StreamId("subject", identifier).key
        return read_stream(key, self.store.stream(key, upto=size))

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

    # -- orders ----------------------------------------------------------------

    def execute(self, order: Order) -> Done:
        """Carry out one order in one transaction, or raise its refusal."""
        if isinstance(order.command, ConfirmClockJump):
            require_node(self.registry(), order.by)  # whoever may not confirm changes no clock
            self.clock.confirm()  # else the confirmation itself could not be recorded
        if order.command.stream_kind != "subject":
            return self._again(order.at, lambda today: self._govern(order, today))
        return self._again(order.at, lambda today: self._act(order, today))

    def _again(self, at: datetime | None, attempt: Callable[[date], T]) -> T:
        for _ in range(MAX_ATTEMPTS):
            self.registry()
            try:
                return attempt(self.today(at))
            except (VersionConflict, GuardChanged):
                continue
        raise TooManyConflicts(attempts=MAX_ATTEMPTS)

    def guard(self, today: date, at: datetime | None) -> Guard:
        self._require_own_log()
        return Guard(day=today, governance=self._registry.index, at=at)

    def _require_own_log(self) -> None:
        """Nothing is written under another clock than the log's, or with a key foreign to it."""
        if self._registry.clock != self.settings.clock:
            raise HomeContradictsLog(home=self.home.path, file=SETTINGS)
        if self.signing_key.keyid not in self._registry.node_keys:
            raise HomeContradictsLog(home=self.home.path, file="keys/node.key")

    def save(
        self,
        events: Sequence[PendingEvent],
        today: date,
        at: datetime | None,
        manifests: Sequence[tuple[str, bytes]] = (),
    ) -> list[int]:
        """One transaction through the library; the leaf indexes."""
        self.application.sealer.prepare(events)
        guard = self.guard(today, at)
        recordings = self.application.save(*events, guard=guard, manifests=manifests)
        return [recording.notification.id - 1 for recording in recordings]

    def _govern(self, order: Order, today: date) -> Done:
        if isinstance(order.command, AdoptRulePack):
            self._require_pack(order.command)
        events = decide_governance(order.command, self._registry, order.by, today)
        return Done(tuple(self.save(events, today, order.at)), None, None)

    def _require_pack(self, command: AdoptRulePack) -> None:
        """A pack adopted by its digest alone must be one that was adopted with its content."""
        known = any(pack.digest == command.digest for pack in self._registry.packs)
        pack = self._pack(command.digest) if known else None
        if pack is None or (pack.id, str(pack.version)) != (command.pack, command.version):
            raise PackNotHere(pack=command.pack, version=command.version, digest=command.digest)

    def adopt(self, pack: RulePack, day: date, operator: str, at: datetime | None) -> Done:
        """Adopt a rule pack: its content beside the log, its digest in an entry."""
        command = AdoptRulePack(
            pack=pack.id, version=str(pack.version), digest=pack.digest, in_force_from=day
        )
        order = Order(command, Actor(self.name, operator), at=at)

        def attempt(today: date) -> Done:
            events = decide_governance(command, self._registry, order.by, today)
            kept = ((pack.digest, pack.to_json()),)
            return Done(tuple(self.save(events, today, at, kept)), None, None)

        return self._again(at, attempt)

    def _act(self, order: Order, today: date) -> Done:
        subject = self.subject(self._which(order))
        adult_on = self._adult_on(order, subject, today)
        tied = self.tied(subject) if isinstance(order.command, _LOOKS_AT_TIED) else ()
        context = self.context(order, today, adult_on, tied)
        if isinstance(order.subject, SubjectRef) and not subject.is_open:
            self.open(subject, order.subject, context)
        command = order.command
        created: str | None = None
        touched = [subject]
        erased: list[str] = []
        if isinstance(command, subject_commands.OpenSubject):
            context.require_role(command.roles)
            if not subject.pending:
                raise (AlreadyOpened() if subject.is_open else NotOpened())
        elif isinstance(command, subject_commands.CorrectIdentifier):
            touched.append(self._correct_identifier(subject, command, context))
        elif isinstance(command, subject_commands.ErasePersonalData):
            erased = self._erase(subject, command, context)
        else:
            created = decide(subject, command, context)
        events = [event for each in touched for event in each.collect_events()]
        indices = self.save(events, today, order.at)
        if erased:
            self.data_keys.destroy(erased, self.now())
        return Done(tuple(indices), created, subject.uuid)

    def context(
        self, order: Order, today: date, adult_on: date | None, tied: tuple[Subject, ...] = ()
    ) -> Context:
        return Context(
            today=today,
            actor=order.by,
            registry=self._registry,
            rules=self.rules,
            new_id=self.new_id,
            person_id=self.subject_uuid,
            adult_on=adult_on,
            submission=order.submission,
            attested_by=order.attested_by,
            sealed=order.sealed,
            tied=tied,
        )

    def _which(self, order: Order) -> UUID:
        if isinstance(order.subject, UUID):
            return order.subject
        if order.subject is not None:
            return self.subject_uuid(order.subject.scheme, order.subject.identifier)
        for name in order.command.refers:
            value = getattr(order.command, name)
            for known in value if isinstance(value, tuple) else (value,):
                if known is not None and (found := self._locator.find(known)) is not None:
                    return found
        raise SubjectNeeded

    def open(self, subject: Subject, ref: SubjectRef, context: Context) -> None:
        open_subject(
            subject,
            context,
            kind=kind_of(ref),
            scheme=ref.scheme,
            identifier=ref.identifier,
            name=ref.name,
            region=ref.region or self._registry.region,
        )

    def _adult_on(self, order: Order, subject: Subject, today: date) -> date | None:
        """A natural person's coming of age, from the identifier given or the sealed one."""
        if isinstance(order.subject, SubjectRef):
            return self.adult_day(order.subject.scheme, order.subject.identifier, today)
        opened = subject.state.opened
        if opened is None or opened.facts.kind != "natural_person":
            return None
        stored = self.store.stream(subject.id, upto=opened.index + 1)[0]
        identifier = self.details(stored, ("identifier",)).get("identifier")
        if not isinstance(identifier, Opened) or not isinstance(identifier.value, str):
            return None
        return self.adult_day(opened.facts.scheme, identifier.value, today)

    def adult_day(self, scheme: str, identifier: str, today: date) -> date | None:
        """When a natural person comes of age; None where the identifier does not tell."""
        return coming_of_age(scheme, identifier, self.rules(today).adult_age(today))

    def _correct_identifier(
        self, old: Subject, command: subject_commands.CorrectIdentifier, context: Context
    ) -> Subject:
        context.require_role(command.roles)
        old.require_open()
        scheme = parse_scheme(command.new_scheme)
        scheme, identifier = identify(scheme, command.new_identifier)
        new = self.subject(self.subject_uuid(scheme, identifier))
        opened = old.state.opened
        if not new.is_open and opened is not None:
            ref = SubjectRef(
                scheme, identifier, opened.facts.kind, opened.facts.name, opened.facts.region
            )
            self.open(new, ref, context)
        correct_identifier(old, new, command, context)
        return new

    def _erase(
        self, subject: Subject, command: subject_commands.ErasePersonalData, context: Context
    ) -> list[str]:
        """The names of the data keys to destroy once the erasure is in the log."""
        context.require_role(command.roles)
        names = [f"record:{record}" for record in command.records]
        names += [person_key(person, subject.uuid) for person in command.persons]
        if command.subject_itself:
            names.append(f"subject:{subject.uuid}")
        keys = self.data_keys.living(names)
        erase_personal_data(subject, command, context, keys.values())
        return names
