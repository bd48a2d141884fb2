"""The node's own keys as its log tells of them: which held when, and which were compromised. Pure.

A key is valid in ``[from, until)``. A retirement takes effect after the transaction that
records it, whatever instant it names: what was recorded until then stays as good as it was.
A key introduced once is not introduced again: nothing brings a retired key back.

A compromise voids no signature. It says from which leaf on the key may have been another's:
``covered``, the largest size that independent evidence dates before the compromise, 0 without.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from ledger.entry import Entry
from ledger.events.governance import (
    KeyCompromised,
    KeyIntroduced,
    KeyPurpose,
    KeyRetired,
    NodeFounded,
)

MICROSECOND: Final = timedelta(microseconds=1)
"""The step of recorded instants: transactions are at least so far apart."""

LEGAL_OFFSET: Final = timedelta(hours=8)
"""Legal dates are calendar dates of UTC+8, all the year."""


def origin_of(node: str, origin: str | None = None) -> str:
    """The log's origin: as the founding says, else made of the node's name."""
    return origin or f"credit-ledger.example/{node}"


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A key of the node itself, valid in ``[from_, until)``."""

    keyid: str
    public_key: bytes
    purposes: tuple[KeyPurpose, ...]
    from_: datetime
    until: datetime | None
    compromised_since: datetime | None = None

    def valid_at(self, instant: datetime) -> bool:
        return self.from_ <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class Compromise:
    """One ``KeyCompromised``: of which key, since when, and at which leaf it stands."""

    keyid: str
    since: datetime
    covered: int
    index: int
    day: date
    """The legal day on which it was recorded."""
    evidence: str | None = None
    """Hex SHA-256 of the cosigned checkpoint of ``covered`` entries."""


@dataclass(frozen=True, slots=True)
class Roots:
    """The keys apart from the node, ``quorum`` of which may introduce a key of its own."""

    keys: tuple[bytes, ...] = ()
    quorum: int = 1

    @classmethod
    def of(cls, founded: NodeFounded) -> Roots:
        keys = tuple(base64.b64decode(text) for text in founded.roots)
        return cls(keys, founded.root_quorum or 1)


def introduced(keys: Mapping[str, NodeKey], facts: KeyIntroduced) -> dict[str, NodeKey]:
    """``keys`` with the new one; a key known already stays what it is."""
    if facts.keyid in keys:
        return dict(keys)
    raw = base64.b64decode(facts.public_key)
    return {
        **keys,
        facts.keyid: NodeKey(facts.keyid, raw, facts.purposes, facts.from_, facts.until),
    }


def retired(keys: Mapping[str, NodeKey], facts: KeyRetired, entry: Entry) -> dict[str, NodeKey]:
    """``keys`` with one ended."""
    known = keys.get(facts.keyid)
    if known is None:
        return dict(keys)
    until = max(facts.from_, entry.recorded_at + MICROSECOND)
    until = until if known.until is None else min(known.until, until)
    return {**keys, facts.keyid: replace(known, until=until)}


def compromised(keys: Mapping[str, NodeKey], facts: KeyCompromised) -> dict[str, NodeKey]:
    """``keys`` with the earliest instant that was declared."""
    known = keys.get(facts.keyid)
    if known is None:
        return dict(keys)
    since = min(facts.since, known.compromised_since or facts.since)
    return {**keys, facts.keyid: replace(known, compromised_since=since)}


def compromise(facts: KeyCompromised, entry: Entry) -> Compromise:
    day = (entry.recorded_at + LEGAL_OFFSET).date()
    covered = facts.covered or 0
    return Compromise(facts.keyid, facts.since, covered, entry.index, day, facts.evidence)


@dataclass(frozen=True, slots=True)
class Compromises:
    """What is known of compromised keys at one size of the log.

    Of several declarations on one key the earliest ``since`` counts, with the best evidence
    that was declared for it: found later, it gives back what it covers.
    """

    by_key: Mapping[str, Compromise]

    @classmethod
    def known(cls, declared: Iterable[Compromise], size: int | None = None) -> Compromises:
        """Those declared in the first ``size`` leaves; None: all."""
        found: dict[str, Compromise] = {}
        for each in sorted(_until(declared, size), key=lambda each: each.index):
            before = found.get(each.keyid)
            if before is None or each.since < before.since:
                found[each.keyid] = each
            elif each.since == before.since and each.covered > before.covered:
                found[each.keyid] = replace(before, covered=each.covered, evidence=each.evidence)
        return cls(found)

    def taint(self, keyid: str, index: int) -> Compromise | None:
        """Why the entry at leaf ``index`` under that key may be another's; None: it may not.

        An entry that is not in the log yet (a negative index) is not tainted.
        """
        found = self.by_key.get(keyid)
        return found if found is not None and index >= found.covered else None

    def __bool__(self) -> bool:
        return bool(self.by_key)


def _until(declared: Iterable[Compromise], size: int | None) -> Iterator[Compromise]:
    return (each for each in declared if size is None or each.index < size)


NONE_KNOWN: Final = Compromises({})
