"""Asking for a subject's history: resolve, answer, register the look, hand the answer over.

A registered look is an entry before its answer leaves: whoever sees an answer is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, get_args
from uuid import UUID

from ledger.clock import legal_day
from ledger.entry import Actor, Entry, PendingEvent, StreamId, format_instant
from ledger.errors import LedgerError, UnusableInput
from ledger.events.base import MAX_LIST, Role
from ledger.events.governance import SubjectQueried
from ledger.events.subjects import PersonalDataErased
from ledger.identifiers import Scheme, kind_of_uscc, normalise_organisation_id
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.signing.boxes import DetailsDamaged
from ledger.signing.data_keys import DataKeyUnknown
from ledger.signing.sealing import Detail
from ledger.storage.errors import GuardChanged, VersionConflict
from ledger.subject.refusals import UnknownOrganisation
from projections.answer import Answer, shown
from projections.history import tied
from projections.reader import ATTACHED, Details, Public, Reader, Registered, answer
from projections.statement_given import entries_to_show

MAX_TIED_STREAMS = 100
"""Corrected identifiers of one subject; real chains have two or three."""


class KnownAtInFuture(UnusableInput):
    code = "known_at_in_future"
    en = "known_at {known_at} is after now, {now}; what will be known then is not known yet"
    zh_cn = "知悉时点 {known_at} 晚于当前时刻 {now}；届时所知尚不可知"
    zh_tw = "知悉時點 {known_at} 晚於目前時刻 {now}；屆時所知尚不可知"


class NoSuchSize(UnusableInput):
    code = "no_such_size"
    en = "the log has {size} entries; known_at {known_at} asks for more"
    zh_cn = "日志共有 {size} 个条目；知悉时点 {known_at} 超出范围"
    zh_tw = "日誌共有 {size} 個條目；知悉時點 {known_at} 超出範圍"


class Asks(Protocol):
    """Who asks, for what, and when; the first three all or none."""

    @property
    def operator(self) -> str | None: ...
    @property
    def purpose(self) -> str | None: ...
    @property
    def basis(self) -> str | None: ...
    @property
    def organisation(self) -> str | None: ...
    @property
    def at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom. ``known_at``: an aware instant, a tree size, or None for now."""

    scheme: Scheme
    identifier: str
    valid_at: date | None = None
    known_at: datetime | int | None = None
    operator: str | None = None
    purpose: str | None = None
    basis: str | None = None
    organisation: str | None = None
    at: datetime | None = None
    report: str | None = None
    """The foreign report whose bytes are asked for (``api.attached``)."""
    statement: bool = False
    """Whether a signed statement is to be made of the answer (``api.stating``)."""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer, and whether it stands on an earlier moment than was asked for."""

    answer: Answer
    as_of_last_entry: bool
    subject: UUID
    reader: Reader
    details: Details
    """Opened for a registered reader, with their salts."""
    shown: tuple[Entry, ...] | None = None
    """The entries of the statement that was asked for."""

    @property
    def tied(self) -> frozenset[UUID]:
        """The subject, and what the entries of the statement tie to it."""
        return tied(self.shown or (), self.subject)


def ask(node: Node, question: Question) -> Told:
    """Raises ``KnownAtInFuture``, ``NoSuchSize``, or what registering the look raises.

    Where a statement is asked for and not given (``StatementNeedsReader``,
    ``StatementWithheld``) nothing is registered.
    """
    size, known_at, clipped = resolve(node, question.known_at)
    subject = node.subject_uuid(question.scheme, question.identifier)
    for _ in range(MAX_ATTEMPTS):
        node.registry()
        today = day_of_asking(node, question)
        reader = reader_of(node, question, today)
        entries = tied_entries(node, subject)
        details = {} if isinstance(reader, Public) else _details(node, entries, size)
        found = answer(
            entries,
            subject,
            reader,
            valid_at=question.valid_at or today,
            known_at=known_at,
            tree_size=size,
            details=details,
            compromises=node.registry().compromises,
        )
        told = Told(found, clipped, subject, reader, details)
        if question.statement:
            told = replace(told, shown=_to_show(node, told, entries, question.scheme))
        if isinstance(reader, Public):
            return told
        try:
            _register(node, subject, question, found, today)
        except (VersionConflict, GuardChanged):
            continue
        return told
    raise TooManyConflicts(attempts=MAX_ATTEMPTS)


def _to_show(node: Node, told: Told, entries: Sequence[Entry], scheme: str) -> tuple[Entry, ...]:
    return entries_to_show(
        told.answer,
        entries,
        subject=told.subject,
        scheme=scheme,
        reader=told.reader,
        details=told.details,
        compromises=node.registry().compromises,
    )


def resolve(node: Node, known_at: datetime | int | None) -> tuple[int, datetime | None, bool]:
    """Tree size, the moment it stands for, and whether an instant was past the last entry."""
    head = node.store.head()
    if head is None:
        return 0, None, False
    if known_at is None:
        return head.size, head.recorded_at, False
    if isinstance(known_at, int):
        if not 0 <= known_at <= head.size:
            raise NoSuchSize(size=head.size, known_at=known_at)
        last = next(iter(node.store.scan(known_at - 1, known_at)), None) if known_at else None
        return known_at, None if last is None else last.recorded_at, False
    if not node.is_simulated and known_at > node.now():
        raise KnownAtInFuture(known_at=format_instant(known_at), now=format_instant(node.now()))
    size = node.store.resolve(known_at)
    last = next(iter(node.store.scan(size - 1, size)), None) if size else None
    if last is not None and known_at > last.recorded_at and size == node.store.size():
        return size, last.recorded_at, True
    return size, known_at, False


def day_of_asking(node: Node, question: Asks) -> date:
    """The legal day of asking: by the simulated clock where there is one."""
    if node.is_simulated:
        return node.today(question.at)
    return node.today(question.at) if question.operator else legal_day(node.now())


def reader_of(node: Node, question: Asks, today: date) -> Reader:
    if question.operator is None or question.purpose is None or question.basis is None:
        return Public(today)
    code = question.organisation
    if code is not None and not node.registry().has_role(code, _ANY_ROLE, today):
        raise UnknownOrganisation(organisation=code)
    return Registered(
        today=today,
        operator=question.operator,
        purpose=question.purpose,
        basis=question.basis,
        organisation=code,
        may_see_government=code is not None and _is_public_body(code),
    )


def _is_public_body(code: str) -> bool:
    """Government sharing is among government bodies and public institutions."""
    try:
        scheme, identifier = normalise_organisation_id(code)
    except LedgerError:
        return False
    kinds = {"government_body", "public_institution"}
    return scheme == "uscc" and kind_of_uscc(identifier) in kinds


_ANY_ROLE: frozenset[Role] = frozenset(get_args(Role))


def tied_entries(node: Node, subject: UUID) -> list[Entry]:
    """The entries of the subject's stream, and of those tied to it by corrected identifiers."""
    read: set[UUID] = set()
    found: list[Entry] = []
    waiting = {subject}
    while waiting and len(read) < MAX_TIED_STREAMS:
        for each in sorted(waiting):
            read.add(each)
            found += node.entries(each)
        waiting = set(tied(found, subject)) - read
    return found


