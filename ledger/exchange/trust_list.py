"""The trust list: the governed, signed form of the trust file. Pure.

A DSSE envelope (type ``trust-list``) around canonical JSON (RFC 8785):

    {"format": "credit-ledger-trust-list/v1", "version", "previous", "issued_at",
     "expires_at", "governors": [{"keyid", "public_key"}], "threshold",
     "nodes", "keys", "organisations", "policy"}

``nodes``, ``organisations`` and ``policy`` are those of the trust file; each of ``keys`` has
a ``next`` besides: the SHA-256 of the public key announced to follow it, or null.
``previous`` is the digest (SHA-256 of the payload) of version - 1, null for version 1.

A list counts when ``threshold`` of its own governors signed it, and no signature that
claims to be a governor's fails. What it may say after another list,
``ledger.exchange.trust_faults`` tells.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.events.base import Digest, Instant
from ledger.events.governance import PublicKey, TrustListAdopted
from ledger.log.trust import (
    MAX_TRUST_BYTES,
    WHOLE,
    Trust,
    TrustedKey,
    TrustedNode,
    TrustedOrganisation,
    TrustMalformed,
    malformed,
)
from ledger.signing import base64text
from ledger.signing.canonical import (
    JSON,
    MAX_SAFE_INTEGER,
    canonical,
    parse_strict,
    require_canonical,
)
from ledger.signing.dsse import TRUST_LIST, Envelope, Signature, sign, verify
from ledger.signing.keys import SigningKey, key_id, parse_public_key

FORMAT: Final = "credit-ledger-trust-list/v1"

MAX_GOVERNORS: Final = 16
"""As many as a node may have roots."""
MAX_LIST_SIGNATURES: Final = 2 * MAX_GOVERNORS
"""Where all governors change, those of the list before sign, too."""
MAX_LIST_BYTES: Final = 6 << 20
"""A payload of ``MAX_TRUST_BYTES`` in base64, and the signatures."""

_TWICE: Final = Phrase("it stands twice", "重复出现", "重複出現")
_OTHER_KEY: Final = Phrase(
    "the key id is not that of the public key", "密钥编号与公钥不符", "金鑰編號與公鑰不符"
)
_TOO_MANY: Final = Phrase(
    "more signatures are asked for than there are governors",
    "要求的签名数多于治理密钥数",
    "要求的簽名數多於治理金鑰數",
)
_PREVIOUS: Final = Phrase(
    "version 1 follows no list, every other version one",
    "第 1 版之前没有列表，其余各版须有前一版",
    "第 1 版之前沒有列表，其餘各版須有前一版",
)
_FULL: Final = Phrase(
    "it bears as many signatures as it may",
    "签名数已达上限",
    "簽名數已達上限",
)
_NEVER_IN_FORCE: Final = Phrase(
    "it expires before it is issued", "到期时刻早于签发时刻", "到期時刻早於簽發時刻"
)
_ANOTHER_TYPE: Final = Phrase(
    "it is the envelope of something else", "信封内容并非信任列表", "信封內容並非信任列表"
)
_ANOTHER_SPELLING: Final = Phrase(
    "it is not written in the one form that is signed",
    "书写形式与签名所用的规范形式不符",
    "書寫形式與簽名所用的規範形式不符",
)


class TrustListUnsigned(UnusableInput):
    code = "trust_list_unsigned"
    en = (
        "the trust list version {version} is not signed by its governors: {found} signatures of "
        "{threshold} hold; have them sign it, see `trust check`"
    )
    zh_cn = (
        "信任列表第 {version} 版未获其治理方签名：有效签名 {found} 个，需要 {threshold} 个；"
        "请治理方签名，详见 `trust check`"
    )
    zh_tw = (
        "信任列表第 {version} 版未獲其治理方簽名：有效簽名 {found} 個，需要 {threshold} 個；"
        "請治理方簽名，詳見 `trust check`"
    )


class TrustListLost(LedgerError):
    code = "trust_list_lost"
    en = (
        "the adopted trust list version {version} is not in the store as it was adopted "
        "({digest}); restore the store"
    )
    zh_cn = "所采用的信任列表第 {version} 版在存储中缺失或已改动（{digest}）；请恢复存储"
    zh_tw = "所採用的信任列表第 {version} 版在儲存中缺失或已改動（{digest}）；請還原儲存"


class Governor(BaseModel):
    """One of those who sign the list."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keyid: Digest
    public_key: PublicKey

    @classmethod
    def of(cls, raw: bytes) -> Self:
        return cls(keyid=key_id(raw), public_key=base64text.encode(raw))

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.public_key)


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal["credit-ledger-trust-list/v1"]
    version: Annotated[StrictInt, Field(ge=1, le=MAX_SAFE_INTEGER)]
    previous: Digest | None
    issued_at: Instant
    expires_at: Instant
    governors: Annotated[tuple[Governor, ...], Field(min_length=1, max_length=MAX_GOVERNORS)]
    threshold: Annotated[StrictInt, Field(ge=1, le=MAX_GOVERNORS)]
    nodes: tuple[TrustedNode, ...]
    keys: tuple[TrustedKey, ...]
    organisations: tuple[TrustedOrganisation, ...]
    policy: str | None


