"""What of a trail a reader may see. It masks, says so, and never changes a day. Pure.

Days, bodies and the order of acts are given to anyone: they are what an authority answers for.
Whom it is about, who of the staff acted, documents, and digests (from which a guessed subject
could be confirmed) are for registered readers. Records that ``history`` would not show this
reader are withheld with all that names them (``projections.liability.hiding``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from ledger.entry import Entry
from ledger.organisations.node_keys import NONE_KNOWN, Compromises
from projections.history import folded
from projections.liability.hiding import hidden_in, without
from projections.liability.model import Edge, Trail
from projections.liability.prov import PERSONS
from projections.reader import Public, Reader, retention_ended, seen_records

Why = Literal["needs_operator", "government_sharing_only", "retention_ended"]

HIDDEN: Final = ("subject", "operators", "documents", "digests")
"""What is withheld, in this order, whatever the reason."""


@dataclass(frozen=True, slots=True)
class SeenTrail:
    """A trail for one reader; ``why`` is None where it is whole."""

    trail: Trail
    subject: str | None
    why: Why | None
    hides_records: bool = False

    @property
    def masked(self) -> tuple[str, ...]:
        """What is withheld, for ``why``."""
        if self.why is None:
            return ()
        return (*HIDDEN, "records") if self.hides_records else HIDDEN


def seen(
    trail: Trail,
    entries: Sequence[Entry],
    reader: Reader,
    *,
    record: str | None = None,
    compromises: Compromises = NONE_KNOWN,
) -> SeenTrail:
    """``entries`` are all that the log holds today of the sanction's subject.

    ``record`` is the one by which it was asked for, None where the sanction was named. Of a
    record that is hidden nothing is told that leads to its subject, so that no sanction on
    it is named, nor another record under it.
    """
    why = _why(trail, entries, reader)
    hidden: frozenset[str] = frozenset()
    is_named = True
    if isinstance(reader, Public) or not reader.sees_government:
        known = seen_records(entries, UUID(trail.subject), reader, compromises)
        is_named = record is None or record in known
        hidden = hidden_in(trail, known if is_named else ())
    if hidden and why is None:
        why = "government_sharing_only"
    if why is None:
        return SeenTrail(trail, trail.subject, None)
    bare = _bare(trail)
    if not hidden:
        return SeenTrail(bare, None, why)
    return SeenTrail(without(bare, hidden, is_named=is_named), None, why, hides_records=True)


def _why(trail: Trail, entries: Sequence[Entry], reader: Reader) -> Why | None:
    if isinstance(reader, Public):
        return "needs_operator"
    _, current = folded(entries, UUID(trail.subject))
    under = {each.record for each in trail.records}
    held = under & current.records.keys()
    if not reader.sees_government and any(
        current.records[key].facts.publicity == "government" for key in held
    ):
        return "government_sharing_only"
    if any(retention_ended(current, key, reader.today) for key in held):
        return "retention_ended"
    return None


def _bare(trail: Trail) -> Trail:
    gone = {vertex.id for vertex in trail.vertices if vertex.kind in PERSONS}
    return replace(
        trail,
        subject="",
        approved_by=None,
        records=tuple(replace(each, document=None) for each in trail.records),
        steps=tuple(replace(step, digest="", operator="", manifest=None) for step in trail.steps),
        vertices=tuple(
            replace(vertex, label=vertex.id.partition(":")[2])
            if vertex.kind == "record"
            else vertex
            for vertex in trail.vertices
            if vertex.id not in gone
        ),
        edges=tuple(edge for edge in trail.edges if not _touches(edge, gone)),
    )


def _touches(edge: Edge, gone: set[str]) -> bool:
    return edge.source in gone or edge.target in gone
