"""How high an edge runs where it passes a column, between two boxes or where none stands; and
where its words go.

An edge behind a box would seem to come out of it, and a trail is read as evidence. Each takes
the nearest way that no box blocks and, if there is one, no other edge runs on. Pure; the same
places and pairs give the same lanes, in whatever order the pairs come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from projections.liability.layout import Place
from projections.liability.markup import width

SHARED: Final = 5
"""How many lanes further away an edge rather goes than on one that is taken."""

LETTER: Final = 11
LINE: Final = LETTER + 1
"""Of the words on edges, in units of the drawing."""
MOVES: Final = 6
"""How many lines down words may go to be legible; further off nobody would see their edge."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """The words on edges, put down one after the other, none on another while there is room."""

    put_down: list[tuple[float, float, str]] = field(default_factory=list)
    """Middle, base line, word."""

    def put(self, x: float, y: float, lines: Sequence[str]) -> None:
        """These lines below each other, at ``y`` or as little below it as is needed."""
        tried = [self._lines(x, y + move * LINE, lines) for move in range(MOVES + 1)]
        self.put_down.extend(next((each for each in tried if not self._meets(each)), tried[0]))

    def _lines(self, x: float, y: float, lines: Sequence[str]) -> list[tuple[float, float, str]]:
        return [(x, round(y + at * LINE, 1), line) for at, line in enumerate(lines)]

    def _meets(self, words: Sequence[tuple[float, float, str]]) -> bool:
        return any(
            abs(x - other_x) < (width(word) + width(other)) * LETTER / 2
            and abs(y - other_y) < LINE - 1
            for x, y, word in words
            for other_x, other_y, other in self.put_down
        )


def lanes(found: Sequence[Place], pairs: Iterable[Pair]) -> Mapping[Pair, int]:
    """For each pair that passes a column: ``2 r`` is through row r, ``2 r + 1`` below it."""
    at = {place.vertex.id: place for place in found}
    boxes = {(place.column, place.row) for place in found}
    rows = max((place.row for place in found), default=0) + 1
    taken: dict[int, list[range]] = {}
    chosen: dict[Pair, int] = {}
    for pair in sorted(set(pairs), key=lambda pair: (_middle(at, pair), pair)):
        passed = _passed(at, pair)
        if not passed:
            continue
        free = [
            lane
            for lane in range(2 * rows)
            if lane % 2 or not any((column, lane // 2) in boxes for column in passed)
        ]
        wanted = _middle(at, pair)

        def cost(lane: int, passed: range = passed, wanted: int = wanted) -> tuple[int, int]:
            sharing = sum(
                other.start < passed.stop and passed.start < other.stop
                for other in taken.get(lane, ())
            )
            return abs(lane - wanted) + SHARED * sharing, lane

        chosen[pair] = min(free, key=cost)
        taken.setdefault(chosen[pair], []).append(passed)
    return chosen


def _passed(at: Mapping[str, Place], pair: Pair) -> range:
    """The columns between the two."""
    one, other = sorted(at[each].column for each in pair)
    return range(one + 1, other)


def _middle(at: Mapping[str, Place], pair: Pair) -> int:
    """The lane halfway between the two rows."""
    return sum(at[each].row for each in pair)
