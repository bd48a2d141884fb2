"""One request to another node: bounded in time and bytes, and made again where that helps."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ledger.errors import LedgerError
from ledger.exchange import calling
from ledger.exchange.calling import (
    Answer,
    Patience,
    PeerAnswerUnusable,
    PeerBusy,
    PeerRefused,
    PeerUnreachable,
    PeerUrlRefused,
    address,
    authority,
    call,
    require_200,
)
from ledger.exchange.wire import Asked

Behave = Callable[[socket.socket, bytes], None]


@contextmanager
def server(behave: Behave) -> Iterator[str]:
    """One that reads a request's head and then does as it is told."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                try:
                    data = b""
                    while b"\r\n\r\n" not in data and (piece := connection.recv(65_536)):
                        data += piece
                    behave(connection, data)
                except OSError:
                    pass

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def said(text: bytes) -> Behave:
    return lambda connection, _: connection.sendall(text)


def ask(url: str, seconds: float = 5.0, body: bytes = b"body") -> Answer:
    parts = address(url)
    asked = Asked("POST", authority(parts), "/exchange/messages", "", {"x-told": ("yes",)})
    return call(parts, asked, body, seconds)


def test_the_request_is_as_it_was_signed() -> None:
    """Method, path, Host and fields are those of the request, each once."""
    heard: list[bytes] = []

    def behave(connection: socket.socket, data: bytes) -> None:
        heard.append(data)
        connection.sendall(b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nContent-Length: 2\r\n\r\nok")

    with server(behave) as url:
        answer = ask(url)
    assert (answer.status, answer.body, answer.fields["a"]) == (200, b"ok", ("1", "2"))
    head = heard[0].split(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"POST /exchange/messages HTTP/1.1"
    assert head.count(b"Host: " + url.removeprefix("http://").encode()) == 1
    assert sum(line.lower().startswith(b"host:") for line in head) == 1
    assert b"x-told: yes" in head


def hang(connection: socket.socket, _: bytes) -> None:
    connection.recv(1_000)
    time.sleep(3)


def drip(connection: socket.socket, data: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        connection.sendall(b"X: y\r\n")
        time.sleep(0.05)


def drip_body(connection: socket.socket, data: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        connection.sendall(b".")
        time.sleep(0.05)


@pytest.mark.parametrize("behave", [hang, drip, drip_body])
def test_a_peer_that_keeps_one_waiting_is_left(behave: Behave) -> None:
    """However the answer drips, it is over when the seconds are."""
    started = time.monotonic()
    with server(behave) as url, pytest.raises(PeerUnreachable, match=r"within 0\.3 s"):
        ask(url, 0.3)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "text",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
    ids=["nothing", "half"],
)
def test_a_connection_that_breaks_is_no_answer(text: bytes) -> None:
    """A peer that dies while it answers may have taken the message in, or not."""
    with server(said(text)) as url, pytest.raises(PeerUnreachable):
        ask(url)


def test_nobody_there() -> None:
    """A closed port is out of reach."""
    with server(said(b"")) as url:
        pass
    with pytest.raises(PeerUnreachable):
        ask(url)


def test_what_is_not_http_is_told() -> None:
    """Another service at that port is not asked again and again."""
    with server(said(b"SSH-2.0-OpenSSH_9\r\n")) as url, pytest.raises(PeerAnswerUnusable):
        ask(url)


@pytest.mark.parametrize("length", [b"Content-Length: 5000\r\n", b""])
def test_an_answer_that_is_too_long_is_not_read(
    length: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where it says so nor where it just goes on."""
    monkeypatch.setattr(calling, "MAX_ANSWER_BYTES", 1_000)
    text = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + b"." * 5_000
    with server(said(text)) as url, pytest.raises(PeerAnswerUnusable, match="1000 bytes"):
        ask(url)


def test_an_early_refusal_is_heard() -> None:
    """A peer that answers before it has read the content, and closes, is understood."""
    problem = json.dumps({"error": {"code": "c", "message": "m"}}).encode()
    head = f"HTTP/1.1 401 X\r\nContent-Length: {len(problem)}\r\n\r\n".encode()

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head + problem)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with server(behave) as url:
        answer = ask(url, body=b"." * (8 << 20))
    with pytest.raises(PeerRefused) as caught:
        require_200(answer, url)
    assert (caught.value.fields["code"], caught.value.fields["why"]) == ("c", "m")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PeerRefused),
        (401, PeerRefused),
        (429, PeerBusy),
        (500, PeerBusy),
        (503, PeerBusy),
        (204, PeerAnswerUnusable),
        (307, PeerAnswerUnusable),
    ],
)
def test_statuses(status: int, kind: type[LedgerError]) -> None:
    """4xx is final, 5xx and 429 pass by themselves, and no redirect is followed."""
    with pytest.raises(kind):
        require_200(Answer(status, {}, b""), "u")


def test_a_peers_words_are_shown_harmless() -> None:
    """No control character of a stranger reaches a terminal, and no more than a line."""
    body = json.dumps({"error": {"code": "\x1b[2J" * 100, "message": "\x1b[31m\n" * 500}}).encode()
    with pytest.raises(PeerRefused) as caught:
        require_200(Answer(403, {}, body), "u")
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 500


@pytest.mark.parametrize(
    "url",
    ["", "zhangzhou:8480", "ftp://a", "http://", "http://a/prefix", "http://a?x=1", "http://a:0",
     "http://user:pw@a", "http://a b", "http://[::1"],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    """A host and perhaps a port; what would be signed otherwise than sent is refused."""
    with pytest.raises(PeerUrlRefused):
        address(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://A.example", "a.example"),
        ("http://a:80/", "a"),
        ("https://a:443", "a"),
        ("https://a:80", "a:80"),
        ("http://[::1]:8480", "[::1]:8480"),
    ],
)
def test_the_authority(url: str, expected: str) -> None:
    """RFC 9421 section 2.2.3: lower case, and no port that is the scheme's own."""
    assert authority(address(url)) == expected


# -- patience ----------------------------------------------------------------------------


def failing(*errors: LedgerError) -> tuple[Callable[[], Answer], list[int]]:
    asked: list[int] = []

    def attempt() -> Answer:
        asked.append(1)
        if len(asked) <= len(errors):
            raise errors[len(asked) - 1]
        return Answer(200, {}, b"")

    return attempt, asked


UNREACHABLE = PeerUnreachable(url="u", why="w")
BUSY = PeerBusy(url="u", status=503, code="c", why="w")


def test_what_passes_by_itself_is_tried_again() -> None:
    """After waits that double up to a limit, half of each by chance."""
    waited: list[float] = []
    patience = Patience(waited.append, lambda: 0.5, attempts=8, first=1.0, most=4.0)
    attempt, asked = failing(UNREACHABLE, BUSY, UNREACHABLE, BUSY)
    assert patience.patiently(attempt).status == 200
    assert (len(asked), waited) == (5, [0.75, 1.5, 3.0, 3.0])


def test_chance_stays_in_bounds() -> None:
    """From half of the wait to all of it."""
    assert Patience(time.sleep, lambda: 0.0, first=1.0).wait(1) == 0.5
    assert Patience(time.sleep, lambda: 1.0, first=1.0).wait(1) == 1.0


def test_patience_ends() -> None:
    """After so many attempts the last error stands."""
    attempt, asked = failing(*[UNREACHABLE] * 9)
    with pytest.raises(PeerUnreachable):
        Patience(lambda _: None, lambda: 0.0, attempts=3).patiently(attempt)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "error",
    [
        PeerRefused(url="u", status=403, code="c", why="w"),
        PeerAnswerUnusable(url="u", why="w"),
    ],
)
def test_what_is_refused_is_not_tried_again(error: LedgerError) -> None:
    """It would be refused again."""
    attempt, asked = failing(error)
    with pytest.raises(type(error)):
        Patience(lambda _: None, lambda: 0.0).patiently(attempt)
    assert len(asked) == 1
