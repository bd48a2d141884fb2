"""``tiles export``: what a static file server serves, and what it never loses."""

from __future__ import annotations

import fcntl
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.export import export
from ledger.log.own_keys import checkpoint_keys
from ledger.signing.keys import new_signing_key
from ledger.storage.port import EntryStore
from tests.integration import export_checker
from tests.integration.driving import Founded, call
from tests.integration.material import FOUNDED_AT, import_file, penalties, write


@pytest.fixture
def filled(simulated: Founded, tmp_path: Path) -> Founded:
    """A node of more than 256 entries, on either store."""
    more(simulated, tmp_path, 130, 1)
    return simulated


def more(node: Founded, folder: Path, rows: int, seed: int) -> None:
    done = import_file(node, write(folder / f"{seed}.csv", penalties(rows, seed)))
    assert done.code == 0, done.err


def exported(node: Founded, folder: Path, *options: str) -> dict[str, Any]:
    done = node.call("tiles", "export", folder, "--json", *options)
    assert done.code == 0, done.err
    return dict(done.json)


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and the instant it was last written."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in tree(folder).items()}


def from_disk(folder: Path) -> export_checker.Fetch:
    return lambda name: (folder / name).read_bytes()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing on the tests' standard error."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, export_checker.Fetch]]:
    """A folder, and how its files are fetched from the standard library's file server."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def fetch(name: str) -> bytes:
            with closing(HTTPConnection("127.0.0.1", server.server_port)) as connection:
                connection.request("GET", f"/{name}")
                answer = connection.getresponse()
                assert answer.status == 200, name
                return answer.read()

        yield folder, fetch
        server.shutdown()


def test_a_static_file_server_serves_all_that_a_checker_asks_for(
    filled: Founded, served: tuple[Path, export_checker.Fetch]
) -> None:
    """A checker that shares no code with the log hashes every tile up to the checkpoint."""
    folder, fetch = served
    done = exported(filled, folder)
    assert export_checker.check(fetch) == done["size"] == filled.tree_size()
    assert (folder / "checkpoint").stat().st_mode & 0o777 == 0o644
    assert not (folder / "tile" / "entries").exists()


def test_an_auditors_copy_holds_the_log(filled: Founded, tmp_path: Path) -> None:
    """Entries with signatures, details and submissions, for nobody but their owner to read."""
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o755)
    done = exported(filled, copy, "--with-entries")
    size = export_checker.check(from_disk(copy))
    with filled.opened() as node:
        rows = list(node.store.scan(0, size))
        manifests = dict(node.store.manifests())
    assert export_checker.entries(from_disk(copy), size) == [row.state for row in rows]
    assert done["with_entries"]
    assert {path.name: path.read_bytes() for path in (copy / "manifests").iterdir()} == manifests
    signatures = (copy / "tile/signatures/000").read_bytes()
    assert signatures[:96] == rows[0].keyid + rows[0].signature
    for path in (copy, *copy.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("options", [(), ("--with-entries",)])
def test_a_second_export_writes_only_what_is_new(
    filled: Founded, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Nothing new: no file is touched. More entries: full tiles stay as they were, partial
    ones that are full now are gone."""
    folder = tmp_path / "copy"
    exported(filled, folder, *options)
    before = tree(folder)
    again = exported(filled, folder, *options)
    assert again["written"] == 0
    assert tree(folder) == before
    more(filled, tmp_path, 130, 2)
    done = exported(filled, folder, *options)
    after = tree(folder)
    changed = {name for name in before if after.get(name) != before[name]}
    kept_full = {name for name in before if name.startswith("tile/") and ".p/" not in name}
    assert kept_full
    assert not changed & kept_full
    assert {name for name in before if name not in after} == {
        name for name in before if name.startswith("tile/") and "/001.p/" in name
    }
    assert done["removed"] == len(before.keys() - after.keys())
    assert export_checker.check(from_disk(folder)) == done["size"]
    if not options:
        fresh = tmp_path / "fresh"
        exported(filled, fresh)
        stale = {name for name in contents(folder) if name not in contents(fresh)}
        assert stale <= {name for name in before if ".p/" in name}


