"""Programs that are not ours judge our checkpoints and proofs: golang.org/x/mod/sumdb."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.merkle import HashRows, consistency_proof, inclusion_proof, leaf_hash, root
from ledger.log.proof_file import ProofFile
from ledger.log.tree import StoreTree
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.keys import new_signing_key
from tests.integration.driving import Founded

pytestmark = pytest.mark.tools

GOCODE = Path("/usr/share/gocode")
"""Where Debian's golang-golang-x-mod-dev keeps the sources."""

ORIGIN = "credit-ledger.example/厦门"
WITNESS_NAME = "zhangzhou.example/witness"
LOG, WITNESS = new_signing_key(bytes(32)), new_signing_key(b"w" * 32)
LOG_KEY = VerifierKey.from_raw(ORIGIN, LOG.public)
WITNESS_KEY = VerifierKey.from_raw(WITNESS_NAME, WITNESS.public, SignatureType.COSIGNATURE)

ENTRIES = [f'{{"seq":{n}}}'.encode() for n in range(300)]
TREE = HashRows([leaf_hash(entry) for entry in ENTRIES])


@dataclass(frozen=True)
class Claim:
    """What the Go program is to judge."""

    checkpoint: SignedCheckpoint
    entry: bytes
    index: int
    inclusion: tuple[bytes, ...]
    old_size: int
    old_root: bytes
    consistency: tuple[bytes, ...]
    vkey: str = LOG_KEY.vkey
    witness: str = WITNESS_KEY.vkey
    """Empty: there is none."""


Judge = Callable[[Claim], dict[str, str]]
HOLDS = {"Note": "", "Record": "", "Tree": ""}


def checkpoint(size: int, root_hash: bytes) -> SignedCheckpoint:
    body = Checkpoint(ORIGIN, size, root_hash)
    signed = SignedCheckpoint.signed(body, LOG)
    return signed.with_signatures([body.cosign(WITNESS_NAME, WITNESS, 1_772_000_000)])


