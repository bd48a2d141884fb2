"""The read models of an open node: where they lie, who helps, and that they follow the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.node import Node
from ledger.storage.opening import StoreAddress
from projections.models.derive import derive
from projections.models.following import Log
from projections.models.place import Place
from projections.models.rebuild import Helpers, Report
from projections.models.runner import catch_up
from projections.models.store import ReadModels


def place_of(node: Node) -> Place:
    return Place.of(node.home.path, node.home.store_url(node.settings), node.name)


def log_of(node: Node) -> Log:
    return Log(node.store, node.founder)


def helpers_of(node: Node) -> Helpers:
    """One process for each core that this one may use; it only waits for them."""
    address = StoreAddress(node.home.store_url(node.settings), node.name)
    return Helpers(address, place_of(node), len(os.sched_getaffinity(0)))


@contextmanager
def read_models(node: Node, progress: Report | None = None) -> Iterator[ReadModels]:
    """The node's read models, as far as the log goes.

    They stand earlier where an entry cannot be read: ``Reading.position`` says so.
    """
    with ReadModels(place_of(node)) as models:
        catch_up(log_of(node), models, derive, helpers=helpers_of(node), progress=progress)
        yield models
