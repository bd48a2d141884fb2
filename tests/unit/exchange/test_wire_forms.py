"""Answers as JSON: what is read, and that nothing of a bad one is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.exchange.receive import Received
from ledger.exchange.wire_forms import (
    AnswerMalformed,
    NodeAnswer,
    PageAnswer,
    TakenAnswer,
    from_json,
    to_json,
)

DIGEST = "a" * 64
MESSAGE = {"kind": "notice", "id": "i", "digest": DIGEST, "message": "{}"}


def taken(**changes: Any) -> bytes:
    value = {"kind": "notice", "digest": DIGEST, "verdict": "accepted", "reason": None,
             "records": [], "effects": [], "replies": [MESSAGE]}  # fmt: skip
    return json.dumps(value | changes).encode()


def test_an_answer_comes_back() -> None:
    """What one node writes the other reads."""
    read = from_json(taken(), TakenAnswer)
    assert from_json(to_json(read), TakenAnswer) == read
    assert read.replies[0].data == b"{}"


def test_subjects_of_the_recipient_stay_there() -> None:
    """Under which id a subject is known here is told to nobody; the record's verdict is."""
    record = {"record": "r", "verdict": "accepted", "subject": "here alone"}
    done = Received("bundle", DIGEST, "accepted", records=(record,))
    value = json.loads(to_json(TakenAnswer.of(done, "xiamen")))
    assert value["records"] == [{"record": "r", "verdict": "accepted"}]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        taken(verdict="perhaps"),
        taken(more=1),
        taken(digest="A" * 64),
        taken(replies=[MESSAGE] * 17),
        taken(replies=[MESSAGE | {"message": {}}]),
        taken(records=[{"record": 1}]),
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    """Garbage, other members, other kinds, too many: one typed error."""
    with pytest.raises(AnswerMalformed):
        from_json(data, TakenAnswer)


def test_other_forms_are_as_strict() -> None:
    """A page holds so many messages; a node has a key."""
    page = {"messages": [MESSAGE] * 101, "more": False}
    with pytest.raises(AnswerMalformed):
        from_json(json.dumps(page).encode(), PageAnswer)
    with pytest.raises(AnswerMalformed):
        from_json(b'{"node":"a","clock":"real","keyid":"secret"}', NodeAnswer)
