"""Asking who bears the days of a sanction: find, fold, register the look, hand over, sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from api.asking import day_of_asking, reader_of, resolve, tied_entries
from api.holding import holder_of
from api.registering import Look, register
from api.stating import Shown, made_at, prove
from ledger.clock import legal_day
from ledger.entry import Entry, format_instant
from ledger.errors import UnusableInput
from ledger.exchange.attached import MAX_ENVELOPE
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.organisations.node_keys import Compromises
from ledger.signing.canonical import canonical
from ledger.signing.dsse import Envelope
from ledger.storage.errors import GuardChanged, VersionConflict
from projections.history import tied
from projections.liability.answer import to_json
from projections.liability.page_check import page_of
from projections.liability.partners import NO_PARTNERS, Partners, naming, partners_of
from projections.liability.phrases import Chinese
from projections.liability.report import render
from projections.liability.seen import SeenTrail, seen
from projections.liability.statement import (
    TRAIL_VERSION,
    LiabilityStatement,
    TrailQuery,
    limits_of,
    proved_trail,
)
from projections.liability.views import NodeView, sanctions_in
from projections.models.governance import Governance
from projections.reader import Public, Reader
from projections.statement import STATEMENT_DEPTH, envelope, reader_members
from projections.statement_faults import StatementNeedsReader
from projections.statement_given import require_whole


class SanctionUnknown(UnusableInput):
    code = "sanction_unknown"
    en = "no entry known at size {size} imposes sanction {sanction}; check the id and --known-at"
    zh_cn = "在大小 {size} 时没有作出惩戒 {sanction} 的条目；请核对标识和 --known-at"
    zh_tw = "在大小 {size} 時沒有作出懲戒 {sanction} 的條目；請核對識別碼和 --known-at"


class RecordUnknown(UnusableInput):
    code = "record_unknown"
    en = "no entry known at size {size} holds record {record}; check the id and --known-at"
    zh_cn = "在大小 {size} 时没有信用信息 {record} 的条目；请核对标识和 --known-at"
    zh_tw = "在大小 {size} 時沒有信用資訊 {record} 的條目；請核對識別碼和 --known-at"


@dataclass(frozen=True, slots=True)
class TrailQuestion:
    """Of which sanction, or of all that rest on which record; one of the two."""

    sanction: str | None = None
    record: str | None = None
    valid_at: date | None = None
    """Days from this day on are not counted."""
    known_at: datetime | int | None = None
    operator: str | None = None
    purpose: str | None = None
    basis: str | None = None
    organisation: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailTold:
    """The trails, as this reader may see them, and what they were told from."""

    trails: tuple[SeenTrail, ...]
    subject: UUID
    """Whoever is told this far decides by ``SeenTrail.subject`` what goes on."""
    reader: Reader
    known_on: date
    known_at: datetime | None
    tree_size: int
    as_of_last_entry: bool
    entries: tuple[Entry, ...]
    """Those known at ``tree_size``, of the subject's tied streams."""
    everything: tuple[Entry, ...]
    """Those that the log holds today: they decide what may be shown."""
    kept: Mapping[str, bytes | None] = field(default_factory=dict)
    """Digest to envelope of the messages that ``entries`` name, in the order of the log."""
    partners: Partners = NO_PARTNERS
    """What these messages add to the entries."""


def ask_trail(node: Node, question: TrailQuestion) -> TrailTold:
    """The trails, from the node's own entries and from those that partners attached to them.

    Raises ``SanctionUnknown``, ``RecordUnknown``, ``AttachedDamaged``, and what ``resolve`` and
    registering raise.
    """
    size, known_at, clipped = resolve(node, question.known_at)
    for _ in range(MAX_ATTEMPTS):
        node.registry()
        today = day_of_asking(node, question)
        reader = reader_of(node, question, today)
        subject = _subject(node, question, size)
        everything = tied_entries(node, subject)
        known = [entry for entry in everything if entry.index < size]
        reach = tied(known, subject)
        own = tuple(entry for entry in known if entry.stream.id in reach)
        kept = kept_for(node, own)
        told = TrailTold(
            (),
            subject,
            reader,
            _known_on(question, known_at, today),
            known_at,
            size,
            clipped,
            own,
            tuple(everything),
            kept,
            partners_of(node.name, own, kept),
        )
        told = replace(told, trails=_trails(node, question, told))
        if isinstance(reader, Public):
            return told
        try:
            _register(node, question, told, today)
        except (VersionConflict, GuardChanged):
            continue
        return told
    raise TooManyConflicts(attempts=MAX_ATTEMPTS)


def _trails(node: Node, question: TrailQuestion, told: TrailTold) -> tuple[SeenTrail, ...]:
    digests = digests_of(node, told.entries, told.tree_size)
    pack = Governance.of(node.registry(), node.pack).rules(told.known_on, told.tree_size)
    return tuple(
        seen(
            proved_trail(
                node.name,
                told.entries,
                digests,
                each,
                told.known_on,
                subject=told.subject,
                partners=told.partners,
                calendar=None if pack is None else pack.calendar,
            ),
            told.everything,
            told.reader,
            record=question.record,
            compromises=Compromises.known(node.registry().compromises),
        )
        for each in _sanctions(node, question, told)
    )


def _subject(node: Node, question: TrailQuestion, size: int) -> UUID:
    """In whose stream it was imposed or collected; the id of a received record is a record's."""
    wanted = question.sanction or question.record or ""
    found = holder_of(node, wanted) or node.holder(wanted)
    if found is None:
        if question.sanction is not None:
            raise SanctionUnknown(sanction=wanted, size=size)
        raise RecordUnknown(record=wanted, size=size)
    return found


