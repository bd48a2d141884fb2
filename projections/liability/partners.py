"""What partners' signed entries add to a node's own, at the size at which it knows them. Pure.

A kept message counts from the entry that names it, in the order of these entries. Nothing in it
takes the place of what the node itself entered: a partner's entry that imposes a sanction, or
collects a record, that is told of already is left out, and so is another entry at a place of a
log where one is known. What is known thus stays as it is, whatever comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.entry import Entry
from ledger.events.records import RecordCollected
from ledger.events.sanctions import SanctionImposed
from ledger.exchange.attached import attached_to, read_attached
from ledger.exchange.judged import ProvedEntry
from projections.liability.views import NodeView


@dataclass(frozen=True, slots=True)
class Partners:
    """The entries of other nodes, and of each its digest and the message that brought it."""

    views: tuple[NodeView, ...] = ()
    digests: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """By node and leaf index: hex SHA-256 of the payload."""
    brought: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """By node and leaf index: hex SHA-256 of the payload of the message."""


NO_PARTNERS = Partners()


def naming(entries: Iterable[Entry]) -> dict[str, int]:
    """Digest of each message that entries name, to the leaf index of the first that does.

    In the order of the log.
    """
    found: dict[str, int] = {}
    for entry in sorted(entries, key=lambda entry: entry.index):
        digest = attached_to(entry.facts)
        if digest is not None:
            found.setdefault(digest, entry.index)
    return found


def partners_of(node: str, own: Sequence[Entry], kept: Mapping[str, bytes | None]) -> Partners:
    """What the messages that ``own`` entries of ``node`` name add to them.

    ``kept``: digest to envelope, of all of ``naming(own)``. Raises ``AttachedDamaged``.
    """
    sorted_out = _Sorting(node, own)
    for digest, index in naming(own).items():
        for each in read_attached(digest, kept.get(digest), index=index):
            sorted_out.take(each, digest)
    return sorted_out.found()


class _Sorting:
    """Takes entries in order; the first at a place, and the first to claim an id, stay."""

    def __init__(self, node: str, own: Sequence[Entry]) -> None:
        self._node = node
        self._claimed = {key: node for entry in own if (key := _claims(entry)) is not None}
        self._taken: dict[tuple[str, int], tuple[ProvedEntry, str]] = {}

    def take(self, each: ProvedEntry, digest: str) -> None:
        place = each.node, each.entry.index
        if each.node == self._node or place in self._taken:
            return
        claim = _claims(each.entry)
        if claim is None or self._claimed.setdefault(claim, each.node) == each.node:
            self._taken[place] = each, digest

    def found(self) -> Partners:
        views: dict[str, list[Entry]] = {}
        for (node, _), (each, _) in self._taken.items():
            views.setdefault(node, []).append(each.entry)
        return Partners(
            views=tuple(NodeView(node, tuple(entries)) for node, entries in views.items()),
            digests={place: each.digest for place, (each, _) in self._taken.items()},
            brought={place: digest for place, (_, digest) in self._taken.items()},
        )


def _claims(entry: Entry) -> tuple[str, str] | None:
    """The id that an entry brings into being."""
    facts = entry.facts
    if isinstance(facts, SanctionImposed):
        return "sanction", facts.sanction
    if isinstance(facts, RecordCollected):
        return "record", facts.record
    return None
