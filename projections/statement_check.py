"""Verifying a statement: no node, no network, no database, no clock. Pure.

What ``VALID`` says: a node that the reader trusts signed the answer; the commitment that it
rests on, and every entry shown, are signed and stand in the log of the checkpoint; the entries
are, without a gap, all that the node held on the subject and on all that corrected identifiers
tie to it when the log had the size that the question asks for; what is shown of sealed fields
is what was committed to; and the answer follows from all this. Its limits are those it names.

In this order: form, signature, checkpoint, commitment, streams, subject, sealed fields,
answer, limits; then what the trust file says of keys and witnesses. Bounded by the limits of
``projections.statement``: at most 5,000 signatures and 24 MiB of JSON; what else a statement
of some kind rests on (``Claim.rests``) is within these bytes, and has bounds of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from ledger.codec import decode
from ledger.entry import ENTRY_PAYLOAD_TYPE, Entry, StoredEntry, StreamId, format_instant
from ledger.errors import LedgerError, Phrase
from ledger.events.governance import HeadsCommitted, KeyCompromised
from ledger.identifiers import commitments_id, node_id
from ledger.log import merkle
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.heads_proof import verify_head, verify_prefix
from ledger.log.merkle import consistency_fault
from ledger.log.trust import Trust, TrustedKey
from ledger.log.verdict import Outcome, Reason, Verdict
from ledger.log.verifying import (
    MAX_FILE_BYTES,
    JudgedCheckpoint,
    best,
    by_key,
    judge_checkpoint,
    worst,
)
from ledger.log.verifying import shown as harmless
from ledger.organisations.node_keys import Compromise, Compromises, compromise
from ledger.signing.dsse import STATEMENT, Envelope, verify
from projections.statement import (
    HISTORY,
    Dated,
    ShownEntry,
    Signed,
    Statement,
    Stream,
    covered,
    envelope,
    kind_of,
)
from projections.statement_answer import check_answer
from projections.statement_faults import StatementRefuted

WHAT: Final = Phrase("the history statement", "历史声明", "歷史聲明")

SIGNED: Final = Phrase("the statement", "声明", "聲明")
"""While nothing of it is read."""

Follows = Callable[[Sequence[Entry], Sequence[Compromise]], None]
"""Raises ``StatementRefuted`` unless the answer follows from entries, in log order, and from
what the statement's declarations say of compromised keys."""


Rests = Callable[[Trust], Iterable[Verdict]]
"""What the reader's trust leaves of each other signed thing that the answer rests on."""


