"""Judging messages between nodes: what holds of one, by the reader's trust list. Pure.

What ``VALID`` says of a message: a node of the trust list signed it with a key for such
messages, in force when it was issued; every entry in it was signed by its node and stands in
that node's log; and what the message says follows from these entries. It does not say that
the sender told everything: an act that came later, or that was left out, is not seen here.

In this order:

1. Size and form of the envelope; ``payloadType`` decides the form of the payload.
2. The signature, by key and algorithm of the trust list. Nothing else of the bytes is read
   before, but for the payload's form where no key is known.
3. The payload: canonical, no member more or less, within its bounds.
4. The signer is the sender, its key has the purpose, and was in force at ``issued_at``.
5. The recipient, where the reader says who it is.
6. The evidence (``evidence``), then what the kind of message says of it.

Neither clock nor network: an expired bundle is no fault here, and neither is a duplicate.
Whatever the bytes are, this ends with a verdict; work grows with the size, which is bounded.

An envelope that a compromised key signed is dated by nothing, whatever it shows: the thief of a
key can wrap an old checkpoint with its cosignatures. It is ``compromised_undated``, with the
remark ``signer_compromised``. Entries of such a key hold in another's message where the policy's
witnesses dated the log that shows them before the compromise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from hashlib import sha256
from typing import Final, cast

from ledger.entry import format_instant
from ledger.errors import LedgerError, Phrase
from ledger.events.governance import KeyPurpose
from ledger.exchange.evidence import Evidence, Section
from ledger.exchange.forms import (
    FORMS,
    MAX_BUNDLE_BYTES,
    MAX_MESSAGE_BYTES,
    Bundle,
    Header,
    Message,
    Receipt,
    RefusalMessage,
)
from ledger.exchange.judged import Judged, ReceivedRecord
from ledger.exchange.judging_answers import Nesting, judge_acknowledgement, judge_status
from ledger.exchange.judging_bundle import BundleJudge, require_sections
from ledger.exchange.judging_notice import judge_notice
from ledger.exchange.quick_reading import read_envelope
from ledger.exchange.refuted import BUNDLE_, MESSAGE_, MessageRefuted
from ledger.exchange.resting import collector_rests
from ledger.exchange.signed import Signed
from ledger.log.trust import Trust, TrustedKey
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import shown, worst
from ledger.signing.dsse import PAYLOAD_TYPES, Envelope, pae
from ledger.signing.quick import opener

PURPOSES: Final[dict[str, KeyPurpose]] = {
    "bundle": "bundles",
    "notice": "bundles",
    "receipt": "receipts",
    "refusal": "receipts",
    "acknowledgement": "receipts",
    "enforcement-status": "receipts",
}
"""What a key must be for to sign a message of the kind."""

JURISDICTIONS_DIFFER: Final = "jurisdictions_differ"
"""The regions that a bundle names are not those of its nodes in the reader's list."""

LARGE_BYTES: Final = 1 << 20
"""Messages from which on the garbage collector rests meanwhile."""

_NO_RECIPIENT: Final = Phrase("it names no recipient", "未指明接收方", "未指明接收方")
_OWN_RECIPIENT: Final = Phrase(
    "sender and recipient are one node", "发送方与接收方为同一节点", "發送方與接收方為同一節點"
)
_BAD_SEQUENCE: Final = Phrase(
    "a bundle names the one before, but for the first",
    "除首个外，共享包须指明前一个",
    "除首個外，共享包須指明前一個",
)


def is_message(data: bytes) -> bool:
    """Whether the bytes call themselves a message; what they are, ``judge`` says."""
    names = (form.partition("/")[2].encode() for form in FORMS)
    # No base64 holds such a name, so that it is that of the envelope itself.
    return data[:64].lstrip().startswith(b"{") and any(name in data for name in names)


def judge(data: bytes, trust: Trust, *, own: str | None = None) -> Judged:
    """What holds of the bytes of a message, by ``trust``.

    ``own``: the reader's node, which the message must be for; None where anybody reads it.
    """
    if len(data) > MAX_BUNDLE_BYTES:
        too_large = Verdict.of(Reason.TOO_LARGE, limit=MAX_BUNDLE_BYTES)
        return Judged(too_large, sha256(data).hexdigest())
    with collector_rests() if len(data) >= LARGE_BYTES else nullcontext():
        try:
            envelope = read_envelope(data, max_bytes=MAX_BUNDLE_BYTES)
        except LedgerError as error:
            return Judged(Verdict.of(Reason.MALFORMED, why=error), sha256(data).hexdigest())
        return judge_envelope(envelope, Evidence(trust), own=own)


def judge_envelope(
    envelope: Envelope,
    evidence: Evidence,
    *,
    own: str | None,
    nesting: Nesting | None = None,
) -> Judged:
    """What holds of an envelope that was read; ``nesting`` where it stands inside another."""
    digest = sha256(envelope.payload).hexdigest()
    form = FORMS.get(envelope.payload_type)
    if form is None:
        assert envelope.payload_type in PAYLOAD_TYPES
        unknown = Verdict.of(Reason.KIND_NOT_VERIFIED, kind=envelope.payload_type)
        return Judged(unknown, digest, envelope)
    if form.kind != "bundle" and len(envelope.payload) > MAX_MESSAGE_BYTES:
        too_large = Verdict.of(Reason.TOO_LARGE, limit=MAX_MESSAGE_BYTES)
        return Judged(too_large, digest, envelope)
    message: Message | None = None
    try:
        signers = _signers(envelope, evidence.trust)
        message = cast("Message", form.from_payload(envelope.payload))
        _require_header(message, signers, own)
        signed = Signed(envelope, digest, message, tuple(signers), evidence)
        if signers:
            inner = nesting or Nesting(lambda each, depth: _inside(each, evidence, depth))
            return _KINDS[message.kind](signed, inner)
        verdict = signed.verdict(())  # nobody's word: what is around it is not looked at
    except MessageRefuted as refuted:
        verdict = refuted.verdict
    except LedgerError as error:
        verdict = Verdict.of(Reason.MALFORMED, why=error)
    records = message.records if isinstance(message, Bundle) else ()
    each = tuple((one.record, verdict) for one in records)
    return Judged(verdict, digest, envelope, message, records=each)


