"""What a witness cosigns, and every way in which it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.forks import MAX_FORK_NOTES, Fork, forks
from ledger.log.note import NoteSignature
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness import Answer, Witness, witness_key, witnessed
from ledger.log.witness_protocol import (
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    WitnessStatus,
    parse_conflict,
    verified_cosignatures,
)
from tests.unit.log.witnessing_made import (
    LOG,
    LOG_KEY,
    ORIGIN,
    OTHER_LOG,
    SECONDS,
    WITNESS,
    WITNESS_ORIGIN,
    Log,
    Shelf,
)

KEY = witness_key(WITNESS_ORIGIN, WITNESS.public)


class Asked:
    """A witness that watches one log, on a shelf of its own."""

    def __init__(self, *keys: VerifierKey) -> None:
        self.shelf = Shelf()
        watched = {ORIGIN: keys or (LOG_KEY,)}
        self.witness = Witness(
            self.shelf,
            origin=WITNESS_ORIGIN,
            key=WITNESS,
            logs=lambda: watched,
        )

    def __call__(self, request: AddCheckpoint | bytes, seconds: int = SECONDS) -> Answer:
        data = request if isinstance(request, bytes) else request.to_bytes()
        return self.witness.add_checkpoint(data, seconds)


@pytest.fixture
def ask() -> Asked:
    return Asked()


def times(answer: Answer, checkpoint: Checkpoint) -> list[int | None]:
    assert answer.status == 200, answer.body
    return [one.posix_seconds for one in verified_cosignatures(answer.body, checkpoint, [KEY])]


def test_a_checkpoint_is_kept_and_cosigned(ask: Asked) -> None:
    """200, one line of the witness at that time, and the note holds log's and witness's lines."""
    log = Log()
    answer = ask(log.request(0, 5))
    assert times(answer, log.checkpoint(5).checkpoint) == [SECONDS]
    (note,) = ask.shelf.kept
    assert (note.kind, note.origin, note.size) == ("witnessed", ORIGIN, 5)
    held = SignedCheckpoint.parse(note.body).verified([LOG_KEY], [KEY])
    assert held.cosigners == {KEY}
    assert witnessed(ask.shelf, ORIGIN) == SignedCheckpoint.parse(note.body) == answer.cosigned


def test_each_next_size_needs_its_proof(ask: Asked) -> None:
    """From size to size, over powers of two and others, each checkpoint is cosigned."""
    log, old = Log(), 0
    for size in (1, 2, 3, 8, 9, 16, 31, 40):
        assert ask(log.request(old, size)).status == 200
        old = size
    assert [note.size for note in ask.shelf.kept] == [1, 2, 3, 8, 9, 16, 31, 40]


def test_the_same_checkpoint_is_cosigned_anew_and_changes_nothing(ask: Asked) -> None:
    """Asked again, as after a lost reply: 200 at the new time, nothing more is kept."""
    log = Log()
    ask(log.request(0, 5))
    answer = ask(log.request(5, 5), SECONDS + 60)
    assert times(answer, log.checkpoint(5).checkpoint) == [SECONDS + 60]
    assert len(ask.shelf.kept) == 1


def test_times_of_one_log_do_not_go_back(ask: Asked) -> None:
    """A clock set back dates no later tree before an earlier one."""
    log = Log()
    ask(log.request(0, 5))
    answer = ask(log.request(5, 6), SECONDS - 60)
    assert times(answer, log.checkpoint(6).checkpoint) == [SECONDS]


def test_the_empty_tree_may_be_cosigned(ask: Asked) -> None:
    """Size 0 under the root of nothing: 200; the log still begins from 0."""
    log = Log()
    assert ask(log.request(0, 0)).status == 200
    assert ask.shelf.kept == []
    assert ask(log.request(0, 3)).status == 200


EMPTY_BENT = SignedCheckpoint.signed(Checkpoint(ORIGIN, 0, bytes(32)), LOG)


def test_an_empty_tree_has_the_root_of_nothing(ask: Asked) -> None:
    """Size 0 under another root: 409, nothing kept."""
    answer = ask(AddCheckpoint(0, (), EMPTY_BENT))
    assert (answer.status, ask.shelf.kept) == (409, [])


def request_5_to_9() -> AddCheckpoint:
    return Log().request(5, 9)


def turned(proof: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:])


GOOD = request_5_to_9()
UNSIGNED = SignedCheckpoint.signed(GOOD.checkpoint.checkpoint, OTHER_LOG)
FAILING = replace(
    GOOD.checkpoint,
    checkpoint=replace(GOOD.checkpoint.checkpoint, root=bytes(32)),
)
ELSEWHERE = Log(origin="credit-ledger.example/nobody").request(5, 9)

REFUSED: dict[str, tuple[AddCheckpoint | bytes, int]] = {
    "nothing": (b"", 400),
    "no request": (b"POST me\n\n", 400),
    "a leading zero": (GOOD.to_bytes().replace(b"old 5", b"old 05"), 400),
    "an extension line": (GOOD.to_bytes().replace(b"\n\n\xe2", b"\nmore\n\n\xe2"), 400),
    "a log that is not watched": (ELSEWHERE, 404),
    "another key under the log's name": (replace(GOOD, checkpoint=UNSIGNED), 403),
    "a signature that fails": (replace(GOOD, checkpoint=FAILING), 403),
    "old beyond the checkpoint": (replace(GOOD, old=10), 400),
    "old before the one cosigned": (Log().request(4, 9), 409),
    "old after the one cosigned": (Log().request(6, 9), 409),
    "an older checkpoint": (Log().request(3, 4), 409),
    "from the beginning": (Log().request(0, 9), 409),
    "no proof": (replace(GOOD, proof=()), 422),
    "a hash less": (replace(GOOD, proof=GOOD.proof[:-1]), 422),
    "a hash more": (replace(GOOD, proof=(*GOOD.proof, bytes(32))), 422),
    "a changed hash": (replace(GOOD, proof=turned(GOOD.proof)), 422),
    "a proof for the same size": (AddCheckpoint(5, (bytes(32),), Log().checkpoint(5)), 422),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_keeps_nothing(ask: Asked, what: str) -> None:
    """Each has its status, a reason for people, no cosignature, and leaves no trace."""
    ask(Log().request(0, 5))
    before = list(ask.shelf.kept)
    request, status = REFUSED[what]
    answer = ask(request)
    assert answer.status == status, answer.body
    assert answer.why is not None
    assert answer.cosigned is None
    assert b"\xe2\x80\x94 " not in answer.body
    assert ask.shelf.kept == before
    assert ask(GOOD).status == 200  # and the log goes on


def test_a_conflict_says_which_size_was_cosigned(ask: Asked) -> None:
    """The body of a 409 is that size, under the content type of the protocol."""
    ask(Log().request(0, 5))
    answer = ask(Log().request(0, 9))
    assert answer.content_type == SIZE_CONTENT_TYPE
    assert parse_conflict(answer.body, answer.content_type) == 5


def test_nothing_but_the_empty_proof_goes_with_old_0(ask: Asked) -> None:
    """A first checkpoint with hashes: 422."""
    answer = ask(AddCheckpoint(0, (bytes(32),), Log().checkpoint(5)))
    assert (answer.status, ask.shelf.kept) == (422, [])


def test_a_later_size_without_old_at_the_first_request_is_a_conflict(ask: Asked) -> None:
    """A log that was never cosigned has been seen at size 0."""
    answer = ask(Log().request(3, 5))
    assert (answer.status, parse_conflict(answer.body, answer.content_type)) == (409, 0)


def test_lines_of_others_are_not_kept(ask: Asked) -> None:
    """Whatever else stands under the checkpoint, the log's own line and ours are kept."""
    request = Log().request(0, 5)
    junk = [NoteSignature("junk", bytes([n] * 4), bytes(1_000)) for n in range(90)]
    padded = replace(request, checkpoint=request.checkpoint.with_signatures(junk))
    assert ask(padded).status == 200
    assert len(ask.shelf.kept[0].body) < 1_000


