"""Every command by its name, and the commands as JSON Schema (2020-12)."""

from __future__ import annotations

from types import ModuleType

from ledger.commands import governance_commands, subject_commands
from ledger.commands.base import Command
from ledger.events.schema import DIALECT

_ROOMS: tuple[ModuleType, ...] = (subject_commands, governance_commands)


def _collect() -> dict[str, type[Command]]:
    return {
        thing.command_name(): thing
        for room in _ROOMS
        for thing in vars(room).values()
        if isinstance(thing, type) and issubclass(thing, Command) and thing is not Command
    }


COMMANDS: dict[str, type[Command]] = _collect()


def command_schemas() -> dict[str, object]:
    """One document: by command name, who may give it, what it leads to and its fields."""
    return {
        "$schema": DIALECT,
        "title": "credit-ledger commands",
        "line": {
            "command": "the command's name",
            "by": {
                "organisation": "registered id; the node's name for governing commands",
                "operator": "staff id",
            },
            "subject": {"scheme": "", "identifier": "", "kind": "", "name": "", "region": ""},
            "as": "a label for the id that the command creates",
            "at": "an instant, on a simulated clock only",
            "sealed": "details to be sealed, by field",
        },
        "commands": {
            name: {
                "event": command.event.type_name(),
                "term": command.event.term,
                "roles": sorted(command.roles) or ["node"],
                "stream": command.stream_kind,
                "creates": command.names,
                "labels_in": list(command.refers),
                "sealed": sorted(command.event.sealed_fields),
                "fields": command.model_json_schema(by_alias=True),
            }
            for name, command in sorted(COMMANDS.items())
        },
    }
