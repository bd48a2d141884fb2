"""Receipts and refusals: made of what the log says, so that each is the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from ledger.events.exchange import ReceiptVerdict
from ledger.exchange.common import read_peer
from ledger.exchange.contents import contents
from ledger.exchange.forms import (
    FORMS,
    About,
    Bundle,
    Header,
    Message,
    Receipt,
    ReceiptLine,
    RefusalMessage,
)
from ledger.exchange.ids import message_id
from ledger.exchange.kept import kept_message
from ledger.exchange.pen import Outgoing, Pen
from ledger.node import Node


def receipt(
    node: Node,
    peer: str,
    digest: str,
    first: str | None = None,
    message: Message | None = None,
    *,
    verdicts: Mapping[str, str] | None = None,
) -> Outgoing:
    """The receipt of a message; ``first`` is the message that said the same and was taken in.

    ``verdicts``: of a bundle, each record's, where they were just decided.
    """
    known = read_peer(node, peer).received[first or digest]
    kind = known.facts.message_kind
    form = next(each for each in FORMS.values() if each.kind == kind)
    told: Header = message or kept_message(node.store, digest, form)
    assert known.recorded_at is not None
    pen = Pen(node, node.trust_list(known.index), known.recorded_at)
    return pen.seal(
        Receipt.model_validate(
            {
                **pen.header(message_id("receipt", digest), peer),
                "about": About(kind=kind, digest=digest, contents=contents(told)),  # type: ignore[arg-type]
                "received_at": known.recorded_at,
                "records": _lines(node, digest, told, verdicts) if isinstance(told, Bundle) else (),
            }
        )
    )


def _lines(
    node: Node, digest: str, bundle: Bundle, verdicts: Mapping[str, str] | None
) -> tuple[ReceiptLine, ...]:
    found: Mapping[str, str] = verdicts or {
        one.record: _verdict(node, digest, one.record) for one in bundle.records
    }
    return tuple(
        ReceiptLine.model_validate({"record": one.record, "verdict": found[one.record]})
        for one in bundle.records
    )


def _verdict(node: Node, digest: str, record: str) -> ReceiptVerdict:
    """Whether the record came with this bundle, or was here already."""
    holder = node.holder(record)
    if holder is None:
        return "refused"
    received = node.subject(holder).record(record).received
    is_by_this = received is not None and received.facts.bundle == digest
    return "accepted" if is_by_this else "held_already"


def refusal(
    node: Node,
    recipient: str | None,
    about: About,
    *,
    verdict: Literal["quarantined", "refused"],
    reason: str,
    entered: tuple[int, datetime],
) -> Outgoing:
    """``entered``: leaf index and instant of the entry that says so."""
    index, at = entered
    pen = Pen(node, node.trust_list(index), at)
    return pen.seal(
        RefusalMessage.model_validate(
            {
                **pen.header(message_id("refusal", f"{about.digest}/{reason}"), recipient),
                "about": about,
                "verdict": verdict,
                "reason": reason,
                "refused_at": at,
            }
        )
    )
