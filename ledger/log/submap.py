"""A part of the map of subjects, made again in the order of the log: see ``heads_proof``.

Where the map has at least as many buckets as there are parts, a part is a subtree of it.
The same hashes as ``ledger.log.heads`` makes, which serves whoever follows the log: that
proves, and grows by itself; this holds one part, and is told how many buckets there are.

Memory: some 500 bytes a subject.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from struct import Struct
from typing import Final

from ledger.log.heads import appended, joined
from ledger.log.heads_proof import COUNT_BYTES, ID_BYTES
from ledger.log.merkle import HASH_BYTES

_ROOT: Final = ID_BYTES + COUNT_BYTES
_ONE: Final = (1).to_bytes(COUNT_BYTES, "big")
_prefixes: Final = Struct(">xI12x").iter_unpack
_node: Final = sha256(b"\x01").copy

Fed = tuple[int, bytes, bytes]
"""The first four bytes of an id as a number, the stream (letter and id), the leaf hash."""


@cache
def empty_root(height: int) -> bytes:
    """The root over 2^height empty buckets."""
    if not height:
        return sha256(b"\x00").digest()
    below = empty_root(height - 1)
    return sha256(b"\x01" + below + below).digest()


def tree_over(row: list[bytes]) -> list[list[bytes]]:
    """All rows of hashes above 2^k hashes, the first and the root's among them."""
    rows = [row]
    while len(row) > 1:
        each = iter(row)
        row = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(each, each, strict=True)
        ]
        rows.append(row)
    return rows


def rehash(rows: list[list[bytes]], touched: Iterable[int]) -> None:
    """Hash what is above the touched ones of the first row; each node once."""
    nodes, row, copy = touched, rows[0], _node
    for above in rows[1:]:
        nodes = {node >> 1 for node in nodes}
        for node in nodes:
            digest = copy()
            digest.update(row[node + node] + row[node + node + 1])
            above[node] = digest.digest()
        row = above


class SubMap:
    """The subjects of a part. ``records`` has the record of each, by stream."""

    def __init__(self, bits_of_parts: int) -> None:
        self.records: dict[bytes, bytes] = {}
        self._bits_of_parts = bits_of_parts
        self._peaks: dict[bytes, bytes] = {}
        """Of subjects with more than one peak."""
        self._members: list[list[bytes]] = []
        """By bucket: its subjects' streams, ascending. None before ``resize``."""
        self._rows: list[list[bytes]] = []
        self._shift = self._mask = 0
        self._touched: set[int] = set()

    def extend(self, fed: Iterable[Fed]) -> None:
        """The next entries in the order of the log."""
        records, members = self.records, self._members
        shift, mask, touched = self._shift, self._mask, self._touched
        for prefix, stream, leaf in fed:
            bucket = prefix >> shift & mask
            touched.add(bucket)
            if stream in records:
                records[stream] = self._more(stream, leaf)
                continue
            records[stream] = stream[1:] + _ONE + leaf
            if members:
                insort(members[bucket], stream)

    def place(self, record: bytes) -> None:
        """A subject's record, as it is from now on; only after ``resize``."""
        stream = b"s" + record[:ID_BYTES]
        bucket = int.from_bytes(record[:4], "big") >> self._shift & self._mask
        self._touched.add(bucket)
        if stream not in self.records:
            insort(self._members[bucket], stream)
        self.records[stream] = record

    def _more(self, stream: bytes, leaf: bytes) -> bytes:
        """The record after one more entry."""
        record = self.records[stream]
        count = int.from_bytes(record[ID_BYTES:_ROOT], "big")
        peaks = appended(count, self._peaks.get(stream) or record[_ROOT:], (leaf,))
        if len(peaks) > HASH_BYTES:
            self._peaks[stream] = peaks
        else:
            self._peaks.pop(stream, None)
        return record[:ID_BYTES] + (count + 1).to_bytes(COUNT_BYTES, "big") + joined(peaks)

    def resize(self, bits: int) -> None:
        """The whole map has 2^bits buckets from now on."""
        height = bits - self._bits_of_parts
        assert height >= 0
        self._shift, self._mask = 32 - bits, (1 << height) - 1
        members: list[list[bytes]] = [[] for _ in range(1 << height)]
        streams = [stream for each in self._members for stream in each] or sorted(self.records)
        shift, mask = self._shift, self._mask
        for stream, (prefix,) in zip(streams, _prefixes(b"".join(streams)), strict=True):
            members[prefix >> shift & mask].append(stream)
        self._members = members
        records, empty = self.records, empty_root(0)
        row = [
            sha256(b"\x00" + b"".join([records[stream] for stream in each])).digest()
            if each
            else empty
            for each in members
        ]
        self._rows = tree_over(row)
        self._touched.clear()

    def root(self) -> bytes:
        """Over all entries so far; only after ``resize``."""
        row, members, records = self._rows[0], self._members, self.records
        for bucket in self._touched:
            body = b"".join([records[stream] for stream in members[bucket]])
            row[bucket] = sha256(b"\x00" + body).digest()
        rehash(self._rows, self._touched)
        self._touched.clear()
        return self._rows[-1][0]
