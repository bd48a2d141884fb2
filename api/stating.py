"""Making a signed statement: the answer, and out of the store all that proves it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.asking import Question, Told
from ledger.codec import decode
from ledger.entry import Entry, StoredEntry, StreamId
from ledger.errors import LedgerError
from ledger.events.governance import HeadsCommitted
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.evidence import note_behind
from ledger.log.heads_proof import prove_prefix
from ledger.log.merkle import leaf_hash
from ledger.log.proving import with_cosignatures
from ledger.log.tree import StoreTree
from ledger.node import Node
from ledger.organisations.node_keys import Compromise, Compromises
from ledger.signing.canonical import canonical
from ledger.signing.sealing import Erased, Opened, check_commitment
from projections.answer import to_json
from projections.history import FOLD_VERSION
from projections.statement import (
    MAX_DECLARATIONS,
    STATEMENT_DEPTH,
    Dated,
    Disclosed,
    Gone,
    Next,
    Query,
    ShownEntry,
    Statement,
    Stream,
    covered,
    reader_members,
)
from projections.statement_faults import StatementUnprovable
from projections.statement_limits import is_person, limits_of


@dataclass(frozen=True, slots=True)
class Shown:
    """Entries that a statement shows: of the subject and of all that is tied to it."""

    subject: UUID
    tied: frozenset[UUID]
    entries: Sequence[Entry]
    tree_size: int
    """At which the answer stands."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What proves them, at one signed checkpoint."""

    origin: str
    checkpoint: str
    last: datetime
    """When the log that it rests on ended."""
    commitment: ShownEntry
    declarations: tuple[ShownEntry, ...]
    dated: tuple[Dated, ...]
    streams: tuple[Stream, ...]


def state(node: Node, question: Question, told: Told) -> bytes:
    """The file of a statement on what ``ask`` told, against a checkpoint that covers it.

    Raises ``StatementTooLarge``, or as ``prove``.
    """
    assert told.shown is not None, "asked for a statement"
    found = Shown(told.subject, told.tied, told.shown, told.answer.tree_size)
    proved = prove(node, found)
    disclosed, erased = _fields(told)
    return Statement(
        node=node.name,
        origin=proved.origin,
        made_at=made_at(node, question.at, proved.last),
        query=_query(question, told),
        fold_version=FOLD_VERSION,
        answer=canonical(to_json(told.answer), max_depth=STATEMENT_DEPTH),
        checkpoint=proved.checkpoint,
        commitment=proved.commitment,
        declarations=proved.declarations,
        dated=proved.dated,
        streams=proved.streams,
        disclosed=disclosed,
        erased=erased,
        limits=limits_of(question.scheme, told.answer),
    ).signed(node.signing_key)


def prove(node: Node, shown: Shown) -> Proved:
    """Settles the log first, and asks its witnesses: a reader's policy may ask for their word.

    Raises ``StatementUnprovable`` and what reading a damaged store raises: nothing is signed
    that its reader would refuse.
    """
    signed = with_cosignatures(node.store, node.settle_witnessed())
    checkpoint = signed.checkpoint
    tree = node.keeper.tree(checkpoint.size)
    if tree.root(checkpoint.size) != checkpoint.root:
        raise StatementUnprovable(why="checkpoint")
    committed, facts = _commitment(node, checkpoint.size)
    node.keeper.follow(facts.size)
    heads = node.keeper.heads
    if (heads.root().hex(), heads.bits) != (facts.root, facts.bits):
        raise StatementUnprovable(why=f"HeadsCommitted {committed.index}")
    if shown.tree_size > covered(committed.index, facts):
        raise StatementUnprovable(why=f"HeadsCommitted {committed.index}")
    declared = _declarations(node, shown)
    at = checkpoint.size
    return Proved(
        origin=checkpoint.origin,
        checkpoint=signed.to_bytes().decode("utf-8"),
        last=committed.recorded_at,
        commitment=_shown(committed, tree, at),
        declarations=tuple(
            _shown(row, tree, at)
            for each in declared
            for row in node.store.scan(each.index, each.index + 1)
        ),
        dated=_dated(node, declared, StoreTree(node.store, at), at),
        streams=_streams(node, shown, tree, at, facts.size),
    )


def _commitment(node: Node, size: int) -> tuple[StoredEntry, HeadsCommitted]:
    """The last commitment among the first ``size`` leaves."""
    key = node.keeper.commitments
    head = node.store.heads((key,)).get(key)
    seq = 0 if head is None else head.seq
    # Others may have committed since: then the last one is not among these leaves.
    for after in (seq - 1, 0):
        rows = node.store.stream(key, upto=size, after_seq=max(0, after))
        if rows:
            facts = decode(rows[-1]).facts
            assert isinstance(facts, HeadsCommitted)
            return rows[-1], facts
    raise StatementUnprovable(why="HeadsCommitted")


