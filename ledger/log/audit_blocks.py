"""Putting blocks together that were judged apart: what needs the order of the log."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from struct import Struct
from typing import Final

from ledger.codec import decode_formed
from ledger.entry import StoredEntry
from ledger.log.audit_rows import TIME_ORDER, RowAudit
from ledger.log.judging import Block
from ledger.log.merkle import HASH_BYTES
from ledger.log.parting import Parted, mended
from ledger.log.reading import chunks, rows
from ledger.storage.rows import entry_of, from_micros

PREPARED: Final = 500
"""Rows whose data keys are fetched at once."""

_hashes: Final = Struct("32s").iter_unpack


class BlockAudit(RowAudit):
    """As ``RowAudit``, with a quick way for what was found to be in order by itself."""

    def rows(self, source: Iterable[StoredEntry]) -> int:
        """Rows of which nothing is known; how many there were."""
        count = self._one_by_one(source)
        self._hand_on()
        return count

    def _one_by_one(self, source: Iterable[StoredEntry]) -> int:
        count = 0
        for chunk in chunks(source, PREPARED):
            self.details.prepare(chunk)
            for stored in chunk:
                self.row(stored)
            count += len(chunk)
        return count

    def _hand_on(self) -> None:
        """The records made since the last time."""
        made, self._made = self._made, []
        self._parts.add(Parted.of_records(made, self._parts.bits))

    def block(self, block: Block) -> None:
        """The leaves of a whole block."""
        aside = [(at, is_passed, entry_of(row)) for at, is_passed, row in block.aside]
        self.details.prepare([stored for _, _, stored in aside])
        waiting: list[StoredEntry] = []
        dropped: list[range] = []
        offset = passed = 0
        for at, is_passed, stored in [*aside, (block.stop - block.start, False, None)]:
            if is_passed and stored is not None:
                waiting.append(stored)
                continue
            index, end = block.start + offset, passed + at - offset
            if self._passed(block, passed, end, index):
                for one in waiting:
                    self._evidence(one, decode_formed(one))
            else:
                dropped.append(range(index, block.start + at))
            waiting, offset, passed = [], at + 1, end
            if stored is not None:
                self.row(stored)
        if not self._made:
            self._parts.add(block.records)
            return
        made, self._made = self._made, []
        self._parts.add(mended(block.records, dropped, made, self._parts.bits))

    def _passed(self, block: Block, first: int, end: int, index: int) -> bool:
        """A run of passed rows, from leaf ``index`` on; False: they were judged anew, one by one."""
        if first == end:
            return True
        if not self._keys_hold(block, first, end):
            # Rare, and told row by row: in the words of whoever judges one alone.
            self._one_by_one(rows(self._store, index + end - first, self._faults, index))
            return False
        self._index = index + end - first - 1
        micros = block.micros[first:end]
        self._in_time(micros, index)
        leaves = block.leaves[first * HASH_BYTES : end * HASH_BYTES]
        self.tree.add([leaf for (leaf,) in _hashes(leaves)], micros)
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

    def _in_time(self, micros: list[int], index: int) -> None:
        """6."""
        if micros[0] < self._micros or sorted(micros) != micros:
            for at, (before, now) in enumerate(pairwise([self._micros, *micros]), index):
                if now < before:
                    self._faults.add(at, "time_order", TIME_ORDER)
        self._micros = micros[-1]
