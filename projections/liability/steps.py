"""The entries of a case as steps that a person reads one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ledger.events.base import Facts
from ledger.events.exchange import RecordReceived
from ledger.events.sanctions import EnforcementReported
from projections.liability.model import Step
from projections.liability.views import Case, Seen

Digests = Mapping[tuple[str, int], str]
"""By node and leaf index: SHA-256 of the entry's payload in hex, as far as at hand."""

IDS = ("sanction", "record", "objection", "repair", "notice", "cause", "confirmation")
DASHES = 4
"""In a UUID as it is written; codes have none."""
LISTS = ("records", "faulty_records")


def steps_of(case: Case, digests: Digests) -> tuple[Step, ...]:
    return tuple(_step(seen, digests) for seen in case.seen)


def _step(seen: Seen, digests: Digests) -> Step:
    entry = seen.entry
    return Step(
        node=seen.node,
        index=entry.index,
        digest=digests.get((seen.node, entry.index), ""),
        type=entry.type,
        recorded_at=entry.recorded_at,
        on=seen.on,
        actor=entry.actor.organisation,
        operator=entry.actor.operator,
        what=what_of(entry.facts),
        about=about(entry.facts),
        manifest=manifest_of(seen),
    )


def what_of(facts: Facts) -> str:
    """The type in snake case; of a report its state."""
    if isinstance(facts, EnforcementReported):
        return facts.state
    return re.sub(r"(?<!^)(?=[A-Z])", "_", facts.type_name()).lower()


def about(facts: Facts) -> tuple[str, ...]:
    """The ids that these facts name, each once."""
    found = [str(value) for name in IDS if _is_id(value := getattr(facts, name, None))]
    for name in LISTS:
        found += getattr(facts, name, ())
    return tuple(dict.fromkeys(found))


def _is_id(value: object) -> bool:
    """Causes are ids in some types and codes in others."""
    return isinstance(value, str) and value.count("-") == DASHES


def manifest_of(seen: Seen) -> str | None:
    """The signed submission that the entry came from, here or at its origin."""
    if seen.entry.submission is not None:
        return seen.entry.submission.manifest
    facts = seen.entry.facts
    return facts.manifest if isinstance(facts, RecordReceived) else None
