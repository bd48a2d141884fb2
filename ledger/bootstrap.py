"""The one place that wires a node: stores, clock, entropy, keys.

Everything else is handed what it needs.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from ledger.application import LedgerApplication, Sealer
from ledger.bulk import BulkWriter, InlineWriter, WriterProcess
from ledger.clock import MICROSECOND, Clock, RealClock, SimulatedClock
from ledger.errors import UnusableInput
from ledger.founding import FOUNDER, Charter, first_drafts
from ledger.high_water import HighWater
from ledger.home import (
    STORE_FILE,
    Home,
    HomeContradictsLog,
    KeyRole,
    NodeKeys,
    Settings,
    founder_of,
    index_check,
)
from ledger.identifiers import node_id
from ledger.identifiers.uuid7 import RANDOM_BYTES, uuid7
from ledger.log.governing import commitments_key
from ledger.log.judges import Helpers
from ledger.log.keeper import Keeper
from ledger.next_key import introduced_keys, make_next
from ledger.node import Node
from ledger.organisations.node_keys import origin_of
from ledger.reading import Parts
from ledger.rules import load_default
from ledger.signing import base64text
from ledger.signing.data_keys import BUSY_SECONDS, DataKeys
from ledger.signing.keyfile import (
    SECRET_BYTES,
    new_key_material,
    public_file,
    read_key_file,
    write_key_file,
    write_public_file,
)
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.stamping import FixedClock, NodeSealing
from ledger.storage.opening import Store, StoreAddress, open_store
from ledger.storage.port import PipelinedSigner, Sealing
from ledger.storage.signer import SignerProcess


class AlreadyFounded(UnusableInput):
    code = "already_founded"
    en = "the store {store} holds a log already; give another store or node name"
    zh_cn = "存储 {store} 中已有日志；请更换存储或节点名称"
    zh_tw = "儲存 {store} 中已有日誌；請更換儲存或節點名稱"


class AnotherStore(UnusableInput):
    code = "another_store"
    en = "{store} is not the store that {home} was founded with; give the right one back"
    zh_cn = "{store} 不是 {home} 建立时使用的存储；请恢复正确的存储"
    zh_tw = "{store} 不是 {home} 建立時使用的儲存；請還原正確的儲存"


__all__ = ["FOUNDER", "found_node", "make_key", "open_node"]


def wall() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid7(time.time_ns() // 1_000_000, os.urandom(RANDOM_BYTES)))


def new_secret() -> bytes:
    """32 random bytes."""
    return os.urandom(SECRET_BYTES)


def make_clock(kind: str) -> Clock:
    return SimulatedClock(wall) if kind == "simulated" else RealClock(wall, time.monotonic)


def found_node(
    home: Home,
    *,
    name: str,
    region: str | None = None,
    store_url: str | None = None,
    simulated: bool = False,
    origin: str | None = None,
    roots: Sequence[bytes] = (),
    root_quorum: int | None = None,
    at: datetime | None = None,
    passphrase: bytes | None = None,
    high_water: Path | None = None,
) -> Settings:
    """Found a node: its folder, keys and store, and the first entries of its log.

    Raises ``HomeNotEmpty``, ``AlreadyFounded`` or a store's error. A store given that cannot
    be used is told before the folder is touched; ``node.json`` is written last, so an
    interrupted founding leaves no half node that would be used. ``roots`` are raw public
    keys; see ``Charter``.
    """
    node_id(name)
    clock_kind: Literal["real", "simulated"] = "simulated" if simulated else "real"
    charter = Charter(name, region, clock_kind, origin, tuple(roots), root_quorum)
    charter.facts()  # what cannot be founded is told before anything is made
    settings = Settings(
        node=name,
        store=store_url or STORE_FILE,
        clock=clock_kind,
        store_id=str(uuid4()),
        origin=origin,
        high_water=None if high_water is None else str(high_water.absolute()),
    )
    home.require_empty()
    if high_water is not None:
        HighWater(high_water).require_free()
    if store_url is None:
        home.lay()  # it is the place of the store, too
    store = open_store(home.store_url(settings), create=True, node=name)
    try:
        if store.size():
            raise AlreadyFounded(store=store.url)
        if store_url is not None:
            home.lay()
        keys = home.write_keys(passphrase, os.urandom)
        _make_data_keys(home, keys)
        settings = settings.model_copy(
            update={
                "store_id": str(store.info.store_id),
                "index_check": index_check(keys.index),
                "founder": base64text.encode(keys.node.signing_key().public),
            }
        )
        instant = make_clock(clock_kind).next_instant(None, at)
        _write_first_entries(store, charter, keys, instant)
        _begin(store, keys.node.signing_key(), home, settings, instant)
    finally:
        store.close()
    home.write_settings(settings)
    return settings


def _make_data_keys(home: Home, keys: NodeKeys) -> None:
    file, wrap = home.data_keys_file, keys.wrap.secret
    DataKeys.create(file, wrap, clock=wall, entropy=os.urandom).close()


def _begin(
    store: Store, key: SigningKey, home: Home, settings: Settings, instant: datetime
) -> None:
    """The first commitment, checkpoint and high-water mark of a new log."""
    sealing = NodeSealing(key, FixedClock(instant + MICROSECOND))
    keeper = _keeper(store, key, sealing, home, settings)
    keeper.high_water.begin(keeper.store_id, keeper.origin)
    keeper.settle()


def _keeper(
    store: Store, key: SigningKey, sealing: Sealing, home: Home, settings: Settings
) -> Keeper:
    return Keeper(
        store,
        key=key,
        sealing=sealing,
        node=settings.node,
        origin=origin_of(settings.node, settings.origin),
        commitments=commitments_key(settings.node),
        high_water=HighWater(home.high_water_file(settings)),
        monotonic=time.monotonic,
        by_time=settings.clock == "real",
    )


def _write_first_entries(store: Store, charter: Charter, keys: NodeKeys, instant: datetime) -> None:
    assert keys.witness is not None, "a new home has a witness key"
    node, witness = keys.node.signing_key(), keys.witness.signing_key()
    pack = load_default()
    store.append(
        first_drafts(charter, node.public, witness.public, pack, instant),
        sealing=NodeSealing(node, FixedClock(instant)),
        manifests=((pack.digest, pack.to_json()),),
    )


def open_node(
    home: Home,
    passphrase: PassphraseSource,
    *,
    pipeline: PipelinedSigner | None = None,
) -> Node:
    """Open the node of ``home``. Raises ``NoNodeHere`` or what its keys and stores raise.

    A key that the log has introduced, and that a program was stopped before it could put it
    in its place, is put there now.
    """
    settings = home.read_settings()
    keys = home.read_keys(passphrase)
    if settings.index_check not in (None, index_check(keys.index)):
        raise HomeContradictsLog(home=home.path, file="keys/index.key")
    clock = make_clock(settings.clock)
    store = open_store(home.store_url(settings), create=False, node=settings.node)
    try:
        _require_own_store(store, settings, home)
        founder = founder_of(settings, keys.node)
        keys = introduced_keys(home, store, keys, founder)
        sealing = NodeSealing(keys.node.signing_key(), clock, pipeline)
        store.sealing = sealing
        data_keys = DataKeys(home.data_keys_file, keys.wrap.secret, clock=wall, entropy=os.urandom)
    except BaseException:
        store.close()
        raise
    application = LedgerApplication(store, lambda: settings.node, Sealer(data_keys, os.urandom))
    return Node(
        Parts(
            home=home,
            settings=settings,
            store=store,
            application=application,
            data_keys=data_keys,
            clock=clock,
            signing_key=keys.node.signing_key(),
            keeper=_keeper(store, keys.node.signing_key(), sealing, home, settings),
            witness_key=None if keys.witness is None else keys.witness.signing_key(),
            founder=founder,
            index_key=keys.index.secret,
            wrap_key=keys.wrap.secret,
            new_id=new_id,
            now=wall,
            monotonic=time.monotonic,
        )
    )


def next_key(node: Node, role: KeyRole) -> SigningKey:
    """The key that is to follow the one in use, on disk beside it; made where there is none."""
    return make_next(node.home, role, node.wrap_key, os.urandom).signing_key()


def make_next_key(home: Home, passphrase: PassphraseSource) -> None:
    """A key to follow ``node.key`` where that is lost and the home would not open without."""
    if not home.key_file("node").exists():
        wrap = read_key_file(home.key_file("wrap"), passphrase, purpose="wrap")
        make_next(home, "node", wrap.secret, os.urandom)


def _require_own_store(store: Store, settings: Settings, home: Home) -> None:
    if str(store.info.store_id) != settings.store_id:
        raise AnotherStore(store=store.url, home=home.path)


def make_key(path: Path, passphrase: bytes | None) -> bytes:
    """A new organisation key in ``path`` and its public half beside it; the raw public key."""
    key = new_key_material("organisation", os.urandom(SECRET_BYTES))
    write_key_file(path, key, passphrase, entropy=os.urandom)
    public = key.signing_key().public
    write_public_file(public_file(path), public)
    return public


BULK_BYTES = 2_000_000
"""From a file of so much text on, some 5,000 rows, a writing process pays for its start."""


@dataclass(frozen=True, slots=True)
class WriterTask:
    """What a writing process is told of its node."""

    url: str
    node: str
    seed: bytes = field(repr=False)
    data_keys: Path
    wrap_key: bytes = field(repr=False)
    clock: Literal["real", "simulated"]
    home: Path
    settings: Settings


def open_writer(task: WriterTask) -> InlineWriter:
    """In the writing process: a writer with the store, the keys and the clock of its node."""
    store = open_store(task.url, create=False, node=task.node)
    key = new_signing_key(task.seed)
    sealing = NodeSealing(key, make_clock(task.clock))
    data_keys = DataKeys(task.data_keys, task.wrap_key, clock=wall, entropy=os.urandom)
    keeper = _keeper(store, key, sealing, Home(task.home), task.settings)
    return InlineWriter(store, sealing, Sealer(data_keys, os.urandom), keeper)


@contextmanager
def bulk_writer(node: Node, size: int) -> Iterator[BulkWriter]:
    """A process that writes beside ``node`` for a bulk of ``size`` bytes, and fewer
    collections of garbage; for a small one the node writes itself.

    The process takes most of a second to start: have it start before the file is read.
    """
    sealing = node.store.sealing
    assert sealing is not None, "a node's store is opened with its sealing"
    if size < BULK_BYTES:
        yield InlineWriter(node.store, sealing, node.application.sealer, node.keeper)
        return
    task = WriterTask(
        url=node.home.store_url(node.settings),
        node=node.name,
        seed=node.signing_key.seed,
        data_keys=node.home.data_keys_file,
        wrap_key=node.wrap_key,
        clock=node.settings.clock,
        home=node.home.path,
        settings=node.settings,
    )
    with WriterProcess("ledger.bulk_process", task) as writer, _few_collections():
        yield writer


def audit_helpers(node: Node) -> Helpers:
    """A helper for each core that this process may use, but for the one it uses itself."""
    address = StoreAddress(node.home.store_url(node.settings), node.name)
    return Helpers("ledger.audit_process", address, len(os.sched_getaffinity(0)) - 1)


ERASING_SECONDS = BUSY_SECONDS + 5
"""An erasure that was recorded destroys its key at once; it waits so long for others at the key
store, and gives up then."""
ERASING_LOOK = 0.25


def let_erase(recorded_at: datetime) -> bool:
    """Wait a moment where an erasure recorded then may still be under way; else False."""
    if not -ERASING_SECONDS < (wall() - recorded_at).total_seconds() < ERASING_SECONDS:
        return False
    time.sleep(ERASING_LOOK)
    return True


@contextmanager
def signing_aside(node: Node) -> Iterator[None]:
    """A signer process beside ``node``, for appends that are all encoding and signing."""
    sealing = node.store.sealing
    assert isinstance(sealing, NodeSealing), "a node's store is opened with its sealing"
    with SignerProcess(node.signing_key.seed) as signer, _few_collections():
        sealing.pipeline = signer
        try:
            yield
        finally:
            sealing.pipeline = None


BULK_COLLECTION = 20_000
"""Objects made before the youngest are walked (Python's own choice is 700): the rows of a
transaction live until it is in, they hold no cycles, and some 10 MB are little."""


@contextmanager
def _few_collections() -> Iterator[None]:
    """What lives already is not walked again and again while a bulk goes through."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(BULK_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
