"""Key files: one secret in one JSON file, mode 0600 or locked with a passphrase.

    {"format": "credit-ledger-key/v1", "purpose": ..., "algorithm": ..., "public": base64 | null,
     "secret": base64}

Locked, ``secret`` gives way to
``"locked": {"kdf": "argon2id13", "opslimit", "memlimit", "salt", "nonce", "box"}``, where the
box holds the whole plain document: what stands outside it cannot be exchanged unnoticed.
Beside an Ed25519 key, ``FILE.pub`` holds the base64 of the raw public key and a newline.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast, get_args

import nacl.pwhash.argon2id as argon2
from nacl.bindings import crypto_secretbox, crypto_secretbox_open
from nacl.exceptions import CryptoError

from ledger.errors import UnusableInput
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.passphrase import PassphraseSource

FORMAT: Final = "credit-ledger-key/v1"

Purpose = Literal["node-signing", "witness", "organisation", "index", "wrap"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
ALGORITHMS: Final[dict[Purpose, str]] = {
    "node-signing": "ed25519",
    "witness": "ed25519",
    "organisation": "ed25519",
    "index": "hmac-sha256",
    "wrap": "xsalsa20-poly1305",
}

SECRET_BYTES = 32
"""Of every purpose: an Ed25519 seed, an HMAC-SHA-256 key, a SecretBox key."""
NONCE_BYTES = 24

MAX_KEY_FILE_BYTES = 16_384
"""A locked key takes some 700 bytes; more is not a key file."""
MAX_OPSLIMIT = 16
"""Four times libsodium's SENSITIVE: a foreign file may cost seconds, not hours."""
MAX_MEMLIMIT = 1 << 30
"""libsodium's SENSITIVE, 1 GiB: a foreign file must not exhaust the machine."""

_OPEN_TO_OTHERS = 0o077


class KeyFileMalformed(UnusableInput):
    code = "key_file_malformed"
    en = "{path} is not a key file of this ledger: {detail}; make one with `credit-ledger key new`"
    zh_cn = "{path} 不是本账本的密钥文件：{detail}；请用 `credit-ledger key new` 生成"
    zh_tw = "{path} 不是本帳本的金鑰檔：{detail}；請用 `credit-ledger key new` 產生"


class KeyFileUnreadable(UnusableInput):
    code = "key_file_unreadable"
    en = "the key file {path} cannot be read or written: {cause}"
    zh_cn = "密钥文件 {path} 无法读取或写入：{cause}"
    zh_tw = "金鑰檔 {path} 無法讀取或寫入：{cause}"


class KeyFileExists(UnusableInput):
    code = "key_file_exists"
    en = "{path} exists already and is not overwritten; choose another name"
    zh_cn = "{path} 已存在，不会被覆盖；请另选文件名"
    zh_tw = "{path} 已存在，不會被覆蓋；請另選檔名"


class KeyFileOpenToOthers(UnusableInput):
    code = "key_file_open_to_others"
    en = (
        "the key file {path} can be read by others (mode {mode}) and has no passphrase; "
        "run `chmod 600 {path}`, and replace the key if others may have read it"
    )
    zh_cn = (
        "密钥文件 {path} 可被他人读取（权限 {mode}）且没有口令；请执行 `chmod 600 {path}`，"
        "若可能已被他人读取请更换密钥"
    )
    zh_tw = (
        "金鑰檔 {path} 可被他人讀取（權限 {mode}）且沒有通行碼；請執行 `chmod 600 {path}`，"
        "若可能已被他人讀取請更換金鑰"
    )


class PassphraseWrong(UnusableInput):
    code = "passphrase_wrong"
    en = "the passphrase does not open {path}, or the file was altered"
    zh_cn = "口令无法打开 {path}，或文件已被改动"
    zh_tw = "通行碼無法打開 {path}，或檔案已被改動"


class KeyPurposeWrong(UnusableInput):
    code = "key_purpose_wrong"
    en = "the key in {path} is for {purpose}, not for {expected}; give the right file"
    zh_cn = "{path} 中的密钥用途为 {purpose}，而非 {expected}；请提供正确的文件"
    zh_tw = "{path} 中的金鑰用途為 {purpose}，而非 {expected}；請提供正確的檔案"


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """One secret of 32 bytes and what it is for; ``public`` only for Ed25519."""

    purpose: Purpose
    secret: bytes = field(repr=False)
    public: bytes | None = None

    @property
    def algorithm(self) -> str:
        return ALGORITHMS[self.purpose]

    def signing_key(self) -> SigningKey:
        """The Ed25519 key; a programming error for a key that cannot sign."""
        assert self.public is not None, "an index or wrap key does not sign"
        return new_signing_key(self.secret)


