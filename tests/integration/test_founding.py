"""``init``, ``key new``, ``organisation admit``, and where passphrases come from."""

from __future__ import annotations

import base64
import os
import shutil
import stat
from datetime import date
from pathlib import Path

import pytest

from ledger.events.base import Role
from tests.integration.conftest import found
from tests.integration.driving import Founded, acts, call, process
from tests.integration.material import FIRM, FOUNDED_AT, OTHER_SUPPLIER, SUPPLIER

PASSPHRASE = "correct horse 电池 staple"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _secret_file(folder: Path, text: str = PASSPHRASE) -> Path:
    path = folder / "passphrase"
    path.write_text(text + "\n", encoding="utf-8")
    return path


# -- a home and its log ------------------------------------------------------------


def _other_home(folder: Path) -> Path:
    home = folder / "other"
    assert call("init", "--home", home, "--node", "zhangzhou").code == 0
    return home


@pytest.mark.parametrize("name", ["node", "index"])
def test_a_foreign_key_in_the_home_writes_nothing(real: Founded, tmp_path: Path, name: str) -> None:
    """Entries signed with it could never be verified, people under it never be found again."""
    size = real.size()
    own = (real.home / "keys" / f"{name}.key").read_bytes()
    foreign = _other_home(tmp_path) / "keys" / f"{name}.key"
    shutil.copy(foreign, real.home / "keys" / f"{name}.key")
    done = real.call("organisation", "admit", "--id", "X1", "--name", "示例", "--role", "supplier")
    assert (done.code, done.out) == (2, "")
    assert f"{name}.key" in done.err
    (real.home / "keys" / f"{name}.key").write_bytes(own)
    assert real.size() == size
    assert real.call("audit").code == 0


def test_the_clock_is_the_one_that_the_log_was_founded_with(real: Founded) -> None:
    """A changed ``node.json`` makes no real clock simulated: no instant is dictated to it."""
    size = real.size()
    file = real.home / "node.json"
    file.write_text(file.read_text().replace('"clock":"real"', '"clock":"simulated"'))
    done = real.call(
        "organisation", "admit", "--id", "X1", "--name", "示例", "--role", "supplier",
        "--at", "2096-01-01T00:00:00Z",
    )  # fmt: skip
    assert (done.code, done.out) == (2, "")
    assert real.size() == size


# -- init ------------------------------------------------------------------------


def test_init_never_asks_and_leaves_everything_to_its_owner(tmp_path: Path) -> None:
    """Without a passphrase file no terminal is needed, folders are 0700 and files 0600."""
    home = tmp_path / "home"
    old = os.umask(0)
    try:
        done = process("init", "--home", home, "--node", "xiamen", "--region", "350200")
    finally:
        os.umask(old)
    assert (done.code, done.err) == (0, "")
    for path in home.rglob("*"):
        public = path.name.endswith(".pub")
        assert public or _mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert _mode(home) == 0o700
    assert {path.name for path in (home / "keys").iterdir()} == {
        "wrap.key", "node.key", "index.key", "node.key.pub", "witness.key", "witness.key.pub",
    }  # fmt: skip


def test_the_first_entries_found_the_node_and_say_which_clock_it_has(
    request: pytest.FixtureRequest, tmp_path: Path, store: str
) -> None:
    """Founding, keys and default rule pack are the first four entries; the clock stands there."""
    node = found(request, tmp_path, store, "--simulated-clock", "--at", FOUNDED_AT)
    with node.opened() as opened:
        stored = acts(opened.store)
        registry = opened.registry()
    assert [each.topic for each in stored] == [
        "NodeFounded:1",
        "KeyIntroduced:1",
        "RulePackAdopted:1",
        "KeyIntroduced:1",
    ]
    assert b'"clock":"simulated"' in stored[0].state
    assert b'"in_force_from":"2004-01-01"' in stored[2].state
    assert {each.recorded_at.isoformat() for each in stored} == {"2026-03-01T02:00:00+00:00"}
    assert (registry.name, registry.region) == (node.name, "350200")
    assert node.call("audit", "--json").json == {"ok": True, "entries": 5, "faults": []}


def test_a_node_is_founded_only_in_a_new_or_empty_folder(tmp_path: Path) -> None:
    """A folder that holds anything is refused with 2 and stays as it was."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "note.txt").write_text("mine")
    done = call("init", "--home", home, "--node", "xiamen")
    assert done.code == 2
    assert "not empty" in done.err
    assert [path.name for path in home.iterdir()] == ["note.txt"]
    assert call("init", "--home", home / "note.txt", "--node", "xiamen").code == 2


def test_a_store_that_holds_a_log_is_refused_before_the_folder_is_touched(
    request: pytest.FixtureRequest, tmp_path: Path, store: str
) -> None:
    """A second node never writes into another's log, and leaves no half home behind."""
    node = found(request, tmp_path, store)
    with node.opened() as opened:
        address = opened.store.url
        before = len(acts(opened.store))
    if store == "postgres":
        address = request.getfixturevalue("postgres_url")
    second = tmp_path / "second"
    done = call("init", "--home", second, "--node", node.name, "--store", address)
    assert done.code == 2
    assert "holds a log already" in done.err
    assert not second.exists()
    assert node.size() == before


