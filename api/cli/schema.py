"""``schema events`` and ``schema commands``."""

from __future__ import annotations

import click

from api.cli.common import print_json
from ledger.commands.schema import command_schemas
from ledger.events.schema import event_schemas


@click.group()
def schema() -> None:
    """The vocabulary as JSON Schema."""


@schema.command("events")
def events() -> None:
    """Every event type: its facts, its Chinese term, what may be sealed."""
    print_json(event_schemas())


@schema.command("commands")
def commands() -> None:
    """Every command: who may give it, its fields, what it leads to."""
    print_json(command_schemas())
