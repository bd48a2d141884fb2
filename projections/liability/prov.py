"""A trail as W3C PROV: PROV-JSON that the ``prov`` library writes, and reads again.

Entries are activities; what they made or used (records, submissions, sanctions, notices,
acknowledgements) entities; organisations, nodes and staff ids agents. An activity is
associated with the body and the operator that entered it, and is informed by the entry
before it about the same thing. Deterministic: the same trail gives the same bytes. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from prov.identifier import QualifiedName
from prov.model import ProvDocument, ProvRecord

from ledger.entry import format_instant
from projections.liability.model import Edge, Step, Trail, Vertex

NAMESPACE: Final = "urn:credit-ledger:"

AGENTS: Final = frozenset(
    {"supplier", "operator", "approver", "node", "enforcer", "initiator", "registrar", "reviewer"}
)
"""Kinds of vertices that act; the others are acted upon."""

PERSONS: Final = frozenset({"operator", "approver"})
BODIES: Final = AGENTS - PERSONS - {"node"}

MAKES: Final[Mapping[str, str]] = {
    "RecordCollected": "record",
    "RecordReceived": "record",
    "SanctionImposed": "sanction",
    "CorrectionNotified": "notice",
    "CorrectionAcknowledged": "acknowledgement",
}
"""What kind of entity the entries of a type bring into being; they use all others."""


def to_prov_json(trail: Trail) -> bytes:
    """PROV-JSON, indented, with a final newline."""
    text = document(trail).serialize(format="json", indent=1, ensure_ascii=False)
    assert text is not None
    return text.encode() + b"\n"


def document(trail: Trail) -> ProvDocument:
    """The same as the library's own document."""
    return _Document(trail).made


