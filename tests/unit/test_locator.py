"""Which subject an id belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ledger.codec import encode
from ledger.entry import Actor, PendingEvent, StoredEntry
from ledger.events.exchange import RecordReceived
from ledger.locator import Locator
from ledger.storage.port import EntryStore
from tests.unit.log.test_erasures import received
from tests.unit.projections.made import R1, R2
from tests.unit.subject.made import SUBJECT


class OneEntry:
    """A store of one received record."""

    def size(self) -> int:
        return 1

    def scan_kinds(self, kinds: tuple[str, ...], start: int, stop: int) -> Iterator[StoredEntry]:
        assert (kinds, start, stop) == (("subject",), 0, 1)
        entry = received()
        pending = PendingEvent(entry.originator_id, 1, entry.facts, Actor("NODE", "op"))
        draft = encode(pending, "xiamen", _nothing)
        at = b'null,"recorded_at":"2026-03-10T00:00:00.000000Z"'
        yield StoredEntry(
            originator_id=entry.originator_id,
            originator_version=1,
            topic=RecordReceived.topic(),
            state=draft.head + at + draft.tail,
        )


def _nothing(_: Any) -> Any:
    raise AssertionError("there is nothing to seal")


def test_a_received_record_is_found_by_its_id() -> None:
    """As one collected here: commands name the record alone."""
    locator = Locator(cast("EntryStore", OneEntry()))
    assert locator.find(R1) == SUBJECT
    locator = Locator(cast("EntryStore", OneEntry()))
    assert locator.find(R2) is None
