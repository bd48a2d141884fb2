"""``ledger.codec.decode`` for whoever reads a whole log: the same entries in half the time.

Most of decoding is writing the payload again to see that it is canonical. A payload that matches
the form of its type (``ledger.log.forms``) is canonical and has the exact header, so that is left
out; its facts are validated as ever. What does not match its form is decoded the long way: it is
accepted or refused by ``decode``, and by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from ledger.codec import decode
from ledger.entry import (
    Actor,
    Entry,
    StoredEntry,
    StreamId,
    StreamKind,
    SubmissionRef,
    parse_instant,
)
from ledger.events import EVENT_TYPES, Facts
from ledger.log.forms import forms

_Form = tuple[
    Callable[[str], re.Match[str] | None], Callable[[Any], Facts], StreamKind, tuple[str, int]
]


class QuickDecoder:
    """Decodes entries of ``node``; those of others the long way."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._forms: dict[str, _Form] = {
            topic: (
                re.compile(form.pattern).fullmatch,
                facts.model_validate,
                facts.stream_kind,
                (facts.type_name(), facts.schema_version),
            )
            for topic, form in forms(node).items()
            if (facts := EVENT_TYPES[topic])
        }

    def __call__(self, stored: StoredEntry) -> Entry:
        """The entry, as ``decode`` has it. Raises ``UnreadableEntry``."""
        form = self._forms.get(stored.topic)
        if form is None or type(stored.state) is not bytes:
            return decode(stored)
        matches, validate, kind, (name, version) = form
        try:
            matched = matches(str(stored.state, "utf-8"))
            if matched is None:
                return decode(stored)
            prev, recorded_at, _, seq, stream, _ = matched.groups()
            value = orjson.loads(stored.state)
            submission = value["submission"]
            actor = value["actor"]
            return Entry(
                stored.index,
                StreamId(kind, _uuid(stream)),
                int(seq),
                prev,
                name,
                version,
                _instant(recorded_at),
                self._node,
                _actor(actor["organisation"], actor["operator"]),
                None
                if submission is None
                else SubmissionRef(submission["manifest"], submission["row"]),
                validate(value["facts"]),
                value["sealed"],
                _hex(stored.keyid),
            )
        except (ValueError, TypeError, KeyError):  # pydantic's are ValueErrors, too
            return decode(stored)


@lru_cache(maxsize=4)
def _uuid(text: str) -> UUID:
    """The entries of a stream come one behind the other."""
    return UUID(text)


@lru_cache(maxsize=4_096)
def _instant(text: str) -> datetime:
    """Those of a transaction are the same."""
    return parse_instant(text)


@lru_cache(maxsize=1_024)
def _actor(organisation: str, operator: str) -> Actor:
    return Actor(organisation, operator)


@lru_cache(maxsize=64)
def _hex(keyid: bytes) -> str:
    return keyid.hex()
