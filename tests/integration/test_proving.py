"""A partner verifies with a trust file alone what a node hands out: whole programs, both stores."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import run
from ledger.bootstrap import open_node
from ledger.commands.governance_commands import AdmitOrganisation
from ledger.entry import Actor
from ledger.home import Home
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.proof_file import ProofFile
from ledger.log.trust import Trust
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.orders import Order
from ledger.reading import NodeReads
from ledger.signing.dsse import Envelope, pae
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.storage.tree_reads import note_of
from tests.integration.driving import Ended, Founded, call, process
from tests.integration.material import FIRM, at, collect

WITNESS = new_signing_key(b"w" * 32)
WITNESS_KEY = VerifierKey.from_raw(
    "zhangzhou.example/witness", WITNESS.public, SignatureType.COSIGNATURE
)
POLICY = f"witness zhangzhou {WITNESS_KEY.vkey}\nquorum zhangzhou\n"


@dataclass(frozen=True)
class Partner:
    """Files that a node handed out, in a folder of their own."""

    node: Founded
    folder: Path

    def size(self) -> int:
        """With the entries that the log writes about itself."""
        with self.node.opened() as node:
            return node.store.size()

    def file(self, name: str) -> Path:
        return self.folder / name

    def done(self, *arguments: str | Path) -> Ended:
        ended = self.node.call(*arguments)
        assert ended.code == 0, ended.err
        return ended

    def trust(self) -> Path:
        path = self.file("trust.json")
        self.done("trust", "export", "-o", path)
        return path

    def checkpoint(self) -> Path:
        path = self.file("checkpoint")
        self.done("checkpoint", "-o", path)
        return path

    def proof(self, index: int) -> tuple[Path, Path]:
        proof, entry = self.file(f"{index}.tlog-proof"), self.file(f"{index}.json")
        self.done("prove", str(index), "-o", proof, "--entry", entry)
        return proof, entry

    def verdict(self, file: Path, *options: str | Path) -> tuple[int, str, str]:
        """Exit code, verdict and reason."""
        ended = call("verify", file, "--trust", self.file("trust.json"), "--json", *options)
        assert ended.json.keys() == {"verdict", "reason", "detail"}
        return ended.code, ended.json["verdict"], ended.json["reason"]

    def cosign(self, seen: datetime, key: SigningKey = WITNESS) -> None:
        """The witness cosigns the newest checkpoint, as of ``seen``."""
        with self.node.opened() as node:
            signed = node.settle()
            body = signed.checkpoint
            line = body.cosign(WITNESS_KEY.name, key, int(seen.timestamp()))
            data = SignedCheckpoint(body, (line,)).to_bytes()
            kept = note_of("cosignature", body.origin, body.size, data)
            node.store.keep_notes(lambda _: [kept])

    def witnessed_by(self, policy: str = POLICY) -> None:
        (self.node.home / "witness-policy.txt").write_text(policy, encoding="utf-8")


VALID = (0, "VALID", "verified")


@pytest.fixture
def partner(simulated: Founded, tmp_path: Path) -> Partner:
    """Of a node with a simulated clock on either store, with some entries."""
    done = simulated.apply(tmp_path, [collect(1, at=at("03-02")), collect(2)])
    assert done.code == 0, done.err
    folder = tmp_path / "partner"
    folder.mkdir()
    return Partner(simulated, folder)


def test_every_entry_is_proved(partner: Partner) -> None:
    """Checkpoint and every entry with its proof are VALID for whoever has the trust file."""
    path = partner.checkpoint()
    partner.trust()
    assert partner.verdict(path) == VALID
    size = SignedCheckpoint.parse(path.read_bytes()).checkpoint.size
    assert size == partner.size()
    for index in range(size):
        proof, entry = partner.proof(index)
        assert partner.verdict(proof, "--entry", entry) == VALID
        assert partner.verdict(entry) == (0, "VALID", "signature_only")
        assert partner.verdict(proof) == (1, "INDETERMINATE", "entry_needed")
        read = ProofFile.parse(proof.read_bytes())
        assert (read.index, read.checkpoint.to_bytes()) == (index, path.read_bytes())


def test_no_node_is_needed(partner: Partner) -> None:
    """verify runs where the node is not: without its home, its store, its keys."""
    proof, entry = partner.proof(2)
    trust = partner.trust()
    shutil.rmtree(partner.node.home)
    ended = process("verify", proof, "--trust", trust, "--entry", entry)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("VALID (verified): the entry with its proof holds")


def test_bent_proofs_are_refused(partner: Partner) -> None:
    """Another entry, another index, another root, and a changed payload do not pass."""
    partner.trust()
    proof, entry = partner.proof(1)
    other, other_entry = partner.proof(2)
    assert partner.verdict(proof, "--entry", other_entry) == (1, "INVALID", "proof_fails")
    assert partner.verdict(other, "--entry", entry) == (1, "INVALID", "proof_fails")
    text = proof.read_text("utf-8")
    proof.write_text(text.replace("index 1\n", "index 3\n"), encoding="utf-8")
    assert partner.verdict(proof, "--entry", entry) == (1, "INVALID", "proof_fails")
    lines = text.split("\n")
    at_root = lines.index("") + 3
    lines[at_root] = b64encode(bytes(32)).decode()
    proof.write_text("\n".join(lines), encoding="utf-8")
    assert partner.verdict(proof, "--entry", entry) == (1, "INVALID", "signature_fails")
    made = Envelope.from_json(entry.read_bytes())
    changed = replace(made, payload=made.payload.replace(b'"seq":2', b'"seq":3'))
    entry.write_bytes(changed.to_json())
    assert partner.verdict(entry) == (1, "INVALID", "signature_fails")


def test_only_entries_that_there_are(partner: Partner) -> None:
    """An index past the end is refused with the size of the log, and no file is made."""
    path = partner.file("none.tlog-proof")
    size = SignedCheckpoint.parse(partner.checkpoint().read_bytes()).checkpoint.size
    ended = partner.node.call("prove", str(size), "-o", path, "--entry", partner.file("none.json"))
    assert ended.code == 3
    assert f"the log holds {size} entries, none has the index {size}" in ended.err
    assert not any(partner.folder.glob("none*"))
    assert partner.node.call("prove", "x", "-o", path).code == 2


def test_the_checkpoint_on_the_screen(partner: Partner) -> None:
    """Without -o the note itself is printed; --vkey prints the verifier key and nothing else."""
    shown = partner.done("checkpoint")
    assert shown.out.encode() == partner.checkpoint().read_bytes()
    assert shown.err == ""
    vkey = partner.done("checkpoint", "--vkey")
    key = VerifierKey.from_vkey(vkey.out.removesuffix("\n"))
    trust = Trust.parse(partner.trust().read_bytes())
    origin = SignedCheckpoint.parse(shown.out.encode()).checkpoint.origin
    assert trust.log_keys(origin) == (key,)
    # The bytes are what is signed: the terminal's encoding must not change them.
    other = partner.node.process("checkpoint", env={"PYTHONIOENCODING": "gbk"})
    assert other.out == shown.out


def test_what_a_killed_process_left_is_in_the_next_checkpoint(partner: Partner) -> None:
    """checkpoint and prove sign the log as it is now, also where its last writer did not."""
    before = SignedCheckpoint.parse(partner.checkpoint().read_bytes()).checkpoint.size
    node = open_node(Home(partner.node.home), PassphraseSource.none())
    admit = AdmitOrganisation(organisation="some-body", name="某局", granted=("supplier",))
    done = node.execute(Order(admit, Actor(node.name, "op-7"), at=datetime(2026, 4, 1, tzinfo=UTC)))
    NodeReads.close(node)  # and nothing is settled
    partner.trust()
    proof, entry = partner.proof(done.indices[-1])
    assert done.indices[-1] >= before
    assert partner.verdict(proof, "--entry", entry) == VALID
    assert SignedCheckpoint.parse(partner.checkpoint().read_bytes()).checkpoint.size > before


def test_the_trust_file_describes_the_node(partner: Partner) -> None:
    """Node, origin, keys with their purposes, bodies with theirs, and the witness policy."""
    partner.witnessed_by()
    supplier = new_signing_key(b"s" * 32)
    public = partner.file("supplier.pub")
    public.write_text(b64encode(supplier.public).decode(), encoding="ascii")
    partner.done(
        "organisation", "admit", "--id", FIRM, "--name", "某", "--role", "supplier",
        "--from", "2026-01-01", "--key", public,
    )  # fmt: skip
    value = json.loads(partner.trust().read_bytes())
    name = partner.node.name
    origin = f"credit-ledger.example/{name}"
    assert value["nodes"] == [{"node": name, "origin": origin, "jurisdiction": "350200"}]
    assert [(key["purposes"], key["status"]) for key in value["keys"]] == [
        (["entries", "submissions", "bundles", "receipts", "checkpoints"], "ACTIVE"),
        (["witness"], "ACTIVE"),
    ]
    (bound,) = (each for each in value["organisations"] if each["organisation"] == FIRM)
    assert bound["keys"] == [
        {
            "keyid": supplier.keyid,
            "public_key": public.read_text("ascii"),
            "from": "2026-01-01",
            "until": None,
        }
    ]
    assert value["policy"] == POLICY


def test_a_policy_asks_for_cosignatures(partner: Partner) -> None:
    """Without the witness's word INDETERMINATE, with it VALID, with a bent one INVALID."""
    partner.witnessed_by()
    partner.trust()
    assert partner.verdict(partner.checkpoint()) == (1, "INDETERMINATE", "policy_unmet")
    partner.cosign(datetime(2026, 5, 1, tzinfo=UTC))
    assert partner.verdict(partner.checkpoint()) == VALID
    proof, entry = partner.proof(0)
    assert partner.verdict(proof, "--entry", entry) == VALID
    stranger = new_signing_key(b"x" * 32)
    partner.cosign(datetime(2026, 5, 1, tzinfo=UTC), stranger)
    assert partner.verdict(partner.checkpoint()) == VALID  # its name alone makes nobody a witness


