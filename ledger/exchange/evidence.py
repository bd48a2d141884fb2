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
            payload = one.payload
            entry = read(one)
            if isinstance(entry, Verdict):
                verdicts.append(entry)
            else:
                digest = sha256(payload).hexdigest()
                entries.append(ProvedEntry(node, entry, digest, payload))
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
        known: dict[str, tuple[TrustedKey, bytes]] = {}
        entered = iter(entries)
        dated = next(entered, None)
        prefix = pae(ENTRY, b"")[: -len(b"0 ")]
        for one in given.entries:
            keyid, payload = one.keyid, one.payload
            at = None
            if dated is not None and dated.entry.index == one.index:
                at, dated = dated.entry.recorded_at, next(entered, None)
            signer = known.get(keyid) or self._signer(keyid, node, known)
            if signer is None:
                found[keyid] = Verdict.of(Reason.UNKNOWN_KEY, name=shown(node))
                continue
            key, raw = signer
            if not opens(b"%b%b%d %b" % (one.signature, prefix, len(payload), payload), raw):
                raise MessageRefuted(Reason.SIGNATURE_FAILS, what=ENTRY_, key=key.keyid)
            if at is not None and not key.covers(at):
                raise MessageRefuted(
                    Reason.OUTSIDE_VALIDITY, what=ENTRY_, at=format_instant(at), keyid=key.keyid
                )
            if keyid not in found:
                found[keyid] = by_key(key, ENTRY_, judged.verdict, self.trust, judged)
        return found.values()

    def _signer(
        self, keyid: str, node: str, known: dict[str, tuple[TrustedKey, bytes]]
    ) -> tuple[TrustedKey, bytes] | None:
        """A key of the node for entries, and its raw bytes, which the trust list has in base64.

        None where nobody knows it. Raises ``MessageRefuted`` where it is for something else.
        """
        key = self.trust.key_of(keyid)
        if key is None:
            return None  # not kept: a stranger may name any number of keys
        if key.node != node or "entries" not in key.purposes:
            raise MessageRefuted(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=shown(node))
        known[keyid] = found = (key, key.raw)
        return found


def _differs(node: str, why: Phrase) -> MessageRefuted:
    return MessageRefuted(Reason.SECTIONS_DIFFER, node=node, why=why)


# -- form and order --------------------------------------------------------------

_Read = Callable[[ShownEntry], Entry | Verdict]


def _reader(node: str, count: int) -> _Read:
    """Reads a shown entry of ``node``; a verdict where its event is not known.

    Raises ``MessageRefuted``.
    """
    quick = QuickDecoder(node).read if count >= QUICK_FROM else None

    def read(one: ShownEntry) -> Entry | Verdict:
        payload = one.payload
        if quick is not None:
            found = quick(_topic_hint(payload), payload, one.index, one.keyid)
            if found is not None:
                return found  # of the node, whose forms these are
        stored = stored_entry(
            {"state": payload, "index": one.index, "keyid": bytes.fromhex(one.keyid)}
        )
        try:
            entry = decode(stored)
        except UnreadableEntry as error:
            if (unknown := _unknown_event(one.payload)) is None:
                raise MessageRefuted(Reason.ENTRY_UNREADABLE, index=one.index, node=node) from error
            return Verdict.of(Reason.EVENT_UNKNOWN, index=one.index, node=node, type=shown(unknown))
        if entry.node != node:
            raise MessageRefuted(Reason.ANOTHER_NODE, node=shown(entry.node), origin=shown(node))
        return entry

    return read


MAX_TYPE: Final = 100
"""Bytes at the end of a payload in which its type stands."""


def _topic_hint(payload: bytes) -> str:
    """The topic that the last members seem to say; the decoder believes nothing of it."""
    _, _, behind = payload[-MAX_TYPE:].rpartition(b'"type":"')
    return _TOPICS.get(behind.partition(b'"')[0], "")


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
    heads: dict[tuple[str, int], tuple[int, str]] = {}
    for node, entry, digest, _ in entries:
        seq, prev = entry.seq, entry.prev
        kind, identifier = entry.stream
        stream = (kind, identifier.int)
        last, head = heads.get(stream, (0, None))
        follows = seq == last + 1
        if seq <= last or (follows and prev != head) or (seq == 1) != (prev is None):
            raise _unordered(node, entry.index)
        heads[stream] = (seq, digest)


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


MAX_STEPS: Final = 4_096
"""That are remembered; the last few dozen are those that the next path shares."""


class Paths:
    """Inclusion proofs in one tree: the verdicts of ``merkle.inclusion_fault``, with less work.

    Neighbours share the upper part of their paths. A step that a path that held took from the
    same node, with the same hash and the same hashes to come, is not taken again.
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
        if len(known) > MAX_STEPS:
            known.clear()
        taken: dict[tuple[int, int], tuple[bytes, tuple[bytes, ...]]] = {}
        node, last, computed = index, self._size - 1, leaf
        for at, sibling in enumerate(proof):
            place = (node, last)
            rest = proof[at:]
            if known.get(place) == (computed, rest):
                known.update(taken)
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
        known.update(taken)
        return None
