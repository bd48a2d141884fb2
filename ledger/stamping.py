"""The node's clock and key as the append path uses them, under the append lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ledger.clock import Clock
from ledger.entry import ENTRY_PAYLOAD_TYPE
from ledger.signing.dsse import sign
from ledger.signing.keys import SigningKey
from ledger.storage.port import PipelinedSigner


class NodeSealing:
    """Implements ``ledger.storage.port.Sealing``."""

    def __init__(
        self, key: SigningKey, clock: Clock, pipeline: PipelinedSigner | None = None
    ) -> None:
        self._key = key
        self._clock = clock
        self._keyid = bytes.fromhex(key.keyid)
        self.pipeline = pipeline

    @property
    def keyid(self) -> bytes:
        return self._keyid

    def recorded_at(self, last: datetime | None, at: datetime | None) -> datetime:
        return self._clock.next_instant(last, at)

    def sign_batch(self, payloads: Sequence[bytes]) -> list[bytes]:
        return [sign(self._key, ENTRY_PAYLOAD_TYPE, payload) for payload in payloads]


class FixedClock:
    """A clock that was read already: facts that name the transaction's own instant fit it."""

    kind: Literal["real", "simulated"] = "simulated"

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def next_instant(self, last: datetime | None, at: datetime | None) -> datetime:
        del last, at
        return self._instant

    def confirm(self) -> None:
        """Nothing to confirm: it was read once."""
