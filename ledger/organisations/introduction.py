"""Who may introduce a key of the node: a key in use, or a quorum of the roots. Pure.

Where the old key is lost or stolen, the holders of the roots named at the founding sign
which key is to follow. What they sign is canonical JSON in a DSSE envelope:

    {"from": instant, "head": sha256, "keyid": sha256, "node": name, "origin": text,
     "public_key": base64, "purposes": [...], "tree_size": n}

``tree_size`` and ``head`` (the digest of entry ``tree_size - 1``) name the log that they
saw. The entry that introduces the key repeats what they signed, carries their signatures
and is signed by the new key itself. It is accepted

1. if its key is not known yet, fits its id, and signs entries;
2. if the log holds the entry ``head`` at ``tree_size - 1``, below this one;
3. if no key that signs entries changed since: an approval that was not used dies with the
   next rotation;
4. if as many of the roots as the founding demands signed exactly that.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import LedgerError, UnusableInput
from ledger.events.base import Digest, Instant, OrganisationCode
from ledger.events.governance import (
    Continued,
    KeyIntroduced,
    KeyPurpose,
    Origin,
    PublicKey,
    RootApproval,
)
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.dsse import KEY_INTRODUCTION, Envelope, Signature, sign, verify
from ledger.signing.keys import SigningKey, key_id

if TYPE_CHECKING:
    from ledger.organisations.registry import Registry

MAX_REQUEST_BYTES: Final = 65_536
"""A request takes half a kilobyte; sixteen signatures two more."""

DigestAt = Callable[[int], str | None]
"""The hex SHA-256 of the payload at a leaf index; None where there is none."""


class RequestUnreadable(UnusableInput):
    code = "key_request_unreadable"
    en = "{path} is neither a key request nor an approval of one: {reason}; use `key request`"
    zh_cn = "{path} 不是密钥申请或其批准：{reason}；请使用 `key request`"
    zh_tw = "{path} 不是金鑰申請或其批准：{reason}；請使用 `key request`"


class KeyRequest(BaseModel):
    """What the roots sign."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    node: OrganisationCode
    origin: Origin
    keyid: Digest
    public_key: PublicKey
    purposes: Annotated[tuple[KeyPurpose, ...], Field(min_length=1)]
    from_: Annotated[Instant, Field(alias="from")]
    tree_size: Annotated[int, Field(ge=1)]
    head: Digest

    def payload(self) -> bytes:
        """Canonical JSON: the bytes that are signed."""
        return canonical(self.model_dump(mode="json", by_alias=True))

    def approve(self, root: SigningKey) -> Envelope:
        return Envelope.signed(root, KEY_INTRODUCTION, self.payload())

    def introduces(self, envelopes: Iterable[Envelope]) -> KeyIntroduced:
        """The facts that introduce the key, with every signature on exactly this request."""
        body = self.payload()
        found = {
            signature.keyid: signature
            for envelope in envelopes
            if envelope.payload == body and envelope.payload_type == KEY_INTRODUCTION
            for signature in envelope.signatures
        }
        return KeyIntroduced(
            keyid=self.keyid,
            algorithm="ed25519",
            public_key=self.public_key,
            purposes=self.purposes,
            from_=self.from_,
            continues=Continued(size=self.tree_size, head=self.head),
            approvals=tuple(
                RootApproval(keyid=each.keyid, sig=base64text.encode(each.sig))
                for each in found.values()
            ),
        )


def request(
    registry: Registry,
    key: bytes,
    purposes: tuple[KeyPurpose, ...],
    from_: datetime,
    seen: Continued,
) -> KeyRequest:
    """What the roots of this log are asked to sign for the raw public ``key``."""
    return KeyRequest(
        node=registry.name,
        origin=registry.origin,
        keyid=key_id(key),
        public_key=base64text.encode(key),
        purposes=purposes,
        from_=from_,
        tree_size=seen.size,
        head=seen.head,
    )


def read_request(data: bytes, path: object) -> tuple[KeyRequest, Envelope | None]:
    """A request, or one that was approved already: with its envelope. Nothing is verified.

    Raises ``RequestUnreadable``, also for a request in another spelling than the canonical.
    """
    try:
        value = parse_strict(data, max_bytes=MAX_REQUEST_BYTES)
        is_envelope = isinstance(value, dict) and "payload" in value
        envelope = Envelope.from_value(value) if is_envelope else None
        body = data.rstrip(b"\n") if envelope is None else envelope.payload
        if envelope is not None:
            value = parse_strict(body, max_bytes=MAX_REQUEST_BYTES)
        found = KeyRequest.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RequestUnreadable(path=path, reason=f"{where}: {first['msg']}") from error
    except LedgerError as error:
        raise RequestUnreadable(path=path, reason=error.message()) from error
    if envelope is not None and envelope.payload_type != KEY_INTRODUCTION:
        raise RequestUnreadable(path=path, reason=envelope.payload_type)
    if found.payload() != body:
        raise RequestUnreadable(path=path, reason="its JSON is not canonical")
    return found, envelope


def approved(asked: KeyRequest, envelope: Envelope | None, root: SigningKey) -> Envelope:
    """The envelope with this root's signature added; signing twice adds nothing."""
    kept = () if envelope is None else envelope.signatures
    mine = Signature(root.keyid, sign(root, KEY_INTRODUCTION, asked.payload()))
    others = tuple(each for each in kept if each.keyid != root.keyid)
    return Envelope(asked.payload(), KEY_INTRODUCTION, (*others, mine))


def by_roots(
    registry: Registry, facts: KeyIntroduced, index: int, digest_at: DigestAt
) -> str | None:
    """Why the key of the entry at leaf ``index`` may not introduce itself; None: it may.

    ``registry`` is what the log said before it. The entry's own signature is the caller's
    to verify, with that key.
    """
    if facts.keyid in registry.node_keys:
        return "the key was introduced before"
    raw = base64.b64decode(facts.public_key)
    if key_id(raw) != facts.keyid or "entries" not in facts.purposes:
        return "the key does not fit its id, or signs no entries"
    seen = facts.continues
    if seen is None or not facts.approvals:
        return "no roots approved it"
    if not registry.keys_changed < seen.size <= index:
        return "the approval is of another time of this log"
    if digest_at(seen.size - 1) != seen.head:
        return "the approval continues another log"
    asked = request(registry, raw, facts.purposes, facts.from_, seen)
    found = signers(registry, asked, facts.approvals)
    if not registry.roots.keys or found < registry.roots.quorum:
        return f"{found} roots approved it, {registry.roots.quorum} are needed"
    return None


def signers(registry: Registry, asked: KeyRequest, approvals: Iterable[RootApproval]) -> int:
    """How many of the roots signed exactly this."""
    given = {each.keyid: base64.b64decode(each.sig) for each in approvals}
    body = asked.payload()
    return sum(
        verify(raw, KEY_INTRODUCTION, body, given[key_id(raw)])
        for raw in registry.roots.keys
        if key_id(raw) in given
    )
