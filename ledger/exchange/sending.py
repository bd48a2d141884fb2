"""What goes into a bundle: the records, what they stand on, and what was named to be disclosed.

Everything is read from the store under one checkpoint, each entry verified. Nothing is
written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from pydantic import JsonValue

from ledger.codec import decode
from ledger.entry import Entry, StoredEntry, StreamId
from ledger.errors import Refusal
from ledger.events.records import RecordCollected
from ledger.events.subjects import IdentifierCorrected
from ledger.exchange.assembling import OwnLog, handed_on
from ledger.exchange.forms import (
    BundledRecord,
    Disclosed,
    DisclosedRow,
    LogSection,
)
from ledger.exchange.keeping import Place
from ledger.exchange.kept import KeptBundle
from ledger.exchange.standing import OPENING, of_organisation, of_record, view_of
from ledger.identifiers import organisation_id
from ledger.log.stream import read_stream
from ledger.quick_codec import QuickDecoder
from ledger.reading import NodeReads
from ledger.signing.dsse import Envelope
from ledger.signing.sealing import Opened
from ledger.signing.submission import MAX_MANIFEST_FILE_BYTES, SUBMITTED_ROW
from ledger.subject.aggregate import Subject
from ledger.subject.refusals import UnknownId

NEVER: Final = frozenset({"who", "grounds"})
"""Who complained, and what would tell it: sealed fields that no purpose opens to another node."""
OF_A_PERSON: Final = frozenset({"identifier", "name"})
"""Sealed where the subject is a natural person."""
QUICK_FROM: Final = 300
"""Entries from which the quick decoder is worth making."""
DISCLOSABLE: Final = (
    RecordCollected.sealed_fields | OF_A_PERSON | frozenset({SUBMITTED_ROW})
) - NEVER


class FieldNotDisclosable(Refusal):
    code = "field_not_disclosable"
    en = "{field} cannot be given to another node; what can be named: {allowed}"
    zh_cn = "{field} 不得提供给其他节点；可列明的字段：{allowed}"
    zh_tw = "{field} 不得提供給其他節點；可列明的欄位：{allowed}"


class IdentifierNeeded(Refusal):
    code = "identifier_needed"
    en = (
        "record {record} is of a natural person: name identifier with --disclose, for nobody "
        "could tell whose it is, and only where the purpose needs it"
    )
    zh_cn = (
        "信用信息 {record} 属于自然人：请以 --disclose 列明 identifier（仅在目的所需时），"
        "否则接收方无法确定其主体"
    )
    zh_tw = (
        "信用資訊 {record} 屬於自然人：請以 --disclose 列明 identifier（僅在目的所需時），"
        "否則接收方無法確定其主體"
    )


class FieldErased(Refusal):
    code = "field_erased"
    en = "{field} of record {record} is erased or cannot be opened; leave it out of --disclose"
    zh_cn = "信用信息 {record} 的 {field} 已删除或无法打开；请勿在 --disclose 中列明"
    zh_tw = "信用資訊 {record} 的 {field} 已刪除或無法開啟；請勿在 --disclose 中列明"


class RelayedFromSeveral(Refusal):
    code = "relayed_from_several"
    en = "these records of {node} came in several bundles: pass them on in as many"
    zh_cn = "这些来自 {node} 的信用信息分属多个共享包：请分别转送"
    zh_tw = "這些來自 {node} 的信用資訊分屬多個共享包：請分別轉送"


class CorrectedSince(Refusal):
    code = "corrected_since"
    en = "record {record} was corrected at {origin} since it came: ask {origin} for it instead"
    zh_cn = "信用信息 {record} 接收后已由 {origin} 更正：请改向 {origin} 索取"
    zh_tw = "信用資訊 {record} 接收後已由 {origin} 更正：請改向 {origin} 索取"


@dataclass(frozen=True, slots=True)
class Held:
    """A record, the stream it is in, and the entries of that stream."""

    record: str
    subject: Subject
    entries: Sequence[Entry]
    rows: Sequence[StoredEntry]


@dataclass(slots=True)
class Contents:
    """What the bundle will hold beside its header."""

    records: list[BundledRecord] = field(default_factory=list)
    rows: dict[int, StoredEntry] = field(default_factory=dict)
    """Of this node's log, by leaf index."""
    upstream: dict[str, tuple[KeptBundle, set[int]]] = field(default_factory=dict)
    """Other nodes: the bundle that brought their entries, and which of them."""
    submissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    disclosed: list[Disclosed] = field(default_factory=list)
    submitted: list[DisclosedRow] = field(default_factory=list)

    def members(self, own: OwnLog, since: int | None) -> dict[str, object]:
        """The members of ``Bundle`` that hold them."""
        sections: list[LogSection] = [own.section(self.rows.values(), since)]
        sections += [
            handed_on(kept.sections[node], indexes)
            for node, (kept, indexes) in sorted(self.upstream.items())
        ]
        return {
            "records": tuple(self.records),
            "logs": tuple(sections),
            "submissions": tuple(self.submissions[one] for one in sorted(self.submissions)),
            "disclosed": tuple(self.disclosed),
            "rows": tuple(self.submitted),
        }


