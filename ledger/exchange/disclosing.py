"""What a bundle discloses of sealed fields and rows, held against the commitments. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.errors import LedgerError
from ledger.exchange.forms import Bundle, DisclosedRow
from ledger.exchange.holdings import Holdings
from ledger.exchange.judged import DisclosedField
from ledger.exchange.refuted import MessageRefuted
from ledger.log.verdict import Reason
from ledger.signing.sealing import check_commitment
from ledger.signing.submission import Manifest, row_matches

Disclosures = dict[tuple[str, int], dict[str, DisclosedField]]
"""By node and leaf index, then by field."""


def disclosures(bundle: Bundle, holdings: Mapping[str, Holdings]) -> Disclosures:
    """What is disclosed, held against the commitments. Raises ``MessageRefuted``."""
    found: Disclosures = {}
    for one in bundle.disclosed:
        shown = holdings.get(one.node)
        entry = None if shown is None else shown.section.by_index.get(one.index)
        committed = None if entry is None else (entry.entry.sealed or {}).get(one.field)
        fields = found.setdefault((one.node, one.index), {})
        try:
            matches = committed is not None and check_commitment(
                one.field, one.value, one.salt, committed
            )
        except LedgerError:
            matches = False
        if not matches or one.field in fields:
            raise disclosure_fails(one.node, one.index, one.field)
        fields[one.field] = DisclosedField(one.value, one.salt)
    return found


def matches_row(manifest: Manifest, number: int, row: DisclosedRow) -> bool:
    try:
        return row_matches(manifest, number, row.salt, row.cells)
    except LedgerError:
        return False


def text_of(told: Mapping[str, DisclosedField], name: str) -> str | None:
    value = told[name].value if name in told else None
    return value if isinstance(value, str) else None


def disclosure_fails(_: str, index: int, name: str) -> MessageRefuted:
    return MessageRefuted(Reason.DISCLOSURE_FAILS, field=name, index=index)
