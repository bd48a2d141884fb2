"""From the entries of one subject to its rows in the read models. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.entry import Entry
from projections.models.governance import Governance
from projections.models.rows import Rows

__all__ = ["Governance", "Rows", "derive"]


def derive(component: Sequence[Entry], governance: Governance) -> Rows:
    """The complete rows of one component, on both axes.

    ``component`` are all entries, in log order, of streams that corrected identifiers tie
    together; rows lie under the stream that holds the record or sanction.
    """
    raise NotImplementedError
