"""The messages between nodes: their members and bounds. Pure; nothing is believed here.

Each message is a DSSE envelope whose ``payloadType`` tells its kind, around canonical JSON
(RFC 8785). All kinds share the members of ``Header``. Evidence stands in ``logs``: one
``LogSection`` a node, each with a signed checkpoint and entries with their inclusion proofs
(RFC 6962), so that every signature of every node that a record passed stays as it was made.

    bundle              records, given to one recipient for one purpose
    receipt             what the recipient made of a bundle, or that it holds a later message
    refusal             that a message was not accepted, and why
    notice              an act on a record, to a node that received it
    acknowledgement     the recipient's answer to a notice
    enforcement-status  what the enforcer of one sanction last said, with its signed entries

What a message proves, ``ledger.exchange.judging`` says.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    StrictInt,
    StrictStr,
    ValidationError,
)

from ledger.errors import LedgerError, UnusableInput
from ledger.events.base import Code, Day, Digest, Id, Instant, OrganisationCode, Text
from ledger.events.exchange import (
    AcknowledgementVerdict,
    Act,
    NodeName,
    ReceiptVerdict,
    Required,
)
from ledger.events.peers import MessageKind
from ledger.events.sanctions import EnforcementState
from ledger.exchange.quick_reading import read_payload
from ledger.exchange.quick_writing import quick_payload
from ledger.exchange.shown import (
    MAX_ENTRIES,
    MAX_PATH,
    ShownEntry,
    entries_of,
    entries_text,
    hashes_of,
)
from ledger.log.note import MAX_NOTE_BYTES
from ledger.signing import base64text, dsse
from ledger.signing.canonical import MAX_DEPTH, MAX_SAFE_INTEGER, canonical
from ledger.signing.sealing import SALT_BYTES

__all__ = [
    "FORMS",
    "MAX_BUNDLE_BYTES",
    "MAX_DISCLOSED",
    "MAX_DOWNSTREAM",
    "MAX_ENTRIES",
    "MAX_MESSAGE_BYTES",
    "MAX_NONCE",
    "MAX_PATH",
    "MAX_PLACE",
    "MAX_RECORDS",
    "MAX_SECTIONS",
    "MAX_STATUSES",
    "MESSAGE_DEPTH",
    "About",
    "Acknowledgement",
    "Bundle",
    "BundledRecord",
    "Consistency",
    "Disclosed",
    "DisclosedRow",
    "EnforcementStatusMessage",
    "Hashes",
    "Header",
    "LogSection",
    "Message",
    "MessageKind",
    "MessageMalformed",
    "Notice",
    "Onward",
    "Receipt",
    "ReceiptLine",
    "RefusalMessage",
    "ShownEntry",
    "Size",
    "TrustListRef",
]

MAX_RECORDS: Final = 10_000
"""Of one bundle; whoever has more sends several."""
MAX_SECTIONS: Final = 9
"""Nodes that a record may pass, the last one included; regional exchange needs two or three."""
MAX_DISCLOSED: Final = 100_000
MAX_STATUSES: Final = 100
"""Sanctions that one node rests on one record."""
MAX_DOWNSTREAM: Final = 500
"""Messages of onward recipients that an acknowledgement carries."""
MAX_BUNDLE_BYTES: Final = 128 << 20
"""Of the envelope: 10,000 records with five entries each and their proofs take some 117 MB. What
is kept of it is its payload, three quarters of that, and fits into one value of the store."""
MAX_MESSAGE_BYTES: Final = 16 << 20
"""Of any other envelope: a notice or a status holds a few dozen entries."""
MAX_NONCE: Final = 16
MAX_PLACE: Final = 100
MESSAGE_DEPTH: Final = MAX_DEPTH + 8


class MessageMalformed(UnusableInput):
    code = "message_malformed"
    en = "not a message between nodes: {where}: {why}; ask its sender for the original"
    zh_cn = "不是节点间的消息：{where}：{why}；请向发送方索取原件"
    zh_tw = "不是節點間的訊息：{where}：{why}；請向發送方索取原件"


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


_WRITE = PlainSerializer(base64text.encode)
Size = Annotated[StrictInt, Field(ge=0, le=MAX_SAFE_INTEGER)]
Hashes = Annotated[
    tuple[bytes, ...],
    BeforeValidator(hashes_of),
    PlainSerializer(lambda path: [base64text.encode(one) for one in path]),
]
"""32 bytes each."""


class Consistency(_Member):
    """That the section's tree begins with the tree of ``size`` leaves (RFC 6962, 2.1.2)."""

    size: Size
    hashes: Hashes