@dataclass(frozen=True)
class TrustList:
    """A list of the right form, with whatever signatures it has: ``draft`` has none.

    ``trust`` is what verifiers go by; nothing of it is believed before ``require_signed``.
    """

    envelope: Envelope
    previous: str | None
    governors: tuple[Governor, ...]
    threshold: int
    trust: Trust

    @property
    def version(self) -> int:
        return self.trust.version

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the payload."""
        assert self.trust.list_digest is not None, "a list is made of its payload"
        return self.trust.list_digest

    @property
    def issued_at(self) -> datetime:
        return self.trust.issued_at

    @property
    def expires_at(self) -> datetime:
        assert self.trust.expires_at is not None, "every list expires"
        return self.trust.expires_at

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """What an envelope holds. Raises ``TrustMalformed``; signatures are not looked at."""
        if envelope.payload_type != TRUST_LIST:
            raise TrustMalformed(where="payloadType", why=_ANOTHER_TYPE)
        try:
            value = require_canonical(envelope.payload, max_bytes=MAX_TRUST_BYTES)
            read = _Payload.model_validate(value)
        except ValidationError as error:
            raise malformed(error) from None
        except LedgerError as error:
            raise TrustMalformed(where=WHOLE, why=error) from error
        if canonical(read.model_dump(mode="json", by_alias=True)) != envelope.payload:
            raise TrustMalformed(where=WHOLE, why=_ANOTHER_SPELLING)
        _check_governance(read)
        trust = Trust(
            read.version,
            read.issued_at,
            read.nodes,
            read.keys,
            read.organisations,
            read.policy,
            read.expires_at,
            sha256(envelope.payload).hexdigest(),
        )
        return cls(envelope, read.previous, read.governors, read.threshold, trust)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """What a file holds, signed or not. Raises ``TrustMalformed``."""
        try:
            value = parse_strict(data, max_bytes=MAX_LIST_BYTES)
        except LedgerError as error:
            raise TrustMalformed(where=WHOLE, why=error) from error
        return cls.of_value(value)

    @classmethod
    def of_value(cls, value: JSON) -> Self:
        """As ``read``, of JSON that was parsed already."""
        try:
            envelope = Envelope.from_value(value, least=0, most=MAX_LIST_SIGNATURES)
        except LedgerError as error:
            raise TrustMalformed(where=WHOLE, why=error) from error
        return cls.of(envelope)

    @classmethod
    def draft(
        cls, trust: Trust, *, previous: str | None, governors: Iterable[Governor], threshold: int
    ) -> Self:
        """The unsigned list that says ``trust``, which must expire. Raises ``TrustMalformed``."""
        try:
            payload = _Payload.model_validate(
                {
                    "format": FORMAT,
                    "version": trust.version,
                    "previous": previous,
                    "issued_at": trust.issued_at,
                    "expires_at": trust.expires_at,
                    "governors": tuple(governors),
                    "threshold": threshold,
                    "nodes": trust.nodes,
                    "keys": trust.keys,
                    "organisations": trust.organisations,
                    "policy": trust.policy_text,
                }
            )
            body = canonical(payload.model_dump(mode="json", by_alias=True))
        except ValidationError as error:
            raise malformed(error) from None
        return cls.of(Envelope(body, TRUST_LIST, ()))

    # -- signatures ------------------------------------------------------------

    def signed_by(self, key: SigningKey) -> Self:
        """With this signature besides; signing twice adds nothing. Raises ``TrustMalformed``."""
        body = self.envelope.payload
        mine = Signature(key.keyid, sign(key, TRUST_LIST, body))
        others = tuple(each for each in self.envelope.signatures if each.keyid != key.keyid)
        if len(others) >= MAX_LIST_SIGNATURES:
            raise TrustMalformed(where="signatures", why=_FULL)
        return type(self)(
            Envelope(body, TRUST_LIST, (*others, mine)),
            self.previous,
            self.governors,
            self.threshold,
            self.trust,
        )

    def signers(self, governors: Iterable[Governor]) -> frozenset[str]:
        """The key ids of those governors, of this list or another, whose signature holds."""
        return self._judged(governors)[0]

    def failing(self, governors: Iterable[Governor]) -> frozenset[str]:
        """The key ids of those governors in whose name a signature stands that does not hold."""
        return self._judged(governors)[1]

    def _judged(self, governors: Iterable[Governor]) -> tuple[frozenset[str], frozenset[str]]:
        known = {each.keyid: each.raw for each in governors}
        held: dict[bool, set[str]] = {True: set(), False: set()}
        for each in self.envelope.signatures:
            if (raw := known.get(each.keyid)) is not None:
                holds = verify(raw, TRUST_LIST, self.envelope.payload, each.sig)
                held[holds].add(each.keyid)
        return frozenset(held[True] - held[False]), frozenset(held[False])

    @cached_property
    def is_signed(self) -> bool:
        """Whether ``threshold`` of its own governors signed it, and nobody in their name."""
        held, failing = self._judged(self.governors)
        return not failing and len(held) >= self.threshold

    def require_signed(self) -> Self:
        """Itself. Raises ``TrustListUnsigned``."""
        if not self.is_signed:
            found = len(self.signers(self.governors))
            raise TrustListUnsigned(version=self.version, found=found, threshold=self.threshold)
        return self


def _check_governance(read: _Payload) -> None:
    seen: set[str] = set()
    for at, governor in enumerate(read.governors):
        where = f"governors.{at}"
        try:
            raw = parse_public_key(governor.public_key)
        except LedgerError as error:
            raise TrustMalformed(where=f"{where}.public_key", why=error) from error
        if key_id(raw) != governor.keyid:
            raise TrustMalformed(where=f"{where}.keyid", why=_OTHER_KEY)
        if governor.keyid in seen:  # one governor would count for two
            raise TrustMalformed(where=f"{where}.keyid", why=_TWICE)
        seen.add(governor.keyid)
    if read.threshold > len(seen):
        raise TrustMalformed(where="threshold", why=_TOO_MANY)
    if (read.version == 1) != (read.previous is None):
        raise TrustMalformed(where="previous", why=_PREVIOUS)
    if read.expires_at <= read.issued_at:
        raise TrustMalformed(where="expires_at", why=_NEVER_IN_FORCE)


def read_trust(data: bytes) -> Trust:
    """Whom to believe, by either form: a plain trust file, or a signed trust list.

    Raises ``TrustMalformed``, and ``TrustListUnsigned`` for a list that its own governors
    did not sign: who they are is still the reader's to know.
    """
    try:
        value = parse_strict(data, max_bytes=MAX_LIST_BYTES)
    except LedgerError as error:
        raise TrustMalformed(where=WHOLE, why=error) from error
    if isinstance(value, dict) and "payloadType" in value:
        return TrustList.of_value(value).require_signed().trust
    return Trust.parse(data)


def adopted_list(content: bytes | None, adopted: TrustListAdopted) -> TrustList:
    """The list that an entry adopted, of what is kept under its digest.

    Raises ``TrustListLost`` where nothing, another list or one that is not signed is kept.
    """
    lost = TrustListLost(version=adopted.version, digest=adopted.digest)
    if content is None:
        raise lost
    try:
        found = TrustList.read(content).require_signed()
    except LedgerError as error:
        raise lost from error
    told = (found.digest, found.version, found.issued_at, found.expires_at)
    if told != (adopted.digest, adopted.version, adopted.issued_at, adopted.expires_at):
        raise lost
    return found
