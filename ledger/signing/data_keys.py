"""The store of data keys: its own SQLite file, so that backups can treat it apart.

A data key locks the sealed fields of one record or person. It lies here wrapped (SecretBox,
nonce first) by the node's wrap key. Destroying it sets the wrapped key to NULL and keeps the
row: an erased field can be told from a lost one for ever, and ids are never used twice.

What destroying cannot reach: copies of this file in backups, snapshots of the file system,
and blocks of an SSD. ``secure_delete`` and the TRUNCATE journal only see to it that the
file itself and its journal keep nothing.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from nacl.bindings import crypto_secretbox, crypto_secretbox_open
from nacl.exceptions import CryptoError

from ledger.entry import format_instant
from ledger.errors import ExitCode, LedgerError, UnusableInput

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
BUSY_SECONDS: Final = 30.0
"""How long to wait for another process's batch, which takes milliseconds."""
CHUNK: Final = 500
"""Names or ids in one query; SQLite's oldest limit on parameters is 999."""
FORMAT_VERSION: Final = 1

_SCHEMA: Final = f"""
CREATE TABLE data_keys (
    key_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    wrapped BLOB,
    created_at TEXT NOT NULL,
    destroyed_at TEXT,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_keys_living ON data_keys (name) WHERE destroyed_at IS NULL;
CREATE TABLE wrap_check (box BLOB NOT NULL);
PRAGMA user_version = {FORMAT_VERSION};
"""
_CHECK_TEXT: Final = b"credit-ledger/data-keys/v1"


RUN: Final = 2**20
"""Key ids that are counted on from one random beginning."""
RUN_BYTES: Final = 4
"""Of randomness; with the 20 bits of a run an id stays below 2^53, exact in JSON."""


class DataKeysUnusable(UnusableInput):
    code = "data_keys_unusable"
    en = "the data key store {path} cannot be used: {cause}; restore it from its own backup"
    zh_cn = "数据密钥库 {path} 无法使用：{cause}；请从其专用备份恢复"
    zh_tw = "資料金鑰庫 {path} 無法使用：{cause}；請從其專用備份還原"


class DataKeysBusy(LedgerError):
    code = "data_keys_busy"
    exit_code = ExitCode.INTERNAL
    en = "another process held the data key store {path} for {seconds:.0f} s; try again"
    zh_cn = "另一进程占用数据密钥库 {path} 已超过 {seconds:.0f} 秒；请重试"
    zh_tw = "另一程序占用資料金鑰庫 {path} 已超過 {seconds:.0f} 秒；請重試"


class WrapKeyWrong(UnusableInput):
    code = "wrap_key_wrong"
    en = "the wrap key is not the one of the data key store {path}; give this node's own"
    zh_cn = "包裹密钥与数据密钥库 {path} 不匹配；请提供本节点自己的密钥"
    zh_tw = "包裹金鑰與資料金鑰庫 {path} 不相符；請提供本節點自己的金鑰"


class DataKeyUnknown(LedgerError):
    """A key that the store never held, or lost: a fault, never an erasure."""

    code = "data_key_unknown"
    exit_code = ExitCode.INTERNAL
    en = "the data key store has no key {key_id}; it is older than the log, restore a newer copy"
    zh_cn = "数据密钥库中没有密钥 {key_id}；该库早于日志，请恢复较新的副本"
    zh_tw = "資料金鑰庫中沒有金鑰 {key_id}；該庫早於日誌，請還原較新的副本"