def require_fields(fields: Collection[str]) -> None:
    """Raises ``FieldNotDisclosable``; who complained is never among what may be named."""
    for name in fields:
        if name not in DISCLOSABLE:
            raise FieldNotDisclosable(field=name, allowed=", ".join(sorted(DISCLOSABLE)))


def held_records(node: NodeReads, records: Iterable[str], size: int) -> list[Held]:
    """The records with their streams in the first ``size`` leaves. Raises ``UnknownId``."""
    places: dict[str, UUID] = {}
    for record in records:
        holder = node.holder(record)
        if holder is None:
            raise UnknownId(what="record", id=record)
        places[record] = holder
    keys = {identifier: StreamId("subject", identifier).key for identifier in places.values()}
    streams = node.store.streams(keys.values(), upto=size)
    read: dict[UUID, tuple[Subject, list[Entry], list[StoredEntry]]] = {}
    reads = decoder(node.name, sum(map(len, streams.values())))
    for identifier, key in keys.items():
        rows = streams[key]
        entries = read_stream(key, rows, node.node_keys(), reads)
        read[identifier] = Subject(key).absorb(entries), entries, rows
    return [Held(record, *read[places[record]]) for record in places]


def decoder(node: str, count: int) -> Callable[[StoredEntry], Entry]:
    """What decodes ``count`` entries of the node soonest."""
    return QuickDecoder(node) if count >= QUICK_FROM else decode


