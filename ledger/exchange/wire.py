"""How nodes speak over HTTP: paths, fields, and what of a message is signed. Pure.

    GET  /exchange/node?nonce=N             who answers here; anybody may ask
    GET  /exchange/outbox?to=NODE&after=ID  what this node owes to whoever asks, in pages
    POST /exchange/messages                 one message, taken in whole or not at all

All but the first are signed requests (``ledger.signing.http_signature``): method, authority, path,
query, the digest of the content, its type where there is content, ``Credit-Ledger-To`` (so that
nothing signed for one node speaks to another) and ``Credit-Ledger-At`` where it is given. Every
answer of status 200 is signed: status, type, digest, instant, and of the request all that an
answer to another request would not have. Answers of any other status say why and prove nothing.

Keys are those of the adopted trust list, for the purpose ``receipts``: whoever takes part in the
exchange must answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ledger.errors import LedgerError, Phrase, Refusal, UnusableInput
from ledger.exchange.forms import MAX_BUNDLE_BYTES
from ledger.log.trust import KeyState, Trust, TrustedKey
from ledger.signing.http_signature import (
    LABEL,
    HttpSignatureMalformed,
    Signed,
    content_digest,
    read,
    sign,
)
from ledger.signing.keys import SigningKey

NODE_PATH: Final = "/exchange/node"
OUTBOX_PATH: Final = "/exchange/outbox"
MESSAGES_PATH: Final = "/exchange/messages"

TO: Final = "credit-ledger-to"
AT: Final = "credit-ledger-at"
JSON_TYPE: Final = "application/json"
TAG: Final = "credit-ledger-exchange/v1"

SINCE_SECONDS: Final = 60
"""How old a request may be between real clocks: a slow line, and clocks a little apart."""

AHEAD_SECONDS: Final = 5
"""How far ahead of the reader's clock it may be made: as messages themselves."""

PAGE_MESSAGES: Final = 100
PAGE_BYTES: Final = 4 << 20
"""Of one page of an outbox, unless its first message alone is larger."""

MAX_ANSWER_BYTES: Final = MAX_BUNDLE_BYTES + 2 * PAGE_BYTES
"""A page that is one bundle, escaped as a JSON text."""


class NotSigned(Refusal):
    code = "http_not_signed"
    en = "{field} stands not once: every request to a node and every answer is signed (RFC 9421)"
    zh_cn = "{field} 未恰好出现一次：节点间的请求与应答均须签名（RFC 9421）"
    zh_tw = "{field} 未恰好出現一次：節點間的請求與應答均須簽章（RFC 9421）"


class NotGenuine(Refusal):
    code = "http_signature_fails"
    en = "the HTTP signature under key {keyid} does not hold; the message was changed on its way"
    zh_cn = "密钥 {keyid} 的 HTTP 签名无效；消息在途中被改动"
    zh_tw = "金鑰 {keyid} 的 HTTP 簽章無效；訊息在途中遭改動"


class KeyMayNotSpeak(Refusal):
    code = "http_key_refused"
    en = "key {keyid} speaks for no other node here: {why}"
    zh_cn = "密钥 {keyid} 不能代表其他节点：{why}"
    zh_tw = "金鑰 {keyid} 不能代表其他節點：{why}"


class ContentChanged(Refusal):
    code = "http_content_changed"
    en = "the content has another SHA-256 digest than the one that was signed; send it again"
    zh_cn = "内容的 SHA-256 摘要与所签名的不符；请重新发送"
    zh_tw = "內容的 SHA-256 摘要與所簽章的不符；請重新傳送"


class ForAnotherNode(Refusal):
    code = "http_for_another_node"
    en = "the request is made to node {to}, this is {node}"
    zh_cn = "该请求发给节点 {to}，本节点为 {node}"
    zh_tw = "該請求發給節點 {to}，本節點為 {node}"


class NotFresh(Refusal):
    code = "http_not_fresh"
    en = "the message is dated {created} and the clock here says {now} (seconds); set the clocks"
    zh_cn = "消息时间为 {created}，本机时钟为 {now}（秒）；请校准时钟"
    zh_tw = "訊息時間為 {created}，本機時鐘為 {now}（秒）；請校準時鐘"


class NoSuchTag(UnusableInput):
    code = "http_other_tag"
    en = "the HTTP signature is made for another use than " + TAG
    zh_cn = "该 HTTP 签名并非用于 " + TAG
    zh_tw = "該 HTTP 簽章並非用於 " + TAG


