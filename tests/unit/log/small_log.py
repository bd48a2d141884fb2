"""A small log with everything an audit looks at, founded the ordinary way.

Leaves: 0 to 2 the founding; 3 and 4 two suppliers are admitted, 5 one of them binds a key;
then for each of ``SUBJECTS`` organisations an opening, a record and a notice, one natural
person with sealed identifier and name and a record with sealed parties, an access entry,
and an erasure that was carried out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from ledger.bootstrap import found_node, open_node
from ledger.entry import Actor, PendingEvent, Secret, StreamId, SubmissionRef
from ledger.events.base import Facts
from ledger.events.governance import KeyBound, OrganisationAdmitted, SubjectQueried
from ledger.events.records import NoticeServed, RecordCollected
from ledger.events.subjects import PersonalDataErased, SubjectOpened
from ledger.home import Home
from ledger.identifiers import node_id, organisation_id
from ledger.node import Node
from ledger.signing import base64text
from ledger.signing.dsse import Envelope
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.signing.submission import (
    ROW_DIGEST,
    SUBMITTED_ROW,
    Attestation,
    Manifest,
    manifest_digest,
    row_commitment,
    sign_manifest,
)
from ledger.storage.library import LibraryRecorder

START = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
SUBJECTS = 6
SIGNING, PLAIN = "supplier-a", "supplier-b"
"""A supplier with a key of its own, and one without."""
DAY = date(2026, 3, 1)
PERSON = UUID(int=99)
SUPPLIER_KEY = new_signing_key(bytes(range(32)))


@dataclass
class SmallLog:
    """The node, and where things are in its log."""

    node: Node
    supplier_manifest: str = ""
    registrar_manifest: str = ""
    person: UUID = PERSON
    sealed_index: int = -1
    """The natural person's opening, whose details are alive."""
    record_index: int = -1
    """An organisation's record from the signed submission, whose row is kept."""
    erased_index: int = -1
    """The natural person's record whose key was destroyed."""
    erasure_index: int = -1

    @property
    def store(self) -> LibraryRecorder:
        return self.node.store


def uuid(number: int) -> UUID:
    return UUID(int=number)


def cells(row: int) -> dict[str, str]:
    return {"subject_name": f"厦门公司{row}", "document_number": f"文{row}"}


def salt(row: int) -> bytes:
    return bytes([row]) * 32


def manifest(
    supplier: str, operator: str | None, key: SigningKey, file: str = "ab" * 32
) -> Envelope:
    rows = tuple(row_commitment(salt(row), cells(row)) for row in range(2, SUBJECTS + 2))
    attested: Attestation = "supplier" if operator is None else "registrar"
    return sign_manifest(key, Manifest(supplier, file, "penalty", attested, operator, rows))


@contextmanager
def small_log(home: Path, store_url: str | None = None, name: str = "xiamen") -> Iterator[SmallLog]:
    """Founds the node in ``home`` and writes the entries."""
    place = Home(home)
    found_node(place, name=name, store_url=store_url, simulated=True, at=START)
    with open_node(place, PassphraseSource.given(b"")) as node:
        yield write(node)


def write(node: Node) -> SmallLog:
    log = SmallLog(node)
    writer = Writer(node)
    writer.save(
        writer.organisation(
            SIGNING, OrganisationAdmitted(organisation=SIGNING, name="甲", from_=DAY)
        ),
        writer.organisation(PLAIN, OrganisationAdmitted(organisation=PLAIN, name="乙", from_=DAY)),
        writer.organisation(
            SIGNING,
            KeyBound(
                organisation=SIGNING,
                keyid=SUPPLIER_KEY.keyid,
                algorithm="ed25519",
                public_key=base64text.encode(SUPPLIER_KEY.public),
                from_=DAY,
            ),
        ),
    )
    envelopes = (
        manifest(SIGNING, None, SUPPLIER_KEY),
        manifest(PLAIN, "clerk-1", node.signing_key),
    )
    log.supplier_manifest, log.registrar_manifest = map(manifest_digest, envelopes)
    sealing = node.store.sealing
    assert sealing is not None
    node.store.append(
        [],
        sealing=sealing,
        manifests=[(manifest_digest(one), one.to_json()) for one in envelopes],
    )
    for number in range(SUBJECTS):
        log.record_index = _organisation(writer, log, number)
    _person(writer, log)
    return log


