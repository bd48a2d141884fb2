"""What others hold of this log and bring to an audit: checkpoints that it cannot take back.

A file is one of

- a signed checkpoint, cosigned or not (what was kept of it, or a witness gives out);
- a ``.tlog-proof`` or an ``add-checkpoint`` request: the checkpoint inside counts;
- a witness's answer: cosignature lines, of which checkpoint they do not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError, UnusableInput
from ledger.log import proof_file
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.note import DASH, NoteSignature
from ledger.log.proof_file import MAX_PROOF_FILE_BYTES, ProofFile
from ledger.log.witness_protocol import MAX_REQUEST_BYTES, AddCheckpoint, parse_cosignatures

MAX_FILE_BYTES: Final = max(MAX_PROOF_FILE_BYTES, MAX_REQUEST_BYTES)


class OutsideUnreadable(UnusableInput):
    code = "outside_checkpoint_unreadable"
    en = (
        "{file} cannot be held against the log: {why}; give a signed checkpoint, a .tlog-proof "
        "file or a witness's answer"
    )
    zh_cn = "无法用 {file} 核对日志：{why}；请给出已签名的检查点、.tlog-proof 文件或见证方的应答"
    zh_tw = "無法用 {file} 核對日誌：{why}；請給出已簽名的檢查點、.tlog-proof 檔案或見證方的應答"


@dataclass(frozen=True, slots=True)
class Outside:
    """One file: a checkpoint, or the lines of an answer."""

    name: str
    checkpoint: SignedCheckpoint | None
    lines: tuple[NoteSignature, ...] = ()


def read_outside(path: Path) -> Outside:
    """Raises ``OutsideUnreadable``; nothing is verified yet."""
    if path.exists() and not path.is_file():  # a pipe would keep its reader waiting for ever
        raise OutsideUnreadable(file=path, why="not a regular file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise OutsideUnreadable(file=path, why=error.strerror) from error
    try:
        return outside_of(path.name, data)
    except LedgerError as error:
        raise OutsideUnreadable(file=path, why=error) from error


def outside_of(name: str, data: bytes) -> Outside:
    """Raises what the reader of the form raises that the first bytes tell of."""
    if data.startswith(proof_file.FIRST_LINE.encode()):
        return Outside(name, ProofFile.parse(data).checkpoint)
    if data.startswith(b"old "):
        return Outside(name, AddCheckpoint.parse(data).checkpoint)
    if data.startswith(DASH.encode()):
        return Outside(name, None, parse_cosignatures(data))
    return Outside(name, SignedCheckpoint.parse(data))
