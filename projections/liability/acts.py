"""The acts that forbid enforcement, and who was told of them when.

An act is an entry at the node that decided it, or, where that node's entries are not at
hand, what a received notice says of it. What the sanction's own node enters (suspended,
lifted) is an act too: it shows at the latest then that the node knew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RepairRequested,
    SanctionRuledWrongful,
)
from ledger.events.exchange import CorrectionAcknowledged, CorrectionNotified, NoticeReceived
from ledger.events.records import RecordCorrected, RecordMended, RecordWithdrawn
from ledger.events.sanctions import SanctionLifted, SanctionSuspended
from projections.liability.views import Case, Seen, day_of

Nature = Literal["wrong", "release", "echo"]
"""Whether it says that something was wrong, or only that it is over; an echo says neither."""

OF_NOTICE = {
    "objection": "objection_filed",
    "correction": "record_corrected",
    "withdrawal": "record_withdrawn",
    "mended": "record_mended",
    "repair": "repair_decided",
    "erasure": "personal_data_erased",
}
RELEASES = frozenset({"record_mended", "repair_decided", "personal_data_erased"})
RELEASED = frozenset({"ended_early", "repaired", "record_mended"})
"""Causes of a lifting that say nothing against the sanction as it was."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Act:
    """One act that forbids enforcement, entered ``at`` its ``node``."""

    at: datetime
    day: date
    """From the day after it, enforcement is forbidden."""
    node: str
    record: str | None
    what: str
    nature: Nature
    objection: str | None = None
    filed_on: date | None = None
    registrar: str | None = None
    wrong_from: date | None = None
    """The day from which a withdrawn record no longer holds; None: from its beginning."""
    confirmed: tuple[datetime, date] | None = None
    """When the record was confirmed against this objection."""
    settled: datetime | None = None
    """When a correction settled the objection; the sanction survived it."""

    @property
    def stands(self) -> bool:
        """It still says that the sanction is wrong."""
        return self.nature == "wrong" and self.confirmed is None and self.settled is None


@dataclass(frozen=True, slots=True)
class Word:
    """A node was told, on ``day``, of the acts up to ``of``."""

    node: str
    at: datetime
    day: date
    of: datetime
    by_notice: bool = True
    """Of a notice, and so of certain acts; else of an act that the node entered itself."""
    surmised: bool = False
    """Only the acknowledgement's own day is known: it was told then at the latest."""


def forbids(facts: NoticeReceived | CorrectionNotified) -> bool:
    if facts.act in {"objection", "withdrawal", "mended", "repair"}:
        return True
    return facts.act != "confirmed" and facts.required in {"suspend", "lift"}


def acts_of(case: Case) -> tuple[Act, ...]:
    """All acts that forbid the enforcement of this sanction, in order of time."""
    found = [*_decided(case), *_repaired(case), *_of_sanction(case)]
    held = {(act.record, act.at) for act in found}
    for _, facts in case.each(NoticeReceived):
        if forbids(facts) and (facts.record, facts.origin_recorded_at) not in held:
            held.add((facts.record, facts.origin_recorded_at))
            found.append(_from_notice(case, facts))
    found = [act for act in found if not _was_over(act, case.imposed.at)]
    return tuple(sorted(found, key=lambda act: (act.at, act.nature == "echo")))


def _was_over(act: Act, imposed_at: datetime) -> bool:
    """An objection that was settled when the sanction was imposed never forbade it."""
    confirmed = act.confirmed is not None and act.confirmed[0] <= imposed_at
    return confirmed or (act.settled is not None and act.settled <= imposed_at)


