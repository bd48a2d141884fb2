"""What entries of a compromised key still do: nothing against the subject. Pure.

An entry is tainted where its key is known to be compromised and nothing independent dates
the entry before that (``ledger.organisations.node_keys``). A tainted entry loses its
adverse effect; what it does for the subject stands until it is reviewed.

- A record is *in doubt*, and disputed, while an adverse act on it is tainted: that it was
  collected, a correction that made it worse, what ended the dispute of an objection. The
  fields that a tainted correction made worse are what they were before it, on every day: until
  when it is held and published, who may see it, its tier.
- A sanction is *in doubt*, and suspended, while the last of its adverse acts (imposed,
  resumed) is tainted, while of a notice before it only a tainted one tells, or a record under
  it is in doubt. A ruling that it was wrongful stands where only a tainted act reversed it.

A doubt begins on the legal day of the act in doubt, that of a record that was collected so
with the record. What ends a doubt is an act under a good key: the rejection of an objection, which is the
reviewer's confirmation, for all of a record; a correction for the fields that it names; a
resumption for a sanction. Or the record is withdrawn and collected again. From the legal
day of that act the state is what it would be; before it, it stays in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf
from typing import Any, Final

from ledger.events.records import RecordCollected
from ledger.organisations.node_keys import Compromise, Compromises
from ledger.subject.state import (
    Dispute,
    Known,
    ObjectionState,
    RecordState,
    Ruling,
    SanctionState,
    Spell,
)

ADVERSE: Final[Mapping[str, str]] = {
    "RecordCollected": "an adverse record bears publication and sanctions; a licence does not",
    "RecordCorrected": "where it makes an adverse record worse, or cannot be told not to, or ends "
    "a dispute",
    "NoticeServed": "without it no sanction: a tainted one alone bears none",
    "RecordReceived": "as a collected one: an adverse record bears sanctions here too",
    "NoticeReceived": "where it confirms the record or makes it worse; else it favours",
    "RecordDisclosed": "it tells another node; the record's own doubt goes with it",
    "RecordPublished": "it tells the public; the record's own doubt goes with it",
    "ObjectionAnswered": "a supplier's word against the objection; it ends no dispute by itself",
    "ObjectionDecided": "a rejection ends the dispute; an upheld one favours the subject",
    "RepairDecided": "a refusal leaves everything as it was; an approval favours the subject",
    "SanctionImposed": "the sanction itself",
    "SanctionResumed": "it ends a suspension",
    "RulingReversed": "it takes back that the sanction was wrongful",
    "IncentiveEnded": "it takes a benefit away; no state of a record or sanction follows",
    "CommitmentBroken": "a fault of the subject; no state of a record or sanction follows",
    "RatingRecorded": "a bad one is against the subject; no state of a record or sanction follows",
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
    "EnforcementStatusReceived": "another node's word on what its enforcer did",
    "CorrectionGivenUp": "nobody asks any more; the notice stays unconfirmed",
    "ForeignReportReceived": "kept as given; nothing rests on it",
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
}
"""Entries that do nothing against the subject; tainted or not, they stand until reviewed."""

WHOLE: Final = "*"
"""In the place of a field: all of a record."""

_TIERS: Final = ("none", "minor", "general", "serious")
_CLASSES: Final = ("government", "authorised", "public")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why, since and until when; ``until`` None: no act under a good key has ended it."""

    cause: Compromise
    day: date
    """The legal day of the first act in doubt; ``date.min`` where all there is began so."""
    until: date | None = None
    ended: int | None = None
    """The leaf index of the act that ended it."""

    def from_(self, valid_at: date | None) -> date:
        """From the legal day on which the compromise became known; of an earlier ``valid_at``
        (or None: of any day) from the day of the act itself. Never before that.
        """
        if valid_at is None or valid_at < self.cause.day:
            return self.day
        return max(self.day, self.cause.day)


@dataclass(frozen=True, slots=True)
class _Act:
    """One act on a record."""

    known: Known[Any]
    day: date
    changes: Mapping[str, Any]
    """The fields that it sets."""
    is_whole: bool = False
    """A confirmation of all of the record: tainted, it ends nothing."""
    is_against: bool = False
    """Tainted, it leaves all of the record in doubt, whatever it sets."""


