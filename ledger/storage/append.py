"""The append path that both stores share: what happens under the append lock.

A store opens a transaction, holds its lock, and hands over a ``Writing``; everything
that decides (versions, the clock, the guard, the chain, sizes, signatures) is here.

Steps, in this order:

1. read the head, and compare the governance index with the guard's;
2. check the version of every stream in the batch; set aside or refuse;
3. ask the clock once, and hold it to be later than the head;
4. compare the legal day with the guard's;
5. stamp each draft with ``prev`` and ``recorded_at``, sign, insert;
6. extend the tree of all entries (RFC 6962) and store the tiles that became full;
7. store the manifests. The store commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

from ledger.entry import MAX_PAYLOAD_BYTES, StoredDraft, StoredEntry, format_instant, stored_entry
from ledger.log.merkle import leaf_hash
from ledger.log.tiles import FullTile, TileBuilder
from ledger.storage.errors import (
    ClockNotForward,
    GuardChanged,
    PayloadTooLarge,
    VersionConflict,
)
from ledger.storage.pipeline import PIPELINE_MIN, Pipeline, sign
from ledger.storage.port import Appended, Guard, Head, Sealing, StreamHead

LEGAL_TIME = timedelta(hours=8)
"""Legal dates are calendar dates of UTC+8, all the year."""

INSERT_ROWS = 1_000
"""Rows of one insert: PostgreSQL clients hung with 3,000 in one statement."""


class Writing(Protocol):
    """One transaction that holds the append lock."""

    def head(self) -> Head | None: ...

    def governance_index(self) -> int: ...

    def stream_heads(self, keys: Collection[str]) -> Mapping[str, StreamHead]: ...

    def insert(self, entries: Sequence[StoredEntry]) -> None:
        """At most ``INSERT_ROWS``, all of one ``recorded_at``."""

    def insert_manifests(self, manifests: Sequence[tuple[str, bytes]]) -> None: ...

    def tree_at(self, size: int) -> TileBuilder: ...

    def insert_tiles(self, tiles: Sequence[FullTile]) -> None: ...


def append_drafts(
    writing: Writing,
    drafts: Sequence[StoredDraft],
    *,
    sealing: Sealing,
    guard: Guard,
    set_aside: bool,
    manifests: Sequence[tuple[str, bytes]],
    meanwhile: Callable[[], bool] | None = None,
    tree: TileBuilder | None = None,
) -> Appended:
    """Runs the steps above; whatever it raises, the store rolls back.

    ``tree`` is the tree as the caller knows it; it is read anew where others wrote since.
    """
    last = writing.head()
    _check_governance(writing, guard)
    heads = writing.stream_heads({str(draft.originator_id) for draft in drafts})
    kept, conflicts = plan(drafts, heads)
    if conflicts and not set_aside:
        raise VersionConflict(conflicts)
    entries: list[StoredEntry] = []
    if kept:
        instant = _instant(sealing, last, guard)
        stamped = stamp(
            kept, heads, first=last.size if last else 0, instant=instant, keyid=sealing.keyid
        )
        if sealing.pipeline is not None and len(kept) >= PIPELINE_MIN:
            entries = Pipeline(stamped, writing.insert, sealing, sealing.pipeline, meanwhile).run()
        else:
            entries = _write_inline(writing, stamped, sealing)
        tree = _grow(writing, tree, entries)
    if manifests and (entries or not drafts):
        writing.insert_manifests(manifests)
    return Appended(entries, conflicts, tree if kept else None)


def _grow(
    writing: Writing, tree: TileBuilder | None, entries: Sequence[StoredEntry]
) -> TileBuilder:
    """The tree with these entries; its new full tiles are stored."""
    first = entries[0].index
    if tree is None or tree.size != first:
        tree = writing.tree_at(first)
    tree, full = tree.extended([leaf_hash(entry.state) for entry in entries])
    if full:
        writing.insert_tiles(full)
    return tree


def plan(
    drafts: Sequence[StoredDraft], heads: Mapping[str, StreamHead]
) -> tuple[Sequence[StoredDraft], frozenset[str]]:
    """The drafts that may be written, and the streams whose drafts may not.

    A stream's drafts must continue it without a gap, one after the other. A stream that
    does not is left out entirely, also drafts of it that came before the conflict.
    """
    versions = {key: head.seq for key, head in heads.items()}
    conflicts: set[str] = set()
    for draft in drafts:
        key = str(draft.originator_id)
        expected = versions.get(key, 0) + 1
        if draft.originator_version != expected:
            conflicts.add(key)
        versions[key] = expected
    if not conflicts:
        return drafts, frozenset()
    return [draft for draft in drafts if draft.originator_id not in conflicts], frozenset(conflicts)


def stamp(
    drafts: Sequence[StoredDraft],
    heads: Mapping[str, StreamHead],
    *,
    first: int,
    instant: datetime,
    keyid: bytes,
) -> Iterator[StoredEntry]:
    """Entries without signatures, in order, from leaf index ``first``."""
    digests = {key: head.digest for key, head in heads.items()}
    recorded = b',"recorded_at":"%s"' % format_instant(instant).encode("ascii")
    sha256 = hashlib.sha256
    for index, draft in enumerate(drafts, first):
        key = str(draft.originator_id)
        before = digests.get(key)
        prev = b"null" if before is None else b'"%s"' % before.encode("ascii")
        payload = b"".join((draft.head, prev, recorded, draft.tail))
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(
                stream=key,
                seq=draft.originator_version,
                size=len(payload),
                limit=MAX_PAYLOAD_BYTES,
            )
        digests[key] = sha256(payload).hexdigest()
        yield stored_entry(
            {
                "originator_id": key,
                "originator_version": draft.originator_version,
                "topic": draft.topic,
                "state": payload,
                "index": index,
                "recorded_at": instant,
                "keyid": keyid,
                "signature": b"",
                "details": draft.details,
            }
        )


def _write_inline(
    writing: Writing, stamped: Iterator[StoredEntry], sealing: Sealing
) -> list[StoredEntry]:
    entries: list[StoredEntry] = []
    while chunk := list(islice(stamped, INSERT_ROWS)):
        sign(chunk, sealing.sign_batch([entry.state for entry in chunk]))
        writing.insert(chunk)
        entries += chunk
    return entries


def _check_governance(writing: Writing, guard: Guard) -> None:
    if guard.governance is None:
        return
    found = writing.governance_index()
    if found != guard.governance:
        raise GuardChanged(what="governance index", assumed=guard.governance, found=found)


def _instant(sealing: Sealing, last: Head | None, guard: Guard) -> datetime:
    before = last.recorded_at if last else None
    instant = sealing.recorded_at(before, guard.at).astimezone(UTC)
    if before is not None and instant <= before:
        raise ClockNotForward(found=format_instant(instant), last=format_instant(before))
    day = (instant + LEGAL_TIME).date()
    if guard.day is not None and guard.day != day:
        raise GuardChanged(what="legal day", assumed=guard.day, found=day)
    return instant
