"""How this node's messages are headed, signed and named."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar

from ledger.events.peers import MessageKind
from ledger.exchange.forms import Header, Message, TrustListRef
from ledger.exchange.trust_list import TrustList
from ledger.reading import NodeReads
from ledger.signing.canonical import canonical_unchecked
from ledger.signing.dsse import Envelope

PURPOSE: Final = {
    "bundle": "bundles",
    "notice": "bundles",
    "receipt": "receipts",
    "refusal": "receipts",
    "acknowledgement": "receipts",
    "enforcement-status": "receipts",
}
"""What the key of a message must be for, by its kind."""

M = TypeVar("M", bound=Header)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it leaves: the bytes of its envelope."""

    kind: MessageKind
    id: str
    recipient: str | None
    digest: str
    envelope: Envelope = field(repr=False)
    message: Message = field(repr=False)
    """Of one that is handed out again, it may lack what it disclosed."""

    @property
    def data(self) -> bytes:
        """The file, but for a final newline."""
        return canonical_unchecked(self.envelope.to_value())

    @property
    def name(self) -> str:
        """A file's name: the same message has the same whenever it is made."""
        return f"{self.recipient or 'unknown'}.{self.kind}.{self.id}.json"


class Pen:
    """Writes messages as of one instant, by one trust list.

    An answer that is given again is dated as before; where the key was rotated meanwhile, it
    is dated from when the key in use holds: nobody believes what is older than its key.
    """

    def __init__(self, node: NodeReads, listed: TrustList | None, issued_at: datetime) -> None:
        self._node = node
        key = node.registry().node_keys.get(node.signing_key.keyid)
        self._issued_at = issued_at if key is None else max(issued_at, key.from_)
        self._trust_list = (
            None if listed is None else TrustListRef(version=listed.version, digest=listed.digest)
        )

    def header(self, identifier: str, recipient: str | None) -> dict[str, object]:
        """The members of ``Header``."""
        return {
            "v": 1,
            "id": identifier,
            "sender": self._node.name,
            "recipient": recipient,
            "clock": self._node.settings.clock,
            "issued_at": self._issued_at,
            "trust_list": self._trust_list,
        }

    def seal(self, message: Message) -> Outgoing:
        """Signed by the node's key, which must be for messages of this kind."""
        purpose = "bundles" if PURPOSE[message.kind] == "bundles" else "receipts"
        self._node.require_key(self._node.signing_key, purpose, "node.key")  # type: ignore[arg-type]
        payload = message.payload()
        envelope = Envelope.signed(self._node.signing_key, message.payload_type, payload)
        return Outgoing(
            kind=message.kind,
            id=message.id,
            recipient=message.recipient,
            digest=sha256(payload).hexdigest(),
            envelope=envelope,
            message=message,
        )
