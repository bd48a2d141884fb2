"""What is kept of a message beside the log: all of it, but never a sealed value. Pure.

What is kept can never be removed, and a sealed value must be lost with its data key. So of a
bundle that discloses any, the sealed values and rows are left out, and only their places are
kept; the values stand sealed beside the entries that hold their commitments:

    {"format": "credit-ledger-kept/v1", "payload": {the bundle, "disclosed": [], "rows": []},
     "payloadType", "signatures": [{"keyid", "sig"}],
     "withheld": [[node, index, field]], "rows": [[node, index]]}

With every value put back, the canonical JSON of the payload is what was signed. Any other
message is kept as the envelope that it came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from ledger.exchange.forms import MESSAGE_DEPTH, Bundle, Message
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import Envelope, Signature
from ledger.signing.sealing import Opened

FORMAT: Final = "credit-ledger-kept/v1"
_START: Final = b'{"format":"' + FORMAT.encode("ascii") + b'"'
_LEFT_OUT: Final = ("disclosed", "rows")
MAX_AS_IT_CAME: Final = 72 << 20
"""Of a payload that is kept in its envelope, whose base64 takes four thirds: a value of the store
holds 100 MB. A larger one is kept as if something were left out of it."""


class Place(NamedTuple):
    """Of a sealed field of an entry; ``field`` None: the submitted row."""

    node: str
    leaf: int
    field: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a message."""

    value: dict[str, Any]
    """The payload; of a bundle without what it disclosed."""
    payload_type: str
    signatures: tuple[Signature, ...]
    withheld: tuple[Place, ...] = ()
    """What was left out, in its order."""
    payload: bytes | None = None
    """The signed bytes, where nothing was left out."""


def to_keep(envelope: Envelope, message: Message) -> bytes:
    """What is kept of a message that was judged, or made: never more than a store takes."""
    if not isinstance(message, Bundle):
        return envelope.to_json()
    if not (message.disclosed or message.rows) and len(envelope.payload) <= MAX_AS_IT_CAME:
        return envelope.to_json()
    around = {
        "format": FORMAT,
        "payload": None,
        "payloadType": envelope.payload_type,
        "rows": [[one.node, one.index] for one in message.rows],
        "signatures": envelope.to_value()["signatures"],
        "withheld": [[one.node, one.index, one.field] for one in message.disclosed],
    }
    before, _, after = canonical(around).partition(b":null,")
    left = message.model_copy(update=dict.fromkeys(_LEFT_OUT, ()))
    return b"".join((before, b":", left.payload(), b",", after))


def read_kept(data: bytes, *, max_bytes: int) -> Kept:
    """Read what ``to_keep`` wrote. Raises as ``Envelope.from_json``, or what JSON raises."""
    if not data.startswith(_START):
        envelope = Envelope.from_json(data, max_bytes=max_bytes)
        value = orjson.loads(envelope.payload)
        return Kept(value, envelope.payload_type, envelope.signatures, payload=envelope.payload)
    document = orjson.loads(data)
    signatures = tuple(
        Signature(one["keyid"], base64text.decode(one["sig"], what="sig"))
        for one in document["signatures"]
    )
    places = [Place(node, index, field) for node, index, field in document["withheld"]]
    places += [Place(node, index, None) for node, index in document["rows"]]
    return Kept(document["payload"], document["payloadType"], signatures, tuple(places))


def whole(kept: Kept, opened: Mapping[Place, Opened]) -> Envelope:
    """The envelope as it was signed. ``opened`` has what was left out; raises ``KeyError``."""
    if kept.payload is not None:
        return Envelope(kept.payload, kept.payload_type, kept.signatures)
    value = dict(kept.value)
    disclosed, rows = [], []
    for place in kept.withheld:
        found = opened[place]
        salt = base64text.encode(found.salt)
        about: dict[str, object] = {"node": place.node, "index": place.leaf, "salt": salt}
        if place.field is None:
            rows.append(about | {"cells": found.value})
        else:
            disclosed.append(about | {"field": place.field, "value": found.value})
    value |= {"disclosed": disclosed, "rows": rows}
    payload = canonical(value, max_depth=MESSAGE_DEPTH)
    return Envelope(payload, kept.payload_type, kept.signatures)


def is_whole(envelope: Envelope, digest: str) -> bool:
    """Whether it is the message of that digest, to the byte."""
    return sha256(envelope.payload).hexdigest() == digest
