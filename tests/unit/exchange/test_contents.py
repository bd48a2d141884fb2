"""What an answer says is told apart from the evidence that came along with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.exchange.contents import contents
from ledger.exchange.forms import (
    About,
    Acknowledgement,
    EnforcementStatusMessage,
    LogSection,
    Onward,
    Receipt,
)
from ledger.exchange.shown import ShownEntry
from ledger.signing.dsse import Envelope
from ledger.signing.keys import new_signing_key

NOW = datetime(2026, 3, 23, 2, tzinfo=UTC)
KEY = new_signing_key(bytes(32))
RECORD, NOTICE, SANCTION = (f"00000000-0000-7000-8000-{n:012d}" for n in (1, 2, 3))
HEADER = {
    "id": NOTICE,
    "sender": "zhangzhou",
    "recipient": "xiamen",
    "clock": "simulated",
    "issued_at": NOW,
    "trust_list": None,
}


def section(index: int = 7, checkpoint: str = "a", proof: bytes = bytes(32)) -> LogSection:
    entry = ShownEntry(index, b"{}", "0" * 64, bytes(64), (proof,))
    return LogSection(node="zhangzhou", checkpoint=checkpoint, entries=(entry,))


def status(**changed: Any) -> EnforcementStatusMessage:
    return EnforcementStatusMessage.model_validate(
        HEADER
        | {
            "record": RECORD,
            "sanction": SANCTION,
            "enforcer": "enforcer",
            "state": "applied",
            "reported_on": date(2026, 3, 12),
            "logs": (section(),),
        }
        | changed
    )


def answer(**changed: Any) -> Acknowledgement:
    return Acknowledgement.model_validate(
        HEADER
        | {
            "notice": NOTICE,
            "record": RECORD,
            "verdict": "applied",
            "received_at": NOW,
            "onward": (),
            "statuses": (sealed(status()),),
            "logs": (section(),),
        }
        | changed
    )


def sealed(message: EnforcementStatusMessage) -> dict[str, Any]:
    return Envelope.signed(KEY, message.payload_type, message.payload()).to_value()


@pytest.mark.parametrize(
    "changed",
    [
        {"id": SANCTION},
        {"issued_at": NOW + timedelta(days=1)},
        {"logs": (section(checkpoint="b", proof=bytes([1]) * 32),)},
        {"clock": "real"},
    ],
)
def test_the_same_said_later_is_the_same(changed: dict[str, Any]) -> None:
    """Neither id nor time, list or proof makes it another answer."""
    assert contents(status(**changed)) == contents(status())
    assert contents(answer(**changed)) == contents(answer())


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "suspended"},
        {"reported_on": None},
        {"sanction": NOTICE},
        {"logs": (section(index=8),)},
    ],
)
def test_another_word_of_an_enforcer_is_another_content(changed: dict[str, Any]) -> None:
    """What is reported, and which entries show it."""
    assert contents(status(**changed)) != contents(status())


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": "unable"},
        {"onward": (Onward(node="quanzhou", state="open"),)},
        {"downstream": (sealed(status()),)},
        {"recipient": "quanzhou"},
    ],
)
def test_another_answer_is_another_content(changed: dict[str, Any]) -> None:
    """What was done, by whom further on, and to whom it is said."""
    assert contents(answer(**changed))[0] != contents(answer())[0]


def test_an_answer_says_what_its_statuses_say() -> None:
    """Each status counts by itself, so that a receipt of the answer covers it."""
    assert contents(answer())[1:] == contents(status())
    bare = contents(answer(statuses=()))
    assert bare == contents(answer())[:1]


def test_other_messages_say_nothing_to_be_repeated() -> None:
    """A receipt has no contents of its own."""
    receipt = Receipt.model_validate(
        HEADER | {"about": About(kind="bundle", digest="0" * 64), "received_at": NOW}
    )
    assert contents(receipt) == ()
