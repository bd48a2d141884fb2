"""What a reader may be shown of a history. It masks, says so, and never changes a fact.

Two things decide: the history (facts known at a tree size) and ``current``, the fold of
all entries that the log holds on the day of asking. Publication, publicity class and
retention are those of today, whatever ``valid_at`` and ``known_at`` ask for: a record
withdrawn since is not shown to the public in an answer about the days before.

The public learns nothing from an empty answer: a natural person, an unknown subject and
an organisation with nothing published give the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from ledger.entry import Entry
from ledger.events.across import REPORT_CONTENT
from ledger.organisations.node_keys import Compromise, Compromises
from ledger.signing.sealing import Detail, Erased, Opened
from ledger.subject.status import is_published
from projections.answer import Answer, EntryLine, Masked
from projections.concern import PUBLIC_TYPES, Concern, concern
from projections.history import Folded, History, doubted, folded, history

Details = Mapping[int, Mapping[str, Detail]]
"""Leaf index to sealed fields, as the caller opened them for this reader."""


@dataclass(frozen=True, slots=True)
class Public:
    """Anyone, asking on the legal day ``today``."""

    today: date


@dataclass(frozen=True, slots=True)
class Registered:
    """An operator with a purpose and a basis; the look is registered by the caller."""

    today: date
    operator: str
    purpose: str
    basis: str
    organisation: str | None = None
    """None: the node's own officer."""
    may_see_government: bool = False
    """Whether ``organisation`` is a public body admitted to government sharing."""

    @property
    def sees_government(self) -> bool:
        return self.organisation is None or self.may_see_government


Reader = Public | Registered

ID_FACTS = frozenset(
    {
        "record",
        "records",
        "faulty_records",
        "sanction",
        "confirmation",
        "objection",
        "repeats",
        "repair",
        "case",
        "notice",
    }
)
"""What is left of the facts of an entry whose record's retention has ended."""

LISTS_OF_RECORDS = ("records", "faulty_records")

NOT_FOR_THE_PUBLIC: Mapping[str, frozenset[str]] = {
    "SanctionImposed": frozenset({"approved_by"}),
    "ObjectionFiled": frozenset({"filed_by", "party"}),
    "EnforcementReported": frozenset({"reason"}),
    "RecordReceived": frozenset({"sender", "path", "bundle", "manifest"}),
    "NoticeReceived": frozenset({"sender", "hops", "fault", "registrar", "by"}),
}
"""Facts of public entries that name staff, who objected, or are free text of a third party."""

NEVER_SHOWN: Mapping[str, frozenset[str]] = {"ComplaintFiled": frozenset({"who", "grounds"})}
"""Sealed fields shown to nobody: who reported is strictly confidential, and the grounds in
their own words could tell."""

ATTACHED: Mapping[str, frozenset[str]] = {"ForeignReportReceived": frozenset({REPORT_CONTENT})}
"""Sealed fields that are files: an answer names them by their digests and never holds them."""


def answer(
    entries: Sequence[Entry],
    subject: UUID,
    reader: Reader,
    *,
    valid_at: date,
    known_at: datetime | None,
    tree_size: int,
    details: Details | None = None,
    compromises: Sequence[Compromise] = (),
) -> Answer:
    """The answer for ``reader`` from all entries, to the end of the log, of the tied streams.

    The facts come from the leaves below ``tree_size``; what may be shown of them is told
    by all of them, so the caller does not cut ``entries`` off. ``details`` are
    sealed fields opened for a registered reader, ``compromises`` all declarations of the
    log: those below ``tree_size`` count for the facts, all of them for what is shown.
    """
    known = history(
        [e for e in entries if e.index < tree_size],
        subject,
        valid_at=valid_at,
        compromises=Compromises.known(compromises, tree_size),
    )
    current = _current(entries, subject, reader, Compromises.known(compromises))
    empty = Answer(None, valid_at, known_at, tree_size)
    if known.subject is None:
        return empty
    if isinstance(reader, Public):
        return _for_the_public(known, current, reader, empty)
    return _for_registered(known, current, reader, empty, details or {})


def _current(
    entries: Sequence[Entry], subject: UUID, reader: Reader, compromises: Compromises
) -> Folded:
    """What decides on showing: as of today, and never as a stolen key would have it."""
    own, current = folded(entries, subject)
    if not compromises:
        return current
    return doubted(own, current, subject, compromises, reader.today)


def seen_records(
    entries: Sequence[Entry], subject: UUID, reader: Reader, compromises: Compromises
) -> frozenset[str]:
    """The records of ``subject`` that ``answer`` would show this reader, whatever it asks for.

    ``entries`` and ``compromises`` are all that the log holds.
    """
    current = _current(entries, subject, reader, compromises)
    if not isinstance(reader, Public):
        return frozenset(
            key
            for key, record in current.records.items()
            if reader.sees_government or record.facts.publicity != "government"
        )
    return frozenset(
        key
        for key, record in current.records.items()
        if _is_organisation(current, subject)
        and _is_organisation(current, current.homes[key])
        and is_published(record, reader.today)
    )


# -- the public ----------------------------------------------------------------


