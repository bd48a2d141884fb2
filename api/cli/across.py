"""``report``, ``exchange assess`` and ``exchange passed``: what crosses a border, and its list."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import get_args

import click
from pydantic import ValidationError

from api.asking import Question, ask
from api.attached import attached
from api.cli.common import (
    DAY,
    FILE,
    KNOWN_AT,
    STAFF,
    TEXT,
    add_row,
    console,
    language,
    opened,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.files import read_input
from api.cli.looks import require_all_or_none, with_reader
from api.cli.words import say
from api.cli.writing import writing
from ledger.clock import NotSimulated
from ledger.commands.governance_commands import AssessExport
from ledger.commands.subject_commands import AttachReport
from ledger.entry import Actor
from ledger.events.across import MAX_REPORT_BYTES, REPORT_CONTENT
from ledger.events.base import SubjectKind
from ledger.identifiers import Scheme, detect_scheme, identify, parse_scheme
from ledger.orders import Order, SubjectRef
from ledger.signing import base64text
from projections.passed import Passing, passed, to_json

WITH_SCHEME = click.option("--scheme", help="Told by the identifier's form where left out.")
WITH_OPERATOR = click.option("--operator", type=STAFF, required=True, help="Staff id.")


def named_subject(identifier: str, scheme: str | None) -> tuple[Scheme, str]:
    """Scheme and normal form of an identifier as a person gives it."""
    chosen = detect_scheme(identifier) if scheme is None else parse_scheme(scheme)
    return identify(chosen, identifier)


def wrong(error: ValidationError) -> click.UsageError:
    """Which option was wrong, and how; without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).replace("_", "-") if first["loc"] else ""
    return click.UsageError(f"--{name}: {first['msg']}")


# -- exchange ----------------------------------------------------------------------------


