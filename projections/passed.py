"""What of a subject's records passed between nodes: the list that its subject is shown. Pure.

Made of an answer, so a reader learns from it nothing that the answer does not show:

    [{"record", "direction": "given" | "received", "node", "origin", "path", "recorded_at",
      "entry", "bundle", "purpose", "legal_basis", "fields", "assessment", "expires_at",
      "answered": {"verdict", "received_at"} | null}]

A member that the answer does not show, or that the direction does not have, is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

from ledger.entry import format_instant
from projections.answer import Answer, EntryLine

GIVEN: Final = "RecordDisclosed"
ANSWERED: Final = "DisclosureReceipted"
RECEIVED: Final = "RecordReceived"


class Passing(NamedTuple):
    """One record that was given to a node, or received from one."""

    record: str
    direction: Literal["given", "received"]
    node: str | None
    """The recipient; or whom it came from, where the answer shows it."""
    entry: int
    recorded_at: datetime
    facts: Mapping[str, object]
    answer: Mapping[str, object] | None = None
    """What the recipient said last of this bundle."""


def passed(answer: Answer) -> tuple[Passing, ...]:
    """In the order of the entries; a record that was sent twice stands twice.

    An entry that is shown by its ids only is left out: where to its record went is not shown.
    """
    answers = {
        (line.facts.get("record"), line.facts.get("bundle")): line.facts
        for line in answer.entries
        if line.type == ANSWERED
    }
    found: list[Passing] = []
    for line in answer.entries:
        if line.type == GIVEN and "recipient" in line.facts:
            said = answers.get((line.facts["record"], line.facts["bundle"]))
            found.append(_passing(line, "given", line.facts["recipient"], said))
        elif line.type == RECEIVED and "origin" in line.facts:
            is_told = "bundle" in line.facts  # the public is not told by which way it came
            sender = line.facts.get("sender", line.facts["origin"]) if is_told else None
            found.append(_passing(line, "received", sender, None))
    return tuple(found)


def _passing(
    line: EntryLine,
    direction: Literal["given", "received"],
    node: object,
    answer: Mapping[str, object] | None,
) -> Passing:
    return Passing(
        record=str(line.facts["record"]),
        direction=direction,
        node=None if node is None else str(node),
        entry=line.index,
        recorded_at=line.recorded_at,
        facts=line.facts,
        answer=answer,
    )


def to_json(found: tuple[Passing, ...]) -> list[dict[str, object]]:
    """The fixed JSON."""
    return [
        {
            "record": one.record,
            "direction": one.direction,
            "node": one.node,
            "recorded_at": format_instant(one.recorded_at),
            "entry": one.entry,
            **{
                name: one.facts.get(name)
                for name in (
                    "origin",
                    "path",
                    "bundle",
                    "purpose",
                    "legal_basis",
                    "fields",
                    "assessment",
                    "expires_at",
                )
            },
            "answered": None
            if one.answer is None
            else {name: one.answer.get(name) for name in ("verdict", "received_at")},
        }
        for one in found
    ]
