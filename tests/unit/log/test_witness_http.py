"""Asking over HTTP: bounded in time and in bytes, whatever the server does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ledger.log.witness_http import (
    Reply,
    WitnessUnreachable,
    WitnessUrlRefused,
    endpoint,
    poster,
)
from ledger.log.witness_protocol import MAX_COSIGNATURES_BYTES

post = poster({"X-Told": "yes"}, time.monotonic)


@contextmanager
def server(behave: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """One that reads a request and then does as it is told."""
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
                    while b"\r\n\r\nbody" not in data:
                        piece = connection.recv(65_536)
                        if not piece:
                            break
                        data += piece
                    behave(connection, data)
                except OSError:
                    pass

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def ask(url: str, seconds: float = 5.0) -> Reply | Exception:
    (answer,) = post([(url, b"body")], seconds)
    return answer


def said(text: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, _: connection.sendall(text)


def test_the_request_is_one_post_with_its_headers() -> None:
    """POST to the prefix and /add-checkpoint, the body as given."""
    heard: list[bytes] = []

    def behave(connection: socket.socket, data: bytes) -> None:
        heard.append(data)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nok")

    with server(behave) as url:
        assert ask(f"{url}/prefix/") == Reply(200, "a/b", b"ok")
    assert heard[0].startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\n")
    assert b"X-Told: yes\r\n" in heard[0]


def test_no_redirect_is_followed() -> None:
    """A 307 to another host is an answer like any other; nobody is asked there."""
    reached: list[bytes] = []
    with (
        server(lambda _, data: reached.append(data)) as other,
        server(
            said(f"HTTP/1.1 307 X\r\nLocation: {other}/\r\nContent-Length: 0\r\n\r\n".encode())
        ) as url,
    ):
        answer = ask(url)
    assert isinstance(answer, Reply)
    assert (answer.status, reached) == (307, [])


def drip(text: bytes) -> Callable[[socket.socket, bytes], None]:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(text)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return behave


SLOW: dict[str, Callable[[socket.socket, bytes], None]] = {
    "says nothing": lambda connection, _: time.sleep(15),
    "drips headers": drip(b"HTTP/1.1 200 OK\r\nX: "),
    "drips a body": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    "drips a line": drip(b""),
}


@pytest.mark.parametrize("how", SLOW)
def test_a_slow_server_is_left_in_time(how: str) -> None:
    """All of it within the seconds given, however the server spends them; no thread stays."""
    with server(SLOW[how]) as url:
        before = threading.active_count()
        begun = time.monotonic()
        assert isinstance(ask(url, 0.5), WitnessUnreachable)
        assert time.monotonic() - begun < 2
        while threading.active_count() > before and time.monotonic() - begun < 5:
            time.sleep(0.05)
        assert threading.active_count() <= before


def test_one_slow_server_does_not_hold_the_others_up() -> None:
    """They are asked side by side."""
    fine = said(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with server(SLOW["says nothing"]) as slow, server(fine) as quick:
        answers = post([(slow, b"body"), (quick, b"body"), (slow, b"body")], 1.0)
    assert [type(answer) for answer in answers] == [WitnessUnreachable, Reply, WitnessUnreachable]


def flood(head: bytes, piece: bytes) -> Callable[[socket.socket, bytes], None]:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        for _times in range(5_000):
            connection.sendall(piece)

    return behave


KIB = b"x" * 1024
BROKEN: dict[str, Callable[[socket.socket, bytes], None]] = {
    "a body without end": flood(b"HTTP/1.1 200 OK\r\n\r\n", KIB),
    "a length of terabytes": flood(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n", KIB
    ),
    "chunks without end": flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + KIB + b"\r\n"
    ),
    "a chunk of a wild size": said(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000 + b"\r\n"
    ),
    "headers without end": flood(b"HTTP/1.1 200 OK\r\n", b"X: " + KIB + b"\r\n"),
    "one endless header": flood(b"HTTP/1.1 200 OK\r\nX: ", KIB),
    "no HTTP": said(b"220 mail.example ESMTP\r\n"),
    "a negative length": said(b"HTTP/1.1 abc OK\r\nContent-Length: -5\r\n\r\n"),
    "nothing": lambda connection, _: None,
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_answer_is_no_answer(how: str) -> None:
    """Nothing larger than an answer can be is taken in, and nothing is raised."""
    with server(BROKEN[how]) as url:
        assert isinstance(ask(url), WitnessUnreachable)


def test_the_largest_answer_is_read() -> None:
    """As much as a 200 may hold, and not a byte more."""
    for size, kind in ((MAX_COSIGNATURES_BYTES, Reply), (MAX_COSIGNATURES_BYTES + 1, Exception)):
        with server(said(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * size)) as url:
            assert isinstance(ask(url), kind)


def test_who_is_not_there_is_told_at_once() -> None:
    """A refused connection and a name that does not resolve are out of reach."""
    with server(said(b"")) as url:
        pass
    begun = time.monotonic()
    assert isinstance(ask(url), WitnessUnreachable)
    assert time.monotonic() - begun < 2
    assert isinstance(ask("http://nobody.invalid", 3.0), WitnessUnreachable)


def test_no_time_is_no_question() -> None:
    """With nothing left of the seconds nobody is asked."""
    with server(said(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        assert isinstance(ask(url, 0.0), WitnessUnreachable)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "witness.example",
        "ftp://witness.example",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@witness.example",
        "http://user@witness.example",
        "http://witness.example?x=1",
        "http://witness.example/#x",
        "http://witness.example:0",
        "http://witness.example:99999",
        "http://witness.example/a b",
        "http://witness.example/\r\nHost: x",
        "http://见证.example",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Only http and https, a host, a path; and nothing that could become a header."""
    with pytest.raises(WitnessUrlRefused):
        endpoint(url)
    assert isinstance(ask(url), WitnessUrlRefused)


@pytest.mark.parametrize(
    "url", ["http://w.example", "https://w.example:8443/a/b/", "http://[::1]:80"]
)
def test_addresses_are_accepted(url: str) -> None:
    """With and without a port and a path."""
    assert endpoint(url).hostname
