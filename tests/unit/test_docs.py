"""The documentation, held against the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest

from api.cli.common import Session
from api.cli.main import cli
from ledger.commands.schema import COMMANDS
from ledger.errors import ExitCode
from ledger.events import EVENT_TYPES
from ledger.events.base import Role
from ledger.home import Settings
from ledger.identifiers import SCHEMES
from ledger.intake.reasons import REASONS
from ledger.log.faults import KINDS
from scripts import _reference

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = [path for path in PAGES if path.name.startswith("README") and path.parent == ROOT]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ENVIRONMENT = re.compile(r"\b(?:CREDIT_LEDGER|LEDGER_TEST|HYPOTHESIS)_[A-Z_]+\b")


def read(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(text: str, language: str) -> Iterator[str]:
    return (body for name, body in FENCE.findall(text) if name == language)


@pytest.mark.parametrize("name", _reference.pages())
def test_the_reference_is_what_the_code_says(name: str) -> None:
    """Every page of docs/reference is exactly what scripts/make_reference would write."""
    assert read(REFERENCE / name) == _reference.pages()[name], "run scripts/make_reference"


def test_no_page_of_the_reference_is_left_over() -> None:
    """docs/reference holds no page that is made no more."""
    assert {path.name for path in REFERENCE.iterdir()} == set(_reference.pages())


def test_every_event_type_is_documented_with_its_chinese_term() -> None:
    """Each type of the vocabulary has its row, with its term."""
    page = read(REFERENCE / "events.md")
    for facts in EVENT_TYPES.values():
        assert f"| `{facts.type_name()}` | {facts.term} |" in page


def test_every_command_and_each_of_its_fields_is_documented() -> None:
    """Each command has one row, which names all its fields."""
    rows = read(REFERENCE / "commands.md").splitlines()
    for name, command in COMMANDS.items():
        (row,) = (line for line in rows if line.startswith(f"| `{name}` |"))
        for field, info in command.model_fields.items():
            assert f"`{info.alias or field}`" in row, (name, field)


def test_every_command_of_the_command_line_and_each_option_is_documented() -> None:
    """Each command has a section, which names all its arguments and options."""
    page = read(REFERENCE / "command-line.md")
    sections = dict(re.findall(r"^## `(.+?)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for words, command in _reference.leaves():
        section = sections[f"credit-ledger {' '.join(words)}"]
        for parameter in command.params:
            for option in parameter.opts:
                is_option = isinstance(parameter, click.Option)
                shown = option if is_option else parameter.human_readable_name
                assert shown in section, (words, option)


def test_every_option_says_what_it_is_for() -> None:
    """No row of the command line's page is without words."""
    rows = re.findall(
        r"^\| `(-.+?)` \| (.*) \|$", read(REFERENCE / "command-line.md"), re.MULTILINE
    )
    assert rows
    assert [name for name, about in rows if not about.strip() or about == "[required]"] == []


def test_every_exit_code_role_and_scheme_is_in_the_readme() -> None:
    """All three name every exit code; the English one has their table, every role and scheme."""
    for path in READMES:
        for code in ExitCode:
            assert re.search(rf"(?<!\d){int(code)}(?!\d)", read(path)), (path.name, code)
    table = re.findall(r"^\| (\d+) \| ", read(ROOT / "README.md"), re.MULTILINE)
    assert table == [str(int(code)) for code in ExitCode]
    for word in (*get_args(Role), *SCHEMES):
        assert f"`{word}`" in read(ROOT / "README.md")


def test_every_reason_fault_and_error_is_documented() -> None:
    """Each stable code that a program may meet has its row."""
    for reason in REASONS:
        assert f"| `{reason}` |" in read(REFERENCE / "reasons.md")
    for kind in KINDS:
        assert f"| `{kind}` |" in read(REFERENCE / "faults.md")
    for error in _reference.errors():
        assert f"| `{error.code}` |" in read(REFERENCE / "errors.md")


def test_every_setting_is_documented_and_no_other() -> None:
    """Environment variables that the code names, and the members of node.json."""
    page = read(ROOT / "docs" / "settings.md")
    sources = [
        *(
            path
            for folder in ("ledger", "projections", "api")
            for path in (ROOT / folder).rglob("*.py")
        ),
        ROOT / "tests" / "conftest.py",
        ROOT / "tests" / "contract" / "postgres.py",
    ]
    named = {name for path in sources for name in ENVIRONMENT.findall(read(path))}
    assert "CREDIT_LEDGER_LANG" in named
    assert set(ENVIRONMENT.findall(page)) == named
    members = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert members == set(Settings.model_fields)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """Links to files exist, links to headings fit one, and none leads out to the network."""
    for target in LINK.findall(FENCE.sub("", read(path))):
        assert "://" not in target, target
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        assert goal.exists(), target
        assert ROOT in goal.parents, target
        if anchor:
            assert anchor in {slug(heading) for heading in HEADING.findall(read(goal))}, target


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def shown_commands() -> list[tuple[str, list[str]]]:
    """Every credit-ledger command in a shell block of a page."""
    return [
        (path.name, shlex.split(line, comments=True)[1:])
        for path in PAGES
        for body in blocks(read(path), "sh")
        for line in body.replace("\\\n", " ").splitlines()
        if line.startswith("credit-ledger ")
    ]


@pytest.mark.parametrize(("page", "words"), shown_commands(), ids=lambda value: str(value)[:60])
def test_every_command_shown_parses(page: str, words: list[str]) -> None:
    """The command line takes the commands of the documentation as they stand there."""
    command: click.Command = cli
    context = click.Context(cli, info_name="credit-ledger", obj=Session("en"))
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, (page, words)
        command, words = found, words[1:]
    command.make_context(command.name, list(words), parent=context)


def test_every_program_shown_exists() -> None:
    """Programs in scripts/ that a page names are there and can be started."""
    for path in PAGES:
        for name in re.findall(r"\bscripts/([a-z_]+)\b(?![/.*])", read(path)):
            program = ROOT / "scripts" / name
            assert program.is_file(), (path.name, name)
            assert program.stat().st_mode & 0o111, (path.name, name)
