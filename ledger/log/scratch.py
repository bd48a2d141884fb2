"""Room for what an audit cannot hold in memory: a temporary file that nobody else can open.

The file has no name (or loses it at once): it is gone with the processes that hold it, also
when they are killed. It lies where ``TMPDIR`` says. Helpers inherit its descriptor.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile, gettempdir
from typing import Final

from ledger.errors import ExitCode, LedgerError

Read = Callable[[int, int], bytes]
"""(offset, how many bytes) to exactly so many bytes."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ScratchFull(LedgerError):
    code = "audit_space"
    exit_code = ExitCode.INTERNAL
    en = (
        "the audit needs some 150 bytes for each entry in {folder}, and there is no room left; "
        "make room, or set TMPDIR to a folder that has more"
    )
    zh_cn = (
        "审计需要在 {folder} 中为每个条目占用约 150 字节，但空间不足；"
        "请清理空间，或将 TMPDIR 设为空间充足的目录"
    )
    zh_tw = (
        "稽核需要在 {folder} 中為每個條目佔用約 150 位元組，但空間不足；"
        "請清理空間，或將 TMPDIR 設為空間充足的目錄"
    )


class ScratchFailed(LedgerError):
    code = "audit_scratch"
    exit_code = ExitCode.INTERNAL
    en = "the audit cannot use a temporary file in {folder}: {why}; set TMPDIR to another folder"
    zh_cn = "审计无法使用 {folder} 中的临时文件：{why}；请将 TMPDIR 设为其他目录"
    zh_tw = "稽核無法使用 {folder} 中的暫存檔案：{why}；請將 TMPDIR 設為其他目錄"


class Scratch:
    """Bytes that are written once, one after the other, and read at any place."""

    def __init__(self, *, on_disk: bool) -> None:
        """In memory otherwise: for what is known to be small. Raises as ``append``."""
        self._held = bytearray()
        self.size = 0
        with _told():
            # Closed by close(): it lives longer than any one block.
            self._file = TemporaryFile(buffering=0) if on_disk else None  # noqa: SIM115

    def append(self, data: bytes) -> int:
        """Where it stands from now on. Raises ``ScratchFull`` or ``ScratchFailed``."""
        at, left = self.size, memoryview(data)
        self.size += len(data)
        if self._file is None:
            self._held += data
            return at
        with _told():
            while left:
                left = left[os.pwrite(self._file.fileno(), left, self.size - len(left)) :]
        return at

    def read(self, at: int, size: int) -> bytes:
        """Raises ``ScratchFailed`` where so much is not there."""
        if self._file is not None:
            return read_at(self._file.fileno(), at, size)
        assert at + size <= self.size
        return bytes(self._held[at : at + size])

    @property
    def descriptor(self) -> int | None:
        """For a process that is started; None where there is no file."""
        return None if self._file is None else self._file.fileno()

    def close(self) -> None:
        self._held.clear()
        if self._file is not None:
            self._file.close()


def read_at(descriptor: int, at: int, size: int) -> bytes:
    """What ``Scratch.read`` gives, in a process that inherited the descriptor."""
    with _told():
        data = os.pread(descriptor, size, at)
        while len(data) < size:
            more = os.pread(descriptor, size - len(data), at + len(data))
            if not more:
                raise OSError(errno.EIO, "the file ends too early")
            data += more
    return data


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = _folder()
        if error.errno in _FULL:
            raise ScratchFull(folder=folder) from error
        raise ScratchFailed(folder=folder, why=error.strerror or str(error)) from error


def _folder() -> str:
    try:
        return gettempdir()
    except OSError:  # none of the usual places may be written
        return os.environ.get("TMPDIR", "TMPDIR")
