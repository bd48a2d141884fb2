"""An answer to a question about one subject, and its fixed JSON.

    {"subject": {"id", "kind", "scheme"} | null, "valid_at", "known_at", "tree_size",
     "entries": [{"index", "seq", "type", "recorded_at", "facts"[, "details"]}],
     "records": [{"record", "item", "state", "since", "because"}],
     "sanctions": [{"sanction", "measure", "state", "since", "starts_on", "ends_on",
                    "enforcement": {"state", "on"}, "because"}],
     "masked": [{"what", "why"}]}

Days are ISO dates, instants those of ``ledger.entry.format_instant``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from ledger.entry import format_instant
from ledger.signing.canonical import canonical
from projections.history import RecordLine, SanctionLine, SubjectLine

Why = Literal[
    "government_sharing_only",
    "retention_ended",
    "erased",
    "withheld",
    "informant_confidential",
    "attached",
]
"""Why something is not shown; stable codes."""


@dataclass(frozen=True, slots=True)
class Masked:
    """What a registered reader is not shown, and why."""

    what: str
    why: Why


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the timeline, as far as the reader may see it."""

    index: int
    seq: int
    type: str
    recorded_at: datetime
    facts: Mapping[str, object]
    details: Mapping[str, object] = field(default_factory=dict, repr=False)
    """Opened sealed fields; registered readers only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown. ``known_at`` is None for an empty log only."""

    subject: SubjectLine | None
    valid_at: date
    known_at: datetime | None
    tree_size: int
    entries: tuple[EntryLine, ...] = ()
    records: tuple[RecordLine, ...] = ()
    sanctions: tuple[SanctionLine, ...] = ()
    masked: tuple[Masked, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the access entry registers of an answer."""

    records: tuple[str, ...]
    sanctions: tuple[str, ...]
    entries: int
    digest: str
    """Hex SHA-256 of the answer's canonical JSON."""


def shown(answer: Answer) -> Shown:
    """All records and sanctions listed, however many, and the digest that commits to all."""
    return Shown(
        records=tuple(line.record for line in answer.records),
        sanctions=tuple(line.sanction for line in answer.sanctions),
        entries=len(answer.entries),
        digest=sha256(canonical(to_json(answer))).hexdigest(),
    )


def to_json(answer: Answer) -> dict[str, object]:
    """The fixed JSON; within the ledger's vocabulary, so it can be made canonical."""
    subject = answer.subject
    return {
        "subject": None
        if subject is None
        else {"id": str(subject.id), "kind": subject.kind, "scheme": subject.scheme},
        "valid_at": answer.valid_at.isoformat(),
        "known_at": None if answer.known_at is None else format_instant(answer.known_at),
        "tree_size": answer.tree_size,
        "entries": [_entry(line) for line in answer.entries],
        "records": [_record(line) for line in answer.records],
        "sanctions": [_sanction(line) for line in answer.sanctions],
        "masked": [{"what": masked.what, "why": masked.why} for masked in answer.masked],
    }


def _entry(line: EntryLine) -> dict[str, object]:
    members: dict[str, object] = {
        "index": line.index,
        "seq": line.seq,
        "type": line.type,
        "recorded_at": format_instant(line.recorded_at),
        "facts": dict(line.facts),
    }
    if line.details:
        members["details"] = dict(line.details)
    return members


def _record(line: RecordLine) -> dict[str, object]:
    return {
        "record": line.record,
        "item": line.item,
        "state": line.state,
        "since": line.since.isoformat(),
        "because": list(line.because),
    }


def _sanction(line: SanctionLine) -> dict[str, object]:
    on = line.enforcement.on
    return {
        "sanction": line.sanction,
        "measure": line.measure,
        "state": line.state,
        "since": line.since.isoformat(),
        "starts_on": line.starts_on.isoformat(),
        "ends_on": line.ends_on.isoformat(),
        "enforcement": {
            "state": line.enforcement.state,
            "on": None if on is None else on.isoformat(),
        },
        "because": list(line.because),
    }
