"""Key files and passphrases: modes, locks, limits, and what is never overwritten."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.signing import keyfile as k
from ledger.signing import passphrase as p
from ledger.signing.base64text import encode
from ledger.signing.keys import new_signing_key, parse_public_key
from ledger.signing.passphrase import PassphraseSource

QUICK = k.KdfLimits(opslimit=1, memlimit=8192)
WORD = b"correct horse"
SECRET = bytes(range(32))


def entropy(size: int) -> bytes:
    return bytes(size)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "node.key"


def write(file: Path, passphrase: bytes | None, purpose: k.Purpose = "node-signing") -> None:
    key = k.new_key_material(purpose, SECRET)
    k.write_key_file(file, key, passphrase, entropy=entropy, limits=QUICK)


@pytest.mark.parametrize("purpose", k.PURPOSES)
@pytest.mark.parametrize("passphrase", [None, WORD])
def test_a_key_is_read_back(file: Path, purpose: k.Purpose, passphrase: bytes | None) -> None:
    """Every kind of key survives its file, locked or not; its text is canonical."""
    write(file, passphrase, purpose)
    source = PassphraseSource.given(WORD) if passphrase else PassphraseSource.none()
    key = k.read_key_file(file, source, purpose=purpose)
    assert (key.purpose, key.secret) == (purpose, SECRET)
    if key.public is not None:
        assert key.signing_key().public == key.public
    assert set(json.loads(file.read_bytes())) == {
        *("format", "purpose", "algorithm", "public"),
        "locked" if passphrase else "secret",
    }


def test_a_locked_file_holds_no_secret(file: Path) -> None:
    """The secret does not stand in a locked file, and never in a representation."""
    write(file, WORD)
    assert encode(SECRET).encode() not in file.read_bytes()
    key = k.read_key_file(file, PassphraseSource.given(WORD))
    assert repr(SECRET)[2:-1] not in repr(key)
    assert "correct horse" not in repr(PassphraseSource.given(WORD))


def test_new_files_have_their_mode_whatever_the_umask(file: Path) -> None:
    """A key file is 0600 and a public file 0644, under any umask."""
    raw = new_signing_key(SECRET).public
    before = os.umask(0)
    try:
        write(file, None)
        os.umask(0o077)
        k.write_public_file(k.public_file(file), raw)
    finally:
        os.umask(before)
    public = file.with_name("node.key.pub")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert public.read_text().endswith("=\n")
    assert parse_public_key(public.read_text()) == raw


def test_nothing_is_overwritten(file: Path) -> None:
    """An existing file, or a link to nowhere, stays as it is."""
    file.write_text("mine")
    with pytest.raises(k.KeyFileExists):
        write(file, None)
    assert file.read_text() == "mine"
    link = file.with_name("link")
    link.symlink_to(file.with_name("nowhere"))
    with pytest.raises(k.KeyFileExists):
        write(link, None)
    assert not file.with_name("nowhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_an_open_key_without_passphrase_is_refused(file: Path, mode: int) -> None:
    """A key that others may read or write says `chmod 600`; a locked one is read."""
    write(file, None)
    file.chmod(mode)
    with pytest.raises(k.KeyFileOpenToOthers) as caught:
        k.read_key_file(file, PassphraseSource.none())
    assert f"chmod 600 {file}" in str(caught.value)
    locked = file.with_name("locked")
    write(locked, WORD)
    locked.chmod(mode)
    assert k.read_key_file(locked, PassphraseSource.given(WORD)).secret == SECRET


def test_a_wrong_passphrase_or_none_is_told(file: Path) -> None:
    """A wrong passphrase, and none at all, are two typed errors."""
    write(file, WORD)
    with pytest.raises(k.PassphraseWrong):
        k.read_key_file(file, PassphraseSource.given(b"wrong"))
    with pytest.raises(p.PassphraseMissing):
        k.read_key_file(file, PassphraseSource.none())


def test_a_key_for_something_else_is_refused(file: Path) -> None:
    """A key is used for the purpose that its file names, and for no other."""
    write(file, None, "wrap")
    with pytest.raises(k.KeyPurposeWrong):
        k.read_key_file(file, PassphraseSource.none(), purpose="index")


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("passphrase", "change", "error"),
    [
        (None, lambda d: d.update(format="x"), k.KeyFileMalformed),
        (None, lambda d: d.update(extra=1), k.KeyFileMalformed),
        (None, lambda d: d.update(algorithm="rsa"), k.KeyFileMalformed),
        (None, lambda d: d.update(purpose="wrap"), k.KeyFileMalformed),
        (None, lambda d: d.update(public=None), k.KeyFileMalformed),
        (None, lambda d: d.update(secret="AA=="), k.KeyFileMalformed),
        (None, lambda d: d.update(secret="!"), k.KeyFileMalformed),
        (None, lambda d: d.update(secret=encode(bytes(32))), k.KeyFileMalformed),
        (WORD, lambda d: d.update(purpose="organisation"), k.PassphraseWrong),
        (WORD, lambda d: d.update(extra=1), k.PassphraseWrong),
        (WORD, lambda d: d["locked"].update(kdf="md5"), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(memlimit=1 << 40), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(memlimit=1), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(opslimit=1 << 30), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(opslimit=True), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(salt="AA=="), k.KeyFileMalformed),
        (WORD, lambda d: d["locked"].update(box=""), k.PassphraseWrong),
    ],
)
def test_an_altered_file_is_refused(
    file: Path, passphrase: bytes | None, change: Change, error: type[LedgerError]
) -> None:
    """Altered members, also those outside the lock, and unbounded costs are refused."""
    write(file, passphrase)
    document = json.loads(file.read_bytes())
    change(document)
    file.write_text(json.dumps(document))
    with pytest.raises(error):
        k.read_key_file(file, PassphraseSource.given(WORD))


def test_what_is_no_key_file_is_refused(tmp_path: Path) -> None:
    """A folder, a pipe, a missing, an empty, a long or a foreign file: a typed error each."""
    pipe, empty, long, text = (tmp_path / name for name in ("pipe", "empty", "long", "text"))
    os.mkfifo(pipe, 0o600)
    empty.touch(0o600)
    long.write_bytes(b" " * (k.MAX_KEY_FILE_BYTES + 1))
    text.write_bytes(b"\x7fELF")
    for path in (tmp_path, pipe, empty, long, text):
        with pytest.raises(k.KeyFileMalformed):
            k.read_key_file(path, PassphraseSource.none())
    with pytest.raises(k.KeyFileUnreadable):
        k.read_key_file(tmp_path / "missing", PassphraseSource.none())
    with pytest.raises(k.KeyFileUnreadable):
        write(tmp_path / "no" / "folder", None)


# -- passphrases ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [(b"a b", b"a b"), (b"a\n", b"a"), (b"a\r\n", b"a"), (b"a\n\n", b"a\n"), (b" a ", b" a ")],
)
def test_a_passphrase_loses_one_line_end(tmp_path: Path, content: bytes, passphrase: bytes) -> None:
    """A file's or a descriptor's content counts, less one trailing line end."""
    path = tmp_path / "word"
    path.write_bytes(content)
    assert PassphraseSource.file(path).passphrase_for("k") == passphrase
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    try:
        source = PassphraseSource.descriptor(reader)
        assert source.passphrase_for("k") == passphrase
        assert source.passphrase_for("the next key") == passphrase
    finally:
        os.close(reader)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"x" * (p.MAX_PASSPHRASE_BYTES + 1)])
def test_an_empty_or_endless_passphrase_is_refused(tmp_path: Path, content: bytes) -> None:
    """No key is locked with nothing, and no file is read without end."""
    path = tmp_path / "word"
    path.write_bytes(content)
    with pytest.raises(p.PassphraseUnusable):
        PassphraseSource.file(path).passphrase_for("k")
    with path.open("rb") as opened, pytest.raises(p.PassphraseUnusable):
        PassphraseSource.descriptor(opened.fileno()).passphrase_for("k")


def test_an_unreadable_passphrase_is_told(tmp_path: Path) -> None:
    """A missing file and a closed descriptor are typed errors."""
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    for source in (
        PassphraseSource.file(tmp_path / "missing"),
        PassphraseSource.file(tmp_path),
        PassphraseSource.descriptor(reader),
    ):
        with pytest.raises(p.PassphraseUnreadable):
            source.passphrase_for("k")


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt without a terminal is a typed error at once; with one the answer counts."""
    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123
    with pytest.raises(p.PassphraseMissing):
        PassphraseSource.prompt().passphrase_for("k")
    import sys

    sys.stdin.close()
    monkeypatch.setattr("ledger.signing.passphrase.sys.stdin", _Terminal())
    answers = iter(["one", "two", "口令", "口令"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert p.ask_new_passphrase("k") == "口令".encode()


class _Terminal:
    def isatty(self) -> bool:
        return True
