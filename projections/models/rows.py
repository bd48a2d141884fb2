"""The rows of the read models: one type a table, in the order of its columns.

What each column means stands in ``projections.models.tables``, with which a test holds these
together. Days are dates, instants aware UTC, tree sizes whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, NamedTuple, TypeAlias

from ledger.events.sanctions import EnforcementState
from ledger.subject.status import RecordStateName, SanctionStateName

FOREVER: Final = 2**63 - 1
"""``known_until`` of what still stands."""

Span: TypeAlias = tuple[date, date | None]
"""``[from, until)``; None: it has no end yet."""

DeadlineKind = Literal[
    "objection_answer",
    "publication",
    "repair_acceptance",
    "repair_decision",
    "review",
    "annulled_publication_end",
    "enforcement_report",
    "correction_notice",
]
SupplierAct = Literal[
    "collected", "code_corrected", "corrected", "withdrawn", "answered", "answered_late"
]
CommitmentState = Literal["open", "kept", "broken"]
About = Literal["record", "sanction", "objection", "repair", "notice"]


class RecordStateRow(NamedTuple):
    subject: str
    record: str
    item: str
    tier: str
    adverse: bool
    publicity: str
    supplier: str
    organ: str
    state: RecordStateName
    since: date
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class SanctionStateRow(NamedTuple):
    subject: str
    sanction: str
    measure: str
    kind: str
    initiator: str
    enforcer: str
    starts_on: date
    ends_on: date
    records: tuple[str, ...]
    restored_on: date | None
    state: SanctionStateName
    since: date
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class PublicationRow(NamedTuple):
    subject: str
    record: str
    item: str
    supplier: str
    organ: str
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class EnforcementRow(NamedTuple):
    subject: str
    sanction: str
    measure: str
    enforcer: str
    state: EnforcementState | None
    reported_on: date | None
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class PeriodRow(NamedTuple):
    subject: str
    about: About
    id: str
    starts_on: date
    ends_on: date | None
    suspensions: tuple[Span, ...]
    earliest_repair: date | None
    publication_until: date | None
    retention_until: date | None
    because: tuple[int, ...]
    known_from: int
    known_until: int


class DeadlineRow(NamedTuple):
    """``record`` is what it is about, directly or not; None of a sanction."""

    subject: str
    kind: DeadlineKind
    about: About
    id: str
    record: str | None
    organisation: str
    base_on: date
    working_days: int
    due_on: date
    provisional: bool
    met_on: date | None
    because: tuple[int, ...]
    known_from: int
    known_until: int


class CommitmentRow(NamedTuple):
    subject: str
    commitment: str
    kind: str
    made_to: str
    made_on: date
    due_on: date | None
    state: CommitmentState
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class IncentiveRow(NamedTuple):
    subject: str
    incentive: str
    measure: str
    granted_by: str
    because: tuple[int, ...]
    valid_from: date
    valid_until: date
    known_from: int
    known_until: int


class SupplierActRow(NamedTuple):
    subject: str
    supplier: str
    record: str
    act: SupplierAct
    cause: str | None
    on_day: date
    entry: int
    known_from: int


class SourceRow(NamedTuple):
    subject: str
    record: str
    entry: int
    supplier: str
    organ: str
    organisation: str
    operator: str
    manifest: str | None
    row: int | None
    document: str
    keyid: str
    decided_on: date
    recorded_at: datetime
    known_from: int
    sanctioned_from: int = FOREVER
    disclosed_from: int = FOREVER


class SanctionRecordRow(NamedTuple):
    subject: str
    sanction: str
    record: str
    enforcer: str
    measure: str
    entry: int
    recorded_at: datetime
    known_from: int


class DisclosureRow(NamedTuple):
    subject: str
    record: str
    recipient: str
    bundle: str
    entry: int
    recorded_at: datetime
    receipted: int | None
    known_from: int
    known_until: int


class NoticeRow(NamedTuple):
    subject: str
    notice: str
    record: str
    recipient: str
    act: str
    required: str
    due_on: date | None
    entry: int
    recorded_at: datetime
    acknowledged: int | None
    acknowledged_on: date | None
    verdict: str | None
    known_from: int
    known_until: int


@dataclass(slots=True)
class Rows:
    """The rows of some subjects, by table; the fields are named as the tables."""

    record_states: list[RecordStateRow] = field(default_factory=list)
    sanction_states: list[SanctionStateRow] = field(default_factory=list)
    publications: list[PublicationRow] = field(default_factory=list)
    enforcements: list[EnforcementRow] = field(default_factory=list)
    periods: list[PeriodRow] = field(default_factory=list)
    deadlines: list[DeadlineRow] = field(default_factory=list)
    commitments: list[CommitmentRow] = field(default_factory=list)
    incentives: list[IncentiveRow] = field(default_factory=list)
    supplier_acts: list[SupplierActRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)
    sanction_records: list[SanctionRecordRow] = field(default_factory=list)
    disclosures: list[DisclosureRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)

    def spread(self) -> None:
        """Tells each source from which sizes a sanction rests on its record, and a disclosure."""
        sanctioned: dict[str, int] = {}
        for resting in self.sanction_records:
            least = min(resting.known_from, sanctioned.get(resting.record, FOREVER))
            sanctioned[resting.record] = least
        disclosed: dict[str, int] = {}
        for each in self.disclosures:
            disclosed[each.record] = min(each.known_from, disclosed.get(each.record, FOREVER))
        if sanctioned or disclosed:
            self.sources = [
                each._replace(
                    sanctioned_from=sanctioned.get(each.record, FOREVER),
                    disclosed_from=disclosed.get(each.record, FOREVER),
                )
                for each in self.sources
            ]

    def by_table(self) -> Iterator[tuple[str, Sequence[tuple[object, ...]]]]:
        """Each table's name and its rows."""
        for name in ROW_TYPES:
            yield name, getattr(self, name)


ROW_TYPES: Final = {
    "record_states": RecordStateRow,
    "sanction_states": SanctionStateRow,
    "publications": PublicationRow,
    "enforcements": EnforcementRow,
    "periods": PeriodRow,
    "deadlines": DeadlineRow,
    "commitments": CommitmentRow,
    "incentives": IncentiveRow,
    "supplier_acts": SupplierActRow,
    "sources": SourceRow,
    "sanction_records": SanctionRecordRow,
    "disclosures": DisclosureRow,
    "notices": NoticeRow,
}
"""Table to the type of its rows."""
