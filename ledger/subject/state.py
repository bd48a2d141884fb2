"""What a subject's entries add up to: the fold that both sides share.

The write side folds it to decide a command; the read side folds the entries known at
``known_at`` and reads it at ``valid_at`` (``ledger.subject.status``). The fold keeps
every dated fact with the leaf index of its entry and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from pydantic import BaseModel

from ledger.events.across import ForeignReportReceived
from ledger.events.base import SubjectKind
from ledger.events.disputes import (
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatus,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import (
    NoticeServed,
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    EnforcementReported,
    IncentiveGranted,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import HoldPlaced, PersonalDataErased, SubjectLinked, SubjectOpened

F = TypeVar("F", bound=BaseModel)

UNSTAMPED = -1
"""The index of an event that is decided but not yet in the log."""


@dataclass(frozen=True, slots=True)
class Known(Generic[F]):
    """Facts with the leaf index of the entry that holds them, and when it was recorded."""

    facts: F
    index: int
    recorded_at: datetime | None
    keyid: str = ""
    """Which key signed it; empty where it is not in the log yet."""


@dataclass(slots=True)
class Dispute:
    """``[from_, until)`` in which a record was disputed; ``until`` None: still is."""

    objection: str
    from_: date
    filed: int
    until: date | None = None
    closed: int | None = None


@dataclass(slots=True)
class Shared:
    """What passed between this node and those that a record was given to."""

    disclosed: list[Known[RecordDisclosed]] = field(default_factory=list)
    receipted: dict[str, Known[DisclosureReceipted]] = field(default_factory=dict)
    """By bundle, which has one recipient; what it said last."""
    held_since: dict[str, int] = field(default_factory=dict)
    """By node, the entry of its first word that it has the record."""
    notified: list[Known[CorrectionNotified]] = field(default_factory=list)
    answered: dict[str, Known[CorrectionAcknowledged]] = field(default_factory=dict)
    """By notice, what its recipient answered last; that it holds nothing, only where nothing else."""
    closed_onward: dict[str, frozenset[str]] = field(default_factory=dict)
    """By notice, the nodes behind its recipient that were ever said to have closed."""
    given_up: dict[str, Known[CorrectionGivenUp]] = field(default_factory=dict)
    """By notice."""
    statuses: dict[tuple[str, str], Known[EnforcementStatus]] = field(default_factory=dict)
    """By node and sanction there, what its enforcer said last."""

    @property
    def recipients(self) -> dict[str, Known[RecordDisclosed]]:
        """Each recipient with its last disclosure, in the order of the first."""
        return {known.facts.recipient: known for known in self.disclosed}


@dataclass(slots=True)
class RecordState:
    """One record: its facts as corrected so far, and everything dated that befell it."""

    collected: Known[RecordCollected]
    facts: RecordCollected
    notices: list[Known[NoticeServed]] = field(default_factory=list)
    corrections: list[Known[RecordCorrected]] = field(default_factory=list)
    withdrawn: Known[RecordWithdrawn] | None = None
    mended: Known[RecordMended] | None = None
    repaired: Known[RepairDecided] | None = None
    published: list[Known[RecordPublished]] = field(default_factory=list)
    publication_ended: Known[PublicationEnded] | None = None
    disputes: list[Dispute] = field(default_factory=list)
    put_back: int | None = None
    """The leaf of the declaration for which fields are what they were before a correction."""
    received: Known[RecordReceived] | None = None
    """Where it is another node's; ``collected`` are then the facts that its origin signed."""
    told: list[Known[NoticeReceived]] = field(default_factory=list)
    """The notices that its origin gave of it."""
    shared: Shared = field(default_factory=Shared)

    def open_disputes(self) -> list[Dispute]:
        return [dispute for dispute in self.disputes if dispute.until is None]


@dataclass(slots=True)
class Spell:
    """``[from_, until)`` in which a sanction was suspended."""

    from_: date
    suspended: int
    cause: str
    until: date | None = None
    resumed: int | None = None


@dataclass(slots=True)
class Ruling:
    """One ruling that the sanction was wrongful; a reversed one no longer counts."""

    ruled: Known[SanctionRuledWrongful]
    reversed: Known[RulingReversed] | None = None
    reversed_again: list[Known[RulingReversed]] = field(default_factory=list)
    """Reversals after that one: they count where it turns out to be another's."""


