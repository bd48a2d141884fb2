"""The logs that a node watches as a witness: the file ``watched.json`` of its home.

    [{"origin": "credit-ledger.example/xiamen", "vkeys": ["credit-ledger.example/xiamen+..."]}]

A log is told by its origin and trusted by the keys listed; one that changed its key has
both until the old one is taken out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ledger.errors import LedgerError, Phrase, UnusableInput
from ledger.log.trust import Trust
from ledger.log.verifier_key import SignatureType, VerifierKey
from ledger.signing.canonical import canonical, parse_strict

MAX_WATCHED_BYTES: Final = 1 << 20
"""Some 3,000 logs; read for every request."""

Watched = Mapping[str, tuple[VerifierKey, ...]]
"""The keys of each log that is watched, by origin."""

_NOT_A_LIST = Phrase(
    "it is not a list of logs with origin and vkeys",
    "内容不是含 origin 和 vkeys 的日志列表",
    "內容不是含 origin 和 vkeys 的日誌清單",
)
_NOT_ITS_NAME = Phrase(
    "the key's name is not the origin", "密钥名称与来源不符", "金鑰名稱與來源不符"
)
_WRONG_TYPE = Phrase(
    "the key is a witness's, not a log's",
    "该密钥属于见证方而非日志",
    "該金鑰屬於見證方而非日誌",
)
_COLLIDES = Phrase(
    "two keys of it have one short id; one was made to collide",
    "两个密钥的短编号相同，其中之一系刻意碰撞所得",
    "兩個金鑰的短編號相同，其中之一係刻意碰撞所得",
)


class LogNotWatchable(UnusableInput):
    code = "log_not_watchable"
    en = "the log {origin} cannot be watched: {why}; ask its operator for the verifier key"
    zh_cn = "无法监看日志 {origin}：{why}；请向其运营方索取验证密钥"
    zh_tw = "無法監看日誌 {origin}：{why}；請向其營運方索取驗證金鑰"


class WatchedUnreadable(UnusableInput):
    code = "watched_unreadable"
    en = "the list of watched logs {file} cannot be used: {why}; restore it"
    zh_cn = "监看日志清单 {file} 无法使用：{why}；请恢复该文件"
    zh_tw = "監看日誌清單 {file} 無法使用：{why}；請還原該檔案"


class WatchedUnwritable(UnusableInput):
    code = "watched_unwritable"
    en = "{file} cannot be written: {why}; check the path and its permissions"
    zh_cn = "无法写入 {file}：{why}；请检查路径和权限"
    zh_tw = "無法寫入 {file}：{why}；請檢查路徑和權限"


class _Log(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    vkeys: tuple[str, ...]


_LOGS = TypeAdapter(tuple[_Log, ...])


def watchable(origin: str, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """``keys``, each once, if they can be those of a log. Raises ``LogNotWatchable``."""
    every = tuple(dict.fromkeys(keys))
    for key in every:
        if key.kind is not SignatureType.ED25519:
            raise LogNotWatchable(origin=origin, why=_WRONG_TYPE)
        if key.name != origin:
            raise LogNotWatchable(origin=origin, why=_NOT_ITS_NAME)
    if len({key.key_id for key in every}) != len(every):
        raise LogNotWatchable(origin=origin, why=_COLLIDES)
    return every


def logs_of(trust: Trust, *, but: str) -> Watched:
    """The logs that a trust file names, with the keys that sign for them now.

    ``but`` is the origin of the node's own log, which it does not watch.
    """
    found: dict[str, tuple[VerifierKey, ...]] = {}
    for node in trust.nodes:
        keys = [
            key
            for key in trust.log_keys(node.origin)
            if (known := trust.log_key(node.origin, key)) is not None and known.status == "ACTIVE"
        ]
        if keys and node.origin != but:
            found[node.origin] = watchable(node.origin, keys)
    return found


def read_watched(path: Path) -> Watched:
    """The file; nothing is watched where there is none. Raises ``WatchedUnreadable``."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_WATCHED_BYTES + 1)
        logs = _LOGS.validate_python(parse_strict(data, max_bytes=MAX_WATCHED_BYTES))
        return {log.origin: watchable(log.origin, map(VerifierKey.from_vkey, log.vkeys))
                for log in logs}  # fmt: skip
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WatchedUnreadable(file=path, why=error.strerror) from error
    except ValidationError as error:
        raise WatchedUnreadable(file=path, why=_NOT_A_LIST) from error
    except LedgerError as error:
        raise WatchedUnreadable(file=path, why=error) from error


def write_watched(path: Path, logs: Watched) -> None:
    """Replace the file in one step. Raises ``WatchedUnwritable``."""
    value = [
        {"origin": origin, "vkeys": [key.vkey for key in keys]}
        for origin, keys in sorted(logs.items())
    ]
    replace_file(path, canonical(value) + b"\n")


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in ``path`` in one step, durably. Raises ``WatchedUnwritable``."""
    temporary = path.with_suffix(".new")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WatchedUnwritable(file=path, why=error.strerror) from error
