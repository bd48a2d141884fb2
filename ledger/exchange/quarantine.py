"""What may be good once its cause is mended: kept in the home's folder, never beside the log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError

FOLDER: Final = "quarantine"


class QuarantineUnwritable(LedgerError):
    code = "quarantine_unwritable"
    en = "{path} cannot be written: {reason}; the message was refused, keep its file yourself"
    zh_cn = "无法写入 {path}：{reason}；该消息已被拒收，请自行保存其文件"
    zh_tw = "無法寫入 {path}：{reason}；該訊息已被拒收，請自行保存其檔案"


def quarantine(home: Path, digest: str, data: bytes) -> Path:
    """Keep a message, readable for the node alone; whole or not at all.

    Raises ``QuarantineUnwritable``.
    """
    path = home / FOLDER / f"{digest}.json"
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise QuarantineUnwritable(path=path, reason=error.strerror) from error
    return path


def release(home: Path, digest: str) -> None:
    """It was taken in after all."""
    (home / FOLDER / f"{digest}.json").unlink(missing_ok=True)
