"""The same made-up facts for every measurement: two events a subject, as an import leaves them.

The values are JSON (days as ISO text), so that the stock application's own transcoder can
hold them and nobody has to convert anything for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEvent

from ledger.entry import Actor, PendingEvent, StreamId, SubmissionRef
from ledger.events.base import Facts
from ledger.events.records import RecordCollected
from ledger.events.subjects import SubjectOpened
from ledger.identifiers import subject_id
from ledger.identifiers.uuid7 import uuid7
from scripts import _sample

NODE = "xiamen"
OPERATOR = "bench01"
MANIFEST = "5b" * 32
SUBJECT_KEY = b"benchmark".ljust(32, b".")
JSONValue = str | bool | list[str] | dict[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One event before anything was made of it. ``row``: the row of the file it comes from."""

    kind: type[Facts]
    subject: UUID
    version: int
    supplier: str
    row: int
    values: dict[str, JSONValue]


def facts(events: int) -> list[Fact]:
    """``events`` facts, in pairs: a subject is opened, a record of it is collected."""
    made: list[Fact] = []
    seen: set[UUID] = set()
    # Some persons of a sample meet twice; a tenth more rows make up for them.
    sample = _sample.penalties(events // 2 + events // 20 + 1, bad=False)
    for row, cells in enumerate(sample.rows, 2):
        opened, collected = _values(cells, sample.supplier, row)
        is_person = "XDR_ZJHM" in cells
        subject = subject_id(
            "resident_id" if is_person else "uscc",
            cells["XDR_ZJHM" if is_person else "XDR_SHXYM"],
            SUBJECT_KEY,
        )
        if subject in seen:
            continue
        seen.add(subject)
        made.append(Fact(SubjectOpened, subject, 1, sample.supplier, row, opened))
        made.append(Fact(RecordCollected, subject, 2, sample.supplier, row, collected))
    return list(islice(made, events))


def _values(
    cells: _sample.Row, supplier: str, row: int
) -> tuple[dict[str, JSONValue], dict[str, JSONValue]]:
    opened: dict[str, JSONValue] = {"region": "350200"}
    if "XDR_ZJHM" in cells:
        opened |= {"kind": "natural_person", "scheme": "resident_id"}
    else:
        opened |= {"kind": "legal_person", "scheme": "uscc"}
        opened |= {"identifier": cells["XDR_SHXYM"], "name": cells["XDR_MC"]}
    collected: dict[str, JSONValue] = {
        "record": str(uuid7(1_760_000_000_000 + row, row.to_bytes(10, "big"))),
        "item": "administrative_penalty",
        "tier": "general",
        "adverse": True,
        "supplier": supplier,
        "organ": supplier,
        "document_number": cells["WSH"],
        "decided_on": "2025-03-04",
        "held_from": "2025-03-04",
        "held_until": "2030-03-04",
        "publicity": "public",
        "publish_from": "2025-03-04",
        "publish_until": "2026-03-04",
        "legal_basis": cells["YJ"],
        "categories": cells["CFLB"].split("、"),
        "correctable": True,
        "volunteered": False,
        "attested_by": "registrar",
    }
    if "NR_FK" in cells:
        collected["amounts"] = {"fine": cells["NR_FK"]}
    return opened, collected


# -- as ours -------------------------------------------------------------------


def pending(fact: Fact) -> PendingEvent:
    """The fact as an aggregate would have decided it; the values are validated here."""
    return PendingEvent(
        originator_id=StreamId("subject", fact.subject).key,
        originator_version=fact.version,
        facts=fact.kind.model_validate(fact.values),
        actor=Actor(fact.supplier, OPERATOR),
        submission=SubmissionRef(MANIFEST, fact.row),
    )


# -- as the stock library has it: dataclass events, no validation ----------------


class StockEvent(DomainEvent):
    node: str
    actor: dict[str, str]
    submission: dict[str, str | int]


class StockOpened(StockEvent):
    kind: str
    scheme: str
    region: str
    identifier: str | None = None
    name: str | None = None


class StockCollected(StockEvent):
    record: str
    item: str
    tier: str
    adverse: bool
    supplier: str
    organ: str
    document_number: str
    decided_on: str
    held_from: str
    held_until: str
    publicity: str
    publish_from: str
    publish_until: str
    legal_basis: str
    categories: list[str]
    correctable: bool
    volunteered: bool
    attested_by: str
    amounts: dict[str, str] | None = None


def stock(fact: Fact) -> StockEvent:
    """The same fact as a dataclass event of the library."""
    made: Any = StockOpened if fact.kind is SubjectOpened else StockCollected
    event: StockEvent = made(
        originator_id=fact.subject,
        originator_version=fact.version,
        timestamp=made.create_timestamp(),
        node=NODE,
        actor={"operator": OPERATOR, "organisation": fact.supplier},
        submission={"manifest": MANIFEST, "row": fact.row},
        **fact.values,
    )
    return event
