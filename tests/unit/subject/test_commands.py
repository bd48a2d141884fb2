"""Every command leads somewhere, and says which event, roles and labels it has."""

from __future__ import annotations

import inspect

import pytest

from ledger.commands import governance_commands, subject_commands
from ledger.commands.base import Command
from ledger.events import EVENT_TYPES
from ledger.subject.decide import DECISIONS

BY_THE_SERVICE = {
    subject_commands.OpenSubject,
    subject_commands.CorrectIdentifier,
    subject_commands.ErasePersonalData,
}
"""They concern more than one stream, or the data keys."""


def of(room: object) -> list[type[Command]]:
    return [
        thing
        for _, thing in inspect.getmembers(room, inspect.isclass)
        if issubclass(thing, Command) and thing is not Command
    ]


SUBJECT, GOVERNANCE = of(subject_commands), of(governance_commands)


def test_every_command_on_a_subject_is_decided_somewhere() -> None:
    """None is forgotten, and none is decided at two places."""
    assert set(DECISIONS) | BY_THE_SERVICE == set(SUBJECT)
    assert not set(DECISIONS) & BY_THE_SERVICE


@pytest.mark.parametrize("command", SUBJECT + GOVERNANCE, ids=lambda c: c.command_name())
def test_command_names_an_event_and_fields_that_exist(command: type[Command]) -> None:
    """Its event is of the vocabulary and of its stream; labels name real fields."""
    assert EVENT_TYPES[command.event.topic()] is command.event
    assert command.event.stream_kind == command.stream_kind
    assert set(command.refers) <= set(command.model_fields)
    assert command.names is None or command.names in command.event.model_fields
    assert command.model_config["frozen"]
    assert command.model_config["extra"] == "forbid"


@pytest.mark.parametrize("command", SUBJECT, ids=lambda c: c.command_name())
def test_command_on_a_subject_has_a_role(command: type[Command]) -> None:
    """Only the node itself acts without a role, and never on a subject."""
    assert command.roles


@pytest.mark.parametrize("command", GOVERNANCE, ids=lambda c: c.command_name())
def test_governing_command_is_the_nodes_own(command: type[Command]) -> None:
    """No body's role governs the node."""
    assert not command.roles


def test_names_are_the_imperatives_in_snake_case() -> None:
    """The names that scripts write are fixed."""
    names = {command.command_name() for command in SUBJECT}
    assert names >= {
        "collect_record",
        "serve_notice",
        "impose_sanction",
        "report_enforcement",
        "file_objection",
        "answer_objection",
        "withdraw_record",
        "rule_sanction_wrongful",
    }
