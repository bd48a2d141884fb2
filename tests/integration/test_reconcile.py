"""After a backup was restored: nothing is written until the log is whole again, and how it
becomes so."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger import bootstrap
from ledger.codec import decode
from ledger.events.governance import MarkMadeAnew
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.exported import ExportFileWrong
from ledger.log.keeper import StoreBehind
from ledger.log.merkle import EMPTY_ROOT
from ledger.restoring import restore
from ledger.rules import load_default
from ledger.signing.keys import new_signing_key
from ledger.storage.opening import Store
from tests.integration.backups import Backup, back_up
from tests.integration.driving import Ended, Founded, call
from tests.integration.material import (
    FIRM,
    FOUNDED_AT,
    OFFICER,
    PERSON,
    SUPPLIER,
    at,
    collect,
    import_file,
    penalties,
    person,
    write,
)

Words = list[str | Path]

ON_ONE_STORE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What is judged is the copy; the store has no say in it."""

ADMIT: Words = [
    "organisation", "admit", "--id", SUPPLIER, "--name", "某局", "--role", "reviewer",
    "--from", "2020-01-01",
]  # fmt: skip


@dataclass
class Case:
    """A node with a backup that is older than its log, and an auditor's copy that is not."""

    node: Founded
    folder: Path
    backup: Backup
    old: int
    """The size that the backup holds."""
    size: int

    @property
    def mark(self) -> Path:
        return self.node.home / "high-water.json"

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    def reconcile(self, *options: str | Path) -> Ended:
        return self.node.call("reconcile", "--json", *options)

    def contents(self) -> tuple[object, ...]:
        with self.node.opened() as node:
            return everything(node.store, node.keeper.origin)


def everything(store: Store, origin: str) -> tuple[object, ...]:
    """Rows, tiles, notes and manifests."""
    tiles = [store.tile(level, number) for level in (0, 1) for number in range(4)]
    notes = store.notes_between(origin, 0, 1 << 40)
    return list(store.scan()), tiles, notes, dict(store.manifests())


@pytest.fixture
def case(request: pytest.FixtureRequest, simulated: Founded, store: str, tmp_path: Path) -> Case:
    """130 rows, the backup, 170 rows and a person's record more, the auditor's copy."""
    fill(simulated, tmp_path, 130, 1)
    old = simulated.tree_size()
    url = request.getfixturevalue("postgres_url") if store == "postgres" else None
    backup = back_up(simulated, tmp_path, url)
    fill(simulated, tmp_path, 170, 2)
    line = collect(7, subject=person(), publish_until=None) | {"at": at("03-01")}
    done = simulated.apply(tmp_path, [collect(), line])
    assert done.code == 0, (done.out, done.err)
    made = Case(simulated, tmp_path, backup, old, simulated.tree_size())
    exported(simulated, made.copy)
    return made


@pytest.fixture
def lost(case: Case) -> Case:
    """The same, after the backup was restored."""
    case.backup.restore()
    return case


def fill(node: Founded, folder: Path, rows: int, seed: int) -> None:
    done = import_file(node, write(folder / f"{seed}.csv", penalties(rows, seed)))
    assert done.code == 0, done.err


def exported(node: Founded, folder: Path) -> None:
    done = node.call("tiles", "export", folder, "--with-entries")
    assert done.code == 0, done.err


def answers(node: Founded) -> list[Any]:
    """What the public is told, and an officer as known at a past size."""
    asked = [node.call("history", FIRM, "--json")]
    asked.append(node.call("history", FIRM, "--known-at", "300", "--json", *OFFICER))
    asked.append(node.call("history", PERSON, "--known-at", "300", "--json", *OFFICER))
    assert [each.code for each in asked] == [0, 0, 0], [each.err for each in asked]
    return [
        {name: value for name, value in each.json.items() if name not in ("tree_size", "known_at")}
        for each in asked
    ]


# -- refusing, and reading on ---------------------------------------------------------


