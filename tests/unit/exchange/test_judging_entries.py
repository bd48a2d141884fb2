"""Entries that are shown: signed, dated, chained, each where it belongs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from ledger.entry import LAST_INSTANT, StreamId, SubmissionRef, format_instant
from ledger.events.records import NoticeServed
from ledger.exchange.forms import MESSAGE_DEPTH, Bundle, Consistency
from ledger.exchange.judging import judge
from ledger.signing.canonical import canonical
from ledger.signing.dsse import BUNDLE, Envelope
from ledger.signing.submission import Manifest, manifest_digest, row_commitment, sign_manifest
from tests.exchange_material import BUYER, SUPPLIER, MadeNode, MadeRecord, Region, made_id, made_key


def reason(node: MadeNode, message: Bundle) -> str:
    found = judge(node.sign(message).to_json(), node.region.trust())
    assert found.received == ()
    return str(found.verdict.reason)


def made(**collected: Any) -> tuple[MadeNode, MadeRecord]:
    node = Region("xiamen", "zhangzhou")["xiamen"]
    return node, node.collect(**collected)


def test_an_entry_that_its_node_did_not_sign() -> None:
    """A leaf that is proved, under a known key that did not sign it, is refused."""
    node, record = made()
    about = record.entries["xiamen"]
    about[-1] = replace(about[-1], signature=about[-2].signature)
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "signature_fails"


def test_an_entry_from_before_its_key() -> None:
    """An entry recorded when its key was not yet valid is refused."""
    node, record = made()
    served = NoticeServed(record=record.record, served_on=date(2026, 3, 3), channel="mail")
    node.act(record, served, at=datetime(2025, 12, 31, tzinfo=UTC))
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "outside_validity"


def test_a_stream_goes_on_from_entry_to_entry() -> None:
    """An entry that follows another names its digest; one that does not is refused."""
    node, record = made()
    last = record.entries["xiamen"][-1]
    start = last.payload.index(b'"prev":"') + len(b'"prev":"')
    payload = last.payload[:start] + b"0" * 64 + last.payload[start + 64 :]
    record.entries["xiamen"][-1] = node.put(payload, last.stream, last.facts)
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "entries_unordered"


def test_a_log_does_not_grow_from_a_larger_one() -> None:
    """A consistency proof from a size beyond the checkpoint's is refused."""
    node, record = made()
    message = node.bundle_message("zhangzhou", [record])
    larger = Consistency(size=node.size + 1, hashes=())
    logs = (message.logs[0].model_copy(update={"consistency": larger}),)
    assert reason(node, message.model_copy(update={"logs": logs})) == "sections_differ"


def test_an_act_in_another_subjects_stream() -> None:
    """What is said of a record in the stream of somebody else is refused."""
    node, record = made()
    served = NoticeServed(record=record.record, served_on=date(2026, 3, 3), channel="mail")
    stream = StreamId("subject", UUID(made_id("somebody else")))
    record.entries["xiamen"].append(node.append(served, stream))
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "entry_extra"


@pytest.mark.parametrize(
    ("changed", "row"),
    [({"supplier": BUYER}, 2), ({"attested_by": "registrar", "operator": "op-7"}, 2), ({}, 9)],
)
def test_a_submission_that_does_not_fit_its_record(changed: dict[str, Any], row: int) -> None:
    """A manifest of another supplier, attested by somebody else, or without the row."""
    node = Region("xiamen", "zhangzhou")["xiamen"]
    key = made_key("supplier")
    values: dict[str, Any] = {
        "supplier": SUPPLIER,
        "file": sha256(b"file").hexdigest(),
        "template": "penalty",
        "attested_by": "supplier",
        "operator": None,
        "rows": (row_commitment(bytes(32), {"XDR_MC": "示例"}),),
    } | changed
    submission = sign_manifest(key, Manifest(**values))
    record = node.collect(submitted=key)
    about = record.entries["xiamen"]
    collected = about[-2]
    again = node.append(
        collected.facts.model_copy(update={"record": made_id("again")}),
        collected.stream,
        submission=SubmissionRef(manifest_digest(submission), row),
    )
    record = replace(
        record,
        record=made_id("again"),
        entries={"xiamen": [*about[:-2], again]},
        submission=submission,
    )
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "submission_differs"


def rewritten(old: bytes, new: bytes) -> tuple[MadeNode, MadeRecord]:
    """A record whose own entry says ``new`` where a node writes ``old``; signed, in the log."""
    node, record = made(served=False)
    about = record.entries["xiamen"]
    assert about[-1].payload.count(old) == 1
    payload = about[-1].payload.replace(old, new)
    about[-1] = node.put(payload, about[-1].stream, about[-1].facts)
    return node, record


@pytest.mark.parametrize("instant", ["9999-12-31T16:00:00.000000Z", "9999-12-31T23:59:59.999999Z"])
def test_an_entry_after_the_last_legal_day(instant: str) -> None:
    """An instant whose day in UTC+8 no calendar has is no instant: refused, whoever signed it."""
    at = format_instant(node_time()).encode()
    node, record = rewritten(at, instant.encode())
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "entry_unreadable"


def test_an_entry_on_the_last_legal_day() -> None:
    """The last instant with a legal day is judged like any other."""
    at = format_instant(node_time()).encode()
    node, record = rewritten(at, LAST_INSTANT.encode())
    found = judge(node.bundle("zhangzhou", [record]).to_json(), node.region.trust())
    assert found.verdict.is_good, found.verdict.detail()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"adverse":true', b'"adverse":"yes"'),
        (b'"adverse":true', b'"adverse":1'),
        (b'"correctable":true', b'"correctable":"1"'),
        (b'"schema":1', b'"schema":"1"'),
        (b'"schema":1', b'"schema":true'),
        (b'"v":1', b'"v":true'),
    ],
)
def test_an_entry_that_readers_could_read_differently(old: bytes, new: bytes) -> None:
    """A number or a truth value in another's dress is refused, though its node signed it."""
    node, record = rewritten(old, new)
    assert reason(node, node.bundle_message("zhangzhou", [record])) == "entry_unreadable"


@pytest.mark.parametrize("version", [True, "1", 2, None])
def test_a_message_of_no_version(version: object) -> None:
    """``v`` is the number 1 and nothing that equals it."""
    node, record = made()
    value = json.loads(node.bundle_message("zhangzhou", [record]).payload()) | {"v": version}
    envelope = Envelope.signed(node.key, BUNDLE, canonical(value, max_depth=MESSAGE_DEPTH))
    found = judge(envelope.to_json(), node.region.trust())
    assert str(found.verdict.reason) == "malformed"


def node_time() -> datetime:
    """When the record's own entry is recorded."""
    _, record = made(served=False)
    return record.entries["xiamen"][-1].recorded_at
