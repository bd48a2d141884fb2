"""Whether a stated answer is the one that proved entries give. Pure.

The entries come from ``projections.statement_check``: signed, in the log, without a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from ledger.entry import Entry
from ledger.errors import LedgerError
from ledger.events.subjects import SubjectOpened
from ledger.identifiers import SCHEMES, identify, parse_scheme, public_id
from ledger.log.verdict import Reason
from ledger.organisations.node_keys import Compromise
from ledger.signing.canonical import JSON, canonical
from ledger.signing.sealing import Detail, Erased, Opened, check_commitment
from projections.answer import Answer, to_json
from projections.history import FOLD_VERSION, tied
from projections.reader import answer
from projections.statement import STATEMENT_DEPTH, Statement, Stream
from projections.statement_faults import StatementRefuted
from projections.statement_limits import is_person, limits_of


def check_answer(
    statement: Statement, entries: Sequence[Entry], declared: Sequence[Compromise]
) -> None:
    """Raises ``StatementRefuted`` unless the answer, as stated, follows from ``entries``.

    ``declared`` are the compromises of keys that the statement's declarations say.
    """
    check_streams(statement.query.uuid, statement.streams, entries)
    _check_subject(statement, entries)
    details = _details(statement, entries)
    if statement.fold_version != FOLD_VERSION:
        raise StatementRefuted(
            Reason.FOLD_UNKNOWN, version=statement.fold_version, known=FOLD_VERSION
        )
    found = folded_again(statement, entries, details, declared)
    if canonical(to_json(found), max_depth=STATEMENT_DEPTH) != statement.answer:
        raise StatementRefuted(Reason.ANSWER_DIFFERS)
    if statement.limits != limits_of(statement.query.scheme, found):
        raise StatementRefuted(Reason.LIMITS_DIFFER)


def folded_again(
    statement: Statement,
    entries: Sequence[Entry],
    details: dict[int, dict[str, Detail]],
    declared: Sequence[Compromise],
) -> Answer:
    """The answer for the stated question. ``Reason.UNFOLDABLE`` for entries no fold takes."""
    query = statement.query
    try:
        return answer(
            entries,
            query.uuid,
            query.asked_by,
            valid_at=query.valid_at,
            known_at=query.known_at,
            tree_size=query.tree_size,
            details=details,
            compromises=declared,
        )
    except Exception as error:
        # A node that enters what its own rules refuse: the fold raises what it happens to.
        raise StatementRefuted(Reason.UNFOLDABLE, why=type(error).__name__) from error


def check_streams(subject: UUID, streams: Sequence[Stream], entries: Sequence[Entry]) -> None:
    """The subject's own stream first, then all that the entries tie to it, by id; no other."""
    others = sorted(tied(entries, subject) - {subject})
    shown = [stream.uuid for stream in streams]
    if shown != [subject, *others]:
        odd = next(
            (one for one in [subject, *others] if one not in shown),
            next((one for one in shown if one not in {subject, *others}), subject),
        )
        raise StatementRefuted(Reason.STREAMS_DIFFER, stream=odd)


def _check_subject(statement: Statement, entries: Sequence[Entry]) -> None:
    """That ids are those of the identifiers stated; of natural persons the node's word."""
    query = statement.query
    # A scheme that no node knows has no identifiers: anything would be "nothing held" under it.
    if (
        query.scheme not in SCHEMES
        or is_person(query.scheme) != (query.identifier is None)
        or (
            query.identifier is not None
            and not _is_id_of(query.subject, query.scheme, query.identifier)
        )
    ):
        raise StatementRefuted(Reason.SUBJECT_DIFFERS, stream=query.subject)
    check_ids(entries)


def check_ids(entries: Sequence[Entry]) -> None:
    """That organisations were opened under the ids of the identifiers stated there."""
    for entry in entries:
        facts = entry.facts
        if isinstance(facts, SubjectOpened) and not is_person(facts.scheme):
            stream = str(entry.stream.id)
            if facts.identifier is None or not _is_id_of(stream, facts.scheme, facts.identifier):
                raise StatementRefuted(Reason.SUBJECT_DIFFERS, stream=stream)


def _is_id_of(subject: str, scheme: str, identifier: str) -> bool:
    """Of the one written form only: on the id of any other the log holds nothing, truly."""
    known = parse_scheme(scheme)
    try:
        is_normal = identify(known, identifier) == (known, identifier)
    except LedgerError:
        return False
    return is_normal and subject == str(public_id(known, identifier))


def _details(statement: Statement, entries: Sequence[Entry]) -> dict[int, dict[str, Detail]]:
    """What is shown of sealed fields, each held against its commitment."""
    sealed = {entry.index: entry.sealed or {} for entry in entries}
    details: dict[int, dict[str, Detail]] = {}
    for one in statement.disclosed:
        committed = sealed.get(one.index, {}).get(one.field)
        try:
            holds = committed is not None and check_commitment(
                one.field, one.value, one.salt, committed
            )
        except LedgerError:
            holds = False
        if not holds or one.field in details.setdefault(one.index, {}):
            raise StatementRefuted(Reason.DISCLOSURE_FAILS, index=one.index, field=one.field)
        details[one.index][one.field] = Opened(cast("JSON", one.value), one.salt)
    for gone in statement.erased:
        known = details.setdefault(gone.index, {})
        if gone.field in known or gone.field not in sealed.get(gone.index, {}):
            raise StatementRefuted(Reason.DISCLOSURE_FAILS, index=gone.index, field=gone.field)
        known[gone.field] = Erased(0)
    return details
