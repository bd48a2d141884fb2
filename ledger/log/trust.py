"""The trust file: whom a reader believes, with which keys, for what, from when until when.

    {"format": "credit-ledger-trust/v1", "version": 1, "issued_at": instant,
     "nodes": [{"node", "origin", "jurisdiction"}],
     "keys": [{"node", "keyid", "public_key", "algorithm", "purposes", "from", "until",
               "status", "since"}],
     "organisations": [{"organisation", "name", "keys": [{"keyid", "public_key", "from",
                        "until"}]}],
     "policy": text of a witness policy (``ledger.log.policy``) | null}

A key may have a ``next``: the SHA-256 of the public key that is to follow it. Key and algorithm of every signature are taken from here, never from what is verified. The
file itself is the reader's own word: nothing signs it. Its governed, signed form is the trust
list (``ledger.exchange.trust_list``), read to the same ``Trust``. Read strictly: no unknown member,
no key that verifiers could read differently, no key id that stands twice.

Validity is ``[from, until)``: instants for keys of nodes, legal days for those of
organisations. ``issued_at`` is the instant as of which all of it was known.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.events.base import Day, Digest, Instant, OrganisationCode, Text
from ledger.events.governance import KeyPurpose, PublicKey
from ledger.log.policy import Policy
from ledger.log.verifier_key import VerifierKey, require_key_name
from ledger.signing.canonical import MAX_SAFE_INTEGER, canonical, parse_strict
from ledger.signing.keys import key_id, parse_public_key

FORMAT: Final = "credit-ledger-trust/v1"

MAX_TRUST_BYTES: Final = 4 << 20
"""Some 15,000 keys: a node has one a year, an organisation one."""

MAX_PLACE: Final = 100
"""Characters of the place of a fault: an unknown member may have any name."""

Status = Literal["ACTIVE", "RETIRED", "COMPROMISED_SINCE"]


class KeyState(StrEnum):
    """What the trust file says of a key at one instant."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    ENDED = "ended"
    COMPROMISED = "compromised"  # whatever it signs from then on may be another's


class TrustMalformed(UnusableInput):
    code = "trust_malformed"
    en = "not a trust file: {where}: {why}; ask its issuer for the original"
    zh_cn = "不是信任文件：{where}：{why}；请向签发方索取原件"
    zh_tw = "不是信任檔案：{where}：{why}；請向簽發方索取原件"


WHOLE: Final = Phrase("the file", "整个文件", "整個檔案")
_TWICE: Final = Phrase("it stands twice", "重复出现", "重複出現")
_NO_NODE: Final = Phrase(
    "its node is not one of the nodes", "所属节点未列于 nodes", "所屬節點未列於 nodes"
)
_OTHER_KEY: Final = Phrase(
    "the key id is not that of the public key", "密钥编号与公钥不符", "金鑰編號與公鑰不符"
)
_ENDS_BEFORE: Final = Phrase("it ends before it begins", "终止早于起始", "終止早於起始")
_NO_SINCE: Final = Phrase(
    "since stands with COMPROMISED_SINCE, and only there",
    "since 须且仅须与 COMPROMISED_SINCE 同时出现",
    "since 須且僅須與 COMPROMISED_SINCE 同時出現",
)
_NO_END: Final = Phrase(
    "a RETIRED key has an until", "RETIRED 密钥须有 until", "RETIRED 金鑰須有 until"
)
_OWN_NEXT: Final = Phrase(
    "a key does not follow itself", "密钥不能以自身为后继", "金鑰不能以自身為後繼"
)
_COLLISION: Final = Phrase(
    "two keys have one name and one short id; one was made to collide",
    "两个密钥的名称和短编号相同，其中之一系刻意碰撞所得",
    "兩個金鑰的名稱和短編號相同，其中之一係刻意碰撞所得",
)


class _Member(BaseModel):
    # What is wrong with a value is told without the value, which may be a line of anything.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )


class TrustedNode(_Member):
    """A node, and the origin of its log."""

    node: OrganisationCode
    origin: Text
    jurisdiction: Text | None
    """The region's code."""


class TrustedKey(_Member):
    """A key of a node, valid in ``[from_, until)``."""

    node: OrganisationCode
    keyid: Digest
    public_key: PublicKey
    algorithm: Literal["ed25519"]
    purposes: Annotated[tuple[KeyPurpose, ...], Field(min_length=1)]
    from_: Annotated[Instant, Field(alias="from")]
    until: Instant | None
    status: Status
    since: Instant | None
    """From when on it is compromised."""
    next: Digest | None = None
    """The key id of the key that was announced to follow it."""

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.public_key)

    def covers(self, instant: datetime) -> bool:
        """Whether ``instant`` lies in its validity, compromised or not."""
        return self.from_ <= instant and (self.until is None or instant < self.until)

    def state_at(self, instant: datetime) -> KeyState:
        """What the file says of it at ``instant``.

        Of a compromised key the instant must come from somebody else: what the key itself
        dated says nothing.
        """
        if self.since is not None and instant >= self.since:
            return KeyState.COMPROMISED
        if instant < self.from_:
            return KeyState.NOT_YET
        return KeyState.IN_FORCE if self.covers(instant) else KeyState.ENDED


