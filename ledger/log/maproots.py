"""The roots of the whole map at every claim, from what its parts told: see ``replay``.

Memory: as long as the map has fewer buckets than there are parts, its records (two for each
part); then a root for each part; of what the parts told, some bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from ledger.log.claims import Steps
from ledger.log.replay import ITEM_BYTES, record_item, root_item
from ledger.log.scratch import Read
from ledger.log.submap import SubMap, empty_root, rehash, tree_over

Places = Mapping[int, Sequence[tuple[int, int]]]
"""By part, where its items stand: offset and length."""

BUFFERS: Final = 16 << 20
"""Of all parts together, when their items are read side by side."""

_Item = tuple[int, int, bytes]
"""Number of the claim, part, the item as it is."""


class Rooted(NamedTuple):
    """The map at a claim."""

    root: bytes
    subjects: int


def items(read: Read, places: Places) -> Iterator[_Item]:
    """The items of all parts, by claim."""
    size = max(BUFFERS // max(len(places), 1) // ITEM_BYTES, 8) * ITEM_BYTES
    return merge(*(_items(read, part, each, size) for part, each in places.items()))


def _items(read: Read, part: int, places: Sequence[tuple[int, int]], size: int) -> Iterator[_Item]:
    for start, length in places:
        for at in range(start, start + length, size):
            data = read(at, min(size, start + length - at))
            for offset in range(0, len(data), ITEM_BYTES):
                item = data[offset : offset + ITEM_BYTES]
                yield int.from_bytes(item[:8], "big"), part, item


def subjects(told: Iterable[_Item], count: int) -> Iterator[int]:
    """How many subjects there are at each claim, from parts that only counted."""
    total = 0
    for _, changes in _by_claim(told, count):
        total += sum(root_item.unpack(item)[2] for _, _, item in changes)
        yield total


def roots(told: Iterable[_Item], count: int, steps: Steps, bits_of_parts: int) -> Iterator[Rooted]:
    """The map at each of ``count`` claims, with as many buckets as ``steps`` says."""
    small, total = SubMap(0), 0
    rows: list[list[bytes]] = [[]]
    sizes, bits = dict(steps), 0
    for number, changes in _by_claim(told, count):
        if number in sizes:
            bits = sizes[number]
            if bits < bits_of_parts:
                small.resize(bits)
            else:
                rows = tree_over([empty_root(bits - bits_of_parts)] * (1 << bits_of_parts))
        if bits < bits_of_parts:
            for _, _, item in changes:
                small.place(record_item.unpack(item)[1])
            total = len(small.records)
            yield Rooted(small.root(), total)
            continue
        touched = []
        for _, part, item in changes:
            _, rows[0][part], more = root_item.unpack(item)
            touched.append(part)
            total += more
        rehash(rows, touched)
        yield Rooted(rows[-1][0], total)


def _by_claim(told: Iterable[_Item], count: int) -> Iterator[tuple[int, Iterable[_Item]]]:
    """Every claim, with what changed: where nothing did, nothing."""
    groups = groupby(told, key=itemgetter(0))
    number, changes = next(groups, (count, iter(())))
    for each in range(count):
        if each == number:
            yield each, changes
            number, changes = next(groups, (count, iter(())))
        else:
            yield each, ()
