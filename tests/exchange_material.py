"""Whole nodes in memory: signed logs, a trust file, and messages between them; all invented.

No store and no command line: an entry costs a signature. What is made is what a node would
have written, unless a test says otherwise.

    region = Region("xiamen", "zhangzhou")
    record = region["xiamen"].collect()
    bundle = region["xiamen"].bundle("zhangzhou", [record])
    judged = judge(bundle.to_json(), region.trust(), own="zhangzhou")
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from ledger.codec import encode
from ledger.entry import (
    ENTRY_PAYLOAD_TYPE,
    Actor,
    JSONValue,
    PendingEvent,
    Secret,
    StreamId,
    SubmissionRef,
    format_instant,
)
from ledger.events.base import Facts
from ledger.events.exchange import CorrectionNotified, NoticeReceived, RecordReceived
from ledger.events.governance import KeyBound, OrganisationAdmitted, RoleGranted
from ledger.events.records import NoticeServed, RecordCollected
from ledger.events.subjects import SubjectOpened
from ledger.exchange.forms import (
    Bundle,
    BundledRecord,
    Consistency,
    Disclosed,
    DisclosedRow,
    Header,
    LogSection,
    ShownEntry,
    TrustListRef,
)
from ledger.identifiers import organisation_id, public_id
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import HashRows, consistency_proof, inclusion_proof, leaf_hash, root
from ledger.log.trust import Trust, TrustedKey, TrustedNode
from ledger.signing import base64text
from ledger.signing.dsse import Envelope, pae
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.sealing import Sealed, commitment
from ledger.signing.submission import Manifest, manifest_digest, row_commitment, sign_manifest
from scripts import _sample

FIRST = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ISSUED = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
FROM = datetime(2026, 1, 1, tzinfo=UTC)
SINCE_2020 = date(2020, 1, 1)
STEP = timedelta(seconds=1)

_DRAW = random.Random("bodies of the exchange")
SUPPLIER = _sample.made_uscc(_DRAW, "11", "350200")
REGISTRAR = _sample.made_uscc(_DRAW, "12", "350200")
BUYER = _sample.made_uscc(_DRAW, "11", "350200")
FIRMS = tuple(_sample.made_uscc(_DRAW, "91", "350200") for _ in range(20))

ALL_PURPOSES = ("entries", "submissions", "bundles", "receipts", "checkpoints")


def made_key(name: str) -> SigningKey:
    """The same key for the same name."""
    return new_signing_key(sha256(f"key of {name}".encode()).digest())


def made_id(name: object) -> str:
    """A UUIDv7's form; the same for the same name."""
    digest = sha256(f"id of {name}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-7{digest[12:15]}-8{digest[15:18]}-{digest[18:30]}"


@dataclass(frozen=True)
class Made:
    """An entry as a log holds it, and the salts of what it sealed."""

    index: int
    payload: bytes
    keyid: str
    signature: bytes
    recorded_at: datetime
    stream: StreamId
    facts: Facts
    salts: Mapping[str, bytes] = field(default_factory=dict)
    values: Mapping[str, JSONValue] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return sha256(self.payload).hexdigest()


@dataclass
class MadeRecord:
    """A record on the way: which entries of which nodes are about it."""

    record: str
    subject: UUID
    path: tuple[str, ...]
    entries: dict[str, list[Made]]
    """By node: what a bundle shows of it."""
    submission: Envelope | None = None
    cells: Mapping[str, str] | None = None
    row_salt: bytes = b""
    label: str | None = None

    def of(self, node: str, kind: type[Facts]) -> Made:
        """The last entry of a type."""
        return [one for one in self.entries[node] if isinstance(one.facts, kind)][-1]


class MadeNode:
    """One node's log, growing."""

    def __init__(self, region: Region, name: str) -> None:
        self.region, self.name = region, name
        self.origin = f"credit-ledger.example/{name}"
        self.key = made_key(name)
        self.witnesses: list[tuple[str, SigningKey, int]] = []
        """Name, key and time of those that cosign its checkpoints."""
        self.entries: list[Made] = []
        self.now = FIRST
        self._heads: dict[StreamId, tuple[int, str]] = {}
        self._supplier: dict[str, list[Made]] = {}
        self._openings: dict[StreamId, Made] = {}
        self._leaves: list[bytes] = []
        self._rows: tuple[int, HashRows] = (0, HashRows(()))
        self.sent: dict[str, tuple[int, str, int]] = {}
        """By recipient: the last bundle's sequence, digest and tree size."""

    # -- the log -------------------------------------------------------------------

    def append(
        self,
        facts: Facts,
        stream: StreamId,
        *,
        actor: str = SUPPLIER,
        submission: SubmissionRef | None = None,
        sealed: Mapping[str, JSONValue] | None = None,
        salts: Mapping[str, bytes] | None = None,
        key: SigningKey | None = None,
        at: datetime | None = None,
    ) -> Made:
        """One entry, a second after the one before, or ``at``."""
        self.now = self.now + STEP if at is None else at
        signer = key or self.key
        seq, head = self._heads.get(stream, (0, None))
        values = dict(sealed or {})
        drawn = {
            name: (salts or {}).get(name)
            or sha256(f"{self.name} {len(self.entries)} {name}".encode()).digest()
            for name in values
        }
        commitments = {name: commitment(name, values[name], drawn[name]) for name in sorted(values)}
        secrets = tuple(Secret(name, values[name], ("record:made",)) for name in sorted(values))
        actor_ = Actor(actor, "op-7")
        pending = PendingEvent(stream.key, seq + 1, facts, actor_, submission, secrets)
        draft = encode(pending, self.name, lambda _: Sealed(commitments, None))
        prev = b"null" if head is None else b'"%b"' % head.encode()
        instant = format_instant(self.now).encode()
        return self.put(
            draft.head + prev + b',"recorded_at":"' + instant + b'"' + draft.tail,
            stream,
            facts,
            key=signer,
            salts=drawn,
            values=values,
        )

    def put(
        self,
        payload: bytes,
        stream: StreamId,
        facts: Facts,
        *,
        key: SigningKey | None = None,
        salts: Mapping[str, bytes] | None = None,
        values: Mapping[str, JSONValue] | None = None,
    ) -> Made:
        """Any bytes, signed and in the tree; ``facts`` is what the maker calls them."""
        signer = key or self.key
        made = Made(
            len(self.entries),
            payload,
            signer.keyid,
            signer.sign(pae(ENTRY_PAYLOAD_TYPE, payload)),
            self.now,
            stream,
            facts,
            salts or {},
            values or {},
        )
        self.entries.append(made)
        self._leaves.append(leaf_hash(payload))
        seq, _ = self._heads.get(stream, (0, None))
        self._heads[stream] = (seq + 1, made.digest)
        return made

    @property
    def size(self) -> int:
        return len(self.entries)

    def checkpoint(self, size: int | None = None) -> SignedCheckpoint:
        size = self.size if size is None else size
        body = Checkpoint(self.origin, size, root(size, self._reader()))
        signed = SignedCheckpoint.signed(body, self.key)
        cosigned = [body.cosign(name, key, at) for name, key, at in self.witnesses]
        return signed.with_signatures(cosigned)

    def section(
        self, entries: Iterable[Made], *, since: int | None = None, size: int | None = None
    ) -> LogSection:
        """The entries with their proofs in the tree of now, or of ``size``."""
        size = self.size if size is None else size
        shown = {one.index: one for one in entries}
        reader = self._reader()
        consistency = None
        if since is not None:
            hashes = tuple(consistency_proof(since, size, reader))
            consistency = Consistency(size=since, hashes=hashes)
        return LogSection(
            node=self.name,
            checkpoint=self.checkpoint(size).to_bytes().decode(),
            consistency=consistency,
            entries=tuple(
                ShownEntry(
                    index=index,
                    payload=one.payload,
                    keyid=one.keyid,
                    signature=one.signature,
                    proof=tuple(inclusion_proof(index, size, reader)),
                )
                for index, one in sorted(shown.items())
            ),
        )

    def _reader(self) -> HashRows:
        if self._rows[0] != self.size:
            self._rows = (self.size, HashRows(self._leaves))
        return self._rows[1]

    # -- what happens --------------------------------------------------------------

    def supplier(self, code: str = SUPPLIER, *, key: SigningKey | None = None) -> list[Made]:
        """An admitted supplier, its key bound where one is given; the same for every record."""
        if code not in self._supplier:
            stream = StreamId("organisation", organisation_id(code))
            made = [
                self.append(
                    OrganisationAdmitted(organisation=code, name="厦门示例局", from_=SINCE_2020),
                    stream,
                    actor=self.name,
                ),
                self.append(
                    RoleGranted(organisation=code, role="supplier", from_=SINCE_2020),
                    stream,
                    actor=self.name,
                ),
            ]
            if key is not None:
                bound = KeyBound(
                    organisation=code,
                    keyid=key.keyid,
                    algorithm="ed25519",
                    public_key=base64text.encode(key.public),
                    from_=SINCE_2020,
                )
                made.append(self.append(bound, stream, actor=self.name))
            self._supplier[code] = made
        return self._supplier[code]

    def open(
        self, identifier: str = FIRMS[0], *, kind: str = "legal_person", name: str = "示例甲公司"
    ) -> Made:
        """A subject's opening: of a firm, or of a natural person with a sealed number."""
        if kind == "natural_person":
            stream = StreamId("subject", UUID(made_id(f"{self.name} {identifier}")))
            facts = SubjectOpened(kind="natural_person", scheme="resident_id")
            sealed: dict[str, JSONValue] = {"identifier": identifier, "name": name}
            return self._opened(stream, facts, sealed)
        stream = StreamId("subject", public_id("uscc", identifier))
        facts = SubjectOpened.model_validate(
            {"kind": kind, "scheme": "uscc", "identifier": identifier, "name": name}
        )
        return self._opened(stream, facts, None)

    def _opened(
        self, stream: StreamId, facts: SubjectOpened, sealed: Mapping[str, JSONValue] | None
    ) -> Made:
        if stream not in self._openings:
            self._openings[stream] = self.append(facts, stream, sealed=sealed)
        return self._openings[stream]

    def collect(
        self,
        number: int = 1,
        *,
        opened: Made | None = None,
        sealed: Mapping[str, JSONValue] | None = None,
        submitted: SigningKey | None = None,
        attested_by: str | None = None,
        served: bool = True,
        **changed: Any,
    ) -> MadeRecord:
        """A penalty of the general tier. ``submitted``: by a manifest under that key, which is
        the supplier's unless ``attested_by`` says registrar.
        """
        own = submitted if attested_by != "registrar" else None
        supplier = self.supplier(key=own)
        opened = opened or self.open()
        record = made_id(f"record {self.name} {number}")
        cells, salt = {"XDR_MC": f"示例{number}"}, sha256(f"row {number}".encode()).digest()
        submission = None
        if submitted is not None:
            manifest = Manifest(
                SUPPLIER,
                sha256(b"file").hexdigest(),
                "penalty",
                "registrar" if attested_by == "registrar" else "supplier",
                "op-7" if attested_by == "registrar" else None,
                (row_commitment(salt, cells),),
            )
            submission = sign_manifest(submitted, manifest)
        facts = RecordCollected.model_validate(
            {
                "record": record,
                "item": "administrative_penalty",
                "tier": "general",
                "adverse": True,
                "supplier": SUPPLIER,
                "organ": SUPPLIER,
                "document_number": f"厦门示监处罚〔2026〕{number}号",
                "decided_on": "2026-02-27",
                "held_from": "2026-02-27",
                "publicity": "public",
                "legal_basis": "《示例法》第一条",
                "amounts": {"fine": "3.5"},
                "attested_by": None if submitted is None else attested_by or "supplier",
            }
            | changed
        )
        collected = self.append(
            facts,
            opened.stream,
            sealed=sealed,
            submission=None
            if submission is None
            else SubmissionRef(manifest_digest(submission), 2),
        )
        entries = [*supplier, opened, collected]
        if served:
            notice = NoticeServed(record=record, served_on=date(2026, 3, 3), channel="mail")
            entries.append(self.append(notice, opened.stream))
        return MadeRecord(
            record,
            opened.stream.id,
            (self.name,),
            {self.name: entries},
            submission,
            None if submission is None else cells,
            salt,
        )

    def act(self, record: MadeRecord, facts: Facts, **more: Any) -> Made:
        """An act on a record, in its subject's stream at this node."""
        about = record.entries[self.name]
        stream = next(one.stream for one in about if one.stream.kind == "subject")
        made = self.append(facts, stream, **more)
        about.append(made)
        return made

    def receive(self, record: MadeRecord, *, at: datetime | None = None) -> MadeRecord:
        """The record as this node holds it then, one node further on its path."""
        origin, before = record.path[0], record.path[-1]
        collected = record.of(origin, RecordCollected)
        opening = record.of(origin, SubjectOpened)
        assert isinstance(opening.facts, SubjectOpened)
        assert isinstance(collected.facts, RecordCollected)
        opened = self._opened(
            StreamId("subject", record.subject), opening.facts, opening.values or None
        )
        served = [
            one.facts for one in record.entries[origin] if isinstance(one.facts, NoticeServed)
        ]
        facts = RecordReceived(
            record=record.record,
            origin=origin,
            sender=None if before == origin else before,
            bundle=sha256(b"bundle").hexdigest(),
            origin_entry=collected.digest,
            origin_recorded_at=collected.recorded_at,
            collected=collected.facts,
            notice_served=served[0] if served else None,
        )
        received = self.append(facts, opened.stream, actor=self.name, at=at)
        entries = {name: list(each) for name, each in record.entries.items()}
        entries[self.name] = [opened, received]
        return replace(record, path=(*record.path, self.name), entries=entries)

    def notify(
        self,
        record: MadeRecord,
        recipient: str,
        act: str,
        required: str,
        *,
        relays: str | None = None,
        notice: str | None = None,
    ) -> Made:
        """The duty to tell a recipient, as an entry; kept out of the record's bundles."""
        facts = CorrectionNotified.model_validate(
            {
                "notice": notice or made_id(f"notice {self.name} {recipient} {self.size}"),
                "record": record.record,
                "recipient": recipient,
                "act": act,
                "required": required,
                "due_on": "2026-03-25",
                "relays": relays,
            }
        )
        return self.append(facts, self._stream(record), actor=self.name)

    def hear(self, record: MadeRecord, notified: Made, acted: Made, **more: Any) -> Made:
        """The notice, entered: ``more`` are further facts of it."""
        told = notified.facts
        assert isinstance(told, CorrectionNotified)
        facts = NoticeReceived.model_validate(
            {
                "notice": told.notice,
                "record": record.record,
                "origin": record.path[0],
                "origin_entry": acted.digest,
                "origin_recorded_at": acted.recorded_at,
                "received_on": "2026-03-24",
                "act": told.act,
                "required": told.required,
            }
            | more
        )
        return self.append(facts, self._stream(record), actor=self.name)

    def _stream(self, record: MadeRecord) -> StreamId:
        about = record.entries[self.name]
        return next(one.stream for one in about if one.stream.kind == "subject")

    # -- messages ------------------------------------------------------------------

    def header(self, recipient: str | None, **changed: Any) -> dict[str, Any]:
        """What every message says of itself."""
        return {
            "id": made_id(f"message {self.name} {recipient} {self.size}"),
            "sender": self.name,
            "recipient": recipient,
            "clock": "simulated",
            "issued_at": ISSUED,
            "trust_list": TrustListRef(version=1, digest=sha256(b"list").hexdigest()),
        } | changed

    def sign(self, message: Header, key: SigningKey | None = None) -> Envelope:
        return Envelope.signed(key or self.key, message.payload_type, message.payload())

    def bundle(self, recipient: str, records: Sequence[MadeRecord], **changed: Any) -> Envelope:
        """A signed bundle; see ``bundle_message``."""
        return self.sign(self.bundle_message(recipient, records, **changed))

    def bundle_message(
        self,
        recipient: str,
        records: Sequence[MadeRecord],
        *,
        disclose: Sequence[str] = (),
        rows: bool = False,
        **changed: Any,
    ) -> Bundle:
        """Records for a recipient, the next in sequence. ``disclose``: names of sealed fields."""
        sequence, previous, since = self.sent.get(recipient, (0, None, None))
        names = list(dict.fromkeys([self.name, *(n for one in records for n in one.path)]))
        shown = {
            name: {e.index: e for one in records for e in one.entries.get(name, ())}
            for name in names
        }
        sections = tuple(
            self.region[name].section(
                shown[name].values(), since=since if name == self.name else None
            )
            for name in names
        )
        values: dict[str, Any] = self.header(recipient) | {
            "purpose": "信用核查",
            "legal_basis": "《示例共享办法》第三条",
            "jurisdictions": ("350200",),
            "expires_at": ISSUED + timedelta(days=30),
            "nonce": sha256(f"{recipient} {sequence}".encode()).digest()[:16],
            "sequence": sequence + 1,
            "previous": previous,
            "records": tuple(
                BundledRecord(
                    record=one.record, subject=str(one.subject), path=one.path, label=one.label
                )
                for one in records
            ),
            "logs": sections,
            "submissions": manifests(records),
            "disclosed": tuple(disclosed(shown, disclose)),
            "rows": tuple(rows_of(records)) if rows else (),
        }
        return Bundle(**(values | changed))

    def send(self, recipient: str, records: Sequence[MadeRecord], **changed: Any) -> Envelope:
        """As ``bundle``, and it counts as sent: the next one names it."""
        message = self.bundle_message(recipient, records, **changed)
        digest = sha256(message.payload()).hexdigest()
        self.sent[recipient] = (message.sequence, digest, self.size)
        return self.sign(message)


def manifests(records: Iterable[MadeRecord]) -> tuple[dict[str, object], ...]:
    found = {manifest_digest(one.submission): one.submission for one in records if one.submission}
    return tuple(found[digest].to_value() for digest in sorted(found))


def disclosed(shown: Mapping[str, Mapping[int, Made]], names: Sequence[str]) -> Iterable[Disclosed]:
    for node, entries in shown.items():
        for index, one in sorted(entries.items()):
            for name in names:
                if name in one.salts:
                    value: Any = one.values[name]
                    yield Disclosed(
                        node=node, index=index, field=name, value=value, salt=one.salts[name]
                    )


def rows_of(records: Iterable[MadeRecord]) -> Iterable[DisclosedRow]:
    for one in records:
        if one.cells is not None:
            collected = one.of(one.path[0], RecordCollected)
            yield DisclosedRow(
                node=one.path[0], index=collected.index, cells=dict(one.cells), salt=one.row_salt
            )


class Region(dict[str, MadeNode]):
    """Nodes by name, and whom a reader trusts of them."""

    def __init__(self, *names: str) -> None:
        super().__init__({name: MadeNode(self, name) for name in names})

    def trust(
        self,
        *,
        without: Iterable[str] = (),
        changed: Mapping[str, Mapping[str, Any]] | None = None,
        more: Iterable[TrustedKey] = (),
        policy: str | None = None,
    ) -> Trust:
        """A trust file of all nodes. ``without``: nodes whose keys it does not have;
        ``changed``: by node, members of its key.
        """
        nodes = tuple(
            TrustedNode(node=name, origin=node.origin, jurisdiction="350200")
            for name, node in self.items()
        )
        keys = tuple(
            trusted_key(name, node.key, **(changed or {}).get(name, {}))
            for name, node in self.items()
            if name not in without
        )
        return Trust(1, ISSUED, nodes, (*keys, *more), (), policy)


def trusted_key(node: str, key: SigningKey, **changed: Any) -> TrustedKey:
    values: dict[str, Any] = {
        "node": node,
        "keyid": key.keyid,
        "public_key": base64text.encode(key.public),
        "algorithm": "ed25519",
        "purposes": ALL_PURPOSES,
        "from_": FROM,
        "until": None,
        "status": "ACTIVE",
        "since": None,
    }
    return TrustedKey(**(values | changed))
