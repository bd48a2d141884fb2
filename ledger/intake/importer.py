"""A file into entries: every good row is recorded, every bad one comes back with its reason.

Rows go in by transactions of ``CHUNK`` rows. An interrupted import leaves whole
transactions behind; started again it finds those rows recorded and goes on. Streams
that another process changed meanwhile are decided again, the others are not held up.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple, cast
from uuid import UUID

from ledger.bulk import BulkWriter, Transaction
from ledger.codec import OpenDraft
from ledger.commands.subject_commands import CollectRecord
from ledger.entry import Actor, JSONValue, Secret, StoredEntry, StreamId, SubmissionRef
from ledger.errors import Refusal
from ledger.events.records import RecordCollected
from ledger.intake.judge import Judge
from ledger.intake.reasons import Finding, Reason
from ledger.intake.recording import (
    beside_identifier,
    command_of,
    details_of,
    same_document,
    same_facts,
)
from ledger.intake.rows import AcceptedRow, RejectedRow
from ledger.intake.standards import Context as JudgeContext
from ledger.intake.submitted import Submitted
from ledger.intake.table import RawRow, Table
from ledger.intake.template import Template
from ledger.log.stream import signed_entries
from ledger.node import MAX_ATTEMPTS, Node, TooManyConflicts
from ledger.orders import Order, SubjectRef
from ledger.signing.sealing import Opened
from ledger.signing.submission import ROW_DIGEST, SUBMITTED_ROW
from ledger.storage.port import Guard
from ledger.subject.aggregate import Subject
from ledger.subject.collecting import collect_record, record_facts
from ledger.subject.context import Context, require_role
from ledger.subject.refusals import (
    AlreadyRecorded,
    DatedInFuture,
    EmptyInterval,
    OutsideDirectory,
    SecondSource,
    SubjectIsMinor,
    UnknownCategory,
    WithoutLegalBasis,
)
from ledger.subject.refusals import ForbiddenData as ForbiddenDataFound
from ledger.subject.state import UNSTAMPED, RecordState

CHUNK = 500
"""Rows a transaction: some 1,000 entries, which hold the append lock for about 50 ms."""

_REASONS: Mapping[type[Refusal], Reason] = {
    SecondSource: "conflicts_with_recorded",
    AlreadyRecorded: "conflicts_with_recorded",
    OutsideDirectory: "outside_directory",
    SubjectIsMinor: "minor",
    UnknownCategory: "unknown_category",
    DatedInFuture: "date_in_future",
    EmptyInterval: "bad_date",
    WithoutLegalBasis: "missing_required",
    ForbiddenDataFound: "forbidden_data",
}
"""Refusals of the Subject that are a row's fault; any other stops the import."""


@dataclass(slots=True)
class Outcome:
    """What became of a file, row by row."""

    rows: int = 0
    accepted: int = 0
    already_recorded: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)


class _Row(NamedTuple):
    raw: RawRow
    accepted: AcceptedRow
    subject: UUID