@dataclass(slots=True)
class _Believed:
    """What is made of a record's acts, in the order of the log."""

    full: dict[str, Any]
    """The fields as all acts together have set them."""
    fields: dict[str, Any]
    """The fields without what tainted acts made worse."""
    judged: frozenset[str] | None
    """The fields that tainted acts may not make worse; None: all."""
    pending: set[str] = field(default_factory=set)
    cause: Compromise | None = None
    put_back: int | None = None
    day: date = date.max
    ended: _Act | None = None

    def take(self, act: _Act, tainted: Compromise | None) -> None:
        self.full = _with(self.full, act.changes)
        if tainted is None:
            self._good(act)
            return
        worse = {
            name
            for name, new in act.changes.items()
            if (self.judged is None or name in self.judged)
            and not favours(name, self.fields.get(name), new)
        }
        kept = {name: new for name, new in act.changes.items() if name not in worse}
        self.fields = _with(self.fields, kept)
        self.put_back = tainted.index if worse else self.put_back
        if act.is_whole or act.is_against:
            worse.add(WHOLE)
        if worse:
            self.pending |= worse
            self.cause, self.day = _first(self.cause, tainted), min(self.day, act.day)

    def _good(self, act: _Act) -> None:
        was_pending = bool(self.pending)
        self.fields = dict(self.full) if act.is_whole else _with(self.fields, act.changes)
        self.pending -= set(self.pending) if act.is_whole else act.changes.keys()
        if was_pending and not self.pending:
            self.ended = act


