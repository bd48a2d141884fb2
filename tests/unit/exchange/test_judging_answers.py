"""Notices, acknowledgements and statuses: what is believed of them, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.events.disputes import ObjectionDecided
from ledger.events.exchange import CorrectionNotified
from ledger.exchange.forms import Header
from ledger.exchange.judged import Judged
from ledger.exchange.judging import judge
from ledger.log.verdict import Outcome
from tests.exchange_answers import (
    Told,
    acknowledgement_message,
    impose,
    notice_message,
    object_to,
    receipt_message,
    refusal_message,
    report,
    status_message,
    withdraw,
)
from tests.exchange_material import BUYER, REGISTRAR, SUPPLIER, MadeNode, Region, made_id


def judged(node: MadeNode, message: Header, own: str | None = None) -> Judged:
    return judge(node.sign(message).to_json(), node.region.trust(), own=own)


def reason(node: MadeNode, message: Header) -> str:
    found = judged(node, message)
    assert (found.notice, found.acknowledgement, found.status) == (None, None, None)
    return str(found.verdict.reason)


# -- notices -------------------------------------------------------------------------


def test_a_notice_tells_what_the_act_says() -> None:
    """An objection's notice hands on its id, its day and who entered it."""
    told = Told.made()
    first = told.region["xiamen"]
    found = judged(first, notice_message(first, told.record, told.duty, told.acted), "zhangzhou")
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    notice = found.notice
    assert notice is not None
    assert (notice.act, notice.required, notice.origin) == ("objection", "suspend", "xiamen")
    assert notice.objection == made_id(f"objection {told.record.record}")
    assert (notice.filed_on, notice.registrar) == (date(2026, 3, 20), REGISTRAR)
    assert notice.acted.digest == told.acted.digest
    assert notice.hops == ()


def test_a_notice_of_a_withdrawal_names_fault_and_effect() -> None:
    """Cause, fault and effect come from the signed entry, and the objection it settles."""
    region = Region("xiamen", "zhangzhou")
    first = region["xiamen"]
    record = first.collect()
    object_to(first, record)
    acted = withdraw(first, record)
    duty = first.notify(record, "zhangzhou", "withdrawal", "lift")
    notice = judged(first, notice_message(first, record, duty, acted)).notice
    assert notice is not None
    assert (notice.cause, notice.fault) == ("wrong_subject", SUPPLIER)
    assert notice.effective == "from_beginning"
    assert notice.objection == made_id(f"objection {record.record}")


def test_a_confirmation_names_the_objection_it_ends() -> None:
    """The rejection of an objection is told with the objection it rejects."""
    region = Region("xiamen", "zhangzhou")
    first = region["xiamen"]
    record = first.collect()
    filed = object_to(first, record)
    rejected = ObjectionDecided(
        objection=made_id(f"objection {record.record}"),
        outcome="rejected",
        reviewer=BUYER,
        decided_on=date(2026, 4, 1),
    )
    acted = first.act(record, rejected)
    duty = first.notify(record, "zhangzhou", "confirmed", "resume")
    notice = judged(first, notice_message(first, record, duty, acted)).notice
    assert notice is not None
    assert notice.objection == made_id(f"objection {record.record}")
    record.entries["xiamen"].remove(filed)
    assert reason(first, notice_message(first, record, duty, acted)) == "act_differs"


def test_a_relayed_notice_shows_each_hop() -> None:
    """Word that was passed on bears the instant at which each node on the way entered it."""
    told = Told.made()
    second = told.region["zhangzhou"]
    message = notice_message(second, told.held, told.onward, told.acted, [told.heard])
    found = judged(second, message, "quanzhou")
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    assert found.notice is not None
    (hop,) = found.notice.hops
    assert (hop.node, hop.received_at) == ("zhangzhou", told.heard.recorded_at)


def test_an_act_must_be_the_one_that_is_told() -> None:
    """A notice of a withdrawal that points at an objection is refused."""
    told = Told.made()
    first = told.region["xiamen"]
    duty = first.notify(told.record, "zhangzhou", "withdrawal", "lift")
    assert reason(first, notice_message(first, told.record, duty, told.acted)) == "act_differs"


