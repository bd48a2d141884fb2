"""``audit --against``: what others hold of a log, on the command line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from ledger.bootstrap import audit_helpers
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.proof_file import ProofFile
from ledger.log.witness_protocol import cosignatures_bytes
from ledger.signing.keys import new_signing_key
from tests.integration.driving import PATIENCE, ROOT, Founded, environment, program
from tests.unit.log.rewriting import WITNESS, WITNESS_KEY, cosigned

STRANGER = new_signing_key(bytes([7]) * 32)


@pytest.fixture
def kept(embedded: Founded) -> Iterator[SignedCheckpoint]:
    """The node's newest checkpoint; the node has a policy with one witness."""
    policy = f"witness one {WITNESS_KEY.vkey}\nquorum one\n"
    (embedded.home / "witness-policy.txt").write_text(policy)
    with embedded.opened() as opened:
        note = opened.store.latest_note("checkpoint", opened.keeper.origin)
        assert note is not None
        yield SignedCheckpoint.parse(note.body)


def given(folder: Path, data: bytes) -> Path:
    path = folder / "given"
    path.write_bytes(data)
    return path


def other(embedded: Founded, size: int) -> SignedCheckpoint:
    """What only somebody with the node's key can have signed: another history."""
    with embedded.opened() as opened:
        checkpoint = Checkpoint(opened.keeper.origin, size, bytes(32))
        return SignedCheckpoint.signed(checkpoint, opened.signing_key)