def _details(node: Node, entries: Sequence[Entry], size: int) -> dict[int, dict[str, Detail]]:
    """The opened details of the entries that a registered reader is answered with.

    Only what the entry itself commits to: the submitted row that lies sealed beside it is
    for proofs, not for readers. What these entries say was erased is not opened, also where
    the node was stopped before it could destroy the key.
    """
    gone = {
        key_id
        for entry in entries
        if isinstance(entry.facts, PersonalDataErased)
        for key_id in entry.facts.keys
    }
    wanted = {entry.index: entry for entry in entries if entry.index < size and entry.sealed}
    keys = {entry.stream.key for entry in wanted.values()}
    found: dict[int, dict[str, Detail]] = {}
    for stream in node.store.streams(keys, upto=size).values():
        for stored in stream:
            entry = wanted.get(stored.index)
            if entry is not None:
                files = ATTACHED.get(entry.type, frozenset())
                fields = tuple(name for name in entry.sealed or () if name not in files)
                try:
                    opened = node.details(stored, fields, erased=gone)
                except (DataKeyUnknown, DetailsDamaged):
                    continue  # named as withheld; the audit tells what is wrong with them
                found[stored.index] = {name: opened[name] for name in fields if name in opened}
    return found


def _register(node: Node, subject: UUID, question: Question, found: Answer, today: date) -> None:
    key = StreamId("access", subject).key
    head = node.store.heads((key,)).get(key)
    what = shown(found)
    facts = SubjectQueried(
        operator=question.operator or "",
        organisation=question.organisation,
        purpose=question.purpose or "",
        basis=question.basis or "",
        records=what.records[:MAX_LIST],
        sanctions=what.sanctions[:MAX_LIST],
        reports=() if question.report is None else (question.report,),
        entries=what.entries,
        answer=what.digest,
        valid_at=found.valid_at,
        known_at=found.tree_size,
    )
    actor = Actor(question.organisation or node.name, question.operator or "")
    event = PendingEvent(key, (head.seq if head else 0) + 1, facts, actor)
    node.save((event,), today, question.at)
