"""What was answered once stays so: as-known answers, receipts, read models, days of liability."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from api.asking import tied_entries
from api.liability import digests_of, kept_for
from ledger.entry import Entry
from projections.history import history, tied
from projections.liability.model import Trail
from projections.liability.partners import partners_of
from projections.liability.trail import trail
from projections.liability.views import NodeView, sanctions_in
from projections.models.derive import derive
from projections.models.following import Log
from projections.models.place import Place
from projections.models.rebuild import rebuild
from projections.models.runner import catch_up
from projections.models.store import ReadModels
from tests.contract.recorded import dumped
from tests.simulation.city import City
from tests.simulation.invariants import open_at
from tests.simulation.world import Violated, World

# -- as-known answers --------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A question as known at a tree size."""

    city: str
    subject: UUID
    size: int
    valid_at: date


@dataclass
class Remembered:
    """Answers that were given in the course of a run."""

    given: dict[Asked, str] = field(default_factory=dict)

    def ask(self, world: World) -> None:
        for city in world.chance.sample([*world.cities.values()], 2):
            for key in city.subjects:
                asked = Asked(city.name, UUID(key.split("/")[1]), city.size, city.today)
                if asked not in self.given:
                    self.given[asked] = answered(city, asked)

    def require_same(self, world: World) -> None:
        for asked, before in self.given.items():
            if answered(world.cities[asked.city], asked) != before:
                raise Violated(f"the answer to {asked} is another than it was")


def known_entries(city: City, subject: UUID, size: int) -> tuple[Entry, ...]:
    known = [one for one in tied_entries(city.node, subject) if one.index < size]
    reach = tied(known, subject)
    return tuple(one for one in known if one.stream.id in reach)


def answered(city: City, asked: Asked) -> str:
    """The history and all trails of a subject, in full."""
    own = known_entries(city, asked.subject, asked.size)
    told = history(own, asked.subject, valid_at=asked.valid_at)
    trails = trails_of(city, own, asked.size, asked.valid_at)
    return repr((told, sorted(trails.items())))


def trails_of(city: City, own: tuple[Entry, ...], size: int, day: date) -> dict[str, Trail]:
    """As the node tells them: of its own entries, and of those that partners attached."""
    partners = partners_of(city.name, own, kept_for(city.node, own))
    views = (NodeView(city.name, own), *partners.views)
    digests = {(city.name, k): v for k, v in digests_of(city.node, own, size).items()}
    known = digests | {**partners.digests}
    return {
        key: trail(views, key, day, digests=known) for one in views for key in sanctions_in([one])
    }


# -- days --------------------------------------------------------------------------------


def days_add_up(world: World) -> None:
    """The days of each ruled sanction add up; where all notices on its records have closed, its
    own city and the origin of the records tell the same as all four logs put together.
    """
    for city in world.cities.values():
        listed = {
            record
            for one in world.cities.values()
            for record, _ in open_at(one)
        }  # fmt: skip
        for key in city.subjects:
            subject = UUID(key.split("/")[1])
            own = known_entries(city, subject, city.size)
            for sanction, told in trails_of(city, own, city.size, city.today).items():
                _require_sums(city, told)
                records = {one.record for one in told.records}
                if told.rulings and not records & listed and _is_concerned(city, told):
                    _require_equal(world, city, sanction, told)


def _require_sums(city: City, told: Trail) -> None:
    if told.days.total != sum(one.days for one in told.days.parties):
        raise Violated(f"{city.name}: the days of {told.sanction} do not add up")


def _is_concerned(city: City, told: Trail) -> bool:
    """It collected what the sanction rests on."""
    homes = {entry.facts.record for entry in city.entries if entry.type == "RecordCollected"}  # type: ignore[attr-defined]
    return all(one.record in homes for one in told.records)


def _require_equal(world: World, city: City, sanction: str, told: Trail) -> None:
    views = tuple(
        NodeView(one.name, tuple(e for e in one.entries if e.stream.kind == "subject"))
        for one in world.cities.values()
    )
    whole = trail(views, sanction, city.today)
    mine, all_ = _days(told), _days(whole)
    if mine != all_:
        raise Violated(f"{city.name} tells {mine} of {sanction}, all logs together {all_}")


def _days(told: Trail) -> object:
    return told.days.total, [(one.party, one.role, one.spans) for one in told.days.parties]


# -- once more ---------------------------------------------------------------------------


ONCE_MORE = 20
"""Of the messages of a run, each as likely as another."""


def once_more_changes_nothing(world: World) -> None:
    """Messages that were taken in, received again: nothing is entered, and they are answered
    in the same words (``World.replies`` holds them to that).
    """
    taken = [one for one in world.network.ever if (one.recipient, one.data) in world.replies]
    for parcel in world.chance.sample(taken, min(ONCE_MORE, len(taken))):
        city = world.cities[parcel.recipient]
        before = city.size
        world.hand_over(parcel, safe=True)
        if city.size != before:
            added = [entry.type for entry in city.entries[before:]]
            raise Violated(f"{city.name} entered {added} for {parcel}, which it had before")


# -- read models -------------------------------------------------------------------------


def read_models_follow(world: World) -> None:
    """Rows that followed the log in pieces are those of a rebuild."""
    for city in world.cities.values():
        log = Log(city.node.store, city.node.founder)
        with ReadModels(_place(city, "followed")) as models:
            for size in (city.size // 3, city.size // 2, city.size):
                log.size = lambda size=size: size  # type: ignore[method-assign,misc]
                catch_up(log, models, derive, batch=7)
            followed = dumped(models)
        with ReadModels(_place(city, "anew")) as models:
            rebuild(Log(city.node.store, city.node.founder), models, derive)
            anew = dumped(models)
        if followed != anew:
            tables = [name for name in anew if anew[name] != followed[name]]
            raise Violated(f"{city.name}: the read models differ from a rebuild in {tables}")


def _place(city: City, name: str) -> Place:
    return replace(Place(city.name), file=city.home.path / f"{name}.sqlite")
