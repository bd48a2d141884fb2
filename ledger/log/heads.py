"""The map of all subjects, kept in memory beside the log. Its shape: ``ledger.log.heads_proof``.

Pure: a process that follows the log feeds it, and makes it anew from the entries on start.
The same entries give the same root, however they were fed: the number of buckets follows
from the number of subjects alone.

Memory: 150 MB at 10^6 subjects with two entries each (measured), 50 bytes more a subject
where most have ten. It lies in bytes and bytearrays: all that the garbage collector has to
walk is two lists, of the buckets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from math import inf
from struct import Struct
from typing import Final

from ledger.log.heads_proof import (
    ID_BYTES,
    MAX_BITS,
    MIN_BITS,
    RECORD_BYTES,
    Head,
    Membership,
    bucket_of,
)
from ledger.log.merkle import HASH_BYTES

_EMPTY_LEAF: Final = sha256(b"\x00").digest()

# Twice as fast as slices, where every microsecond is paid for each entry of the log.
_RECORD: Final = Struct(">16sQ32s")
_record: Final = _RECORD.pack
_split_record: Final = _RECORD.unpack_from
_split_body: Final = _RECORD.iter_unpack
_pair: Final = Struct("64s").unpack_from
_put_hash: Final = Struct("32s").pack_into
_node: Final = sha256(b"\x01").copy


MAX_MEAN: Final = 2
"""Subjects a bucket, on average, beyond which the map doubles. Each bucket less saves a hash an
entry, each subject more is a neighbour whose id and number of entries a proof shows: two are
the fewest that leave the cost of an entry well below that of its signature."""


def bits_for(subjects: int) -> int:
    """How many bits of an id name its bucket in a map of so many subjects."""
    buckets = -(-subjects // MAX_MEAN)
    return min(max(MIN_BITS, (buckets - 1).bit_length()), MAX_BITS)


def _room(bits: int) -> float:
    """How many subjects fit before the map doubles."""
    return MAX_MEAN << bits if bits < MAX_BITS else inf


class Heads:
    """The map as of the last ``root()``; what was fed since then waits for the next one.

    One that raised (out of memory, interrupted) is to be thrown away.
    """

    def __init__(self) -> None:
        self.bits = MIN_BITS
        self._room = _room(MIN_BITS)
        self.subjects = 0
        self.entries = 0
        # By bucket: the body, and the peaks of those of its subjects that have more than one
        # peak (``_peak_bytes``), in the order of the body.
        self._bodies = [b""] * (1 << MIN_BITS)
        self._peaks = [b""] * (1 << MIN_BITS)
        self._rows = _rows(self._bodies)
        self._subjects: list[bytes] = []
        self._leaves: list[bytes] = []

    @classmethod
    def build(cls, groups: Iterable[tuple[bytes, Sequence[bytes]]]) -> Heads:
        """The map over subjects by strictly ascending id, each with all its leaf hashes.

        Each group is looked at once and let go.
        """
        heads = cls()
        bodies, peaks, last = bytearray(), bytearray(), b""
        for subject, leaves in groups:
            assert len(subject) == ID_BYTES
            assert last < subject
            assert leaves
            assert {HASH_BYTES}.issuperset(map(len, leaves))
            last = subject
            ends = appended(0, b"", leaves)
            bodies += _record(subject, len(leaves), joined(ends))
            if len(ends) > HASH_BYTES:
                peaks += ends
            heads.entries += len(leaves)
        heads.subjects = len(bodies) // RECORD_BYTES
        heads.bits = bits_for(heads.subjects)
        heads._room = _room(heads.bits)
        heads._bodies, heads._peaks = _cut(bodies, peaks, heads.bits)
        heads._rows = _rows(heads._bodies)
        return heads

    def extend(self, subjects: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> None:
        """The next entries in the order of the log: of each its subject's id and leaf hash.

        Call ``root()`` every 10,000 entries or so: what waits takes memory.
        """
        assert len(subjects) == len(leaf_hashes)
        assert {ID_BYTES}.issuperset(map(len, subjects))
        assert {HASH_BYTES}.issuperset(map(len, leaf_hashes))
        self._subjects += subjects
        self._leaves += leaf_hashes

    def root(self) -> bytes:
        """The root over all that was fed; hashes only what the entries since then touched."""
        touched, leaves_row, grown = [], self._rows[0], False
        for subject, leaves in self._waiting():
            bucket = bucket_of(subject, self.bits)
            body = self._put(bucket, subject, leaves)
            if not grown:
                touched.append(bucket)
                _put_hash(leaves_row, bucket << 5, sha256(b"\x00" + body).digest())
            if self.subjects > self._room:
                self._grow()
                grown = True
        self._subjects, self._leaves = [], []
        if grown:
            self._rows = _rows(self._bodies)
        else:
            _rehash(self._rows, touched)
        return bytes(self._rows[-1])

    def prove(self, subject: bytes) -> Membership:
        """The proof of what is held on an id, or that nothing is, against the last ``root()``."""
        bucket = bucket_of(subject, self.bits)
        path = []
        for level, row in enumerate(self._rows[:-1]):
            at = ((bucket >> level) ^ 1) * HASH_BYTES
            path.append(bytes(row[at : at + HASH_BYTES]))
        return Membership(self.bits, bucket, self._bodies[bucket], tuple(path))

    def head(self, subject: bytes) -> Head | None:
        """What the last ``root()`` says of an id; None for nothing."""
        for held, count, root in _split_body(self._bodies[bucket_of(subject, self.bits)]):
            if held == subject:
                return Head(count, root)
        return None

    def _waiting(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """What was fed, by ascending id: so memory is visited in its order.

        No list lives longer than its turn: thousands at a time would have the garbage
        collector walk over all buckets again and again.
        """
        fed = self._subjects.__getitem__
        for subject, places in groupby(sorted(range(len(self._subjects)), key=fed), key=fed):
            yield subject, [self._leaves[place] for place in places]

    def _put(self, bucket: int, subject: bytes, leaves: list[bytes]) -> bytes:
        """One subject's next leaf hashes; what its bucket holds then."""
        body = self._bodies[bucket]
        at = skip = count = kept = 0
        end, size, ends = 0, len(body), b""
        while at < size:
            held, count, root = _split_record(body, at)
            if held >= subject:
                break
            skip += _peak_bytes(count)
            at += RECORD_BYTES
        if at < size and held == subject:
            end, kept = at + RECORD_BYTES, _peak_bytes(count)
            ends = self._peaks[bucket][skip : skip + kept] if kept else root
        else:
            end, count = at, 0
            self.subjects += 1
        ends = appended(count, ends, leaves)
        count += len(leaves)
        self.entries += len(leaves)
        record = _record(subject, count, joined(ends))
        self._bodies[bucket] = body = body[:at] + record + body[end:]
        # Where a single peak stays one, or a new subject has one, memory is left in peace.
        if kept or len(ends) > HASH_BYTES:
            peaks = self._peaks[bucket]
            keep = ends if len(ends) > HASH_BYTES else b""
            self._peaks[bucket] = peaks[:skip] + keep + peaks[skip + kept :]
        return body

    def _grow(self) -> None:
        """Twice as many buckets: each is cut in two by the next bit of the ids."""
        self.bits += 1
        self._room = _room(self.bits)
        bodies, peaks = [], []
        for body, ends in zip(self._bodies, self._peaks, strict=True):
            at = skip = 0
            for subject, count, _root in _split_body(body):
                if bucket_of(subject, self.bits) & 1:
                    break
                skip += _peak_bytes(count)
                at += RECORD_BYTES
            bodies += [body[:at], body[at:]]
            peaks += [ends[:skip], ends[skip:]]
        self._bodies, self._peaks = bodies, peaks


