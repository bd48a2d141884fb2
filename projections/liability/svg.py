"""The graph of a trail as SVG 1.1: columns from who supplied to who enforced, then the days.

Nothing is fetched and no script runs. Wide 1,000 units, so that at 1,000 px each text is as
large as it says. A reader of a screen is told title, description, and each vertex and edge.
The same trail gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from projections.liability.lanes import Words, lanes
from projections.liability.layout import Place, places
from projections.liability.markup import fitted, text
from projections.liability.model import Edge, Role, Trail
from projections.liability.phrases import EDGES, KINDS, ROLES, Chinese, both, phrase

WIDTH: Final = 1000
MARGIN: Final = 16
TOP: Final = 62
BOX_WIDTH: Final = 134
BOX_HEIGHT: Final = 60
"""Kind, name, and the staff that acted for it."""
ROW: Final = 84
FONT: Final = 12
SMALL: Final = 11
BAR: Final = 22
BARS_FROM: Final = 330
"""Where the bars of the days begin; left of it stand the names."""

FILLS: Final[Mapping[str, str]] = {
    "sanction": "#fde2e2",
    "record": "#e3ecfb",
    "submission": "#eef1f5",
    "supplier": "#fff1d6",
    "node": "#e5f3e8",
    "notice": "#f1e9f8",
    "acknowledgement": "#f1e9f8",
    "enforcer": "#fbe6d8",
}
OTHER_FILL: Final = "#f5f5f5"
ROLE_FILLS: Final[Mapping[Role, str]] = {
    "supplier": "#b7791f",
    "node": "#2f7d4f",
    "enforcer": "#b5432a",
    "registrar": "#5b5ba8",
    "initiator": "#555555",
}

STYLE: Final = (
    "text{font-family:'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',"
    f"sans-serif;font-size:{FONT}px;fill:#1a1a1a}}"
    "text.title{font-size:17px;font-weight:bold}"
    "text.kind{fill:#444}"
    f"text.kind,text.name{{font-size:{SMALL}px}}"
    f"text.entry{{font-size:{SMALL}px;fill:#333;stroke:#fff;stroke-width:3;paint-order:stroke}}"
    "path.edge{fill:none;stroke:#666;stroke-width:1.2}"
    "rect{stroke:#666;stroke-width:1}"
)


def draw(trail: Trail, chinese: Chinese = "zh-CN") -> str:
    """The drawing, a whole SVG document of its own."""
    staff = _staff(trail)
    found = places(
        [vertex for vertex in trail.vertices if vertex.id not in staff],
        [replace(edge, source=staff.get(edge.source, edge.source)) for edge in trail.edges],
    )
    rows = max((place.row for place in found), default=0) + 1
    bars_at = TOP + rows * ROW + 14
    height = bars_at + 40 + BAR * max(1, len(trail.days.parties)) + MARGIN
    lines, words = _edges(trail, found, staff, chinese)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                f'width="{WIDTH}" height="{height}" xml:lang="{chinese}" '
                'role="graphics-document document" '
                'aria-labelledby="trail-title trail-desc">'
            ),
            *_head(trail, chinese),
            *lines,
            *_vertices(trail, found, staff, chinese),
            *words,
            *_bars(trail, bars_at, chinese),
            "</svg>",
            "",
        ]
    )


def _staff(trail: Trail) -> dict[str, str]:
    """Operators that acted for one body: they stand in its box."""
    bodies: dict[str, set[str]] = {}
    kinds = {vertex.id: vertex.kind for vertex in trail.vertices}
    for edge in trail.edges:
        if edge.kind == "acted_for" and kinds.get(edge.source) == "operator":
            bodies.setdefault(edge.source, set()).add(edge.target)
    return {
        operator: body
        for operator, (body, *others) in bodies.items()
        if not others and body in kinds and kinds[body] != "operator"
    }


def _head(trail: Trail, chinese: Chinese) -> Iterator[str]:
    name = {"zh-CN": "惩戒责任链", "zh-TW": "懲戒責任鏈"}[chinese]
    title = f"{name} Liability trail: {trail.measure}"
    total = trail.days.total
    told = "；".join(
        f"{both(ROLES, each.role, chinese)} {each.party}: {each.days}"
        for each in trail.days.parties
    )
    days = {"zh-CN": "错误执行天数", "zh-TW": "錯誤執行天數"}[chinese]
    yield f'<title id="trail-title">{text(title)}</title>'
    yield (
        f'<desc id="trail-desc">{text(trail.sanction)}. {days} wrongful days: {total}. '
        f"{text(told)}</desc>"
    )
    yield f"<style>{STYLE}</style>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>'
    )
    yield f'<rect x="0" y="0" width="{WIDTH}" height="100%" fill="#fff" style="stroke:none"/>'
    yield f'<text class="title" x="{MARGIN}" y="28">{text(title)}</text>'
    period = f"[{trail.starts_on}, {trail.ends_on})"
    yield f'<text x="{MARGIN}" y="47">{text(trail.sanction)} {text(period)}</text>'


def _x(place: Place, columns: int) -> float:
    free = WIDTH - 2 * MARGIN - BOX_WIDTH
    return round(MARGIN + (free * place.column / (columns - 1) if columns > 1 else free / 2), 1)


def _y(place: Place) -> float:
    return TOP + place.row * ROW


def _columns(found: tuple[Place, ...]) -> int:
    return max((place.column for place in found), default=0) + 1


def _vertices(
    trail: Trail, found: tuple[Place, ...], staff: Mapping[str, str], chinese: Chinese
) -> Iterator[str]:
    columns = _columns(found)
    acting: dict[str, list[str]] = {}
    for vertex in trail.vertices:
        if vertex.id in staff:
            acting.setdefault(staff[vertex.id], []).append(vertex.label)
    by = {"zh-CN": "经办", "zh-TW": "承辦"}[chinese]
    for place in found:
        vertex = place.vertex
        x, y = _x(place, columns), _y(place)
        kind = both(KINDS, vertex.kind, chinese)
        shown = ", ".join(
            f"{trail.steps[at].node} {trail.steps[at].index}"
            for at in vertex.steps
            if at < len(trail.steps)
        )
        room = (BOX_WIDTH - 12) / SMALL
        yield f'<g role="img" aria-label="{text(f"{kind}: {vertex.label}")}">'
        names = ", ".join(acting.get(vertex.id, ()))
        full = f"{kind}: {vertex.label}{f' ({by} {names})' if names else ''}"
        yield f"<title>{text(full)}{text(f' [{shown}]' if shown else '')}</title>"
        yield (
            f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5" '
            f'fill="{FILLS.get(vertex.kind, OTHER_FILL)}"/>'
        )
        yield f'<text class="kind" x="{x + 6}" y="{y + 18}">{text(fitted(kind, room))}</text>'
        label = fitted(vertex.label, room)
        yield f'<text class="name" x="{x + 6}" y="{y + 36}">{text(label)}</text>'
        if names:
            line = fitted(f"{by} {names}", room)
            yield f'<text class="kind" x="{x + 6}" y="{y + 53}">{text(line)}</text>'
        yield "</g>"


def _edges(
    trail: Trail, found: tuple[Place, ...], staff: Mapping[str, str], chinese: Chinese
) -> tuple[list[str], list[str]]:
    """One line for each pair, with all that the one did to the other; and the words on them,
    which no box may hide.
    """
    columns = _columns(found)
    at = {place.vertex.id: place for place in found}
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in trail.edges:
        source, target = staff.get(edge.source, edge.source), edge.target
        if source in at and target in at:
            pairs.setdefault((source, target), []).append(edge)
    passing = lanes(found, pairs)
    drawn: list[str] = []
    words_at = Words()
    for (source, target), edges in pairs.items():
        said = "; ".join(
            f"{edge.source} → {edge.target}: {_said(trail, edge, chinese)}" for edge in edges
        )
        if source == target:
            drawn.append(f"<g><title>{text(said)}</title></g>")
            continue
        lane = passing.get((source, target))
        path, x, y = _curve(at[source], at[target], columns, lane)
        drawn.append(
            f"<g><title>{text(said)}</title>"
            f'<path class="edge" d="{path}" marker-end="url(#tip)"/></g>'
        )
        own = [edge for edge in edges if edge.source == source] or edges
        words = dict.fromkeys(phrase(EDGES, edge.kind).message(chinese) for edge in own)
        lines = [fitted(each, 4) for each in words]
        if lane is not None:  # between two rows there is room for one line
            lines = [fitted("、".join(words), BOX_WIDTH / SMALL)]
        words_at.put(x, y, lines)
    written = [
        f'<text class="entry" x="{x}" y="{y}" text-anchor="middle">{text(word)}</text>'
        for x, y, word in words_at.put_down
    ]
    return drawn, written


def _said(trail: Trail, edge: Edge, chinese: Chinese) -> str:
    word = both(EDGES, edge.kind, chinese)
    if edge.step is None or edge.step >= len(trail.steps):
        return word
    step = trail.steps[edge.step]
    return f"{word} [{step.node} {step.index}]"


def _curve(
    source: Place, target: Place, columns: int, lane: int | None
) -> tuple[str, float, float]:
    """A path from box to box, and where its word stands."""
    from_x, from_y = _x(source, columns), _y(source) + BOX_HEIGHT / 2
    to_x, to_y = _x(target, columns), _y(target) + BOX_HEIGHT / 2
    if source.column == target.column:  # beside the column, bent away from it
        side = BOX_WIDTH if source.column < columns - 1 else 0
        bend = 30 if side else -30
        from_x, to_x = from_x + side, to_x + side
        one, other = from_x + bend, to_x + bend
    elif source.column < target.column:
        from_x += BOX_WIDTH
        one = other = (from_x + to_x) / 2
    else:
        to_x += BOX_WIDTH
        one = other = (from_x + to_x) / 2
    if lane is not None:
        return _passing((from_x, from_y), (to_x, to_y), columns, lane)
    path = f"M{from_x:g} {from_y:g}C{one:g} {from_y:g} {other:g} {to_y:g} {to_x:g} {to_y:g}"
    x = (from_x + 3 * one + 3 * other + to_x) / 8
    return path, round(x, 1), round((from_y + to_y) / 2 - 3, 1)


def _passing(
    start: tuple[float, float], end: tuple[float, float], columns: int, lane: int
) -> tuple[str, float, float]:
    """Up or down between the columns, level where others stand, up or down again."""
    (from_x, from_y), (to_x, to_y) = start, end
    row, below = divmod(lane, 2)
    y = TOP + row * ROW + ((BOX_HEIGHT + ROW) / 2 if below else BOX_HEIGHT / 2)
    gutter = (WIDTH - 2 * MARGIN - BOX_WIDTH) / (columns - 1) - BOX_WIDTH
    gutter = gutter if from_x < to_x else -gutter
    near, far = round(from_x + gutter, 1), round(to_x - gutter, 1)
    one, other = round(from_x + gutter / 2, 1), round(to_x - gutter / 2, 1)
    path = (
        f"M{from_x:g} {from_y:g}C{one:g} {from_y:g} {one:g} {y:g} {near:g} {y:g}"
        f"H{far:g}C{other:g} {y:g} {other:g} {to_y:g} {to_x:g} {to_y:g}"
    )
    return path, round((near + far) / 2, 1), round(y + 4, 1)


def _bars(trail: Trail, top: float, chinese: Chinese) -> Iterator[str]:
    """A line for each party, its days on one scale."""
    word = {"zh-CN": "错误执行天数", "zh-TW": "錯誤執行天數"}[chinese]
    yield (
        f'<text x="{MARGIN}" y="{top + 16}" style="font-weight:bold">'
        f"{word} Wrongful days: {trail.days.total}</text>"
    )
    spans = [span for each in trail.days.parties for span in each.spans]
    if not spans:
        return
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    yield (f'<text x="{WIDTH - MARGIN}" y="{top + 16}" text-anchor="end">[{first}, {last})</text>')
    room = (BARS_FROM - MARGIN - 10) / FONT
    for row, each in enumerate(trail.days.parties):
        y = top + 28 + row * BAR
        name = f"{both(ROLES, each.role, chinese)} {each.party}: {each.days}"
        yield f"<g><title>{text(name)}</title>"
        yield f'<text x="{MARGIN}" y="{y + 14}">{text(fitted(name, room))}</text>'
        for since, until in each.spans:
            x, wide = _scaled(since, until, first, last)
            yield (
                f'<rect x="{x}" y="{y + 2}" width="{wide}" height="{BAR - 6}" '
                f'fill="{ROLE_FILLS[each.role]}"/>'
            )
        yield "</g>"


def _scaled(since: date, until: date, first: date, last: date) -> tuple[float, float]:
    scale = (WIDTH - MARGIN - BARS_FROM) / max(1, (last - first).days)
    x = BARS_FROM + (since - first).days * scale
    return round(x, 1), round((until - since).days * scale, 1)