class OrganisationKey(_Member):
    """A key of an organisation, valid on the legal days ``[from_, until)``."""

    keyid: Digest
    public_key: PublicKey
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.public_key)

    def covers(self, day: date) -> bool:
        return self.from_ <= day and (self.until is None or day < self.until)


class TrustedOrganisation(_Member):
    """An organisation. A key bound again stands once for each period."""

    organisation: OrganisationCode
    name: Text
    keys: tuple[OrganisationKey, ...]


class _File(_Member):
    format: Literal["credit-ledger-trust/v1"]
    version: Annotated[StrictInt, Field(ge=1, le=MAX_SAFE_INTEGER)]
    issued_at: Instant
    nodes: tuple[TrustedNode, ...]
    keys: tuple[TrustedKey, ...]
    organisations: tuple[TrustedOrganisation, ...]
    policy: str | None


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust file. Raises ``TrustMalformed`` when made of what none could hold."""

    version: int
    issued_at: datetime
    nodes: tuple[TrustedNode, ...]
    keys: tuple[TrustedKey, ...]
    organisations: tuple[TrustedOrganisation, ...] = ()
    policy_text: str | None = None
    expires_at: datetime | None = None
    """Of a trust list: from then on nothing new is accepted by it. A trust file never expires."""
    list_digest: str | None = None
    """Hex SHA-256 of the payload of the trust list that this is; None: a trust file."""
    policy: Policy | None = field(init=False)
    """None: no witness is trusted and none is asked for."""
    _keys: dict[str, TrustedKey] = field(init=False, repr=False, compare=False)
    _origins: dict[str, TrustedNode] = field(init=False, repr=False, compare=False)
    _logs: dict[str, tuple[VerifierKey, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        policy = None
        if self.policy_text is not None:
            try:
                policy = Policy.parse(self.policy_text.encode("utf-8"))
            except LedgerError as error:
                raise TrustMalformed(where="policy", why=error) from error
        object.__setattr__(self, "policy", policy)
        origins = _by_origin(self.nodes)
        object.__setattr__(self, "_origins", origins)
        object.__setattr__(self, "_keys", _by_keyid(self.nodes, self.keys))
        object.__setattr__(self, "_logs", _log_keys(origins, self.keys))
        _check_organisations(self.organisations)
        _check_names(self._logs, policy)

    # -- what it says ----------------------------------------------------------

    def has_expired(self, instant: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= instant

    def node_of(self, origin: str) -> TrustedNode | None:
        """Whose log bears that origin."""
        return self._origins.get(origin)

    def key_of(self, keyid: str) -> TrustedKey | None:
        """The key of whichever node, whatever it is for."""
        return self._keys.get(keyid)

    def key(self, node: str, keyid: str, purpose: KeyPurpose) -> TrustedKey | None:
        """The key of a node by its id, if it may sign for ``purpose``; valid or not."""
        found = self._keys.get(keyid)
        return found if found and found.node == node and purpose in found.purposes else None

    def entry_key(self, node: str, keyid: str) -> TrustedKey | None:
        """The key that entries of a node are signed with, by its id."""
        return self.key(node, keyid, "entries")

    def log_keys(self, origin: str) -> tuple[VerifierKey, ...]:
        """Every key, past and present, that checkpoints of the log may be signed with."""
        return self._logs.get(origin, ())

    def log_key(self, origin: str, key: VerifierKey) -> TrustedKey | None:
        """What is said of one of ``log_keys``."""
        node = self._origins.get(origin)
        return None if node is None else self.key(node.node, key_id(key.public), "checkpoints")

    def witness_keys(self, node: str) -> tuple[VerifierKey, ...]:
        """The policy's witnesses that are not the node itself: their word is independent."""
        own = {key.raw for key in self.keys if key.node == node}
        policy = () if self.policy is None else self.policy.witness_keys
        return tuple(key for key in policy if key.public not in own)

    def organisation_key(self, organisation: str, keyid: str, day: date) -> OrganisationKey | None:
        """An organisation's key by its id, if it is valid on that legal day."""
        for each in self.organisations:
            if each.organisation == organisation:
                fitting = (key for key in each.keys if key.keyid == keyid and key.covers(day))
                return next(fitting, None)
        return None

    # -- reading and writing ---------------------------------------------------

    def to_json(self) -> bytes:
        """Canonical JSON, no final newline."""
        value = _File.model_construct(
            format=FORMAT,
            version=self.version,
            issued_at=self.issued_at,
            nodes=self.nodes,
            keys=self.keys,
            organisations=self.organisations,
            policy=self.policy_text,
        )
        told = value.model_dump(mode="json", by_alias=True)
        for key in told["keys"]:
            if key["next"] is None:
                del key["next"]
        return canonical(told)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file; spaces and the order of members are free. Raises ``TrustMalformed``."""
        try:
            value: Any = parse_strict(data, max_bytes=MAX_TRUST_BYTES)
            read = _File.model_validate(value)
        except ValidationError as error:
            raise malformed(error) from None
        except LedgerError as error:
            raise TrustMalformed(where=WHOLE, why=error) from error
        return cls(
            read.version, read.issued_at, read.nodes, read.keys, read.organisations, read.policy
        )


def malformed(error: ValidationError) -> TrustMalformed:
    """The first fault, told by its place and without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(ascii(part).strip("'") for part in first["loc"])
    return TrustMalformed(where=where[:MAX_PLACE] or WHOLE, why=first["msg"])


