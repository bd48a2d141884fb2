"""What is under way between the cities: held until it is delivered, lost or thrown in twice."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.simulation.bodies import CITIES

COPIES = 2
"""Of one message under way at a time; the oldest are lost."""


@dataclass(frozen=True)
class Parcel:
    """The bytes of one message on their way."""

    number: int
    sender: str
    recipient: str
    kind: str
    data: bytes = field(repr=False)
    what: str
    """For a reader of the steps: the beginning of its digest."""
    name: str = ""
    """Its id: what is owed is made anew each time, and is the same message."""

    def __str__(self) -> str:
        return f"#{self.number} {self.kind} {self.what} {self.sender} > {self.recipient}"


@dataclass
class Network:
    """``cut``: the pairs of cities between which nothing gets through."""

    chance: random.Random
    waiting: list[Parcel] = field(default_factory=list)
    ever: list[Parcel] = field(default_factory=list)
    """Everything that was sent, in order; what is thrown in again comes from here."""
    cut: list[frozenset[str]] = field(default_factory=list)
    _known: dict[tuple[str, str, bytes], Parcel] = field(default_factory=dict)

    def post(
        self, sender: str, recipient: str, kind: str, data: bytes, *, what: str, name: str
    ) -> Parcel:
        known = self._known.get((sender, recipient, data))
        if known is None:
            known = Parcel(len(self.ever) + 1, sender, recipient, kind, data, what, name)
            self.ever.append(known)
            self._known[sender, recipient, data] = known
        if known not in self.waiting and recipient in CITIES:
            same = [one for one in self.waiting if one.name == name and one.sender == sender]
            if len(same) >= COPIES:
                self.waiting.remove(same[0])
            self.waiting.append(known)
        return known

    def reachable(self) -> list[Parcel]:
        return [one for one in self.waiting if self.is_open(one.sender, one.recipient)]

    def is_open(self, one: str, other: str) -> bool:
        return frozenset((one, other)) not in self.cut

    def draw(self) -> Parcel | None:
        """One that could arrive now, in any order; it is under way no longer."""
        found = self.reachable()
        if not found:
            return None
        chosen = self.chance.choice(found)
        self.waiting.remove(chosen)
        return chosen

    def again(self) -> Parcel | None:
        """One that was sent before, whatever became of it."""
        found = [
            one
            for one in self.ever
            if one.recipient in CITIES and self.is_open(one.sender, one.recipient)
        ]
        return self.chance.choice(found) if found else None

    def split(self, pairs: list[frozenset[str]]) -> None:
        self.cut = pairs

    def heal(self) -> None:
        self.cut = []
