"""Ids of messages that follow from what they say: the same answer has the same id. Pure."""

from __future__ import annotations

from hashlib import sha256

DOMAIN = b"credit-ledger/message-id/v1"


def message_id(kind: str, digest: str) -> str:
    """In the form of a UUID: the first 16 bytes of SHA-256(domain || kind || 0 || digest)."""
    made = sha256(DOMAIN + kind.encode("ascii") + b"\x00" + digest.encode("ascii")).hexdigest()
    return "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:32]))
