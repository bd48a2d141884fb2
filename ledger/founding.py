"""The first entries of a log: the founding, the node's keys, the default rule pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from ledger.codec import NOTHING_SEALED, OpenDraft, encode
from ledger.entry import Actor, PendingEvent, StoredDraft, StreamId
from ledger.events.base import Facts
from ledger.events.governance import KeyIntroduced, KeyPurpose, NodeFounded, RulePackAdopted
from ledger.identifiers import node_id
from ledger.rules import RulePack
from ledger.signing import base64text
from ledger.signing.keys import key_id
from ledger.signing.sealing import Sealed

FOUNDER: Final = "founder"
"""The operator of the first entries: whoever ran ``init``."""

NODE_PURPOSES: Final[tuple[KeyPurpose, ...]] = (
    "entries",
    "submissions",
    "bundles",
    "receipts",
    "checkpoints",
)
WITNESS_PURPOSES: Final[tuple[KeyPurpose, ...]] = ("witness",)


@dataclass(frozen=True, slots=True)
class Charter:
    """What a node is founded as, for ever."""

    name: str
    region: str | None = None
    clock: Literal["real", "simulated"] = "real"
    origin: str | None = None
    """None: that of ``origin_of``."""
    roots: tuple[bytes, ...] = ()
    """Raw public keys, kept apart from the node."""
    root_quorum: int | None = None
    """How many of them introduce a key; None: more than half."""

    def facts(self) -> NodeFounded:
        """Raises pydantic's ``ValidationError`` for what cannot be founded."""
        quorum = self.root_quorum
        if quorum is None and self.roots:
            quorum = len(self.roots) // 2 + 1
        return NodeFounded(
            name=self.name,
            region=self.region,
            clock=self.clock,
            origin=self.origin,
            roots=tuple(base64text.encode(raw) for raw in self.roots),
            root_quorum=quorum,
        )


def first_drafts(
    charter: Charter, node: bytes, witness: bytes, pack: RulePack, instant: datetime
) -> list[StoredDraft]:
    """The first transaction, to be signed by the key whose raw public half is ``node``."""
    stream = StreamId("node", node_id(charter.name))
    actor = Actor(charter.name, FOUNDER)
    facts: tuple[Facts, ...] = (
        charter.facts(),
        introducing(node, NODE_PURPOSES, instant),
        RulePackAdopted(
            pack=pack.id,
            version=str(pack.version),
            digest=pack.digest,
            in_force_from=pack.in_force_from,
        ),
        introducing(witness, WITNESS_PURPOSES, instant),
    )
    return [
        encode(PendingEvent(stream.key, seq, fact, actor), charter.name, _nothing_to_seal)
        for seq, fact in enumerate(facts, 1)
    ]


def introducing(public: bytes, purposes: tuple[KeyPurpose, ...], from_: datetime) -> KeyIntroduced:
    """The facts that introduce a raw public key."""
    return KeyIntroduced(
        keyid=key_id(public),
        algorithm="ed25519",
        public_key=base64text.encode(public),
        purposes=purposes,
        from_=from_,
    )


def _nothing_to_seal(_: OpenDraft) -> Sealed:
    return NOTHING_SEALED
