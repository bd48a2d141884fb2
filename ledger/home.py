"""The folder of a node: where its settings, keys, data keys and store lie.

    node.json           what the node is called, its clock, where its store is
    keys/wrap.key       wraps the data keys; under the passphrase where there is one
    keys/node.key       signs the entries
    keys/witness.key    signs the checkpoints of other logs that this node watches
    keys/index.key      makes the ids of natural persons
    data-keys.sqlite    keys of sealed fields, apart, so that backups can treat them apart
    ledger.sqlite       the log, unless ``--store`` names another place
    high-water.json     how far the log had come, unless ``--high-water`` names another place
    witness-policy.txt  which witnesses this node asks, and how many suffice
    watched.json        the logs that this node witnesses
    logs/trace.log      traces of internal errors

With a passphrase, ``wrap.key`` is locked by argon2id; the others are locked under
secrets derived from it, so that one derivation opens a node. A key that is to follow
another lies beside it, as ``node.key.next``, until the log has introduced it
(``ledger.next_key``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import nacl.pwhash.argon2id as argon2
from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.errors import LedgerError, UnusableInput
from ledger.events.base import OrganisationCode, Text
from ledger.events.governance import PublicKey
from ledger.signing import base64text
from ledger.signing.canonical import canonical, parse_strict
from ledger.signing.keyfile import (
    KdfLimits,
    KeyFileUnreadable,
    KeyMaterial,
    Purpose,
    is_locked,
    new_key_material,
    public_file,
    read_key_file,
    write_key_file,
    write_public_file,
)
from ledger.signing.passphrase import PassphraseSource

SETTINGS: Final = "node.json"
STORE_FILE: Final = "ledger.sqlite"
"""In ``node.json`` this name alone means the file in the home, wherever the home lies: a
copied or moved home never reaches back to the log that it was copied from."""
FORMAT: Final = "credit-ledger-home/v1"
MAX_SETTINGS_BYTES: Final = 65_536
"""A few hundred bytes are expected."""

DERIVED_LIMITS: Final = KdfLimits(argon2.OPSLIMIT_MIN, argon2.MEMLIMIT_MIN)
"""The derived secret has 256 bits of its own: stretching it would protect nothing."""


KeyRole = Literal["node", "witness"]
"""Keys of a home that rotate."""

PURPOSE_OF: Final[Mapping[KeyRole, Purpose]] = {"node": "node-signing", "witness": "witness"}


class NoNodeHere(UnusableInput):
    code = "no_node_here"
    en = "{home} is not the home of a node: {reason}; found one with `credit-ledger init`"
    zh_cn = "{home} 不是节点目录：{reason}；请用 `credit-ledger init` 建立节点"
    zh_tw = "{home} 不是節點目錄：{reason}；請用 `credit-ledger init` 建立節點"


class HomeNotEmpty(UnusableInput):
    code = "home_not_empty"
    en = "{home} is not empty; a node is founded in a new or empty folder"
    zh_cn = "{home} 不是空目录；请在新目录或空目录中建立节点"
    zh_tw = "{home} 不是空目錄；請在新目錄或空目錄中建立節點"


class HomeUnusable(UnusableInput):
    code = "home_unusable"
    en = "{home} cannot be used: {reason}; check the path and its permissions"
    zh_cn = "{home} 无法使用：{reason}；请检查路径和权限"
    zh_tw = "{home} 無法使用：{reason}；請檢查路徑和權限"


class HomeContradictsLog(UnusableInput):
    code = "home_contradicts_log"
    en = "{file} of {home} is not what its log was founded with; restore the right one"
    zh_cn = "{home} 中的 {file} 与建立日志时使用的不一致；请恢复正确的文件"
    zh_tw = "{home} 中的 {file} 與建立日誌時使用的不一致；請還原正確的檔案"


class Settings(BaseModel):
    """What ``node.json`` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["credit-ledger-home/v1"] = "credit-ledger-home/v1"
    node: OrganisationCode
    store: Text
    clock: Literal["real", "simulated"]
    store_id: Text
    origin: Text | None = None
    """The log's name in its checkpoints, as it was founded; None: that of ``origin_of``."""
    high_water: Text | None = None
    """Where the high-water mark lies, if not in the home."""
    index_check: Text | None = None
    """Tells a foreign index key: under another one every person would be opened anew."""
    founder: PublicKey | None = None
    """The public key that founded the log, whatever signs it today; None in homes of
    before keys could rotate: then it is ``node.key``."""


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The secrets of a node."""

    wrap: KeyMaterial
    node: KeyMaterial
    """What signs entries; where ``node.key`` is lost, the one that is to follow it."""
    index: KeyMaterial
    witness: KeyMaterial | None = None
    """None in a home that was founded before nodes were witnesses."""
    following: Mapping[KeyRole, KeyMaterial] = field(default_factory=dict)
    """Keys that lie beside, made to follow the one in use."""


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @property
    def settings_file(self) -> Path:
        return self.path / SETTINGS

    @property
    def data_keys_file(self) -> Path:
        return self.path / "data-keys.sqlite"

    def store_url(self, settings: Settings) -> str:
        if settings.store == STORE_FILE:
            return f"sqlite://{quote(str((self.path / STORE_FILE).resolve()))}"
        return settings.store

    def high_water_file(self, settings: Settings) -> Path:
        """Outside the store; on another disk than the home it also tells of a restored home."""
        return Path(settings.high_water or self.path / "high-water.json")

    @property
    def policy_file(self) -> Path:
        return self.path / "witness-policy.txt"

    @property
    def watched_file(self) -> Path:
        return self.path / "watched.json"

    @property
    def trace_file(self) -> Path:
        return self.path / "logs" / "trace.log"

    def key_file(self, name: str) -> Path:
        return self.path / "keys" / f"{name}.key"

    def next_file(self, role: KeyRole) -> Path:
        """The key that is to follow; beside the one in use, under the same kind of lock."""
        return self.path / "keys" / f"{role}.key.next"

    def require_empty(self) -> None:
        """Raises ``HomeNotEmpty`` or ``HomeUnusable``."""
        try:
            if self.path.exists() and any(self.path.iterdir()):
                raise HomeNotEmpty(home=self.path)
        except OSError as error:
            raise HomeUnusable(home=self.path, reason=error.strerror) from error

    def lay(self) -> None:
        """Make the folders of a new node, readable by the owner only.

        Raises ``HomeNotEmpty`` or ``HomeUnusable``.
        """
        self.require_empty()
        try:
            for folder in (self.path, self.path / "keys", self.path / "logs"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HomeUnusable(home=self.path, reason=error.strerror) from error

    def write_settings(self, settings: Settings) -> None:
        """Last of all when a node is founded: without it the folder is no home."""
        temporary = self.settings_file.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:  # an address may hold a password
            file.write(canonical(settings.model_dump(mode="json")) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.settings_file)

    def read_settings(self) -> Settings:
        """Raises ``NoNodeHere``."""
        try:
            with self.settings_file.open("rb") as file:
                data = file.read(MAX_SETTINGS_BYTES + 1)
            return Settings.model_validate(parse_strict(data, max_bytes=MAX_SETTINGS_BYTES))
        except OSError as error:
            raise NoNodeHere(home=self.path, reason=error.strerror) from error
        except (UnusableInput, ValidationError) as error:
            raise NoNodeHere(home=self.path, reason=f"{SETTINGS} is damaged") from error

    def write_keys(self, passphrase: bytes | None, entropy: Callable[[int], bytes]) -> NodeKeys:
        """Four new keys; with a passphrase none of them lies open."""
        keys = NodeKeys(
            wrap=new_key_material("wrap", entropy(32)),
            node=new_key_material("node-signing", entropy(32)),
            index=new_key_material("index", entropy(32)),
            witness=(witness := new_key_material("witness", entropy(32))),
        )
        write_key_file(self.key_file("wrap"), keys.wrap, passphrase, entropy=entropy)
        for name, key in (("node", keys.node), ("index", keys.index), ("witness", witness)):
            lock = None if passphrase is None else derived_lock(keys.wrap.secret, name)
            write_key_file(self.key_file(name), key, lock, entropy=entropy, limits=DERIVED_LIMITS)
            if key.public is not None:
                write_public_file(public_file(self.key_file(name)), key.public)
        return keys

    def read_keys(self, passphrase: PassphraseSource) -> NodeKeys:
        wrap = read_key_file(self.key_file("wrap"), passphrase, purpose="wrap")
        following: dict[KeyRole, KeyMaterial] = {}
        for role in PURPOSE_OF:
            try:
                key = self.read_next(role, wrap.secret)
            except LedgerError:
                # Damaged: whoever needs no new key goes on with the one in use.
                if not self.key_file(role).exists():
                    raise
                continue
            if key is not None:
                following[role] = key
        lost = "node" in following and not self.key_file("node").exists()
        return NodeKeys(
            wrap=wrap,
            node=following["node"] if lost else self._read("node", "node-signing", wrap.secret),
            index=self._read("index", "index", wrap.secret),
            witness=self._read("witness", "witness", wrap.secret)
            if self.key_file("witness").exists()
            else None,
            following=following,
        )

    def read_next(self, role: KeyRole, wrap: bytes) -> KeyMaterial | None:
        """The key that is to follow, where one was made."""
        path = self.next_file(role)
        try:
            return read_under(path, role, PURPOSE_OF[role], wrap)
        except KeyFileUnreadable:
            if path.exists():
                raise
            return None  # also where another program has just let it take its place

    def _read(self, name: str, purpose: Purpose, wrap: bytes) -> KeyMaterial:
        return read_under(self.key_file(name), name, purpose, wrap)

    def is_locked(self) -> bool:
        """Whether its keys are under a passphrase."""
        return is_locked(self.key_file("wrap"))


def index_check(index: KeyMaterial) -> str:
    """What ``node.json`` keeps of the index key: HMAC-SHA-256 of a fixed text under it."""
    return hmac(index.secret, b"credit-ledger/index-key-check/v1", sha256).hexdigest()


def read_under(path: Path, name: str, purpose: Purpose, wrap: bytes) -> KeyMaterial:
    """The key in ``path``, locked as the home's key ``name`` is; errors as ``read_key_file``."""
    lock = PassphraseSource.given(derived_lock(wrap, name))
    return read_key_file(path, lock, purpose=purpose)


def derived_lock(wrap: bytes, name: str) -> bytes:
    """What a key beside the wrap key is locked under."""
    label = b"credit-ledger/key-file/v1/" + name.encode()
    return hmac(wrap, label, sha256).hexdigest().encode()


def founder_of(settings: Settings, node: KeyMaterial) -> bytes:
    """The raw public key that founded the log."""
    if settings.founder is not None:
        return base64text.decode(settings.founder, what="founder", size=32)
    assert node.public is not None, "a node's key signs"
    return node.public
