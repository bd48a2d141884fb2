"""Between events and bytes: encode a decided event into a draft, decode an entry.

The draft's bytes are everything but ``prev`` and ``recorded_at``, which the append path
writes between them under its lock. Decoding demands the canonical form and the exact
header; what cannot be read is an ``UnreadableEntry`` with its leaf index, never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import ValidationError

from ledger.entry import (
    ENTRY_VERSION,
    STREAM_KINDS,
    Actor,
    Entry,
    PendingEvent,
    Secret,
    StoredDraft,
    StoredEntry,
    StreamId,
    SubmissionRef,
    parse_instant,
    stored_draft,
)
from ledger.errors import LedgerError, UnusableInput
from ledger.events import EVENT_TYPES, Facts
from ledger.events.exchange import NoticeReceived
from ledger.events.members import members_of
from ledger.events.records import RecordCorrected
from ledger.signing.canonical import canonical, canonical_unchecked, require_canonical
from ledger.signing.sealing import Sealed

HEADER = frozenset(
    {
        "actor",
        "facts",
        "node",
        "prev",
        "recorded_at",
        "schema",
        "sealed",
        "seq",
        "stream",
        "submission",
        "type",
        "v",
    }
)
DIGEST_LENGTH = 64
_OF_ANY_VALUE = frozenset({RecordCorrected, NoticeReceived})
"""Types that hold values of others' choosing: their JSON is checked before it is written."""
NOTHING_SEALED = Sealed({}, None)


class UnreadableEntry(UnusableInput):
    code = "unreadable_entry"
    en = "entry {index} cannot be read: {reason}; run credit-ledger audit"
    zh_cn = "无法读取条目 {index}：{reason}；请运行 credit-ledger audit"
    zh_tw = "無法讀取條目 {index}：{reason}；請執行 credit-ledger audit"


class OpenDraft(NamedTuple):
    """An encoded event whose secrets are not sealed yet.

    ``before`` ends where the commitments belong, ``after`` begins behind them. A tuple,
    because many are made, and passed to another process.
    """

    originator_id: str
    originator_version: int
    topic: str
    head: bytes
    before: bytes
    after: bytes
    secrets: tuple[Secret, ...]


Seal = Callable[[OpenDraft], Sealed]
"""Seals the secrets of one event: commitments by field, and the details blob."""


def details_context(key: str, seq: int) -> str:
    """Which entry sealed details belong to, so that they cannot change places."""
    return f"{key}#{seq}"


def encode(event: PendingEvent, node: str, seal: Seal) -> StoredDraft:
    """The draft of one event. Raises what ``canonical`` raises for values outside JSON."""
    return close(encode_open(event, node), seal)


def encode_open(event: PendingEvent, node: str) -> OpenDraft:
    """All bytes of an event but its commitments, so that others can seal it."""
    facts = event.facts
    encoded = canonical if type(facts) in _OF_ANY_VALUE else canonical_unchecked
    actor, submission, key = event.actor, event.submission, event.originator_id
    kind, _, identifier = key.partition("/")
    topic, before, end = _of_type(type(facts))
    return OpenDraft(
        key,
        event.originator_version,
        topic,
        b'{"actor":%b,"facts":%b,"node":%b,"prev":'
        % (_actor(actor.organisation, actor.operator), encoded(members_of(facts)), _text(node)),
        before,
        b',"seq":%d,"stream":{"id":"%b","kind":"%b"},"submission":%b%b'
        % (
            event.originator_version,
            identifier.encode(),
            kind.encode(),
            b"null"
            if submission is None
            else b'{"manifest":"%b","row":%d}' % (submission.manifest.encode(), submission.row),
            end,
        ),
        event.secrets,
    )


@cache
def _of_type(facts: type[Facts]) -> tuple[str, bytes, bytes]:
    """What every entry of a type says alike: its topic, and two parts of the bytes."""
    return (
        facts.topic(),
        b',"schema":%d,"sealed":' % facts.schema_version,
        b',"type":"%b","v":%d}' % (facts.type_name().encode(), ENTRY_VERSION),
    )


