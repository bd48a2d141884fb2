"""Judging acknowledgements and enforcement statuses, with what stands inside them. Pure.

Of a status: the sanction rests on the received record, the enforcer is its own, and state
and day are those of the last report among the entries shown; none reported, none said.

Of an acknowledgement: the sender entered a notice on the record when it says it did; whom it
passed the record on to is not less than its entries say; each status in it is its own, each
further message that of a node behind it. All are judged like the message itself. A node behind
it counts as closed only where its own answer stands inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ledger.errors import LedgerError, Phrase
from ledger.events.exchange import CorrectionNotified, NoticeReceived, RecordReceived
from ledger.events.sanctions import EnforcementReported, SanctionImposed
from ledger.exchange.forms import (
    MAX_DOWNSTREAM,
    MAX_SECTIONS,
    Acknowledgement,
    EnforcementStatusMessage,
)
from ledger.exchange.holdings import Holdings
from ledger.exchange.judged import (
    Judged,
    ProvedEntry,
    ReceivedAcknowledgement,
    ReceivedStatus,
)
from ledger.exchange.refuted import MessageRefuted
from ledger.exchange.signed import Signed
from ledger.log.verdict import Reason
from ledger.log.verifying import worst
from ledger.signing import dsse
from ledger.signing.dsse import Envelope

MAX_NESTED: Final = 2 * MAX_DOWNSTREAM
"""Messages inside one, at whatever depth."""

_NOT_ENTERED: Final = Phrase(
    "no notice on the record was entered at that instant",
    "未见于该时刻收到有关该信用信息的通知",
    "未見於該時刻收到有關該信用資訊的通知",
)
_HELD: Final = Phrase(
    "its own entries hold the record",
    "其自身条目显示持有该信用信息",
    "其自身條目顯示持有該信用資訊",
)
_ONWARD: Final = Phrase(
    "its entries name further recipients", "其条目载有其他接收方", "其條目載有其他接收方"
)
_TWICE: Final = Phrase("a node stands twice", "节点重复出现", "節點重複出現")
_OTHER_LOG: Final = Phrase("it shows another's log", "列示了他方的日志", "列示了他方的日誌")

_ENDING: Final = frozenset({"applied", "not_held"})
"""Answers after which nothing may be left to do."""

_INSIDE: Final = {dsse.ACKNOWLEDGEMENT: "acknowledgement", dsse.ENFORCEMENT_STATUS: "status"}


class Nesting:
    """How many messages stand inside one, and how deep; both are bounded."""

    def __init__(self, judge: Callable[[Envelope, Nesting], Judged]) -> None:
        self._judge = judge
        self._left = MAX_NESTED
        self._depth = 0

    def judged(self, value: Mapping[str, Any]) -> Judged:
        """An inner message. Raises ``MessageRefuted``."""
        self._left -= 1
        if self._left < 0 or self._depth >= MAX_SECTIONS:
            limit = MAX_NESTED if self._left < 0 else MAX_SECTIONS
            raise MessageRefuted(Reason.NESTED_TOO_MUCH, limit=limit)
        try:
            envelope = Envelope.from_value(value)
        except LedgerError as error:
            raise MessageRefuted(Reason.MALFORMED, why=error) from error
        if envelope.payload_type not in _INSIDE:
            kind = envelope.payload_type
            raise MessageRefuted(Reason.NESTED_DIFFERS, kind=kind, sender="-")
        self._depth += 1
        try:
            return self._judge(envelope, self)
        finally:
            self._depth -= 1


def judge_acknowledgement(signed: Signed, nesting: Nesting) -> Judged:
    """Raises ``MessageRefuted``."""
    message = signed.message
    assert isinstance(message, Acknowledgement)
    _require_own(message.sender, (one.node for one in message.logs))
    sections = signed.sections(message.logs)
    verdict = signed.verdict(sections)
    entries = tuple(one for section in sections for one in section.entries)
    if all(one.is_known for one in sections):
        for section in sections:
            holdings = Holdings(section)
            holdings.openings_of(holdings.of_record(message.record))
            holdings.require_all_used()
        _require_answer(message, entries)
    inner = _inner(signed, nesting)
    verdict = worst(verdict, *(one.verdict for one in inner))
    if not verdict.is_good:
        return signed.judged(verdict, sections)
    received = ReceivedAcknowledgement(
        notice=message.notice,
        record=message.record,
        verdict=message.verdict,
        received_at=message.received_at,
        onward=_onward(message, entries, inner),
        statuses=tuple(_statuses(inner)),
        entries=entries,
    )
    return signed.judged(verdict, sections, acknowledgement=received)


def judge_status(signed: Signed, nesting: Nesting) -> Judged:
    """Raises ``MessageRefuted``."""
    message = signed.message
    assert isinstance(message, EnforcementStatusMessage)
    _require_own(message.sender, (one.node for one in message.logs))
    (section,) = sections = signed.sections(message.logs)
    verdict = signed.verdict(sections)
    if all(one.is_known for one in sections):
        holdings = Holdings(section)
        about = holdings.of_record(message.record)
        of_sanction = holdings.of_sanction(message.sanction)
        holdings.openings_of([*about, *of_sanction])
        holdings.require_all_used()
        _require_status(message, about, of_sanction)
    inner = _inner(signed, nesting)
    verdict = worst(verdict, *(one.verdict for one in inner))
    if not verdict.is_good:
        return signed.judged(verdict, sections)
    received = ReceivedStatus(
        node=message.sender,
        record=message.record,
        sanction=message.sanction,
        enforcer=message.enforcer,
        state=message.state,
        reported_on=message.reported_on,
        entries=section.entries,
        behind=tuple(_statuses(inner)),
    )
    return signed.judged(verdict, sections, status=received)


def _require_own(sender: str, nodes: Iterable[str]) -> None:
    for node in nodes:
        if node != sender:
            raise MessageRefuted(Reason.SECTIONS_DIFFER, node=node, why=_OTHER_LOG)


def _require_answer(message: Acknowledgement, entries: Iterable[ProvedEntry]) -> None:
    """That the entries bear out what is answered. Raises ``MessageRefuted``."""
    every = [one.entry for one in entries]
    heard = [one for one in every if isinstance(one.facts, NoticeReceived)]
    if message.verdict == "not_held":
        if message.received_at is not None or heard:
            raise _unproved(message, _HELD)
    elif not any(one.recorded_at == message.received_at for one in heard):
        raise _unproved(message, _NOT_ENTERED)
    named = [one.node for one in message.onward]
    if len(set(named)) != len(named):
        raise _unproved(message, _TWICE)
    ids = {message.notice} | {
        one.facts.notice
        for one in heard
        if isinstance(one.facts, NoticeReceived) and one.recorded_at == message.received_at
    }
    for one in every:
        facts = one.facts
        if (
            isinstance(facts, CorrectionNotified)
            and facts.relays in ids
            and facts.recipient not in named
        ):
            raise _unproved(message, _ONWARD)


def _onward(
    message: Acknowledgement, entries: Iterable[ProvedEntry], inner: Iterable[Judged]
) -> tuple[tuple[str, str], ...]:
    """Each node behind the sender; it is open until its own answer to what was passed on to it
    stands in the message, whatever the sender says.
    """
    passed_on = {
        (one.entry.facts.recipient, one.entry.facts.notice)
        for one in entries
        if isinstance(one.entry.facts, CorrectionNotified)
    }
    answered = {
        one.message.sender
        for one in inner
        if isinstance(one.message, Acknowledgement)
        and (one.message.sender, one.message.notice) in passed_on
        and one.message.verdict in _ENDING
    }
    return tuple(
        (one.node, one.state if one.node in answered else "open") for one in message.onward
    )


def _unproved(message: Acknowledgement, why: Phrase) -> MessageRefuted:
    return MessageRefuted(Reason.ANSWER_UNPROVED, node=message.sender, why=why)


def _require_status(
    message: EnforcementStatusMessage,
    about: Iterable[ProvedEntry],
    of_sanction: Iterable[ProvedEntry],
) -> None:
    """That the sanction's entries say what the status says. Raises ``MessageRefuted``."""
    imposed: SanctionImposed | None = None
    last: EnforcementReported | None = None
    for one in of_sanction:
        match one.entry.facts:
            case SanctionImposed() as facts:
                imposed = facts
            case EnforcementReported() as facts if facts.enforcer == message.enforcer:
                last = facts
    received = any(isinstance(one.entry.facts, RecordReceived) for one in about)
    said = (None, None) if last is None else (last.state, last.on)
    if (
        imposed is None
        or not received
        or message.record not in imposed.records
        or imposed.enforcer != message.enforcer
        or said != (message.state, message.reported_on)
    ):
        raise MessageRefuted(Reason.STATUS_DIFFERS, sanction=message.sanction)