@pytest.mark.parametrize(
    "options",
    [
        ("--node", "厦门"),
        ("--node", ""),
        ("--node", "xiamen", "--region", "\x1b[2J"),
        ("--node", "xiamen", "--at", FOUNDED_AT),
        ("--node", "xiamen", "--simulated-clock", "--at", "2026-03-01"),
        ("--node", "xiamen", "--simulated-clock", "--at", "0001-01-01T00:00:00+10:00"),
        ("--node", "xiamen", "--simulated-clock", "--at", "9999-12-31T23:59:59Z"),
        ("--node", "xiamen", "--store", "mysql://example"),
        ("--node", "xiamen", "--store", "sqlite://relative/path.sqlite"),
        ("--node", "xiamen", "--passphrase-file", "no-such-file"),
        ("--node", "xiamen", "--store", "postgresql://nobody:geheim@[::1/none"),
        ("--node", "xiamen", "--store", "postgresql://nobody:geheim@host/none?geheim=1"),
        ("--node", "xiamen", "--store", "postgresql://nobody:ge%zzheim@host/none"),
        (),
    ],
)
def test_what_init_cannot_use_is_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Exit 2, one message, no folder, and no password of an address in it."""
    home = tmp_path / "home"
    done = call("init", "--home", home, *options)
    assert done.code == 2, done.err
    assert done.out == ""
    assert done.err.strip()
    assert "geheim" not in done.err.replace("ge%zzheim", "geheim")
    assert not home.exists()


@pytest.mark.parametrize("name", ["xiamen", "Xiamen-2", "node.example_3"])
def test_every_node_name_of_the_scheme_founds_a_node(tmp_path: Path, name: str) -> None:
    """What the ``node`` scheme calls a name, ``init`` takes, and the log keeps it."""
    assert call("init", "--home", tmp_path / "h", "--node", name).code == 0
    node = Founded(tmp_path / "h", name)
    assert node.call("audit").code == 0
    with node.opened() as opened:
        assert opened.registry().name == name


def test_a_copied_home_keeps_to_its_own_log(tmp_path: Path) -> None:
    """A copy of a home with the default store never writes into the log it came from."""
    name = "home #1 50% ?"
    assert call("init", "--home", tmp_path / name, "--node", "xiamen").code == 0
    node = Founded(tmp_path / name, "xiamen")
    shutil.copytree(tmp_path / name, tmp_path / "copy")
    copy = Founded(tmp_path / "copy", "xiamen")
    done = copy.call(
        "organisation", "admit", "--id", SUPPLIER, "--name", "示例", "--role", "supplier"
    )
    assert done.code == 0, done.err
    assert (node.size(), copy.size()) == (4, 6)


# -- keys and passphrases -----------------------------------------------------------


def test_a_new_key_is_private_and_its_public_half_beside_it(tmp_path: Path) -> None:
    """Mode 0600; ``FILE.pub`` is base64 of 32 bytes; an existing key is never overwritten."""
    path = tmp_path / "body.key"
    done = call("key", "new", "-o", path)
    assert done.code == 0
    assert _mode(path) == 0o600
    public = path.with_name("body.key.pub")
    assert len(base64.b64decode(public.read_text("ascii").strip(), validate=True)) == 32
    before = path.read_bytes()
    assert call("key", "new", "-o", path).code == 2
    assert path.read_bytes() == before
    assert call("key", "new", "-o", tmp_path / "none" / "x.key").code == 2


def test_a_locked_key_holds_no_open_secret(tmp_path: Path) -> None:
    """With a passphrase the file tells argon2id and no 32-byte secret; without it cannot sign."""
    secret = _secret_file(tmp_path)
    path = tmp_path / "body.key"
    assert call("key", "new", "-o", path, "--passphrase-file", secret).code == 0
    assert b"argon2id" in path.read_bytes()
    assert PASSPHRASE.encode() not in path.read_bytes()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A node whose keys are under a passphrase."""
    folder = tmp_path_factory.mktemp("locked")
    home = folder / "home"
    secret = _secret_file(folder)
    done = call("init", "--home", home, "--node", "xiamen", "--passphrase-file", secret)
    assert done.code == 0, done.err
    return Founded(home, "xiamen")


def test_a_passphrase_comes_from_a_file_a_descriptor_or_the_environment(locked: Founded) -> None:
    """Services start without a terminal, in each of three ways; the option stands before
    the environment."""
    good = locked.home.parent / "passphrase"
    variable = "CREDIT_LEDGER_PASSPHRASE_FILE"
    assert locked.process("audit", "--passphrase-file", good).code == 0
    assert locked.process("audit", env={variable: str(good)}).code == 0
    for more in ({}, {variable: "/none/such"}):
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE.encode())
        os.close(writer)
        done = locked.process(
            "audit", "--passphrase-fd", str(reader), descriptors=[reader], env=more
        )
        os.close(reader)
        assert done.code == 0, done.err
    assert locked.call("audit", "--passphrase-file", good, "--passphrase-fd", "0").code == 2


