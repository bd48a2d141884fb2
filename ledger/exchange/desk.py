"""An open node that others ask: who asks, what they bring, what is owed to them.

Everything here runs in one thread, one request after the other, and knows nothing of sockets.
A request is judged by its fields before any of its content is read; nothing is written for
anybody but a node of the adopted trust list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

import orjson

from ledger.entry import format_instant, parse_instant
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.exchange.common import require_list, require_peer
from ledger.exchange.forms import MAX_BUNDLE_BYTES
from ledger.exchange.replays import Replays
from ledger.exchange.wire import (
    AT,
    PAGE_BYTES,
    PAGE_MESSAGES,
    TO,
    Asked,
    ForAnotherNode,
    read_request,
    require_content,
    require_fresh,
    require_speaker,
    sign_answer,
)
from ledger.exchange.wire_forms import Carried, NodeAnswer, PageAnswer, TakenAnswer, to_json
from ledger.exchanging import Exchange, Received
from ledger.node import Node
from ledger.signing.dsse import Envelope

SERVICE_OPERATOR: Final = "exchange"
"""Who takes in what comes over HTTP, unless an operator is named: the service itself."""

MAX_QUERY: Final = 1024


class MessageOfAnother(Refusal):
    code = "http_message_of_another"
    en = "the message is signed by {sender} and brought by {peer}; each node brings its own"
    zh_cn = "该消息由 {sender} 签名，却由 {peer} 送达；各节点只能递送自己的消息"
    zh_tw = "該訊息由 {sender} 簽章，卻由 {peer} 送達；各節點只能遞送自己的訊息"


class QueryUnusable(UnusableInput):
    code = "http_query_unusable"
    en = "the query of {path} is not as agreed: {names}, each at most once"
    zh_cn = "{path} 的查询参数不符合约定：{names}，各最多一次"
    zh_tw = "{path} 的查詢參數不符合約定：{names}，各最多一次"


class InstantUnusable(UnusableInput):
    code = "http_instant_unusable"
    en = "{field} is no instant as 2026-03-02T01:15:00.000000Z"
    zh_cn = "{field} 不是形如 2026-03-02T01:15:00.000000Z 的时刻"
    zh_tw = "{field} 不是形如 2026-03-02T01:15:00.000000Z 的時刻"


@dataclass(frozen=True, slots=True)
class Caller:
    """A request whose fields hold: from whom, and when."""

    asked: Asked
    peer: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of status 200."""

    body: bytes
    fields: dict[str, str]


class Desk:
    """See the module."""

    def __init__(
        self,
        node: Node,
        operator: str = SERVICE_OPERATOR,
        labels: Callable[[Received], None] = lambda _: None,
    ) -> None:
        """``labels`` is told of each message that was taken in."""
        self._node = node
        self._exchange = Exchange(node)
        self._operator = operator
        self._labels = labels
        started = None if node.is_simulated else int(node.instant().timestamp())
        self._replays = Replays(started)

    # -- who asks --------------------------------------------------------------

    def caller(self, asked: Asked) -> Caller:
        """Raises a ``LedgerError`` where the fields of a request do not say who makes it, or
        where that is nobody whom this node answers.
        """
        signed = read_request(asked)
        at = _instant(asked)
        now = self._node.instant(at)
        key = require_speaker(signed, require_list(self._node).trust, self._node.name, now)
        require_peer(self._node, require_list(self._node), key.node)
        to = asked.one(TO)
        if to != self._node.name:
            raise ForAnotherNode(to=to[:64], node=self._node.name)
        if not self._node.is_simulated:
            require_fresh(signed, now)
        self._replays.admit(signed, int(now.timestamp()))
        return Caller(asked, key.node, at)

    # -- what they are told ----------------------------------------------------

    def node(self, asked: Asked) -> Said:
        """Who answers here."""
        _query(asked, {"nonce"})
        settings = self._node.settings
        keyid = self._node.signing_key.keyid
        answer = NodeAnswer(node=self._node.name, clock=settings.clock, keyid=keyid)
        return self._said(to_json(answer), asked, None)

    def outbox(self, caller: Caller) -> Said:
        """What is owed to the caller and stands after the message that it names.

        From the beginning where that is not owed any more.
        """
        query = _query(caller.asked, {"to", "after"})
        if query.get("to", caller.peer) != caller.peer:
            raise ForAnotherNode(to=query["to"][:64], node=caller.peer)
        owed = self._exchange.outbox(caller.peer, caller.at)
        ids = [one.id for one in owed]
        after = query.get("after")
        start = ids.index(after) + 1 if after in ids else 0
        page: list[Carried] = []
        size = 0
        for one in owed[start : start + PAGE_MESSAGES]:
            made = Carried.of(one)
            size += len(made.message)
            if page and size > PAGE_BYTES:
                break
            page.append(made)
        more = start + len(page) < len(owed)
        answer = PageAnswer.model_construct(messages=tuple(page), more=more)
        return self._said(to_json(answer), caller.asked, caller.at)

    def take(self, caller: Caller, body: bytes) -> Said:
        """Take a message in, of the caller's own. Raises ``ContentChanged``, ``MessageOfAnother``,
        and what keeps the node from writing; then nothing was written.
        """
        _query(caller.asked, set())
        require_content(caller.asked.one("content-digest"), body)
        sender = told_sender(body)
        if sender not in {None, caller.peer}:
            raise MessageOfAnother(sender=str(sender)[:64], peer=caller.peer)
        done = self._exchange.receive(body, self._operator, caller.at)
        self._labels(done)
        answer = TakenAnswer.of(done, caller.peer)
        return self._said(to_json(answer), caller.asked, caller.at)

    def _said(self, body: bytes, asked: Asked, at: datetime | None) -> Said:
        node = self._node
        node.registry()
        node.require_key(node.signing_key, "receipts", "node.key")
        fields = sign_answer(
            body,
            asked,
            node.signing_key,
            created=int(node.instant().timestamp()),
            nonce=node.new_id(),
            at=None if at is None else format_instant(at),
        )
        return Said(body, fields)


def told_sender(body: bytes) -> str | None:
    """Whom the message names as its sender; None where it is no message."""
    try:
        envelope = Envelope.from_json(body, max_bytes=MAX_BUNDLE_BYTES)
        value = orjson.loads(envelope.payload)
    except (LedgerError, orjson.JSONDecodeError):
        return None
    sender = value.get("sender") if isinstance(value, dict) else None
    return sender if isinstance(sender, str) else None


def _instant(asked: Asked) -> datetime | None:
    if AT not in asked.fields:
        return None
    try:
        return parse_instant(asked.one(AT))
    except ValueError:
        raise InstantUnusable(field=AT) from None


def _query(asked: Asked, names: set[str]) -> dict[str, str]:
    """The query's values. Raises ``QueryUnusable`` for any other name, or one that stands twice."""
    try:
        pairs = parse_qsl(asked.query, strict_parsing=True) if asked.query else []
    except ValueError:
        pairs = [("", "")]
    found = dict(pairs)
    is_long = len(asked.query) > MAX_QUERY
    if is_long or len(found) != len(pairs) or set(found) - names:
        raise QueryUnusable(path=asked.path, names=", ".join(sorted(names)) or "-")
    return found
