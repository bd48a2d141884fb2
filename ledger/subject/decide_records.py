"""Commands on records: collect, tell, withdraw, mend, publish; and consent."""

from __future__ import annotations

from ledger.commands import subject_commands as commands
from ledger.events.base import Role
from ledger.events.records import (
    FROM_BEGINNING,
    NO_FAULT,
    ConsentGiven,
    ConsentWithdrawn,
    NoticeServed,
    PublicationEnded,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.subject import effects
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context, require_not_before, require_order
from ledger.subject.duties import notify
from ledger.subject.refusals import (
    AlreadyEnded,
    UncorrectableField,
    UnknownId,
    UnknownOrganisation,
)
from ledger.subject.refusals_exchange import OriginDecides
from ledger.subject.state import RecordState
from ledger.subject.status import ended_by

_REGISTRAR: frozenset[Role] = frozenset({"registrar"})
_REVIEWER: frozenset[Role] = frozenset({"reviewer"})


def serve_notice(subject: Subject, command: commands.ServeNotice, context: Context) -> None:
    record = own_record(subject, command.record)
    own_supplier_or(record, context, _REGISTRAR)
    context.not_in_future("served_on", command.served_on)
    require_not_before("served_on", command.served_on, "decided_on", record.facts.decided_on)
    subject.trigger(
        context,
        NoticeServed(record=command.record, served_on=command.served_on, channel=command.channel),
    )


def own_record(subject: Subject, key: str) -> RecordState:
    """The record, collected at this node; what is another's is for its origin to act on."""
    record = subject.record(key)
    if record.received is not None:
        raise OriginDecides(record=key, origin=record.received.facts.origin)
    return record


def own_supplier_or(record: RecordState, context: Context, roles: frozenset[Role]) -> None:
    """The record's own supplier, or a body that holds one of ``roles`` today."""
    if not context.holds(roles):
        context.require_self(record.facts.supplier)


def withdraw_record(subject: Subject, command: commands.WithdrawRecord, context: Context) -> None:
    record = own_record(subject, command.record)
    own_supplier_or(record, context, _REVIEWER)
    if record.withdrawn is not None:
        raise AlreadyEnded(what="record", id=command.record, state="withdrawn")
    if command.fault != NO_FAULT and command.fault not in context.registry.organisations:
        raise UnknownOrganisation(organisation=command.fault)
    if command.effective != FROM_BEGINNING:
        context.not_in_future("effective", command.effective)
        begins = min(record.facts.decided_on, record.facts.held_from)
        require_not_before("effective", command.effective, "decided_on", begins)
    subject.trigger(
        context,
        RecordWithdrawn(
            record=command.record,
            cause=command.cause,
            fault=command.fault,
            effective=command.effective,
        ),
    )
    notify(subject, context, command.record, "withdrawal")
    from_ = context.today if command.effective == FROM_BEGINNING else command.effective
    effects.lift_resting(subject, context, command.record, "record_withdrawn", from_)


def mend_record(subject: Subject, command: commands.MendRecord, context: Context) -> None:
    record = own_record(subject, command.record)
    own_supplier_or(record, context, _REVIEWER | _REGISTRAR)
    require_standing(record, command.record)
    context.not_in_future("mended_on", command.mended_on)
    require_not_before("mended_on", command.mended_on, "decided_on", record.facts.decided_on)
    if not record.facts.correctable:
        raise UncorrectableField(
            field="mended_on", record=command.record, why="this wrong cannot be put right"
        )
    subject.trigger(
        context,
        RecordMended(
            record=command.record,
            evidence=command.evidence,
            accepted_by=context.actor.organisation,
            mended_on=command.mended_on,
        ),
    )
    notify(subject, context, command.record, "mended")
    effects.lift_resting(subject, context, command.record, "record_mended", command.mended_on)


def require_standing(record: RecordState, key: str) -> None:
    """Neither withdrawn, repaired nor mended, whether or not it holds yet."""
    state = ended_by(record)
    if state is not None:
        raise AlreadyEnded(what="record", id=key, state=state)


def publish_record(subject: Subject, command: commands.PublishRecord, context: Context) -> None:
    record = own_record(subject, command.record)
    own_supplier_or(record, context, _REGISTRAR)
    require_standing(record, command.record)
    context.not_in_future("on", command.on)
    facts = record.facts
    if facts.publicity != "public" or facts.publish_from is None:
        raise UncorrectableField(
            field="publicity", record=command.record, why="it may not be shown to the public"
        )
    require_not_before("on", command.on, "publish_from", facts.publish_from)
    over = facts.publish_until is not None and facts.publish_until <= command.on
    if over or record.publication_ended is not None:
        raise AlreadyEnded(what="publication of record", id=command.record, state="ended")
    subject.trigger(
        context,
        RecordPublished(
            record=command.record, channel=command.channel, on=command.on, basis=command.basis
        ),
    )


def end_publication(subject: Subject, command: commands.EndPublication, context: Context) -> None:
    record = subject.record(command.record)
    own_supplier_or(record, context, _REVIEWER | _REGISTRAR)
    if record.publication_ended is not None:
        raise AlreadyEnded(what="publication of record", id=command.record, state="ended")
    context.not_in_future("on", command.on)
    subject.trigger(
        context,
        PublicationEnded(
            record=command.record, channel=command.channel, on=command.on, basis=command.basis
        ),
    )


def give_consent(subject: Subject, command: commands.GiveConsent, context: Context) -> str:
    subject.require_open()
    if command.until is not None:
        require_order("today", context.today, "until", command.until)
    consent = context.new_id()
    subject.trigger(
        context,
        ConsentGiven(
            consent=consent,
            what=command.what,
            to_whom=command.to_whom,
            purpose=command.purpose,
            until=command.until,
        ),
    )
    return consent


def withdraw_consent(subject: Subject, command: commands.WithdrawConsent, context: Context) -> None:
    if command.consent not in subject.state.consents:
        raise UnknownId(what="consent", id=command.consent)
    context.not_in_future("on", command.on)
    subject.trigger(context, ConsentWithdrawn(consent=command.consent, on=command.on))
