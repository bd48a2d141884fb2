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
from uuid import UUID

from ledger.codec import NOTHING_SEALED, decode, encode
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.errors import ExitCode, LedgerError
from ledger.events.governance import HeadsCommitted
from ledger.high_water import HighWater, Mark
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.heads import Heads
from ledger.log.tree import StoreTree
from ledger.signing.keys import SigningKey
from ledger.storage.port import EntryStore, Guard, Sealing
from ledger.storage.tree_reads import Note, note_of

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


class Keeper:
    """See the module. One for each open node that writes."""

    def __init__(
        self,
        store: EntryStore,
        *,
        key: SigningKey,
        sealing: Sealing,
        node: str,
        origin: str,
        heads_stream: UUID,
        high_water: HighWater,
        monotonic: Callable[[], float],
        guard: Callable[[], Guard] = Guard,
    ) -> None:
        self._store = store
        self._key = key
        self._sealing = sealing
        self._node = node
        self.origin = origin
        self.heads_key = StreamId("node", heads_stream).key
        self.high_water = high_water
        self._monotonic = monotonic
        self._guard = guard
        self._heads = Heads()
        self._followed = 0
        self._size = 0
        """What was settled last by this keeper."""
        self._at = monotonic()

    @property
    def heads(self) -> Heads:
        """The commitment in memory, as far as the log was followed."""
        return self._heads

    @property
    def followed(self) -> int:
        return self._followed

    def tick(self) -> None:
        """After a transaction: settle when it is time to."""
        late = self._monotonic() - self._at >= CHECKPOINT_SECONDS
        if late or self._store.size() - self._size >= COMMIT_ENTRIES:
            self.settle()

    def settle(self) -> SignedCheckpoint:
        """Commit, sign, raise the mark; the latest checkpoint, made now or before."""
        size = self._commit()
        signed = self.checkpoint(size)
        self._size, self._at = size, self._monotonic()
        return signed

    # -- the commitment --------------------------------------------------------

    def _commit(self) -> int:
        """The size to sign: with a commitment to all that others wrote before it."""
        for _ in range(MAX_ATTEMPTS):
            size = self._store.size()
            if not self._store.others_since(self.heads_key, self._committed(), size):
                return size
            self.follow(size)
            facts = HeadsCommitted(size=size, root=self._heads.root().hex(), bits=self._heads.bits)
            seq = self._store.heads((self.heads_key,)).get(self.heads_key)
            event = PendingEvent(
                self.heads_key, (seq.seq if seq else 0) + 1, facts, Actor(self._node, LOG)
            )
            draft = encode(event, self._node, lambda _: NOTHING_SEALED)
            done = self._store.append(
                [draft], sealing=self._sealing, guard=self._guard(), set_aside=True
            )
            if done.entries:
                return done.entries[0].index + 1
        return self._store.size()

    def _committed(self) -> int:
        """The size that the last commitment covers."""
        head = self._store.heads((self.heads_key,)).get(self.heads_key)
        if head is None:
            return 0
        last = self._store.stream(self.heads_key, after_seq=head.seq - 1)[0]
        facts = decode(last).facts
        assert isinstance(facts, HeadsCommitted)
        return facts.size

    def follow(self, size: int) -> None:
        """Take in the subjects' entries up to ``size``."""
        if not self._followed and size > FOLLOW_ENTRIES:
            self._heads = Heads.build(self._store.subject_leaves(size))
            self._followed = size
        while self._followed < size:
            stop = min(size, self._followed + FOLLOW_ENTRIES)
            self._heads.extend(self._store.followed(self._followed, stop))
            self._followed = stop

    # -- the checkpoint --------------------------------------------------------

    def checkpoint(self, size: int) -> SignedCheckpoint:
        """The signed checkpoint at ``size``, kept for ever. Raises ``CheckpointContradicted``."""
        kept = self._store.latest_note("checkpoint", self.origin)
        if kept is not None and kept.size >= size:
            return SignedCheckpoint.parse(kept.body)
        tree = StoreTree(self._store, size)
        if kept is not None:
            before = SignedCheckpoint.parse(kept.body).checkpoint
            if tree.root(before.size) != before.root:
                raise CheckpointContradicted(size=before.size)
        signed = SignedCheckpoint.sign(Checkpoint(self.origin, size, tree.root()), self._key)
        self._store.keep_notes([note_of("checkpoint", signed)])
        self.high_water.raise_to(self._mark(signed.checkpoint))
        return signed

    def _mark(self, checkpoint: Checkpoint) -> Mark:
        return Mark(
            store_id=str(self._store.info.store_id),
            origin=self.origin,
            size=checkpoint.size,
            root=checkpoint.root.hex(),
        )
