"""Logs of several nodes made by hand, and the worked case of three cities. Every day is of 2026.

Each call enters one transaction at 10:00 (UTC+8) of its day; later calls of one day come
later, so that the order of the calls is the order of time at all nodes together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

from ledger.entry import Actor, Entry, StreamId, SubmissionRef
from ledger.events.base import Facts
from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionNotified,
    DisclosureReceipted,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import NoticeServed, RecordCollected, RecordCorrected, RecordWithdrawn
from ledger.events.sanctions import (
    EnforcementReported,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import SubjectOpened
from projections.liability.model import Trail
from projections.liability.trail import trail
from projections.liability.views import NodeView

LEGAL_ZONE = timezone(timedelta(hours=8))
FIRM = UUID("00000000-0000-8000-8000-00000000000a")
SUPPLIER, SECOND = "JIANDU", "JIANDU-2"
PROCURER, BUILDER, FUNDER = "CAIGOU", "JIANSHE", "ZIJIN"
REGISTRAR, REVIEWER = "XINYONG", "FUHE"
BY = {"xiamen": PROCURER, "zhangzhou": BUILDER, "quanzhou": FUNDER}
"""Who imposes and enforces at each node."""
MANIFEST, DIGEST = "a" * 64, "d" * 64
END = date(2027, 2, 27)


def uid(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012x}"


R1, R2 = uid(1), uid(2)
S1, S2, S3 = uid(11), uid(12), uid(13)
O1, O2 = uid(21), uid(22)
N2, N3, M2, M3 = uid(32), uid(33), uid(42), uid(43)


def day(text: str) -> date:
    """``03-09`` of 2026."""
    return date.fromisoformat(f"2026-{text}")


@dataclass
class World:
    """The logs of several nodes; a subject's stream at each."""

    logs: dict[str, list[Entry]] = field(default_factory=dict)
    entered: int = 0

    def at(
        self,
        node: str,
        on: str,
        *facts: Facts,
        by: str | None = None,
        manifest: str | None = None,
    ) -> World:
        """Enter ``facts`` as one transaction; ``by`` the node itself, unless said."""
        self.entered += 1
        ten = datetime.combine(day(on), time(10), LEGAL_ZONE).astimezone(UTC)
        log = self.logs.setdefault(node, [])
        for each in facts:
            log.append(
                Entry(
                    index=len(log),
                    stream=StreamId("subject", FIRM),
                    seq=len(log) + 1,
                    prev=None if not log else "0" * 64,
                    type=each.type_name(),
                    schema=1,
                    recorded_at=ten + timedelta(microseconds=self.entered),
                    node=node,
                    actor=Actor(by or node, f"{by or node}-1"),
                    submission=None if manifest is None else SubmissionRef(manifest, 2),
                    facts=each,
                    sealed=None,
                )
            )
        return self

    def views(self, *nodes: str) -> tuple[NodeView, ...]:
        """All nodes, or those named."""
        return tuple(
            NodeView(node, tuple(log))
            for node, log in self.logs.items()
            if not nodes or node in nodes
        )

    def known(self, until: str) -> World:
        """What each log held when ``until`` began."""
        begin = datetime.combine(day(until), time(0), LEGAL_ZONE)
        return World(
            {n: [e for e in log if e.recorded_at < begin] for n, log in self.logs.items()},
            self.entered,
        )

    def trail(self, sanction: str, *nodes: str, on: str = "04-30") -> Trail:
        return trail(self.views(*nodes), sanction, day(on))

    def recorded(self, node: str, kind: type[Facts], nth: int = -1) -> datetime:
        """When the ``nth`` entry of a type was recorded there."""
        return [e.recorded_at for e in self.logs[node] if type(e.facts) is kind][nth]

    # -- the acts of the worked case, each with its effects -------------------------

    def collect(self, node: str, on: str, record: str = R1, supplier: str = SUPPLIER) -> World:
        made = made_record(record, supplier)
        return self.at(node, on, OPENED, made, told(record, on), by=REGISTRAR, manifest=MANIFEST)

    def disclose(
        self, origin: str, node: str, on: str, *, sender: str | None = None, record: str = R1
    ) -> World:
        source = sender or origin
        given = {"record": record, "recipient": node, "bundle": DIGEST}
        self.at(source, on, fact(RecordDisclosed, **given, purpose="示例", legal_basis="示例"))
        original = next(
            e.facts
            for e in self.logs[origin]
            if isinstance(e.facts, RecordCollected) and e.facts.record == record
        )
        self.at(
            node,
            on,
            fact(
                RecordReceived,
                record=record,
                origin=origin,
                sender=sender,
                bundle=DIGEST,
                origin_entry=DIGEST,
                origin_recorded_at=self.recorded(origin, RecordCollected),
                collected=original,
                notice_served=told(record, "03-02"),
                manifest=MANIFEST,
            ),
        )
        at = self.recorded(node, RecordReceived)
        return self.at(
            source, on, fact(DisclosureReceipted, **given, received_at=at, verdict="accepted")
        )

    def impose(
        self, node: str, on: str, sanction: str, *records: str, report: str | None = "applied"
    ) -> World:
        by = BY.get(node, PROCURER)
        made = fact(
            SanctionImposed,
            sanction=sanction,
            measure="limit_procurement",
            kind="administrative",
            records=records or (R1,),
            initiator=by,
            enforcer=by,
            approved_by="op-7",
            legal_basis="示例法第二条",
            starts_on=day(on),
            ends_on=END,
        )
        self.at(node, on, made, by=by)
        return self if report is None else self.report(node, on, sanction, report)

    def report(
        self, node: str, on: str, sanction: str, state: str, *, said: str | None = None
    ) -> World:
        by = BY.get(node, PROCURER)
        made = fact(
            EnforcementReported, sanction=sanction, enforcer=by, on=day(said or on), state=state
        )
        return self.at(node, on, made, by=by)

    def object(
        self,
        node: str,
        on: str,
        *sanctions: str,
        objection: str = O1,
        record: str = R1,
        filed: str | None = None,
        repeats: str | None = None,
    ) -> World:
        made = fact(
            ObjectionFiled,
            objection=objection,
            record=record,
            filed_by="subject",
            filed_on=day(filed or on),
            due_on=day("04-20"),
            repeats=repeats,
        )
        halted = [suspended(each, objection, filed or on) for each in sanctions]
        return self.at(node, on, made, *halted, by=REGISTRAR)

    def reject(self, node: str, on: str, *sanctions: str, objection: str = O1) -> World:
        self.at(
            node,
            on,
            fact(
                ObjectionDecided,
                objection=objection,
                outcome="rejected",
                reviewer=REVIEWER,
                decided_on=day(on),
            ),
            by=REVIEWER,
        )
        for each in sanctions:
            self.resume(node, on, each, objection)
        return self

    def resume(self, node: str, on: str, sanction: str, confirmation: str = O1) -> World:
        made = fact(
            SanctionResumed, sanction=sanction, confirmation=confirmation, **{"from": day(on)}
        )
        return self.at(node, on, made, by=REGISTRAR)

    def withdraw(
        self,
        node: str,
        on: str,
        *sanctions: str,
        record: str = R1,
        fault: str = SUPPLIER,
        effective: str = "from_beginning",
    ) -> World:
        made = fact(
            RecordWithdrawn, record=record, cause="wrong_subject", fault=fault, effective=effective
        )
        ends = [lifted(each, "record_withdrawn", on) for each in sanctions]
        return self.at(node, on, made, *ends, by=SUPPLIER)

    def correct(self, node: str, on: str, *sanctions: str, record: str = R1) -> World:
        made = fact(
            RecordCorrected,
            record=record,
            changes=[{"field": "tier", "old": "general", "new": "minor"}],
            cause="own_check",
            corrected_on=day(on),
        )
        ends = [lifted(each, "record_corrected", on) for each in sanctions]
        return self.at(node, on, made, *ends, by=SUPPLIER)

    def rule(
        self,
        node: str,
        on: str,
        sanction: str,
        *faulty: str,
        wrong_from: str | None = None,
        wrong_until: str | None = None,
    ) -> World:
        imposed = next(
            e.facts
            for e in self.logs[node]
            if isinstance(e.facts, SanctionImposed) and e.facts.sanction == sanction
        )
        made = fact(
            SanctionRuledWrongful,
            sanction=sanction,
            faulty_records=faulty,
            authority="示例复核局",
            ruled_on=day(on),
            wrong_from=imposed.starts_on if wrong_from is None else day(wrong_from),
            wrong_until=END if wrong_until is None else day(wrong_until),
        )
        return self.at(node, on, made, by=REVIEWER)

    def reverse(self, node: str, on: str, sanction: str) -> World:
        made = fact(RulingReversed, sanction=sanction, authority="示例复核局", reversed_on=day(on))
        return self.at(node, on, made, by=REVIEWER)

    def notify(
        self, node: str, on: str, recipient: str, notice: str, act: str, *, record: str = R1
    ) -> World:
        made = fact(
            CorrectionNotified,
            notice=notice,
            record=record,
            recipient=recipient,
            act=act,
            required=REQUIRED[act],
            due_on=day("05-01"),
        )
        return self.at(node, on, made)

    def receive(
        self,
        node: str,
        on: str,
        notice: str,
        act: str,
        kind: type[Facts],
        *also: Facts,
        origin: str = "xiamen",
        record: str = R1,
        **changes: Any,
    ) -> World:
        """The notice of the last act of ``kind`` at the origin, with its effects here."""
        said: dict[str, Any] = {
            "notice": notice,
            "record": record,
            "origin": origin,
            "origin_entry": DIGEST,
            "origin_recorded_at": self.recorded(origin, kind),
            "received_on": day(on),
            "act": act,
            "required": REQUIRED[act],
        }
        return self.at(node, on, fact(NoticeReceived, **(said | changes)), *also)

    def acknowledge(
        self, node: str, on: str, recipient: str, notice: str, *, record: str = R1
    ) -> World:
        made = fact(
            CorrectionAcknowledged,
            notice=notice,
            record=record,
            recipient=recipient,
            verdict="applied",
        )
        return self.at(node, on, made)


