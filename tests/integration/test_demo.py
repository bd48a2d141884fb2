"""The demo, as a person starts it."""

from __future__ import annotations

import re
import shutil
import string
import subprocess
from pathlib import Path

from scripts import _demo_words

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240
"""Seconds; it takes some 20 on an idle machine."""


def demo(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "demo", "--lang", "en", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def test_the_demo_shows_the_whole_path_and_keeps_its_node(tmp_path: Path) -> None:
    """From founding to a fault found: every step is shown, the node stays where it was asked
    for, and nothing of a place outside that folder is printed but the folder itself."""
    done = demo("--keep", "kept", folder=tmp_path)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr
    steps = re.findall(r"^(\d+)\. ", done.stdout, flags=re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]
    for shown in (
        "$ credit-ledger init --home node",
        "bad_date",
        '"accepted": 1,',
        '"state": "in_force"',
        '"state": "wrongful"',
        '"state": "suspended"',
        "nothing to show",
        "entries, no fault",
        "the history statement holds",
        "witnessed: size",
        "the entry with its proof holds",
        '"kind": "bad_signature"',
        '"kind": "seq_gap"',
        "error: nothing is written: the store holds",
        "the store is behind",
    ):
        assert shown in done.stdout
    if shutil.which("openssl"):
        assert "Signature Verified Successfully" in done.stdout
    assert (tmp_path / "kept" / "node" / "node.json").is_file()
    assert str(ROOT) not in done.stdout


def test_the_demo_never_works_in_a_folder_that_is_in_use(tmp_path: Path) -> None:
    """A folder that holds something is refused, and left as it was."""
    (tmp_path / "mine").write_text("mine")
    done = demo("--keep", tmp_path, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path) in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_demo_speaks_three_languages() -> None:
    """Each of its sentences is there in all three, with the same fields."""
    for word, texts in _demo_words.WORDS.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text)} for text in texts]
        assert fields[0] == fields[1] == fields[2], word
        assert all(text.strip() for text in texts), word