@dataclass(slots=True)
class Importer:
    """Imports one file. ``reject`` is called once for each bad row, in no promised order."""

    node: Node
    template: Template
    submitted: Submitted
    actor: Actor
    at: datetime | None
    reject: Callable[[RejectedRow], None]
    writer: BulkWriter
    outcome: Outcome = field(default_factory=Outcome)

    def run(self, table: Table, progress: Callable[[int, int], None] | None = None) -> Outcome:
        """Import all rows of ``table``. Raises ``WithoutRole`` before anything is written.

        While one transaction is being written the next is decided, but for the rows of its
        subjects: those wait for it.
        """
        self.node.registry()
        today = self.node.today(self.at)
        context = self._circumstances(today)
        require_role(context, self.actor.organisation, frozenset({"supplier"}))
        judge = Judge(
            self.template, JudgeContext(self.actor.organisation, today, self.node.rules(today))
        )
        rows = table.rows()
        written = _Prepared()
        attempts = 0
        while (chunk := list(islice(rows, CHUNK))) or written.rows:
            good = list(self._judged(judge, chunk))
            prepared = self._prepare(
                [row for row in good if row.subject not in written.subjects], written.subjects
            )
            again = self._settle(judge, written)
            attempts = 0 if chunk or len(again) < len(written.rows) else attempts + 1
            if attempts > MAX_ATTEMPTS:
                raise TooManyConflicts(attempts=MAX_ATTEMPTS)
            waiting = [row for row in good if row.subject in written.subjects]
            prepared.add(self._prepare([*again, *waiting, *prepared.tied_to_written]))
            self._submit(prepared)
            written = prepared
            self.outcome.rows += len(chunk)
            if progress is not None:
                progress(self.outcome.rows, self.submitted.rows)
        return self.outcome

    def _judged(self, judge: Judge, chunk: Sequence[RawRow]) -> Iterator[_Row]:
        for raw in chunk:
            verdict = judge.judge(raw)
            if isinstance(verdict, RejectedRow):
                self._reject(verdict)
            else:
                who = verdict.subject
                yield _Row(raw, verdict, self.node.subject_uuid(who.scheme, who.identifier))

    def _reject(self, row: RejectedRow) -> None:
        self.outcome.rejected.append(row)
        self.reject(row)

    def _prepare(self, rows: Sequence[_Row], written: Container[UUID] = ()) -> _Prepared:
        """Decide rows on what is stored, and encode what follows; nothing is written yet.

        Rows of subjects that are tied to one of ``written`` are left for later.
        """
        prepared = _Prepared()
        if not rows:
            return prepared
        self.node.registry()
        prepared.today = self.node.today(self.at)
        prepared.guard = self.node.guard(prepared.today, self.at)
        keys = {row.subject: StreamId("subject", row.subject).key for row in rows}
        stored = self.node.store.streams(list(keys.values()))
        subjects = {
            identifier: Subject(key).absorb(
                signed_entries(stored.get(key, ()), self.node.node_keys())
            )
            for identifier, key in keys.items()
        }
        ties = self._ties(subjects)
        circumstances = self._circumstances(prepared.today)
        for row in rows:
            tied = ties.get(row.subject, ())
            if any(identifier in written for identifier in tied):
                prepared.tied_to_written.append(row)
                continue
            prepared.rows.append(row)
            prepared.subjects[row.subject] = keys[row.subject]
            others = tuple(subjects[identifier] for identifier in tied)
            context = self._context(circumstances, row.accepted, others)
            self._decide(row, subjects, stored.get(keys[row.subject], ()), context, prepared)
        events = [event for subject in subjects.values() for event in subject.collect_events()]
        prepared.drafts = self.node.application.encode_open(events)
        return prepared

    def _ties(self, subjects: dict[UUID, Subject]) -> dict[UUID, tuple[UUID, ...]]:
        """The streams that are one subject with another; those not yet loaded are added."""
        found: dict[UUID, tuple[UUID, ...]] = {}
        for identifier, subject in list(subjects.items()):
            if subject.state.also_known_as:
                others = self.node.tied(subject)
                found[identifier] = tuple(other.uuid for other in others)
                for other in others:
                    subjects.setdefault(other.uuid, other)
        return found

    def _submit(self, prepared: _Prepared) -> None:
        if prepared.drafts and prepared.guard is not None:
            manifests = ((self.submitted.digest, self.submitted.envelope),)
            self.writer.submit(Transaction(prepared.drafts, prepared.guard, manifests))

    def _settle(self, judge: Judge, written: _Prepared) -> list[_Row]:
        """Count what became of a transaction; the rows that must be decided again."""
        conflicts = self.writer.collect() if written.drafts else frozenset[str]()
        if conflicts is None:
            return written.rows
        if written.drafts:
            self.node.wrote()
        keys = written.subjects
        for row in written.recorded:
            self.outcome.accepted += keys[row.subject] not in conflicts
        for row in written.known:
            self.outcome.already_recorded += keys[row.subject] not in conflicts
        for row, reason in written.refused:
            if keys[row.subject] not in conflicts:
                self._reject(_rejection(judge, row, reason))
        return [row for row in written.rows if keys[row.subject] in conflicts]

    def _decide(
        self,
        row: _Row,
        subjects: dict[UUID, Subject],
        stored: Sequence[StoredEntry],
        context: Context,
        settled: _Prepared,
    ) -> None:
        subject = subjects[row.subject]
        command = command_of(row.accepted, self.actor.organisation)
        held = same_document(subject, command)
        elsewhere = [each for other in context.tied for each in same_document(other, command)]
        if held or elsewhere:
            fresh = record_facts(subject, command, context)
            if any(self._says_the_same(row, stored, record, fresh) for record in held) or any(
                self._says_the_same_of_the_other(row, record, fresh) for record in elsewhere
            ):
                # Also where it was withdrawn: the same file never brings a wrong record back.
                settled.known.append(row)
                return
            if any(record.withdrawn is None for record in (*held, *elsewhere)):
                settled.refused.append((row, "conflicts_with_recorded"))
                return
        who = row.accepted.subject
        is_new = not subject.is_open
        if is_new:
            ref = SubjectRef(who.scheme, who.identifier, who.kind, who.name)
            self.node.open(subject, ref, context)
        try:
            collect_record(subject, command, context)
        except Refusal as refusal:
            reason = _REASONS.get(type(refusal))
            if reason is None:
                raise
            if is_new:  # nothing is opened for a row that is not recorded
                subjects[row.subject] = Subject(subject.id)
            settled.refused.append((row, reason))
        else:
            settled.recorded.append(row)

    def _says_the_same(
        self,
        row: _Row,
        stored: Sequence[StoredEntry],
        held: RecordState,
        fresh: RecordCollected,
    ) -> bool:
        """Whether the recorded document was collected with this row's content.

        Told by the row's digest, sealed beside the entry; where that is erased or was
        never kept, by the facts.
        """
        entry = next((each for each in stored if each.index == held.collected.index), None)
        if entry is None:
            return False  # another row of this transaction; equal ones are duplicates
        found = self.node.details(entry, (ROW_DIGEST,)).get(ROW_DIGEST)
        if isinstance(found, Opened):
            return found.value == row.accepted.digest.hex()
        return same_facts(held, fresh)

    def _says_the_same_of_the_other(
        self, row: _Row, held: RecordState, fresh: RecordCollected
    ) -> bool:
        """The same of a record under another identifier of the subject.

        There the digest differs by the identifier alone; told by the other cells of the row.
        """
        if held.collected.index == UNSTAMPED or not same_facts(held, fresh):
            return False  # or another row of this transaction
        index = held.collected.index
        (stored,) = self.node.store.scan(index, index + 1)
        found = self.node.details(stored, (SUBMITTED_ROW,)).get(SUBMITTED_ROW)
        if isinstance(found, Opened) and isinstance(found.value, dict):
            return beside_identifier(found.value) == beside_identifier(row.accepted.cells)
        return True

    def _circumstances(self, today: date) -> Context:
        """What is the same for all rows of a transaction."""
        order = Order(_NO_COMMAND, self.actor, at=self.at, attested_by=self.submitted.attested_by)
        return self.node.context(order, today, None)

    def _context(
        self, common: Context, row: AcceptedRow, tied: tuple[Subject, ...] = ()
    ) -> Context:
        who = row.subject
        salt = self.submitted.salt_of(row.number)
        cells = cast("JSONValue", dict(row.cells))
        # Not with ``replace``: it would take longer than all the rest here.
        return Context(
            today=common.today,
            actor=common.actor,
            registry=common.registry,
            rules=common.rules,
            new_id=common.new_id,
            person_id=common.person_id,
            adult_on=self.node.adult_day(who.scheme, who.identifier, common.today),
            submission=SubmissionRef(self.submitted.digest, row.number),
            attested_by=common.attested_by,
            sealed=details_of(row, self.template.layout.searched),
            beside=(
                Secret(SUBMITTED_ROW, cells, (), committed=False, salt=salt),
                Secret(ROW_DIGEST, row.digest.hex(), (), committed=False),
            ),
            tied=tied,
        )