class LogSection(_Member):
    """What is shown of one node's log; entries ascend by index, each stands once."""

    node: NodeName
    checkpoint: Annotated[str, Field(max_length=MAX_NOTE_BYTES)]
    """The signed note with the cosignatures known."""
    consistency: Consistency | None = None
    """From the last checkpoint that the sender sent to this recipient; only of its own log."""
    entries: Annotated[
        tuple[ShownEntry, ...], PlainValidator(entries_of), PlainSerializer(entries_text)
    ]


class TrustListRef(_Member):
    """Which trust list the sender went by."""

    version: Annotated[StrictInt, Field(ge=1, le=MAX_SAFE_INTEGER)]
    digest: Digest


class About(_Member):
    """Another message, by the SHA-256 of its payload."""

    kind: MessageKind | None
    """None: it could not be read."""
    digest: Digest
    contents: Annotated[tuple[Digest, ...], Field(max_length=MAX_STATUSES + 1)] = ()
    """Of an acknowledgement or a status: what it says, whatever evidence came along with it
    (``ledger.exchange.contents``); by this its sender knows that it need not say it again."""


class Header(_Member):
    """What every message says of itself. ``sender`` signed it, nobody but ``recipient`` acts on it."""

    payload_type: ClassVar[str]
    kind: ClassVar[MessageKind]

    v: Annotated[StrictInt, Field(ge=1, le=1)] = 1
    id: Id
    sender: NodeName
    recipient: NodeName | None
    """None in a refusal of something that did not say who sent it."""
    clock: Literal["real", "simulated"]
    issued_at: Instant
    trust_list: TrustListRef | None

    def payload(self) -> bytes:
        """The canonical bytes that are signed."""
        found = quick_payload(self, max_depth=MESSAGE_DEPTH)
        if found is not None:
            return found
        value = self.model_dump(mode="json", by_alias=True)
        return canonical(value, max_depth=MESSAGE_DEPTH)

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Read what ``payload`` could have written, byte for byte. Raises ``MessageMalformed``."""
        most = MAX_BUNDLE_BYTES if cls.kind == "bundle" else MAX_MESSAGE_BYTES
        try:
            value = read_payload(payload, max_bytes=most, max_depth=MESSAGE_DEPTH)
            return cls.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(ascii(part).strip("'") for part in first["loc"])
            raise MessageMalformed(where=where[:MAX_PLACE] or "-", why=first["msg"]) from None
        except LedgerError as error:
            raise MessageMalformed(where="-", why=error) from error


class Disclosed(_Member):
    """A sealed field of a shown entry, with what its commitment is made of."""

    node: NodeName
    index: Size
    field: Code
    value: JsonValue
    salt: Annotated[bytes, _bytes("salt", SALT_BYTES), _WRITE]


class DisclosedRow(_Member):
    """The row of a submission as its supplier wrote it, by field code."""

    node: NodeName
    index: Size
    """Of the record's entry."""
    cells: dict[StrictStr, StrictStr]
    salt: Annotated[bytes, _bytes("salt", SALT_BYTES), _WRITE]


class BundledRecord(_Member):
    """One record of a bundle; its entries are found in the sections by its id and subject."""

    record: Id
    subject: Id
    """Its subject's stream at the node that collected it."""
    path: Annotated[tuple[NodeName, ...], Field(min_length=1, max_length=MAX_SECTIONS)]
    """From the node that collected it to the sender, both included; one name where it is its own."""
    label: Annotated[Text, Field(max_length=200)] | None = None
    """The sender's label for it; binds nobody."""


class Bundle(Header):
    """共享包: records for one recipient, with all that they stand on."""

    payload_type: ClassVar[str] = dsse.BUNDLE
    kind: ClassVar[MessageKind] = "bundle"

    purpose: Text
    legal_basis: Text
    jurisdictions: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_SECTIONS)]
    """Region codes of the sender and of the recipient, as the trust list has them."""
    expires_at: Instant
    nonce: Annotated[bytes, _bytes("nonce", MAX_NONCE), _WRITE]
    sequence: Annotated[StrictInt, Field(ge=1, le=MAX_SAFE_INTEGER)]
    """Counts the bundles from this sender to this recipient, from 1."""
    previous: Digest | None
    """SHA-256 of the payload of the one before; None at 1."""
    assessment: Id | None = None
    """The ``ExportAssessed`` that a bundle across the Strait rests on."""
    records: Annotated[tuple[BundledRecord, ...], Field(min_length=1, max_length=MAX_RECORDS)]
    logs: Annotated[tuple[LogSection, ...], Field(min_length=1, max_length=MAX_SECTIONS)]
    """The sender's own first."""
    submissions: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_RECORDS)] = ()
    """The envelopes of the manifests that the records' entries name, ascending by digest."""
    disclosed: Annotated[tuple[Disclosed, ...], Field(max_length=MAX_DISCLOSED)] = ()
    rows: Annotated[tuple[DisclosedRow, ...], Field(max_length=MAX_RECORDS)] = ()


