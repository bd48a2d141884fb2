"""One line of a commands file into an order: parsed strictly, labels put in place. Pure.

    {"command":"serve_notice","by":{"organisation":CODE,"operator":ID},"record":"@R1",
     "served_on":"2026-03-03","channel":"letter"}

``command``, ``by``, ``subject``, ``as``, ``at`` and ``sealed`` belong to the line, all
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from ledger.commands.base import Command
from ledger.commands.phrases import first_of, why
from ledger.commands.schema import COMMANDS
from ledger.entry import Actor, JSONValue
from ledger.errors import ExitCode, LedgerError
from ledger.events.base import SubjectKind, Text
from ledger.identifiers import SUBJECT_KINDS, identify, parse_scheme
from ledger.orders import Order, SubjectRef
from ledger.signing.canonical import parse_strict

LATEST_YEAR: Final = 9900
"""A calendar ends with 9999, and periods are counted from what is recorded."""

MAX_LINE_BYTES: Final = 262_144
"""Four of the largest entries; a command leads to one or a few."""

LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
_CODE: Final = re.compile(r"[0-9A-Za-z._-]{2,64}")
OPERATOR: Final = re.compile(r"[0-9A-Za-z._@:-]{1,64}")
_TEXT: Final = TypeAdapter[str | None](Text | None)
_OF_THE_LINE: Final = frozenset({"command", "by", "subject", "as", "at", "sealed"})


class MalformedLine(LedgerError):
    code = "malformed_line"
    exit_code = ExitCode.REFUSED
    en = "the line cannot be carried out: {why}; see `credit-ledger schema commands`"
    zh_cn = "该行无法执行：{why}；请参阅 `credit-ledger schema commands`"
    zh_tw = "該行無法執行：{why}；請參閱 `credit-ledger schema commands`"


class UnknownCommand(LedgerError):
    code = "unknown_command"
    exit_code = ExitCode.REFUSED
    en = "there is no command {command}; see `credit-ledger schema commands`"
    zh_cn = "没有命令 {command}；请参阅 `credit-ledger schema commands`"
    zh_tw = "沒有命令 {command}；請參閱 `credit-ledger schema commands`"


class UnknownLabel(LedgerError):
    code = "unknown_label"
    exit_code = ExitCode.REFUSED
    en = 'no label @{label} was given so far; name it with "as" on an earlier line, or --labels'
    zh_cn = '尚无标签 @{label}；请在前面的行用 "as" 命名，或使用 --labels'
    zh_tw = '尚無標籤 @{label}；請在前面的行用 "as" 命名，或使用 --labels'


class LabelTaken(LedgerError):
    code = "label_taken"
    exit_code = ExitCode.REFUSED
    en = "label {label} stands for {id} already; choose another"
    zh_cn = "标签 {label} 已用于 {id}；请另选"
    zh_tw = "標籤 {label} 已用於 {id}；請另選"


class NothingToLabel(LedgerError):
    code = "nothing_to_label"
    exit_code = ExitCode.REFUSED
    en = '{command} creates no id that label {label} could stand for; leave "as" out'
    zh_cn = '{command} 不产生可由标签 {label} 代表的编号；请去掉 "as"'
    zh_tw = '{command} 不產生可由標籤 {label} 代表的編號；請去掉 "as"'


@dataclass(frozen=True, slots=True)
class Line:
    """An order, and the label for what it creates."""

    order: Order
    label: str | None


def parse_line(data: bytes, labels: Mapping[str, str]) -> Line:
    """Raises ``MalformedLine``, ``UnknownCommand``, an identifier's or a label's error."""
    value = parse_strict(data, max_bytes=MAX_LINE_BYTES)
    if not isinstance(value, dict):
        raise MalformedLine(why=why("object"))
    name = value.get("command")
    command_type = COMMANDS.get(name) if isinstance(name, str) else None
    if command_type is None:
        raise UnknownCommand(command=name)
    label = _label(value.get("as"), command_type, labels)
    members: dict[str, JSONValue] = {
        key: member for key, member in value.items() if key not in _OF_THE_LINE
    }
    members |= {
        field: _resolved(members[field], labels)
        for field in command_type.refers
        if field in members
    }
    try:
        command = command_type.model_validate(members)
    except ValidationError as error:
        raise MalformedLine(why=first_of(error)) from error
    order = Order(
        command=command,
        by=_actor(value.get("by")),
        subject=_subject(value.get("subject")),
        at=None if value.get("at") is None else instant_of(value["at"]),
        sealed=_sealed(value.get("sealed"), command_type),
    )
    return Line(order, label)


def _label(value: object, command: type[Command], labels: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise MalformedLine(why=why("label"))
    if command.names is None:
        raise NothingToLabel(command=command.command_name(), label=value)
    if value in labels:
        raise LabelTaken(label=value, id=labels[value])
    return value


def _resolved(value: JSONValue, labels: Mapping[str, str]) -> JSONValue:
    if isinstance(value, list):
        return [_resolved(member, labels) for member in value]
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in labels:
            raise UnknownLabel(label=value[1:])
        return labels[value[1:]]
    return value


def _actor(value: object) -> Actor:
    if not isinstance(value, dict) or value.keys() != {"organisation", "operator"}:
        raise MalformedLine(why=why("actor"))
    organisation, operator = value["organisation"], value["operator"]
    if not isinstance(organisation, str) or not _CODE.fullmatch(organisation):
        raise MalformedLine(why=why("organisation"))
    if not isinstance(operator, str) or not OPERATOR.fullmatch(operator):
        raise MalformedLine(why=why("operator"))
    return Actor(organisation, operator)


def _subject(value: object) -> SubjectRef | UUID | None:
    if value is None:
        return None
    if isinstance(value, dict) and value.keys() == {"id"}:
        return _uuid(value["id"])
    allowed = {"scheme", "identifier", "kind", "name", "region"}
    if not isinstance(value, dict) or not {"scheme", "identifier"} <= value.keys() <= allowed:
        raise MalformedLine(why=why("subject", allowed=", ".join(sorted(allowed))))
    value = {member: text for member, text in value.items() if text is not None}
    if not {"scheme", "identifier"} <= value.keys():
        raise MalformedLine(why=why("subject", allowed=", ".join(sorted(allowed))))
    for member, text in value.items():
        try:
            _TEXT.validate_python(text)
        except ValidationError as error:
            raise MalformedLine(why=why("subject_text", member=member)) from error
    scheme, identifier = identify(parse_scheme(value["scheme"]), value["identifier"])
    return SubjectRef(
        scheme, identifier, _kind(value.get("kind")), value.get("name"), value.get("region")
    )


def _kind(value: str | None) -> SubjectKind | None:
    if value is None:
        return None
    for kind in SUBJECT_KINDS:
        if value == kind:
            return kind
    raise MalformedLine(why=why("subject_kind", kinds=", ".join(SUBJECT_KINDS)))


def _uuid(value: object) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else UUID("")
    except ValueError as error:
        raise MalformedLine(why=why("subject_id")) from error


def instant_of(value: object) -> datetime:
    """An aware instant in ISO 8601, of whatever offset, as UTC. Raises ``MalformedLine``."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 1001 <= instant.year <= LATEST_YEAR:
        raise MalformedLine(why=why("instant"))
    return instant.astimezone(UTC)


def _sealed(value: object, command: type[Command]) -> Mapping[str, JSONValue]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedLine(why=why("sealed"))
    allowed = command.event.sealed_fields if command.seals else frozenset()
    if not value.keys() <= allowed:
        named = ", ".join(sorted(allowed)) or "-"
        name = command.command_name()
        raise MalformedLine(why=why("not_sealed_here", command=name, named=named))
    return value
