"""From an accepted row to what is recorded of it, and when two rows say the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ledger.commands.subject_commands import CollectRecord
from ledger.entry import JSONValue
from ledger.events.records import RecordCollected
from ledger.intake.fields import CERTIFICATE, CERTIFICATE_NUMBER, USCC
from ledger.intake.rows import AcceptedRow
from ledger.subject.aggregate import Subject
from ledger.subject.state import RecordState


def command_of(row: AcceptedRow, supplier: str) -> CollectRecord:
    """The row as a command. What the row does not say comes from the rule pack.

    A licence is held until the day after the last day it is valid (half-open); one that
    was over before it was decided is held from when it was valid.
    """
    licence = row.licence is not None
    ends = row.valid_until + timedelta(days=1) if licence and row.valid_until else None
    over = ends is not None and ends <= row.decided_on
    return CollectRecord(
        item=row.item,
        supplier=supplier,
        document_number=row.document_number,
        decided_on=row.decided_on,
        legal_basis=row.legal_basis,
        organ=row.organ.code,
        categories=row.categories,
        held_from=row.valid_from if over else None,
        held_until=ends,
        publish_until=row.publish_until,
        amounts=row.amounts or None,
    )


def details_of(row: AcceptedRow, searched: Sequence[str]) -> dict[str, JSONValue]:
    """Narrative and persons of a row, as details to be sealed; the whole row lies beside."""
    sealed: dict[str, JSONValue] = {}
    narrative = {code: text for code, text in row.narrative.items() if code in searched}
    if narrative:
        sealed["narrative"] = narrative
    if row.representative is not None:
        person = {
            "role": "legal_representative",
            "name": row.representative.name,
            "scheme": row.representative.scheme,
            "identifier": row.representative.identifier,
        }
        sealed["parties"] = [{k: v for k, v in person.items() if v is not None}]
    return sealed


def same_document(subject: Subject, command: CollectRecord) -> list[RecordState]:
    """Records of the same item and document, of this organ or another source; also withdrawn."""
    return [
        record
        for record in subject.state.records.values()
        if record.facts.document_number == command.document_number
        and record.facts.item == command.item
        and (record.facts.organ == command.organ or record.facts.supplier != command.supplier)
    ]


def same_facts(held: RecordState, fresh: RecordCollected) -> bool:
    """Whether the document was collected with the facts that it would have now."""
    theirs = held.collected.facts
    same = {"record": theirs.record, "attested_by": theirs.attested_by}
    return fresh.model_copy(update=same) == theirs


def beside_identifier(cells: Mapping[str, object]) -> dict[str, str]:
    """What a row says beside the identifier of its subject."""
    identifies = (USCC, CERTIFICATE, CERTIFICATE_NUMBER)
    told = {code: str(cell).strip() for code, cell in cells.items() if code not in identifies}
    return {code: text for code, text in told.items() if text}