_NOT_LISTED = Phrase(
    "the trust list does not have it", "信任列表中没有该密钥", "信任列表中沒有該金鑰"
)
_OWN = Phrase("it is this node's own", "它是本节点自己的密钥", "它是本節點自己的金鑰")
_PURPOSE = Phrase("it is not for receipts", "其用途不含 receipts", "其用途不含 receipts")
_STATES: Final = {
    KeyState.NOT_YET: Phrase("it is not valid yet", "尚未生效", "尚未生效"),
    KeyState.ENDED: Phrase("it is no longer valid", "已失效", "已失效"),
    KeyState.COMPROMISED: Phrase("it is compromised", "已失密", "已失密"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request without its content."""

    method: str
    authority: str
    """Host and port as the request names them, lower case."""
    path: str
    query: str = ""
    """As it stands in the address, without the question mark."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each field's values, by its name in lower case."""

    def one(self, name: str) -> str:
        """The value of a field that stands once. Raises ``NotSigned``."""
        return one_of(self.fields, name)


def one_of(fields: Mapping[str, tuple[str, ...]], name: str) -> str:
    found = fields.get(name, ())
    if len(found) != 1:
        raise NotSigned(field=name)
    return found[0]


def _place(asked: Asked, mark: str = "") -> dict[str, str]:
    return {
        f'"@method"{mark}': asked.method,
        f'"@authority"{mark}': asked.authority,
        f'"@path"{mark}': asked.path,
        f'"@query"{mark}': f"?{asked.query}",
    }


def _of_request(asked: Asked) -> dict[str, str]:
    """The components of a request that is signed, and their values."""
    names = [TO, "content-digest"]
    if asked.method == "POST":
        names.append("content-type")
    if AT in asked.fields:
        names.append(AT)
    return _place(asked) | {f'"{name}"': asked.one(name) for name in names}


def _of_answer(fields: Mapping[str, tuple[str, ...]], status: int, asked: Asked) -> dict[str, str]:
    """The same of an answer to ``asked``."""
    names = ["content-type", "content-digest"]
    if AT in fields:
        names.append(AT)
    values = {'"@status"': str(status)} | {f'"{name}"': one_of(fields, name) for name in names}
    values |= _place(asked, ";req")
    if "signature" in asked.fields:
        values['"content-digest";req'] = asked.one("content-digest")
        key = f'"signature";req;key="{LABEL}"'
        values[key] = asked.one("signature").removeprefix(f"{LABEL}=")
    return values


def sign_request(asked: Asked, key: SigningKey, *, created: int, nonce: str) -> Asked:
    """The request with its signature; its other fields are there already."""
    made = sign(key, _of_request(asked), created=created, nonce=nonce, tag=TAG)
    fields = dict(asked.fields) | {name: (value,) for name, value in made.items()}
    return Asked(asked.method, asked.authority, asked.path, asked.query, fields)


def sign_answer(
    body: bytes, asked: Asked, key: SigningKey, *, created: int, nonce: str, at: str | None
) -> dict[str, str]:
    """The fields of an answer of status 200 with this content."""
    fields = {"content-type": JSON_TYPE, "content-digest": content_digest(body)}
    if at is not None:
        fields[AT] = at
    values = _of_answer({name: (value,) for name, value in fields.items()}, 200, asked)
    return fields | sign(key, values, created=created, nonce=nonce, tag=TAG)


def read_request(asked: Asked) -> Signed:
    """Raises ``NotSigned``, ``HttpSignatureMalformed``, ``NoSuchTag``."""
    given = asked.one("signature-input"), asked.one("signature")
    return _tagged(read(*given, _of_request(asked)))


def read_answer(fields: Mapping[str, tuple[str, ...]], asked: Asked) -> Signed:
    """Of an answer of status 200; raises as ``read_request``."""
    given = one_of(fields, "signature-input"), one_of(fields, "signature")
    return _tagged(read(*given, _of_answer(fields, 200, asked)))


def _tagged(signed: Signed) -> Signed:
    if signed.tag != TAG:
        raise NoSuchTag
    return signed


def require_speaker(signed: Signed, trust: Trust, own: str, instant: datetime) -> TrustedKey:
    """The key under which ``signed`` holds, of another node of the list, valid at ``instant``.

    Raises ``KeyMayNotSpeak``, ``NotGenuine``.
    """
    key = trust.key_of(signed.keyid)
    if key is None:
        raise KeyMayNotSpeak(keyid=signed.keyid[:64], why=_NOT_LISTED)
    if key.node == own:
        raise KeyMayNotSpeak(keyid=key.keyid, why=_OWN)
    if "receipts" not in key.purposes:
        raise KeyMayNotSpeak(keyid=key.keyid, why=_PURPOSE)
    why = _STATES.get(key.state_at(instant))
    if why is not None:
        raise KeyMayNotSpeak(keyid=key.keyid, why=why)
    if not signed.holds(key.raw):
        raise NotGenuine(keyid=key.keyid)
    return key


def require_fresh(signed: Signed, now: datetime) -> None:
    """Between real clocks. Raises ``NotFresh``."""
    seconds = int(now.timestamp())
    if not seconds - SINCE_SECONDS <= signed.created <= seconds + AHEAD_SECONDS:
        raise NotFresh(created=signed.created, now=seconds)


def require_content(digest: str, body: bytes) -> None:
    """Raises ``ContentChanged``; another algorithm, or several, are another digest."""
    if digest != content_digest(body):
        raise ContentChanged


NOT_AUTHENTIC: Final[tuple[type[LedgerError], ...]] = (
    NotSigned,
    NotGenuine,
    KeyMayNotSpeak,
    NotFresh,
    HttpSignatureMalformed,
    NoSuchTag,
)
"""Why nobody is known to have said it."""
