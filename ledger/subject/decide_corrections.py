"""The correction of a record: what it may change, and what changes along with it.

A correction never widens what a collection could have said: publication stays inside
the pack's limits, an expired record is not revived, and what the pack had derived from a
wrong fact (tier, periods) is derived from the right one.
"""

from __future__ import annotations

from datetime import date

from pydantic import ValidationError

from ledger.commands import subject_commands as commands
from ledger.events.base import Role
from ledger.events.records import FieldChange, RecordCollected, RecordCorrected
from ledger.rules import DirectoryItem, RulePack
from ledger.subject import effects
from ledger.subject.aggregate import Subject
from ledger.subject.collecting import (
    categories_of,
    directory_item,
    publicity_of,
    record_secrets,
    refuse_forbidden,
    refuse_known,
    require_of_age,
    tier_of,
)
from ledger.subject.context import Context, require_order
from ledger.subject.decide_records import own_record, own_supplier_or, require_standing
from ledger.subject.duties import notify
from ledger.subject.evolve import is_settled
from ledger.subject.refusals import (
    NothingToCorrect,
    OutsideDirectory,
    UncorrectableField,
    WithoutLegalBasis,
)

_REVIEWER: frozenset[Role] = frozenset({"reviewer"})

UNCORRECTABLE = frozenset(
    {"record", "supplier", "organ", "item", "adverse", "attested_by", "volunteered"}
)
"""Facts that say which record it is and who supplied it; wrong ones need a withdrawal."""


def correct_record(subject: Subject, command: commands.CorrectRecord, context: Context) -> None:
    record = own_record(subject, command.record)
    own_supplier_or(record, context, _REVIEWER)
    require_standing(record, command.record)
    context.not_in_future("corrected_on", command.corrected_on)
    refuse_forbidden(context.rules(record.facts.decided_on), context)
    corrected = _corrected(subject, record.facts, command, context)
    changes = _differences(record.facts, corrected)
    if not changes and not context.sealed:
        raise NothingToCorrect(record=command.record)
    secrets = record_secrets(subject, context, RecordCorrected, command.record)
    unseated = effects.unseated(subject, context, corrected, command.corrected_on)
    facts = RecordCorrected(
        record=command.record,
        changes=changes,
        cause=command.cause,
        authority=command.authority,
        corrected_on=command.corrected_on,
    )
    about = _settled_by(subject, command)
    subject.trigger(context, facts, secrets)
    notify(subject, context, command.record, "correction", about)
    for key in unseated:
        effects.lift(subject, context, key, "record_corrected", command.corrected_on)


def _settled_by(subject: Subject, command: commands.CorrectRecord) -> str | None:
    """The objection that the correction closes; None where there is not exactly one."""
    closing = [
        key
        for key, objection in subject.state.objections.items()
        if objection.filed.facts.record == command.record and is_settled(objection, command.cause)
    ]
    return closing[0] if len(closing) == 1 else None


def _differences(old: RecordCollected, new: RecordCollected) -> tuple[FieldChange, ...]:
    before, after = old.to_json(), new.to_json()
    return tuple(
        FieldChange.model_validate({"field": k, "old": before.get(k), "new": after.get(k)})
        for k in sorted({*before, *after})
        if before.get(k) != after.get(k)
    )


def _corrected(
    subject: Subject, old: RecordCollected, command: commands.CorrectRecord, context: Context
) -> RecordCollected:
    """The record's facts after the correction, or the refusal."""
    stated = _stated(old, command)
    pack = context.rules(stated.decided_on)
    item = directory_item(subject, pack, stated.item, stated.decided_on)
    if stated.decided_on != old.decided_on:
        context.not_in_future("decided_on", stated.decided_on)
        require_of_age(context, pack, stated.decided_on)
        if item.adverse != old.adverse:
            raise OutsideDirectory(item=stated.item, kind=subject.state.kind, day=stated.decided_on)
    if stated.adverse and stated.legal_basis is None:
        raise WithoutLegalBasis
    former = context.rules(old.decided_on)
    new = _derived(old, stated, frozenset(command.changes), (former, pack), item)
    if new.publicity != old.publicity:
        publicity_of(item, subject.state.kind, new.publicity)
    new = _inside_publication(new, pack, item)
    longest = pack.retention_until(item, new.tier, new.decided_on)
    if new.adverse and longest is not None and (new.held_until or date.max) > longest:
        new = new.model_copy(update={"held_until": longest})
    if old.held_until is not None and old.held_until <= context.today:
        revived = new.held_until is None or new.held_until > old.held_until
        if revived:
            raise UncorrectableField(
                field="held_until", record=old.record, why="it has expired and is not revived"
            )
    require_order("held_from", new.held_from, "held_until", new.held_until or new.held_from.max)
    if new.document_number != old.document_number:
        refuse_known(
            subject,
            new.item,
            new.organ,
            new.document_number,
            new.supplier,
            but=new.record,
            tied=context.tied,
        )
    return new


