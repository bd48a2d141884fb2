"""One HTTP request to another node, with the standard library's client; and trying again.

A request has so many seconds altogether, however slowly the answer drips; then its connection
is cut. No redirect is followed, no proxy asked, and of an answer no more is read than one can
hold. Tried again is what may have had no effect or would have the same twice: no connection,
none that lasted, 5xx and 429. What a peer refuses (4xx) it would refuse again.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult

import orjson

from ledger.errors import ExitCode, LedgerError, Refusal, UnusableInput
from ledger.exchange.wire import MAX_ANSWER_BYTES, Asked
from ledger.log.witness_http import WitnessUrlRefused, endpoint

CALL_SECONDS: Final = 300.0
"""For one request: a bundle of 10,000 records over a slow line, and its recipient's work on it."""

CONNECT_SECONDS: Final = 10.0
READ_BYTES: Final = 65_536
MAX_PROBLEM_BYTES: Final = 65_536
"""Of an answer that says why not."""

MAX_WHY: Final = 300


class PeerUrlRefused(UnusableInput):
    code = "peer_url_refused"
    en = "{url} is no address of a node: http or https and a host, perhaps a port, no path"
    zh_cn = "{url} 不是节点地址：应为 http 或 https 加主机名，可带端口，不带路径"
    zh_tw = "{url} 不是節點位址：應為 http 或 https 加主機名稱，可帶連接埠，不帶路徑"


class PeerUnreachable(LedgerError):
    code = "peer_unreachable"
    exit_code = ExitCode.CHECK_FAILED
    en = "{url} did not answer: {why}; nothing is lost, try again later"
    zh_cn = "{url} 没有应答：{why}；未丢失任何内容，请稍后重试"
    zh_tw = "{url} 沒有應答：{why}；未遺失任何內容，請稍後重試"


class PeerBusy(LedgerError):
    code = "peer_busy"
    exit_code = ExitCode.CHECK_FAILED
    en = "{url} cannot answer now ({status} {code}): {why}; nothing is lost, try again later"
    zh_cn = "{url} 暂时无法应答（{status} {code}）：{why}；未丢失任何内容，请稍后重试"
    zh_tw = "{url} 暫時無法應答（{status} {code}）：{why}；未遺失任何內容，請稍後重試"


class PeerRefused(Refusal):
    code = "peer_refused"
    en = "{url} refuses this request ({status} {code}): {why}"
    zh_cn = "{url} 拒绝该请求（{status} {code}）：{why}"
    zh_tw = "{url} 拒絕該請求（{status} {code}）：{why}"


class PeerAnswerUnusable(LedgerError):
    code = "peer_answer_unusable"
    exit_code = ExitCode.CHECK_FAILED
    en = "{url} gave no answer of a node: {why}; see that the address is right"
    zh_cn = "{url} 的应答不是节点应答：{why}；请核对地址"
    zh_tw = "{url} 的應答不是節點應答：{why}；請核對位址"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came, of any server."""

    status: int
    fields: Mapping[str, tuple[str, ...]]
    body: bytes


Call = Callable[[SplitResult, Asked, bytes, float], Answer]


def address(url: str) -> SplitResult:
    """The parts of a node's address. Raises ``PeerUrlRefused``."""
    try:
        parts = endpoint(url)
    except WitnessUrlRefused:
        raise PeerUrlRefused(url=url[:200]) from None
    if parts.path not in {"", "/"}:  # the path is signed: a prefix would have to arrive as it left
        raise PeerUrlRefused(url=url[:200])
    return parts