@dataclass(frozen=True, slots=True)
class KdfLimits:
    """argon2id's cost: passes, and memory in bytes."""

    opslimit: int = argon2.OPSLIMIT_MODERATE
    memlimit: int = argon2.MEMLIMIT_MODERATE


def new_key_material(purpose: Purpose, secret: bytes) -> KeyMaterial:
    """A key of 32 secret bytes drawn by the caller. ``WrongLength`` for any other size."""
    if len(secret) != SECRET_BYTES:
        raise base64text.WrongLength(what="secret", size=len(secret), expected=SECRET_BYTES)
    signs = ALGORITHMS[purpose] == "ed25519"
    return KeyMaterial(purpose, secret, new_signing_key(secret).public if signs else None)


def write_key_file(
    path: Path,
    key: KeyMaterial,
    passphrase: bytes | None,
    *,
    entropy: Callable[[int], bytes],
    limits: KdfLimits | None = None,
) -> None:
    """Write ``key`` to a new file of mode 0600, on disk before this returns.

    With a passphrase the secret is locked, by argon2id MODERATE unless ``limits`` say
    otherwise. Never overwrites (``KeyFileExists``); leaves nothing behind when it fails
    (``KeyFileUnreadable``).
    """
    document = _plain(key)
    if passphrase is not None:
        document = _locked(document, passphrase, entropy, limits or KdfLimits())
    _write_new(path, canonical(document) + b"\n", 0o600)


def write_public_file(path: Path, public: bytes) -> None:
    """Write the base64 of a raw public key and a newline to a new file; errors as above."""
    _write_new(path, base64text.encode(public).encode("ascii") + b"\n", 0o644)


def is_locked(path: Path) -> bool:
    """Whether the key in ``path`` is under a passphrase; errors as ``read_key_file``."""
    data, _ = _read(path)
    return "locked" in _object(path, data)


def public_file(path: Path) -> Path:
    """Where the public half of the key file ``path`` stands: beside it, with ``.pub``."""
    return path.with_name(path.name + ".pub")


def read_key_file(
    path: Path, passphrase: PassphraseSource, *, purpose: Purpose | None = None
) -> KeyMaterial:
    """The key in ``path``, which must be for ``purpose`` if that is given.

    Raises ``KeyFileUnreadable``, ``KeyFileMalformed``, ``KeyFileOpenToOthers`` (without a
    passphrase only the owner may read it), ``PassphraseWrong``, ``KeyPurposeWrong``, or an
    error of the passphrase's source, which is asked only for a locked key.
    """
    data, mode = _read(path)
    document = _object(path, data)
    if "locked" not in document and mode & _OPEN_TO_OTHERS:
        raise KeyFileOpenToOthers(path=path, mode=f"{mode:04o}")
    try:
        plain = _unlocked(path, document, passphrase) if "locked" in document else document
        key = _parse_plain(path, plain)
    except (base64text.NotBase64, base64text.WrongLength) as error:
        raise KeyFileMalformed(path=path, detail=error.message()) from None
    if purpose is not None and key.purpose != purpose:
        raise KeyPurposeWrong(path=path, purpose=key.purpose, expected=purpose)
    return key


# -- the document ---------------------------------------------------------------


def _plain(key: KeyMaterial) -> dict[str, object]:
    return {
        "format": FORMAT,
        "purpose": key.purpose,
        "algorithm": key.algorithm,
        "public": None if key.public is None else base64text.encode(key.public),
        "secret": base64text.encode(key.secret),
    }


def _locked(
    document: dict[str, object],
    passphrase: bytes,
    entropy: Callable[[int], bytes],
    limits: KdfLimits,
) -> dict[str, object]:
    salt, nonce = entropy(argon2.SALTBYTES), entropy(NONCE_BYTES)
    lock = _derive(passphrase, salt, limits)
    head = {name: value for name, value in document.items() if name != "secret"}
    return head | {
        "locked": {
            "kdf": "argon2id13",
            "opslimit": limits.opslimit,
            "memlimit": limits.memlimit,
            "salt": base64text.encode(salt),
            "nonce": base64text.encode(nonce),
            "box": base64text.encode(crypto_secretbox(canonical(document), nonce, lock)),
        }
    }