def writing_commands(folder: Path, node: Founded) -> dict[str, Words]:
    lines = folder / "refused.jsonl"
    lines.write_text(json.dumps(collect(99)) + "\n", encoding="utf-8")
    table = write(folder / "refused.csv", penalties(20, 9))
    pack = folder / "pack.json"
    pack.write_bytes(load_default().to_json())
    with node.opened() as opened:
        keyid = opened.signing_key.keyid
    importing: Words = ["import", table, "--supplier", SUPPLIER, "--operator", "op-7"]
    return {
        "apply": ["apply", lines],
        "import": importing,
        "admit": list(ADMIT),
        "rules adopt": ["rules", "adopt", pack, "--from", "2026-04-01"],
        "history": ["history", FIRM, *OFFICER],
        "key rotate": ["key", "rotate"],
        "key retire": ["key", "retire", keyid],
        "key compromised": ["key", "compromised", keyid, "--since", "2026-03-01T00:00:00Z"],
        "checkpoint": ["checkpoint"],
    }


def refuse_all(case: Case) -> None:
    before = case.contents()
    for name, words in writing_commands(case.folder, case.node).items():
        done = case.node.call(*words)
        assert done.code == 1, (name, done)
        assert "credit-ledger reconcile" in done.out + done.err, (name, done)
        assert case.contents() == before, name


