"""Logs that Hypothesis draws: any facts in any order, back-dated, also what would be refused.

Only what cannot be folded at all is left out: an id that nobody introduced.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ledger.events.base import Facts
from ledger.events.disputes import (
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    RepairDecided,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import NoticeReceived, RecordReceived
from ledger.events.records import (
    PublicationEnded,
    RecordCorrected,
    RecordMended,
    RecordPublished,
)
from ledger.events.sanctions import EnforcementReported, RatingRecorded, SanctionResumed
from ledger.events.subjects import (
    HoldPlaced,
    IdentifierCorrected,
    PersonalDataErased,
    SubjectLinked,
)
from tests.unit.projections.made import (
    C1,
    FIRM,
    MANIFEST,
    O1,
    O2,
    OTHER_FIRM,
    P1,
    PERSON,
    PROCURER,
    R1,
    R2,
    R3,
    REVIEWER,
    S1,
    S2,
    SUPPLIER,
    Log,
    collected,
    imposed,
    lifted,
    noticed,
    objected,
    opened,
    repaired,
    suspended,
    uid,
    withdrawn,
)

FIRST = date(2026, 3, 1)
DAYS = 30
SECRET = "an informant, by name"
"""What the sealed fields of a generated log hold; no answer to the public shows it."""

days = st.integers(0, DAYS).map(lambda n: FIRST + timedelta(days=n))
records = st.sampled_from([R1, R2, R3])
sanctions = st.sampled_from([S1, S2])
objections = st.sampled_from([O1, O2])


def _later(draw: st.DrawFn, day: date) -> date:
    return day + timedelta(days=draw(st.integers(1, DAYS)))


def _collected(draw: st.DrawFn) -> Facts:
    from_ = draw(days)
    return collected(
        draw(records),
        held_from=from_,
        held_until=_later(draw, from_),
        adverse=draw(st.sampled_from([True, True, True, False])),
        publicity=draw(st.sampled_from(["public", "public", "authorised", "government"])),
        publish_from=from_,
        publish_until=_later(draw, from_),
    )


def _corrected(draw: st.DrawFn) -> Facts:
    field, new = draw(
        st.one_of(
            st.tuples(st.sampled_from(["held_from", "held_until"]), days.map(date.isoformat)),
            st.tuples(st.just("publicity"), st.sampled_from(["public", "government"])),
            st.tuples(st.just("tier"), st.just("minor")),
        )
    )
    return RecordCorrected.model_validate(
        {
            "record": draw(records),
            "changes": [{"field": field, "new": new}],
            "cause": draw(st.sampled_from(["objection", "own_check"])),
            "corrected_on": draw(days),
        }
    )


def _imposed(draw: st.DrawFn) -> Facts:
    from_ = draw(days)
    resting = draw(st.lists(records, min_size=1, max_size=3, unique=True))
    return imposed(draw(sanctions), *resting, starts_on=from_, ends_on=_later(draw, from_))


def _answered(draw: st.DrawFn) -> Facts:
    return ObjectionAnswered(
        objection=draw(objections),
        supplier=SUPPLIER,
        finding=draw(st.sampled_from(["confirmed", "corrected", "wrong"])),
        answered_on=draw(days),
    )


def _decided(draw: st.DrawFn) -> Facts:
    return ObjectionDecided(
        objection=draw(objections),
        outcome=draw(st.sampled_from(["upheld", "rejected"])),
        reviewer=REVIEWER,
        decided_on=draw(days),
    )


def _resumed(draw: st.DrawFn) -> Facts:
    return SanctionResumed(sanction=draw(sanctions), confirmation=O1, from_=draw(days))


def _ruled(draw: st.DrawFn) -> Facts:
    from_ = draw(days)
    return SanctionRuledWrongful(
        sanction=draw(sanctions),
        faulty_records=tuple(draw(st.lists(records, max_size=2, unique=True))),
        authority=REVIEWER,
        ruled_on=from_,
        wrong_from=from_,
        wrong_until=_later(draw, from_),
    )


def _reported(draw: st.DrawFn) -> Facts:
    return EnforcementReported(
        sanction=draw(sanctions),
        enforcer=PROCURER,
        on=draw(days),
        state=draw(st.sampled_from(["applied", "suspended", "still_enforcing", "lifted"])),
    )


def _received(draw: st.DrawFn) -> Facts:
    facts = _collected(draw)
    return RecordReceived.model_validate(
        {
            "record": facts.to_json()["record"],
            "origin": "zhangzhou",
            "bundle": MANIFEST,
            "origin_entry": MANIFEST,
            "origin_recorded_at": datetime(2026, 3, 1, tzinfo=UTC),
            "collected": facts,
        }
    )


def _told(draw: st.DrawFn) -> Facts:
    acts = ["objection", "confirmed", "correction", "withdrawal", "mended", "repair", "erasure"]
    return NoticeReceived.model_validate(
        {
            "notice": uid(draw(st.integers(70, 80))),
            "record": draw(records),
            "origin": "zhangzhou",
            "origin_entry": MANIFEST,
            "origin_recorded_at": datetime(2026, 3, 1, tzinfo=UTC),
            "received_on": draw(days),
            "act": draw(st.sampled_from(acts)),
            "required": "suspend",
            "acted_on": draw(st.one_of(st.none(), days)),
            "effective": draw(st.one_of(st.none(), days)),
            "changes": [{"field": "tier", "new": draw(st.sampled_from(["minor", "serious"]))}],
        }
    )


DRAWN: tuple[Callable[[st.DrawFn], Facts], ...] = (
    _collected,
    _collected,
    _imposed,
    _imposed,
    _corrected,
    _answered,
    _decided,
    _decided,
    _resumed,
    _ruled,
    _reported,
    lambda draw: objected(draw(objections), draw(records), draw(days)),
    lambda draw: objected(draw(objections), draw(records), draw(days), repeats=O1),
    lambda draw: suspended(draw(sanctions), draw(objections), draw(days)),
    lambda draw: lifted(draw(sanctions), "ended_early", draw(days)),
    lambda draw: withdrawn(draw(records), draw(st.one_of(days, st.just("from_beginning")))),
    lambda draw: RecordMended(
        record=draw(records), evidence=MANIFEST, accepted_by=REVIEWER, mended_on=draw(days)
    ),
    lambda draw: repaired(draw(records), draw(days), uid(draw(st.integers(50, 60))))[0],
    lambda draw: RepairDecided(
        repair=uid(draw(st.integers(50, 60))),
        outcome=draw(st.sampled_from(["approved", "refused"])),
        reviewer=REVIEWER,
        decided_on=draw(days),
    ),
    lambda draw: RulingReversed(
        sanction=draw(sanctions), authority=REVIEWER, reversed_on=draw(days)
    ),
    lambda draw: RestitutionMade(
        sanction=draw(sanctions), by=PROCURER, what="listing_removed", on=draw(days)
    ),
    lambda draw: noticed(draw(records), draw(days)),
    lambda draw: RecordPublished(record=draw(records), channel="网站", on=draw(days)),
    lambda draw: PublicationEnded(record=draw(records), on=draw(days), basis="示例"),
    lambda draw: ComplaintFiled(
        case=C1, against=SUPPLIER, filed_on=draw(days), record=draw(records)
    ),
    lambda draw: PersonalDataErased(basis="示例", records=(draw(records),)),
    lambda draw: HoldPlaced(hold=P1, records=(draw(records),), authority=REVIEWER, basis="示例"),
    lambda draw: SubjectLinked(
        link=P1, other_subject=str(PERSON), role="principal", from_=draw(days)
    ),
    lambda draw: RatingRecorded(rating="A", scheme="示例", authority=REVIEWER, from_=draw(days)),
    lambda draw: IdentifierCorrected(
        old_subject=str(FIRM), new_subject=str(OTHER_FIRM), reason="重错码", authority="示例"
    ),
    _received,
    _told,
    _told,
)


class Introduced:
    """What earlier entries introduced, so that a drawn fact can be folded."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def admits(self, facts: Facts) -> bool:
        """Whether it may be appended; then what it introduces is known."""
        new = {
            "RecordCollected": "record",
            "RecordReceived": "record",
            "SanctionImposed": "sanction",
            "ObjectionFiled": "objection",
            "RepairRequested": "repair",
        }.get(facts.type_name())
        named: dict[str, Any] = facts.model_dump()
        for field in ("record", "sanction", "objection", "repair"):
            value = named.get(field)
            if value is not None and (value in self.known) == (field == new):
                return False
        if new is not None:
            self.known.add(named[new])
        return True


@st.composite
def facts_in_order(draw: st.DrawFn, max_size: int = 25) -> list[Facts]:
    made = draw(st.lists(st.sampled_from(range(len(DRAWN))), max_size=max_size))
    return [DRAWN[number](draw) for number in made]


@st.composite
def logs(draw: st.DrawFn, kind: str = "legal_person") -> Log:
    """A log of one firm, or a person; the odd entry of a tied firm between."""
    log, introduced = Log(), Introduced()
    log.add(FIRST, opened(kind))
    log.add(FIRST, opened(name="厦门示例丙公司"), subject=OTHER_FIRM)
    start: list[Facts] = [_collected(draw), _imposed(draw)]
    for facts in start + draw(facts_in_order()):
        if introduced.admits(facts):
            sealed = tuple(sorted(facts.sealed_fields))
            log.add(draw(days), facts, sealed=sealed)
            if isinstance(facts, IdentifierCorrected):
                log.add(FIRST, facts, subject=OTHER_FIRM)
    return log
