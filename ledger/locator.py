"""Which subject an id belongs to, where a command names a record but not its subject.

Follows the log in this process and remembers; nothing is trusted of it: the command is
decided on the subject's own entries, and an id that is not theirs is refused there.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import orjson

from ledger.commands import subject_commands
from ledger.commands.base import Command
from ledger.entry import StoredEntry, StreamId
from ledger.events.exchange import (
    CorrectionAcknowledged,
    EnforcementStatusReceived,
    RecordReceived,
)
from ledger.storage.port import EntryStore


def _creating() -> dict[str, str]:
    """Topic to the field that holds the id an event creates."""
    found: dict[str, str] = {}
    for thing in vars(subject_commands).values():
        if isinstance(thing, type) and issubclass(thing, Command) and thing.names is not None:
            found[thing.event.topic()] = thing.names
    found[RecordReceived.topic()] = "record"
    return found


_TELLING: Final = frozenset({CorrectionAcknowledged.topic(), EnforcementStatusReceived.topic()})
"""Topics that name sanctions which other nodes imposed."""


class Locator:
    """``find(id)`` gives the subject whose stream created the id; of a sanction that only
    another node imposed, the subject whose stream first tells of it.
    """

    def __init__(self, store: EntryStore) -> None:
        self._store = store
        self._creating = _creating()
        self._known: dict[str, UUID] = {}
        self._told: dict[str, UUID] = {}
        self._position = 0

    def find(self, created: str) -> UUID | None:
        """The subject, or None when no entry so far created such an id or told of it."""
        if created not in self._known:
            self._follow()
        return self._known.get(created) or self._told.get(created)

    def _follow(self) -> None:
        size = self._store.size()
        for stored in self._store.scan_kinds(("subject",), self._position, size):
            if stored.topic in _TELLING:
                self._tell(stored)
            name = self._creating.get(stored.topic)
            if name is None:
                continue
            created = orjson.loads(stored.state)["facts"].get(name)
            if isinstance(created, str):
                self._known[created] = StreamId.parse(str(stored.originator_id)).id
        self._position = size

    def _tell(self, stored: StoredEntry) -> None:
        facts = orjson.loads(stored.state)["facts"]
        for status in (*facts.get("statuses", ()), *filter(None, (facts.get("status"),))):
            subject = StreamId.parse(str(stored.originator_id)).id
            self._told.setdefault(status["sanction"], subject)
