"""The application without a socket: what is read when, and how each error is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import orjson
import pytest

from api.http.exchange_app import exchange_app
from ledger.errors import LedgerError
from ledger.exchange.common import NoTrustList, UnknownPeer
from ledger.exchange.desk import Caller, Desk, MessageOfAnother, QueryUnusable, Said
from ledger.exchange.replays import MadeBeforeStart, Replayed, TooManyRequests
from ledger.exchange.wire import MESSAGES_PATH, OUTBOX_PATH, Asked, ContentChanged, NotSigned
from ledger.storage.errors import StoreBusy

HEADERS = [(b"host", b"Node.Example"), (b"content-type", b"application/json")]


class FakeDesk:
    """Raises what it is told to, and remembers what it was brought."""

    def __init__(self, error: Exception | None = None, late: Exception | None = None) -> None:
        self.error, self.late = error, late
        self.asked: list[Asked] = []
        self.brought: list[bytes] = []

    def caller(self, asked: Asked) -> Caller:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return Caller(asked, "xiamen", None)

    def take(self, _: Caller, body: bytes) -> Said:
        self.brought.append(body)
        if self.late is not None:
            raise self.late
        return Said(b"{}", {"content-type": "application/json", "signature": "s"})

    def outbox(self, _: Caller) -> Said:
        return Said(b"[]", {})


def ask(
    desk: FakeDesk,
    pieces: list[bytes | None],
    headers: list[tuple[bytes, bytes]],
    *,
    method: str = "POST",
    path: str = MESSAGES_PATH,
    seconds: float = 5.0,
) -> tuple[int, dict[bytes, bytes], bytes, int]:
    """Status, headers and content of the answer, and how many pieces were read; None waits."""
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path,
             "raw_path": path.encode(), "query_string": b"a=%41", "headers": headers,
             "scheme": "http", "server": ("x", 1), "client": ("y", 2), "root_path": ""}  # fmt: skip
    read = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        piece = pieces[read]
        if piece is None:
            await asyncio.sleep(60)
        read += 1
        more = read < len(pieces)
        return {"type": "http.request", "body": piece or b"", "more_body": more}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app = cast(
        "Callable[..., Awaitable[None]]", exchange_app(cast("Desk", desk), body_seconds=seconds)
    )

    async def run() -> None:
        with contextlib.suppress(ZeroDivisionError):  # told to the server, too, which logs it
            await app(scope, receive, send)

    asyncio.run(run())
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body, read


def length(size: int) -> list[tuple[bytes, bytes]]:
    return [*HEADERS, (b"content-length", str(size).encode())]


def test_a_message_is_handed_over_whole() -> None:
    """The pieces put together; the answer's fields are those that were signed."""
    desk = FakeDesk()
    status, headers, body, _ = ask(desk, [b"ab", b"c"], length(3))
    assert (status, body, desk.brought) == (200, b"{}", [b"abc"])
    assert headers[b"signature"] == b"s"
    assert headers[b"content-type"] == b"application/json"
    (asked,) = desk.asked
    assert (asked.authority, asked.query) == ("node.example", "a=%41")


def test_fields_that_stand_twice_are_seen_twice() -> None:
    """So that whoever reads them can refuse."""
    desk = FakeDesk()
    ask(desk, [b""], [*length(0), (b"host", b"other"), (b"x", b"1"), (b"x", b"2")])
    assert desk.asked[0].fields["x"] == ("1", "2")
    assert desk.asked[0].authority == "node.example,other"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotSigned(field="signature"), 401),
        (UnknownPeer(node="n"), 403),
        (MessageOfAnother(sender="a", peer="b"), 403),
        (Replayed(), 409),
        (TooManyRequests(keyid="k"), 429),
        (QueryUnusable(path="p", names="n"), 400),
        (MadeBeforeStart(), 503),
        (NoTrustList(), 503),
        (StoreBusy(seconds=1), 503),
    ],
)
def test_who_is_refused_is_not_listened_to(error: LedgerError, status: int) -> None:
    """Code and sentence as JSON, by the fields alone: no piece of the content is read."""
    desk = FakeDesk(error)
    told, headers, body, read = ask(desk, [b"ab"], length(2))
    assert (told, read, desk.brought) == (status, 0, [])
    assert orjson.loads(body) == {"error": {"code": error.code, "message": str(error)}}
    assert (b"retry-after" in headers) == (status in {429, 503})


def test_what_fails_later_is_told_the_same_way() -> None:
    """A changed content is 400; what nobody foresaw is 500, without its words."""
    status, _, body, _ = ask(FakeDesk(late=ContentChanged()), [b"ab"], length(2))
    assert (status, orjson.loads(body)["error"]["code"]) == (400, "http_content_changed")
    status, _, body, _ = ask(FakeDesk(late=ZeroDivisionError("secret")), [b"ab"], length(2))
    assert (status, orjson.loads(body)["error"]["code"]) == (500, "http_failed")
    assert b"secret" not in body


def test_a_content_that_does_not_come() -> None:
    """It has so many seconds."""
    desk = FakeDesk()
    status, _, body, _ = ask(desk, [b"a", None], length(2), seconds=0.1)
    assert (status, orjson.loads(body)["error"]["code"]) == (408, "http_too_slow")
    assert desk.brought == []


def test_a_content_longer_than_it_was_said_to_be() -> None:
    """Is not kept in memory, whatever the server before it lets through."""
    status, _, _, read = ask(FakeDesk(), [b"abc", b"d", b"e"], length(2))
    assert (status, read) == (413, 1)


def test_the_outbox_is_for_whoever_is_known() -> None:
    """Its fields are judged as those of a message are."""
    status, *_ = ask(FakeDesk(NotSigned(field="f")), [b""], HEADERS, method="GET", path=OUTBOX_PATH)
    assert status == 401
    status, _, body, _ = ask(FakeDesk(), [b""], HEADERS, method="GET", path=OUTBOX_PATH)
    assert (status, body) == (200, b"[]")
