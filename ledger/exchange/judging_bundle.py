"""Judging a bundle: each record, from its opening to the sender. Pure.

1. The sections are those of the nodes that the records passed, the sender's first.
2. Of each record the node that collected it shows, in the subject's stream, the subject's
   opening and the record; of an organisation the id is made again from its identifier (that
   of a natural person rests on the node's word).
3. The supplier was admitted in that role on the day the record was entered; the submission
   that the entry names is there, signed by the supplier's own key or by the node's, and
   holds the row.
4. Every further node shows that it received the record: the very entry, from the one before.
5. By the entries shown the record is in force and in no dispute.
6. What is disclosed is what the entries committed to, and is of these records.
7. Nothing else is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from ledger.clock import legal_day
from ledger.errors import LedgerError, Phrase
from ledger.events.base import SubjectKind
from ledger.events.exchange import RecordReceived
from ledger.events.records import NoticeServed, RecordCollected, RecordCorrected
from ledger.events.subjects import IdentifierCorrected, PersonalDataErased, SubjectOpened
from ledger.exchange.disclosing import (
    Disclosures,
    disclosure_fails,
    disclosures,
    matches_row,
    text_of,
)
from ledger.exchange.evidence import Section
from ledger.exchange.forms import Bundle, BundledRecord, DisclosedRow
from ledger.exchange.holdings import OF_BUNDLES, Holdings
from ledger.exchange.judged import DisclosedField, ProvedEntry, ReceivedRecord
from ledger.exchange.judging_submissions import Submissions
from ledger.exchange.refuted import MessageRefuted
from ledger.identifiers import is_natural_person_scheme, parse_scheme, public_id
from ledger.log.trust import Trust
from ledger.log.verdict import Reason, Verdict
from ledger.log.verifying import worst
from ledger.organisations.registry import Organisation
from ledger.subject.evolve import fold
from ledger.subject.state import RecordState, SubjectState

RECORD_: Final = Phrase("the record", "信用信息", "信用資訊")
_TWICE: Final = Phrase("it stands twice", "重复出现", "重複出現")
_NOT_FIRST: Final = Phrase(
    "the sender's own stands first", "发送方自身的部分须居首", "發送方自身的部分須居首"
)
_NOT_PASSED: Final = Phrase(
    "no record passed it", "没有信用信息经过该节点", "沒有信用資訊經過該節點"
)
_NOT_SHOWN: Final = Phrase("it is not shown", "未列示", "未列示")
_BAD_PATH: Final = Phrase(
    "the path of a record ends with the sender and passes no node twice",
    "信用信息的路径须止于发送方且不得重复经过同一节点",
    "信用資訊的路徑須止於發送方且不得重複經過同一節點",
)


_SEALING: Final = (RecordCollected, RecordCorrected)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a record is about, as the opening that counts has it."""

    kind: SubjectKind
    scheme: str
    identifier: str | None
    name: str | None
    region: str | None
    entries: tuple[ProvedEntry, ...]
    is_erased: bool


