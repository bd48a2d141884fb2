"""The node's, organisations' and access streams of the same log."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from ledger.entry import StreamKind
from ledger.events.base import (
    MAX_LIST,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    Instant,
    Operator,
    OrganisationCode,
    Part,
    Role,
    Text,
)
from ledger.events.exchange import NodeName
from ledger.events.peers import MessageKind

KeyPurpose = Literal["entries", "submissions", "bundles", "receipts", "checkpoints", "witness"]
PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""A raw Ed25519 public key in base64."""

MAX_ROOTS: Final = 16
"""As many signatures as an envelope may hold: one file can carry the whole quorum."""

Origin = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-*,-~]+$")]
"""The log's name in its checkpoints (C2SP): printable ASCII without spaces and plus signs."""


class NodeFounded(Facts):
    """节点建立: the first entry of a log; says for ever which clock it has."""

    term: ClassVar[str] = "节点建立"
    stream_kind: ClassVar[StreamKind] = "node"

    name: OrganisationCode
    region: Text | None = None
    clock: Literal["real", "simulated"]
    origin: Origin | None = None
    """The log's origin; absent: that of ``origin_of``."""
    roots: Annotated[tuple[PublicKey, ...], Field(max_length=MAX_ROOTS)] = ()
    """Public keys kept apart from the node, ``root_quorum`` of which may introduce a new key."""
    root_quorum: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _quorum_fits(self) -> Self:
        if len(set(self.roots)) != len(self.roots):
            raise ValueError("a root is named twice")
        if (self.root_quorum is None) != (not self.roots):
            raise ValueError("roots and their quorum are given together")
        if self.root_quorum is not None and self.root_quorum > len(self.roots):
            raise ValueError("the quorum is larger than the number of roots")
        return self


class RootApproval(Part):
    """One root's signature on a key introduction (``ledger.organisations.introduction``)."""

    keyid: Digest
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]
    """Raw Ed25519 in base64."""


class Continued(Part):
    """The log that roots saw when they approved: its size, and the digest of its last entry."""

    size: Annotated[int, Field(ge=1)]
    head: Digest


class KeyIntroduced(Facts):
    """密钥启用: a key of the node itself, by a key in use or, approved by roots, by itself."""

    term: ClassVar[str] = "密钥启用"
    stream_kind: ClassVar[StreamKind] = "node"

    keyid: Digest
    algorithm: Literal["ed25519"]
    public_key: PublicKey
    purposes: Annotated[tuple[KeyPurpose, ...], Field(min_length=1)]
    from_: Annotated[Instant, Field(alias="from")]
    until: Instant | None = None
    continues: Continued | None = None
    """With ``approvals``: what of the log the roots saw."""
    approvals: Annotated[tuple[RootApproval, ...], Field(max_length=MAX_ROOTS)] = ()


class KeyRetired(Facts):
    """密钥停用: no earlier than after the transaction that records it."""

    term: ClassVar[str] = "密钥停用"
    stream_kind: ClassVar[StreamKind] = "node"

    keyid: Digest
    from_: Annotated[Instant, Field(alias="from")]
    reason: Text | None = None


class KeyCompromised(Facts):
    """密钥泄露: what it signed from ``covered`` on may be another's."""

    term: ClassVar[str] = "密钥泄露"
    stream_kind: ClassVar[StreamKind] = "node"

    keyid: Digest
    since: Instant
    reason: Text | None = None
    covered: Annotated[int, Field(ge=0)] | None = None
    """The largest tree size of a checkpoint that somebody else dated before ``since``."""
    evidence: Digest | None = None
    """SHA-256 of that cosigned checkpoint."""

    @model_validator(mode="after")
    def _covered_by_evidence(self) -> Self:
        if (self.covered is None) != (self.evidence is None):
            raise ValueError("covered and evidence are given together")
        return self


class RulePackAdopted(Facts):
    """规则包采用."""

    term: ClassVar[str] = "规则包采用"
    stream_kind: ClassVar[StreamKind] = "node"

    pack: Text
    version: Text
    digest: Digest
    in_force_from: Day


