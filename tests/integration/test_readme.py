"""What the README and the page of formats tell a reader to type, typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from api.cli.exchange_words import EXCHANGE_WORDS
from tests.integration.driving import Ended, call
from tests.integration.region import BUILDER, REVIEWERS, City, at, found_city
from tests.integration.region_case import collected, imposed, objected

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FORMATS = ROOT / "docs" / "formats.md"
GOCODE = Path("/usr/share/gocode")
"""Where Debian's golang-golang-x-mod-dev keeps the sources."""

pytestmark = pytest.mark.tools

CHECK = "## Check one entry yourself"
SHOWN_INDEX = "1241"
SAID = {"openssl": "Signature Verified Successfully", "node": "signed, and in the log of 5 entries"}


def section(heading: str, page: Path = README) -> str:
    return page.read_text("utf-8").split(f"{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]


def blocks(heading: str, language: str, page: Path = README) -> list[str]:
    fence = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [body for name, body in fence.findall(section(heading, page)) if name == language]


def block(heading: str, language: str, holding: str = "", page: Path = README) -> str:
    """The code block of a section that holds a word."""
    (body,) = (body for body in blocks(heading, language, page) if holding in body)
    return body


def run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120, check=False,
        env=os.environ | more,
    )  # fmt: skip


def named(word: str) -> list[str]:
    """The files that a word of a command names, as a shell finds them; else the word."""
    if "*" not in word:
        return [word]
    return sorted(map(str, Path().glob(word))) or [word]


def typed(body: str, *but: str) -> list[Ended]:
    """Every credit-ledger command of a block, in its order; all of them must end with 0."""
    ended = []
    for line in body.replace("\\\n", " ").splitlines():
        words = shlex.split(line.replace(SHOWN_INDEX, "1"), comments=True)
        words = [found for word in words for found in named(word)]
        if words[:1] == ["credit-ledger"] and not any(word in words for word in but):
            ended.append(call(*words[1:]))
            assert ended[-1].code == 0, (line, ended[-1].err)
    return ended


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node in ``xiamen``, in the working folder."""
    monkeypatch.chdir(tmp_path)
    assert call("init", "--home", "xiamen", "--node", "xiamen").code == 0
    return tmp_path


@pytest.fixture
def checked(folder: Path) -> Path:
    """The three files that the section on checking takes, and its programs."""
    typed(block("### Can somebody else check it, without trusting the operator?", "sh", "prove"))
    typed(block(CHECK, "sh", "--vkey"))
    (folder / "check.js").write_text(block(CHECK, "js"), "utf-8")
    (folder / "check.go").write_text(block("## Proof with Go", "go", page=FORMATS), "utf-8")
    return folder


def spoil(folder: Path, what: str) -> None:
    """The entry's bytes, or what its proof says of them."""
    if what == "entry":
        text = (folder / "ruling.json").read_text("utf-8")
        payload = re.findall(r'"payload":"([^"]*)"', text)[0]
        other = b64encode(b64decode(payload).replace(b"xiamen", b"xianen")).decode()
        (folder / "ruling.json").write_text(text.replace(payload, other), "utf-8")
    else:
        proof = (folder / "ruling.tlog-proof").read_text("utf-8")
        old, new = {"index": ("index 1", "index 2"), "size": ("\n5\n", "\n6\n")}[what]
        assert old in proof
        (folder / "ruling.tlog-proof").write_text(proof.replace(old, new), "utf-8")


def test_openssl_checks_an_entry(checked: Path) -> None:
    """The commands shown accept an entry as it is handed out, and refuse a changed one."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    checking = ["bash", "-ec", block(CHECK, "sh", "openssl")]
    good = run(checking, checked)
    assert (good.returncode, good.stdout.strip()) == (0, SAID["openssl"]), good.stderr
    spoil(checked, "entry")
    assert run(checking, checked).returncode != 0


@pytest.mark.parametrize("what", ["entry", "index", "size"])
def test_node_checks_an_entry_and_its_place(checked: Path, what: str) -> None:
    """The program shown accepts an entry with its proof, and refuses each when changed."""
    if shutil.which("node") is None:
        pytest.skip("no Node here")
    good = run(["node", "check.js"], checked)
    assert (good.returncode, good.stdout.strip()) == (0, SAID["node"]), good.stderr
    spoil(checked, what)
    bad = run(["node", "check.js"], checked)
    assert (bad.returncode, bad.stdout.strip()) == (1, "NOT proved"), bad.stderr


@pytest.mark.parametrize("what", ["entry", "index", "size"])
def test_go_checks_an_entry_and_its_place(checked: Path, what: str) -> None:
    """So does the Go program, with the Go team's packages."""
    if shutil.which("go") is None or not (GOCODE / "src/golang.org/x/mod").is_dir():
        pytest.skip("no Go with golang.org/x/mod here")
    checking = {
        "GO111MODULE": "off",
        "GOPATH": str(GOCODE),
        "GOFLAGS": "",
        "GOCACHE": str(checked / "cache"),
    }
    built = run(["go", "build", "-o", "check", "check.go"], checked, **checking)
    assert built.returncode == 0, built.stderr
    good = run(["./check"], checked)
    assert good.returncode == 0, good.stderr
    assert good.stdout == "in the log credit-ledger.example/xiamen of 5 entries\n"
    spoil(checked, what)
    assert run(["./check"], checked).returncode == 1