class ReceiptLine(_Member):
    record: Id
    verdict: ReceiptVerdict


class Receipt(Header):
    """回执: what became of a message. The same for every delivery of the same bytes."""

    payload_type: ClassVar[str] = dsse.RECEIPT
    kind: ClassVar[MessageKind] = "receipt"

    about: About
    received_at: Instant
    """When the transaction that took it in was recorded."""
    records: Annotated[tuple[ReceiptLine, ...], Field(max_length=MAX_RECORDS)] = ()
    """Of a bundle: each record, in its order."""


class RefusalMessage(Header):
    """拒收: the message had no effect."""

    payload_type: ClassVar[str] = dsse.REFUSAL
    kind: ClassVar[MessageKind] = "refusal"

    about: About
    verdict: Literal["quarantined", "refused"]
    """Quarantined: kept, and looked at again by whoever mends the cause."""
    reason: Code
    refused_at: Instant


class Notice(Header):
    """更正通知: an act on a record that the recipient received."""

    payload_type: ClassVar[str] = dsse.NOTICE
    kind: ClassVar[MessageKind] = "notice"

    notice: Id
    record: Id
    subject: Id
    """Its subject's stream at the node that collected it."""
    act: Act
    required: Required
    due_on: Day
    acted: Size
    """Leaf index of the act's entry in the log of the node that collected the record."""
    path: Annotated[tuple[NodeName, ...], Field(min_length=1, max_length=MAX_SECTIONS)]
    """From the node that collected the record to the sender."""
    logs: Annotated[tuple[LogSection, ...], Field(min_length=1, max_length=MAX_SECTIONS)]
    """One for each node of ``path``, in its order."""


class Onward(_Member):
    """A node that the recipient passed the record on to, and whether it has closed."""

    node: NodeName
    state: Literal["open", "closed"]


class Acknowledgement(Header):
    """更正确认: what the recipient of a notice did."""

    payload_type: ClassVar[str] = dsse.ACKNOWLEDGEMENT
    kind: ClassVar[MessageKind] = "acknowledgement"

    notice: Id
    record: Id
    verdict: AcknowledgementVerdict
    received_at: Instant | None
    """When the recipient entered the notice; None where it does not hold the record."""
    onward: Annotated[tuple[Onward, ...], Field(max_length=MAX_STATUSES)]
    """Empty: signed "none"."""
    statuses: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_STATUSES)]
    """Envelopes of ``EnforcementStatusMessage``, one for each sanction here that rests on it."""
    downstream: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_DOWNSTREAM)] = ()
    """Envelopes of what the onward nodes answered, acknowledgements and statuses, as they came."""
    logs: Annotated[tuple[LogSection, ...], Field(max_length=1)] = ()
    """The recipient's entries of the notice and of the record; none where it holds neither."""


class EnforcementStatusMessage(Header):
    """执行情况: one sanction that rests on a received record, and what its enforcer reported."""

    payload_type: ClassVar[str] = dsse.ENFORCEMENT_STATUS
    kind: ClassVar[MessageKind] = "enforcement-status"

    record: Id
    sanction: Id
    enforcer: OrganisationCode
    state: EnforcementState | None
    """What the enforcer said last; None: it has reported nothing."""
    reported_on: Day | None
    downstream: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_DOWNSTREAM)] = ()
    logs: Annotated[tuple[LogSection, ...], Field(min_length=1, max_length=1)]
    """All entries of the sanction, those of the received record, and of the notices of it."""


Message: TypeAlias = (
    Bundle | Receipt | RefusalMessage | Notice | Acknowledgement | EnforcementStatusMessage
)
FORMS: Final[dict[str, type[Header]]] = {
    form.payload_type: form
    for form in (
        Bundle,
        Receipt,
        RefusalMessage,
        Notice,
        Acknowledgement,
        EnforcementStatusMessage,
    )
}
"""By payload type."""
