"""The verifier for browsers folds what befell a record as the program does."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from ledger.events import EVENT_TYPES
from ledger.events.base import Facts
from tests.exchange_material import (
    BUYER,
    FIRMS,
    REGISTRAR,
    SUPPLIER,
    MadeNode,
    MadeRecord,
    Region,
    made_id,
    made_key,
    trusted_key,
)
from tests.verifier_agreement import Case, disagreements

pytestmark = [pytest.mark.property, pytest.mark.tools]

CASES = 200
DAYS = ("2026-03-05", "2026-03-08", "2026-03-11")


def act(drawn: random.Random, record: str, number: int) -> Facts:
    """Something that is entered about a record, whether or not it makes sense there."""
    day, other = drawn.choice(DAYS), drawn.choice(DAYS)
    objection, repair = (made_id(f"{what} {drawn.randrange(2)}") for what in ("o", "r"))
    about: dict[str, dict[str, Any]] = {
        "ObjectionFiled": {
            "objection": objection, "record": record, "filed_by": "subject", "filed_on": day,
            "due_on": other, "repeats": drawn.choice((None, None, made_id("before"))),
        },
        "ObjectionAnswered": {
            "objection": objection, "supplier": SUPPLIER, "answered_on": day,
            "finding": drawn.choice(("confirmed", "corrected", "wrong")),
        },
        "ObjectionDecided": {
            "objection": objection, "outcome": drawn.choice(("upheld", "rejected", "rejected")),
            "reviewer": REGISTRAR, "decided_on": day,
        },
        "RecordCorrected": {
            "record": record, "corrected_on": day,
            "cause": drawn.choice(("supplier_error", "own_check", "objection", "court")),
            "changes": [{
                "field": drawn.choice(("document_number", "amounts", "tier", "held_until", "odd")),
                "old": None, "new": drawn.choice((None, "x", "serious", "2027-01-01", {"fine": "1"})),
            }],
        },
        "RepairRequested": {"repair": repair, "record": record, "requested_on": day, "due_on": other},
        "RepairAccepted": {"repair": repair, "accepted_on": day, "due_on": other},
        "RepairDecided": {
            "repair": repair, "outcome": drawn.choice(("approved", "refused")),
            "reviewer": REGISTRAR, "decided_on": day,
        },
        "RecordPublished": {"record": record, "channel": "web", "on": day},
        "PublicationEnded": {"record": record, "on": day, "basis": "b"},
        "RecordWithdrawn": {
            "record": record, "cause": "duplicate", "fault": "none", "effective": "from_beginning",
        },
        "RecordMended": {
            "record": record, "evidence": "0" * 64, "accepted_by": SUPPLIER, "mended_on": day,
        },
        "PersonalDataErased": {
            "basis": "b", "records": drawn.choice(([record], [])),
            "subject_itself": drawn.random() < 0.5,
        },
        "ComplaintFiled": {
            "case": made_id("c"), "against": SUPPLIER, "filed_on": day, "record": record,
        },
        "NoticeReceived": _told(drawn, record, number, objection, day),
    }  # fmt: skip
    likely = ("ObjectionFiled", "ObjectionDecided", "ObjectionAnswered", "RecordCorrected",
              "RepairRequested", "NoticeReceived", "NoticeReceived", "RecordPublished")  # fmt: skip
    name = drawn.choice((*about, *likely, *likely))
    return EVENT_TYPES[f"{name}:1"].model_validate(about[name])


def _told(
    drawn: random.Random, record: str, number: int, objection: str, day: str
) -> dict[str, Any]:
    acts = ("objection", "confirmed", "correction", "withdrawal", "mended", "repair", "erasure")
    return {
        "notice": made_id(f"notice {number}"), "record": record, "origin": "xiamen",
        "origin_entry": "1" * 64, "origin_recorded_at": drawn.choice(("2026-03-04T00:00:00.000000Z", "2026-03-03T23:59:59.999999Z")),
        "settles": drawn.choice(([], [], [made_id("o 0")], [made_id("o 0"), made_id("o 1")])),
        "received_on": day, "act": drawn.choice((*acts, *acts[:3], *acts[:3])), "required": "suspend",
        "objection": drawn.choice((None, objection)), "acted_on": drawn.choice((None, day)),
        "cause": drawn.choice((None, "court", "duplicate")),
        "changes": drawn.choice(([], [{"field": "tier", "new": "none"}], [{"field": "tier"}])),
    }  # fmt: skip


def entered(drawn: random.Random, node: MadeNode, record: MadeRecord) -> None:
    for number in range(drawn.randrange(1, 6)):
        node.act(record, act(drawn, record.record, number), actor=REGISTRAR)


def test_acts_on_records_are_folded_alike() -> None:
    """Objections, corrections, repairs, erasures and notices, at the origin and further on."""
    drawn = random.Random("acts")
    cases: list[Case] = []
    for _ in range(CASES):
        region = Region("xiamen", "zhangzhou", "quanzhou")
        first, second, _third = region.values()
        record = first.collect()
        if drawn.random() < 0.5:
            held = second.receive(record)
            entered(drawn, second, held)
            made = second.bundle("quanzhou", [held])
        else:
            entered(drawn, first, record)
            made = first.bundle("zhangzhou", [record])
        cases.append((made.to_json(), region.trust().to_json(), None))
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert {"message_verified", "record_disputed", "record_not_in_force", "unfoldable"} <= reasons


def test_notices_in_any_order_are_folded_alike() -> None:
    """What ends a dispute may be told before what began it; a correction may settle several."""
    drawn = random.Random("notices")
    cases: list[Case] = []
    keys = (made_id("o 0"), made_id("o 1"))
    for _ in range(2 * CASES):
        region = Region("xiamen", "zhangzhou", "quanzhou")
        first, second, _third = region.values()
        held = second.receive(first.collect())
        for number in range(drawn.randrange(2, 6)):
            told = _told(drawn, held.record, number, drawn.choice(keys), DAYS[0])
            told |= {
                "act": drawn.choice(
                    ("objection", "objection", "confirmed", "correction", "correction")
                )
            }
            told |= {
                "changes": drawn.choice(
                    ([], [{"field": "tier"}], [{"field": "tier", "new": "minor"}])
                )
            }
            told |= {"objection": drawn.choice((*keys, *keys, None))}
            second.act(held, EVENT_TYPES["NoticeReceived:1"].model_validate(told), actor=REGISTRAR)
        cases.append((second.bundle("quanzhou", [held]).to_json(), region.trust().to_json(), None))
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert {"message_verified", "record_disputed", "unfoldable"} <= reasons


@pytest.mark.parametrize("cause", ["own_check", "court", "objection"])
@pytest.mark.parametrize("finding", ["confirmed", "corrected", "wrong"])
def test_what_a_correction_settles_is_settled_alike(cause: str, finding: str) -> None:
    """An objection that was answered, and a correction after it, or before."""
    cases: list[Case] = []
    for order in ((0, 1, 2), (0, 2, 1), (2, 0, 1)):
        region = Region("xiamen", "zhangzhou")
        node = region["xiamen"]
        record = node.collect()
        objection = made_id("o 1")
        given: list[tuple[str, dict[str, Any]]] = [
            ("ObjectionFiled", {"record": record.record, "objection": objection,
             "filed_by": "subject", "filed_on": DAYS[0], "due_on": DAYS[2]}),
            ("ObjectionAnswered", {"objection": objection, "supplier": SUPPLIER,
             "finding": finding, "answered_on": DAYS[1]}),
            ("RecordCorrected", {"record": record.record, "changes": [], "cause": cause,
             "corrected_on": DAYS[2]}),
        ]  # fmt: skip
        for place in order:
            name, facts = given[place]
            node.act(record, EVENT_TYPES[f"{name}:1"].model_validate(facts), actor=REGISTRAR)
        made = node.bundle("zhangzhou", [record])
        cases.append((made.to_json(), region.trust().to_json(), None))
    found, _ = disagreements(cases)
    assert not found, found[0]


def test_suppliers_and_submissions_are_judged_alike() -> None:
    """Roles that ended, keys unbound, manifests signed by whom they should be or not."""
    drawn = random.Random("suppliers")
    cases: list[Case] = []
    for number in range(CASES):
        region = Region("xiamen", "zhangzhou")
        node = region["xiamen"]
        own = made_key("supplier")
        if drawn.random() < 0.5:  # a legal day begins at 16:00 UTC
            node.now = node.now.replace(hour=15, minute=59, second=drawn.choice((50, 57, 59)))
        key = drawn.choice((own, own, node.key))
        attested = drawn.choice((None, None, "registrar", "supplier"))
        supplier = node.supplier(key=drawn.choice((own, own, own, made_key("other"))))
        if drawn.random() < 0.4:
            changes: tuple[tuple[str, dict[str, Any]], ...] = (
                (
                    "RoleEnded",
                    {"role": "supplier", "on": drawn.choice(("2026-03-02", "2026-03-03"))},
                ),
                (
                    "KeyUnbound",
                    {"keyid": own.keyid, "on": drawn.choice(("2026-03-02", "2027-01-01"))},
                ),
                ("RoleGranted", {"role": "enforcer", "from": "2020-01-01"}),
                ("RoleGranted", {"role": "supplier", "from": "2026-03-03", "until": "2026-03-04"}),
            )
            name, more = drawn.choice(changes)
            facts = EVENT_TYPES[f"{name}:1"].model_validate({"organisation": SUPPLIER} | more)
            supplier.append(node.append(facts, supplier[0].stream, actor="xiamen"))
        opened = node.open(FIRMS[number % len(FIRMS)])
        more_facts: dict[str, Any] = {} if drawn.random() < 0.8 else {"supplier": BUYER}
        record = node.collect(
            number, opened=opened, submitted=drawn.choice((None, key, key, key)), attested_by=attested,
            sealed={"parties": [{"role": "other"}]},
**more_facts,
        )  # fmt: skip
        since = None if drawn.random() < 0.7 else node.now + timedelta(days=drawn.choice((-9, 9)))
        changed: dict[str, Any] = {
            "since": since,
            "status": "ACTIVE" if since is None else "COMPROMISED_SINCE",
        }
        if drawn.random() < 0.2:
            changed |= {"from_": node.now + timedelta(seconds=drawn.choice((-9, -1, 0, 1)))}
        trust = region.trust(
            changed={"xiamen": changed}, more=[trusted_key("xiamen", made_key("next"))]
        )
        made = node.bundle("zhangzhou", [record], disclose=["parties"], rows=drawn.random() < 0.8)
        cases.append((made.to_json(), trust.to_json(), None))
    found, reasons = disagreements(cases)
    assert not found, found[0]
    assert {"message_verified", "supplier_not_shown", "submission_unsigned"} <= reasons
