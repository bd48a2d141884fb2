"""One seed from beginning to end, and what is told of a seed that fails."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.simulation.city import City
from tests.simulation.invariants import after_step, once_healed
from tests.simulation.lasting import (
    Remembered,
    days_add_up,
    once_more_changes_nothing,
    read_models_follow,
)
from tests.simulation.world import World, founded, run_in

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - nothing is kept there
ASKED_EVERY: Final = 25
"""Steps between two questions whose answers must last."""
MODELS_EVERY: Final = 20
"""One seed in so many has its read models followed and made anew: that takes a second."""
TOLD: Final = 60
"""The last steps that are told of a seed that fails."""


@dataclass
class Played:
    """What happened in a run, counted; its logs by their last hash."""

    tally: Counter[str] = field(default_factory=Counter)
    heads: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)


class SeedFailed(AssertionError):
    """An invariant or a node failed; the message is for whoever replays the seed."""


@contextmanager
def memory() -> Iterator[Path]:
    """A folder in memory where the system has one, with the homes as they were founded."""
    place = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="simulation-", dir=place) as folder:
        founded(Path(folder) / "founded")
        yield Path(folder)


def play(folder: Path, seed: int, steps: int | None = None) -> Played:
    """Raises ``SeedFailed``."""
    world = run_in(folder / "founded", folder / f"seed-{seed}", seed)
    try:
        _play(world, steps)
        return _played(world)
    except Exception as error:
        raise SeedFailed(_story(world, error)) from error
    finally:
        world.close()


def _play(world: World, steps: int | None) -> None:
    remembered = Remembered()
    done = 0

    def look(world: World, changed: City | None) -> None:
        nonlocal done
        after_step(world, changed)
        done += 1
        if done % ASKED_EVERY == 0:
            remembered.ask(world)

    world.after_step = look
    world.run() if steps is None else world.run(steps)
    world.heal()
    once_healed(world)
    remembered.require_same(world)
    days_add_up(world)
    once_more_changes_nothing(world)
    if world.seed % MODELS_EVERY == 0:
        read_models_follow(world)


def _played(world: World) -> Played:
    tally = Counter(world.tally)
    heads = {}
    for name, city in world.cities.items():
        for entry in city.entries:
            tally[entry.type] += 1
            act = getattr(entry.facts, "act", None)
            if act is not None:
                tally[f"{entry.type} {act}"] += 1
        head = city.node.store.head()
        assert head is not None
        heads[name] = f"{city.size} {head.recorded_at.isoformat()}"
    return Played(tally, heads, world.steps)


def _story(world: World, error: Exception) -> str:
    steps = "\n  ".join(world.steps[-TOLD:])
    return (
        f"seed {world.seed}: {type(error).__name__}: {error}\n"
        f"  {steps}\n"
        f"replay with: python -m tests.simulation --from {world.seed} --seeds 1 --all-steps"
    )
