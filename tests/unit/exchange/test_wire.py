"""Requests and answers between nodes: what is covered, whose key may speak, when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.exchange.wire import (
    AT,
    MESSAGES_PATH,
    OUTBOX_PATH,
    TO,
    Asked,
    ContentChanged,
    KeyMayNotSpeak,
    NoSuchTag,
    NotFresh,
    NotGenuine,
    NotSigned,
    read_answer,
    read_request,
    require_content,
    require_fresh,
    require_speaker,
    sign_answer,
    sign_request,
)
from ledger.log.trust import Trust
from ledger.signing import http_signature
from ledger.signing.http_signature import HttpSignatureMalformed, content_digest
from tests.unit.log.trusting import (
    FOUNDED,
    ISSUED,
    LEAKED,
    NODE_KEY,
    OTHER_KEY,
    compromised,
    key_value,
    retired,
    trust,
)

BODY = b'{"payload":"e30="}'
CREATED = int(ISSUED.timestamp())


def request(**changes: Any) -> Asked:
    fields = {
        TO: ("zhangzhou",),
        "content-digest": (content_digest(BODY),),
        "content-type": ("application/json",),
        AT: ("2026-03-10T02:00:00.000000Z",),
        "user-agent": ("any",),
    }
    asked = Asked("POST", "zhangzhou.example:8480", MESSAGES_PATH, "a=1", fields)
    return sign_request(replace(asked, **changes), NODE_KEY, created=CREATED, nonce="n")


def listed(*keys: dict[str, Any]) -> Trust:
    return trust(*(keys or (key_value(purposes=["receipts"]),)))


def fields_of(asked: Asked, **changes: tuple[str, ...]) -> Asked:
    more = {name.replace("_", "-"): value for name, value in changes.items()}
    return replace(asked, fields=dict(asked.fields) | more)


def holds(asked: Asked) -> bool:
    try:
        require_speaker(read_request(asked), listed(), "quanzhou", ISSUED)
    except LedgerError:
        return False
    return True


def test_a_signed_request_names_its_node() -> None:
    """The key is found in the list by its id, and says which node asks."""
    key = require_speaker(read_request(request()), listed(), "quanzhou", ISSUED)
    assert key.node == "xiamen"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"authority": "quanzhou.example:8480"},
        {"path": OUTBOX_PATH},
        {"query": "a=2"},
        {"query": ""},
    ],
)
def test_a_request_says_where_it_goes(change: dict[str, Any]) -> None:
    """Another method, host, path or query than the one signed is another request."""
    assert holds(request())
    assert not holds(replace(request(), **change))


@pytest.mark.parametrize("name", [TO, "content-digest", "content-type", AT])
def test_a_request_says_what_it_brings(name: str) -> None:
    """Recipient, digest, type and instant are covered: changed, doubled, or left out."""
    asked = request()
    assert not holds(replace(asked, fields=dict(asked.fields) | {name: ("other",)}))
    (value,) = asked.fields[name]
    assert not holds(replace(asked, fields=dict(asked.fields) | {name: (value, value)}))
    rest = {other: value for other, value in asked.fields.items() if other != name}
    assert not holds(replace(asked, fields=rest))


def test_an_instant_that_was_not_signed_is_refused() -> None:
    """Nobody can add an instant to a request that has none."""
    asked = request()
    rest = {name: value for name, value in asked.fields.items() if name != AT}
    bare = sign_request(replace(asked, fields=rest), NODE_KEY, created=CREATED, nonce="n")
    assert holds(bare)
    assert not holds(fields_of(bare, **{AT: ("2026-03-10T02:00:00.000000Z",)}))


def test_other_fields_are_a_proxys_business() -> None:
    """What is not covered may be changed on the way."""
    assert holds(fields_of(request(), user_agent=("other",), via=("1.1 proxy",)))


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_an_unsigned_request_is_nobodys(name: str) -> None:
    """Without either field, or with one twice, nothing is read."""
    asked = request()
    (value,) = asked.fields[name]
    for values in ((), (value, value)):
        with pytest.raises(NotSigned):
            read_request(replace(asked, fields=dict(asked.fields) | {name: values}))


def test_a_signature_for_another_use_is_refused() -> None:
    """The tag keeps this protocol's signatures apart from any other's under the same key."""
    values = {
        '"@method"': "GET",
        '"@authority"': "a",
        '"@path"': OUTBOX_PATH,
        '"@query"': "?",
        f'"{TO}"': "zhangzhou",
        '"content-digest"': content_digest(b""),
    }
    made = http_signature.sign(NODE_KEY, values, created=1, nonce="n", tag="other")
    fields = {TO: ("zhangzhou",), "content-digest": (content_digest(b""),)}
    fields |= {name: (value,) for name, value in made.items()}
    with pytest.raises(NoSuchTag):
        read_request(Asked("GET", "a", OUTBOX_PATH, "", fields))


# -- whose key ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "own", "instant"),
    [
        ((key_value(OTHER_KEY, purposes=["receipts"]),), "quanzhou", ISSUED),
        ((key_value(purposes=["receipts"]),), "xiamen", ISSUED),
        ((key_value(purposes=["entries", "bundles"]),), "quanzhou", ISSUED),
        ((key_value(purposes=["receipts"], **retired()),), "quanzhou", ISSUED),
        ((key_value(purposes=["receipts"], **compromised()),), "quanzhou", LEAKED),
        ((key_value(purposes=["receipts"]),), "quanzhou", FOUNDED - timedelta(seconds=1)),
    ],
    ids=["unlisted", "own", "purpose", "retired", "compromised", "too early"],
)
def test_keys_that_do_not_speak(
    keys: tuple[dict[str, Any], ...], own: str, instant: datetime
) -> None:
    """Unknown, one's own, for another purpose, no longer or not yet valid, compromised."""
    with pytest.raises(KeyMayNotSpeak):
        require_speaker(read_request(request()), listed(*keys), own, instant)


