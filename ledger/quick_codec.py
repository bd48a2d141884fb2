"""``ledger.codec.decode`` for whoever reads many entries: the same ones in a fifth of the time.

Most of decoding is writing the payload again to see that it is canonical, and validating its
facts. A payload that matches the form of its type (``ledger.log.forms``) is canonical, has the
exact header and facts of the vocabulary, so that nothing of that is left to do: its members are
taken as they stand. What does not match its form is decoded the long way: it is accepted or
refused by ``decode``, and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import orjson

from ledger.codec import decode
from ledger.entry import Actor, Entry, StoredEntry, StreamId, SubmissionRef, parse_instant
from ledger.events import EVENT_TYPES, Facts
from ledger.events.base import Day
from ledger.log.forms import forms
from ledger.signing.canonical import canonical

_FACTS: Final = b',"facts":'
_ROW: Final = '","row":'
_MANIFEST: Final = len('{"manifest":"')


class _Form(NamedTuple):
    matches: Callable[[str], re.Match[str] | None]
    facts: type[Facts]
    build: Callable[[dict[str, Any]], Facts]


class QuickDecoder:
    """Decodes entries of ``node``; those of others the long way."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._after_facts = b',"node":%b,"prev":' % canonical(node)
        self._forms: dict[str, _Form] = {}

    def __call__(self, stored: StoredEntry) -> Entry:
        """The entry, as ``decode`` has it. Raises ``UnreadableEntry``."""
        if type(stored.state) is bytes:
            found = self.read(stored.topic, stored.state, stored.index, _hex(stored.keyid))
            if found is not None:
                return found
        return decode(stored)

    def read(self, topic: str, state: bytes, index: int, keyid: str) -> Entry | None:
        """The entry in a payload that has the form of ``topic``; None: ``decode`` has to say."""
        form = self._forms.get(topic)
        if form is None:
            if (form := _form(self._node, topic)) is None:
                return None
            self._forms[topic] = form
        try:
            matched = form.matches(str(state, "utf-8"))
            if matched is None:
                return None
            prev, recorded_at, sealed, seq, stream, submission = matched.groups()
            # No text that the form matches holds a quotation mark: these are the members.
            begin, end = state.index(_FACTS), state.rindex(self._after_facts)
            facts = form.facts
            return Entry(
                index,
                StreamId(facts.stream_kind, _uuid(stream)),
                int(seq),
                prev,
                facts.type_name(),
                facts.schema_version,
                _instant(recorded_at),
                self._node,
                _actor(state[:begin]),
                None if submission == "null" else _submission(submission),
                form.build(orjson.loads(state[begin + len(_FACTS) : end])),
                None if sealed == "null" else orjson.loads(sealed),
                keyid,
            )
        except (ValueError, TypeError, KeyError):  # pydantic's are ValueErrors, too
            return None


@lru_cache(maxsize=256)
def _form(node: str, topic: str) -> _Form | None:
    """Made when it is asked for: there are many types, and a log has few of them."""
    form = forms(node).get(topic)
    if form is None:
        return None
    facts = EVENT_TYPES[topic]
    return _Form(re.compile(form.pattern).fullmatch, facts, _builder(facts))


@lru_cache(maxsize=4)
def _uuid(text: str) -> UUID:
    """The entries of a stream come one behind the other."""
    return UUID(int=int(text.replace("-", ""), 16))


@lru_cache(maxsize=4_096)
def _instant(text: str) -> datetime:
    """Those of a transaction are the same."""
    return parse_instant(text)


@lru_cache(maxsize=1_024)
def _actor(until_facts: bytes) -> Actor:
    actor = orjson.loads(until_facts + b"}")["actor"]
    return Actor(actor["organisation"], actor["operator"])


def _submission(text: str) -> SubmissionRef:
    manifest, _, row = text[_MANIFEST:-1].rpartition(_ROW)
    return SubmissionRef(manifest, int(row))


@lru_cache(maxsize=64)
def _hex(keyid: bytes) -> str:
    return keyid.hex()


# -- facts -------------------------------------------------------------------------

_day: Final = lru_cache(maxsize=4_096)(date.fromisoformat)


def _builder(facts: type[Facts]) -> Callable[[dict[str, Any]], Facts]:
    """Makes facts of members that their form has matched.

    Of texts, truth values, whole numbers, days and lists of these, there is nothing left to
    validate: what pydantic would set is set. Other kinds are validated as ever.
    """
    kinds = get_type_hints(facts, include_extras=True)
    days: list[str] = []
    lists: list[str] = []
    defaults: dict[str, object] = {}
    for name, field in facts.model_fields.items():
        kind = _kind(kinds[name])
        default = None if field.is_required() else field.default
        if kind is None or field.validation_alias is not None or field.default_factory is not None:
            return facts.model_validate
        if not isinstance(default, str | bool | int | NoneType | tuple):
            return facts.model_validate
        defaults[name] = default
        if kind is date:
            days.append(name)
        elif kind is tuple:
            lists.append(name)
    return _setting(facts, defaults, tuple(days), tuple(lists))


def _setting(
    facts: type[Facts], defaults: dict[str, object], days: tuple[str, ...], lists: tuple[str, ...]
) -> Callable[[dict[str, Any]], Facts]:
    put, make = object.__setattr__, facts.__new__

    def build(members: dict[str, Any]) -> Facts:
        values = defaults | members  # in the order of the type's fields
        for name in days:
            if name in members:
                values[name] = _day(members[name])
        for name in lists:
            if name in members:
                values[name] = tuple(members[name])
        found = make(facts)
        put(found, "__dict__", values)
        put(found, "__pydantic_fields_set__", {*members})
        put(found, "__pydantic_extra__", None)
        put(found, "__pydantic_private__", None)
        return found

    return build


def _kind(annotation: object) -> object:
    """What a value of JSON becomes: ``str`` (it stays), ``date``, ``tuple``; None: who knows."""
    if annotation == Day:
        return date
    if isinstance(annotation, type) and annotation in {str, int, bool}:
        return str
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inside[0]) if inside[0] is not date else None
    if origin is Literal:
        return str
    if origin in {Union, UnionType}:
        every = {_kind(one) for one in inside if one is not NoneType}
        return every.pop() if len(every) == 1 else None
    if origin is tuple:
        return tuple if len(inside) == 2 and _kind(inside[0]) is str else None
    if origin is dict:
        return str if {_kind(one) for one in inside} == {str} else None
    return None
