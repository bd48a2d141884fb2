"""What may be collected, and what the rule pack adds to it: the rules of one record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from ledger.commands import subject_commands as commands
from ledger.entry import JSONValue, Secret
from ledger.events.base import Publicity, SubjectKind, Tier
from ledger.events.exchange import RecordReceived
from ledger.events.records import RecordCollected, RecordCorrected
from ledger.rules import DirectoryItem, RulePack
from ledger.subject.aggregate import Subject, require_sealable
from ledger.subject.context import Context, require_order
from ledger.subject.refusals import (
    AlreadyRecorded,
    ForbiddenData,
    OutsideDirectory,
    SecondSource,
    SubjectIsMinor,
    UnknownCategory,
    UnknownExemption,
    WiderThanDirectory,
    WithoutLegalBasis,
)

BREADTH: tuple[Publicity, ...] = ("government", "authorised", "public")
"""From the narrowest class to the widest."""

CATEGORY_OF_AMOUNT = {"fine": "罚款", "confiscated": "没收违法所得"}
"""Which penalty an amount stands for (Administrative Penalty Law Art. 9)."""


def record_facts(
    subject: Subject, command: commands.CollectRecord, context: Context
) -> RecordCollected:
    """The facts that collecting now would record, without recording them."""
    pack = context.rules(command.decided_on)
    item = directory_item(subject, pack, command.item, command.decided_on)
    return _with_defaults(subject, command, context, pack, item)


def collect_record(
    subject: Subject, command: commands.CollectRecord, context: Context
) -> RecordCollected:
    context.require_role(command.roles)  # an import comes here past ``decide``, row by row
    subject.require_open()
    context.require_self(command.supplier)
    decided_on = command.decided_on
    context.not_in_future("decided_on", decided_on)
    pack = context.rules(decided_on)
    item = directory_item(subject, pack, command.item, decided_on)
    require_of_age(context, pack, decided_on)
    if (item.adverse or item.requires_legal_basis) and command.legal_basis is None:
        raise WithoutLegalBasis
    if command.exemption is not None and pack.exemption(command.exemption, decided_on) is None:
        raise UnknownExemption(exemption=command.exemption, day=decided_on)
    refuse_forbidden(pack, context)
    refuse_known(
        subject,
        command.item,
        command.organ or command.supplier,
        command.document_number,
        command.supplier,
        tied=context.tied,
    )
    facts = _with_defaults(subject, command, context, pack, item)
    require_order("held_from", facts.held_from, "held_until", facts.held_until or date.max)
    if facts.publish_from is not None and facts.publish_until is not None:
        require_order("publish_from", facts.publish_from, "publish_until", facts.publish_until)
    secrets = record_secrets(subject, context, RecordCollected, facts.record)
    subject.trigger(context, facts, secrets)
    return facts


def directory_item(subject: Subject, pack: RulePack, code: str, decided_on: date) -> DirectoryItem:
    """The item that the directory of the decision's day has for this kind of subject."""
    kind = subject.state.kind
    item = pack.item(code, decided_on)
    if item is None or not item.admits(kind):
        raise OutsideDirectory(item=code, kind=kind, day=decided_on)
    return item


def require_of_age(context: Context, pack: RulePack, decided_on: date) -> None:
    """Of a natural person nothing is recorded that was decided before the 18th birthday."""
    if context.adult_on is not None and decided_on < context.adult_on:
        raise SubjectIsMinor(age=pack.adult_age(decided_on), day=decided_on)


def _with_defaults(
    subject: Subject,
    command: commands.CollectRecord,
    context: Context,
    pack: RulePack,
    item: DirectoryItem,
) -> RecordCollected:
    """The facts as given, and what was left out as the pack of the decision's day says."""
    decided_on = command.decided_on
    categories = command.categories or categories_of(command.amounts)
    tier = command.tier or tier_of(pack, item, categories, decided_on)
    publicity = publicity_of(item, subject.state.kind, command.publicity)
    publish_from, publish_until = _publication(command, pack, item, tier, publicity)
    held_until = command.held_until
    longest = pack.retention_until(item, tier, decided_on)
    if held_until is None or (item.adverse and longest is not None and longest < held_until):
        held_until = longest  # nothing adverse is held longer than the rules allow
    return RecordCollected(
        record=context.new_id(),
        item=command.item,
        tier=tier,
        adverse=item.adverse,
        supplier=command.supplier,
        organ=command.organ or command.supplier,
        document_number=command.document_number,
        decided_on=decided_on,
        held_from=command.held_from or decided_on,
        held_until=held_until,
        publicity=publicity,
        publish_from=publish_from,
        publish_until=publish_until,
        legal_basis=command.legal_basis,
        categories=categories,
        amounts=command.amounts,
        correctable=item.correctable if command.correctable is None else command.correctable,
        exemption=command.exemption,
        volunteered=command.volunteered,
        attested_by=context.attested_by,
    )


