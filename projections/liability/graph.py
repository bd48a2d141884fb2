"""The graph of a trail: who supplied, entered, disclosed, told, imposed, enforced, ruled.

An edge runs from who did it to what it was done to; of a record and a notice, to the node
that holds it.
"""

from __future__ import annotations

from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatusReceived,
    NoticeReceived,
    RecordDisclosed,
    RecordReceived,
)
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
from projections.liability.acts import forbids
from projections.liability.model import Edge, Vertex, VertexKind
from projections.liability.steps import manifest_of
from projections.liability.views import Case, Seen


class Graph:
    """Vertices in the order in which the trail first shows them, each edge once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._labels: dict[str, tuple[VertexKind, str]] = {}
        self._steps: dict[str, list[int]] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._notifying: dict[str, str] = {}
        for seen in case.seen:
            self._entry(seen)

    def vertices(self) -> tuple[Vertex, ...]:
        return tuple(
            Vertex(id_, kind, label, tuple(self._steps[id_]))
            for id_, (kind, label) in self._labels.items()
        )

    def edges(self) -> tuple[Edge, ...]:
        return tuple(self._edges.values())

    def _vertex(self, kind: VertexKind, name: str, seen: Seen, label: str = "") -> str:
        id_ = f"{kind}:{name}"
        known = self._labels.get(id_, (kind, name))[1]
        self._labels[id_] = kind, label or known
        steps = self._steps.setdefault(id_, [])
        if seen.position not in steps:
            steps.append(seen.position)
        return id_

    def _edge(self, source: str, kind: str, target: str, seen: Seen) -> None:
        if source != target:
            self._edges.setdefault(
                (source, kind, target), Edge(source, target, kind, seen.position)
            )

    def _entry(self, seen: Seen) -> None:
        facts = seen.entry.facts
        match facts:
            case RecordCollected() | RecordReceived():
                self._record(seen, facts)
            case SanctionImposed():
                self._imposed(seen, facts)
            case CorrectionNotified() | NoticeReceived() | CorrectionAcknowledged():
                self._notice(seen, facts)
            case RecordDisclosed() | DisclosureReceipted():
                here = self._vertex("node", seen.node, seen)
                there = self._vertex("node", facts.recipient, seen)
                pair = (here, there) if isinstance(facts, RecordDisclosed) else (there, here)
                kind = "disclosed" if isinstance(facts, RecordDisclosed) else "acknowledged"
                self._edge(pair[0], kind, pair[1], seen)
                self._vertex("record", facts.record, seen)
            case _:
                self._act(seen)

    def _record(self, seen: Seen, facts: RecordCollected | RecordReceived) -> None:
        held = facts if isinstance(facts, RecordCollected) else facts.collected
        record = self._vertex("record", facts.record, seen, held.document_number)
        node = self._vertex("node", seen.node, seen)
        supplier = self._vertex("supplier", held.supplier, seen)
        self._edge(supplier, "supplied", record, seen)
        manifest = manifest_of(seen)
        if manifest is not None:
            submission = self._vertex("submission", manifest, seen)
            self._edge(supplier, "submitted", submission, seen)
            self._edge(submission, "contains", record, seen)
        if isinstance(facts, RecordReceived):
            sender = self._vertex("node", facts.sender or facts.origin, seen)
            self._edge(sender, "disclosed", node, seen)
            self._operated(seen, node)
            return
        self._edge(record, "entered", node, seen)
        by = seen.entry.actor.organisation
        body = supplier if by == held.supplier else self._vertex("registrar", by, seen)
        self._edge(self._operated(seen, body), "entered", record, seen)

    def _imposed(self, seen: Seen, facts: SanctionImposed) -> None:
        sanction = self._vertex("sanction", facts.sanction, seen, facts.measure)
        initiator = self._vertex("initiator", facts.initiator, seen)
        enforcer = self._vertex("enforcer", facts.enforcer, seen)
        self._edge(initiator, "initiated", sanction, seen)
        self._edge(enforcer, "enforces", sanction, seen)
        self._edge(self._operated(seen, initiator), "entered", sanction, seen)
        self._edge(sanction, "entered", self._vertex("node", seen.node, seen), seen)
        if facts.approved_by is not None:
            approver = self._vertex(
                "approver", f"{facts.initiator}/{facts.approved_by}", seen, facts.approved_by
            )
            self._edge(approver, "approved", sanction, seen)
        for key in facts.records:
            self._edge(sanction, "rests_on", self._vertex("record", key, seen), seen)

    def _notice(
        self, seen: Seen, facts: CorrectionNotified | NoticeReceived | CorrectionAcknowledged
    ) -> None:
        notice = self._vertex("notice", facts.notice, seen)
        node = self._vertex("node", seen.node, seen)
        record = self._vertex("record", facts.record, seen)
        if isinstance(facts, CorrectionAcknowledged):
            name = f"{facts.notice}/{facts.recipient}"
            acknowledgement = self._vertex("acknowledgement", name, seen)
            recipient = self._vertex("node", facts.recipient, seen)
            self._edge(recipient, "acknowledged", acknowledgement, seen)
            self._edge(acknowledgement, "about", notice, seen)
            self._edge(acknowledgement, "entered", node, seen)
        elif isinstance(facts, CorrectionNotified):
            self._edge(node, "notified", notice, seen)
            self._edge(notice, "about", record, seen)
            if facts.relays is not None:
                self._edge(notice, "about", self._vertex("notice", facts.relays, seen), seen)
        else:
            sender = self._vertex("node", facts.sender or facts.origin, seen)
            self._edge(sender, "notified", notice, seen)
            self._edge(notice, "about", record, seen)
            self._edge(notice, "entered", node, seen)
            if seen.node == self._case.node and forbids(facts):
                self._notifying[str(seen.at)] = notice
        self._operated(seen, node)

    def _act(self, seen: Seen) -> None:
        facts, by = seen.entry.facts, seen.entry.actor.organisation
        sanction = f"sanction:{self._case.sanction}"
        match facts:
            case EnforcementReported():
                body = self._vertex("enforcer", facts.enforcer, seen)
                self._edge(body, "reported", sanction, seen)
            case SanctionRuledWrongful() | RulingReversed():
                body = self._vertex("reviewer", by, seen)
                kind = "ruled" if isinstance(facts, SanctionRuledWrongful) else "reversed"
                self._edge(body, kind, sanction, seen)
            case SanctionSuspended() | SanctionLifted() | SanctionResumed():
                self._changed(seen, sanction)
                return
            case EnforcementStatusReceived() | CorrectionGivenUp():
                body = self._vertex("node", seen.node, seen)
            case RestitutionMade():
                body = self._body(seen)
                self._edge(body, "restored", sanction, seen)
            case ObjectionAnswered():
                body = self._vertex("supplier", facts.supplier, seen)
            case ObjectionDecided() | RepairDecided():
                body = self._vertex("reviewer", facts.reviewer, seen)
            case (
                NoticeServed()
                | ObjectionFiled()
                | RecordCorrected()
                | RecordWithdrawn()
                | RecordMended()
            ):
                body = self._body(seen)
                kind = _DONE[type(facts)]
                self._edge(body, kind, self._vertex("record", facts.record, seen), seen)
            case _:
                body = self._body(seen)
        self._operated(seen, body)

    def _changed(self, seen: Seen, sanction: str) -> None:
        """What a received notice did to the sanction in the same transaction."""
        kind = {"SanctionSuspended": "suspended", "SanctionLifted": "lifted"}
        self._vertex("sanction", self._case.sanction, seen)
        notice = self._notifying.get(str(seen.at))
        done = kind.get(seen.entry.type)
        if notice is not None and done is not None:
            self._edge(notice, done, sanction, seen)

    def _body(self, seen: Seen) -> str:
        """The organisation that entered it, as what it is in this trail."""
        by = seen.entry.actor.organisation
        kinds: tuple[VertexKind, ...] = ("supplier", "initiator", "enforcer", "reviewer")
        for kind in kinds:
            if f"{kind}:{by}" in self._labels:
                return self._vertex(kind, by, seen)
        if by == seen.node:
            return self._vertex("node", by, seen)
        return self._vertex("registrar", by, seen)

    def _operated(self, seen: Seen, body: str) -> str:
        actor = seen.entry.actor
        name = f"{actor.organisation}/{actor.operator}"
        operator = self._vertex("operator", name, seen, actor.operator)
        self._edge(operator, "acted_for", body, seen)
        return operator


_DONE = {
    NoticeServed: "served",
    ObjectionFiled: "objection_kept",
    RecordCorrected: "corrected",
    RecordWithdrawn: "withdrew",
    RecordMended: "mended",
}
