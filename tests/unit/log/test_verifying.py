"""Verdicts: every reason, what leads to it, and what must not."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.log import verifying
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.proof_file import ProofFile
from ledger.log.trust import Trust
from ledger.log.verdict import Outcome, Reason, Verdict
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.log.verifying import MAX_FILE_BYTES, judge_checkpoint, verify_file
from ledger.signing.dsse import RECEIPT, STATEMENT, Envelope
from tests.unit.log.trusting import (
    FOUNDED,
    ISSUED,
    LEAKED,
    NODE,
    NODE_KEY,
    ORIGIN,
    OTHER_KEY,
    WITNESSES,
    SmallTree,
    compromised,
    envelope,
    instant,
    key_value,
    payload,
    policy,
    posix,
    retired,
    trust,
    trust_value,
)

LOG = SmallTree()
INDEX = 4
ENTRY = envelope(LOG.payloads[INDEX])
DAY = timedelta(days=1)
EARLY, LATE = LEAKED - DAY, LEAKED + DAY
PLAIN = trust()
SECOND_NODE = {"node": "quanzhou", "origin": "credit-ledger.example/quanzhou", "jurisdiction": None}
BOTH_NODES = trust_value()["nodes"] + [SECOND_NODE]


def checkpoint(trusted: Trust = PLAIN, log: SmallTree = LOG, **signed: Any) -> Verdict:
    return verify_file(log.signed(**signed).to_bytes(), trusted)


def proof(
    trusted: Trust = PLAIN,
    *,
    entry: Envelope | None = ENTRY,
    log: SmallTree = LOG,
    signed: SignedCheckpoint | None = None,
    **changes: Any,
) -> Verdict:
    made = replace(log.proof(INDEX, signed), **changes)
    given = None if entry is None else entry.to_json()
    return verify_file(made.to_bytes(), trusted, entry=given)


def alone(made: Envelope = ENTRY, trusted: Trust = PLAIN) -> Verdict:
    return verify_file(made.to_json(), trusted)


def signed_anew(**changes: Any) -> Envelope:
    return envelope(payload(INDEX, **changes))


def turned(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def bent(made: Envelope = ENTRY) -> Envelope:
    (one,) = made.signatures
    return replace(made, signatures=(replace(one, sig=turned(one.sig)),))


def bent_note(seen: dict[str, datetime] | None = None, line: int = 0) -> bytes:
    signed = LOG.signed(seen=seen)
    lines = list(signed.signatures)
    lines[line] = replace(lines[line], signature=turned(lines[line].signature))
    return SignedCheckpoint(signed.checkpoint, tuple(lines)).to_bytes()


def of_other_node() -> Verdict:
    """An entry that another node signed, in the tree of this one."""
    foreign = payload(INDEX, node="quanzhou")
    log = SmallTree(*LOG.payloads[:INDEX], foreign, *LOG.payloads[INDEX + 1 :])
    keys = (key_value(), key_value(OTHER_KEY, node="quanzhou"))
    return proof(trust(*keys, nodes=BOTH_NODES), entry=envelope(foreign, OTHER_KEY), log=log)


def timeless(trusted: Trust) -> Verdict:
    """A cosignature of the time nought, which no witness of ours would make."""
    signed = LOG.signed(seen={"w1": LATE})
    log, cosignature = signed.signatures
    message = b"cosignature/v1\ntime 0\n" + LOG.body.text
    made = bytes(8) + WITNESSES["w1"].sign(message)
    lines = (log, replace(cosignature, signature=made))
    return verify_file(SignedCheckpoint(LOG.body, lines).to_bytes(), trusted)


def own_witness() -> Verdict:
    name = f"{ORIGIN}/witness"
    vkey = VerifierKey.from_raw(name, OTHER_KEY.public, SignatureType.COSIGNATURE).vkey
    text = f"witness own {vkey}\nquorum own\n"
    trusted = trust(key_value(), key_value(OTHER_KEY, purposes=["witness"]), policy=text)
    cosigned = LOG.signed().with_signatures([LOG.body.cosign(name, OTHER_KEY, posix(LATE))])
    return verify_file(cosigned.to_bytes(), trusted)


ONE_WITNESS = policy("w1")
TWO_OF_THREE = policy("2")
LEAKED_KEY = key_value(**compromised())
GONE = key_value(**retired())
FRESH = key_value(OTHER_KEY)

CASES: dict[str, tuple[Reason, Callable[[], Verdict]]] = {
    "a checkpoint": (Reason.VERIFIED, checkpoint),
    "a checkpoint cosigned as the policy asks": (
        Reason.VERIFIED,
        lambda: checkpoint(trust(policy=TWO_OF_THREE), seen={"w1": LATE, "w3": LATE}),
    ),
    "signatures of unknown keys beside it": (
        Reason.VERIFIED, lambda: verify_file(LOG.signed(NODE_KEY, OTHER_KEY).to_bytes(), PLAIN)
    ),
    "an entry with its proof": (Reason.VERIFIED, proof),
    "an entry in a log of its own": (
        Reason.VERIFIED,
        lambda: verify_file(
            SmallTree(payload()).proof(0).to_bytes(), PLAIN, entry=envelope(payload()).to_json()
        ),
    ),
    "one of two log keys has ended, the other has not": (
        Reason.VERIFIED,
        lambda: verify_file(LOG.signed(NODE_KEY, OTHER_KEY).to_bytes(), trust(GONE, FRESH)),
    ),
    "an end announced for later": (
        Reason.VERIFIED, lambda: checkpoint(trust(key_value(until=instant(ISSUED + DAY))))
    ),
    "an entry alone": (Reason.SIGNATURE_ONLY, alone),
    "an entry of an event of tomorrow": (
        Reason.SIGNATURE_ONLY, lambda: alone(signed_anew(type="NotYetThoughtOf", schema=9))
    ),
    "a checkpoint under a retired key": (Reason.KEY_ENDED, lambda: checkpoint(trust(GONE))),
    "a checkpoint under a key that ran out": (
        Reason.KEY_ENDED, lambda: checkpoint(trust(key_value(until=instant(ISSUED))))
    ),
    "an entry under a retired key": (Reason.KEY_ENDED, lambda: alone(trusted=trust(GONE))),
    "an entry under a retired key, proved by the new one": (
        Reason.KEY_ENDED, lambda: proof(trust(GONE, FRESH), signed=LOG.signed(OTHER_KEY))
    ),
    "a compromised key, cosigned before": (
        Reason.DATED_BEFORE_COMPROMISE,
        lambda: checkpoint(trust(LEAKED_KEY, policy=ONE_WITNESS), seen={"w1": EARLY}),
    ),
    "cosigned before, where no witness is asked for": (
        Reason.DATED_BEFORE_COMPROMISE,
        lambda: checkpoint(trust(LEAKED_KEY, policy=policy("none")), seen={"w2": EARLY}),
    ),
    "the last whole second before": (
        Reason.DATED_BEFORE_COMPROMISE,
        lambda: checkpoint(
            trust(LEAKED_KEY, policy=ONE_WITNESS), seen={"w1": LEAKED - timedelta(seconds=1)}
        ),
    ),
    "an entry under a compromised key, covered before": (
        Reason.DATED_BEFORE_COMPROMISE,
        lambda: proof(
            trust(LEAKED_KEY, FRESH, policy=ONE_WITNESS),
            signed=LOG.signed(OTHER_KEY, seen={"w1": EARLY}),
        ),
    ),
    "another log": (
        Reason.UNKNOWN_LOG, lambda: checkpoint(log=SmallTree(origin="credit-ledger.example/x"))
    ),
    "an entry of another node": (
        Reason.UNKNOWN_LOG, lambda: alone(signed_anew(node="nobody"))
    ),
    "a checkpoint of an unknown key": (
        Reason.UNKNOWN_KEY, lambda: verify_file(LOG.signed(OTHER_KEY).to_bytes(), PLAIN)
    ),
    "a checkpoint of a key that signs none": (
        Reason.UNKNOWN_KEY, lambda: checkpoint(trust(key_value(purposes=["entries"])))
    ),
    "an entry of an unknown key": (
        Reason.UNKNOWN_KEY, lambda: alone(envelope(LOG.payloads[0], OTHER_KEY))
    ),
    "no cosignature": (Reason.POLICY_UNMET, lambda: checkpoint(trust(policy=ONE_WITNESS))),
    "one of two cosignatures": (
        Reason.POLICY_UNMET,
        lambda: checkpoint(trust(policy=TWO_OF_THREE), seen={"w1": LATE}),
    ),
    "a cosignature that says no time": (
        Reason.POLICY_UNMET, lambda: timeless(trust(policy=ONE_WITNESS))
    ),
    "an entry in a log that nobody cosigned": (
        Reason.POLICY_UNMET, lambda: proof(trust(policy=ONE_WITNESS))
    ),
    "the node as its own witness": (Reason.POLICY_UNMET, own_witness),
    "a compromised key that nobody cosigned": (
        Reason.COMPROMISED_UNDATED, lambda: checkpoint(trust(LEAKED_KEY))
    ),
    "cosigned too late": (
        Reason.COMPROMISED_UNDATED,
        lambda: checkpoint(trust(LEAKED_KEY, policy=ONE_WITNESS), seen={"w1": LEAKED}),
    ),
    "cosigned in the second of the compromise": (
        Reason.COMPROMISED_UNDATED,
        lambda: checkpoint(
            trust(
                key_value(**compromised(LEAKED + timedelta(milliseconds=500))), policy=ONE_WITNESS
            ),
            seen={"w1": LEAKED},
        ),
    ),
    "one of two cosigned before": (
        Reason.COMPROMISED_UNDATED,
        lambda: checkpoint(
            trust(LEAKED_KEY, policy=TWO_OF_THREE), seen={"w1": EARLY, "w2": LATE}
        ),
    ),
    "an entry under a compromised key, dated by nobody but itself": (
        Reason.COMPROMISED_UNDATED, lambda: alone(trusted=trust(LEAKED_KEY))
    ),
    "an entry under a compromised key, covered too late": (
        Reason.COMPROMISED_UNDATED,
        lambda: proof(
            trust(LEAKED_KEY, FRESH, policy=ONE_WITNESS),
            signed=LOG.signed(OTHER_KEY, seen={"w1": LATE}),
        ),
    ),
    "a proof without its entry": (Reason.ENTRY_NEEDED, lambda: proof(entry=None)),
    "a receipt": (
        Reason.KIND_NOT_VERIFIED, lambda: alone(Envelope.signed(NODE_KEY, RECEIPT, b"{}"))
    ),
    "a statement where none is verified": (
        Reason.KIND_NOT_VERIFIED, lambda: alone(Envelope.signed(NODE_KEY, STATEMENT, b"{}"))
    ),
    "an entry's payload in the envelope of a receipt": (
        Reason.MALFORMED,
        lambda: proof(entry=Envelope.signed(NODE_KEY, RECEIPT, LOG.payloads[INDEX])),
    ),
    "a compromised key that nobody cosigned, where no witness is asked for": (
        Reason.COMPROMISED_UNDATED, lambda: checkpoint(trust(LEAKED_KEY, policy=policy("none")))
    ),
    "a bent root in a proof": (
        Reason.SIGNATURE_FAILS,
        lambda: proof(
            signed=replace(LOG.signed(), checkpoint=replace(LOG.body, root=turned(LOG.body.root)))
        ),
    ),
    "a bent checkpoint in a proof without its entry": (
        Reason.SIGNATURE_FAILS,
        lambda: proof(entry=None, signed=SignedCheckpoint.parse(bent_note())),
    ),
    "too many bytes": (
        Reason.TOO_LARGE, lambda: verify_file(b"x" * (MAX_FILE_BYTES + 1), PLAIN)
    ),
    "no bytes": (Reason.MALFORMED, lambda: verify_file(b"", PLAIN)),
    "JSON of no kind": (Reason.MALFORMED, lambda: verify_file(b" {}", PLAIN)),
    "a proof where an entry is expected": (
        Reason.MALFORMED,
        lambda: verify_file(
            LOG.proof(0).to_bytes(), PLAIN, entry=LOG.proof(0).to_bytes()
        ),
    ),
    "a checkpoint where a proof is expected": (
        Reason.MALFORMED,
        lambda: verify_file(LOG.signed().to_bytes(), PLAIN, entry=ENTRY.to_json()),
    ),
    "a receipt as the entry of a proof": (
        Reason.MALFORMED, lambda: proof(entry=Envelope.signed(NODE_KEY, RECEIPT, b"{}"))
    ),
    "an empty log with a root of its own": (
        Reason.MALFORMED,
        lambda: verify_file(
            SignedCheckpoint.signed(Checkpoint(ORIGIN, 0, bytes(32)), NODE_KEY).to_bytes(), PLAIN
        ),
    ),
    "an entry that is no JSON": (Reason.MALFORMED, lambda: alone(envelope(b"entry"))),
    "an entry with a space": (
        Reason.MALFORMED, lambda: alone(envelope(b" " + LOG.payloads[0]))
    ),
    "an entry with a member more": (Reason.MALFORMED, lambda: alone(signed_anew(extra=1))),
    "an entry of another version": (Reason.MALFORMED, lambda: alone(signed_anew(v=2))),
    "an entry of a true version": (Reason.MALFORMED, lambda: alone(signed_anew(v=True))),
    "an entry of a numbered node": (Reason.MALFORMED, lambda: alone(signed_anew(node=1))),
    "an entry of no instant": (
        Reason.MALFORMED, lambda: alone(signed_anew(recorded_at="2026-03-02"))
    ),
    "an entry that is too long": (
        Reason.MALFORMED, lambda: alone(signed_anew(facts={"x": "x" * MAX_PAYLOAD_BYTES}))
    ),
    "a bent checkpoint": (
        Reason.SIGNATURE_FAILS, lambda: verify_file(bent_note(), PLAIN)
    ),
    "a bent cosignature": (
        Reason.SIGNATURE_FAILS,
        lambda: verify_file(bent_note({"w1": LATE}, 1), trust(policy=policy("none"))),
    ),
    "a bent entry": (Reason.SIGNATURE_FAILS, lambda: alone(bent())),
    "a proof of a bent entry": (Reason.SIGNATURE_FAILS, lambda: proof(entry=bent())),
    "a good and a bent signature of two known keys": (
        Reason.SIGNATURE_FAILS,
        lambda: alone(
            replace(
                ENTRY,
                signatures=(
                    *ENTRY.signatures,
                    *bent(envelope(ENTRY.payload, OTHER_KEY)).signatures,
                ),
            ),
            trust(key_value(), FRESH),
        ),
    ),
    "an entry under a key that signs none": (
        Reason.KEY_NOT_ALLOWED, lambda: alone(trusted=trust(key_value(purposes=["checkpoints"])))
    ),
    "an entry under a key of another node": (
        Reason.KEY_NOT_ALLOWED,
        lambda: alone(trusted=trust(key_value(node="quanzhou"), nodes=BOTH_NODES)),
    ),
    "an entry dated after the end of its key": (
        Reason.OUTSIDE_VALIDITY,
        lambda: alone(trusted=trust(key_value(**retired(FOUNDED + timedelta(hours=1))))),
    ),
    "an entry dated before its key": (
        Reason.OUTSIDE_VALIDITY,
        lambda: proof(trust(key_value() | {"from": instant(FOUNDED + 2 * DAY)})),
    ),
    "an entry of another node in this log": (Reason.ANOTHER_NODE, of_other_node),
    "another index": (Reason.PROOF_FAILS, lambda: proof(index=INDEX + 1)),
    "an index beyond the log": (Reason.PROOF_FAILS, lambda: proof(index=LOG.size)),
    "another entry of the log": (
        Reason.PROOF_FAILS, lambda: proof(entry=envelope(LOG.payloads[INDEX + 1]))
    ),
    "a hash less": (
        Reason.PROOF_FAILS, lambda: proof(hashes=LOG.proof(INDEX).hashes[:-1])
    ),
    "a hash more": (
        Reason.PROOF_FAILS, lambda: proof(hashes=(*LOG.proof(INDEX).hashes, bytes(32)))
    ),
    "a bent hash": (
        Reason.PROOF_FAILS,
        lambda: proof(
            hashes=(turned(LOG.proof(INDEX).hashes[0]), *LOG.proof(INDEX).hashes[1:])
        ),
    ),
    "a bent proof in a log that nobody cosigned": (
        Reason.PROOF_FAILS, lambda: proof(trust(policy=ONE_WITNESS), index=INDEX + 1)
    ),
    "a bent proof in a log that nobody knows": (
        Reason.PROOF_FAILS,
        lambda: proof(
            entry=envelope(LOG.payloads[0], OTHER_KEY), signed=LOG.signed(OTHER_KEY)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_the_verdict_and_its_reason(what: str) -> None:
    """Each of these leads to exactly its reason, told in each language."""
    reason, judge = CASES[what]
    verdict = judge()
    assert verdict.reason is reason, verdict.detail()
    assert verdict.to_value() == {
        "verdict": verdict.outcome.value,
        "reason": reason.value,
        "detail": verdict.detail("en"),
    }
    for language in ("zh-CN", "zh-TW"):
        assert re.search("[一-鿿]", verdict.detail(language)), language


def test_every_reason_has_its_case() -> None:
    """No reason that verification here can give is without a case that leads to it."""
    named = set(re.findall(r"Reason\.([A-Z_]+)", inspect.getsource(verifying)))
    assert named == {reason.name for reason, _ in CASES.values()}


def test_good_verdicts_are_two() -> None:
    """Only what holds, now or as of its time, is good."""
    good = {verdict.outcome for _, judge in CASES.values() if (verdict := judge()).is_good}
    assert good == {Outcome.VALID, Outcome.VALID_HISTORICAL}


def test_a_statement_is_handed_on_with_its_bytes() -> None:
    """The bytes of a statement's envelope, small or large, reach what verifies statements."""
    seen: list[tuple[bytes, Trust]] = []

    def verify(data: bytes, trusted: Trust) -> Verdict:
        seen.append((data, trusted))
        return Verdict.of(Reason.SIGNATURE_ONLY, node="x")

    small = Envelope.signed(NODE_KEY, STATEMENT, b"{}").to_json()
    large = Envelope.signed(NODE_KEY, STATEMENT, b" " * (1 << 20)).to_json()
    for data in (small, large):
        assert verify_file(data, PLAIN, statement=verify).is_good
    assert seen == [(small, PLAIN), (large, PLAIN)]
    assert verify_file(ENTRY.to_json(), PLAIN, statement=verify).reason is Reason.SIGNATURE_ONLY
    assert len(seen) == 2
    assert verify_file(large, PLAIN).reason is Reason.MALFORMED


