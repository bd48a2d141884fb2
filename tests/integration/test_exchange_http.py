"""Nodes that speak over HTTP: down and up again, killed, lied to, spoken to by strangers."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.exchange.calling import Answer, address, authority, call
from ledger.exchange.wire import AT, MESSAGES_PATH, OUTBOX_PATH, TO, Asked, sign_request
from ledger.signing.http_signature import content_digest
from ledger.signing.keys import SigningKey, new_signing_key
from tests.integration.driving import Founded
from tests.integration.region import City, at, found_region
from tests.integration.region_case import collected, objected
from tests.integration.region_http import Service, pulled, pushed, serving

CREATED = 1_773_000_000

Two = tuple[City, City]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cities, founded once; each test has copies of their folders."""
    folder = tmp_path_factory.mktemp("founded")
    cities = found_region(folder)
    collected(cities["xiamen"])
    cities["xiamen"].send("zhangzhou", "03-10", "@R1")
    return folder


def copied(founded: Path, folder: Path, name: str) -> City:
    shutil.copytree(founded / name, folder / name)
    return City(Founded(folder / name / "home", name), folder / name)


@pytest.fixture
def two(founded: Path, tmp_path: Path) -> Two:
    """xiamen, which has a bundle for zhangzhou, and zhangzhou."""
    return copied(founded, tmp_path, "xiamen"), copied(founded, tmp_path, "zhangzhou")


def received(city: City) -> list[str]:
    return [name for name in city.node.types() if name in {"RecordReceived", "MessageRefused"}]


# -- down and up again ---------------------------------------------------------------------


def test_a_peer_that_is_down_gets_it_later(two: Two) -> None:
    """Nobody there is 1 with a clear word, and nothing is lost; later the same push does it."""
    xiamen, zhangzhou = two
    with serving(zhangzhou) as service:
        url, port = service.url, service.port
    done = pushed(xiamen, url, "03-10", "--retries", "0")
    assert (done.code, done.out) == (1, "")
    assert "nothing is lost" in done.err
    with serving(zhangzhou, port):
        done = pushed(xiamen, url, "03-10")
        assert done.code == 0, done.err
        assert [one["verdict"] for one in done.json["sent"]] == ["accepted"]
        assert pushed(xiamen, url, "03-10").json["sent"] == []
    assert zhangzhou.label("xiamen/R1") == xiamen.label("R1")


def test_a_peer_that_comes_up_meanwhile_is_found(two: Two) -> None:
    """A push that found nobody tries again by itself."""
    xiamen, zhangzhou = two
    with serving(zhangzhou) as service:
        url, port = service.url, service.port
    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(_push_process, xiamen, url)
        time.sleep(1)
        with serving(zhangzhou, port):
            assert pushing.result(60) == 0
    assert received(zhangzhou) == ["RecordReceived"]


def _push_process(city: City, url: str) -> int:
    return city.node.process(
        "exchange", "push", "--peer", url, "--at", at("03-10"), "--retries", "10"
    ).code


def test_two_pushes_at_once_have_one_effect(two: Two) -> None:
    """Two programs that bring the same bundle at once both end well."""
    xiamen, zhangzhou = two
    with serving(zhangzhou) as service, ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda _: _push_process(xiamen, service.url), range(2)))
    assert codes == [0, 0]
    assert received(zhangzhou) == ["RecordReceived"]
    assert xiamen.node.call("audit", "--json").json["ok"]


def test_orders_go_on_while_it_serves(two: Two) -> None:
    """Commands write to the home that a service has open, and it tells what they wrote."""
    xiamen, zhangzhou = two
    with serving(xiamen) as service:
        objected(xiamen)
        done = pulled(zhangzhou, service.url, "03-23")
        assert done.code == 0, done.err
        assert [one["kind"] for one in done.json["received"]] == ["bundle", "notice"]
        assert [one["verdict"] for one in done.json["sent"]] == ["accepted"]
        again = pulled(zhangzhou, service.url, "03-23")
        assert [one["verdict"] for one in again.json["received"]] == ["duplicate"]
        back = pushed(zhangzhou, service.url, "03-23")
        assert [one["kind"] for one in back.json["sent"]] == ["acknowledgement"]
        assert pulled(zhangzhou, service.url, "03-23").json["received"] == []
    for city in two:
        assert city.node.call("audit", "--json").json["ok"]


