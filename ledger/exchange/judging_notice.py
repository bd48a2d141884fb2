"""Judging a notice: the act itself, and the way that the word of it took. Pure.

1. There is a section for each node of the path, in its order.
2. The entry that the notice names is the act it tells of, in the subject's stream of the node
   that collected the record: on that record, or on the subject whose record it is shown to be.
3. Every node on the way shows that it entered the word of this very act.
4. The sender's log holds the duty to tell this recipient, in these words; where it only
   passes the word on, the duty names the notice that it received.
5. Nothing else is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ledger.events.base import Facts
from ledger.events.disputes import (
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairDecided,
    RepairRequested,
)
from ledger.events.exchange import Act, CorrectionNotified, Hop, NoticeReceived, Required
from ledger.events.records import RecordCollected, RecordCorrected, RecordMended, RecordWithdrawn
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased
from ledger.exchange.forms import Notice
from ledger.exchange.holdings import Holdings
from ledger.exchange.judged import Judged, ProvedEntry, ReceivedNotice
from ledger.exchange.refuted import MessageRefuted
from ledger.exchange.signed import Signed
from ledger.log.verdict import Reason

REQUIRED_BY: Final[Mapping[Act, Required]] = MappingProxyType(
    {
        "objection": "suspend",
        "confirmed": "resume",
        "correction": "replace",
        "withdrawal": "lift",
        "mended": "lift",
        "repair": "lift",
        "erasure": "erase",
    }
)
"""What each act asks of a recipient."""


def judge_notice(signed: Signed) -> Judged:
    """Raises ``MessageRefuted``."""
    notice = signed.message
    assert isinstance(notice, Notice)
    nodes = [one.node for one in notice.logs]
    if tuple(nodes) != notice.path or nodes[-1] != notice.sender or len(set(nodes)) != len(nodes):
        raise _differs(notice.sender)
    sections = signed.sections(notice.logs)
    verdict = signed.verdict(sections)
    if not all(one.is_known for one in sections):
        return signed.judged(verdict, sections)
    holdings = [Holdings(one) for one in sections]
    stream = UUID(notice.subject)
    origin, entries = holdings[0], holdings[0].of_record(notice.record)
    of_subject = origin.of_subject(stream)
    origin.require_stream(entries, stream)
    is_its = any(isinstance(one.entry.facts, RecordCollected) for one in entries)
    named = (*entries, *of_subject) if is_its else entries
    acted = next((one for one in named if one.entry.index == notice.acted), None)
    found = None if acted is None else _Told(notice, acted, entries).found()
    if acted is None or found is None or REQUIRED_BY[notice.act] != notice.required:
        raise MessageRefuted(
            Reason.ACT_DIFFERS, index=notice.acted, node=origin.node, act=notice.act
        )
    heard = [_heard(each, notice, acted) for each in holdings[1:]]
    _require_duty(holdings[-1], notice, heard[-1][2] if heard else None)
    for each in holdings:
        each.openings_of(each.of_record(notice.record))
        each.require_all_used()
    hops = tuple(Hop(node=node, received_at=one.entry.recorded_at) for node, one, _ in heard)
    return signed.judged(
        verdict, sections, notice=replace(found, hops=hops) if verdict.is_good else None
    )


def _differs(node: str) -> MessageRefuted:
    return MessageRefuted(Reason.NOTICE_DIFFERS, node=node)


def _heard(
    holdings: Holdings, notice: Notice, acted: ProvedEntry
) -> tuple[str, ProvedEntry, NoticeReceived]:
    """Where a node on the way entered the act; the first time, if it heard of it twice."""
    for one in holdings.of_record(notice.record):
        facts = one.entry.facts
        if (
            isinstance(facts, NoticeReceived)
            and facts.origin == notice.path[0]
            and facts.origin_entry == acted.digest
            and facts.act == notice.act
        ):
            return holdings.node, one, facts
    raise _differs(holdings.node)


def _require_duty(holdings: Holdings, notice: Notice, heard: NoticeReceived | None) -> None:
    """That the sender owes this notice to this recipient. Raises ``MessageRefuted``."""
    for one in holdings.of_record(notice.record):
        facts = one.entry.facts
        if (
            isinstance(facts, CorrectionNotified)
            and facts.notice == notice.notice
            and facts.recipient == notice.recipient
            and (facts.act, facts.required) == (notice.act, notice.required)
            and facts.due_on == notice.due_on
            and (facts.relays is None) == (heard is None)
            and (heard is None or facts.relays == heard.notice)
        ):
            return
    raise _differs(holdings.node)


class _Told:
    """What the entry that a notice names says, in the words of ``NoticeReceived``."""

    def __init__(self, notice: Notice, acted: ProvedEntry, entries: Sequence[ProvedEntry]) -> None:
        self._notice, self._acted = notice, acted
        self._before = [one for one in entries if one.entry.index < acted.entry.index]

    def found(self) -> ReceivedNotice | None:
        """None where it is not that act."""
        notice = self._notice
        plain = ReceivedNotice(
            notice=notice.notice,
            record=notice.record,
            path=notice.path,
            subject=UUID(notice.subject),
            act=notice.act,
            required=notice.required,
            due_on=notice.due_on,
            acted=self._acted,
            hops=(),
        )
        facts: Facts = self._acted.entry.facts
        match notice.act, facts:
            case "objection", ObjectionFiled(repeats=None):
                return self._objected(plain, self._acted)
            case ("objection", ObjectionDecided(outcome="upheld")) | (
                "confirmed",
                ObjectionDecided(outcome="rejected"),
            ):
                assert isinstance(facts, ObjectionDecided)
                return self._objected(plain, self._filed(facts.objection))
            case "correction", RecordCorrected():
                told = replace(
                    plain,
                    cause=facts.cause,
                    acted_on=facts.corrected_on,
                    changes=facts.changes,
                )
                return told if facts.cause == "own_check" else self._settling(told)
            case "correction", ObjectionAnswered(finding="corrected"):
                return self._objected(plain, self._filed(facts.objection))
            case "correction", IdentifierCorrected():
                return plain
            case "withdrawal", RecordWithdrawn():
                told = replace(
                    plain, fault=facts.fault, cause=facts.cause, effective=facts.effective
                )
                return self._objected(told, self._last_filed()) or told
            case "mended", RecordMended():
                return replace(plain, by=facts.accepted_by, acted_on=facts.mended_on)
            case "repair", RepairDecided(outcome="approved"):
                return self._repaired(plain, facts)
            case "erasure", PersonalDataErased():
                return plain
        return None

    def _objected(self, told: ReceivedNotice, filed: ProvedEntry | None) -> ReceivedNotice | None:
        """With the objection that the act is, or is about; None where that is not shown."""
        if filed is None:
            return None
        facts = filed.entry.facts
        assert isinstance(facts, ObjectionFiled)
        return replace(
            told,
            objection=facts.objection,
            filed_on=facts.filed_on,
            registrar=filed.entry.actor.organisation,
        )

    def _filed(self, objection: str) -> ProvedEntry | None:
        for one in self._before:
            facts = one.entry.facts
            if isinstance(facts, ObjectionFiled) and facts.objection == objection:
                return one
        return None

    def _last_filed(self) -> ProvedEntry | None:
        """The last objection that was not rejected."""
        rejected = {
            one.entry.facts.objection
            for one in self._before
            if isinstance(one.entry.facts, ObjectionDecided)
            and one.entry.facts.outcome == "rejected"
        }
        filed = [
            one
            for one in self._before
            if isinstance(one.entry.facts, ObjectionFiled)
            and one.entry.facts.objection not in rejected
        ]
        return filed[-1] if filed else None

    def _settling(self, told: ReceivedNotice) -> ReceivedNotice:
        """With the objections that a correction settles: each that was conceded or upheld."""
        found: dict[str, None] = {}
        for one in self._before:
            match one.entry.facts:
                case ObjectionAnswered(objection=objection, finding="corrected" | "wrong"):
                    found[objection] = None
                case ObjectionDecided(objection=objection, outcome="upheld"):
                    found[objection] = None
                case ObjectionDecided(objection=objection, outcome="rejected"):
                    found.pop(objection, None)
                case _:
                    pass
        *others, last = found or (None,)
        settled = None if last is None else self._objected(told, self._filed(last))
        return told if settled is None else replace(settled, settles=tuple(filter(None, others)))

    def _repaired(self, told: ReceivedNotice, facts: RepairDecided) -> ReceivedNotice | None:
        requested = any(
            isinstance(one.entry.facts, RepairRequested) and one.entry.facts.repair == facts.repair
            for one in self._before
        )
        if not requested:
            return None
        return replace(told, by=facts.reviewer, acted_on=facts.decided_on)
