"""建档、关联、更正、删除: the life of the subject's own stream."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.events.base import (
    MAX_LIST,
    Code,
    Day,
    Facts,
    Id,
    OrganisationCode,
    SubjectKind,
    Text,
)

LinkRole = Literal["legal_representative", "principal", "director", "directly_responsible", "other"]


class SubjectOpened(Facts):
    """建档: the first entry of a subject. A natural person's identifier and name are sealed."""

    term: ClassVar[str] = "建档"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"identifier", "name"})

    kind: SubjectKind
    scheme: Code
    region: Text | None = None
    identifier: Text | None = None
    name: Text | None = None


class IdentifierCorrected(Facts):
    """重错码更正: one subject had two codes, or a wrong one.

    Written to both streams in one transaction; from then both identifiers answer with
    both chains.
    """

    term: ClassVar[str] = "重错码更正"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"old_identifier", "new_identifier"})

    old_subject: Id
    new_subject: Id
    reason: Text
    authority: Text


class SubjectLinked(Facts):
    """关联: a dated role link between an organisation and a person, or two organisations."""

    term: ClassVar[str] = "关联"

    link: Id
    other_subject: Id
    role: LinkRole
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None


class SubjectUnlinked(Facts):
    """解除关联."""

    term: ClassVar[str] = "解除关联"

    link: Id
    on: Day
    reason: Text | None = None


class PersonalDataErased(Facts):
    """个人信息删除: the data keys named here were destroyed; the skeleton stays."""

    term: ClassVar[str] = "个人信息删除"

    basis: Text
    records: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    persons: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    reports: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    """Foreign reports, whose bytes are gone."""
    subject_itself: bool = False
    keys: Annotated[tuple[int, ...], Field(max_length=MAX_LIST)] = ()


class HoldPlaced(Facts):
    """保全: what may not be erased meanwhile."""

    term: ClassVar[str] = "保全"

    hold: Id
    records: Annotated[tuple[Id, ...], Field(max_length=MAX_LIST)] = ()
    authority: OrganisationCode
    basis: Text


class HoldReleased(Facts):
    """解除保全."""

    term: ClassVar[str] = "解除保全"

    hold: Id
    authority: OrganisationCode
    basis: Text