def _decided(case: Case) -> Iterator[Act]:
    repeats = {f.objection: f for _, f in case.each(ObjectionFiled) if f.repeats is not None}
    for seen in case.seen:
        match seen.entry.facts:
            case ObjectionFiled(repeats=None) as facts:
                yield Act(
                    seen.at,
                    seen.on,
                    seen.node,
                    facts.record,
                    "objection_filed",
                    "wrong",
                    objection=facts.objection,
                    filed_on=facts.filed_on,
                    registrar=seen.entry.actor.organisation,
                    confirmed=_confirmed(case, facts.record, facts.objection, seen.at),
                    settled=_settled(case, seen, facts),
                )
            case ObjectionDecided(outcome="upheld", objection=key) if key in repeats:
                record = repeats[key].record
                yield Act(seen.at, seen.on, seen.node, record, "objection_decided", "wrong", key)
            case RecordWithdrawn() as facts:
                from_ = facts.effective if isinstance(facts.effective, date) else None
                yield Act(
                    seen.at,
                    _from(seen.on, from_),
                    seen.node,
                    facts.record,
                    "record_withdrawn",
                    "wrong",
                    wrong_from=from_,
                )
            case RecordMended() as facts:
                yield Act(seen.at, seen.on, seen.node, facts.record, "record_mended", "release")
            case RecordCorrected() as facts if _unseats(case, seen, facts.record):
                yield Act(seen.at, seen.on, seen.node, facts.record, "record_corrected", "wrong")


def _from(entered: date, effective: date | None) -> date:
    """An act that counts from a later day forbids nothing before it."""
    return entered if effective is None else max(entered, effective - _ONE_DAY)


def _repaired(case: Case) -> Iterator[Act]:
    record_of = {facts.repair: facts.record for _, facts in case.each(RepairRequested)}
    for seen, facts in case.each(RepairDecided):
        if facts.outcome == "approved":
            record = record_of[facts.repair]
            yield Act(seen.at, seen.on, seen.node, record, "repair_decided", "release")


def _of_sanction(case: Case) -> Iterator[Act]:
    known = _causes(case)
    for seen, suspended in case.here(SanctionSuspended):
        nature: Nature = "echo" if suspended.cause in known else "wrong"
        yield Act(seen.at, seen.on, seen.node, None, "sanction_suspended", nature)
    for seen, lifted in case.here(SanctionLifted):
        nature = "release" if lifted.cause in RELEASED else "wrong"
        nature = "echo" if _is_at_hand(case, lifted.cause) else nature
        day = _from(seen.on, lifted.from_)
        yield Act(seen.at, day, seen.node, None, "sanction_lifted", nature)


def _is_at_hand(case: Case, cause: str) -> bool:
    """Whether the act for which the sanction was lifted is among the entries."""
    told = {facts.act for _, facts in case.here(NoticeReceived)}
    match cause:
        case "record_withdrawn":
            return "withdrawal" in told or any(case.each(RecordWithdrawn))
        case "record_corrected":
            return "correction" in told or any(case.each(RecordCorrected))
        case "ruled_wrongful":
            return any(case.here(SanctionRuledWrongful))
    return False


def _causes(case: Case) -> dict[str, datetime]:
    """Ids that a suspension may name as its cause, with when the act behind it was entered."""
    return {
        **{facts.notice: seen.at for seen, facts in case.each(CorrectionNotified)},
        **{facts.objection: seen.at for seen, facts in case.each(ObjectionFiled)},
        **{facts.notice: facts.origin_recorded_at for _, facts in case.each(NoticeReceived)},
        **{
            facts.objection: facts.origin_recorded_at
            for _, facts in case.each(NoticeReceived)
            if facts.act == "objection" and facts.objection is not None
        },
    }


def _from_notice(case: Case, facts: NoticeReceived) -> Act:
    what = OF_NOTICE[facts.act]
    effective = facts.effective if isinstance(facts.effective, date) else None
    entered = day_of(facts.origin_recorded_at)
    objected = facts.act == "objection"
    return Act(
        facts.origin_recorded_at,
        _from(entered, effective),
        facts.origin,
        facts.record,
        what,
        "release" if what in RELEASES else "wrong",
        objection=facts.objection if objected else None,
        filed_on=facts.filed_on if objected else None,
        registrar=(facts.registrar or facts.origin) if objected else None,
        wrong_from=effective,
        confirmed=_confirmed(case, facts.record, facts.objection, facts.origin_recorded_at)
        if objected
        else None,
    )


