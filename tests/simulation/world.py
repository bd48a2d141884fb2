"""A run: four cities, a network that keeps nothing it promised, and a scheduler with a seed.

The same seed leads to the same steps and the same logs. Until ``heal`` anything may happen in
any order: acts of people, messages that come late, twice, never or in another order, cities cut
off from each other, nodes stopped in the middle of what they do, keys rotated, lists adopted by
one city and not yet by another, lists that expire. ``heal`` ends all partitions, has every list
adopted, and exchanges what is owed until nothing is owed any more.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

from ledger.errors import Refusal, UnusableInput
from ledger.exchange.trust_list import TrustList
from ledger.exchanging import Outgoing, Received
from ledger.home import Home
from tests.simulation.acts import Acts, Idle
from tests.simulation.bodies import CITIES, REGIONS, admit
from tests.simulation.city import City, opened_city
from tests.simulation.governance import next_list
from tests.simulation.homes import POINTS, START, Sources, Stopped, copied, found, opened
from tests.simulation.network import Network, Parcel

STEPS: Final = 60
MAX_ROUNDS: Final = 14
"""Of healing; a chain of four cities needs one round for each hop there and back."""
LONG: Final = timedelta(days=300)


class Violated(AssertionError):
    """An invariant does not hold; the message says which, where, and what was found."""


def founded(folder: Path) -> Path:
    """The homes of all cities as they are at the beginning of every run."""
    sources = Sources(random.Random("founding"))
    for name in CITIES:
        home = Home(folder / name)
        home.path.mkdir(parents=True)
        found(home, name, REGIONS[name], sources)
        node = opened(home, sources)
        admit(node)
        node.drop()
    return folder


@dataclass
class World:
    """One run."""

    seed: int
    folder: Path
    steps: list[str] = field(default_factory=list)
    after_step: Callable[[World, City | None], None] = lambda world, city: None
    """Told after every step which city may have changed; None: any."""
    cities: dict[str, City] = field(init=False)
    network: Network = field(init=False)
    lists: list[TrustList] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    """What was still owed when nothing changed any more."""
    replies: dict[tuple[str, bytes], tuple[bytes, ...]] = field(default_factory=dict)
    """By recipient and message: the payloads that answered it when it was taken in."""
    tally: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.sources = Sources(random.Random(f"sources {self.seed}"))
        self.network = Network(self.chance)
        self.acts = Acts(self.chance)
        self.cities = {
            name: opened_city(
                name, self.folder, self.sources, timedelta(seconds=self.chance.randint(-2, 2))
            )
            for name in CITIES
        }
        self.sources.now = START + timedelta(hours=1)
        life = self.chance.choice((timedelta(days=8), LONG, LONG))
        self.lists = [next_list(self._described(), self.sources, None, life)]
        for city in self.cities.values():
            city.adopt(self.lists[-1])

    def _described(self) -> list:  # type: ignore[type-arg]
        return [city.described() for city in self.cities.values()]

    def close(self) -> None:
        for city in self.cities.values():
            city.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- steps -------------------------------------------------------------------------

    def note(self, text: str, kind: str | None = None) -> None:
        self.steps.append(f"{self.sources.now:%m-%d %H:%M} {text}")
        if kind is not None:
            self.tally[kind] = self.tally.get(kind, 0) + 1

    def run(self, steps: int = STEPS) -> None:
        """Everything before the healing."""
        for city in self.chance.choices([*self.cities.values()], k=3):
            self.note(f"{city.name}: collect {self.acts.collect(city)}")
            for _ in range(2):
                with suppress(Refusal):
                    self.note(f"{city.name}: disclose {self.acts.disclose(city)}")
        for _ in range(steps):
            self.sources.pass_by(timedelta(minutes=self.chance.choice((1, 40, 300, 900))))
            changed = self._step()
            self.after_step(self, changed)

    def _step(self) -> City | None:
        city = self.cities[self.chance.choice(CITIES)]
        number = self.chance.random()
        if number < 0.40:
            self._act(city)
        elif number < 0.90:
            if number < 0.52 or not self.network.reachable():
                self._post(city)
            else:
                return self._deliver()
        elif number < 0.94:
            return self._throw_in()
        elif number < 0.97:
            self._cut()
        elif number < 0.985 and city.node.trust_list() != self.lists[-1]:
            self._adopt(city)
        elif number < 0.99 or self.lists[-1].trust.has_expired(self.sources.now):
            self._govern(city)
        else:
            self._act(city)
        return city

    def _maybe_stop(self, city: City) -> None:
        if self.chance.random() < 0.08:
            city.stop_at(self.chance.choice(POINTS))

    def _act(self, city: City) -> None:
        self._maybe_stop(city)
        try:
            self.note(f"{city.name}: {self.acts.draw(city)}", "act")
        except Idle:
            city.stop_at(None)
        except Stopped as stopped:
            self.note(f"{city.name}: stopped {stopped.point} in an act", "stop")
        except (Refusal, UnusableInput) as refused:
            self.note(f"{city.name}: refused, {refused.code}", "refused act")

    def _post(self, city: City) -> list[Parcel]:
        """All that a city owes is on its way."""
        return [self._send(city, one) for one in city.outbox()]

    def _send(self, city: City, one: Outgoing) -> Parcel:
        to = one.recipient or "nobody"
        parcel = self.network.post(
            city.name, to, one.kind, one.data, what=one.digest[:8], name=one.id
        )
        self.note(f"sent {parcel}", f"sent {one.kind}")
        return parcel

    def _deliver(self) -> City | None:
        parcel = self.network.draw()
        if parcel is None:
            return None
        number = self.chance.random()
        if number < 0.12:
            self.note(f"lost {parcel}", "lost")
            return None
        if number < 0.24:
            self.network.waiting.append(parcel)
        return self.hand_over(parcel)

    def _throw_in(self) -> City | None:
        parcel = self.network.again()
        return None if parcel is None else self.hand_over(parcel)

    def hand_over(self, parcel: Parcel, *, safe: bool = False) -> City:
        city = self.cities[parcel.recipient]
        if not safe:
            self._maybe_stop(city)
        try:
            received = city.receive(parcel.data)
        except Stopped as stopped:
            self.note(f"stopped {stopped.point} at {parcel}", "stop")
            return city
        self.note(f"{_told(received)}: {parcel}", received.verdict)
        self._remember(city, parcel, received)
        for reply in received.replies:
            self._send(city, reply)
        return city

    def _remember(self, city: City, parcel: Parcel, received: Received) -> None:
        """The same message is answered in the same words, whenever it comes."""
        if received.verdict not in {"accepted", "duplicate"}:
            return
        said = tuple(_words(one) for one in received.replies)
        known = self.replies.setdefault((city.name, parcel.data), said)
        if known != said:
            raise Violated(f"{city.name} answers {parcel} in other words than before")

    def _cut(self) -> None:
        pairs = [frozenset(pair) for pair in combinations(CITIES, 2)]
        chosen = self.chance.sample(pairs, self.chance.choice((0, 1, 2, 3, 5)))
        self.network.split(chosen)
        self.note("cut: " + (", ".join("-".join(sorted(one)) for one in chosen) or "nothing"))

    # -- trust -------------------------------------------------------------------------

    def _adopt(self, city: City) -> None:
        try:
            city.adopt(self.lists[-1])
            self.note(f"{city.name}: adopts list {self.lists[-1].version}", "adopted")
        except (Refusal, UnusableInput) as refused:
            self.note(f"{city.name}: refused, {refused.code}")

    def _govern(self, city: City) -> None:
        """A key is rotated, or the list is about to run out; there is a new list."""
        if self.chance.random() < 0.6:
            city.rotate()
            self.note(f"{city.name}: rotates its key", "rotated")
            self.sources.pass_by(timedelta(seconds=10))
        self.new_list(self.chance.choice((timedelta(days=8), LONG, LONG)))

    def new_list(self, life: timedelta) -> None:
        self.lists.append(next_list(self._described(), self.sources, self.lists[-1], life))
        self.note(f"list {self.lists[-1].version} is made")

    # -- healing -----------------------------------------------------------------------

    def heal(self) -> None:
        """Ends when a round changes nothing; what is owed even then is in ``owed``.

        Raises ``Violated`` where the rounds do not come to an end.
        """
        self.network.heal()
        self.note("healed")
        self.new_list(LONG)
        self.sources.pass_by(timedelta(minutes=5))
        for city in self.cities.values():
            self._adopt(city)
            self._erase_again(city)
        for _ in range(MAX_ROUNDS):
            self.sources.pass_by(timedelta(hours=1))
            if self._round():
                return
        raise Violated("healing does not end: " + "; ".join(self.owed))

    def _erase_again(self, city: City) -> None:
        """As the audit tells whoever was stopped while erasing."""
        for records in city.unfinished:
            self.acts.release_all(city)  # a hold may have been placed meanwhile
            self.acts.erase_records(city, records)

    def _round(self) -> bool:
        """Whether it was quiet: nothing was owed but what was answered by nothing new."""
        before = {name: city.size for name, city in self.cities.items()}
        self.owed = [str(parcel) for city in self.cities.values() for parcel in self._post(city)]
        while (parcel := self.network.draw()) is not None:
            self.after_step(self, self.hand_over(parcel, safe=True))
        grown = [
            entry
            for name, city in self.cities.items()
            for entry in city.entries[before[name] :]
            if entry.type != "HeadsCommitted"
        ]
        return not grown


def run_in(template: Path, folder: Path, seed: int) -> World:
    """A world of its own for this seed, in ``folder``."""
    copied(template, folder)
    return World(seed, folder)


def _words(reply: Outgoing) -> bytes:
    """All that it says, but for its date: that is never before the key in use was introduced."""
    return repr(reply.message.model_copy(update={"issued_at": None})).encode()


def _told(received: Received) -> str:
    reason = "" if received.reason is None else f" ({received.reason}: {received.why})"
    effects = "".join(f" {one['effect']}" for one in received.effects)
    return f"{received.verdict}{reason}{effects}"
