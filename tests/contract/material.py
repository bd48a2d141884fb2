"""Drafts and sealings for the storage tests: hand-written, with real signatures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from ledger.entry import ENTRY_PAYLOAD_TYPE, StoredDraft, StoredEntry, format_instant
from ledger.signing.dsse import pae
from ledger.storage.port import PipelinedSigner

SEED = bytes(range(32))
START = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def key(number: int, kind: str = "subject") -> str:
    return f"{kind}/{UUID(int=number)}"


def draft(stream: str, seq: int, text: str = "x", details: bytes | None = None) -> StoredDraft:
    """An encoded event of the shape that the append path stamps."""
    kind, _, identifier = stream.partition("/")
    head = {"actor": {"operator": "u1", "organisation": "o1"}, "facts": {"text": text}}
    tail = {
        "schema": 1,
        "sealed": None,
        "seq": seq,
        "stream": {"id": identifier, "kind": kind},
        "submission": None,
        "type": "RecordCollected",
        "v": 1,
    }
    return StoredDraft(
        originator_id=stream,
        originator_version=seq,
        topic="RecordCollected:1",
        state=b"",
        head=_json(head)[:-1] + b',"node":"xiamen","prev":',
        tail=b"," + _json(tail)[1:],
        details=details,
    )


def drafts(first: int, count: int, text: str = "x") -> list[StoredDraft]:
    """``count`` drafts, two for each new stream."""
    return [draft(key(first + n // 2), 1 + n % 2, text) for n in range(count)]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def system_clock(last: datetime | None, at: datetime | None) -> datetime:
    now = datetime.now(UTC)
    return now if last is None else max(now, last + TICK)


class Sealing:
    """Signs with ``SEED``; the clock is a function of (last, at)."""

    def __init__(
        self,
        clock: Callable[[datetime | None, datetime | None], datetime] = system_clock,
        pipeline: PipelinedSigner | None = None,
    ) -> None:
        self.public_key, self._secret_key = crypto_sign_seed_keypair(SEED)
        self.keyid = hashlib.sha256(self.public_key).digest()
        self.pipeline = pipeline
        self._clock = clock
        self.asked: list[tuple[datetime | None, datetime | None]] = []

    def recorded_at(self, last: datetime | None, at: datetime | None) -> datetime:
        self.asked.append((last, at))
        return self._clock(last, at)

    def sign_batch(self, payloads: Sequence[bytes]) -> list[bytes]:
        return [
            crypto_sign(pae(ENTRY_PAYLOAD_TYPE, payload), self._secret_key)[:64]
            for payload in payloads
        ]


class Stepping(Sealing):
    """A clock that stands at ``START`` and moves a microsecond per transaction."""

    def __init__(self) -> None:
        super().__init__(lambda last, at: at or (last + TICK if last else START))


def verifies(entry: StoredEntry, public_key: bytes) -> bool:
    message = pae(ENTRY_PAYLOAD_TYPE, entry.state)
    return bool(crypto_sign_open(entry.signature + message, public_key) == message)


def check_log(entries: Sequence[StoredEntry], public_key: bytes | None = None) -> None:
    """The guarantees of ``ledger.storage.port`` over a whole log, read from index 0."""
    digests: dict[str, str] = {}
    seqs: dict[str, int] = {}
    last = datetime.min.replace(tzinfo=UTC)
    for index, entry in enumerate(entries):
        assert entry.index == index
        header: dict[str, Any] = json.loads(entry.state)
        stream = str(entry.originator_id)
        assert header["stream"] == dict(zip(("kind", "id"), stream.split("/"), strict=True))
        assert header["seq"] == entry.originator_version == seqs.get(stream, 0) + 1
        assert header["prev"] == digests.get(stream)
        assert header["recorded_at"] == format_instant(entry.recorded_at)
        assert entry.recorded_at >= last
        if public_key is not None:
            assert verifies(entry, public_key)
        seqs[stream] = entry.originator_version
        digests[stream] = hashlib.sha256(entry.state).hexdigest()
        last = entry.recorded_at
