"""The one place that wires a node: stores, clock, entropy, keys.

Everything else is handed what it needs.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from ledger.application import LedgerApplication, Sealer
from ledger.bulk import BulkWriter, InlineWriter, WriterProcess
from ledger.clock import MICROSECOND, Clock, RealClock, SimulatedClock
from ledger.codec import NOTHING_SEALED, OpenDraft, encode
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.errors import UnusableInput
from ledger.events.base import Facts
from ledger.events.governance import KeyIntroduced, NodeFounded, RulePackAdopted
from ledger.high_water import HighWater
from ledger.home import STORE_FILE, Home, HomeContradictsLog, Settings, index_check
from ledger.identifiers import node_id
from ledger.identifiers.uuid7 import RANDOM_BYTES, uuid7
from ledger.log.governing import commitments_key
from ledger.log.keeper import Keeper, default_origin
from ledger.node import Node
from ledger.reading import Parts
from ledger.rules import load_default
from ledger.signing import base64text
from ledger.signing.data_keys import DataKeys
from ledger.signing.keyfile import (
    SECRET_BYTES,
    new_key_material,
    public_file,
    write_key_file,
    write_public_file,
)
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.signing.passphrase import PassphraseSource
from ledger.signing.sealing import Sealed
from ledger.stamping import NodeSealing
from ledger.storage.opening import Store, open_store
from ledger.storage.port import PipelinedSigner, Sealing
from ledger.storage.signer import SignerProcess

FOUNDER = "founder"
"""The operator of the first entries: whoever ran ``init``."""


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
    at: datetime | None = None,
    passphrase: bytes | None = None,
    high_water: Path | None = None,
) -> Settings:
    """Found a node: its folder, keys and store, and the first entries of its log.

    Raises ``HomeNotEmpty``, ``AlreadyFounded`` or a store's error. A store given that cannot
    be used is told before the folder is touched; ``node.json`` is written last, so an
    interrupted founding leaves no half node that would be used.
    """
    node_id(name)
    settings = Settings(
        node=name,
        store=store_url or STORE_FILE,
        clock="simulated" if simulated else "real",
        store_id=str(uuid4()),
        high_water=None if high_water is None else str(high_water.absolute()),
    )
    clock = make_clock(settings.clock)
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
        DataKeys.create(
            home.data_keys_file, keys.wrap.secret, clock=wall, entropy=os.urandom
        ).close()
        settings = settings.model_copy(
            update={
                "store_id": str(store.info.store_id),
                "index_check": index_check(keys.index),
            }
        )
        instant = clock.next_instant(None, at)
        signing_key = keys.node.signing_key()
        _write_first_entries(store, signing_key, settings, region, instant)
        sealing = NodeSealing(signing_key, _Fixed(instant + MICROSECOND))
        keeper = _keeper(store, signing_key, sealing, home, settings)
        keeper.high_water.begin(keeper.store_id, keeper.origin)
        keeper.settle()
    finally:
        store.close()
    home.write_settings(settings)
    return settings


def _keeper(
    store: Store, key: SigningKey, sealing: Sealing, home: Home, settings: Settings
) -> Keeper:
    return Keeper(
        store,
        key=key,
        sealing=sealing,
        node=settings.node,
        origin=default_origin(settings.node),
        commitments=commitments_key(settings.node),
        high_water=HighWater(home.high_water_file(settings)),
        monotonic=time.monotonic,
        by_time=settings.clock == "real",
    )


def _write_first_entries(
    store: Store, signing_key: SigningKey, settings: Settings, region: str | None, instant: datetime
) -> None:
    """The founding, the node's key and the default rule pack, in one transaction."""
    pack = load_default()
    stream = StreamId("node", node_id(settings.node))
    actor = Actor(settings.node, FOUNDER)
    facts: tuple[Facts, ...] = (
        NodeFounded(name=settings.node, region=region, clock=settings.clock),
        KeyIntroduced(
            keyid=signing_key.keyid,
            algorithm="ed25519",
            public_key=base64text.encode(signing_key.public),
            purposes=("entries", "submissions"),
            from_=instant,
        ),
        RulePackAdopted(
            pack=pack.id,
            version=str(pack.version),
            digest=pack.digest,
            in_force_from=pack.in_force_from,
        ),
    )
    drafts = [
        encode(PendingEvent(stream.key, seq, fact, actor), settings.node, _nothing_to_seal)
        for seq, fact in enumerate(facts, 1)
    ]
    store.append(
        drafts,
        sealing=NodeSealing(signing_key, _Fixed(instant)),
        manifests=((pack.digest, pack.to_json()),),
    )


def _nothing_to_seal(_: OpenDraft) -> Sealed:
    return NOTHING_SEALED


class _Fixed:
    """A clock that was read already: the key's validity begins at the founding itself."""

    kind: Literal["real", "simulated"] = "simulated"

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def next_instant(self, last: datetime | None, at: datetime | None) -> datetime:
        del last, at
        return self._instant

    def confirm(self) -> None:
        """Nothing to confirm: it was read once."""


def open_node(
    home: Home,
    passphrase: PassphraseSource,
    *,
    pipeline: PipelinedSigner | None = None,
) -> Node:
    """Open the node of ``home``. Raises ``NoNodeHere`` or what its keys and stores raise."""
    settings = home.read_settings()
    keys = home.read_keys(passphrase)
    if settings.index_check not in (None, index_check(keys.index)):
        raise HomeContradictsLog(home=home.path, file="keys/index.key")
    signing_key = keys.node.signing_key()
    clock = make_clock(settings.clock)
    sealing = NodeSealing(signing_key, clock, pipeline)
    store = open_store(home.store_url(settings), create=False, node=settings.node, sealing=sealing)
    try:
        _require_own_store(store, settings, home)
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
            signing_key=signing_key,
            keeper=_keeper(store, signing_key, sealing, home, settings),
            index_key=keys.index.secret,
            wrap_key=keys.wrap.secret,
            new_id=new_id,
            now=wall,
        )
    )


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


BULK_ROWS = 5_000
"""From so many rows on a writing process pays for its start."""


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
def bulk_writer(node: Node, rows: int) -> Iterator[BulkWriter]:
    """A process that writes beside ``node`` for a bulk of ``rows``, and fewer collections of
    garbage; for a small one the node writes itself.
    """
    sealing = node.store.sealing
    assert sealing is not None, "a node's store is opened with its sealing"
    if rows < BULK_ROWS:
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
