"""``affected``: how far a doubt reaches, and what must be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from api.affected import Doubt, tell_affected
from api.cli.common import (
    DAY,
    FILE,
    KNOWN_AT,
    STAFF,
    TEXT,
    add_row,
    console,
    language,
    note,
    table,
    with_at,
    with_home,
    with_json,
)
from api.cli.follows import KNOWN_AT_HELP, cell, show_masked
from api.cli.labels import named
from api.cli.lists import asked, with_page
from api.cli.looks import require_all_or_none
from api.listing import Listing
from projections.lists.affected_must import TEXTS
from projections.lists.affected_pages import By
from projections.lists.paging import Cut

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "subjects": ("must", "subject"),
    "records": ("must", "record", "supplier", "decided_on", "entry", "state", "since"),
    "sanctions": ("must", "sanction", "measure", "enforcer", "state", "since", "ends_on"),
    "enforcers": ("must", "enforcer", "enforcing"),
    "recipients": ("must", "recipient", "disclosed_at", "unacknowledged"),
    "unacknowledged": ("must", "recipient", "record", "required", "due_on", "entry"),
}


@click.command()
@with_home
@click.option("--record", help="This record (an id, or @LABEL).")
@click.option("--supplier", help="All that this body supplied.")
@click.option(
    "--operator",
    type=STAFF,
    help="All that this staff id entered; with --purpose and --basis, who asks.",
)
@click.option("--of-operator", type=STAFF, help="All that this staff id entered.")
@click.option("--submission", help="All of this signed submission (SHA-256 of its manifest).")
@click.option("--document", help="All of this document number.")
@click.option("--key", help="All entries that this key signed (its id).")
@click.option("--from", "since", type=DAY, help="Entered on this day or later.")
@click.option("--until", type=DAY, help="Entered before this day.")
@click.option("--labels", type=FILE, help="Where @LABEL is looked up, as `apply` keeps it.")
@click.option("--valid-at", type=DAY, help="States on this day; else today.")
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@with_page
@click.option("--purpose", type=TEXT, help="What the answer is needed for.")
@click.option("--basis", type=TEXT, help="The legal basis of the look.")
@click.option("--organisation", help="The body the operator asks for; else the node itself.")
@with_at
@with_json
def affected(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    record: str | None,
    supplier: str | None,
    operator: str | None,
    of_operator: str | None,
    submission: str | None,
    document: str | None,
    key: str | None,
    since: date | None,
    until: date | None,
    labels: Path | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    limit: int,
    after: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """All that rests on a record, a supplier, a document ... or a period, worst first."""
    asks = operator if purpose is not None or basis is not None else None
    require_all_or_none(asks, purpose, basis, organisation)
    if asks is None and operator is not None:
        if of_operator is not None:
            raise click.UsageError("give --operator or --of-operator, not both")
        of_operator = operator
    causes: dict[By, str | None] = {
        "record": None if record is None else named(record, labels),
        "supplier": supplier,
        "operator": of_operator,
        "submission": submission,
        "document": document,
        "key": key,
    }
    doubt = _doubt(causes, since, until)
    cut = Cut(limit, after)
    question = Listing(valid_at, known_at, asks, purpose, basis, organisation, at, cut)
    place = (home, passphrase_file, passphrase_fd)
    told = asked(
        place, question, lambda node: tell_affected(node, question, doubt), as_json=as_json
    )
    if told is not None:
        _show(told.made)
    return 0


def _doubt(causes: Mapping[By, str | None], since: date | None, until: date | None) -> Doubt:
    given = [(by, value) for by, value in causes.items() if value is not None]
    if len(given) > 1 or (not given and since is None and until is None):
        raise click.UsageError(
            "name one of --record, --supplier, --operator, --submission, --document, --key, "
            "or a period by --from and --until"
        )
    if since is not None and until is not None and until <= since:
        raise click.UsageError("--until is a day after --from")
    by, value = given[0] if given else (None, "")
    return Doubt(by, value, since, until)


def _show(made: dict[str, Any]) -> None:
    for name, columns in COLUMNS.items():
        if made[name]:
            _show_list(name, columns, made[name])
    if made["next"] is not None:
        more = " +" if made["is_more"] else ""
        note("left_at_least", left=made["left"], more=more, after=made["next"])
    show_masked(made)


def _show_list(name: str, columns: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> None:
    found = table(name, "wave", *columns)
    for line in lines:
        cells = [cell(line[column], name, column) for column in columns]
        cells[0] = TEXTS[line["must"]].message(language())
        add_row(found, line["wave"], *cells)
    console().print(found)
