"""The verdict on each row of a file. Pure.

Checks go on after the first finding, so that a person mends a row once; the reason is the
first in the order of ``ledger.intake.reasons``. What only the ledger knows, that a document
is recorded with other content, the importer decides: see ``Judge.conflict``.
"""

from __future__ import annotations

from ledger.intake import fields as f
from ledger.intake.examination import Examination
from ledger.intake.reasons import Finding
from ledger.intake.rows import AcceptedRow, RejectedRow
from ledger.intake.standards import Context, Standards
from ledger.intake.table import RawRow
from ledger.intake.template import Template


class Judge:
    """Judges the rows of one file in their order; it remembers them to tell duplicates."""

    def __init__(self, template: Template, context: Context) -> None:
        self.template = template
        self._standards = Standards(template, context)
        self._seen: dict[bytes, int] = {}

    def judge(self, raw: RawRow) -> AcceptedRow | RejectedRow:
        """The verdict. Every row of the file has to be given, once, in the file's order."""
        faults = [fault for fault in raw.faults if fault.column is None]
        if faults:  # cells do not stand in their columns: nothing else can be said
            expected = len(self.template.header)
            return RejectedRow(
                raw,
                tuple(
                    Finding(fault.kind, {"found": fault.found, "expected": expected})
                    for fault in faults
                ),
            )
        return Examination(self._standards, raw, self._seen).verdict()

    def conflict(self, raw: RawRow) -> RejectedRow:
        """The rejection of a row whose document is recorded with other content."""
        column = self._standards.headers[f.DOCUMENT_NUMBER]
        return RejectedRow(raw, (Finding("conflicts_with_recorded", {"column": column}),))
