"""``status``, ``periods`` and ``diff``: what follows for one subject."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click

from api.cli.code_words import in_words, words_of
from api.cli.common import (
    DAY,
    KNOWN_AT,
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
from api.cli.history import MAX_IDENTIFIER
from api.cli.looks import require_all_or_none, with_reader
from api.cli.words import say
from api.following import (
    Following,
    Made,
    Seen,
    difference_json,
    follow,
    periods_json,
    status_json,
)
from ledger.clock import NotSimulated
from ledger.identifiers import Scheme, detect_scheme, identify, parse_scheme

VALID_AT: Final = "In force on this day; else today."
KNOWN_AT_HELP: Final = "As known at this instant or tree size; else now."


def identified(given: str, scheme: str | None) -> tuple[Scheme, str]:
    """The scheme and the normal form of an identifier; ``-`` is read from standard input."""
    if given == "-":
        given = sys.stdin.read(MAX_IDENTIFIER).strip()
    return identify(detect_scheme(given) if scheme is None else parse_scheme(scheme), given)


def show(title: str, columns: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> None:
    """A table of an answer's lines; a column is a member of each, and codes are in words."""
    made = table(title, *columns)
    for line in lines:
        add_row(made, *(cell(line.get(column), title, column) for column in columns))
    console().print(made)


def cell(value: Any, title: str, column: str) -> str:
    """``value`` for a person, as it stands in ``column`` of the table ``title``."""
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, bool):
        return say(language(), "yes" if value else "no")
    if isinstance(value, Mapping):
        held = (cell(each, title, name) for name, each in value.items() if each is not None)
        return " ".join(held) or "-"
    if isinstance(value, list):
        return ", ".join(cell(each, title, column) for each in value)
    return in_words(words_of(title, column), str(value), language())


def show_head(made: Made, *, clipped: bool) -> None:
    tell(
        "asked",
        valid_at=made["valid_at"],
        known_at=made["known_at"] or "-",
        tree_size=made["tree_size"],
    )
    if clipped:
        note("as_of_last")


def show_masked(made: Made) -> None:
    lines = made.get("masked")
    if isinstance(lines, list) and lines:
        show("masked", ("what", "why"), lines)


def _told(
    place: tuple[Path, Path | None, int | None],
    question: Following,
    make: Callable[[Seen], Made],
    *,
    as_json: bool,
) -> tuple[Made, bool] | None:
    """The answer, printed already where JSON is asked for."""
    require_all_or_none(question.operator, question.purpose, question.basis, question.organisation)
    with opened(*place) as node:
        if question.at is not None and not node.is_simulated:
            raise NotSimulated
        made, clipped = follow(node, question, make)
    if as_json:
        print_json(made)
        return None
    return made, clipped


def _lines(made: Made, name: str) -> list[dict[str, Any]]:
    found = made[name]
    assert isinstance(found, list)
    return found


@click.command()
@click.argument("identifier")
@with_home
@click.option("--scheme", help="Told by the identifier's form where this is left out.")
@click.option("--valid-at", type=DAY, help=VALID_AT)
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@with_reader
@with_at
@with_json
def status(
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
    at: datetime | None,
    as_json: bool,
) -> int:
    """The credit status of IDENTIFIER (- reads it from standard input)."""
    question = Following(
        *identified(identifier, scheme),
        ((valid_at, known_at),),
        operator,
        purpose,
        basis,
        organisation,
        at,
    )
    place = (home, passphrase_file, passphrase_fd)
    told = _told(place, question, status_json, as_json=as_json)
    if told is not None:
        _show_status(*told)
    return 0


def _show_status(made: Made, clipped: bool) -> None:
    show_head(made, clipped=clipped)
    if made["subject"] is None:
        tell("nothing_held")
        return
    adverse: Any = made["adverse"]
    by_state: Any = adverse["by_state"].items()
    states = ", ".join(f"{cell(state, 'records', 'state')} {many}" for state, many in by_state)
    tell("adverse_counts", total=adverse["total"], states=states or "-")
    clean = made["no_adverse_in_three_years"]
    tell("not_told_clean" if clean is None else "clean" if clean else "not_clean")
    if made["no_adverse_since"] is not None:
        tell("no_adverse_since", day=made["no_adverse_since"])
    show("records", ("record", "item", "tier", "state", "since", "because"), made["records"])  # type: ignore[arg-type]
    columns = ("sanction", "measure", "state", "since", "as_imposed", "ruled_on", "starts_on")
    show("sanctions", (*columns, "ends_on", "enforcement", "because"), _lines(made, "sanctions"))
    if made["commitments"]:
        columns = ("commitment", "kind", "made_to", "made_on", "due_on", "state", "overdue")
        show("commitments", columns, _lines(made, "commitments"))
    if made["incentives"]:
        columns_ = ("incentive", "measure", "granted_by", "valid_from", "valid_until")
        show("incentives", columns_, _lines(made, "incentives"))
    show_masked(made)


