"""The log's side: what is asked of witnesses, and what of their answers is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ledger.errors import LedgerError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.cosigned import last_size, latest_meeting
from ledger.log.cosigning import SKEW, Asked, Cosigning
from ledger.log.note import NoteSignatureFails, NoteUnsigned
from ledger.log.policy import Policy
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness import Witness, witness_key
from ledger.log.witness_http import Reply, WitnessUnreachable
from ledger.log.witness_protocol import SIZE_CONTENT_TYPE, AddCheckpoint, WitnessResponseMalformed
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.storage.tree_reads import note_of
from tests.unit.log.witnessing_made import LOG_KEY, ORIGIN, SECONDS, Log, Shelf

NOW = datetime.fromtimestamp(SECONDS, UTC)
NAMES = ("a", "b", "c")
KEYS = {name: new_signing_key(name.encode() * 32) for name in NAMES}


def vkey(name: str) -> VerifierKey:
    return witness_key(f"credit-ledger.example/{name}", KEYS[name].public)


def policy(quorum: str = "group g any a b c\nquorum g\n", names: Sequence[str] = NAMES) -> Policy:
    lines = [f"witness {name} {vkey(name).vkey} http://{name}.example/w" for name in names]
    return Policy.parse("".join(f"{line}\n" for line in [*lines, quorum.rstrip()]).encode())


class LogStore(Shelf):
    """A shelf with the tree of one log below it."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def tile(self, level: int, number: int) -> bytes | None:
        del level, number
        return None

    def tile_roots(self, level: int, start: int, stop: int) -> list[bytes]:
        raise AssertionError((level, start, stop))

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        return [self.log.rows.read(0, index) for index in range(start, stop)]

    def sign(self, size: int) -> SignedCheckpoint:
        signed = self.log.checkpoint(size)
        self.kept.append(note_of("checkpoint", ORIGIN, size, signed.to_bytes()))
        return signed


Server = Callable[[bytes], "Reply | LedgerError"]


class Net:
    """Witnesses by the host of their address, and what they were sent."""

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}
        self.sent: list[tuple[str, int]] = []
        self.seconds = 0.0

    def witness(self, name: str) -> Witness:
        """A true one, on a shelf of its own."""
        made = Witness(
            Shelf(),
            origin=f"credit-ledger.example/{name}",
            key=KEYS[name],
            logs=lambda: {ORIGIN: (LOG_KEY,)},
        )

        def serve(data: bytes) -> Reply:
            answer = made.add_checkpoint(data, SECONDS)
            return Reply(answer.status, answer.content_type, answer.body)

        self.servers[name] = serve
        return made

    def post(self, asked: Sequence[tuple[str, bytes]], seconds: float) -> list[Reply | LedgerError]:
        self.seconds = seconds
        answers: list[Reply | LedgerError] = []
        for url, data in asked:
            name = url.removeprefix("http://")[0]
            self.sent.append((name, AddCheckpoint.parse(data).old))
            server = self.servers.get(name)
            gone = WitnessUnreachable(url=url, why="gone")
            answers.append(gone if server is None else server(data))
        return answers


class Side:
    """A log that asks."""

    def __init__(self, of: Policy | None = None) -> None:
        self.store = LogStore(Log())
        self.net = Net()
        self.policy = of or policy()
        self.cosigning = Cosigning(
            self.store,  # type: ignore[arg-type]
            origin=ORIGIN,
            policy=self.policy,
            monotonic=lambda: 0.0,
        )

    def ask(self, size: int, *, again: bool = False) -> Asked:
        signed = self.store.sign(size)
        return self.cosigning.ask(signed, self.net.post, now=NOW, again=again)

    def kept(self) -> int:
        return len(self.store.notes("cosignature"))


@pytest.fixture
def side() -> Side:
    return Side()


def states(asked: Asked) -> list[str]:
    return [outcome.state for outcome in asked.outcomes]


def test_all_witnesses_are_asked_and_what_holds_is_kept(side: Side) -> None:
    """Three cosign; each line is kept, and the merged checkpoint bears all of them."""
    for name in NAMES:
        side.net.witness(name)
    asked = side.ask(5)
    assert (states(asked), asked.witnessed) == (["cosigned"] * 3, True)
    held = asked.checkpoint.signed.verified([LOG_KEY], map(vkey, NAMES))
    assert held.cosigners == set(map(vkey, NAMES))
    assert side.kept() == 3


