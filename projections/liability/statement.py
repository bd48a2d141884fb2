"""A signed liability report: a trail with all that proves it, beside the history statements.

The envelope and most members are those of ``projections.statement``; ``kind`` is ``liability``:

    {"format": "credit-ledger-statement/v1", "kind": "liability", "node", "origin", "made_at",
     "query": {"sanction", "subject", "known_at", "known_on", "tree_size", "today", "reader"},
     "fold_version", "answer": {the JSON of ``projections.liability.answer``},
     "checkpoint", "commitment", "declarations", "streams", "attached": [{envelope}], "limits"}

The streams are the whole of what the node held on the subject at ``tree_size``, so that nothing
that speaks for or against anybody can have been left out; ``known_on`` is the day up to which
open days are counted. Attached are the acknowledgements and enforcement statuses that these
entries name, every one, as they came, in the order in which they are named first: with them
the entries of partners. Each line of the trail names its entry, and the entry stands there
with its signature and its proof.

A reader of ``VALID`` knows: the node signed it; all of the node's entries on the subject are
there, signed and in the log; so are, in their logs, those of partners, by the keys that the
reader's own trust file gives them; and the days, the trail and what is open follow from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from itertools import zip_longest
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field

from ledger.clock import legal_day
from ledger.entry import Entry
from ledger.errors import LedgerError, Phrase
from ledger.events.base import Day, Id
from ledger.exchange.judging import judge
from ledger.identifiers import WorkingCalendar
from ledger.log.trust import Trust
from ledger.log.verdict import Reason, Verdict
from ledger.organisations.node_keys import Compromise
from ledger.signing.canonical import canonical
from ledger.signing.dsse import Envelope
from projections.liability.answer import to_json
from projections.liability.model import Trail
from projections.liability.partners import NO_PARTNERS, Partners, naming, partners_of
from projections.liability.trail import trail
from projections.liability.views import NodeView
from projections.statement import MAX_ENTRIES, STATEMENT_DEPTH, Asked, Signed
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
    attached: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_ENTRIES)] = ()
    """Envelopes; none in a report of before there were any."""


def proved_trail(
    node: str,
    entries: Sequence[Entry],
    digests: Mapping[int, str],
    sanction: str,
    known_on: date,
    *,
    subject: UUID,
    partners: Partners = NO_PARTNERS,
    calendar: WorkingCalendar | None = None,
) -> Trail:
    """The trail that one node's entries give, with those that partners gave it: what it signs,
    and what a reader makes again.

    ``digests``: leaf index to the hex SHA-256 of the signed payload. ``subject`` is the stream
    at this node, which a sanction of a partner is told of under: that of a natural person has
    another id there. A reader of a statement has no ``calendar``: how late an answer is that
    has not come, a signed report does not count.
    """
    own = NodeView(node, tuple(entries))
    known = {(node, index): digest for index, digest in digests.items()} | {**partners.digests}
    found = trail((own, *partners.views), sanction, known_on, digests=known, calendar=calendar)
    return found if found.node == node else replace(found, subject=str(subject))


def read_liability(payload: bytes) -> Claim:
    """For ``verify_statement``. Raises ``StatementMalformed``."""
    statement = LiabilityStatement.from_payload(payload)

    def follows(entries: Sequence[Entry], declared: Sequence[Compromise]) -> None:  # noqa: ARG001
        _check(statement, entries)

    def rests(trust: Trust) -> Iterator[Verdict]:
        return (judge(envelope, trust).verdict for envelope in envelopes(statement))

    return Claim(WHAT, statement, follows, doubts=False, rests=rests)


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
    partners = attached_in(statement, entries)
    try:
        return proved_trail(
            statement.node,
            entries,
            digests,
            query.sanction,
            query.known_on,
            subject=query.uuid,
            partners=partners,
        )
    except Exception as error:
        # A node that enters what its own rules refuse: the fold raises what it happens to.
        raise StatementRefuted(Reason.UNFOLDABLE, why=type(error).__name__) from error


def envelopes(statement: LiabilityStatement) -> Iterator[bytes]:
    """The files of the attached messages."""
    return (canonical(each) for each in statement.attached)


def attached_in(statement: LiabilityStatement, entries: Sequence[Entry]) -> Partners:
    """What partners' entries add. ``Reason.ATTACHED_DIFFERS`` unless attached is, in order,
    exactly what ``entries`` name; ``Reason.MALFORMED`` for what cannot be read.
    """
    named = list(naming(entries))
    try:
        found = [sha256(Envelope.from_value(e).payload).hexdigest() for e in statement.attached]
        kept = dict(zip(found, envelopes(statement), strict=True))
        partners = partners_of(statement.node, entries, kept) if found == named else None
    except LedgerError as error:
        raise StatementRefuted(Reason.MALFORMED, why=error) from error
    if partners is None:
        odd = next(one or other for one, other in zip_longest(named, found) if one != other)
        raise StatementRefuted(Reason.ATTACHED_DIFFERS, digest=odd)
    return partners


def limits_of(found: Trail) -> tuple[str, ...]:
    """The codes of its limits, in the order they are printed."""
    return tuple(limit.code for limit in found.limits)