@dataclass(slots=True)
class _Prepared:
    """Rows decided for one transaction, to be counted once it is in."""

    rows: list[_Row] = field(default_factory=list)
    subjects: dict[UUID, str] = field(default_factory=dict)
    """With the keys of their streams."""
    drafts: list[OpenDraft] = field(default_factory=list)
    guard: Guard | None = None
    today: date = date.min
    recorded: list[_Row] = field(default_factory=list)
    known: list[_Row] = field(default_factory=list)
    refused: list[tuple[_Row, Reason]] = field(default_factory=list)
    tied_to_written: list[_Row] = field(default_factory=list)
    """Not decided: the transaction that is being written may hold their document."""

    def add(self, other: _Prepared) -> None:
        """Rows of other subjects, decided later; the earlier guard holds for all."""
        self.rows += other.rows
        self.subjects |= other.subjects
        self.drafts += other.drafts
        self.recorded += other.recorded
        self.known += other.known
        self.refused += other.refused
        if self.guard is None:
            self.guard, self.today = other.guard, other.today


_NO_COMMAND = CollectRecord(
    item="none", supplier="none", document_number="none", decided_on=date(1900, 1, 1)
)
"""Fills the place of the command in an order that only carries circumstances."""


def _rejection(judge: Judge, row: _Row, reason: Reason) -> RejectedRow:
    conflict = judge.conflict(row.raw)
    if reason == "conflicts_with_recorded":
        return conflict
    told = {"shown": "…", "known": "…", "age": "18", "today": "…", "day": row.accepted.decided_on}
    column = conflict.findings[0].fields["column"]
    return RejectedRow(row.raw, (Finding(reason, {**told, "column": column}),))
