"""What a message shows of the logs of nodes: sections judged, entries proved. Pure.

Of each section, in this order:

1. The checkpoint is of the log that the trust list has under the section's node, and is
   judged by ``ledger.log.verifying``: signatures, cosignatures, the policy.
2. Entries ascend by index, each once; within a stream ``seq`` ascends, and of two that
   follow each other the second names the digest of the first.
3. Each is the canonical form of an event that is known, of that node. An event that is not
   known is ``INDETERMINATE``: a newer program may know it.
4. Each is signed under a key of the trust list, of that node, for entries, valid at
   ``recorded_at``; what a compromised key signed needs the section's checkpoint to be dated
   before by the policy's witnesses.
5. Each is proved to stand in the tree of the checkpoint.

One signature, one decoding and one proof an entry; of a proof no hash is made twice that the
one before it made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Final

import orjson

from ledger.codec import HEADER, UnreadableEntry, decode
from ledger.entry import (
    ENTRY_VERSION,
    STREAM_KINDS,
    Entry,
    StoredEntry,
    format_instant,
    stored_entry,
)
from ledger.errors import LedgerError, Phrase
from ledger.events import EVENT_TYPES
from ledger.exchange.forms import LogSection, ShownEntry
from ledger.exchange.judged import ProvedEntry
from ledger.exchange.refuted import MessageRefuted
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.merkle import HASH_BYTES, MAX_TREE_SIZE, ProofFault, leaf_hash, node_hash
from ledger.log.trust import Trust, TrustedKey
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import (
    ENTRY_,
    JudgedCheckpoint,
    by_key,
    judge_checkpoint,
    shown,
    worst,
)
from ledger.quick_codec import QuickDecoder
from ledger.signing.dsse import ENTRY, pae
from ledger.signing.quick import Opens, opener

QUICK_FROM: Final = 300
"""Entries of a section from which the quick decoder is worth making."""

_NO_CONSISTENCY: Final = Phrase(
    "only the sender's own section bears a consistency proof",
    "仅发送方自身的部分可附一致性证明",
    "僅發送方自身的部分可附一致性證明",
)
_LARGER: Final = Phrase(
    "its consistency proof begins at a larger size",
    "其一致性证明的起始大小更大",
    "其一致性證明的起始大小更大",
)


@dataclass(frozen=True)
class Section:
    """What is shown of one node's log. Entries are proved where ``verdict`` is good."""

    node: str
    verdict: Verdict
    """The worst of the checkpoint's and of all entries'."""
    checkpoint: SignedCheckpoint
    judged: JudgedCheckpoint
    entries: tuple[ProvedEntry, ...]
    """By index."""
    is_known: bool
    """False: there are entries of types that are not known here, which say nobody knows what."""

    @cached_property
    def by_index(self) -> Mapping[int, ProvedEntry]:
        return {one.entry.index: one for one in self.entries}


