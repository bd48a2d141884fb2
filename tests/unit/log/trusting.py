"""Keys, a trust file and a small log for the tests of what a reader believes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import HashRows, inclusion_proof, leaf_hash, root
from ledger.log.proof_file import ProofFile
from ledger.log.trust import Trust
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing import base64text
from ledger.signing.canonical import canonical
from ledger.signing.dsse import ENTRY, Envelope, Signature, sign
from ledger.signing.keys import SigningKey, new_signing_key

NODE = "xiamen"
ORIGIN = "credit-ledger.example/xiamen"
FOUNDED = datetime(2026, 3, 1, tzinfo=UTC)
ISSUED = datetime(2026, 9, 1, tzinfo=UTC)
LEAKED = datetime(2026, 6, 1, tzinfo=UTC)


def key(name: str) -> SigningKey:
    return new_signing_key(name.encode().ljust(32, b"."))


NODE_KEY, OTHER_KEY, SUPPLIER = key("node"), key("other"), key("supplier")
WITNESSES = {name: key(name) for name in ("w1", "w2", "w3")}


def witness_vkey(name: str) -> VerifierKey:
    return VerifierKey.from_raw(
        f"{name}.example/witness", WITNESSES[name].public, SignatureType.COSIGNATURE
    )


def policy(quorum: str = "none", *, names: tuple[str, ...] = ("w1", "w2", "w3")) -> str:
    """A policy that knows these witnesses; ``quorum`` is a name, ``none``, or ``2`` of them."""
    lines = [f"witness {name} {witness_vkey(name).vkey}\n" for name in names]
    if quorum.isdigit():
        lines.append(f"group enough {quorum} {' '.join(names)}\n")
        quorum = "enough"
    return "".join([*lines, f"quorum {quorum}\n"])


def instant(value: datetime | None) -> str | None:
    return None if value is None else f"{value:%Y-%m-%dT%H:%M:%S.%f}Z"


def key_value(signing: SigningKey = NODE_KEY, **changes: Any) -> dict[str, Any]:
    return {
        "node": NODE,
        "keyid": signing.keyid,
        "public_key": base64text.encode(signing.public),
        "algorithm": "ed25519",
        "purposes": ["entries", "submissions", "checkpoints"],
        "from": instant(FOUNDED),
        "until": None,
        "status": "ACTIVE",
        "since": None,
    } | changes


def retired(until: datetime = ISSUED - timedelta(days=30)) -> dict[str, Any]:
    return {"status": "RETIRED", "until": instant(until)}


def compromised(since: datetime = LEAKED, until: datetime | None = None) -> dict[str, Any]:
    return {"status": "COMPROMISED_SINCE", "since": instant(since), "until": instant(until)}


def trust_value(*keys: dict[str, Any], policy: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "format": "credit-ledger-trust/v1",
        "version": 1,
        "issued_at": instant(ISSUED),
        "nodes": [{"node": NODE, "origin": ORIGIN, "jurisdiction": "350200"}],
        "keys": list(keys) or [key_value()],
        "organisations": [
            {
                "organisation": "91350200M0000001X0",
                "name": "某局",
                "keys": [
                    {
                        "keyid": SUPPLIER.keyid,
                        "public_key": base64text.encode(SUPPLIER.public),
                        "from": "2026-03-02",
                        "until": None,
                    }
                ],
            }
        ],
        "policy": policy,
    } | changes


def trust(*keys: dict[str, Any], policy: str | None = None, **changes: Any) -> Trust:
    value = trust_value(*keys, policy=policy, **changes)
    return Trust.parse(json.dumps(value).encode())


# -- a small log -------------------------------------------------------------------

HEADER: dict[str, Any] = {
    "actor": {"operator": "founder", "organisation": NODE},
    "facts": {},
    "node": NODE,
    "prev": None,
    "recorded_at": instant(FOUNDED + timedelta(days=1)),
    "schema": 1,
    "sealed": None,
    "seq": 1,
    "stream": {"id": "018f0000-0000-8000-8000-000000000000", "kind": "node"},
    "submission": None,
    "type": "Whatever",
    "v": 1,
}


def payload(number: int = 0, **changes: Any) -> bytes:
    return canonical(HEADER | {"seq": number + 1} | changes)


def envelope(body: bytes, *keys: SigningKey) -> Envelope:
    signatures = [Signature(one.keyid, sign(one, ENTRY, body)) for one in keys or (NODE_KEY,)]
    return Envelope(body, ENTRY, tuple(signatures))


def posix(value: datetime) -> int:
    return int(value.timestamp())


class SmallTree:
    """A log of these payloads, its checkpoint and its proofs."""

    def __init__(self, *payloads: bytes, origin: str = ORIGIN) -> None:
        self.payloads = payloads or tuple(map(payload, range(11)))
        self.rows = HashRows([leaf_hash(one) for one in self.payloads])
        self.size = len(self.payloads)
        self.body = Checkpoint(origin, self.size, root(self.size, self.rows))

    def signed(
        self, *keys: SigningKey, seen: dict[str, datetime] | None = None
    ) -> SignedCheckpoint:
        """Under these keys (the node's), cosigned by these witnesses at these instants."""
        lines = [self.body.sign(one) for one in keys or (NODE_KEY,)]
        for name, at in (seen or {}).items():
            key, vkey = WITNESSES[name], witness_vkey(name)
            lines.append(self.body.cosign(vkey.name, key, posix(at)))
        return SignedCheckpoint(self.body, tuple(lines))

    def proof(self, index: int, signed: SignedCheckpoint | None = None) -> ProofFile:
        hashes = tuple(inclusion_proof(index, self.size, self.rows))
        return ProofFile(index, hashes, signed or self.signed())
