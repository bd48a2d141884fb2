"""Where the passphrase of a key file comes from: a prompt, a file or a descriptor.

A service starts without a terminal, so a prompt is only used where a person sits.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ledger.errors import UnusableInput

MAX_PASSPHRASE_BYTES = 1024
"""More is a wrong file, not a passphrase; argon2 gains nothing beyond 64 bytes of entropy."""


class PassphraseMissing(UnusableInput):
    code = "passphrase_missing"
    en = (
        "the key {path} is locked with a passphrase and there is no terminal to ask on; "
        "give --passphrase-file"
    )
    zh_cn = "密钥 {path} 受口令保护，且没有可供输入的终端；请使用 --passphrase-file"
    zh_tw = "金鑰 {path} 受通行碼保護，且沒有可供輸入的終端機；請使用 --passphrase-file"


class PassphraseUnusable(UnusableInput):
    code = "passphrase_unusable"
    en = "the passphrase from {origin} cannot be used: it must be 1 to {limit} bytes long"
    zh_cn = "来自 {origin} 的口令无法使用：长度必须为 1 至 {limit} 字节"
    zh_tw = "來自 {origin} 的通行碼無法使用：長度必須為 1 至 {limit} 位元組"


class PassphraseUnreadable(UnusableInput):
    code = "passphrase_unreadable"
    en = "the passphrase cannot be read from {origin}: {cause}"
    zh_cn = "无法从 {origin} 读取口令：{cause}"
    zh_tw = "無法從 {origin} 讀取通行碼：{cause}"


class PassphraseSource:
    """A passphrase, fetched when first needed and kept for the keys that follow.

    Kept, because a descriptor can be read but once and a person is not asked three
    times for one node. Never shown by ``repr``.
    """

    def __init__(self, fetch: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._passphrase: bytes | None = None

    def passphrase_for(self, path: str) -> bytes:
        """The passphrase; ``path`` names the key to a person and in an error.

        Raises ``PassphraseMissing``, ``PassphraseUnusable`` or ``PassphraseUnreadable``.
        """
        if self._passphrase is None:
            self._passphrase = self._fetch(path)
        return self._passphrase

    def __repr__(self) -> str:
        return "PassphraseSource(...)"

    @classmethod
    def given(cls, passphrase: bytes) -> PassphraseSource:
        """A passphrase that the caller already holds."""
        return cls(lambda _: _checked(passphrase, "the caller"))

    @classmethod
    def none(cls) -> PassphraseSource:
        """Never asks: a locked key is ``PassphraseMissing``."""
        return cls(_refuse)

    @classmethod
    def prompt(cls) -> PassphraseSource:
        """Asks on the terminal, without echo; without a terminal ``PassphraseMissing``."""
        return cls(_ask)

    @classmethod
    def file(cls, path: Path) -> PassphraseSource:
        """The content of ``path`` less one trailing line end."""

        def fetch(_: str) -> bytes:
            try:
                with path.open("rb") as file:
                    return _without_line_end(file.read(MAX_PASSPHRASE_BYTES + 3), str(path))
            except OSError as error:
                raise PassphraseUnreadable(origin=str(path), cause=error.strerror) from error

        return cls(fetch)

    @classmethod
    def descriptor(cls, number: int) -> PassphraseSource:
        """Read from an open file descriptor until its end; the descriptor stays open."""

        def fetch(_: str) -> bytes:
            origin = f"descriptor {number}"
            data = b""
            try:
                while len(data) <= MAX_PASSPHRASE_BYTES + 2:
                    piece = os.read(number, MAX_PASSPHRASE_BYTES + 3)
                    if not piece:
                        break
                    data += piece
            except OSError as error:
                raise PassphraseUnreadable(origin=origin, cause=error.strerror) from error
            return _without_line_end(data, origin)

        return cls(fetch)


def ask_new_passphrase(path: str) -> bytes:
    """Ask a person twice for the passphrase of a new key; for ``key new`` on a terminal."""
    while True:
        passphrase = _ask(path)
        if getpass.getpass("the same again / 再次输入: ").encode() == passphrase:
            return passphrase


def _refuse(path: str) -> bytes:
    raise PassphraseMissing(path=path)


def _ask(path: str) -> bytes:
    if not sys.stdin.isatty():
        raise PassphraseMissing(path=path)
    return _checked(getpass.getpass(f"passphrase of {path} / 口令: ").encode(), "the terminal")


def _without_line_end(data: bytes, origin: str) -> bytes:
    if data.endswith(b"\n"):
        data = data[:-1].removesuffix(b"\r")
    return _checked(data, origin)


def _checked(passphrase: bytes, origin: str) -> bytes:
    if not 1 <= len(passphrase) <= MAX_PASSPHRASE_BYTES:
        raise PassphraseUnusable(origin=origin, limit=MAX_PASSPHRASE_BYTES)
    return passphrase