class _Document:
    def __init__(self, trail: Trail) -> None:
        self.made = ProvDocument()
        self.space = self.made.add_namespace("cl", NAMESPACE)
        self.trail = trail
        self.kinds = {vertex.id: vertex.kind for vertex in trail.vertices}
        for vertex in trail.vertices:
            if vertex.kind not in AGENTS:
                facts = [("prov:label", vertex.label), ("cl:kind", vertex.kind)]
                self.made.entity(self.named(vertex.id), facts)
        for step in trail.steps:
            self._activity(step)
        self._agents()
        self._bodies()
        for vertex in trail.vertices:
            self._shown_by(vertex)
        self._before()
        for edge in trail.edges:
            self._edge(edge)
        self._days()

    def name(self, *parts: object) -> QualifiedName:
        """Letters, digits and ``-_./`` stand for themselves, all else for its bytes."""
        return self.space["/".join(quote(str(part), safe="-_./") for part in parts)]

    def named(self, vertex: str) -> QualifiedName:
        """Of one body there is one agent, whatever it is in this trail."""
        kind, _, rest = vertex.partition(":")
        same = "organisation" if kind in BODIES else "staff" if kind in PERSONS else kind
        return self.name(same, rest)

    def entry(self, step: Step) -> QualifiedName:
        return self.name("entry", step.node, step.index)

    def body(self, code: str) -> QualifiedName:
        return self.name("organisation", code)

    def staff(self, step: Step) -> QualifiedName:
        """A staff id means something with its organisation only."""
        return self.name("staff", step.actor, step.operator)

    def _agents(self) -> None:
        """Each agent once, with all that it is here."""
        found: dict[QualifiedName, list[tuple[str, object]]] = {}
        for vertex in self.trail.vertices:
            if vertex.kind in AGENTS:
                kind = "prov:Person" if vertex.kind in PERSONS else "prov:Organization"
                facts = self._agent(found, self.named(vertex.id), kind, vertex.label)
                facts.append(("cl:kind", vertex.kind))
        for step in self.trail.steps:
            if step.actor:
                self._agent(found, self.body(step.actor), "prov:Organization", step.actor)
                if step.operator:
                    self._agent(found, self.staff(step), "prov:Person", step.operator)
        for name, facts in found.items():
            self.made.agent(name, list(dict.fromkeys(facts)))

    def _agent(
        self,
        found: dict[QualifiedName, list[tuple[str, object]]],
        name: QualifiedName,
        kind: str,
        label: str,
    ) -> list[tuple[str, object]]:
        type_ = self.made.valid_qualified_name(kind)
        return found.setdefault(name, [("prov:type", type_), ("prov:label", label)])

    def _activity(self, step: Step) -> None:
        facts: list[tuple[str, object]] = [
            ("prov:label", step.what),
            ("cl:type", step.type),
            ("cl:node", step.node),
            ("cl:index", step.index),
            ("cl:on", step.on.isoformat()),
        ]
        if step.digest:
            facts.append(("cl:digest", step.digest))
        if step.manifest is not None:
            facts.append(("cl:manifest", step.manifest))
        at = format_instant(step.recorded_at)
        self.made.activity(self.entry(step), at, at, facts)

    def _bodies(self) -> None:
        """Who entered what: bodies, and the staff that acted for them."""
        acted: set[QualifiedName] = set()
        for step in self.trail.steps:
            if not step.actor:
                continue
            self.made.wasAssociatedWith(self.entry(step), self.body(step.actor))
            if step.operator:
                self.made.wasAssociatedWith(self.entry(step), self.staff(step))
                if self.staff(step) not in acted:
                    self.made.actedOnBehalfOf(self.staff(step), self.body(step.actor))
                acted.add(self.staff(step))

    def _shown_by(self, vertex: Vertex) -> None:
        """The first entry that makes an entity of this kind made it; the others used it."""
        made = vertex.kind in AGENTS
        for at in vertex.steps:
            if at >= len(self.trail.steps):
                continue
            step = self.trail.steps[at]
            if vertex.kind in AGENTS:
                self.made.wasAssociatedWith(self.entry(step), self.named(vertex.id))
            elif not made and MAKES.get(step.type) == vertex.kind:
                at_instant = format_instant(step.recorded_at)
                self.made.wasGeneratedBy(self.named(vertex.id), self.entry(step), at_instant)
                made = True
            else:
                self.made.used(self.entry(step), self.named(vertex.id))

    def _before(self) -> None:
        """Each entry is informed by the one before it about the same thing."""
        last: dict[str, Step] = {}
        for step in self.trail.steps:
            before = {self.entry(last[one]): last[one] for one in step.about if one in last}
            for name in sorted(before, key=str):
                self.made.wasInformedBy(self.entry(step), name)
            last |= dict.fromkeys(step.about, step)

    def _edge(self, edge: Edge) -> None:
        if edge.source not in self.kinds or edge.target not in self.kinds:
            return
        one, other = self.named(edge.source), self.named(edge.target)
        kinds = self.kinds[edge.source], self.kinds[edge.target]
        said = {"cl:kind": edge.kind}
        relation: ProvRecord
        if AGENTS.issuperset(kinds):
            if kinds[1] in PERSONS:
                one, other = other, one
            if PERSONS.isdisjoint(kinds):
                relation = self.made.wasInfluencedBy(other, one, other_attributes=said)
            else:
                relation = self.made.actedOnBehalfOf(one, other, other_attributes=said)
        elif AGENTS.isdisjoint(kinds):
            relation = self.made.wasDerivedFrom(one, other, other_attributes=said)
        else:
            acted, actor = (other, one) if kinds[0] in AGENTS else (one, other)
            relation = self.made.wasAttributedTo(acted, actor, other_attributes=said)
        if edge.step is not None and edge.step < len(self.trail.steps):
            step = self.trail.steps[edge.step]
            relation.add_attributes({"cl:entry": f"{step.node}/{step.index}"})

    def _days(self) -> None:
        """The table of days, as an entity derived from the sanction."""
        table = self.name("days", self.trail.sanction)
        self.made.entity(table, {"cl:kind": "days", "cl:total": self.trail.days.total})
        for each in self.trail.days.parties:
            share = self.name("days", self.trail.sanction, each.role, each.party)
            spans = [f"{since}/{until}" for since, until in each.spans]
            facts: list[tuple[str, object]] = [
                ("cl:kind", "share"),
                ("cl:party", each.party),
                ("cl:role", each.role),
                ("cl:days", each.days),
                *(("cl:span", span) for span in spans),
            ]
            self.made.entity(share, facts)
            self.made.hadMember(table, share)
