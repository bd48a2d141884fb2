"""Verifying what a log gave out, with nothing at hand but a trust file.

A file is a signed checkpoint, a ``.tlog-proof`` (with the entry it is for), or the DSSE
envelope of an entry; a history statement is handed on. No node, no network, no clock:
the same bytes and the same trust file give the same verdict for ever.

1. Key and algorithm come from the trust file; key ids in what is verified are hints. Under
   a key that is known every signature must hold, else the whole is ``INVALID``.
2. Cosignatures count by the trust file's policy, and only those of others than the node.
3. A key that has ended by the trust file's ``issued_at`` leaves what it signed
   ``VALID_HISTORICAL``: an entry must be dated within its validity, a checkpoint bears no
   date of its own.
4. Of a key compromised since t, only cosignatures dated before t that make the policy's
   quorum (at least one) leave what they cover ``VALID_HISTORICAL``; the key's own dates
   say nothing.
5. Of several findings the worst is told.

Whatever the bytes are, this ends with a verdict: of at most ``MAX_FILE_BYTES``, after at
most 100 signatures of a note and 16 of an envelope, 63 hashes of a proof, and one reading
of the bytes (a history statement has its own limits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.codec import HEADER
from ledger.entry import ENTRY_VERSION, MAX_PAYLOAD_BYTES, format_instant, parse_instant
from ledger.errors import LedgerError, Phrase
from ledger.log.checkpoint import CheckpointUnsigned, SignedCheckpoint
from ledger.log.merkle import EMPTY_ROOT, inclusion_fault, leaf_hash
from ledger.log.note import NoteSignatureFails
from ledger.log.proof_file import ProofFile
from ledger.log.trust import Trust, TrustedKey, TrustedNode
from ledger.log.verdict import Outcome, Reason, Verdict
from ledger.log.verifier_key import VerifierKey
from ledger.signing.canonical import require_canonical
from ledger.signing.dsse import ENTRY, MAX_ENVELOPE_BYTES, STATEMENT, Envelope, verify

MAX_FILE_BYTES: Final = 32 << 20
"""A statement on a subject of some thousands of entries; all else is far smaller."""

PROOF_START: Final = b"c2sp.org/tlog-proof"

CHECKPOINT_: Final = Phrase("the checkpoint", "检查点", "檢查點")
ENTRY_: Final = Phrase("the entry", "条目", "條目")
PROVED_: Final = Phrase("the entry with its proof", "条目及其证明", "條目及其證明")
ALONE_: Final = Phrase(
    "the entry's signature (that the log contains it is not shown)",
    "条目签名（未证明日志包含该条目）",
    "條目簽名（未證明日誌包含該條目）",
)
_WRONG_ROOT: Final = Phrase(
    "the root of an empty log is not that of no leaves",
    "空日志的根散列不正确",
    "空日誌的根雜湊不正確",
)
_NOT_AN_ENTRY: Final = Phrase(
    "it is not the envelope of an entry in its canonical form",
    "不是规范形式的条目信封",
    "不是規範形式的條目信封",
)
_BADNESS: Final = list(Outcome)

VerifyStatement = Callable[[bytes, Trust], Verdict]
"""What verifies the bytes of a history statement's envelope."""


def verify_file(
    data: bytes,
    trust: Trust,
    *,
    entry: bytes | None = None,
    statement: VerifyStatement | None = None,
) -> Verdict:
    """The verdict on a file of any of the kinds; with ``entry`` it must be a proof."""
    if len(data) > MAX_FILE_BYTES:
        return Verdict.of(Reason.TOO_LARGE, limit=MAX_FILE_BYTES)
    if entry is not None or data.startswith(PROOF_START):
        return verify_proof(data, entry, trust)
    if not data[:64].lstrip().startswith(b"{"):
        return verify_checkpoint(data, trust)
    if len(data) > MAX_ENVELOPE_BYTES and statement is not None:
        return statement(data, trust)  # nothing else is as large
    try:
        envelope = Envelope.from_json(data)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    if envelope.payload_type == ENTRY:
        return judge_entry(envelope, trust, None)
    if envelope.payload_type == STATEMENT and statement is not None:
        return statement(data, trust)
    return Verdict.of(Reason.KIND_NOT_VERIFIED, kind=envelope.payload_type)