def test_the_key_id_proves_nothing() -> None:
    """A listed key's id under another key's signature is refused."""
    asked = request()
    fields = dict(asked.fields)
    del fields["signature"], fields["signature-input"]
    forged = sign_request(replace(asked, fields=fields), OTHER_KEY, created=CREATED, nonce="n")
    told = forged.one("signature-input").replace(OTHER_KEY.keyid, NODE_KEY.keyid)
    with pytest.raises(NotGenuine):
        require_speaker(
            read_request(fields_of(forged, signature_input=(told,))), listed(), "quanzhou", ISSUED
        )


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(0, True), (60, True), (61, False), (-5, True), (-6, False)]
)
def test_a_request_is_of_now(seconds: int, fresh: bool) -> None:
    """A minute old at most, and five seconds ahead: clocks differ, recordings are older."""
    signed = read_request(request())
    now = ISSUED + timedelta(seconds=seconds)
    if fresh:
        require_fresh(signed, now)
    else:
        with pytest.raises(NotFresh):
            require_fresh(signed, now)


@pytest.mark.parametrize(
    "digest",
    [
        content_digest(BODY + b" "),
        content_digest(BODY).replace("sha-256", "sha-512"),
        content_digest(BODY) + ", sha-512=:YQ==:",
        "",
    ],
)
def test_the_content_is_that_of_the_digest(digest: str) -> None:
    """Another content, algorithm or several: refused."""
    require_content(content_digest(BODY), BODY)
    with pytest.raises(ContentChanged):
        require_content(digest, BODY)


# -- answers -----------------------------------------------------------------------------


def answer(asked: Asked, body: bytes = BODY) -> dict[str, tuple[str, ...]]:
    made = sign_answer(
        body, asked, NODE_KEY, created=CREATED, nonce="m", at="2026-03-10T02:00:00.000000Z"
    )
    return {name: (value,) for name, value in made.items()}


def is_answer(fields: dict[str, tuple[str, ...]], asked: Asked) -> bool:
    try:
        return read_answer(fields, asked).holds(NODE_KEY.public)
    except (NotSigned, HttpSignatureMalformed):
        return False


def test_an_answer_is_to_its_request() -> None:
    """The answer to one request is none to another, though that asks the same."""
    asked = request()
    fields = answer(asked)
    assert is_answer(fields, asked)
    fresh = Asked(asked.method, asked.authority, asked.path, asked.query, {
        name: value for name, value in asked.fields.items() if not name.startswith("signature")
    })  # fmt: skip
    again = sign_request(fresh, NODE_KEY, created=CREATED, nonce="other")
    assert not is_answer(fields, again)
    assert not is_answer(fields, fresh)
    assert not is_answer(fields, replace(asked, path=OUTBOX_PATH))


def test_an_answer_without_a_signed_request_is_bound_by_its_query() -> None:
    """Who asks who answers there puts a nonce of its own into the query."""
    asked = Asked("GET", "a", "/exchange/node", "nonce=1")
    assert is_answer(answer(asked), asked)
    assert not is_answer(answer(asked), replace(asked, query="nonce=2"))


@pytest.mark.parametrize("name", ["content-type", "content-digest", AT])
def test_an_answers_fields_are_covered(name: str) -> None:
    """Type, digest and instant of an answer cannot be changed or left out."""
    asked = request()
    fields = answer(asked)
    assert not is_answer(fields | {name: ("other",)}, asked)
    assert not is_answer({key: value for key, value in fields.items() if key != name}, asked)
