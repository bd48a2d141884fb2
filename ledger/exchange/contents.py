"""What an answer says, whatever evidence came along with it: how a node knows what it need
not say again. Pure.

The digest is over what the answer states and which entries it shows; its id, when it was
issued, by which trust list, and how far the log had come by then are left out.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ledger.exchange.forms import (
    Acknowledgement,
    EnforcementStatusMessage,
    LogSection,
    Message,
)
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import ENFORCEMENT_STATUS, Envelope


def contents(message: Message) -> tuple[str, ...]:
    """Digests of what an acknowledgement (its own first, then its statuses') or a status says.

    None of any other message.
    """
    if isinstance(message, EnforcementStatusMessage):
        return (of_status(message),)
    if isinstance(message, Acknowledgement):
        statuses = (status_in(value) for value in message.statuses)
        return (of_acknowledgement(message), *map(of_status, statuses))
    return ()


def of_acknowledgement(message: Acknowledgement) -> str:
    """Without its statuses: each of them counts by itself."""
    return _digest(
        {
            "kind": message.kind,
            "sender": message.sender,
            "recipient": message.recipient,
            "notice": message.notice,
            "record": message.record,
            "verdict": message.verdict,
            "onward": [[one.node, one.state] for one in message.onward],
            "downstream": sorted(_payload_digest(one) for one in message.downstream),
            "shown": _shown(message.logs),
        }
    )


def of_status(message: EnforcementStatusMessage) -> str:
    return _digest(
        {
            "kind": message.kind,
            "sender": message.sender,
            "recipient": message.recipient,
            "record": message.record,
            "sanction": message.sanction,
            "enforcer": message.enforcer,
            "state": message.state,
            "reported_on": None if message.reported_on is None else str(message.reported_on),
            "downstream": sorted(_payload_digest(one) for one in message.downstream),
            "shown": _shown(message.logs),
        }
    )


def status_in(value: dict[str, Any]) -> EnforcementStatusMessage:
    """The status of an envelope that stands in another message; its signature is not looked at.

    Raises ``EnvelopeMalformed`` or ``MessageMalformed``.
    """
    envelope = Envelope.from_value(value)
    assert envelope.payload_type == ENFORCEMENT_STATUS, "an acknowledgement holds statuses"
    return EnforcementStatusMessage.from_payload(envelope.payload)


def _shown(logs: tuple[LogSection, ...]) -> list[list[object]]:
    return [[one.node, [entry.index for entry in one.entries]] for one in logs]


def _payload_digest(value: dict[str, Any]) -> str:
    return sha256(base64text.decode(value["payload"], what="payload")).hexdigest()


def _digest(value: dict[str, object]) -> str:
    return sha256(canonical(value)).hexdigest()
