"""Asking witnesses over HTTP, with the standard library's client.

Every witness is asked at once, each in a thread of its own, and all of them together have so
many seconds; who has not answered then counts as out of reach, and its connection is cut. No
redirect is followed, no proxy asked, and of an answer no more is read than one can hold.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ledger.errors import LedgerError, UnusableInput
from ledger.log.witness_protocol import MAX_COSIGNATURES_BYTES, PATH

READ_BYTES: Final = 65_536


class WitnessUrlRefused(UnusableInput):
    code = "witness_url_refused"
    en = "{url} is no address of a witness: http or https, a host and perhaps a path are expected"
    zh_cn = "{url} 不是见证方地址：应为 http 或 https、主机名以及可选路径"
    zh_tw = "{url} 不是見證方位址：應為 http 或 https、主機名稱以及可選路徑"


class WitnessUnreachable(LedgerError):
    code = "witness_unreachable"
    en = "{url} did not answer: {why}; it is asked again later"
    zh_cn = "{url} 没有应答：{why}；稍后将再次请求"
    zh_tw = "{url} 沒有應答：{why}；稍後將再次請求"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, of any server."""

    status: int
    content_type: str
    body: bytes


Post = Callable[[Sequence[tuple[str, bytes]], float], "list[Reply | LedgerError]"]
"""Asks each address with its body, within so many seconds for all of them."""


def endpoint(url: str) -> SplitResult:
    """The parts of a witness's submission prefix. Raises ``WitnessUrlRefused``."""
    try:
        parts = urlsplit(url)
        usable = (
            parts.scheme in {"http", "https"}
            and parts.hostname
            and parts.username is None
            and parts.password is None
            and not parts.query
            and not parts.fragment
            and parts.port != 0
            and url.isascii()
            and url.isprintable()
            and " " not in url
        )
    except ValueError:  # of a port or an address in brackets
        usable = False
    if not usable:
        raise WitnessUrlRefused(url=url[:200])
    return parts


def poster(headers: Mapping[str, str], monotonic: Callable[[], float]) -> Post:
    """Asks with these headers besides the ordinary ones."""

    def post(asked: Sequence[tuple[str, bytes]], seconds: float) -> list[Reply | LedgerError]:
        return _post_all(asked, seconds, headers, monotonic)

    return post


@dataclass(slots=True)
class _Call:
    """One request under way."""

    url: str
    body: bytes
    seconds: float
    headers: Mapping[str, str]
    connection: HTTPConnection | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Reply | LedgerError:
        try:
            return self._asked()
        except LedgerError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever a server makes of the client
            why = str(error) or type(error).__name__
            return WitnessUnreachable(url=self.url, why=why[:200])
        finally:
            self.cut()

    def _asked(self) -> Reply:
        parts = endpoint(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            context = ssl.create_default_context()
            made: HTTPConnection = HTTPSConnection(
                host, port, timeout=self.seconds, context=context
            )
        else:
            made = HTTPConnection(host, port, timeout=self.seconds)
        self.connection = made
        made.connect()
        if self.ended.is_set():  # in vain: who waited has gone, and cut what was there to cut
            raise TimeoutError
        headers = {"Content-Type": "text/plain; charset=utf-8", "Connection": "close"}
        made.request("POST", parts.path.rstrip("/") + PATH, self.body, {**headers, **self.headers})
        response = made.getresponse()
        body = bytearray()
        while not self.ended.is_set() and len(body) <= MAX_COSIGNATURES_BYTES:
            piece = response.read1(READ_BYTES)
            if not piece:
                break
            body += piece
        if len(body) > MAX_COSIGNATURES_BYTES:
            raise WitnessUnreachable(url=self.url, why=f"more than {MAX_COSIGNATURES_BYTES} bytes")
        return Reply(response.status, response.headers.get("Content-Type", ""), bytes(body))

    def cut(self) -> None:
        """End it, also where another thread waits for the server."""
        self.ended.set()
        made = self.connection
        if made is None:
            return
        with contextlib.suppress(OSError, AttributeError):
            made.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            made.close()


def _post_all(
    asked: Sequence[tuple[str, bytes]],
    seconds: float,
    headers: Mapping[str, str],
    monotonic: Callable[[], float],
) -> list[Reply | LedgerError]:
    """The answers, in the order of ``asked``."""
    late = [WitnessUnreachable(url=url, why=f"nothing within {seconds:.1f} s") for url, _ in asked]
    answers: list[Reply | LedgerError] = list(late)
    if seconds <= 0:
        return answers
    deadline = monotonic() + seconds
    calls = [_Call(url, body, seconds, headers) for url, body in asked]
    done: queue.SimpleQueue[tuple[int, Reply | LedgerError]] = queue.SimpleQueue()
    for at, call in enumerate(calls):
        threading.Thread(
            target=lambda at=at, call=call: done.put((at, call.run())), daemon=True
        ).start()
    with contextlib.suppress(queue.Empty):
        for _ in calls:
            at, answer = done.get(timeout=max(0.0, deadline - monotonic()))
            answers[at] = answer
    for call in calls:
        if not call.ended.is_set():
            call.cut()
    return answers
