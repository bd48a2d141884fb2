"""What the page on verifying by hand tells a reader to type, typed."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from tests.integration.test_readme import ROOT, block

PAGE = ROOT / "docs" / "verify-by-hand.md"
VECTOR = ROOT / "tests" / "vectors" / "exchange" / "bundle.json"

pytestmark = pytest.mark.tools


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bundle and a trust file under the names that the page has."""
    value = json.loads(VECTOR.read_bytes())
    (tmp_path / "bundle.json").write_bytes(b64decode(value["file"]))
    (tmp_path / "trust.json").write_bytes(b64decode(value["trust"]))
    return tmp_path


def spoil(folder: Path) -> None:
    """The first entry says something else."""
    bundle = json.loads((folder / "bundle.json").read_bytes())
    said = json.loads(b64decode(bundle["payload"]))
    entry = said["logs"][0]["entries"][0]
    entry["payload"] = b64encode(b64decode(entry["payload"]).replace(b"2020", b"2021")).decode()
    bundle["payload"] = b64encode(json.dumps(said).encode()).decode()
    (folder / "bundle.json").write_text(json.dumps(bundle))


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_openssl_checks_an_entry_of_a_bundle(folder: Path) -> None:
    """The commands shown accept an entry as it came, and refuse a changed one."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    typed = ["bash", "-ec", block("## One entry of a bundle, with openssl", "sh", page=PAGE)]
    good = run(typed, folder)
    assert (good.returncode, good.stdout.strip()) == (0, "Signature Verified Successfully"), (
        good.stderr
    )
    spoil(folder)
    assert run(typed, folder).returncode != 0


def test_node_checks_an_entry_of_a_bundle(folder: Path) -> None:
    """The program shown, of some dozen lines, does the same."""
    if shutil.which("node") is None:
        pytest.skip("no Node here")
    program = block("## One entry of a bundle, with Node", "js", page=PAGE)
    assert program.count("\n") <= 16
    (folder / "check.js").write_text(program, "utf-8")
    good = run(["node", "check.js", "4"], folder)
    assert (good.returncode, good.stdout.strip()) == (0, "signed by xiamen: RecordCollected")
    spoil(folder)
    bad = run(["node", "check.js"], folder)
    assert (bad.returncode, bad.stdout.strip()) == (1, "NOT signed")
