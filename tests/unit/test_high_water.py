"""The high-water mark: only ever higher, only ever its own log's, whatever lies in its place."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.high_water import (
    MAX_MARK_BYTES,
    HighWater,
    HighWaterContradicted,
    HighWaterMissing,
    HighWaterTaken,
    HighWaterUnwritable,
    Mark,
    MarkState,
)
from ledger.log.merkle import EMPTY_ROOT

STORE, ORIGIN = "store-1", "log.example/one"


def mark(size: int, store: str = STORE, origin: str = ORIGIN) -> Mark:
    root = sha256(str(size).encode()).hexdigest()
    return Mark(store_id=store, origin=origin, size=size, root=root)


@pytest.fixture
def water(tmp_path: Path) -> HighWater:
    made = HighWater(tmp_path / "mark.json")
    made.begin(STORE, ORIGIN)
    return made


def test_a_log_begins_with_an_empty_mark(water: HighWater) -> None:
    """A founding leaves a mark of size 0 that its owner alone can read."""
    found = water.read()
    assert found is not None
    assert (found.size, found.root) == (0, EMPTY_ROOT.hex())
    assert water.path.stat().st_mode & 0o777 == 0o600
    assert water.state(STORE, ORIGIN) is MarkState.PRESENT


def test_the_mark_only_rises(water: HighWater) -> None:
    """A smaller or equal size changes nothing."""
    water.raise_to(mark(5))
    for lower in (mark(4), mark(5), mark(0)):
        water.raise_to(lower)
        assert water.read() == mark(5)
    water.raise_to(mark(6))
    assert water.read() == mark(6)
    water.raise_to(mark(3), replace=True)
    assert water.read() == mark(6), "replace is for a mark that is not there"


def test_one_size_has_one_root(water: HighWater) -> None:
    """Two trees of one size are a contradiction, not something to be silent about."""
    water.raise_to(mark(5))
    other = mark(5).model_copy(update={"root": "00" * 32})
    for replace in (False, True):
        with pytest.raises(HighWaterContradicted):
            water.raise_to(other, replace=replace)
    assert water.read() == mark(5)


@pytest.mark.parametrize("theirs", [mark(9, store="store-2"), mark(9, origin="log.example/two")])
def test_another_logs_mark_is_not_overwritten(water: HighWater, theirs: Mark) -> None:
    """Nor is one of this log in another store: only who has proved how far it came replaces it."""
    water.path.write_text(theirs.model_dump_json())
    assert water.state(STORE, ORIGIN) is MarkState.FOREIGN
    with pytest.raises(HighWaterMissing):
        water.raise_to(mark(10))
    assert water.read() == theirs
    water.raise_to(mark(10), replace=True)
    assert water.read() == mark(10)


def test_a_mark_of_this_log_in_another_store_is_not_lowered(water: HighWater) -> None:
    """It becomes this store's at the size that it knows; another root of that size is told."""
    theirs = mark(9, store="store-2")
    water.path.write_text(theirs.model_dump_json())
    with pytest.raises(HighWaterContradicted):
        water.raise_to(mark(9).model_copy(update={"root": "f" * 64}), replace=True)
    water.raise_to(mark(7), replace=True)
    assert water.read() == theirs.model_copy(update={"store_id": STORE})


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" " * MAX_MARK_BYTES)


def another_member(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"{", b'{"a":1,', 1))


def twice(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"{", b'{"size":1,', 1))


def negative(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"size":0', b'"size":-1'))


def real(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"size":0', b'"size":1.5'))


def immense(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"size":0', b'"size":9223372036854775808'))


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


DAMAGE = (
    truncate, empty, pipe, folder, loop, endless, another_member, twice, negative, real, immense,
    no_text,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_cannot_be_read_is_no_mark(water: HighWater, damage: Callable[[Path], None]) -> None:
    """It reads as none, says so, keeps nobody waiting, and is not raised in silence."""
    damage(water.path)
    assert water.read() is None
    assert water.state(STORE, ORIGIN) is MarkState.UNREADABLE
    with pytest.raises(HighWaterMissing):
        water.raise_to(mark(3))
    if damage is folder:
        with pytest.raises(HighWaterUnwritable):
            water.raise_to(mark(3), replace=True)
        return
    water.raise_to(mark(3), replace=True)
    assert water.read() == mark(3)


def test_a_mark_that_is_gone_is_not_made_in_silence(water: HighWater) -> None:
    """Whoever removes the mark stops the node, and does not start a new count."""
    remove(water.path)
    assert water.state(STORE, ORIGIN) is MarkState.MISSING
    with pytest.raises(HighWaterMissing):
        water.raise_to(mark(3))
    assert not water.path.exists()


def test_a_mark_is_begun_once(water: HighWater) -> None:
    """A founding never takes the place of a file that is there, nor of a broken link."""
    with pytest.raises(HighWaterTaken):
        water.begin("store-2", ORIGIN)
    link = HighWater(water.path.with_name("link"))
    link.path.symlink_to("nowhere")
    with pytest.raises(HighWaterTaken):
        link.require_free()
    with pytest.raises(HighWaterUnwritable):
        HighWater(water.path.parent / "none" / "mark").require_free()
    assert water.state(STORE, ORIGIN) is MarkState.PRESENT


def test_what_a_stopped_program_left_is_in_nobodys_way(water: HighWater) -> None:
    """A half-written file beside the mark, or a link planted there, is removed unread."""
    victim = water.path.with_name("victim")
    victim.write_text("kept")
    water.path.with_name("mark.json.new").symlink_to(victim)
    water.raise_to(mark(4))
    assert victim.read_text() == "kept"
    assert water.read() == mark(4)


def test_marks_in_one_folder_do_not_touch_each_other(water: HighWater) -> None:
    """Names that differ in their endings only are different marks."""
    other = HighWater(water.path.with_name("mark.txt"))
    other.begin("store-2", ORIGIN)
    other.raise_to(mark(2, store="store-2"))
    water.raise_to(mark(1))
    assert (water.read(), other.read()) == (mark(1), mark(2, store="store-2"))


def _raise(path: str, sizes: list[int]) -> None:
    for size in sizes:
        HighWater(Path(path)).raise_to(mark(size))


def test_processes_that_raise_it_at_once_leave_the_highest(water: HighWater) -> None:
    """Whoever reads meanwhile reads a whole mark that never falls."""
    context = multiprocessing.get_context("fork")
    sizes = [list(range(1 + start, 200, 4)) for start in range(4)]
    workers = [context.Process(target=_raise, args=(str(water.path), each)) for each in sizes]
    for worker in workers:
        worker.start()
    seen = 0
    while any(worker.is_alive() for worker in workers):
        found = water.read()
        assert found is not None
        assert found.size >= seen
        seen = found.size
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert water.read() == mark(199)
