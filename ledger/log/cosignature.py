"""Timestamped Ed25519 cosignatures of checkpoints (c2sp.org/tlog-cosignature, type 0x04).

    cosignature/v1
    time 1679315147
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

is signed: two lines, then the whole note body with its final newline. In the note stands
the big-endian u64 of the time (POSIX seconds) || the 64-byte signature. It says: as of that
time this was the largest tree the cosigner had seen of that log. The cosigner's name is not
signed, so each cosigner has a key of its own.
"""

from __future__ import annotations

from typing import Final

from ledger.errors import UnusableInput
from ledger.log.lines import MAX_NUMBER
from ledger.signing.keys import SIGNATURE_BYTES, SigningKey, verify_bytes

TIME_BYTES: Final = 8
COSIGNATURE_BYTES: Final = TIME_BYTES + SIGNATURE_BYTES


class CosignatureTimeRefused(UnusableInput):
    code = "cosignature_time_refused"
    en = "a cosignature cannot bear the time {seconds}; give POSIX seconds from 1 to 2^63-1"
    zh_cn = "联署签名不能使用时间 {seconds}；请给出 1 至 2^63-1 的 POSIX 秒数"
    zh_tw = "聯署簽名不能使用時間 {seconds}；請給出 1 至 2^63-1 的 POSIX 秒數"


def signed_message(text: bytes, posix_seconds: int) -> bytes:
    """What a cosigner signs of a note's ``text`` (with its final newline)."""
    return b"cosignature/v1\ntime %d\n%b" % (posix_seconds, text)


def sign(key: SigningKey, text: bytes, posix_seconds: int) -> bytes:
    """The 72 bytes of a cosignature. ``CosignatureTimeRefused`` for 0 and beyond 2^63-1.

    Time 0 would say nothing of when the tree was seen; a witness must not answer with it.
    """
    if not 0 < posix_seconds <= MAX_NUMBER:
        raise CosignatureTimeRefused(seconds=posix_seconds)
    signature = key.sign(signed_message(text, posix_seconds))
    return posix_seconds.to_bytes(TIME_BYTES, "big") + signature


def verified_time(public_key: bytes, text: bytes, cosignature: bytes) -> int | None:
    """The POSIX seconds of a cosignature of ``text``, or None if it is not ``public_key``'s."""
    if len(cosignature) != COSIGNATURE_BYTES:
        return None
    seconds = int.from_bytes(cosignature[:TIME_BYTES], "big")
    if seconds > MAX_NUMBER:
        return None
    message = signed_message(text, seconds)
    return seconds if verify_bytes(public_key, message, cosignature[TIME_BYTES:]) else None
