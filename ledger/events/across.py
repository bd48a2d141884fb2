"""What crosses a border: an assessed export, and a credit report of another jurisdiction.

A foreign report is kept as it was given. None of it becomes a record, so no sanction can rest
on it and nothing of it counts in any state.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, StringConstraints

from ledger.entry import StreamKind
from ledger.events.base import MAX_LIST, Code, Day, Digest, Facts, Id, Text
from ledger.events.exchange import NodeName

MAX_REPORT_BYTES: Final = 700 * 1024
"""In base64 it fits the sealed details of one entry, which take a megabyte."""

REPORT_CONTENT: Final = "content"
"""The sealed field of the report's bytes, in base64."""

MediaType = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$", max_length=127)
]
"""As the issuer names it, without parameters; the report is not looked into."""

LanguageTag = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)
]
"""BCP 47."""


class ExportAssessed(Facts):
    """出境评估: records of these items may be given to that node, for that purpose."""

    term: ClassVar[str] = "出境评估"
    stream_kind: ClassVar[StreamKind] = "node"

    assessment: Id
    to: NodeName
    items: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MAX_LIST)]
    purpose: Text
    legal_basis: Text
    authority: Text
    """Who assessed it."""
    from_: Annotated[Day, Field(alias="from")]
    until: Day


class ForeignReportReceived(Facts):
    """境外信用报告: attached as it was given, never a record of this ledger."""

    term: ClassVar[str] = "境外信用报告"
    sealed_fields: ClassVar[frozenset[str]] = frozenset({REPORT_CONTENT})

    report: Id
    issuer: Text
    """Its name as the report has it."""
    reference: Text
    """The issuer's own number of the report."""
    issued_on: Day
    valid_until: Day | None = None
    digest: Digest
    """SHA-256 of the bytes that lie sealed beside it."""
    size: Annotated[int, Field(ge=1, le=MAX_REPORT_BYTES)]
    media_type: MediaType
    language: LanguageTag | None = None
    received_on: Day
    purpose: Text
    legal_basis: Text
