"""What entries of a compromised key still do: nothing against the subject. Pure.

An entry is tainted where its key is known to be compromised and nothing independent dates
the entry before that (``ledger.organisations.node_keys``). A tainted entry loses its
adverse effect; what it does for the subject stands until it is reviewed.

- A record is *in doubt*, and disputed, while an adverse act on it is tainted: that it was
  collected, a correction that made it worse, the rejection of an objection.
- A sanction is *in doubt*, and suspended, while the last of its adverse acts (imposed,
  resumed) is tainted, while the reversal of a ruling on it is, or a record under it is in doubt.

What ends a doubt is an act under a good key: the rejection of an objection, which is the
reviewer's confirmation, for all of a record; a correction for the fields that it names; a
resumption for a sanction. Or the record is withdrawn and collected again. From the legal
day of that act the state is what it would be; before it, it stays in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Any, Final

from ledger.organisations.node_keys import LEGAL_OFFSET, Compromise, Compromises
from ledger.subject.state import (
    Dispute,
    Known,
    ObjectionState,
    RecordState,
    SanctionState,
    Spell,
)

ADVERSE: Final[Mapping[str, str]] = {
    "RecordCollected": "an adverse record bears publication and sanctions; a licence does not",
    "RecordCorrected": "where it makes an adverse record worse, or cannot be told not to",
    "RecordReceived": "as a collected one: an adverse record bears sanctions here too",
    "NoticeReceived": "where it confirms the record or makes it worse; else it favours",
    "RecordDisclosed": "it tells another node; the record's own doubt goes with it",
    "NoticeServed": "without it no sanction: a tainted one bears no new sanction",
    "RecordPublished": "it tells the public; the record's own doubt goes with it",
    "ObjectionAnswered": "a supplier's word against the objection; it ends no dispute by itself",
    "ObjectionDecided": "a rejection ends the dispute; an upheld one favours the subject",
    "RepairDecided": "a refusal leaves everything as it was; an approval favours the subject",
    "SanctionImposed": "the sanction itself",
    "SanctionResumed": "it ends a suspension",
    "RulingReversed": "it takes back that the sanction was wrongful",
    "IncentiveEnded": "it takes a benefit away; no state of a record or sanction follows",
    "CommitmentBroken": "a fault of the subject; no state of a record or sanction follows",
    "IdentifierCorrected": "it ties the records of another identifier to this subject",
}
"""Entries that can do something against the subject, and what; tainted, they do it no more."""

FAVOURABLE: Final[Mapping[str, str]] = {
    "SubjectOpened": "it says who the subject is, and nothing of it",
    "SubjectLinked": "it ties no records",
    "SubjectUnlinked": "it ties no records",
    "PersonalDataErased": "what is erased stays erased",
    "HoldPlaced": "it keeps data from erasure, and shows none",
    "HoldReleased": "it lets data be erased",
    "RecordWithdrawn": "the record holds no more",
    "DisclosureReceipted": "another node's word that it has the record",
    "CorrectionNotified": "another node is told; what it does it enters itself",
    "CorrectionAcknowledged": "another node's word on what it did; it orders nothing here",
    "RecordMended": "the wrong was put right",
    "PublicationEnded": "the public is told no more",
    "ConsentGiven": "the subject's own act; no state follows",
    "ConsentWithdrawn": "the subject's own act; no state follows",
    "ObjectionFiled": "it disputes the record and suspends its sanctions",
    "RepairRequested": "the subject's own act",
    "RepairAccepted": "the request is heard",
    "SanctionSuspended": "the sanction is not enforced",
    "SanctionLifted": "the sanction ends",
    "EnforcementReported": "the enforcer's word on what it did; it orders nothing",
    "SanctionRuledWrongful": "the sanction was wrong",
    "ComplaintFiled": "against a body, not the subject",
    "ComplaintDecided": "against a body, not the subject",
    "RestitutionMade": "the subject's name is restored",
    "IncentiveGranted": "a benefit",
    "CommitmentMade": "the subject's own act",
    "CommitmentKept": "the subject kept its word",
    "RatingRecorded": "an authority's own word, attributed to it; nothing follows from it here",
}
"""Entries that do nothing against the subject; tainted or not, they stand until reviewed."""

WHOLE: Final = "*"
"""In the place of a field: all of a record."""

_TIERS: Final = ("none", "minor", "general", "serious")
_CLASSES: Final = ("government", "authorised", "public")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why, and until when; ``until`` None: no act under a good key has ended it."""

    cause: Compromise
    until: date | None = None
    ended: int | None = None
    """The leaf index of the act that ended it."""

    def from_(self, valid_at: date | None, otherwise: date) -> date:
        """From the legal day on which the compromise became known; of an earlier
        ``valid_at`` (or None: of any day) the doubt covers everything from ``otherwise`` on.
        """
        return otherwise if valid_at is None or valid_at < self.cause.day else self.cause.day


@dataclass(frozen=True, slots=True)
class _Act:
    """One act on a record: which fields it set, and which of them against the subject."""

    known: Known[Any]
    day: date
    fields: frozenset[str]
    worse: frozenset[str]