class HeadsCommitted(Facts):
    """主体承诺: size and root of the map of subjects. In a stream of its own."""

    term: ClassVar[str] = "主体承诺"
    stream_kind: ClassVar[StreamKind] = "node"

    size: Annotated[int, Field(ge=0)]
    """The tree size it covers: all entries of subjects among the first ``size``."""
    root: Digest
    bits: Annotated[int, Field(ge=0, le=32)]
    """The map has 2^bits buckets."""


class AccessRefused(Facts):
    """拒绝查询: counted by minute and asker."""

    term: ClassVar[str] = "拒绝查询"
    stream_kind: ClassVar[StreamKind] = "node"

    asker: Text
    minute: Instant
    count: Annotated[int, Field(ge=1)]
    reason: Code


class TrustListAdopted(Facts):
    """信任列表采用: from now on the node believes whom the list names."""

    term: ClassVar[str] = "信任列表采用"
    stream_kind: ClassVar[StreamKind] = "node"

    version: Annotated[int, Field(ge=1)]
    digest: Digest
    """Of the list's payload; its envelope is kept beside the log."""
    issued_at: Instant
    expires_at: Instant


class MessageRefused(Facts):
    """拒收: a message had no effect."""

    term: ClassVar[str] = "拒收"
    stream_kind: ClassVar[StreamKind] = "node"

    digest: Digest
    reason: Code
    peer: NodeName | None = None
    """Who sent it, where that could be told."""
    message_kind: MessageKind | None = None
    """Absent: it could not be read."""
    quarantined: bool = False
    """It is kept, and may be good once its cause is mended."""


class ClockJumpConfirmed(Facts):
    """时钟跳变确认: an operator looked at a jump of the clock and let it stand."""

    term: ClassVar[str] = "时钟跳变确认"
    stream_kind: ClassVar[StreamKind] = "node"

    expected: Instant
    observed: Instant
    reason: Text


class MarkMadeAnew(Facts):
    """高水位标记重立: on somebody's word, where no witness could say how far the log had come."""

    term: ClassVar[str] = "高水位标记重立"
    stream_kind: ClassVar[StreamKind] = "node"

    size: Annotated[int, Field(ge=1)]
    """Of the checkpoint that was brought."""
    evidence: Digest
    """SHA-256 of that checkpoint, as it was brought."""
    vouched_by: Text
    """Who says that it was kept by somebody else."""


class OrganisationAdmitted(Facts):
    """机构接入."""

    term: ClassVar[str] = "机构接入"
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    name: Text
    from_: Annotated[Day, Field(alias="from")]


class RoleGranted(Facts):
    """授予角色."""

    term: ClassVar[str] = "授予角色"
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    role: Role
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class RoleEnded(Facts):
    """终止角色."""

    term: ClassVar[str] = "终止角色"
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    role: Role
    on: Day
    reason: Text | None = None


class KeyBound(Facts):
    """绑定密钥: an organisation's own key, for its signed submissions."""

    term: ClassVar[str] = "绑定密钥"
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    keyid: Digest
    algorithm: Literal["ed25519"]
    public_key: PublicKey
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class KeyUnbound(Facts):
    """解绑密钥."""

    term: ClassVar[str] = "解绑密钥"
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    keyid: Digest
    on: Day
    reason: Text | None = None


class SubjectQueried(Facts):
    """查询登记: who looked, in which role, why, on what basis, and what was shown."""

    term: ClassVar[str] = "查询登记"
    stream_kind: ClassVar[StreamKind] = "access"

    operator: Operator
    organisation: OrganisationCode | None = None
    role: Role | None = None
    purpose: Text
    basis: Text
    records: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    """The records shown, the first ``MAX_LIST`` of them; ``answer`` commits to all."""
    sanctions: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    reports: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    """The foreign reports whose bytes were handed over."""
    entries: Annotated[int, Field(ge=0)] = 0
    answer: Digest
    """SHA-256 of the answer's canonical JSON."""
    valid_at: Day
    known_at: Annotated[int, Field(ge=0)]
    """The tree size the answer stands on."""