def verify_checkpoint(data: bytes, trust: Trust) -> Verdict:
    """The verdict on a signed checkpoint with its cosignatures."""
    try:
        signed = SignedCheckpoint.parse(data)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    return judge_checkpoint(signed, trust).verdict


def verify_proof(data: bytes, entry: bytes | None, trust: Trust) -> Verdict:
    """The verdict on a ``.tlog-proof`` and the entry's envelope that it is for."""
    try:
        proof = ProofFile.parse(data)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    judged = judge_checkpoint(proof.checkpoint, trust)
    if entry is None:
        return worst(judged.verdict, Verdict.of(Reason.ENTRY_NEEDED, index=proof.index))
    try:
        envelope = Envelope.from_json(entry)
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)
    found = judge_entry(envelope, trust, judged)
    checkpoint = proof.checkpoint.checkpoint
    fault = inclusion_fault(
        proof.index, checkpoint.size, leaf_hash(envelope.payload), proof.hashes, checkpoint.root
    )
    if fault is not None:
        failed = Verdict.of(
            Reason.PROOF_FAILS, index=proof.index, size=checkpoint.size, fault=str(fault)
        )
        return worst(judged.verdict, found, failed)
    return worst(found, judged.verdict)


def worst(*verdicts: Verdict) -> Verdict:
    """The first of the worst."""
    return max(verdicts, key=lambda verdict: _BADNESS.index(verdict.outcome))


def shown(text: str) -> str:
    """A name that somebody else wrote, harmless in a terminal and not at length."""
    return "".join(c if c.isprintable() else "?" for c in text[:80])


def _verified(what: Phrase, origin: str, size: int) -> Verdict:
    return Verdict.of(Reason.VERIFIED, what=what, origin=shown(origin), size=size)


# -- checkpoints -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JudgedCheckpoint:
    """The verdict on a checkpoint, whose log it is, and when trusted witnesses saw it."""

    verdict: Verdict
    trust: Trust = field(repr=False)
    node: TrustedNode | None = None
    """None where the log is unknown."""
    size: int = 0
    times: Mapping[VerifierKey, int] = field(default_factory=dict)
    """POSIX seconds of the earliest cosignature of each trusted witness."""

    def seen_before(self, instant: datetime) -> bool:
        """Whether cosignatures dated before ``instant`` suffice by the policy; at least one.

        A cosignature is dated to the second: all of that second must lie before.
        """
        early = [key for key, seconds in self.times.items() if _ended(seconds) <= instant]
        policy = self.trust.policy
        return bool(early) and policy is not None and policy.satisfied_by(early)


def _ended(posix_seconds: int) -> datetime:
    """The end of that second; the last instant there is for what lies beyond."""
    try:
        return datetime.fromtimestamp(posix_seconds, UTC) + timedelta(seconds=1)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def judge_checkpoint(signed: SignedCheckpoint, trust: Trust) -> JudgedCheckpoint:
    """What holds of a checkpoint that was read."""
    body = signed.checkpoint
    node = trust.node_of(body.origin)
    if body.size == 0 and body.root != EMPTY_ROOT:
        return JudgedCheckpoint(Verdict.of(Reason.MALFORMED, why=_WRONG_ROOT), trust, node)
    if node is None:
        unknown = Verdict.of(Reason.UNKNOWN_LOG, name=shown(body.origin))
        return JudgedCheckpoint(unknown, trust)
    try:
        found = signed.verified(trust.log_keys(body.origin), trust.witness_keys(node.node))
    except NoteSignatureFails as error:
        key = error.fields["key"]
        failed = Verdict.of(Reason.SIGNATURE_FAILS, what=CHECKPOINT_, key=key)
        return JudgedCheckpoint(failed, trust, node)
    except CheckpointUnsigned:
        unsigned = Verdict.of(Reason.UNKNOWN_KEY, name=shown(body.origin))
        return JudgedCheckpoint(unsigned, trust, node)
    times: dict[VerifierKey, int] = {}
    for one in found.cosignatures:
        assert one.posix_seconds is not None, "a cosignature bears its time"
        if not one.posix_seconds:
            continue  # it says nothing of when the log was seen, and never that it was early
        times[one.key] = min(one.posix_seconds, times.get(one.key, one.posix_seconds))
    if trust.policy is not None and not trust.policy.satisfied_by(times):
        unmet = Verdict.of(Reason.POLICY_UNMET, size=body.size, found=len(times))
        return JudgedCheckpoint(unmet, trust, node, body.size, times)
    good = _verified(CHECKPOINT_, body.origin, body.size)
    judged = JudgedCheckpoint(good, trust, node, body.size, times)
    signers = [trust.log_key(body.origin, one.key) for one in found.signatures]
    by_signer = (by_key(key, CHECKPOINT_, good, trust, judged) for key in signers if key)
    return replace(judged, verdict=best(by_signer))


