"""A subject, made-up bodies around it, and a day that a test can move. No store, no keys."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger.commands import subject_commands as commands
from ledger.commands.base import Command
from ledger.entry import Actor, Entry, JSONValue, PendingEvent, StreamId
from ledger.errors import Refusal
from ledger.events.base import Facts, Role, SubjectKind
from ledger.events.governance import OrganisationAdmitted, RoleGranted
from ledger.identifiers import Scheme
from ledger.organisations.registry import Registry
from ledger.rules import RulePack, load_default
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.decide import decide
from ledger.subject.decide_subject import open_subject
from ledger.subject.status import record_status, sanction_status

SUBJECT = UUID("00000000-0000-8000-8000-0000000000aa")
NO_ID = "ffffffff-ffff-7fff-8fff-ffffffffffff"
DOCUMENT = "厦门示监处罚〔2026〕17号"
DIGEST = "a" * 64
BASIS = "示例条例第一条"

ROLES: Mapping[str, tuple[Role, ...]] = {
    "SUPPLIER": ("supplier",),
    "SECOND": ("supplier",),
    "BUYER": ("initiator", "enforcer"),
    "BUILDER": ("initiator", "enforcer"),
    "REVIEW": ("reviewer",),
    "CENTRE": ("registrar",),
    "INSPECT": ("inspector",),
    "NOBODY": (),
}
ADMITTED = date(2020, 1, 1)


def day(text: str) -> date:
    """``2026-03-09``, or ``03-09`` of 2026."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def instant_on(today: date) -> datetime:
    """10:00 (UTC+8) of the day."""
    return datetime(today.year, today.month, today.day, 2, tzinfo=UTC)


def entry(facts: Facts, *, index: int = 0, seq: int = 1, key: UUID = SUBJECT) -> Entry:
    return Entry(
        index=index,
        stream=StreamId(facts.stream_kind, key),
        seq=seq,
        prev=None,
        type=facts.type_name(),
        schema=facts.schema_version,
        recorded_at=instant_on(ADMITTED) + timedelta(seconds=index),
        node="xiamen",
        actor=Actor("NODE", "op"),
        submission=None,
        facts=facts,
        sealed=None,
    )


def registry() -> Registry:
    """The bodies of ``ROLES``, folded from the entries that admit them."""
    facts: list[Facts] = []
    for code, roles in ROLES.items():
        facts.append(OrganisationAdmitted(organisation=code, name=f"{code}示例", from_=ADMITTED))
        facts += [RoleGranted(organisation=code, role=r, from_=ADMITTED) for r in roles]
    return Registry().fold(entry(each, index=i) for i, each in enumerate(facts))


def ids() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{number:08x}-0000-7000-8000-000000000000"


class Scene:
    """One subject; every accepted command is stored and read back through JSON."""

    def __init__(
        self,
        today: str | date = "03-02",
        kind: SubjectKind = "legal_person",
        *,
        adult_on: date | None = None,
        is_open: bool = True,
    ) -> None:
        self.today = day(today) if isinstance(today, str) else today
        self.adult_on = adult_on
        self.registry = registry()
        self.pack: RulePack = load_default()
        self.entries: list[Entry] = []
        self._ids = ids()
        self.subject = Subject(StreamId("subject", SUBJECT).key)
        self.last: tuple[PendingEvent, ...] = ()
        if is_open:
            natural = kind == "natural_person"
            scheme: Scheme = "resident_id" if natural else "uscc"
            open_subject(
                self.subject,
                self.context("SUPPLIER"),
                kind=kind,
                scheme=scheme,
                identifier="made-up",
                name="示例",
                region=None,
            )
            self.store()

    def context(
        self,
        by: str,
        *,
        operator: str = "op-1",
        sealed: Mapping[str, JSONValue] | None = None,
    ) -> Context:
        return Context(
            today=self.today,
            actor=Actor(by, operator),
            registry=self.registry,
            rules=lambda _: self.pack,
            new_id=lambda: next(self._ids),
            person_id=lambda _scheme, _identifier: UUID(int=7),
            adult_on=self.adult_on,
            sealed=sealed or {},
        )

    def store(self) -> None:
        """Put the pending events into the log and fold the aggregate anew from it."""
        self.last = tuple(self.subject.collect_events())
        for event in self.last:
            facts = type(event.facts).model_validate(json.loads(json.dumps(event.facts.to_json())))
            self.entries.append(
                Entry(
                    index=len(self.entries),
                    stream=StreamId.parse(event.originator_id),
                    seq=event.originator_version,
                    prev=None,
                    type=facts.type_name(),
                    schema=1,
                    recorded_at=instant_on(self.today) + timedelta(seconds=len(self.entries)),
                    node="xiamen",
                    actor=event.actor,
                    submission=None,
                    facts=facts,
                    sealed=None,
                )
            )
        self.subject = Subject(self.subject.id).absorb(self.entries)

    def do(self, by: str, command: Command, *, on: str | None = None, **kw: Any) -> str:
        """Carry a command out, on another day if ``on`` is given; the id it made, or ``""``."""
        if on is not None:
            self.today = day(on)
        created = decide(self.subject, command, self.context(by, **kw))
        self.store()
        return created or ""

    def refuses(
        self, error: type[Refusal], by: str, command: Command, *, on: str | None = None, **kw: Any
    ) -> Refusal:
        """The command is refused with exactly this error, and changes nothing at all."""
        if on is not None:
            self.today = day(on)
        before = copy.deepcopy(self.subject.state), self.subject.version
        with pytest.raises(Refusal) as caught:
            decide(self.subject, command, self.context(by, **kw))
        assert type(caught.value) is error, caught.value
        assert caught.value.message("zh-CN")
        assert caught.value.message("zh-TW")
        assert caught.value.message("en")
        assert not self.subject.pending
        assert (self.subject.state, self.subject.version) == before
        return caught.value

    @property
    def facts(self) -> list[Facts]:
        """What the last command led to, in order."""
        return [event.facts for event in self.last]

    @property
    def names(self) -> list[str]:
        return [facts.type_name() for facts in self.facts]

    def record_state(self, key: str, at: str | date | None = None) -> str:
        found = record_status(self.subject.state.records[key], self._at(at))
        return "none" if found is None else found.state

    def sanction_state(self, key: str, at: str | date | None = None) -> str:
        state = self.subject.state
        return sanction_status(state.sanctions[key], state.records, self._at(at)).state

    def _at(self, at: str | date | None) -> date:
        if at is None:
            return self.today
        return day(at) if isinstance(at, str) else at


