"""Judging entries by themselves, in blocks, wherever there is a core to do it.

Of an entry that is in order but for its place, a ``Block`` says what its place is judged
by, and no more; every other row is handed back as it is, to be judged the slow way. So
nothing that is wrong is named here: what is passed is right in form, columns and
signature, and what is wrong with the rest is found elsewhere.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import compress
from typing import Final, NamedTuple

from ledger.entry import ENTRY_PAYLOAD_TYPE, MAX_PAYLOAD_BYTES, format_instant
from ledger.events import EVENT_TYPES
from ledger.events.subjects import PersonalDataErased
from ledger.log.forms import forms
from ledger.signing.dsse import pae
from ledger.signing.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from ledger.signing.quick import opener
from ledger.storage.rows import RawRow, from_micros

BLOCK: Final = 1_000
"""Leaves judged at once: 140 KB of answer, so that a pipe holds some."""

MAX_HANDED_BACK: Final = 4 << 20
"""Bytes of payloads and details that a block hands back; with more, it is read once more."""

SEQ_BYTES: Final = 8
DIGEST_BYTES: Final = 32

FIRST: Final = bytes(DIGEST_BYTES + SEQ_BYTES)
"""What the first entry of a stream follows: no digest, ``seq`` 0."""

_PREFIX: Final = pae(ENTRY_PAYLOAD_TYPE, b"")[: -len(b"0 ")]
"""The DSSE encoding up to the length of the body."""


class Aside(NamedTuple):
    """A row that needs another look: at its evidence only, or at everything."""

    offset: int
    """From the start of the block."""
    is_passed: bool
    row: RawRow


@dataclass(slots=True)
class Block:
    """The leaves ``start <= index < stop``. Lists run over the passed rows, in order."""

    start: int
    stop: int
    is_whole: bool = True
    """False: rows are missing, doubled or too large; the rest of this says nothing."""
    aside: list[Aside] = field(default_factory=list)
    streams: list[bytes] = field(default_factory=list)
    """The first letter of the kind, and the 16 bytes of the id."""
    follows: list[bytes] = field(default_factory=list)
    """The digest that the entry names as the one before, and the ``seq`` before its own."""
    becomes: list[bytes] = field(default_factory=list)
    """Its own digest and ``seq``."""
    leaves: list[bytes] = field(default_factory=list)
    micros: list[int] = field(default_factory=list)
    keyids: list[tuple[int, bytes]] = field(default_factory=list)
    """From which passed row on which key signed."""

    def to_bytes(self) -> bytes:
        """For the process that asked; nothing of it is ever stored."""
        values = [getattr(self, name) for name in Block.__slots__]
        values[3] = [tuple(one) for one in self.aside]
        return marshal.dumps(values)

    @classmethod
    def from_bytes(cls, data: bytes) -> Block:
        block = cls(*marshal.loads(data))  # noqa: S302 - from a process that this one started
        block.aside = [Aside(*one) for one in block.aside]
        return block


class _Form(NamedTuple):
    match: Callable[[str], re.Match[str] | None]
    stream: str
    """The kind of the stream, and a slash."""
    letter: str
    has_evidence: bool
    """Whether there is more to look at, sealed fields or none."""


class Judge:
    """Judges rows of ``node``. ``keys``: key id (32 bytes) to raw public key.

    Whether a key was introduced by then, and held, is for the caller to say.
    """

    def __init__(self, node: str, keys: Mapping[bytes, bytes]) -> None:
        self._forms = {}
        for topic, pattern in forms(node).items():
            kind = EVENT_TYPES[topic].stream_kind
            more = topic == PersonalDataErased.topic()
            self._forms[topic] = _Form(pattern.fullmatch, f"{kind}/", kind[:1], more)
        self._keys = {
            keyid: raw
            for keyid, raw in keys.items()
            if len(raw) == PUBLIC_KEY_BYTES and sha256(raw).digest() == keyid
        }
        self._opens = opener()
        self._micros, self._instant = -1, ""

    def block(self, rows: Sequence[RawRow], start: int, stop: int) -> Block:
        """``rows`` are all that the store has of these leaves, in order."""
        if [row[0] for row in rows] != list(range(start + 1, stop + 1)):
            return Block(start, stop, is_whole=False)
        # One kind of work after the other: in turns, a verification finds the processor's
        # caches full of Python, and Python finds them full of curve points. That costs 9 us.
        said = [self._said(row) for row in rows]
        keys, opens = self._keys, self._opens
        signed = [
            one and (b"%b%b%d %b" % (row[7], _PREFIX, len(row[4]), row[4]), keys[row[6]])
            for row, one in zip(rows, said, strict=True)
        ]
        passed = [one is not None and opens(*one) for one in signed]
        block = Block(start, stop)
        _fill(block, list(compress(rows, passed)), [one for one in compress(said, passed) if one])
        block.aside = [
            Aside(offset, is_passed, rows[offset])
            for offset, (is_passed, one) in enumerate(zip(passed, said, strict=True))
            if not is_passed or (one and one[2])
        ]
        handed = sum(
            len(value) for one in block.aside for value in one.row if isinstance(value, str | bytes)
        )
        return block if handed <= MAX_HANDED_BACK else Block(start, stop, is_whole=False)

    def _said(self, row: RawRow) -> _Said | None:
        """What the row says of its place, if form and columns are in order."""
        _, key, version, topic, state, micros, keyid, signature, details = row
        form = self._forms.get(topic)
        if (
            form is None
            or type(state) is not bytes
            or type(signature) is not bytes
            or type(micros) is not int
            or type(version) is not int
            or len(signature) != SIGNATURE_BYTES
            or len(state) > MAX_PAYLOAD_BYTES
            or keyid not in self._keys
        ):
            return None
        try:
            matched = form.match(str(state, "utf-8"))
            if micros != self._micros:
                self._instant, self._micros = format_instant(from_micros(micros)), micros
        except (ValueError, OverflowError):
            return None
        if matched is None:
            return None
        prev, recorded_at, sealed, seq, stream, submission = matched.groups()
        if recorded_at != self._instant or seq != str(version) or key != form.stream + stream:
            return None
        if (prev is None) != (version == 1) or prev == _NO_DIGEST:
            return None
        return (
            form.letter + stream,
            prev or _NO_DIGEST,
            details is not None or sealed != "null" or submission != "null" or form.has_evidence,
        )


_Said = tuple[str, str, bool]
"""Letter and id of the stream, the digest that ``prev`` names in hex, whether to look further."""

_NO_DIGEST: Final = "0" * (2 * DIGEST_BYTES)


def _fill(block: Block, rows: Sequence[RawRow], said: Sequence[_Said]) -> None:
    """What the rows that passed say."""
    ids = bytes.fromhex("".join([one[0][1:] for one in said]).replace("-", ""))
    prevs = bytes.fromhex("".join([one[1] for one in said]))
    block.streams = [
        letter + ids[at : at + 16]
        for letter, at in zip(
            [one[0][:1].encode() for one in said], range(0, len(ids), 16), strict=True
        )
    ]
    seqs = [row[2].to_bytes(SEQ_BYTES, "big") for row in rows]
    block.follows = [
        prevs[at : at + DIGEST_BYTES] + (row[2] - 1).to_bytes(SEQ_BYTES, "big")
        for row, at in zip(rows, range(0, len(prevs), DIGEST_BYTES), strict=True)
    ]
    block.becomes = [sha256(row[4]).digest() + seq for row, seq in zip(rows, seqs, strict=True)]
    block.leaves = [sha256(b"\x00" + row[4]).digest() for row in rows]
    block.micros = [row[5] for row in rows]
    for at, row in enumerate(rows):
        if not block.keyids or block.keyids[-1][1] != row[6]:
            block.keyids.append((at, row[6]))
