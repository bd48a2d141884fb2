"""Which entries a record stands on, and which tell of an act on it. Pure.

Chosen by a list of what may be shown, never by what may not: to whom else a record was
given, who complained, what was asked about its subject stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from ledger.entry import Entry

OPENING: Final = frozenset({"SubjectOpened", "IdentifierCorrected"})
OF_A_RECORD: Final = frozenset(
    {
        "RecordCollected",
        "RecordReceived",
        "NoticeServed",
        "NoticeReceived",
        "RecordCorrected",
        "ObjectionFiled",
    }
)
OF_AN_OBJECTION: Final = frozenset({"ObjectionAnswered", "ObjectionDecided"})
SETTLING: Final = frozenset({"RecordCorrected", "RecordWithdrawn"})
"""Acts that may end disputes: which of them, what was answered and decided before tells."""
COLLECTED: Final = frozenset({"RecordCollected", "RecordReceived"})


@dataclass(frozen=True, slots=True)
class View:
    """What of an entry decides whether it is shown."""

    index: int
    type: str
    kind: str
    stream: str
    facts: Mapping[str, object]

    @property
    def record(self) -> object:
        return self.facts.get("record")


def view_of(entry: Entry) -> View:
    """Of an entry of this node that was decoded."""
    return View(
        entry.index, entry.type, entry.stream.kind, str(entry.stream.id), entry.facts.__dict__
    )


def read_view(index: int, payload: bytes) -> View:
    """Of signed bytes that were verified when they came."""
    value = orjson.loads(payload)
    stream = value["stream"]
    return View(index, value["type"], stream["kind"], stream["id"], value["facts"])


def of_record(views: Iterable[View], record: str, subject: str) -> list[int]:
    """Of the stream ``subject``: what ``record`` stands on, in order."""
    found: list[int] = []
    objections: set[object] = set()
    for view in views:
        if view.kind != "subject" or view.stream != subject:
            continue
        if view.type in OF_A_RECORD:
            if view.record != record:
                continue
            if view.type == "ObjectionFiled":
                objections.add(view.facts["objection"])
        elif view.type in OF_AN_OBJECTION:
            if view.facts["objection"] not in objections:
                continue
        elif view.type not in OPENING:
            continue
        found.append(view.index)
    return found


def of_organisation(views: Iterable[View], code: str) -> list[int]:
    """A supplier's admission, roles and keys, as far as ``views`` go."""
    return [
        view.index
        for view in views
        if view.kind == "organisation" and view.facts.get("organisation") == code
    ]


def collected_supplier(views: Iterable[View], record: str) -> str | None:
    """The supplier that collected ``record``, in the log of its origin."""
    for view in views:
        if view.type == "RecordCollected" and view.record == record:
            return str(view.facts["supplier"])
    return None


def of_act(views: Sequence[View], acted: int, record: str) -> list[int]:
    """The entry ``acted``, what it refers to (the objections it decides or settles with what
    became of them before, the request that it grants), and that the record was collected here.
    """
    act = next(view for view in views if view.index == acted)
    wanted = {acted}
    objections: set[object] = set()
    for view in views:
        is_filed = view.type == "ObjectionFiled" and view.index < acted
        if (view.type in COLLECTED or is_filed) and view.record == record:
            wanted.add(view.index)
            objections.add(view.facts.get("objection"))
        settled = act.type in SETTLING and view.type in OF_AN_OBJECTION and view.index < acted
        if settled and view.facts["objection"] in objections:
            wanted.add(view.index)
        for name in ("objection", "repair"):
            asked = act.facts.get(name)
            same = asked is not None and view.facts.get(name) == asked
            if same and view.type in {"ObjectionFiled", "RepairRequested"}:
                wanted.add(view.index)
    return sorted(wanted)


def of_sanction(views: Iterable[View], sanction: str) -> list[int]:
    """All entries of one sanction."""
    return [view.index for view in views if view.facts.get("sanction") == sanction]