def authority(parts: SplitResult) -> str:
    """Host, and the port unless it is the scheme's own, as a request names them."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    return host if parts.port in {None, standard} else f"{host}:{parts.port}"


def call(parts: SplitResult, asked: Asked, body: bytes, seconds: float) -> Answer:
    """The answer to one request.

    Raises ``PeerUnreachable`` where there is none in time, ``PeerAnswerUnusable`` where it is
    not HTTP or too much of it.
    """
    url = parts.geturl()
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    more: dict[str, Any] = {}
    if parts.scheme == "https":
        more["context"] = ssl.create_default_context()
    made = kind(parts.hostname or "", parts.port, timeout=min(seconds, CONNECT_SECONDS), **more)
    late = threading.Event()
    held: list[socket.socket] = []

    def cut() -> None:
        """Whoever reads finds the end; the objects are closed by the thread that uses them."""
        late.set()
        for each in held:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(seconds, cut)
    watch.daemon = True
    watch.start()
    try:
        with contextlib.closing(made):
            made.connect()
            held.append(made.sock)
            answer = _answer(made, asked, body, seconds, url)
        if late.is_set():
            raise TimeoutError
        return answer
    except OSError as error:
        why = f"nothing within {seconds:g} s" if late.is_set() else _why(error)
        raise PeerUnreachable(url=url, why=why) from None
    except HTTPException as error:
        if late.is_set():
            raise PeerUnreachable(url=url, why=f"nothing within {seconds:g} s") from None
        raise PeerAnswerUnusable(url=url, why=_why(error)) from None
    finally:
        watch.cancel()


def _answer(made: HTTPConnection, asked: Asked, body: bytes, seconds: float, url: str) -> Answer:
    made.sock.settimeout(seconds)
    target = asked.path + (f"?{asked.query}" if asked.query else "")
    headers = {"Host": asked.authority, "Connection": "close"}
    headers |= {name: value for name, (value,) in asked.fields.items()}
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        # A server may answer before it has read all, and close: the answer says why.
        made.request(asked.method, target, body or None, headers)
    response = made.getresponse()
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in response.getheaders():
        fields[name.lower()] = (*fields.get(name.lower(), ()), value)
    return Answer(response.status, fields, _read(response, url))


def _read(response: HTTPResponse, url: str) -> bytes:
    most = MAX_ANSWER_BYTES if response.status == 200 else MAX_PROBLEM_BYTES
    expected = response.length
    if expected is not None and expected > most:
        raise PeerAnswerUnusable(url=url, why=f"more than {most} bytes")
    body = bytearray()
    while piece := response.read1(READ_BYTES):
        body += piece
        if len(body) > most:
            raise PeerAnswerUnusable(url=url, why=f"more than {most} bytes")
    if expected is not None and len(body) < expected:
        raise ConnectionAbortedError("the answer broke off")
    return bytes(body)


def _why(error: Exception) -> str:
    return _printable(str(error) or type(error).__name__)


def _printable(text: str) -> str:
    """A peer's words may be anything: a terminal is shown no control character of it."""
    return "".join(c if c.isprintable() else " " for c in text)[:MAX_WHY]


def require_200(answer: Answer, url: str) -> None:
    """Raises ``PeerBusy``, ``PeerRefused``, ``PeerAnswerUnusable``."""
    if answer.status == 200:
        return
    told: dict[str, object] = {"url": url, "status": answer.status}
    told["code"], told["why"] = _problem(answer.body)
    if answer.status == 429 or answer.status >= 500:
        raise PeerBusy(**told)
    if 400 <= answer.status < 500:
        raise PeerRefused(**told)
    raise PeerAnswerUnusable(url=url, why=f"status {answer.status}")


def _problem(body: bytes) -> tuple[str, str]:
    """The code and the sentence of a problem; nothing signs them."""
    try:
        value = orjson.loads(body)
        error = value["error"]
        code, why = str(error["code"]), str(error["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "-", "-"
    return _printable(code)[:64], _printable(why)


# -- trying again ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made, and how long is waited in between."""

    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    """In [0, 1): so that nodes that failed together do not come back together."""
    attempts: int = 5
    first: float = 0.5
    most: float = 8.0

    def wait(self, failed: int) -> float:
        """Seconds after the ``failed``-th attempt: doubled each time, half of it by chance."""
        full: float = min(self.first * 2.0 ** (failed - 1), self.most)
        return full * (0.5 + self.jitter() / 2)

    def patiently(self, attempt: Callable[[], Answer]) -> Answer:
        """What ``attempt`` returns, made anew after what passes by itself; else its last error."""
        for failed in range(1, self.attempts):
            try:
                return attempt()
            except (PeerUnreachable, PeerBusy):
                self.sleep(self.wait(failed))
        return attempt()