@pytest.mark.parametrize("content", ["wrong", "", PASSPHRASE + " ", "x" * 2_000])
def test_a_wrong_passphrase_is_told_and_never_shown(
    locked: Founded, tmp_path: Path, content: str
) -> None:
    """Exit 2, nothing on standard output, and the text given is not repeated."""
    done = locked.call("audit", "--passphrase-file", _secret_file(tmp_path, content))
    assert (done.code, done.out) == (2, "")
    assert done.err.strip()
    assert not content or content not in done.err


def test_without_a_terminal_a_locked_node_says_what_it_needs(locked: Founded) -> None:
    """No prompt, no waiting: exit 2 and the option's name."""
    done = locked.process("audit")
    assert done.code == 2
    assert "--passphrase-file" in done.err
    assert locked.process("audit", "--passphrase-fd", "77").code == 2


# -- organisations --------------------------------------------------------------------


def _admit(node: Founded, code: str = SUPPLIER, *more: str | Path) -> int:
    return node.call("organisation", "admit", "--id", code, "--name", "示例局", *more).code


def test_admitting_again_adds_only_what_is_new(real: Founded) -> None:
    """Roles and keys held already are not written twice; nothing new at all is refused."""
    before = real.types()
    assert _admit(real, SUPPLIER, "--role", "supplier", "--role", "reviewer") == 0
    assert real.types()[len(before) :] == ["RoleGranted"]
    assert _admit(real, SUPPLIER, "--role", "reviewer") == 3
    assert real.size() == len(before) + 1


def test_a_key_is_bound_once_and_to_one_body(real: Founded, tmp_path: Path) -> None:
    """``--key`` takes the public half; a second body cannot claim it."""
    assert call("key", "new", "-o", tmp_path / "k").code == 0
    key = ("--key", tmp_path / "k.pub")
    before = real.size()
    assert _admit(real, SUPPLIER, "--role", "supplier", *key) == 0
    assert real.types()[before:] == ["KeyBound"]
    assert _admit(real, SUPPLIER, "--role", "supplier", *key) == 3
    assert _admit(real, OTHER_SUPPLIER, "--role", "supplier", *key) == 3
    for text in ("", "x", "A" * 43 + "=", "é"):
        (tmp_path / "bad.pub").write_text(text)
        assert _admit(real, SUPPLIER, "--role", "supplier", "--key", tmp_path / "bad.pub") == 2
    assert _admit(real, SUPPLIER, "--role", "supplier", "--key", tmp_path / "none.pub") == 2
    assert real.size() == before + 1


@pytest.mark.parametrize(
    "options",
    [
        (
            "--id",
            FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1"),
            "--name",
            "x",
            "--role",
            "supplier",
        ),
        ("--id", "a b", "--name", "x", "--role", "supplier"),
        ("--id", SUPPLIER, "--name", "", "--role", "supplier"),
        ("--id", SUPPLIER, "--name", "x", "--role", "mayor"),
        ("--id", SUPPLIER, "--name", "x"),
        ("--id", SUPPLIER, "--name", "x", "--role", "supplier", "--from", "2026-2-3"),
        ("--id", SUPPLIER, "--name", "x", "--role", "inspector", "--at", FOUNDED_AT),
        ("--id", SUPPLIER, "--name", "x", "--role", "inspector", "--operator", "a b"),
    ],
)
def test_what_admit_cannot_use_is_usage(real: Founded, options: tuple[str, ...]) -> None:
    """A wrong check character, role, date, staff id or an instant on a real clock: exit 2."""
    before = real.size()
    done = real.call("organisation", "admit", *options)
    assert done.code == 2, done.err
    assert real.size() == before


def test_a_role_counts_from_the_day_given(simulated: Founded) -> None:
    """``--from`` dates the role; without it, the legal day of recording does."""
    body = "SHILI-JU-9"
    assert _admit(simulated, body, "--role", "supplier", "--at", "2026-03-05T23:00:00Z") == 0
    with simulated.opened() as opened:
        registry = opened.registry()
    supplier: frozenset[Role] = frozenset({"supplier"})
    assert registry.has_role(SUPPLIER, supplier, date(2020, 1, 1))
    assert not registry.has_role(SUPPLIER, supplier, date(2019, 12, 31))
    assert registry.has_role(body, supplier, date(2026, 3, 6))
    assert not registry.has_role(body, supplier, date(2026, 3, 5))


def test_a_folder_that_is_no_home_is_usage(tmp_path: Path) -> None:
    """Every command that needs a node says so, with exit 2, and makes nothing."""
    for words in (("audit",), ("history", FIRM), ("rules", "show")):
        done = call(*words, "--home", tmp_path / "none")
        assert done.code == 2
        assert "init" in done.err
    assert not (tmp_path / "none").exists()
