"""A rule pack that can be asked: which rule governs, and what follows from it. Pure.

Which day decides which rule: what a record is (its tier, its periods) by the day of its
decision; what may be done (a sanction, an objection, a repair) by the day of the act.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.events.base import Tier
from ledger.identifiers import DueDate, WorkingCalendar
from ledger.rules.errors import CategoryNotInPack, NoRuleInForce
from ledger.rules.index import Index, governs, in_force
from ledger.rules.model import (
    TIERS,
    Deadline,
    DirectoryItem,
    Exemption,
    Measure,
    PackContent,
    Period,
    Repair,
)
from ledger.rules.months import add_months
from ledger.rules.patterns import CompiledPattern, DataFinding, scan

MAX_SCANNED = 4_096
MAX_PHRASE = 200
"""Texts of which a pack remembers what it found: phrases repeat, longer texts are unique."""

MAX_LIMITS = 4_096
"""Answers on publication a pack remembers: three tiers on the days of some four years."""

_BY_TIER: Literal["by_tier"] = "by_tier"


@dataclass(frozen=True, slots=True)
class PublicationLimits:
    """Months from the decision: repair from ``min_months`` on, publication to ``max_months``."""

    min_months: int
    max_months: int
    published: bool


class RulePack:
    """The rules of one pack. Immutable; equal when the digests are.

    ``content`` is the RFC 8785 form of the whole document and ``digest`` its SHA-256 in
    hex; ``to_json`` gives back exactly what ``load`` (in ``ledger.rules``) reads.
    """

    __slots__ = (
        "_index",
        "_limits",
        "_patterns",
        "_scanned",
        "calendar",
        "content",
        "data",
        "digest",
    )

    def __init__(self, data: PackContent, content: bytes) -> None:
        self.data = data
        self.content = content
        self.digest = hashlib.sha256(content).hexdigest()
        self.calendar = WorkingCalendar(
            data.calendar.covers_from,
            data.calendar.covers_until,
            frozenset(data.calendar.holidays),
            frozenset(data.calendar.extra_working_days),
        )
        self._index = Index(data)
        self._limits: dict[tuple[Tier, date], PublicationLimits] = {}
        self._scanned: dict[tuple[str, str], tuple[DataFinding, ...]] = {}
        self._patterns = {
            effect: tuple(
                (rule, CompiledPattern(rule.code, rule.name, re.compile(rule.pattern)))
                for rule in data.data_patterns
                if rule.effect == effect
            )
            for effect in ("forbidden", "consent")
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RulePack) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def version(self) -> int:
        return self.data.version

    @property
    def in_force_from(self) -> date:
        return self.data.in_force_from

    def to_json(self) -> bytes:
        """The whole pack as one canonical JSON document, for adoption elsewhere."""
        return self.content

    # -- what a record is: by the day of its decision --------------------------

    def item(self, code: str, day: date) -> DirectoryItem | None:
        """The item of the directory on ``day``; None: outside the directory."""
        return in_force(self._index.items.get(code, ()), day)

    def categories(self, of: Literal["penalty", "licence"], day: date) -> frozenset[str]:
        """The names of categories known on ``day``."""
        return frozenset(
            name
            for (kind, name), rules in self._index.categories.items()
            if kind == of and in_force(rules, day)
        )

    def tier_of_category(self, name: str, day: date) -> Tier | None:
        """The tier of one penalty category; None: the pack does not know it on ``day``."""
        rule = in_force(self._index.categories.get(("penalty", name), ()), day)
        return None if rule is None else rule.tier

    def tier_of_categories(self, categories: Iterable[str], day: date) -> Tier:
        """The highest tier of several penalty categories; ``none`` without any.

        Raises ``CategoryNotInPack`` for the first unknown one.
        """
        highest: Tier = "none"
        for name in categories:
            tier = self.tier_of_category(name, day)
            if tier is None:
                raise CategoryNotInPack(category=name[:100], day=day)
            highest = max(highest, tier, key=TIERS.index)
        return highest

    def publication_limits(
        self, tier: Tier, decided_on: date, conditions: Sequence[str] = ()
    ) -> PublicationLimits:
        """The limits for a decision; conditions such as ``fire`` raise the minimum.

        Tier ``none`` is not published by tier. Raises ``NoRuleInForce``.
        """
        if tier == "none":
            return PublicationLimits(0, 0, published=False)
        if not conditions and (known := self._limits.get((tier, decided_on))) is not None:
            return known
        base = self._period(tier, None, decided_on)
        if base is None:
            raise NoRuleInForce(what=f"periods/{tier}", day=decided_on)
        raised = (self._period(tier, condition, decided_on) for condition in conditions)
        least = max([base.min_months, *(rule.min_months for rule in raised if rule)])
        limits = PublicationLimits(least, max(least, base.max_months), base.published)
        if not conditions:
            if len(self._limits) >= MAX_LIMITS:
                self._limits.clear()
            self._limits[tier, decided_on] = limits
        return limits

    def is_published(self, item: DirectoryItem, tier: Tier, decided_on: date) -> bool:
        """Whether records of the item and tier are published at all (publicity aside)."""
        if item.publication == _BY_TIER:
            return self.publication_limits(tier, decided_on).published
        return item.publication != "none"

    def publication_until(
        self,
        item: DirectoryItem,
        tier: Tier,
        decided_on: date,
        *,
        file_until: date | None = None,
        validity_until: date | None = None,
        conditions: Sequence[str] = (),
    ) -> date | None:
        """The day publication ends: the earlier of what the file and what the pack says.

        None when the record is not published (``is_published`` tells), or when nothing
        bounds a publication that is not by tier. Raises ``NoRuleInForce``.
        """
        bounds = [file_until]
        if item.publication == _BY_TIER:
            limits = self.publication_limits(tier, decided_on, conditions)
            if not limits.published:
                return None
            bounds.append(add_months(decided_on, limits.max_months))
        elif item.publication == "none":
            return None
        elif item.publication == "validity":
            bounds.append(validity_until)
        return min((bound for bound in bounds if bound is not None), default=None)

    def retention_until(
        self,
        item: DirectoryItem,
        tier: Tier,
        decided_on: date,
        conduct_ended_on: date | None = None,
    ) -> date | None:
        """The default ``held_until``: months from the end of the conduct, if that is known,
        else from the decision. None: held without end. Raises ``NoRuleInForce``.
        """
        del tier  # the same for every tier today; a later pack may tell them apart
        rule = in_force(self._index.retention.get(item.adverse, ()), decided_on)
        if rule is None:
            raise NoRuleInForce(what="retention", day=decided_on)
        if rule.months is None:
            return None
        return add_months(conduct_ended_on or decided_on, rule.months)

    def earliest_repair(self, tier: Tier, decided_on: date, conditions: Sequence[str] = ()) -> date:
        """The first day on which a repair may be granted. Raises ``NoRuleInForce``."""
        limits = self.publication_limits(tier, decided_on, conditions)
        return add_months(decided_on, limits.min_months)

    def adult_age(self, day: date) -> int:
        """Natural persons are admitted from this age on. Raises ``NoRuleInForce``."""
        rule = in_force(self.data.admission, day)
        if rule is None:
            raise NoRuleInForce(what="admission", day=day)
        return rule.adult_age

    def exemption(self, code: str, day: date) -> Exemption | None:
        """The ground on which a fact is no wrong; None: the pack knows no such ground."""
        return in_force([rule for rule in self.data.exemptions if rule.code == code], day)

    def forbidden_data(
        self, texts: Iterable[str], day: date | None = None
    ) -> tuple[DataFinding, ...]:
        """Data that may be in no field, found in narrative texts, on ``day`` or ever."""
        return self._scan("forbidden", texts, day)

    def consent_data(
        self, texts: Iterable[str], day: date | None = None
    ) -> tuple[DataFinding, ...]:
        """Data of natural persons that needs their written consent."""
        return self._scan("consent", texts, day)

    # -- what may be done: by the day of the act -------------------------------

    def measure(self, code: str, day: date) -> Measure | None:
        """The measure of the list on ``day``; None: outside the list."""
        return in_force(self._index.measures.get(code, ()), day)

    @staticmethod
    def bears(measure: Measure, tier: Tier) -> bool:
        """True when a record of ``tier`` can bear the measure."""
        return tier in measure.tiers

    @staticmethod
    def longest_end(measure: Measure, starts_on: date) -> date:
        """The last ``ends_on`` that a sanction beginning on ``starts_on`` may have."""
        return add_months(starts_on, measure.max_months)

    def repair(self, tier: Tier, day: date) -> Repair:
        """What a repair needs on ``day``. Raises ``NoRuleInForce``."""
        rule = in_force(self._index.repair.get(tier, ()), day)
        if rule is None:
            raise NoRuleInForce(what=f"repair/{tier}", day=day)
        return rule

    def deadline(self, name: str, day: date) -> Deadline:
        """The term called ``name`` on ``day``. Raises ``NoRuleInForce``."""
        rule = in_force(self._index.deadlines.get(name, ()), day)
        if rule is None:
            raise NoRuleInForce(what=f"deadlines/{name}", day=day)
        return rule

    def due(self, name: str, start: date) -> DueDate:
        """When the term that began on ``start`` ends. Raises ``NoRuleInForce``."""
        return self.calendar.add_working_days(start, self.deadline(name, start).days)

    def _period(self, tier: Tier, condition: str | None, day: date) -> Period | None:
        return in_force(self._index.periods.get((tier, condition), ()), day)

    def _ever(self, effect: str, text: str) -> tuple[DataFinding, ...]:
        """Remembered: intake and decision ask the same, and phrases repeat from row to row."""
        found = self._scanned.get((effect, text))
        if found is None:
            found = scan((compiled for _, compiled in self._patterns[effect]), (text,))
            if len(text) <= MAX_PHRASE:
                if len(self._scanned) >= MAX_SCANNED:
                    self._scanned.clear()
                self._scanned[effect, text] = found
        return found

    def _scan(self, effect: str, texts: Iterable[str], day: date | None) -> tuple[DataFinding, ...]:
        if day is None:
            return tuple(
                DataFinding(found.code, found.name, index)
                for index, text in enumerate(texts)
                for found in self._ever(effect, text)
            )
        rules = self._patterns[effect]
        return scan((c for rule, c in rules if governs(rule, day)), texts)
