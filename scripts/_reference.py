"""The pages of docs/reference, made from the code they describe."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

import click

import api
import ledger
import projections
from api.cli.main import cli
from ledger.commands.schema import COMMANDS, command_schemas
from ledger.errors import LedgerError, Refusal, UnusableInput
from ledger.events import EVENT_TYPES
from ledger.events.schema import event_schemas
from ledger.intake.reasons import FINDINGS, REASONS
from ledger.log.faults import KINDS

MADE = "<!-- Made by scripts/make_reference; change the code, then run it again. -->\n\n"


LONGEST_TERM = 20
"""Characters of the Chinese words that a docstring may begin with."""


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "events.md": _events(),
        "commands.md": _commands(),
        "command-line.md": _command_line(),
        "errors.md": _errors(),
        "faults.md": _faults(),
        "reasons.md": _reasons(),
    }


def errors() -> list[type[LedgerError]]:
    """Every error of the project, by code. Importing every module defines them all."""
    for package in (ledger, projections, api):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(error: type[LedgerError]) -> Iterator[type[LedgerError]]:
        for child in error.__subclasses__():
            if child.__module__.split(".")[0] in ("ledger", "projections", "api"):
                yield child
                yield from below(child)

    found = {error for error in below(LedgerError) if error not in (Refusal, UnusableInput)}
    return sorted(found, key=lambda error: (error.code, error.__name__))


# -- the vocabulary ------------------------------------------------------------


def _events() -> str:
    schemas: Any = event_schemas()["events"]
    text = [
        MADE,
        "# Events\n\n",
        "One entry of the log is one event. In brackets: fields that may be left out. The exact ",
        "rules of every field: `credit-ledger schema events`.\n\n",
    ]
    for stream in ("subject", "access", "exchange", "node", "organisation"):
        text.append(
            f"## Stream `{stream}`\n\n| event | 中文 | facts | sealed | |\n|---|---|---|---|---|\n"
        )
        for topic, facts in sorted(EVENT_TYPES.items()):
            if facts.stream_kind != stream:
                continue
            schema = schemas[topic]
            text.append(
                _row(
                    f"`{facts.type_name()}`",
                    facts.term,
                    _fields(schema["facts"]),
                    ", ".join(f"`{name}`" for name in schema["sealed"]),
                    _about(facts),
                )
            )
        text.append("\n")
    return "".join(text)


def _commands() -> str:
    schemas: Any = command_schemas()["commands"]
    text = [
        MADE,
        "# Commands\n\n",
        "A line of a file for `credit-ledger apply` names one of these. A command is the ",
        "imperative of its event; `by` names a body that holds one of the roles (`node`: the ",
        "node's own name). In brackets: fields that may be left out. Where a label may stand ",
        "(`@R1`), the field is marked with @. The exact rules of every field: ",
        "`credit-ledger schema commands`.\n\n",
        "| command | 中文 | by | fields | creates | may seal | event |\n|---|---|---|---|---|---|---|\n",
    ]
    for name, command in sorted(COMMANDS.items()):
        schema = schemas[name]
        seals = sorted(command.event.sealed_fields) if command.seals else []
        text.append(
            _row(
                f"`{name}`",
                command.event.term,
                ", ".join(schema["roles"]),
                _fields(schema["fields"], set(schema["labels_in"])),
                f"`{schema['creates']}`" if schema["creates"] else "",
                ", ".join(f"`{field}`" for field in seals),
                f"`{command.event.type_name()}`",
            )
        )
    return "".join(text)


def _fields(schema: dict[str, Any], labelled: Iterable[str] = ()) -> str:
    required = set(schema.get("required", ()))
    marked = {
        name: f"`{name}`" + ("@" if name in labelled else "") for name in schema["properties"]
    }
    return ", ".join(shown if name in required else f"[{shown}]" for name, shown in marked.items())


def _about(thing: type) -> str:
    """The first paragraph of a docstring, without the Chinese term that leads it."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    term, _, rest = text.partition(": ")
    if not text.isascii() and term.isascii() is False and len(term) <= LONGEST_TERM:
        return rest
    return text


# -- the command line ----------------------------------------------------------


def leaves(
    command: click.Command = cli, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that lead to it."""
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from leaves(child, (*words, name))
    else:
        yield words, command


def _command_line() -> str:
    text = [
        MADE,
        "# Command line\n\n",
        "`credit-ledger [--lang en|zh-CN|zh-TW] COMMAND ...`; `--help` and `--version` everywhere ",
        "where they make sense. What the exit codes mean stands in the [README](../../README.md).\n",
    ]
    for words, command in leaves():
        with click.Context(command, info_name=f"credit-ledger {' '.join(words)}") as context:
            pieces = command.collect_usage_pieces(context)
            about = (command.help or "").strip().split("\n\n")[0]
            text.append(f"\n## `credit-ledger {' '.join(words)}`\n\n{about}\n\n")
            text.append(f"    credit-ledger {' '.join([*words, *pieces])}\n\n")
            text.append("| option | |\n|---|---|\n")
            for parameter in command.params:
                record = parameter.get_help_record(context)
                if record is not None:
                    text.append(_row(f"`{record[0]}`", record[1]))
    return "".join(text)


# -- what can go wrong ---------------------------------------------------------


def _errors() -> str:
    text = [
        MADE,
        "# Errors\n\n",
        "`code` is stable: it stands in `apply --json` as `error`. The last column is the exit ",
        "code of a command that ends with this error; a refused line of `apply` always ends ",
        "with 3.\n\n",
        "| code | English | 简体中文 | 繁體中文 | exit |\n|---|---|---|---|---|\n",
    ]
    text += [
        _row(f"`{error.code}`", error.en, error.zh_cn, error.zh_tw, str(int(error.exit_code)))
        for error in errors()
    ]
    return "".join(text)


def _faults() -> str:
    text = [
        MADE,
        "# Faults that an audit names\n\n",
        '`audit --json` gives each as `{"index", "kind", "detail"}`; index -1 is the log as a ',
        "whole.\n\n",
        "| kind | English | 简体中文 | 繁體中文 |\n|---|---|---|---|\n",
    ]
    text += [_row(f"`{kind}`", words.en, words.zh_cn, words.zh_tw) for kind, words in KINDS.items()]
    return "".join(text)


def _reasons() -> str:
    text = [
        MADE,
        "# Why a row is rejected\n\n",
        "A row gets the first reason that fits, in this order; its message names everything ",
        "that was found.\n\n",
        "| reason | English | 简体中文 | 繁體中文 |\n|---|---|---|---|\n",
    ]
    text += [
        _row(f"`{reason}`", words.en, words.zh_cn, words.zh_tw)
        for reason in REASONS
        for words in FINDINGS.values()
        if words.reason == reason
    ]
    return "".join(text)


def _row(*cells: str) -> str:
    escaped = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(escaped) + " |\n"