class Writer:
    """Appends events as the node does, a second apart."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.seqs: dict[str, int] = {}

    def event(
        self,
        stream: StreamId,
        facts: Facts,
        secrets: tuple[Secret, ...] = (),
        submission: SubmissionRef | None = None,
    ) -> PendingEvent:
        if stream.key not in self.seqs:
            head = self.node.store.heads([stream.key]).get(stream.key)
            self.seqs[stream.key] = head.seq if head else 0
        seq = self.seqs[stream.key] = self.seqs[stream.key] + 1
        return PendingEvent(stream.key, seq, facts, Actor(SIGNING, "clerk-1"), submission, secrets)

    def on_node(self, facts: Facts) -> PendingEvent:
        return self.event(StreamId("node", node_id(self.node.name)), facts)

    def organisation(self, code: str, facts: Facts) -> PendingEvent:
        return self.event(StreamId("organisation", organisation_id(code)), facts)

    def save(self, *events: PendingEvent) -> list[int]:
        self.node.registry()
        head = self.node.store.head()
        at = (head.recorded_at if head else START) + timedelta(seconds=1)
        return self.node.save(events, self.node.today(at), at)


def record(number: int, supplier: str, attested_by: str | None = None) -> RecordCollected:
    return RecordCollected.model_validate(
        {
            "record": str(uuid(1000 + number)),
            "item": "administrative_penalty",
            "tier": "general",
            "adverse": True,
            "supplier": supplier,
            "organ": supplier,
            "document_number": f"文{number}",
            "decided_on": "2026-02-01",
            "held_from": "2026-02-01",
            "publicity": "public",
            "amounts": {"fine": "3.5"},
            "attested_by": attested_by,
        }
    )


def _organisation(writer: Writer, log: SmallLog, number: int) -> int:
    stream = StreamId("subject", uuid(number + 1))
    row = number + 2
    signed = number % 2 == 1
    supplier = SIGNING if signed else PLAIN
    facts = record(number, supplier, "supplier" if signed else "registrar")
    submission = SubmissionRef(log.supplier_manifest if signed else log.registrar_manifest, row)
    lock = (f"record:{facts.record}",)
    kept = (
        Secret(SUBMITTED_ROW, cells(row), lock, committed=False, salt=salt(row)),
        Secret(ROW_DIGEST, "cd" * 32, lock, committed=False),
    )
    opened = SubjectOpened(
        kind="legal_person", scheme="uscc", identifier=f"X{number}", name=f"厦门公司{number}"
    )
    indexes = writer.save(
        writer.event(stream, opened, submission=submission),
        writer.event(stream, facts, kept, submission),
    )
    writer.save(
        writer.event(stream, NoticeServed(record=facts.record, served_on=DAY, channel="送达"))
    )
    return indexes[1]


def _person(writer: Writer, log: SmallLog) -> None:
    stream = StreamId("subject", log.person)
    opened = SubjectOpened(kind="natural_person", scheme="resident_id")
    secrets: Mapping[str, str] = {"identifier": "no-such-number", "name": "某甲"}
    own = f"subject:{log.person}"
    (log.sealed_index,) = writer.save(
        writer.event(stream, opened, tuple(Secret(f, v, (own,)) for f, v in secrets.items()))
    )
    for number in (50, 51):
        facts = record(number, SIGNING)
        parties = Secret("parties", ["某乙"], (f"record:{facts.record}",))
        (index,) = writer.save(writer.event(stream, facts, (parties,)))
        log.erased_index = index
    query = SubjectQueried(
        operator="clerk-1",
        purpose="核查",
        basis="条例",
        answer="00" * 32,
        valid_at=DAY,
        known_at=3,
    )
    writer.save(writer.event(StreamId("access", log.person), query))
    name = f"record:{facts.record}"
    (key,) = writer.node.data_keys.ensure([name]).values()
    erased = PersonalDataErased(basis="条例", records=(facts.record,), keys=(key[0],))
    (log.erasure_index,) = writer.save(writer.event(stream, erased))
    writer.node.data_keys.destroy([name], writer.node.now())
