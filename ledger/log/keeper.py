"""Keeping the log provable while it grows: commitments, checkpoints, the high-water mark.

After a batch, and each second while entries arrive, ``Keeper.settle``

1. follows the log up to its size and commits to all subjects in an entry
   (``HeadsCommitted``), unless nothing but such entries came since the last one;
2. signs a checkpoint of the log with that entry, once it has proved to itself that the
   log still begins with what the checkpoint before it says;
3. raises the high-water mark.

Entries are safe before it runs: what a process that was killed left unsettled, the next
writer settles. Several processes may settle at once; each finds the other's entries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.codec import NOTHING_SEALED, decode, encode
from ledger.entry import Actor, PendingEvent
from ledger.errors import ExitCode, LedgerError
from ledger.events.governance import HeadsCommitted
from ledger.high_water import (
    HighWater,
    HighWaterMissing,
    HighWaterNotRaised,
    HighWaterUnwritable,
    Mark,
)
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.heads import Heads
from ledger.log.merkle import HASH_BYTES
from ledger.log.tree import StoreTree, leaves
from ledger.signing.keys import SigningKey
from ledger.storage.errors import GuardChanged
from ledger.storage.port import EntryStore, Guard, Sealing
from ledger.storage.tree_reads import note_of

CHECKPOINT_SECONDS: Final = 1.0
COMMIT_ENTRIES: Final = 10_000
"""While entries arrive, no more of them and no longer without a commitment and a checkpoint."""

FOLLOW_ENTRIES: Final = 10_000
"""Followed at once: some 2 MB of ids and hashes."""

LOG: Final = "log"
"""The operator of the entries that the log writes about itself."""

MAX_ATTEMPTS: Final = 50
"""Commitments made anew because another process committed first."""


class CheckpointContradicted(LedgerError):
    """Nothing is signed on a log that is not the one that was signed before."""

    code = "checkpoint_contradicted"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the log does not begin with the {size} entries of its own checkpoint of that size: "
        "nothing is signed; run credit-ledger audit"
    )
    zh_cn = "日志开头与其自身大小为 {size} 的检查点不符：不再签署；请运行 credit-ledger audit"
    zh_tw = "日誌開頭與其自身大小為 {size} 的檢查點不符：不再簽署；請執行 credit-ledger audit"


class StoreBehind(LedgerError):
    code = "store_behind"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is written: the store holds {size} entries, the log had {mark} already; "
        "run credit-ledger reconcile"
    )
    zh_cn = "不予写入：存储中有 {size} 个条目，而日志曾有 {mark} 个；请运行 credit-ledger reconcile"
    zh_tw = "不予寫入：儲存中有 {size} 個條目，而日誌曾有 {mark} 個；請執行 credit-ledger reconcile"


class StoreContradictsMark(LedgerError):
    code = "store_contradicts_mark"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is written: the first {mark} entries are not those that the high-water mark "
        "was set for; run credit-ledger audit"
    )
    zh_cn = "不予写入：前 {mark} 个条目与高水位标记不符；请运行 credit-ledger audit"
    zh_tw = "不予寫入：前 {mark} 個條目與高水位標記不符；請執行 credit-ledger audit"


def built(store: EntryStore, size: int) -> Heads:
    """The map of all subjects over the first ``size`` leaves, made from the entries at once.

    Holds 32 bytes a leaf beside the map itself until it returns.
    """
    hashes = leaves(store, 0, size)
    return Heads.build(
        (subject, [hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES] for index in indexes])
        for subject, indexes in store.subject_heads(size)
    )


class Keeper:
    """See the module. One for each open node that writes.

    ``by_time`` False, on a simulated clock: how fast a machine is never shows in its log.
    """

    def __init__(
        self,
        store: EntryStore,
        *,
        key: SigningKey,
        sealing: Sealing,
        node: str,
        origin: str,
        commitments: str,
        high_water: HighWater,
        monotonic: Callable[[], float],
        by_time: bool,
    ) -> None:
        self._store = store
        self._key = key
        self._sealing = sealing
        self._node = node
        self.origin = origin
        self.commitments = commitments
        self.high_water = high_water
        self._monotonic = monotonic
        self._by_time = by_time
        self._guard: Callable[[], Guard] = Guard
        self._seen: Callable[[], SignedCheckpoint | None] = lambda: None
        self._heads = Heads()
        self._tree = StoreTree(store, 0)
        self._followed = 0
        self._is_whole = False
        self._size = 0
        """What was settled last by this keeper."""
        self._at = monotonic()
        self._seen_size = 0
        """The largest size that this keeper found the store to have."""

    def require_whole(self, *, ask: bool = True) -> None:
        """Raises unless the log is at least what its high-water mark says.

        The mark is looked at once, and whenever the log is settled; that the store has not
        become smaller than it was, each time. Where there is no mark of this log, and with
        ``ask``, a witness's word stands for it. A mark of this log in another store stops it
        like its own, and lets nothing go on by itself.
        """
        if self._is_whole:
            self._seen_to_hold(self._store.size())
            return
        mark = self.high_water.read()
        is_kept = mark is not None and mark.is_of(self.store_id, self.origin)
        if not is_kept:
            if mark is not None and mark.origin == self.origin:
                self._hold_to(mark)
            mark = self._mark_by_witness() if ask else None
        if mark is None:
            raise HighWaterMissing(file=self.high_water.path)
        self._hold_to(mark)
        if not is_kept:
            self.high_water.raise_to(mark, replace=True)
        self._is_whole = True

    def _hold_to(self, mark: Mark) -> None:
        size = self._store.size()
        self._seen_to_hold(size)
        if size < mark.size:
            raise StoreBehind(size=size, mark=mark.size)
        if StoreTree(self._store, size).root(mark.size).hex() != mark.root:
            raise StoreContradictsMark(mark=mark.size)

    def _seen_to_hold(self, size: int) -> None:
        """A backup can be restored under a process that goes on."""
        if size < self._seen_size:
            raise StoreBehind(size=size, mark=self._seen_size)
        self._seen_size = size

    def why_not_whole(self) -> LedgerError | None:
        """What ``require_whole`` refuses with, or what kept it from looking; for readers."""
        try:
            self.require_whole(ask=False)
        except LedgerError as error:
            return error
        return None

    def _mark_by_witness(self) -> Mark | None:
        """The mark at the checkpoint that a witness has seen nothing beyond; None without one."""
        seen = self._seen()
        return None if seen is None else self.mark(seen.checkpoint)

    @property
    def store_id(self) -> str:
        return str(self._store.info.store_id)

    @property
    def heads(self) -> Heads:
        """The commitment in memory, as far as the log was followed."""
        return self._heads

    @property
    def followed(self) -> int:
        return self._followed

    def tree(self, size: int) -> StoreTree:
        """The tree of at least ``size`` leaves; what was read of it before is kept."""
        if self._tree.size < size:
            self._tree.advance(size)
        return self._tree

    def ask_with(self, seen: Callable[[], SignedCheckpoint | None]) -> None:
        """How witnesses are asked for the newest checkpoint, where they have seen no larger."""
        self._seen = seen

    def guarded_by(self, guard: Callable[[], Guard]) -> None:
        """What a commitment assumes of who may sign, asked anew for every attempt."""
        self._guard = guard

    def use(self, key: SigningKey, sealing: Sealing) -> None:
        """The node's key was replaced by this one; nothing else signs from here on."""
        self._key, self._sealing = key, sealing

    def tick(self, guard: Guard | None = None) -> None:
        """After a transaction: settle when it is time to. Raises ``GuardChanged``."""
        late = self._by_time and self._monotonic() - self._at >= CHECKPOINT_SECONDS
        size = self._store.size()
        self._seen_to_hold(size)
        if late or size - self._size >= COMMIT_ENTRIES:
            self.settle(guard)

    def settle(self, guard: Guard | None = None) -> SignedCheckpoint:
        """Commit, sign, raise the mark; the latest checkpoint, made now or before.

        Raises ``GuardChanged`` only where a ``guard`` is given.
        """
        mark = self.high_water.read()
        if mark is not None and mark.origin == self.origin:
            self._hold_to(mark)
        if guard is None:
            self._guard()
        size = self._commit(guard)
        self._still_signing(guard)
        signed = self.checkpoint(size)
        self._size, self._at = size, self._monotonic()
        return signed

    def _still_signing(self, given: Guard | None) -> None:
        """Asked once the size is known that is signed next: nothing below it ends the key.

        Another process may have rotated it, and committed under the new one, meanwhile.
        """
        if given is None:
            self._guard()
        elif given.governance is not None:
            found = self._store.governance_index()
            if found != given.governance:
                raise GuardChanged(what="governance index", assumed=given.governance, found=found)

    # -- the commitment --------------------------------------------------------

    def _commit(self, given: Guard | None) -> int:
        """The size to sign: with a commitment to all that others wrote before it."""
        for _ in range(MAX_ATTEMPTS):
            # The end of the stream before the size: whoever commits meanwhile is a conflict.
            seq, committed = self._last_commitment()
            size = self._store.size()
            if not self._store.others_since(self.commitments, committed, size):
                return size
            self.follow(size)
            facts = HeadsCommitted(size=size, root=self._heads.root().hex(), bits=self._heads.bits)
            event = PendingEvent(self.commitments, seq + 1, facts, Actor(self._node, LOG))
            draft = encode(event, self._node, lambda _: NOTHING_SEALED)
            try:
                done = self._store.append(
                    [draft], sealing=self._sealing, guard=given or self._guard(), set_aside=True
                )
            except GuardChanged:
                if given is not None:
                    raise
                continue
            if done.entries:
                return done.entries[0].index + 1
        return self._store.size()

    def _last_commitment(self) -> tuple[int, int]:
        """Its ``seq``, and the size that it covers; 0 where there is none."""
        head = self._store.heads((self.commitments,)).get(self.commitments)
        if head is None:
            return 0, 0
        last = self._store.stream(self.commitments, after_seq=head.seq - 1)[0]
        facts = decode(last).facts
        # A row that was tampered with must not keep the log from committing.
        covered = min(facts.size, last.index) if isinstance(facts, HeadsCommitted) else 0
        return head.seq, covered

    def follow(self, size: int) -> None:
        """Take in the subjects' entries up to ``size``."""
        if not self._followed and size > FOLLOW_ENTRIES:
            self._heads = built(self._store, size)
            self._followed = size
        while self._followed < size:
            start, stop = self._followed, min(size, self._followed + FOLLOW_ENTRIES)
            entries = self._store.subject_entries(start, stop)
            hashes = leaves(self._store, start, stop)
            places = [(index - start) * HASH_BYTES for _, index in entries]
            self._heads.extend(
                [subject for subject, _ in entries],
                [hashes[place : place + HASH_BYTES] for place in places],
            )
            self._heads.root()
            self._followed = stop

    # -- the checkpoint --------------------------------------------------------

    def checkpoint(self, size: int) -> SignedCheckpoint:
        """The signed checkpoint at ``size``, kept for ever.

        Raises ``CheckpointContradicted``; ``HighWaterNotRaised`` where all but the mark is done.
        """
        kept = self._store.latest_note("checkpoint", self.origin)
        if kept is not None and kept.size >= size:
            return SignedCheckpoint.parse(kept.body)
        tree = StoreTree(self._store, size)
        if kept is not None:
            before = SignedCheckpoint.parse(kept.body).checkpoint
            if tree.root(before.size) != before.root:
                raise CheckpointContradicted(size=before.size)
        signed = SignedCheckpoint.signed(Checkpoint(self.origin, size, tree.root()), self._key)
        note = note_of("checkpoint", self.origin, size, signed.to_bytes())
        self._store.keep_notes(lambda _: [note])
        try:
            self.high_water.raise_to(self.mark(signed.checkpoint))
        except HighWaterUnwritable as error:
            file, reason = self.high_water.path, error.fields["reason"]
            raise HighWaterNotRaised(file=file, reason=reason, size=size) from error
        return signed

    def mark(self, checkpoint: Checkpoint) -> Mark:
        """What the high-water mark says of this log at ``checkpoint``."""
        return Mark(
            store_id=self.store_id,
            origin=self.origin,
            size=checkpoint.size,
            root=checkpoint.root.hex(),
        )
