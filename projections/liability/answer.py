"""A trail as JSON, the same members in the same order every time."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.entry import format_instant
from projections.liability.limits import TEXTS
from projections.liability.model import (
    Days,
    Knowledge,
    LateAnswer,
    Open,
    RecordInTrail,
    ReportInTrail,
    RulingInTrail,
    Span,
    SpellInTrail,
    Step,
    Trail,
)

JSON = dict[str, object]


def to_json(trail: Trail) -> JSON:
    """Everything that the trail holds; days are ISO text, spans ``[from, until]`` half-open.

    An id that is withheld is null.
    """
    return {
        "sanction": trail.sanction or None,
        "subject": trail.subject,
        "measure": trail.measure or None,
        "node": trail.node,
        "initiator": trail.initiator,
        "enforcer": trail.enforcer,
        "approved_by": trail.approved_by,
        "starts_on": trail.starts_on.isoformat(),
        "ends_on": trail.ends_on.isoformat(),
        "lifted": trail.lifted,
        "known_on": trail.known_on.isoformat(),
        "days": days_json(trail.days),
        "enforced": _spans(trail.enforced),
        "answer": answer_json(trail.answer),
        "records": [_record(record) for record in trail.records],
        "rulings": [_ruling(ruling) for ruling in trail.rulings],
        "reports": [_report(report) for report in trail.reports],
        "spells": [_spell(spell) for spell in trail.spells],
        "trail": [_step(step) for step in trail.steps],
        "graph": {
            "vertices": [
                {"id": v.id, "kind": v.kind, "label": v.label, "steps": list(v.steps)}
                for v in trail.vertices
            ],
            "edges": [
                {"source": e.source, "target": e.target, "kind": e.kind, "step": e.step}
                for e in trail.edges
            ],
        },
        "knowledge": [_knowledge(known) for known in trail.knowledge],
        "open": [_open(each) for each in trail.open],
        "limits": [
            {"code": each.code, "text": TEXTS[each.code].message("en")} for each in trail.limits
        ],
    }


def days_json(days: Days) -> JSON:
    return {
        "total": days.total,
        "parties": [
            {
                "party": each.party,
                "role": each.role,
                "days": each.days,
                "spans": _spans(each.spans),
            }
            for each in days.parties
        ],
    }


def answer_json(answer: LateAnswer) -> JSON:
    return {
        "due_on": None if answer.due_on is None else answer.due_on.isoformat(),
        "answered_on": None if answer.answered_on is None else answer.answered_on.isoformat(),
        "overdue_working_days": answer.overdue_working_days,
        "provisional": answer.provisional,
    }


def _spans(spans: Iterable[Span]) -> list[list[str]]:
    return [[from_.isoformat(), until.isoformat()] for from_, until in spans]


def _record(record: RecordInTrail) -> JSON:
    return {
        "record": record.record or None,
        "item": record.item,
        "supplier": record.supplier,
        "organ": record.organ,
        "document": record.document,
        "origin": record.origin,
        "path": list(record.path),
        "faulty": record.faulty,
        "withdrawn_on": None if record.withdrawn_on is None else record.withdrawn_on.isoformat(),
        "fault": record.fault,
    }


def _ruling(ruling: RulingInTrail) -> JSON:
    return {
        "authority": ruling.authority,
        "by": ruling.by,
        "ruled_on": ruling.ruled_on.isoformat(),
        "wrong_from": ruling.wrong_from.isoformat(),
        "wrong_until": ruling.wrong_until.isoformat(),
        "faulty_records": list(ruling.faulty_records),
        "reversed_on": None if ruling.reversed_on is None else ruling.reversed_on.isoformat(),
        "step": ruling.step,
    }


def _report(report: ReportInTrail) -> JSON:
    return {
        "state": report.state,
        "on": report.on.isoformat(),
        "said_on": report.said_on.isoformat(),
        "step": report.step,
    }


def _spell(spell: SpellInTrail) -> JSON:
    return {
        "record": spell.record or None,
        "act": spell.act,
        "entered": spell.entered.isoformat(),
        "told": None if spell.told is None else spell.told.isoformat(),
        "filed_on": None if spell.filed_on is None else spell.filed_on.isoformat(),
        "registrar": spell.registrar,
        "hops": [
            {"node": hop.node, "told": None if hop.told is None else hop.told.isoformat()}
            for hop in spell.hops
        ],
        "closed_on": None if spell.closed_on is None else spell.closed_on.isoformat(),
    }


def _step(step: Step) -> JSON:
    return {
        "node": step.node,
        "index": step.index,
        "digest": step.digest or None,
        "type": step.type,
        "recorded_at": format_instant(step.recorded_at),
        "on": step.on.isoformat(),
        "actor": step.actor,
        "operator": step.operator,
        "what": step.what,
        "about": list(step.about),
        "manifest": step.manifest,
    }


def _knowledge(known: Knowledge) -> JSON:
    return {
        "party": known.party,
        "role": known.role,
        "on": known.on.isoformat(),
        "what": known.what,
        "step": known.step,
    }


def _open(each: Open) -> JSON:
    return {"code": each.code, "party": each.party, "about": each.about or None}
