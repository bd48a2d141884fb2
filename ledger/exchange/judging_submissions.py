"""The submissions that records of a bundle name: there, signed by whom they should be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from ledger.clock import legal_day
from ledger.entry import SubmissionRef
from ledger.errors import LedgerError, Phrase
from ledger.events.records import RecordCollected
from ledger.exchange.evidence import Section
from ledger.exchange.judged import ProvedEntry
from ledger.exchange.refuted import SUBMISSION_, MessageRefuted
from ledger.log.trust import Trust, TrustedKey
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import best, by_key
from ledger.organisations.registry import Organisation
from ledger.signing.dsse import SUBMISSION, Envelope
from ledger.signing.submission import Manifest, verify_manifest

_NOT_A_MANIFEST: Final = Phrase("it is no manifest", "不是提交清单", "不是提交清單")
_UNORDERED: Final = Phrase(
    "submissions ascend by digest, each once, and each is named by a record",
    "提交清单须按摘要升序、不得重复，且均为信用信息所引用",
    "提交清單須按摘要升序、不得重複，且均為信用資訊所引用",
)
_OTHER_SUPPLIER: Final = Phrase(
    "another supplier handed it in", "由另一信息提供单位提交", "由另一資訊提供單位提交"
)
_OTHER_ATTESTATION: Final = Phrase(
    "the record says otherwise who attested it",
    "与信用信息所载的证明方不一致",
    "與信用資訊所載的證明方不一致",
)
_NO_ROW: Final = Phrase("it has no such row", "没有该行", "沒有該列")


class Submissions:
    """The manifests of a bundle by digest; each is read once, under a key that signed it."""

    def __init__(self, trust: Trust, given: Iterable[Mapping[str, Any]]) -> None:
        """Raises ``MessageRefuted``."""
        self._trust = trust
        self._envelopes: dict[str, Envelope] = {}
        self._read: dict[tuple[str, str], Manifest | None] = {}
        self._used: set[str] = set()
        last = ""
        for value in given:
            try:
                envelope = Envelope.from_value(value)
            except LedgerError as error:
                raise MessageRefuted(Reason.MALFORMED, why=error) from error
            digest = sha256(envelope.payload).hexdigest()
            if envelope.payload_type != SUBMISSION:
                raise _differs(digest, _NOT_A_MANIFEST)
            if digest <= last:
                raise _differs(digest, _UNORDERED)
            self._envelopes[digest] = envelope
            last = digest

    def check(
        self,
        one: ProvedEntry,
        named: SubmissionRef,
        collected: RecordCollected,
        supplier: Organisation,
        origin: Section,
    ) -> tuple[Manifest, Verdict]:
        """The manifest that a record's entry names, and what its signer's key makes of it.

        Raises ``MessageRefuted``.
        """
        digest = named.manifest
        envelope = self._envelopes.get(digest)
        if envelope is None:
            raise MessageRefuted(
                Reason.SUBMISSION_MISSING, record=collected.record, manifest=digest
            )
        self._used.add(digest)
        if collected.attested_by == "registrar":
            manifest, verdict = self._by_node(digest, envelope, one, origin)
        else:
            manifest, verdict = self._by_supplier(digest, envelope, one, supplier), origin.verdict
        if manifest.supplier != collected.supplier:
            raise _differs(digest, _OTHER_SUPPLIER)
        if manifest.attested_by != collected.attested_by:
            raise _differs(digest, _OTHER_ATTESTATION)
        if manifest.commitment_of(named.row) is None:
            raise _differs(digest, _NO_ROW)
        return manifest, verdict

    def require_all_used(self) -> None:
        for digest in self._envelopes.keys() - self._used:
            raise _differs(digest, _UNORDERED)

    def _by_supplier(
        self, digest: str, envelope: Envelope, one: ProvedEntry, supplier: Organisation
    ) -> Manifest:
        day = legal_day(one.entry.recorded_at)
        for signature in envelope.signatures:
            key = supplier.key_on(signature.keyid, day)
            if key is not None:
                manifest = self._manifest(digest, envelope, key.public_key)
                if manifest is not None:
                    return manifest
        raise _unsigned(digest, supplier.code, one)

    def _by_node(
        self, digest: str, envelope: Envelope, one: ProvedEntry, origin: Section
    ) -> tuple[Manifest, Verdict]:
        # A submission that goes on after a rotation keeps the manifest that the key before
        # signed: that it was in force by then is enough, the entry's own key vouches for it.
        found: list[tuple[Manifest, TrustedKey]] = []
        for signature in envelope.signatures:
            key = self._trust.key(origin.node, signature.keyid, "submissions")
            if key is None or key.from_ > one.entry.recorded_at:
                continue
            manifest = self._manifest(digest, envelope, key.raw)
            if manifest is not None:
                found.append((manifest, key))
        if not found:
            raise _unsigned(digest, origin.node, one)
        verdict = best(self._states(found, origin))
        return found[0][0], verdict

    def _states(
        self, found: Iterable[tuple[Manifest, TrustedKey]], origin: Section
    ) -> Iterator[Verdict]:
        for _, key in found:
            yield by_key(key, SUBMISSION_, origin.verdict, self._trust, origin.judged)

    def _manifest(self, digest: str, envelope: Envelope, public_key: bytes) -> Manifest | None:
        """None where the key did not sign it. Raises ``MessageRefuted``."""
        place = (digest, public_key.hex())
        if place not in self._read:
            try:
                self._read[place] = verify_manifest(envelope, public_key)
            except LedgerError as error:
                raise _differs(digest, error) from error
        return self._read[place]


def _differs(digest: str, why: Phrase | LedgerError) -> MessageRefuted:
    return MessageRefuted(Reason.SUBMISSION_DIFFERS, manifest=digest, why=why)


def _unsigned(digest: str, signer: str, one: ProvedEntry) -> MessageRefuted:
    day = legal_day(one.entry.recorded_at)
    return MessageRefuted(Reason.SUBMISSION_UNSIGNED, manifest=digest, signer=signer, day=day)
