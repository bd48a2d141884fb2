"""A liability trail made by hand: S3 of three cities, as the deciding node would show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from projections.liability.model import (
    Days,
    Edge,
    Knowledge,
    LateAnswer,
    Limit,
    Open,
    PartyDays,
    RecordInTrail,
    ReportInTrail,
    RulingInTrail,
    SpellInTrail,
    Step,
    Told,
    Trail,
    Vertex,
)

SUPPLIER, ENFORCER, REVIEWER = "11350200MB00000016", "11350500MB00000032", "11350500MB00000059"
REGISTRAR = "12350200MB00000043"
SANCTION = "01953f00-0000-7000-8000-0000000000a3"
RECORD = "01953f00-0000-7000-8000-0000000000b1"
SUBJECT = "01953f00-0000-8000-8000-0000000000c1"
NOTICE = "01953f00-0000-7000-8000-0000000000d1"


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def step(  # noqa: PLR0917 - a line of the table below
    node: str, index: int, type_: str, on: date, actor: str, what: str, *about: str
) -> Step:
    return Step(
        node=node,
        index=index,
        digest=f"{index:064x}",
        type=type_,
        recorded_at=datetime(on.year, on.month, on.day, 2, tzinfo=UTC),
        on=on,
        actor=actor,
        operator="op-7",
        what=what,
        about=about,
        manifest=None,
    )


STEPS = (
    step("xiamen", 7, "RecordCollected", day(3, 2), SUPPLIER, "record_collected", RECORD),
    step("quanzhou", 9, "RecordReceived", day(3, 10), "quanzhou", "record_received", RECORD),
    step("quanzhou", 12, "SanctionImposed", day(3, 16), ENFORCER, "sanction_imposed", SANCTION, RECORD),
    step("quanzhou", 13, "EnforcementReported", day(3, 16), ENFORCER, "applied", SANCTION),
    step("xiamen", 21, "ObjectionFiled", day(3, 20), REGISTRAR, "objection_filed", RECORD),
    step("xiamen", 23, "CorrectionNotified", day(3, 20), "xiamen", "correction_notified", NOTICE, RECORD),
    step("quanzhou", 15, "NoticeReceived", day(3, 24), "quanzhou", "notice_received", NOTICE, RECORD),
    step("quanzhou", 17, "EnforcementReported", day(3, 30), ENFORCER, "suspended", SANCTION),
    step("xiamen", 30, "RecordWithdrawn", day(4, 24), SUPPLIER, "record_withdrawn", RECORD),
    step("quanzhou", 21, "SanctionRuledWrongful", day(4, 27), REVIEWER, "sanction_ruled_wrongful", SANCTION),
)  # fmt: skip

TRAIL = Trail(
    sanction=SANCTION,
    subject=SUBJECT,
    measure="limit_fiscal_funds",
    initiator=ENFORCER,
    enforcer=ENFORCER,
    approved_by=None,
    starts_on=day(3, 16),
    ends_on=date(2027, 2, 27),
    node="quanzhou",
    records=(
        RecordInTrail(
            record=RECORD,
            item="administrative_penalty",
            supplier=SUPPLIER,
            organ=SUPPLIER,
            document="厦门示监处罚〔2026〕17号",
            origin="xiamen",
            faulty=True,
            withdrawn_on=day(4, 24),
            fault=SUPPLIER,
            path=("xiamen", "quanzhou"),
        ),
    ),
    rulings=(
        RulingInTrail(
            authority="泉州示例复核局",
            by=REVIEWER,
            ruled_on=day(4, 27),
            wrong_from=day(3, 16),
            wrong_until=date(2027, 2, 27),
            faulty_records=(RECORD,),
            reversed_on=None,
            step=9,
        ),
    ),
    reports=(
        ReportInTrail("applied", day(3, 16), day(3, 16), 3),
        ReportInTrail("suspended", day(3, 30), day(3, 30), 7),
    ),
    spells=(
        SpellInTrail(
            record=RECORD,
            act="objection_filed",
            entered=day(3, 20),
            filed_on=day(3, 20),
            registrar=REGISTRAR,
            hops=(Told("xiamen", day(3, 20)), Told("quanzhou", day(3, 24))),
            closed_on=None,
        ),
    ),
    lifted="record_withdrawn",
    enforced=((day(3, 16), day(3, 30)),),
    days=Days(
        total=14,
        parties=(
            PartyDays(SUPPLIER, "supplier", 5, ((day(3, 16), day(3, 21)),)),
            PartyDays("xiamen", "node", 4, ((day(3, 21), day(3, 25)),)),
            PartyDays(ENFORCER, "enforcer", 5, ((day(3, 25), day(3, 30)),)),
        ),
    ),
    answer=LateAnswer(due_on=day(4, 20), answered_on=day(4, 24), overdue_working_days=4),
    steps=STEPS,
    vertices=(
        Vertex(f"sanction:{SANCTION}", "sanction", SANCTION, (2,)),
        Vertex(f"record:{RECORD}", "record", "厦门示监处罚〔2026〕17号", (0, 1)),
        Vertex(f"supplier:{SUPPLIER}", "supplier", SUPPLIER, (0, 8)),
        Vertex(f"operator:{SUPPLIER}/op-7", "operator", "op-7", (0,)),
        Vertex(f"enforcer:{ENFORCER}", "enforcer", ENFORCER, (2, 3, 7)),
        Vertex(f"initiator:{ENFORCER}", "initiator", ENFORCER, (2,)),
        Vertex(f"registrar:{REGISTRAR}", "registrar", REGISTRAR, (4,)),
        Vertex(f"reviewer:{REVIEWER}", "reviewer", REVIEWER, (9,)),
        Vertex("node:xiamen", "node", "xiamen", (0,)),
        Vertex("node:quanzhou", "node", "quanzhou", (1,)),
        Vertex(f"notice:{NOTICE}", "notice", NOTICE, (5, 6)),
    ),
    edges=(
        Edge(f"sanction:{SANCTION}", f"record:{RECORD}", "rests_on", 2),
        Edge(f"supplier:{SUPPLIER}", f"record:{RECORD}", "supplied", 0),
        Edge(f"operator:{SUPPLIER}/op-7", f"supplier:{SUPPLIER}", "acted_for", 0),
        Edge(f"initiator:{ENFORCER}", f"sanction:{SANCTION}", "initiated", 2),
        Edge(f"enforcer:{ENFORCER}", f"sanction:{SANCTION}", "enforces", 3),
        Edge(f"record:{RECORD}", "node:xiamen", "entered", 0),
        Edge("node:xiamen", "node:quanzhou", "disclosed", 1),
        Edge(f"notice:{NOTICE}", f"record:{RECORD}", "about", 5),
        Edge(f"notice:{NOTICE}", f"sanction:{SANCTION}", "suspended", 6),
        Edge(f"reviewer:{REVIEWER}", f"sanction:{SANCTION}", "ruled", 9),
    ),
    knowledge=(
        Knowledge(SUPPLIER, "supplier", day(3, 20), "objection_filed", 4),
        Knowledge("quanzhou", "node", day(3, 24), "notice_received", 6),
    ),
    open=(Open("restitution_missing", ENFORCER, SANCTION),),
    limits=(Limit("truth_not_proved"),),
    known_on=day(4, 30),
)


def with_label(label: str) -> Trail:
    """The same with another text on the record, as a hostile supplier would write it."""
    vertices = tuple(
        replace(each, label=label) if each.kind == "record" else each for each in TRAIL.vertices
    )
    records = tuple(replace(each, document=label) for each in TRAIL.records)
    return replace(TRAIL, vertices=vertices, records=records)
