"""Keys rotate while the log commits to itself and is signed: by whom, and what stays provable."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.commands.governance_commands import GrantRole
from ledger.entry import Actor
from ledger.events.governance import KeyRetired
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.own_keys import checkpoint_keys
from ledger.node import Node
from ledger.orders import Order
from ledger.reading import KeyReplaced
from ledger.signing.keys import key_id
from ledger.storage.errors import GuardChanged, StoreBusy
from ledger.storage.port import Guard
from tests.integration.driving import PATIENCE, ROOT, Ended, Founded, call, environment
from tests.integration.material import SUPPLIER
from tests.integration.test_keys import KEYS, current, files, sound


def admitted(node: Founded, body: str) -> Ended:
    return node.call("organisation", "admit", "--id", body, "--name", "示例", "--role", "supplier")


def signers(node: Node) -> Iterator[tuple[int, str]]:
    """Size and key id of every checkpoint that the node keeps of its own log."""
    keys = checkpoint_keys(node.registry().node_keys.values(), node.keeper.origin)
    for note in node.store.notes("checkpoint", node.keeper.origin):
        for one in SignedCheckpoint.parse(note.body).verified(keys, ()).signatures:
            yield note.size, key_id(one.key.public)


def nothing_of(old: str, founded: Founded) -> None:
    """No entry and no checkpoint behind its retirement is of the old key."""
    with founded.opened() as node:
        rows = list(node.store.scan())
        (ended,) = (row.index for row in rows if row.topic == KeyRetired.topic())
        assert old not in {row.keyid.hex() for row in rows if row.index > ended}
        assert old in {keyid for size, keyid in signers(node) if size <= ended}
        later = {keyid for size, keyid in signers(node) if size > ended}
        assert later
        assert old not in later


def test_a_rotation_is_committed_and_signed_with_the_new_key(simulated: Founded) -> None:
    """At its end nothing waits: the newest checkpoint has the rotation, under the new key."""
    old = current(simulated)
    assert simulated.call("key", "rotate").code == 0
    nothing_of(old, simulated)
    with simulated.opened() as node:
        assert max(signers(node)) == (node.store.size(), current(simulated))


def test_who_settles_when_the_key_is_rotated_signs_nothing_with_the_old_one(
    simulated: Founded,
) -> None:
    """Also where the other program had committed already, and nothing is left to commit to."""
    old = current(simulated)
    with simulated.opened() as node:
        may_sign = node._settling
        asked = 0

        def rotated_meanwhile() -> Guard:
            nonlocal asked
            guard = may_sign()
            asked += 1
            if asked == 1:
                stopped_while_settling(simulated)
            return guard

        node.keeper.guarded_by(rotated_meanwhile)
        with pytest.raises(KeyReplaced):
            node.settle()
    assert current(simulated) != old
    assert admitted(simulated, "X1").code == 0
    nothing_of(old, simulated)
    sound(simulated)


def test_the_writing_process_signs_nothing_with_the_old_key(simulated: Founded) -> None:
    """It knows of governance what the transaction assumed, and asks no registry."""
    old = current(simulated)
    with simulated.opened() as node:
        assumed = Guard(governance=node.registry().index)
        stopped_while_settling(simulated)
        node.keeper.guarded_by(Guard)
        with pytest.raises(GuardChanged):
            node.keeper.settle(assumed)
    assert admitted(simulated, "X1").code == 0
    nothing_of(old, simulated)
    sound(simulated)


def test_what_a_program_wrote_before_the_rotation_is_left_to_the_new_key(
    simulated: Founded,
) -> None:
    """Closing it signs nothing and fails nothing."""
    old = current(simulated)
    with simulated.opened() as node:
        node.wrote()
        assert simulated.call("key", "rotate").code == 0
    nothing_of(old, simulated)
    sound(simulated)


def test_an_old_key_file_put_back_signs_no_checkpoint(simulated: Founded) -> None:
    """``checkpoint`` and ``prove`` are refused as writing is."""
    place = simulated.home / "keys" / "node.key"
    kept, old = place.read_bytes(), current(simulated)
    assert simulated.call("key", "rotate").code == 0
    new = place.read_bytes()
    place.write_bytes(kept)
    for asked in (("checkpoint",), ("checkpoint", "--vkey"),
                  ("prove", "0", "-o", simulated.home / "proof")):  # fmt: skip
        done = simulated.call(*asked)
        assert (done.code, done.out) == (2, "")
        assert "retired" in done.err
    place.write_bytes(new)
    nothing_of(old, simulated)


def test_whoever_rotated_may_write_on_with_the_new_key(simulated: Founded) -> None:
    """The open node signs entries, commitments and checkpoints with it."""
    old = current(simulated)
    with simulated.opened() as node:
        role = ("key", "rotate")
        assert simulated.call(*role).code == 0
        with simulated.opened() as other:
            node.go_on_with(other.signing_key)
        assert node.store.sealing is not None
        assert node.store.sealing.keyid.hex() == current(simulated)
        node.settle()
    nothing_of(old, simulated)


def test_what_is_written_is_not_told_to_have_failed_where_settling_must_wait(
    embedded: Founded,
) -> None:
    """Whoever closes settles; who is told of an error would write the same again."""

    def busy(guard: Guard | None = None) -> None:
        del guard
        raise StoreBusy(seconds=1)

    command = GrantRole.model_validate(
        {"organisation": SUPPLIER, "role": "reviewer", "from": "2026-03-01"}
    )
    before = embedded.size()
    with embedded.opened() as node:
        node.keeper.tick = busy  # type: ignore[method-assign]
        done = node.execute(Order(command, Actor(node.name, "op-7")))
        assert len(done.indices) == 1
    assert embedded.size() == before + 1
    with embedded.opened() as node:
        assert max(signers(node))[0] == node.store.size()


# -- stopped ------------------------------------------------------------------------------

DIES = """
import os, signal, sys
from api.cli.main import run
from ledger.log.keeper import Keeper

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(Keeper, sys.argv[1], die)
run(["key", "rotate", *sys.argv[2:]])
"""


def stopped_while_settling(node: Founded, before: str = "checkpoint") -> None:
    """The rotation is in the log; ``before`` this step of settling the program is killed."""
    done = subprocess.run(
        [sys.executable, "-c", DIES, before, "--home", str(node.home)],
        cwd=ROOT, env=environment(), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("step", ["_commit", "_still_signing", "checkpoint", "mark"])
def test_stopped_while_it_settles_the_next_writer_does(simulated: Founded, step: str) -> None:
    """With the new key, whichever step was the last."""
    old = current(simulated)
    stopped_while_settling(simulated, step)
    assert simulated.call("audit").code == 0
    assert current(simulated) != old
    assert simulated.call("checkpoint").code == 0
    nothing_of(old, simulated)
    sound(simulated)
    assert files(simulated) == KEYS


# -- what stays provable --------------------------------------------------------------------


def verdict(trust: Path, file: Path, *entry: str | Path) -> tuple[str, str]:
    told = call("verify", file, "--trust", trust, "--json", *entry)
    assert told.code == (0 if told.json["verdict"].startswith("VALID") else 1)
    return told.json["verdict"], told.json["reason"]


def test_what_was_handed_out_stays_good_through_rotations(
    simulated: Founded, tmp_path: Path
) -> None:
    """Each checkpoint, proof and entry of an ended key is VALID_HISTORICAL, those of the key in
    use are VALID, and the audit finds every checkpoint that was handed out in the log."""
    handed: list[tuple[Path, Path, Path]] = []
    for number in range(3):
        checkpoint = tmp_path / f"checkpoint-{number}"
        proof, entry = tmp_path / f"{number}.tlog-proof", tmp_path / f"{number}.json"
        assert admitted(simulated, f"X{number}").code == 0
        assert simulated.call("checkpoint", "-o", checkpoint).code == 0
        last = str(simulated.tree_size() - 1)
        assert simulated.call("prove", last, "-o", proof, "--entry", entry).code == 0
        handed.append((checkpoint, proof, entry))
        trust = tmp_path / f"trust-{number}"
        assert simulated.call("trust", "export", "-o", trust).code == 0
        for at, (known, shown, said) in enumerate(handed):
            expected = ("VALID", "verified") if at == number else ("VALID_HISTORICAL", "key_ended")
            assert verdict(trust, known) == expected
            assert verdict(trust, shown, "--entry", said) == expected
        against = [word for known, *_ in handed for word in ("--against", str(known))]
        told = simulated.call("audit", "--json", *against)
        assert (told.code, told.json.get("remarks")) == (0, None), told.out
        assert simulated.call("key", "rotate").code == 0
    first = tmp_path / "again.tlog-proof"
    entry = tmp_path / "again.json"
    assert simulated.call("prove", "1", "-o", first, "--entry", entry).code == 0
    last_trust = tmp_path / "trust-last"
    assert simulated.call("trust", "export", "-o", last_trust).code == 0
    assert verdict(last_trust, first, "--entry", entry) == ("VALID_HISTORICAL", "key_ended")
    sound(simulated)
