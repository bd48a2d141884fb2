"""Dated rule packs: directory, measures, tiers, periods, deadlines, calendar, forbidden data.

The data of the default pack lies beside this code in ``default/``, one file an idea.
"""

from ledger.rules.check import Finding, FindingKind, check_pack, has_errors
from ledger.rules.errors import BadRulePack, CategoryNotInPack, NoRuleInForce
from ledger.rules.model import (
    TIERS,
    Category,
    Deadline,
    DirectoryItem,
    Exemption,
    Measure,
    Period,
    Repair,
    Rule,
    Source,
)
from ledger.rules.months import add_months
from ledger.rules.pack import PublicationLimits, RulePack
from ledger.rules.patterns import DataFinding
from ledger.rules.reading import load, load_default

__all__ = [
    "TIERS",
    "BadRulePack",
    "Category",
    "CategoryNotInPack",
    "DataFinding",
    "Deadline",
    "DirectoryItem",
    "Exemption",
    "Finding",
    "FindingKind",
    "Measure",
    "NoRuleInForce",
    "Period",
    "PublicationLimits",
    "Repair",
    "Rule",
    "RulePack",
    "Source",
    "add_months",
    "check_pack",
    "has_errors",
    "load",
    "load_default",
]