def _with(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def doubted_record(
    record: RecordState,
    objections: Iterable[ObjectionState],
    known: Compromises,
    valid_at: date | None = None,
    tie: Compromise | None = None,
) -> RecordState:
    """The record without what tainted corrections made worse, and with its doubt as a dispute;
    the record itself where there is neither.

    ``tie`` is the compromise behind a tie that alone makes it this subject's. What is not
    adverse is in no doubt; but a tainted correction does not widen who may see it either.
    """
    if not known:
        return record
    adverse = record.facts.adverse
    believed = _believed(record, objections, known)
    if believed.fields != believed.full:
        facts = RecordCollected.model_validate(believed.fields)
        record = replace(record, facts=facts, put_back=believed.put_back)
    doubt = _record_doubt(believed) if adverse else None
    if tie is not None and adverse:
        doubt = Doubt(tie, date.min)
    if doubt is None:
        return record
    from_ = doubt.from_(valid_at)
    if doubt.until is not None and doubt.until <= from_:
        return record
    dispute = Dispute("", from_, doubt.cause.index, doubt.until, doubt.ended)
    return replace(record, disputes=[*record.disputes, dispute])


def doubted_sanction(
    sanction: SanctionState,
    records: Mapping[str, RecordState],
    known: Compromises,
    valid_at: date | None = None,
) -> SanctionState:
    """The sanction with its own doubt as a suspension, and with the rulings that only a tainted
    reversal took back; itself where there is neither. ``records`` are those that it may rest on.
    """
    if not known:
        return sanction
    rulings = [_ruling(ruling, known) for ruling in sanction.rulings]
    if rulings != sanction.rulings:
        first = next(one.reversed for one, new in zip(sanction.rulings, rulings, strict=True)
                     if one != new)  # fmt: skip
        assert first is not None, "only a reversal is put back"
        cause = known.taint(first.keyid, first.index)
        put_back = None if cause is None else cause.index
        sanction = replace(sanction, rulings=rulings, put_back=put_back)
    doubt = sanction_doubt(sanction, records, known)
    if doubt is None:
        return sanction
    # Before its first day there is nothing to suspend.
    from_ = max(doubt.from_(valid_at), sanction.imposed.facts.starts_on)
    if doubt.until is not None and doubt.until <= from_:
        return sanction
    spell = Spell(from_, doubt.cause.index, "", doubt.until, doubt.ended)
    return replace(sanction, spells=[*sanction.spells, spell])


def _ruling(ruling: Ruling, known: Compromises) -> Ruling:
    """The ruling as reversed by the first good key that did so."""
    if ruling.reversed is None:
        return ruling
    every = [ruling.reversed, *ruling.reversed_again]
    good = (each for each in every if known.taint(each.keyid, each.index) is None)
    return replace(ruling, reversed=next(good, None))


def _believed(
    record: RecordState, objections: Iterable[ObjectionState], known: Compromises
) -> _Believed:
    collected = record.collected.facts.to_json()
    judged = None if record.facts.adverse else frozenset({"publicity"})
    believed = _Believed(collected, dict(collected), judged)
    for act in sorted(_acts(record, objections), key=lambda act: _order(act.known)):
        believed.take(act, known.taint(act.known.keyid, act.known.index))
    return believed


def _record_doubt(believed: _Believed) -> Doubt | None:
    if believed.cause is None:
        return None
    ended = None if believed.pending else believed.ended
    if ended is None:
        return Doubt(believed.cause, believed.day)
    return Doubt(believed.cause, believed.day, ended.day, ended.known.index)


def _acts(record: RecordState, objections: Iterable[ObjectionState]) -> Iterable[_Act]:
    facts = record.collected.facts
    if facts.adverse:
        yield _Act(record.collected, date.min, {}, is_against=True)
    mine = [each for each in objections if each.filed.facts.record == facts.record]
    closing = {objection.closed_by for objection in mine}
    for correction in record.corrections:
        changes = {change.field: change.new for change in correction.facts.changes}
        closes = correction.index in closing
        yield _Act(correction, correction.facts.corrected_on, changes, is_against=closes)
    for notice in record.told:
        if notice.facts.act == "confirmed":
            yield _Act(notice, notice.facts.received_on, {}, is_whole=True)
    for objection in mine:
        answered, decided = objection.answered, objection.decided
        if answered is not None and answered.index in closing:
            yield _Act(answered, answered.facts.answered_on, {}, is_against=True)
        if decided is not None and decided.facts.outcome == "rejected":
            yield _Act(decided, decided.facts.decided_on, {}, is_whole=True)


def sanction_doubt(
    sanction: SanctionState, records: Mapping[str, RecordState], known: Compromises
) -> Doubt | None:
    """The doubt on the sanction's own acts and on the notices before it; its records have theirs."""
    cause: Compromise | None = None
    day, last = date.max, None
    acts: list[Known[Any]] = [sanction.imposed, *sanction.resumptions]
    for act in sorted(acts, key=_order):
        tainted = known.taint(act.keyid, act.index)
        if tainted is None and act is sanction.imposed:
            _, tainted = untold(sanction, records, known, act.facts.starts_on) or (None, None)
        if tainted is not None:
            begins = act.facts.starts_on if act is sanction.imposed else act.facts.from_
            cause, day, last = _first(cause, tainted), min(day, begins), None
        elif act is not sanction.imposed:
            last = act
    if cause is None:
        return None
    return Doubt(cause, day) if last is None else Doubt(cause, day, last.facts.from_, last.index)


def untold(
    sanction: SanctionState, records: Mapping[str, RecordState], known: Compromises, by: date
) -> tuple[str, Compromise] | None:
    """Of which record it is not believed, and why, that the subject was told by that day."""
    for key in sanction.imposed.facts.records:
        if (record := records.get(key)) is None:
            continue
        served = [notice for notice in record.notices if notice.facts.served_on <= by]
        tainted = [known.taint(notice.keyid, notice.index) for notice in served]
        if tainted and tainted[0] is not None and all(tainted):
            return key, tainted[0]
    return None


def confirmed_by_good(
    record: str, objections: Iterable[ObjectionState], known: Compromises
) -> bool:
    """Whether a reviewer confirmed all of a record, what it was told of included, by an act that
    is in no doubt.
    """
    return any(
        each.decided is not None
        and each.decided.facts.outcome == "rejected"
        and known.taint(each.decided.keyid, each.decided.index) is None
        for each in objections
        if each.filed.facts.record == record
    )


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
        case "held_from":
            return isinstance(new, str) and isinstance(old, str) and new >= old
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
