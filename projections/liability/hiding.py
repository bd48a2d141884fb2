"""A trail without the records that a reader may not know of. Days and their bearers stay. Pure.

What is left of such a record is a line without id, item, organ and document; its supplier is named
where it bears days. Notices and objections about it, and the submission it came in, go with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from projections.liability.model import Edge, RecordInTrail, Trail, Vertex

WITHHELD: Final = "withheld"
"""The label of a vertex, and with a number its name: how many there are is told."""


def hidden_in(trail: Trail, seen: Collection[str]) -> frozenset[str]:
    """The records that the trail names but the reader may not know of."""
    erased = (
        key for step in trail.steps if step.type == "PersonalDataErased" for key in step.about
    )
    return frozenset({*(each.record for each in trail.records), *erased}.difference(seen))


def without(trail: Trail, hidden: Collection[str], *, is_named: bool) -> Trail:
    """The trail without the ids of ``hidden`` records and of all that is about them alone.

    ``is_named``: the asker gave the sanction, or a record under it that is not hidden; else
    the sanction's id and measure go, too.
    """
    gone = set(hidden) if is_named else {*hidden, trail.sanction}
    for step in trail.steps:
        if trail.sanction not in step.about and not gone.isdisjoint(step.about):
            gone.update(_not_records(trail, step.about))
    names = _names(trail, gone)
    silent = _silent_suppliers(trail, hidden)
    away = {f"supplier:{each}" for each in silent}
    return replace(
        trail,
        sanction=trail.sanction if is_named else "",
        measure=trail.measure if is_named else "",
        records=tuple(
            _bare(each, silent) if each.record in gone else each for each in trail.records
        ),
        rulings=tuple(
            replace(each, faulty_records=_left(each.faulty_records, gone)) for each in trail.rulings
        ),
        spells=tuple(
            replace(each, record="") if each.record in gone else each for each in trail.spells
        ),
        steps=tuple(replace(step, about=_left(step.about, gone)) for step in trail.steps),
        vertices=tuple(_vertex(each, names) for each in trail.vertices if each.id not in away),
        edges=tuple(
            _edge(each, names)
            for each in trail.edges
            if away.isdisjoint((each.source, each.target))
        ),
        knowledge=tuple(
            each for each in trail.knowledge if each.role != "supplier" or each.party not in silent
        ),
        open=tuple(
            replace(
                each,
                about="" if each.about in gone else each.about,
                party=None if each.party in silent else each.party,
            )
            for each in trail.open
        ),
    )


def _left(ids: Collection[str], gone: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in ids if each not in gone)


def _not_records(trail: Trail, about: Collection[str]) -> set[str]:
    """Ids of objections, requests, notices: a step on a record names no other's."""
    return set(about).difference(each.record for each in trail.records)


def _names(trail: Trail, gone: Collection[str]) -> Mapping[str, str]:
    """Vertex to the name that it has instead."""
    holding: dict[str, set[str]] = {}
    for edge in trail.edges:
        if edge.kind == "contains":
            holding.setdefault(edge.source, set()).add(edge.target.partition(":")[2])
    names: dict[str, str] = {}
    for vertex in trail.vertices:
        name = vertex.id.partition(":")[2]
        if vertex.kind == "submission":
            is_gone = holding.get(vertex.id, set()) <= set(gone)
        else:
            is_gone = name.partition("/")[0] in gone
        if is_gone:
            names[vertex.id] = f"{vertex.kind}:{WITHHELD}-{len(names) + 1}"
    return names


def _silent_suppliers(trail: Trail, hidden: Collection[str]) -> frozenset[str]:
    """Suppliers of hidden records only, that bear no day."""
    supplied: dict[str, set[str]] = {}
    for edge in trail.edges:
        if edge.kind == "supplied":
            record = edge.target.partition(":")[2]
            supplied.setdefault(edge.source.partition(":")[2], set()).add(record)
    bearing = {
        party
        for each in trail.days.parties
        for party in each.party.split("+")
        if each.role == "supplier"
    }
    return frozenset(key for key, of in supplied.items() if of <= set(hidden)) - bearing


def _bare(record: RecordInTrail, silent: Collection[str]) -> RecordInTrail:
    supplier = None if record.supplier in silent else record.supplier
    return replace(record, record="", item=None, supplier=supplier, organ=None, document=None)


def _vertex(vertex: Vertex, names: Mapping[str, str]) -> Vertex:
    name = names.get(vertex.id)
    return vertex if name is None else replace(vertex, id=name, label=WITHHELD)


def _edge(edge: Edge, names: Mapping[str, str]) -> Edge:
    return replace(
        edge,
        source=names.get(edge.source, edge.source),
        target=names.get(edge.target, edge.target),
    )
