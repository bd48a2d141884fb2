"""The audit: every entry of a store, read once, held against everything it should be.

For each row, in the order of the log:

1. its place: leaf indexes are contiguous from 0, and the governing rows that the store
   finds by its own ``kind`` column are those that the entries say;
2. its form: canonical bytes, the exact header, facts of the vocabulary;
3. its columns: they say what the payload says;
4. its signature: Ed25519 over the DSSE encoding of the very bytes, by the node key that
   ``keyid`` names, introduced earlier in the log, meant for entries, valid at that instant;
   a key that introduces itself has the approval of a quorum of the founding's roots;
5. its chain: ``seq`` contiguous from 1 in its stream, ``prev`` the SHA-256 of the entry before;
6. its time: ``recorded_at`` never falls (whether equal neighbours were one transaction
   cannot be told from the rows);
7. its node: the log begins with ``NodeFounded``, once, and every entry is of that node;
8. what it adopts: the rule pack is in the store and hashes to its digest; keys fit their ids;
9. its submission: the manifest is there, its digest fits, it is signed by whom it names
   with a key that held on that day, it has the row, and the row as kept is that row;
10. its sealed details: they open, and every field is what was committed to.

Beside the rows, made again from them:

11. the tree: every stored tile is there, as the leaves make it, and no other;
12. the commitments: each covers what it says under the root and the number of buckets of
    the map of subjects at that size, more than the one before it, in a stream of their own;
13. checkpoints: each is signed by a key of the node that held when its last leaf was
    recorded, and has the root of the log at its size;
14. cosignatures: each is of such a checkpoint and holds under the key of its witness;
    what a declared compromise of a key says is covered, such a one dated before it;
    every other note is a signed checkpoint, filed as what it is;
15. the high-water mark: the log is as long and begins as it says;
16. what others hold (``ledger.log.outside``): checkpoints and answers of witnesses. One
    that only a key signed which had ended by then, or was compromised and not covered,
    proves nothing: it is a remark, and not kept;
17. the store itself: the index of the keys, which answers are read by, leads to every entry
    and to nothing else; tables and indexes are as they were made, and the count of entries
    fits. Triggers that are not are a remark: they stop mistakes, not whoever owns the file.

At the end: every recorded erasure was carried out; every destroyed data key has an erasure
that names it, in the stream of the entry that rests on it, and names what the key is of; and
the store remembers no entry beyond the last.

An entry that fails 2 or 4 is not believed: it changes neither keys nor organisations, also
where a key of the node signed it that was not valid any more.

The first key is taken on first use: it is the one that the founding introduces, and is
trusted because the log begins with it. ``trusted_keys`` pins it to keys known otherwise.

Entries are judged by themselves on every core (``ledger.log.judges``), in form, columns and
signature. One process puts together what needs order, and judges alone what is not as it
should be: which faults are found does not depend on how many work.

Limits. Whoever has the node's key and all that it keeps, the high-water mark included, can
make another log that has no fault: only what others hold proves it. Details whose data
key was destroyed are checked for their form and the names of their keys only: nobody can read
them any more. A third person's data key is named by no entry but its erasure: details of
``parties`` may have been put under such a key of the same subject once it was destroyed.

What holds between entries far apart, chains and the map of subjects, is checked once all were
read, part by part (``ledger.log.parts``), on every core.

Memory: a few blocks of rows, one part of the streams for each process, a few manifests, the
erased key ids, fork evidence (64 MB at most), the first faults of each kind. It grows neither
with the log nor with the number of subjects. No value that is longer than it may be is read; of
rows and notes 32 MB at once and one look more, which is 20 MB of hostile rows on SQLite and
280 MB on PostgreSQL. Temporary files, where ``TMPDIR`` says: some 150 bytes an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final

from ledger.codec import decode
from ledger.entry import StoredEntry
from ledger.errors import LedgerError
from ledger.events.governance import KeyIntroduced, NodeFounded
from ledger.log.audit_blocks import BlockAudit
from ledger.log.audit_rows import node_key
from ledger.log.checking_store import check_store, remembered_size
from ledger.log.erasures import Pause
from ledger.log.faults import AuditReport, FaultList
from ledger.log.forms import forms
from ledger.log.judges import Helpers, Orders, crew, descriptors
from ledger.log.judging import Block
from ledger.log.kept import NOTHING_KNOWN, Kept, Known
from ledger.log.parts import Parts
from ledger.log.reading import chunks, rows
from ledger.organisations.node_keys import NodeKey, origin_of
from ledger.signing.data_keys import DataKeys
from ledger.signing.keys import key_id
from ledger.storage.port import EntryStore

CHUNK: Final = 500
"""Rows between two calls of ``progress`` where they are read one by one."""

FOUNDING_ROWS: Final = 8
"""The first key is looked for among so many leading rows; a founding writes four."""

MAX_KEYS: Final = 10_000
"""Keys that the log introduces; an entry under a further one is judged alone."""

Progress = Callable[[int, int], None]


def audit(
    store: EntryStore,
    data_keys: DataKeys | None,
    *,
    progress: Progress | None = None,
    trusted_keys: Collection[bytes] | None = None,
    known: Known = NOTHING_KNOWN,
    helpers: Helpers | None = None,
    pause: Pause | None = None,
) -> AuditReport:
    """Check the whole log of ``store`` as it stands at the call; see the module.

    ``progress`` is told how many rows were read and how many there are. ``trusted_keys``
    are raw public keys, one of which must have founded the log. ``helpers`` are processes
    that judge entries beside this one; without any, this one does it. ``pause`` lets an erasure
    that is under way come to its end before it counts as unfinished. Whatever the store holds,
    it becomes a fault; only a store or a key store that cannot be reached is raised. Evidence
    of a fork is kept in the store, where it can be.
    """
    faults = FaultList()
    # The store's own count first: entries that arrive meanwhile must not look cut off.
    remembered = remembered_size(store, faults)
    stop = store.size()
    leading = list(islice(rows(store, min(stop, FOUNDING_ROWS), FaultList()), FOUNDING_ROWS))
    with Parts(stop, faults) as parts:
        audited = BlockAudit(store, data_keys, faults, parts)
        audited.trust(_founding_keys(leading), trusted_keys)
        kept = Kept(
            store,
            faults,
            _origin(store, leading),
            lambda: audited.node_keys,
            lambda: audited.compromises,
            known,
            stop,
        )
        audited.tree.watched_by(kept.wanted())

        def orders() -> Orders:
            keys = _keys(store, trusted_keys or ())
            task = None if helpers is None else helpers.task
            files = descriptors(parts.scratches)
            return Orders(task, forms(store.info.node), keys, parts.bits, files)

        with crew(store, orders, stop, helpers, parts.scratches) as workers:
            count = 0
            for count in _counted(store, audited, stop, workers.blocks(stop), faults):
                if progress is not None:
                    progress(count, max(stop, count))
            audited.tree.finish()
            parts.finish(workers)
    audited.finish(stop, remembered, pause)
    kept.finish(audited.tree.unreached)
    check_store(store, faults)
    return faults.report(count)


def _counted(
    store: EntryStore,
    audited: BlockAudit,
    stop: int,
    blocks: Iterator[Block | None],
    faults: FaultList,
) -> Iterator[int]:
    """Audits the rows; how many were read so far."""
    count = position = 0
    for block in blocks:
        if block is None:
            break
        if block.is_whole:
            audited.block(block)
            count += block.stop - block.start
        else:
            count += audited.rows(rows(store, block.stop, faults, block.start))
        position = block.stop
        yield count
    if position < stop or not count:
        # A row that the database cannot hand over: from here on, one after the other.
        for chunk in chunks(rows(store, stop, faults, position), CHUNK):
            count += audited.rows(chunk)
            yield count


def _keys(store: EntryStore, trusted: Iterable[bytes]) -> dict[bytes, bytes]:
    """All keys that might have signed something, by their ids; nothing is believed yet."""
    found = {bytes.fromhex(key_id(raw)): raw for raw in trusted}
    with suppress(LedgerError):  # what the database cannot read, the audit proper reports
        for stored in store.scan_governing():
            if len(found) < MAX_KEYS and stored.topic == KeyIntroduced.topic():
                for key in _introduced(stored):
                    found[bytes.fromhex(key.keyid)] = key.public_key
    return found


def _introduced(stored: StoredEntry) -> Sequence[NodeKey]:
    try:
        facts = decode(stored).facts
        key = node_key(facts) if isinstance(facts, KeyIntroduced) else None
    except Exception:  # noqa: BLE001 - the audit proper reports it
        return ()
    return () if key is None else (key,)


def _origin(store: EntryStore, leading: Iterable[StoredEntry]) -> str:
    """The log's name in its checkpoints: as its founding says."""
    for stored in leading:
        with suppress(Exception):  # the audit proper reports it
            facts = decode(stored).facts
            if isinstance(facts, NodeFounded):
                return origin_of(facts.name, facts.origin)
    return origin_of(store.info.node)


def _founding_keys(leading: Iterable[StoredEntry]) -> Iterator[NodeKey]:
    """The first key that is introduced at the instant of the founding, whoever signed it."""
    instant: datetime | None = None
    for stored in leading:
        try:
            entry = decode(stored)
        except Exception:  # noqa: BLE001, S112 - the audit proper reports it
            continue
        instant = instant or entry.recorded_at
        if isinstance(entry.facts, KeyIntroduced) and entry.recorded_at == instant:
            key = node_key(entry.facts)
            if key is not None:
                yield key
            return
