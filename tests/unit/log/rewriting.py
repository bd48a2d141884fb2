"""What somebody who owns database, disk and perhaps the node's key can do to the tree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from ledger.entry import StreamId, parse_instant
from ledger.events.subjects import SubjectOpened
from ledger.high_water import Mark
from ledger.log.audit import audit
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.faults import AuditReport
from ledger.log.heads import Heads
from ledger.log.kept import Known
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.outside import Outside
from ledger.log.tiles import TileBuilder
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.canonical import canonical
from ledger.signing.dsse import ENTRY, sign
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.storage.rows import to_micros
from ledger.storage.tree_reads import Note, note_of
from tests.unit.log.small_log import SmallLog, Writer, small_log
from tests.unit.log.tampering import Attacker

WITNESS = new_signing_key(bytes([9]) * 32)
WITNESS_KEY = VerifierKey.from_raw("w.example/one", WITNESS.public, SignatureType.COSIGNATURE)
TABLES = {
    "tiles": "level, number, root, hashes",
    "notes": "kind, origin, size, digest, body",
}
OPENINGS = 600
"""So many subjects are opened in one transaction: two tiles are full, and a third begun."""

Payload = dict[str, Any]


@dataclass
class Forger(Attacker):
    """As ``Attacker``, with tiles, notes and the high-water mark in reach."""

    mark: Mark | None = field(init=False)
    cosigned: SignedCheckpoint = field(init=False)
    """Of a part of the log, by the node and a witness."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for table in TABLES:
            if self.is_postgres:
                self.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            self.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")
        self.mark = self.high_water.read()

    @property
    def high_water(self) -> Any:
        return self.log.node.keeper.high_water

    @property
    def origin(self) -> str:
        return self.log.node.keeper.origin

    def restore(self) -> None:
        super().restore()
        for table, columns in TABLES.items():
            self.execute(f"DELETE FROM {table}")
            order = "number" if table == "notes" else "level, number"
            source = f"SELECT {columns} FROM kept_{table} ORDER BY {order}"
            self.execute(f"INSERT INTO {table} ({columns}) {source}")
        assert self.mark is not None
        self.set_mark(self.mark)

    def set_mark(self, mark: Mark) -> None:
        """Whatever was there before."""
        self.high_water.path.unlink(missing_ok=True)
        self.high_water.raise_to(mark, replace=True)

    def report(self, *outside: SignedCheckpoint) -> AuditReport:
        """The audit as the command runs it, with checkpoints given from outside."""
        given = tuple(Outside(f"given {at}", one) for at, one in enumerate(outside))
        node = self.log.node
        return audit(
            self.log.store,
            node.data_keys,
            trusted_keys=(node.founder,),
            known=Known(self.high_water.read(), (WITNESS_KEY,), given),
        )

    def faults(self, *outside: SignedCheckpoint) -> set[tuple[int, str]]:
        return {(fault.index, fault.kind) for fault in self.report(*outside).faults}

    # -- reading and writing all of it

    def payloads(self) -> list[Payload]:
        rows = self.execute("SELECT state FROM entries ORDER BY {id}")
        return [json.loads(bytes(state)) for (state,) in rows]

    def sizes(self) -> list[int]:
        rows = self.execute("SELECT size FROM notes WHERE kind = 'checkpoint' ORDER BY size")
        return [size for (size,) in rows]

    def cut(self, size: int) -> None:
        """As if it had never been longer, as far as the store goes."""
        self.execute("DELETE FROM entries WHERE {id} > ?", [size])
        self.execute("DELETE FROM notes WHERE size > ?", [size])
        self.execute("DELETE FROM tiles WHERE level = 0 AND (number + 1) * 256 > ?", [size])
        self.forget()

    def forget(self) -> None:
        """The store's own count of what it had."""
        if not self.is_postgres:
            self.execute(
                "UPDATE sqlite_sequence SET seq = (SELECT MAX(rowid) FROM entries) "
                "WHERE name = 'entries'"
            )

    def remove(self, index: int) -> None:
        """A row goes, and the others close up."""
        self.execute("DELETE FROM entries WHERE {id} = ?", [index + 1])
        self.execute("UPDATE entries SET {id} = -({id} - 1) WHERE {id} > ?", [index + 1])
        self.execute("UPDATE entries SET {id} = -{id} WHERE {id} < 0")
        self.forget()

    def rewrite(self, payloads: Sequence[Payload], key: SigningKey) -> SignedCheckpoint:
        """Another log, whole and right in itself, signed by ``key``; its last checkpoint."""
        details = dict(self.execute("SELECT state, details FROM entries"))
        details = {bytes(state): found for state, found in details.items()}
        rows, leaves, signed = _relaid(payloads, key, self.origin, details)
        self.execute("DELETE FROM entries")
        self.execute("DELETE FROM tiles")
        self.execute("DELETE FROM notes WHERE kind = 'checkpoint'")
        marks = ", ".join("?" * 9)
        for row in rows:
            self.execute(f"INSERT INTO entries ({{id}}, {{columns}}) VALUES ({marks})", row)
        for tile in TileBuilder().extended(leaves)[1]:
            self.execute(
                "INSERT INTO tiles (level, number, root, hashes) VALUES (?, ?, ?, ?)",
                (tile.level, tile.index, tile.root, tile.data),
            )
        for one in signed:
            self.keep(note_of("checkpoint", self.origin, one.checkpoint.size, one.to_bytes()))
        last = signed[-1].checkpoint
        assert self.mark is not None
        self.set_mark(self.mark.model_copy(update={"size": last.size, "root": last.root.hex()}))
        self.forget()
        return signed[-1]

    def keep(self, note: Note) -> None:
        self.execute(
            "INSERT INTO notes (kind, origin, size, digest, body) VALUES (?, ?, ?, ?, ?)", note
        )


