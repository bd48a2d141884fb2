"""Ed25519 keys (RFC 8032) by libsodium, and which public keys the ledger admits.

A key id is the hex SHA-256 of the raw public key; DSSE envelopes carry it as ``keyid``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from ledger.errors import UnusableInput
from ledger.signing import base64text

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


class PublicKeyRefused(UnusableInput):
    code = "public_key_refused"
    en = (
        "this is not an Ed25519 public key that every verifier reads alike "
        "(non-canonical, small-order or outside the main group); make a new key"
    )
    zh_cn = (
        "该 Ed25519 公钥不能被所有验证程序一致接受（非规范编码、小阶或不在主子群）；请重新生成密钥"
    )
    zh_tw = (
        "該 Ed25519 公鑰不能被所有驗證程式一致接受（非規範編碼、小階或不在主子群）；請重新產生金鑰"
    )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. Its representation and its errors never show the secret."""

    public: bytes
    keyid: str
    _secret: bytes = field(repr=False)
    """libsodium's form: seed (32 bytes) || public key."""

    @property
    def seed(self) -> bytes:
        return self._secret[:SEED_BYTES]

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of ``message``; deterministic (RFC 8032)."""
        return crypto_sign(message, self._secret)[:SIGNATURE_BYTES]


def new_signing_key(seed: bytes) -> SigningKey:
    """The key of a 32-byte seed. ``WrongLength`` for any other size."""
    if len(seed) != SEED_BYTES:
        raise base64text.WrongLength(what="seed", size=len(seed), expected=SEED_BYTES)
    public, secret = crypto_sign_seed_keypair(seed)
    return SigningKey(public, key_id(public), secret)


def key_id(public_key: bytes) -> str:
    """Hex SHA-256 of the raw public key."""
    return sha256(public_key).hexdigest()


def verify_bytes(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``message``, by libsodium's rule.

    Canonical S, canonical and not small-order A and R, no cofactor: the strictest rule
    in use, so nothing passes here that fails elsewhere. Never raises: a wrong size is a
    wrong signature (libsodium would read past a short key).
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


def check_public_key(raw: bytes) -> bytes:
    """``raw`` itself, if it may be admitted to a trust list; to be asked whenever one is.

    Refused (``PublicKeyRefused``): non-canonical encodings, small-order points, and points
    with a small-order part, on which cofactored and cofactorless verifiers disagree. No
    honestly made key is any of these. ``WrongLength`` unless 32 bytes.
    """
    if len(raw) != PUBLIC_KEY_BYTES:
        raise base64text.WrongLength(what="public key", size=len(raw), expected=PUBLIC_KEY_BYTES)
    if not crypto_core_ed25519_is_valid_point(raw):
        raise PublicKeyRefused
    return raw


def parse_public_key(text: str) -> bytes:
    """The admitted raw key of one line of base64 (the text of a ``.pub`` file)."""
    return check_public_key(base64text.decode(text.strip(), what="public key"))
