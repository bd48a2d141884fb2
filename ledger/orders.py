"""A command with its circumstances, as a person or a file gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.commands.base import Command
from ledger.entry import Actor, JSONValue, SubmissionRef
from ledger.events.base import SubjectKind
from ledger.events.records import AttestedBy
from ledger.identifiers import Scheme


class SubjectRef(NamedTuple):
    """A subject by its identifier, with what is needed to open it where it is new."""

    scheme: Scheme
    identifier: str
    """Normalised by its scheme."""
    kind: SubjectKind | None = None
    name: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One command, who gives it, on which subject, at which (simulated) instant.

    ``subject`` None: another id of the command implies it.
    """

    command: Command
    by: Actor
    subject: SubjectRef | UUID | None = None
    at: datetime | None = None
    sealed: Mapping[str, JSONValue] = field(default_factory=dict)
    submission: SubmissionRef | None = None
    attested_by: AttestedBy | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What an order led to: leaf indexes of its entries, and the id it created, if any."""

    indices: tuple[int, ...]
    created: str | None
    subject: UUID | None
