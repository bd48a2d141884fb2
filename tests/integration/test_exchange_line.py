"""A line between two open nodes without a socket: pages, lying peers, real clocks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import SplitResult

import orjson
import pytest

from ledger.clock import NotSimulated
from ledger.exchange import desk as desk_module
from ledger.exchange.calling import Answer, Patience, PeerAnswerUnusable, PeerBusy
from ledger.exchange.common import UnknownPeer
from ledger.exchange.courier import Courier, Line, PeerIsAnother, PeerNotGenuine
from ledger.exchange.desk import Desk, InstantUnusable
from ledger.exchange.replays import MadeBeforeStart
from ledger.exchange.wire import (
    AT,
    NODE_PATH,
    OUTBOX_PATH,
    Asked,
    NotFresh,
    sign_answer,
    sign_request,
)
from ledger.exchange.wire_forms import Carried, NodeAnswer, PageAnswer, to_json
from ledger.node import Node
from tests.integration.driving import Founded, call
from tests.integration.region import OPERATOR, City, at, found_region
from tests.integration.region_case import collected, objected

DAY = datetime(2026, 3, 23, 2, tzinfo=UTC)
IMPATIENT = Patience(lambda _: None, lambda: 0.0, attempts=2)
Caller = Callable[[SplitResult, Asked, bytes, float], Answer]


def desk_caller(desk: Desk, heard: list[Asked] | None = None) -> Caller:
    """Asks the desk itself, as the application would."""

    def ask(_: SplitResult, asked: Asked, body: bytes, __: float) -> Answer:
        if heard is not None:
            heard.append(asked)
        if asked.path == NODE_PATH:
            said = desk.node(asked)
        elif asked.path == OUTBOX_PATH:
            said = desk.outbox(desk.caller(asked))
        else:
            said = desk.take(desk.caller(asked), body)
        return Answer(200, {name: (text,) for name, text in said.fields.items()}, said.body)

    return ask


def line(node: Node, caller: Caller, at: datetime | None = DAY) -> Line:
    return Line(node, "http://peer.example", IMPATIENT, at=at, caller=caller)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cities; xiamen owes zhangzhou three bundles and, for one record, a notice."""
    folder = tmp_path_factory.mktemp("founded")
    cities = found_region(folder)
    collected(cities["xiamen"])
    for _ in range(3):
        cities["xiamen"].send("zhangzhou", "03-10", "@R1")
    objected(cities["xiamen"])
    return folder


