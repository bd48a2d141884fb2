"""From the entries of one subject to its rows in the read models. Pure.

The entries are folded one by one, as ``projections.history`` folds those known at a size. After
each, what it can have changed is asked anew for every day there is; what says something else than
before was known until then. So a row's known axis is where the fold said so, and the rows at any
pair of day and size are what ``history`` of the stream that holds them says of that pair.

Entries of a stream that is tied to others by a corrected identifier count for its sanctions from
that entry on, as in a history; the records of the others have rows under their own stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.events.base import Facts
from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import (
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    CommitmentBroken,
    CommitmentKept,
    CommitmentMade,
    EnforcementReported,
    IncentiveEnded,
    IncentiveGranted,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import IdentifierCorrected, SubjectOpened
from projections.models.derivation import At, Derivation
from projections.models.governance import Governance
from projections.models.rows import Rows

__all__ = ["Governance", "NotDerived", "Rows", "derive"]


class NotDerived(LedgerError):
    """``index`` is the leaf index of the entry at which it stopped."""

    code = "not_derived"
    en = "what follows from entry {index} cannot be told: {reason}"
    zh_cn = "无法推导条目 {index} 的后果：{reason}"
    zh_tw = "無法推導條目 {index} 的後果：{reason}"


def derive(component: Sequence[Entry], governance: Governance) -> Rows:
    """The complete rows of one component, on both axes.

    ``component`` are all entries, in log order, of streams that corrected identifiers tie
    together; rows lie under the stream that holds the record or sanction. Raises ``NotDerived``.
    """
    if not component:
        return Rows()
    derivation = Derivation(component, governance, STEPS)
    later = [index for index in governance.points() if index > component[0].index]
    derivation.declare(component[0].index)
    for entry in component:
        while later and later[0] < entry.index:
            derivation.govern(later.pop(0))
        try:
            derivation.enter(entry)
        except NotDerived:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise NotDerived(index=entry.index, reason=reason) from error
    for index in later:
        derivation.govern(index)
    rows = derivation.axis.finish()
    rows.spread()
    return rows


Step = Callable[[Derivation, At], None]
STEPS: Final[dict[type[Facts], Step]] = {
    SubjectOpened: Derivation.opened,
    IdentifierCorrected: Derivation.tied,
    RecordCollected: Derivation.collected,
    RecordReceived: Derivation.received,
    RecordDisclosed: Derivation.disclosed,
    DisclosureReceipted: Derivation.receipted,
    CorrectionNotified: Derivation.notified,
    CorrectionAcknowledged: Derivation.acknowledged,
    EnforcementStatusReceived: Derivation.status_received,
    NoticeReceived: Derivation.on_record,
    RecordCorrected: Derivation.on_record,
    RecordWithdrawn: Derivation.on_record,
    RecordMended: Derivation.on_record,
    RecordPublished: Derivation.on_publication,
    PublicationEnded: Derivation.on_publication,
    ObjectionFiled: Derivation.on_objection,
    ObjectionAnswered: Derivation.on_objection,
    ObjectionDecided: Derivation.on_objection,
    RepairRequested: Derivation.on_repair,
    RepairAccepted: Derivation.on_repair,
    RepairDecided: Derivation.on_repair,
    SanctionImposed: Derivation.imposed,
    SanctionSuspended: Derivation.on_sanction,
    SanctionResumed: Derivation.on_sanction,
    SanctionLifted: Derivation.on_sanction,
    SanctionRuledWrongful: Derivation.on_sanction,
    RulingReversed: Derivation.on_sanction,
    RestitutionMade: Derivation.on_sanction,
    EnforcementReported: Derivation.reported,
    IncentiveGranted: Derivation.granted,
    IncentiveEnded: Derivation.ended,
    CommitmentMade: Derivation.on_commitment,
    CommitmentKept: Derivation.on_commitment,
    CommitmentBroken: Derivation.on_commitment,
}
"""What each type changes; the others change nothing that a row says."""
