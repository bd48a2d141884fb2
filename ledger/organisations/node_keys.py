"""The node's own keys as its log tells of them: which held when, and which were compromised. Pure.

A key is valid in ``[from, until)``. A retirement takes effect after the transaction that
records it, whatever instant it names: what was recorded until then stays as good as it was.
A key introduced once is not introduced again: nothing brings a retired key back.

A compromise voids no signature. It says from which leaf on the key may have been another's:
``covered``, the largest size that independent evidence dates before the compromise, 0 without.
Who declares it under a compromised key, or by that key itself, covers nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    signer: str | None = None
    """The id of the key that signed the declaration; None: one that nobody doubts."""


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


def compromise(facts: KeyCompromised, entry: Entry) -> Compromise:
    """What one entry declares; what it says was covered, as it says it."""
    day = (entry.recorded_at + LEGAL_OFFSET).date()
    covered = facts.covered or 0
    return Compromise(
        facts.keyid, facts.since, covered, entry.index, day, facts.evidence, entry.keyid
    )


@dataclass(frozen=True, slots=True)
class Compromises:
    """What is known of compromised keys at one size of the log.

    A declaration under a key that is not itself compromised, or that others dated before its
    own compromise, is *firm*. Of the firm ones on a key the earliest ``since`` counts, with the
    best evidence that was declared for it: found later, it gives back what it covers. Where
    there are none, all that the key signed is tainted, whatever a declaration says was
    covered: whoever holds a stolen key may say so, and covers nothing by it. Nothing covers
    more than there was when it was declared.
    """

    by_key: Mapping[str, Compromise]
    deciding: Mapping[str, tuple[Compromise, ...]] = field(default_factory=dict)
    """The declarations that say so: the first one, and the one with the best evidence."""
    firm: frozenset[str] = frozenset()
    """The keys that a firm declaration is on."""

    @classmethod
    def known(cls, declared: Iterable[Compromise], size: int | None = None) -> Compromises:
        """Those declared in the first ``size`` leaves; None: all."""
        waiting: dict[str, list[Compromise]] = {}
        for each in sorted(_until(declared, size), key=lambda each: each.index):
            waiting.setdefault(each.keyid, []).append(each)
        by_key: dict[str, Compromise] = {}
        deciding: dict[str, tuple[Compromise, ...]] = {}
        firm: set[str] = set()
        while waiting:
            for key, every in _ready(waiting, by_key):
                sound = [each for each in every if _is_firm(each, waiting, by_key)]
                firm |= {key} if sound else set()
                deciding[key] = _deciding(sound or every)
            for key in deciding.keys() & waiting.keys():
                first, best = deciding[key][0], deciding[key][-1]
                covered = min(best.covered, best.index) if key in firm else 0
                evidence = best.evidence if covered else None
                by_key[key] = replace(first, covered=covered, evidence=evidence)
                del waiting[key]
        return cls(by_key, deciding, frozenset(firm))

    def taint(self, keyid: str, index: int) -> Compromise | None:
        """Why the entry at leaf ``index`` under that key may be another's; None: it may not.

        An entry that is not in the log yet (a negative index) is not tainted.
        """
        found = self.by_key.get(keyid)
        return found if found is not None and index >= found.covered else None

    def behind(self, keys: Iterable[str]) -> frozenset[int]:
        """The leaf indexes of all declarations that decide on these keys, and on their signers."""
        found: set[int] = set()
        seen: set[str] = set()
        waiting = set(keys)
        while waiting:
            seen |= waiting
            deciding = [each for key in waiting for each in self.deciding.get(key, ())]
            found |= {each.index for each in deciding}
            waiting = {each.signer for each in deciding if each.signer is not None} - seen
        return frozenset(found)

    def __bool__(self) -> bool:
        return bool(self.by_key)


def _ready(
    waiting: Mapping[str, list[Compromise]], by_key: Mapping[str, Compromise]
) -> list[tuple[str, list[Compromise]]]:
    """The keys that can be judged: all signers of declarations on them are.

    Where keys declare each other in a circle: those on which a firm one stands all the same,
    else all of them, and none of their declarations is firm.
    """
    found = [
        (key, every)
        for key, every in waiting.items()
        if all(each.signer == key or each.signer not in waiting for each in every)
    ]
    found = found or [
        (key, every)
        for key, every in waiting.items()
        if any(_is_firm(each, waiting, by_key) for each in every)
    ]
    return found or list(waiting.items())


def _is_firm(
    declared: Compromise, waiting: Collection[str], by_key: Mapping[str, Compromise]
) -> bool:
    if declared.signer is None:
        return True
    signer = by_key.get(declared.signer)
    return declared.signer not in waiting and (signer is None or declared.index < signer.covered)


def _deciding(every: list[Compromise]) -> tuple[Compromise, ...]:
    """The first with the earliest ``since``; then that of them with the best evidence."""
    since = min(each.since for each in every)
    fitting = [each for each in every if each.since == since]
    best = max(fitting, key=lambda each: min(each.covered, each.index))
    return tuple(dict.fromkeys((fitting[0], best)))


def _until(declared: Iterable[Compromise], size: int | None) -> Iterator[Compromise]:
    return (each for each in declared if size is None or each.index < size)


NONE_KNOWN: Final = Compromises({})
