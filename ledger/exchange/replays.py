"""No signed request counts twice: the nonces seen lately, key by key, within bounds. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ledger.errors import LedgerError, Refusal
from ledger.exchange.wire import AHEAD_SECONDS, SINCE_SECONDS
from ledger.signing.http_signature import Signed

MAX_NONCES: Final = 20_000
"""Of one key at once: three hundred requests a second, for as long as one may be repeated."""

MAX_NONCE: Final = 64
"""Characters; a UUID has 36."""


class Replayed(Refusal):
    code = "http_replayed"
    en = "this request was answered before; make a new one"
    zh_cn = "该请求此前已应答；请重新发起"
    zh_tw = "該請求此前已應答；請重新發起"


class NonceTooLong(Refusal):
    code = "http_nonce_too_long"
    en = "the nonce of an HTTP signature has 1 to {limit} characters"
    zh_cn = "HTTP 签名的 nonce 应为 1 至 {limit} 个字符"
    zh_tw = "HTTP 簽章的 nonce 應為 1 至 {limit} 個字元"


class MadeBeforeStart(LedgerError):
    code = "http_made_before_start"
    en = "the request is older than this service, which cannot know whether it is a repetition"
    zh_cn = "该请求早于本服务启动，无法判断是否重复；请稍后重试"
    zh_tw = "該請求早於本服務啟動，無法判斷是否重複；請稍後重試"


class TooManyRequests(LedgerError):
    code = "http_too_many_requests"
    en = "key {keyid} has made more requests than are kept in mind; try again in a minute"
    zh_cn = "密钥 {keyid} 的请求过多；请一分钟后重试"
    zh_tw = "金鑰 {keyid} 的請求過多；請一分鐘後重試"


class Replays:
    """One for each service. ``started``: seconds of the real clock; None: a simulated one.

    Simulated clocks stand still, so there the oldest nonce gives way to a new one.
    """

    def __init__(self, started: int | None, limit: int = MAX_NONCES) -> None:
        self._started = started
        self._limit = limit
        self._seen: dict[str, OrderedDict[str, int]] = {}

    def admit(self, signed: Signed, now: int) -> None:
        """Note a signature that holds and is fresh. Only keys of the trust list come here."""
        if not 1 <= len(signed.nonce) <= MAX_NONCE:
            raise NonceTooLong(limit=MAX_NONCE)
        if self._started is not None and signed.created <= self._started:
            raise MadeBeforeStart
        seen = self._seen.setdefault(signed.keyid, OrderedDict())
        if signed.nonce in seen:
            raise Replayed
        while seen and self._is_over(next(iter(seen.values())), now, len(seen)):
            seen.popitem(last=False)
        if len(seen) >= self._limit:
            raise TooManyRequests(keyid=signed.keyid)
        seen[signed.nonce] = now

    def _is_over(self, noted: int, now: int, count: int) -> bool:
        """Whether the oldest cannot be fresh any more."""
        if self._started is None:
            return count >= self._limit
        return noted + SINCE_SECONDS + AHEAD_SECONDS < now
