"""Entries parted by the first bits of their stream's id, so that each part fits in memory.

What the audit needs of an entry besides its place is one record of ``RECORD_BYTES``:

    index (8, signed) || first 4 bytes of the id || letter of the kind (1) || id (16)
    || digest that it names (32) || its seq - 1 (8) || its digest (32) || its seq (8)
    || leaf hash (32)

numbers big-endian; an entry that names no digest has 32 zero bytes there. What comes before
the entry's own digest (its *follows*, 40 bytes) is to be equal to what the record before it in
its stream *becomes* (40 bytes), or to ``FIRST``.

An entry of which that cannot be said (it is unreadable, or names a digest though it says to be
the first) is *odd*: the letter is ``ODD`` and two bits of kind and two of ``Prev``, and in place
of ``seq - 1`` stands the signed ``seq``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import accumulate
from struct import Struct
from typing import Final, NamedTuple

from ledger.entry import StreamId
from ledger.log.scratch import Read, Scratch

DIGEST_BYTES: Final = 32
SEQ_BYTES: Final = 8
FIRST: Final = bytes(DIGEST_BYTES + SEQ_BYTES)
"""What the first entry of a stream follows: no digest, ``seq`` 0."""

LETTERS: Final = b"snoae"
"""Of the kinds of streams, ``ledger.entry.STREAM_KINDS``."""
SUBJECT: Final = LETTERS[0]
ODD: Final = 0x80

pack: Final = Struct(">qIc16s32sQ32sQ32s").pack
"""Of the fields above."""
pack_odd: Final = Struct(">qIc16s32sq32sQ32s").pack
_JOINED: Final = Struct(">qI17s40s40s32s")
unpack: Final = _JOINED.iter_unpack
"""Index, first 4 bytes of the id, stream (letter and id), follows, becomes, leaf hash."""
RECORD_BYTES: Final = _JOINED.size
INDEX_BYTES: Final = 8
PREFIX_BYTES: Final = 4
_prefix: Final = Struct(">8xI").unpack_from

SMALL_PART: Final = 8_192
"""Records of a part as long as there are few parts: its 5 MB of dicts and hashes stay in the
processor's cache, and there is work for every core."""
PART: Final = 32_768
"""Records of a part of a large log: some 20 MB while one is looked at."""
FEW_BITS: Final = 7
MAX_BITS: Final = 16
"""Enough for 2 * 10^9 entries; beyond, parts become larger. A log that is made to look longer than
it is costs no more than that."""

RUN_BYTES: Final = 8 << 20
"""Records that wait to be written, by part, in one run."""

_OFFSET: Final = Struct(">I")


class Prev(IntEnum):
    """What an odd entry says of the one before."""

    NONE = 0
    GIVEN = 1
    UNREADABLE = 2


def odd_letter(letter: int, prev: Prev) -> bytes:
    return bytes((ODD | LETTERS.index(letter) << 2 | prev,))


def odd_said(letter: int) -> tuple[int, Prev]:
    """The letter of the kind, and what is said of the entry before."""
    return LETTERS[(letter & ~ODD) >> 2], Prev(letter & 3)


def record(
    index: int,
    stream: StreamId,
    seq: int,
    *,
    prev: str | None,
    digest: bytes,
    leaf: bytes,
    is_readable: bool,
) -> bytes:
    """Of any row; one that cannot be read has a ``seq`` and a stream by its columns."""
    id_, letter = stream.id.bytes, stream.kind[:1].encode()
    prefix = int.from_bytes(id_[:PREFIX_BYTES], "big")
    known = _digest(prev)
    after = (digest, max(0, seq), leaf)
    if is_readable and seq >= 1 and (prev is None) == (seq == 1) and any(known) == (seq > 1):
        return pack(index, prefix, letter, id_, known, seq - 1, *after)
    said = Prev.UNREADABLE if not is_readable else Prev.NONE if prev is None else Prev.GIVEN
    if said is not Prev.GIVEN:
        known = b"\xff" * DIGEST_BYTES  # so that it never looks like FIRST
    return pack_odd(index, prefix, odd_letter(letter[0], said), id_, known, seq, *after)


def _digest(prev: str | None) -> bytes:
    """What ``prev`` names; of a text that is no digest in hex, one that no payload has."""
    if prev is None:
        return bytes(DIGEST_BYTES)
    try:
        named = bytes.fromhex(prev)
    except ValueError:
        return b"\xff" * DIGEST_BYTES
    return named if named.hex() == prev and len(named) == DIGEST_BYTES else b"\xff" * DIGEST_BYTES


