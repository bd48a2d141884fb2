"""An import that is killed and started again ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import cast

import pytest

from api.asking import Question, ask
from ledger.identifiers import Scheme
from ledger.identifiers.schemes import candidate_schemes
from tests.integration.driving import (
    PATIENCE,
    ROOT,
    Founded,
    call,
    environment,
    process,
    program,
)
from tests.integration.material import (
    FOUNDED_AT,
    SUPPLIER,
    admit_all,
    import_file,
    penalties,
    write,
)

ROWS = 2_500
BULK_ROWS = 5_100
"""Above 5,000 rows a signer process works beside the import."""

KILLS = 3
ASKED = 200
LATER = ("--at", "2026-06-01T10:00:00+08:00")


def _found(folder: Path) -> Founded:
    home = folder / "home"
    done = call("init", "--home", home, "--node", "xiamen", "--simulated-clock", "--at", FOUNDED_AT)
    assert done.code == 0, done.err
    node = Founded(home, "xiamen")
    admit_all(node)
    return node


Named = tuple[Scheme, str]


def _named(rows: tuple[dict[str, str], ...]) -> set[Named]:
    """Whom the rows name, as far as they do."""
    firms = {("uscc", row.get("XDR_SHXYM", "")) for row in rows}
    people = {("resident_id", row.get("XDR_ZJHM", "")) for row in rows}
    given = cast("set[Named]", firms | people)
    return {(scheme, text) for scheme, text in given if scheme in candidate_schemes(text)}


def _documents(node: Founded) -> dict[str, set[str]]:
    """For each subject the documents of its records; none twice."""
    found: dict[str, list[str]] = defaultdict(list)
    with node.opened() as opened:
        for stored in opened.store.scan():
            if stored.topic == "RecordCollected:1":
                number = json.loads(stored.state)["facts"]["document_number"]
                found[str(stored.originator_id)].append(number)
    assert all(len(numbers) == len(set(numbers)) for numbers in found.values())
    return {key: set(numbers) for key, numbers in found.items()}


def _subjects(node: Founded, named: set[Named]) -> dict[Named, str]:
    """Their streams: ids of natural persons differ from node to node."""
    with node.opened() as opened:
        return {each: f"subject/{opened.subject_uuid(*each)}" for each in named}


def _answers(node: Founded, asked: list[Named]) -> list[list[tuple[object, str]]]:
    """What an officer is answered about each: document and state of every record."""
    found = []
    with node.opened() as opened:
        for scheme, text in asked:
            question = Question(scheme, text, operator="op-7", purpose="核查", basis="示例法第三条")
            told = ask(opened, question).answer
            states = {line.record: line.state for line in told.records}
            found.append(
                [
                    (entry.facts["document_number"], str(states[str(entry.facts["record"])]))
                    for entry in told.entries
                    if entry.type == "RecordCollected"
                ]
            )
    assert all(found)
    return found


def _killed_after(node: Founded, path: Path, size: int) -> bool:
    """Start an import and kill it with SIGKILL once the log has grown to ``size``.

    False: it was done before that.
    """
    running = subprocess.Popen(
        program("import", path, "--home", node.home, "--supplier", SUPPLIER,
                "--operator", "op-7", "--json", *LATER),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    with node.opened() as opened:
        while running.poll() is None and opened.store.size() < size:
            assert time.monotonic() < deadline
            time.sleep(0.002)
    alive = running.poll() is None
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=PATIENCE)
    while _lives(running.pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return alive


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("size", [ROWS, BULK_ROWS])
def test_a_killed_import_ends_with_the_same_rows_and_the_same_answers(
    tmp_path: Path, size: int
) -> None:
    """Killed again and again at moments drawn at random, and started again, it accepts the same
    rows, rejects the same, answers the same; the log is clean after each kill and at the end."""
    sample = penalties(size, seed=size, bad=True)
    calm = _found(tmp_path / "calm")
    whole = import_file(calm, write(tmp_path / "calm" / "in.csv", sample), *LATER)
    node = _found(tmp_path / "killed")
    path = write(tmp_path / "killed" / "in.csv", sample)
    draw = random.Random(size)
    total = calm.size()
    interrupted = 0
    for at in sorted(draw.randrange(15, total) for _ in range(KILLS)):
        if _killed_after(node, path, at):
            reported = path.with_name("in.csv.rejects.csv").exists()
            if node.size() < total:  # else the kill may have come after the report
                interrupted += 1
                assert not reported
        assert node.call("audit", "--json").json["ok"]
    assert interrupted > 0
    again = import_file(node, path, *LATER)
    assert again.code == whole.code == 3, again.err
    expected, ended = whole.json, again.json
    assert ended["rejected"] == expected["rejected"]
    assert ended["accepted"] + ended["already_recorded"] == expected["accepted"]
    assert ended["already_recorded"] > 0
    rejects = path.with_name("in.csv.rejects.csv")
    assert rejects.read_bytes() == (tmp_path / "calm" / "in.csv.rejects.csv").read_bytes()
    assert sorted(node.types()) == sorted(calm.types())
    refused = {each["row"] for each in expected["rejected"]}
    rows = (row for number, row in enumerate(sample.rows, 2) if number not in refused)
    everyone = _named(tuple(rows))
    ours, theirs = _subjects(node, everyone), _subjects(calm, everyone)
    found, wanted = _documents(node), _documents(calm)
    assert all(found[ours[each]] == wanted[theirs[each]] for each in everyone)
    asked = draw.sample(sorted(everyone), ASKED)
    assert _answers(node, asked) == _answers(calm, asked)
    assert node.call("audit", "--json").json["ok"]
    assert {each.name for each in path.parent.iterdir()} >= {"home", "in.csv", rejects.name}


def test_a_person_who_stops_an_import_gets_one_line(tmp_path: Path) -> None:
    """Ctrl-C: no trace, exit 130, whole transactions stay, the log is clean."""
    node = _found(tmp_path)
    path = write(tmp_path / "in.csv", penalties(BULK_ROWS))
    running = subprocess.Popen(
        program("import", path, "--home", node.home, "--supplier", SUPPLIER,
                "--operator", "op-7", "--json", *LATER),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    with node.opened() as opened:
        while running.poll() is None and opened.store.size() < 1_000:
            time.sleep(0.002)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: the signer process gets it, too
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (130, b"")
    assert len(err.decode().strip().splitlines()) == 1, err.decode()
    assert node.call("audit", "--json").json["ok"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home", "in.csv"]


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    """``credit-ledger schema events | head`` ends with 0 and says nothing."""
    with subprocess.Popen(
        program("schema", "events"),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(PATIENCE) == 0


def test_a_kill_while_founding_leaves_no_node_that_would_be_used(tmp_path: Path) -> None:
    """A folder whose founding never ended is no home, and is not founded over either."""
    home = tmp_path / "home"
    assert call("init", "--home", home, "--node", "xiamen").code == 0
    (home / "node.json").unlink()  # it is written last
    assert process("audit", "--home", home).code == 2
    assert call("init", "--home", home, "--node", "xiamen").code == 2
