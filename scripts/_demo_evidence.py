"""The part of the demo that leaves a folder of evidence, and believes none of it unverified."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ledger.exchange.judging import judge
from ledger.exchange.trust_list import read_trust
from scripts import _demo_case as case
from scripts._demo_answers import ASKED, DAYS, KNOWN
from scripts._demo_days import OTHERS
from scripts._demo_picture import Sent, draw
from scripts._demo_region import LIST
from scripts._demo_words import say

if TYPE_CHECKING:
    from scripts._demo_stage import Stage

KINDS: Final = ("bundle", "notice", "acknowledgement", "enforcement-status", "receipt")
"""In the order in which they follow each other on one day."""

TYPE: Final = ("application/vnd.credit-ledger.", ".v1+json")
FOLDER: Final = "evidence"
BACKUP: Final = "backup.sqlite"
VERIFIER: Final = Path(__file__).resolve().parent.parent / "docs" / "verifier.html"
OPENSSL: Final = """\
# sh openssl.sh FILE VKEY: the signature of an entry or a message, with openssl alone.
set -e
type=$(grep -o '"payloadType":"[^"]*"' "$1" | head -n 1 | cut -d'"' -f4)
field() { grep -o "\\"$2\\":\\"[^\\"]*\\"" "$1" | head -n 1 | cut -d'"' -f4 | base64 -d; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
field "$1" payload > "$work/payload"
field "$1" sig > "$work/sig"
{ printf 'DSSEv1 %d %s %d ' ${#type} "$type" $(wc -c < "$work/payload"); cat "$work/payload"; } > "$work/signed"
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'
  cut -d+ -f3- "$2" | base64 -d | tail -c 32; } > "$work/key.der"
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key.der" -in "$work/signed" -sigfile "$work/sig"
"""


def leave(stage: Stage) -> None:
    """Collect what others are to verify."""
    stage.heading("evidence")
    stage.tell("evidence_why", folder=FOLDER)
    folder = stage.folder / FOLDER
    folder.mkdir()
    shutil.copyfile(stage.folder / LIST, folder / LIST)
    messages = _messages(stage, folder)
    _made_here(stage)
    (folder / "openssl.sh").write_text(OPENSSL, "utf-8")
    (folder / "exchange.svg").write_text(draw([sent for _, sent in messages], DAYS), "utf-8")
    if VERIFIER.is_file():
        shutil.copyfile(VERIFIER, folder / VERIFIER.name)
    (folder / "VERIFY.md").write_text(say(stage.language, "verify_page"), "utf-8")


def _messages(stage: Stage, folder: Path) -> list[tuple[str, Sent]]:
    """Every message that a node took in, as it came, named by its place in the order of time."""
    found = {}
    for node in case.REGIONS:
        for data in _kept(stage.folder / node / "ledger.sqlite"):
            envelope = json.loads(data)
            kind = envelope["payloadType"].removeprefix(TYPE[0]).removesuffix(TYPE[1])
            told = json.loads(base64.b64decode(envelope["payload"]))
            if kind in KINDS:
                sent = Sent(kind, told["sender"], told["recipient"], told["issued_at"])
                order = (sent.day, KINDS.index(kind), OTHERS.index(sent.side), told["id"])
                found[told["id"]] = (order, sent, data)
    named = []
    for number, (_, sent, data) in enumerate(sorted(found.values(), key=lambda one: one[0]), 1):
        name = f"{number:02}-{sent.kind}-{sent.sender}-{sent.recipient}.json"
        (folder / name).write_bytes(data)
        named.append((name, sent))
    return named


def _kept(store: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(store)) as database:
        for (data,) in database.execute("SELECT envelope FROM manifests"):
            if bytes(data).startswith(b'{"payload"'):  # others are rule packs
                yield bytes(data)


def _made_here(stage: Stage) -> None:
    """A statement, the report on S3 from Xiamen, a proof, and the checkpoints with their keys."""
    print(f"\n$ sqlite3 xiamen/ledger.sqlite '.backup {BACKUP}'")
    with (
        closing(sqlite3.connect(stage.folder / "xiamen" / "ledger.sqlite")) as store,
        closing(sqlite3.connect(stage.folder / BACKUP)) as backup,
    ):
        store.backup(backup)
    stage.ledger(
        "history", case.FIRM, "--home", "xiamen", "--valid-at", "2026-03-15", *KNOWN, *ASKED,
        "--statement", f"{FOLDER}/statement.json", quiet=True,
    )  # fmt: skip
    labels = json.loads((stage.folder / "quanzhou.labels.json").read_text("utf-8"))
    stage.ledger(
        "liability", labels["S3"], "--home", "xiamen", *KNOWN, *ASKED, "--format", "html",
        "-o", f"{FOLDER}/report-S3.html",
    )  # fmt: skip
    ruling = entry_of(stage, "xiamen", "SanctionRuledWrongful")
    stage.ledger(
        "prove", str(ruling), "--home", "xiamen", "-o", f"{FOLDER}/ruling.tlog-proof",
        "--entry", f"{FOLDER}/ruling.json",
    )  # fmt: skip
    for node in case.REGIONS:
        stage.ledger("checkpoint", "--home", node, "-o", f"{FOLDER}/checkpoint-{node}.txt")
        vkey = stage.ledger("checkpoint", "--home", node, "--vkey", quiet=True)
        (stage.folder / FOLDER / f"{node}.vkey").write_text(vkey, "utf-8")


def verify(stage: Stage) -> None:
    """As a stranger does it, with the trust list and nothing else: the messages by the program's
    judge, one of them and what was made here by the program, two signatures by openssl.
    """
    folder = stage.folder / FOLDER
    messages = sorted(path.name for path in folder.glob("[0-9]*-*.json"))
    stage.heading("verify")
    stage.tell("verify_why", messages=len(messages))
    trust = read_trust((folder / LIST).read_bytes())
    judged = [judge((folder / name).read_bytes(), trust).verdict for name in messages]
    outcomes = [str(verdict.outcome) for verdict in judged]
    stage.show([("file", "verdict"), *zip(messages, outcomes, strict=True)])
    stage.expect(set(outcomes) == {"VALID"}, f"{outcomes}")
    bundle = messages[0]
    for file, *more in (
        (bundle,),
        ("statement.json",),
        ("report-S3.html",),
        ("ruling.tlog-proof", "--entry", f"{FOLDER}/ruling.json"),
        *((f"checkpoint-{node}.txt",) for node in case.REGIONS),
    ):
        trusting = ("--trust", f"{FOLDER}/{LIST}")
        said: Any = stage.ledger_json("verify", f"{FOLDER}/{file}", *trusting, *more)
        print(f"    {said['verdict']} {said['reason']}")
        stage.expect(said["verdict"] == "VALID", f"{said}")
    _openssl(stage, bundle)


def _openssl(stage: Stage, bundle: str) -> None:
    """The signatures of a bundle and of an entry, with nothing of this project."""
    stage.heading("openssl")
    if shutil.which("openssl") is None:
        stage.tell("openssl_missing")
        return
    stage.tell("openssl_why")
    for file in (bundle, "ruling.json"):
        stage.run("sh", f"{FOLDER}/openssl.sh", f"{FOLDER}/{file}", f"{FOLDER}/xiamen.vkey")


def entry_of(stage: Stage, node: str, kind: str) -> int:
    """The leaf index of the last entry of a type."""
    with closing(sqlite3.connect(stage.folder / node / "ledger.sqlite")) as database:
        query = "SELECT max(rowid) - 1 FROM entries WHERE topic = ?"
        (index,) = database.execute(query, (f"{kind}:1",)).fetchone()
    return int(index)
