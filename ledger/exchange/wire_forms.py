"""What nodes answer each other over HTTP, as JSON; a message travels as the text of its file. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from ledger.errors import UnusableInput
from ledger.events.base import Digest
from ledger.events.peers import MessageKind
from ledger.exchange.forms import MAX_RECORDS
from ledger.exchange.pen import Outgoing
from ledger.exchange.receive import Received, Verdict
from ledger.exchange.wire import PAGE_MESSAGES

MAX_REPLIES: Final = 16
"""A message has one answer today."""

TOLD: Final = {"record", "verdict", "reason"}
"""Of a record: under which id its subject is known here is this node's own."""

ShortText = Annotated[StrictStr, Field(max_length=200)]


class AnswerMalformed(UnusableInput):
    code = "peer_answer_malformed"
    en = "the peer's answer is not as agreed: {where}: {why}"
    zh_cn = "对方应答不符合约定：{where}：{why}"
    zh_tw = "對方應答不符合約定：{where}：{why}"


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Carried(_Form):
    """A message on its way."""

    kind: MessageKind
    id: ShortText
    digest: Digest
    message: StrictStr
    """The envelope, as its file holds it."""

    @classmethod
    def of(cls, one: Outgoing) -> Carried:
        text = one.data.decode("utf-8")
        return cls.model_construct(kind=one.kind, id=one.id, digest=one.digest, message=text)

    @property
    def data(self) -> bytes:
        return self.message.encode("utf-8")


class NodeAnswer(_Form):
    """Who answers at an address."""

    node: ShortText
    clock: ShortText
    keyid: Digest


class PageAnswer(_Form):
    """Part of what is owed, in the order of the outbox."""

    messages: Annotated[tuple[Carried, ...], Field(max_length=PAGE_MESSAGES)]
    more: StrictBool


class TakenAnswer(_Form):
    """What became of a message."""

    kind: MessageKind | None
    digest: Digest
    verdict: Verdict
    reason: ShortText | None
    records: Annotated[tuple[dict[ShortText, ShortText], ...], Field(max_length=MAX_RECORDS)]
    effects: Annotated[tuple[dict[ShortText, ShortText], ...], Field(max_length=MAX_RECORDS)]
    replies: Annotated[tuple[Carried, ...], Field(max_length=MAX_REPLIES)]

    @classmethod
    def of(cls, done: Received, peer: str) -> TakenAnswer:
        """Replies to anybody else than ``peer`` are left out: they have another address."""
        return cls.model_construct(
            kind=done.kind,
            digest=done.digest,
            verdict=done.verdict,
            reason=done.reason,
            records=tuple(
                {name: text for name, text in record.items() if name in TOLD}
                for record in done.records
            ),
            effects=done.effects,
            replies=tuple(Carried.of(one) for one in done.replies if one.recipient == peer),
        )


F = TypeVar("F", bound=_Form)


def to_json(answer: _Form) -> bytes:
    return orjson.dumps(answer.model_dump())


def from_json(data: bytes, form: type[F]) -> F:
    """Raises ``AnswerMalformed``, without a value of it."""
    try:
        value: Any = orjson.loads(data)
        return form.model_validate(value)
    except orjson.JSONDecodeError:
        raise AnswerMalformed(where="JSON", why="it is none") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(ascii(part).strip("'") for part in first["loc"])
        raise AnswerMalformed(where=where[:100], why=first["msg"]) from None
