"""Records and notices carried from one scene to another as a judged message would hold them."""

from __future__ import annotations

import hashlib
import zlib
from itertools import count
from typing import Any

from ledger.commands import subject_commands as commands
from ledger.entry import Entry
from ledger.events.disputes import ObjectionDecided, ObjectionFiled, RepairDecided
from ledger.events.exchange import CorrectionNotified, NoticeReceived
from ledger.events.records import RecordCorrected, RecordMended, RecordWithdrawn
from ledger.exchange.judged import ProvedEntry, ReceivedNotice, ReceivedRecord
from ledger.subject.decide_exchange import Disclosure, disclose
from ledger.subject.decide_received import receive_notice, receive_record
from ledger.subject.decide_subject import erase_personal_data
from tests.unit.subject.made import SUBJECT, Scene, instant_on

BUNDLE = "b" * 64


class Node(Scene):
    """A scene with a node's name, that others' records and notices reach."""

    def __init__(self, name: str, today: str = "03-02", *, is_open: bool = True) -> None:
        super().__init__(today, is_open=is_open)
        self.registry.name = name
        place = f"{zlib.crc32(name.encode()) & 0xFFFF:04x}"
        self._ids = (f"{number:08x}-{place}-7000-8000-000000000000" for number in count(1))

    @property
    def name(self) -> str:
        return self.registry.name

    def give(self, record: str, recipient: str, bundle: str = BUNDLE) -> None:
        """Enter the disclosure."""
        expires_at = instant_on(self.today)
        given = Disclosure(record, recipient, bundle, "示例", "示例", expires_at)
        disclose(self.subject, given, self.context(self.name))
        self.store()

    def take(self, received: ReceivedRecord, *kept: ReceivedNotice, bundle: str = BUNDLE) -> str:
        context = self.context(self.name)
        verdict = receive_record(self.subject, received, context, bundle=bundle, kept=kept)
        self.store()
        return verdict

    def hear(self, notice: ReceivedNotice) -> bool:
        changed = receive_notice(self.subject, notice, self.context(self.name))
        self.store()
        return changed

    def erase(self, **what: Any) -> None:
        command = commands.ErasePersonalData.model_validate({"basis": "示例", **what})
        erase_personal_data(self.subject, command, self.context(self.name), ())
        self.store()

    def given_notices(self) -> list[CorrectionNotified]:
        """Those of the last transaction."""
        return [facts for facts in self.facts if isinstance(facts, CorrectionNotified)]


def proved(node: str, entry: Entry) -> ProvedEntry:
    digest = hashlib.sha256(f"{node}/{entry.index}".encode()).hexdigest()
    return ProvedEntry(node, entry, digest, b"")


def record_of(scene: Node, key: str, **over: Any) -> ReceivedRecord:
    """The record as the scene would send it now."""
    record = scene.subject.state.records[key]
    received = record.received
    path = (scene.name,) if received is None else (*received.facts.path, scene.name)
    facts: dict[str, Any] = {
        "record": key,
        "label": None,
        "path": path,
        "subject": SUBJECT,
        "kind": "legal_person",
        "scheme": "uscc",
        "identifier": "made-up",
        "name": "示例",
        "region": None,
        "collected": record.facts,
        "collected_entry": proved(path[0], scene.entries[record.collected.index]),
        "notice_served": record.notices[0].facts if record.notices else None,
        "manifest": None,
        "disclosed": {},
        "entries": (),
    }
    return ReceivedRecord(**(facts | over))


def notice_of(scene: Node, given: CorrectionNotified, **over: Any) -> ReceivedNotice:
    """What a judged notice of the scene's own act says."""
    assert given.acted is not None
    entry = next(each for each in scene.entries if each.seq == given.acted)
    facts: dict[str, Any] = {
        "notice": given.notice,
        "record": given.record,
        "path": (scene.name,),
        "subject": SUBJECT,
        "act": given.act,
        "required": given.required,
        "due_on": given.due_on,
        "acted": proved(scene.name, entry),
        "hops": (),
        "objection": given.about if given.act != "repair" else None,
        **_said(entry),
    }
    return ReceivedNotice(**(facts | over))


def _said(entry: Entry) -> dict[str, Any]:
    match entry.facts:
        case ObjectionFiled() as filed:
            return {"filed_on": filed.filed_on, "registrar": entry.actor.organisation}
        case ObjectionDecided() as decided:
            return {"by": decided.reviewer}
        case RecordCorrected() as corrected:
            return {
                "changes": corrected.changes,
                "cause": corrected.cause,
                "acted_on": corrected.corrected_on,
            }
        case RecordWithdrawn() as gone:
            return {"fault": gone.fault, "cause": gone.cause, "effective": gone.effective}
        case RecordMended() as mended:
            return {"by": mended.accepted_by, "acted_on": mended.mended_on}
        case RepairDecided() as decided:
            return {"by": decided.reviewer, "acted_on": decided.decided_on}
        case _:
            return {}


def relayed_of(scene: Node, given: CorrectionNotified, first: ReceivedNotice) -> ReceivedNotice:
    """The same act as the scene passes it on."""
    told = next(
        facts
        for facts in (entry.facts for entry in scene.entries)
        if isinstance(facts, NoticeReceived) and facts.notice == given.relays
    )
    assert told.notice == first.notice
    return ReceivedNotice(
        **{name: getattr(first, name) for name in first.__slots__}
        | {"notice": given.notice, "path": (*first.path, scene.name)}
    )


def both(home: Node, other: Node, record: str) -> None:
    """``other`` holds the record of ``home``."""
    other.today = home.today
    home.give(record, other.name)
    assert other.take(record_of(home, record)) == "accepted"


def tell(home: Node, other: Node, given: CorrectionNotified) -> ReceivedNotice:
    """Deliver one notice at once."""
    other.today = home.today
    notice = notice_of(home, given)
    assert other.hear(notice)
    return notice
