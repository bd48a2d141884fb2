"""``rebuild`` and ``check``: the read models anew from the log, and held against it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import orjson

from api.cli.common import (
    add_row,
    console,
    note,
    opened,
    print_json,
    table,
    tell,
    with_home,
    with_json,
)
from api.cli.progress import progress_bar
from api.models import helpers_of, log_of, place_of
from ledger.errors import ExitCode
from ledger.node import Node
from projections.models.check import CheckReport, Difference
from projections.models.check import check as check_models
from projections.models.derive import derive
from projections.models.errors import ReadModelsDamaged
from projections.models.rebuild import Report
from projections.models.rebuild import rebuild as rebuild_models
from projections.models.runner import catch_up
from projections.models.store import Position, ReadModels, Stopped
from projections.models.tables import Stored

ABSENT = "-"
"""Where no row of that key is stored, or none should be."""


@click.command()
@with_home
@with_json
def rebuild(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, as_json: bool
) -> int:
    """Make the read models anew from the log; the old ones answer until the new ones are whole.

    Stopped and started again, it goes on where it was. Where an entry cannot be read, they are
    those before it, and the exit code is 1.
    """
    with (
        opened(home, passphrase_file, passphrase_fd) as node,
        progress_bar("rebuilding", quiet=as_json) as progress,
    ):
        try:
            position = _rebuilt(node, progress)
        except ReadModelsDamaged:
            place_of(node).discard()
            position = _rebuilt(node, progress)
        size = node.store.size()
    if as_json:
        print_json({"tree_size": size, **_position(position)})
    else:
        tell("rebuilt", position=position.size)
    _tell_stopped(position)
    return ExitCode.DONE if position.stopped is None else ExitCode.CHECK_FAILED


def _rebuilt(node: Node, progress: Report | None) -> Position:
    with ReadModels(place_of(node)) as models:
        return rebuild_models(
            log_of(node), models, derive, helpers=helpers_of(node), progress=progress
        )


@click.command()
@with_home
@with_json
def check(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, as_json: bool
) -> int:
    """Hold every row of the read models against the log, and name those that differ.

    Where there are none yet, they are made first.
    """
    with (
        opened(home, passphrase_file, passphrase_fd) as node,
        progress_bar("checking", quiet=as_json) as progress,
        ReadModels(place_of(node)) as models,
    ):
        position = models.position()
        if position is None or not position.is_current:  # nobody has asked this program yet
            catch_up(log_of(node), models, derive, helpers=helpers_of(node), progress=progress)
        report = check_models(
            log_of(node), models, derive, helpers=helpers_of(node), progress=progress
        )
        size = node.store.size()
    if as_json:
        print_json({"tree_size": size, **_report(report)})
    else:
        _tell(report)
    _tell_stopped(report.position)
    return ExitCode.DONE if report.ok else ExitCode.CHECK_FAILED


def _position(position: Position) -> dict[str, object]:
    stopped = position.stopped
    told: dict[str, object] = {"position": position.size}
    return told if stopped is None else told | {"stopped": _stopped(stopped)}


def _stopped(stopped: Stopped) -> dict[str, object]:
    return {"index": stopped.index, "reason": stopped.reason}


def _report(report: CheckReport) -> dict[str, object]:
    return {
        **_position(report.position),
        "ok": report.ok,
        "rows": report.rows,
        "differences": [_difference(each) for each in report.differences],
        "omitted": report.omitted,
        "unreadable": [_stopped(each) for each in report.faults],
    }


def _difference(found: Difference) -> dict[str, object]:
    return {
        "table": found.table,
        "key": dict(found.key),
        "stored": None if found.stored is None else dict(found.stored),
        "rebuilt": None if found.rebuilt is None else dict(found.rebuilt),
    }


def _tell(report: CheckReport) -> None:
    for fault in report.faults:
        note("models_unreadable", index=fault.index, reason=fault.reason)
    count = len(report.differences) + report.omitted
    position = report.position.size
    if not count:
        if report.ok:
            tell("models_ok", rows=report.rows, position=position)
        return
    tell("models_differ", count=count, position=position)
    made = table("checking", "in_table", "row_key", "stored", "rebuilt_value")
    for each in report.differences:
        stored, rebuilt = _unlike(each.stored, each.rebuilt)
        add_row(made, each.table, _told(each.key), stored, rebuilt)
    console().print(made)


def _unlike(
    stored: Mapping[str, Stored] | None, rebuilt: Mapping[str, Stored] | None
) -> tuple[str, str]:
    """What is not the same of the two; of one alone, all of it."""
    if stored is None or rebuilt is None:
        return _told(stored), _told(rebuilt)
    names = [name for name in stored if stored[name] != rebuilt[name]]
    return _told({n: stored[n] for n in names}), _told({n: rebuilt[n] for n in names})


def _told(values: Mapping[str, Stored] | None) -> str:
    return ABSENT if values is None else orjson.dumps(dict(values)).decode()


def _tell_stopped(position: Position) -> None:
    if position.stopped is not None:
        note("models_stopped", index=position.stopped.index, reason=position.stopped.reason)
