"""What this node receives of a record from others, decided: the record itself, and notices on it.

See ``decide_exchange``. A received record is as good as one collected here, but for what only
its origin may do to it; a notice does what the act that it tells of would have done at home.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from ledger.entry import Secret
from ledger.events.exchange import (
    AcknowledgementVerdict,
    Act,
    NoticeReceived,
    ReceiptVerdict,
    RecordReceived,
)
from ledger.events.records import FROM_BEGINNING, RecordCollected
from ledger.events.subjects import PersonalDataErased
from ledger.exchange.judged import ReceivedNotice, ReceivedRecord
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
from ledger.subject.evolve_exchange import still_counting
from ledger.subject.refusals import UncorrectableField
from ledger.subject.refusals_exchange import IdentityWithheld, RecordOfAnother
from ledger.subject.state import RecordState


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
    record did not have yet. Of the kept notices those count that its origin gave: anybody can
    tell of an act of theirs under the id of a record that is not here yet.
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
    told = (each for each in kept if each.origin == received.origin)
    notices = sorted(told, key=lambda each: each.acted.entry.index)
    # What is to be erased at once is not sealed at all.
    is_gone = any(erases(subject, notice) for notice in notices)
    secrets = () if is_gone else _secrets(subject, received, inside)
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
    for notice in notices:
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
        name=None if received.kind == "natural_person" else received.name,
        notice_served=received.notice_served,
        manifest=received.manifest,
    )


def _secrets(subject: Subject, received: ReceivedRecord, inside: Context) -> tuple[Secret, ...]:
    """Sealed anew under this node's keys, with the salts that the origin's commitments have."""
    return tuple(
        secret._replace(salt=received.disclosed[secret.field].salt)
        for secret in record_secrets(subject, inside, RecordReceived, received.record)
    )


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


def answer_to(subject: Subject, record: str, act: Act) -> AcknowledgementVerdict:
    """What is to be acknowledged of a notice. ``unable``: a hold here keeps what should be
    erased; once it is released and the record erased, the answer is ``applied``.
    """
    held = subject.state.records.get(record)
    if held is None or held.received is None:
        return "not_held"
    if act == "erasure" and not subject.state.is_erased(record):
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
            "settles": notice.settles,
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
    for change in still_counting(record, notice.changes, notice.acted.entry.recorded_at):
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
