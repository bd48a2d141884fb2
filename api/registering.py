"""Registering looks: who saw what of whom is an entry before the answer leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from api.asking import Asks
from ledger.entry import Actor, PendingEvent, StreamId
from ledger.events.base import MAX_LIST
from ledger.events.governance import SubjectQueried
from ledger.node import Node


@dataclass(frozen=True, slots=True)
class Look:
    """What was shown of one subject; ``answer`` is the hex SHA-256 of all that was."""

    subject: UUID
    answer: str
    records: Sequence[str] = ()
    sanctions: Sequence[str] = ()
    entries: int = 0


def register(
    node: Node,
    question: Asks,
    looks: Sequence[Look],
    *,
    valid_at: date,
    tree_size: int,
    today: date,
) -> None:
    """One entry in each subject's access stream, all in one transaction.

    Raises ``VersionConflict`` or ``GuardChanged`` where another was faster: then nothing was
    written, and the answer is made anew.
    """
    keys = [StreamId("access", look.subject).key for look in looks]
    heads = node.store.heads(keys)
    actor = Actor(question.organisation or node.name, question.operator or "")
    events = []
    for key, look in zip(keys, looks, strict=True):
        head = heads.get(key)
        facts = SubjectQueried(
            operator=question.operator or "",
            organisation=question.organisation,
            purpose=question.purpose or "",
            basis=question.basis or "",
            records=tuple(look.records)[:MAX_LIST],
            sanctions=tuple(look.sanctions)[:MAX_LIST],
            entries=look.entries,
            answer=look.answer,
            valid_at=valid_at,
            known_at=tree_size,
        )
        events.append(PendingEvent(key, (head.seq if head else 0) + 1, facts, actor))
    if events:
        node.save(tuple(events), today, question.at)
