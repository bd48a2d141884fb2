"""Input that cannot be used at all: one clear line, exit 2, nothing written, bounded memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import _sample
from scripts._workbook import package_members, write_package
from tests.integration.driving import Founded, call, process
from tests.integration.material import FOUNDED_AT, SUPPLIER, admit_all, penalties, write

MEMORY = 512 * 1024 * 1024
"""Address space: the interpreter with its libraries takes some 250 MiB of it."""

LONG_LINE = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    home = tmp_path_factory.mktemp("unusable") / "home"
    done = call("init", "--home", home, "--node", "xiamen", "--simulated-clock", "--at", FOUNDED_AT)
    assert done.code == 0, done.err
    founded = Founded(home, "xiamen")
    admit_all(founded)
    return founded


def _directory(path: Path) -> None:
    path.mkdir()


def _missing(path: Path) -> None:
    pass


def _empty(path: Path) -> None:
    path.touch()


def _long_line(path: Path) -> None:
    write(path, penalties(3))
    with path.open("ab") as file:
        for _ in range(LONG_LINE // 65_536):
            file.write(b"x" * 65_536)


def _long_header(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(LONG_LINE // 65_536):
            file.write(b"x" * 65_536)


def _zip_bomb(path: Path) -> None:
    members = package_members("")
    members.pop("xl/worksheets/sheet1.xml", None)
    write_package(path, members)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package,
        package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(1_024):
            member.write(b" " * (1024 * 1024))


def _utf16(path: Path) -> None:
    _sample.write_csv(path, penalties(3), "utf-16")


def _utf16_without_mark(path: Path) -> None:
    _sample.write_csv(path, penalties(3), "utf-16-le")


def _latin(path: Path) -> None:
    path.write_bytes("Règle,Décision\r\né,è\r\n".encode("latin-1") * 3)


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 4_096)


def _old_workbook(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4_096)


def _broken_workbook(path: Path) -> None:
    _sample.write_xlsx(path, penalties(3))
    path.write_bytes(path.read_bytes()[:-100])


def _another_table(path: Path) -> None:
    path.write_text("name,age\r\nx,7\r\n", encoding="utf-8")


def _header_alone_twice(path: Path) -> None:
    header = ",".join(_sample.header(penalties(1)))
    path.write_text(header + "," + header + "\r\n", encoding="utf-8")


Spoiled = Callable[[Path], None]
FILES: tuple[Spoiled, ...] = (
    _directory, _missing, _empty, _long_line, _long_header, _zip_bomb, _utf16,
    _utf16_without_mark, _latin, _binary, _old_workbook, _broken_workbook, _another_table,
    _header_alone_twice,
)  # fmt: skip


@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_an_unusable_file_is_told_in_one_line_and_changes_nothing(
    node: Founded, tmp_path: Path, spoil: Spoiled
) -> None:
    """As a program under a memory limit: exit 2, one line on standard error naming the file,
    nothing on standard output, no entry and no rejects file."""
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "file.xlsx"
    spoil(path)
    before, kept = node.size(), sorted(folder.rglob("*"))
    done = node.process(
        "import", path, "--supplier", SUPPLIER, "--operator", "op-7", "--json", memory=MEMORY
    )
    assert (done.code, done.out) == (2, ""), done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert str(path) in done.err
    assert len(done.err) < 1_000
    assert node.size() == before
    assert sorted(folder.rglob("*")) == kept


def test_the_limit_itself_is_above_an_ordinary_import(node: Founded, tmp_path: Path) -> None:
    """The same program imports an ordinary file within it."""
    path = tmp_path / "file.xlsx"
    _sample.write_xlsx(path, penalties(300, 7))
    done = node.process(
        "import", path, "--supplier", SUPPLIER, "--operator", "op-7", "--json", memory=MEMORY
    )
    assert done.code == 0, done.err


def test_long_lines_of_commands_are_refused_in_bounded_memory(
    node: Founded, tmp_path: Path
) -> None:
    """A line of 64 MiB in a commands file is a refused line; what follows is still read."""
    path = tmp_path / "commands.jsonl"
    with path.open("wb") as file:
        file.write(b'{"x":"')
        for _ in range(LONG_LINE // 65_536):
            file.write(b"x" * 65_536)
        file.write(b'"}\n{"command":"nothing"}\n')
    done = node.process("apply", path, "--keep-going", "--json", memory=MEMORY)
    assert done.code == 3, done.err
    assert [each["line"] for each in done.json["refused"]] == [1, 2]


def test_signing_an_unusable_file_makes_no_manifest(node: Founded, tmp_path: Path) -> None:
    """``submission sign`` tells it as ``import`` does."""
    assert call("key", "new", "-o", tmp_path / "k").code == 0
    _long_header(tmp_path / "file.csv")
    done = process(
        "submission", "sign", tmp_path / "file.csv", "--supplier", SUPPLIER,
        "--key", tmp_path / "k", "-o", tmp_path / "m", memory=MEMORY,
    )  # fmt: skip
    assert (done.code, done.out) == (2, ""), done.err
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "spoil", [_directory, _missing, _empty, _long_header, _binary], ids=lambda s: s.__name__
)
def test_other_files_that_a_command_reads_are_bounded_too(
    node: Founded, tmp_path: Path, spoil: Spoiled
) -> None:
    """Manifests, keys, rule packs, labels: exit 2 (a check of a pack: 1), one line."""
    path = tmp_path / "thing"
    spoil(path)
    good = write(tmp_path / "in.csv", penalties(3))
    size = node.size()
    for words in (
        ("import", good, "--supplier", SUPPLIER, "--operator", "op", "--submission", path),
        ("organisation", "admit", "--id", SUPPLIER, "--name", "x", "--role", "supplier",
         "--key", path),
        ("rules", "adopt", path),
        ("audit", "--passphrase-file", path),
    ):  # fmt: skip
        done = node.call(*words)
        if words[0] != "audit":  # whose keys are not locked: it never looks
            assert (done.code, done.out) == (2, ""), (words, done.err)
            assert done.err.strip()
    assert call("rules", "check", path).code in (1, 2)
    assert call("submission", "sign", good, "--supplier", SUPPLIER, "--key", path,
                "-o", tmp_path / "m").code == 2  # fmt: skip
    assert node.size() == size