@pytest.fixture
def nodes(founded: Path, tmp_path: Path) -> Iterator[dict[str, Node]]:
    with ExitStack() as stack:
        found = {}
        for name in ("xiamen", "zhangzhou", "quanzhou"):
            shutil.copytree(founded / name, tmp_path / name)
            city = Founded(tmp_path / name / "home", name)
            found[name] = stack.enter_context(city.opened())
        yield found


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_a_pull_takes_every_page(
    nodes: dict[str, Node], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a page holds, each message is taken in once and in order, and answered."""
    monkeypatch.setattr(desk_module, "PAGE_MESSAGES", page)
    way = line(nodes["zhangzhou"], desk_caller(Desk(nodes["xiamen"])))
    done = Courier(nodes["zhangzhou"], way, "op-7", at=DAY).pull()
    assert [one.kind for one in done.received] == ["bundle", "bundle", "bundle", "notice"]
    assert [one.kind for one in done.sent] == ["receipt"] * 3
    assert done.is_clean


def test_a_page_has_so_many_bytes(nodes: dict[str, Node], monkeypatch: pytest.MonkeyPatch) -> None:
    """One message at least, and no second one beyond the limit."""
    monkeypatch.setattr(desk_module, "PAGE_BYTES", 10)
    way = line(nodes["zhangzhou"], desk_caller(Desk(nodes["xiamen"])))
    way.open()
    page = way.owed(None)
    assert (len(page.messages), page.more) == (1, True)
    after = way.owed(page.messages[0].id)
    assert after.messages[0].id != page.messages[0].id
    assert way.owed("unknown").messages[0].id == page.messages[0].id


def test_a_peer_that_never_ends_is_left(nodes: dict[str, Node]) -> None:
    """The same page again and again brings nothing new, and is not asked for again."""
    desk, asked_for = Desk(nodes["xiamen"]), 0

    def repeat(parts: SplitResult, asked: Asked, body: bytes, seconds: float) -> Answer:
        nonlocal asked_for
        answer = desk_caller(desk)(parts, asked, body, seconds)
        if asked.path != OUTBOX_PATH:
            return answer
        asked_for += 1
        told = answer.body.replace(b'"more":false', b'"more":true')
        key = nodes["xiamen"].signing_key
        made = sign_answer(told, asked, key, created=1, nonce="n", at=None)
        return Answer(200, {name: (text,) for name, text in made.items()}, told)

    done = Courier(nodes["zhangzhou"], line(nodes["zhangzhou"], repeat), "op-7", at=DAY).pull()
    assert asked_for == 2
    assert len(done.received) == 4


def test_what_was_answered_is_no_place_to_go_on_from(nodes: dict[str, Node]) -> None:
    """A pull goes on after a message that stays owed: one that was answered is there no more."""
    owed = ["notice-1", "acknowledgement-1", "notice-2"]
    taken: list[str] = []

    class Scripted(Line):
        def open(self) -> str:
            return "xiamen"

        def owed(self, after: str | None) -> PageAnswer:
            start = owed.index(after) + 1 if after in owed else 0
            page = [
                Carried.model_construct(kind="notice", id=one, digest="", message=one)
                for one in owed[start : start + 1]
            ]
            more = start + 1 < len(owed)
            return PageAnswer.model_construct(messages=tuple(page), more=more)

    class Noting(Courier):
        def _fetched(self, data: bytes) -> bool:
            taken.append(data.decode())
            if taken[-1].startswith("acknowledgement"):
                owed.remove(taken[-1])
                return True
            return False

    way = Scripted(nodes["zhangzhou"], "http://peer.example", IMPATIENT, at=DAY)
    Noting(nodes["zhangzhou"], way, "op-7", at=DAY).pull()
    assert taken == ["notice-1", "acknowledgement-1", "notice-2"]


def test_no_request_is_made_twice(nodes: dict[str, Node]) -> None:
    """What is tried again is signed anew: the peer takes no request for a repetition."""
    heard: list[Asked] = []
    inner = desk_caller(Desk(nodes["zhangzhou"]), heard)

    def lost(parts: SplitResult, asked: Asked, body: bytes, seconds: float) -> Answer:
        answer = inner(parts, asked, body, seconds)
        if asked.method == "POST" and len(heard) == 2:
            raise PeerBusy(url="u", status=503, code="c", why="the answer was lost")
        return answer

    done = Courier(nodes["xiamen"], line(nodes["xiamen"], lost), "op-7", at=DAY).push()
    assert [one.answer.verdict for one in done.sent] == ["duplicate", *["accepted"] * 3]
    assert len({asked.one("signature") for asked in heard if "signature" in asked.fields}) == 5


# -- peers that lie -------------------------------------------------------------------------


def as_node(name: str, signer: Node) -> Caller:
    """A peer that says it is ``name``."""

    def ask(_: SplitResult, asked: Asked, __: bytes, ___: float) -> Answer:
        body = to_json(NodeAnswer(node=name, clock="simulated", keyid=signer.signing_key.keyid))
        key = signer.signing_key
        made = sign_answer(body, asked, key, created=1, nonce="n", at=None)
        return Answer(200, {field: (text,) for field, text in made.items()}, body)

    return ask


def test_a_node_under_anothers_name(nodes: dict[str, Node]) -> None:
    """A node of the list that says it is another one is told apart by its key."""
    with pytest.raises(PeerIsAnother):
        line(nodes["xiamen"], as_node("zhangzhou", nodes["quanzhou"])).open()
    with pytest.raises(UnknownPeer):
        line(nodes["xiamen"], as_node("nowhere", nodes["quanzhou"])).open()
    with pytest.raises(PeerNotGenuine):
        line(nodes["xiamen"], as_node("zhangzhou", nodes["xiamen"])).open()
    assert line(nodes["xiamen"], as_node("quanzhou", nodes["quanzhou"])).open() == "quanzhou"


def test_answers_that_were_changed_or_are_old(nodes: dict[str, Node]) -> None:
    """A changed content, and the answer to an earlier request, are not the peer's answer."""
    kept: list[Answer] = []
    inner = desk_caller(Desk(nodes["zhangzhou"]))

    def changed(parts: SplitResult, asked: Asked, body: bytes, seconds: float) -> Answer:
        answer = inner(parts, asked, body, seconds)
        if asked.method == "POST":
            return replace(answer, body=answer.body.replace(b"accepted", b"refused "))
        return answer

    courier = Courier(nodes["xiamen"], line(nodes["xiamen"], changed), "op-7", at=DAY)
    with pytest.raises(PeerNotGenuine):
        courier.push()
    assert courier.done.sent == []

    def old(parts: SplitResult, asked: Asked, body: bytes, seconds: float) -> Answer:
        answer = inner(parts, asked, body, seconds)
        if asked.method == "POST":
            kept.append(answer)
            return kept[0]
        return answer

    courier = Courier(nodes["xiamen"], line(nodes["xiamen"], old), "op-7", at=DAY)
    with pytest.raises(PeerNotGenuine):
        courier.push()
    assert len(courier.done.sent) == 1


def test_a_signed_answer_must_be_an_answer(nodes: dict[str, Node]) -> None:
    """Garbage and an answer about another message are told, signed or not."""
    inner = desk_caller(Desk(nodes["zhangzhou"]))
    for body in (b"{}", b'{"kind":"bundle"', None):

        def garbage(
            parts: SplitResult,
            asked: Asked,
            sent: bytes,
            seconds: float,
            body: bytes | None = body,
        ) -> Answer:
            answer = inner(parts, asked, sent, seconds)
            if asked.method != "POST":
                return answer
            value = orjson.loads(answer.body)
            told = body or orjson.dumps(value | {"digest": "0" * 64})
            key = nodes["zhangzhou"].signing_key
            made = sign_answer(told, asked, key, created=1, nonce="n", at=None)
            return Answer(200, {name: (text,) for name, text in made.items()}, told)

        with pytest.raises(PeerAnswerUnusable):
            Courier(nodes["xiamen"], line(nodes["xiamen"], garbage), "op-7", at=DAY).push()


# -- clocks ---------------------------------------------------------------------------------


def found_real(folder: Path, names: tuple[str, ...]) -> dict[str, City]:
    """Nodes with real clocks that go by one list, from today on."""
    cities = {}
    for name in names:
        (folder / name).mkdir()
        home = folder / name / "home"
        assert call("init", "--home", home, "--node", name, "--region", "350200").code == 0
        cities[name] = City(Founded(home, name), folder / name)
    governor, draft, listed = folder / "key", folder / "draft.json", folder / "list.json"
    assert call("key", "new", "-o", governor).code == 0
    members = []
    for city in cities.values():
        members.append(city.folder / "trust.json")
        assert city.node.call("trust", "export", "-o", members[-1]).code == 0
    now = datetime.now(UTC)
    made = call(
        "trust", "make", *members, "--governor", f"{governor}.pub", "--threshold", "1",
        "--issued", now.isoformat(), "--expires", (now + timedelta(days=1)).isoformat(),
        "-o", draft,
    )  # fmt: skip
    assert made.code == 0, made.err
    assert call("trust", "sign", draft, "--key", governor, "-o", listed).code == 0
    for city in cities.values():
        done = city.node.call("trust", "adopt", listed, *OPERATOR)
        assert done.code == 0, done.err
    return cities


class Shifted:
    """The clock of a node, so many seconds wrong."""

    def __init__(self, node: Node, seconds: float) -> None:
        self.node, self.seconds = node, seconds

    def __call__(self, at: datetime | None = None) -> datetime:
        return Node.instant(self.node, at) + timedelta(seconds=self.seconds)


def test_between_real_clocks_a_request_is_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instant that is told is refused on either side, and so is a request that is old, ahead,
    or from before the service began."""
    cities = found_real(tmp_path, ("xiamen", "zhangzhou"))
    assert cities["xiamen"].node.call(
        "exchange", "push", "--peer", "http://127.0.0.1:1", "--at", at("03-10")
    ).code == 2  # fmt: skip
    with cities["xiamen"].node.opened() as here, cities["zhangzhou"].node.opened() as there:
        heard: list[Asked] = []
        way = line(here, desk_caller(Desk(there), heard), None)
        way.open()
        monkeypatch.setattr(here, "instant", Shifted(here, 2))
        assert way.owed(None).messages == ()
        for seconds, error in ((-1, MadeBeforeStart), (-70, NotFresh), (20, NotFresh)):
            monkeypatch.setattr(here, "instant", Shifted(here, seconds))
            with pytest.raises(error):
                way.owed(None)
        told = dict(heard[-1].fields) | {AT: ("today",)}
        asked = without_signature(replace(heard[-1], fields=told))
        with pytest.raises(InstantUnusable):
            Desk(there).caller(sign_request(asked, here.signing_key, created=1, nonce="n"))


def without_signature(asked: Asked) -> Asked:
    fields = {name: v for name, v in asked.fields.items() if not name.startswith("signature")}
    return replace(asked, fields=fields)


def test_a_real_node_is_told_no_instant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request of a simulated clock that says when it is made is refused by a real one."""
    cities = found_real(tmp_path, ("xiamen", "zhangzhou"))
    with cities["xiamen"].node.opened() as here, cities["zhangzhou"].node.opened() as there:
        heard: list[Asked] = []
        way = line(here, desk_caller(Desk(there), heard), None)
        way.open()
        monkeypatch.setattr(here, "instant", Shifted(here, 2))
        way.owed(None)
        bare = without_signature(heard[-1])
        told = replace(bare, fields=dict(bare.fields) | {AT: ("2026-03-10T02:00:00.000000Z",)})
        with pytest.raises(NotSimulated):
            Desk(there).caller(sign_request(told, here.signing_key, created=1, nonce="n"))
