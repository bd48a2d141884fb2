"""Putting blocks together that were judged apart: what needs the order of the log."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from ledger.codec import decode
from ledger.entry import StoredEntry
from ledger.log.audit_rows import TIME_ORDER, RowAudit
from ledger.log.judging import DIGEST_BYTES, FIRST, Block
from ledger.log.reading import chunks, rows
from ledger.storage.rows import entry_of, from_micros

PREPARED: Final = 500
"""Rows whose data keys are fetched at once."""

SUBJECT: Final = b"s"


class BlockAudit(RowAudit):
    """As ``RowAudit``, with a quick way for what was found to be in order by itself."""

    def rows(self, source: Iterable[StoredEntry]) -> int:
        """Rows of which nothing is known; how many there were."""
        count = 0
        for chunk in chunks(source, PREPARED):
            self.details.prepare(chunk)
            for stored in chunk:
                self.row(stored)
            count += len(chunk)
        return count

    def block(self, block: Block) -> None:
        """The leaves of a whole block."""
        aside = [(at, is_passed, entry_of(row)) for at, is_passed, row in block.aside]
        self.details.prepare([stored for _, _, stored in aside])
        offset = passed = 0
        for at, is_passed, stored in aside:
            end = at + 1 if is_passed else at
            believed = self._passed(block, passed, passed + end - offset, block.start + offset)
            passed += end - offset
            offset = at + 1
            if not is_passed:
                self.row(stored)
            elif believed:
                self._evidence(stored, decode(stored))
        self._passed(block, passed, len(block.micros), block.start + offset)

    def _passed(self, block: Block, first: int, end: int, index: int) -> bool:
        """A run of passed rows, from leaf ``index`` on; False: they were judged anew, one by one."""
        if first == end:
            return True
        if not self._keys_hold(block, first, end):
            # Rare, and told row by row: in the words of whoever judges one alone.
            self.rows(rows(self._store, index + end - first, self._faults, index))
            return False
        self._index = index + end - first - 1
        streams, leaves = block.streams[first:end], block.leaves[first:end]
        held = self._streams
        for at, (stream, follows, becomes) in enumerate(
            zip(streams, block.follows[first:end], block.becomes[first:end], strict=True), index
        ):
            if held.get(stream, FIRST) != follows:
                self._broken(at, held.get(stream, FIRST), follows)
            held[stream] = becomes
        micros = block.micros[first:end]
        self._in_time(micros, index)
        self.tree.add(leaves, micros)
        own = [at for at, stream in enumerate(streams) if stream[:1] == SUBJECT]
        self._commitments.add(
            [index + at for at in own],
            [streams[at][1:] for at in own],
            [leaves[at] for at in own],
        )
        return True

    def _keys_hold(self, block: Block, first: int, end: int) -> bool:
        """Whether the node is as the forms have it, and each key was in use for each of its rows."""
        if not self._begun or self._node != self._store_node:
            return False
        starts = [(at, keyid) for at, keyid in block.keyids if at < end]
        for (at, keyid), (until, _) in pairwise([*starts, (end, b"")]):
            micros = block.micros[max(at, first) : until]
            if not micros:
                continue
            key = self._key if keyid == self._keyid else self._find_key(keyid)
            if key is None or "entries" not in key.purposes:
                return False
            if not all(map(key.valid_at, map(from_micros, (min(micros), max(micros))))):
                return False
        return True

    def _broken(self, index: int, before: bytes, follows: bytes) -> None:
        """5, in the words of ``RowAudit``."""
        last = int.from_bytes(before[DIGEST_BYTES:], "big")
        seq = int.from_bytes(follows[DIGEST_BYTES:], "big") + 1
        if seq != last + 1:
            self._faults.add(index, "seq_gap", f"seq {seq} follows seq {last}")
        if before[:DIGEST_BYTES] != follows[:DIGEST_BYTES]:
            self._faults.add(index, "broken_chain", f"prev of seq {seq}")

    def _in_time(self, micros: list[int], index: int) -> None:
        """6."""
        if micros[0] < self._micros or sorted(micros) != micros:
            for at, (before, now) in enumerate(pairwise([self._micros, *micros]), index):
                if now < before:
                    self._faults.add(at, "time_order", TIME_ORDER)
        self._micros = micros[-1]
