"""Verifying very many Ed25519 signatures: the same verdict as ``keys.verify_bytes``.

PyNaCl's ``crypto_sign_open`` copies the message twice and makes two buffers for each call:
4 % of the time of a verification. libsodium itself needs none of that where only the
verdict is asked for. Where PyNaCl's inner module is not what it was when this was written,
its public function serves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger.signing.keys import PUBLIC_KEY_BYTES

Opens = Callable[[bytes, bytes], bool]
"""(signature || message, public key) to whether the signature is the key's. The key has 32
bytes, the first at least 64: that is for the caller to see to."""


def opener() -> Opens:
    """The fastest way there is; libsodium's rule in every case."""
    try:
        return _bare()
    except (ImportError, AttributeError):
        return _public


def _bare() -> Opens:
    from nacl import _sodium  # noqa: PLC0415 - may not be there

    inner = cast("Any", _sodium)
    verify, nothing = inner.lib.crypto_sign_open, inner.ffi.NULL

    def opens(signed: bytes, public_key: bytes) -> bool:
        return bool(verify(nothing, nothing, signed, len(signed), public_key) == 0)

    return opens


def _public(signed: bytes, public_key: bytes) -> bool:
    assert len(public_key) == PUBLIC_KEY_BYTES
    try:
        crypto_sign_open(signed, public_key)
    except BadSignatureError:
        return False
    return True