def test_what_is_in_the_logs_past_is_no_fault(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """A checkpoint, cosigned or not, one in a proof, a witness's answer."""
    line = kept.checkpoint.cosign(WITNESS_KEY.name, WITNESS, 5)
    for data in (
        kept.to_bytes(),
        cosigned(kept).to_bytes(),
        ProofFile(0, (), kept).to_bytes(),
        cosignatures_bytes([line]),
    ):
        ended = embedded.call("audit", "--json", "--against", given(tmp_path, data))
        assert (ended.code, ended.json["faults"]) == (0, [])
        assert "remarks" not in ended.json


def test_another_history_is_a_fork_from_then_on(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """Found with the file, and kept: found without it, too."""
    size = kept.checkpoint.size
    path = given(tmp_path, other(embedded, size).to_bytes())
    ended = embedded.call("audit", "--json", "--against", path)
    assert ended.code == 1
    assert [(f["index"], f["kind"]) for f in ended.json["faults"]] == [(size - 1, "fork")]
    ended = embedded.call("audit", "--json")
    assert ended.code == 1
    assert [(f["index"], f["kind"]) for f in ended.json["faults"]] == [(size - 1, "fork")]


def test_an_earlier_size_is_proved_with_hashes(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """There is no checkpoint of that size here: a later one and a proof contradict it."""
    path = given(tmp_path, other(embedded, kept.checkpoint.size - 2).to_bytes())
    assert embedded.call("audit", "--against", path).code == 1
    assert "fork" in embedded.call("audit", "--json").out


def test_a_longer_log_was_cut(embedded: Founded, kept: SignedCheckpoint, tmp_path: Path) -> None:
    """What was signed for more entries than there are."""
    size = kept.checkpoint.size
    path = given(tmp_path, other(embedded, size + 3).to_bytes())
    ended = embedded.call("audit", "--json", "--against", path)
    assert [(f["index"], f["kind"]) for f in ended.json["faults"]] == [(size, "truncated")]


def test_the_word_of_a_known_witness_is_enough(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """Also where the log's own signature is not on what it cosigned."""
    checkpoint = Checkpoint(kept.checkpoint.origin, kept.checkpoint.size, bytes(32))
    line = checkpoint.cosign(WITNESS_KEY.name, WITNESS, 5)
    path = given(tmp_path, SignedCheckpoint(checkpoint, (line,)).to_bytes())
    ended = embedded.call("audit", "--json", "--against", path)
    assert [f["kind"] for f in ended.json["faults"]] == ["fork"]


def test_an_answer_to_something_else_is_a_fault(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """The witness's key is known, and what it cosigned is nothing that is kept here."""
    checkpoint = Checkpoint(kept.checkpoint.origin, kept.checkpoint.size, bytes(32))
    line = checkpoint.cosign(WITNESS_KEY.name, WITNESS, 5)
    path = given(tmp_path, cosignatures_bytes([line]))
    ended = embedded.call("audit", "--json", "--against", path)
    assert [(f["index"], f["kind"]) for f in ended.json["faults"]] == [
        (-1, "unmatched_cosignature")
    ]


@pytest.mark.parametrize("answers", [False, True])
def test_what_nobody_known_signed_proves_nothing(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path, *, answers: bool
) -> None:
    """It is told, and it is no fault."""
    checkpoint = Checkpoint(kept.checkpoint.origin, kept.checkpoint.size, bytes(32))
    line = checkpoint.cosign("w.example/other", STRANGER, 5)
    signed = SignedCheckpoint.signed(checkpoint, STRANGER)
    data = cosignatures_bytes([line]) if answers else signed.to_bytes()
    ended = embedded.call("audit", "--json", "--against", given(tmp_path, data))
    assert (ended.code, ended.json["faults"]) == (0, [])
    assert [one["kind"] for one in ended.json["remarks"]] == ["outside_unproved"]
    assert "proves nothing" in embedded.call("audit", "--against", tmp_path / "given").err


def test_a_known_witnesss_word_on_another_log_proves_nothing(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """Witnesses cosign many logs."""
    checkpoint = Checkpoint("elsewhere.example", kept.checkpoint.size, bytes(32))
    line = checkpoint.cosign(WITNESS_KEY.name, WITNESS, 5)
    path = given(tmp_path, SignedCheckpoint(checkpoint, (line,)).to_bytes())
    ended = embedded.call("audit", "--json", "--against", path)
    assert (ended.code, ended.json["faults"]) == (0, [])
    assert [one["kind"] for one in ended.json["remarks"]] == ["outside_unproved"]


def test_a_file_that_is_none_of_these_is_refused(embedded: Founded, tmp_path: Path) -> None:
    """Before anything is read of the log."""
    ended = embedded.call("audit", "--against", given(tmp_path, b"7\n"))
    assert ended.code == 2
    assert "given" in ended.err


@pytest.mark.parametrize("compromised", [False, True])
def test_a_key_that_has_ended_proves_no_other_history(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path, *, compromised: bool
) -> None:
    """Whoever stole it can sign what he likes: it is told, and the log stays as it was."""
    size = kept.checkpoint.size
    forgeries = [other(embedded, size + more) for more in (0, 3, 10_000)]
    with embedded.opened() as opened:
        at = opened.store.head()
        assert at is not None
    since = ("--compromised-since", "2026-01-01T00:00:00Z") if compromised else ()
    when = ("--at", (at.recorded_at + timedelta(days=1)).isoformat())
    assert embedded.call("key", "rotate", "--by", "clerk-1", *since, *when).code == 0
    for forgery in forgeries[0 if compromised else 1 :]:
        path = given(tmp_path, forgery.to_bytes())
        ended = embedded.call("audit", "--json", "--against", path)
        assert (ended.code, ended.json["faults"]) == (0, [])
        assert [one["kind"] for one in ended.json["remarks"]] == ["ended_key"]
    ended = embedded.call("audit", "--json")
    assert ended.code == 0
    assert "remarks" not in ended.json


def test_evidence_by_a_key_that_has_ended_is_told_and_is_no_fault(
    embedded: Founded, kept: SignedCheckpoint, tmp_path: Path
) -> None:
    """Also where it was kept before the theft was known."""
    path = given(tmp_path, other(embedded, kept.checkpoint.size).to_bytes())
    assert embedded.call("audit", "--against", path).code == 1
    with embedded.opened() as opened:
        at = opened.store.head()
        assert at is not None
    when = ("--at", (at.recorded_at + timedelta(days=1)).isoformat())
    since = ("--compromised-since", "2026-01-01T00:00:00Z")
    assert embedded.call("key", "rotate", "--by", "clerk-1", *since, *when).code == 0
    ended = embedded.call("audit", "--json")
    assert (ended.code, ended.json["faults"]) == (0, [])
    assert [one["kind"] for one in ended.json["remarks"]] == ["ended_key"]
    false = Checkpoint(kept.checkpoint.origin, kept.checkpoint.size, bytes(32))
    line = false.cosign(WITNESS_KEY.name, WITNESS, 5)
    path = given(tmp_path, other(embedded, kept.checkpoint.size).with_signatures([line]).to_bytes())
    assert embedded.call("audit", "--against", path).code == 1


def test_a_missing_or_unreadable_mark_is_told(embedded: Founded) -> None:
    """Without it nothing tells an old backup; that is no fault of the log."""
    with embedded.opened() as opened:
        mark = opened.keeper.high_water.path
    for spoil, detail in ((lambda: mark.write_text("{"), "unreadable"), (mark.unlink, "missing")):
        spoil()
        ended = embedded.call("audit", "--json")
        assert (ended.code, ended.json["faults"]) == (0, [])
        assert ended.json["remarks"] == [{"kind": "no_high_water", "detail": detail}]


def test_faults_that_are_left_out_are_counted(
    embedded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that reads the report must not take the first ones for all."""
    with embedded.opened() as opened:
        path = getattr(opened.store, "path", None)
    if path is None:
        pytest.skip("the file of the store is changed in place")
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("DROP TRIGGER entries_no_UPDATE")
        store.execute("UPDATE entries SET signature = zeroblob(64)")
        ((size,),) = store.execute("SELECT COUNT(*) FROM entries")
    monkeypatch.setattr("ledger.log.faults.MAX_KEPT_PER_KIND", 2)
    told = embedded.call("audit", "--json").json
    kept = [one for one in told["faults"] if one["kind"] == "bad_signature"]
    assert len(kept) == 2
    assert told["omitted"] >= size - 2


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(embedded: Founded, tmp_path: Path) -> None:
    """It is refused before the log is opened."""
    os.mkfifo(tmp_path / "pipe")
    ended = embedded.process("audit", "--against", tmp_path / "pipe")
    assert ended.code == 2
    assert "not a regular file" in ended.err


def test_a_closed_output_is_no_internal_error(embedded: Founded) -> None:
    """Nor does the store get the descriptor that was standard output's."""
    for first, many in ((1, 1), (0, 3)):
        done = subprocess.run(
            program("audit", "--home", embedded.home),
            cwd=ROOT,
            env=environment(),
            preexec_fn=partial(os.closerange, first, first + many),
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0
    assert embedded.call("audit").code == 0


def test_there_is_a_helper_for_each_core(embedded: Founded) -> None:
    """But the one in use; and the address that they open does not show in what is told of them."""
    with embedded.opened() as opened:
        helpers = audit_helpers(opened)
    assert helpers.count == len(os.sched_getaffinity(0)) - 1
    assert "sqlite" not in repr(helpers)
    assert "postgresql" not in repr(helpers)
