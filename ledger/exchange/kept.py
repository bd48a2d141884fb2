"""Messages that were taken in or sent, read again from where they are kept.

What is kept was judged when it came: it is read here, not judged again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from ledger.errors import ExitCode, LedgerError
from ledger.exchange.forms import (
    FORMS,
    MAX_BUNDLE_BYTES,
    Bundle,
    BundledRecord,
    Header,
    LogSection,
    ShownEntry,
)
from ledger.exchange.keeping import Kept, Place, read_kept
from ledger.exchange.standing import View, of_organisation, of_record, read_view
from ledger.signing import base64text
from ledger.storage.port import EntryStore

M = TypeVar("M", bound=Header)


class MessageLost(LedgerError):
    code = "message_lost"
    exit_code = ExitCode.CHECK_FAILED
    en = "the message {digest} is not kept as it came; run credit-ledger audit"
    zh_cn = "消息 {digest} 的留存内容缺失或有误；请运行 credit-ledger audit"
    zh_tw = "訊息 {digest} 的留存內容缺失或有誤；請執行 credit-ledger audit"


def kept_bytes(store: EntryStore, digest: str) -> bytes:
    """The envelope of a message, as it is kept. Raises ``MessageLost``."""
    data = store.manifest(digest)
    if data is None:
        raise MessageLost(digest=digest)
    return data


def kept(store: EntryStore, digest: str) -> Kept:
    """What is kept of a message. Raises ``MessageLost``."""
    try:
        found = read_kept(kept_bytes(store, digest), max_bytes=MAX_BUNDLE_BYTES)
    except (LedgerError, ValueError, TypeError, KeyError) as error:
        raise MessageLost(digest=digest) from error
    if found.payload is not None and sha256(found.payload).hexdigest() != digest:
        raise MessageLost(digest=digest)
    return found


def kept_message(store: EntryStore, digest: str, form: type[M]) -> M:
    """The message of that digest, but for sealed values. Raises ``MessageLost``."""
    found = kept(store, digest)
    if FORMS.get(found.payload_type) is not form:
        raise MessageLost(digest=digest)
    try:
        return form.model_validate(found.value)
    except ValidationError as error:
        raise MessageLost(digest=digest) from error


class KeptSection:
    """One section of a kept message, by what its entries are about."""

    def __init__(self, section: LogSection) -> None:
        self.node = section.node
        self.checkpoint = section.checkpoint
        self.entries = {entry.index: entry for entry in section.entries}

    @cached_property
    def views(self) -> tuple[View, ...]:
        return tuple(read_view(index, one.payload) for index, one in self.entries.items())

    @cached_property
    def _streams(self) -> dict[str, list[View]]:
        found: dict[str, list[View]] = {}
        for view in self.views:
            found.setdefault(view.stream, []).append(view)
        return found

    @cached_property
    def _holders(self) -> dict[object, str]:
        """Record to the stream it was collected or received in."""
        names = {"RecordCollected", "RecordReceived"}
        return {view.record: view.stream for view in self.views if view.type in names}

    def of_record(self, record: str) -> list[int]:
        """What ``record`` stands on in this log, its supplier among it."""
        stream = self._holders.get(record)
        if stream is None:
            return []
        views = self._streams[stream]
        found = of_record(views, record, stream)
        for view in views:
            if view.type == "RecordCollected" and view.record == record:
                found += of_organisation(self._organisations, str(view.facts["supplier"]))
        return found

    @cached_property
    def _organisations(self) -> tuple[View, ...]:
        return tuple(view for view in self.views if view.kind == "organisation")

    def manifest(self, index: int) -> str | None:
        """The submission that an entry came from."""
        submission = orjson.loads(self.entries[index].payload)["submission"]
        return None if submission is None else str(submission["manifest"])

    def shown(self, indexes: Iterable[int]) -> tuple[ShownEntry, ...]:
        return tuple(self.entries[index] for index in sorted(set(indexes)))


class KeptBundle:
    """A bundle that brought records, for whoever passes them on."""

    def __init__(self, store: EntryStore, digest: str) -> None:
        """Raises ``MessageLost``."""
        self.digest = digest
        self.message = kept_message(store, digest, Bundle)
        self.sections = {section.node: KeptSection(section) for section in self.message.logs}
        self.records: dict[str, BundledRecord] = {one.record: one for one in self.message.records}
        self._withheld = kept(store, digest).withheld

    @cached_property
    def submissions(self) -> dict[str, dict[str, Any]]:
        """Envelopes by the digest of the manifest."""
        return {
            sha256(base64text.decode(one["payload"], what="payload")).hexdigest(): one
            for one in self.message.submissions
        }

    @cached_property
    def withheld(self) -> dict[tuple[str, int], list[Place]]:
        """By node and leaf index: what was disclosed, and is kept sealed elsewhere."""
        found: dict[tuple[str, int], list[Place]] = {}
        for place in self._withheld:
            found.setdefault((place.node, place.leaf), []).append(place)
        return found
