"""UUIDv7 (RFC 9562 section 5.7): ids that sort by the time they were made. Pure."""

from __future__ import annotations

from uuid import UUID

RANDOM_BYTES = 10
"""74 random bits are needed; version and variant take the other six."""


def uuid7(milliseconds: int, random: bytes) -> UUID:
    """The id of ``milliseconds`` since the epoch and ``RANDOM_BYTES`` of randomness."""
    if not 0 <= milliseconds < 1 << 48 or len(random) != RANDOM_BYTES:
        raise ValueError("48 bits of milliseconds and ten random bytes make a UUIDv7")
    low = int.from_bytes(random, "big")
    number = milliseconds << 80 | low
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)
