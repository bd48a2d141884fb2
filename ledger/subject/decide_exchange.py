"""What passes between nodes about a record, decided: given away, received, told, answered.

No command of a person leads here: ``ledger.exchanging`` calls these with what a verified
message says. Each refuses before it triggers its first event; what has been taken in before
changes nothing and is no error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from ledger.entry import Secret
from ledger.events.exchange import (
    AcknowledgementVerdict,
    CorrectionAcknowledged,
    CorrectionGivenUp,
    CorrectionNotified,
    DisclosureReceipted,
    EnforcementStatus,
    EnforcementStatusReceived,
    NoticeReceived,
    ReceiptVerdict,
    RecordDisclosed,
    RecordReceived,
)
from ledger.events.records import FROM_BEGINNING, RecordCollected
from ledger.events.subjects import PersonalDataErased
from ledger.exchange.judged import (
    ReceivedAcknowledgement,
    ReceivedNotice,
    ReceivedRecord,
    ReceivedStatus,
)
from ledger.identifiers import parse_scheme
from ledger.subject import duties, effects
from ledger.subject.aggregate import Subject
from ledger.subject.collecting import (
    record_secrets,
    refuse_forbidden,
    refuse_known,
    require_of_age,
)
from ledger.subject.context import Context
from ledger.subject.decide_corrections import UNCORRECTABLE
from ledger.subject.decide_subject import open_subject
from ledger.subject.refusals import AlreadyEnded, UncorrectableField, UnknownId
from ledger.subject.refusals_exchange import (
    IdentityWithheld,
    NotDisclosable,
    OnItsPath,
    RecordOfAnother,
)
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
    """The sealed fields that leave with it; ``row`` for the submitted row."""
    assessment: str | None = None


# -- giving away ---------------------------------------------------------------------


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
    if is_erased(subject, record):
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


# -- receiving a record --------------------------------------------------------------


def receive_record(
    subject: Subject,
    received: ReceivedRecord,
    context: Context,
    *,
    bundle: str,
    kept: Iterable[ReceivedNotice] = (),
) -> ReceiptVerdict:
    """Take a record in, open its subject where needed, and apply the notices kept for it.

    ``subject`` is this node's own stream for the identifier; ``bundle`` the digest of the
    bundle's payload. Held already: nothing is entered, but a notice to the subject that the
    record did not have yet.
    """
    held = _held(subject, received.record, context)
    if held is not None:
        _require_from(held, received.record, received.origin, context)
        lacks = held.received is not None and not held.notices
        if (
            lacks
            and received.notice_served is not None
            and received.record in subject.state.records
        ):
            subject.trigger(context, _received(received, bundle))
        return "held_already"
    inside = context._replace(sealed={k: v.value for k, v in received.disclosed.items()})
    pack = context.rules(received.collected.decided_on)
    require_of_age(context, pack, received.collected.decided_on)
    refuse_forbidden(pack, inside)
    facts = received.collected
    refuse_known(
        subject,
        facts.item,
        facts.organ,
        facts.document_number,
        facts.supplier,
        tied=context.tied,
    )
    secrets = _secrets(subject, received, inside)
    if not subject.is_open:
        if received.identifier is None:
            raise IdentityWithheld(record=received.record)
        open_subject(
            subject,
            context,
            kind=received.kind,
            scheme=parse_scheme(received.scheme),
            identifier=received.identifier,
            name=received.name,
            region=received.region,
        )
    subject.trigger(context, _received(received, bundle), secrets)
    for notice in sorted(kept, key=lambda each: each.acted.entry.index):
        receive_notice(subject, notice, context)
    return "accepted"


def _held(subject: Subject, record: str, context: Context) -> RecordState | None:
    """The record in this stream, or in one tied to it."""
    for one in (subject, *context.tied):
        if (found := one.state.records.get(record)) is not None:
            return found
    return None


def _require_from(held: RecordState, record: str, origin: str, context: Context) -> None:
    from_ = context.registry.name if held.received is None else held.received.facts.origin
    if from_ != origin:
        raise RecordOfAnother(record=record, held=from_, origin=origin)


def _received(received: ReceivedRecord, bundle: str) -> RecordReceived:
    sender = received.path[-1]
    return RecordReceived(
        record=received.record,
        origin=received.origin,
        sender=None if sender == received.origin else sender,
        path=received.path,
        bundle=bundle,
        origin_entry=received.collected_entry.digest,
        origin_recorded_at=received.collected_entry.entry.recorded_at,
        collected=received.collected,
        notice_served=received.notice_served,
        manifest=received.manifest,
    )


def _secrets(subject: Subject, received: ReceivedRecord, inside: Context) -> tuple[Secret, ...]:
    """Sealed anew under this node's keys, with the salts that the origin's commitments have."""
    return tuple(
        secret._replace(salt=received.disclosed[secret.field].salt)
        for secret in record_secrets(subject, inside, RecordReceived, received.record)
    )


# -- receiving a notice --------------------------------------------------------------


def receive_notice(
    subject: Subject, notice: ReceivedNotice, context: Context, *, keys: Iterable[int] = ()
) -> bool:
    """Enter a notice on a held record, with its effects here, and pass it on; False where the
    act has been told before, by whichever way.

    ``keys`` are the living data keys of ``record:<id>``: destroy them after the transaction if
    ``erases`` says so. Raises ``UnknownId`` for a record that is not held.
    """
    record = subject.record(notice.record)
    if record.received is None or record.received.facts.origin != notice.origin:
        _require_from(record, notice.record, notice.origin, context)
        raise RecordOfAnother(record=notice.record, held=notice.origin, origin=notice.origin)
    if is_told(record, notice):
        return False
    unseated = _unseated(subject, record, notice, context)
    facts = _told(notice, context)
    subject.trigger(context, facts)
    _act(subject, facts, context)
    for key in unseated:
        effects.lift(subject, context, key, "record_corrected", facts.acted_on or context.today)
    if erases(subject, notice):
        subject.trigger(
            context,
            PersonalDataErased(
                basis=f"notice {notice.notice}",
                records=(notice.record,),
                keys=tuple(sorted(keys)),
            ),
        )
    duties.relay(
        subject,
        context,
        notice.record,
        notice.act,
        notice=notice.notice,
        about=notice.objection,
        past=(*notice.path, *(hop.node for hop in notice.hops)),
    )
    return True


def is_told(record: RecordState, notice: ReceivedNotice) -> bool:
    """Whether this act was told before: one act is one entry at the origin."""
    return any(told.facts.origin_entry == notice.acted.digest for told in record.told)


def erases(subject: Subject, notice: ReceivedNotice) -> bool:
    """Whether the notice has the record's data keys destroyed: a hold here forbids it."""
    return notice.act == "erasure" and not subject.state.holds_on(notice.record)