def made_at(node: Node, at: datetime | None, last: datetime) -> datetime:
    """Now; under a simulated clock what it was told. Never before the log it rests on."""
    now = at if node.is_simulated else node.now()
    return last if now is None else max(now, last)


def _query(question: Question, told: Told) -> Query:
    return Query.model_validate(
        {
            "subject": str(told.subject),
            "scheme": question.scheme,
            "identifier": None if is_person(question.scheme) else question.identifier,
            "valid_at": told.answer.valid_at,
            "known_at": told.answer.known_at,
            "tree_size": told.answer.tree_size,
            "today": told.reader.today,
            "reader": reader_members(told.reader),
        }
    )


def _streams(
    node: Node, found: Shown, tree: StoreTree, size: int, committed: int
) -> tuple[Stream, ...]:
    """The subject's own stream, then those tied to it, as far as they are shown."""
    shown: dict[StreamId, list[Entry]] = {StreamId("subject", found.subject): []}
    for stream in sorted(found.tied):
        shown.setdefault(StreamId("subject", stream), [])
    for entry in found.entries:
        shown[entry.stream].append(entry)
    rows = node.store.streams([stream.key for stream in shown], upto=committed)
    return tuple(
        _stream(node, stream, len(entries), rows[stream.key], tree, size)
        for stream, entries in shown.items()
    )


def _declarations(node: Node, found: Shown) -> list[Compromise]:
    """What decides on the keys that signed what is shown: at the answer's size, and now."""
    keys = {entry.keyid for entry in found.entries}
    every = node.registry().compromises
    deciding: set[int] = set()
    for size in (found.tree_size, None):
        deciding |= Compromises.known(every, size).behind(keys)
    if len(deciding) > MAX_DECLARATIONS:
        raise StatementUnprovable(why="KeyCompromised")
    return [each for each in every if each.index in deciding]


def _dated(
    node: Node, declared: Sequence[Compromise], tree: StoreTree, size: int
) -> tuple[Dated, ...]:
    """The notes that these declarations name, with all cosignatures of them that are kept."""
    found: dict[str, Dated] = {}
    for each in declared:
        note = note_behind(node.store, node.keeper.origin, each.covered, each.evidence)
        if note is None or note.digest in found or not 0 < note.size <= size:
            continue  # the audit names it
        with suppress(LedgerError):
            signed = with_cosignatures(node.store, SignedCheckpoint.parse(note.body))
            if tree.root(note.size) == signed.checkpoint.root:
                found[note.digest] = Dated(
                    checkpoint=signed.to_bytes().decode("utf-8"),
                    consistency=tuple(tree.consistency(note.size)),
                )
    return tuple(found.values())


def _stream(
    node: Node,
    stream: StreamId,
    known: int,
    rows: Sequence[StoredEntry],
    tree: StoreTree,
    size: int,
) -> Stream:
    """The first ``known`` of ``rows``, which are all that the commitment counts."""
    head = node.keeper.heads.head(stream.id.bytes)
    if known > len(rows) or len(rows) != (head.count if head else 0):
        raise StatementUnprovable(why=stream.key)
    following = rows[known] if known < len(rows) else None
    return Stream(
        id=str(stream.id),
        membership=node.keeper.heads.prove(stream.id.bytes),
        prefix=prove_prefix([leaf_hash(row.state) for row in rows], known),
        entries=tuple(_shown(row, tree, size) for row in rows[:known]),
        next=None
        if following is None
        else Next(index=following.index, proof=tuple(tree.inclusion(following.index, size))),
    )


def _shown(row: StoredEntry, tree: StoreTree, size: int) -> ShownEntry:
    return ShownEntry(
        index=row.index,
        payload=row.state,
        keyid=row.keyid.hex(),
        signature=row.signature,
        proof=tuple(tree.inclusion(row.index, size)),
    )


def _fields(told: Told) -> tuple[tuple[Disclosed, ...], tuple[Gone, ...]]:
    """The sealed fields that the answer shows, with their salts, and those that are erased."""
    disclosed: list[Disclosed] = []
    erased: list[Gone] = []
    sealed = {entry.index: entry.sealed or {} for entry in told.shown or ()}
    for line in told.answer.entries:
        for name, detail in sorted(told.details.get(line.index, {}).items()):
            if isinstance(detail, Erased) and name in sealed[line.index]:
                erased.append(Gone(index=line.index, field=name))
            elif isinstance(detail, Opened) and name in line.details:
                committed = sealed[line.index].get(name, "")
                if not check_commitment(name, detail.value, detail.salt, committed):
                    raise StatementUnprovable(why=f"{line.index}: {name}")
                shown = Disclosed(
                    index=line.index, field=name, value=detail.value, salt=detail.salt
                )
                disclosed.append(shown)
    return tuple(disclosed), tuple(erased)
