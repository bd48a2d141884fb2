"""The JSON members of facts for the canonical encoder, the quick way where there is one.

Most event types hold nothing but texts, truth values, whole numbers and days. Their
members are what is set, with the days as ISO text: no serializer has to walk them. Any
other type (another name in JSON, an instant, a model inside) takes ``Facts.to_json``. The
encoder writes the same bytes for either.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import PlainSerializer, WrapSerializer

from ledger.events.base import Day, Facts

PLAIN = frozenset({str, int, bool})
_SERIALIZERS = (PlainSerializer, WrapSerializer)
_DAY_SERIALIZER = next(one for one in get_args(Day) if isinstance(one, PlainSerializer))


def members_of(facts: Facts) -> dict[str, object]:
    """As ``facts.to_json()``, but that lists may be tuples."""
    days = _days(type(facts))
    if days is None:
        return facts.to_json()
    members = {name: value for name, value in facts.__dict__.items() if value is not None}
    for name in days:
        if name in members:
            members[name] = members[name].isoformat()
    return members


@cache
def _days(facts: type[Facts]) -> tuple[str, ...] | None:
    """The fields of a plain type that are days; None for a type that is not plain."""
    days: list[str] = []
    for name, field in facts.model_fields.items():
        kinds = _kinds(field.rebuild_annotation()) - {NoneType}
        if kinds == {date}:
            days.append(name)
        elif not all(_is_plain(kind) for kind in kinds):
            return None
        if field.serialization_alias is not None or field.exclude:
            return None
    return tuple(days)


def _kinds(annotation: object) -> set[object]:
    """What a value may be: the members of a union, each without its constraints.

    A serializer other than that of a day stands for itself, and nothing knows it.
    """
    if get_origin(annotation) is Annotated:
        bare, *about = get_args(annotation)
        own = [one for one in about if isinstance(one, _SERIALIZERS) and one != _DAY_SERIALIZER]
        return {*_kinds(bare), *own}
    if get_origin(annotation) in {Union, UnionType}:
        return {kind for member in get_args(annotation) for kind in _kinds(member)}
    return {annotation}


def _is_plain(kind: object) -> bool:
    """Whether the encoder writes such a value just as the serializer would."""
    if get_origin(kind) is Literal:
        return all(type(value) in PLAIN for value in get_args(kind))
    if get_origin(kind) in {tuple, dict}:
        inside = [_kinds(part) for part in get_args(kind) if part is not Ellipsis]
        return all(_is_plain(one) for kinds in inside for one in kinds)
    return kind in PLAIN