def test_an_act_asks_for_what_belongs_to_it() -> None:
    """An objection that asks to lift, not to suspend, is refused."""
    told = Told.made()
    first = told.region["xiamen"]
    duty = first.notify(told.record, "zhangzhou", "objection", "lift")
    assert reason(first, notice_message(first, told.record, duty, told.acted)) == "act_differs"


@pytest.mark.parametrize(
    "changed",
    [
        {"notice": made_id("another")},
        {"due_on": date(2027, 1, 1)},
        {"recipient": "quanzhou"},
    ],
)
def test_a_notice_stands_in_its_senders_log(changed: dict[str, Any]) -> None:
    """A notice with another id, day or recipient than the duty in the log is refused."""
    told = Told.made()
    first = told.region["xiamen"]
    message = notice_message(first, told.record, told.duty, told.acted, **changed)
    assert reason(first, message) == "notice_differs"


def test_word_of_another_act_is_no_relay() -> None:
    """A node on the way that entered some other act has not heard of this one."""
    told = Told.made()
    first, second = told.region["xiamen"], told.region["zhangzhou"]
    other = withdraw(first, told.record)
    told.record.entries["xiamen"].remove(other)
    duty = first.notify(told.record, "zhangzhou", "objection", "suspend")
    heard = second.hear(told.held, duty, other)
    assert isinstance(duty.facts, CorrectionNotified)
    onward = second.notify(told.held, "quanzhou", "objection", "suspend", relays=duty.facts.notice)
    message = notice_message(second, told.held, onward, told.acted, [heard])
    assert reason(second, message) == "notice_differs"


def test_a_notice_shows_nothing_of_other_records() -> None:
    """An entry about another record in a notice is refused."""
    told = Told.made()
    first = told.region["xiamen"]
    other = first.collect(2)
    section = first.section(
        [*told.record.entries["xiamen"][2:], told.duty, *other.entries["xiamen"][-1:]]
    )
    message = notice_message(first, told.record, told.duty, told.acted, logs=(section,))
    assert reason(first, message) == "entry_extra"


# -- statuses ------------------------------------------------------------------------


def test_a_status_says_what_its_entries_say() -> None:
    """State and day of the last report are handed on with all signed entries."""
    told = Told.made()
    second = told.region["zhangzhou"]
    imposed = impose(second, told.held)
    entries = [imposed, report(second, imposed, "applied", "2026-03-12")]
    entries.append(report(second, imposed, "suspended", "2026-03-23"))
    found = judged(second, status_message(second, "xiamen", told.held, entries), "xiamen")
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    assert found.status is not None
    assert (found.status.state, found.status.reported_on) == ("suspended", date(2026, 3, 23))
    assert len(found.status.entries) == 5


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "lifted"},
        {"reported_on": date(2026, 3, 1)},
        {"state": None, "reported_on": None},
        {"enforcer": REGISTRAR},
    ],
)
def test_a_status_that_its_entries_do_not_bear_out(changed: dict[str, Any]) -> None:
    """Another state, day or enforcer than the entries have is refused."""
    told = Told.made()
    second = told.region["zhangzhou"]
    imposed = impose(second, told.held)
    entries = [imposed, report(second, imposed, "applied", "2026-03-12")]
    message = status_message(second, "xiamen", told.held, entries, **changed)
    assert reason(second, message) == "status_differs"


# -- acknowledgements ----------------------------------------------------------------


def answered(told: Told, **changed: Any) -> Header:
    """Zhangzhou's answer, with what quanzhou told it."""
    second, third = told.region["zhangzhou"], told.region["quanzhou"]
    mine, theirs = impose(second, told.held), impose(third, told.further)
    own = [mine, report(second, mine, "suspended", "2026-03-23")]
    status = second.sign(status_message(second, "xiamen", told.held, own))
    behind = third.sign(status_message(third, "zhangzhou", told.further, [theirs]))
    answer = third.sign(
        acknowledgement_message(
            third, "zhangzhou", told.further, told.heard_further, statuses=[behind]
        )
    )
    values: dict[str, Any] = {
        "more": [told.onward],
        "statuses": [status],
        "onward": [("quanzhou", "closed")],
        "downstream": [answer],
    } | changed
    return acknowledgement_message(second, "xiamen", told.held, told.heard, **values)


