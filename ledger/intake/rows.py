"""What becomes of a row: accepted, as typed facts, or rejected, with every finding.

What each row makes anew is a named tuple: that takes less than half the time of a frozen class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ledger.errors import Language
from ledger.identifiers import Scheme, SubjectKind
from ledger.intake.fields import Item
from ledger.intake.reasons import Finding, Reason, first_reason, joined_message
from ledger.intake.table import RawRow


class RowSubject(NamedTuple):
    """Whom the row is about. Identifier and name of a natural person are personal data."""

    scheme: Scheme
    identifier: str
    """In its normal form."""
    kind: SubjectKind
    name: str


class Person(NamedTuple):
    """A third person named in the row (the legal representative): personal data throughout."""

    name: str | None
    scheme: Scheme | None
    identifier: str | None
    """In its normal form; None where the row gives no number."""


class Body(NamedTuple):
    """An organ or data source as the row names it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class LicenceDetails:
    """What only a licence has, as written."""

    title: str | None
    certificate: str | None
    number: str | None
    state: str | None


class AcceptedRow(NamedTuple):
    """A row in order. Text is trimmed and otherwise as written."""

    number: int
    item: Item
    subject: RowSubject
    document_number: str
    decided_on: date
    categories: tuple[str, ...]
    legal_basis: str | None
    fine: str | None
    """万元, as ``parse_amount`` writes it; so is ``confiscated``."""
    confiscated: str | None
    organ: Body
    source: Body
    valid_from: date | None
    valid_until: date | None
    """The last day as the file writes it (有效期至, 处罚有效期); None: none given, or no end."""
    publish_until: date | None
    """公示截止期 as the file writes it; penalties only. Never before the decision."""
    licence: LicenceDetails | None
    representative: Person | None
    registrations: Mapping[str, str]
    """Older numbers of the organisation, by field code."""
    narrative: Mapping[str, str]
    """Free text by field code: to be sealed for natural persons."""
    cells: Mapping[str, str]
    """Cells as given, by field code, without empty ones: what a row commitment covers."""
    digest: bytes
    """16 bytes, equal for rows that say the same. Guessable content: never store it."""

    @property
    def amounts(self) -> dict[str, str]:
        """The amounts that are given, under ``fine`` and ``confiscated``."""
        given = {"fine": self.fine, "confiscated": self.confiscated}
        return {name: amount for name, amount in given.items() if amount is not None}


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be recorded, with everything that was found wrong with it."""

    raw: RawRow
    findings: tuple[Finding, ...]

    @property
    def number(self) -> int:
        return self.raw.number

    @property
    def reason(self) -> Reason:
        return first_reason(self.findings)

    def message(self, language: Language = "zh-CN") -> str:
        return joined_message(self.findings, language)
