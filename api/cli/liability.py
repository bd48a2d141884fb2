"""``liability``: who bears the days of a sanction, and the trail that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Final

import click
import orjson

from api.cli.common import (
    DAY,
    FILE,
    KNOWN_AT,
    add_row,
    console,
    language,
    note,
    opened,
    table,
    tell,
    with_at,
    with_home,
    with_json,
)
from api.cli.files import print_bytes
from api.cli.history import print_limits
from api.cli.labels import named
from api.cli.looks import require_all_or_none, with_reader
from api.cli.writing import writing
from api.liability import TrailQuestion, TrailTold, answer_json, ask_trail, page, sign_trail
from ledger.clock import NotSimulated
from ledger.errors import Phrase
from projections.liability.phrases import ACTS, OPEN, ROLES, Chinese, phrase
from projections.liability.prov import to_prov_json
from projections.liability.seen import SeenTrail
from projections.liability.svg import draw
from projections.reader import Public

FORMATS: Final = ("json", "prov", "svg", "html")


@click.command()
@click.argument("sanction", required=False)
@with_home
@click.option("--record", help="All sanctions that rest on this record, in place of one.")
@click.option("--labels", type=FILE, help="Where @LABEL is looked up, as `apply` keeps it.")
@click.option("--valid-at", type=DAY, help="Count no day from this one on.")
@click.option("--known-at", type=KNOWN_AT, help="As known at this instant or tree size; else now.")
@with_reader
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="JSON, W3C PROV-JSON, an SVG graph, or a signed report to print.",
)
@click.option("-o", "--output", type=FILE, help="Write it here; else to standard output.")
@click.option("--statement", type=FILE, help="Write the signed report, with its proofs, here.")
@with_at
@with_json
def liability(
    sanction: str | None,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    record: str | None,
    labels: Path | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    form: str | None,
    output: Path | None,
    statement: Path | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Who bears the days of SANCTION (an id, or @LABEL), and the trail that shows it."""
    require_all_or_none(operator, purpose, basis, organisation)
    if (sanction is None) == (record is None):
        raise click.UsageError("give SANCTION or --record, one of them")
    if record is not None and (statement is not None or form not in {None, "json"}):
        raise click.UsageError("--record is told as JSON or as a table; name one SANCTION")
    if as_json and output is None and form in {"svg", "html"}:
        raise click.UsageError("--json leaves standard output to JSON; write it with --output")
    form = "json" if form is None and as_json else form
    if output is not None and form is None:
        raise click.UsageError("--output needs --format")
    question = TrailQuestion(
        sanction=None if sanction is None else named(sanction, labels),
        record=None if record is None else named(record, labels),
        valid_at=valid_at,
        known_at=known_at,
        operator=operator,
        purpose=purpose,
        basis=basis,
        organisation=organisation,
        at=at,
    )
    with opened(home, passphrase_file, passphrase_fd) as node, ExitStack() as stack:
        if at is not None and not node.is_simulated:
            raise NotSimulated
        # Places are taken before the look is registered, files put there as a whole.
        put = None if output is None else stack.enter_context(writing(output))
        keep = None if statement is None else stack.enter_context(writing(statement))
        told = ask_trail(node, question)
        is_signed = keep is not None or (form == "html" and not isinstance(told.reader, Public))
        signed = sign_trail(node, question, told) if is_signed else None
        if keep is not None and signed is not None:
            keep(signed)
        made = None if form is None else _made(told, question, form, signed)
        if put is not None and made is not None:
            put(made)
    _show(told, made if output is None else None, output, as_json=as_json)
    return 0


def _made(told: TrailTold, question: TrailQuestion, form: str, signed: bytes | None) -> bytes:
    chinese: Chinese = "zh-TW" if language() == "zh-TW" else "zh-CN"
    if form == "html":
        return page(told, chinese, signed)
    if form == "json":
        return orjson.dumps(answer_json(told, question.record)) + b"\n"
    (one,) = told.trails
    return to_prov_json(one.trail) if form == "prov" else draw(one.trail, chinese).encode()


def _show(told: TrailTold, made: bytes | None, output: Path | None, *, as_json: bool) -> None:
    """To standard output, what was made; else tables for a person."""
    if made is not None:
        print_bytes(made)
        return
    if output is not None:
        (note if as_json else tell)("report_written", path=output)
        return
    if told.as_of_last_entry:
        note("as_of_last")
    if not told.trails:
        tell("no_sanction_rests")
    for one in told.trails:
        _show_trail(one, told)
    print_limits(dict.fromkeys(each.code for one in told.trails for each in one.trail.limits))


def _show_trail(one: SeenTrail, told: TrailTold) -> None:
    trail = one.trail
    tell(
        "trail_asked",
        sanction=trail.sanction or "-",
        known_on=told.known_on,
        tree_size=told.tree_size,
    )
    tell("days_title", total=trail.days.total)
    days = table("days", "party", "role", "days", "spans")
    for each in trail.days.parties:
        spans = ", ".join(f"[{since}, {until})" for since, until in each.spans)
        add_row(days, each.party, _said(ROLES, each.role), each.days, spans)
    console().print(days)
    answer = trail.answer
    if answer.due_on is not None:
        tell(
            "answer_missing" if answer.answered_on is None else "answer_late",
            due_on=answer.due_on,
            answered_on=answer.answered_on,
            overdue="-" if answer.overdue_working_days is None else answer.overdue_working_days,
        )
        if answer.provisional:
            note("answer_provisional")
    steps = table("trail", "node", "entry", "on", "what", "actor")
    for step in trail.steps:
        add_row(steps, step.node, step.index, step.on, _said(ACTS, step.what), step.actor)
    console().print(steps)
    if trail.open:
        still = table("open", "what", "party", "about")
        for item in trail.open:
            add_row(still, _said(OPEN, item.code), item.party or "-", item.about or "-")
        console().print(still)
    if one.why is not None:
        note("withheld_note", why=one.why, what=", ".join(one.masked))


def _said(words: Mapping[str, Phrase], code: str) -> str:
    return phrase(words, code).message(language())