def test_an_officers_statement_and_a_partner_who_verifies(folder: Path) -> None:
    """Statement, trust file, proof and checkpoint are made and verified as the README says."""
    status = "### What was this subject's status on any date?"
    partner = "### Can somebody else check it, without trusting the operator?"
    typed(block(status, "sh", "--statement"))
    typed(block(partner, "sh", "prove"))
    shutil.copy("xiamen.json", "list.json")
    *told, checkpoint = typed(block(partner, "sh", "verify"))
    assert [each.out.split()[0] for each in told] == ["VALID", "VALID"]
    assert checkpoint.json["verdict"] == "VALID"


def test_witnesses_backups_and_copies(folder: Path) -> None:
    """One node witnesses the other by file; exports, audit and reconcile take what it gave."""
    assert call("trust", "export", "--home", "xiamen", "-o", "xiamen.json").code == 0
    assert call("init", "--home", "zhangzhou", "--node", "zhangzhou").code == 0
    _, vkey = typed(block("## Witnesses", "sh", "watch"), "serve")
    (example,) = blocks("## Witnesses", "")
    policy = re.sub(r"credit-ledger.example\S+ .*", lambda _: vkey.out.strip(), example)
    (folder / "witnesses.txt").write_text(policy, "utf-8")
    typed(block("## Witnesses", "sh", "witness policy"))
    taken = typed(block("## Witnesses", "sh", "cosign"))[-1]
    assert taken.out == "witnessed: size 5, by zhangzhou\n"
    kept = "## Backups, copies, and what was lost"
    typed(block(kept, "sh", "tiles"))
    typed(block(kept, "sh", "reconcile"))


EXCHANGE = "## Exchange between regions"


@pytest.fixture
def cities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, City]:
    """Two nodes in the working folder under their names; R1 and S1 stand at xiamen."""
    found = {name: found_city(tmp_path, name) for name in ("xiamen", "zhangzhou")}
    collected(found["xiamen"])
    for city in found.values():  # so that both clocks stand at one instant
        bound = ("--id", REVIEWERS["quanzhou"], "--name", "泉州示例复核局", "--role", "partner")
        done = city.node.call("organisation", "admit", *bound, "--at", at("03-10"))
        assert done.code == 0, done.err
    monkeypatch.chdir(tmp_path)
    return found


def exchanging(holding: str) -> list[Ended]:
    """A block of the section, with homes and label files where the cities have them."""
    body = block(EXCHANGE, "sh", holding)
    body = re.sub(r"--home (\w+)", r"--home \1/home", body)
    return typed(re.sub(r"(\w+)\.labels\.json", r"\1/labels.json", body))


def test_regions_exchange_as_the_manual_says(cities: dict[str, City], tmp_path: Path) -> None:
    """Trust list, bundle, receipt; then an objection is owed, and open until it is answered."""
    assert exchanging("trust adopt")
    sent, verified, taken, answered = exchanging("exchange send")
    assert "a bundle of 1 records" in sent.out
    assert verified.out.startswith("VALID")
    assert "accepted" in taken.out
    assert "accepted" in answered.out
    zhangzhou = cities["zhangzhou"]
    zhangzhou.apply(imposed(BUILDER, "03-12", "limit_bidding", "@xiamen/R1", "S2"))
    objected(cities["xiamen"])
    owed, open_ = exchanging("exchange outbox")
    (notice,) = (tmp_path / "to-zhangzhou").iterdir()
    assert notice.name in owed.out
    assert "waiting" in open_.out
    told = zhangzhou.receive(notice, "03-23")
    assert [one["effect"] for one in told.json["effects"]] == ["suspended"]


def test_every_state_of_a_notice_is_in_the_manual() -> None:
    """What `outstanding` may say is listed, and nothing else."""
    shown = set(re.findall(r"^\| `(\w+)` \|", section(EXCHANGE), flags=re.MULTILINE))
    assert shown == {word.removeprefix("duty_") for word in EXCHANGE_WORDS if "duty_" in word}