@dataclass(slots=True)
class Evidence:
    """Judges the sections of one message, or of several under one trust list."""

    trust: Trust
    _opens: Opens = field(default_factory=opener)
    _raw: dict[str, tuple[TrustedKey, bytes] | None] = field(default_factory=dict)

    def section(self, given: LogSection, *, may_extend: bool) -> Section:
        """``may_extend``: it is the sender's, which may prove that its log only grew.

        Raises ``MessageRefuted`` for what is wrong, whatever else the trust list says.
        """
        node = given.node
        checkpoint, judged = self._checkpoint(given)
        if given.consistency is not None:
            if not may_extend:
                raise _differs(node, _NO_CONSISTENCY)
            if given.consistency.size > checkpoint.checkpoint.size:
                raise _differs(node, _LARGER)
        _require_ascending(given)
        read = _reader(node, len(given.entries))
        entries: list[ProvedEntry] = []
        verdicts = [judged.verdict]
        for one in given.entries:
            digest = sha256(one.payload).hexdigest()
            entry = read(one)
            if isinstance(entry, Verdict):
                verdicts.append(entry)
            else:
                entries.append(ProvedEntry(node, entry, digest, one.payload))
        _require_chained(entries)
        verdicts += self._signatures(given, entries, judged)
        _require_proved(given, checkpoint)
        is_known = len(entries) == len(given.entries)
        return Section(node, worst(*verdicts), checkpoint, judged, tuple(entries), is_known)

    def _checkpoint(self, given: LogSection) -> tuple[SignedCheckpoint, JudgedCheckpoint]:
        try:
            signed = SignedCheckpoint.parse(given.checkpoint.encode("utf-8"))
        except LedgerError as error:
            raise MessageRefuted(Reason.MALFORMED, why=error) from error
        judged = judge_checkpoint(signed, self.trust)
        if judged.node is not None and judged.node.node != given.node:
            origin = shown(signed.checkpoint.origin)
            raise MessageRefuted(Reason.ANOTHER_LOG, found=given.node, origin=origin)
        return signed, judged

    def _signatures(
        self, given: LogSection, entries: Sequence[ProvedEntry], judged: JudgedCheckpoint
    ) -> Iterable[Verdict]:
        """What the keys' states make of the entries; one verdict a key."""
        node, opens = given.node, self._opens
        found: dict[str, Verdict] = {}
        instants = {one.entry.index: one.entry.recorded_at for one in entries}
        prefix = pae(ENTRY, b"")[: -len(b"0 ")]
        for one in given.entries:
            known = self._key(one.keyid)
            if known is None:
                found[one.keyid] = Verdict.of(Reason.UNKNOWN_KEY, name=shown(node))
                continue
            key, raw = known
            if key.node != node or "entries" not in key.purposes:
                raise MessageRefuted(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=shown(node))
            signed = b"%b%b%d %b" % (one.signature, prefix, len(one.payload), one.payload)
            if not opens(signed, raw):
                raise MessageRefuted(Reason.SIGNATURE_FAILS, what=ENTRY_, key=key.keyid)
            at = instants.get(one.index)
            if at is not None and not key.covers(at):
                raise MessageRefuted(
                    Reason.OUTSIDE_VALIDITY, what=ENTRY_, at=format_instant(at), keyid=key.keyid
                )
            if key.keyid not in found:
                found[key.keyid] = by_key(key, ENTRY_, judged.verdict, self.trust, judged)
        return found.values()

    def _key(self, keyid: str) -> tuple[TrustedKey, bytes] | None:
        """A key and its raw bytes, which the trust list has in base64."""
        if keyid not in self._raw:
            key = self.trust.key_of(keyid)
            if key is None:
                return None  # not kept: a stranger may name any number of keys
            self._raw[keyid] = (key, key.raw)
        return self._raw[keyid]


def _differs(node: str, why: Phrase) -> MessageRefuted:
    return MessageRefuted(Reason.SECTIONS_DIFFER, node=node, why=why)


# -- form and order --------------------------------------------------------------

_Read = Callable[[ShownEntry], Entry | Verdict]


def _reader(node: str, count: int) -> _Read:
    """Reads a shown entry of ``node``; a verdict where its event is not known.

    Raises ``MessageRefuted``.
    """
    decodes: Callable[[StoredEntry], Entry] = QuickDecoder(node) if count >= QUICK_FROM else decode

    def read(one: ShownEntry) -> Entry | Verdict:
        stored = stored_entry(
            {
                "originator_id": "",
                "originator_version": 0,
                "topic": _topic_hint(one.payload),
                "state": one.payload,
                "index": one.index,
                "keyid": bytes.fromhex(one.keyid),
                "signature": one.signature,
                "details": None,
            }
        )
        try:
            entry = decodes(stored)
        except UnreadableEntry as error:
            if (unknown := _unknown_event(one.payload)) is None:
                raise MessageRefuted(Reason.ENTRY_UNREADABLE, index=one.index, node=node) from error
            return Verdict.of(Reason.EVENT_UNKNOWN, index=one.index, node=node, type=shown(unknown))
        if entry.node != node:
            raise MessageRefuted(Reason.ANOTHER_NODE, node=shown(entry.node), origin=shown(node))
        return entry

    return read


def _topic_hint(payload: bytes) -> str:
    """The topic that the last members seem to say; the decoder believes nothing of it."""
    start = payload.rfind(b'"type":"') + len(b'"type":"')
    name = payload[start : payload.find(b'"', start)]
    return _TOPICS.get(name, "")


