"""Which list may follow which, and which a node may go by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ledger.exchange.trust_faults import (
    MAX_AHEAD,
    check_list,
    node_faults,
    succession_faults,
)
from ledger.exchange.trust_list import TrustList
from tests.unit.exchange.lists import (
    EXPIRES,
    G1,
    G2,
    G3,
    ISSUED,
    LATER,
    NODE_KEY,
    STRANGER,
    THERE_KEY,
    draft,
    governor,
    here,
    instant,
    key,
    key_value,
    of_value,
    said,
    signed,
    there,
)
from tests.unit.log.trusting import NODE, ORIGIN, compromised, retired

FIRST = signed(draft())
STEP = timedelta(microseconds=1)


def kinds(listed: TrustList, before: TrustList | None = None) -> list[str]:
    return [fault.kind for fault in check_list(listed.envelope.to_json(), before).faults]


def followed(change: Callable[[Any], object], before: TrustList = FIRST) -> list[str]:
    """The faults of the next list, well signed, that says something else."""
    value = said(before) | {
        "version": before.version + 1,
        "previous": before.digest,
        "issued_at": instant(LATER),
    }
    change(value)
    return kinds(signed(of_value(value), G1, G2, G3), before)


def test_a_signed_list_and_its_successor_have_no_fault() -> None:
    """The next version with both quorums is fine, also where nothing else changed."""
    assert kinds(FIRST) == []
    assert kinds(signed(draft(before=FIRST)), FIRST) == []
    assert followed(lambda _: None) == []


def test_a_file_that_is_no_list_is_told() -> None:
    """Whatever the file holds there is an answer."""
    found = check_list(b"nothing", None)
    assert (found.ok, found.listed, [one.kind for one in found.faults]) == (
        False,
        None,
        ["malformed"],
    )


def test_every_fault_is_worded_in_three_languages() -> None:
    """What is wrong is told in the reader's language."""
    (fault,) = check_list(draft().envelope.to_json(), None).faults
    assert len({fault.message("en"), fault.message("zh-CN"), fault.message("zh-TW")}) == 3
    assert "0 < 2" in fault.message()


def test_the_governors_of_the_list_before_must_sign() -> None:
    """New governors alone put nobody in their place; both quorums are needed."""
    governors = [key("new1").public, key("new2").public]
    new = draft(before=FIRST, governors=governors, threshold=2)
    own = signed(new, key("new1"), key("new2"))
    assert kinds(own) == []
    assert kinds(own, FIRST) == ["too_few_former_signatures"]
    assert kinds(signed(own, G3), FIRST) == ["too_few_former_signatures"]
    assert kinds(signed(own, G3, G1), FIRST) == []
    assert kinds(signed(new, G1, G2), FIRST) == ["too_few_signatures"]


def test_a_rollback_is_told() -> None:
    """An older list, the same again, and another of the same version do not follow."""
    second = signed(draft(before=FIRST))
    assert "not_newer" in kinds(FIRST, second)
    assert kinds(FIRST, FIRST) == ["not_newer"]
    other = signed(draft(expires_at=EXPIRES + STEP))
    assert kinds(other, FIRST) == ["another_of_the_same_version"]


def test_the_next_version_names_the_digest_of_the_one_before() -> None:
    """A list that continues another history is told, one that was skipped over is not missed."""
    other = signed(draft(expires_at=EXPIRES + STEP))
    assert kinds(signed(draft(before=other)), FIRST) == ["another_before"]
    second = signed(draft(before=FIRST))
    third = signed(draft(before=second))
    assert kinds(third, FIRST) == []
    assert followed(lambda v: v.update(version=3)) == ["another_before"]


def test_a_list_is_not_older_than_the_one_before() -> None:
    """What it knows cannot be of an earlier time."""
    assert followed(lambda v: v.update(issued_at=instant(ISSUED))) == []
    assert followed(lambda v: v.update(issued_at=instant(ISSUED - STEP))) == ["issued_earlier"]


def _without_there(value: Any) -> None:
    value["nodes"] = value["nodes"][:1]
    value["keys"] = value["keys"][:1]


LOST: dict[str, tuple[Callable[[Any], object], str]] = {
    "a node": (_without_there, "node_vanished"),
    "a node's origin": (lambda v: v["nodes"][1].update(origin="x.example/y"), "node_changed"),
    "a node's region": (lambda v: v["nodes"][1].update(jurisdiction="1"), "node_changed"),
    "a key": (lambda v: v["keys"].pop(), "key_vanished"),
    "a key's node": (lambda v: v["keys"][1].update(node=NODE), "key_changed"),
    "a key's purpose": (lambda v: v["keys"][1]["purposes"].append("bundles"), "key_changed"),
    "a key's beginning": (
        lambda v: v["keys"][1].update({"from": instant(ISSUED - timedelta(days=365))}),
        "key_changed",
    ),
    "an organisation": (lambda v: v.update(organisations=[]), "organisation_vanished"),
}