def _stated(old: RecordCollected, command: commands.CorrectRecord) -> RecordCollected:
    """The facts with the changes as they were given."""
    new = old.to_json()
    for name, value in command.changes.items():
        if name not in RecordCollected.model_fields:
            raise UncorrectableField(field=name, record=command.record, why="no such fact")
        if name in UNCORRECTABLE:
            raise UncorrectableField(
                field=name, record=command.record, why="withdraw the record and collect it anew"
            )
        if value is None:
            new.pop(name, None)
        else:
            new[name] = value
    try:
        facts = RecordCollected.model_validate(new)
    except ValidationError as error:
        first = error.errors()[0]
        raise UncorrectableField(
            field=".".join(str(part) for part in first["loc"]),
            record=command.record,
            why=first["msg"],
        ) from error
    if facts.publish_from is not None and facts.publish_until is not None:
        require_order("publish_from", facts.publish_from, "publish_until", facts.publish_until)
    return facts


def _derived(
    old: RecordCollected,
    stated: RecordCollected,
    given: frozenset[str],
    packs: tuple[RulePack, RulePack],
    item: DirectoryItem,
) -> RecordCollected:
    """What had followed from a fact that is now corrected follows from the right one.

    ``given``: the facts that the correction names itself; ``packs``: the former decision
    day's and the right one's.
    """
    updates: dict[str, object] = {}
    former, pack = packs
    former_item = former.item(old.item, old.decided_on) or item
    categories = stated.categories
    if "categories" not in given and old.categories == categories_of(old.amounts):
        categories = categories_of(stated.amounts)
        updates["categories"] = categories
    tier = stated.tier
    weighed = categories != old.categories or stated.decided_on != old.decided_on
    if "tier" not in given and weighed and _is_derived(old, former, former_item):
        tier = tier_of(pack, item, categories, stated.decided_on)
        updates["tier"] = tier
    for name in ("held_from", "publish_from"):
        if name not in given and getattr(old, name) == old.decided_on:
            updates[name] = stated.decided_on
    retained = former.retention_until(former_item, old.tier, old.decided_on)
    if "held_until" not in given and old.held_until == retained:
        updates["held_until"] = pack.retention_until(item, tier, stated.decided_on)
    return stated.model_copy(update=updates)


def _is_derived(facts: RecordCollected, pack: RulePack, item: DirectoryItem) -> bool:
    """The tier is the one that the pack gives; a supplier may also have stated another."""
    day = facts.decided_on
    known = all(pack.tier_of_category(name, day) is not None for name in facts.categories)
    return known and facts.tier == tier_of(pack, item, facts.categories, day)


def _inside_publication(
    facts: RecordCollected, pack: RulePack, item: DirectoryItem
) -> RecordCollected:
    """Published no longer than the pack allows a record as it now stands, or not at all."""
    from_, until = facts.publish_from, facts.publish_until
    if (
        from_ is None
        or facts.publicity != "public"
        or not pack.is_published(item, facts.tier, facts.decided_on)
    ):
        from_ = until = None
    else:
        until = pack.publication_until(
            item,
            facts.tier,
            facts.decided_on,
            file_until=until,
            validity_until=facts.held_until,
        )
        if until is not None and until <= from_:
            from_ = until = None
    return facts.model_copy(update={"publish_from": from_, "publish_until": until})