_TOPICS: Final = {facts.type_name().encode(): topic for topic, facts in EVENT_TYPES.items()}
"""The newest schema of each type."""


def _unknown_event(payload: bytes) -> str | None:
    """The type of an entry that is in order but for its type; None for what is no entry."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict) or value.keys() != HEADER or value["v"] is True:
        return None
    if value["v"] != ENTRY_VERSION:
        return None
    name, schema, stream = value["type"], value["schema"], value["stream"]
    if not isinstance(name, str) or type(schema) is not int or not isinstance(stream, dict):
        return None
    is_known = f"{name}:{schema}" in EVENT_TYPES and stream.get("kind") in STREAM_KINDS
    return None if is_known else f"{name}:{schema}"


def _require_ascending(given: LogSection) -> None:
    last = -1
    for one in given.entries:
        if one.index <= last:
            raise _unordered(given.node, one.index)
        last = one.index


def _require_chained(entries: Iterable[ProvedEntry]) -> None:
    """Streams go on from entry to entry, as far as they are shown."""
    heads: dict[object, tuple[int, str]] = {}
    for node, entry, digest, _ in entries:
        seq, head = heads.get(entry.stream, (0, None))
        follows = entry.seq == seq + 1
        is_first = entry.seq == 1
        if entry.seq <= seq or (follows and entry.prev != head) or is_first != (entry.prev is None):
            raise _unordered(node, entry.index)
        heads[entry.stream] = (entry.seq, digest)


def _unordered(node: str, index: int) -> MessageRefuted:
    return MessageRefuted(Reason.ENTRIES_UNORDERED, index=index, node=node)


# -- proofs ------------------------------------------------------------------------


def _require_proved(given: LogSection, signed: SignedCheckpoint) -> None:
    size, root = signed.checkpoint.size, signed.checkpoint.root
    paths = Paths(size, root)
    for one in given.entries:
        fault = paths.fault(one.index, leaf_hash(one.payload), one.proof)
        if fault is not None:
            raise MessageRefuted(Reason.PROOF_FAILS, index=one.index, size=size, fault=str(fault))


class Paths:
    """Inclusion proofs in one tree: the verdicts of ``merkle.inclusion_fault``, with less work.

    Neighbours share the upper part of their paths. A step that the last path that held took
    from the same node, with the same hash and the same hashes to come, is not taken again.
    """

    __slots__ = ("_known", "_root", "_size")

    def __init__(self, size: int, root: bytes) -> None:
        self._size, self._root = size, root
        self._known: dict[tuple[int, int], tuple[bytes, tuple[bytes, ...]]] = {}

    def fault(self, index: int, leaf: bytes, proof: tuple[bytes, ...]) -> ProofFault | None:
        """As ``inclusion_fault`` has it (RFC 9162, section 2.1.3.2)."""
        if not 0 <= index < self._size <= MAX_TREE_SIZE:
            return ProofFault.OUT_OF_RANGE
        known = self._known
        taken: dict[tuple[int, int], tuple[bytes, tuple[bytes, ...]]] = {}
        node, last, computed = index, self._size - 1, leaf
        for at, sibling in enumerate(proof):
            place = (node, last)
            rest = proof[at:]
            if known.get(place) == (computed, rest):
                self._remember(place, taken)
                return None
            taken[place] = (computed, rest)
            if last == 0:
                return ProofFault.TOO_LONG
            if len(sibling) != HASH_BYTES:
                return ProofFault.HASH_LENGTH
            if node & 1 or node == last:
                computed = node_hash(sibling, computed)
                while node and not node & 1:
                    node, last = node >> 1, last >> 1
            else:
                computed = node_hash(computed, sibling)
            node, last = node >> 1, last >> 1
        if last:
            return ProofFault.TOO_SHORT
        if computed != self._root:
            return ProofFault.ROOT_DIFFERS
        self._known = taken
        return None

    def _remember(
        self, place: tuple[int, int], taken: dict[tuple[int, int], tuple[bytes, tuple[bytes, ...]]]
    ) -> None:
        """The steps of this path: those it took, and those that it shares from ``place`` on."""
        last = place[1]
        shared = {one: step for one, step in self._known.items() if one[1] <= last}
        self._known = taken | shared
