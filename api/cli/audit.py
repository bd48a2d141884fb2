"""``audit``: read every entry and name every fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.common import (
    add_row,
    console,
    language,
    opened,
    print_json,
    table,
    tell,
    with_home,
    with_json,
)
from api.cli.words import say
from ledger.errors import ExitCode
from ledger.log.audit import audit as audit_log


@click.command()
@with_home
@with_json
def audit(
    home: Path, passphrase_file: Path | None, passphrase_fd: int | None, as_json: bool
) -> int:
    """Check every entry: signature, key, form, chain, index, time, columns, commitments."""
    with (
        opened(home, passphrase_file, passphrase_fd) as node,
        _bar(quiet=as_json) as progress,
    ):
        report = audit_log(node.store, node.data_keys, progress=progress)
    if as_json:
        print_json(
            {
                "ok": report.ok,
                "entries": report.entries,
                "faults": [
                    {"index": f.index, "kind": f.kind, "detail": f.detail} for f in report.faults
                ],
            }
        )
    elif report.ok:
        tell("audit_ok", entries=report.entries)
    else:
        tell("audit_faults", entries=report.entries, faults=len(report.faults) + report.omitted)
        made = table("auditing", "entry", "kind", "detail")
        for f in report.faults:
            add_row(made, str(f.index), f.kind, f.detail)
        console().print(made)
    return ExitCode.DONE if report.ok else ExitCode.CHECK_FAILED


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, for people."""
    if quiet:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(say(language(), "auditing"), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