def _sanctions(node: Node, question: TrailQuestion, told: TrailTold) -> tuple[str, ...]:
    """Those imposed here first, in the order of the log, then those of partners."""
    views = [NodeView(node.name, told.entries)], told.partners.views
    if question.sanction is not None:
        if not any(question.sanction in sanctions_in(each) for each in views):
            raise SanctionUnknown(sanction=question.sanction, size=told.tree_size)
        return (question.sanction,)
    if not any(getattr(entry.facts, "record", None) == question.record for entry in told.entries):
        raise RecordUnknown(record=question.record, size=told.tree_size)
    return tuple(key for each in views for key in sanctions_in(each, question.record))


def kept_for(node: Node, entries: Sequence[Entry]) -> dict[str, bytes | None]:
    """The envelopes of the messages that entries name, by digest; None where it is not there."""
    return {digest: node.store.manifest(digest) for digest in naming(entries)}


def _known_on(question: TrailQuestion, known_at: datetime | None, today: date) -> date:
    """Up to which day open days are counted: that of ``known_at``, as it was asked for."""
    if question.known_at is None or known_at is None:
        day = today
    elif isinstance(question.known_at, int):
        day = legal_day(known_at)
    else:
        day = legal_day(question.known_at)
    return day if question.valid_at is None else min(day, question.valid_at)


def digests_of(node: Node, entries: Sequence[Entry], size: int) -> dict[int, str]:
    """Leaf index to the hex SHA-256 of the payload, of all entries of these streams."""
    rows = node.store.streams({entry.stream.key for entry in entries}, upto=size)
    return {row.index: sha256(row.state).hexdigest() for each in rows.values() for row in each}


def _register(node: Node, question: TrailQuestion, told: TrailTold, today: date) -> None:
    trails = [each.trail for each in told.trails]
    answer = canonical([trail_json(each, told) for each in told.trails], max_depth=STATEMENT_DEPTH)
    shown = [question.record, *(each.record for trail in trails for each in trail.records)]
    look = Look(
        subject=told.subject,
        answer=sha256(answer).hexdigest(),
        records=list(dict.fromkeys(filter(None, shown))),
        sanctions=[trail.sanction for trail in trails if trail.sanction],
        entries=sum(len(trail.steps) for trail in trails),
    )
    size = told.tree_size
    register(node, question, (look,), valid_at=told.known_on, tree_size=size, today=today)


# -- what is handed over ---------------------------------------------------------------


def trail_json(one: SeenTrail, told: TrailTold) -> dict[str, object]:
    """The fixed JSON of a trail, with where it stands and what is masked."""
    known_at = told.known_at
    return {
        **to_json(one.trail),
        "subject": one.subject,
        "known_at": None if known_at is None else format_instant(known_at),
        "known_on": told.known_on.isoformat(),
        "tree_size": told.tree_size,
        "masked": [{"what": each, "why": one.why} for each in one.masked],
    }


def answer_json(told: TrailTold, record: str | None) -> dict[str, object]:
    """Of one sanction; of a record, all that rest on it and the sum of their days."""
    if record is None:
        (one,) = told.trails
        return trail_json(one, told)
    return {
        "record": record,
        "days": {"total": sum(one.trail.days.total for one in told.trails)},
        "sanctions": [trail_json(one, told) for one in told.trails],
    }


def sign_trail(node: Node, question: TrailQuestion, told: TrailTold) -> bytes:
    """The file of a signed report on the one trail that was told for a sanction.

    Raises ``StatementNeedsReader`` or ``StatementWithheld`` where the reader may not see all
    that it would show, ``StatementTooLarge``, and as ``api.stating.prove``.
    """
    (one,) = told.trails
    if isinstance(told.reader, Public):
        raise StatementNeedsReader
    subject = told.subject
    require_whole(told.entries, told.everything, subject, told.reader, told.known_on)
    reach = tied(told.entries, subject)
    proved = prove(node, Shown(subject, reach, told.entries, told.tree_size))
    at = question.at
    if at is None and isinstance(question.known_at, datetime):
        at = question.known_at
    digests = digests_of(node, told.entries, told.tree_size)
    sanction = one.trail.sanction
    trail = proved_trail(
        node.name,
        told.entries,
        digests,
        sanction,
        told.known_on,
        subject=subject,
        partners=told.partners,
    )
    return LiabilityStatement(
        node=node.name,
        origin=proved.origin,
        made_at=made_at(node, at, proved.last),
        query=TrailQuery.model_validate(
            {
                "subject": str(subject),
                "sanction": sanction,
                "known_at": told.known_at,
                "known_on": told.known_on,
                "tree_size": told.tree_size,
                "today": told.reader.today,
                "reader": reader_members(told.reader),
            }
        ),
        fold_version=TRAIL_VERSION,
        answer=canonical(to_json(trail), max_depth=STATEMENT_DEPTH),
        checkpoint=proved.checkpoint,
        commitment=proved.commitment,
        declarations=proved.declarations,
        dated=proved.dated,
        streams=proved.streams,
        attached=tuple(
            Envelope.from_json(each, max_bytes=MAX_ENVELOPE).to_value()
            for each in told.kept.values()
            if each is not None
        ),
        limits=limits_of(trail),
    ).signed(node.signing_key)


def page(told: TrailTold, chinese: Chinese, signed: bytes | None) -> bytes:
    """The report to print: that of the signed statement, or an unsigned one of what is shown."""
    (one,) = told.trails
    if signed is None:
        return render(one.trail, chinese, subject=one.subject)
    statement = LiabilityStatement.from_payload(envelope(signed).payload)
    return page_of(statement, signed, chinese)
