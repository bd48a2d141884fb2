"""A signed statement: an answer with all that proves it, for a reader far away.

A DSSE envelope (``...statement.v1+json``) of the node's key around canonical JSON:

    {"format": "credit-ledger-statement/v1", "kind": "history", "node", "origin", "made_at",
     "query": {"subject", "scheme", "identifier" | null, "valid_at", "known_at" | null,
               "tree_size", "today", "reader"},
     "fold_version", "answer": {the JSON of ``projections.answer``},
     "checkpoint": a signed checkpoint with the cosignatures known, of size M,
     "commitment": {entry}                     HeadsCommitted; how far it reaches: ``covered``
     "declarations": [{entry}],                KeyCompromised, of keys that signed what is shown
     "dated": [{"checkpoint", "consistency"}], what others dated before these compromises
     "streams": [{"id", "membership", "prefix", "entries": [{entry}],
                  "next": {"index", "proof"} | null}],
     "disclosed": [{"index", "field", "value", "salt"}],
     "erased": [{"index", "field"}],
     "limits": [code]}

An entry is {"index", "payload", "keyid", "signature", "proof"}: the signed bytes, and the
inclusion proof of their leaf in the tree of size M.

The first stream is the subject's own, the others those that corrected identifiers tie to it,
by id. Each shows the subject's first entries, without a gap: either all that the commitment
counts, or so many that the next one (``next``) stands past ``tree_size``. "Nothing held" is a
stream without entries whose membership shows that the bucket does not hold the id.
Declarations are those that decide what was known at ``tree_size``, and what may be shown since,
by index. ``dated`` are the cosigned checkpoints that they name as evidence, each with the proof
that the tree of size M begins with it.

``identifier`` is null for natural persons. Everything here is form and bounds; what a
statement proves, ``projections.statement_check`` says.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from ledger.entry import MAX_PAYLOAD_BYTES
from ledger.errors import LedgerError
from ledger.events.base import Code, Day, Digest, Id, Instant, Operator, OrganisationCode, Text
from ledger.events.governance import HeadsCommitted
from ledger.log.heads_proof import Membership, Prefix
from ledger.log.merkle import HASH_BYTES, MAX_TREE_SIZE
from ledger.log.note import MAX_NOTE_BYTES
from ledger.log.trust import MAX_PLACE
from ledger.log.verifying import MAX_FILE_BYTES
from ledger.signing import base64text
from ledger.signing.boxes import MAX_FIELDS
from ledger.signing.canonical import MAX_DEPTH, MAX_SAFE_INTEGER, canonical, require_canonical
from ledger.signing.dsse import STATEMENT, Envelope
from ledger.signing.keys import SIGNATURE_BYTES, SigningKey
from ledger.signing.sealing import SALT_BYTES
from projections.reader import Public, Reader, Registered
from projections.statement_faults import StatementMalformed, StatementTooLarge

FORMAT: Final = "credit-ledger-statement/v1"
HISTORY: Final = "history"

MAX_STREAMS: Final = 100
"""Corrected identifiers of one subject; real chains have two or three."""

MAX_ENTRIES: Final = 5_000
"""Of all streams together: a hundred a year for fifty years. Each costs a verifier some 200 us."""

MAX_DECLARATIONS: Final = 100
"""That keys of the node were compromised: two a key decide, whoever declared how often."""

MAX_STATEMENT_BYTES: Final = MAX_FILE_BYTES // 4 * 3 - (1 << 16)
"""The signed JSON, so that its envelope is no larger than what ``verify`` reads: some 24 MB,
5,000 entries of 2.5 KiB with their proofs."""

MAX_PARTS: Final = 1 << 20
"""Brackets, braces and commas: what a value takes in memory goes by their number. 5,000 entries
with proofs of 20 hashes have 150,000."""

MAX_ENVELOPE_PARTS: Final = 100
"""Sixteen signatures and three members have 53."""

STATEMENT_DEPTH: Final = MAX_DEPTH + 8
"""A disclosed value may be as deep as an entry's JSON, and stands five levels down."""

MAX_IDENTIFIER: Final = 256

MAX_PATH: Final = MAX_TREE_SIZE.bit_length()


class _Member(BaseModel):
    # What is wrong with a value is told without the value: it may be personal.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )


