"""Base64 in its one spelling: standard alphabet, padded, no spaces (RFC 4648 section 4).

A reader that also took other spellings would give one signature many texts.
"""

from __future__ import annotations

import binascii

from ledger.errors import UnusableInput


class NotBase64(UnusableInput):
    code = "not_base64"
    en = "{what} is not base64 in its canonical form (RFC 4648, padded); copy it unchanged"
    zh_cn = "{what} 不是规范的 base64（RFC 4648，含填充）；请原样复制"
    zh_tw = "{what} 不是規範的 base64（RFC 4648，含填充）；請原樣複製"


class WrongLength(UnusableInput):
    code = "wrong_length"
    en = "{what} is {size} bytes long, it must be {expected}"
    zh_cn = "{what} 长度为 {size} 字节，应为 {expected} 字节"
    zh_tw = "{what} 長度為 {size} 位元組，應為 {expected} 位元組"


def encode(data: bytes) -> str:
    return encode_bytes(data).decode("ascii")


def encode_bytes(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def decode(text: object, *, what: str, size: int | None = None) -> bytes:
    """The bytes of ``text``; ``what`` names it in an error. Raises NotBase64, WrongLength."""
    if type(text) is not str:
        raise NotBase64(what=what)
    try:
        data = decode_bytes(text)
    except ValueError:
        raise NotBase64(what=what) from None
    if size is not None and len(data) != size:
        raise WrongLength(what=what, size=len(data), expected=size)
    return data


def decode_bytes(text: str | bytes | memoryview) -> bytes:
    """The bytes of ``text``, without a word on what is wrong with it. Raises ``ValueError``."""
    data = binascii.a2b_base64(text, strict_mode=True)
    # The strict mode lets the unused bits of the last character differ, and an equals sign follow
    # where none belongs; nothing else.
    left = len(data) % 3
    if len(text) != (len(data) + 2) // 3 * 4:
        raise ValueError("it is padded where it should not be")
    if left and binascii.b2a_base64(data[-left:], newline=False) != _bytes(text[-4:]):
        raise ValueError("the last character has other bits than those that count")
    return data


def _bytes(text: str | bytes | memoryview) -> bytes:
    return text.encode("ascii") if isinstance(text, str) else bytes(text)