def by_key(
    key: TrustedKey, what: Phrase, good: Verdict, trust: Trust, judged: JudgedCheckpoint | None
) -> Verdict:
    """What becomes of a ``good`` verdict for the state of the key that signed.

    ``judged`` is the checkpoint that covers what it signed, where there is one.
    """
    if key.since is not None:
        since = format_instant(key.since)
        is_dated = judged is not None and judged.seen_before(key.since)
        reason = Reason.DATED_BEFORE_COMPROMISE if is_dated else Reason.COMPROMISED_UNDATED
        return Verdict.of(reason, what=what, keyid=key.keyid, since=since)
    if key.until is not None and (key.status == "RETIRED" or key.until <= trust.issued_at):
        until = format_instant(key.until)
        return Verdict.of(Reason.KEY_ENDED, what=what, keyid=key.keyid, until=until)
    return good


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several keys that signed the same, the one that is trusted best decides."""
    return min(verdicts, key=lambda verdict: _BADNESS.index(verdict.outcome))


# -- entries -----------------------------------------------------------------------


def judge_entry(envelope: Envelope, trust: Trust, judged: JudgedCheckpoint | None) -> Verdict:
    """What holds of an entry's envelope; ``judged`` is the checkpoint that covers it, if any."""
    header = _header(envelope)
    if header is None:
        return Verdict.of(Reason.MALFORMED, why=_NOT_AN_ENTRY)
    node, recorded_at = header
    if judged is not None and judged.node is not None and judged.node.node != node:
        origin = shown(judged.node.origin)
        return Verdict.of(Reason.ANOTHER_NODE, node=shown(node), origin=origin)
    if not any(known.node == node for known in trust.nodes):
        return Verdict.of(Reason.UNKNOWN_LOG, name=shown(node))
    what = ALONE_ if judged is None else ENTRY_
    signers = []
    for one in envelope.signatures:
        if (key := trust.key_of(one.keyid)) is None:
            continue
        if key.node != node or "entries" not in key.purposes:
            return Verdict.of(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=shown(node))
        if not verify(key.raw, ENTRY, envelope.payload, one.sig):
            return Verdict.of(Reason.SIGNATURE_FAILS, what=what, key=key.keyid)
        if not key.covers(recorded_at):
            at = format_instant(recorded_at)
            return Verdict.of(Reason.OUTSIDE_VALIDITY, what=what, at=at, keyid=key.keyid)
        signers.append(key)
    if not signers:
        return Verdict.of(Reason.UNKNOWN_KEY, name=shown(node))
    good = Verdict.of(Reason.SIGNATURE_ONLY, node=shown(node))
    if judged is not None and judged.node is not None:
        good = _verified(PROVED_, judged.node.origin, judged.size)
    return best(by_key(key, what, good, trust, judged) for key in signers)


def _header(envelope: Envelope) -> tuple[str, datetime] | None:
    """The node and the instant of an entry, or None for what is none.

    Its facts are not read: a reader of today can verify the events of tomorrow.
    """
    if envelope.payload_type != ENTRY:
        return None
    try:
        value = require_canonical(envelope.payload, max_bytes=MAX_PAYLOAD_BYTES)
        if not isinstance(value, dict) or value.keys() != HEADER or value["v"] is True:
            return None
        node, recorded_at = value["node"], value["recorded_at"]
        if value["v"] != ENTRY_VERSION or not isinstance(node, str):
            return None
        return (node, parse_instant(recorded_at)) if isinstance(recorded_at, str) else None
    except (LedgerError, ValueError):
        return None
