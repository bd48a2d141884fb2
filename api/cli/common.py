"""What the commands share: options, opening a node, printing, the end of a command."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
from click.core import ParameterSource
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.words import choose, say
from ledger.bootstrap import open_node
from ledger.commands.lines import OPERATOR, MalformedLine, instant_of
from ledger.errors import ExitCode, Language, LedgerError
from ledger.events.base import Text as FactText
from ledger.home import Home
from ledger.log.cosigned import Cosigned
from ledger.log.cosigning import Asked
from ledger.log.policy import Policy
from ledger.node import Node
from ledger.signing.passphrase import PassphraseSource

F = TypeVar("F", bound=Callable[..., Any])
FOLDED = frozenset(
    {
        "purposes",
        "from",
        "until",
        "compromised_since",
        "record",
        "sanction",
        "facts",
        "message",
        "detail",
        "what",
        "source",
        "row_key",
        "stored",
        "rebuilt_value",
        "id",
        "subject",
        "organisation",
        "kind",
        "about",
        "suspensions",
        "supplier",
        "organ",
        "enforcer",
        "measure",
    }
)
"""Columns that may take several lines; states, days and numbers stay whole."""

WIDTH_OF_A_PIPE = 160
"""Columns where no terminal tells: a table is not folded into ribbons in a log file."""


class DayType(click.ParamType[date]):
    """A legal date, ``2026-03-02``."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or value != day.isoformat():
            self.fail(f"{value!r} is not a date written as 2026-03-02", param, ctx)
        return day


class InstantType(click.ParamType[datetime]):
    """An aware instant, ``2026-03-02T10:00:00+08:00`` or with ``Z``."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return instant_of(value)
        except MalformedLine:
            self.fail(
                f"{value!r} is not an instant with its offset, as 2026-03-02T02:00:00Z", param, ctx
            )


class KnownAtType(click.ParamType["datetime | int"]):
    """An instant, or a tree size."""

    name = "instant|size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | int:
        if isinstance(value, datetime | int):
            return value
        if value.isascii() and value.isdigit() and len(value) <= len(str(2**53)):
            return int(value)
        return InstantType().convert(value, param, ctx)


class StaffType(click.ParamType[str]):
    """A staff id: what names whoever did it, without being a name."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not isinstance(value, str) or not OPERATOR.fullmatch(value):
            self.fail("a staff id is 1 to 64 of 0-9 A-Z a-z . _ @ : - and no name", param, ctx)
        return value


class TextType(click.ParamType[str]):
    """A text that an entry will hold."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return _TEXT.validate_python(value)
        except ValidationError as error:
            self.fail(str(error.errors(include_input=False)[0]["msg"]), param, ctx)


_TEXT = TypeAdapter[str](FactText)
DAY = DayType()
TEXT = TextType()
STAFF = StaffType()
INSTANT = InstantType()
KNOWN_AT = KnownAtType()
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path)


def with_home(command: F) -> F:
    """``--home`` and the sources of the passphrase."""
    for option in (
        click.option(
            "--passphrase-fd", type=int, help="Read the passphrase from this open descriptor."
        ),
        click.option(
            "--passphrase-file",
            type=FILE,
            envvar="CREDIT_LEDGER_PASSPHRASE_FILE",
            help="Read the passphrase from this file.",
        ),
        click.option("--home", type=FOLDER, required=True, help="The node's folder."),
    ):
        command = option(command)
    return command


def with_at(command: F) -> F:
    return click.option(
        "--at", type=INSTANT, help="The instant, on a node founded with a simulated clock."
    )(command)


def with_json(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")(
        command
    )


def passphrase_source(file: Path | None, descriptor: int | None) -> PassphraseSource:
    """The one that was named; else a person is asked, where one sits at a terminal."""
    if file is not None and descriptor is not None:
        told = click.get_current_context().get_parameter_source("passphrase_file")
        if told is not ParameterSource.ENVIRONMENT:
            raise click.UsageError("give --passphrase-file or --passphrase-fd, not both")
        file = None  # what is said on the command line stands before the environment
    if file is not None:
        return PassphraseSource.file(file)
    if descriptor is not None:
        return PassphraseSource.descriptor(descriptor)
    return PassphraseSource.prompt()


@contextmanager
def opened(
    home: Path,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    *,
    source: PassphraseSource | None = None,
    explains: bool = False,
) -> Iterator[Node]:
    """The node of ``--home``; internal errors leave their trace in its log.

    ``source`` is the passphrase's where it was asked for already. A node that may not
    write is still read: then why it may not is told after the rest, unless the command
    ``explains`` it.
    """
    place = Home(home)
    click.get_current_context().obj.home = place
    source = source or passphrase_source(passphrase_file, passphrase_fd)
    with open_node(place, source) as node:
        yield node
        refused = None if explains else node.keeper.why_not_whole()
        if refused is not None:
            note("only_read", why=refused.message(language()))
    _tell_unwitnessed(node.asked)


class Session:
    """One run of the command line: its language, and where a trace would go."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.home: Home | None = None


