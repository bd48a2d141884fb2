"""``sanctions``, ``deadlines`` and ``quality``: lists across subjects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from api.cli.common import (
    DAY,
    KNOWN_AT,
    note,
    opened,
    print_json,
    with_at,
    with_home,
    with_json,
)
from api.cli.follows import KNOWN_AT_HELP, TERM_COLUMNS, VALID_AT, show, show_head, show_masked
from api.cli.looks import require_all_or_none, with_reader
from api.listing import (
    Find,
    Listing,
    Told,
    enforcers,
    publications,
    tell_list,
)
from api.listing import (
    deadlines as deadlines_of,
)
from api.listing import (
    quality as quality_of,
)
from api.listing import (
    sanctions as sanctions_of,
)
from ledger.clock import NotSimulated
from ledger.node import Node
from ledger.subject.status import SanctionStateName
from projections.lists.deadlines import Due
from projections.lists.paging import LIMIT, MAX_LIMIT, Cut
from projections.lists.sanctions import IN_FORCE, Which
from projections.models.rows import DeadlineKind

F = TypeVar("F", bound=Callable[..., Any])
STATES: Final = click.Choice(get_args(SanctionStateName))
KINDS: Final = click.Choice(get_args(DeadlineKind))


def with_page(command: F) -> F:
    """``--limit`` and ``--after``."""
    for option in (
        click.option("--after", help="Go on after the line that the page before named `next`."),
        click.option(
            "--limit", type=click.IntRange(1, MAX_LIMIT), default=LIMIT, show_default=True
        ),
    ):
        command = option(command)
    return command


def answered(
    place: tuple[Path, Path | None, int | None], question: Listing, find: Find, *, as_json: bool
) -> Told | None:
    """The answer of ``find``, printed already where JSON is asked for."""
    return asked(place, question, lambda node: tell_list(node, question, find), as_json=as_json)


def asked(
    place: tuple[Path, Path | None, int | None],
    question: Listing,
    tell: Callable[[Node], Told],
    *,
    as_json: bool,
) -> Told | None:
    """What ``tell`` says, printed already where JSON is asked for."""
    require_all_or_none(question.operator, question.purpose, question.basis, question.organisation)
    with opened(*place) as node:
        if question.at is not None and not node.is_simulated:
            raise NotSimulated
        told = tell(node)
    stopped = told.position.stopped
    if stopped is not None:
        note(
            "stopped_at",
            position=told.position.size,
            index=stopped.index,
            reason=stopped.reason,
        )
    if as_json:
        print_json(told.made)
        return None
    show_head(told.made, clipped=told.as_of_last_entry)
    return told


def show_left(told: Told) -> None:
    if told.made.get("left"):
        note("left", left=told.made["left"], after=told.made["next"])
    show_masked(told.made)


@click.command()
@with_home
@click.option("--valid-at", type=DAY, help=VALID_AT)
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@click.option("--state", "states", type=STATES, multiple=True, help="[default: in_force]")
@click.option("--measure", "measures", multiple=True, help="Only this measure.")
@click.option("--enforcer", "enforcers_", multiple=True, help="Only of this enforcer.")
@click.option("--publications", "published", is_flag=True, help="What is published instead.")
@click.option("--per-enforcer", is_flag=True, help="Numbers by enforcer, with its reports.")
@with_page
@with_reader
@with_at
@with_json
def sanctions(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    states: tuple[str, ...],
    measures: tuple[str, ...],
    enforcers_: tuple[str, ...],
    published: bool,
    per_enforcer: bool,
    limit: int,
    after: str | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Who is under which measure on a day."""
    if published and per_enforcer:
        raise click.UsageError("give --publications or --per-enforcer, not both")
    if published and (states or measures or enforcers_):
        raise click.UsageError(
            "--state, --measure and --enforcer choose sanctions, no publications"
        )
    if per_enforcer and after is not None:
        raise click.UsageError("--per-enforcer has one page; leave --after out")
    cut = Cut(limit, after)
    question = Listing(valid_at, known_at, operator, purpose, basis, organisation, at, cut)
    all_states = tuple(get_args(SanctionStateName)) if per_enforcer else IN_FORCE
    which = Which(states or all_states, measures, enforcers_)
    find = sanctions_of(which)
    if published:
        find = publications()
    elif per_enforcer:
        find = enforcers(which)
    place = (home, passphrase_file, passphrase_fd)
    told = answered(place, question, find, as_json=as_json)
    if told is not None:
        made: Any = told.made
        if published:
            columns = ("subject", "record", "item", "supplier", "organ", "published_from")
            show("publications", (*columns, "published_until"), made["publications"])
        elif per_enforcer:
            lines = [{**each, "many": each["sanctions"]} for each in made["enforcers"]]
            columns_ = ("enforcer", "measure", "state", "reported", "many")
            show("per_enforcer", columns_, lines)
        else:
            columns = ("subject", "sanction", "measure", "state", "starts_on", "ends_on")
            show("sanctions", (*columns, "enforcer", "enforcement"), made["sanctions"])
        show_left(told)
    return 0


@click.command()
@with_home
@click.option("--valid-at", type=DAY, help="Due or late on this day; else today.")
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@click.option("--overdue", is_flag=True, help="Only what is late.")
@click.option("--met", is_flag=True, help="What is met already, too.")
@click.option("--kind", "kinds", type=KINDS, multiple=True, help="Only this kind.")
@click.option("--body", "bodies", multiple=True, help="Only of this body.")
@with_page
@with_reader
@with_at
@with_json
def deadlines(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    overdue: bool,
    met: bool,
    kinds: tuple[str, ...],
    bodies: tuple[str, ...],
    limit: int,
    after: str | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """What falls due, and what is late."""
    if overdue and met:
        raise click.UsageError("give --overdue or --met, not both")
    cut = Cut(limit, after)
    question = Listing(valid_at, known_at, operator, purpose, basis, organisation, at, cut)
    place = (home, passphrase_file, passphrase_fd)
    find = deadlines_of(Due(overdue, met, kinds, bodies))
    told = answered(place, question, find, as_json=as_json)
    if told is not None:
        made: Any = told.made
        show("deadlines", ("subject", *TERM_COLUMNS), made["deadlines"])
        show_left(told)
    return 0


@click.command()
@with_home
@click.option("--from", "since", type=DAY, help="Only acts from this day on.")
@click.option("--valid-at", type=DAY, help="Acts up to this day; else today.")
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@click.option("--supplier", help="Only this one.")
@with_reader
@with_at
@with_json
def quality(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    since: date | None,
    valid_at: date | None,
    known_at: datetime | int | None,
    supplier: str | None,
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """How well suppliers supplied: wrong codes, corrections, withdrawals, late answers."""
    question = Listing(valid_at, known_at, operator, purpose, basis, organisation, at)
    place = (home, passphrase_file, passphrase_fd)
    told = answered(place, question, quality_of(since, supplier), as_json=as_json)
    if told is not None:
        made: Any = told.made
        numbers = ("collected", "code_errors", "code_error_per_mille", "within_limit")
        acts = ("corrected", "withdrawn", "answers", "late_answers")
        show("suppliers", ("supplier", *numbers, *acts), made["suppliers"])
    return 0