REQUIRED = {
    "objection": "suspend",
    "confirmed": "resume",
    "correction": "lift",
    "withdrawal": "lift",
    "mended": "lift",
    "repair": "lift",
}


def fact(type_: type[Facts], /, **members: Any) -> Any:
    return type_.model_validate(members)


OPENED = fact(SubjectOpened, kind="legal_person", scheme="uscc", identifier="91350200SHILI")


def made_record(record: str = R1, supplier: str = SUPPLIER) -> RecordCollected:
    made: RecordCollected = fact(
        RecordCollected,
        record=record,
        item="administrative_penalty",
        tier="general",
        adverse=True,
        supplier=supplier,
        organ=supplier,
        document_number=f"厦门示监处罚〔2026〕{int(record[-3:], 16)}号",
        decided_on=day("02-27"),
        held_from=day("02-27"),
        publicity="public",
        publish_from=day("02-27"),
        publish_until=END,
        legal_basis="示例法第一条",
    )
    return made


def told(record: str, on: str) -> NoticeServed:
    return NoticeServed(record=record, served_on=day(on), channel="邮寄")


def suspended(sanction: str, cause: str, on: str) -> Facts:
    made: Facts = fact(SanctionSuspended, sanction=sanction, cause=cause, **{"from": day(on)})
    return made


