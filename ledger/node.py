"""One open node: it turns orders into entries, and keeps its registry and rules at hand.

A decision is made outside the append lock, on what was read; the append checks under
the lock that nothing it rested on has changed (``Guard``), else it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from ledger.clock import ClockBehind, ClockJumped
from ledger.commands import subject_commands
from ledger.commands.governance_commands import AdoptRulePack, ConfirmClockJump
from ledger.entry import Actor, PendingEvent
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.home import SETTINGS, HomeContradictsLog
from ledger.identifiers import (
    identify,
    parse_scheme,
)
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.cosigning import Asked
from ledger.log.witness import Answer
from ledger.naming import coming_of_age, kind_of, require_kind
from ledger.orders import Done, Order, SubjectRef
from ledger.organisations.decide import decide_governance, require_node
from ledger.reading import KeyReplaced, NodeReads, Parts
from ledger.rules import RulePack
from ledger.signing.keys import SigningKey
from ledger.signing.sealing import Opened
from ledger.stamping import NodeSealing
from ledger.storage.errors import (
    GuardChanged,
    StoreBusy,
    StoreUnavailable,
    VersionConflict,
)
from ledger.storage.port import Guard
from ledger.subject.aggregate import Subject
from ledger.subject.collecting import person_key
from ledger.subject.context import Context
from ledger.subject.decide import decide
from ledger.subject.decide_reports import report_key
from ledger.subject.decide_subject import correct_identifier, erase_personal_data, open_subject
from ledger.subject.refusals import AlreadyOpened, NotOpened

MAX_ATTEMPTS = 50
"""Decisions made anew because another writer was faster; each attempt one of them won."""


_NOT_NOW = (ClockBehind, ClockJumped, KeyReplaced, StoreBusy, StoreUnavailable)
"""Why the log cannot be settled by this node just now; a damaged log is told instead."""

_LOOKS_AT_TIED = (subject_commands.CollectRecord, subject_commands.CorrectRecord)
"""Commands that say which document a record is of: none is held twice by one subject."""

T = TypeVar("T")


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


class Node(NodeReads):
    """See the module. Open with ``bootstrap.open_node``, close after use."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._is_settled = True
        self._ask_due = False
        self.asked: Asked | LedgerError | None = None
        """At the end: what the witnesses of the policy said of the newest checkpoint, or why
        they could not be asked; None where there was no need to."""
        self.keeper.guarded_by(self._settling)
        self.keeper.ask_with(
            lambda: self.witnessing.seen_by_witnesses(self.registry().node_keys.values())
        )

    # -- orders ----------------------------------------------------------------

    def execute(self, order: Order) -> Done:
        """Carry out one order in one transaction, or raise its refusal."""
        if isinstance(order.command, ConfirmClockJump):
            require_node(self.registry(), order.by)  # whoever may not confirm changes no clock
            self.clock.confirm()  # else the confirmation itself could not be recorded
        if order.command.stream_kind != "subject":
            return self.again(order.at, lambda today: self._govern(order, today))
        return self.again(order.at, lambda today: self._act(order, today))

    def again(self, at: datetime | None, attempt: Callable[[date], T]) -> T:
        """What ``attempt`` returns for the day of ``at``, tried anew while others are faster."""
        """What ``attempt`` gives of today, made anew while other writers are faster."""
        self.keeper.require_whole()  # a decision on half a log would only mislead
        for _ in range(MAX_ATTEMPTS):
            self.registry()
            try:
                return attempt(self.today(at))
            except (VersionConflict, GuardChanged):
                continue
        raise TooManyConflicts(attempts=MAX_ATTEMPTS)

    def guard(self, today: date, at: datetime | None) -> Guard:
        """What a transaction of today assumes. Raises where nothing may be written at all."""
        self.keeper.require_whole()
        self._require_own_log()
        return Guard(day=today, governance=self._registry.index, at=at)

    def _require_own_log(self) -> None:
        """Nothing is written under another clock or origin than the log's, or with a foreign key."""
        if (self._registry.clock, self._registry.origin) != (
            self.settings.clock,
            self.keeper.origin,
        ):
            raise HomeContradictsLog(home=self.home.path, file=SETTINGS)
        self.require_key(self.signing_key, "entries", "node.key")

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
        self.wrote()
        with suppress(*_NOT_NOW):  # what is written is written, also where it is not told yet
            self.keeper.tick()
        return [recording.notification.id - 1 for recording in recordings]

    def go_on_with(self, key: SigningKey) -> None:
        """Write on with ``key``, which has taken the place of the one this node was opened with."""
        sealing = NodeSealing(key, self.clock)
        self.signing_key, self.store.sealing = key, sealing
        self.keeper.use(key, sealing)

    def _settling(self) -> Guard:
        """Nothing is signed of the log with a key that it has replaced."""
        self.registry()
        self._require_own_log()
        return Guard(governance=self._registry.index)

    def wrote(self) -> None:
        """Told after each transaction of this node, whichever process wrote it."""
        self._is_settled = False

    def settle(self) -> SignedCheckpoint:
        """Commit to all subjects and sign a checkpoint, unless that was done already."""
        self.keeper.require_whole()
        signed = self.keeper.settle()
        self._is_settled = self._ask_due = True
        return signed

    def settle_unasked(self) -> SignedCheckpoint:
        """As ``settle``, for whoever asks the witnesses next."""
        signed = self.settle()
        self._ask_due = False
        return signed

    def settle_witnessed(self) -> SignedCheckpoint:
        """As ``settle``, once the witnesses within reach were asked: what they said is kept."""
        signed = self.settle_unasked()
        self._ask_witnesses()
        return signed

    def close(self) -> None:
        """Settles what this node wrote, and gives everything back.

        What was written is written: where settling cannot be done now, the next writer does it.
        """
        try:
            if not self._is_settled:
                with suppress(*_NOT_NOW):
                    self.settle()
            if self._ask_due:
                self._ask_witnesses()
        finally:
            super().close()

    def _ask_witnesses(self) -> None:
        """Work goes on whatever they say; the next settling asks for the newest checkpoint."""
        try:
            self.asked = self.witnessing.ask()
        except LedgerError as error:
            self.asked = error

    def add_checkpoint(self, data: bytes, at: datetime | None = None) -> Answer:
        """As a witness, answer a log's request; see ``ledger.log.witness``.

        Raises where this node may cosign nothing: its own store is behind, its clock is not
        to be trusted, its witness key is another's, retired or missing.
        """
        self.keeper.require_whole()
        if self.witness_key is not None:
            self.registry()
            self.require_key(self.witness_key, "witness", "witness.key")
        return self.witnessing.add_checkpoint(data, at)

    def _govern(self, order: Order, today: date) -> Done:
        if isinstance(order.command, AdoptRulePack):
            self._require_pack(order.command)
        now = self.instant(order.at)
        events = decide_governance(
            order.command,
            self._registry,
            order.by,
            today,
            self.cosigned_before,
            now=now,
            new_id=self.new_id,
        )
        name = order.command.names
        created = None if name is None else str(getattr(events[0].facts, name))
        return Done(tuple(self.save(events, today, order.at)), created, None)

    def _require_pack(self, command: AdoptRulePack) -> None:
        """A pack adopted by its digest alone must be one that was adopted with its content."""
        known = any(pack.digest == command.digest for pack in self._registry.packs)
        pack = self.pack(command.digest) if known else None
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

        return self.again(at, attempt)

    def _act(self, order: Order, today: date) -> Done:
        subject = self.subject(self._which(order))
        adult_on = self._adult_on(order, subject, today)
        tied = self.tied(subject) if isinstance(order.command, _LOOKS_AT_TIED) else ()
        context = self.context(order, today, adult_on, tied)
        if isinstance(order.subject, SubjectRef):
            if not subject.is_open:
                self.open(subject, order.subject, context)
            elif order.subject.kind is not None:
                require_kind(order.subject.scheme, order.subject.kind, like=subject.state.kind)
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
        if opened is not None and new.is_open:
            require_kind(scheme, new.state.kind, like=opened.facts.kind)
        correct_identifier(old, new, command, context)
        return new

    def _erase(
        self, subject: Subject, command: subject_commands.ErasePersonalData, context: Context
    ) -> list[str]:
        """The names of the data keys to destroy once the erasure is in the log."""
        context.require_role(command.roles)
        names = [f"record:{record}" for record in command.records]
        names += [person_key(person, subject.uuid) for person in command.persons]
        names += [report_key(report) for report in command.reports]
        if command.subject_itself:
            names.append(f"subject:{subject.uuid}")
        keys = self.data_keys.living(names)
        erase_personal_data(subject, command, context, keys.values())
        return names
