"""Notices and the answers to them, made in memory; see ``exchange_material``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from ledger.events.disputes import ObjectionFiled
from ledger.events.exchange import CorrectionNotified, NoticeReceived
from ledger.events.records import RecordWithdrawn
from ledger.events.sanctions import EnforcementReported, SanctionImposed
from ledger.exchange.forms import (
    About,
    Acknowledgement,
    EnforcementStatusMessage,
    Notice,
    Onward,
    Receipt,
    ReceiptLine,
    RefusalMessage,
)
from ledger.signing.dsse import Envelope
from tests.exchange_material import (
    BUYER,
    ISSUED,
    REGISTRAR,
    SUPPLIER,
    Made,
    MadeNode,
    MadeRecord,
    Region,
    made_id,
)


def object_to(node: MadeNode, record: MadeRecord, **more: Any) -> Made:
    facts = ObjectionFiled.model_validate(
        {
            "objection": made_id(f"objection {record.record}"),
            "record": record.record,
            "filed_by": "subject",
            "filed_on": "2026-03-20",
            "due_on": "2026-04-20",
        }
        | more
    )
    return node.act(record, facts, actor=REGISTRAR)


def withdraw(node: MadeNode, record: MadeRecord) -> Made:
    facts = RecordWithdrawn(
        record=record.record, cause="wrong_subject", fault=SUPPLIER, effective="from_beginning"
    )
    return node.act(record, facts, actor=REGISTRAR)


def notice_message(
    node: MadeNode,
    record: MadeRecord,
    notified: Made,
    acted: Made,
    heard: Sequence[Made] = (),
    **changed: Any,
) -> Notice:
    """The notice that an entry of duty stands for. ``heard``: that each node on the way entered
    it, in order; the sender is the last of them.
    """
    told = notified.facts
    assert isinstance(told, CorrectionNotified)
    path = record.path[: record.path.index(node.name) + 1]
    shown: dict[str, list[Made]] = {name: [] for name in path}
    origin = [one for one in record.entries[path[0]] if one.stream.kind == "subject"]
    shown[path[0]] += [*origin, acted]
    for name, one in zip(path[1:], heard, strict=True):
        shown[name].append(one)
    shown[node.name].append(notified)
    values: dict[str, Any] = node.header(told.recipient) | {
        "notice": told.notice,
        "record": record.record,
        "subject": str(record.subject),
        "act": told.act,
        "required": told.required,
        "due_on": told.due_on,
        "acted": acted.index,
        "path": path,
        "logs": tuple(node.region[name].section(shown[name]) for name in path),
    }
    return Notice(**(values | changed))


def impose(node: MadeNode, record: MadeRecord, number: int = 1) -> Made:
    facts = SanctionImposed(
        sanction=made_id(f"sanction {node.name} {number}"),
        measure="limit_bidding",
        kind="administrative",
        records=(record.record,),
        initiator=BUYER,
        enforcer=BUYER,
        legal_basis="《示例法》第九条",
        starts_on=date(2026, 3, 12),
        ends_on=date(2027, 2, 27),
    )
    return node.append(facts, _stream(node, record), actor=BUYER)


def report(node: MadeNode, imposed: Made, state: str, day: str) -> Made:
    facts = EnforcementReported.model_validate(
        {"sanction": _sanction(imposed), "enforcer": BUYER, "on": day, "state": state}
    )
    return node.append(facts, imposed.stream, actor=BUYER)


def status_message(
    node: MadeNode,
    recipient: str,
    record: MadeRecord,
    entries: Iterable[Made],
    **changed: Any,
) -> EnforcementStatusMessage:
    """What the last report among ``entries`` says; the first of them imposed the sanction."""
    every = list(entries)
    last = [one.facts for one in every if isinstance(one.facts, EnforcementReported)]
    about = [one for one in record.entries[node.name] if one.stream.kind == "subject"]
    values: dict[str, Any] = node.header(recipient) | {
        "record": record.record,
        "sanction": _sanction(every[0]),
        "enforcer": BUYER,
        "state": last[-1].state if last else None,
        "reported_on": last[-1].on if last else None,
        "logs": (node.section([*about, *every]),),
    }
    return EnforcementStatusMessage(**(values | changed))


def acknowledgement_message(
    node: MadeNode,
    recipient: str,
    record: MadeRecord,
    heard: Made,
    *,
    more: Iterable[Made] = (),
    statuses: Iterable[Envelope] = (),
    onward: Iterable[tuple[str, str]] = (),
    downstream: Iterable[Envelope] = (),
    **changed: Any,
) -> Acknowledgement:
    """The answer to the notice that ``heard`` entered."""
    told = heard.facts
    assert isinstance(told, NoticeReceived)
    about = [one for one in record.entries[node.name] if one.stream.kind == "subject"]
    values: dict[str, Any] = node.header(recipient) | {
        "notice": told.notice,
        "record": record.record,
        "verdict": "applied",
        "received_at": heard.recorded_at,
        "onward": tuple(Onward(node=name, state=state) for name, state in onward),  # type: ignore[arg-type]
        "statuses": tuple(one.to_value() for one in statuses),
        "downstream": tuple(one.to_value() for one in downstream),
        "logs": (node.section([*about, heard, *more]),),
    }
    return Acknowledgement(**(values | changed))


def receipt_message(node: MadeNode, bundle: Envelope, recipient: str, *records: str) -> Receipt:
    return Receipt(
        **node.header(recipient),
        about=About(kind="bundle", digest=sha256(bundle.payload).hexdigest()),
        received_at=ISSUED,
        records=tuple(ReceiptLine(record=one, verdict="accepted") for one in records),
    )


def refusal_message(node: MadeNode, refused: bytes, recipient: str | None) -> RefusalMessage:
    return RefusalMessage(
        **node.header(recipient),
        about=About(kind=None, digest=sha256(refused).hexdigest()),
        verdict="refused",
        reason="malformed",
        refused_at=ISSUED,
    )


@dataclass
class Told:
    """A record of xiamen that zhangzhou holds and passed on to quanzhou; all were told of the
    objection, and each relied on it with a sanction.
    """

    region: Region
    record: MadeRecord
    held: MadeRecord
    """At zhangzhou."""
    further: MadeRecord
    """At quanzhou."""
    acted: Made
    duty: Made
    heard: Made
    onward: Made
    """The duty of zhangzhou to tell quanzhou."""
    heard_further: Made

    @classmethod
    def made(cls) -> Told:
        region = Region("xiamen", "zhangzhou", "quanzhou")
        first, second, third = region.values()
        record = first.collect()
        held = second.receive(record)
        further = third.receive(held)
        acted = object_to(first, record)
        duty = first.notify(record, "zhangzhou", "objection", "suspend")
        assert isinstance(duty.facts, CorrectionNotified)
        heard = second.hear(held, duty, acted)
        onward = second.notify(held, "quanzhou", "objection", "suspend", relays=duty.facts.notice)
        heard_further = third.hear(further, onward, acted, sender="zhangzhou")
        return cls(region, record, held, further, acted, duty, heard, onward, heard_further)


def _sanction(imposed: Made) -> str:
    assert isinstance(imposed.facts, SanctionImposed)
    return imposed.facts.sanction


def _stream(node: MadeNode, record: MadeRecord) -> Any:
    about = record.entries[node.name]
    return next(one.stream for one in about if one.stream.kind == "subject")