def _by_origin(nodes: tuple[TrustedNode, ...]) -> dict[str, TrustedNode]:
    found: dict[str, TrustedNode] = {}
    for at, node in enumerate(nodes):
        try:
            require_key_name(node.origin)
        except LedgerError as error:
            raise TrustMalformed(where=f"nodes.{at}.origin", why=error) from error
        if node.origin in found:
            raise TrustMalformed(where=f"nodes.{at}.origin", why=_TWICE)
        found[node.origin] = node
    if len({node.node for node in nodes}) != len(nodes):
        raise TrustMalformed(where="nodes", why=_TWICE)
    return found


def _by_keyid(
    nodes: tuple[TrustedNode, ...], keys: tuple[TrustedKey, ...]
) -> dict[str, TrustedKey]:
    known = {node.node for node in nodes}
    found: dict[str, TrustedKey] = {}
    for at, key in enumerate(keys):
        where = f"keys.{at}"
        _check_key(key, where)
        if key.node not in known:
            raise TrustMalformed(where=where, why=_NO_NODE)
        if len(set(key.purposes)) != len(key.purposes):
            raise TrustMalformed(where=f"{where}.purposes", why=_TWICE)
        if (key.status == "COMPROMISED_SINCE") != (key.since is not None):
            raise TrustMalformed(where=where, why=_NO_SINCE)
        if key.status == "RETIRED" and key.until is None:
            raise TrustMalformed(where=where, why=_NO_END)
        if key.until is not None and key.until < key.from_:
            raise TrustMalformed(where=where, why=_ENDS_BEFORE)
        if key.next == key.keyid:
            raise TrustMalformed(where=f"{where}.next", why=_OWN_NEXT)
        if found.setdefault(key.keyid, key) is not key:
            raise TrustMalformed(where=f"{where}.keyid", why=_TWICE)
    return found


def _check_key(key: TrustedKey | OrganisationKey, where: str) -> None:
    """That every verifier reads the key alike, and that it bears its own id."""
    try:
        raw = parse_public_key(key.public_key)
    except LedgerError as error:
        raise TrustMalformed(where=f"{where}.public_key", why=error) from error
    if key_id(raw) != key.keyid:
        raise TrustMalformed(where=f"{where}.keyid", why=_OTHER_KEY)


def _check_organisations(organisations: tuple[TrustedOrganisation, ...]) -> None:
    codes: set[str] = set()
    owners: dict[str, str] = {}
    for at, each in enumerate(organisations):
        if each.organisation in codes:
            raise TrustMalformed(where=f"organisations.{at}", why=_TWICE)
        codes.add(each.organisation)
        ended: dict[str, date | None] = {}
        for number, key in enumerate(each.keys):
            where = f"organisations.{at}.keys.{number}"
            _check_key(key, where)
            if key.until is not None and key.until < key.from_:
                raise TrustMalformed(where=where, why=_ENDS_BEFORE)
            before = ended.get(key.keyid, date.min)
            if owners.setdefault(key.keyid, each.organisation) != each.organisation or (
                before is None or key.from_ < before
            ):
                raise TrustMalformed(where=f"{where}.keyid", why=_TWICE)
            ended[key.keyid] = key.until


def _log_keys(
    origins: dict[str, TrustedNode], keys: tuple[TrustedKey, ...]
) -> dict[str, tuple[VerifierKey, ...]]:
    origin_of = {node.node: origin for origin, node in origins.items()}
    found: dict[str, tuple[VerifierKey, ...]] = {}
    for key in keys:
        if "checkpoints" in key.purposes:
            origin = origin_of[key.node]
            found[origin] = (*found.get(origin, ()), VerifierKey.from_raw(origin, key.raw))
    return found


def _check_names(logs: dict[str, tuple[VerifierKey, ...]], policy: Policy | None) -> None:
    """No two keys that a signed note could not tell apart."""
    found: dict[tuple[str, bytes], bytes] = {}
    witnesses = () if policy is None else policy.witness_keys
    for key in (*(key for each in logs.values() for key in each), *witnesses):
        if found.setdefault((key.name, key.key_id), key.public) != key.public:
            raise TrustMalformed(where=key.name, why=_COLLISION)
