"""A log signed by hand, and history statements on it: good ones, and as a liar would make them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from ledger.codec import decode
from ledger.entry import ENTRY_PAYLOAD_TYPE, Entry, StoredEntry, StreamId, format_instant
from ledger.events.base import Facts
from ledger.events.governance import HeadsCommitted, KeyCompromised
from ledger.identifiers import commitments_id, public_id
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.heads import Heads
from ledger.log.heads_proof import prove_prefix
from ledger.log.merkle import HashRows, inclusion_proof, leaf_hash, root
from ledger.organisations.node_keys import Compromise, compromise
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import STATEMENT, Envelope, sign
from ledger.signing.keys import SigningKey
from ledger.signing.sealing import Detail, Erased, Opened, commitment
from projections.answer import Answer, to_json
from projections.history import FOLD_VERSION, tied
from projections.reader import Reader, Registered, answer
from projections.statement import STATEMENT_DEPTH, reader_members
from projections.statement_limits import is_person, limits_of
from tests.unit.log.trusting import (
    FOUNDED,
    NODE,
    NODE_KEY,
    ORIGIN,
    WITNESSES,
    posix,
    witness_vkey,
)
from tests.unit.projections.made import SUPPLIER, opened

CODE, OTHER_CODE = "91350200MA0000001W", "91350200MA00000020"
FIRM, OTHER_FIRM = public_id("uscc", CODE), public_id("uscc", OTHER_CODE)
PERSON = UUID("00000000-0000-8000-8000-00000000000b")
TODAY = date(2026, 5, 1)
OFFICER = Registered(TODAY, "op-7", "核查", "示例法第三条")


def firm(code: str = CODE) -> Facts:
    return opened().model_copy(update={"identifier": code})


def made_salt(index: int, name: str) -> bytes:
    return sha256(f"{index}{name}".encode()).digest()


@dataclass
class SignedLog:
    """Entries with their exact signed bytes, in the order of the log."""

    key: SigningKey = NODE_KEY
    node: str = NODE
    rows: list[StoredEntry] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    values: dict[tuple[int, str], object] = field(default_factory=dict)
    instants: dict[int, datetime] = field(default_factory=dict)
    """Where entries say another instant than that of their place."""

    @property
    def size(self) -> int:
        return len(self.rows)

    def add(
        self,
        *facts: Facts,
        stream: StreamId | UUID = FIRM,
        sealed: Mapping[str, object] = {},
        filed: UUID | None = None,
    ) -> SignedLog:
        """Each entry a day after the one before, from the day after the founding on.

        ``filed``: the stream that the map counts it under, where that is another one.
        """
        where = StreamId("subject", stream) if isinstance(stream, UUID) else stream
        for fact in facts:
            seq, prev = self.heads.get(where.key, (0, None))
            committed = {
                name: commitment(name, value, made_salt(self.size, name))
                for name, value in sealed.items()
            }
            self.values |= {(self.size, name): value for name, value in sealed.items()}
            payload = canonical(
                {
                    "actor": {"operator": "op-1", "organisation": SUPPLIER},
                    "facts": fact.to_json(),
                    "node": self.node,
                    "prev": prev,
                    "recorded_at": format_instant(self.instant(self.size)),
                    "schema": fact.schema_version,
                    "sealed": committed or None,
                    "seq": seq + 1,
                    "stream": {"id": str(where.id), "kind": where.kind},
                    "submission": None,
                    "type": fact.type_name(),
                    "v": 1,
                }
            )
            row = StoredEntry(
                originator_id=StreamId("subject", filed).key if filed else where.key,
                originator_version=seq + 1,
                topic=fact.topic(),
                state=payload,
                index=self.size,
                keyid=bytes.fromhex(self.key.keyid),
                signature=sign(self.key, ENTRY_PAYLOAD_TYPE, payload),
            )
            self.rows.append(row)
            self.heads[where.key] = (seq + 1, sha256(payload).hexdigest())
        return self

    def instant(self, index: int) -> datetime:
        return self.instants.get(index, FOUNDED + timedelta(days=1 + index))

    def map(self, size: int) -> Heads:
        """The map of subjects over the first ``size`` leaves."""
        found: dict[UUID, list[bytes]] = {}
        for row in sorted(self.rows[:size], key=lambda row: row.originator_version):
            stream = StreamId.parse(str(row.originator_id))
            if stream.kind == "subject":
                found.setdefault(stream.id, []).append(leaf_hash(row.state))
        return Heads.build(sorted((one.bytes, leaves) for one, leaves in found.items()))

    def commit(
        self, size: int | None = None, *, claims: int | None = None, stream: UUID | None = None
    ) -> SignedLog:
        """An entry that commits to all subjects, at this moment or at an earlier size.

        It says so, or ``claims`` another size.
        """
        size = self.size if size is None else size
        heads = self.map(size)
        said = size if claims is None else claims
        facts = HeadsCommitted(size=said, root=heads.root().hex(), bits=heads.bits)
        return self.add(facts, stream=StreamId("node", stream or commitments_id(self.node)))

    def swapped(self, one: int, other: int) -> SignedLog:
        """Two entries in each other's places; each says what it said."""
        first, second = self.rows[one], self.rows[other]
        self.rows[one], self.rows[other] = (
            replace(second, index=one),
            replace(first, index=other),
        )
        return self

    def entries(self, upto: int | None = None) -> list[Entry]:
        return [decode(row) for row in self.rows[:upto]]

    # -- what a statement is made of -----------------------------------------------

    def tree(self) -> HashRows:
        return HashRows([leaf_hash(row.state) for row in self.rows])

    def proof(self, index: int) -> list[str]:
        return texts(inclusion_proof(index, self.size, self.tree()))

    def shown(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        return {
            "index": index,
            "payload": base64text.encode(row.state),
            "keyid": row.keyid.hex(),
            "signature": base64text.encode(row.signature),
            "proof": self.proof(index),
        }

    def checkpoint(self, seen: Mapping[str, datetime] | None = None, **changes: Any) -> str:
        """Signed; cosigned by these witnesses at these instants."""
        origin, key = changes.get("origin", ORIGIN), changes.get("key", self.key)
        body = Checkpoint(origin, self.size, root(self.size, self.tree()))
        lines = [body.sign(key)]
        for name, at in (seen or {}).items():
            lines.append(body.cosign(witness_vkey(name).name, WITNESSES[name], posix(at)))
        return SignedCheckpoint(body, tuple(lines)).to_bytes().decode()

    def stream(
        self, subject: UUID, size: int, committed: int, known: int | None = None
    ) -> dict[str, Any]:
        """Of one subject: the entries below ``size``, all that ``committed`` counts proved.

        ``known``: so many of them instead, in the order of their numbers.
        """
        rows = sorted(self.rows[:committed], key=lambda row: row.originator_version)
        key = StreamId("subject", subject).key
        indexes = [row.index for row in rows if row.originator_id == key]
        known = sum(index < size for index in indexes) if known is None else known
        prefix = prove_prefix([leaf_hash(self.rows[at].state) for at in indexes], known)
        later = indexes[known : known + 1]
        return {
            "id": str(subject),
            "membership": self.map(committed).prove(subject.bytes).to_value(),
            "prefix": prefix.to_value(),
            "entries": [self.shown(at) for at in indexes[:known]],
            "next": {"index": later[0], "proof": self.proof(later[0])} if later else None,
        }


@dataclass(frozen=True)
class Asked:
    """A question about a log of which a commitment covers ``tree_size``; None: all it covers."""

    log: SignedLog
    subject: UUID = FIRM
    scheme: str = "uscc"
    identifier: str | None = CODE
    reader: Reader = OFFICER
    valid_at: date = TODAY
    tree_size: int | None = None
    erased: tuple[tuple[int, str], ...] = ()
    quiet: bool = False
    """Whether the log's word on compromised keys is passed over."""
    show_all: bool = False
    """Whether the entries past ``tree_size`` are shown as well."""

    @property
    def commitment(self) -> int:
        """The leaf index of the last commitment."""
        return max(r.index for r in self.log.rows if r.topic == HeadsCommitted.topic())

    @property
    def size(self) -> int:
        return self.committed if self.tree_size is None else self.tree_size

    @property
    def committed(self) -> int:
        facts = decode(self.log.rows[self.commitment]).facts
        assert isinstance(facts, HeadsCommitted)
        return facts.size

    @property
    def known_at(self) -> datetime | None:
        return self.log.instant(self.size - 1) if self.size else None

    def details(self) -> dict[int, dict[str, Detail]]:
        found: dict[int, dict[str, Detail]] = {}
        for (index, name), value in self.log.values.items():
            if index < self.size and isinstance(self.reader, Registered):
                opened = Opened(json.loads(json.dumps(value)), made_salt(index, name))
                is_gone = (index, name) in self.erased
                found.setdefault(index, {})[name] = Erased(1) if is_gone else opened
        return found

    def compromises(self) -> list[Compromise]:
        """What the log says of the keys that signed what is shown."""
        return [
            compromise(entry.facts, entry)
            for entry in self.log.entries(self.size)
            if isinstance(entry.facts, KeyCompromised) and not self.quiet
        ]

    def answer(self) -> Answer:
        return answer(
            self.log.entries(self.committed if self.show_all else self.size),
            self.subject,
            self.reader,
            valid_at=self.valid_at,
            known_at=self.known_at,
            tree_size=self.size,
            details=self.details(),
            compromises=self.compromises(),
        )

    def value(self) -> dict[str, Any]:
        """The payload as JSON, for a test to bend."""
        found = self.answer()
        upto = self.committed if self.show_all else self.size
        entries = self.log.entries(upto)
        others = sorted(tied(entries, self.subject) - {self.subject})
        disclosed = [
            {
                "index": line.index,
                "field": name,
                "value": value,
                "salt": base64text.encode(made_salt(line.index, name)),
            }
            for line in found.entries
            for name, value in line.details.items()
        ]
        return {
            "format": "credit-ledger-statement/v1",
            "kind": "history",
            "node": NODE,
            "origin": ORIGIN,
            "made_at": format_instant(self.log.instant(self.log.size)),
            "query": {
                "subject": str(self.subject),
                "scheme": self.scheme,
                "identifier": None if is_person(self.scheme) else self.identifier,
                "valid_at": self.valid_at.isoformat(),
                "known_at": None if self.known_at is None else format_instant(self.known_at),
                "tree_size": self.size,
                "today": self.reader.today.isoformat(),
                "reader": reader_members(self.reader),
            },
            "fold_version": FOLD_VERSION,
            "answer": to_json(found),
            "checkpoint": self.log.checkpoint(),
            "commitment": self.log.shown(self.commitment),
            "declarations": [self.log.shown(each.index) for each in self.compromises()],
            "dated": [],
            "streams": [
                self.log.stream(one, upto, self.committed) for one in [self.subject, *others]
            ],
            "disclosed": disclosed,
            "erased": [{"index": index, "field": name} for index, name in self.erased],
            "limits": list(limits_of(self.scheme, found)),
        }

    def file(self) -> bytes:
        return sealed(self.value())


def sealed(value: object, key: SigningKey = NODE_KEY) -> bytes:
    """``value`` as a statement's file, signed whatever it says."""
    payload = canonical(value, max_depth=STATEMENT_DEPTH)
    return Envelope.signed(key, STATEMENT, payload).to_json()


def texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64text.encode(one) for one in hashes]