@click.command()
@click.argument("identifier")
@with_home
@click.option("--scheme", help="Told by the identifier's form where this is left out.")
@click.option("--valid-at", type=DAY, help=VALID_AT)
@click.option("--known-at", type=KNOWN_AT, help=KNOWN_AT_HELP)
@with_reader
@with_at
@with_json
def periods(
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
    at: datetime | None,
    as_json: bool,
) -> int:
    """When what is held of IDENTIFIER starts, ends, was suspended, and falls due."""
    question = Following(
        *identified(identifier, scheme),
        ((valid_at, known_at),),
        operator,
        purpose,
        basis,
        organisation,
        at,
    )
    place = (home, passphrase_file, passphrase_fd)
    told = _told(place, question, periods_json, as_json=as_json)
    if told is not None:
        made, clipped = told
        show_head(made, clipped=clipped)
        ends = ("earliest_repair", "publication_until", "retention_until")
        days = ("about", "id", "starts_on", "ends_on", "suspensions", "suspended_days")
        show("periods", (*days, *ends), _lines(made, "periods"))
        show("deadlines", TERM_COLUMNS, _lines(made, "deadlines"))
        show_masked(made)
    return 0


TERM_COLUMNS: Final = (
    "kind",
    "organisation",
    "state",
    "due_on",
    "provisional",
    "met_on",
    "base_on",
    "working_days",
    "about",
    "id",
)


@click.command()
@click.argument("identifier")
@with_home
@click.option("--scheme", help="Told by the identifier's form where this is left out.")
@click.option("--valid-at", type=DAY, multiple=True, help="Once for both pairs, or twice.")
@click.option("--known-at", type=KNOWN_AT, multiple=True, help="Once for both pairs, or twice.")
@with_reader
@with_at
@with_json
def diff(
    identifier: str,
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    scheme: str | None,
    valid_at: tuple[date, ...],
    known_at: tuple[datetime | int, ...],
    operator: str | None,
    purpose: str | None,
    basis: str | None,
    organisation: str | None,
    at: datetime | None,
    as_json: bool,
) -> int:
    """What differs for IDENTIFIER between two pairs of days, the first and the second."""
    most = 2
    if max(len(valid_at), len(known_at)) != most or min(len(valid_at), len(known_at)) > most:
        raise click.UsageError("give --valid-at or --known-at twice: the first pair, the second")
    days: tuple[date | None, ...] = valid_at or (None,)
    knowns: tuple[datetime | int | None, ...] = known_at or (None,)
    question = Following(
        *identified(identifier, scheme),
        ((days[0], knowns[0]), (days[-1], knowns[-1])),
        operator,
        purpose,
        basis,
        organisation,
        at,
    )
    place = (home, passphrase_file, passphrase_fd)
    told = _told(place, question, difference_json, as_json=as_json)
    if told is not None:
        _show_difference(told[0])
    return 0


CHANGE_COLUMNS: Final = ("about", "id", "what", "before", "after", "because")


def _show_difference(made: Made) -> None:
    earlier: Any = made["earlier"]
    later: Any = made["later"]
    for pair in (earlier, later):
        show_head(pair, clipped=False)
    for title, name in (("in_knowledge", "in_knowledge"), ("in_force_between", "in_force")):
        tell(
            title,
            valid_at=earlier["valid_at"],
            first=earlier["valid_at"],
            last=later["valid_at"],
        )
        lines = [{**each, "because": each["entries"]} for each in _lines(made, name)]
        if lines:
            show("what", CHANGE_COLUMNS, lines)
        else:
            tell("nothing_differs")
    if made["entered"]:
        entered = [{**each, "entry": each["index"]} for each in _lines(made, "entered")]
        show("entered", ("entry", "type", "recorded_at"), entered)
    show_masked(made)
