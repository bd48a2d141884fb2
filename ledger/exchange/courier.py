"""What this node owes to a peer is brought to it, and what it owes is fetched, over HTTP.

Everything may be repeated: what the log says decides what is owed, and a message that arrives
twice has one effect. A run that breaks off has done what it has done, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError
from ledger.events.peers import MessageKind
from ledger.exchange.calling import (
    CALL_SECONDS,
    Answer,
    Call,
    Patience,
    PeerAnswerUnusable,
    address,
    authority,
    call,
    require_200,
)
from ledger.exchange.common import require_list, require_peer
from ledger.exchange.wire import (
    AT,
    JSON_TYPE,
    MESSAGES_PATH,
    NODE_PATH,
    OUTBOX_PATH,
    TO,
    Asked,
    one_of,
    read_answer,
    require_content,
    require_speaker,
    sign_request,
)
from ledger.exchange.wire_forms import (
    AnswerMalformed,
    NodeAnswer,
    PageAnswer,
    TakenAnswer,
    from_json,
)
from ledger.exchanging import Exchange, Outgoing, Received
from ledger.node import Node
from ledger.signing.http_signature import content_digest

Report = Callable[[int, int], None]
F = TypeVar("F", NodeAnswer, PageAnswer, TakenAnswer)


class PeerNotGenuine(LedgerError):
    code = "peer_not_genuine"
    exit_code = ExitCode.CHECK_FAILED
    en = "what answers at {url} is not node {node}: {why}"
    zh_cn = "{url} 的应答者不是节点 {node}：{why}"
    zh_tw = "{url} 的應答者不是節點 {node}：{why}"


class PeerIsAnother(LedgerError):
    code = "peer_is_another"
    exit_code = ExitCode.CHECK_FAILED
    en = "the key that signs at {url} is {found}'s, and it says that it is {node}"
    zh_cn = "{url} 的签名密钥属于 {found}，而其自称为 {node}"
    zh_tw = "{url} 的簽章金鑰屬於 {found}，而其自稱為 {node}"


class Line:
    """Signed requests to the node at one address, and its signed answers."""

    def __init__(
        self,
        node: Node,
        url: str,
        patience: Patience,
        *,
        at: datetime | None = None,
        seconds: float = CALL_SECONDS,
        caller: Call = call,
    ) -> None:
        """Raises ``PeerUrlRefused``."""
        self._node = node
        self._parts = address(url)
        self._patience = patience
        self._at = at
        self._seconds = seconds
        self._call = caller
        self.url = self._parts.geturl()
        self.peer = ""
        """Who answers there; known once ``open`` was called."""

    def open(self) -> str:
        """Who answers there, another node of the adopted list that signs its answer itself.

        Raises ``NoTrustList``, ``UnknownPeer``, ``PeerNotGenuine``, ``PeerIsAnother``.
        """
        listed = require_list(self._node)
        self._node.instant(self._at)  # an instant that this clock cannot take is told first
        asked = self._asked("GET", NODE_PATH, {"nonce": self._node.new_id()}, {})
        answer = self._patience.patiently(lambda: self._made(asked, b""))
        told = self._read(answer, NodeAnswer)
        require_peer(self._node, listed, told.node)
        self._require_genuine(answer, asked, told.node)
        self.peer = told.node
        return told.node

    def send(self, data: bytes) -> TakenAnswer:
        """What became of a message there."""
        return self._genuine("POST", MESSAGES_PATH, {}, data, TakenAnswer)

    def owed(self, after: str | None) -> PageAnswer:
        """What the peer owes to this node, after a message."""
        query = {"to": self._node.name} | ({} if after is None else {"after": after})
        return self._genuine("GET", OUTBOX_PATH, query, b"", PageAnswer)

    # -- one request -----------------------------------------------------------

    def _genuine(
        self, method: str, path: str, query: Mapping[str, str], body: bytes, form: type[F]
    ) -> F:
        made: list[Asked] = []

        def attempt() -> Answer:
            made[:] = [self._signed(method, path, query, body)]  # no request is made twice
            return self._made(made[0], body)

        answer = self._patience.patiently(attempt)
        self._require_genuine(answer, made[0], self.peer)
        return self._read(answer, form)

    def _asked(
        self, method: str, path: str, query: Mapping[str, str], fields: Mapping[str, str]
    ) -> Asked:
        told = {name: (value,) for name, value in fields.items()}
        return Asked(method, authority(self._parts), path, urlencode(query), told)

    def _signed(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Asked:
        node = self._node
        node.registry()
        node.require_key(node.signing_key, "receipts", "node.key")
        fields = {TO: self.peer, "content-digest": content_digest(body)}
        if method == "POST":
            fields["content-type"] = JSON_TYPE
        if self._at is not None:
            fields[AT] = format_instant(self._at)
        asked = self._asked(method, path, query, fields)
        created = int(node.instant(self._at).timestamp())
        return sign_request(asked, node.signing_key, created=created, nonce=node.new_id())

    def _made(self, asked: Asked, body: bytes) -> Answer:
        answer = self._call(self._parts, asked, body, self._seconds)
        require_200(answer, self.url)
        return answer

    def _require_genuine(self, answer: Answer, asked: Asked, name: str) -> None:
        """That the node itself answers, and this request: no clock is needed to know that."""
        node = self._node
        try:
            signed = read_answer(answer.fields, asked)
            trust = require_list(node).trust
            key = require_speaker(signed, trust, node.name, node.instant(self._at))
            require_content(one_of(answer.fields, "content-digest"), answer.body)
        except LedgerError as error:
            raise PeerNotGenuine(url=self.url, node=name, why=error) from error
        if key.node != name:
            raise PeerIsAnother(url=self.url, node=name, found=key.node)

    def _read(self, answer: Answer, form: type[F]) -> F:
        try:
            return from_json(answer.body, form)
        except AnswerMalformed as error:
            raise PeerAnswerUnusable(url=self.url, why=error) from error


@dataclass(frozen=True, slots=True)
class Brought:
    """A message that was brought, and what became of it there."""

    kind: MessageKind
    id: str
    digest: str
    answer: TakenAnswer


@dataclass(slots=True)
class Delivery:
    """What a run has done so far."""

    peer: str = ""
    sent: list[Brought] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was refused on either side."""
        verdicts = [one.answer.verdict for one in self.sent]
        verdicts += [one.verdict for one in self.received]
        return not {"refused", "quarantined"} & set(verdicts)


