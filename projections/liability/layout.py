"""Where the vertices of a trail stand in a drawing: columns by kind, rows by their neighbours.

Deterministic: the same trail gives the same places, whatever the order of its edges. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from projections.liability.model import Edge, Vertex, VertexKind

COLUMNS: Final[Mapping[VertexKind, int]] = {
    "operator": 0,
    "supplier": 0,
    "registrar": 0,
    "submission": 1,
    "node": 1,
    "record": 2,
    "notice": 3,
    "acknowledgement": 3,
    "sanction": 4,
    "enforcer": 5,
    "initiator": 5,
    "approver": 5,
    "reviewer": 5,
}
"""From who supplied to who enforced."""

LAST: Final = max(COLUMNS.values())

SWEEPS: Final = 4
"""Of the barycentre method, left to right and back; a trail has some tens of vertices."""


@dataclass(frozen=True, slots=True)
class Place:
    """Column and row, both from 0; columns that nothing stands in are left out."""

    vertex: Vertex
    column: int
    row: int


def places(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> tuple[Place, ...]:
    """One place for each vertex, by column and row."""
    standing = {vertex.id: COLUMNS[vertex.kind] for vertex in vertices}
    kinds = {vertex.id: vertex.kind for vertex in vertices}
    for edge in edges:  # an operator stands with the body it acted for
        if kinds.get(edge.source) == "operator" and edge.kind == "acted_for":
            body = standing.get(edge.target, 0)
            standing[edge.source] = max(standing[edge.source], body if body == LAST else 0)
    columns = [
        sorted((v for v in vertices if standing[v.id] == number), key=_rank)
        for number in sorted(set(standing.values()))
    ]
    near = _neighbours(vertices, edges)
    for sweep in range(SWEEPS):
        order = columns if sweep % 2 == 0 else columns[::-1]
        rows = _rows(columns)
        for column in order:
            column.sort(key=lambda one: (_centre(one, near, rows), _rank(one)))
            rows |= {vertex.id: row / max(1, len(column)) for row, vertex in enumerate(column)}
    return tuple(
        Place(vertex, number, row)
        for number, column in enumerate(columns)
        for row, vertex in enumerate(column)
    )


def _rank(vertex: Vertex) -> tuple[int, str, str]:
    return (min(vertex.steps, default=1 << 30), vertex.kind, vertex.id)


def _rows(columns: Sequence[Sequence[Vertex]]) -> dict[str, float]:
    return {v.id: row / max(1, len(column)) for column in columns for row, v in enumerate(column)}


def _neighbours(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> dict[str, list[str]]:
    near: dict[str, set[str]] = {vertex.id: set() for vertex in vertices}
    for edge in edges:
        if edge.source in near and edge.target in near and edge.source != edge.target:
            near[edge.source].add(edge.target)
            near[edge.target].add(edge.source)
    return {key: sorted(others) for key, others in near.items()}


def _centre(vertex: Vertex, near: Mapping[str, list[str]], rows: Mapping[str, float]) -> float:
    others = near[vertex.id]
    if not others:
        return rows[vertex.id]
    return round(sum(rows[other] for other in others) / len(others), 6)