def _inside(envelope: Envelope, evidence: Evidence, nesting: Nesting) -> Judged:
    return judge_envelope(envelope, evidence, own=None, nesting=nesting)


def _signers(envelope: Envelope, trust: Trust) -> list[TrustedKey]:
    """The known keys, under each of which the signature holds. Raises ``MessageRefuted``."""
    found: list[TrustedKey] = []
    opens, payload = opener(), envelope.payload
    before = pae(envelope.payload_type, b"").removesuffix(b"0 ")
    for one in envelope.signatures:
        if (key := trust.key_of(one.keyid)) is None:
            continue
        # One copy of what may be as large as a message can be.
        if not opens(b"".join((one.sig, before, b"%d " % len(payload), payload)), key.raw):
            raise MessageRefuted(Reason.SIGNATURE_FAILS, what=MESSAGE_, key=key.keyid)
        found.append(key)
    return found


def _require_header(message: Header, signers: Iterable[TrustedKey], own: str | None) -> None:
    """What the header says, by the keys that signed. Raises ``MessageRefuted``."""
    if message.recipient is None and message.kind != "refusal":
        raise MessageRefuted(Reason.MALFORMED, why=_NO_RECIPIENT)
    if message.recipient == message.sender:
        raise MessageRefuted(Reason.MALFORMED, why=_OWN_RECIPIENT)
    purpose = PURPOSES[message.kind]
    for key in signers:
        if key.node != message.sender or purpose not in key.purposes:
            raise MessageRefuted(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=message.sender)
        if not key.covers(message.issued_at):
            at = format_instant(message.issued_at)
            raise MessageRefuted(Reason.OUTSIDE_VALIDITY, what=MESSAGE_, at=at, keyid=key.keyid)
    if own is not None and message.recipient not in {None, own}:
        raise MessageRefuted(Reason.WRONG_RECIPIENT, recipient=message.recipient, own=shown(own))


def _bundle(signed: Signed, _: Nesting) -> Judged:
    bundle = signed.message
    assert isinstance(bundle, Bundle)
    records = [one.record for one in bundle.records]
    sections: list[Section] = []
    received: list[ReceivedRecord | None] = []
    try:
        _require_sequence(bundle)
        require_sections([one.node for one in bundle.logs], bundle.sender)
        sections = signed.sections(bundle.logs)
        verdict = signed.verdict(sections, BUNDLE_)
        if not all(one.is_known for one in sections):
            return signed.judged(
                verdict, sections, records=tuple((record, verdict) for record in records)
            )
        found = BundleJudge(bundle, signed.trust, sections)
        each = found.records()
        received = [one for _, _, one in each]
        verdicts = [one for _, one, _ in each]
        verdict = worst(verdict, *verdicts)
        if verdict.is_good:
            found.require_nothing_else()
    except MessageRefuted as refuted:
        verdict, received = refuted.verdict, []
        verdicts = [verdict] * len(records)
    is_good = verdict.is_good
    return signed.judged(
        verdict,
        sections,
        records=tuple(zip(records, verdicts, strict=True)),
        received=tuple(one for one in received if one is not None) if is_good else (),
        remarks=_of_regions(bundle, signed.trust),
    )


def _require_sequence(bundle: Bundle) -> None:
    if (bundle.sequence == 1) != (bundle.previous is None):
        raise MessageRefuted(Reason.MALFORMED, why=_BAD_SEQUENCE)


def _of_regions(bundle: Bundle, trust: Trust) -> tuple[str, ...]:
    regions = {node.node: node.jurisdiction for node in trust.nodes}
    named = {regions.get(bundle.sender), regions.get(bundle.recipient or "")} - {None}
    return () if named <= set(bundle.jurisdictions) else (JURISDICTIONS_DIFFER,)


def _plain(signed: Signed, _: Nesting) -> Judged:
    """A receipt or a refusal: its sender's word, with no evidence."""
    message = signed.message
    assert isinstance(message, Receipt | RefusalMessage)
    if isinstance(message, Receipt):
        seen: set[str] = set()
        for line in message.records:
            if line.record in seen:
                raise MessageRefuted(Reason.RECORD_TWICE, record=line.record)
            seen.add(line.record)
    return signed.judged(signed.verdict(()))


def _notice(signed: Signed, _: Nesting) -> Judged:
    return judge_notice(signed)


_KINDS: Final[dict[str, Callable[[Signed, Nesting], Judged]]] = {
    "bundle": _bundle,
    "receipt": _plain,
    "refusal": _plain,
    "notice": _notice,
    "acknowledgement": judge_acknowledgement,
    "enforcement-status": judge_status,
}