def _bytes(what: str, size: int | None = None, most: int | None = None) -> BeforeValidator:
    def read(value: object) -> bytes:
        if isinstance(value, bytes):
            return value
        if most is not None and isinstance(value, str) and len(value) > 4 * (most // 3 + 1):
            raise ValueError(f"{what} is longer than {most} bytes")
        return base64text.decode(value, what=what, size=size)

    return BeforeValidator(read)


def _path(value: object) -> tuple[bytes, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list) or len(value) > MAX_PATH:
        raise ValueError(f"a proof has at most {MAX_PATH} hashes")
    return tuple(base64text.decode(one, what="proof", size=HASH_BYTES) for one in value)


def _answer(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, dict):
        raise ValueError("an answer is a JSON object")  # noqa: TRY004 - pydantic tells it
    return canonical(value, max_depth=STATEMENT_DEPTH)


_MARKS: Final = (b"{", b"[", b",")
_WRITE = PlainSerializer(base64text.encode)
Size = Annotated[StrictInt, Field(ge=0, le=MAX_SAFE_INTEGER)]
Path = Annotated[
    tuple[bytes, ...],
    BeforeValidator(_path),
    PlainSerializer(lambda path: [base64text.encode(one) for one in path]),
]
"""From the leaf's sibling to the root's child, 32 bytes each."""


class ShownEntry(_Member):
    """The exact signed bytes of an entry, and where it stands in the log."""

    index: Size
    payload: Annotated[bytes, _bytes("payload", most=MAX_PAYLOAD_BYTES), _WRITE] = Field(repr=False)
    keyid: Digest
    signature: Annotated[bytes, _bytes("signature", SIGNATURE_BYTES), _WRITE]
    proof: Path


class Next(_Member):
    """Where the subject's next entry stands in the log; its leaf hash is in ``prefix``."""

    index: Size
    proof: Path


class Dated(_Member):
    """A cosigned checkpoint of this log, and that the one of the statement continues it."""

    checkpoint: Annotated[str, Field(max_length=MAX_NOTE_BYTES)]
    consistency: Path


def _membership(value: object) -> Membership:
    return value if isinstance(value, Membership) else Membership.from_value(value)


def _prefix(value: object) -> Prefix:
    return value if isinstance(value, Prefix) else Prefix.from_value(value)


class Stream(_Member):
    """What the log held on one id at the commitment, as far as it is shown."""

    id: Id
    membership: Annotated[
        InstanceOf[Membership], BeforeValidator(_membership), PlainSerializer(Membership.to_value)
    ]
    prefix: Annotated[
        InstanceOf[Prefix], BeforeValidator(_prefix), PlainSerializer(Prefix.to_value)
    ]
    entries: Annotated[tuple[ShownEntry, ...], Field(max_length=MAX_ENTRIES)]
    next: Next | None

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)


class Disclosed(_Member):
    """A sealed field that the answer shows, with what its commitment is made of."""

    index: Size
    field: StrictStr
    value: object = Field(repr=False)
    salt: Annotated[bytes, _bytes("salt", SALT_BYTES), _WRITE] = Field(repr=False)


class Gone(_Member):
    """A sealed field that nobody can read any more."""

    index: Size
    field: StrictStr


class _Anyone(_Member):
    kind: Literal["public"]


class _Known(_Member):
    kind: Literal["registered"]
    operator: Operator
    purpose: Text
    basis: Text
    organisation: OrganisationCode | None
    may_see_government: StrictBool


class Asked(_Member):
    """What every question of a statement says: the log was cut at ``tree_size``."""

    subject: Id
    known_at: Instant | None
    tree_size: Size
    today: Day
    reader: Annotated[_Anyone | _Known, Field(discriminator="kind")]

    @property
    def uuid(self) -> UUID:
        return UUID(self.subject)

    @property
    def asked_by(self) -> Reader:
        """As ``projections.reader`` takes it."""
        if isinstance(self.reader, _Anyone):
            return Public(self.today)
        return Registered(
            today=self.today,
            operator=self.reader.operator,
            purpose=self.reader.purpose,
            basis=self.reader.basis,
            organisation=self.reader.organisation,
            may_see_government=self.reader.may_see_government,
        )


class Query(Asked):
    """What was asked, by whom, on which day."""

    scheme: Code
    identifier: Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)] | None = Field(
        repr=False
    )
    valid_at: Day


def reader_members(reader: Reader) -> dict[str, object]:
    """The member ``reader`` of a query."""
    if isinstance(reader, Public):
        return {"kind": "public"}
    return {
        "kind": "registered",
        "operator": reader.operator,
        "purpose": reader.purpose,
        "basis": reader.basis,
        "organisation": reader.organisation,
        "may_see_government": reader.may_see_government,
    }


