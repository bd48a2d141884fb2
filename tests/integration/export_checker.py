"""A tile checker of its own: what c2sp.org/tlog-tiles says, from nothing but a function that
fetches files. It shares no code with the log: hashing, names and sizes are written anew."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

Fetch = Callable[[str], bytes]


def check(fetch: Fetch) -> int:
    """Hash the tiles upwards and compare with the checkpoint; the size of the tree."""
    _, size_line, root_line = fetch("checkpoint").decode().splitlines()[:3]
    size = int(size_line)
    level, below = 0, list[bytes]()
    rows: list[list[bytes]] = []
    count = size
    while count:
        hashes: list[bytes] = []
        for number in range(-(-count // 256)):
            width = min(256, count - number * 256)
            data = fetch(name(level, number, width))
            assert len(data) == 32 * width, (level, number)
            hashes += [data[at : at + 32] for at in range(0, len(data), 32)]
        if level:
            assert hashes == below, f"level {level} is not made of the tiles below"
        rows.append(hashes)
        below = [perfect(hashes[at : at + 256]) for at in range(0, len(hashes) // 256 * 256, 256)]
        level, count = level + 1, count // 256
    assert base64.b64decode(root_line) == (root(rows[0]) if rows else hashlib.sha256().digest())
    return size


def entries(fetch: Fetch, size: int) -> list[bytes]:
    """The entries of an auditor's copy, each hashed against its tile."""
    found: list[bytes] = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        data, tile = fetch(name("entries", number, width)), fetch(name(0, number, width))
        at = 0
        for place in range(width):
            length = int.from_bytes(data[at : at + 2], "big")
            entry, at = data[at + 2 : at + 2 + length], at + 2 + length
            assert hashlib.sha256(b"\0" + entry).digest() == tile[32 * place : 32 * place + 32]
            found.append(entry)
        assert at == len(data)
    return found


def name(level: int | str, number: int, width: int) -> str:
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < 256 else "")


def perfect(hashes: list[bytes]) -> bytes:
    assert len(hashes) == 256
    return root(hashes)


def root(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, by its recursive definition."""
    if len(hashes) == 1:
        return hashes[0]
    cut = 1
    while cut * 2 < len(hashes):
        cut *= 2
    return hashlib.sha256(b"\1" + root(hashes[:cut]) + root(hashes[cut:])).digest()
