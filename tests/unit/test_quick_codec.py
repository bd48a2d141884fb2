"""Decoding in half the time says what decoding says, and refuses what it refuses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ledger.codec import UnreadableEntry, decode, encode
from ledger.entry import Actor, Entry, PendingEvent, StoredEntry, StreamId, SubmissionRef
from ledger.events.governance import KeyRetired
from ledger.events.records import RecordCollected
from ledger.events.subjects import SubjectOpened
from ledger.quick_codec import QuickDecoder
from ledger.signing.sealing import Sealed

NODE = "xiamen"
BODY = "12350200B000000003"
COMMITMENTS = Sealed({"name": "cd" * 32}, b"details")


def stored(facts: object, submission: SubmissionRef | None = None, seq: int = 2) -> StoredEntry:
    kind = "node" if isinstance(facts, KeyRetired) else "subject"
    stream = StreamId(kind, UUID(int=7))  # type: ignore[arg-type]
    event = PendingEvent(stream.key, seq, facts, Actor(BODY, "staff01"), submission)  # type: ignore[arg-type]
    draft = encode(event, NODE, lambda _: COMMITMENTS)
    prev = b"null" if seq == 1 else b'"' + b"ab" * 32 + b'"'
    state = draft.head + prev + b',"recorded_at":"2026-03-02T01:15:00.000000Z"' + draft.tail
    return StoredEntry(
        originator_id=stream.key,
        originator_version=seq,
        topic=draft.topic,
        state=state,
        index=5,
        recorded_at=datetime(2026, 3, 2, 1, 15, tzinfo=UTC),
        keyid=b"k" * 32,
        signature=b"s" * 64,
    )


def samples() -> Iterator[StoredEntry]:
    yield stored(SubjectOpened(kind="legal_person", scheme="uscc", name="示例"), seq=1)
    collected = RecordCollected(
        record=str(UUID(int=1)),
        item="administrative_penalty",
        tier="general",
        adverse=True,
        supplier=BODY,
        organ=BODY,
        document_number="示例〔2025〕1号",
        decided_on=date(2025, 3, 31),
        held_from=date(2025, 3, 4),
        publicity="public",
        amounts={"fine": "3.5"},
    )
    yield stored(collected, SubmissionRef("ef" * 32, 17))
    yield stored(collected.model_copy(update={"document_number": 'with "quotes" \\ in it'}))
    yield stored(KeyRetired(keyid="ab" * 32, from_=datetime(2026, 3, 2, tzinfo=UTC)))


def told(decoder: object, row: StoredEntry) -> Entry | str:
    try:
        return decoder(row)  # type: ignore[operator,no-any-return]
    except UnreadableEntry as error:
        return str(error.fields)


@pytest.mark.parametrize("row", list(samples()), ids=lambda row: str(row.topic))
def test_the_same_entry_comes_of_it(row: StoredEntry) -> None:
    """Of every kind: with and without a form, with what its form does not match."""
    entry = QuickDecoder(NODE)(row)
    assert entry == decode(row)
    assert repr(entry) == repr(decode(row))
    assert QuickDecoder("another")(row) == entry


@pytest.mark.parametrize("row", list(samples()), ids=lambda row: str(row.topic))
def test_what_decode_refuses_is_refused(row: StoredEntry) -> None:
    """A byte changed, added or left out anywhere: both say the same, entry or reason."""
    quick, chance = QuickDecoder(NODE), random.Random(3)
    for at in range(len(row.state)):
        byte = bytes([chance.choice(b'0a"{}\\, \x00\xff9')])
        before, behind = row.state[:at], row.state[at + 1 :]
        for state in (before + byte + behind, before + byte + row.state[at:], before + behind):
            changed = replace(row, state=state)
            assert told(quick, changed) == told(decode, changed)


def test_a_topic_of_another_type_tells_nothing() -> None:
    """The column says which form is tried, never what the entry is."""
    opened, collected = list(samples())[:2]
    for topic in (opened.topic, collected.topic, "Nothing:1", ""):
        assert QuickDecoder(NODE)(replace(collected, topic=topic)) == decode(collected)
