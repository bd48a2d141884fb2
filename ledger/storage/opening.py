"""From a store's address to the store.

    sqlite:///var/lib/credit-ledger/xiamen.sqlite       an absolute path
    postgresql://user@host/database?sslmode=require     anything libpq understands

On PostgreSQL the node's log lives in a schema of the node's name, so several nodes may
share a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from ledger.storage.errors import NodeNameUnusable, NoStoreYet, OtherNode, UnknownAddress
from ledger.storage.library import LibraryRecorder
from ledger.storage.port import Sealing
from ledger.storage.sqlite import SQLiteStore

# PostgreSQL's client is loaded where it is wanted: that takes a tenth of a second.
if TYPE_CHECKING:
    from ledger.storage.postgres import PostgresStore

    Store = SQLiteStore | PostgresStore
else:
    Store = LibraryRecorder

DEFAULT_LOCK_TIMEOUT = 30.0
"""Seconds: some 30 bulk transactions of a thousand entries on a slow disk."""


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """What another process is told to open a store by."""

    url: str = field(repr=False)
    """It may hold a password."""
    node: str


def open_reader(address: StoreAddress) -> Store:
    """The store, in a process that only reads it."""
    return open_store(address.url, create=False, node=address.node)


def open_store(
    url: str,
    *,
    create: bool,
    node: str | None = None,
    sealing: Sealing | None = None,
    lock_timeout: float = DEFAULT_LOCK_TIMEOUT,
    store_id: UUID | None = None,
) -> Store:
    """The store at ``url``; with ``create`` it is made first unless it is there.

    ``node`` is needed to create and on PostgreSQL (it names the schema); where it is
    given, the store must be that node's. ``sealing`` is what ``insert_events`` uses;
    ``append`` takes its own. Raises ``NotThisStore`` or ``StoreUnavailable``.
    """
    if create and node is None:
        from ledger.storage.postgres import MAX_SCHEMA_BYTES  # noqa: PLC0415 - see above

        raise NodeNameUnusable(store=url, limit=MAX_SCHEMA_BYTES, found=node)
    scheme = url.partition(":")[0]
    store: Store
    if scheme == "sqlite":
        store = SQLiteStore(_sqlite_path(url), sealing=sealing, lock_timeout=lock_timeout)
    elif scheme in {"postgresql", "postgres"}:
        if node is None:
            raise NodeNameUnusable(store=scheme, limit=MAX_SCHEMA_BYTES, found=node)
        from ledger.storage.postgres import PostgresStore  # noqa: PLC0415 - see above

        store = PostgresStore(url, schema=node, sealing=sealing, lock_timeout=lock_timeout)
    else:
        raise UnknownAddress(store=scheme)  # what follows it may hold a password
    try:
        _check(store, create=create, node=node, store_id=store_id or uuid4())
    except BaseException:
        store.close()
        raise
    return store


def _check(store: Store, *, create: bool, node: str | None, store_id: UUID) -> None:
    if create and node is not None:
        store.create(node=node, store_id=store_id)
    elif not store.exists():
        raise NoStoreYet(store=store.url)
    found = store.info.node
    if node is not None and found != node:
        raise OtherNode(store=store.url, found=found, expected=node)


def _sqlite_path(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc or parts.query or parts.fragment or not path.is_absolute():
        raise UnknownAddress(store=url)
    return path