@contextlib.contextmanager
def between(service: Service, stop: Callable[[bytes, bytes], bool]) -> Iterator[str]:
    """A wire to the service that is cut, once and with its process, where ``stop`` says so.

    ``stop`` is told of all that went there and came back on one connection.
    """
    listening = socket.create_server(("127.0.0.1", 0))

    def carry(here: socket.socket) -> None:
        there_bytes, back_bytes = b"", b""
        try:
            there = socket.create_connection(("127.0.0.1", service.port))
        except OSError:
            here.close()
            return
        with here, there:
            here.settimeout(0.02)
            there.settimeout(0.02)
            while True:
                for source, is_request in ((here, True), (there, False)):
                    try:
                        piece = source.recv(65_536)
                    except TimeoutError:
                        continue
                    except OSError:
                        return
                    if not piece and not is_request:
                        return
                    if is_request:
                        there_bytes += piece
                    else:
                        back_bytes += piece
                    if service.process.poll() is None and stop(there_bytes, back_bytes):
                        service.process.kill()
                        service.process.wait(20)
                        return
                    (there if is_request else here).sendall(piece)

    def run() -> None:
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(here,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


@pytest.mark.parametrize("when", ["content", "answer"])
def test_a_service_killed_in_the_middle_of_a_push(two: Two, when: str) -> None:
    """``kill -9`` while the content arrives or before the answer leaves: pushed again, one effect."""
    xiamen, zhangzhou = two

    def stop(there: bytes, back: bytes) -> bool:
        head, _, rest = there.partition(b"\r\n\r\n")
        is_post = head.startswith(b"POST")
        return is_post and bool(rest if when == "content" else back)

    with serving(zhangzhou) as service, between(service, stop) as url:
        done = pushed(xiamen, url, "03-10", "--retries", "0")
        assert done.code == 1
        assert done.json["sent"] == []
        assert service.process.returncode == -9
    assert received(zhangzhou) == ([] if when == "content" else ["RecordReceived"])
    with serving(zhangzhou) as service:
        done = pushed(xiamen, service.url, "03-10")
    assert done.code == 0, done.err
    (sent,) = done.json["sent"]
    assert sent["verdict"] == ("accepted" if when == "content" else "duplicate")
    assert [one["kind"] for one in done.json["received"]] == ["receipt"]
    assert received(zhangzhou) == ["RecordReceived"]
    assert zhangzhou.node.call("audit", "--json").json["ok"]


# -- who may speak -------------------------------------------------------------------------


class Speaker:
    """Makes requests to a service as the test likes."""

    def __init__(self, city: City, service: Service, to: str = "zhangzhou") -> None:
        with city.node.opened() as node:
            self.key: SigningKey = node.signing_key
        self.parts = address(service.url)
        self.to = to
        self.count = 0

    def request(self, body: bytes, **changes: str) -> Asked:
        self.count += 1
        fields = {
            TO: self.to,
            "content-digest": content_digest(body),
            "content-type": "application/json",
            AT: "2026-03-10T02:00:00.000000Z",
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        told = {name: (value,) for name, value in fields.items() if value}
        asked = Asked("POST", authority(self.parts), MESSAGES_PATH, "", told)
        return sign_request(asked, self.key, created=CREATED, nonce=f"n-{self.count}")

    def send(self, asked: Asked, body: bytes) -> Answer:
        more = dict(asked.fields) | {"content-length": (str(len(body)),)}
        sent = Asked(asked.method, asked.authority, asked.path, asked.query, more)
        return call(self.parts, sent, body, 20)


def problem(answer: Answer) -> tuple[int, str]:
    return answer.status, orjson.loads(answer.body)["error"]["code"]


def bundle_of(city: City) -> bytes:
    (path,) = city.folder.glob("bundle-*")
    return path.read_bytes().strip()


def test_strangers_change_nothing(two: Two) -> None:
    """Unsigned, under an unknown key, for another node, replayed, or with another content: each
    is refused by its own code, and the log of the one who is asked stays as it is."""
    xiamen, zhangzhou = two
    body = bundle_of(xiamen)
    before = zhangzhou.node.types()
    with serving(zhangzhou) as service:
        speaker = Speaker(xiamen, service)
        unsigned = Asked("POST", authority(speaker.parts), MESSAGES_PATH, "", {
            "content-type": ("application/json",), "content-digest": (content_digest(body),),
            TO: ("zhangzhou",)})  # fmt: skip
        assert problem(speaker.send(unsigned, body)) == (401, "http_not_signed")
        stranger = Speaker(xiamen, service)
        stranger.key = new_signing_key(b"s" * 32)
        asked = stranger.request(body)
        assert problem(stranger.send(asked, body)) == (401, "http_key_refused")
        elsewhere = speaker.request(body, **{TO: "quanzhou"})
        assert problem(speaker.send(elsewhere, body)) == (403, "http_for_another_node")
        other = body.replace(b'"payload":"', b'"payload":"AA', 1)
        asked = speaker.request(body)
        assert len(other) != len(body)
        assert problem(speaker.send(asked, other)) == (400, "http_content_changed")
        assert problem(speaker.send(asked, body)) == (409, "http_replayed")
        assert zhangzhou.node.types() == before
        good = speaker.request(body)
        answer = speaker.send(good, body)
        assert (answer.status, orjson.loads(answer.body)["verdict"]) == (200, "accepted")
        assert problem(speaker.send(good, body)) == (409, "http_replayed")
    assert received(zhangzhou) == ["RecordReceived"]


def test_another_nodes_messages_and_outbox(two: Two, founded: Path, tmp_path: Path) -> None:
    """A node brings its own messages, and is told what it is owed itself."""
    xiamen, zhangzhou = two
    quanzhou = copied(founded, tmp_path, "quanzhou")
    body = bundle_of(xiamen)
    before = zhangzhou.node.types()
    with serving(zhangzhou) as service:
        third = Speaker(quanzhou, service)
        answer = third.send(third.request(body), body)
        assert problem(answer) == (403, "http_message_of_another")
        assert zhangzhou.node.types() == before
    with serving(xiamen) as service:
        third = Speaker(quanzhou, service, "xiamen")
        fields = {TO: ("xiamen",), "content-digest": (content_digest(b""),)}
        fields[AT] = ("2026-03-10T02:00:00.000000Z",)
        for query, expected in (("to=zhangzhou", 403), ("to=quanzhou", 200), ("x=1", 400)):
            asked = Asked("GET", authority(third.parts), OUTBOX_PATH, query, fields)
            signed = sign_request(asked, third.key, created=CREATED, nonce=query)
            answer = call(third.parts, signed, b"", 20)
            assert answer.status == expected
            assert expected != 200 or orjson.loads(answer.body)["messages"] == []


def head(url: str, *lines: str) -> Any:
    """The status of a request of which no content is sent."""
    parts = address(url)
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=20) as wire:
        text = "\r\n".join((*lines, f"Host: {authority(parts)}", "", ""))
        wire.sendall(text.encode())
        return int(wire.makefile("rb").readline().split()[1])


def test_nothing_is_read_of_a_stranger(two: Two) -> None:
    """Who is refused by the fields, or announces too much, gets the answer before any content."""
    _, zhangzhou = two
    with serving(zhangzhou) as service:
        post = f"POST {MESSAGES_PATH} HTTP/1.1"
        kind = "Content-Type: application/json"
        assert head(service.url, post, kind, "Content-Length: 90000000") == 401
        assert head(service.url, post, kind, "Content-Length: 900000000") == 413
        assert head(service.url, post, kind, "Transfer-Encoding: chunked") == 411
        assert head(service.url, post, "Content-Type: text/html", "Content-Length: 1") == 415
        assert head(service.url, "GET /exchange HTTP/1.1") == 404
        assert head(service.url, f"PUT {MESSAGES_PATH} HTTP/1.1", "Content-Length: 0") == 405
        assert head(service.url, f"GET {MESSAGES_PATH}/ HTTP/1.1") == 404


def test_anybody_may_ask_who_answers(two: Two) -> None:
    """Name, clock and key id, signed; nothing else."""
    _, zhangzhou = two
    with serving(zhangzhou) as service:
        parts = address(service.url)
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", "/exchange/node?nonce=1")
            answer = connection.getresponse()
            told = orjson.loads(answer.read())
        assert sorted(told) == ["clock", "keyid", "node"]
        assert (told["node"], told["clock"]) == ("zhangzhou", "simulated")
        assert answer.headers["signature-input"].startswith("sig=(")


# -- a peer that is not what it should be ---------------------------------------------------


def test_a_node_of_another_list_is_not_believed(two: Two, tmp_path: Path) -> None:
    """It bears the name of a node of the list, under a key that is not in it."""
    xiamen, _ = two
    (tmp_path / "other").mkdir()
    other = found_region(tmp_path / "other", ("xiamen", "zhangzhou"))["zhangzhou"]
    with serving(other) as service:
        done = pushed(xiamen, service.url, "03-10")
    assert done.code == 1
    assert "not node zhangzhou" in done.err
    assert received(other) == []


def test_oneself_is_no_peer(two: Two) -> None:
    """A node that is told its own address says so."""
    xiamen, _ = two
    with serving(xiamen) as service:
        done = pushed(xiamen, service.url, "03-10")
    assert done.code == 3
    assert "no other node" in done.err


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        b"garbage\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{"node":"zhangzhou","clock":"simulated"}'
        + b" " * 20,
    ],
)
def test_another_service_is_no_node(two: Two, answer: bytes) -> None:
    """Whatever answers there, it ends with 1 and one clear word."""
    xiamen, _ = two
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    with listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        done = pushed(xiamen, url, "03-10", "--retries", "0")
    assert done.code == 1
    assert "no answer of a node" in done.err


def test_a_service_needs_no_trust_list_to_start(tmp_path: Path) -> None:
    """Until one is adopted nobody is answered, and who asks is told to come again."""
    from tests.integration.region import found_city

    alone = found_city(tmp_path, "zhangzhou")
    with serving(alone) as service:
        speaker = Speaker(alone, service)
        assert problem(speaker.send(speaker.request(b"{}"), b"{}")) == (503, "no_trust_list")
        service.process.terminate()
        assert service.process.wait(20) == 0


def test_an_address_that_is_taken_is_told(two: Two) -> None:
    """A second service at the same port ends with 2."""
    _, zhangzhou = two
    with serving(zhangzhou) as service:
        done = zhangzhou.node.call("exchange", "serve", "--port", str(service.port))
    assert done.code == 2
    assert "nothing can listen" in done.err
