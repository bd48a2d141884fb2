"""The high-water mark: how far the log had come, kept outside its store.

A store restored from an old backup is whole in itself; only something that was not
restored with it can tell that it was longer. The mark is a small file, by default in the
home, better on another disk: ``{"format", "origin", "root", "size", "store_id"}``, canonical
JSON. It is replaced in one step and only ever by a larger size of the same log in the same
store. It is begun when a node is founded; one that is missing, cannot be read or is
another's stays so until ``ledger.restoring`` has proved how far the log had come.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import ExitCode, LedgerError, UnusableInput
from ledger.events.base import Digest, Text
from ledger.log.merkle import EMPTY_ROOT, MAX_TREE_SIZE
from ledger.signing.canonical import canonical, parse_strict

MAX_MARK_BYTES: Final = 4_096
"""A mark has some 300 bytes."""


class HighWaterUnwritable(UnusableInput):
    code = "high_water_unwritable"
    en = "the high-water mark {file} cannot be written: {reason}; check the path and its disk"
    zh_cn = "无法写入高水位标记 {file}：{reason}；请检查路径和磁盘"
    zh_tw = "無法寫入高水位標記 {file}：{reason}；請檢查路徑和磁碟"


class HighWaterNotRaised(UnusableInput):
    """After a write: whoever is told that it failed would do it twice."""

    code = "high_water_not_raised"
    en = (
        "what was entered is in the log, which holds {size} entries; but the high-water mark "
        "{file} cannot be raised: {reason}; check its disk, then run any command that writes"
    )
    zh_cn = (
        "所录内容已在日志中，日志现有 {size} 个条目；但无法抬高高水位标记 {file}：{reason}；"
        "请检查磁盘，然后运行任一写入命令"
    )
    zh_tw = (
        "所錄內容已在日誌中，日誌現有 {size} 個條目；但無法抬高高水位標記 {file}：{reason}；"
        "請檢查磁碟，然後執行任一寫入命令"
    )


class HighWaterTaken(UnusableInput):
    code = "high_water_taken"
    en = "{file} is there already: it may be another node's high-water mark; name a new file"
    zh_cn = "{file} 已存在，可能是其他节点的高水位标记；请指定新文件"
    zh_tw = "{file} 已存在，可能是其他節點的高水位標記；請指定新檔案"


class HighWaterMissing(LedgerError):
    code = "high_water_missing"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "nothing is written: the high-water mark {file} is missing, unreadable or of another "
        "store, so a restored backup cannot be told from the whole log; "
        "run credit-ledger reconcile"
    )
    zh_cn = (
        "不予写入：高水位标记 {file} 缺失、无法读取或属于另一存储，无法分辨是否为恢复的旧备份；"
        "请运行 credit-ledger reconcile"
    )
    zh_tw = (
        "不予寫入：高水位標記 {file} 缺失、無法讀取或屬於另一儲存，無法分辨是否為還原的舊備份；"
        "請執行 credit-ledger reconcile"
    )


class HighWaterContradicted(LedgerError):
    code = "high_water_contradicted"
    exit_code = ExitCode.CHECK_FAILED
    en = (
        "the high-water mark {file} knows another tree of {size} entries; "
        "run credit-ledger reconcile"
    )
    zh_cn = "高水位标记 {file} 所记大小为 {size} 的树与此不同；请运行 credit-ledger reconcile"
    zh_tw = "高水位標記 {file} 所記大小為 {size} 的樹與此不同；請執行 credit-ledger reconcile"


class Mark(BaseModel):
    """The log ``origin`` in the store ``store_id`` had ``size`` entries under ``root``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["credit-ledger-high-water/v1"] = "credit-ledger-high-water/v1"
    store_id: Text
    origin: Text
    size: int = Field(ge=0, le=MAX_TREE_SIZE, strict=True)
    root: Digest

    def is_of(self, store_id: str, origin: str) -> bool:
        return (self.store_id, self.origin) == (store_id, origin)


class MarkState(StrEnum):
    """What lies where the mark of a log should be."""

    PRESENT = "present"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class HighWater:
    """The file of a mark."""

    path: Path

    def read(self) -> Mark | None:
        """The mark, whosever it is; None where there is none that can be read."""
        try:
            mark = Mark.model_validate(parse_strict(self._bytes(), max_bytes=MAX_MARK_BYTES))
        except (OSError, UnusableInput, ValidationError):
            return None
        return mark

    def state(self, store_id: str, origin: str) -> MarkState:
        """Whether the mark of that log in that store is here, and if not, what is."""
        mark = self.read()
        if mark is not None:
            return MarkState.PRESENT if mark.is_of(store_id, origin) else MarkState.FOREIGN
        return MarkState.UNREADABLE if os.path.lexists(self.path) else MarkState.MISSING

    def require_free(self) -> None:
        """Before a node is founded. Raises ``HighWaterTaken`` or ``HighWaterUnwritable``."""
        if os.path.lexists(self.path):
            raise HighWaterTaken(file=self.path)
        if not self.path.parent.is_dir():
            raise HighWaterUnwritable(file=self.path, reason="its folder does not exist")

    def begin(self, store_id: str, origin: str) -> None:
        """The mark of a log without entries. Raises as ``require_free``."""
        empty = Mark(store_id=store_id, origin=origin, size=0, root=EMPTY_ROOT.hex())
        with self._locked():
            self.require_free()
            self._write(empty)

    def raise_to(self, mark: Mark, *, replace: bool = False) -> None:
        """Keep ``mark`` unless a larger one of the same log is there. Durable when it returns.

        Raises ``HighWaterMissing`` where no mark of that log is there to be raised, and
        ``HighWaterContradicted`` where one of the same size has another root. ``replace``
        keeps it where none of that log is there: once it is known how far the log had come.
        One of the same log in another store becomes this store's, and is not lowered by it.
        """
        with self._locked():
            before = self.read()
            is_kept = before is not None and before.is_of(mark.store_id, mark.origin)
            if not is_kept and not replace:
                raise HighWaterMissing(file=self.path)
            if before is not None and before.origin == mark.origin:
                if before.size == mark.size and before.root != mark.root:
                    raise HighWaterContradicted(file=self.path, size=mark.size)
                if before.size >= mark.size:
                    if is_kept:
                        return
                    mark = before.model_copy(update={"store_id": mark.store_id})
            self._write(mark)

    def _bytes(self) -> bytes:
        # Without O_NONBLOCK a pipe of that name would keep its reader waiting for ever.
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError("not a regular file")
            return file.read(MAX_MARK_BYTES + 1)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            handle = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)
        except OSError as error:
            reason = error.strerror or error
            raise HighWaterUnwritable(file=self.path, reason=reason) from error

    def _write(self, mark: Mark) -> None:
        data = canonical(mark.model_dump(mode="json")) + b"\n"
        temporary = self._beside(".new")
        with suppress(FileNotFoundError):
            temporary.unlink()  # of a program that was stopped, or somebody's link to elsewhere
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
