"""``submission sign`` and ``import``."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import click

from api.cli.common import (
    FILE,
    STAFF,
    add_row,
    console,
    language,
    note,
    opened,
    passphrase_source,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.progress import progress_bar
from api.cli.words import say
from ledger.bootstrap import bulk_writer, new_secret
from ledger.entry import Actor
from ledger.errors import ExitCode
from ledger.identifiers import normalise_organisation_id
from ledger.intake.files import open_table
from ledger.intake.importer import Importer, Outcome
from ledger.intake.rejects import RejectsWriter, default_rejects_path
from ledger.intake.rows import RejectedRow
from ledger.intake.submitted import (
    Submitted,
    check_manifest,
    read_manifest_bytes,
    sign_as_supplier,
    sign_for_supplier,
)
from ledger.intake.table import Table
from ledger.intake.template import Template, match_template
from ledger.node import Node
from ledger.signing.keyfile import read_key_file

XLSX_SHRINKS = 5
"""A workbook is about so many times smaller than its text as CSV."""

SHOWN_REJECTS = 20
"""Rows shown to a person; all of them are in the rejects file."""


@click.group()
def submission() -> None:
    """Signed submissions of suppliers."""


@submission.command("sign")
@click.argument("file", type=FILE)
@click.option("--supplier", required=True, help="The supplier's registered id.")
@click.option("--key", "key_file", type=FILE, required=True, help="The supplier's key file.")
@click.option("-o", "--output", type=FILE, required=True, help="The manifest to write.")
@click.option("--passphrase-file", type=FILE, help="The passphrase of a locked key.")
@click.option("--passphrase-fd", type=int, help="Read the passphrase from this descriptor.")
def sign(
    file: Path,
    supplier: str,
    key_file: Path,
    output: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
) -> None:
    """Sign a manifest of FILE: its digest and one salted commitment for each row."""
    _, code = normalise_organisation_id(supplier)
    _require_free_place(output, file, key_file)
    source = passphrase_source(passphrase_file, passphrase_fd)
    signing_key = read_key_file(key_file, source, purpose="organisation").signing_key()
    with open_table(file) as opened_table:
        template = match_template(opened_table)
        manifest, rows = sign_as_supplier(
            opened_table, template, supplier=code, key=signing_key, secret=new_secret()
        )
    temporary = output.with_name(output.name + ".new")
    try:
        temporary.write_bytes(manifest)
        temporary.replace(output)
    except OSError as error:
        raise click.FileError(str(output), error.strerror or "") from error
    tell("signed", rows=rows, supplier=code, path=output)


def _require_free_place(output: Path, *inputs: Path) -> None:
    """A manifest replaces an earlier one, never what it is made from, a folder or a device."""
    try:
        if output.exists() and not output.is_file():
            raise click.FileError(str(output), "not a regular file; name another place")
        if any(output.exists() and each.exists() and output.samefile(each) for each in inputs):
            raise click.FileError(str(output), "the file or the key itself; name another place")
    except OSError as error:
        raise click.FileError(str(output), error.strerror or "") from error


@click.command("import")
@click.argument("file", type=FILE)
@with_home
@click.option("--supplier", required=True, help="The supplier's registered id.")
@click.option(
    "--operator", type=STAFF, required=True, help="Staff id of whoever hands the file in."
)
@click.option("--submission", "manifest_file", type=FILE, help="The supplier's signed manifest.")
@click.option("--rejects", "rejects_file", type=FILE, help="Else FILE.rejects.csv.")
@with_at
@with_json
def import_(
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    supplier: str,
    operator: str,
    manifest_file: Path | None,
    rejects_file: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Import a 双公示 file: good rows become entries, bad ones come back with a reason."""
    _, code = normalise_organisation_id(supplier)
    actor = Actor(code, operator)
    with ExitStack() as stack:
        opened_table = stack.enter_context(open_table(file))
        template = match_template(opened_table)
        node = stack.enter_context(opened(home, passphrase_file, passphrase_fd))
        if not as_json:
            _notes(opened_table, template)
        bulk = stack.enter_context(bulk_writer(node, _bulk(opened_table)))
        submitted = _submitted(node, opened_table, template, actor, manifest_file, at)
        path = rejects_file or default_rejects_path(file)
        writer = RejectsWriter(path, template, file, language=language())
        with writer, progress_bar("importing", quiet=as_json) as progress:
            importer = Importer(node, template, submitted, actor, at, writer.write, bulk)
            outcome = importer.run(opened_table, progress)
    _report(outcome, writer, as_json=as_json)
    return ExitCode.REFUSED if outcome.rejected else ExitCode.DONE


def _bulk(table: Table) -> int:
    """About how many bytes of text a file holds."""
    return table.path.stat().st_size * (XLSX_SHRINKS if table.format == "xlsx" else 1)


def _submitted(
    node: Node,
    table: Table,
    template: Template,
    actor: Actor,
    manifest_file: Path | None,
    at: datetime | None,
) -> Submitted:
    """The supplier's own manifest, checked, or one the registrar signs for it."""
    if manifest_file is None:
        return sign_for_supplier(
            table,
            template,
            operator=actor.operator,
            supplier=actor.organisation,
            key=node.signing_key,
            index_key=node.index_hmac_key(),
        )
    return check_manifest(
        read_manifest_bytes(manifest_file),
        table,
        template,
        supplier=actor.organisation,
        registry=node.registry(),
        today=node.today(at),
    )


def _notes(table: Table, template: Template) -> None:
    if template.unknown_columns:
        note("unknown_columns", columns=", ".join(template.unknown_columns))
    if table.ignored_sheets:
        note("ignored_sheets", sheets=", ".join(table.ignored_sheets))


def _report(outcome: Outcome, writer: RejectsWriter, *, as_json: bool) -> None:
    rejected = sorted(outcome.rejected, key=lambda row: row.number)
    written = None if writer.written is None else str(writer.written)
    if as_json:
        print_json(
            {
                "rows": outcome.rows,
                "accepted": outcome.accepted,
                "already_recorded": outcome.already_recorded,
                "rejected": [_told(row) for row in rejected],
                "rejects_file": written,
            }
        )
        return
    counts = table("rows", "rows", "accepted", "already_recorded", "rejected")
    add_row(
        counts,
        str(outcome.rows),
        str(outcome.accepted),
        str(outcome.already_recorded),
        str(len(rejected)),
    )
    console().print(counts)
    if rejected:
        bad = table("rejected", "row", "reason", "message")
        for row in rejected[:SHOWN_REJECTS]:
            add_row(bad, str(row.number), row.reason, row.message(language()))
        if len(rejected) > SHOWN_REJECTS:
            add_row(bad, "…", "", "")
        console().print(bad)
        click.echo(f"{say(language(), 'rejects_file')}: {written}")
    if writer.moved_aside is not None:
        note("moved_aside", path=writer.moved_aside)


def _told(row: RejectedRow) -> dict[str, object]:
    return {"row": row.number, "reason": row.reason, "message": row.message(language())}
