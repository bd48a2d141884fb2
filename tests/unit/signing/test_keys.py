"""Ed25519 keys: what is admitted, what is accepted, and that every verifier agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.signing.base64text import NotBase64, WrongLength, decode, encode
from ledger.signing.keys import (
    PublicKeyRefused,
    check_public_key,
    new_signing_key,
    parse_public_key,
    verify_bytes,
)

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "ed25519"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493

# RFC 8032 section 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)

# Points of order 1, 2, 4 and 8 in all their encodings, canonical and not.
ORDER_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
SMALL = [
    "01" + "00" * 31,
    "00" * 32,
    "ec" + "ff" * 30 + "7f",
    ORDER_8,
    "00" * 31 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
NOT_CANONICAL = [(P + y).to_bytes(32, "little").hex() for y in (0, 1, 3, 4, 5, 6, 9, 10, 14, 18)]


def vectors(name: str) -> Any:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip("the published Ed25519 vectors are not here")
    return json.loads(path.read_text("utf-8"))


def test_a_key_signs_as_rfc_8032_says() -> None:
    """Seed, public key and signature are those of the RFC's own example."""
    key = new_signing_key(SEED)
    assert (key.public, key.sign(b"\x72"), key.seed) == (PUBLIC, SIGNATURE, SEED)
    assert verify_bytes(PUBLIC, b"\x72", SIGNATURE)
    assert not verify_bytes(PUBLIC, b"\x73", SIGNATURE)


def test_a_key_never_shows_its_secret() -> None:
    """Neither repr nor str nor a formatted traceback's locals show the seed."""
    text = repr(new_signing_key(SEED)) + str(new_signing_key(SEED))
    assert repr(SEED)[2:10] not in text
    assert SEED.hex()[:8] not in text


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_sizes_are_checked_before_libsodium_reads(size: int) -> None:
    """A key or signature of a wrong size is refused, never read past its end."""
    with pytest.raises(WrongLength):
        new_signing_key(bytes(size))
    with pytest.raises(WrongLength):
        check_public_key(bytes(size))
    assert not verify_bytes(bytes(size), b"", SIGNATURE)
    assert not verify_bytes(PUBLIC, b"\x72", SIGNATURE[:-1])
    assert not verify_bytes(PUBLIC, b"", SIGNATURE + b"\x72")


@pytest.mark.parametrize("raw", [*SMALL, *NOT_CANONICAL])
def test_keys_on_which_verifiers_disagree_are_not_admitted(raw: str) -> None:
    """Small-order and non-canonical public keys are refused when a key is admitted."""
    with pytest.raises(PublicKeyRefused):
        check_public_key(bytes.fromhex(raw))


def test_a_key_with_a_small_order_part_is_not_admitted() -> None:
    """An honest key plus a point of order 8 is refused as well."""
    from nacl.bindings import crypto_core_ed25519_add

    mixed = crypto_core_ed25519_add(PUBLIC, bytes.fromhex(ORDER_8))
    with pytest.raises(PublicKeyRefused):
        check_public_key(mixed)


def test_a_second_signature_cannot_be_made_of_the_first() -> None:
    """S + L, which satisfies the same equation, is refused."""
    s = int.from_bytes(SIGNATURE[32:], "little") + L
    assert not verify_bytes(PUBLIC, b"\x72", SIGNATURE[:32] + s.to_bytes(32, "little"))


def test_the_text_of_a_pub_file_is_read() -> None:
    """Base64 with its line end is read, any other spelling is refused."""
    assert parse_public_key(encode(PUBLIC) + "\n") == PUBLIC
    for text in ("", "AA", PUBLIC.hex(), encode(PUBLIC)[:-1], encode(PUBLIC) + "="):
        with pytest.raises((NotBase64, WrongLength)):
            parse_public_key(text)


@pytest.mark.parametrize("text", ["AB==", "AA=", "AA", "A A=", "AA==\n", "AA==AA==", "-_8=", None])
def test_base64_has_one_spelling(text: object) -> None:
    """Stray bits, missing padding, spaces and the URL alphabet are refused."""
    with pytest.raises(NotBase64):
        decode(text, what="x")
    assert decode("AA==", what="x") == b"\x00"


def test_the_adversarial_signatures_are_judged_as_by_libsodium() -> None:
    """Of the 914 signatures on which verifiers disagree, exactly 43 are accepted, and only
    one of those stands under a key that would be admitted."""
    cases = vectors("cctv_ed25519vectors.json")
    accepted = [
        case
        for case in cases
        if verify_bytes(
            bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"])
        )
    ]
    assert (len(cases), len(accepted)) == (914, 43)
    admitted = 0
    for case in accepted:
        try:
            check_public_key(bytes.fromhex(case["key"]))
        except PublicKeyRefused:
            continue
        admitted += 1
    assert admitted == 1


def test_wycheproof_signatures_are_judged_as_published() -> None:
    """All 151 published cases get the published verdict."""
    judged = 0
    for group in vectors("wycheproof_ed25519_test.json")["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            verdict = verify_bytes(public, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert verdict == (case["result"] == "valid"), case["comment"]
            judged += 1
    assert judged == 151


def test_disputed_keys_of_the_published_cases_are_refused() -> None:
    """Every key of the speccheck cases is either refused or honest, and no signature that
    verifiers judge differently passes under an admitted key."""
    for case in vectors("speccheck_cases.json"):
        public = bytes.fromhex(case["pub_key"])
        accepted = verify_bytes(
            public, bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
        )
        if accepted:
            with pytest.raises(PublicKeyRefused):
                check_public_key(public)
