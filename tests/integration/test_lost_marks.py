"""A mark that is lost: who may say how far a log had come, and what a witness does without its own."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.integration.driving import Founded
from tests.integration.test_witnesses import (
    admit,
    by_file,
    copied,
    file_policy,
    founded,
    serving,
    set_policy,
    status,
    watch,
)

Pair = tuple[Founded, Founded]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A log and its witness, which has seen nothing yet."""
    log, witness = founded(tmp_path, "xiamen"), founded(tmp_path, "quanzhou")
    watch(witness, log)
    return log, witness


def mark(node: Founded) -> Path:
    return node.home / "high-water.json"


# -- the log's own -------------------------------------------------------------------


def test_a_witness_that_never_saw_the_log_makes_no_mark(pair: Pair) -> None:
    """Founded a minute ago, within reach and named by the policy: it knows nothing of a loss."""
    log, witness = pair
    admit(log, "body-1")
    mark(log).unlink()
    with serving(witness) as service:
        set_policy(log, "quorum w", {"w": (witness, service.url)})
        for _ in range(2):  # nor once it has seen the log for the first time
            assert admit(log, "body-2").code == 1
            assert not mark(log).exists()


def test_a_witness_by_file_makes_a_lost_mark_anew(pair: Pair, tmp_path: Path) -> None:
    """Asked again about the newest checkpoint it dates it anew; what it said before, which the
    store holds itself, is not enough, and nor is anybody's word."""
    log, witness = pair
    file_policy(log, witness)
    admit(log, "body-1")
    assert by_file(log, witness, tmp_path).code == 0
    mark(log).unlink()
    kept = tmp_path / "kept"
    shutil.copy(tmp_path / "answer", kept)
    done = log.call("reconcile", "--against", kept, "--vouched-by", "某人")
    assert (done.code, mark(log).exists()) == (1, False)
    assert "witness request" in done.err
    request, answer = tmp_path / "request", tmp_path / "answer"
    answer.unlink()
    assert log.call("witness", "request", "-o", request).code == 0
    wait_a_second()
    assert witness.call("witness", "cosign", request, "-o", answer).code == 0
    assert log.call("reconcile", "--against", answer).code == 0
    assert admit(log, "body-2").code == 0


def wait_a_second() -> None:
    """Cosignatures are dated to the second."""
    time.sleep(1.1)


def test_a_witness_by_file_that_is_new_makes_no_mark(pair: Pair, tmp_path: Path) -> None:
    """Nobody knows that it ever saw this log."""
    log, witness = pair
    admit(log, "body-1")
    mark(log).unlink()
    file_policy(log, witness)
    request, answer = tmp_path / "request", tmp_path / "answer"
    assert log.call("witness", "request", "-o", request).code == 0
    assert witness.call("witness", "cosign", request, "-o", answer).code == 0
    assert log.call("reconcile", "--against", answer).code == 1
    assert log.call("witness", "take", answer).code == 1
    assert log.call("witness", "request", "-o", request).code == 0
    answer.unlink()
    wait_a_second()
    assert witness.call("witness", "cosign", request, "-o", answer).code in (0, 3)
    if answer.exists():
        assert log.call("reconcile", "--against", answer).code == 1
    assert not mark(log).exists()
    assert log.call("witness", "request").code == 1  # over HTTP there is nobody


# -- what a witness remembers -----------------------------------------------------------


def remembered(witness: Founded) -> Path:
    (path,) = witness.home.glob("witnessed-*.json")
    return path


def restored(witness: Founded, backup: Path) -> None:
    for path in witness.home.glob("ledger.sqlite*"):
        path.unlink()
    copied(backup, witness.home / "ledger.sqlite")


def test_a_witness_without_its_mark_cosigns_nothing_more(pair: Pair, tmp_path: Path) -> None:
    """Missing where the store knows of a cosignature, or unreadable: a restored witness must not
    cosign another history. The file back, or a new key, ends that."""
    log, witness = pair
    file_policy(log, witness)
    assert by_file(log, witness, tmp_path).code == 0
    backup, path = tmp_path / "backup", remembered(witness)
    copied(witness.home / "ledger.sqlite", backup)
    fork = Founded(tmp_path / "fork", log.name)
    shutil.copytree(log.home, fork.home)
    admit(log, "body-1")
    assert by_file(log, witness, tmp_path).code == 0
    kept = path.read_bytes()
    restored(witness, backup)
    admit(fork, "body-2")
    for damaged in (b"{}", b"", None):
        path.unlink(missing_ok=True)
        if damaged is not None:
            path.write_bytes(damaged)
        done = by_file(fork, witness, tmp_path)
        assert done.code == 1, done
        assert "key rotate --witness" in done.err
    path.write_bytes(kept)
    done = by_file(fork, witness, tmp_path)
    assert (done.code, "entries of" in done.err) == (1, True)
    path.unlink()
    assert witness.call("key", "rotate", "--witness").code == 0
    file_policy(fork, witness)
    last = status(witness)["watched"][0]["size"]
    assert by_file(fork, witness, tmp_path, "--old", str(last)).code == 0


def test_a_mark_that_cannot_be_read_is_not_taken_for_a_beginning(
    pair: Pair, tmp_path: Path
) -> None:
    """Also where the restored store knows of no cosignature at all; a new witness has no file."""
    log, witness = pair
    file_policy(log, witness)
    backup = tmp_path / "backup"
    copied(witness.home / "ledger.sqlite", backup)
    assert by_file(log, witness, tmp_path).code == 0
    restored(witness, backup)
    remembered(witness).write_bytes(b"{}")
    assert by_file(log, witness, tmp_path, "--old", "0").code == 1
