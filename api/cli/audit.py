"""``audit``: read every entry and name every fault."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.common import (
    add_row,
    console,
    opened,
    print_json,
    table,
    tell,
    with_home,
    with_json,
)
from api.cli.progress import progress_bar
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
        progress_bar("auditing", quiet=as_json) as progress,
    ):
        # A log rewritten from its first entry under another key is not this node's.
        own = (node.founder,)
        report = audit_log(node.store, node.data_keys, progress=progress, trusted_keys=own)
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