def test_an_acknowledgement_carries_all_behind_it() -> None:
    """The statuses of the recipient, and of the node that it passed the record on to."""
    told = Told.made()
    found = judged(told.region["zhangzhou"], answered(told), "xiamen")
    assert found.verdict.outcome is Outcome.VALID, found.verdict.detail()
    answer = found.acknowledgement
    assert answer is not None
    assert [(one.node, one.state) for one in answer.statuses] == [
        ("zhangzhou", "suspended"),
        ("quanzhou", None),
    ]
    assert answer.onward == (("quanzhou", "closed"),)


def test_onward_recipients_are_not_left_out() -> None:
    """An answer "none" whose own entries name a further recipient is refused."""
    told = Told.made()
    message = answered(told, onward=[], downstream=[])
    assert reason(told.region["zhangzhou"], message) == "answer_unproved"


def test_an_answer_from_nowhere_is_not_downstream() -> None:
    """A message of a node to which the record was not passed on does not belong there."""
    told = Told.made()
    message = answered(told, onward=[("somewhere", "open")], more=[])
    assert reason(told.region["zhangzhou"], message) == "nested_differs"


def test_the_instant_of_receipt_is_that_of_the_entry() -> None:
    """An earlier instant than that of the entry is refused."""
    told = Told.made()
    message = answered(told, received_at=told.heard.recorded_at - timedelta(days=1))
    assert reason(told.region["zhangzhou"], message) == "answer_unproved"


def test_what_stands_inside_is_judged_as_well() -> None:
    """A forged status inside makes the whole forged."""
    told = Told.made()
    second = told.region["zhangzhou"]
    imposed = impose(second, told.held)
    status = second.sign(status_message(second, "xiamen", told.held, [imposed]))
    forged = replace(status, payload=status.payload.replace(b'"state":null', b'"state":"lifted"'))
    message = answered(told, statuses=[forged])
    assert reason(second, message) == "signature_fails"


def test_no_more_than_so_many_messages_inside_one_another() -> None:
    """Ten acknowledgements inside one another are refused."""
    told = Told.made()
    second, third = told.region["zhangzhou"], told.region["quanzhou"]
    inner: list[Any] = []
    for _ in range(6):
        back = acknowledgement_message(
            third, "zhangzhou", told.further, told.heard_further,
            downstream=inner, onward=[("zhangzhou", "open")],
        )  # fmt: skip
        forth = acknowledgement_message(
            second, "quanzhou", told.held, told.heard, more=[told.onward],
            downstream=[third.sign(back)], onward=[("quanzhou", "open")],
        )  # fmt: skip
        inner = [second.sign(forth)]
    found = judge(inner[0].to_json(), told.region.trust())
    assert found.verdict.reason == "nested_too_much"


def test_not_held_shows_no_notice() -> None:
    """Who says that it does not hold the record, and shows that it was told, is refused."""
    told = Told.made()
    message = answered(told, verdict="not_held", received_at=None)
    assert reason(told.region["zhangzhou"], message) == "answer_unproved"
    second = told.region["zhangzhou"]
    plain = acknowledgement_message(
        second, "xiamen", told.held, told.heard, verdict="not_held", received_at=None, logs=()
    )
    assert judged(second, plain).verdict.is_good


# -- receipts and refusals -----------------------------------------------------------


def test_receipts_and_refusals_are_their_senders_word() -> None:
    """Both hold under the sender's key for receipts, and under no other."""
    region = Region("xiamen", "zhangzhou")
    first, second = region.values()
    record = first.collect()
    bundle = first.bundle("zhangzhou", [record])
    receipt = receipt_message(second, bundle, "xiamen", record.record)
    refusal = refusal_message(second, b"bytes", None)
    assert judged(second, receipt, "xiamen").verdict.is_good
    assert judged(second, refusal, "xiamen").verdict.is_good
    trust = region.trust(changed={"zhangzhou": {"purposes": ("bundles",)}})
    found = judge(second.sign(receipt).to_json(), trust)
    assert found.verdict.reason == "key_not_allowed"
    twice = receipt_message(second, bundle, "xiamen", record.record, record.record)
    assert judged(second, twice).verdict.reason == "record_twice"
