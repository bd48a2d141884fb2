"""The data key store: generations, destruction, several processes, foreign keys."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.signing import data_keys as d
from ledger.signing.data_keys import DataKeys

WRAP = bytes(range(32))
AT = datetime(2026, 3, 2, tzinfo=UTC)


def clock() -> datetime:
    return AT


def opened(path: Path, wrap: bytes = WRAP) -> DataKeys:
    return DataKeys(path, wrap, clock=clock, entropy=os.urandom)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data-keys.sqlite"


@pytest.fixture
def keys(path: Path) -> Iterator[DataKeys]:
    with DataKeys.create(path, WRAP, clock=clock, entropy=os.urandom) as store:
        yield store


def test_a_name_keeps_its_key(keys: DataKeys, path: Path) -> None:
    """The same name has the same key for every caller; different names, different keys."""
    first = keys.ensure(["a", "b", "a"])
    assert list(first) == ["a", "b"]
    assert len({key for _, key in first.values()}) == 2
    assert keys.ensure(["b", "c", "a"]) | first == keys.ensure(["a", "b", "c"])
    with opened(path) as other:
        assert other.ensure(["a"])["a"] == first["a"]
        assert other.get(first["b"][0]) == first["b"][1]
    assert keys.living(["a", "z"]) == {"a": first["a"][0]}


def test_many_names_are_made_and_read_at_once(keys: DataKeys) -> None:
    """More names than one query takes are made in one call, and read in one."""
    names = [f"record:{number}" for number in range(2 * d.CHUNK + 1)]
    made = keys.ensure(names)
    assert keys.get_many(key_id for key_id, _ in made.values()) == dict(made.values())
    assert keys.names_of(key_id for key_id, _ in made.values()) == {
        key_id: name for name, (key_id, _) in made.items()
    }


def test_a_destroyed_key_is_gone_for_everybody(keys: DataKeys, path: Path) -> None:
    """Another object on the same file, warm or not, has nothing left; the row tells."""
    with opened(path) as other:
        (key_id, key) = other.ensure(["a"])["a"]
        assert keys.get(key_id) == key
        assert keys.destroy(["a", "never"], AT) == [key_id]
        assert other.get(key_id) is None
        assert other.is_destroyed(key_id)
        assert other.names_of([key_id]) == {key_id: "a"}
        assert keys.destroy(["a"], AT) == []
        new_id, new_key = other.ensure(["a"])["a"]
        assert new_id > key_id
        assert new_key != key
        assert not other.is_destroyed(new_id)
        assert keys.get(key_id) is None


def test_the_file_keeps_no_trace_of_a_destroyed_key(keys: DataKeys, path: Path) -> None:
    """Neither the store nor its journal holds the wrapped bytes afterwards."""
    names = [f"person:{number}" for number in range(200)]
    keys.ensure(names)
    with sqlite3.connect(path) as db:
        wrapped = [blob for (blob,) in db.execute("SELECT wrapped FROM data_keys")]
    db.close()
    assert all(blob in path.read_bytes() for blob in wrapped)
    keys.destroy(names[::2], AT)
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert [blob in left for blob in wrapped] == [False, True] * 100
    # A wrapped key is more than one run of bytes: no half of it is left either.
    assert not any(blob[:36] in left or blob[36:] in left for blob in wrapped[::2])


def test_keys_lie_wrapped_in_a_private_file(keys: DataKeys, path: Path) -> None:
    """No plain key stands in the file, and only its owner may read it."""
    made = keys.ensure(["a", "b"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    assert not any(key in content for _, key in made.values())


def test_an_unknown_key_is_a_fault_and_no_erasure(keys: DataKeys) -> None:
    """An id that the store does not know is an error, never "destroyed"."""
    with pytest.raises(d.DataKeyUnknown):
        keys.get(7)
    with pytest.raises(d.DataKeyUnknown):
        keys.is_destroyed(7)
    with pytest.raises(d.DataKeyUnknown):
        keys.names_of([7])


def test_a_foreign_wrap_key_is_found_at_once(keys: DataKeys, path: Path) -> None:
    """Opening with another node's wrap key fails before anything is written or read."""
    keys.ensure(["a"])
    with pytest.raises(d.WrapKeyWrong):
        opened(path, bytes(32))


