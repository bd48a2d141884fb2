"""The library's side of a recorder: what ``eventsourcing.Application`` calls.

``insert_events`` goes through the same append path as the port: drafts are sealed with
the recorder's configured ``sealing``, all or nothing. A recorder without ``sealing``
stores plain events as they are, so that the library's own suites can run against it;
such a store is no ledger, and ``audit`` says so of every entry.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)

from ledger.entry import StoredDraft, StoredEntry
from ledger.log.tiles import TileBuilder
from ledger.storage.append import INSERT_ROWS, Writing, append_drafts
from ledger.storage.errors import NotADraft, VersionConflict
from ledger.storage.port import Appended, Guard, Head, NoteReads, Sealing, StoreInfo
from ledger.storage.reads import SELECT, EntryReads
from ledger.storage.restore import put_back
from ledger.storage.rows import MICROSECOND, entry_of
from ledger.storage.tree_reads import Note


class TrackedWriting(Writing, NoteReads, Protocol):
    """A transaction that can also keep notes, and how far another log has been processed."""

    def insert_notes(self, notes: Sequence[Note]) -> None:
        """Those that are there already stay as they are."""

    def held(self) -> Head | None:
        """The last row that is there, also where the store remembers to have had more."""

    def tile(self, level: int, number: int) -> bytes | None: ...

    def insert_tracking(self, tracking: Tracking) -> bool:
        """False when the position is not past the one noted before."""


class LibraryRecorder(EntryReads, ProcessRecorder):
    """A store as one of the library's recorders. Ids are leaf indexes + 1."""

    sealing: Sealing | None = None
    _tree: TileBuilder | None = None
    """As this process last left it; good only where nobody wrote since."""

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def info(self) -> StoreInfo: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def _writing(self) -> AbstractContextManager[TrackedWriting]:
        """A transaction under the append lock; it commits at the end, durably."""

    def append(
        self,
        drafts: Sequence[StoredDraft],
        *,
        sealing: Sealing,
        guard: Guard | None = None,
        set_aside: bool = False,
        manifests: Sequence[tuple[str, bytes]] = (),
        meanwhile: Callable[[], bool] | None = None,
    ) -> Appended:
        """See ``EntryStore.append``."""
        if not drafts and not manifests:
            return Appended()
        with self._writing() as writing:
            done = append_drafts(
                writing,
                drafts,
                sealing=sealing,
                guard=guard or Guard(),
                set_aside=set_aside,
                manifests=manifests,
                meanwhile=meanwhile,
                tree=self._tree,
            )
        self._tree = done.tree or self._tree
        return done

    def keep_notes(self, decide: Callable[[NoteReads], Sequence[Note]]) -> list[Note]:
        """See ``EntryStore.keep_notes``."""
        with self._writing() as writing:
            notes = list(decide(writing))
            if notes:
                writing.insert_notes(notes)
        return notes

    def restore(
        self, entries: Sequence[StoredEntry], *, manifests: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """See ``EntryStore.restore``."""
        self._tree = None
        with self._writing() as writing:
            put_back(writing, entries, manifests)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """All or nothing. ``tracking``, ``guard`` and ``manifests`` share the transaction."""
        tracking: Tracking | None = kwargs.get("tracking")
        manifests: Sequence[tuple[str, bytes]] = kwargs.get("manifests", ())
        if not stored_events and not manifests and tracking is None:
            return []
        with self._writing() as writing:
            if tracking is not None:
                _track(writing, tracking)
            if self.sealing is None:
                entries = _append_plain(writing, stored_events)
            else:
                done = append_drafts(
                    writing,
                    _drafts(stored_events),
                    sealing=self.sealing,
                    guard=kwargs.get("guard") or Guard(),
                    set_aside=False,
                    manifests=manifests,
                    tree=self._tree,
                )
                entries = done.entries
        if self.sealing is not None:
            self._tree = done.tree or self._tree
        return [entry.index + 1 for entry in entries]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        statement = SELECT + "WHERE originator_id = ? "
        parameters: list[object] = [str(originator_id)]
        if gt is not None:
            statement += "AND originator_version > ? "
            parameters.append(gt)
        if lte is not None:
            statement += "AND originator_version <= ? "
            parameters.append(lte)
        statement += "ORDER BY originator_version " + ("DESC " if desc else "ASC ")
        if limit is not None:
            statement += "LIMIT ?"
            parameters.append(limit)
        return [entry_of(row) for row in self._rows(statement, parameters)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        conditions: list[str] = []
        parameters: list[object] = []
        if start is not None:
            conditions.append("{id} >= ?" if inclusive_of_start else "{id} > ?")
            parameters.append(start)
        if stop is not None:
            conditions.append("{id} <= ?")
            parameters.append(stop)
        if topics:
            conditions.append(f"topic IN ({', '.join('?' * len(topics))})")
            parameters += topics
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        rows = self._rows(SELECT + where + "ORDER BY {id} LIMIT ?", [*parameters, limit])
        return [_notification(entry_of(row)) for row in rows]

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: read models follow the log with ``scan`` on both stores alike."""
        raise NotImplementedError(f"{type(self).__qualname__} does not support subscriptions")

    def insert_tracking(self, tracking: Tracking) -> None:
        with self._writing() as writing:
            _track(writing, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = self._rows(
            "SELECT notification_id FROM {tracking} WHERE application_name = ?",
            (application_name,),
        )
        return int(rows[0][0]) if rows else None


def _notification(entry: StoredEntry) -> Notification:
    return Notification(
        originator_id=entry.originator_id,
        originator_version=entry.originator_version,
        topic=entry.topic,
        state=entry.state,
        id=entry.index + 1,
    )


def _track(writing: TrackedWriting, tracking: Tracking) -> None:
    if not writing.insert_tracking(tracking):
        raise IntegrityError(
            f"{tracking.application_name} is already past {tracking.notification_id}"
        )


def _drafts(events: Sequence[StoredEvent]) -> list[StoredDraft]:
    drafts = [event for event in events if isinstance(event, StoredDraft)]
    if len(drafts) != len(events):
        raise NotADraft(found="a plain event", reason="this store seals what it stores")
    return drafts


def _append_plain(writing: Writing, events: Sequence[StoredEvent]) -> list[StoredEntry]:
    if any(isinstance(event, StoredDraft) for event in events):
        raise NotADraft(found="a draft", reason="no sealing is configured")
    if not events:
        return []
    heads = writing.stream_heads({str(event.originator_id) for event in events})
    versions = {key: head.seq for key, head in heads.items()}
    conflicts = set()
    for event in events:
        key = str(event.originator_id)
        if event.originator_version <= versions.get(key, -1):
            conflicts.add(key)
        versions[key] = event.originator_version
    if conflicts:
        raise VersionConflict(conflicts)
    stamped = _plain_entries(writing, events)
    entries: list[StoredEntry] = []
    while chunk := list(islice(stamped, INSERT_ROWS)):
        writing.insert(chunk)
        entries += chunk
    return entries


def _plain_entries(writing: Writing, events: Sequence[StoredEvent]) -> Iterator[StoredEntry]:
    last = writing.head()
    now = datetime.now(UTC)
    instant = now if last is None else max(now, last.recorded_at + MICROSECOND)
    for index, event in enumerate(events, last.size if last else 0):
        yield StoredEntry(
            originator_id=str(event.originator_id),
            originator_version=event.originator_version,
            topic=event.topic,
            state=event.state,
            index=index,
            recorded_at=instant,
        )
