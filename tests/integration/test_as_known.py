"""As-known answers while other programs are writing."""

from __future__ import annotations

import random
import subprocess
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from api.asking import Question, ask
from projections.answer import to_json
from tests.integration.driving import PATIENCE, ROOT, Founded, environment, program, write_lines
from tests.integration.material import FIRM, SUPPLIER, collect, import_file, penalties, write

ACTS = 40
"""Transactions on one firm; beside them an import of a file keeps the log busy."""

AGAIN = 300
"""Earlier questions that are asked again at the end, drawn at random."""

VALID_AT = date(2026, 3, 15)


def _asked(node: Any, known_at: datetime | int) -> tuple[object, ...]:
    """The facts of a public answer, which registers nothing, and where it stands."""
    told = to_json(ask(node, Question("uscc", FIRM, VALID_AT, known_at)).answer)
    return told["tree_size"], told["entries"], told["records"], told["sanctions"]


@pytest.mark.slow
def test_an_answer_as_of_now_never_changes_beside_writers(real: Founded, tmp_path: Path) -> None:
    """A reader asks for this very moment again and again while two programs append about the
    same firm and a third imports; every earlier question, asked again, has the same answer."""
    for n in range(2):
        lines = [
            collect(n * ACTS + i, decided_on="2026-02-01", publish_until="2028-02-01")
            for i in range(ACTS)
        ]
        write_lines(tmp_path / f"{n}.jsonl", lines)
    path = write(tmp_path / "in.csv", penalties(800))
    words = [("apply", tmp_path / f"{n}.jsonl") for n in range(2)]
    running = [
        subprocess.Popen(
            program(*each, "--home", real.home, *more), cwd=ROOT, env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for each, more in [
            *((each, ()) for each in words),
            (("import", path), ("--supplier", SUPPLIER, "--operator", "op-7")),
        ]
    ]  # fmt: skip
    answers: list[tuple[datetime | int, tuple[object, ...]]] = []
    draw = random.Random(1)
    deadline = time.monotonic() + PATIENCE
    sizes = set()
    with real.opened() as node:
        while any(each.poll() is None for each in running):
            assert time.monotonic() < deadline
            now = datetime.now(UTC)
            found = _asked(node, now)
            answers.append((now, found))
            size = found[0]
            assert isinstance(size, int)
            sizes.add(size)
            answers.append((size, found))
            for known_at, before in draw.sample(answers, min(3, len(answers))):
                assert _asked(node, known_at) == before, known_at
        for known_at, before in draw.sample(answers, min(AGAIN, len(answers))):
            assert _asked(node, known_at) == before, known_at
        assert len(_asked(node, node.store.size())[2]) == 2 * ACTS  # type: ignore[arg-type]
    for each in running:
        _, error = each.communicate(timeout=PATIENCE)
        assert each.returncode == 0, error.decode()
    assert len(sizes) > 10, "the reader never met the writers"
    assert real.call("audit", "--json").json["ok"]


def test_the_same_question_gives_the_same_bytes_after_more_was_recorded(
    simulated: Founded, tmp_path: Path
) -> None:
    """On the command line: back-dated facts and imports leave an answer as known before as it
    was, to the byte, for the public and by size or instant."""
    assert simulated.apply(tmp_path, [collect(1), collect(2)]).code == 0
    size = simulated.size()
    with simulated.opened() as node:
        head = node.store.head()
    assert head is not None
    asked = [
        ("history", FIRM, "--valid-at", "2026-03-01", "--known-at", known_at, *more)
        for known_at in (str(size), head.recorded_at.isoformat())
        for more in ((), ("--json",))
    ]
    before = [simulated.call(*words).out for words in asked]
    later = [collect(3, decided_on="2026-01-01"), collect(4)]
    assert simulated.apply(tmp_path, later).code == 0
    path = write(tmp_path / "in.csv", penalties(40))
    assert import_file(simulated, path, "--at", "2026-06-01T10:00:00+08:00").code == 0
    assert [simulated.call(*words).out for words in asked] == before