def test_a_missing_or_foreign_store_is_not_replaced(path: Path, keys: DataKeys) -> None:
    """Neither opening nor creating puts a new, empty store in place of what is there."""
    with pytest.raises(d.DataKeysUnusable):
        opened(path.with_name("missing"))
    with pytest.raises(d.DataKeysUnusable):
        DataKeys.create(path, WRAP, clock=clock, entropy=os.urandom)
    assert not path.with_name("missing").exists()
    foreign = path.with_name("foreign")
    foreign.write_bytes(b"no database at all" * 100)
    empty = path.with_name("empty")
    empty.touch()
    for other in (foreign, empty):
        with pytest.raises(d.DataKeysUnusable):
            opened(other)


def test_an_older_copy_gives_no_id_out_again(keys: DataKeys, path: Path) -> None:
    """What was locked or erased under a lost key never meets a new key of the same id."""
    keys.ensure(["a"])
    older = path.with_name("older")
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(older),))
    older.chmod(0o600)
    lost = {key_id for key_id, _ in keys.ensure(["b", "c"]).values()}
    with opened(older) as restored:
        new = {key_id for key_id, _ in restored.ensure(["d", "e"]).values()}
    assert not lost & new
    assert max(lost | new) < 2**53


def test_a_store_without_its_check_is_told(keys: DataKeys, path: Path) -> None:
    """Without the sample that the wrap key must open, a store is unusable, not a crash."""
    keys.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM wrap_check")
        db.commit()
    with pytest.raises(d.DataKeysUnusable):
        opened(path)


def test_a_damaged_key_is_told(keys: DataKeys, path: Path) -> None:
    """A wrapped key that was altered is an error that names it, not a wrong key."""
    ((key_id, _),) = keys.ensure(["a"]).values()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE data_keys SET wrapped = zeroblob(72)")
    db.close()
    with pytest.raises(d.DataKeysUnusable, match=f"key {key_id}"):
        keys.get(key_id)


def test_a_batch_is_made_whole_or_not_at_all(keys: DataKeys, path: Path) -> None:
    """A batch that fails in the middle leaves no key behind."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON data_keys WHEN NEW.name = 'b'"
        " BEGIN SELECT RAISE(FAIL, 'broken'); END"
    )
    with pytest.raises(d.DataKeysUnusable, match="broken"):
        keys.ensure(["a", "b"])
    assert keys.living(["a", "b"]) == {}
    db.execute("DROP TRIGGER broken")
    db.close()
    assert list(keys.ensure(["a"])) == ["a"]


def test_a_store_that_stays_busy_is_told(
    keys: DataKeys, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that cannot get its turn ends with a typed error, and wrote nothing."""
    monkeypatch.setattr(d, "BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with opened(path) as other:
        with pytest.raises(d.DataKeysBusy):
            other.ensure(["a"])
        holder.execute("ROLLBACK")
        holder.close()
        assert list(other.ensure(["a"])) == ["a"]


def test_a_key_that_another_made_meanwhile_stands(
    keys: DataKeys, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking and making another process may have made a name: its key is used."""
    with opened(path) as other:
        real, raced = keys._fresh, {}

        def late(names: Sequence[str]) -> object:
            raced.update(other.ensure(["b"]))
            return real(names)

        monkeypatch.setattr(keys, "_fresh", late)
        assert keys.ensure(["a", "b"])["b"] == raced["b"] == other.ensure(["b"])["b"]


PROGRAM = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from ledger.signing.data_keys import DataKeys
keys = DataKeys(Path(sys.argv[1]), bytes(range(32)),
                clock=lambda: datetime.now(UTC), entropy=os.urandom)
for batch in range(10):
    made = keys.ensure([f"n{number}" for number in range(batch * 20, batch * 20 + 40)])
    for name, (key_id, key) in made.items():
        print(name, key_id, key.hex())
"""


def test_processes_agree_on_the_keys(keys: DataKeys, path: Path) -> None:
    """Three processes that make the same names at once end with one key for each."""
    root = Path(__file__).resolve().parents[3]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, cwd=root
        )
        for _ in range(3)
    ]
    lines: set[bytes] = set()
    for process in running:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        lines |= set(output.splitlines())
    assert len(lines) == 220
    made = keys.ensure([f"n{number}" for number in range(220)])
    assert lines == {f"{n} {key_id} {key.hex()}".encode() for n, (key_id, key) in made.items()}


def test_every_error_is_one_of_ours(keys: DataKeys) -> None:
    """A closed store ends in a typed error as well."""
    keys.close()
    with pytest.raises(LedgerError):
        keys.ensure(["a"])
