"""Entries of ``building`` as their nodes sign them: logs, and the messages that carry them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from ledger.entry import Entry, format_instant
from ledger.events.exchange import NoticeReceived, RecordReceived
from ledger.events.sanctions import EnforcementReported, SanctionImposed
from ledger.exchange.forms import (
    Acknowledgement,
    EnforcementStatusMessage,
    Header,
    LogSection,
    ShownEntry,
)
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import HashRows, inclusion_proof, leaf_hash, root_of
from ledger.log.trust import TrustedKey, TrustedNode
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import ENTRY, Envelope, sign
from ledger.signing.keys import SigningKey, new_signing_key

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
Value = dict[str, object]


def payload_of(entry: Entry, prev: str | None) -> bytes:
    """The canonical bytes of an entry."""
    submission = entry.submission
    return canonical(
        {
            "actor": {"operator": entry.actor.operator, "organisation": entry.actor.organisation},
            "facts": entry.facts.to_json(),
            "node": entry.node,
            "prev": prev,
            "recorded_at": format_instant(entry.recorded_at),
            "schema": entry.schema,
            "sealed": None,
            "seq": entry.seq,
            "stream": {"id": str(entry.stream.id), "kind": entry.stream.kind},
            "submission": None
            if submission is None
            else {"manifest": submission.manifest, "row": submission.row},
            "type": entry.type,
            "v": 1,
        }
    )


@dataclass(frozen=True)
class Partner:
    """A node whose log holds ``entries``, each at the place of its index."""

    node: str
    entries: Sequence[Entry]

    @property
    def key(self) -> SigningKey:
        return new_signing_key(sha256(self.node.encode()).digest())

    @property
    def origin(self) -> str:
        return f"credit-ledger.example/{self.node}"

    def payloads(self) -> list[bytes]:
        found: list[bytes] = []
        for entry in self.entries:
            found.append(payload_of(entry, sha256(found[-1]).hexdigest() if found else None))
        return found

    def section(self, keep: Callable[[Entry], bool] = lambda _: True) -> LogSection:
        """What is shown of the log: ``keep`` of its entries."""
        payloads, key = self.payloads(), self.key
        leaves = [leaf_hash(each) for each in payloads]
        rows, size = HashRows(leaves), len(leaves)
        checkpoint = Checkpoint(self.origin, size, root_of(leaves))
        return LogSection(
            node=self.node,
            checkpoint=SignedCheckpoint.signed(checkpoint, key).to_bytes().decode(),
            entries=tuple(
                ShownEntry(
                    index=entry.index,
                    payload=payloads[entry.index],
                    keyid=key.keyid,
                    signature=sign(key, ENTRY, payloads[entry.index]),
                    proof=tuple(inclusion_proof(entry.index, size, rows)),
                )
                for entry in self.entries
                if keep(entry)
            ),
        )

    def signed(self, message: Header) -> Envelope:
        return Envelope.signed(self.key, message.payload_type, message.payload())

    def status(
        self, sanction: str, record: str, *, to: str = "xiamen", downstream: Collection[Value] = ()
    ) -> Envelope:
        """All that the log holds on a sanction and its record."""
        imposed = next(
            entry.facts
            for entry in self.entries
            if isinstance(entry.facts, SanctionImposed) and entry.facts.sanction == sanction
        )
        said = [
            entry.facts
            for entry in self.entries
            if isinstance(entry.facts, EnforcementReported) and entry.facts.sanction == sanction
        ]
        return self.signed(
            EnforcementStatusMessage(
                **self._header(to),
                record=record,
                sanction=sanction,
                enforcer=imposed.enforcer,
                state=said[-1].state if said else None,
                reported_on=said[-1].on if said else None,
                downstream=tuple(downstream),
                logs=(self.section(lambda entry: _about(entry, record, sanction)),),
            )
        )

    def acknowledgement(
        self,
        notice: str,
        record: str,
        *sanctions: str,
        to: str = "xiamen",
        downstream: Collection[Value] = (),
    ) -> Envelope:
        """With a status of each sanction."""
        received_at = next(
            entry.recorded_at
            for entry in self.entries
            if isinstance(entry.facts, NoticeReceived) and entry.facts.notice == notice
        )
        return self.signed(
            Acknowledgement(
                **self._header(to),
                notice=notice,
                record=record,
                verdict="applied",
                received_at=received_at,
                onward=(),
                statuses=tuple(self.status(each, record, to=to).to_value() for each in sanctions),
                downstream=tuple(downstream),
                logs=(self.section(lambda entry: _about(entry, record, None)),),
            )
        )

    def _header(self, to: str) -> dict[str, Any]:
        last = self.entries[-1].recorded_at
        return {
            "id": str(UUID(int=0x7000_8000_0000_0000_0000 + len(self.entries))),
            "sender": self.node,
            "recipient": to,
            "clock": "simulated",
            "issued_at": last,
            "trust_list": None,
        }

    def trusted(self) -> tuple[TrustedNode, TrustedKey]:
        """As a trust file has the node."""
        key = self.key
        return (
            TrustedNode(node=self.node, origin=self.origin, jurisdiction=None),
            TrustedKey(
                node=self.node,
                keyid=key.keyid,
                public_key=base64text.encode(key.public),
                algorithm="ed25519",
                purposes=("entries", "checkpoints", "bundles", "receipts"),
                from_=FOUNDED,
                until=None,
                status="ACTIVE",
                since=None,
            ),
        )


def _about(entry: Entry, record: str, sanction: str | None) -> bool:
    facts = entry.facts
    if isinstance(facts, RecordReceived | NoticeReceived):
        return facts.record == record
    return sanction is not None and getattr(facts, "sanction", None) == sanction


def digest_of(envelope: Envelope) -> str:
    return sha256(envelope.payload).hexdigest()