class Signed(_Member):
    """What statements of every kind hold. Nothing in it is verified by being read."""

    format: Literal["credit-ledger-statement/v1"] = FORMAT
    kind: str
    node: OrganisationCode
    origin: Text
    made_at: Instant
    query: Asked
    fold_version: Annotated[StrictInt, Field(ge=1, le=MAX_SAFE_INTEGER)]
    answer: Annotated[bytes, BeforeValidator(_answer), PlainSerializer(orjson.loads)] = Field(
        repr=False
    )
    """Canonical JSON."""
    checkpoint: Annotated[str, Field(max_length=MAX_NOTE_BYTES)]
    commitment: ShownEntry
    declarations: Annotated[tuple[ShownEntry, ...], Field(max_length=MAX_DECLARATIONS)]
    dated: Annotated[tuple[Dated, ...], Field(max_length=MAX_DECLARATIONS)]
    streams: Annotated[tuple[Stream, ...], Field(min_length=1, max_length=MAX_STREAMS)]
    limits: Annotated[tuple[Code, ...], Field(max_length=64)]

    def to_payload(self) -> bytes:
        """Canonical JSON, no final newline. Raises ``StatementTooLarge``."""
        if sum(len(stream.entries) for stream in self.streams) > MAX_ENTRIES:
            raise StatementTooLarge(entries=MAX_ENTRIES, size=MAX_STATEMENT_BYTES >> 20)
        payload = canonical(self.model_dump(mode="json"), max_depth=STATEMENT_DEPTH)
        if len(payload) > MAX_STATEMENT_BYTES or sum(map(payload.count, _MARKS)) > MAX_PARTS:
            raise StatementTooLarge(entries=MAX_ENTRIES, size=MAX_STATEMENT_BYTES >> 20)
        return payload

    def signed(self, key: SigningKey) -> bytes:
        """The file: an envelope in canonical JSON, no final newline."""
        return Envelope.signed(key, STATEMENT, self.to_payload()).to_json()

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Exactly what ``to_payload`` writes. Raises ``StatementMalformed``."""
        require_parts(payload, MAX_PARTS)
        try:
            value: Any = require_canonical(
                payload, max_bytes=MAX_STATEMENT_BYTES, max_depth=STATEMENT_DEPTH
            )
            read = cls.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(ascii(part).strip("'") for part in first["loc"])[:MAX_PLACE]
            raise StatementMalformed(why=f"{where}: {first['msg']}") from None
        except LedgerError as error:
            raise StatementMalformed(why=error) from error
        if sum(len(stream.entries) for stream in read.streams) > MAX_ENTRIES:
            raise StatementMalformed(why=f"streams: more than {MAX_ENTRIES} entries")
        return read


class Statement(Signed):
    """A history, for a subject and two dates."""

    kind: Literal["history"] = "history"
    query: Query
    disclosed: Annotated[tuple[Disclosed, ...], Field(max_length=MAX_ENTRIES * MAX_FIELDS)]
    erased: Annotated[tuple[Gone, ...], Field(max_length=MAX_ENTRIES * MAX_FIELDS)]


def kind_of(payload: bytes) -> str:
    """Which kind a payload says it is; ``history`` where it says nothing that is read here."""
    require_parts(payload, MAX_PARTS)
    try:
        value: Any = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return HISTORY
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else HISTORY


def require_parts(data: bytes, most: int) -> None:
    """Raises ``StatementMalformed`` for JSON of more parts, before any of it is made."""
    if sum(map(data.count, _MARKS)) > most:
        raise StatementMalformed(why=f"more than {most} parts")


def envelope(data: bytes) -> Envelope:
    """The envelope of a file; spaces in it are free. Raises ``StatementMalformed``."""
    require_parts(data, MAX_ENVELOPE_PARTS)
    try:
        found = Envelope.from_json(data, max_bytes=MAX_FILE_BYTES)
    except LedgerError as error:
        raise StatementMalformed(why=error) from error
    if found.payload_type != STATEMENT:
        raise StatementMalformed(why="payloadType")
    return found


def covered(index: int, facts: HeadsCommitted) -> int:
    """The tree size at which a commitment at leaf ``index`` knows all entries of subjects.

    A commitment says nothing of itself, and is no subject's entry: where it follows at once
    on what it commits to, it reaches one entry further than it says.
    """
    return index + 1 if index == facts.size else facts.size
