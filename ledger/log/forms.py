"""What a payload of each event type looks like, as one regular expression. Pure.

Reading JSON, writing it again to see that it is canonical, and validating its facts take a
quarter of the time of an Ed25519 verification; matching the text takes a twentieth. A
payload that its form matches is one that ``ledger.codec.decode`` reads: canonical bytes,
the exact header, facts of the vocabulary. One that it does not match may be just as good
(an escape in a text, a 29th of February): then ``decode`` has to say.

Forms are made from the vocabulary itself, of types whose members are known kinds of texts,
days, truth values, whole numbers and lists of these; other types have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic.fields import FieldInfo

from ledger.entry import ENTRY_VERSION
from ledger.events import EVENT_TYPES, Facts
from ledger.events.base import (
    MAX_LIST,
    MAX_TEXT,
    UNSEEN,
    Amount,
    Code,
    Day,
    Digest,
    Id,
    Operator,
    OrganisationCode,
    Text,
)
from ledger.events.subjects import PersonalDataErased
from ledger.log.judging import Form
from ledger.signing.canonical import canonical

KINDS: Final = ("subject", "access")
"""Streams whose entries change neither keys nor roles, so that they may be judged out of order."""

# Written as they are in canonical JSON: no quotation mark, no backslash, no control character.
_ANY: Final = r"[^\x00-\x1f\"\\]"
_SHOWN: Final = rf"[^{UNSEEN}\x09-\x0d\"\\]"
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_WHOLE: Final = r"(?:[1-8][0-9]{15}|[1-9][0-9]{0,14})"
"""From 1, within 2^53-1."""

_DAY: Final = (
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31)"
)
"""Of any year: whether it has a 29th of February, no pattern tells."""

_PLAIN: Final = {str: f'"{_ANY}*"', bool: "(?:true|false)", int: rf"(?:0|{_WHOLE})"}
_TEXTS: Final = (
    (Id, _UUID),
    (OrganisationCode, r"[0-9A-Za-z._-]{2,64}"),
    (Operator, r"[0-9A-Za-z._@:-]{1,64}"),
    (Code, r"[a-z][a-z0-9_]{0,63}"),
    (Digest, r"[0-9a-f]{64}"),
    (Amount, r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?"),
    (Day, rf"(?!0000)[0-9]{{4}}-{_DAY}"),
    (Text, rf"(?!\s){_SHOWN}{_SHOWN}{{0,{MAX_TEXT - 1}}}"),
)


@lru_cache(maxsize=4)
def forms(node: str) -> Mapping[str, Form]:
    """By topic, the forms of entries of ``node`` that neither govern nor are about the log."""
    found: dict[str, Form] = {}
    for topic, facts in EVENT_TYPES.items():
        members = _facts(facts) if facts.stream_kind in KINDS else None
        if members is not None:
            pattern = _entry(facts, members, node)
            found[topic] = Form(pattern, facts.stream_kind, facts is PersonalDataErased)
    return found


def _entry(facts: type[Facts], members: str, node: str) -> str:
    text = _PLAIN[str]
    return "".join(
        (
            rf'\{{"actor":\{{"operator":{text},"organisation":{text}\}},"facts":{members},',
            rf'"node":{re.escape(canonical(node).decode())},"prev":(?:null|"([0-9a-f]{{64}})"),',
            rf'"recorded_at":"([0-9T:.Z-]{{27}})","schema":{facts.schema_version},',
            rf'"sealed":({_sealed(sorted(facts.sealed_fields))}),"seq":({_WHOLE}),',
            rf'"stream":\{{"id":"({_UUID})","kind":"{facts.stream_kind}"\}},',
            rf'"submission":(null|\{{"manifest":{text},"row":{_WHOLE}\}}),',
            rf'"type":"{facts.type_name()}","v":{ENTRY_VERSION}\}}',
        )
    )


def _sealed(fields: Sequence[str]) -> str:
    """Null, or the commitments of some of the fields, in their order."""
    choices = ["null"]
    for count in range(1, len(fields) + 1):
        for chosen in combinations(fields, count):
            inside = ",".join(f'"{re.escape(name)}":"[0-9a-f]{{64}}"' for name in chosen)
            choices.append(rf"\{{{inside}\}}")
    return "|".join(choices)


def _facts(facts: type[Facts]) -> str | None:
    """The facts of a type; None where they cannot be told by their members alone."""
    checks = facts.__pydantic_decorators__
    if checks.model_validators or checks.field_validators or checks.root_validators:
        return None
    kinds = get_type_hints(facts, include_extras=True)
    members: list[tuple[str, str, bool]] = []
    for name, field in facts.model_fields.items():
        value = _value(kinds[name])
        if value is None:
            return None
        members.append((_name(name, field), value, field.is_required()))
    return _object(sorted(members))


def _name(name: str, field: FieldInfo) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else name


def _object(members: Iterable[tuple[str, str, bool]]) -> str | None:
    """Members in the order of their names; those that are not required may be missing."""
    pattern, has_required = "", False
    for name, value, required in members:
        member = f'"{re.escape(name)}":{value}'
        if has_required:
            pattern += f",{member}" if required else f"(?:,{member})?"
        elif required:
            pattern, has_required = pattern + member, True
        else:
            pattern += f"(?:{member},)?"
    return rf"\{{{pattern}\}}" if has_required else None


def _value(kind: object) -> str | None:
    """A value of an annotated kind; None for a kind that is not known here."""
    for known, pattern in _TEXTS:
        if kind == known:
            return f'"{pattern}"'
    if isinstance(kind, type) and kind in _PLAIN:
        return _PLAIN[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(*inside)
    if origin is Literal:
        names = [f'"{re.escape(value)}"' for value in inside if type(value) is str]
        return f"(?:{'|'.join(names)})" if len(names) == len(inside) else None
    if origin in {Union, UnionType}:
        each = [_value(one) for one in inside if one is not NoneType]
        found = [one for one in each if one is not None]
        return f"(?:{'|'.join(found)})" if len(found) == len(each) else None
    if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
        return _list(inside[0], MAX_LIST)
    if origin is dict:
        # One member at most: that two stand in order no pattern tells.
        key, value = map(_value, inside)
        return None if key is None or value is None else rf"\{{(?:{key}:{value})?\}}"
    return None


def _annotated(kind: Any, *about: Any) -> str | None:
    """A kind under another name, a list with a largest length, a whole number with a least."""
    if about and isinstance(about[-1], FieldInfo) and not about[-1].metadata:
        return _value(Annotated[(kind, *about[:-1])] if about[:-1] else kind)
    if len(about) != 1 or not isinstance(about[0], FieldInfo):
        return None
    limits = {type(one).__name__: one for one in about[0].metadata}
    if kind is int and limits.keys() == {"Ge"}:
        least = getattr(limits["Ge"], "ge", None)
        return {0: _PLAIN[int], 1: _WHOLE}.get(least) if type(least) is int else None
    least = getattr(limits.pop("MinLen", None), "min_length", 0)
    if get_origin(kind) is tuple and limits.keys() == {"MaxLen"} and least in {0, 1}:
        most = getattr(limits["MaxLen"], "max_length", 0)
        inside = get_args(kind)
        return _list(inside[0], most, least) if inside[1:] == (Ellipsis,) else None
    return None


def _list(kind: object, most: int, least: int = 0) -> str | None:
    value = _value(kind)
    if value is None:
        return None
    return rf"\[(?:{value}(?:,{value}){{0,{most - 1}}}){'' if least else '?'}\]"