def _on_nothing_else(_: Trust) -> Iterable[Verdict]:
    return ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that was read: what it is called, and whether its answer follows."""

    what: Phrase
    statement: Signed
    follows: Follows
    doubts: bool = True
    """Whether the answer leaves in doubt what declared compromises do; else it takes every entry
    as it is, so that each needs a date."""
    rests: Rests = _on_nothing_else


Read = Callable[[bytes], Claim]
"""Of a payload of one kind. Raises ``StatementMalformed``."""


def read_history(payload: bytes) -> Claim:
    statement = Statement.from_payload(payload)

    def follows(entries: Sequence[Entry], declared: Sequence[Compromise]) -> None:
        check_answer(statement, entries, declared)

    return Claim(WHAT, statement, follows)


def _entry_name(index: int) -> Phrase:
    return Phrase("entry {index}", "条目 {index}", "條目 {index}", {"index": index})


HISTORIES: Final[Mapping[str, Read]] = MappingProxyType({HISTORY: read_history})


def verify_statement(data: bytes, trust: Trust, kinds: Mapping[str, Read] = HISTORIES) -> Verdict:
    """The verdict on a file, by what the reader trusts; whatever the file holds."""
    if len(data) > MAX_FILE_BYTES:
        return Verdict.of(Reason.TOO_LARGE, limit=MAX_FILE_BYTES)
    try:
        signed = envelope(data)
        # Nothing that a stranger wrote is read further than this.
        signers = _signers(signed, trust)
        read = kinds.get(kind_of(signed.payload), read_history)
        return _Check(read(signed.payload), trust).verdict(signers)
    except StatementRefuted as refuted:
        return refuted.verdict
    except LedgerError as error:
        return Verdict.of(Reason.MALFORMED, why=error)


def stated_limits(data: bytes, kinds: Mapping[str, Read] = HISTORIES) -> tuple[str, ...]:
    """The limits of a statement that was verified; none of anything else."""
    try:
        payload = envelope(data).payload
        return kinds.get(kind_of(payload), read_history)(payload).statement.limits
    except LedgerError:
        return ()


def _signers(signed: Envelope, trust: Trust) -> list[TrustedKey]:
    """At least one key that is known; under each of them the signature must hold."""
    found = []
    for one in signed.signatures:
        if (key := trust.key_of(one.keyid)) is None:
            continue
        if "entries" not in key.purposes:
            raise StatementRefuted(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=key.node)
        if not verify(key.raw, STATEMENT, signed.payload, one.sig):
            raise StatementRefuted(Reason.SIGNATURE_FAILS, what=SIGNED, key=key.keyid)
        found.append(key)
    if not found:
        raise StatementRefuted(Reason.UNKNOWN_KEY, name=SIGNED)
    return found


@dataclass(slots=True)
class _Check:
    """One statement under one trust.

    What a key signed that the trust file calls compromised needs a date from the reader's own
    witnesses: before the compromise as the trust file and the node's declarations say, by the
    statement's checkpoint or by an earlier one that it brings. But for what the answer has
    taken the effect of already: where a declaration that was known in time, and from no later
    instant than the trust file says, leaves it in doubt.
    """

    claim: Claim
    trust: Trust
    declared: list[Compromise] = field(default_factory=list)
    dated: list[JudgedCheckpoint] = field(default_factory=list)
    rested: dict[str, int] = field(default_factory=dict)
    """Compromised keys, and the last leaf that the answer takes from each of them."""

    @property
    def statement(self) -> Signed:
        return self.claim.statement

    def verdict(self, signers: list[TrustedKey]) -> Verdict:
        """The worst of what keys and witnesses leave of it; or ``StatementRefuted``."""
        statement, trust = self.statement, self.trust
        self._node(signers)
        read = SignedCheckpoint.parse(statement.checkpoint.encode("utf-8"))
        checkpoint, origin = read.checkpoint, harmless(statement.origin)
        if checkpoint.origin != statement.origin:
            found = harmless(checkpoint.origin)
            raise StatementRefuted(Reason.ANOTHER_LOG, found=found, origin=origin)
        judged = judge_checkpoint(read, trust)
        if judged.verdict.outcome is Outcome.INVALID:
            return judged.verdict
        self.dated.append(judged)
        facts = self._commitment(checkpoint)
        self._declarations(checkpoint)
        for one in statement.dated:
            earlier = self._earlier(one, checkpoint)
            if earlier.verdict.outcome is Outcome.INVALID:
                return earlier.verdict
            self.dated.append(earlier)
        entries = self._streams(checkpoint, facts)
        self.claim.follows(entries, self.declared)
        self._rest(entries)
        what = self.claim.what
        good = Verdict.of(Reason.VERIFIED, what=what, origin=origin, size=checkpoint.size)
        own = best(by_key(key, what, good, trust, judged) for key in signers)
        rested = [self._by_date(keyid, index, good) for keyid, index in self.rested.items()]
        return worst(own, *rested, judged.verdict, *self.claim.rests(self.trust))

    def _rest(self, entries: Sequence[Entry]) -> None:
        """Tell the entries that the answer takes as they are from those that it doubts."""
        size = self.statement.query.tree_size
        known, since = Compromises.known(self.declared, size), Compromises.known(self.declared)
        for entry in entries:
            key = self.trust.key_of(entry.keyid)
            if key is None or key.since is None:
                continue
            tainted = (known if entry.index < size else since).taint(entry.keyid, entry.index)
            if not self.claim.doubts or tainted is None or tainted.since > key.since:
                self._takes(entry)

    def _takes(self, entry: Entry) -> None:
        self.rested[entry.keyid] = max(entry.index, self.rested.get(entry.keyid, -1))

    def _by_date(self, keyid: str, index: int, good: Verdict) -> Verdict:
        """Whether the reader's witnesses date leaf ``index`` before the key was compromised."""
        key = self.trust.key_of(keyid)
        assert key is not None, "entries are by keys that are trusted"
        assert key.since is not None, "and these are compromised"
        known = Compromises.known(self.declared).by_key.get(keyid)
        since = key.since if known is None else min(key.since, known.since)
        earlier = key.model_copy(update={"since": since})
        fitting = [one for one in self.dated if one.size > index and one.seen_before(since)]
        return by_key(
            earlier, self.claim.what, good, self.trust, next(iter(fitting), self.dated[0])
        )

    def _earlier(self, one: Dated, checkpoint: Checkpoint) -> JudgedCheckpoint:
        """A checkpoint that the statement's own continues, as the reader's witnesses saw it."""
        read = SignedCheckpoint.parse(one.checkpoint.encode("utf-8"))
        body = read.checkpoint
        if body.origin != checkpoint.origin:
            found, origin = harmless(body.origin), harmless(checkpoint.origin)
            raise StatementRefuted(Reason.ANOTHER_LOG, found=found, origin=origin)
        fault = consistency_fault(
            body.size, checkpoint.size, body.root, checkpoint.root, one.consistency
        )
        if fault is not None:
            at, size = body.size, checkpoint.size
            raise StatementRefuted(Reason.PROOF_FAILS, index=at, size=size, fault=fault.value)
        return judge_checkpoint(read, self.trust)

    def _node(self, signers: list[TrustedKey]) -> None:
        """That the signers may speak for the node, and the node for the log."""
        node, origin, at = self.statement.node, self.statement.origin, self.statement.made_at
        known = self.trust.node_of(origin)
        if known is None:
            raise StatementRefuted(Reason.UNKNOWN_LOG, name=harmless(origin))
        if known.node != node:
            raise StatementRefuted(Reason.ANOTHER_LOG, found=node, origin=harmless(origin))
        for key in signers:
            if key.node != node:
                raise StatementRefuted(Reason.KEY_NOT_ALLOWED, keyid=key.keyid, node=node)
            if not key.covers(at):
                made = format_instant(at)
                raise StatementRefuted(
                    Reason.OUTSIDE_VALIDITY, what=self.claim.what, at=made, keyid=key.keyid
                )

    # -- what the log holds ----------------------------------------------------

    def _commitment(self, checkpoint: Checkpoint) -> HeadsCommitted:
        one = self.statement.commitment
        entry = self._entry(one, checkpoint)
        key = self.trust.key_of(entry.keyid)
        if key is not None and key.since is not None:
            self._takes(entry)
        facts, stream = entry.facts, StreamId("node", commitments_id(self.statement.node))
        if (
            not isinstance(facts, HeadsCommitted)
            or entry.stream != stream
            or facts.size > entry.index
        ):
            raise StatementRefuted(Reason.COMMITMENT_FAILS, index=one.index)
        reach = covered(entry.index, facts)
        if self.statement.query.tree_size > reach:
            size = self.statement.query.tree_size
            raise StatementRefuted(Reason.COMMITMENT_STALE, covered=reach, size=size)
        return facts

    def _declarations(self, checkpoint: Checkpoint) -> None:
        """What the node said of compromised keys, by index.

        Under whichever key: to doubt what a key signed takes no more than the word of whoever
        holds it, and ``Compromises`` lets no stolen key cover anything.
        """
        stream, last = StreamId("node", node_id(self.statement.node)), -1
        for one in self.statement.declarations:
            entry = self._entry(one, checkpoint)
            facts = entry.facts
            if (
                not isinstance(facts, KeyCompromised)
                or entry.stream != stream
                or entry.index <= last
            ):
                raise StatementRefuted(Reason.ENTRY_MISPLACED, index=one.index)
            last = entry.index
            self.declared.append(compromise(facts, entry))

    def _entry(self, one: ShownEntry, checkpoint: Checkpoint) -> Entry:
        """A signed entry of the node at its place in the log."""
        name = _entry_name(one.index)
        stored = StoredEntry(
            originator_id="",
            originator_version=0,
            topic="",
            state=one.payload,
            index=one.index,
            keyid=bytes.fromhex(one.keyid),
            signature=one.signature,
        )
        entry = decode(stored)
        if entry.node != self.statement.node:
            origin = harmless(self.statement.origin)
            raise StatementRefuted(Reason.ANOTHER_NODE, node=harmless(entry.node), origin=origin)
        key = self.trust.entry_key(self.statement.node, one.keyid)
        if key is None:
            raise StatementRefuted(Reason.UNKNOWN_KEY, name=name)
        if not verify(key.raw, ENTRY_PAYLOAD_TYPE, one.payload, one.signature):
            raise StatementRefuted(Reason.SIGNATURE_FAILS, what=name, key=one.keyid)
        if not key.covers(entry.recorded_at):
            at = format_instant(entry.recorded_at)
            raise StatementRefuted(Reason.OUTSIDE_VALIDITY, what=name, at=at, keyid=one.keyid)
        leaf = merkle.leaf_hash(one.payload)
        self._in_log(one.index, leaf, one.proof, checkpoint)
        return entry

    def _in_log(
        self, index: int, leaf: bytes, proof: tuple[bytes, ...], checkpoint: Checkpoint
    ) -> None:
        fault = merkle.inclusion_fault(index, checkpoint.size, leaf, proof, checkpoint.root)
        if fault is not None:
            size = checkpoint.size
            raise StatementRefuted(Reason.PROOF_FAILS, index=index, size=size, fault=fault.value)

    def _streams(self, checkpoint: Checkpoint, facts: HeadsCommitted) -> list[Entry]:
        """All entries shown, each stream whole from its first entry on, in log order."""
        found: list[Entry] = []
        for stream in self.statement.streams:
            entries = self._chain(stream, checkpoint, facts.size)
            self._complete(stream, checkpoint, facts)
            found += entries
        return sorted(found, key=lambda entry: entry.index)

    def _chain(self, stream: Stream, checkpoint: Checkpoint, size: int) -> list[Entry]:
        """Of one stream, each entry continuing the one before; none past the commitment."""
        query = self.statement.query
        chain: list[Entry] = []
        before: str | None = None
        for seq, one in enumerate(stream.entries, 1):
            entry = self._entry(one, checkpoint)
            last = chain[-1] if chain else None
            if (
                entry.stream != StreamId("subject", stream.uuid)
                or entry.seq != seq
                or entry.prev != before
                or entry.index >= size
                or (last is not None and entry.index <= last.index)
                or (last is not None and entry.recorded_at < last.recorded_at)
            ):
                raise StatementRefuted(Reason.ENTRY_MISPLACED, index=one.index)
            was_known = entry.index < query.tree_size
            if query.known_at is None:
                contradicts = was_known
            else:
                is_later = entry.recorded_at > query.known_at
                contradicts = is_later if was_known else entry.recorded_at < query.known_at
            if contradicts:
                raise StatementRefuted(Reason.KNOWN_AT_DIFFERS, index=one.index)
            before = sha256(one.payload).hexdigest()
            chain.append(entry)
        return chain

    def _complete(self, stream: Stream, checkpoint: Checkpoint, facts: HeadsCommitted) -> None:
        """That these are the stream's first entries, and that the next one was not known yet."""
        size = self.statement.query.tree_size
        try:
            root = bytes.fromhex(facts.root)
            head = verify_head(root, facts.bits, stream.uuid.bytes, stream.membership)
        except LedgerError as error:
            raise StatementRefuted(Reason.HELD_NOT_PROVED, stream=stream.id, why=error) from error
        leaves = [merkle.leaf_hash(one.payload) for one in stream.entries]
        try:
            leaf = verify_prefix(head, leaves, stream.prefix)
        except LedgerError as error:
            raise StatementRefuted(Reason.INCOMPLETE, stream=stream.id, why=error) from error
        following = stream.next
        if leaf is None and following is None:
            return
        last = stream.entries[-1].index if stream.entries else -1
        if (
            leaf is None
            or following is None
            or not max(size, last + 1) <= following.index < facts.size
        ):
            raise StatementRefuted(Reason.NEXT_NOT_LATER, stream=stream.id, size=size)
        self._in_log(following.index, leaf, following.proof, checkpoint)
