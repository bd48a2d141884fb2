"""The vocabulary: every event type, its fields, its Chinese term, its version.

``EVENT_TYPES`` maps the topic a store files an event under (``RecordCollected:1``) to
its type. A type is never renamed; a changed shape is a new ``schema_version`` beside
the old one, so that what was signed stays readable.
"""

from __future__ import annotations

from types import ModuleType

from ledger.events import (
    across,
    disputes,
    exchange,
    governance,
    peers,
    records,
    sanctions,
    subjects,
)
from ledger.events.base import Facts

_ROOMS: tuple[ModuleType, ...] = (
    subjects,
    records,
    sanctions,
    disputes,
    exchange,
    across,
    peers,
    governance,
)


def _collect() -> dict[str, type[Facts]]:
    found: dict[str, type[Facts]] = {}
    for room in _ROOMS:
        for thing in vars(room).values():
            if isinstance(thing, type) and issubclass(thing, Facts) and thing is not Facts:
                found[thing.topic()] = thing
    return found


EVENT_TYPES: dict[str, type[Facts]] = _collect()

__all__ = ["EVENT_TYPES", "Facts"]
