"""Several processes at one home: nothing is lost, nothing doubled, nobody starves."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ledger.commands.governance_commands import GrantRole
from ledger.entry import Actor
from ledger.orders import Order
from scripts import _sample
from tests.integration.driving import (
    PATIENCE,
    ROOT,
    Founded,
    acts,
    environment,
    program,
    write_lines,
)
from tests.integration.material import (
    SUPPLIER,
    collect,
    firm,
    only,
    penalties,
    write,
)

ROWS = 700
SHARED_ROWS = 400
WORST_SECONDS = 2.0
"""Longest that one act of the interactive writer may take beside four bulk imports. Without
a queue it took as long as the imports; on a busy test machine some tenths are usual."""

INTERACTIVE = """
import json, sys, time
from pathlib import Path
from ledger.bootstrap import open_node
from ledger.commands.lines import parse_line
from ledger.home import Home
from ledger.signing.passphrase import PassphraseSource

slowest, done = 0.0, 0
with open_node(Home(Path(sys.argv[1])), PassphraseSource.none()) as node:
    for data in Path(sys.argv[2]).read_bytes().splitlines():
        if Path(sys.argv[3]).exists():
            break
        started = time.monotonic()
        node.execute(parse_line(data, {}).order)
        slowest = max(slowest, time.monotonic() - started)
        done += 1
        time.sleep(0.005)
print(json.dumps({"slowest": slowest, "done": done}))
"""


def _start(node: Founded, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        program("import", path, "--home", node.home, "--supplier", SUPPLIER,
                "--operator", "op-7", "--json"),
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
def test_four_imports_and_an_interactive_writer(real: Founded, tmp_path: Path) -> None:
    """Different and overlapping files at once: every document once, each row told by exactly one
    process as accepted and by the others as already recorded; the interactive writer's slowest
    act stays bounded, and the log is clean."""
    common = penalties(SHARED_ROWS, 99).rows
    rows = [
        [*penalties(ROWS, seed).rows, *(row | {"WSH": row["WSH"] + "共"} for row in common)]
        for seed in range(1, 5)
    ]
    for seed, own in enumerate(rows, 1):
        for row in own[:ROWS]:
            row["WSH"] += f"甲{seed}"
    rows[3] = rows[3][::-1]  # meets the others from the other end
    base = penalties(2)
    paths = [write(tmp_path / f"{n}.csv", only(base, own)) for n, own in enumerate(rows)]
    lines = [
        collect(n, subject=firm(_sample.made_uscc(random.Random(n), "91", "350200")))
        for n in range(3_000)
    ]
    write_lines(tmp_path / "acts.jsonl", lines)
    writer = subprocess.Popen(
        [sys.executable, "-c", INTERACTIVE,
         str(real.home), str(tmp_path / "acts.jsonl"), str(tmp_path / "stop")],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    imports = [_start(real, path) for path in paths]
    ends = [running.communicate(timeout=PATIENCE) for running in imports]
    (tmp_path / "stop").touch()
    told, complaint = writer.communicate(timeout=PATIENCE)
    assert writer.returncode == 0, complaint.decode()
    for running, (_, error) in zip(imports, ends, strict=True):
        assert running.returncode == 0, error.decode()
    answers = [json.loads(out) for out, _ in ends]
    interactive = json.loads(told)

    wanted = {row["WSH"] for own in rows for row in own}
    assert sum(each["accepted"] for each in answers) == len(wanted)
    assert [each["accepted"] + each["already_recorded"] for each in answers] == [
        len(own) for own in rows
    ]
    with real.opened() as node:
        stored = [(s.topic, json.loads(s.state)["facts"]) for s in acts(node.store)]
    counted = Counter(
        facts["document_number"] for topic, facts in stored if topic == "RecordCollected:1"
    )
    assert max(counted.values()) == 1
    assert wanted <= set(counted)
    assert len(counted) == len(wanted) + interactive["done"]
    opened = Counter(s for s, _ in stored)
    assert (
        opened["SubjectOpened:1"]
        == len({row.get("XDR_SHXYM") or row["XDR_ZJHM"] for own in rows for row in own})
        + interactive["done"]
    )
    assert interactive["done"] >= 5
    assert interactive["slowest"] < WORST_SECONDS, interactive
    assert real.call("audit", "--json").json["ok"]


def test_who_commits_later_covers_more(real: Founded) -> None:
    """Also where another program commits while this one still follows the log."""
    admit = ("organisation", "admit", "--name", "示例", "--role", "supplier", "--id")
    with real.opened() as node:
        follow = node.keeper.follow

        def overtaken(size: int) -> None:
            follow(size)
            node.keeper.follow = follow  # type: ignore[method-assign]
            assert real.call(*admit, "X2").code == 0

        assert real.call(*admit, "X1").code == 0
        node.registry()
        command = GrantRole.model_validate(
            {"organisation": SUPPLIER, "role": "reviewer", "from": "2026-03-01"}
        )
        node.execute(Order(command, Actor(node.name, "op-7")))
        node.keeper.follow = overtaken  # type: ignore[method-assign]
        node.settle()
        stream = node.store.stream(node.keeper.commitments)
        sizes = [json.loads(row.state)["facts"]["size"] for row in stream]
        assert sizes == sorted(set(sizes))
    assert real.call("audit", "--json").json["faults"] == []


def test_two_programs_admit_and_apply_at_once(real: Founded, tmp_path: Path) -> None:
    """Acts on one subject by several programs are decided one after the other: of a document
    collected by three at once one is recorded, the others are refused."""
    for n in range(3):
        write_lines(tmp_path / f"{n}.jsonl", [collect(i) for i in range(5)])
    running = [
        subprocess.Popen(
            program("apply", tmp_path / f"{n}.jsonl", "--home", real.home, "--keep-going", "--json"),
            cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for n in range(3)
    ]  # fmt: skip
    answers = [json.loads(each.communicate(timeout=PATIENCE)[0]) for each in running]
    assert sum(each["applied"] for each in answers) == 5
    assert real.types().count("RecordCollected") == 5
    assert real.types().count("SubjectOpened") == 1
