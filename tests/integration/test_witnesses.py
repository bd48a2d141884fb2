"""Nodes that witness each other: over real HTTP, by file, and with one that lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from ledger.entry import parse_instant
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.forks import Fork
from ledger.log.verifier_key import VerifierKey
from ledger.log.witness_protocol import MAX_REQUEST_BYTES
from tests.integration.driving import ROOT, Ended, Founded, call, environment, program

NAMES = ("xiamen", "quanzhou", "zhangzhou")
FOUNDED_AT = "2026-03-01T02:00:00Z"


def founded(folder: Path, name: str, *options: str) -> Founded:
    done = call("init", "--home", folder / name, "--node", name, "--region", "350200", *options)
    assert done.code == 0, done.err
    return Founded(folder / name, name)


def vkey(node: Founded) -> str:
    return node.call("checkpoint", "--vkey").out.strip()


def witness_vkey(node: Founded) -> str:
    return node.call("witness", "status", "--vkey").out.strip()


def origin(node: Founded) -> str:
    return f"credit-ledger.example/{node.name}"


def watch(witness: Founded, *logs: Founded) -> None:
    for log in logs:
        done = call(
            "witness", "watch", "--home", witness.home, "--origin", origin(log), "--vkey", vkey(log)
        )
        assert done.code == 0, done.err


def admit(node: Founded, body: str, *options: str) -> Ended:
    return node.call("organisation", "admit", "--id", body, "--name", "示例局",
                     "--role", "supplier", *options)  # fmt: skip


def status(node: Founded) -> dict[str, Any]:
    found = node.call("witness", "status", "--json")
    assert found.code == 0, found.err
    assert isinstance(found.json, dict)
    return found.json


def trio(folder: Path, *options: str) -> list[Founded]:
    nodes = [founded(folder, name, *options) for name in NAMES]
    for node in nodes:
        watch(node, *(other for other in nodes if other is not node))
    return nodes


@dataclass
class Service:
    """``witness serve`` as a program of its own."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def serving(node: Founded, port: int = 0) -> Iterator[Service]:
    process = subprocess.Popen(
        program("witness", "serve", "--home", node.home, "--port", str(port)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, process.communicate(timeout=20)
        yield Service(process, line.split()[-1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def set_policy(node: Founded, quorum: str, witnesses: dict[str, tuple[Founded, str]]) -> None:
    lines = [f"witness {name} {witness_vkey(of)} {url}" for name, (of, url) in witnesses.items()]
    path = node.home.parent / f"{node.name}.policy"
    path.write_text("\n".join([*lines, quorum, ""]))
    done = node.call("witness", "policy", path)
    assert done.code == 0, done.err


def test_three_nodes_witness_each_other_over_http(tmp_path: Path) -> None:
    """Each asks the two others at the end of each command that writes; all are witnessed, and
    whoever holds the keys can verify what each of them got."""
    nodes = trio(tmp_path)
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(node)).url for node in nodes]
        for at, node in enumerate(nodes):
            others = {f"w{n}": (nodes[n], urls[n]) for n in range(3) if n != at}
            set_policy(node, f"group all all {' '.join(others)}\nquorum all", others)
        for node in nodes:
            done = admit(node, "body-1")
            assert (done.code, done.err) == (0, "")
    for at, node in enumerate(nodes):
        found = status(node)
        assert (found["witnessed"], found["witnessed_size"]) == (True, node.tree_size())
        with node.opened() as opened:
            cosigned = opened.witnessing.cosigning()
            newest = cosigned.newest()
            assert newest is not None
            signed = cosigned.standing(newest).signed
        keys = [VerifierKey.from_vkey(witness_vkey(nodes[n])) for n in range(3) if n != at]
        log = VerifierKey.from_vkey(vkey(node))
        assert len(signed.verified([log], keys).cosigners) == 2


@pytest.mark.parametrize(
    ("quorum", "met"),
    [("group g any b c\nquorum g", True), ("group g all b c\nquorum g", False),
     ("group g 1 b c\nquorum g", True), ("quorum c", False)],
)  # fmt: skip
def test_work_goes_on_without_a_witness_and_catches_up(
    tmp_path: Path, quorum: str, met: bool
) -> None:
    """What one witness alone is worth is the policy's to say; the command succeeds, says so, and
    the next one has everything cosigned that came before."""
    node, b, c = trio(tmp_path)
    with serving(b) as first, serving(c) as second:
        port = int(second.url.rpartition(":")[2])
        set_policy(node, quorum, {"b": (b, first.url), "c": (c, second.url)})
        assert node.call("witness", "request").code == 0
        assert second.stop() == 0
        done = admit(node, "body-1")
        assert done.code == 0
        assert ("unwitnessed" not in done.err) is met
        assert (node.call("witness", "request").code == 0) is met
        assert status(node)["witnessed"] is met
        admit(node, "body-2")
        with serving(c, port):
            done = admit(node, "body-3")
            assert (done.code, done.err) == (0, "")
        assert status(node)["witnessed_size"] == node.tree_size()
        assert first.stop(signal.SIGINT) == 0


def by_file(log: Founded, witness: Founded, folder: Path, *options: str) -> Ended:
    """The whole way: request, cosign, take."""
    request, answer = folder / "request", folder / "answer"
    answer.unlink(missing_ok=True)
    done = log.call("witness", "request", "-o", request, *options)
    assert done.code == 0, done.err
    done = witness.call("witness", "cosign", request, "-o", answer)
    return log.call("witness", "take", answer) if done.code == 0 else done


def file_policy(node: Founded, witness: Founded) -> None:
    path = node.home.parent / "file.policy"
    path.write_text(f"witness w {witness_vkey(witness)}\nquorum w\n")
    assert node.call("witness", "policy", path).code == 0


def test_networks_that_do_not_touch_use_files(tmp_path: Path) -> None:
    """Request and answer travel as files, again and again; each time the log is witnessed."""
    node, witness, _ = trio(tmp_path)
    file_policy(node, witness)
    for number in range(3):
        admit(node, f"body-{number}")
        done = by_file(node, witness, tmp_path)
        assert (done.code, done.out.split(":")[0]) == (0, "witnessed")
    answer = SignedCheckpoint.parse((tmp_path / "answer").read_bytes())
    keys = [VerifierKey.from_vkey(vkey(node))], [VerifierKey.from_vkey(witness_vkey(witness))]
    assert answer.verified(*keys).cosigners == set(keys[1])


def test_bare_lines_of_another_witness_are_taken_too(tmp_path: Path) -> None:
    """What a 200 of the protocol holds is enough: the checkpoint is found among the newest."""
    node, witness, _ = trio(tmp_path)
    file_policy(node, witness)
    by_file(node, witness, tmp_path)
    admit(node, "body-1")
    assert node.call("witness", "request", "-o", tmp_path / "request").code == 0
    assert witness.call("witness", "cosign", tmp_path / "request", "-o", tmp_path / "a").code == 0
    cosignature = (tmp_path / "a").read_text().splitlines()[-1]
    (tmp_path / "lines").write_text(f"{cosignature}\n")
    admit(node, "body-2")
    assert node.call("witness", "take", tmp_path / "lines").code == 0
    assert status(node)["witnessed_size"] == 8


def test_refusals_by_file_say_their_status(tmp_path: Path) -> None:
    """Exit 3 with the protocol's status and the reason; no answer file is written."""
    node, witness, stranger = trio(tmp_path)
    file_policy(node, witness)
    assert by_file(node, witness, tmp_path).code == 0
    old = by_file(node, witness, tmp_path, "--old", "0")
    assert (old.code, "409: size 5 was cosigned last, not 0" in old.err) == (3, True)
    (witness.home / "watched.json").unlink()
    done = by_file(node, witness, tmp_path)
    assert (done.code, "404" in done.err) == (3, True)
    call("witness", "watch", "--home", witness.home, "--origin", origin(stranger), "--vkey",
         vkey(stranger))  # fmt: skip
    request = tmp_path / "request"
    request.write_bytes(request.read_bytes().replace(b"example/xiamen", b"example/zhangzhou"))
    done = witness.call("witness", "cosign", request, "-o", tmp_path / "answer")
    assert (done.code, "403" in done.err) == (3, True)
    request.write_bytes(b"old 1\n")
    done = witness.call("witness", "cosign", request, "-o", tmp_path / "answer")
    assert (done.code, "400" in done.err) == (3, True)
    assert not (tmp_path / "answer").exists()


def forked(node: Founded, folder: Path) -> Founded:
    """The same node, restored from a backup, with another history since."""
    shutil.copytree(node.home, folder / "copy")
    return Founded(folder / "copy", node.name)


@pytest.mark.parametrize("more", [2, 4])
def test_a_fork_is_refused_kept_and_provable(tmp_path: Path, more: int) -> None:
    """Two histories of one log: the witness cosigns one, refuses the other with 1, and its two
    files prove the fork to whoever knows the log's key. At one size, and by the proof itself."""
    node, witness, _ = trio(tmp_path)
    file_policy(node, witness)
    assert by_file(node, witness, tmp_path).code == 0
    copy = forked(node, tmp_path)
    admit(node, "body-1")
    admit(node, "body-2")
    assert by_file(node, witness, tmp_path).code == 0
    for number in range(more):
        admit(copy, f"other-{number}")
    done = by_file(copy, witness, tmp_path, "--old", str(node.tree_size()))
    assert (done.code, "forked" in done.err) == (1, True)
    done = witness.call("witness", "status", "--evidence", tmp_path / "evidence", "--json")
    (told,) = done.json["forks"]
    assert told["origin"] == origin(node)
    files = sorted((tmp_path / "evidence").iterdir())
    first, other = (path.read_bytes() for path in files)
    fork = Fork.from_files(first, other)
    assert fork.proved_to([VerifierKey.from_vkey(vkey(node))])
    assert bool(fork.proof) is (more > 2)
    admit(node, "body-3")
    assert by_file(node, witness, tmp_path).code == 0  # the history that was cosigned goes on


def test_a_restored_log_hears_of_it_over_http(tmp_path: Path) -> None:
    """The witness contradicts the copy; the command that wrote succeeds, and says so."""
    node, witness, _ = trio(tmp_path)
    with serving(witness) as service:
        set_policy(node, "quorum w", {"w": (witness, service.url)})
        copy = forked(node, tmp_path)
        assert admit(node, "body-1").err == ""
        done = admit(copy, "other-1")
        assert done.code == 0
        assert "another tree of this log at size 8" in done.err
        assert "unwitnessed" in done.err
    assert len(status(witness)["forks"]) == 1


def test_an_answer_about_another_tree_of_this_log_is_kept_as_evidence(tmp_path: Path) -> None:
    """Our own key under two trees of one size: both are kept, nothing is taken."""
    node, witness, _ = trio(tmp_path)
    file_policy(node, witness)
    copy = forked(node, tmp_path)
    admit(node, "body-1")
    admit(copy, "other-1")
    assert by_file(node, witness, tmp_path).code == 0
    done = copy.call("witness", "take", tmp_path / "answer")
    assert (done.code, "two different trees" in done.err) == (1, True)
    found = status(copy)
    assert (len(found["forks"]), found["witnessed"]) == (1, False)


def test_what_is_not_of_this_log_is_not_taken(tmp_path: Path) -> None:
    """Another log's checkpoint, an unknown cosigner, a file of anything else."""
    node, witness, third = trio(tmp_path)
    file_policy(node, witness)
    file_policy(third, witness)
    assert by_file(third, witness, tmp_path).code == 0
    assert node.call("witness", "take", tmp_path / "answer").code == 1
    node.call("witness", "request", "-o", tmp_path / "request", "--old", "0")
    third.call("witness", "cosign", tmp_path / "request", "-o", tmp_path / "answer")
    assert node.call("witness", "take", tmp_path / "answer").code == 1
    (tmp_path / "answer").write_bytes(b"\xff")
    assert node.call("witness", "take", tmp_path / "answer").code == 2
    assert status(node)["witnesses"][0]["size"] is None


def test_the_request_stamps_both_sides_of_simulated_clocks(tmp_path: Path) -> None:
    """Over HTTP the cosignature bears the asker's instant; by file each side is told its own."""
    node, witness, _ = trio(tmp_path, "--simulated-clock", "--at", FOUNDED_AT)
    told = "2026-06-01T00:00:00.000000Z"
    with serving(witness) as service:
        set_policy(node, "quorum w", {"w": (witness, service.url)})
        assert admit(node, "body-1").err == ""
        assert node.call("witness", "request", "--at", told).code == 0
        (found,) = status(node)["witnesses"]
        assert parse_instant(found["at"]) < parse_instant(told)  # cosigned when it was written
        done = node.call("witness", "request", "--url", service.url, "--at", told)
        assert done.code == 0, done.err
        (found,) = status(node)["witnesses"]
        assert found["at"] == told
    later = "2026-07-01T00:00:00.000000Z"
    assert admit(node, "body-2").code == 0
    request, answer = tmp_path / "request", tmp_path / "answer"
    assert node.call("witness", "request", "-o", request, "--at", later).code == 0
    assert witness.call("witness", "cosign", request, "-o", answer, "--at", later).code == 0
    assert node.call("witness", "take", answer).code == 1  # not yet, on this clock
    much_later = "2026-09-01T00:00:00Z"  # files may travel for months
    assert node.call("witness", "take", answer, "--at", much_later).code == 0
    (found,) = status(node)["witnesses"]
    assert found["at"] == later


def test_a_real_clock_takes_no_instants(tmp_path: Path) -> None:
    """--at and its header are refused where time is real."""
    node, witness, _ = trio(tmp_path)
    node.call("witness", "request", "-o", tmp_path / "request")
    at = ("--at", "2026-06-01T00:00:00Z")
    done = witness.call("witness", "cosign", tmp_path / "request", "-o", tmp_path / "a", *at)
    assert done.code == 2
    with serving(witness) as service:
        body = (tmp_path / "request").read_bytes()
        assert post(service, body, {"Credit-Ledger-At": "2026-06-01T00:00:00.000000Z"})[0] == 400
        assert post(service, body, {"Credit-Ledger-At": "yesterday"})[0] == 400
        assert post(service, body)[0] == 200


def post(
    service: Service, body: bytes, headers: dict[str, str] | None = None, path: str = ""
) -> tuple[int, bytes, str]:
    host, _, port = service.url.removeprefix("http://").partition(":")
    connection = HTTPConnection(host, int(port), timeout=20)
    try:
        connection.request("POST", path or "/add-checkpoint", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Content-Type", "")
    finally:
        connection.close()


def test_the_service_answers_what_the_protocol_says(tmp_path: Path) -> None:
    """Statuses and content types over the wire; nothing else is served, nothing large is read."""
    node, witness, _ = trio(tmp_path)
    node.call("witness", "request", "-o", tmp_path / "request", "--old", "0")
    body = (tmp_path / "request").read_bytes()
    with serving(witness) as service:
        code, data, _ = post(service, body)
        assert (code, data.count(b"\n"), data[:4]) == (200, 1, "— ".encode())
        assert post(service, body) == (409, b"5\n", "text/x.tlog.size")
        assert post(service, b"")[0] == 400
        assert post(service, body.replace(b"example/xiamen", b"example/xiamem"))[0] == 404
        assert post(service, b"x" * (MAX_REQUEST_BYTES + 1))[0] == 413
        assert post(service, body, path="/")[0] == 404
        assert post(service, body, path="/docs")[0] == 404
        host, _, port = service.url.removeprefix("http://").partition(":")
        connection = HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/add-checkpoint")
        assert connection.getresponse().status == 405
        connection.close()
        assert service.stop() == 0
        assert service.process.stderr is not None
        assert service.process.stderr.read() == ""


def test_many_requests_at_once_cosign_one_history(tmp_path: Path) -> None:
    """Eight at once from the same size: one 200 in all, seven conflicts."""
    node, witness, _ = trio(tmp_path)
    node.call("witness", "request", "-o", tmp_path / "request", "--old", "0")
    asking = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
body = open({str(tmp_path / "request")!r}, "rb").read()
def ask(_):
    connection = HTTPConnection(*sys.argv[1].split(":"), timeout=20)
    connection.request("POST", "/add-checkpoint", body)
    return connection.getresponse().status
with ThreadPoolExecutor(8) as pool:
    print(sorted(pool.map(ask, range(8))))
"""
    with serving(witness) as service:
        address = service.url.removeprefix("http://")
        done = subprocess.run([sys.executable, "-c", asking, address], capture_output=True,
                              text=True, timeout=60, check=True)  # fmt: skip
    assert json.loads(done.stdout) == [200] + [409] * 7


# -- the high-water mark, by a witness ---------------------------------------------


def test_a_witness_stands_in_for_a_lost_mark(tmp_path: Path) -> None:
    """Whole: the witness has seen no more, so writing goes on under a new mark."""
    node, witness, _ = trio(tmp_path)
    with serving(witness) as service:
        set_policy(node, "quorum w", {"w": (witness, service.url)})
        admit(node, "body-1")
        (node.home / "high-water.json").unlink()
        status(node)
        assert not (node.home / "high-water.json").exists()  # who only reads asks nobody
        done = admit(node, "body-2")
        assert (done.code, done.err) == (0, "")
        (node.home / "high-water.json").unlink()
    assert admit(node, "body-3").code == 1  # nobody within reach


def test_a_witness_that_saw_more_stops_a_restored_log(tmp_path: Path) -> None:
    """Behind: an old backup without its mark writes nothing, and nothing is marked."""
    node, witness, _ = trio(tmp_path)
    with serving(witness) as service:
        set_policy(node, "quorum w", {"w": (witness, service.url)})
        admit(node, "body-1")
        copy = forked(node, tmp_path)
        admit(node, "body-2")
        (copy.home / "high-water.json").unlink()
        begun = copy.tree_size()
        done = admit(copy, "other-1")
        assert (done.code, "the log had 11 already" in done.err) == (1, True)
        assert copy.tree_size() == begun
        assert not (copy.home / "high-water.json").exists()


def test_a_policy_is_read_strictly_and_names_others(tmp_path: Path) -> None:
    """What cannot be used is not installed: bent lines, the node itself, odd addresses."""
    node, witness, _ = trio(tmp_path)
    path = tmp_path / "policy"
    for text in (
        "quorum nobody\n",
        f"witness w {witness_vkey(witness)}\nquorum w",
        f"witness w {witness_vkey(node)}\nquorum w\n",
        f"witness w {witness_vkey(witness)} ftp://x.example\nquorum w\n",
    ):
        path.write_text(text)
        assert node.call("witness", "policy", path).code == 2, text
    assert not (node.home / "witness-policy.txt").exists()
    assert node.call("witness", "request").code == 3
    (node.home / "witness-policy.txt").write_text("nonsense\n")
    done = admit(node, "body-1")
    assert (done.code, "unwitnessed" in done.err) == (0, True)


def test_watching_a_trust_file_takes_its_logs_and_not_ones_own(tmp_path: Path) -> None:
    """The keys that sign checkpoints now; wrong names and types are refused."""
    node, witness, _ = trio(tmp_path)
    file = tmp_path / "trust.json"
    assert witness.call("trust", "export", "-o", file).code == 0
    (node.home / "watched.json").unlink()
    assert call("witness", "watch", "--home", node.home, "--trust", file).code == 0
    (found,) = status(node)["watched"]
    assert (found["origin"], found["vkeys"]) == (origin(witness), [vkey(witness)])
    before = (witness.home / "watched.json").read_bytes()
    assert call("witness", "watch", "--home", witness.home, "--trust", file).code == 0
    assert (witness.home / "watched.json").read_bytes() == before
    for name, key in (
        (origin(node), vkey(witness)),
        (origin(node), witness_vkey(node)),
        ("a b", "x"),
    ):
        done = call("witness", "watch", "--home", witness.home, "--origin", name, "--vkey", key)
        assert done.code == 2


def test_silence_costs_a_command_little(tmp_path: Path) -> None:
    """A witness that accepts and says nothing: the command ends within seconds, unwitnessed."""
    node, witness, _ = trio(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        set_policy(node, "quorum w", {"w": (witness, url)})
        begun = time.monotonic()
        done = admit(node, "body-1")
        assert (done.code, "unwitnessed" in done.err) == (0, True)
        assert time.monotonic() - begun < 10


def test_a_statement_bears_what_witnesses_say_of_its_own_checkpoint(tmp_path: Path) -> None:
    """A registered look adds entries, so nobody has cosigned that checkpoint before: its
    witnesses are asked before the statement is signed, and a reader's policy is met."""
    log, witness = founded(tmp_path, "xiamen"), founded(tmp_path, "zhangzhou")
    watch(witness, log)
    files = (tmp_path / "statement.json", tmp_path / "trust.json")
    with serving(witness) as service:
        set_policy(log, "quorum w", {"w": (witness, service.url)})
        done = log.call("history", "91350200E8PF9R55QH", "--operator", "op-9", "--purpose", "tender",
                        "--basis", "example", "--statement", files[0])  # fmt: skip
        assert (done.code, done.err) == (0, "")
    assert log.call("trust", "export", "-o", files[1]).code == 0
    verdict = call("verify", files[0], "--trust", files[1], "--json")
    assert verdict.json["reason"] == "verified", verdict.json


def test_a_witness_restored_from_a_backup_cosigns_no_fork(tmp_path: Path) -> None:
    """What it cosigned is remembered outside its store: the second history is refused."""
    log, witness = founded(tmp_path, "xiamen"), founded(tmp_path, "quanzhou")
    watch(witness, log)
    other = Founded(tmp_path / "fork", "xiamen")
    shutil.copytree(log.home, other.home)
    backup = tmp_path / "backup"
    copied(witness.home / "ledger.sqlite", backup)
    assert admit(log, "body-1").code == 0
    assert log.call("witness", "request", "-o", tmp_path / "r1", "--old", "0").code == 0
    assert witness.call("witness", "cosign", tmp_path / "r1", "-o", tmp_path / "c1").code == 0
    for path in witness.home.glob("ledger.sqlite*"):
        path.unlink()
    copied(backup, witness.home / "ledger.sqlite")
    assert admit(other, "body-2").code == 0
    assert other.call("witness", "request", "-o", tmp_path / "r2", "--old", "0").code == 0
    refused = witness.call("witness", "cosign", tmp_path / "r2", "-o", tmp_path / "c2")
    assert (refused.code, (tmp_path / "c2").exists()) == (1, False)
    assert "nothing is cosigned" in refused.err
    again = witness.call("witness", "cosign", tmp_path / "r1", "-o", tmp_path / "c2")
    assert again.code == 1


def copied(database: Path, place: Path) -> None:
    """A whole copy of a SQLite file, whatever its log still holds."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(place)) as copy:
        source.backup(copy)


def test_a_pipe_in_place_of_the_policy_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Work goes on unwitnessed; what asks for the policy says what lies there."""
    node = founded(tmp_path, "xiamen")
    os.mkfifo(node.home / "witness-policy.txt")
    assert node.process("organisation", "admit", "--id", "body-1", "--name", "示例局",
                        "--role", "supplier").code == 0  # fmt: skip
    told = node.process("witness", "status")
    assert told.code == 2
    assert "not a regular file" in told.err
