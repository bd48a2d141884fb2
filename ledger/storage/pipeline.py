"""Signing a bulk append in two processes at once.

The signer process is kept fed; while it works, rows whose signatures have come go in,
the caller prepares what comes next, and what is still left is signed here. Rows go in
in index order, whoever signed them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ledger.entry import StoredEntry
from ledger.storage.errors import SignerFailed
from ledger.storage.port import PipelinedSigner, Sealing

PIPELINE_MIN = 200
"""Fewer entries are signed inline: the round trips cost more than they save."""
CHUNK = 100
DEPTH = 2
"""Chunks with the signer: one that it signs and one that waits."""
OWN_CHUNK = 50
"""Signed here while the signer is busy; it holds two chunks, so it does not run dry."""
OWN_DEPTH = 16
"""Own chunks that may wait for one of the signer's: it may have to share its core."""


@dataclass(slots=True)
class Pipeline:
    """One transaction's entries on their way through the signers into ``insert``."""

    stamped: Iterator[StoredEntry]
    insert: Callable[[Sequence[StoredEntry]], None]
    sealing: Sealing
    signer: PipelinedSigner
    meanwhile: Callable[[], bool] | None = None
    entries: list[StoredEntry] = field(default_factory=list)
    _waiting: deque[tuple[list[StoredEntry], bool]] = field(default_factory=deque)
    """Chunks in index order, and whether the signer has them (else they are signed)."""
    _more: bool = True

    def run(self) -> list[StoredEntry]:
        """All entries, signed and inserted."""
        with self.signer.session():
            while self._more or self._waiting:
                self._step()
        return self.entries

    def _step(self) -> None:
        if self._more and sum(remote for _, remote in self._waiting) < DEPTH:
            chunk = self._take(CHUNK)
            if chunk:
                self.signer.submit([entry.state for entry in chunk])
                self._waiting.append((chunk, True))
        elif self._waiting and (not self._waiting[0][1] or self.signer.ready()):
            self._finish()
        elif self.meanwhile is not None:
            if not self.meanwhile():
                self.meanwhile = None
        elif self._more and sum(not remote for _, remote in self._waiting) < OWN_DEPTH:
            chunk = self._take(OWN_CHUNK)
            if chunk:
                sign(chunk, self.sealing.sign_batch([entry.state for entry in chunk]))
                self._waiting.append((chunk, False))
        else:
            self._finish()

    def _take(self, count: int) -> list[StoredEntry]:
        chunk = list(islice(self.stamped, count))
        self._more = len(chunk) == count
        return chunk

    def _finish(self) -> None:
        chunk, remote = self._waiting.popleft()
        if remote:
            sign(chunk, self.signer.collect())
        self.insert(chunk)
        self.entries += chunk


def sign(entries: Sequence[StoredEntry], signatures: Sequence[bytes]) -> None:
    """Puts each signature into its entry, which nobody else has seen yet."""
    if len(signatures) != len(entries):
        raise SignerFailed(reason=f"{len(signatures)} signatures for {len(entries)} payloads")
    for entry, signature in zip(entries, signatures, strict=True):
        entry.__dict__["signature"] = signature
