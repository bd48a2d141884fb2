"""Messages with the verdict that every verifier of ours must give them.

    tests/vectors/exchange/NAME.json   {"about", "file", "trust", "verdict", "reason", "records"}

``file`` and ``trust`` are base64 of the bytes to verify and of the trust file; ``records``
are the reasons of a bundle's records in their order. Made by ``python -m tests.exchange_vectors``, always
the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from ledger.exchange.judging import judge
from ledger.log.trust import Trust
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing import base64text
from ledger.signing.dsse import BUNDLE, Envelope
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
from tests.exchange_material import FIRMS, ISSUED, Region, made_key

FOLDER = Path(__file__).parent / "vectors" / "exchange"

Vector = tuple[str, str, bytes, Trust]
"""Name, what it is about, the file, the trust file."""


def vectors() -> Iterator[tuple[str, bytes]]:
    """Each vector's name and the bytes of its file."""
    for name, about, data, trust in [*_bundles(), *_hostile(), *_answers()]:
        judged = judge(data, trust)
        value = {
            "about": about,
            "file": base64text.encode(data),
            "trust": base64text.encode(trust.to_json()),
            "verdict": str(judged.verdict.outcome),
            "reason": str(judged.verdict.reason),
            "records": [str(verdict.reason) for _, verdict in judged.records],
        }
        yield name, orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _bundles() -> Iterator[Vector]:
    region = Region("xiamen", "zhangzhou", "quanzhou")
    first, second, _ = region.values()
    trust = region.trust()
    record = first.collect(submitted=made_key("supplier"), sealed={"parties": [{"role": "other"}]})
    person = first.open("made-number", kind="natural_person", name="示例辛")
    other = first.collect(2, opened=person)
    both = first.bundle("zhangzhou", [record, other], disclose=("parties", "identifier"), rows=True)
    yield "bundle", "two records, one about a person, fields disclosed", both.to_json(), trust
    yield "bundle-expired-list", "the key has ended since", both.to_json(), _ended(region)
    stolen = {"status": "COMPROMISED_SINCE", "since": ISSUED + timedelta(days=1)}
    compromised = region.trust(changed={"xiamen": stolen})
    yield "bundle-compromised", "nothing dates the key's signatures", both.to_json(), compromised
    yield _wrapped()
    passed = second.receive(record)
    yield (
        "bundle-relayed",
        "through a second node",
        second.bundle("quanzhou", [passed]).to_json(),
        trust,
    )


def _ended(region: Region) -> Trust:
    until = ISSUED + timedelta(microseconds=1)
    return replace(
        region.trust(changed={"xiamen": {"status": "RETIRED", "until": until}}),
        issued_at=until,
    )


def _wrapped() -> Vector:
    """An old checkpoint, cosigned before the compromise, in an envelope of whoever has the key."""
    region = Region("xiamen", "zhangzhou")
    node, key, name = region["xiamen"], made_key("witness"), "witness.example/w1"
    node.witnesses = [(name, key, int(ISSUED.timestamp()))]
    verifier = VerifierKey.from_raw(name, key.public, SignatureType.COSIGNATURE)
    stolen = {"status": "COMPROMISED_SINCE", "since": ISSUED + timedelta(days=1)}
    trust = region.trust(
        policy=f"witness w1 {verifier.vkey}\nquorum w1\n", changed={"xiamen": stolen}
    )
    data = node.bundle("zhangzhou", [node.collect()]).to_json()
    return "bundle-compromised-cosigned", "its checkpoint dates no envelope", data, trust