@click.command()
@with_home
@click.option("--to", required=True, help="The node of another jurisdiction.")
@click.option("--item", "items", multiple=True, required=True, help="An item that may go there.")
@click.option("--purpose", type=TEXT, required=True, help="What for; `send` names the same.")
@click.option("--basis", type=TEXT, required=True, help="Legal basis; `send` names the same.")
@click.option("--authority", type=TEXT, required=True, help="Who assessed it.")
@click.option("--from", "from_", type=DAY, required=True, help="In force from this day.")
@click.option("--until", type=DAY, required=True, help="In force until before this day.")
@WITH_OPERATOR
@with_at
@with_json
def assess(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    to: str,
    items: tuple[str, ...],
    purpose: str,
    basis: str,
    authority: str,
    from_: date,
    until: date,
    operator: str,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Enter that an export was assessed: without one nothing is sent to another jurisdiction."""
    try:
        command = AssessExport(
            to=to,
            items=items,
            purpose=purpose,
            legal_basis=basis,
            authority=authority,
            from_=from_,
            until=until,
        )
    except ValidationError as error:
        raise wrong(error) from error
    with opened(home, passphrase_file, passphrase_fd) as node:
        done = node.execute(Order(command, Actor(node.name, operator), at=at))
    if as_json:
        print_json({"assessment": done.created})
        return
    named = ", ".join(items)
    tell("export_assessed", assessment=done.created, items=named, to=to, from_=from_, until=until)


@click.command("passed")
@click.argument("identifier")
@with_home
@WITH_SCHEME
@click.option("--known-at", type=KNOWN_AT, help="As known at this instant or tree size; else now.")
@with_reader
@with_at
@with_json
def passed_(
    identifier: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    scheme: str | None,
    known_at: datetime | int | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """List what of IDENTIFIER's records was given to other nodes, and received from them.

    Without a reader only what is public: which nodes published records came from.
    """
    require_all_or_none(operator, purpose, basis, organisation)
    chosen, identifier = named_subject(identifier, scheme)
    question = Question(
        scheme=chosen,
        identifier=identifier,
        known_at=known_at,
        operator=operator,
        purpose=purpose,
        basis=basis,
        organisation=organisation,
        at=at,
    )
    with opened(home, passphrase_file, passphrase_fd) as node:
        if at is not None and not node.is_simulated:
            raise NotSimulated
        found = passed(ask(node, question).answer)
    if as_json:
        print_json(to_json(found))
    elif found:
        show_passed(found)
    else:
        tell("nothing_passed")


def show_passed(found: tuple[Passing, ...]) -> None:
    """The list as a table."""
    columns = ("record", "direction", "node", "recorded_at", "purpose", "legal_basis", "fields")
    made = table("passed", *columns, "assessment", "entry")
    for one, line in zip(found, to_json(found), strict=True):
        fields = line["fields"]
        cells = [
            one.record,
            say(language(), f"passed_{one.direction}"),
            one.node,
            one.recorded_at.isoformat(timespec="seconds"),
            line["purpose"],
            line["legal_basis"],
            ", ".join(map(str, fields)) if isinstance(fields, list) else None,
            line["assessment"],
            one.entry,
        ]
        add_row(made, *("-" if cell in (None, "") else cell for cell in cells))
    console().print(made)


# -- report ------------------------------------------------------------------------------


@click.group()
def report() -> None:
    """Credit reports of other jurisdictions, kept as they were given."""


@report.command()
@click.argument("identifier")
@click.argument("file", type=FILE)
@with_home
@WITH_SCHEME
@click.option("--kind", type=click.Choice(get_args(SubjectKind)), help="Of a new subject.")
@click.option("--name", type=TEXT, help="Of a new subject, in its own characters.")
@click.option("--issuer", type=TEXT, required=True, help="Who issued it, as the report has it.")
@click.option("--reference", type=TEXT, required=True, help="The issuer's number of it.")
@click.option("--issued-on", type=DAY, required=True, help="The day of issue.")
@click.option("--received-on", type=DAY, help="The day it came; else the day of recording.")
@click.option("--valid-until", type=DAY, help="Until before this day, where it says so.")
@click.option("--media-type", required=True, help="For example application/pdf.")
@click.option("--language", "tongue", help="For example zh-Hant.")
@click.option("--purpose", type=TEXT, required=True, help="What it was given for.")
@click.option("--basis", type=TEXT, required=True, help="The legal basis of keeping it.")
@click.option("--organisation", required=True, help="The registrar that takes it in.")
@WITH_OPERATOR
@with_at
@with_json
def attach(
    identifier: str,
    file: Path,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    scheme: str | None,
    kind: SubjectKind | None,
    name: str | None,
    issuer: str,
    reference: str,
    issued_on: date,
    received_on: date | None,
    valid_until: date | None,
    media_type: str,
    tongue: str | None,
    purpose: str,
    basis: str,
    organisation: str,
    operator: str,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Attach the report in FILE to the subject IDENTIFIER.

    Its bytes are kept sealed and unchanged; nothing of it becomes a record.
    """
    chosen, identifier = named_subject(identifier, scheme)
    data = read_input(file, MAX_REPORT_BYTES)
    with opened(home, passphrase_file, passphrase_fd) as node:
        try:
            command = AttachReport(
                issuer=issuer,
                reference=reference,
                issued_on=issued_on,
                received_on=received_on or node.today(at),
                valid_until=valid_until,
                media_type=media_type,
                language=tongue,
                purpose=purpose,
                legal_basis=basis,
            )
        except ValidationError as error:
            raise wrong(error) from error
        done = node.execute(
            Order(
                command,
                Actor(organisation, operator),
                SubjectRef(chosen, identifier, kind, name),
                at=at,
                sealed={REPORT_CONTENT: base64text.encode(data)},
            )
        )
        assert done.subject is not None
        facts = node.subject(done.subject).state.reports[str(done.created)].facts
    if as_json:
        print_json({"report": facts.report, "digest": facts.digest, "size": facts.size})
        return
    tell("report_attached", report=facts.report, size=facts.size, digest=facts.digest)


@report.command()
@click.argument("identifier")
@click.argument("report_id", metavar="REPORT")
@with_home
@WITH_SCHEME
@WITH_OPERATOR
@click.option("--purpose", type=TEXT, required=True, help="What it is needed for.")
@click.option("--basis", type=TEXT, required=True, help="The legal basis of the look.")
@with_at
@click.option("-o", "--output", type=FILE, required=True, help="The report's bytes go here.")
@with_json
def show(
    identifier: str,
    report_id: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    scheme: str | None,
    operator: str,
    purpose: str,
    basis: str,
    at: datetime | None,
    output: Path,
    as_json: bool,
) -> None:
    """Write the bytes of REPORT, as they were given; the look is registered first."""
    chosen, identifier = named_subject(identifier, scheme)
    question = Question(
        scheme=chosen,
        identifier=identifier,
        operator=operator,
        purpose=purpose,
        basis=basis,
        at=at,
        report=report_id,
    )
    with (
        writing(output) as write,
        opened(home, passphrase_file, passphrase_fd) as node,
    ):
        facts, content = attached(node, question)
        write(content)
    if as_json:
        print_json(facts.to_json())
        return
    tell("foreign_report_written", path=output, reference=facts.reference, issuer=facts.issuer)
