"""Commands on the subject itself: open, link, correct the identifier, erase, hold."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.commands import subject_commands as commands
from ledger.entry import Secret
from ledger.events.base import SubjectKind
from ledger.events.subjects import (
    HoldPlaced,
    HoldReleased,
    IdentifierCorrected,
    PersonalDataErased,
    SubjectLinked,
    SubjectOpened,
    SubjectUnlinked,
)
from ledger.identifiers import Scheme
from ledger.signing.submission import SUBMITTED_ROW
from ledger.subject.aggregate import Subject
from ledger.subject.context import Context, require_order
from ledger.subject.duties import notify_all
from ledger.subject.refusals import (
    AlreadyOpened,
    BeforeItsCause,
    HasRecordsOfItsOwn,
    NothingToErase,
    UnderHold,
    UnknownId,
)

_OF_PERSONS = frozenset({"parties", SUBMITTED_ROW})
"""Sealed fields of a record in which third persons stand."""


def open_subject(
    subject: Subject,
    context: Context,
    *,
    kind: SubjectKind,
    scheme: Scheme,
    identifier: str,
    name: str | None,
    region: str | None,
) -> None:
    """The first entry of a stream. A natural person's identifier and name are sealed."""
    if subject.is_open:
        raise AlreadyOpened
    if kind != "natural_person":
        facts = SubjectOpened(
            kind=kind, scheme=scheme, region=region, identifier=identifier, name=name
        )
        subject.trigger(context, facts)
        return
    key = (f"subject:{subject.uuid_text}",)
    secrets = [Secret("identifier", identifier, key)]
    if name is not None:
        secrets.append(Secret("name", name, key))
    subject.trigger(context, SubjectOpened(kind=kind, scheme=scheme, region=region), tuple(secrets))


def link_subject(subject: Subject, command: commands.LinkSubject, context: Context) -> str:
    subject.require_open()
    if command.until is not None:
        require_order("from", command.from_, "until", command.until)
    link = context.new_id()
    subject.trigger(
        context,
        SubjectLinked(
            link=link,
            other_subject=command.other_subject,
            role=command.role,
            from_=command.from_,
            until=command.until,
        ),
    )
    return link


def unlink_subject(subject: Subject, command: commands.UnlinkSubject, context: Context) -> None:
    linked = subject.state.links.get(command.link)
    if linked is None:
        raise UnknownId(what="link", id=command.link)
    context.not_in_future("on", command.on)
    if command.on < linked.facts.from_:
        raise BeforeItsCause(field="on", day=command.on, cause="from", cause_day=linked.facts.from_)
    subject.trigger(
        context, SubjectUnlinked(link=command.link, on=command.on, reason=command.reason)
    )


def correct_identifier(
    old: Subject, new: Subject, command: commands.CorrectIdentifier, context: Context
) -> None:
    """Written to both streams in one transaction; ``new`` is opened by then."""
    old.require_open()
    if new.state.records or old.uuid == new.uuid:
        raise HasRecordsOfItsOwn
    facts = IdentifierCorrected(
        old_subject=str(old.uuid),
        new_subject=str(new.uuid),
        reason=command.reason,
        authority=command.authority,
    )
    old.trigger(context, facts)
    notify_all(old, context, tuple(old.state.records), "correction")
    new.trigger(context, facts)


def erase_personal_data(
    subject: Subject, command: commands.ErasePersonalData, context: Context, keys: Iterable[int]
) -> None:
    """``keys`` are the data keys that will be destroyed once this is in the log."""
    subject.require_open()
    if not (command.records or command.persons or command.reports or command.subject_itself):
        raise NothingToErase
    for record in command.records:
        subject.record(record)
    for report in command.reports:
        if report not in subject.state.reports:
            raise UnknownId(what="report", id=report)
    for hold in subject.state.holds.values():
        held = set(hold.facts.records)
        if not held or held & set(command.records) or command.persons or command.subject_itself:
            raise UnderHold(hold=hold.facts.hold, authority=hold.facts.authority)
    subject.trigger(
        context,
        PersonalDataErased(
            basis=command.basis,
            records=command.records,
            persons=command.persons,
            reports=command.reports,
            subject_itself=command.subject_itself,
            keys=tuple(sorted(keys)),
        ),
    )
    notify_all(subject, context, _erased(subject, command), "erasure")


def _erased(subject: Subject, command: commands.ErasePersonalData) -> list[str]:
    """The records whose recipients hold what was erased.

    Which third persons a record names lies sealed: of a person's erasure, the recipients of
    every record that left with its parties or its submitted row are told.
    """
    named = set(command.records)
    return [
        key
        for key, record in subject.state.records.items()
        if key in named
        or command.subject_itself
        or (
            command.persons
            and any(_OF_PERSONS & {*d.facts.fields} for d in record.shared.disclosed)
        )
    ]


def place_hold(subject: Subject, command: commands.PlaceHold, context: Context) -> str:
    subject.require_open()
    for record in command.records:
        subject.record(record)
    hold = context.new_id()
    subject.trigger(
        context,
        HoldPlaced(
            hold=hold,
            records=command.records,
            authority=context.actor.organisation,
            basis=command.basis,
        ),
    )
    return hold


def release_hold(subject: Subject, command: commands.ReleaseHold, context: Context) -> None:
    placed = subject.state.holds.get(command.hold)
    if placed is None:
        raise UnknownId(what="hold", id=command.hold)
    context.require_self(placed.facts.authority)
    subject.trigger(
        context,
        HoldReleased(hold=command.hold, authority=context.actor.organisation, basis=command.basis),
    )