def language() -> Language:
    session = click.get_current_context().obj
    return session.language if isinstance(session, Session) else choose(None)


def tell(word: str, **fields: object) -> None:
    """A sentence for a person, on standard output."""
    click.echo(say(language(), word, **fields))


def note(word: str, **fields: object) -> None:
    """A sentence beside the result, on standard error."""
    click.echo(say(language(), word, **fields), err=True)


def print_json(value: object) -> None:
    click.echo(orjson.dumps(value).decode())


def console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_OF_A_PIPE
    return Console(stderr=stderr, width=width, highlight=False)


def table(title: str, *columns: str) -> Table:
    """A table with its title and headings in the session's language."""
    made = Table(title=say(language(), title), title_justify="left")
    for column in columns:
        folded = column in FOLDED
        made.add_column(say(language(), column), overflow="fold", no_wrap=not folded)
    return made


def add_row(to: Table, *cells: object) -> None:
    """A row of plain text: what a file or an entry holds is never read as markup."""
    to.add_row(*(Text(str(cell)) for cell in cells))


def _tell_unwitnessed(asked: Asked | LedgerError | None) -> None:
    """After a command that wrote: only what a person should know, on standard error."""
    if asked is None:
        return
    if isinstance(asked, LedgerError):
        note("unasked", why=asked.message(language()))
        return
    grave = [each for each in asked.outcomes if each.state in {"behind", "contradicted"}]
    for outcome in asked.outcomes if not asked.witnessed else grave:
        if outcome.why is not None:
            note("outcome", witness=outcome.witness.name, why=outcome.why.message(language()))
    if not asked.witnessed and asked.policy.quorum is not None:
        names = witness_names(asked.checkpoint, asked.policy)
        note("unwitnessed", size=asked.checkpoint.size, witnesses=names)


def witness_names(found: Cosigned, policy: Policy) -> str:
    """The policy's names of those that cosigned, or a word for nobody."""
    names = [each.name for each in policy.witnesses if each.key in found.cosigners]
    return ", ".join(names) or say(language(), "nobody")


def finish(error: BaseException, session: Session) -> int:
    """Tell a person of an error; the exit code it stands for."""
    if isinstance(error, LedgerError):
        text = error.message(session.language)
        click.echo(say(session.language, "error", message=text), err=True)
        return int(error.exit_code)
    path = _trace(error, session)
    summary = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    click.echo(say(session.language, "internal", error=summary, path=path), err=True)
    return int(ExitCode.INTERNAL)


def _trace(error: BaseException, session: Session) -> str:
    """Write the trace to the node's log; where there is none, to standard error."""
    lines = "".join(traceback.format_exception(error))
    if session.home is not None and session.home.trace_file.parent.is_dir():
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            handle = os.open(session.home.trace_file, flags, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(lines + "\n")
        except OSError:
            pass
        else:
            return str(session.home.trace_file)
    click.echo(lines, err=True)
    return "stderr"
