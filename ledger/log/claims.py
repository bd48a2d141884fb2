"""What the log's commitments claim, in their order: too many of them to be held in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from ledger.log.scratch import Read, Scratch

_CLAIM: Final = Struct(">QQ32sB")
AT_HAND: Final = 512
"""Claims read at once: 25 KB."""

Steps = list[tuple[int, int]]
"""From which claim on (by its number) the map has 2^bits buckets; both ascend."""


class Claim(NamedTuple):
    """That the entries of subjects below ``size`` have a map of this root, of 2^bits buckets."""

    leaf: int
    """The index of the entry that says so."""
    size: int
    root: bytes
    bits: int


class ClaimWriter:
    """Claims by ascending size; nobody else may write meanwhile."""

    def __init__(self, scratch: Scratch) -> None:
        self.start = scratch.size
        self._scratch = scratch
        self._waiting: list[bytes] = []
        self._bits = 0
        self.count = 0
        self.steps: Steps = []
        self.is_rising = True
        """False once a claim has fewer buckets than one before: one of them is wrong."""

    def add(self, claim: Claim) -> None:
        if claim.bits < self._bits:
            self.is_rising = False
        if self.is_rising and claim.bits > self._bits:
            self.steps.append((self.count, claim.bits))
        self._bits = claim.bits
        self._waiting.append(_CLAIM.pack(*claim))
        self.count += 1
        if len(self._waiting) >= AT_HAND:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises an error of ``scratch``."""
        self._scratch.append(b"".join(self._waiting))
        self._waiting = []

    def reader(self, read: Read) -> Claims:
        """Of what was written so far."""
        return Claims(read, self.start, self.count)


class Claims:
    """Reads what a ``ClaimWriter`` wrote."""

    def __init__(self, read: Read, start: int, count: int) -> None:
        self.count = count
        self._read = read
        self._start = start
        self._first = -AT_HAND
        self._held: list[Claim] = []

    def __getitem__(self, number: int) -> Claim:
        place = number - self._first
        if not 0 <= place < len(self._held):
            self._first = number - number % AT_HAND
            size = min(AT_HAND, self.count - self._first) * _CLAIM.size
            data = self._read(self._start + self._first * _CLAIM.size, size)
            self._held = [Claim(*one) for one in _CLAIM.iter_unpack(data)]
            place = number - self._first
        return self._held[place]

    def __iter__(self) -> Iterator[Claim]:
        return map(self.__getitem__, range(self.count))

    def after(self, index: int, number: int) -> int:
        """The first claim from ``number`` on that covers the leaf ``index``; ``count`` for none."""
        if number < self.count and self[number].size > index:
            return number  # as it is nearly always
        numbers = range(self.count)
        return bisect_right(numbers, index, lo=number, key=lambda each: self[each].size)
