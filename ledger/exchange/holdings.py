"""The entries of a section, by what they are about. Pure.

An entry is about a record where it names it, or names an objection or a repair that an
earlier entry shown ties to it. Whatever is asked for here is marked; what nobody asked for
is shown without need, which ``unused`` tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from ledger.entry import StreamId
from ledger.errors import LedgerError, Phrase
from ledger.events.base import Facts
from ledger.events.disputes import (
    ComplaintFiled,
    ObjectionAnswered,
    ObjectionDecided,
    ObjectionFiled,
    RepairAccepted,
    RepairDecided,
    RepairRequested,
    RestitutionMade,
    RulingReversed,
    SanctionRuledWrongful,
)
from ledger.events.exchange import NoticeReceived, RecordReceived
from ledger.events.governance import (
    KeyBound,
    KeyUnbound,
    OrganisationAdmitted,
    RoleEnded,
    RoleGranted,
)
from ledger.events.records import (
    NoticeServed,
    PublicationEnded,
    RecordCollected,
    RecordCorrected,
    RecordMended,
    RecordPublished,
    RecordWithdrawn,
)
from ledger.events.sanctions import (
    EnforcementReported,
    SanctionImposed,
    SanctionLifted,
    SanctionResumed,
    SanctionSuspended,
)
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased, SubjectOpened
from ledger.exchange.evidence import Section
from ledger.exchange.judged import ProvedEntry
from ledger.exchange.refuted import MessageRefuted
from ledger.identifiers import organisation_id
from ledger.log.verdict import Reason
from ledger.organisations.registry import Organisation, Registry

OF_BUNDLES: Final[frozenset[type[Facts]]] = frozenset(
    {
        RecordCollected,
        NoticeServed,
        RecordCorrected,
        RecordWithdrawn,
        RecordMended,
        RecordPublished,
        PublicationEnded,
        ObjectionFiled,
        RepairRequested,
        RecordReceived,
        NoticeReceived,
    }
)
"""What a bundle may show of a record: what it is, and what it still is."""

NEVER: Final[frozenset[type[Facts]]] = frozenset({ComplaintFiled})
"""Who complained never leaves, and neither does that somebody did."""

_SANCTIONED: Final = (
    SanctionImposed,
    SanctionSuspended,
    SanctionResumed,
    SanctionLifted,
    EnforcementReported,
    SanctionRuledWrongful,
    RulingReversed,
    RestitutionMade,
)
_ORGANISED: Final = (OrganisationAdmitted, RoleGranted, RoleEnded, KeyBound, KeyUnbound)
_PLAINLY: Final = frozenset({RecordCollected, NoticeServed, RecordReceived})
"""Nearly all entries of a bundle: about their record, and nothing else."""
_NAMED: Final = Phrase("entry {index} ({type})", "条目 {index}（{type}）", "條目 {index}（{type}）")


class Holdings:
    """One section's entries, sorted."""

    def __init__(self, section: Section, only: frozenset[type[Facts]] | None = None) -> None:
        """``only``: the types that may name a record; None: all but ``NEVER``."""
        self.node = section.node
        self.section = section
        self._used: set[int] = set()
        self._of_record: dict[str, list[ProvedEntry]] = {}
        self._of_sanction: dict[str, list[ProvedEntry]] = {}
        self._of_subject: dict[UUID, list[ProvedEntry]] = {}
        self._of_organisation: dict[str, list[ProvedEntry]] = {}
        self._registry: Registry | None = None
        tied: dict[str, str] = {}
        of_record, records = self._of_record, only or frozenset()
        for one in section.entries:
            facts = one.entry.facts
            if type(facts) in _PLAINLY and type(facts) in records:
                of_record.setdefault(facts.record, []).append(one)  # type: ignore[attr-defined]
            else:
                self._sort(one, facts, tied, only)

    def _sort(
        self,
        one: ProvedEntry,
        facts: Facts,
        tied: dict[str, str],
        only: frozenset[type[Facts]] | None,
    ) -> None:
        """``tied``: objection or repair to its record, as far as it was shown by now."""
        match facts:
            case SubjectOpened() | IdentifierCorrected():
                self._of_subject.setdefault(one.entry.stream.id, []).append(one)
            case PersonalDataErased():
                self._erased(one, facts)
            case ObjectionAnswered() | ObjectionDecided():
                self._tied(one, tied.get(facts.objection))
            case RepairAccepted() | RepairDecided():
                self._tied(one, tied.get(facts.repair))
            case _ if isinstance(facts, _SANCTIONED):
                self._of_sanction.setdefault(facts.sanction, []).append(one)
            case _ if isinstance(facts, _ORGANISED):
                self._of_organisation.setdefault(facts.organisation, []).append(one)
            case _:
                self._tied(one, _record_of(facts, only))
        if isinstance(facts, ObjectionFiled):
            tied[facts.objection] = facts.record
        elif isinstance(facts, RepairRequested):
            tied[facts.repair] = facts.record

    def _tied(self, one: ProvedEntry, record: str | None) -> None:
        if record is not None:
            self._of_record.setdefault(record, []).append(one)

    def _erased(self, one: ProvedEntry, facts: PersonalDataErased) -> None:
        for record in facts.records:
            self._tied(one, record)
        if facts.subject_itself or not facts.records:
            # Of a person, too: in which records the person is named lies sealed.
            self._of_subject.setdefault(one.entry.stream.id, []).append(one)

    # -- asking ------------------------------------------------------------------

    def of_record(self, record: str) -> Sequence[ProvedEntry]:
        return self._marked(self._of_record.get(record, ()))

    def of_sanction(self, sanction: str) -> Sequence[ProvedEntry]:
        return self._marked(self._of_sanction.get(sanction, ()))

    def of_subject(self, stream: UUID) -> Sequence[ProvedEntry]:
        """Openings, corrections of identifiers and erasures in a subject's stream."""
        return self._marked(self._of_subject.get(stream, ()))

    def openings_of(self, entries: Iterable[ProvedEntry]) -> None:
        """Ask for the openings of the streams in which these stand."""
        for stream in {one.entry.stream.id for one in entries}:
            self.of_subject(stream)

    def organisation(self, code: str) -> Organisation | None:
        """What the entries shown say of an organisation, all of them taken together.

        None where its admission is not shown. Raises ``MessageRefuted``.
        """
        self._marked(self._of_organisation.get(code, ()))
        if self._registry is None:
            self._registry = Registry()
            every = [one for each in self._of_organisation.values() for one in each]
            for one in sorted(every, key=_index):
                self._organised(self._registry, one)
        return self._registry.organisations.get(code)

    def _organised(self, registry: Registry, one: ProvedEntry) -> None:
        facts = one.entry.facts
        assert isinstance(facts, _ORGANISED)
        code = facts.organisation
        try:
            is_own = one.entry.stream == StreamId("organisation", organisation_id(code))
        except LedgerError:
            is_own = False
        is_admitted = code in registry.organisations
        if not is_own or is_admitted == isinstance(facts, OrganisationAdmitted):
            raise self.unasked(one)
        registry.evolve(one.entry)

    def _marked(self, entries: Sequence[ProvedEntry]) -> Sequence[ProvedEntry]:
        self._used.update([one.entry.index for one in entries])
        return entries

    # -- what is left ------------------------------------------------------------

    def unused(self) -> Iterator[ProvedEntry]:
        """What nobody asked for."""
        return (one for one in self.section.entries if one.entry.index not in self._used)

    def require_all_used(self) -> None:
        """Raises ``MessageRefuted`` where an entry is about nothing that was asked for."""
        for one in self.unused():
            raise self.unasked(one)

    def unasked(self, one: ProvedEntry) -> MessageRefuted:
        named = {"index": one.entry.index, "type": one.entry.type}
        what = Phrase(_NAMED.en, _NAMED.zh_cn, _NAMED.zh_tw, named)
        return MessageRefuted(Reason.ENTRY_EXTRA, what=what, node=self.node)

    def require_stream(self, entries: Iterable[ProvedEntry], stream: UUID) -> None:
        """That all stand in the one stream of a subject. Raises ``MessageRefuted``."""
        for one in entries:
            kind, identifier = one.entry.stream
            if kind != "subject" or (identifier is not stream and identifier != stream):
                raise self.unasked(one)


def _record_of(facts: Facts, only: frozenset[type[Facts]] | None) -> str | None:
    kind = type(facts)
    if kind in NEVER or (only is not None and kind not in only):
        return None
    record = getattr(facts, "record", None)
    return record if isinstance(record, str) else None


def _index(one: ProvedEntry) -> int:
    return one.entry.index
