"""The verifier for browsers finds in a notice the act that the program finds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ledger.events import EVENT_TYPES
from ledger.events.exchange import Act
from ledger.events.records import RecordCollected
from ledger.exchange.judging_notice import REQUIRED_BY
from tests.exchange_answers import notice_message
from tests.exchange_material import REGISTRAR, SUPPLIER, Made, MadeNode, MadeRecord, Region, made_id
from tests.verifier_agreement import Case, disagreements

pytestmark = [pytest.mark.property, pytest.mark.tools]

CASES = 200
DAY = "2026-03-08"
ACTS: tuple[Act, ...] = tuple(REQUIRED_BY)
FITTING: dict[str, tuple[Act, ...]] = {
    "ObjectionFiled": ("objection",),
    "ObjectionAnswered": ("correction",),
    "ObjectionDecided": ("objection", "confirmed"),
    "RecordCorrected": ("correction",),
    "RecordWithdrawn": ("withdrawal",),
    "RecordMended": ("mended",),
    "RepairRequested": ACTS,
    "RepairDecided": ("repair",),
    "IdentifierCorrected": ("correction",),
    "PersonalDataErased": ("erasure",),
}
"""The acts that a notice by such an entry may tell of."""


def entry(drawn: random.Random, record: MadeRecord, name: str) -> dict[str, Any]:
    objection, repair = made_id(f"o {drawn.randrange(2)}"), made_id("r")
    about: dict[str, dict[str, Any]] = {
        "ObjectionFiled": {
            "objection": objection, "record": record.record, "filed_by": "subject",
            "filed_on": DAY, "due_on": DAY, "repeats": drawn.choice((None, made_id("before"))),
        },
        "ObjectionAnswered": {
            "objection": objection, "supplier": SUPPLIER, "answered_on": DAY,
            "finding": drawn.choice(("confirmed", "corrected", "corrected", "wrong")),
        },
        "ObjectionDecided": {
            "objection": objection, "outcome": drawn.choice(("upheld", "rejected")),
            "reviewer": REGISTRAR, "decided_on": DAY,
        },
        "RecordCorrected": {
            "record": record.record, "corrected_on": DAY, "changes": [],
            "cause": drawn.choice(("own_check", "objection")),
        },
        "RecordWithdrawn": {
            "record": record.record, "cause": "duplicate", "fault": "none",
            "effective": "from_beginning",
        },
        "RecordMended": {
            "record": record.record, "evidence": "0" * 64, "accepted_by": SUPPLIER,
            "mended_on": DAY,
        },
        "RepairRequested": {
            "repair": repair, "record": record.record, "requested_on": DAY, "due_on": DAY,
        },
        "RepairDecided": {
            "repair": repair, "outcome": drawn.choice(("approved", "refused")),
            "reviewer": REGISTRAR, "decided_on": DAY,
        },
        "IdentifierCorrected": {
            "old_subject": str(record.subject), "new_subject": made_id("right"),
            "reason": "r", "authority": "a",
        },
        "PersonalDataErased": {
            "basis": "b", "records": drawn.choice(([record.record], [], [made_id("another")])),
            "subject_itself": drawn.random() < 0.4,
        },
    }  # fmt: skip
    return about[name]


def acted_on(drawn: random.Random, node: MadeNode, record: MadeRecord) -> tuple[str, Made]:
    """Some acts; the notice is of the last."""
    names = [drawn.choice(tuple(FITTING)) for _ in range(drawn.randrange(3))]
    last = drawn.choice(tuple(FITTING))
    before = {"ObjectionAnswered": "ObjectionFiled", "ObjectionDecided": "ObjectionFiled",
              "RepairDecided": "RepairRequested"}  # fmt: skip
    if last in before and drawn.random() < 0.8:
        names.append(before[last])
    for name in (*names, last):
        facts = EVENT_TYPES[f"{name}:1"].model_validate(entry(drawn, record, name))
        made = node.act(record, facts, actor=REGISTRAR)
    record.entries[node.name].remove(made)
    return last, made


def test_the_act_of_a_notice_is_found_alike() -> None:
    """Acts on the record and on its subject, told as what they are and as what they are not."""
    drawn = random.Random("notices")
    cases: list[Case] = []
    for _ in range(CASES):
        region = Region("xiamen", "zhangzhou")
        first = region["xiamen"]
        record = first.collect()
        name, acted = acted_on(drawn, first, record)
        act = drawn.choice(FITTING[name] if drawn.random() < 0.9 else ACTS)
        if drawn.random() < 0.15:  # that the record was collected there is not shown
            about = record.entries["xiamen"]
            about[:] = [one for one in about if not isinstance(one.facts, RecordCollected)]
        duty = first.notify(record, "zhangzhou", act, REQUIRED_BY[act])
        made = first.sign(notice_message(first, record, duty, acted))
        cases.append((made.to_json(), region.trust().to_json(), None))
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert {"message_verified", "act_differs", "entry_extra"} <= reasons
