"""A backup restored under a program that has the node open: it does not write on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ledger.commands.lines import parse_line
from ledger.log.keeper import StoreBehind
from ledger.node import Node
from tests.integration.backups import Backup, FileBackup, back_up
from tests.integration.driving import Founded
from tests.integration.material import at, collect


@pytest.fixture
def backup(
    request: pytest.FixtureRequest, simulated: Founded, store: str, tmp_path: Path
) -> Backup:
    """Of the node with one record."""
    url = request.getfixturevalue("postgres_url") if store == "postgres" else None
    done = simulated.apply(tmp_path, [collect(at=at("03-02"))])
    assert done.code == 0, done.out
    return back_up(simulated, tmp_path, url)


def restored_in_place(backup: Backup) -> None:
    """Whoever has the store open sees what was restored."""
    if not isinstance(backup, FileBackup):
        backup.restore()
        return
    place = backup.node.home / "ledger.sqlite"
    with closing(sqlite3.connect(backup.copy)) as source, closing(sqlite3.connect(place)) as target:
        source.backup(target)


def carry_out(node: Node, number: int) -> None:
    line = json.dumps(collect(number, at=at("03-05")), ensure_ascii=False)
    node.execute(parse_line(line.encode(), {}).order)


def test_a_store_that_became_smaller_is_not_written_to(simulated: Founded, backup: Backup) -> None:
    """A program that knows of more entries carries out nothing and signs nothing."""
    with simulated.opened() as node:
        carry_out(node, 2)
        node.settle()
        restored_in_place(backup)
        size, newest = node.store.size(), node.store.notes("checkpoint")
        with pytest.raises(StoreBehind):
            carry_out(node, 3)
        with pytest.raises(StoreBehind):
            node.settle()
        assert (node.store.size(), node.store.notes("checkpoint")) == (size, newest)


def test_nothing_is_signed_behind_the_mark_of_another_program(
    simulated: Founded, backup: Backup, tmp_path: Path
) -> None:
    """A program that was open before others wrote what was lost meets their mark."""
    with ExitStack() as program:
        node = program.enter_context(simulated.opened())
        node.keeper.require_whole()
        assert simulated.apply(tmp_path, [collect(2, at=at("03-03"))]).code == 0
        restored_in_place(backup)
        newest = node.store.notes("checkpoint")
        carry_out(node, 3)
        with pytest.raises(StoreBehind):
            node.settle()
        assert node.store.notes("checkpoint") == newest
        with pytest.raises(StoreBehind):
            program.close()