def _unlocked(
    path: Path, document: dict[str, object], source: PassphraseSource
) -> dict[str, object]:
    """The plain document inside the box, which must agree with what stands outside."""
    lock = document["locked"]
    members = {"kdf", "opslimit", "memlimit", "salt", "nonce", "box"}
    if not isinstance(lock, dict) or lock.keys() != members or lock["kdf"] != "argon2id13":
        raise KeyFileMalformed(path=path, detail="unknown kind of lock")
    limits = KdfLimits(
        _within(path, lock["opslimit"], argon2.OPSLIMIT_MIN, MAX_OPSLIMIT),
        _within(path, lock["memlimit"], argon2.MEMLIMIT_MIN, MAX_MEMLIMIT),
    )
    salt = base64text.decode(lock["salt"], what="salt", size=argon2.SALTBYTES)
    nonce = base64text.decode(lock["nonce"], what="nonce", size=NONCE_BYTES)
    box = base64text.decode(lock["box"], what="box")
    key = _derive(source.passphrase_for(str(path)), salt, limits)
    try:
        plain = _object(path, crypto_secretbox_open(box, nonce, key))
    except CryptoError:
        raise PassphraseWrong(path=path) from None
    outside = {name: value for name, value in document.items() if name != "locked"}
    if {name: value for name, value in plain.items() if name != "secret"} != outside:
        raise PassphraseWrong(path=path)
    return plain


def _derive(passphrase: bytes, salt: bytes, limits: KdfLimits) -> bytes:
    return argon2.kdf(
        SECRET_BYTES, passphrase, salt, opslimit=limits.opslimit, memlimit=limits.memlimit
    )


def _within(path: Path, value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise KeyFileMalformed(path=path, detail=f"a limit is not within {least} to {most}")
    return value


def _object(path: Path, data: bytes) -> dict[str, object]:
    try:
        value = parse_strict(data, max_bytes=MAX_KEY_FILE_BYTES)
    except UnusableInput as error:
        # The position alone: the text may hold a secret.
        raise KeyFileMalformed(path=path, detail=error.code) from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise KeyFileMalformed(path=path, detail=f'"format" is not "{FORMAT}"')
    return cast("dict[str, object]", value)


def _parse_plain(path: Path, document: dict[str, object]) -> KeyMaterial:
    if document.keys() != {"format", "purpose", "algorithm", "public", "secret"}:
        raise KeyFileMalformed(path=path, detail="its members are not those of a key")
    purpose = next((known for known in PURPOSES if known == document["purpose"]), None)
    if purpose is None or document["algorithm"] != ALGORITHMS[purpose]:
        raise KeyFileMalformed(path=path, detail="unknown purpose or algorithm")
    secret = base64text.decode(document["secret"], what="secret", size=SECRET_BYTES)
    key = new_key_material(purpose, secret)
    if _plain(key)["public"] != document["public"]:
        raise KeyFileMalformed(path=path, detail="its public key is not that of its secret")
    return key


# -- the file -------------------------------------------------------------------


def _read(path: Path) -> tuple[bytes, int]:
    """Content and mode of one open file, so that both are of the same file."""
    try:
        # Non-blocking, so that a pipe of that name cannot hold us.
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileMalformed(path=path, detail="not a regular file")
            return os.read(number, MAX_KEY_FILE_BYTES + 1), stat.S_IMODE(status.st_mode)
        finally:
            os.close(number)
    except OSError as error:
        raise KeyFileUnreadable(path=path, cause=error.strerror) from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    created = False
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        created = True
        with os.fdopen(number, "wb") as file:
            os.fchmod(number, mode)  # whatever the umask left of it
            file.write(data)
            file.flush()
            os.fsync(number)
        sync_folder(path.parent)
    except FileExistsError:
        raise KeyFileExists(path=path) from None
    except OSError as error:
        if created:
            path.unlink(missing_ok=True)
        raise KeyFileUnreadable(path=path, cause=error.strerror) from error


def sync_folder(folder: Path) -> None:
    """The name of a new file is on disk only when its folder is."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