def _for_the_public(known: History, current: Folded, reader: Public, empty: Answer) -> Answer:
    assert known.subject is not None
    if known.subject.kind == "natural_person":
        return empty
    records = {
        key
        for key in known.folded.records
        if _is_organisation(current, current.homes[key])
        and is_published(current.records[key], reader.today)
    }
    if not records:
        return empty
    sanctions = {
        key
        for key, sanction in known.folded.sanctions.items()
        if records.intersection(sanction.imposed.facts.records)
    }
    lines = []
    for entry in known.entries:
        about = concern(entry.facts, known.folded)
        opening = entry.type == "SubjectOpened" and _is_organisation(current, entry.stream.id)
        if entry.type in PUBLIC_TYPES and (
            opening or about.record in records or about.sanction in sanctions
        ):
            lines.append(_line(entry, _public_facts(entry, records, known.folded)))
    return _listed(replace(empty, subject=known.subject), known, lines, records, sanctions)


def _is_organisation(current: Folded, stream: UUID) -> bool:
    """Fails closed: a stream that nobody opened is no organisation."""
    return current.kinds.get(stream, "natural_person") != "natural_person"


def _public_facts(entry: Entry, records: Collection[str], known: Folded) -> dict[str, object]:
    facts = _without_records(entry.facts.to_json(), records)
    for name in NOT_FOR_THE_PUBLIC.get(entry.type, ()):
        facts.pop(name, None)
    link = {"SanctionSuspended": "cause", "SanctionResumed": "confirmation"}.get(entry.type)
    if link is not None:
        objection = known.objections.get(str(facts.get(link)))
        if objection is None or objection.filed.facts.record not in records:
            facts.pop(link, None)
    return facts


# -- registered readers ----------------------------------------------------------


def _for_registered(
    known: History, current: Folded, reader: Registered, empty: Answer, details: Details
) -> Answer:
    hidden = {
        key
        for key in known.folded.records
        if current.records[key].facts.publicity == "government" and not reader.sees_government
    }
    faded = {key for key in known.folded.records if retention_ended(current, key, reader.today)}
    records = known.folded.records.keys() - hidden
    resting = {
        key: set(sanction.imposed.facts.records) for key, sanction in known.folded.sanctions.items()
    }
    shut = {key for key, on in resting.items() if on <= hidden}
    pale = {key for key, on in resting.items() if on <= hidden | faded} - shut
    sanctions = resting.keys() - shut
    masked = [Masked(f"record {key}", "government_sharing_only") for key in sorted(hidden)]
    masked += [Masked(f"sanction {key}", "government_sharing_only") for key in sorted(shut)]
    masked += [Masked(f"facts of record {k}", "retention_ended") for k in sorted(faded - hidden)]
    masked += [Masked(f"facts of sanction {key}", "retention_ended") for key in sorted(pale)]
    lines = []
    for entry in known.entries:
        about = concern(entry.facts, known.folded)
        if about.record in hidden or about.sanction in shut:
            continue
        facts = _without_records(entry.facts.to_json(), records)
        if about.record in faded or about.sanction in pale:
            lines.append(_line(entry, _ids_only(facts)))
            continue
        readable, unreadable = _readable(entry, about, details)
        masked += unreadable
        lines.append(replace(_line(entry, facts), details=readable))
    return replace(
        _listed(replace(empty, subject=known.subject), known, lines, records, sanctions),
        masked=tuple(dict.fromkeys(masked)),
    )


def retention_ended(current: Folded, record: str, today: date) -> bool:
    """Retention binds what is adverse; the end of a licence's validity erases nothing."""
    facts = current.records[record].facts
    return facts.adverse and facts.held_until is not None and today >= facts.held_until


def _ids_only(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if name in ID_FACTS}


def _readable(
    entry: Entry, about: Concern, details: Details
) -> tuple[dict[str, object], list[Masked]]:
    """The sealed fields that may be shown, and a note for those that may or can not."""
    opened = details.get(entry.index, {})
    readable: dict[str, object] = {}
    notes: list[Masked] = []
    for name in sorted({*(entry.sealed or ()), *opened}):
        detail = opened.get(name)
        if name in ATTACHED.get(entry.type, ()):
            notes.append(Masked(f"content of {about.label()}", "attached"))
        elif name in NEVER_SHOWN.get(entry.type, ()):
            notes.append(Masked(f"details of {about.label()}", "informant_confidential"))
        elif isinstance(detail, Opened):
            readable[name] = detail.value
        elif isinstance(detail, Erased):
            notes.append(Masked(f"details of {about.label()}", "erased"))
        else:
            notes.append(Masked(f"details of {about.label()}", "withheld"))
    return readable, notes


# -- both ----------------------------------------------------------------------


def _line(entry: Entry, facts: Mapping[str, object]) -> EntryLine:
    return EntryLine(entry.index, entry.seq, entry.type, entry.recorded_at, facts)


def _without_records(facts: dict[str, object], records: Collection[str]) -> dict[str, object]:
    """Facts whose lists of records name only those that are shown."""
    for name in LISTS_OF_RECORDS:
        named = facts.get(name)
        if isinstance(named, list):
            facts[name] = [key for key in named if key in records]
    return facts


def _listed(
    empty: Answer,
    known: History,
    lines: Sequence[EntryLine],
    records: Collection[str],
    sanctions: Collection[str],
) -> Answer:
    """The answer with these lines; ``because`` names only entries that it shows, and the
    declarations that a key was compromised, which say nothing of any subject.
    """
    visible = {line.index for line in lines} | known.compromised

    def seen(because: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(index for index in because if index in visible)

    return replace(
        empty,
        entries=tuple(lines),
        records=tuple(
            replace(line, because=seen(line.because))
            for line in known.records
            if line.record in records
        ),
        sanctions=tuple(
            replace(line, because=seen(line.because))
            for line in known.sanctions
            if line.sanction in sanctions
        ),
    )