class Gathering:
    """Collects the contents of one bundle."""

    def __init__(self, node: NodeReads, own: OwnLog, fields: Collection[str]) -> None:
        require_fields(fields)
        self._node = node
        self._own = own
        self._fields = frozenset(fields)
        self._organisations: dict[str, list[StoredEntry]] = {}
        self._bundles: dict[str, KeptBundle] = {}
        self._given: set[tuple[str, int, str]] = set()
        self.contents = Contents()

    def add(self, held: Held, label: str | None) -> None:
        """One record with all that it stands on."""
        record = held.subject.record(held.record)
        rows = {row.index: row for row in held.rows}
        views = [view_of(entry) for entry in held.entries]
        shown = of_record(views, held.record, held.subject.uuid_text)
        self.contents.rows.update((index, rows[index]) for index in shown)
        by_index = {entry.index: entry for entry in held.entries}
        self._disclose(held, [by_index[index] for index in shown], rows)
        if record.received is None:
            self._follow(held, [by_index[index] for index in shown])
        if record.received is not None:
            self._upstream(held, label)
            return
        collected = by_index[record.collected.index]
        for row in self._organisation(record.collected.facts.supplier):
            self.contents.rows[row.index] = row
        if collected.submission is not None:
            self._submission(collected.submission.manifest)
        self.contents.records.append(
            BundledRecord(
                record=held.record,
                subject=held.subject.uuid_text,
                path=(self._node.name,),
                label=label,
            )
        )

    def _follow(self, held: Held, shown: Sequence[Entry]) -> None:
        """The opening of the subject that a correction of its identifier made of this one."""
        current, seen = held.subject.uuid, {held.subject.uuid}
        while True:
            corrected = (one.facts for one in shown if isinstance(one.facts, IdentifierCorrected))
            became = [UUID(one.new_subject) for one in corrected if one.old_subject == str(current)]
            if not became or became[0] in seen:
                return
            current = became[0]
            seen.add(current)
            key = StreamId("subject", current).key
            stream = self._node.store.stream(key, upto=self._own.size)
            rows = {row.index: row for row in stream}
            entries = read_stream(key, stream, self._node.node_keys())
            shown = [entry for entry in entries if entry.type in OPENING]
            self.contents.rows.update((entry.index, rows[entry.index]) for entry in shown)
            self._disclose(held, shown, rows)

    def _upstream(self, held: Held, label: str | None) -> None:
        record = held.subject.record(held.record)
        assert record.received is not None
        facts = record.received.facts
        if record.corrections:
            raise CorrectedSince(record=held.record, origin=facts.origin)
        kept = self._bundle(facts.bundle)
        before = kept.records[held.record]
        for name in before.path:
            indexes = kept.sections[name].of_record(held.record)
            known, chosen = self.contents.upstream.setdefault(name, (kept, set()))
            if known is not kept:
                raise RelayedFromSeveral(node=name)
            chosen.update(indexes)
            self._hand_on(kept, name, indexes, held)
        self.contents.records.append(
            BundledRecord(
                record=held.record,
                subject=before.subject,
                path=(*before.path, self._node.name),
                label=label,
            )
        )

    def _hand_on(self, kept: KeptBundle, node: str, indexes: Iterable[int], held: Held) -> None:
        """Submissions, and what the origin opened as far as it is named this time as well."""
        section = kept.sections[node]
        for index in indexes:
            manifest = section.manifest(index)
            if manifest in kept.submissions:
                self.contents.submissions[manifest] = kept.submissions[manifest]
            for place in kept.withheld.get((node, index), ()):
                if place.field in self._fields:
                    self._hand_on_field(place, held)

    def _hand_on_field(self, place: Place, held: Held) -> None:
        """Sealed here under the salt that it came with; else it cannot be opened again."""
        assert place.field is not None
        record = held.subject.record(held.record)
        row = next(row for row in held.rows if row.index == record.collected.index)
        found = self._node.details(row, [place.field]).get(place.field)
        if not isinstance(found, Opened):
            raise FieldErased(field=place.field, record=held.record)
        self._give(
            Disclosed(
                node=place.node,
                index=place.leaf,
                field=place.field,
                value=cast("JsonValue", found.value),
                salt=found.salt,
            )
        )

    def _bundle(self, digest: str) -> KeptBundle:
        if digest not in self._bundles:
            self._bundles[digest] = KeptBundle(self._node.store, digest)
        return self._bundles[digest]

    def _organisation(self, code: str) -> list[StoredEntry]:
        if code not in self._organisations:
            key = StreamId("organisation", organisation_id(code)).key
            rows = self._node.store.stream(key, upto=self._own.size)
            entries = read_stream(key, rows, self._node.node_keys())
            wanted = set(of_organisation(map(view_of, entries), code))
            self._organisations[code] = [row for row in rows if row.index in wanted]
        return self._organisations[code]

    def _submission(self, digest: str) -> None:
        if digest in self.contents.submissions:
            return
        content = self._node.store.manifest(digest)
        if content is not None:
            envelope = Envelope.from_json(content, max_bytes=MAX_MANIFEST_FILE_BYTES)
            self.contents.submissions[digest] = envelope.to_value()

    # -- sealed fields ---------------------------------------------------------

    def _disclose(
        self, held: Held, shown: Sequence[Entry], rows: Mapping[int, StoredEntry]
    ) -> None:
        """The named fields of the entries that are shown, with the salts of their commitments."""
        is_person = held.subject.state.kind == "natural_person"
        if is_person and "identifier" not in self._fields:
            raise IdentifierNeeded(record=held.record)
        for entry in shown:
            named = self._fields & (entry.sealed or {}).keys()
            is_collected = entry.submission is not None and entry.type == "RecordCollected"
            has_row = is_collected and SUBMITTED_ROW in self._fields
            if not named and not has_row:
                continue
            wanted = [*sorted(named), *([SUBMITTED_ROW] if has_row else [])]
            opened = self._node.details(rows[entry.index], wanted)
            for name in sorted(named):
                self._add(held.record, entry.index, name, opened.get(name))
            if has_row:
                self._add_row(held.record, entry.index, opened.get(SUBMITTED_ROW))

    def _add(self, record: str, index: int, name: str, detail: object) -> None:
        if not isinstance(detail, Opened):
            raise FieldErased(field=name, record=record)
        self._give(
            Disclosed(
                node=self._node.name,
                index=index,
                field=name,
                value=cast("JsonValue", detail.value),
                salt=detail.salt,
            )
        )

    def _give(self, one: Disclosed) -> None:
        """Each field once: the opening of a subject serves all of its records."""
        key = (one.node, one.index, one.field)
        if key not in self._given:
            self._given.add(key)
            self.contents.disclosed.append(one)

    def _add_row(self, record: str, index: int, detail: object) -> None:
        if not isinstance(detail, Opened) or not isinstance(detail.value, dict):
            raise FieldErased(field=SUBMITTED_ROW, record=record)
        self.contents.submitted.append(
            DisclosedRow(
                node=self._node.name,
                index=index,
                cells=cast("dict[str, str]", detail.value),
                salt=detail.salt,
            )
        )
