"""Proof files: what is written is read back, and nothing else is."""

from __future__ import annotations

import pytest

from ledger.errors import UnusableInput
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.proof_file import (
    MAX_EXTRA_BYTES,
    MAX_PROOF_FILE_BYTES,
    ProofFile,
    ProofFileMalformed,
)
from ledger.signing.keys import new_signing_key

LOG = new_signing_key(bytes(32))
CHECKPOINT = SignedCheckpoint.signed(Checkpoint("log.example", 109482, bytes(32)), LOG)
HASHES = tuple(bytes([n] * 32) for n in range(1, 4))
PROOF = ProofFile(73894, HASHES, CHECKPOINT)
DATA = PROOF.to_bytes()
HEAD, NOTE = DATA.split(b"\n\n", 1)


def test_a_file_is_laid_out_as_specified() -> None:
    """The lines stand in the order of the specification, the checkpoint verbatim at the end."""
    with_extra = ProofFile(0, HASHES[:1], CHECKPOINT, b"age-v1.2.1")
    assert with_extra.to_bytes() == (
        b"c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMQ==\nindex 0\n"
        b"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n" + CHECKPOINT.to_bytes()
    )


@pytest.mark.parametrize(
    "proof",
    [
        PROOF,
        ProofFile(0, (), CHECKPOINT),
        ProofFile(2**63 - 1, HASHES * 21, CHECKPOINT, b"\0"),
        ProofFile(1, HASHES * 21, CHECKPOINT, bytes(MAX_EXTRA_BYTES)),
    ],
)
def test_a_proof_survives_its_file(proof: ProofFile) -> None:
    """From no hash to 63, with and without the largest extra data: read back as written."""
    assert ProofFile.parse(proof.to_bytes()) == proof


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        HEAD,
        HEAD + b"\n",
        HEAD + b"\n\n",
        DATA[:-1],
        DATA + b"\n",
        b"\n" + DATA,
        DATA.replace(b"\n", b"\r\n"),
        DATA.replace(b"\n\n", b"\n\n\n", 1),
        DATA.replace(b"\n\n", b"\n", 1),
        DATA.replace(b"@v1", b"@v2"),
        DATA.replace(b"@v1", b"@v1 "),
        DATA.replace(b"index 73894\n", b""),
        DATA.replace(b"index ", b"Index "),
        DATA.replace(b"index ", b"index  "),
        DATA.replace(b"index ", b"index"),
        DATA.replace(b"index ", b"index\t"),
        DATA.replace(b"73894", b"073894"),
        DATA.replace(b"73894", b"73894 "),
        DATA.replace(b"73894", b"-1"),
        DATA.replace(b"73894", b"1e3"),
        DATA.replace(b"73894", b"9223372036854775808"),
        DATA.replace(b"73894", b"1" * 10_000),
        DATA.replace(b"index", b"extra \nindex"),
        DATA.replace(b"index", b"extra AA=\nindex"),
        DATA.replace(b"index", b"extra AB==\nindex"),
        DATA.replace(b"index", b"extra AA==\nextra AA==\nindex"),
        DATA.replace(b"index 73894\n", b"index 73894\nextra AA==\n"),
        HEAD.replace(b"index 73894", b"extra AA==") + b"\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\n\n" + NOTE,
        b"c2sp.org/tlog-proof@v1\nextra AA==\n\n" + NOTE,
        HEAD[:-1] + b"\n\n" + NOTE,
        HEAD[:-2] + b"F=\n\n" + NOTE,
        HEAD + b" \n\n" + NOTE,
        HEAD + b"\nAAAA\n\n" + NOTE,
        HEAD + b"\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=" * 61 + b"\n\n" + NOTE,
        DATA.replace(b"109482", b"0109482"),
        DATA.replace("— log.example".encode(), "— log example".encode()),
        b"x" * (MAX_PROOF_FILE_BYTES + 1),
    ],
)
def test_a_file_that_nobody_would_write_is_refused(data: bytes) -> None:
    """Every other spelling is a typed error, told in three languages."""
    with pytest.raises(UnusableInput) as caught:
        ProofFile.parse(data)
    assert all(caught.value.message(language) for language in ("en", "zh-CN", "zh-TW"))


def test_no_other_proof_can_be_made() -> None:
    """A proof that could not be read back cannot be made."""
    for index, hashes, extra in (
        (-1, HASHES, None),
        (2**63, HASHES, None),
        (0, (b"short",), None),
        (0, HASHES * 22, None),
        (0, HASHES, b""),
        (0, HASHES, bytes(MAX_EXTRA_BYTES + 1)),
    ):
        with pytest.raises(ProofFileMalformed):
            ProofFile(index, hashes, CHECKPOINT, extra)
