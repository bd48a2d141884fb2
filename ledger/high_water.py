"""The high-water mark: how far the log had come, kept outside its store.

A store restored from an old backup is whole in itself; only something that was not
restored with it can tell that it was longer. The mark is a small file, by default in the
home, better on another disk: ``{"format", "store_id", "origin", "size", "root", "digest"}``.
It is replaced in one step and only ever by a larger size.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import UnusableInput
from ledger.events.base import Digest, Text
from ledger.signing.canonical import canonical, parse_strict

MAX_MARK_BYTES: Final = 4_096
"""A mark has some 300 bytes."""


class HighWaterUnwritable(UnusableInput):
    code = "high_water_unwritable"
    en = "the high-water mark {file} cannot be written: {reason}; check the path and its disk"
    zh_cn = "无法写入高水位标记 {file}：{reason}；请检查路径和磁盘"
    zh_tw = "無法寫入高水位標記 {file}：{reason}；請檢查路徑和磁碟"


class Mark(BaseModel):
    """The log ``origin`` in the store ``store_id`` had ``size`` entries under ``root``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["credit-ledger-high-water/v1"] = "credit-ledger-high-water/v1"
    store_id: Text
    origin: Text
    size: int = Field(ge=0, strict=True)
    root: Digest


@dataclass(frozen=True, slots=True)
class HighWater:
    """The file of a mark."""

    path: Path

    def read(self) -> Mark | None:
        """The mark; None where there is none that can be read."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_MARK_BYTES + 1)
            return Mark.model_validate(parse_strict(data, max_bytes=MAX_MARK_BYTES))
        except (OSError, UnusableInput, ValidationError):
            return None

    def raise_to(self, mark: Mark, *, replace: bool = False) -> None:
        """Keep ``mark`` unless a larger one of the same store is there.

        ``replace`` keeps it whatever is there: for a mark that is missing or another
        store's, once it is known that the store is whole. Durable when it returns.
        """
        try:
            with self._lock():
                before = self.read()
                if (
                    not replace
                    and before is not None
                    and before.store_id == mark.store_id
                    and before.size >= mark.size
                ):
                    return
                self._write(canonical(mark.model_dump(mode="json")) + b"\n")
        except OSError as error:
            raise HighWaterUnwritable(file=self.path, reason=error.strerror) from error

    @contextmanager
    def _lock(self) -> Iterator[None]:
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, data: bytes) -> None:
        temporary = self.path.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