def _hostile() -> Iterator[Vector]:
    region = Region("xiamen", "zhangzhou")
    node, trust = region["xiamen"], region.trust()
    record = node.collect()
    message = node.bundle_message("zhangzhou", [record])
    envelope = node.sign(message)
    whole, payload = envelope.to_json(), envelope.payload
    yield "truncated", "its end is missing", whole[:-20], trust

    def signed(data: bytes) -> bytes:
        return Envelope.signed(node.key, BUNDLE, data).to_json()

    extra = payload.replace(b'"clock":', b'"also":1,"clock":', 1)
    twice = payload.replace(b'"clock":', b'"clock":"real","clock":', 1)
    yield "extra-member", "a member that the form has not", signed(extra), trust
    yield "duplicate-key", "a member twice", signed(twice), trust
    for name, number in (("nan", b"NaN"), ("fraction", b"1.0"), ("large", b"9007199254740993")):
        data = payload.replace(b'"sequence":1', b'"sequence":' + number, 1)
        yield f"number-{name}", "a number that readers read differently", signed(data), trust
    thief = node.sign(message, made_key("thief")).to_json()
    yield "unknown-key", "under a key that the list lacks", thief, trust
    forged = replace(envelope, payload=payload.replace(b'"sequence":1', b'"sequence":2', 1))
    yield "forged", "a payload that was not signed", forged.to_json(), trust
    renamed = replace(envelope, payload_type=BUNDLE.replace("bundle", "notice"))
    yield "renamed", "signed as another kind of message", renamed.to_json(), trust
    node.collect(2, opened=node.open(FIRMS[1]))
    later = node.checkpoint().to_bytes().decode()
    logs = (message.logs[0].model_copy(update={"checkpoint": later}),)
    moved = node.sign(message.model_copy(update={"logs": logs}))
    yield "other-tree", "proofs for another tree", moved.to_json(), trust
    object_to(node, record)
    yield "disputed", "an open objection", node.bundle("zhangzhou", [record]).to_json(), trust
    withdraw(node, record)
    yield "withdrawn", "withdrawn since", node.bundle("zhangzhou", [record]).to_json(), trust
    version = payload.replace(b'"v":1', b'"v":true', 1)
    yield "version-true", "what equals 1 and is no number", signed(version), trust
    yield "entry-late", "an entry without a legal day", *_rewritten(_INSTANT, _LATE)
    yield "entry-lax", "a truth value as a text", *_rewritten(b'"adverse":true', b'"adverse":"yes"')


_INSTANT, _LATE = b"2026-03-02T02:00:04.000000Z", b"9999-12-31T16:00:00.000000Z"


def _rewritten(old: bytes, new: bytes) -> tuple[bytes, Trust]:
    """A bundle whose record's own entry says ``new`` where a node writes ``old``."""
    region = Region("xiamen", "zhangzhou")
    node = region["xiamen"]
    record = node.collect(served=False)
    about = record.entries["xiamen"]
    payload = about[-1].payload.replace(old, new)
    assert payload != about[-1].payload
    about[-1] = node.put(payload, about[-1].stream, about[-1].facts)
    return node.bundle("zhangzhou", [record]).to_json(), region.trust()


def _answers() -> Iterator[Vector]:
    told = Told.made()
    trust = told.region.trust()
    first, second, third = told.region.values()
    notice = notice_message(first, told.record, told.duty, told.acted)
    yield "notice", "an objection", first.sign(notice).to_json(), trust
    relayed = notice_message(second, told.held, told.onward, told.acted, [told.heard])
    yield "notice-relayed", "an objection, passed on", second.sign(relayed).to_json(), trust
    other: Callable[..., Any] = notice.model_copy
    wrong = other(update={"act": "withdrawal", "required": "lift"})
    yield "notice-of-another-act", "no withdrawal", first.sign(wrong).to_json(), trust
    imposed = impose(third, told.further)
    entries = [imposed, report(third, imposed, "suspended", "2026-03-30")]
    status = third.sign(status_message(third, "zhangzhou", told.further, entries))
    yield "status", "a sanction suspended", status.to_json(), trust
    false = status_message(third, "zhangzhou", told.further, entries, state="lifted")
    yield "status-false", "not what was reported", third.sign(false).to_json(), trust
    behind = third.sign(
        acknowledgement_message(
            third, "zhangzhou", told.further, told.heard_further, statuses=[status]
        )
    )
    answer = acknowledgement_message(
        second, "xiamen", told.held, told.heard, more=[told.onward],
        onward=[("quanzhou", "closed")], downstream=[behind],
    )  # fmt: skip
    yield "acknowledgement", "with that of a node behind", second.sign(answer).to_json(), trust
    none = acknowledgement_message(second, "xiamen", told.held, told.heard, more=[told.onward])
    yield "acknowledgement-short", "a recipient left out", second.sign(none).to_json(), trust
    bundle = first.bundle("zhangzhou", [told.record])
    receipt = receipt_message(second, bundle, "xiamen", told.record.record)
    yield "receipt", "of a bundle", second.sign(receipt).to_json(), trust
    refusal = refusal_message(second, b"bytes", None)
    yield "refusal", "of bytes", second.sign(refusal).to_json(), trust


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in vectors():
        (FOLDER / f"{name}.json").write_bytes(data)


if __name__ == "__main__":
    write()