# -- what stands inside ------------------------------------------------------------


def _inner(signed: Signed, nesting: Nesting) -> list[Judged]:
    """Every message inside, judged, each of a kind and a node that belong there.

    Raises ``MessageRefuted``.
    """
    message = signed.message
    assert isinstance(message, Acknowledgement | EnforcementStatusMessage)
    found: list[Judged] = []
    seen: set[str] = set()
    for value in message.statuses if isinstance(message, Acknowledgement) else ():
        one = nesting.judged(value)
        if not _is_own(one, message, seen):
            raise _misplaced(one)
        found.append(one)
    for value in message.downstream:
        one = nesting.judged(value)
        if not _is_behind(one, message, seen):
            raise _misplaced(one)
        found.append(one)
    return found


Answer = Acknowledgement | EnforcementStatusMessage


def _is_own(one: Judged, message: Answer, seen: set[str]) -> bool:
    """Whether a status is of the acknowledgement it stands in; each sanction once."""
    inner = one.message
    if inner is None:
        return True  # the verdict says what is wrong with it
    if not isinstance(inner, EnforcementStatusMessage) or inner.sanction in seen:
        return False
    seen.add(inner.sanction)
    about = (inner.sender, inner.recipient, inner.record)
    return about == (message.sender, message.recipient, message.record)


def _is_behind(one: Judged, message: Answer, seen: set[str]) -> bool:
    """Whether a message came from a node that the sender passed the record on to; each once."""
    inner = one.message
    if inner is None:
        return True
    if not isinstance(inner, Answer) or one.digest in seen:
        return False
    seen.add(one.digest)
    if isinstance(message, Acknowledgement) and inner.sender not in {
        each.node for each in message.onward
    }:
        return False
    return (inner.recipient, inner.record) == (message.sender, message.record)


def _misplaced(one: Judged) -> MessageRefuted:
    message = one.message
    assert message is not None
    return MessageRefuted(Reason.NESTED_DIFFERS, kind=message.kind, sender=message.sender)


def _statuses(inner: Iterable[Judged]) -> Iterable[ReceivedStatus]:
    """Of all nodes behind a message, in the order they stand."""
    for one in inner:
        if one.status is not None:
            yield one.status
            yield from one.status.behind
        if one.acknowledgement is not None:
            yield from one.acknowledgement.statuses