# -- commands with everything filled in -----------------------------------------


def collect(**over: Any) -> commands.CollectRecord:
    facts: dict[str, Any] = {
        "item": "administrative_penalty",
        "supplier": "SUPPLIER",
        "document_number": DOCUMENT,
        "decided_on": "2026-02-27",
        "legal_basis": BASIS,
        "amounts": {"fine": "3.5"},
        "publish_until": "2027-02-27",
    }
    facts |= over
    return commands.CollectRecord.model_validate({k: v for k, v in facts.items() if v is not None})


def notice(record: str, served_on: str = "2026-03-03") -> commands.ServeNotice:
    return commands.ServeNotice(record=record, served_on=day(served_on), channel="挂号信")


def impose(*records: str, **over: Any) -> commands.ImposeSanction:
    facts: dict[str, Any] = {
        "measure": "limit_procurement",
        "records": records,
        "initiator": "BUYER",
        "enforcer": "BUYER",
        "legal_basis": BASIS,
        "starts_on": "2026-03-09",
        "ends_on": "2027-02-27",
    }
    return commands.ImposeSanction.model_validate(facts | over)


def objection(record: str, filed_on: str = "2026-03-20", **over: Any) -> commands.FileObjection:
    facts = {"record": record, "filed_by": "subject", "filed_on": day(filed_on)}
    return commands.FileObjection.model_validate(facts | over)


def answer(key: str, finding: str, answered_on: str) -> commands.AnswerObjection:
    return commands.AnswerObjection.model_validate(
        {"objection": key, "finding": finding, "answered_on": day(answered_on)}
    )


def decision(key: str, outcome: str, decided_on: str) -> commands.DecideObjection:
    return commands.DecideObjection.model_validate(
        {"objection": key, "outcome": outcome, "decided_on": day(decided_on)}
    )


def withdraw(record: str, **over: Any) -> commands.WithdrawRecord:
    facts = {
        "record": record,
        "cause": "wrong_subject",
        "fault": "SUPPLIER",
        "effective": "from_beginning",
    }
    return commands.WithdrawRecord.model_validate(facts | over)


def correct(record: str, changes: dict[str, Any], **over: Any) -> commands.CorrectRecord:
    facts = {
        "record": record,
        "changes": changes,
        "cause": "supplier_error",
        "corrected_on": "2026-03-25",
    }
    return commands.CorrectRecord.model_validate(facts | over)


def mend(record: str, mended_on: str) -> commands.MendRecord:
    return commands.MendRecord(record=record, evidence=DIGEST, mended_on=day(mended_on))


def repair(record: str, requested_on: str, *met: str) -> commands.RequestRepair:
    return commands.RequestRepair(
        record=record,
        evidence=(DIGEST,),
        conditions_met=met or ("fully_corrected", "public_commitment"),
        requested_on=day(requested_on),
    )


def repair_decision(key: str, outcome: str, decided_on: str) -> commands.DecideRepair:
    return commands.DecideRepair.model_validate(
        {"repair": key, "outcome": outcome, "decided_on": day(decided_on)}
    )


def wrongful(sanction: str, ruled_on: str, **over: Any) -> commands.RuleSanctionWrongful:
    facts = {"sanction": sanction, "authority": "示例复核局", "ruled_on": day(ruled_on)}
    return commands.RuleSanctionWrongful.model_validate(facts | over)


# -- how far a story has got ----------------------------------------------------


def told(scene: Scene, **over: Any) -> str:
    """A record of which the subject was told, on 3 March."""
    record = scene.do("SUPPLIER", collect(**over), on="03-02")
    scene.do("SUPPLIER", notice(record), on="03-03")
    return record


def sanctioned(scene: Scene) -> tuple[str, str]:
    """A record and a sanction on it, in force since 9 March."""
    record = told(scene)
    return record, scene.do("BUYER", impose(record), on="03-09")


def disputed(scene: Scene) -> tuple[str, str, str]:
    """Record, sanction and the objection that suspended it on 20 March."""
    record, sanction = sanctioned(scene)
    return record, sanction, scene.do("CENTRE", objection(record), on="03-20")
