"""What this node gives to others of a record, and what they answer, decided.

No command of a person leads here, nor to ``decide_received``: ``ledger.exchanging`` calls these
with what a verified message says. Each refuses before it triggers its first event; what has been
taken in before changes nothing and is no error.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ledger.events.exchange import (
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatus,
    EnforcementStatusReceived,
    ReceiptVerdict,
    RecordDisclosed,
)
from ledger.exchange.judged import ReceivedAcknowledgement, ReceivedStatus
from ledger.subject import duties
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context
from ledger.subject.refusals import AlreadyEnded, UnknownId
from ledger.subject.refusals_exchange import NotDisclosable, OnItsPath
from ledger.subject.state import Known, RecordState
from ledger.subject.status import ended_by, record_status
from ledger.subject.taint import doubted_record


class Disclosure(NamedTuple):
    """One record of a bundle that was made."""

    record: str
    recipient: str
    bundle: str
    purpose: str
    legal_basis: str
    expires_at: datetime
    fields: tuple[str, ...] = ()
    """The sealed fields that leave with it; ``submitted_row`` for the row as it was handed in."""
    assessment: str | None = None


def require_disclosable(
    subject: Subject, record: str, recipient: str, context: Context
) -> RecordState:
    """The record, where it may be given to that node today; to be asked before a bundle is made.

    Not what is withdrawn, repaired, mended, expired, disputed, in doubt, erased or not yet
    held, and nothing back to a node that it came by.
    """
    held = subject.record(record)
    received = held.received
    by = () if received is None else (*received.facts.path, received.facts.origin)
    if recipient in {context.registry.name, *by}:
        raise OnItsPath(record=record, recipient=recipient)
    if (ended := ended_by(held)) is not None:
        raise NotDisclosable(record=record, state=ended)
    if subject.state.is_erased(record):
        raise NotDisclosable(record=record, state="erased")
    known = context.registry.compromises_known()
    found = record_status(
        doubted_record(held, subject.state.objections.values(), known), context.today
    )
    if found is None or found.state not in {"valid", "corrected"}:
        state = "not in force yet" if found is None else found.state
        raise NotDisclosable(record=record, state=state)
    return held


def disclose(subject: Subject, given: Disclosure, context: Context) -> None:
    """Enter that the record was given away; ``subject`` is as it was when the bundle was made."""
    require_disclosable(subject, given.record, given.recipient, context)
    subject.trigger(
        context,
        RecordDisclosed(
            record=given.record,
            recipient=given.recipient,
            bundle=given.bundle,
            purpose=given.purpose,
            legal_basis=given.legal_basis,
            fields=given.fields,
            assessment=given.assessment,
            expires_at=given.expires_at,
        ),
    )


def receipted(
    subject: Subject,
    *,
    record: str,
    bundle: str,
    recipient: str,
    received_at: datetime,
    verdict: ReceiptVerdict,
    context: Context,
) -> bool:
    """Enter what a recipient made of a record; False where it said so before.

    Where it took the record in late, notices that it had answered with ``not_held``, or that
    were given up before it said anything, are given anew at once.
    """
    shared = subject.record(record).shared
    given = [
        each
        for each in shared.disclosed
        if (each.facts.bundle, each.facts.recipient) == (bundle, recipient)
    ]
    if not given:
        raise UnknownId(what="disclosure", id=bundle)
    before = shared.receipted.get(bundle)
    if before is not None and before.facts.verdict == verdict:
        return False
    subject.trigger(
        context,
        DisclosureReceipted(
            record=record,
            bundle=bundle,
            recipient=recipient,
            received_at=received_at,
            verdict=verdict,
        ),
    )
    if verdict != "refused":
        for told in _missed(subject.record(record), recipient, given[0].index):
            duties.renew(subject, context, told)
    return True


def _missed(record: RecordState, recipient: str, since: int) -> list[CorrectionNotified]:
    """The last notice of each act after the disclosure at ``since``, where it met nothing."""
    last: dict[object, Known[CorrectionNotified]] = {}
    for known in record.shared.notified:
        if known.facts.recipient == recipient and known.index > since:
            last[known.facts.acted or known.facts.relays or known.facts.notice] = known
    answered, given_up = record.shared.answered, record.shared.given_up
    found = []
    for known in last.values():
        answer = answered.get(known.facts.notice)
        not_held = answer is not None and answer.facts.verdict == "not_held"
        if not_held or (answer is None and known.facts.notice in given_up):
            found.append(known.facts)
    return found


def acknowledged(
    subject: Subject,
    answer: ReceivedAcknowledgement,
    *,
    recipient: str,
    attached: str,
    context: Context,
) -> bool:
    """Enter a recipient's answer to a notice; False for the same message again.

    ``attached`` is the digest of the acknowledgement's payload. What nodes behind the
    recipient say of their sanctions is entered beside it.
    """
    record = subject.record(answer.record)
    _notice_to(record, answer.notice, recipient)
    before = record.shared.answered.get(answer.notice)
    if before is not None and before.facts.attached == attached:
        return False
    own = [each for each in answer.statuses if each.node == recipient]
    subject.trigger(
        context,
        CorrectionAcknowledged.model_validate(
            {
                "notice": answer.notice,
                "record": answer.record,
                "recipient": recipient,
                "verdict": answer.verdict,
                "received_at": answer.received_at,
                "onward": tuple(node for node, _ in answer.onward),
                "onward_open": tuple(node for node, state in answer.onward if state == "open"),
                "statuses": tuple(_status(each) for each in own),
                "attached": attached,
            }
        ),
    )
    for each in answer.statuses:
        if each.node != recipient:
            status_received(subject, each, attached=attached, context=context)
    return True


def status_received(
    subject: Subject, status: ReceivedStatus, *, attached: str, context: Context
) -> None:
    """Enter what an enforcer at another node said; ``attached`` is its message's digest."""
    subject.record(status.record)
    subject.trigger(
        context,
        EnforcementStatusReceived(
            record=status.record,
            recipient=status.node,
            status=_status(status),
            attached=attached,
        ),
    )


def _status(status: ReceivedStatus) -> EnforcementStatus:
    return EnforcementStatus.model_validate(
        {
            "sanction": status.sanction,
            "enforcer": status.enforcer,
            "state": status.state,
            "reported_on": status.reported_on,
        }
    )


def give_up(subject: Subject, notice: str, reason: str, context: Context) -> None:
    """Wait no longer for an answer; the notice stays listed as unconfirmed."""
    for key, record in subject.state.records.items():
        for duty in duties.duties(record, context.today):
            facts = duty.notice.facts
            if facts.notice != notice:
                continue
            if duty.state in {"closed", "given_up"}:
                raise AlreadyEnded(what="notice", id=notice, state=duty.state)
            subject.trigger(
                context,
                CorrectionGivenUp(
                    notice=notice, record=key, recipient=facts.recipient, reason=reason
                ),
            )
            return
    raise UnknownId(what="notice", id=notice)


def _notice_to(record: RecordState, notice: str, recipient: str) -> None:
    given = {(each.facts.notice, each.facts.recipient) for each in record.shared.notified}
    if (notice, recipient) not in given:
        raise UnknownId(what=f"notice to {recipient}", id=notice)
