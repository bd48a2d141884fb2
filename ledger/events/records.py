"""归集、告知、更正、撤销、公示: what happens to a record."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue

from ledger.events.base import (
    MAX_LIST,
    Amount,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    OrganisationCode,
    Part,
    Publicity,
    Text,
    Tier,
)

CorrectionCause = Literal["supplier_error", "own_check", "objection", "court"]
WithdrawalCause = Literal[
    "supplier_error", "wrong_subject", "decision_annulled", "duplicate", "unlawful_collection"
]
AttestedBy = Literal["supplier", "registrar"]
FROM_BEGINNING: Literal["from_beginning"] = "from_beginning"
NO_FAULT: Literal["none"] = "none"


class RecordCollected(Facts):
    """归集: one collected fact, under one item of the directory."""

    term: ClassVar[str] = "归集"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"parties", "narrative"})

    record: Id
    item: Code
    tier: Tier
    adverse: bool
    supplier: OrganisationCode
    organ: OrganisationCode
    """The body that took the decision; with subject, item and document it makes the record."""
    document_number: Text
    decided_on: Day
    held_from: Day
    held_until: Day | None = None
    publicity: Publicity
    publish_from: Day | None = None
    publish_until: Day | None = None
    legal_basis: Text | None = None
    categories: Annotated[tuple[Text, ...], Field(max_length=MAX_LIST)] = ()
    amounts: dict[Code, Amount] | None = None
    correctable: bool = True
    exemption: Code | None = None
    """Why it is no wrong, for example ``force_majeure``."""
    volunteered: bool = False
    attested_by: AttestedBy | None = None
    """Who signed the submission it came in; absent when it was entered by command."""


class NoticeServed(Facts):
    """告知: the subject was told; without it no sanction."""

    term: ClassVar[str] = "告知"

    record: Id
    served_on: Day
    channel: Text


class FieldChange(Part):
    """One corrected fact of a record, by its name in ``RecordCollected``."""

    field: Code
    old: JsonValue = None
    new: JsonValue = None


class RecordCorrected(Facts):
    """更正."""

    term: ClassVar[str] = "更正"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({"parties", "narrative"})

    record: Id
    changes: Annotated[tuple[FieldChange, ...], Field(max_length=MAX_LIST)]
    cause: CorrectionCause
    authority: Text | None = None
    corrected_on: Day


class RecordWithdrawn(Facts):
    """撤销: the record no longer holds, from the beginning or from a day; it closes objections."""

    term: ClassVar[str] = "撤销"

    record: Id
    cause: WithdrawalCause
    fault: OrganisationCode | Literal["none"]
    effective: Day | Literal["from_beginning"]


class RecordMended(Facts):
    """主动整改: put right in the set time; the subject is no longer a target."""

    term: ClassVar[str] = "主动整改"

    record: Id
    evidence: Digest
    accepted_by: OrganisationCode
    mended_on: Day


class RecordPublished(Facts):
    """公示."""

    term: ClassVar[str] = "公示"

    record: Id
    channel: Text
    on: Day
    basis: Text | None = None


class PublicationEnded(Facts):
    """终止公示."""

    term: ClassVar[str] = "终止公示"

    record: Id
    channel: Text | None = None
    on: Day
    basis: Text


class ConsentGiven(Facts):
    """授权."""

    term: ClassVar[str] = "授权"

    consent: Id
    what: Text
    to_whom: OrganisationCode
    purpose: Text
    until: Day | None = None


class ConsentWithdrawn(Facts):
    """撤回授权."""

    term: ClassVar[str] = "撤回授权"

    consent: Id
    on: Day