def bits_of_parts(entries: int) -> int:
    """Into how many parts (as a power of two) a log of so many entries is cut."""
    small, large = (max(0, (entries // size).bit_length()) for size in (SMALL_PART, PART))
    return min(max(min(small, FEW_BITS), large), MAX_BITS)


def index_of(record: bytes) -> int:
    return int.from_bytes(record[:INDEX_BYTES], "big", signed=True)


def cut(records: bytes) -> list[bytes]:
    """The single records."""
    return [records[at : at + RECORD_BYTES] for at in range(0, len(records), RECORD_BYTES)]


class Parted(NamedTuple):
    """Some records, those of a part side by side, within a part in their order."""

    data: bytes
    parts: Sequence[int]
    """Of which there is something, ascending."""
    counts: Sequence[int]
    """How many records of each."""

    @classmethod
    def of(cls, records: Sequence[bytes], prefixes: Iterable[int], bits: int) -> Parted:
        """``prefixes`` are the first four bytes of the ids as numbers."""
        if not bits:
            return cls(b"".join(records), [0] if records else [], [len(records)] if records else [])
        shift = 32 - bits
        found: dict[int, list[bytes]] = {}
        for prefix, record in zip(prefixes, records, strict=True):
            part = prefix >> shift
            if part in found:
                found[part].append(record)
            else:
                found[part] = [record]
        parts = sorted(found)
        data = b"".join([record for part in parts for record in found[part]])
        return cls(data, parts, [len(found[part]) for part in parts])

    @classmethod
    def of_records(cls, records: Sequence[bytes], bits: int) -> Parted:
        return cls.of(records, [_prefix(record)[0] for record in records], bits)

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """Part and its records."""
        at = 0
        for part, count in zip(self.parts, self.counts, strict=True):
            end = at + count * RECORD_BYTES
            yield part, self.data[at:end]
            at = end


def mended(packed: Parted, dropped: Sequence[range], added: Sequence[bytes], bits: int) -> Parted:
    """``packed`` without the records of some indexes and with some more, by their indexes."""
    more = dict(Parted.of_records(added, bits).pieces())
    pieces: dict[int, bytes] = {}
    for part, piece in packed.pieces():
        if dropped or part in more:
            kept = [one for one in cut(piece) if not any(index_of(one) in each for each in dropped)]
            kept += cut(more.pop(part, b""))
            kept.sort(key=index_of)
            pieces[part] = b"".join(kept)
        else:
            pieces[part] = piece
    pieces |= more
    parts = sorted(part for part, piece in pieces.items() if piece)
    counts = [len(pieces[part]) // RECORD_BYTES for part in parts]
    return Parted(b"".join([pieces[part] for part in parts]), parts, counts)


class Runs:
    """Writes records in runs: in each, an offset for each part and one more, then the parts."""

    def __init__(self, scratch: Scratch, bits: int) -> None:
        self.bits = bits
        self.places: list[int] = []
        """Where each run begins."""
        self.parts: set[int] = set()
        """Of which there is something."""
        self._scratch = scratch
        self._waiting: list[Parted] = []
        self._size = 0

    def add(self, records: Parted) -> None:
        self._waiting.append(records)
        self._size += len(records.data)
        if self._size >= RUN_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises an error of ``scratch``."""
        if not self._size:
            return
        pieces: dict[int, list[bytes]] = defaultdict(list)
        for waiting in self._waiting:
            for part, piece in waiting.pieces():
                pieces[part].append(piece)
        self._waiting, self._size = [], 0
        self.parts |= pieces.keys()
        sizes = [sum(map(len, pieces.get(part, ()))) for part in range(1 << self.bits)]
        offsets = map(_OFFSET.pack, accumulate(sizes, initial=0))
        self.places.append(self._scratch.append(b"".join(offsets)))
        self._scratch.append(b"".join([piece for part in sorted(pieces) for piece in pieces[part]]))


def records_of(read: Read, places: Iterable[int], bits: int, part: int) -> Iterator[bytes]:
    """The records of a part in their order, as many at once as stand in one run."""
    size = _OFFSET.size
    for place in places:
        bounds = read(place + part * size, 2 * size)
        start, end = (bound for (bound,) in _OFFSET.iter_unpack(bounds))
        if start < end:
            yield read(place + ((1 << bits) + 1) * size + start, end - start)