@dataclass(slots=True)
class SanctionState:
    imposed: Known[SanctionImposed]
    spells: list[Spell] = field(default_factory=list)
    resumptions: list[Known[SanctionResumed]] = field(default_factory=list)
    lifted: Known[SanctionLifted] | None = None
    rulings: list[Ruling] = field(default_factory=list)
    reports: list[Known[EnforcementReported]] = field(default_factory=list)
    restored: Known[RestitutionMade] | None = None
    put_back: int | None = None
    """The leaf of the declaration for which the reversal of a ruling does not count."""

    @property
    def open_spell(self) -> Spell | None:
        return self.spells[-1] if self.spells and self.spells[-1].until is None else None

    @property
    def live_rulings(self) -> list[Ruling]:
        return [ruling for ruling in self.rulings if ruling.reversed is None]


@dataclass(slots=True)
class ObjectionState:
    filed: Known[ObjectionFiled]
    corrections_before: int = 0
    """How many corrections the record had when the objection was filed."""
    answered: Known[ObjectionAnswered] | None = None
    decided: Known[ObjectionDecided] | None = None
    closed_by: int | None = None
    """Index of the correction or withdrawal that closed it."""

    @property
    def rejected(self) -> bool:
        return self.decided is not None and self.decided.facts.outcome == "rejected"

    @property
    def is_open(self) -> bool:
        """Neither rejected nor closed; an upheld one stays open until the record is put right."""
        return not self.rejected and self.closed_by is None

    @property
    def disputes(self) -> bool:
        """Whether it holds the record in dispute; a repeated one only once it is upheld."""
        return self.is_open and (self.filed.facts.repeats is None or self.decided is not None)


@dataclass(slots=True)
class RepairState:
    requested: Known[RepairRequested]
    accepted: Known[RepairAccepted] | None = None
    decided: Known[RepairDecided] | None = None


@dataclass(slots=True)
class SubjectState:
    """All that is known of one subject after folding its entries in order."""

    opened: Known[SubjectOpened] | None = None
    records: dict[str, RecordState] = field(default_factory=dict)
    sanctions: dict[str, SanctionState] = field(default_factory=dict)
    objections: dict[str, ObjectionState] = field(default_factory=dict)
    repairs: dict[str, RepairState] = field(default_factory=dict)
    links: dict[str, Known[SubjectLinked]] = field(default_factory=dict)
    holds: dict[str, Known[HoldPlaced]] = field(default_factory=dict)
    commitments: dict[str, Known[CommitmentMade]] = field(default_factory=dict)
    kept_or_broken: dict[str, Known[CommitmentKept] | Known[CommitmentBroken]] = field(
        default_factory=dict
    )
    """Commitment id to what settled it last."""
    incentives: dict[str, Known[IncentiveGranted]] = field(default_factory=dict)
    consents: dict[str, int] = field(default_factory=dict)
    complaints: dict[str, Known[ComplaintFiled]] = field(default_factory=dict)
    complaints_decided: set[str] = field(default_factory=set)
    reports: dict[str, Known[ForeignReportReceived]] = field(default_factory=dict)
    """Attached foreign reports; nothing follows from them."""
    erasures: list[Known[PersonalDataErased]] = field(default_factory=list)
    also_known_as: set[str] = field(default_factory=set)
    """Ids of subjects tied to this one by corrected identifiers."""

    @property
    def kind(self) -> SubjectKind:
        if self.opened is None:
            raise LookupError("the subject is not opened")
        return self.opened.facts.kind

    def holds_on(self, record: str) -> list[Known[HoldPlaced]]:
        """The holds that forbid erasing the record: those that name it, or no record at all."""
        return [
            hold
            for hold in self.holds.values()
            if not hold.facts.records or record in hold.facts.records
        ]

    def is_erased(self, record: str) -> bool:
        """Whether the record's own details were erased, or all of the subject's."""
        return any(
            record in erased.facts.records or erased.facts.subject_itself
            for erased in self.erasures
        )

    def sanctions_on(self, record: str) -> list[tuple[str, SanctionState]]:
        """The sanctions that rest on ``record``, in the order they were imposed."""
        return [
            (key, sanction)
            for key, sanction in self.sanctions.items()
            if record in sanction.imposed.facts.records
        ]


def resume(sanction: SanctionState, known: Known[SanctionResumed]) -> None:
    """Close every open spell; suspended days are never added at the end."""
    sanction.resumptions.append(known)
    for spell in sanction.spells:
        if spell.until is None:
            spell.until = max(known.facts.from_, spell.from_)
            spell.resumed = known.index


def suspend(sanction: SanctionState, known: Known[SanctionSuspended]) -> None:
    sanction.spells.append(Spell(known.facts.from_, known.index, known.facts.cause))
