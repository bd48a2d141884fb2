"""What others hold of a log: which files are read, and as what."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.outside import OutsideUnreadable, outside_of, read_outside
from ledger.log.proof_file import ProofFile
from ledger.log.witness_protocol import AddCheckpoint, cosignatures_bytes
from ledger.signing.keys import new_signing_key

KEY = new_signing_key(bytes(32))
SIGNED = SignedCheckpoint.signed(Checkpoint("log.example", 7, bytes(32)), KEY)
LINE = SIGNED.checkpoint.cosign("w.example", KEY, 5)


@pytest.mark.parametrize(
    "data",
    [
        SIGNED.to_bytes(),
        ProofFile(3, (bytes(32),), SIGNED).to_bytes(),
        AddCheckpoint(2, (bytes(32),), SIGNED).to_bytes(),
    ],
)
def test_the_checkpoint_of_a_file_counts(data: bytes) -> None:
    """Alone, in a proof or in a request to a witness."""
    assert outside_of("file", data).checkpoint == SIGNED


def test_an_answer_is_lines_alone() -> None:
    """Of which checkpoint they are, they do not say."""
    found = outside_of("file", cosignatures_bytes([LINE]))
    assert (found.checkpoint, found.lines) == (None, (LINE,))


@pytest.mark.parametrize(
    "data", [b"", b"7\n", b"old 3\n", b"\xff", "— w\n".encode(), b"c2sp.org/tlog-proof@v1\n"]
)
def test_anything_else_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    """Whoever gave the file is told which, and what would do."""
    path = tmp_path / "given"
    path.write_bytes(data)
    with pytest.raises(OutsideUnreadable, match="given"):
        read_outside(path)
    with pytest.raises(OutsideUnreadable, match="missing"):
        read_outside(tmp_path / "missing")