def claim(index: int, old: int, size: int) -> Claim:
    return Claim(
        checkpoint(size, root(size, TREE)),
        ENTRIES[index],
        index,
        tuple(inclusion_proof(index, size, TREE)),
        old,
        root(old, TREE),
        tuple(consistency_proof(old, size, TREE)),
    )


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The Go program, built from Debian's sources without any module or network."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed (Debian: golang-go)")
    if not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("golang.org/x/mod is not installed (Debian: golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GO111MODULE": "off",
        "GOPATH": f"{folder / 'path'}:{GOCODE}",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
    }
    source = Path(__file__).parent / "go" / "verify.go"
    built = subprocess.run(
        [go, "build", "-o", folder / "verify", source],
        cwd=folder, env=environment, capture_output=True, timeout=280, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr.decode()

    def ask(one: Claim) -> dict[str, str]:
        question = {
            "Note": _text(one.checkpoint.to_bytes()),
            "Vkey": one.vkey,
            "Witness": one.witness,
            "Entry": _text(one.entry),
            "Index": one.index,
            "Inclusion": list(map(_text, one.inclusion)),
            "OldSize": one.old_size,
            "OldRoot": _text(one.old_root),
            "Consistency": list(map(_text, one.consistency)),
        }
        done = subprocess.run(
            [folder / "verify"], input=json.dumps(question).encode(), capture_output=True,
            timeout=60, check=True,
        )  # fmt: skip
        answer = json.loads(done.stdout)
        assert isinstance(answer, dict)
        return answer

    return ask


def _text(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.parametrize(
    ("index", "old", "size"),
    [(0, 1, 1), (0, 1, 2), (2, 2, 3), (6, 4, 7), (255, 256, 256), (256, 255, 257), (123, 100, 300)],
)
def test_go_accepts_what_we_write(judge: Judge, index: int, old: int, size: int) -> None:
    """Checkpoint, cosignature, inclusion and consistency hold for the Go packages, at any size."""
    assert judge(claim(index, old, size)) == HOLDS


def turned(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


WHOLE = claim(123, 100, 300)
SIGNED = WHOLE.checkpoint
BODY = SIGNED.checkpoint
BENT: dict[str, tuple[Claim, set[str]]] = {
    "another root under the old signatures": (
        replace(
            WHOLE, checkpoint=replace(SIGNED, checkpoint=replace(BODY, root=turned(BODY.root)))
        ),
        {"Note"},
    ),
    "another size under the old signatures": (
        replace(WHOLE, checkpoint=replace(SIGNED, checkpoint=replace(BODY, size=301))),
        {"Note"},
    ),
    "another cosigned time": (
        replace(
            WHOLE,
            checkpoint=replace(
                SIGNED,
                signatures=(
                    SIGNED.signatures[0],
                    replace(SIGNED.signatures[1], signature=turned(SIGNED.signatures[1].signature)),
                ),
            ),
        ),
        {"Note"},
    ),
    "no cosignature": (
        replace(WHOLE, checkpoint=replace(SIGNED, signatures=SIGNED.signatures[:1])),
        {"Note"},
    ),
    "another root, signed": (
        replace(WHOLE, checkpoint=checkpoint(300, turned(BODY.root))),
        {"Record", "Tree"},
    ),
    # 257 would pass: a proof holds for every size that gives it the same shape. The size is
    # the log's signed word, and consistency with other sizes is what holds the log to it.
    "another size, signed": (
        replace(WHOLE, checkpoint=checkpoint(600, BODY.root)),
        {"Record", "Tree"},
    ),
    "another entry": (replace(WHOLE, entry=ENTRIES[124]), {"Record"}),
    "another index": (replace(WHOLE, index=122), {"Record"}),
    "a changed hash of the inclusion proof": (
        replace(WHOLE, inclusion=(turned(WHOLE.inclusion[0]), *WHOLE.inclusion[1:])),
        {"Record"},
    ),
    "a hash less": (replace(WHOLE, inclusion=WHOLE.inclusion[:-1]), {"Record"}),
    "a hash more": (replace(WHOLE, inclusion=(*WHOLE.inclusion, bytes(32))), {"Record"}),
    "another old root": (replace(WHOLE, old_root=turned(WHOLE.old_root)), {"Tree"}),
    "another old size": (replace(WHOLE, old_size=99), {"Tree"}),
    "a changed hash of the consistency proof": (
        replace(WHOLE, consistency=(turned(WHOLE.consistency[0]), *WHOLE.consistency[1:])),
        {"Tree"},
    ),
}


@pytest.mark.parametrize("what", BENT)
def test_go_refuses_what_is_bent(judge: Judge, what: str) -> None:
    """Each single change is refused by the check that is there for it, and by no other."""
    bent, by = BENT[what]
    assert {name for name, why in judge(bent).items() if why} == by


# -- what a node hands out ------------------------------------------------------------


def handed_out(node: Founded, folder: Path) -> Claim:
    """Checkpoint, proof and entry of a node, as its command line writes them."""
    files = {name: folder / name for name in ("old", "proof", "entry")}
    assert node.call("checkpoint", "-o", files["old"]).code == 0
    admitted = node.call("organisation", "admit", "--id", "some-body", "--name", "某局",
                         "--role", "supplier")  # fmt: skip
    assert admitted.code == 0, admitted.err
    proved = node.call("prove", "2", "-o", files["proof"], "--entry", files["entry"])
    assert proved.code == 0, proved.err
    old = SignedCheckpoint.parse(files["old"].read_bytes()).checkpoint
    proof = ProofFile.parse(files["proof"].read_bytes())
    size = proof.checkpoint.checkpoint.size
    assert size > old.size
    with node.opened() as opened:
        consistency = tuple(StoreTree(opened.store, size).consistency(old.size))
    return Claim(
        proof.checkpoint,
        b64decode(json.loads(files["entry"].read_bytes())["payload"]),
        proof.index,
        proof.hashes,
        old.size,
        old.root,
        consistency,
        node.call("checkpoint", "--vkey").out.strip(),
        witness="",
    )


def test_go_accepts_what_a_node_hands_out(judge: Judge, real: Founded, tmp_path: Path) -> None:
    """A node's own checkpoint, inclusion and growth hold for Go, and nothing bent does."""
    claim = handed_out(real, tmp_path)
    assert judge(claim) == HOLDS
    bent = replace(claim, entry=claim.entry.replace(b'"v":1', b'"v":2'))
    assert set(filter(judge(bent).get, HOLDS)) == {"Record"}
    bent = replace(claim, old_root=turned(claim.old_root))
    assert set(filter(judge(bent).get, HOLDS)) == {"Tree"}
    body = claim.checkpoint.checkpoint
    grown = replace(claim.checkpoint, checkpoint=replace(body, size=body.size + 1))
    assert judge(replace(claim, checkpoint=grown))["Note"]
