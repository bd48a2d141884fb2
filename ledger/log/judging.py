"""Judging entries by themselves, in blocks, wherever there is a core to do it.

Of an entry that is in order but for its place, a ``Block`` says what its place is judged
by, and no more; every other row is handed back as it is, to be judged the slow way. So
nothing that is wrong is named here: what is passed is right in form, columns and
signature, and what is wrong with the rest is found elsewhere.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import compress
from struct import Struct
from typing import Any, Final, NamedTuple

from ledger.entry import ENTRY_PAYLOAD_TYPE, MAX_PAYLOAD_BYTES, format_instant
from ledger.log.parting import DIGEST_BYTES, Parted, pack
from ledger.signing.dsse import pae
from ledger.signing.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from ledger.signing.quick import opener
from ledger.storage.rows import RawRow, from_micros

BLOCK: Final = 1_000
"""Leaves judged at once: 180 KB of answer, so that a pipe holds some."""

MAX_HANDED_BACK: Final = 4 << 20
"""Bytes of payloads and details that a block hands back; with more, it is read once more."""

MAX_INSTANTS: Final = 1_000
"""Instants written out that are kept at hand."""

_PREFIX: Final = pae(ENTRY_PAYLOAD_TYPE, b"")[: -len(b"0 ")]
"""The DSSE encoding up to the length of the body."""

_hashes: Final = Struct("32s").iter_unpack
_ids: Final = Struct("16s").iter_unpack
_prefixes: Final = Struct(">I12x").iter_unpack


class Form(NamedTuple):
    """What a payload of one type looks like: ``ledger.log.forms`` makes them."""

    pattern: str
    """A regular expression with the groups of ``Said``; matches no line end."""
    kind: str
    """Of its stream."""
    has_evidence: bool
    """Whether there is more to look at, sealed fields or none."""


class Said(NamedTuple):
    """What a payload that its form matched says besides: the groups, in this order."""

    prev: str
    """Hexadecimal; empty for none."""
    recorded_at: str
    sealed: str
    seq: str
    stream: str
    submission: str


class Aside(NamedTuple):
    """A row that needs another look: at its evidence only, or at everything."""

    offset: int
    """From the start of the block."""
    is_passed: bool
    row: RawRow


@dataclass(slots=True)
class Block:
    """The leaves ``start <= index < stop``. Leaves and instants are of the passed rows, in order."""

    start: int
    stop: int
    is_whole: bool = True
    """False: rows are missing, doubled or too large; the rest of this says nothing."""
    aside: list[Aside] = field(default_factory=list)
    records: Parted = field(default_factory=lambda: Parted(b"", (), ()))
    """Of the passed rows."""
    leaves: bytes = b""
    """The leaf hashes."""
    micros: list[int] = field(default_factory=list)
    keyids: list[tuple[int, bytes]] = field(default_factory=list)
    """From which passed row on which key signed."""

    def to_bytes(self) -> bytes:
        """For the process that asked; nothing of it is ever stored."""
        values: list[Any] = [getattr(self, name) for name in Block.__slots__]
        values[3] = [tuple(one) for one in self.aside]
        values[4] = tuple(self.records)
        return marshal.dumps(values)

    @classmethod
    def from_bytes(cls, data: bytes) -> Block:
        block = cls(*marshal.loads(data))  # noqa: S302 - from a process that this one started
        block.aside = [Aside(*one) for one in block.aside]
        block.records = Parted(*block.records)
        return block


class Judge:
    """Judges rows by the ``forms`` of a node's entries. ``keys``: key id (32 bytes) to raw
    public key. What it says of a row's place is parted by ``bits`` bits of the stream's id.

    Whether a key was introduced by then, and held, is for the caller to say.
    """

    def __init__(self, forms: Mapping[str, Form], keys: Mapping[bytes, bytes], bits: int) -> None:
        self._forms = forms
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._keys = {
            keyid: raw
            for keyid, raw in keys.items()
            if len(raw) == PUBLIC_KEY_BYTES and sha256(raw).digest() == keyid
        }
        self._bits = bits
        self._opens = opener()
        self._instants: dict[int, str] = {}

    def block(self, rows: Sequence[RawRow], start: int, stop: int) -> Block:
        """``rows`` are all that the store has of these leaves, in order."""
        if [row[0] for row in rows] != list(range(start + 1, stop + 1)):
            return Block(start, stop, is_whole=False)
        # One kind of work after the other: in turns, a verification finds the processor's
        # caches full of Python, and Python finds them full of curve points. That costs 9 us.
        said = self.said(rows)
        keys, opens = self._keys, self._opens
        signed = [
            one and (b"%b%b%d %b" % (row[7], _PREFIX, len(row[4]), row[4]), keys[row[6]])
            for row, one in zip(rows, said, strict=True)
        ]
        passed = [one is not None and opens(*one) for one in signed]
        block = Block(start, stop)
        more = self._with_evidence(rows, said)
        block.aside = [
            Aside(offset, is_passed, rows[offset])
            for offset, is_passed in enumerate(passed)
            if not is_passed or offset in more
        ]
        if all(passed):
            self._fill(block, rows, said)  # type: ignore[arg-type]  # all of them said something
        else:
            kept = [one for one in compress(said, passed) if one]
            self._fill(block, list(compress(rows, passed)), kept)
        handed = sum(
            len(value) for one in block.aside for value in one.row if isinstance(value, str | bytes)
        )
        return block if handed <= MAX_HANDED_BACK else Block(start, stop, is_whole=False)

    # -- form and columns --------------------------------------------------------

    def said(self, rows: Sequence[RawRow]) -> list[Said | None]:
        """What each row says of its place, if form and columns are in order."""
        places: dict[Any, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            places[row[3]].append(place)
        said: list[Said | None] = [None] * len(rows)
        for topic, chosen in places.items():
            if type(topic) is str and topic in self._forms:
                found = self._of_topic(topic, [rows[place] for place in chosen])
                for place, one in zip(chosen, found, strict=True):
                    said[place] = one
        return said

    def _of_topic(self, topic: str, rows: Sequence[RawRow]) -> Sequence[Said | None]:
        """All of one type: their texts are matched at once, and their columns held to that."""
        found = self._matches(topic, [row[4] for row in rows])
        if found is None:  # a payload that is no text, or has several lines: which one?
            if len(rows) == 1:
                return (None,)
            return [one for row in rows for one in self._of_topic(topic, (row,))]
        kind = self._forms[topic].kind
        if self._all_fit(kind, rows, found):
            return found
        return [
            one if self._all_fit(kind, (row,), (one,)) else None
            for row, one in zip(rows, found, strict=True)
        ]

    def _matches(self, topic: str, states: Sequence[Any]) -> list[Said] | None:
        """What the form finds in each payload: where it does not match, nothing but empty texts."""
        try:
            text = b"\n".join(states).decode()
        except (TypeError, UnicodeDecodeError):
            return None
        if text.count("\n") != len(states) - 1:
            return None
        if topic not in self._patterns:
            # A line for each payload, a match for each line.
            pattern = rf"^(?:{self._forms[topic].pattern}|.*)$"
            self._patterns[topic] = re.compile(pattern, re.MULTILINE)
        return self._patterns[topic].findall(text)

    def _all_fit(self, kind: str, rows: Sequence[RawRow], said: Sequence[Said]) -> bool:
        """Whether every row's columns say what its payload does."""
        _, keys, versions, _, states, micros, keyids, signatures, _ = zip(*rows, strict=True)
        prevs, instants, _, seqs, streams, _ = zip(*said, strict=True)
        return (
            {int}.issuperset(map(type, versions))
            and {int}.issuperset(map(type, micros))
            and {bytes}.issuperset(map(type, states))
            and {bytes}.issuperset(map(type, signatures))
            and {SIGNATURE_BYTES}.issuperset(map(len, signatures))
            and max(map(len, states)) <= MAX_PAYLOAD_BYTES
            and self._keys.keys() >= set(keyids)
            and seqs == tuple(map(str, versions))
            and keys == tuple([f"{kind}/{stream}" for stream in streams])
            and instants == self._written(micros)
            and [not prev for prev in prevs] == [version == 1 for version in versions]
            and _NO_DIGEST not in prevs
        )

    def _written(self, micros: Sequence[int]) -> tuple[str, ...] | None:
        """As payloads write these instants; None where there is no such instant."""
        known = self._instants
        new = {one for one in micros if one not in known}
        if len(known) + len(new) > MAX_INSTANTS:
            known.clear()
            new = set(micros)
        try:
            known |= {one: format_instant(from_micros(one)) for one in new}
        except (ValueError, OverflowError):
            return None
        return tuple([known[one] for one in micros])

    def _with_evidence(self, rows: Sequence[RawRow], said: Sequence[Said | None]) -> set[int]:
        """Where there is more to look at."""
        return {
            place
            for place, (row, one) in enumerate(zip(rows, said, strict=True))
            if one is not None
            and (
                row[8] is not None
                or one[2] != "null"
                or one[5] != "null"
                or self._forms[row[3]].has_evidence
            )
        }

    # -- what it comes to --------------------------------------------------------

    def _fill(self, block: Block, rows: Sequence[RawRow], said: Sequence[Said]) -> None:
        """What the rows that passed say."""
        letters = {topic: form.kind[:1].encode() for topic, form in self._forms.items()}
        ids = bytes.fromhex("".join([one[4] for one in said]).replace("-", ""))
        prevs = bytes.fromhex("".join([one[0] or _NO_DIGEST for one in said]))
        prefixes = [prefix for (prefix,) in _prefixes(ids)]
        leaves = [sha256(b"\x00" + row[4]).digest() for row in rows]
        records = [
            pack(row[0] - 1, prefix, letters[row[3]], id_, prev, row[2] - 1, digest, row[2], leaf)
            for row, prefix, (id_,), (prev,), digest, leaf in zip(
                rows,
                prefixes,
                _ids(ids),
                _hashes(prevs),
                [sha256(row[4]).digest() for row in rows],
                leaves,
                strict=True,
            )
        ]
        block.records = Parted.of(records, prefixes, self._bits)
        block.leaves = b"".join(leaves)
        block.micros = [row[5] for row in rows]
        for at, row in enumerate(rows):
            if not block.keyids or block.keyids[-1][1] != row[6]:
                block.keyids.append((at, row[6]))


_NO_DIGEST: Final = "0" * (2 * DIGEST_BYTES)