def test_a_restored_backup_is_not_written_to(lost: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that writes refuses and says what to do; so does an import that would
    write through a process of its own."""
    refuse_all(lost)
    monkeypatch.setattr(bootstrap, "BULK_BYTES", 1_000)
    done = import_file(lost.node, write(lost.folder / "bulk.csv", penalties(20, 9)))
    assert done.code == 1
    assert lost.node.tree_size() == lost.old


@pytest.mark.parametrize("damage", ["missing", "garbage", "foreign"])
def test_without_its_mark_a_node_is_not_written_to(case: Case, damage: str) -> None:
    """Missing, unreadable or another store's: none of them is taken for a new beginning."""
    if damage == "missing":
        case.mark.unlink()
    elif damage == "garbage":
        case.mark.write_text("{")
    else:
        mark = json.loads(case.mark.read_text()) | {"origin": "log.example/other"}
        case.mark.write_text(json.dumps(mark))
    before = case.mark.read_bytes() if case.mark.exists() else None
    refuse_all(case)
    assert (case.mark.read_bytes() if case.mark.exists() else None) == before
    done = case.reconcile()
    assert done.code == 1
    assert done.json["finding"] == "no_mark"
    words = {"missing": "missing", "garbage": "unreadable", "foreign": "foreign"}
    assert done.json["mark"]["state"] == words[damage]


def test_reading_goes_on_and_says_once_that_nothing_is_written(lost: Case) -> None:
    """Answers come on standard output as ever; one line beside them tells."""
    reading = {0: ["history", FIRM], 1: ["audit"]}  # the audit names the lost tail
    for code, words in reading.items():
        done = lost.node.call(*words, "--json")
        assert done.code == code, done
        assert json.loads(done.out)
        (line,) = done.err.splitlines()
        assert "credit-ledger reconcile" in line


# -- explaining ------------------------------------------------------------------------


def test_what_is_lost_is_explained(lost: Case) -> None:
    """From which leaf to which, and after which instant it was recorded."""
    done = lost.reconcile()
    assert done.code == 1
    told = done.json
    assert told["finding"] == "behind"
    assert (told["store"]["size"], told["mark"]["size"]) == (lost.old, lost.size)
    assert told["checkpoint"]["size"] == lost.old
    assert (told["lost"]["from"], told["lost"]["to"]) == (lost.old, lost.size)
    assert told["lost"]["after"] == told["store"]["recorded_at"]
    shown = lost.node.call("reconcile")
    assert shown.code == 1
    assert f"leaves {lost.old} to {lost.size - 1}" in shown.out
    assert "--from" in shown.out


def test_a_whole_store_lacks_nothing(case: Case) -> None:
    """Exit 0, nothing lost, nothing changed; also held against its own export."""
    before = case.contents()
    every: list[Words] = [[], ["--from", case.copy], ["--against", case.copy / "checkpoint"]]
    for options in every:
        done = case.reconcile(*options)
        assert done.code == 0, done
        assert done.json["finding"] == "whole"
        assert done.json["lost"] is None
    assert case.contents() == before


# -- restoring --------------------------------------------------------------------------


def test_lost_entries_come_back_exactly_as_they_were(case: Case) -> None:
    """Rows, signatures, details, tiles, manifests and notes are the same, the audit is clean,
    the answers are as before, and the log goes on."""
    told, size = answers(case.node), case.node.tree_size()
    exported(case.node, case.copy)
    before = case.contents()
    case.backup.restore()
    assert case.contents() != before
    done = case.reconcile("--from", case.copy)
    assert done.code == 0, done.err
    assert case.contents() == before
    restored = done.json["restored"]
    assert (restored["from"], restored["to"]) == (case.old, size)
    assert restored["unchecked_details"] == 0
    audited = case.node.call("audit", "--json")
    assert audited.json["ok"], audited.out
    assert audited.json["entries"] == size
    assert answers(case.node) == told
    fill(case.node, case.folder, 20, 3)
    exported(case.node, case.copy)
    assert case.node.call("audit").code == 0


def test_a_backup_restored_with_its_mark_comes_back_too(case: Case) -> None:
    """Where the home was restored with the store nothing tells but the copy: it is longer
    than the mark, and is restored all the same."""
    before = case.contents()
    old_mark = json.loads(case.mark.read_text())
    case.backup.restore()
    with case.node.opened() as node:
        note = node.store.latest_note("checkpoint", node.keeper.origin)
    assert note is not None
    checkpoint = SignedCheckpoint.parse(note.body).checkpoint
    old_mark |= {"size": checkpoint.size, "root": checkpoint.root.hex()}
    case.mark.write_text(json.dumps(old_mark))
    assert case.reconcile().json["finding"] == "whole"
    done = case.reconcile("--from", case.copy)
    assert done.code == 0, done.err
    assert case.contents() == before
    assert done.json["mark"]["size"] == case.size


class Stopped(BaseException):
    """What a kill is to the program."""


def test_a_restoring_that_was_stopped_goes_on(lost: Case) -> None:
    """After any transaction: the store is behind its mark and refuses, the same command ends
    what was begun."""
    lost.mark.unlink()

    def stopping(word: str) -> Callable[[int, int], None] | None:
        def stop(done: int, total: int) -> None:
            raise Stopped

        return stop if word == "restoring" else None

    for _ in range(2):
        with lost.node.opened() as node, pytest.raises(Stopped):
            restore(node, lost.copy, stopping)
        done = lost.reconcile()
        if done.code == 0:
            break
        assert done.json["finding"] == "behind"
        assert lost.node.apply(lost.folder, [collect(99)]).code == 1
    assert lost.old < lost.node.tree_size()
    done = lost.reconcile("--from", lost.copy)
    assert done.code == 0, done.err
    assert lost.node.tree_size() == lost.size
    assert lost.node.call("audit").code == 0


def test_a_copy_that_changes_while_it_is_read_is_refused(lost: Case) -> None:
    """What is written is what was proved."""

    def bending(word: str) -> None:
        if word == "restoring":
            path = lost.copy / "tile/details/001"
            path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    with lost.node.opened() as node, pytest.raises(ExportFileWrong):
        restore(node, lost.copy, bending)
    assert lost.node.tree_size() == lost.old
    assert lost.reconcile().json["finding"] == "behind"


FILES = {
    "an entry": "tile/entries/001",
    "a signature": "tile/signatures/001",
    "details": "tile/details/001",
    "a full tile": "tile/0/001",
    "an upper tile": "tile/1/000.p/*",
    "a partial tile": "tile/0/00?.p/*",
    "the last entries": "tile/entries/00?.p/*",
    "the last signatures": "tile/signatures/00?.p/*",
    "the last details": "tile/details/00?.p/*",
    "a manifest": "manifests/*",
    "a note": "notes/*/000",
    "the checkpoint": "checkpoint",
}


@ON_ONE_STORE
@pytest.mark.parametrize("name", FILES)
def test_a_copy_that_was_tampered_with_restores_nothing(lost: Case, name: str) -> None:
    """A flipped bit anywhere, a file cut short, a file gone: exit 1, and nothing changed."""
    before, mark = lost.contents(), lost.mark.read_bytes()
    path = min(lost.copy.glob(FILES[name]))
    data = path.read_bytes()
    places = {0, len(data) // 2, len(data) - 1}
    bent = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in sorted(places)]
    whole: list[bytes | None] = [*bent, data[:-1], data + b"\x00", b""]
    for each in whole if name == "a note" else [*whole, None]:
        path.unlink()
        if each is not None:
            path.write_bytes(each)
        done = lost.reconcile("--from", lost.copy)
        assert done.code == 1, (name, each and len(each), done)
        assert "Traceback" not in done.err
        assert lost.contents() == before
        assert lost.mark.read_bytes() == mark
        path.write_bytes(data)
    assert lost.reconcile("--from", lost.copy).code == 0


@ON_ONE_STORE
def test_notes_that_are_gone_from_a_copy_are_no_reason_to_refuse(lost: Case) -> None:
    """The entries are what the checkpoint proves; a note less is a proof less."""
    shutil.rmtree(lost.copy / "notes")
    assert lost.reconcile("--from", lost.copy).code == 0


@ON_ONE_STORE
@pytest.mark.parametrize("change", ["order", "repeat", "foreign"])
def test_signatures_out_of_place_restore_nothing(lost: Case, change: str) -> None:
    """Two that changed places, one that stands twice, one under a key nobody knows."""
    size = lost.old
    path = lost.copy / "tile/signatures/001"
    data = bytearray(path.read_bytes())
    one, two = data[:96], data[96:192]
    data[:192] = two + one if change == "order" else one + one
    if change == "foreign":
        data[:64] = bytes(64)
    path.write_bytes(bytes(data))
    assert lost.reconcile("--from", lost.copy).code == 1
    assert lost.node.tree_size() == size


def test_a_copy_that_is_too_short_restores_nothing(case: Case) -> None:
    """The log is known to have come further than the copy: half a rescue is none."""
    short = case.folder / "short"
    shutil.copytree(case.copy, short)
    fill(case.node, case.folder, 20, 3)
    exported(case.node, case.copy)
    case.backup.restore()
    before, mark = case.contents(), case.mark.read_bytes()
    done = case.reconcile("--from", short)
    assert done.code == 1
    assert "newer copy" in done.err
    assert (case.contents(), case.mark.read_bytes()) == (before, mark)
    assert case.reconcile("--from", case.copy).code == 0


@ON_ONE_STORE
def test_another_nodes_copy_restores_nothing(lost: Case) -> None:
    """Neither of a node of another name, nor of one of the same name with another key."""
    before = lost.contents()
    for name in ("zhangzhou", lost.node.name):
        home, copy = lost.folder / f"home-{name}", lost.folder / f"copy-{name}"
        done = call("init", "--home", home, "--node", name, "--simulated-clock", "--at", FOUNDED_AT)
        assert done.code == 0, done.err
        exported(Founded(home, name), copy)
        done = lost.reconcile("--from", copy)
        assert done.code == 1, done
        assert lost.contents() == before


@ON_ONE_STORE
def test_no_folder_of_an_export_restores_nothing(lost: Case) -> None:
    """An empty folder, a public export, a folder that is not there: told in a line."""
    public, empty = lost.folder / "public", lost.folder / "empty"
    empty.mkdir()
    lost.node.call("tiles", "export", public)
    for folder in (public, empty, lost.folder / "none"):
        done = lost.reconcile("--from", folder)
        assert done.code in (1, 2), done
        assert len(done.err.splitlines()) == 1
        assert lost.node.tree_size() == lost.old


def test_a_store_that_went_on_from_its_backup_is_a_fork(case: Case) -> None:
    """Both histories are kept, nobody chooses in silence."""
    case.backup.restore()
    with case.node.opened() as node:
        note = node.store.latest_note("checkpoint", node.keeper.origin)
    assert note is not None
    checkpoint = SignedCheckpoint.parse(note.body).checkpoint
    mark = json.loads(case.mark.read_text())
    mark |= {"size": checkpoint.size, "root": checkpoint.root.hex()}
    case.mark.write_text(json.dumps(mark))
    fill(case.node, case.folder, 10, 5)
    before = case.contents()
    done = case.reconcile("--from", case.copy)
    assert done.code == 1
    assert "two histories" in done.err
    assert f"entry {case.old} " in done.err
    assert case.contents() == before
    done = case.reconcile("--against", case.copy / "checkpoint")
    assert done.code == 1


def test_a_key_that_was_rotated_since_comes_back_with_its_entries(case: Case) -> None:
    """The copy introduces the keys that sign it; the store knows them from it alone."""
    done = case.node.call("key", "rotate", "--by", "op-7")
    assert done.code == 0, done.err
    assert case.node.apply(case.folder, [collect(50)]).code == 0
    exported(case.node, case.copy)
    before = case.contents()
    case.backup.restore()
    done = case.reconcile("--from", case.copy)
    assert done.code == 0, done.err
    assert case.contents() == before
    assert case.node.call("audit").code == 0
    assert case.node.apply(case.folder, [collect(51)]).code == 0


@ON_ONE_STORE
def test_details_whose_keys_are_lost_come_back_unopened(lost: Case) -> None:
    """The rows are restored, and how many nobody could check is told."""
    with closing(sqlite3.connect(lost.node.home / "data-keys.sqlite")) as keys, keys:
        keys.execute("DELETE FROM data_keys")
    done = lost.node.call("reconcile", "--from", lost.copy)
    assert done.code == 0, done.err
    assert "could not be checked" in done.err
    assert lost.node.tree_size() == lost.size


# -- against a checkpoint from outside ----------------------------------------------------


def test_a_partners_checkpoint_makes_a_missing_mark_anew(case: Case) -> None:
    """Also an older one; the mark is then that of the newest checkpoint the store keeps."""
    older = case.folder / "older"
    shutil.copy(case.copy / "checkpoint", older)
    fill(case.node, case.folder, 20, 3)
    for outside in (older, case.copy / "checkpoint"):
        exported(case.node, case.copy)
        case.mark.unlink()
        done = case.node.call("reconcile", "--against", outside)
        assert (done.code, case.mark.exists()) == (1, False)
        assert "--vouched-by" in done.err
        done = case.node.call("reconcile", "--against", outside, "--vouched-by", "某审计员")
        assert done.code == 0, done
        assert "cannot prove" in done.out
        assert json.loads(case.mark.read_text())["size"] == case.node.tree_size()
        with case.node.opened() as node:
            *_, found = (
                facts
                for row in node.store.scan()
                if isinstance(facts := decode(row).facts, MarkMadeAnew)
            )
        digest = sha256(SignedCheckpoint.parse(outside.read_bytes()).to_bytes()).hexdigest()
        assert (found.vouched_by, found.evidence) == ("某审计员", digest)
        assert case.node.apply(case.folder, [collect(50)]).code in (0, 3)


def test_a_partners_checkpoint_shows_that_a_store_is_behind(lost: Case) -> None:
    """An auditor's copy is asked for, and what was shown is not forgotten: neither a restart nor
    an older checkpoint ends the refusal."""
    lost.mark.unlink()
    done = lost.reconcile("--against", lost.copy / "checkpoint")
    assert done.code == 1
    assert "--from" in done.err
    assert json.loads(lost.mark.read_text())["size"] == lost.size
    assert lost.reconcile().json["finding"] == "behind"
    older = lost.folder / "older"
    older.write_bytes(own_checkpoint(lost).to_bytes())
    assert lost.reconcile("--against", older, "--vouched-by", "某人").code == 1
    assert lost.node.call(*ADMIT).code == 1
    assert lost.reconcile("--from", lost.copy).code == 0


@ON_ONE_STORE
@pytest.mark.parametrize("command", ["reconcile", "audit"])
def test_a_loss_shown_to_a_home_restored_with_its_mark_is_not_forgotten(
    case: Case, command: str
) -> None:
    """Store and mark agree, a partner's checkpoint shows more: from then on nothing is written."""
    case.backup.restore()
    kept = own_checkpoint(case).checkpoint
    mark = json.loads(case.mark.read_text()) | {"size": kept.size, "root": kept.root.hex()}
    case.mark.write_text(json.dumps(mark))
    assert case.reconcile().json["finding"] == "whole"
    assert case.node.call(command, "--against", case.copy / "checkpoint").code == 1
    assert case.reconcile().json["finding"] == "behind"
    assert case.node.call(*ADMIT).code == 1
    assert case.reconcile("--from", case.copy).code == 0
    assert case.node.call(*ADMIT).code == 0


def own_checkpoint(case: Case) -> SignedCheckpoint:
    """The last one that the store holds: what anybody can take out of it."""
    with case.node.opened() as node:
        note = node.store.latest_note("checkpoint", node.keeper.origin)
    assert note is not None
    return SignedCheckpoint.parse(note.body)


@ON_ONE_STORE
@pytest.mark.parametrize("how", ["--against", "--from"])
def test_what_the_store_says_of_itself_makes_no_mark(lost: Case, how: str) -> None:
    """Its own checkpoint, its own export: exit 1, nothing changed, and the refusal goes on."""
    lost.mark.unlink()
    own = lost.folder / "own"
    exported(lost.node, own)
    before = lost.contents()
    done = lost.reconcile(how, own / "checkpoint" if how == "--against" else own)
    assert (done.code, lost.mark.exists()) == (1, False)
    assert "--vouched-by" in done.err
    assert lost.contents() == before
    assert lost.node.call(*ADMIT).code == 1


@ON_ONE_STORE
def test_a_copy_that_somebody_vouches_for_makes_a_mark_and_is_told(case: Case) -> None:
    """Without a witness: the log names who said so, and what cannot be known is printed."""
    case.mark.unlink()
    assert case.reconcile("--from", case.copy).code == 1
    done = case.node.call("reconcile", "--from", case.copy, "--vouched-by", "某审计员")
    assert done.code == 0, done.err
    assert "cannot prove" in done.out
    with case.node.opened() as node:
        topics = [row.topic for row in node.store.scan()]
    assert topics.count(MarkMadeAnew.topic()) == 1
    assert case.node.call("audit").code == 0


@ON_ONE_STORE
def test_a_longer_copy_makes_a_mark_and_says_what_it_cannot_know(lost: Case) -> None:
    """Nobody need vouch for what the store lacks; what came after the copy is not claimed."""
    lost.mark.unlink()
    done = lost.node.call("reconcile", "--from", lost.copy)
    assert done.code == 0, done.err
    assert "cannot prove" in done.out


@ON_ONE_STORE
def test_what_a_stolen_key_signed_makes_no_mark(case: Case) -> None:
    """A checkpoint under a key that is declared compromised, and one of no entries."""
    with case.node.opened() as node:
        thief = node.signing_key
    since = "2026-02-28T00:00:00Z"
    assert case.node.call("key", "rotate", "--compromised-since", since).code == 0
    case.mark.unlink()
    genuine = own_checkpoint(case).checkpoint
    empty = Checkpoint(genuine.origin, 0, EMPTY_ROOT)
    far = Checkpoint(genuine.origin, 10**9, bytes(32))
    outside = case.folder / "outside"
    for each in (genuine, empty, far):
        outside.write_bytes(SignedCheckpoint.signed(each, thief).to_bytes())
        done = case.reconcile("--against", outside, "--vouched-by", "某人")
        assert (done.code, case.mark.exists()) == (1, False), done
    with case.node.opened() as node:
        outside.write_bytes(SignedCheckpoint.signed(empty, node.signing_key).to_bytes())
    assert case.reconcile("--against", outside, "--vouched-by", "某人").code == 1
    outside.write_bytes(own_checkpoint(case).to_bytes())
    assert case.reconcile("--against", outside, "--vouched-by", "某人").code == 0


@ON_ONE_STORE
def test_a_mark_of_this_log_in_another_store_is_never_lowered(case: Case) -> None:
    """It tells how far the log had come all the same: nothing but the entries ends that."""
    mark = json.loads(case.mark.read_text())
    ahead = mark | {"store_id": "another", "size": case.size + 50, "root": "11" * 32}
    case.mark.write_text(json.dumps(ahead))
    with case.node.opened() as node:
        newest = own_checkpoint(case)
        node.keeper.ask_with(lambda: newest)
        with pytest.raises(StoreBehind):
            node.keeper.require_whole()
        node.keeper.high_water.raise_to(node.keeper.mark(newest.checkpoint), replace=True)
    assert json.loads(case.mark.read_text())["size"] == case.size + 50
    assert case.reconcile().json["finding"] == "behind"


@ON_ONE_STORE
def test_what_was_restored_is_told_also_where_the_checkpoint_is_refused(lost: Case) -> None:
    """``--from`` has done its work before ``--against`` fails."""
    outside = lost.folder / "outside"
    other = Checkpoint("log.example/other", 5, bytes(32))
    outside.write_bytes(SignedCheckpoint.signed(other, new_signing_key(bytes(32))).to_bytes())
    done = lost.node.call("reconcile", "--from", lost.copy, "--against", outside)
    assert done.code == 1
    assert f"leaves {lost.old} to {lost.size - 1} are back" in done.out
    assert "log.example/other" in done.err


@ON_ONE_STORE
def test_a_pipe_in_place_of_a_checkpoint_keeps_nobody_waiting(case: Case) -> None:
    """Nobody may ever write to it."""
    pipe = case.folder / "pipe"
    os.mkfifo(pipe)
    done = case.reconcile("--against", pipe)
    assert done.code == 2
    assert "regular file" in done.err


def test_a_checkpoint_does_not_lift_a_store_that_is_behind_its_mark(lost: Case) -> None:
    """Nothing but the lost entries does."""
    with lost.node.opened() as node:
        note = node.store.latest_note("checkpoint", node.keeper.origin)
    assert note is not None
    outside = lost.folder / "old"
    outside.write_bytes(note.body)
    done = lost.reconcile("--against", outside)
    assert done.code == 1
    assert done.json["finding"] == "behind"
    assert json.loads(lost.mark.read_text())["size"] == lost.size


@ON_ONE_STORE
def test_what_proves_nothing_makes_no_mark(case: Case) -> None:
    """A checkpoint of another log, of another key, bent, or no checkpoint at all."""
    case.mark.unlink()
    data = (case.copy / "checkpoint").read_bytes()
    genuine = SignedCheckpoint.parse(data).checkpoint
    thief = new_signing_key(bytes(32))
    forged = SignedCheckpoint.signed(genuine, thief).to_bytes()
    other = Checkpoint("log.example/other", genuine.size, genuine.root)
    foreign = SignedCheckpoint.signed(other, thief).to_bytes()
    for bent in (forged, foreign, data.replace(b"=\n\n", b"=\n"), b"", b"\x00" * 100, data[:-9]):
        path = case.folder / "outside"
        path.write_bytes(bent)
        done = case.reconcile("--against", path)
        assert done.code in (1, 2), done
        assert len(done.err.splitlines()) == 1
        assert not case.mark.exists()


@ON_ONE_STORE
def test_a_checkpoint_of_another_history_stops_the_node(case: Case) -> None:
    """This log signed it, the store holds another beginning: two histories, and it stays told."""
    case.mark.unlink()
    with case.node.opened() as node:
        other = Checkpoint(node.keeper.origin, 50, bytes(32))
        signed = SignedCheckpoint.signed(other, node.signing_key)
    outside = case.folder / "outside"
    outside.write_bytes(signed.to_bytes())
    done = case.reconcile("--against", outside)
    assert done.code == 1
    assert "two histories" in done.err
    assert case.reconcile().json["finding"] == "contradicted"
    assert case.node.call(*ADMIT).code == 1


@ON_ONE_STORE
def test_a_copy_that_the_mark_does_not_know_restores_nothing(lost: Case) -> None:
    """The mark outlived the store: a copy of another tree at its size is another history."""
    mark = json.loads(lost.mark.read_text()) | {"size": lost.size - 5, "root": "00" * 32}
    lost.mark.write_text(json.dumps(mark))
    before, kept = lost.contents(), lost.mark.read_bytes()
    done = lost.reconcile("--from", lost.copy)
    assert done.code == 1
    assert "two histories" in done.err
    assert (lost.contents(), lost.mark.read_bytes()) == (before, kept)


@ON_ONE_STORE
def test_a_mark_that_cannot_be_raised_is_told_with_what_was_written(case: Case) -> None:
    """Exit 2, and the message says that the entry is in the log: nobody enters it twice."""
    lock = case.mark.with_name(case.mark.name + ".lock")
    lock.unlink()
    lock.mkdir()
    done = case.node.call(*ADMIT[:3], "X2", *ADMIT[4:])
    assert done.code == 2
    assert "is in the log" in done.err
    lock.rmdir()
    with case.node.opened() as node:
        assert "X2" in node.registry().organisations
    assert case.reconcile().json["finding"] == "whole"


# -- a mark elsewhere ----------------------------------------------------------------------


def test_a_mark_on_another_disk_tells_of_a_restored_home(tmp_path: Path) -> None:
    """``init --high-water``: the whole home may go back in time, the mark does not."""
    home, mark = tmp_path / "home", tmp_path / "disk" / "xiamen.mark"
    founding: Words = ["init", "--home", home, "--node", "xiamen", "--high-water", mark]
    assert call(*founding).code == 2
    assert not home.exists()
    mark.parent.mkdir()
    assert call(*founding).code == 0
    node = Founded(home, "xiamen")
    old = tmp_path / "old"
    shutil.copytree(home, old)
    assert node.call(*ADMIT).code == 0
    shutil.rmtree(home)
    old.rename(home)
    done = node.call(*ADMIT)
    assert done.code == 1
    assert "reconcile" in done.err
    done = call(*founding[:2], tmp_path / "other", *founding[3:])
    assert done.code == 2, "another node's mark is never taken over"
    assert not (tmp_path / "other").exists()
