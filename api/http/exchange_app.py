"""A node to which other nodes speak; see ``ledger.exchange.wire`` for paths and signatures.

The fields of a request are judged first. Of whoever is no node of the adopted trust list no
content is read. Requests are answered one after the other in one thread beside the loop, so
that they write in turn. An error is ``{"error": {"code", "message"}}``; what may be had by
trying again is 503 or 429, with ``Retry-After``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from ledger.clock import NotSimulated
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.exchange.common import UnknownPeer
from ledger.exchange.desk import (
    Desk,
    InstantUnusable,
    MessageOfAnother,
    QueryUnusable,
    Said,
)
from ledger.exchange.forms import MAX_BUNDLE_BYTES
from ledger.exchange.replays import NonceTooLong, Replayed, TooManyRequests
from ledger.exchange.wire import (
    JSON_TYPE,
    MESSAGES_PATH,
    NODE_PATH,
    NOT_AUTHENTIC,
    OUTBOX_PATH,
    Asked,
    ContentChanged,
    ForAnotherNode,
)

BODY_SECONDS: Final = 120.0
"""For the content of one request: 96 MB over a line of 1 MB/s."""

BODIES: Final = 4
"""Contents in memory at once: 400 MB at the worst."""

RETRY_SECONDS: Final = 2

STATUS: Final[tuple[tuple[tuple[type[LedgerError], ...], int], ...]] = (
    (NOT_AUTHENTIC, 401),
    ((ForAnotherNode, UnknownPeer, MessageOfAnother), 403),
    ((Replayed,), 409),
    ((TooManyRequests,), 429),
    ((NotSimulated, QueryUnusable, InstantUnusable, ContentChanged, NonceTooLong), 400),
)
"""Everything else that a node raises is 503: it cannot answer now."""

P = ParamSpec("P")
T = TypeVar("T")


class NoContentLength(UnusableInput):
    code = "http_no_length"
    en = "the request must say its Content-Length"
    zh_cn = "请求须注明 Content-Length"
    zh_tw = "請求須註明 Content-Length"


class ContentTooLarge(UnusableInput):
    code = "http_too_large"
    en = "a message between nodes has at most {limit} bytes"
    zh_cn = "节点间的消息至多 {limit} 字节"
    zh_tw = "節點間的訊息至多 {limit} 位元組"


class ContentTooSlow(UnusableInput):
    code = "http_too_slow"
    en = "the content did not arrive within {seconds} s"
    zh_cn = "内容未在 {seconds} 秒内送达"
    zh_tw = "內容未在 {seconds} 秒內送達"


class NotJson(UnusableInput):
    code = "http_not_json"
    en = "the content of a request is " + JSON_TYPE
    zh_cn = "请求内容的类型应为 " + JSON_TYPE
    zh_tw = "請求內容的類型應為 " + JSON_TYPE


class NoSuchAddress(Refusal):
    code = "http_no_such_address"
    en = "there is nothing at this address for this method"
    zh_cn = "该地址不支持此方法或不存在"
    zh_tw = "該位址不支援此方法或不存在"


class Failed(LedgerError):
    code = "http_failed"
    en = "this node failed to answer; its operator finds the cause in its log"
    zh_cn = "本节点未能应答；其运维人员可在日志中查明原因"
    zh_tw = "本節點未能應答；其維運人員可在日誌中查明原因"


def exchange_app(desk: Desk, body_seconds: float = BODY_SECONDS) -> FastAPI:
    """The application around an open node."""
    app = FastAPI(title="credit-ledger exchange", openapi_url=None, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exchange")
    bodies = asyncio.Semaphore(BODIES)

    async def run(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(worker, lambda: work(*args, **named))

    async def answered(making: Awaitable[Said]) -> Response:
        try:
            said = await making
        except LedgerError as error:
            return problem(status_of(error), error)
        return Response(said.body, headers=said.fields)

    async def taking(request: Request) -> Said:
        asked = asked_of(request)
        if asked.one("content-type") != JSON_TYPE:
            raise NotJson
        length = require_length(request)
        caller = await run(desk.caller, asked)
        async with bodies:
            try:
                async with asyncio.timeout(body_seconds):
                    body = await content(request, length)
            except TimeoutError:
                raise ContentTooSlow(seconds=body_seconds) from None
            return await run(desk.take, caller, body)

    async def owed(request: Request) -> Said:
        caller = await run(desk.caller, asked_of(request))
        return await run(desk.outbox, caller)

    @app.get(NODE_PATH)
    async def node(request: Request) -> Response:
        return await answered(run(desk.node, asked_of(request)))

    @app.get(OUTBOX_PATH)
    async def outbox(request: Request) -> Response:
        return await answered(owed(request))

    @app.post(MESSAGES_PATH)
    async def messages(request: Request) -> Response:
        return await answered(taking(request))

    @app.exception_handler(HTTPException)
    async def no_such_address(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, NoSuchAddress())

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        return problem(500, Failed())

    return app


def asked_of(request: Request) -> Asked:
    """The request without its content, as the wire brought it."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in request.headers.items():
        fields[name] = (*fields.get(name, ()), value)
    scope = request.scope
    return Asked(
        method=request.method,
        authority=",".join(fields.get("host", ())).lower(),
        path=bytes(scope["raw_path"]).decode("latin-1"),
        query=bytes(scope["query_string"]).decode("latin-1"),
        fields=fields,
    )


def require_length(request: Request) -> int:
    """Raises ``NoContentLength``, ``ContentTooLarge``."""
    told = request.headers.get("content-length", "")
    if not (told.isascii() and told.isdigit()) or "transfer-encoding" in request.headers:
        raise NoContentLength
    if len(told) > len(str(MAX_BUNDLE_BYTES)) or int(told) > MAX_BUNDLE_BYTES:
        raise ContentTooLarge(limit=MAX_BUNDLE_BYTES)
    return int(told)


async def content(request: Request, length: int) -> bytes:
    """As long as it was said to be; the server holds it to that."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > length:
            raise ContentTooLarge(limit=length)
    return bytes(body)


def status_of(error: LedgerError) -> int:
    if isinstance(error, NoContentLength):
        return 411
    if isinstance(error, ContentTooLarge):
        return 413
    if isinstance(error, ContentTooSlow):
        return 408
    if isinstance(error, NotJson):
        return 415
    return next((status for kinds, status in STATUS if isinstance(error, kinds)), 503)


def problem(status: int, error: LedgerError) -> Response:
    body = orjson.dumps({"error": {"code": error.code, "message": error.message("en")}})
    headers = {"content-type": JSON_TYPE}
    if status in {429, 503}:
        headers["retry-after"] = str(RETRY_SECONDS)
    if status in {408, 411, 413, 415} or status == 401:
        headers["connection"] = "close"  # what was not read is not waited for
    return Response(body, status_code=status, headers=headers)
