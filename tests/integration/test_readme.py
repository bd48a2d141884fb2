"""What the README tells a reader to type, typed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.driving import call

README = Path(__file__).resolve().parents[2] / "README.md"
SECTION = "## Check one entry yourself"

pytestmark = pytest.mark.tools


def block(language: str, holding: str) -> str:
    """The code block of the section that holds a word."""
    section = README.read_text("utf-8").split(SECTION)[1].split("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (body,) = (body for body in found if holding in body)
    return str(body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A node in ``node``, and its first entry taken out as the README says."""
    if shutil.which("sqlite3") is None:
        pytest.skip("no sqlite3 program here")
    assert call("init", "--home", tmp_path / "node", "--node", "xiamen").code == 0
    taking, replaced = re.subn(r"rowid = \d+", "rowid = 1", block("sh", "sqlite3"))
    assert replaced == 1
    assert run(["bash", "-ec", taking], tmp_path).returncode == 0
    return tmp_path


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def spoil(folder: Path) -> None:
    payload = (folder / "entry.json").read_bytes()
    assert b"xiamen" in payload
    (folder / "entry.json").write_bytes(payload.replace(b"xiamen", b"xianen"))


def test_openssl_checks_an_entry(folder: Path) -> None:
    """The commands shown accept an entry as the store keeps it, and refuse a changed one."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    checking = ["bash", "-ec", block("sh", "openssl")]
    good = run(checking, folder)
    assert (good.returncode, good.stdout.strip()) == (0, "Signature Verified Successfully")
    spoil(folder)
    assert run(checking, folder).returncode != 0


def test_node_checks_an_entry(folder: Path) -> None:
    """The program shown accepts an entry as the store keeps it, and refuses a changed one."""
    if shutil.which("node") is None:
        pytest.skip("no Node here")
    (folder / "check.js").write_text(block("js", "verify"), "utf-8")
    good = run(["node", "check.js"], folder)
    assert (good.returncode, good.stdout.strip()) == (0, "signed by this node"), good.stderr
    spoil(folder)
    assert run(["node", "check.js"], folder).returncode == 1