@pytest.mark.parametrize(
    "name",
    [
        "tile/0/000", "tile/entries/000", "tile/signatures/000", "tile/details/000",
        "tile/1/000.p/1", "manifests",
    ],
)  # fmt: skip
def test_a_file_that_was_changed_stops_the_export(
    filled: Founded, tmp_path: Path, name: str
) -> None:
    """It is named, not mended, and no new checkpoint speaks of it."""
    copy = tmp_path / "copy"
    exported(filled, copy, "--with-entries")
    path = copy / name
    path = next(path.iterdir()) if path.is_dir() else path
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    checkpoint = (copy / "checkpoint").read_bytes()
    more(filled, tmp_path, 10, 2)
    done = filled.call("tiles", "export", copy, "--with-entries")
    assert done.code == 1
    assert str(path) in done.err
    assert (copy / "checkpoint").read_bytes() == checkpoint


def test_a_partial_tile_that_was_changed_stops_the_full_one(
    filled: Founded, tmp_path: Path
) -> None:
    """What was said of half a tile must be how the full one begins."""
    folder = tmp_path / "copy"
    exported(filled, folder)
    (path,) = (folder / "tile/0/001.p").iterdir()
    path.write_bytes(bytes(len(path.read_bytes())))
    more(filled, tmp_path, 130, 2)
    done = filled.call("tiles", "export", folder)
    assert done.code == 1
    assert str(path) in done.err


def test_a_note_that_was_exported_and_is_gone_is_told(filled: Founded, tmp_path: Path) -> None:
    """Files of notes grow; they never lose a note."""
    copy = tmp_path / "copy"
    exported(filled, copy, "--with-entries")
    (path,) = (path for path in (copy / "notes").rglob("*") if path.is_file())
    whole = path.read_bytes()
    length = 5 + int.from_bytes(whole[1:5], "big")
    path.write_bytes(whole[length:])
    assert exported(filled, copy, "--with-entries")["written"] == 1
    assert path.read_bytes() == whole
    path.write_bytes(b"\x02" + whole[1:])
    done = filled.call("tiles", "export", copy, "--with-entries")
    assert done.code == 1
    assert str(path) in done.err


def test_public_files_and_entries_never_share_a_folder(filled: Founded, tmp_path: Path) -> None:
    """An auditor's copy is not laid where a server may look, nor left half by a public one."""
    public, copy, other = tmp_path / "public", tmp_path / "copy", tmp_path / "other"
    exported(filled, public)
    exported(filled, copy, "--with-entries")
    other.mkdir()
    (other / "index.html").write_text("x")
    for folder, options in ((public, ["--with-entries"]), (copy, []), (other, ["--with-entries"])):
        done = filled.call("tiles", "export", folder, *options)
        assert done.code == 2
        assert "another" in done.err
    exported(filled, other)
    assert (other / "index.html").read_text() == "x"


def test_an_export_is_of_one_log_and_never_goes_back(filled: Founded, tmp_path: Path) -> None:
    """Neither another log nor an older state of this one takes its place."""
    folder, old = tmp_path / "public", tmp_path / "old"
    exported(filled, old)
    shutil.copytree(old, folder)
    more(filled, tmp_path, 10, 2)
    exported(filled, folder)
    newest = (folder / "checkpoint").read_bytes()
    home = tmp_path / "zhangzhou"
    done = call(
        "init", "--home", home, "--node", "zhangzhou", "--simulated-clock", "--at", FOUNDED_AT
    )
    assert done.code == 0, done.err
    assert Founded(home, "zhangzhou").call("tiles", "export", folder).code == 2
    with filled.opened() as node:
        keys = checkpoint_keys(node.registry().node_keys.values(), node.keeper.origin)
        behind = Behind(node.store, (old / "checkpoint").read_bytes())
        with pytest.raises(Exception, match="reconcile"):
            export(cast("EntryStore", behind), folder, origin=node.keeper.origin, keys=keys)
    assert (folder / "checkpoint").read_bytes() == newest


