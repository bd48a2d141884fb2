"""Homes of a simulated region: founded once from one seed, opened with its clock and chance.

Everything that a node draws from outside (instants, randomness, ids) comes from ``Sources``,
so that the same seed leads to the same log, byte for byte. ``FragileNode`` stops where it is
told to, as a process does that is killed.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from ledger import bootstrap
from ledger.application import LedgerApplication, Sealer
from ledger.clock import SimulatedClock
from ledger.entry import PendingEvent
from ledger.founding import Charter
from ledger.home import STORE_FILE, Home, NodeKeys, Settings, founder_of, index_check
from ledger.identifiers.uuid7 import RANDOM_BYTES, uuid7
from ledger.next_key import introduced_keys
from ledger.node import Node
from ledger.reading import Parts
from ledger.signing import base64text
from ledger.signing.data_keys import DataKeys
from ledger.signing.passphrase import PassphraseSource
from ledger.stamping import NodeSealing
from ledger.storage.opening import open_store

START = datetime(2026, 3, 1, 2, tzinfo=UTC)

Point = Literal["before_append", "after_commit", "before_destroying"]
POINTS: tuple[Point, ...] = ("before_append", "after_commit", "before_destroying")


class Stopped(BaseException):
    """The process was killed; nothing that it held in memory is left.

    No ``Exception``: what handles errors must not mistake it for one.
    """

    def __init__(self, point: Point) -> None:
        super().__init__(point)
        self.point = point


@dataclass(slots=True)
class Sources:
    """The world's clock and randomness."""

    chance: random.Random
    now: datetime = START

    def wall(self) -> datetime:
        return self.now

    def entropy(self, size: int) -> bytes:
        return self.chance.randbytes(size)

    def new_id(self) -> str:
        milliseconds = round(self.now.timestamp() * 1000)
        return str(uuid7(milliseconds, self.chance.randbytes(RANDOM_BYTES)))

    def pass_by(self, time_: timedelta) -> None:
        self.now += time_


class FragileNode(Node):
    """A node that is stopped once, at the next place of the kind that ``stops_at`` names."""

    stops_at: Point | None = None

    def _stop(self, point: Point) -> None:
        if self.stops_at == point:
            self.stops_at = None
            raise Stopped(point)

    def save(
        self,
        events: Sequence[PendingEvent],
        today: date,
        at: datetime | None,
        manifests: Sequence[tuple[str, bytes]] = (),
    ) -> list[int]:
        self._stop("before_append")
        indices = super().save(events, today, at, manifests)
        self._stop("after_commit")
        return indices

    def drop(self) -> None:
        """As the end of a process: nothing is settled."""
        super(Node, self).close()


class FragileKeys(DataKeys):
    node: FragileNode | None = None

    def destroy(self, names: Iterable[str], destroyed_at: datetime) -> list[int]:
        if self.node is not None:
            self.node._stop("before_destroying")
        return super().destroy(names, destroyed_at)


def found(home: Home, name: str, region: str, sources: Sources) -> None:
    """As ``bootstrap.found_node``, with the world's randomness."""
    home.lay()
    store_id = UUID(bytes=sources.entropy(16), version=4)
    keys = home.write_keys(None, sources.entropy)
    settings = Settings(
        node=name,
        store=STORE_FILE,
        clock="simulated",
        store_id=str(store_id),
        index_check=index_check(keys.index),
        founder=base64text.encode(keys.node.signing_key().public),
    )
    wrap, file = keys.wrap.secret, home.data_keys_file
    DataKeys.create(file, wrap, clock=sources.wall, entropy=sources.entropy).close()
    store = open_store(home.store_url(settings), create=True, node=name, store_id=store_id)
    try:
        charter = Charter(name, region, "simulated")
        bootstrap._write_first_entries(store, charter, keys, sources.now)
        bootstrap._begin(store, keys.node.signing_key(), home, settings, sources.now)
    finally:
        store.close()
    home.write_settings(settings)


def opened(home: Home, sources: Sources) -> FragileNode:
    """As ``bootstrap.open_node``, with the world's clock and randomness."""
    settings = home.read_settings()
    keys: NodeKeys = home.read_keys(PassphraseSource.given(b""))
    clock = SimulatedClock(sources.wall)
    store = open_store(home.store_url(settings), create=False, node=settings.node)
    founder = founder_of(settings, keys.node)
    keys = introduced_keys(home, store, keys, founder)
    key = keys.node.signing_key()
    sealing = NodeSealing(key, clock)
    store.sealing = sealing
    data_keys = FragileKeys(
        home.data_keys_file, keys.wrap.secret, clock=sources.wall, entropy=sources.entropy
    )
    sealer = Sealer(data_keys, sources.entropy)
    node = FragileNode(
        Parts(
            home=home,
            settings=settings,
            store=store,
            application=LedgerApplication(store, lambda: settings.node, sealer),
            data_keys=data_keys,
            clock=clock,
            signing_key=key,
            keeper=bootstrap._keeper(store, key, sealing, home, settings),
            witness_key=None,
            founder=founder,
            index_key=keys.index.secret,
            wrap_key=keys.wrap.secret,
            new_id=sources.new_id,
            now=sources.wall,
            monotonic=time.monotonic,
        )
    )
    data_keys.node = node
    return node


def copied(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder)
