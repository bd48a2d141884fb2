"""What this node and another one have told each other: the fold of the stream of that peer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.entry import Entry, StreamId
from ledger.events.peers import BundleSent, MessageReceived, NoticeKept
from ledger.identifiers import node_id
from ledger.subject.state import Known


def peer_stream(name: str) -> StreamId:
    return StreamId("exchange", node_id(name))


@dataclass(slots=True)
class Peer:
    """One other node, as far as the stream about it goes."""

    name: str
    seq: int = 0
    sent: list[Known[BundleSent]] = field(default_factory=list)
    received: dict[str, Known[MessageReceived]] = field(default_factory=dict)
    """By the digest of the message."""
    kept: list[Known[NoticeKept]] = field(default_factory=list)
    said: dict[str, Known[MessageReceived]] = field(default_factory=dict)
    """By the digest of what an answer of the peer says: the message that said it first."""
    receipted: dict[str, Known[MessageReceived]] = field(default_factory=dict)
    """By the digest of the message that the peer answered, or of what that said: its answer."""
    roots: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Tree size to the root of the peer's log, and the message that first told it."""

    @property
    def key(self) -> str:
        return peer_stream(self.name).key

    @property
    def last_sent(self) -> BundleSent | None:
        return self.sent[-1].facts if self.sent else None

    def fold(self, entries: Iterable[Entry]) -> Peer:
        for entry in entries:
            self.evolve(entry)
        return self

    def evolve(self, entry: Entry) -> None:
        self.seq = entry.seq
        self.name = self.name or str(getattr(entry.facts, "peer", ""))
        known = Known(entry.facts, entry.index, entry.recorded_at, entry.keyid)
        match entry.facts:
            case BundleSent():
                self.sent.append(known)  # type: ignore[arg-type]
            case MessageReceived() as facts:
                self.received.setdefault(facts.message, known)  # type: ignore[arg-type]
                answered = self.said if facts.about is None else self.receipted
                for about in (facts.about, *facts.contents):
                    if about is not None:
                        answered.setdefault(about, known)  # type: ignore[arg-type]
                if facts.size is not None and facts.root is not None:
                    self.roots.setdefault(facts.size, (facts.root, facts.message))
            case NoticeKept():
                self.kept.append(known)  # type: ignore[arg-type]
            case _:
                pass
