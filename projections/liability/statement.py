"""A signed liability report: a trail with all that proves it, beside the history statements.

The envelope and most members are those of ``projections.statement``; ``kind`` is ``liability``:

    {"format": "credit-ledger-statement/v1", "kind": "liability", "node", "origin", "made_at",
     "query": {"sanction", "subject", "known_at", "known_on", "tree_size", "today", "reader"},
     "fold_version", "answer": {the JSON of ``projections.liability.answer``},
     "checkpoint", "commitment", "declarations", "streams", "limits"}

The streams are the whole of what the node held on the subject at ``tree_size``, so that nothing
that speaks for or against anybody can have been left out; ``known_on`` is the day up to which
open days are counted. Each line of the trail names its entry, and the entry stands there with
its signature and its proof.

A reader of ``VALID`` knows: the node signed it; all of the node's entries on the subject are
there, signed and in the log; and the days, the trail and what is open follow from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal

from ledger.clock import legal_day
from ledger.entry import Entry
from ledger.errors import Phrase
from ledger.events.base import Day, Id
from ledger.identifiers import WorkingCalendar
from ledger.log.verdict import Reason
from ledger.organisations.node_keys import Compromise
from ledger.signing.canonical import canonical
from projections.liability.answer import to_json
from projections.liability.model import Trail
from projections.liability.trail import trail
from projections.liability.views import NodeView
from projections.statement import STATEMENT_DEPTH, Asked, Signed
from projections.statement_answer import check_ids, check_streams
from projections.statement_check import HISTORIES, Claim, Read
from projections.statement_faults import StatementRefuted

LIABILITY: Final = "liability"

TRAIL_VERSION: Final = 2
"""Names the fold of trails in a signed report; another number means that reports may differ."""

WHAT: Final = Phrase("the liability report", "责任链报告", "責任鏈報告")


class TrailQuery(Asked):
    """Which sanction, by whom asked; ``known_on`` is the day that open days are counted up to."""

    sanction: Id
    known_on: Day


class LiabilityStatement(Signed):
    """The trail of one sanction."""

    kind: Literal["liability"] = LIABILITY
    query: TrailQuery


def proved_trail(
    node: str,
    entries: Sequence[Entry],
    digests: Mapping[int, str],
    sanction: str,
    known_on: date,
    *,
    calendar: WorkingCalendar | None = None,
) -> Trail:
    """The trail that one node's entries give: what it signs, and what a reader makes again.

    ``digests``: leaf index to the hex SHA-256 of the signed payload. A reader of a statement has
    no ``calendar``: how late an answer is that has not come, a signed report does not count.
    """
    view = NodeView(node, tuple(entries))
    known = {(node, index): digest for index, digest in digests.items()}
    return trail((view,), sanction, known_on, digests=known, calendar=calendar)


def read_liability(payload: bytes) -> Claim:
    """For ``verify_statement``. Raises ``StatementMalformed``."""
    statement = LiabilityStatement.from_payload(payload)

    def follows(entries: Sequence[Entry], declared: Sequence[Compromise]) -> None:  # noqa: ARG001
        _check(statement, entries)

    return Claim(WHAT, statement, follows, doubts=False)


KINDS: Final[Mapping[str, Read]] = MappingProxyType({**HISTORIES, LIABILITY: read_liability})
"""All statements that ``verify`` knows."""


def _check(statement: LiabilityStatement, entries: Sequence[Entry]) -> None:
    query = statement.query
    check_streams(query.uuid, statement.streams, entries)
    check_ids(entries)
    if statement.fold_version != TRAIL_VERSION:
        raise StatementRefuted(
            Reason.FOLD_UNKNOWN, version=statement.fold_version, known=TRAIL_VERSION
        )
    if query.known_on > legal_day(statement.made_at):
        raise StatementRefuted(Reason.MALFORMED, why=f"known_on {query.known_on}")
    found = refolded(statement, entries)
    if found.subject != query.subject:
        raise StatementRefuted(Reason.SUBJECT_DIFFERS, stream=query.subject)
    if canonical(to_json(found), max_depth=STATEMENT_DEPTH) != statement.answer:
        raise StatementRefuted(Reason.ANSWER_DIFFERS)
    if statement.limits != limits_of(found):
        raise StatementRefuted(Reason.LIMITS_DIFFER)


def refolded(statement: LiabilityStatement, entries: Sequence[Entry]) -> Trail:
    """The trail of the stated question. ``Reason.UNFOLDABLE`` for entries that give none."""
    query = statement.query
    digests = {
        one.index: sha256(one.payload).hexdigest()
        for stream in statement.streams
        for one in stream.entries
    }
    try:
        return proved_trail(statement.node, entries, digests, query.sanction, query.known_on)
    except Exception as error:
        # A node that enters what its own rules refuse: the fold raises what it happens to.
        raise StatementRefuted(Reason.UNFOLDABLE, why=type(error).__name__) from error


def limits_of(found: Trail) -> tuple[str, ...]:
    """The codes of its limits, in the order they are printed."""
    return tuple(limit.code for limit in found.limits)
