"""HTTP signatures: RFC 9421's own Ed25519 example, openssl's word, and what is not read."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from pathlib import Path
from shutil import which

import pytest

from ledger.signing.http_signature import (
    HttpSignatureMalformed,
    content_digest,
    in_bytes,
    read,
    sign,
    signature_base,
)
from ledger.signing.keys import new_signing_key

# RFC 9421, B.1.4 and B.2.6: the last 32 bytes of the DER keys.
RFC_KEY = new_signing_key(b64decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="))
RFC_PUBLIC = b64decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
RFC_VALUES = {
    '"date"': "Tue, 20 Apr 2021 02:07:55 GMT",
    '"@method"': "POST",
    '"@path"': "/foo",
    '"@authority"': "example.com",
    '"content-type"': "application/json",
    '"content-length"': "18",
}
RFC_PARAMS = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_SIGNATURE = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)

KEY = new_signing_key(b"k" * 32)
VALUES = {'"@method"': "POST", '"content-digest"': "x", '"signature";req;key="sig"': ":YQ==:"}


def made(**changes: str) -> dict[str, str]:
    fields = sign(KEY, VALUES, created=1_700_000_000, nonce="n-1", tag="t")
    return fields | changes


def refused(fields: dict[str, str], values: dict[str, str] | None = None) -> str:
    with pytest.raises(HttpSignatureMalformed) as caught:
        read(fields["signature-input"], fields["signature"], VALUES if values is None else values)
    return str(caught.value)


def test_the_example_of_the_rfc() -> None:
    """The signature base of B.2.6, signed with its key, gives its very signature."""
    base = signature_base(RFC_VALUES, list(RFC_VALUES), RFC_PARAMS)
    assert RFC_KEY.public == RFC_PUBLIC
    assert RFC_KEY.sign(base) == b64decode(RFC_SIGNATURE)


def test_the_digest_of_the_rfc() -> None:
    """RFC 9530, appendix B: SHA-256 of {"hello": "world"}."""
    expected = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    assert content_digest(b'{"hello": "world"}') == expected


def test_what_was_signed_is_read() -> None:
    """All parameters come back, and the signature holds under that key alone."""
    fields = made()
    signed = read(fields["signature-input"], fields["signature"], VALUES)
    told = (signed.created, signed.keyid, signed.nonce, signed.tag)
    assert told == (1_700_000_000, KEY.keyid, "n-1", "t")
    assert signed.holds(KEY.public)
    assert not signed.holds(RFC_PUBLIC)


def test_another_implementation_may_order_as_it_likes() -> None:
    """Components and parameters in another order, and no alg: the base follows the message."""
    params = (
        '("signature";req;key="sig" "@method" "content-digest")'
        f';keyid="{KEY.keyid}";tag="t";nonce="n";created=5'
    )
    order = ['"signature";req;key="sig"', '"@method"', '"content-digest"']
    signature = KEY.sign(signature_base(VALUES, order, params))
    signed = read(f"sig={params}", f"sig={in_bytes(signature)}", VALUES)
    assert signed.holds(KEY.public)


@pytest.mark.parametrize("name", list(VALUES))
def test_every_value_is_covered(name: str) -> None:
    """Another value of any component, and the signature does not hold."""
    fields = made()
    other = VALUES | {name: "other"}
    assert not read(fields["signature-input"], fields["signature"], other).holds(KEY.public)


def test_no_less_and_no_more_is_covered() -> None:
    """A signature over fewer or more components than expected is no signature of this message."""
    fields = made()
    assert "exactly" in refused(fields, VALUES | {'"date"': "x"})
    assert "exactly" in refused(fields, {'"@method"': "POST"})
    twice = fields["signature-input"].replace('"@method"', '"@method" "@method"')
    assert "exactly" in refused(fields | {"signature-input": twice})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sig=(", "other=("),
        (";alg=", ";alg2="),
        ('alg="ed25519"', 'alg="hmac-sha256"'),
        ("created=1700000000", 'created="1700000000"'),
        ("created=1700000000", "created=1700000000.5"),
        ("created=1700000000", "created"),
        (";created=1700000000", ""),
        (';nonce="n-1"', ""),
        (';nonce="n-1"', ";nonce=n"),
        (';tag="t"', ""),
        (';tag="t"', ';tag="t";expires=1800000000'),
        (';tag="t"', ';tag="s";tag="t"'),
        (' "content-digest"', '  "content-digest"'),
        (' "content-digest"', " content-digest"),
        ('"@method"', '"@METHOD"'),
        ("sig=(", "sig= ("),
    ],
)
def test_signature_inputs_that_are_not_read(old: str, new: str) -> None:
    """Another label, algorithm, parameter, kind or spelling is refused before any key is asked."""
    told = made()["signature-input"]
    assert old in told
    refused(made(**{"signature-input": told.replace(old, new, 1)}))


def test_a_second_signature_is_not_chosen_from() -> None:
    """One message, one signature: of several, none is taken."""
    fields = made()
    twice = {name: f"{value}, b{value.removeprefix('sig')}" for name, value in fields.items()}
    refused(twice)
    again = {name: f"{value}, {value}" for name, value in fields.items()}
    refused(again)


@pytest.mark.parametrize(
    "signature",
    ["", "sig", "sig=1", 'sig="abc"', "sig=::", "sig=:YQ==:", "sig=(:YQ==:)", "sig=:YQ:", "ß"],
)
def test_signatures_that_are_none(signature: str) -> None:
    """What is no byte sequence of 64 bytes in canonical spelling is refused."""
    refused(made(signature=signature))


def test_an_unpadded_or_parametrised_signature_is_refused() -> None:
    """The library reads them; they are not the one spelling."""
    told = made()["signature"]
    refused(made(signature=told.replace("==:", ":")))
    refused(made(signature=f"{told};a=1"))


def test_long_fields_are_not_parsed() -> None:
    """A field that no signature needs is refused by its length alone."""
    refused(made(**{"signature-input": made()["signature-input"] + ";a" * 2000}))


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "é", "\x00", "a\x7f"])
def test_a_value_cannot_pass_for_another_line(value: str) -> None:
    """Line breaks and all that is not printable ASCII stay out of the base."""
    with pytest.raises(HttpSignatureMalformed):
        sign(KEY, {'"@query"': value}, created=1, nonce="n", tag="t")


@pytest.mark.tools
@pytest.mark.skipif(which("openssl") is None, reason="openssl is not installed")
def test_openssl_agrees(tmp_path: Path) -> None:
    """What is signed here, openssl verifies with the base and the raw key alone."""
    fields = made()
    signed = read(fields["signature-input"], fields["signature"], VALUES)
    prefix = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of Ed25519
    (tmp_path / "key").write_bytes(prefix + KEY.public)
    (tmp_path / "base").write_bytes(signed.base)
    (tmp_path / "signature").write_bytes(signed.signature)

    def verified() -> int:
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key",
             "-rawin", "-in", "base", "-sigfile", "signature"],
            cwd=tmp_path, capture_output=True, check=False,
        ).returncode  # fmt: skip

    assert verified() == 0
    (tmp_path / "base").write_bytes(signed.base.replace(b"POST", b"GET"))
    assert verified() != 0