def test_a_checkpoint_that_this_log_never_signed_stops_the_export(
    embedded: Founded, tmp_path: Path
) -> None:
    """Somebody put it there in its name; it is not replaced in silence."""
    folder = tmp_path / "public"
    exported(embedded, folder)
    path = folder / "checkpoint"
    said = SignedCheckpoint.parse(path.read_bytes()).checkpoint
    forged = SignedCheckpoint.signed(said, new_signing_key(bytes(32))).to_bytes()
    path.write_bytes(forged)
    assert embedded.call("tiles", "export", folder).code == 1
    assert path.read_bytes() == forged


class Behind:
    """A store whose newest checkpoint is an old one."""

    def __init__(self, store: EntryStore, old: bytes) -> None:
        self._store = store
        self._old = old

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def latest_note(self, *arguments: Any) -> Any:
        note = self._store.latest_note(*arguments)
        assert note is not None
        size = int(self._old.splitlines()[1])
        return note._replace(size=size, body=self._old)


class Stopped(BaseException):
    """What a kill is to the program."""


class Stopping:
    """A store that stops the program at its ``after``-th look at the rows."""

    def __init__(self, store: EntryStore, after: int) -> None:
        self._store = store
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def scan(self, *arguments: Any) -> Any:
        self._look()
        return self._store.scan(*arguments)

    def notes_between(self, *arguments: Any) -> Any:
        self._look()
        return self._store.notes_between(*arguments)

    def _look(self) -> None:
        self._after -= 1
        if self._after < 0:
            raise Stopped


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_export_that_was_stopped_goes_on(filled: Founded, tmp_path: Path, after: int) -> None:
    """The checkpoint that was there still speaks the truth; the next export ends as if
    nothing had happened."""
    copy, whole = tmp_path / "copy", tmp_path / "whole"
    exported(filled, copy, "--with-entries")
    more(filled, tmp_path, 200, 2)
    exported(filled, whole, "--with-entries")
    size = export_checker.check(from_disk(copy))
    with filled.opened() as node:
        keys = checkpoint_keys(node.registry().node_keys.values(), node.keeper.origin)
        stopping = cast("EntryStore", Stopping(node.store, after))
        with pytest.raises(Stopped):
            export(stopping, copy, origin=node.keeper.origin, keys=keys, with_entries=True)
    (copy / "tile/0/000.unfinished").write_bytes(b"half")
    assert export_checker.check(from_disk(copy)) == size
    exported(filled, copy, "--with-entries")
    found = contents(copy)
    assert contents(whole).items() <= found.items()
    assert not [name for name in found if name.endswith(".unfinished")]


def test_a_store_whose_tiles_lie_exports_no_checkpoint(embedded: Founded, tmp_path: Path) -> None:
    """The root of what was exported is compared before the checkpoint is written."""
    more(embedded, tmp_path, 130, 1)

    class Lying(Stopping):
        def tile(self, level: int, number: int) -> bytes | None:
            return bytes(8192)

    with embedded.opened() as node:
        keys = checkpoint_keys(node.registry().node_keys.values(), node.keeper.origin)
        lying = cast("EntryStore", Lying(node.store, 10**9))
        with pytest.raises(Exception, match="audit"):
            export(lying, tmp_path / "x", origin=node.keeper.origin, keys=keys)
    assert not (tmp_path / "x" / "checkpoint").exists()


def test_a_folder_that_cannot_be_written_is_told(embedded: Founded, tmp_path: Path) -> None:
    """One line, no trace."""
    (tmp_path / "file").write_text("x")
    done = embedded.call("tiles", "export", tmp_path / "file" / "folder")
    assert done.code == 2
    assert "cannot be written" in done.err


def test_two_exports_do_not_mix(embedded: Founded, tmp_path: Path) -> None:
    """The second waits for nobody; it says that another program is at it."""
    folder = tmp_path / "public"
    exported(embedded, folder)
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = embedded.call("tiles", "export", folder)
    os.close(handle)
    assert done.code == 2
    assert "another program" in done.err
