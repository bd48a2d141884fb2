"""``POST /add-checkpoint`` (c2sp.org/tlog-witness), and nothing else.

A body is read up to what a request can hold and for so many seconds; requests are answered
one after the other in one thread beside the loop, so that a slow store delays replies and
never the reading of requests. What may not be answered now (the clock, the store, the key)
is 503 with the reason.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import uvicorn
from fastapi import FastAPI, Request, Response

from ledger.clock import NotSimulated
from ledger.entry import parse_instant
from ledger.errors import LedgerError
from ledger.log.witness import TEXT_CONTENT_TYPE, Answer
from ledger.log.witness_protocol import MAX_REQUEST_BYTES, PATH
from ledger.witnessing import AT_HEADER

BODY_SECONDS: Final = 10.0
"""For the whole body: a request has some kilobytes."""

CONNECTIONS: Final = 64
"""At once; a megabyte each at the worst."""

GRACE_SECONDS: Final = 5
"""For requests under way, when the service is stopped."""

AddCheckpoint = Callable[[bytes, datetime | None], Answer]


def witness_app(add_checkpoint: AddCheckpoint) -> FastAPI:
    """The application around ``Node.add_checkpoint``."""
    app = FastAPI(title="credit-ledger witness", openapi_url=None, docs_url=None, redoc_url=None)
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="witness")

    @app.post(PATH)
    async def post(request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _text(408, "the body took too long")
        if body is None:
            return _text(413, f"at most {MAX_REQUEST_BYTES} bytes are a request")
        try:
            told = request.headers.get(AT_HEADER)
            at = None if told is None else parse_instant(told)
        except ValueError:
            return _text(400, f"{AT_HEADER} is no instant as 2026-03-02T01:15:00.000000Z")
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(worker, add_checkpoint, body, at)
        except NotSimulated as error:
            return _text(400, error.message("en"))
        except LedgerError as error:
            return _text(503, error.message("en"))
        # Not as media_type: a charset would be added to it.
        headers = {"content-type": answer.content_type}
        return Response(answer.body, status_code=answer.status, headers=headers)

    return app


async def _body(request: Request) -> bytes | None:
    """The body; None where it is longer than any request, whatever its header said."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_REQUEST_BYTES:
            return None
    return bytes(body)


def _text(status: int, why: str) -> Response:
    headers = {"content-type": TEXT_CONTENT_TYPE}
    return Response(why.encode() + b"\n", status_code=status, headers=headers)


class _Server(uvicorn.Server):
    """Stops at SIGTERM and SIGINT, and returns: the node is closed in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def bind(host: str, port: int) -> socket.socket:
    """A listening address; port 0 is any that is free. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=CONNECTIONS)


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Answer until the process is told to stop; requests under way are finished."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        workers=1,
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Server(config).run(sockets=[listening])