def is_erased(subject: Subject, record: str) -> bool:
    return any(
        record in erased.facts.records or erased.facts.subject_itself
        for erased in subject.state.erasures
    )


def answer_to(subject: Subject, notice: ReceivedNotice) -> AcknowledgementVerdict:
    """What is to be acknowledged. ``unable``: a hold here keeps what should be erased."""
    record = subject.state.records.get(notice.record)
    if record is None or record.received is None:
        return "not_held"
    if notice.act == "erasure" and not is_erased(subject, notice.record):
        return "unable"
    return "applied"


def _told(notice: ReceivedNotice, context: Context) -> NoticeReceived:
    sender = notice.path[-1]
    return NoticeReceived.model_validate(
        {
            "notice": notice.notice,
            "record": notice.record,
            "origin": notice.origin,
            "sender": None if sender == notice.origin else sender,
            "origin_entry": notice.acted.digest,
            "origin_recorded_at": notice.acted.entry.recorded_at,
            "received_on": context.today,
            "act": notice.act,
            "required": notice.required,
            "fault": notice.fault,
            "objection": notice.objection,
            "filed_on": notice.filed_on,
            "registrar": notice.registrar,
            "by": notice.by,
            "cause": notice.cause,
            "acted_on": notice.acted_on,
            "effective": notice.effective,
            "changes": notice.changes,
            "hops": notice.hops,
        }
    )


def _act(subject: Subject, facts: NoticeReceived, context: Context) -> None:
    """What the act does to the sanctions that rest on the record, as it would at home.

    A confirmation lets nothing go on by itself: resuming is an act of this node's bodies.
    """
    record, from_ = facts.record, facts.acted_on or context.today
    match facts.act:
        case "objection":
            cause = facts.objection or facts.notice
            effects.suspend_resting(subject, context, record, cause, context.today)
        case "withdrawal":
            effective = facts.effective or FROM_BEGINNING
            day = context.today if effective == FROM_BEGINNING else effective
            effects.lift_resting(subject, context, record, "record_withdrawn", day)
        case "mended":
            effects.lift_resting(subject, context, record, "record_mended", from_)
        case "repair":
            effects.lift_resting(subject, context, record, "repaired", from_)
        case _:
            pass


def _unseated(
    subject: Subject, record: RecordState, notice: ReceivedNotice, context: Context
) -> list[str]:
    """The sanctions here that the record, corrected so, no longer bears."""
    if notice.act != "correction" or not notice.changes:
        return []
    new = record.facts.to_json()
    for change in notice.changes:
        if change.field in UNCORRECTABLE:
            raise UncorrectableField(
                field=change.field, record=notice.record, why="it says which record this is"
            )
        new[change.field] = change.new
    try:
        corrected = RecordCollected.model_validate({k: v for k, v in new.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UncorrectableField(field=where, record=notice.record, why=first["msg"]) from error
    return effects.unseated(subject, context, corrected, notice.acted_on or context.today)


# -- what others answer --------------------------------------------------------------


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
