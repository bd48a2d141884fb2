"""The node's clock and key as the append path uses them, under the append lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
