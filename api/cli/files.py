"""Files that commands read and write: bounded, and never half written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from api.cli.keys import OutputUnwritable
from ledger.errors import UnusableInput


class InputUnreadable(UnusableInput):
    code = "input_unreadable"
    en = "{path} cannot be read: {reason}; check the path and its permissions"
    zh_cn = "无法读取 {path}：{reason}；请检查路径和权限"
    zh_tw = "無法讀取 {path}：{reason}；請檢查路徑和權限"


def read_input(path: Path, limit: int) -> bytes:
    """The file, or its first ``limit`` + 1 bytes, by which a reader sees that it is too long.

    Raises ``InputUnreadable``, also for a pipe with a name of its own: nobody may ever write to
    it. What a shell hands over lies under /dev.
    """
    try:
        if path.is_fifo() and not path.is_relative_to("/dev"):
            raise InputUnreadable(path=path, reason="not a regular file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise InputUnreadable(path=path, reason=error.strerror) from error


def write_output(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of what may be at ``path``: a reader sees the old or the new.

    Raises ``OutputUnwritable``.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:  # a pipe, or a terminal
                file.write(data)
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputUnwritable(path=path, reason=error.strerror) from error


def print_bytes(data: bytes) -> None:
    """Exactly these bytes on standard output, whatever the terminal's encoding."""
    click.echo(data if hasattr(sys.stdout, "buffer") else data.decode(), nl=False)
