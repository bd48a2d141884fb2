"""``history``: a subject's entries and state, on any pair of dates."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click
import orjson

from api.asking import Question, Told, ask
from api.cli.across import show_passed
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
    opened,
    print_json,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.writing import writing
from api.stating import state
from ledger.clock import NotSimulated
from ledger.identifiers import detect_scheme, identify, parse_scheme
from projections.answer import Answer, to_json
from projections.liability.limits import TEXTS
from projections.liability.phrases import phrase
from projections.passed import passed
from projections.statement_limits import LIMITS, limits_of

MAX_IDENTIFIER = 256
"""Characters read from standard input; identifiers have at most a few dozen."""

ALL_LIMITS = {**TEXTS, **LIMITS}

LOCAL_TIME = "%Y-%m-%d %H:%M:%S.%f"


@click.command()
@click.argument("identifier")
@with_home
@click.option("--scheme", help="Told by the identifier's form where this is left out.")
@click.option("--valid-at", type=DAY, help="In force on this day; else today.")
@click.option("--known-at", type=KNOWN_AT, help="As known at this instant or tree size; else now.")
@click.option(
    "--operator", type=STAFF, help="Staff id; with purpose and basis the look is registered."
)
@click.option("--purpose", type=TEXT, help="What the answer is needed for.")
@click.option("--basis", type=TEXT, help="The legal basis of the look.")
@click.option("--organisation", help="The body the operator asks for; else the node itself.")
@click.option(
    "--statement", type=FILE, help="Write the answer, signed and with its proofs, to this file."
)
@with_at
@with_json
def history(
    identifier: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    scheme: str | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    statement: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """The history of IDENTIFIER (- reads it from standard input)."""
    given = [operator, purpose, basis]
    if any(given) and not all(text and text.strip() for text in given):
        raise click.UsageError("--operator, --purpose and --basis go together")
    if organisation is not None and operator is None:
        raise click.UsageError("--organisation needs --operator, --purpose and --basis")
    if identifier == "-":
        identifier = sys.stdin.read(MAX_IDENTIFIER).strip()
    chosen = detect_scheme(identifier) if scheme is None else parse_scheme(scheme)
    chosen, identifier = identify(chosen, identifier)
    with opened(home, passphrase_file, passphrase_fd) as node:
        if at is not None and not node.is_simulated:
            raise NotSimulated
        question = Question(
            scheme=chosen,
            identifier=identifier,
            valid_at=valid_at,
            known_at=known_at,
            operator=operator,
            purpose=purpose,
            basis=basis,
            organisation=organisation,
            at=at,
            statement=statement is not None,
        )
        if statement is None:
            told = ask(node, question)
        else:
            # The place is taken before the look is registered, the file put there as a whole.
            with writing(statement) as write:
                told = ask(node, question)
                write(state(node, question, told))
    if as_json:
        print_json(to_json(told.answer))
    else:
        _show(told)
        if statement is not None:
            tell("statement_written", path=statement)
            print_limits(limits_of(question.scheme, told.answer))
    return 0


def print_limits(codes: Iterable[str]) -> None:
    """What a statement does not prove, a line each."""
    for code in codes:
        click.echo(f"- {phrase(ALL_LIMITS, code).message(language())}")


def _show(told: Told) -> None:
    answer = told.answer
    tell(
        "asked",
        valid_at=answer.valid_at,
        known_at="-" if answer.known_at is None else answer.known_at.isoformat(),
        tree_size=answer.tree_size,
    )
    if told.as_of_last_entry:
        note("as_of_last")
    if answer.subject is None and not answer.masked:
        tell("nothing_held")
        return
    _show_state(answer)
    _show_timeline(answer)
    if given := passed(answer):
        show_passed(given)
    if answer.masked:
        masked = table("masked", "what", "why")
        for each in answer.masked:
            add_row(masked, each.what, each.why)
        console().print(masked)


def _show_state(answer: Answer) -> None:
    records = table("records", "record", "item", "state", "since", "because")
    for line in answer.records:
        add_row(
            records, line.record, line.item, line.state, str(line.since), _indices(line.because)
        )
    console().print(records)
    if not answer.sanctions:
        return
    sanctions = table(
        "sanctions",
        "sanction",
        "measure",
        "state",
        "since",
        "starts_on",
        "ends_on",
        "enforcement",
        "because",
    )
    for each in answer.sanctions:
        reported = each.enforcement
        add_row(
            sanctions,
            each.sanction,
            each.measure,
            each.state,
            str(each.since),
            str(each.starts_on),
            str(each.ends_on),
            "-" if reported.state is None else f"{reported.state} {reported.on}",
            _indices(each.because),
        )
    console().print(sanctions)


def _show_timeline(answer: Answer) -> None:
    timeline = table("timeline", "entry", "type", "recorded_at", "facts")
    for line in answer.entries:
        facts = orjson.dumps({**line.facts, **line.details}).decode()
        add_row(timeline, str(line.index), line.type, line.recorded_at.strftime(LOCAL_TIME), facts)
    console().print(timeline)


def _indices(because: tuple[int, ...]) -> str:
    return ", ".join(str(index) for index in because)