def _confirmed(
    case: Case, record: str, objection: str | None, at: datetime
) -> tuple[datetime, date] | None:
    """When the record was confirmed against the objection that was entered ``at``."""
    for seen, facts in case.each(ObjectionDecided):
        if facts.objection == objection and facts.outcome == "rejected":
            return seen.at, seen.on
    for _, told in case.each(NoticeReceived):
        later = told.record == record and told.origin_recorded_at > at
        same = told.objection is None or objection in {None, told.objection}
        if told.act == "confirmed" and later and same:
            return told.origin_recorded_at, day_of(told.origin_recorded_at)
    return None


def _settled(case: Case, filed: Seen, facts: ObjectionFiled) -> datetime | None:
    """When it was put right by a correction that lifted nothing, once it was conceded."""
    conceded = any(
        answered.objection == facts.objection and answered.finding != "confirmed"
        for _, answered in case.each(ObjectionAnswered)
    ) or any(
        decided.objection == facts.objection and decided.outcome == "upheld"
        for _, decided in case.each(ObjectionDecided)
    )
    corrections = (
        seen.at
        for seen, corrected in case.each(RecordCorrected)
        if corrected.record == facts.record
        and corrected.cause != "own_check"
        and seen.at >= filed.at
        and not _unseats(case, seen, facts.record)
    )
    return min(corrections, default=None) if conceded else None


def _unseats(case: Case, corrected: Seen, record: str) -> bool:
    """The sanction did not survive this correction, as its node or the origin's notice says."""
    for seen, lifted in case.here(SanctionLifted):
        if lifted.cause == "record_corrected" and seen.at == corrected.at:
            return True
    for _, told in case.here(NoticeReceived):
        about = told.record == record and told.act == "correction"
        if about and told.origin_recorded_at == corrected.at:
            return told.required == "lift"
    path = case.paths[record]
    later = [
        seen.at
        for seen, other in case.each(RecordCorrected)
        if other.record == record and seen.at > corrected.at
    ]
    return any(
        notified.record == record
        and notified.act == "correction"
        and notified.required == "lift"
        and notified.recipient in path
        and corrected.at
        <= seen.at
        < min(later, default=datetime.max.replace(tzinfo=seen.at.tzinfo))
        for seen, notified in case.each(CorrectionNotified)
        if seen.node == corrected.node
    )


def words_of(case: Case, acts: tuple[Act, ...]) -> tuple[Word, ...]:
    """Every proof that a node on the way was told, in order of time."""
    found: list[Word] = []
    noted: set[tuple[str, datetime]] = set()
    for seen, facts in case.each(NoticeReceived):
        noted.add((seen.node, seen.at))
        if forbids(facts):
            of = facts.origin_recorded_at
            found.append(Word(seen.node, seen.at, seen.on, of))
            found += [
                Word(hop.node, hop.received_at, day_of(hop.received_at), of) for hop in facts.hops
            ]
    found += [
        Word(act.node, act.at, act.day, act.at, by_notice=False)
        for act in acts
        if act.record is not None or act.what != "sanction_suspended"
    ]
    causes = _causes(case)
    for seen, suspended in case.here(SanctionSuspended):
        if (seen.node, seen.at) not in noted:
            of = causes.get(suspended.cause, seen.at)
            found.append(Word(seen.node, seen.at, seen.on, of))
    found += _acknowledged(case)
    return tuple(sorted(found, key=lambda word: word.at))


def _acknowledged(case: Case) -> Iterator[Word]:
    notices = {
        facts.notice: seen.at for seen, facts in case.each(CorrectionNotified) if forbids(facts)
    }
    for seen, facts in case.each(CorrectionAcknowledged):
        of = notices.get(facts.notice)
        if of is not None and facts.verdict != "not_held":
            at = facts.received_at or seen.at
            yield Word(facts.recipient, at, day_of(at), of, surmised=facts.received_at is None)
