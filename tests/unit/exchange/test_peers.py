"""The fold of what was exchanged with one node."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.entry import Actor, Entry
from ledger.events.base import Facts
from ledger.events.peers import BundleSent, MessageReceived, NoticeKept
from ledger.exchange.ids import message_id
from ledger.exchange.peers import Peer, peer_stream

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def digest(number: int) -> str:
    return f"{number:064x}"


def folded(*facts: Facts) -> Peer:
    return Peer("xiamen").fold(
        Entry(
            index=10 + seq,
            stream=peer_stream("xiamen"),
            seq=seq,
            prev=None,
            type=type(each).type_name(),
            schema=1,
            recorded_at=NOW + timedelta(seconds=seq),
            node="zhangzhou",
            actor=Actor("zhangzhou", "op"),
            submission=None,
            facts=each,
            sealed=None,
        )
        for seq, each in enumerate(facts, 1)
    )


def sent(number: int) -> BundleSent:
    return BundleSent(
        peer="xiamen",
        bundle=digest(number),
        sequence=number,
        previous=None,
        size=number * 10,
        records=1,
        expires_at=NOW,
    )


def received(number: int, kind: str, **more: object) -> MessageReceived:
    return MessageReceived.model_validate(
        {"peer": "xiamen", "message_kind": kind, "message": digest(number)} | more
    )


def test_the_last_bundle_is_what_the_next_one_follows() -> None:
    """Sequence, digest and size of the newest; the stream's end is where the next event goes."""
    peer = folded(sent(1), sent(2))
    assert peer.last_sent == sent(2)
    assert peer.seq == 2
    assert Peer("xiamen").last_sent is None


def test_a_receipt_answers_a_message_and_what_it_said() -> None:
    """By the digest of the message, and of each of its contents."""
    peer = folded(received(5, "receipt", about=digest(1), contents=(digest(7), digest(8))))
    assert set(peer.receipted) == {digest(1), digest(7), digest(8)}
    assert peer.said == {}


def test_what_an_answer_said_is_known_when_it_says_it_again() -> None:
    """Contents of the peer's own answers are not receipts of ours."""
    peer = folded(received(5, "acknowledgement", contents=(digest(7),)))
    assert peer.said[digest(7)].facts.message == digest(5)
    assert peer.receipted == {}


def test_the_first_root_of_a_size_stays() -> None:
    """With the message that told it."""
    peer = folded(
        received(5, "bundle", sequence=1, size=4, root=digest(40)),
        received(6, "notice", size=4, root=digest(41)),
    )
    assert peer.roots == {4: (digest(40), digest(5))}


def test_a_notice_that_waits_is_kept() -> None:
    """With the message that brought it."""
    notice = message_id("notice", digest(1))
    facts = NoticeKept(peer="xiamen", notice=notice, record=notice, message=digest(5))
    assert [known.facts for known in folded(facts).kept] == [facts]


def test_ids_follow_from_kind_and_digest() -> None:
    """The same answer has the same id; another kind or digest another one."""
    assert message_id("receipt", digest(1)) == message_id("receipt", digest(1))
    ids = {message_id(kind, digest(n)) for kind in ("receipt", "refusal") for n in (1, 2)}
    assert len(ids) == 4
