"""The demo, as a person starts it."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import string
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import _demo_words
from tests.integration.driving import call

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 400
"""Seconds; it takes some 30 on an idle machine, more where .venv is to be made."""

POLL = 0.1
URL = re.compile(r"http://127\.0\.0\.1:(\d+)")


def command(*arguments: str | Path) -> list[str | Path]:
    return [ROOT / "scripts" / "demo", "--lang", "en", *arguments]


def demo(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo that came out as expected, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = demo("--keep", "kept", folder=folder)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr
    return folder / "kept", done.stdout


def ports(told: str) -> set[int]:
    return {int(port) for port in URL.findall(told)}


def answering(told: str) -> set[int]:
    """Of the ports that the demo named, those at which something still listens."""
    found = set()
    for port in ports(told):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                found.add(port)
    return found


def test_the_demo_shows_the_whole_path_and_keeps_its_nodes(played: tuple[Path, str]) -> None:
    """From founding to a fault found: every step is shown, the nodes stay where it was asked
    for, and nothing of a place outside that folder is printed but the folder itself."""
    kept, told = played
    steps = re.findall(r"^(\d+)\. ", told, flags=re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]
    for shown in (
        "$ credit-ledger init --home xiamen",
        "bad_date",
        '"accepted": 1,',
        "signed by 2 of the 2 governors that it needs",
        '"state": "in_force"',
        '"state": "wrongful"',
        '"state": "suspended"',
        "quanzhou  objection  suspend  2026-03-25  still_enforcing",
        "zhangzhou  withdrawal  lift  2026-04-29  waiting",
        "no notice is open",
        "4 working days late",
        "entries, no fault",
        '"kind": "bad_signature"',
        '"kind": "seq_gap"',
        "error: nothing is written: the store holds",
        "the store is behind",
    ):
        assert shown in told
    if shutil.which("openssl"):
        assert told.count("Signature Verified Successfully") == 2
    for node in ("xiamen", "zhangzhou", "quanzhou", "witness"):
        assert (kept / node / "node.json").is_file()
    assert str(ROOT) not in told


def test_each_node_tells_its_days(played: tuple[Path, str]) -> None:
    """Xiamen has the whole table; the others have their own row."""
    _, told = played
    found = re.findall(r"^ +(\w+) +(\d+) +(\d+) +(\d+) +(\d+)$", told, flags=re.MULTILINE)
    assert [(name, *map(int, days)) for name, *days in found] == [
        ("xiamen", 11, 11, 0, 0),
        ("zhangzhou", 11, 9, 2, 0),
        ("quanzhou", 14, 5, 4, 5),
        ("all", 36, 25, 6, 5),
        ("zhangzhou", 11, 9, 2, 0),
        ("all", 11, 9, 2, 0),
        ("quanzhou", 14, 5, 4, 5),
        ("all", 14, 5, 4, 5),
    ]


def test_what_the_demo_leaves_is_evidence(played: tuple[Path, str]) -> None:
    """Every file of the folder is verified with the list in it, and each kind is there."""
    kept, _ = played
    folder = kept / "evidence"
    messages = sorted(path.name for path in folder.glob("[0-9]*-*.json"))
    kinds = {re.sub(r"^\d+-|-(xiamen|zhangzhou|quanzhou)", "", name) for name in messages}
    assert kinds == {
        "bundle.json",
        "receipt.json",
        "notice.json",
        "acknowledgement.json",
        "enforcement-status.json",
    }
    checkpoints = [f"checkpoint-{node}.txt" for node in ("xiamen", "zhangzhou", "quanzhou")]
    for name in (*messages, *checkpoints, "statement.json", "report-S3.html"):
        done = call("verify", folder / name, "--trust", folder / "list.json", "--json")
        assert (done.code, done.json["verdict"]) == (0, "VALID"), name
    assert call("trust", "check", folder / "list.json").code == 0
    page = (folder / "VERIFY.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in ("statement.json", "report-S3.html"))


def test_openssl_refuses_a_changed_message(played: tuple[Path, str], tmp_path: Path) -> None:
    """The script that the demo leaves accepts a message under its sender's key alone."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    kept, _ = played
    folder = kept / "evidence"
    (notice,) = folder.glob("05-notice-*.json")
    for key, code in (("xiamen.vkey", 0), ("quanzhou.vkey", 1)):
        done = subprocess.run(
            ["sh", "openssl.sh", notice.name, key],
            cwd=folder,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr


def test_the_picture_in_the_manual_is_the_demos(played: tuple[Path, str]) -> None:
    """docs/exchange.svg shows the messages that were really sent."""
    kept, _ = played
    drawn = (kept / "evidence" / "exchange.svg").read_text("utf-8")
    assert drawn == (ROOT / "docs" / "exchange.svg").read_text("utf-8")
    assert drawn.count("marker-end") == len(list((kept / "evidence").glob("[0-9]*-*.json")))


def test_the_numbers_in_the_manual_are_the_demos(played: tuple[Path, str]) -> None:
    """The entries that README names as causes, and the one that it proves, are those shown."""
    _, told = played
    manual = (ROOT / "README.md").read_text("utf-8")
    causes = set(re.findall(r'"because":(\[[\d,]+\])', manual))
    assert len(causes) == 4
    assert causes <= set(re.findall(r'"because":(\[[\d,]+\])', told.replace(" ", "")))
    (proved,) = set(re.findall(r"prove (\d+) --home xiamen", manual))
    assert f"$ credit-ledger prove {proved} --home xiamen" in told


def test_nothing_is_left_running(played: tuple[Path, str]) -> None:
    """Where the services answered, nothing listens once the demo is over."""
    _, told = played
    assert len(ports(told)) == 4
    assert answering(told) == set()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demo that is under way, and where it says what."""
    told = tmp_path / "told"
    with told.open("wb") as out:
        process = subprocess.Popen(
            command(), cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield process, told
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_stops_its_services(
    started: tuple[subprocess.Popen[bytes], Path], number: signal.Signals
) -> None:
    """Ctrl-C, or the end of a terminal, ends what it started, and its folder is gone."""
    process, told = started
    until = time.monotonic() + PATIENCE
    while len(ports(told.read_text("utf-8"))) < 4:
        assert process.poll() is None, told.read_text("utf-8")[-3_000:]
        assert time.monotonic() < until
        time.sleep(POLL)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 128 + number
    said = told.read_text("utf-8")
    assert answering(said) == set()
    (folder,) = re.findall(r"^Everything happens in (\S+)\. ", said)
    assert not Path(folder).exists()


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
