"""A new key takes the place of one in use, whenever the program is stopped.

    1. ``make_next``: the new key is on disk, beside the old one, before the log names it
    2. one transaction: the log introduces it and retires the old one
    3. ``adopt_next``: it takes the old one's name; the old one is gone

Stopped before 2, the log does not know the new key: the old one signs on, and the next
attempt goes on with the key that was made. Stopped after 2, whoever opens the home finds
the new key introduced and does 3. A lock in the folder keeps two programs apart.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from ledger.errors import LedgerError, UnusableInput
from ledger.events.governance import KeyPurpose
from ledger.home import (
    DERIVED_LIMITS,
    PURPOSE_OF,
    Home,
    HomeUnusable,
    KeyRole,
    NodeKeys,
    derived_lock,
)
from ledger.log.reading import digest_at
from ledger.log.stream import fold_governing
from ledger.organisations.registry import Registry
from ledger.signing import base64text
from ledger.signing.keyfile import (
    KeyMaterial,
    new_key_material,
    public_file,
    sync_folder,
    write_key_file,
)
from ledger.storage.port import EntryStore

FOLLOWED_BY: Final[Mapping[KeyRole, KeyPurpose]] = {"node": "entries", "witness": "witness"}
"""What a key that the log has introduced must be for, to take a place in the home."""

LOCK_FILE: Final = "rotation.lock"


class NextKeyDamaged(UnusableInput):
    code = "next_key_damaged"
    en = (
        "{path}, a key that was made to follow the one in use, cannot be read: {why}; restore it "
        "if a rotation was stopped (then nothing can be written); else remove it and try again"
    )
    zh_cn = (
        "无法读取待启用密钥 {path}：{why}；若轮换曾被中断（此时无法写入），请恢复该文件；"
        "否则请移除后重试"
    )
    zh_tw = (
        "無法讀取待啟用金鑰 {path}：{why}；若輪換曾被中斷（此時無法寫入），請還原該檔案；"
        "否則請移除後重試"
    )


def make_next(
    home: Home, role: KeyRole, wrap: bytes, entropy: Callable[[int], bytes]
) -> KeyMaterial:
    """The key that is to follow: the one that was made already, else a new one, on disk.

    Raises ``NextKeyDamaged``.
    """
    with _alone(home):
        try:
            made = home.read_next(role, wrap)
        except LedgerError as error:
            raise NextKeyDamaged(path=home.next_file(role), why=error) from error
        if made is not None:
            return made
        key = new_key_material(PURPOSE_OF[role], entropy(32))
        path = home.next_file(role)
        unfinished = path.with_name(path.name + ".new")
        unfinished.unlink(missing_ok=True)  # of a program that was stopped while it wrote
        lock = derived_lock(wrap, role) if home.is_locked() else None
        write_key_file(unfinished, key, lock, entropy=entropy, limits=DERIVED_LIMITS)
        unfinished.rename(path)
        sync_folder(path.parent)
        return key


def introduced_keys(home: Home, store: EntryStore, keys: NodeKeys, founder: bytes) -> NodeKeys:
    """``keys`` with those in use that the log has introduced, each put in its place.

    The log is asked only where a key lies beside another. Where it cannot be read nothing
    changes: whoever opens the node is told by the log itself.
    """
    if not keys.following:
        return keys
    registry = Registry()
    with suppress(LedgerError):
        fold_governing(registry, store.scan_governing(), founder, partial(digest_at, store))
    for role, key in keys.following.items():
        known = registry.node_keys.get(key.signing_key().keyid)
        if known is None or FOLLOWED_BY[role] not in known.purposes:
            continue
        adopt_next(home, role, keys.wrap.secret, known.keyid)
        keys = replace(keys, node=key) if role == "node" else replace(keys, witness=key)
    return keys


def adopt_next(home: Home, role: KeyRole, wrap: bytes, keyid: str) -> None:
    """Let the key ``keyid``, which the log has introduced, take the place of the one in use.

    Does nothing where another program did it already.
    """
    with _alone(home):
        key = home.read_next(role, wrap)
        if key is None or key.signing_key().keyid != keyid:
            return
        path = home.key_file(role)
        _replace_public(public_file(path), key.signing_key().public)
        home.next_file(role).replace(path)
        sync_folder(path.parent)


def _replace_public(path: Path, public: bytes) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(base64text.encode(public) + "\n", encoding="ascii")
    new.chmod(0o644)
    new.replace(path)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """No other program makes or adopts a key of this home meanwhile."""
    path = home.path / "keys" / LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeUnusable(home=home.path, reason=error.strerror) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