def doubted_record(
    record: RecordState,
    objections: Iterable[ObjectionState],
    known: Compromises,
    valid_at: date | None = None,
    tie: Compromise | None = None,
) -> RecordState:
    """The record with its doubt as a dispute; the record itself where there is none.

    ``tie`` is the compromise behind a tie that alone makes it this subject's.
    """
    doubt = record_doubt(record, objections, known)
    if tie is not None and record.facts.adverse:
        doubt = Doubt(tie)
    if doubt is None:
        return record
    from_ = doubt.from_(valid_at, date.min)
    if doubt.until is not None and doubt.until <= from_:
        return record
    dispute = Dispute("", from_, doubt.cause.index, doubt.until, doubt.ended)
    return replace(record, disputes=[*record.disputes, dispute])


def doubted_sanction(
    sanction: SanctionState, known: Compromises, valid_at: date | None = None
) -> SanctionState:
    """The sanction with its own doubt as a suspension; itself where there is none."""
    doubt = sanction_doubt(sanction, known)
    if doubt is None:
        return sanction
    imposed, recorded_at = sanction.imposed.facts, sanction.imposed.recorded_at
    recorded_on = date.min if recorded_at is None else (recorded_at + LEGAL_OFFSET).date()
    from_ = doubt.from_(valid_at, imposed.starts_on)
    from_ = max(from_, min(recorded_on, imposed.starts_on))  # before it is nothing to suspend
    if doubt.until is not None and doubt.until <= from_:
        return sanction
    spell = Spell(from_, doubt.cause.index, "", doubt.until, doubt.ended)
    return replace(sanction, spells=[*sanction.spells, spell])


def record_doubt(
    record: RecordState, objections: Iterable[ObjectionState], known: Compromises
) -> Doubt | None:
    """The doubt on an adverse record, from its acts in the order of the log."""
    if not known or not record.facts.adverse:
        return None
    pending: set[str] = set()
    cause: Compromise | None = None
    ended: _Act | None = None
    for act in sorted(_acts(record, objections), key=lambda act: _order(act.known)):
        tainted = known.taint(act.known.keyid, act.known.index)
        if tainted is not None:
            pending |= act.worse
            cause = _first(cause, tainted) if act.worse else cause
            continue
        before = bool(pending)
        pending -= pending if WHOLE in act.fields else act.fields
        if before and not pending:
            ended = act
    return _doubt(cause, None if pending or ended is None else (ended.day, ended.known.index))


def _acts(record: RecordState, objections: Iterable[ObjectionState]) -> Iterable[_Act]:
    whole = frozenset({WHOLE})
    facts = record.collected.facts
    worse = whole if facts.adverse else frozenset[str]()
    yield _Act(record.collected, facts.held_from, frozenset(), worse)
    before = facts.to_json()
    for correction in record.corrections:
        changes = {change.field: change.new for change in correction.facts.changes}
        fields = frozenset(changes)
        # Held against what the record said: the entry's own ``old`` is the forger's word.
        worse = frozenset(
            name for name, new in changes.items() if not favours(name, before.get(name), new)
        )
        before |= changes
        yield _Act(correction, correction.facts.corrected_on, fields, worse)
    for notice in record.told:
        if notice.facts.act == "confirmed":
            yield _Act(notice, notice.facts.received_on, whole, whole)
    for objection in objections:
        decided = objection.decided
        mine = objection.filed.facts.record == facts.record
        if mine and decided is not None and decided.facts.outcome == "rejected":
            yield _Act(decided, decided.facts.decided_on, whole, whole)


def sanction_doubt(sanction: SanctionState, known: Compromises) -> Doubt | None:
    """The doubt on the sanction's own acts; its records have theirs."""
    if not known:
        return None
    cause: Compromise | None = None
    last: tuple[date, int] | None = None
    acts: list[Known[Any]] = [sanction.imposed, *sanction.resumptions]
    for act in sorted(acts, key=_order):
        tainted = known.taint(act.keyid, act.index)
        if tainted is not None:
            cause, last = _first(cause, tainted), None
        elif act is not sanction.imposed:
            last = act.facts.from_, act.index
    for ruling in sanction.rulings:
        if ruling.reversed is not None:
            tainted = known.taint(ruling.reversed.keyid, ruling.reversed.index)
            if tainted is not None:
                cause, last = _first(cause, tainted), None
    return _doubt(cause, last)


def _doubt(cause: Compromise | None, ended: tuple[date, int] | None) -> Doubt | None:
    if cause is None:
        return None
    return Doubt(cause) if ended is None else Doubt(cause, *ended)


def _first(one: Compromise | None, other: Compromise) -> Compromise:
    return other if one is None or other.index < one.index else one


def _order(known: Known[Any]) -> float:
    """By leaf index; what is decided and not yet in the log comes last."""
    return known.index if known.index >= 0 else inf


def favours(field: str, old: object, new: object) -> bool:
    """Whether a correction of this field cannot be against the subject."""
    match field:
        case "tier":
            return _rank(_TIERS, new) <= _rank(_TIERS, old)
        case "publicity":
            return _rank(_CLASSES, new) <= _rank(_CLASSES, old)
        case "held_until" | "publish_until":
            return isinstance(new, str) and (old is None or new <= str(old))
        case "publish_from":
            return new is None or (isinstance(new, str) and old is not None and new >= str(old))
        case "adverse":
            return new is False
        case "correctable" | "volunteered":
            return new is True
        case "exemption":
            return isinstance(new, str) and old is None
    return False


def _rank(order: tuple[str, ...], value: object) -> int:
    """What is not known ranks last: it is taken to be the worst."""
    return order.index(value) if isinstance(value, str) and value in order else len(order)
