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

ID_BYTES: Final = 16
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
        keys, opens, before = self._keys, self._opens, _BeforeBody()
        signed = [
            one and (b"".join((row[7], before[len(row[4])], row[4])), keys[row[6]])
            for row, one in zip(rows, said, strict=True)
        ]
        passed = [one is not None and opens(*one) for one in signed]
        block = Block(start, stop)
        more = self._with_evidence(rows, said)
        if more or not all(passed):
            block.aside = [
                Aside(offset, is_passed, rows[offset])
                for offset, is_passed in enumerate(passed)
                if not is_passed or offset in more
            ]
        kept = [one for one in compress(said, passed) if one]
        self._fill(block, rows if all(passed) else list(compress(rows, passed)), kept)
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
        if len(places) == 1:
            return list(self._of_topic(rows[0][3], rows))
        said: list[Said | None] = [None] * len(rows)
        for topic, chosen in places.items():
            found = self._of_topic(topic, [rows[place] for place in chosen])
            for place, one in zip(chosen, found, strict=True):
                said[place] = one
        return said

    def _of_topic(self, topic: Any, rows: Sequence[RawRow]) -> Sequence[Said | None]:
        """All of one type: their texts are matched at once, and their columns held to that."""
        if type(topic) is not str or topic not in self._forms:
            return (None,) * len(rows)
        found = self._matches(topic, [row[4] for row in rows])
        if found is None:  # a payload that is no text, or has several lines: which one?
            if len(rows) == 1:
                return (None,)
            return [one for row in rows for one in self._of_topic(topic, (row,))]
        kind = self._forms[topic].kind
        matched = [place for place, one in enumerate(found) if one[_SEQ]]
        if len(matched) == len(rows):
            chosen, of_chosen = rows, found
        else:
            chosen, of_chosen = [rows[at] for at in matched], [found[at] for at in matched]
        if not chosen or self._all_fit(kind, chosen, of_chosen):
            return [one if one[_SEQ] else None for one in found]
        return [
            one if one[_SEQ] and self._all_fit(kind, (row,), (one,)) else None
            for row, one in zip(rows, found, strict=True)
        ]

    def _matches(self, topic: str, states: Sequence[Any]) -> list[Said] | None:
        """What the form finds in each payload: where it does not match, nothing but empty texts."""
        try:
            joined = b"\n".join(states)
            text = joined.decode()
        except (TypeError, UnicodeDecodeError):
            return None
        if joined.count(b"\n") != len(states) - 1:
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
        new = {one for one in set(micros) if one not in known}
        if len(known) + len(new) > MAX_INSTANTS:
            known.clear()
            new = set(micros)
        try:
            known |= {one: format_instant(from_micros(one)) for one in new}
        except (ValueError, OverflowError):
            return None
        return tuple(map(known.__getitem__, micros))

    def _with_evidence(self, rows: Sequence[RawRow], said: Sequence[Said | None]) -> set[int]:
        """Where there is more to look at."""
        all_said = [one for one in said if one]
        if (
            not any(self._forms[topic].has_evidence for topic in self._topics(rows))
            and {None}.issuperset([row[8] for row in rows])
            and {"null"}.issuperset([one[2] for one in all_said])
            and {"null"}.issuperset([one[5] for one in all_said])
        ):
            return set()
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

    def _topics(self, rows: Sequence[RawRow]) -> set[str]:
        """Those among them that have a form."""
        return {row[3] for row in rows} & self._forms.keys()

    # -- what it comes to --------------------------------------------------------

    def _fill(self, block: Block, rows: Sequence[RawRow], said: Sequence[Said]) -> None:
        """What the rows that passed say."""
        if not rows:
            return
        numbers, _, versions, topics, states, micros, keyids, _, _ = zip(*rows, strict=True)
        letters = {topic: self._forms[topic].kind[:1].encode() for topic in set(topics)}
        ids = bytes.fromhex("".join([one[4] for one in said]).replace("-", ""))
        prevs = bytes.fromhex("".join([one[0] or _NO_DIGEST for one in said]))
        prefixes = [prefix for (prefix,) in _prefixes(ids)]
        leaves = [sha256(b"\x00" + state).digest() for state in states]
        digests = [sha256(state).digest() for state in states]
        records = list(
            map(
                pack,
                map((-1).__add__, numbers),
                prefixes,
                map(letters.__getitem__, topics),
                _hashes(ids, ID_BYTES),
                _hashes(prevs, DIGEST_BYTES),
                map((-1).__add__, versions),
                digests,
                versions,
                leaves,
            )
        )
        block.records = Parted.of(records, prefixes, self._bits)
        block.leaves = b"".join(leaves)
        block.micros = list(micros)
        if len(set(keyids)) == 1:
            block.keyids = [(0, keyids[0])]
            return
        for at, keyid in enumerate(keyids):
            if not block.keyids or block.keyids[-1][1] != keyid:
                block.keyids.append((at, keyid))


class _BeforeBody(dict[int, bytes]):
    """By the length of a payload, what stands before it in its DSSE encoding."""

    def __missing__(self, size: int) -> bytes:
        made = self[size] = b"%b%d " % (_PREFIX, size)
        return made


def _hashes(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


_SEQ: Final = Said._fields.index("seq")
"""The group that is empty only where nothing matched."""

_NO_DIGEST: Final = "0" * (2 * DIGEST_BYTES)