@pytest.mark.parametrize(
    ("quorum", "up", "met"),
    [
        ("group g any a b c\nquorum g\n", "a", True),
        ("group g any a b c\nquorum g\n", "", False),
        ("group g all a b c\nquorum g\n", "ab", False),
        ("group g all a b c\nquorum g\n", "abc", True),
        ("group g 2 a b c\nquorum g\n", "ac", True),
        ("group g 2 a b c\nquorum g\n", "c", False),
        ("quorum b\n", "ac", False),
        ("quorum b\n", "b", True),
        ("quorum none\n", "abc", False),
    ],
)
def test_the_policy_says_when_it_is_witnessed(quorum: str, up: str, met: bool) -> None:
    """Any, all, k of n, one alone; with quorum none nothing counts as witnessed."""
    side = Side(policy(quorum))
    for name in up:
        side.net.witness(name)
    assert side.ask(5).witnessed is met


def test_who_has_cosigned_is_not_asked_twice(side: Side) -> None:
    """The same checkpoint goes to those alone that have not cosigned it, unless told."""
    side.net.witness("a")
    side.ask(5)
    side.net.sent.clear()
    assert states(side.ask(5)) == ["unreachable", "unreachable"]
    assert [name for name, _ in side.net.sent] == ["b", "c"]
    assert states(side.ask(5, again=True)) == ["cosigned", "unreachable", "unreachable"]


def test_each_is_asked_from_what_it_cosigned_last(side: Side) -> None:
    """A witness that was away catches up from its own size with one proof."""
    side.net.witness("a")
    late = side.net.witness("b")
    del late
    server = side.net.servers.pop("b")
    side.ask(5)
    side.ask(9)
    side.net.servers["b"] = server
    side.net.sent.clear()
    asked = side.ask(12)
    assert states(asked) == ["cosigned", "cosigned", "unreachable"]
    assert side.net.sent == [("a", 9), ("b", 0), ("c", 0)]
    assert last_size(side.store, ORIGIN, vkey("b")) == 12


def test_a_conflict_teaches_the_size_once(side: Side) -> None:
    """Without memory of its own the log asks from 0, is told 5, and succeeds from there."""
    witness = side.net.witness("a")
    witness.add_checkpoint(Log().request(0, 5).to_bytes(), SECONDS)
    assert states(side.ask(9))[0] == "cosigned"
    assert side.net.sent == [("a", 0), ("b", 0), ("c", 0), ("a", 5)]


def reply(status: int, body: bytes, content_type: str = "text/plain") -> Server:
    return lambda _: Reply(status, content_type, body)


def line(size: int, key: SigningKey, name: str, seconds: int = SECONDS) -> bytes:
    return Log().checkpoint(size).checkpoint.cosign(name, key, seconds).line.encode()