def _relaid(
    payloads: Sequence[Payload], key: SigningKey, origin: str, details: dict[bytes, Any]
) -> tuple[list[tuple[Any, ...]], list[bytes], list[SignedCheckpoint]]:
    """Rows, leaf hashes and checkpoints of these entries, laid anew from the first."""
    streams: dict[str, tuple[int, str | None]] = {}
    rows, leaves, signed, heads = [], list[bytes](), [], Heads()
    for index, payload in enumerate(payloads):
        kind, identifier = payload["stream"]["kind"], payload["stream"]["id"]
        before = canonical(payload)
        seq, prev = streams.get(f"{kind}/{identifier}", (0, None))
        facts = payload["facts"]
        if payload["type"] == "HeadsCommitted":
            facts = {"size": index, "root": heads.root().hex(), "bits": heads.bits}
        state = canonical(payload | {"seq": seq + 1, "prev": prev, "facts": facts})
        streams[f"{kind}/{identifier}"] = (seq + 1, _digest(state))
        leaves.append(leaf_hash(state))
        if kind == "subject":
            heads.extend([UUID(identifier).bytes], leaves[-1:])
        topic, instant = f"{payload['type']}:1", parse_instant(payload["recorded_at"])
        rows.append(
            (index + 1, f"{kind}/{identifier}", seq + 1, topic, state, to_micros(instant),
             bytes.fromhex(key.keyid), sign(key, ENTRY, state), details.get(before))
        )  # fmt: skip
        if payload["type"] == "HeadsCommitted":
            checkpoint = Checkpoint(origin, index + 1, root_of(leaves))
            signed.append(SignedCheckpoint.signed(checkpoint, key))
    return rows, leaves, signed


def _digest(state: bytes) -> str:
    return sha256(state).hexdigest()


def cosigned(signed: SignedCheckpoint, seconds: int = 1_800_000_000) -> SignedCheckpoint:
    """With the line of the witness."""
    return signed.with_signatures([signed.checkpoint.cosign(WITNESS_KEY.name, WITNESS, seconds)])


def openings(log: SmallLog, first: int, count: int) -> None:
    """Subjects opened in one transaction."""
    writer = Writer(log.node)
    facts = [
        SubjectOpened(kind="legal_person", scheme="uscc", identifier=f"Y{at}", name=f"公司{at}")
        for at in range(first, first + count)
    ]
    writer.save(
        *(
            writer.event(StreamId("subject", UUID(int=10_000 + first + at)), one)
            for at, one in enumerate(facts)
        )
    )


@contextmanager
def forged(folder: Path, postgres: str | None = None) -> Iterator[Forger]:
    """A log with full tiles, three checkpoints and more, one of them cosigned."""
    name = f"node_{uuid4().hex[:12]}" if postgres else "xiamen"
    with small_log(folder / "home", postgres, name) as log:
        keeper = log.node.keeper
        keeper.settle()
        openings(log, 0, OPENINGS)
        witnessed = cosigned(keeper.settle())
        note = note_of(
            "cosignature", keeper.origin, witnessed.checkpoint.size, witnessed.to_bytes()
        )
        log.store.keep_notes(lambda _: [note])
        openings(log, OPENINGS, 10)
        keeper.settle()
        place = postgres or str(folder / "home" / "ledger.sqlite")
        forger = Forger(log, place, name)
        forger.cosigned = witnessed
        try:
            yield forger
        finally:
            if postgres:
                forger.execute(f'DROP SCHEMA "{name}" CASCADE')
            forger.close()
