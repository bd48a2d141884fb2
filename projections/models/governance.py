"""What the governing streams add to an answer: compromised keys and rule packs, as known. Pure.

Both change the answers of many subjects at once: a key declared compromised takes the adverse
effect from what it signed, a rule pack adopted later moves what is counted in working days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, TypeAlias

from ledger.events.base import Tier
from ledger.identifiers.calendar import UnusableTerm
from ledger.organisations.node_keys import NONE_KNOWN, Compromise, Compromises
from ledger.organisations.registry import Registry
from ledger.rules import RulePack
from ledger.rules.errors import NoRuleInForce

MAX_REMEMBERED: Final = 65_536
"""Days of each kind that a process remembers: some forty days of decision for each kind and pack."""


class Due(NamedTuple):
    """A term of ``working_days`` that ends on ``due_on``."""

    working_days: int
    due_on: date
    provisional: bool


Remembered: TypeAlias = dict[tuple[str, str, date], Due | None]


@dataclass(frozen=True, slots=True)
class Adopted:
    """One adoption of a rule pack, at the leaf ``index``."""

    index: int
    in_force_from: date
    pack: RulePack


@dataclass(frozen=True, slots=True)
class Governance:
    """All compromises and adoptions that the log holds, in its order."""

    compromises: tuple[Compromise, ...] = ()
    packs: tuple[Adopted, ...] = ()
    _due: Remembered = field(default_factory=dict, repr=False, compare=False)
    _repairs: dict[tuple[str, Tier, date], date | None] = field(
        default_factory=dict, repr=False, compare=False
    )
    _points: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        governing: Iterable[Compromise | Adopted] = (*self.compromises, *self.packs)
        object.__setattr__(self, "_points", tuple(sorted({each.index for each in governing})))

    @classmethod
    def of(cls, registry: Registry, pack: Callable[[str], RulePack | None]) -> Governance:
        """What ``registry`` folded; ``pack`` gives an adopted pack by its digest.

        A pack whose content is missing is left out, as in every decision; the audit names it.
        """
        found = ((each, pack(each.digest)) for each in registry.packs)
        return cls(
            tuple(sorted(registry.compromises, key=lambda each: each.index)),
            tuple(
                Adopted(each.index, each.in_force_from, content)
                for each, content in found
                if content is not None
            ),
        )

    def points(self) -> tuple[int, ...]:
        """The leaf indexes at which answers may change, ascending."""
        return self._points

    def compromises_known(self, size: int) -> Compromises:
        if not self.compromises:
            return NONE_KNOWN
        return Compromises.known(self.compromises, size)

    def rules(self, day: date, size: int) -> RulePack | None:
        """The pack that decides ``day`` as known at ``size``: the last one adopted that fits."""
        for each in reversed(self.packs):
            if each.index < size and each.in_force_from <= day:
                return each.pack
        return None

    def due(self, rule: str, base_on: date, size: int) -> Due | None:
        """The term that began on ``base_on``.

        None where no rule known at ``size`` sets such a term.
        """
        pack = self.rules(base_on, size)
        if pack is None:
            return None
        key = (pack.digest, rule, base_on)
        if key not in self._due:
            if len(self._due) >= MAX_REMEMBERED:
                self._due.clear()
            try:
                days = pack.deadline(rule, base_on).days
                due = pack.calendar.add_working_days(base_on, days)
                self._due[key] = Due(days, due.due_on, due.provisional)
            except (NoRuleInForce, UnusableTerm):
                self._due[key] = None
        return self._due[key]

    def earliest_repair(self, tier: Tier, decided_on: date, size: int) -> date | None:
        """The first day on which a record of ``tier``, decided then, may be repaired.

        None where it may not be, or no rule known at ``size`` tells.
        """
        pack = self.rules(decided_on, size)
        if pack is None:
            return None
        key = (pack.digest, tier, decided_on)
        if key not in self._repairs:
            if len(self._repairs) >= MAX_REMEMBERED:
                self._repairs.clear()
            try:
                is_repairable = pack.repair(tier, decided_on).repairable
                first = pack.earliest_repair(tier, decided_on) if is_repairable else None
                self._repairs[key] = first
            except NoRuleInForce:
                self._repairs[key] = None
        return self._repairs[key]


NOTHING_GOVERNS: Final = Governance()
