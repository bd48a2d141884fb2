"""The temporary files of an audit."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from ledger.log.scratch import Scratch, ScratchFailed, ScratchFull, read_at


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", None)  # what it found before
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("on_disk", [False, True])
def test_what_was_written_can_be_read_anywhere(on_disk: bool, folder: Path) -> None:
    """At the place that the write gave, exactly so much."""
    made = Scratch(on_disk=on_disk)
    places = [made.append(bytes([at]) * at) for at in range(1, 50)]
    assert [made.read(place, at) for at, place in enumerate(places, 1)] == [
        bytes([at]) * at for at in range(1, 50)
    ]
    assert made.size == sum(range(50))
    assert (made.descriptor is not None) == on_disk
    if made.descriptor is not None:
        assert read_at(made.descriptor, places[9], 10) == bytes([10]) * 10
    made.close()


def test_the_file_lies_where_tmpdir_says_and_under_no_name(folder: Path) -> None:
    """So that nothing is left behind, however the audit ends, and nobody else opens it."""
    made = Scratch(on_disk=True)
    made.append(b"entries")
    assert made.descriptor is not None
    assert Path(f"/proc/self/fd/{made.descriptor}").readlink().is_relative_to(folder)
    assert list(folder.iterdir()) == []
    assert os.fstat(made.descriptor).st_mode & 0o077 == 0
    made.close()


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, ScratchFull),
        (errno.EDQUOT, ScratchFull),
        (errno.EFBIG, ScratchFull),
        (errno.EIO, ScratchFailed),
    ],
)
def test_a_full_disk_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    """With the folder, and what to do."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    made = Scratch(on_disk=True)
    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(error, match=str(folder)):
        made.append(b"x")
    made.close()


def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anything was read."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(ScratchFailed, match="nowhere"):
        Scratch(on_disk=True)


def test_a_write_that_stores_a_part_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may take less than it was given."""
    write = os.pwrite
    made = Scratch(on_disk=True)
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, data[:3], at))
    assert made.append(b"0123456789") == 0
    assert made.append(b"abcdef") == 10
    assert made.read(0, 16) == b"0123456789abcdef"
    made.close()


def test_what_is_not_there_is_an_error(folder: Path) -> None:
    """A file that somebody made shorter never counts as empty."""
    made = Scratch(on_disk=True)
    made.append(b"0123")
    with pytest.raises(ScratchFailed):
        made.read(2, 3)
    made.close()
