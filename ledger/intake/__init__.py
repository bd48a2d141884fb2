"""双公示 files into verdicts: open a table, match its template, judge its rows.

::

    with open_table(path) as table:
        template = match_template(table)
        judge = Judge(template, Context(supplier, today, rules))
        for raw in table.rows():
            verdict = judge.judge(raw)  # AcceptedRow | RejectedRow

Nothing here writes to the ledger; the importer turns accepted rows into commands.
"""

from ledger.intake.fields import LICENCE, PENALTY, Item, Layout
from ledger.intake.files import open_table
from ledger.intake.judge import Judge
from ledger.intake.neutral import neutralised, restored
from ledger.intake.reasons import REASONS, Finding, Reason
from ledger.intake.rejects import CannotWriteRejects, RejectsWriter, default_rejects_path
from ledger.intake.rows import (
    AcceptedRow,
    Body,
    LicenceDetails,
    Person,
    RejectedRow,
    RowSubject,
)
from ledger.intake.standards import Context
from ledger.intake.table import Fault, RawRow, Table
from ledger.intake.template import REJECT_COLUMNS, Template, match_template

__all__ = [
    "LICENCE",
    "PENALTY",
    "REASONS",
    "REJECT_COLUMNS",
    "AcceptedRow",
    "Body",
    "CannotWriteRejects",
    "Context",
    "Fault",
    "Finding",
    "Item",
    "Judge",
    "Layout",
    "LicenceDetails",
    "Person",
    "RawRow",
    "Reason",
    "RejectedRow",
    "RejectsWriter",
    "RowSubject",
    "Table",
    "Template",
    "default_rejects_path",
    "match_template",
    "neutralised",
    "open_table",
    "restored",
]