def test_a_log_may_have_two_keys_while_it_changes_them() -> None:
    """Either key's signature will do."""
    ask = Asked(LOG_KEY, VerifierKey.from_raw(ORIGIN, OTHER_LOG.public))
    assert ask(Log().request(0, 5)).status == 200
    assert ask(Log(key=OTHER_LOG).request(5, 9)).status == 200


# -- forks ----------------------------------------------------------------------

FORKED = Log("otherwise", fork_at=3)


def test_another_root_at_the_same_size_is_a_fork(ask: Asked) -> None:
    """409; both are kept, and prove the fork to whoever knows the log's key."""
    ask(Log().request(0, 5))
    answer = ask(AddCheckpoint(5, (), FORKED.checkpoint(5)))
    assert answer.status == WitnessStatus.CONFLICT
    (fork,) = forks(ask.shelf)
    assert fork == answer.fork
    assert fork.proved_to([LOG_KEY])
    assert Fork.from_files(*fork.to_files()) == fork
    assert [note.kind for note in ask.shelf.kept] == ["witnessed", "fork", "fork"]


def test_a_fork_is_seen_at_any_size_that_was_cosigned(ask: Asked) -> None:
    """Also where the request would be a conflict anyhow; and it is kept once."""
    for old, size in ((0, 5), (5, 9)):
        ask(Log().request(old, size))
    for old in (0, 5):
        assert ask(FORKED.request(old, 5)).fork is not None
    (fork,) = forks(ask.shelf, ORIGIN)
    assert fork.other.checkpoint == FORKED.checkpoint(5).checkpoint
    assert ask(Log().request(9, 10)).status == 200


