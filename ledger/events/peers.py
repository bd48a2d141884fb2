"""往来: what passed between this node and another one, in a stream for each peer.

The id of the stream is that of the peer's node (``ledger.identifiers.node_id``). Every message
that was taken in or sent is kept beside the log as its envelope, under its payload's digest.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.entry import StreamKind
from ledger.events.base import MAX_LIST, Digest, Facts, Id, Instant
from ledger.events.exchange import NodeName

MessageKind = Literal[
    "bundle", "receipt", "refusal", "notice", "acknowledgement", "enforcement-status"
]


class BundleSent(Facts):
    """发出共享包: a bundle made for the peer; each of its records is disclosed with it."""

    term: ClassVar[str] = "发出共享包"
    stream_kind: ClassVar[StreamKind] = "exchange"

    peer: NodeName
    bundle: Digest
    sequence: Annotated[int, Field(ge=1)]
    """Counts the bundles to this peer, from 1."""
    previous: Digest | None = None
    """The bundle before it."""
    size: Annotated[int, Field(ge=1)]
    """Of the checkpoint in it: the next bundle proves that the log grew from there."""
    records: Annotated[int, Field(ge=1)]
    expires_at: Instant


class MessageReceived(Facts):
    """收到消息: a message of the peer that was taken in."""

    term: ClassVar[str] = "收到消息"
    stream_kind: ClassVar[StreamKind] = "exchange"

    peer: NodeName
    message_kind: MessageKind
    message: Digest
    about: Digest | None = None
    """The message that a receipt or a refusal answers."""
    contents: Annotated[tuple[Digest, ...], Field(max_length=MAX_LIST)] = ()
    """What an acknowledgement or a status says (``ledger.exchange.contents``), or what such a
    message said that a receipt answers."""
    sequence: Annotated[int, Field(ge=1)] | None = None
    """Of a bundle."""
    size: Annotated[int, Field(ge=0)] | None = None
    """Of the checkpoint of the peer's log in it."""
    root: Digest | None = None
    """Of that checkpoint: another root of that size is a forked log."""


class NoticeKept(Facts):
    """留存通知: a notice on a record that is not held, or not yet."""

    term: ClassVar[str] = "留存通知"
    stream_kind: ClassVar[StreamKind] = "exchange"

    peer: NodeName
    notice: Id
    record: Id
    message: Digest
