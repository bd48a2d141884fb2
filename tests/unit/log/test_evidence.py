"""What others dated of a log, and what a declaration may rest on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.cosignature import signed_message
from ledger.log.evidence import cosigned_before, dated_before, evidence_fault, independent
from ledger.log.note import NoteSignature
from ledger.log.tree import StoreTree
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.organisations.node_keys import Compromise, NodeKey
from ledger.signing.keys import SigningKey, key_id, new_signing_key
from ledger.storage.tree_reads import Note, note_of
from tests.unit.log.witnessing_made import LOG, ORIGIN, SECONDS, Log, Shelf

NOW = datetime.fromtimestamp(SECONDS, UTC)
A, B = new_signing_key(b"a" * 32), new_signing_key(b"b" * 32)


def vkey(key: SigningKey) -> VerifierKey:
    return VerifierKey.from_raw("a.example/witness", key.public, SignatureType.COSIGNATURE)


def node_key(key: SigningKey) -> NodeKey:
    return NodeKey(key_id(key.public), key.public, ("witness",), NOW, NOW)


class LogShelf(Shelf):
    """A shelf beside the leaves of one log."""

    def tile(self, level: int, number: int) -> bytes | None:
        raise AssertionError((level, number))

    def tile_roots(self, level: int, start: int, stop: int) -> list[bytes]:
        raise AssertionError((level, start, stop))

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        return [Log().rows.read(0, index) for index in range(start, stop)]

    def keep(self, signed: SignedCheckpoint, *, under: int | None = None) -> Note:
        size = signed.checkpoint.size if under is None else under
        note = note_of("cosignature", ORIGIN, size, signed.to_bytes())
        self.kept.append(note)
        return note

    def before(
        self, instant: datetime, witnesses: Collection[VerifierKey], size: int = 40
    ) -> int | None:
        found = cosigned_before(self, StoreTree(self, size), ORIGIN, witnesses, instant)
        if found is None:
            return None
        assert found[1] in {note.digest for note in self.kept if note.size == found[0]}
        return found[0]


def cosigned(
    size: int, seconds: int, key: SigningKey = A, log: Log | None = None
) -> SignedCheckpoint:
    """``seconds`` after ``NOW``."""
    signed = (log or Log()).checkpoint(size)
    line = signed.checkpoint.cosign(vkey(key).name, key, SECONDS + seconds)
    return signed.with_signatures([line])


def undated(size: int) -> SignedCheckpoint:
    """Cosigned at the time 0, as no witness of ours would."""
    signed = Log().checkpoint(size)
    made = bytes(8) + A.sign(signed_message(signed.checkpoint.text, 0))
    return signed.with_signatures([NoteSignature(vkey(A).name, vkey(A).key_id, made)])


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_largest_size_that_was_dated_before() -> None:
    """All of the second that a cosignature names must lie before the instant."""
    shelf = LogShelf()
    for size, seconds in ((5, 100), (9, 200), (12, 300)):
        shelf.keep(cosigned(size, seconds))
    found = [shelf.before(after(n), [vkey(A)]) for n in (50, 100, 100.5, 101, 200.9, 201, 999)]
    assert found == [None, None, None, 5, 5, 9, 12]


def test_an_empty_log_is_evidence_of_nothing() -> None:
    """A witness that saw no entry yet covers none."""
    shelf = LogShelf()
    shelf.keep(cosigned(0, 1))
    assert shelf.before(after(99), [vkey(A)]) is None


def test_only_named_witnesses_date_anything() -> None:
    """Others' lines, lines under a witness's name, and the log's own signature do not."""
    shelf = LogShelf()
    shelf.keep(cosigned(5, 1, B))
    shelf.keep(Log().checkpoint(6))
    assert shelf.before(after(99), [vkey(A)]) is None
    assert shelf.before(after(99), []) is None
    assert shelf.before(after(99), [vkey(B)]) == 5


def test_a_node_is_no_witness_of_its_own() -> None:
    """Under none of the keys that it ever had, whatever the policy calls them."""
    assert independent([vkey(A), vkey(B)], [node_key(A)]) == (vkey(B),)
    assert independent([vkey(A)], [node_key(A), node_key(B)]) == ()


BENT: dict[str, Callable[[LogShelf], object]] = {
    "another history": lambda shelf: shelf.keep(cosigned(9, 1, log=Log("otherwise"))),
    "more than there is": lambda shelf: shelf.keep(cosigned(31, 1)),
    "another size": lambda shelf: shelf.keep(cosigned(5, 1), under=9),
    "another log": lambda shelf: shelf.keep(cosigned(9, 1, log=Log(origin="b.example/log"))),
    "no time": lambda shelf: shelf.keep(undated(9)),
    "no note": lambda shelf: shelf.kept.append(note_of("cosignature", ORIGIN, 9, b"no note")),
}


@pytest.mark.parametrize("how", BENT)
def test_what_is_not_of_this_log_dates_nothing(how: str) -> None:
    """What is bent, or of another tree, is passed over for what holds below it."""
    shelf = LogShelf()
    shelf.keep(cosigned(3, 1))
    BENT[how](shelf)
    assert shelf.before(after(99), [vkey(A)], size=30) == 3


def test_a_note_under_another_digest_shows_nothing() -> None:
    """The digest is what an entry names as its evidence: it must be the note's own."""
    note = LogShelf().keep(cosigned(9, 1))
    assert dated_before(note, ORIGIN, [vkey(A)], after(99)) is not None
    assert dated_before(note._replace(digest="ab" * 32), ORIGIN, [vkey(A)], after(99)) is None


@pytest.fixture
def shelf() -> LogShelf:
    made = LogShelf()
    made.keep(cosigned(9, 10))
    return made


def declared(shelf: LogShelf) -> Compromise:
    (note,) = shelf.kept
    keyid = key_id(LOG.public)
    return Compromise(keyid, after(60), 9, 20, date(2026, 3, 2), note.digest)


def why(shelf: LogShelf, said: Compromise, witnesses: Sequence[SigningKey] = (A,)) -> str | None:
    return evidence_fault(shelf, ORIGIN, [vkey(key) for key in witnesses], said)


def test_evidence_that_holds_and_none_at_all(shelf: LogShelf) -> None:
    """A declaration that covers nothing needs none."""
    assert why(shelf, declared(shelf)) is None
    assert why(LogShelf(), replace(declared(shelf), covered=0, evidence=None)) is None


def test_evidence_that_does_not_hold(shelf: LogShelf) -> None:
    """Not kept, of another size, of nobody in the policy, too late, or of a longer log."""
    said = declared(shelf)
    assert "is kept" in str(why(LogShelf(), said))
    assert "is kept" in str(why(shelf, replace(said, evidence="ab" * 32)))
    assert "is kept" in str(why(shelf, replace(said, covered=8)))
    assert "no witness" in str(why(shelf, said, [B]))
    assert "no witness" in str(why(shelf, replace(said, since=after(10))))
    assert "more than there were" in str(why(shelf, replace(said, index=8)))
    assert why(shelf, replace(said, index=9)) is None
