"""The keys of a log as notes name them, from what its own entries introduced."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.organisations.node_keys import NodeKey


def checkpoint_keys(keys: Iterable[NodeKey], origin: str) -> tuple[VerifierKey, ...]:
    """Whatever signed this log's checkpoints at any time, retired keys too."""
    raws = (key.public_key for key in keys if "checkpoints" in key.purposes)
    return tuple(VerifierKey.from_raw(origin, raw) for raw in raws)


def witness_keys(keys: Iterable[NodeKey], origin: str) -> tuple[VerifierKey, ...]:
    """Under which the node of this log cosigned the checkpoints of others."""
    raws = (key.public_key for key in keys if "witness" in key.purposes)
    name = f"{origin}/witness"
    return tuple(VerifierKey.from_raw(name, raw, SignatureType.COSIGNATURE) for raw in raws)