A = "credit-ledger.example/a/witness"
HOSTILE: dict[str, tuple[Server, str]] = {
    "nothing": (reply(200, b""), "invalid"),
    "no lines": (reply(200, b"<html>\n"), "invalid"),
    "another key": (reply(200, line(9, KEYS["b"], "credit-ledger.example/b/witness")), "invalid"),
    "another key under its name": (reply(200, line(9, KEYS["b"], A)), "invalid"),
    "another body": (reply(200, line(8, KEYS["a"], A)), "invalid"),
    "an old time": (reply(200, line(9, KEYS["a"], A, SECONDS - 3_600)), "invalid"),
    "a time to come": (reply(200, line(9, KEYS["a"], A, SECONDS + 3_600)), "invalid"),
    "the largest time": (reply(200, line(9, KEYS["a"], A, 2**63 - 1)), "invalid"),
    "one line of two fails": (
        reply(200, line(9, KEYS["a"], A) + line(8, KEYS["a"], A)),
        "invalid",
    ),
    "a page": (reply(302, b"", "text/html"), "refused"),
    "an error": (reply(500, b"x" * 1_000), "refused"),
    "a size of the wrong type": (reply(409, b"5\n", "text/plain"), "invalid"),
    "a size with a zero before it": (reply(409, b"05\n", SIZE_CONTENT_TYPE), "invalid"),
    "two sizes": (reply(409, b"5\n5\n", SIZE_CONTENT_TYPE), "invalid"),
    "always another size": (reply(409, b"5\n", SIZE_CONTENT_TYPE), "contradicted"),
    "the size that was asked from": (reply(409, b"0\n", SIZE_CONTENT_TYPE), "contradicted"),
    "more than there is": (reply(409, b"10\n", SIZE_CONTENT_TYPE), "behind"),
    "very much more": (reply(409, b"9223372036854775807\n", SIZE_CONTENT_TYPE), "behind"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_witness_does_no_harm(side: Side, what: str) -> None:
    """Its answer is named for what it is, nothing of it is kept, the others count."""
    server, state = HOSTILE[what]
    side.net.servers["a"] = server
    side.net.witness("b")
    asked = side.ask(9)
    assert states(asked) == [state, "cosigned", "unreachable"]
    assert asked.checkpoint.cosigners == {vkey("b")}
    assert side.kept() == 1
    assert len(side.net.sent) <= 4
    assert all(outcome.why for outcome in asked.outcomes if outcome.state != "cosigned")


def test_two_answers_of_different_sizes_end_it(side: Side) -> None:
    """A witness that names another size each time is asked twice and no more."""
    sizes = iter((b"3\n", b"4\n", b"5\n"))
    side.net.servers["a"] = lambda _: Reply(409, SIZE_CONTENT_TYPE, next(sizes))
    assert states(side.ask(9))[0] == "refused"
    assert [old for name, old in side.net.sent if name == "a"] == [0, 3]


def test_another_process_of_this_node_is_no_loss(side: Side) -> None:
    """A larger size is no alarm where this node has signed so much itself meanwhile."""
    side.net.servers["a"] = reply(409, b"12\n", SIZE_CONTENT_TYPE)
    signed = side.store.sign(9)
    side.store.sign(12)
    asked = side.cosigning.ask(signed, side.net.post, now=NOW)
    assert states(asked)[0] == "overtaken"


@pytest.mark.parametrize("off", [-SKEW, timedelta(0), SKEW])
def test_clocks_may_differ_a_little(side: Side, off: timedelta) -> None:
    """Up to the tolerance either way."""
    seconds = int((NOW + off).timestamp())
    data = line(5, KEYS["a"], A, seconds)
    signed = side.store.sign(5)
    (found,) = side.cosigning.take(signed, data, [vkey("a")], now=NOW)
    assert found.posix_seconds == seconds


def test_a_file_may_be_old_but_not_older_than_what_it_cosigns(side: Side) -> None:
    """By file the time may lie anywhere between the checkpoint's last entry and now."""
    signed = side.store.sign(5)
    early = NOW - timedelta(days=30)
    data = line(5, KEYS["a"], A, int((NOW - timedelta(days=20)).timestamp()))
    assert side.cosigning.take(signed, data, [vkey("a")], now=NOW, earliest=early)
    before = line(5, KEYS["a"], A, int((NOW - timedelta(days=31)).timestamp()))
    with pytest.raises(LedgerError, match="is dated"):
        side.cosigning.take(signed, before, [vkey("a")], now=NOW, earliest=early)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (line(5, KEYS["b"], A), NoteUnsigned),
        (line(4, KEYS["a"], A), NoteSignatureFails),
        (b"x", WitnessResponseMalformed),
    ],
)
def test_what_does_not_hold_is_not_kept(side: Side, data: bytes, error: type[LedgerError]) -> None:
    """Each raises its own error and leaves no note."""
    with pytest.raises(error):
        side.cosigning.take(side.store.sign(5), data, [vkey("a")], now=NOW)
    assert side.kept() == 0


def test_the_latest_checkpoint_that_meets_the_policy() -> None:
    """Found below newer ones that too few have cosigned; notes that are bent count for nothing."""
    side = Side(policy("group g all a b\nquorum g\n", "ab"))
    for name in "ab":
        side.net.witness(name)
    side.ask(5)
    del side.net.servers["b"]
    side.ask(9)
    true = Log().checkpoint(10).checkpoint
    lines = [true.cosign(vkey(name).name, KEYS[name], SECONDS) for name in "ab"]
    bent = Log("otherwise").checkpoint(10).with_signatures(lines)
    side.store.kept.append(note_of("cosignature", ORIGIN, 10, bent.to_bytes()))
    side.store.kept.append(note_of("cosignature", ORIGIN, 11, b"no note"))
    found = latest_meeting(side.store, ORIGIN, side.policy)
    assert found is not None
    assert found.size == 5


def test_a_cosignature_of_another_tree_does_not_count(side: Side) -> None:
    """A witness that cosigned other words at that size has not cosigned these."""
    other = Log("otherwise").checkpoint(5)
    line_of = other.checkpoint.cosign(vkey("a").name, KEYS["a"], SECONDS)
    body = other.with_signatures([line_of]).to_bytes()
    side.store.kept.append(note_of("cosignature", ORIGIN, 5, body))
    standing = side.cosigning.standing(side.store.sign(5))
    assert standing.cosigners == frozenset()
    assert len(standing.signed.signatures) == 1
