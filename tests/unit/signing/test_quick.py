"""Both quick ways to verify give the verdict of ``verify_bytes``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.signing import quick
from ledger.signing.keys import new_signing_key, verify_bytes
from ledger.signing.quick import Opens, opener

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "ed25519"
KEY = new_signing_key(bytes(range(32)))
WAYS = [opener(), quick._public]


def test_the_inner_way_is_there() -> None:
    """Else audits would be slower, and nobody would notice."""
    assert opener() is not quick._public


@pytest.mark.parametrize("opens", WAYS)
def test_a_signature_holds_on_its_message_alone(opens: Opens) -> None:
    """Neither a bit of the signature nor one of the message may change, nor the key."""
    signed = KEY.sign(b"message") + b"message"
    assert opens(signed, KEY.public)
    for at in range(len(signed)):
        changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert not opens(changed, KEY.public)
    assert not opens(signed, new_signing_key(bytes(32)).public)


@pytest.mark.parametrize("opens", WAYS)
def test_the_adversarial_signatures_are_judged_alike(opens: Opens) -> None:
    """On the signatures on which verifiers disagree there is one verdict here."""
    path = VECTORS / "cctv_ed25519vectors.json"
    if not path.exists():
        pytest.skip("the published Ed25519 vectors are not here")
    accepted = 0
    for case in json.loads(path.read_text()):
        key, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        message = case["msg"].encode()
        verdict = opens(signature + message, key)
        assert verdict == verify_bytes(key, message, signature)
        accepted += verdict
    assert accepted == 43