def publicity_of(item: DirectoryItem, kind: SubjectKind, asked: Publicity | None) -> Publicity:
    """The class of the directory, or a narrower one that was asked for; never a wider."""
    widest = item.publicity_of(kind) or "government"
    if asked is not None and BREADTH.index(asked) > BREADTH.index(widest):
        raise WiderThanDirectory(item=item.code, kind=kind, publicity=asked, widest=widest)
    return asked or widest


def categories_of(amounts: Mapping[str, str] | None) -> tuple[str, ...]:
    """The categories that the amounts show, where none were given; nothing was taken by zero."""
    given = {key for key, amount in (amounts or {}).items() if Decimal(amount) > 0}
    return tuple(name for key, name in CATEGORY_OF_AMOUNT.items() if key in given)


def tier_of(
    pack: RulePack, item: DirectoryItem, categories: tuple[str, ...], decided_on: date
) -> Tier:
    """The highest of the categories; with none, the item's, or the mildest that fits."""
    if not item.adverse:
        return item.default_tier or "none"
    if categories:
        for category in categories:
            if pack.tier_of_category(category, decided_on) is None:
                raise UnknownCategory(category=category)
        return pack.tier_of_categories(categories, decided_on)
    return item.default_tier or "minor"


def _publication(
    command: commands.CollectRecord,
    pack: RulePack,
    item: DirectoryItem,
    tier: Tier,
    publicity: Publicity,
) -> tuple[date | None, date | None]:
    """``[from, until)``; the earlier end of what was given and what the pack allows.

    Two times None where the record is not published. At the pack's maximum publication
    stops by itself, whatever was asked for.
    """
    if publicity != "public" or not pack.is_published(item, tier, command.decided_on):
        return None, None
    until = pack.publication_until(
        item,
        tier,
        command.decided_on,
        file_until=command.publish_until,
        validity_until=command.held_until,
    )
    from_ = command.publish_from or command.decided_on
    if until is not None and until <= from_ and command.publish_from is None:
        return None, None  # its end came before it could begin
    return from_, until


def refuse_known(
    subject: Subject,
    item: str,
    organ: str,
    document_number: str,
    supplier: str,
    *,
    but: str = "",
    tied: Iterable[Subject] = (),
) -> None:
    """One record and one source for a document; withdrawn records, and ``but``, stand aside.

    What ``tied`` streams hold is this subject's as well, under another identifier.
    """
    held = (each for one in (subject, *tied) for each in one.state.records.items())
    for key, record in held:
        facts = record.facts
        if (
            key == but
            or record.withdrawn is not None
            or facts.item != item
            or facts.document_number != document_number
        ):
            continue
        if facts.supplier != supplier:
            raise SecondSource(document_number=document_number, supplier=facts.supplier)
        if facts.organ == organ:
            raise AlreadyRecorded(document_number=document_number, record=facts.record)


def refuse_forbidden(pack: RulePack, context: Context) -> None:
    """Forbidden data is looked for in the narrative, not in names of bodies or documents."""
    narrative = context.sealed.get("narrative")
    found = pack.forbidden_data(_texts(narrative))
    if found:
        raise ForbiddenData(found=", ".join(finding.name for finding in found))


def _texts(value: JSONValue) -> list[str]:
    """Every text in ``value``, in its order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    found: list[str] = []
    for member in value:
        if isinstance(member, str):
            found.append(member)
        else:
            found += _texts(member)
    return found


def person_key(person: object, subject: object) -> str:
    """The name of a third person's data key: one per subject, as holds and erasures are.

    Else an erasure on one subject would reach what is held on another.
    """
    return f"person:{person}/{subject}"


def record_secrets(
    subject: Subject,
    context: Context,
    event: type[RecordCollected | RecordCorrected | RecordReceived],
    record: str,
) -> tuple[Secret, ...]:
    """Details lock under the record's key; what names a third person under theirs as well."""
    own = (f"record:{record}",)
    persons = sorted(_persons(context, context.sealed.get("parties")))
    with_persons = own + tuple(person_key(person, subject.uuid_text) for person in persons)
    require_sealable(context, event)
    secrets = tuple(
        Secret(name, value, with_persons if name == "parties" else own)
        for name, value in sorted(context.sealed.items())
    )
    if event is not RecordCollected:
        return secrets
    # Not with ``replace``, which looks up the fields of its class for every call.
    return secrets + tuple(
        Secret(beside.field, beside.value, with_persons, beside.committed, beside.salt)
        for beside in context.beside
    )


def _persons(context: Context, value: JSONValue) -> set[str]:
    """The third persons that ``value`` identifies."""
    found: set[str] = set()
    if isinstance(value, dict):
        scheme, identifier = value.get("scheme"), value.get("identifier")
        if isinstance(scheme, str) and isinstance(identifier, str):
            found.add(str(context.person_id(scheme, identifier)))
        value = value.values()
    elif not isinstance(value, list | tuple):
        return found
    for member in value:
        if not isinstance(member, str):  # most members are texts: told here, not by a call each
            found |= _persons(context, member)
    return found