def lifted(sanction: str, cause: str, on: str) -> Facts:
    made: Facts = fact(SanctionLifted, sanction=sanction, cause=cause, **{"from": day(on)})
    return made


def shares(of: Trail) -> dict[str, int]:
    """``role party`` to days."""
    return {f"{each.role} {each.party}": each.days for each in of.days.parties}


def spans(of: Trail, role: str) -> list[tuple[str, str]]:
    return [
        (from_.strftime("%m-%d"), until.strftime("%m-%d"))
        for each in of.days.parties
        if each.role == role
        for from_, until in each.spans
    ]


def worked_case() -> World:
    """One wrong record, three cities: S1 at xiamen, S2 at zhangzhou, S3 at quanzhou."""
    world = World().collect("xiamen", "03-02")
    world.impose("xiamen", "03-09", S1)
    world.disclose("xiamen", "zhangzhou", "03-10").disclose("xiamen", "quanzhou", "03-10")
    world.impose("zhangzhou", "03-12", S2).impose("quanzhou", "03-16", S3)
    world.object("xiamen", "03-20", S1).report("xiamen", "03-20", S1, "suspended")
    world.notify("xiamen", "03-20", "zhangzhou", N2, "objection")
    world.notify("xiamen", "03-20", "quanzhou", N3, "objection")
    objected: dict[str, Any] = {
        "objection": O1,
        "filed_on": day("03-20"),
        "registrar": REGISTRAR,
    }
    world.receive(
        "zhangzhou",
        "03-23",
        N2,
        "objection",
        ObjectionFiled,
        suspended(S2, N2, "03-23"),
        **objected,
    )
    world.report("zhangzhou", "03-23", S2, "suspended")
    world.acknowledge("xiamen", "03-23", "zhangzhou", N2)
    world.receive(
        "quanzhou", "03-24", N3, "objection", ObjectionFiled, suspended(S3, N3, "03-24"), **objected
    )
    world.acknowledge("xiamen", "03-24", "quanzhou", N3)
    world.report("quanzhou", "03-30", S3, "suspended")
    world.at(
        "xiamen",
        "04-24",
        ObjectionAnswered(
            objection=O1,
            supplier=SUPPLIER,
            finding="wrong",
            answered_on=day("04-24"),
            overdue_working_days=4,
        ),
        by=SUPPLIER,
    )
    world.withdraw("xiamen", "04-24", S1).report("xiamen", "04-24", S1, "lifted")
    world.rule("xiamen", "04-24", S1, R1)
    world.notify("xiamen", "04-24", "zhangzhou", M2, "withdrawal")
    world.notify("xiamen", "04-24", "quanzhou", M3, "withdrawal")
    for node, sanction, notice in (("zhangzhou", S2, M2), ("quanzhou", S3, M3)):
        world.receive(
            node,
            "04-27",
            notice,
            "withdrawal",
            RecordWithdrawn,
            lifted(sanction, "record_withdrawn", "04-27"),
            fault=SUPPLIER,
        )
        world.report(node, "04-27", sanction, "lifted").rule(node, "04-27", sanction, R1)
        world.acknowledge("xiamen", "04-27", node, notice)
    return world
