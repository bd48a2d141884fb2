"""``tiles export``: the log as a folder that any static file server serves."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.common import FOLDER, note, opened, print_json, tell, with_home, with_json
from api.cli.progress import progress_bar
from ledger.log.export import export as export_log
from ledger.log.own_keys import checkpoint_keys


@click.group()
def tiles() -> None:
    """The log's hash tiles, for static file servers and auditors."""


@tiles.command("export")
@click.argument("folder", type=FOLDER)
@with_home
@click.option(
    "--with-entries",
    is_flag=True,
    help="For authorised auditors: entries, signatures, sealed details, submissions, all notes.",
)
@with_json
def export(
    folder: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    with_entries: bool,
    as_json: bool,
) -> None:
    """Write the newest checkpoint and its tiles to FOLDER; again, only what is new."""
    with (
        opened(home, passphrase_file, passphrase_fd) as node,
        progress_bar("exporting", quiet=as_json) as progress,
    ):
        done = export_log(
            node.store,
            folder,
            origin=node.keeper.origin,
            keys=checkpoint_keys(node.registry().node_keys.values(), node.keeper.origin),
            with_entries=with_entries,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "size": done.size,
                "root": done.root.hex(),
                "written": done.written,
                "unchanged": done.unchanged,
                "removed": done.removed,
                "with_entries": with_entries,
            }
        )
        return
    tell("exported", size=done.size, folder=folder, written=done.written, same=done.unchanged)
    if with_entries:
        note("exported_entries", folder=folder)
