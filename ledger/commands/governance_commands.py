"""The commands on the node's and the organisations' streams; the node itself gives them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.commands.base import Command
from ledger.entry import StreamKind
from ledger.events import across, governance
from ledger.events.base import (
    MAX_LIST,
    Code,
    Day,
    Digest,
    Facts,
    Instant,
    OrganisationCode,
    Role,
    Text,
)
from ledger.events.exchange import NodeName

_NODE: frozenset[Role] = frozenset()


class AdmitOrganisation(Command):
    """Admit a body with its roles and key; for one already admitted, what is new is added."""

    event: ClassVar[type[Facts]] = governance.OrganisationAdmitted
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    name: Text
    granted: tuple[Role, ...] = ()
    from_: Annotated[Day | None, Field(alias="from")] = None
    public_key: governance.PublicKey | None = None


class GrantRole(Command):
    event: ClassVar[type[Facts]] = governance.RoleGranted
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    role: Role
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class EndRole(Command):
    event: ClassVar[type[Facts]] = governance.RoleEnded
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    role: Role
    on: Day
    reason: Text | None = None


class BindKey(Command):
    event: ClassVar[type[Facts]] = governance.KeyBound
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    public_key: governance.PublicKey
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class UnbindKey(Command):
    event: ClassVar[type[Facts]] = governance.KeyUnbound
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "organisation"

    organisation: OrganisationCode
    keyid: Digest
    on: Day
    reason: Text | None = None


class AdoptRulePack(Command):
    event: ClassVar[type[Facts]] = governance.RulePackAdopted
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "node"

    pack: Text
    version: Text
    digest: Digest
    in_force_from: Day


class ConfirmClockJump(Command):
    event: ClassVar[type[Facts]] = governance.ClockJumpConfirmed
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "node"

    expected: Instant
    observed: Instant
    reason: Text


class CompromiseKey(Command):
    event: ClassVar[type[Facts]] = governance.KeyCompromised
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "node"

    keyid: Digest
    since: Instant
    reason: Text | None = None


Clock = Literal["real", "simulated"]


class RetireKey(Command):
    """End a key of the node that is used no more; the one that signs entries is rotated."""

    event: ClassVar[type[Facts]] = governance.KeyRetired
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "node"

    keyid: Digest
    from_: Annotated[Instant, Field(alias="from")]
    reason: Text | None = None


class AssessExport(Command):
    """Allow records of these items to be given to a node of another jurisdiction."""

    event: ClassVar[type[Facts]] = across.ExportAssessed
    roles: ClassVar[frozenset[Role]] = _NODE
    stream_kind: ClassVar[StreamKind] = "node"
    names: ClassVar[str | None] = "assessment"

    to: NodeName
    items: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MAX_LIST)]
    purpose: Text
    legal_basis: Text
    authority: Text
    from_: Annotated[Day, Field(alias="from")]
    until: Day
