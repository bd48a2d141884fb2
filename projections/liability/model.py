"""What a liability trail is made of: days, steps, a graph, what is open, what it cannot prove.

Days are calendar days of UTC+8; intervals are half-open. Organisations are named by their
code, nodes by their name; several that bear a day jointly are sorted and joined by ``+``.
The shares are evidence for the authority that decides, not a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ledger.events.sanctions import EnforcementState, LiftCause

Role = Literal["supplier", "node", "enforcer", "registrar", "initiator"]

Span = tuple[date, date]
"""``[from, until)``."""

VertexKind = Literal[
    "sanction",
    "record",
    "submission",
    "supplier",
    "operator",
    "approver",
    "node",
    "enforcer",
    "initiator",
    "notice",
    "acknowledgement",
    "registrar",
    "reviewer",
]


@dataclass(frozen=True, slots=True)
class PartyDays:
    """The days that one party bears in one role; ``spans`` are disjoint and ascending."""

    party: str
    role: Role
    days: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """``total`` is the sum of the parties' days."""

    total: int
    parties: tuple[PartyDays, ...]


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """The supplier's answer to the first objection; None where nothing is known.

    ``overdue_working_days`` of an answer that is still missing are those up to the day of asking.
    """

    due_on: date | None
    answered_on: date | None
    overdue_working_days: int | None
    provisional: bool = False
    """The calendar of working days ends before the day it is due, or one that was counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the trail. ``index`` is its leaf at ``node``, ``on`` its day in UTC+8."""

    node: str
    index: int
    digest: str
    """SHA-256 of the entry's payload in hex, where the caller has it; else empty."""
    type: str
    recorded_at: datetime
    on: date
    actor: str
    operator: str
    what: str
    """A code that says what happened: the type in snake case, or finer."""
    about: tuple[str, ...]
    """Ids of the sanction, records, objections and notices that it names."""
    manifest: str | None


@dataclass(frozen=True, slots=True)
class Vertex:
    """``id`` is ``<kind>:<name>``; ``steps`` are positions in the trail that show it."""

    id: str
    kind: VertexKind
    label: str
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """From one vertex to another, by ``kind``; ``step`` is the position that shows it."""

    source: str
    target: str
    kind: str
    step: int | None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """From ``on`` the party knew ``what``; ``step`` is the position in the trail."""

    party: str
    role: str
    on: date
    what: str
    step: int


@dataclass(frozen=True, slots=True)
class Open:
    """Something that is not settled, by its code; ``about`` names what it is about."""

    code: str
    party: str | None
    about: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the evidence, by its code; ``projections.liability.limits`` has its texts."""

    code: str


@dataclass(frozen=True, slots=True)
class RecordInTrail:
    """A record under the sanction, as far as its entries are at hand."""

    record: str
    item: str | None
    supplier: str | None
    organ: str | None
    document: str | None
    origin: str
    """The node that collected it, and that decides on it."""
    faulty: bool
    withdrawn_on: date | None
    fault: str | None
    """Whom the withdrawal names, or ``none``; None where it is not withdrawn."""
    path: tuple[str, ...]
    """The nodes it passed, from its origin to the enforcer's."""


@dataclass(frozen=True, slots=True)
class RulingInTrail:
    """One ruling that the sanction was wrongful in ``[wrong_from, wrong_until)``."""

    authority: str
    by: str
    """The organisation that entered it."""
    ruled_on: date
    wrong_from: date
    wrong_until: date
    faulty_records: tuple[str, ...]
    reversed_on: date | None
    step: int


@dataclass(frozen=True, slots=True)
class ReportInTrail:
    """What the enforcer said, on the day of its entry (``said_on`` is the day it names)."""

    state: EnforcementState
    on: date
    said_on: date
    step: int


@dataclass(frozen=True, slots=True)
class Told:
    """One node on the way of a notice, and the day it was told; None: not yet."""

    node: str
    told: date | None


@dataclass(frozen=True, slots=True)
class SpellInTrail:
    """From the first act that forbids enforcement until a resumption closed it.

    ``hops`` begin with the deciding node, told on ``entered``, and end with the enforcer's.
    """

    record: str
    act: str
    entered: date
    filed_on: date | None
    registrar: str | None
    hops: tuple[Told, ...]
    closed_on: date | None

    @property
    def told(self) -> date | None:
        """The day on which the enforcer's node was told."""
        return self.hops[-1].told


@dataclass(frozen=True, slots=True)
class Trail:
    """All of it for one sanction, as known on ``known_on``."""

    sanction: str
    subject: str
    """The stream of the sanction, as UUID text."""
    measure: str
    initiator: str
    enforcer: str
    approved_by: str | None
    starts_on: date
    ends_on: date
    node: str
    """The node at which the sanction was imposed."""
    records: tuple[RecordInTrail, ...]
    rulings: tuple[RulingInTrail, ...]
    reports: tuple[ReportInTrail, ...]
    spells: tuple[SpellInTrail, ...]
    lifted: LiftCause | None
    enforced: tuple[Span, ...]
    """All days of enforcement, whether wrong or not."""
    days: Days
    answer: LateAnswer
    steps: tuple[Step, ...]
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    knowledge: tuple[Knowledge, ...]
    open: tuple[Open, ...]
    limits: tuple[Limit, ...]
    known_on: date
