"""DSSE envelopes: what is signed, strict reading, and verifiers that are not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import UnusableInput
from ledger.signing import dsse
from ledger.signing.dsse import Envelope, EnvelopeMalformed, pae
from ledger.signing.keys import new_signing_key

KEY = new_signing_key(bytes(range(32)))
OTHER = new_signing_key(bytes(32))
BODY = '{"name":"厦门","v":1}'.encode()
ENVELOPE = Envelope.signed(KEY, dsse.ENTRY, BODY)
SPKI = bytes.fromhex("302a300506032b6570032100")
"""DER before a raw Ed25519 key (RFC 8410 section 4)."""


def needs(tool: str) -> str:
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    return found


def test_pae_is_that_of_the_protocol() -> None:
    """The example of the protocol's text, and lengths counted in bytes."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("t", "厦".encode()) == "DSSEv1 1 t 3 厦".encode()


def test_a_signature_holds_for_its_key_type_and_body_alone() -> None:
    """Another key, payload type or body makes the same signature worthless."""
    signature = dsse.sign(KEY, dsse.ENTRY, BODY)
    assert dsse.verify(KEY.public, dsse.ENTRY, BODY, signature)
    assert not dsse.verify(OTHER.public, dsse.ENTRY, BODY, signature)
    assert not dsse.verify(KEY.public, dsse.NOTICE, BODY, signature)
    assert not dsse.verify(KEY.public, dsse.ENTRY, BODY + b" ", signature)


def test_an_envelope_survives_its_json() -> None:
    """What is written is read back, and spaces and member order are free."""
    assert Envelope.from_json(ENVELOPE.to_json()) == ENVELOPE
    value = json.loads(ENVELOPE.to_json())
    loose = json.dumps(dict(reversed(value.items())), indent=2).encode()
    assert Envelope.from_json(loose) == ENVELOPE
    assert ENVELOPE.verified_by(KEY.public, dsse.ENTRY)


def test_an_envelope_is_believed_only_as_the_expected_type_and_key() -> None:
    """The type is the reader's, the key the trust list's; keyid alone convinces nobody."""
    assert not ENVELOPE.verified_by(KEY.public, dsse.BUNDLE)
    assert not ENVELOPE.verified_by(OTHER.public, dsse.ENTRY)
    (signature,) = ENVELOPE.signatures
    renamed = Envelope(BODY, dsse.ENTRY, (dsse.Signature(OTHER.keyid, signature.sig),))
    assert not renamed.verified_by(OTHER.public, dsse.ENTRY)
    relabelled = Envelope(BODY, dsse.NOTICE, ENVELOPE.signatures)
    assert not relabelled.verified_by(KEY.public, dsse.ENTRY)
    two = Envelope(BODY, dsse.ENTRY, (dsse.Signature(OTHER.keyid, bytes(64)), *ENVELOPE.signatures))
    assert two.verified_by(KEY.public, dsse.ENTRY)


def test_every_change_of_a_byte_is_noticed() -> None:
    """No single byte of an envelope can be changed without it being refused or unverified."""
    text = ENVELOPE.to_json()
    for at in range(len(text)):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        try:
            assert not Envelope.from_json(changed).verified_by(KEY.public, dsse.ENTRY), at
        except UnusableInput:
            continue


def altered(**changes: Any) -> bytes:
    value = json.loads(ENVELOPE.to_json()) | changes
    return json.dumps({name: item for name, item in value.items() if item is not None}).encode()


SIGNATURE = json.loads(ENVELOPE.to_json())["signatures"][0]


@pytest.mark.parametrize(
    "text",
    [
        altered(extra=1),
        altered(payload=None),
        altered(payload="AB=="),
        altered(payload="_-8="),
        altered(payload=7),
        altered(payloadType="application/json"),
        altered(signatures=[]),
        altered(signatures=[SIGNATURE] * 17),
        altered(signatures={}),
        altered(signatures=[SIGNATURE | {"cert": "x"}]),
        altered(signatures=[{"sig": SIGNATURE["sig"]}]),
        altered(signatures=[SIGNATURE | {"keyid": SIGNATURE["keyid"].upper()}]),
        altered(signatures=[SIGNATURE | {"keyid": ""}]),
        altered(signatures=[SIGNATURE | {"sig": "AA=="}]),
        b"[]",
        ENVELOPE.to_json()[:-1] + b',"payload":"AA=="}',
    ],
)
def test_an_envelope_that_we_would_not_write_is_refused(text: bytes) -> None:
    """Unknown, missing, repeated or misspelled members are typed errors."""
    with pytest.raises(UnusableInput):
        Envelope.from_json(text)


def test_a_long_envelope_is_refused_unread() -> None:
    """The caller's limit of bytes is kept."""
    with pytest.raises(UnusableInput):
        Envelope.from_json(ENVELOPE.to_json(), max_bytes=100)
    with pytest.raises(EnvelopeMalformed):
        Envelope.from_json(b"{}")


@pytest.mark.tools
@pytest.mark.parametrize("genuine", [True, False])
def test_openssl_verifies_an_envelope(tmp_path: Path, genuine: bool) -> None:
    """OpenSSL alone verifies the PAE of an envelope, and refuses a changed one."""
    openssl = needs("openssl")
    (tmp_path / "key.der").write_bytes(SPKI + KEY.public)
    body = ENVELOPE.payload if genuine else ENVELOPE.payload + b" "
    (tmp_path / "message").write_bytes(pae(ENVELOPE.payload_type, body))
    (tmp_path / "signature").write_bytes(ENVELOPE.signatures[0].sig)
    done = subprocess.run(
        [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin",
         "-in", "message", "-sigfile", "signature"],
        cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == genuine, done.stderr


NODE = """
const { createPublicKey, verify } = require("node:crypto");
const [spki, text] = process.argv.slice(1);
const envelope = JSON.parse(text);
const body = Buffer.from(envelope.payload, "base64");
const type = Buffer.from(envelope.payloadType);
const head = `DSSEv1 ${type.length} ${type} ${body.length} `;
const key = createPublicKey({ key: Buffer.from(spki, "hex"), format: "der", type: "spki" });
const signature = Buffer.from(envelope.signatures[0].sig, "base64");
process.exit(verify(null, Buffer.concat([Buffer.from(head), body]), key, signature) ? 0 : 1);
"""


@pytest.mark.tools
@pytest.mark.parametrize("genuine", [True, False])
def test_node_verifies_an_envelope(genuine: bool) -> None:
    """Node's own crypto verifies an envelope from its JSON, and refuses a changed one."""
    node = needs("node")
    envelope = ENVELOPE if genuine else Envelope(BODY + b" ", dsse.ENTRY, ENVELOPE.signatures)
    done = subprocess.run(
        [node, "-e", NODE, "--", (SPKI + KEY.public).hex(), envelope.to_json().decode()],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == (0 if genuine else 1), done.stderr