def close(draft: OpenDraft, seal: Seal) -> StoredDraft:
    """The draft with its secrets sealed."""
    key, version, topic, head, before, after, secrets = draft
    sealed = seal(draft) if secrets else NOTHING_SEALED
    commitments = canonical_unchecked(dict(sealed.commitments)) if sealed.commitments else b"null"
    return stored_draft(
        {
            "originator_id": key,
            "originator_version": version,
            "topic": topic,
            "state": b"",
            "head": head,
            "tail": before + commitments + after,
            "details": sealed.details,
        }
    )


@lru_cache(maxsize=256)
def _actor(organisation: str, operator: str) -> bytes:
    return canonical({"operator": operator, "organisation": organisation})


@lru_cache(maxsize=16)
def _text(text: str) -> bytes:
    return canonical(text)


def decode(stored: StoredEntry) -> Entry:
    """The entry that the stored bytes say, checked for form, not for its signature."""
    return _decoded(stored, require_canonical)


def decode_formed(stored: StoredEntry) -> Entry:
    """As ``decode``, where the bytes are known to be canonical: their form has matched."""
    return _decoded(stored, orjson.loads)


def _decoded(stored: StoredEntry, read: Callable[[bytes], object]) -> Entry:
    try:
        return _entry(stored, _members(read(stored.state)))
    except UnreadableEntry:
        raise
    except (LedgerError, ValidationError, ValueError, TypeError, KeyError) as error:
        raise UnreadableEntry(index=stored.index, reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return f"{type(error).__name__}: {error}"


def _members(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != HEADER:
        raise ValueError("the header's members are not those of an entry")
    if value["v"] != ENTRY_VERSION or type(value["v"]) is not int:
        raise ValueError("v is not 1")
    return value


def _entry(stored: StoredEntry, value: dict[str, Any]) -> Entry:
    stream, actor, submission = value["stream"], value["actor"], value["submission"]
    _exact(stream, {"id", "kind"}, "stream")
    _exact(actor, {"operator", "organisation"}, "actor")
    if submission is not None:
        _exact(submission, {"manifest", "row"}, "submission")
    stream_id = StreamId.parse(f"{stream['kind']}/{stream['id']}")
    if stream_id.kind not in STREAM_KINDS or str(stream_id.id) != stream["id"]:
        raise ValueError("stream is not in its canonical form")
    facts_type = EVENT_TYPES.get(f"{value['type']}:{value['schema']}")
    if facts_type is None or type(value["schema"]) is not int:
        raise ValueError(f"no event type {value['type']!r} of schema {value['schema']!r}")
    if facts_type.stream_kind != stream_id.kind:
        raise ValueError(f"{value['type']} does not belong to a {stream_id.kind} stream")
    return Entry(
        index=stored.index,
        stream=stream_id,
        seq=_positive(value["seq"]),
        prev=_prev(value["prev"]),
        type=value["type"],
        schema=value["schema"],
        recorded_at=parse_instant(value["recorded_at"]),
        node=_string(value["node"]),
        actor=Actor(_string(actor["organisation"]), _string(actor["operator"])),
        submission=None
        if submission is None
        else SubmissionRef(_string(submission["manifest"]), _positive(submission["row"])),
        facts=facts_type.model_validate(value["facts"]),
        sealed=_sealed(value["sealed"]),
        keyid=stored.keyid.hex(),
    )


def _exact(value: object, members: set[str], what: str) -> None:
    if not isinstance(value, dict) or value.keys() != members:
        raise ValueError(f"{what} has other members than {sorted(members)}")


def _positive(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("a whole number from 1 is expected")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _prev(value: object) -> str | None:
    if value is None:
        return None
    text = _string(value)
    if len(text) != DIGEST_LENGTH:
        raise ValueError("prev is no SHA-256 digest")
    return text


def _sealed(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value:
        raise ValueError("sealed is neither null nor an object with members")
    return {name: _string(commitment) for name, commitment in value.items()}


class EntryMapper(Mapper[str]):
    """The library's mapper: decided events to drafts, stored entries to entries."""

    def __init__(
        self, node: Callable[[], str], seal: Seal, check: Callable[[StoredEntry, Entry], None]
    ) -> None:
        super().__init__(JSONTranscoder())
        self._node = node
        self._seal = seal
        self._check = check

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredDraft:
        return encode(cast("PendingEvent", domain_event), self._node(), self._seal)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        stored = cast("StoredEntry", stored_event)
        entry = decode(stored)
        self._check(stored, entry)
        return cast("DomainEventProtocol[str]", entry)
