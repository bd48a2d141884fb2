"""What a file's rows are measured by: its template, the day, the supplier and the rules. Pure.

Rows repeat days, categories and phrases, so what the rule pack answers is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ledger.errors import UnusableInput
from ledger.identifiers import SubjectKind, normalise_uscc
from ledger.intake.template import Template
from ledger.rules.errors import NoRuleInForce
from ledger.rules.pack import RulePack

_MAX_SCANNED = 4_096
"""Distinct narrative texts whose scan is remembered: facts and types repeat from row to row."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a verdict rests on beside the row. ``today``: the calendar day in UTC+8."""

    supplier: str
    today: date
    rules: RulePack


class Standards:
    """The context of one file's verdicts, with the answers of the rule pack remembered."""

    def __init__(self, template: Template, context: Context) -> None:
        self.template = template
        self.layout = template.layout
        self.today = context.today
        self.supplier = body_code(context.supplier) or context.supplier.strip()
        self.headers = {c.code: template.header_of(c.code) for c in template.layout.columns}
        self.required = dict.fromkeys(c.code for c in template.layout.columns if c.required)
        """Fields that every row fills, in the order of the template."""
        self.code_at = {at: code for code, at in template.columns}
        self._rules = context.rules
        self._categories: dict[date, frozenset[str]] = {}
        self._admits: dict[tuple[date, SubjectKind], bool] = {}
        self._suspicious: dict[str, bool] = {}

    def categories(self, day: date) -> frozenset[str]:
        """The categories of the template's kind that are known on ``day``."""
        known = self._categories.get(day)
        if known is None:
            known = self._rules.categories(self.layout.category_kind, day)
            self._categories[day] = known
        return known

    def has_item(self, day: date) -> bool:
        return self._rules.item(self.layout.item, day) is not None

    def admits(self, kind: SubjectKind, day: date) -> bool:
        """True when the directory of that day has the item for this kind of subject."""
        known = self._admits.get((day, kind))
        if known is None:
            item = self._rules.item(self.layout.item, day)
            known = item is not None and item.admits(kind)
            self._admits[day, kind] = known
        return known

    def adult_age(self, day: date) -> int | None:
        """Natural persons are admitted from this age on; None: no rule on ``day``."""
        try:
            return self._rules.adult_age(day)
        except NoRuleInForce:  # such a day is outside the directory too
            return None

    def forbidden(self, text: str, day: date) -> tuple[str, ...]:
        """The names of the data in the text that may not be collected on ``day``."""
        suspicious = self._suspicious.get(text)
        if suspicious is None:
            if len(self._suspicious) >= _MAX_SCANNED:
                self._suspicious.clear()
            suspicious = self._suspicious[text] = bool(self._rules.forbidden_data((text,)))
        if not suspicious:  # forbidden on no day at all
            return ()
        return tuple(found.name for found in self._rules.forbidden_data((text,), day))


def usable_uscc(text: str) -> str | None:
    """The normal form of a unified social credit code; None when it is not one."""
    try:
        return normalise_uscc(text)
    except UnusableInput:
        return None


body_code = lru_cache(maxsize=4_096)(usable_uscc)
"""As ``usable_uscc``, for organs and sources, which are few and repeat."""