MAX_PAGES: Final = 100_000
"""Of one run: a peer that never comes to an end is left."""


class Courier:
    """One run between an open node and the peer at the other end of a line."""

    def __init__(
        self,
        node: Node,
        line: Line,
        operator: str,
        *,
        at: datetime | None = None,
        took: Callable[[Received], None] = lambda _: None,
        report: Report | None = None,
    ) -> None:
        """``took`` is told of each message that was taken in here."""
        self._exchange = Exchange(node)
        self._line = line
        self._operator = operator
        self._at = at
        self._took = took
        self._report = report or (lambda *_: None)
        self.done = Delivery()

    def push(self) -> Delivery:
        """Bring the peer all that is owed to it, bundles first, and take in its replies."""
        self.done.peer = self._line.open()
        owed = self._exchange.outbox(self.done.peer, self._at)
        for number, one in enumerate(owed, 1):
            self._bring(one)
            self._report(number, len(owed))
        return self.done

    def pull(self) -> Delivery:
        """Fetch all that the peer owes, and bring it the replies."""
        self.done.peer = self._line.open()
        seen: set[str] = set()
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._line.owed(after)
            new = [one for one in page.messages if one.id not in seen]
            for one in new:
                seen.add(one.id)
                if not self._fetched(one.data):
                    after = one.id  # answered by what is owed later, so that it stays there
                self._report(len(seen), len(seen) + page.more)
            if not new or not page.more:
                return self.done
        return self.done

    def _bring(self, one: Outgoing) -> None:
        answer = self._line.send(one.data)
        if answer.digest != one.digest:
            raise PeerAnswerUnusable(url=self._line.url, why="it speaks of another message")
        self.done.sent.append(Brought(one.kind, one.id, one.digest, answer))
        for reply in answer.replies:
            self._take_in(reply.data)

    def _fetched(self, data: bytes) -> bool:
        """Whether the peer was told at once what became of it."""
        told = False
        for reply in self._take_in(data).replies:
            if reply.recipient == self.done.peer:
                self._bring(reply)
                told = True
        return told

    def _take_in(self, data: bytes) -> Received:
        done = self._exchange.receive(data, self._operator, self._at)
        self.done.received.append(done)
        self._took(done)
        return done