def test_a_rotated_key_leaves_history(partner: Partner) -> None:
    """What the old key signed is VALID_HISTORICAL; what the new one signs is VALID."""
    proof, entry = partner.proof(2)
    before = partner.trust().read_bytes()
    partner.done("key", "rotate", "--at", at("06-01"))
    trust = partner.trust()
    assert partner.verdict(proof, "--entry", entry) == (0, "VALID_HISTORICAL", "key_ended")
    newest = partner.size() - 1
    assert partner.verdict(partner.proof(newest)[0], "--entry", partner.file(f"{newest}.json")) == (
        VALID
    )
    old, again = partner.proof(2)  # under the new checkpoint, the entry's key is the old one still
    assert partner.verdict(old, "--entry", again) == (0, "VALID_HISTORICAL", "key_ended")
    trust.write_bytes(before)
    assert partner.verdict(partner.checkpoint()) == (1, "INDETERMINATE", "unknown_key")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, (1, "INDETERMINATE", "compromised_undated")),
        (timedelta(days=-1), (0, "VALID_HISTORICAL", "dated_before_compromise")),
        (timedelta(days=1), (1, "INDETERMINATE", "compromised_undated")),
    ],
)
def test_only_others_date_what_a_compromised_key_signed(
    partner: Partner, seen: timedelta | None, expected: tuple[int, str, str]
) -> None:
    """A cosignature from before the compromise keeps an entry good; its own date does not."""
    since = datetime(2026, 5, 1, tzinfo=UTC)
    partner.witnessed_by(POLICY.replace("quorum zhangzhou", "quorum none"))
    if seen is not None:
        partner.cosign(since + seen)
    proof, entry = partner.proof(1)
    checkpoint = partner.checkpoint()
    partner.done("key", "rotate", "--compromised-since", since.isoformat(), "--at", at("06-01"))
    partner.trust()
    assert partner.verdict(checkpoint) == expected
    assert partner.verdict(proof, "--entry", entry) == expected
    assert partner.verdict(entry) == (1, "INDETERMINATE", "compromised_undated")


