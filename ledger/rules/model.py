"""The shape of a rule pack: dated rules, each with its source. Frozen pydantic models.

A pack is one JSON document: the head (``id``, ``version``, ...) and one member per
section below. Intervals are ``[in_force_from, in_force_until)``; lengths are in calendar
months or in days of the unit named. Unknown members are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from ledger.events.base import Code, Day, Publicity, SubjectKind, Text, Tier
from ledger.events.sanctions import MeasureKind
from ledger.identifiers import class_of_kind
from ledger.identifiers.calendar import MAX_WORKING_DAYS

MAX_MONTHS = 600
"""Fifty years: no period of any rule is longer, and date arithmetic stays in range."""

MAX_RULES = 5_000
"""Rules of one section, many times the largest catalogue; bounds the checks."""

MAX_CALENDAR_DAYS = 20_000
"""Days off or worked instead, over a century of them."""

MAX_PATTERN = 300
"""Characters of one pattern for forbidden data."""

TIERS: tuple[Tier, ...] = get_args(Tier)
"""In rising order: the highest of several counts."""

SourceKind = Literal["text", "secondary", "unverified"]
Months = Annotated[int, Field(ge=0, le=MAX_MONTHS, strict=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where a rule stands: ``text`` was read there, ``secondary`` reported elsewhere."""

    instrument: Text
    article: Text | None = None
    kind: SourceKind


class Rule(_Frozen):
    """What every rule says about itself."""

    in_force_from: Day
    in_force_until: Day | None
    source: Source
    verified: StrictBool
    note: Text | None = None


class KindPublicity(_Frozen):
    """The default publicity by class of subject; None: not collected for that class."""

    organisation: Publicity | None
    natural_person: Publicity | None


PublicationMode = Literal["by_tier", "validity", "while_held", "none"]
"""How publication ends: with the tier's period, with the licence's validity, with the
time the record is held (or the day the supplier gives), or it never begins."""


class DirectoryItem(Rule):
    """One item 条目 of the collection directory 征集目录."""

    code: Code
    name: Name
    name_en: Name
    kinds: tuple[SubjectKind, ...]
    publicity: KindPublicity
    adverse: StrictBool
    correctable: StrictBool
    requires_legal_basis: StrictBool
    publication: PublicationMode
    default_tier: Tier | None
    """The tier when nothing else says it; None: it follows from the categories."""
    authoritative_source: Literal["deciding_organ", "registrar", "subject", "rating_authority"]
    """Whose word counts for the item 一数一源; a second source for one document is refused."""

    def admits(self, kind: SubjectKind) -> bool:
        """True when the directory has this item for subjects of ``kind``."""
        return kind in self.kinds and self.publicity_of(kind) is not None

    def publicity_of(self, kind: SubjectKind) -> Publicity | None:
        """The default publicity for ``kind``; None when it is not collected for it."""
        if class_of_kind(kind) == "natural_person":
            return self.publicity.natural_person
        return self.publicity.organisation


class Measure(Rule):
    """One measure of the measures list 惩戒措施清单."""

    code: Code
    name: Name
    name_en: Name
    kind: MeasureKind
    measure_class: Literal["rights", "management", "outside"]
    """Reduced rights, closer management, or a body's own measure outside the authorities."""
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    max_months: Annotated[int, Field(ge=1, le=MAX_MONTHS, strict=True)]
    needs_approval: StrictBool
    kinds: Annotated[tuple[SubjectKind, ...], Field(min_length=1)]


class Category(Rule):
    """One category of decisions, by its Chinese name, and the tier it weighs."""

    of: Literal["penalty", "licence"]
    name: Name
    tier: Tier


class Period(Rule):
    """Publication of one tier: ``min_months`` (earliest repair) to ``max_months``.

    Counted from the day of the decision, by the rule in force on that day. With a
    ``condition`` the rule only raises the minimum of the unconditioned one.
    """

    tier: Tier
    condition: Code | None
    published: StrictBool
    min_months: Months
    max_months: Months


class Retention(Rule):
    """How long adverse or other information is held; None: without end."""

    adverse: StrictBool
    months: Months | None
    starts: Literal["conduct_ended"]


class Deadline(Rule):
    """A term within which something has to be done, counted from the day after it began."""

    name: Code
    days: Annotated[int, Field(ge=0, le=MAX_WORKING_DAYS, strict=True)]
    unit: Literal["working_days"]


class Repair(Rule):
    """What a repair of a record of this tier needs, on the day of the request."""

    tier: Tier
    repairable: StrictBool
    conditions: tuple[Code, ...]


class Admission(Rule):
    """Which natural persons may be recorded at all."""

    adult_age: Annotated[int, Field(ge=0, le=150, strict=True)]
    capacities: tuple[Code, ...] | None
    """Only in these capacities; None: any adult."""


class Exemption(Rule):
    """A ground on which a fact is recorded as no wrong."""

    code: Code
    name: Name


class DataPattern(Rule):
    """A regular expression over narrative text that finds data of one class."""

    code: Code
    name: Name
    effect: Literal["forbidden", "consent"]
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PATTERN)]


class Calendar(_Frozen):
    """Working days of ``[covers_from, covers_until)``; see ``WorkingCalendar``."""

    covers_from: Day
    covers_until: Day
    holidays: Annotated[tuple[Day, ...], Field(max_length=MAX_CALENDAR_DAYS)]
    extra_working_days: Annotated[tuple[Day, ...], Field(max_length=MAX_CALENDAR_DAYS)]
    source: Source
    verified: StrictBool
    note: Text | None = None


class PackContent(_Frozen):
    """A whole rule pack as one document."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-z._-]{2,64}$")]
    version: Annotated[int, Field(ge=1, le=2**31, strict=True)]
    title: Name
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[0-9A-Z]{1,6})?$")]
    in_force_from: Day
    directory: Annotated[tuple[DirectoryItem, ...], Field(max_length=MAX_RULES)]
    measures: Annotated[tuple[Measure, ...], Field(max_length=MAX_RULES)]
    categories: Annotated[tuple[Category, ...], Field(max_length=MAX_RULES)]
    periods: Annotated[tuple[Period, ...], Field(max_length=MAX_RULES)]
    retention: Annotated[tuple[Retention, ...], Field(max_length=MAX_RULES)]
    deadlines: Annotated[tuple[Deadline, ...], Field(max_length=MAX_RULES)]
    repair: Annotated[tuple[Repair, ...], Field(max_length=MAX_RULES)]
    admission: Annotated[tuple[Admission, ...], Field(max_length=MAX_RULES)]
    exemptions: Annotated[tuple[Exemption, ...], Field(max_length=MAX_RULES)]
    data_patterns: Annotated[tuple[DataPattern, ...], Field(max_length=MAX_RULES)]
    calendar: Calendar


SECTIONS: tuple[str, ...] = (
    "directory",
    "measures",
    "categories",
    "periods",
    "retention",
    "deadlines",
    "repair",
    "admission",
    "exemptions",
    "data_patterns",
)
"""Members that are lists of rules; ``calendar`` is the one that is not."""
