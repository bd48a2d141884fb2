"""``audit``: read every entry and name every fault."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

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
from api.cli.progress import progress_bar
from ledger.bootstrap import audit_helpers, let_erase
from ledger.errors import ExitCode, LedgerError
from ledger.log.audit import audit as audit_log
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.faults import AuditReport
from ledger.log.kept import Known
from ledger.log.outside import read_outside
from ledger.log.own_keys import checkpoint_keys
from ledger.node import Node
from ledger.restoring import remember
from ledger.vouching import require_good_signature


@click.command()
@with_home
@with_json
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="What others hold of this log: a signed checkpoint, a .tlog-proof file or a witness's "
    "answer; may be given several times.",
)
def audit(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    as_json: bool,
    against: tuple[Path, ...],
) -> int:
    """Check every entry, the tree, commitments, checkpoints, cosignatures, the high-water mark."""
    outside = tuple(map(read_outside, against))
    with (
        opened(home, passphrase_file, passphrase_fd) as node,
        progress_bar("auditing", quiet=as_json) as progress,
    ):
        keeper = node.keeper
        known = Known(
            mark=keeper.high_water.read(),
            mark_state=keeper.high_water.state(keeper.store_id, keeper.origin),
            witnesses=node.witnessing.policy.witness_keys,
            outside=outside,
        )
        report = audit_log(
            node.store,
            node.data_keys,
            progress=progress,
            # A log rewritten from its first entry under another key is not this node's.
            trusted_keys=(node.founder,),
            known=known,
            helpers=audit_helpers(node),
            pause=let_erase,
        )
        for each in outside:
            if each.checkpoint is not None:
                _remember(node, each.checkpoint)
    if as_json:
        _print(report)
    else:
        _tell(report)
    return ExitCode.DONE if report.ok else ExitCode.CHECK_FAILED


def _remember(node: Node, signed: SignedCheckpoint) -> None:
    """What shows that the store is behind, or another, raises the mark; the report tells it."""
    if signed.checkpoint.origin == node.keeper.origin:
        with suppress(LedgerError):
            require_good_signature(signed, node.registry())
            if _is_of_a_key_in_use(node, signed):
                remember(node, signed)


def _is_of_a_key_in_use(node: Node, signed: SignedCheckpoint) -> bool:
    """Whether its key still held when its last entry, or the last that is here, was recorded.

    Entries that are missing here came later: a key that had ended signed nothing about them.
    """
    last = min(signed.checkpoint.size, node.store.size())
    at = [stored.recorded_at for stored in node.store.scan(last - 1, last)] if last else []
    keys = (key for key in node.registry().node_keys.values() if all(map(key.valid_at, at)))
    return bool(signed.note.verified_if_any(checkpoint_keys(keys, node.keeper.origin)))


def _print(report: AuditReport) -> None:
    told: dict[str, object] = {
        "ok": report.ok,
        "entries": report.entries,
        "faults": [{"index": f.index, "kind": f.kind, "detail": f.detail} for f in report.faults],
    }
    if report.omitted:
        told["omitted"] = report.omitted
    if report.remarks:
        told["remarks"] = [{"kind": one.kind, "detail": one.detail} for one in report.remarks]
    print_json(told)


def _tell(report: AuditReport) -> None:
    if report.ok:
        tell("audit_ok", entries=report.entries)
    else:
        tell("audit_faults", entries=report.entries, faults=len(report.faults) + report.omitted)
        made = table("auditing", "entry", "kind", "detail")
        for f in report.faults:
            add_row(made, str(f.index), f.kind, f.detail)
        console().print(made)
    for one in report.remarks:
        click.echo(f"{one.message(language())} ({one.detail})", err=True)