@pytest.mark.parametrize(("change", "kind"), LOST.values(), ids=LOST)
def test_what_the_list_before_said_stays(change: Callable[[Any], object], kind: str) -> None:
    """Old evidence is verified with the newest list: nothing it needs may go or change."""
    assert followed(change) == [kind]


ACTIVE = {"status": "ACTIVE", "until": None, "since": None}


@pytest.mark.parametrize(
    ("before", "now", "is_fault"),
    [
        (compromised(), ACTIVE, True),
        (compromised(), retired() | {"since": None}, True),
        (compromised(ISSUED), compromised(ISSUED + STEP), True),
        (compromised(ISSUED), compromised(ISSUED - STEP), False),
        (retired(), ACTIVE, True),
        (retired(ISSUED), retired(ISSUED + STEP), True),
        (retired(ISSUED), retired(ISSUED - STEP), False),
        (retired(ISSUED), compromised(ISSUED, until=ISSUED), False),
        (retired(ISSUED), compromised(ISSUED), True),
        (ACTIVE, retired(), False),
        (ACTIVE, compromised(), False),
    ],
)
def test_no_key_comes_back(before: dict[str, Any], now: dict[str, Any], is_fault: bool) -> None:
    """A retired or compromised key does not hold again, nor longer, nor was it stolen later."""
    first = signed(draft(here(key_value() | before), there()))
    found = followed(lambda v: v["keys"][0].update(now), first)
    assert found == (["key_revived"] if is_fault else [])


def test_another_key_than_the_announced_one_is_told() -> None:
    """Where the key to come was announced, no other takes its place, unless that was taken back."""
    announced, other = key("announced"), key("other")
    first = signed(draft(here(key_value(next=announced.keyid)), there()))

    def adding(made: dict[str, Any]) -> Callable[[Any], object]:
        return lambda v: v["keys"].append(made | {"next": None})

    assert followed(adding(key_value(announced)), first) == []
    assert followed(adding(key_value(other)), first) == ["key_not_announced"]
    assert followed(adding(key_value(other, purposes=["witness"])), first) == []
    assert followed(adding(key_value(other, node="zhangzhou")), first) == []
    assert followed(adding(key_value(other))) == []
    taken_back = signed(draft(before=first))
    assert followed(adding(key_value(other)), taken_back) == []


def test_a_node_goes_by_a_list_that_has_it_with_its_key() -> None:
    """Another node, another log of that name, another or an ended key: not for this node."""
    now = LATER

    def found(listed: TrustList, node: str = NODE, origin: str = ORIGIN) -> list[str]:
        return [one.kind for one in node_faults(listed, node, origin, NODE_KEY.public, now)]

    assert found(FIRST) == []
    assert found(FIRST, node="quanzhou") == ["node_not_listed"]
    assert found(FIRST, origin="credit-ledger.example/zhangzhou") == ["node_not_listed"]
    assert found(draft(there())) == ["node_not_listed"]
    assert found(draft(here(key_value(STRANGER)))) == ["key_not_listed"]
    assert found(draft(here(key_value() | retired()))) == ["key_not_listed"]
    assert found(draft(here(key_value() | compromised()))) == ["key_not_listed"]
    assert found(draft(here(key_value(purposes=["witness"])))) == ["key_not_listed"]
    moved = draft(here(key_value(STRANGER)), there(key_value(NODE_KEY, node="zhangzhou")))
    assert found(moved) == ["key_not_listed"]


def test_a_list_is_in_force_from_its_issue_until_it_expires() -> None:
    """Five seconds are left to the issuer's clock, none to an expired list."""

    def found(now: Any) -> list[str]:
        return [one.kind for one in node_faults(FIRST, NODE, ORIGIN, NODE_KEY.public, now)]

    assert found(EXPIRES - STEP) == []
    assert found(EXPIRES) == ["expired"]
    assert found(ISSUED - MAX_AHEAD) == []
    assert found(ISSUED - MAX_AHEAD - STEP) == ["issued_ahead"]


def test_a_false_signature_in_a_former_governors_name_is_told() -> None:
    """Also where that one governs no longer."""
    value = said(draft(before=FIRST)) | {"governors": [governor(G1)], "threshold": 1}
    made = signed(of_value(value), G1, G2)
    assert kinds(made, FIRST) == []
    false = signed(draft(), G2).envelope.signatures
    spoiled = type(made.envelope)(
        made.envelope.payload,
        made.envelope.payload_type,
        (*made.envelope.signatures[:1], *false),
    )
    assert "signature_fails" in kinds(TrustList.of(spoiled), FIRST)


def test_succession_is_told_of_what_lists_say_not_of_who_signed() -> None:
    """A draft is judged before anybody signs it."""
    assert list(succession_faults(draft(before=FIRST), FIRST)) == []
    assert THERE_KEY.keyid in {one.keyid for one in FIRST.trust.keys}
