"""A bundle that was sent, to the byte, from what is kept of it and the sealed values here."""

from __future__ import annotations

import orjson

from ledger.entry import StoredEntry
from ledger.exchange.keeping import Kept, Place, is_whole, whole
from ledger.exchange.kept import kept
from ledger.node import Node
from ledger.signing.base64text import decode
from ledger.signing.dsse import Envelope
from ledger.signing.sealing import Opened
from ledger.signing.submission import SUBMITTED_ROW


def sent_again(node: Node, digest: str) -> Envelope | None:
    """None where a value that the bundle disclosed cannot be opened any more.

    Raises ``MessageLost``.
    """
    found = kept(node.store, digest)
    opened: dict[Place, Opened] = {}
    for place in found.withheld:
        row = _row_of(node, found, place)
        name = place.field or SUBMITTED_ROW
        detail = None if row is None else node.details(row, [name]).get(name)
        if not isinstance(detail, Opened):
            return None
        opened[place] = detail
    envelope = whole(found, opened)
    return envelope if is_whole(envelope, digest) else None


def _row_of(node: Node, found: Kept, place: Place) -> StoredEntry | None:
    """The entry of this node that holds the value: its own, or by which the record came."""
    if place.node == node.name:
        return next(node.store.scan(place.leaf, place.leaf + 1), None)
    for section in found.value["logs"]:
        for entry in section["entries"] if section["node"] == place.node else ():
            if entry["index"] == place.leaf:
                facts = orjson.loads(decode(entry["payload"], what="payload"))["facts"]
                return _received(node, str(facts.get("record")))
    return None


def _received(node: Node, record: str) -> StoredEntry | None:
    holder = node.holder(record)
    if holder is None:
        return None
    index = node.subject(holder).record(record).collected.index
    return next(node.store.scan(index, index + 1), None)
