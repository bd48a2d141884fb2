"""What each party knew, and from which day on.

A node knows what it entered and what it received; a body what it did itself and what its
own node put before it. That a body at the enforcer's node was told is shown by the entry
of the notice there, not by what it says.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    SanctionRuledWrongful,
)
from ledger.events.exchange import CorrectionAcknowledged, NoticeReceived
from ledger.events.records import (
    NoticeServed,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    EnforcementReported,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from projections.liability.acts import OF_NOTICE
from projections.liability.blame import suppliers_of
from projections.liability.model import Knowledge
from projections.liability.steps import what_of
from projections.liability.views import Case, Seen, day_of

SUBJECT = "subject"
"""Stands for the subject itself: who it is, the caller shows or masks."""


def knowledge_of(case: Case) -> tuple[Knowledge, ...]:
    """By day; each party's first knowledge of each thing."""
    suppliers = suppliers_of(case)
    found: dict[tuple[str, str, str, int], Knowledge] = {}
    for seen in case.seen:
        for known in _of(case, suppliers, seen):
            found.setdefault((known.party, known.role, known.what, known.step), known)
    return tuple(sorted(found.values(), key=lambda each: (each.on, each.step)))


def _of(case: Case, suppliers: dict[str, str], seen: Seen) -> Iterator[Knowledge]:
    facts, by = seen.entry.facts, seen.entry.actor.organisation
    what = _what(seen)

    def knows(party: str, role: str) -> Knowledge:
        return Knowledge(party, role, seen.on, what, seen.position)

    yield knows(seen.node, "node")
    if isinstance(facts, NoticeServed):
        yield Knowledge(SUBJECT, "subject", facts.served_on, what, seen.position)
    if isinstance(facts, ObjectionFiled):
        yield Knowledge(by, "registrar", facts.filed_on, what, seen.position)
    if isinstance(facts, ObjectionAnswered):
        yield Knowledge(facts.supplier, "supplier", facts.answered_on, what, seen.position)
    if isinstance(facts, RecordCollected):
        yield knows(facts.supplier, "supplier")
    if isinstance(facts, ObjectionFiled | RecordWithdrawn | RecordCorrected | RecordMended):
        supplier = suppliers.get(facts.record)
        if supplier is not None and seen.node == case.paths[facts.record][0]:
            yield knows(supplier, "supplier")
    if isinstance(facts, SanctionImposed):
        yield knows(facts.initiator, "initiator")
        yield knows(facts.enforcer, "enforcer")
    if isinstance(facts, EnforcementReported):
        yield knows(facts.enforcer, "enforcer")
    if isinstance(facts, ObjectionDecided | RepairDecided):
        yield knows(facts.reviewer, "reviewer")
    if isinstance(facts, SanctionRuledWrongful):
        yield knows(by, "reviewer")
    if seen.node == case.node and _tells_enforcer(seen):
        yield knows(case.facts.enforcer, "enforcer")
    if isinstance(facts, NoticeReceived):
        for hop in facts.hops:
            if hop.node not in case.at_hand:
                on = day_of(hop.received_at)
                yield Knowledge(hop.node, "node", on, what, seen.position)


def _what(seen: Seen) -> str:
    """Of a received notice the act that it tells; of an acknowledgement that the other was told."""
    facts = seen.entry.facts
    if isinstance(facts, NoticeReceived):
        return "record_confirmed" if facts.act == "confirmed" else OF_NOTICE[facts.act]
    if isinstance(facts, CorrectionAcknowledged):
        return "correction_acknowledged"
    return what_of(facts)


def _tells_enforcer(seen: Seen) -> bool:
    return isinstance(
        seen.entry.facts,
        NoticeReceived
        | ObjectionFiled
        | RecordWithdrawn
        | RecordMended
        | SanctionSuspended
        | SanctionResumed
        | SanctionLifted
        | SanctionRuledWrongful,
    )