class DataKeys:
    """The living and the destroyed data keys of one node.

    Several processes may use one file, and several threads one object. Nothing is cached:
    a key destroyed by any process is gone for the next call of every other.
    """

    def __init__(
        self,
        path: Path,
        wrap_key: bytes,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> None:
        """Open an existing store. ``DataKeysUnusable`` if there is none: a new, empty one in
        its place would pass every old entry off as lost. ``WrapKeyWrong`` for a foreign key.
        """
        assert len(wrap_key) == KEY_BYTES
        self._path, self._wrap_key = path, wrap_key
        self._clock, self._entropy = clock, entropy
        self._lock = threading.RLock()
        self._ids = self._new_ids()
        if not path.is_file():
            raise DataKeysUnusable(path=path, cause="no such file")
        with self._errors():
            self._db = _connect(path)
            try:
                self._check()
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def create(
        cls,
        path: Path,
        wrap_key: bytes,
        *,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> Self:
        """Make a new, empty store of mode 0600 and open it; never in place of another file."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise DataKeysUnusable(path=path, cause=error.strerror) from error
        box = _wrap(wrap_key, _CHECK_TEXT, entropy(NONCE_BYTES))
        db = _connect(path)
        try:
            db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}")
            db.execute("INSERT INTO wrap_check VALUES (?)", (box,))
            db.execute("COMMIT")
        finally:
            db.close()
        return cls(path, wrap_key, clock=clock, entropy=entropy)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- for writing ------------------------------------------------------------

    def ensure(self, names: Iterable[str]) -> dict[str, tuple[int, bytes]]:
        """The id and key of every name; what is missing is made, in one transaction.

        A name whose key was destroyed gets a new generation. When this returns, new keys
        are on disk: no entry can be locked under a key that a crash forgets.
        """
        wanted = list(dict.fromkeys(names))
        with self._errors():
            keys = self._keys(wanted)
            missing = [name for name in wanted if name not in keys]
            if missing:
                fresh, rows = self._fresh(missing)
                with self._transaction():
                    made = self._db.executemany(
                        "INSERT INTO data_keys (key_id, name, wrapped, created_at)"
                        " VALUES (?, ?, ?, ?)"
                        " ON CONFLICT DO NOTHING",
                        rows,
                    ).rowcount
                    # Another process may have made one of them first: then its key stands.
                    keys |= fresh if made == len(rows) else self._keys(missing)
        return keys

    def living(self, names: Iterable[str]) -> dict[str, int]:
        """The id of the living key of every name that has one; nothing is made."""
        with self._errors():
            found = self._living(list(dict.fromkeys(names)))
        return {name: key_id for name, (key_id, _) in found.items()}

    def destroy(self, names: Iterable[str], destroyed_at: datetime) -> list[int]:
        """Destroy the living key of every name; the ids of those destroyed by this call.

        A name without a living key is passed over, so that a call can be repeated.
        """
        instant = format_instant(destroyed_at)
        with self._errors(), self._transaction():
            living = self._living(list(dict.fromkeys(names)))
            ids = sorted(key_id for key_id, _ in living.values())
            self._db.executemany(
                "UPDATE data_keys SET wrapped = NULL, destroyed_at = ? WHERE key_id = ?",
                [(instant, key_id) for key_id in ids],
            )
        return ids

    # -- for reading ------------------------------------------------------------

    def get(self, key_id: int) -> bytes | None:
        """The key, or None when it was destroyed. ``DataKeyUnknown`` if it never was."""
        return self.get_many((key_id,))[key_id]

    def get_many(self, key_ids: Iterable[int]) -> dict[int, bytes | None]:
        """Each id's key, or None when it was destroyed. ``DataKeyUnknown`` for any other."""
        wanted = list(dict.fromkeys(key_ids))
        rows = dict(self._select("key_id, wrapped", "key_id", wanted))
        self._all_known(wanted, rows)
        return {
            key_id: None if rows[key_id] is None else self._unwrap(key_id, rows[key_id])
            for key_id in wanted
        }

    def is_destroyed(self, key_id: int) -> bool:
        """Whether the key was destroyed. ``DataKeyUnknown`` if it never was."""
        rows = dict(self._select("key_id, wrapped IS NULL", "key_id", (key_id,)))
        self._all_known((key_id,), rows)
        return bool(rows[key_id])

    def names_of(self, key_ids: Iterable[int]) -> dict[int, str]:
        """What each key locks, also when it was destroyed. ``DataKeyUnknown`` as above."""
        wanted = list(dict.fromkeys(key_ids))
        rows = dict(self._select("key_id, name", "key_id", wanted))
        self._all_known(wanted, rows)
        return rows

    # -- inside -----------------------------------------------------------------

    def _check(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version != FORMAT_VERSION:
            raise DataKeysUnusable(path=self._path, cause=f"format {version}")
        row = self._db.execute("SELECT box FROM wrap_check").fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise DataKeysUnusable(path=self._path, cause="its check of the wrap key is missing")
        box = row[0]
        try:
            text = crypto_secretbox_open(box[NONCE_BYTES:], box[:NONCE_BYTES], self._wrap_key)
        except CryptoError:
            raise WrapKeyWrong(path=self._path) from None
        assert text == _CHECK_TEXT

    def _new_ids(self) -> Iterator[int]:
        """Ids that no other copy of this store gives out: runs that begin at random.

        Where an older copy was restored, counting on would give a new key the id of a lost
        or erased one, and what is locked under the new one would pass for erased.
        """
        while True:
            begin = int.from_bytes(self._entropy(RUN_BYTES), "big") * RUN + 1
            yield from range(begin, begin + RUN)

    def _living(self, names: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Name to id and wrapped key, of the names that have a living key."""
        rows = self._select("name, key_id, wrapped", "name", names, " AND destroyed_at IS NULL")
        return {name: (key_id, wrapped) for name, key_id, wrapped in rows}

    def _select(
        self, columns: str, by: str, values: Sequence[int] | Sequence[str], rest: str = ""
    ) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self._errors():
            for start in range(0, len(values), CHUNK):
                chunk = values[start : start + CHUNK]
                marks = ",".join("?" * len(chunk))
                # Only this module's own words and question marks stand in the text.
                query = f"SELECT {columns} FROM data_keys WHERE {by} IN ({marks}){rest}"  # noqa: S608
                rows += self._db.execute(query, chunk).fetchall()
        return rows

    def _all_known(self, wanted: Iterable[int], rows: dict[int, Any]) -> None:
        for key_id in wanted:
            if key_id not in rows:
                raise DataKeyUnknown(key_id=key_id)

    def _keys(self, names: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Name to id and key, of the names that have a living key."""
        return {
            name: (key_id, self._unwrap(key_id, wrapped))
            for name, (key_id, wrapped) in self._living(names).items()
        }

    def _fresh(
        self, names: Sequence[str]
    ) -> tuple[dict[str, tuple[int, bytes]], list[tuple[int, str, bytes, str]]]:
        """A new id and key for every name, and their rows; one draw of chance for all."""
        size = NONCE_BYTES + KEY_BYTES
        chance = self._entropy(size * len(names))
        created_at = format_instant(self._clock())
        keys: dict[str, tuple[int, bytes]] = {}
        rows: list[tuple[int, str, bytes, str]] = []
        for name, key_id, at in zip(names, self._ids, range(0, len(chance), size), strict=False):
            nonce, key = chance[at : at + NONCE_BYTES], chance[at + NONCE_BYTES : at + size]
            keys[name] = key_id, key
            rows.append((key_id, name, _wrap(self._wrap_key, key, nonce), created_at))
        return keys, rows

    def _unwrap(self, key_id: int, wrapped: bytes) -> bytes:
        try:
            return crypto_secretbox_open(
                wrapped[NONCE_BYTES:], wrapped[:NONCE_BYTES], self._wrap_key
            )
        except CryptoError:
            raise DataKeysUnusable(path=self._path, cause=f"key {key_id} is damaged") from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """One thread at a time, and SQLite's errors as ours."""
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise DataKeysBusy(path=self._path, seconds=BUSY_SECONDS) from error
            raise DataKeysUnusable(path=self._path, cause=str(error)) from error


def _wrap(wrap_key: bytes, plain: bytes, nonce: bytes) -> bytes:
    return nonce + crypto_secretbox(plain, nonce, wrap_key)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # TRUNCATE: a write-ahead log would keep copies of destroyed keys.
    db.execute("PRAGMA journal_mode = TRUNCATE")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    return db
