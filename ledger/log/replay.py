"""The entries of one part once more, in their order: chains, and the part's map of subjects.

Of the map it tells what changed, for each claim whose entries changed anything, in items of
``ITEM_BYTES``: the claim's number, then where the map has fewer buckets than there are parts,
the record of a subject that changed (56 bytes); else the root of the part (32), how many
subjects it has more (8), and 16 zero bytes. At each step of the bits every part tells its root.

Memory: some 800 bytes for each stream of the part; it does not grow with the entries.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from math import inf
from struct import Struct
from typing import Final, NamedTuple

from ledger.log.claims import Claims, Steps
from ledger.log.faults import MAX_KEPT_PER_KIND, FaultKind
from ledger.log.parting import (
    DIGEST_BYTES,
    FIRST,
    ODD,
    SUBJECT,
    Prev,
    odd_said,
    unpack,
)
from ledger.log.submap import Fed, SubMap

root_item: Final = Struct(">Q32sQ16x")
record_item: Final = Struct(">Q56s")
ITEM_BYTES: Final = root_item.size
PIECE_BYTES: Final = 1 << 20
"""Of items that wait until they are handed on."""
BEAT_BYTES: Final = 32 << 20
"""Of records between two pieces, be it an empty one: a second's work. Most parts are shorter; one
with a stream of millions of entries is not, and whoever waits is to know that it goes on."""


class Found(NamedTuple):
    """A fault of a chain."""

    leaf: int
    kind: FaultKind
    detail: str


class Replay:
    """One part. Feed ``run`` once; then ``faults`` are the first of each kind, ``counts`` all."""

    def __init__(self, claims: Claims, steps: Steps | None, bits_of_parts: int) -> None:
        """``steps`` None: only subjects are counted, every item has a root of zeros."""
        self.faults: list[Found] = []
        self.counts: dict[FaultKind, int] = {}
        self._claims = claims
        self._is_counting = steps is None
        self._steps = deque(steps or ())
        self._parts = bits_of_parts
        self._bits = 0
        self._ends: dict[bytes, bytes] = {}
        """What the last entry of each stream became."""
        self._map = SubMap(bits_of_parts)
        self._subjects = 0
        """As of the last item."""
        self._changed: set[bytes] = set()
        self._fed: list[Fed] = []
        self._claim = -1
        """Whose entries are fed: the first that covers them."""
        self._limit: float = -inf
        """What that claim covers."""
        self._items = bytearray()

    def run(self, records: Iterable[bytes]) -> Iterator[bytes]:
        """The items that the records of the part lead to, in pieces; some may be empty."""
        since = 0
        for each in records:
            self._chains(each)
            self._feed()
            since += len(each)
            if len(self._items) >= PIECE_BYTES or since >= BEAT_BYTES:
                since = 0
                yield self._taken()
        self._close()
        self._step_below(self._claims.count)
        yield self._taken()

    def _taken(self) -> bytes:
        items, self._items = bytes(self._items), bytearray()
        return items

    # -- chains ------------------------------------------------------------------

    def _chains(self, records: bytes) -> None:
        ends, limit, feed = self._ends, self._limit, self._fed.append
        for index, prefix, stream, follows, becomes, leaf in unpack(records):
            known = stream
            if ends.get(stream, FIRST) != follows:
                known = self._unfit(index, stream, follows)
            ends[known] = becomes
            if known[0] == SUBJECT:
                if index >= limit:
                    limit = self._advance(index)
                    feed = self._fed.append
                if limit != inf:
                    feed((prefix, known, leaf))
        self._limit = limit

    def _unfit(self, index: int, stream: bytes, follows: bytes) -> bytes:
        """What does not follow from the entry before; the stream's name."""
        prev, said, is_odd = Prev.GIVEN, follows[:DIGEST_BYTES], bool(stream[0] & ODD)
        if is_odd:
            letter, prev = odd_said(stream[0])
            stream = bytes((letter,)) + stream[1:]
            seq = int.from_bytes(follows[DIGEST_BYTES:], "big", signed=True)
        else:
            seq = int.from_bytes(follows[DIGEST_BYTES:], "big") + 1
        before = self._ends.get(stream)
        digest, last = (before or FIRST)[:DIGEST_BYTES], (before or FIRST)[DIGEST_BYTES:]
        if seq != int.from_bytes(last, "big") + 1:
            self._add(index, "seq_gap", f"seq {seq} follows seq {int.from_bytes(last, 'big')}")
        if prev is Prev.NONE:
            is_broken = before is not None
        elif prev is Prev.GIVEN:
            is_broken = said != digest or (is_odd and before is None)
        else:
            is_broken = False
        if is_broken:
            self._add(index, "broken_chain", f"prev of seq {seq}")
        return stream

    def _add(self, index: int, kind: FaultKind, detail: str) -> None:
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        if count <= MAX_KEPT_PER_KIND:
            self.faults.append(Found(index, kind, detail))

    # -- the map -----------------------------------------------------------------

    def _advance(self, index: int) -> float:
        """Go on to the first claim that covers a leaf; how much it covers, ``inf`` for none."""
        self._close()
        self._claim = self._claims.after(index, self._claim + 1)
        self._step_below(self._claim)
        return self._claims[self._claim].size if self._claim < self._claims.count else inf

    def _feed(self) -> None:
        if self._bits < self._parts and not self._is_counting:
            self._changed.update([stream for _, stream, _ in self._fed])
        self._map.extend(self._fed)
        self._fed.clear()

    def _close(self) -> None:
        """All that this claim covers has been fed."""
        if not 0 <= self._claim < self._claims.count:
            return
        self._feed()
        if self._steps and self._steps[0][0] == self._claim:
            self._step()
        self._tell(self._claim)

    def _step_below(self, claim: int) -> None:
        """The steps that come before what is fed next."""
        while self._steps and self._steps[0][0] < claim:
            number, _ = self._steps[0]
            self._step()
            self._tell(number)

    def _step(self) -> None:
        _, self._bits = self._steps.popleft()
        if self._bits >= self._parts:
            self._map.resize(self._bits)
            self._changed.clear()

    def _tell(self, claim: int) -> None:
        subjects = len(self._map.records)
        if self._is_counting:
            self._items += root_item.pack(claim, b"", subjects - self._subjects)
        elif self._bits >= self._parts:
            self._items += root_item.pack(claim, self._map.root(), subjects - self._subjects)
        else:
            for stream in self._changed:
                self._items += record_item.pack(claim, self._map.records[stream])
            self._changed.clear()
        self._subjects = subjects