def test_a_node_cannot_speak_for_another(partner: Partner, tmp_path: Path) -> None:
    """Files of one node under the trust file of another are INDETERMINATE, never good."""
    home = tmp_path / "other"
    call("init", "--home", home, "--node", "quanzhou")
    other = Partner(Founded(home, "quanzhou"), tmp_path / "partner")
    proof, entry = partner.proof(0)
    other.trust()
    assert partner.verdict(proof, "--entry", entry) == (1, "INDETERMINATE", "unknown_log")


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
def test_people_read_it_in_their_language(
    embedded: Founded, tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdict and reason are fixed words; the sentence is in the reader's language."""
    partner = Partner(embedded, tmp_path)
    partner.trust()
    path = partner.checkpoint()
    assert (
        run(["--lang", language, "verify", str(path), "--trust", str(partner.file("trust.json"))])
        == 0
    )
    shown = capsys.readouterr().out
    words = {"en": "the checkpoint holds", "zh-CN": "检查点验证通过", "zh-TW": "檢查點驗證通過"}
    assert shown.startswith("VALID")
    assert words[language] in shown


def test_files_that_cannot_be_used(embedded: Founded, tmp_path: Path) -> None:
    """A file that cannot be read, and a trust file that is none, end with 2 and one line."""
    partner = Partner(embedded, tmp_path)
    trust, checkpoint = partner.trust(), partner.checkpoint()
    missing = tmp_path / "missing"
    for arguments in (
        (missing, "--trust", trust),
        (checkpoint, "--trust", missing),
        (checkpoint, "--trust", tmp_path),
        (checkpoint, "--trust", trust, "--entry", missing),
        (checkpoint, "--trust", checkpoint),
        (trust,),
    ):
        ended = call("verify", *arguments)
        assert (ended.code, ended.out) == (2, ""), ended
        assert ended.err
    assert embedded.call("checkpoint", "-o", tmp_path / "no" / "folder").code == 2
    partner.witnessed_by("quorum nobody\n")
    refused = embedded.call("trust", "export", "-o", tmp_path / "t.json")
    assert refused.code == 2
    assert "quorum" not in refused.out


# -- programs that are not ours ---------------------------------------------------


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def signed_parts(entry: Path) -> tuple[bytes, bytes]:
    """What was signed (DSSE's PAE) and the signature, read with nothing of ours but the PAE."""
    value: dict[str, Any] = json.loads(entry.read_bytes())
    return (
        pae(value["payloadType"], b64decode(value["payload"])),
        b64decode(value["signatures"][0]["sig"]),
    )


def public_pem(raw: bytes) -> bytes:
    """A SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed head and the raw key."""
    der = bytes.fromhex("302a300506032b6570032100") + raw
    return b"-----BEGIN PUBLIC KEY-----\n" + b64encode(der) + b"\n-----END PUBLIC KEY-----\n"


def openssl_says(folder: Path, message: bytes, signature: bytes) -> bool:
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(signature)
    command: Sequence[str | Path] = (
        tool("openssl"), "pkeyutl", "-verify", "-pubin", "-inkey", folder / "key.pem", "-rawin",
        "-in", folder / "message", "-sigfile", folder / "signature",
    )  # fmt: skip
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


NODE_PROGRAM = """
const fs = require("fs"), crypto = require("crypto");
const [key, message, signature] = process.argv.slice(1).map(path => fs.readFileSync(path));
process.exit(crypto.verify(null, message, key.toString(), signature) ? 0 : 1);
"""


def node_says(folder: Path, message: bytes, signature: bytes) -> bool:
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(signature)
    files = [folder / name for name in ("key.pem", "message", "signature")]
    command: Sequence[str | Path] = (tool("node"), "-e", NODE_PROGRAM, *files)
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.tools
@pytest.mark.parametrize("says", [openssl_says, node_says])
def test_openssl_and_node_verify_an_exported_entry(
    embedded: Founded, tmp_path: Path, says: Any
) -> None:
    """The entry's signature holds for programs that know nothing of us; a changed byte fails."""
    partner = Partner(embedded, tmp_path)
    trust = Trust.parse(partner.trust().read_bytes())
    (tmp_path / "key.pem").write_bytes(public_pem(trust.keys[0].raw))
    message, signature = signed_parts(partner.proof(1)[1])
    assert says(tmp_path, message, signature)
    assert not says(tmp_path, message[:-1] + b"]", signature)
    assert not says(tmp_path, message, bytes([signature[0] ^ 1]) + signature[1:])
