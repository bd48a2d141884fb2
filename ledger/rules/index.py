"""Finding the rule that answers a question on a day, without a scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from ledger.rules.model import Category, PackContent, Rule

K = TypeVar("K")
R = TypeVar("R", bound=Rule)


class Index:
    """The sections by what they are asked for, so that a question costs no scan."""

    __slots__ = ("categories", "deadlines", "items", "measures", "periods", "repair", "retention")

    def __init__(self, data: PackContent) -> None:
        self.items = group((rule.code, rule) for rule in data.directory)
        self.measures = group((rule.code, rule) for rule in data.measures)
        self.categories: Mapping[tuple[str, str], tuple[Category, ...]] = group(
            ((rule.of, rule.name), rule) for rule in data.categories
        )
        self.periods = group(((rule.tier, rule.condition), rule) for rule in data.periods)
        self.retention = group((rule.adverse, rule) for rule in data.retention)
        self.deadlines = group((rule.name, rule) for rule in data.deadlines)
        self.repair = group((rule.tier, rule) for rule in data.repair)


def governs(rule: Rule, day: date) -> bool:
    """``in_force_from <= day < in_force_until``."""
    return rule.in_force_from <= day and (rule.in_force_until is None or day < rule.in_force_until)


def in_force(rules: Iterable[R], day: date) -> R | None:
    """The rule of these that governs ``day``; a checked pack has one at most."""
    for rule in rules:
        if governs(rule, day):
            return rule
    return None


def group(pairs: Iterable[tuple[K, R]]) -> dict[K, tuple[R, ...]]:
    groups: dict[K, list[R]] = {}
    for key, rule in pairs:
        groups.setdefault(key, []).append(rule)
    return {key: tuple(rules) for key, rules in groups.items()}
