"""The commands on records: collect, tell, correct, withdraw, mend, publish, consent."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints

from ledger.commands.base import (
    REGISTRAR,
    REVIEWER,
    SUPPLIER,
    Command,
    Texts,
)
from ledger.events import records
from ledger.events.base import (
    MAX_LIST,
    Amount,
    Code,
    Day,
    Digest,
    Facts,
    Id,
    OrganisationCode,
    Publicity,
    Role,
    Text,
    Tier,
)


class CollectRecord(Command):
    """What is left out comes from the rule pack."""

    event: ClassVar[type[Facts]] = records.RecordCollected
    roles: ClassVar[frozenset[Role]] = SUPPLIER
    names: ClassVar[str | None] = "record"

    item: Code
    supplier: OrganisationCode
    document_number: Annotated[Text, StringConstraints(strip_whitespace=True)]
    decided_on: Day
    legal_basis: Text | None = None
    organ: OrganisationCode | None = None
    categories: Texts = ()
    tier: Tier | None = None
    held_from: Day | None = None
    held_until: Day | None = None
    publish_from: Day | None = None
    publish_until: Day | None = None
    publicity: Publicity | None = None
    amounts: dict[Code, Amount] | None = None
    correctable: bool | None = None
    exemption: Code | None = None
    volunteered: bool = False


class ServeNotice(Command):
    event: ClassVar[type[Facts]] = records.NoticeServed
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    served_on: Day
    channel: Text


class CorrectRecord(Command):
    """``changes`` holds the new facts by their names; null takes a fact away."""

    event: ClassVar[type[Facts]] = records.RecordCorrected
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    changes: Annotated[dict[Code, JsonValue], Field(max_length=MAX_LIST, default_factory=dict)]
    cause: records.CorrectionCause
    authority: Text | None = None
    corrected_on: Day


class WithdrawRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordWithdrawn
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    cause: records.WithdrawalCause
    fault: OrganisationCode | Literal["none"]
    effective: Day | Literal["from_beginning"]


class MendRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordMended
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REVIEWER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    evidence: Digest
    mended_on: Day


class PublishRecord(Command):
    event: ClassVar[type[Facts]] = records.RecordPublished
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    channel: Text
    on: Day
    basis: Text | None = None


class EndPublication(Command):
    event: ClassVar[type[Facts]] = records.PublicationEnded
    roles: ClassVar[frozenset[Role]] = SUPPLIER | REGISTRAR | REVIEWER
    refers: ClassVar[tuple[str, ...]] = ("record",)

    record: Id
    channel: Text | None = None
    on: Day
    basis: Text


class GiveConsent(Command):
    event: ClassVar[type[Facts]] = records.ConsentGiven
    roles: ClassVar[frozenset[Role]] = REGISTRAR
    names: ClassVar[str | None] = "consent"

    what: Text
    to_whom: OrganisationCode
    purpose: Text
    until: Day | None = None


class WithdrawConsent(Command):
    event: ClassVar[type[Facts]] = records.ConsentWithdrawn
    roles: ClassVar[frozenset[Role]] = REGISTRAR
    refers: ClassVar[tuple[str, ...]] = ("consent",)

    consent: Id
    on: Day