def test_the_earliest_cosignature_of_a_witness_dates() -> None:
    """A witness that cosigned a second time, later, has still seen it the first time."""
    signed = LOG.signed(seen={"w1": LATE})
    earlier = LOG.signed(seen={"w1": EARLY}).signatures[1]
    twice = signed.with_signatures([earlier])
    judged = judge_checkpoint(twice, trust(LEAKED_KEY, policy=ONE_WITNESS))
    assert judged.verdict.reason is Reason.DATED_BEFORE_COMPROMISE
    assert judged.node is not None
    assert (judged.node.node, judged.size) == (NODE, LOG.size)


def test_a_cosignature_of_the_end_of_time_dates_nothing() -> None:
    """Times that no calendar holds count for the quorum and never as early."""
    body = LOG.body
    name = "w1.example/witness"
    signed = LOG.signed().with_signatures([body.cosign(name, WITNESSES["w1"], (1 << 63) - 1)])
    verdict = verify_file(signed.to_bytes(), trust(LEAKED_KEY, policy=ONE_WITNESS))
    assert verdict.reason is Reason.COMPROMISED_UNDATED


def test_what_others_wrote_commands_no_terminal() -> None:
    """Names out of what is verified are told harmlessly and not at length."""
    name = "\x1b[2J\u202e" + "x" * 10_000
    verdict = alone(signed_anew(node=name))
    assert verdict.reason is Reason.UNKNOWN_LOG
    assert "\x1b" not in verdict.detail()
    assert "\u202e" not in verdict.detail()
    assert len(verdict.detail()) < 200


def test_the_envelope_may_be_spelled_freely() -> None:
    """Spaces and member order of the envelope are free: what is signed is the payload."""
    text = json.dumps(ENTRY.to_value(), indent=1).encode()
    assert verify_file(LOG.proof(INDEX).to_bytes(), PLAIN, entry=text).reason is Reason.VERIFIED


def test_extra_data_of_a_proof_says_nothing() -> None:
    """What a proof carries beside its hashes is not believed, and spoils nothing."""
    made = replace(LOG.proof(INDEX), extra=b"anything")
    assert isinstance(made, ProofFile)
    verdict = verify_file(made.to_bytes(), PLAIN, entry=ENTRY.to_json())
    assert verdict.reason is Reason.VERIFIED