# -- one subject's tree ------------------------------------------------------------


def appended(count: int, peaks: bytes, leaves: Sequence[bytes]) -> bytes:
    """The peaks of a tree of ``count`` leaves after some more, left to right.

    What ``merkle.Frontier`` does, on bytes instead of a million of live objects.
    """
    for leaf in leaves:
        node, carry = leaf, count
        while carry & 1:
            node = sha256(b"\x01" + peaks[-HASH_BYTES:] + node).digest()
            peaks = peaks[:-HASH_BYTES]
            carry >>= 1
        peaks += node
        count += 1
    return peaks


def joined(peaks: bytes) -> bytes:
    """The root over the peaks."""
    at = len(peaks) - HASH_BYTES
    root = peaks[at:]
    while at:
        at -= HASH_BYTES
        root = sha256(b"\x01" + peaks[at : at + HASH_BYTES] + root).digest()
    return root


def _peak_bytes(count: int) -> int:
    """How much is kept beside a record: a single peak is the root already, so nothing."""
    return HASH_BYTES * count.bit_count() if count & (count - 1) else 0


def _cut(bodies: bytearray, peaks: bytearray, bits: int) -> tuple[list[bytes], list[bytes]]:
    """All records by ascending id, and the peaks beside them, by bucket."""
    cut_bodies, cut_peaks = [b""] * (1 << bits), [b""] * (1 << bits)
    start = skip_start = at = skip = last = 0
    for subject, count, _root in _split_body(bodies):
        bucket = bucket_of(subject, bits)
        if bucket != last:
            cut_bodies[last] = bytes(bodies[start:at])
            cut_peaks[last] = bytes(peaks[skip_start:skip])
            start, skip_start, last = at, skip, bucket
        at += RECORD_BYTES
        skip += _peak_bytes(count)
    cut_bodies[last], cut_peaks[last] = bytes(bodies[start:]), bytes(peaks[skip_start:])
    return cut_bodies, cut_peaks


# -- the tree over the buckets -----------------------------------------------------


def _rows(bodies: Sequence[bytes]) -> list[bytearray]:
    """All hashes of the tree: the leaves, their parents, ... the root."""
    row = bytearray(_EMPTY_LEAF) * len(bodies)
    for bucket, body in enumerate(bodies):
        if body:
            _put_hash(row, bucket * HASH_BYTES, sha256(b"\x00" + body).digest())
    rows = [row]
    while len(row) > HASH_BYTES:
        above = bytearray(len(row) // 2)
        for at in range(0, len(above), HASH_BYTES):
            _put_hash(above, at, sha256(b"\x01" + _pair(row, 2 * at)[0]).digest())
        rows.append(above)
        row = above
    return rows


def _rehash(rows: list[bytearray], touched: Iterable[int]) -> None:
    """Hash what is above the touched leaves, which ascend; each node once."""
    nodes: Iterable[int] = touched
    row = rows[0]
    for above in rows[1:]:
        nodes = dict.fromkeys([node >> 1 for node in nodes])
        for node in nodes:
            at = node << 5
            digest = _node()
            digest.update(_pair(row, at << 1)[0])
            _put_hash(above, at, digest.digest())
        row = above