@dataclass(slots=True)
class BundleJudge:
    """Judges the records of one bundle whose sections were judged."""

    bundle: Bundle
    trust: Trust
    sections: Sequence[Section]
    _holdings: dict[str, Holdings] = field(default_factory=dict)
    _submissions: Submissions = field(init=False)
    _disclosed: Disclosures = field(default_factory=dict)
    _rows: dict[tuple[str, int], DisclosedRow] = field(default_factory=dict)
    _subjects: dict[tuple[str, UUID], Subject] = field(default_factory=dict)
    _opened: set[tuple[str, int]] = field(default_factory=set)
    """The entries of which a sealed field may be disclosed."""
    _by_path: dict[tuple[str, ...], Verdict] = field(default_factory=dict)
    _suppliers: dict[tuple[str, str, date], Organisation | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ``MessageRefuted`` for what is wrong with the whole."""
        self._holdings = {one.node: Holdings(one, OF_BUNDLES) for one in self.sections}
        self._submissions = Submissions(self.trust, self.bundle.submissions)
        self._require_paths()
        self._disclosed = disclosures(self.bundle, self._holdings)
        for row in self.bundle.rows:
            if self._rows.setdefault((row.node, row.index), row) is not row:
                raise disclosure_fails(row.node, row.index, "row")

    def _require_paths(self) -> None:
        passed: set[str] = set()
        for record in self.bundle.records:
            if record.path[-1] != self.bundle.sender or len(set(record.path)) != len(record.path):
                raise _sections(record.path[-1], _BAD_PATH)
            passed.update(record.path)
        for node in self._holdings:
            if node not in passed:
                raise _sections(node, _NOT_PASSED)
        for node in sorted(passed):
            if node not in self._holdings:
                raise _sections(node, _NOT_SHOWN)

    # -- all of it -----------------------------------------------------------------

    def records(self) -> list[tuple[str, Verdict, ReceivedRecord | None]]:
        """Each record in its order, with its verdict, and what is left of it where it is good."""
        found: list[tuple[str, Verdict, ReceivedRecord | None]] = []
        seen: set[str] = set()
        for one in self.bundle.records:
            if one.record in seen:
                twice = Verdict.of(Reason.RECORD_TWICE, record=one.record)
                found.append((one.record, twice, None))
                continue
            seen.add(one.record)
            try:
                received, verdict = self._record(one)
                found.append((one.record, verdict, received if verdict.is_good else None))
            except MessageRefuted as refuted:
                found.append((one.record, refuted.verdict, None))
        return found

    def require_nothing_else(self) -> None:
        """Raises ``MessageRefuted`` where more is shown than the records need."""
        self._submissions.require_all_used()
        for (node, index), fields in self._disclosed.items():
            if (node, index) not in self._opened:
                raise disclosure_fails(node, index, ", ".join(sorted(fields)))
        for node, index in self._rows:
            raise disclosure_fails(node, index, "row")
        for holdings in self._holdings.values():
            holdings.require_all_used()

    # -- one record ----------------------------------------------------------------

    def _record(self, one: BundledRecord) -> tuple[ReceivedRecord, Verdict]:
        origin = self._holdings[one.path[0]]
        stream = UUID(int=int(one.subject.replace("-", ""), 16))
        entries = origin.of_record(one.record)
        origin.require_stream(entries, stream)
        collected = _only(entries, RecordCollected)
        if collected is None:
            raise MessageRefuted(Reason.RECORD_MISSING, record=one.record, node=origin.node)
        facts = collected.entry.facts
        assert isinstance(facts, RecordCollected)
        subject = self._subject(origin, stream)
        if subject.is_erased:
            raise MessageRefuted(
                Reason.RECORD_NOT_IN_FORCE, record=one.record, act="PersonalDataErased"
            )
        passed, supplied = self._passing(one.path), self._supplied(origin, collected, facts)
        verdict = passed if supplied is origin.section.verdict else worst(passed, supplied)
        state = _in_force(one.record, entries)
        about = [*subject.entries, *entries]
        for before, node in zip(one.path, one.path[1:], strict=False):
            about += self._passed(one, node, before, collected.digest)
        self._opened.update([(each.node, each.entry.index) for each in about])
        manifest = collected.entry.submission
        received = ReceivedRecord(
            record=one.record,
            label=one.label,
            path=one.path,
            subject=stream,
            kind=subject.kind,
            scheme=subject.scheme,
            identifier=subject.identifier,
            name=subject.name,
            region=subject.region,
            collected=facts if state is None else state.facts,
            collected_entry=collected,
            notice_served=_notice_served(entries),
            manifest=None if manifest is None else manifest.manifest,
            disclosed=self._fields(entries),
            entries=tuple(about),
        )
        return received, verdict

    def _passing(self, path: tuple[str, ...]) -> Verdict:
        """What the sections make of a record that passed these nodes."""
        if path not in self._by_path:
            sections = [self._holdings[node].section for node in path]
            good = self._good(sections[0])
            self._by_path[path] = worst(good, *(one.verdict for one in sections))
        return self._by_path[path]

    def _good(self, section: Section) -> Verdict:
        checkpoint = section.checkpoint.checkpoint
        return Verdict.of(
            Reason.VERIFIED, what=RECORD_, origin=checkpoint.origin, size=checkpoint.size
        )

    def _supplied(
        self, origin: Holdings, collected: ProvedEntry, facts: RecordCollected
    ) -> Verdict:
        """That the supplier could, and that it did. Raises ``MessageRefuted``."""
        supplier = self._supplier(origin, facts, legal_day(collected.entry.recorded_at))
        place = (origin.node, collected.entry.index)
        row = self._rows.pop(place, None)
        named = collected.entry.submission
        if named is None:
            if row is not None:
                raise disclosure_fails(*place, "row")
            return origin.section.verdict
        manifest, verdict = self._submissions.check(
            collected, named, facts, supplier, origin.section
        )
        if row is not None and not matches_row(manifest, named.row, row):
            raise disclosure_fails(*place, "row")
        return verdict

    def _supplier(self, origin: Holdings, facts: RecordCollected, day: date) -> Organisation:
        """Whose role as a supplier on that day is shown. Raises ``MessageRefuted``."""
        place = (origin.node, facts.supplier, day)
        if place not in self._suppliers:
            found = origin.organisation(facts.supplier)
            may = found is not None and "supplier" in found.roles_on(day)
            self._suppliers[place] = found if may else None
        supplier = self._suppliers[place]
        if supplier is None:
            raise MessageRefuted(
                Reason.SUPPLIER_NOT_SHOWN, supplier=facts.supplier, day=day, record=facts.record
            )
        return supplier

    def _passed(
        self, one: BundledRecord, node: str, before: str, digest: str
    ) -> Sequence[ProvedEntry]:
        """The entries of a node that received the record from ``before``."""
        holdings = self._holdings[node]
        entries = holdings.of_record(one.record)
        received = _only(entries, RecordReceived)
        facts = None if received is None else received.entry.facts
        if (
            received is None
            or not isinstance(facts, RecordReceived)
            or facts.origin_entry != digest
            or facts.origin != one.path[0]
            or (facts.sender or facts.origin) != before
        ):
            raise MessageRefuted(Reason.PATH_BROKEN, node=node, record=one.record)
        stream = received.entry.stream.id
        holdings.require_stream(entries, stream)
        _in_force(one.record, entries)
        return [*holdings.of_subject(stream), *entries]

    # -- the subject ---------------------------------------------------------------

    def _subject(self, origin: Holdings, stream: UUID) -> Subject:
        """Whom a stream is about: where its identifier was corrected, the one that it became."""
        place = (origin.node, stream)
        if place not in self._subjects:
            self._subjects[place] = self._opening(origin, stream)
        return self._subjects[place]

    def _opening(self, origin: Holdings, stream: UUID) -> Subject:
        chain: list[ProvedEntry] = []
        seen: set[UUID] = set()
        opened: ProvedEntry | None = None
        following: UUID | None = stream
        while following is not None and following not in seen:
            seen.add(following)
            entries = origin.of_subject(following)
            opened = _only(entries, SubjectOpened)
            if opened is None:
                raise MessageRefuted(Reason.OPENING_MISSING, subject=following, node=origin.node)
            _require_id(opened)
            chain += entries
            following = _became(entries, following)
        assert opened is not None
        facts = opened.entry.facts
        assert isinstance(facts, SubjectOpened)
        told = self._disclosed.get((origin.node, opened.entry.index), {})
        return Subject(
            facts.kind,
            facts.scheme,
            text_of(told, "identifier") or facts.identifier,
            text_of(told, "name") or facts.name,
            facts.region,
            tuple(chain),
            any(isinstance(each.entry.facts, PersonalDataErased) for each in chain),
        )

    def _fields(self, entries: Iterable[ProvedEntry]) -> Mapping[str, DisclosedField]:
        """The record's sealed fields that were disclosed, as corrections left them."""
        found: dict[str, DisclosedField] = {}
        for one in entries:
            if not one.entry.sealed or type(one.entry.facts) not in _SEALING:
                continue
            told = self._disclosed.get((one.node, one.entry.index), {})
            for name in one.entry.sealed:
                found.pop(name, None)
                if name in told:
                    found[name] = told[name]
        return found


def require_sections(nodes: Sequence[str], first: str) -> None:
    """That each node has one section, ``first`` the first. Raises ``MessageRefuted``."""
    if nodes[0] != first:
        raise _sections(nodes[0], _NOT_FIRST)
    for node in nodes:
        if nodes.count(node) > 1:
            raise _sections(node, _TWICE)


def _sections(node: str, why: Phrase) -> MessageRefuted:
    return MessageRefuted(Reason.SECTIONS_DIFFER, node=node, why=why)


def _only(entries: Iterable[ProvedEntry], kind: type) -> ProvedEntry | None:
    """The one entry of its kind; None for none, or several."""
    found = [one for one in entries if isinstance(one.entry.facts, kind)]
    return found[0] if len(found) == 1 else None


def _require_id(opened: ProvedEntry) -> None:
    """That an organisation's stream bears the id of its identifier; a person's rests on the
    node's word. Raises ``MessageRefuted``.
    """
    facts, stream = opened.entry.facts, opened.entry.stream.id
    assert isinstance(facts, SubjectOpened)
    try:
        scheme = parse_scheme(facts.scheme)
        is_person = is_natural_person_scheme(scheme)
        fits = is_person == (facts.kind == "natural_person")
        if fits and is_person:
            fits = facts.identifier is None and facts.name is None
        elif fits:
            fits = facts.identifier is not None and public_id(scheme, facts.identifier) == stream
    except LedgerError:
        fits = False
    if not fits:
        raise MessageRefuted(Reason.SUBJECT_DIFFERS, stream=stream)


def _became(entries: Iterable[ProvedEntry], stream: UUID) -> UUID | None:
    """The subject that a correction of its identifier made of a subject."""
    for one in entries:
        facts = one.entry.facts
        if isinstance(facts, IdentifierCorrected) and facts.old_subject == str(stream):
            return UUID(facts.new_subject)
    return None


_AS_IT_WAS: Final = frozenset({RecordCollected, NoticeServed, RecordReceived})


def _in_force(record: str, entries: Sequence[ProvedEntry]) -> RecordState | None:
    """The record by the same rules as at home; None where nothing befell it.

    Raises ``MessageRefuted`` where it is no longer in force, or disputed.
    """
    if _AS_IT_WAS.issuperset([type(one.entry.facts) for one in entries]):
        return None
    try:
        state = fold(one.entry for one in entries)
        held = state.records[record]
    except (LedgerError, LookupError, ValueError, TypeError) as error:
        why = f"{type(error).__name__}"
        raise MessageRefuted(Reason.UNFOLDABLE, why=why) from error
    if (act := _ended(state, held)) is not None:
        raise MessageRefuted(Reason.RECORD_NOT_IN_FORCE, record=record, act=act)
    if held.open_disputes() or any(each.disputes for each in state.objections.values()):
        raise MessageRefuted(Reason.RECORD_DISPUTED, record=record)
    return held


def _ended(state: SubjectState, held: RecordState) -> str | None:
    if held.withdrawn is not None:
        return "RecordWithdrawn"
    if held.mended is not None:
        return "RecordMended"
    if held.repaired is not None:
        return "RepairDecided"
    return "PersonalDataErased" if state.erasures else None


def _notice_served(entries: Iterable[ProvedEntry]) -> NoticeServed | None:
    """The first one; a later one takes nothing from it."""
    found = (one.entry.facts for one in entries)
    return next((facts for facts in found if isinstance(facts, NoticeServed)), None)
