"""Entries made by hand: a log of subjects' streams, without store, key or clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID

from ledger.entry import Actor, Entry, StreamId
from ledger.events.base import Facts
from ledger.events.disputes import ObjectionFiled, RepairDecided, RepairRequested
from ledger.events.records import NoticeServed, RecordCollected, RecordWithdrawn
from ledger.events.sanctions import SanctionImposed, SanctionLifted, SanctionSuspended
from ledger.events.subjects import SubjectOpened

LEGAL_ZONE = timezone(timedelta(hours=8))
SUPPLIER = "SHILI-JIANDU"
PROCURER = "SHILI-CAIGOU"
REVIEWER = "SHILI-FUHE"
FIRM = UUID("00000000-0000-8000-8000-00000000000a")
PERSON = UUID("00000000-0000-8000-8000-00000000000b")
OTHER_FIRM = UUID("00000000-0000-8000-8000-00000000000c")
MANIFEST = "a" * 64


def uid(number: int) -> str:
    """The id of the ``number``-th made thing."""
    return f"00000000-0000-7000-8000-{number:012x}"


R1, R2, R3 = uid(1), uid(2), uid(3)
S1, S2 = uid(11), uid(12)
O1, O2 = uid(21), uid(22)
P1 = uid(31)
C1 = uid(41)


@dataclass
class Log:
    """Appends entries with contiguous leaf indexes and, per stream, sequence numbers."""

    entries: list[Entry] = field(default_factory=list)
    seqs: dict[UUID, int] = field(default_factory=dict)

    def add(
        self, on: date, *facts: Facts, subject: UUID = FIRM, sealed: tuple[str, ...] = ()
    ) -> Log:
        """Enter ``facts`` at 10:00 (UTC+8) of the day, one transaction."""
        at = datetime.combine(on, time(10), LEGAL_ZONE).astimezone(UTC)
        if self.entries and at <= self.entries[-1].recorded_at:
            at = self.entries[-1].recorded_at + timedelta(microseconds=1)
        for fact in facts:
            self.seqs[subject] = self.seqs.get(subject, 0) + 1
            self.entries.append(
                Entry(
                    index=len(self.entries),
                    stream=StreamId("subject", subject),
                    seq=self.seqs[subject],
                    prev=None if self.seqs[subject] == 1 else "0" * 64,
                    type=fact.type_name(),
                    schema=fact.schema_version,
                    recorded_at=at,
                    node="xiamen",
                    actor=Actor(SUPPLIER, "op-1"),
                    submission=None,
                    facts=fact,
                    sealed=dict.fromkeys(sealed, "0" * 64) or None,
                )
            )
        return self

    def known_on(self, day: date, hour: int = 20) -> int:
        """The tree size at an hour (UTC) of a day."""
        known_at = datetime.combine(day, time(hour), UTC)
        return sum(entry.recorded_at <= known_at for entry in self.entries)


def opened(kind: str = "legal_person", name: str | None = "厦门示例甲公司") -> SubjectOpened:
    if kind == "natural_person":
        return SubjectOpened(kind="natural_person", scheme="resident")
    return SubjectOpened.model_validate(
        {"kind": kind, "scheme": "uscc", "identifier": "91350200SHILI", "name": name}
    )


def collected(record: str = R1, **changes: object) -> RecordCollected:
    """R1 of the worked case, with changes."""
    facts: dict[str, object] = {
        "record": record,
        "item": "administrative_penalty",
        "tier": "general",
        "adverse": True,
        "supplier": SUPPLIER,
        "organ": SUPPLIER,
        "document_number": f"厦门示监处罚〔2026〕{int(record[-3:], 16)}号",
        "decided_on": date(2026, 2, 27),
        "held_from": date(2026, 2, 27),
        "held_until": date(2031, 2, 27),
        "publicity": "public",
        "publish_from": date(2026, 2, 27),
        "publish_until": date(2027, 2, 27),
        "legal_basis": "示例法第一条",
        "amounts": {"fine": "3.5"},
    }
    return RecordCollected.model_validate(facts | changes)


def imposed(sanction: str = S1, *records: str, **changes: object) -> SanctionImposed:
    facts: dict[str, object] = {
        "sanction": sanction,
        "measure": "limit_procurement",
        "kind": "administrative",
        "records": records or (R1,),
        "initiator": PROCURER,
        "enforcer": PROCURER,
        "legal_basis": "示例法第二条",
        "approved_by": "op-7",
        "starts_on": date(2026, 3, 9),
        "ends_on": date(2027, 2, 27),
    }
    return SanctionImposed.model_validate(facts | changes)


def noticed(record: str = R1, on: date = date(2026, 3, 3)) -> NoticeServed:
    return NoticeServed(record=record, served_on=on, channel="邮寄")


def objected(
    objection: str = O1, record: str = R1, on: date = date(2026, 3, 20), **changes: object
) -> ObjectionFiled:
    facts: dict[str, object] = {
        "objection": objection,
        "record": record,
        "filed_by": "subject",
        "filed_on": on,
        "due_on": on + timedelta(days=31),
    }
    return ObjectionFiled.model_validate(facts | changes)


def suspended(
    sanction: str = S1, cause: str = O1, on: date = date(2026, 3, 20)
) -> SanctionSuspended:
    return SanctionSuspended(sanction=sanction, cause=cause, from_=on)


def lifted(
    sanction: str = S1, cause: str = "record_withdrawn", on: date = date(2026, 4, 24)
) -> SanctionLifted:
    return SanctionLifted.model_validate({"sanction": sanction, "cause": cause, "from": on})


def withdrawn(record: str = R1, effective: date | str = "from_beginning") -> RecordWithdrawn:
    return RecordWithdrawn.model_validate(
        {"record": record, "cause": "wrong_subject", "fault": SUPPLIER, "effective": effective}
    )


def repaired(
    record: str = R1, on: date = date(2026, 6, 1), repair: str = P1
) -> tuple[RepairRequested, RepairDecided]:
    return (
        RepairRequested(repair=repair, record=record, requested_on=on, due_on=on),
        RepairDecided(repair=repair, outcome="approved", reviewer=REVIEWER, decided_on=on),
    )


def basic() -> Log:
    """The firm opened, R1 collected and told, S1 imposed on it."""
    return (
        Log()
        .add(date(2026, 3, 2), opened(), collected())
        .add(date(2026, 3, 3), noticed())
        .add(date(2026, 3, 9), imposed())
    )