def test_a_proof_can_show_that_the_log_began_otherwise(ask: Asked) -> None:
    """A log restored from before the fork and grown past it proves the fork with its own hashes."""
    ask(Log().request(0, 5))
    answer = ask(FORKED.request(5, 9))
    assert answer.status == WitnessStatus.BAD_PROOF
    (fork,) = forks(ask.shelf)
    assert fork.proof
    assert fork == answer.fork
    first, other = fork.to_files()
    assert Fork.from_files(first, other).proved_to([LOG_KEY])


def test_a_wrong_proof_proves_no_fork(ask: Asked) -> None:
    """Whoever bends a proof on the way does not bring the log into disrepute."""
    ask(Log().request(0, 5))
    for request in (replace(GOOD, proof=turned(GOOD.proof)), replace(GOOD, proof=GOOD.proof[:-1])):
        assert ask(request).fork is None
    assert forks(ask.shelf) == ()


def test_evidence_of_one_log_is_bounded(ask: Asked) -> None:
    """The holder of a log's key cannot fill the witness's store with forks."""
    ask(Log().request(0, 5))
    for number in range(MAX_FORK_NOTES + 20):
        body = Checkpoint(ORIGIN, 5, number.to_bytes(32, "big"))
        assert ask(AddCheckpoint(5, (), SignedCheckpoint.signed(body, LOG))).status == 409
    assert len(ask.shelf.notes("fork")) <= MAX_FORK_NOTES + 1


@pytest.mark.parametrize(
    "fork",
    [
        Fork(Log().checkpoint(5), Log().checkpoint(5)),
        Fork(Log().checkpoint(5), Log().checkpoint(6)),
        Fork(Log().checkpoint(5), Log().checkpoint(9), Log().request(5, 9).proof),
        Fork(Log().checkpoint(5), FORKED.checkpoint(9), turned(FORKED.request(5, 9).proof)),
        Fork(Log().checkpoint(5), Log(origin="other", fork_at=0).checkpoint(5)),
    ],
)
def test_what_is_no_fork_is_not_called_one(fork: Fork) -> None:
    """One tree, two sizes of one log, an honest or a bent proof, two logs."""
    assert not fork.contradicts


def test_a_fork_that_the_log_did_not_sign_proves_nothing() -> None:
    """Both must bear a good signature under a known key."""
    unsigned = Log("otherwise", key=OTHER_LOG).checkpoint(5)
    assert Fork(Log().checkpoint(5), unsigned).contradicts
    assert not Fork(Log().checkpoint(5), unsigned).proved_to([LOG_KEY])
    assert not Fork(unsigned, Log().checkpoint(5)).proved_to([LOG_KEY])


def test_damaged_evidence_is_left_out(ask: Asked) -> None:
    """A note that cannot be read hides no other."""
    ask(Log().request(0, 5))
    ask(AddCheckpoint(5, (), FORKED.checkpoint(5)))
    ask.shelf.kept.insert(0, ask.shelf.kept[1]._replace(body=b"old 3\n\nx", digest="0" * 64))
    assert len(forks(ask.shelf)) == 1
